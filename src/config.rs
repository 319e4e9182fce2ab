//! `vigie.toml` and the environment, read once. Nobody else reads either.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use lettre::message::Mailbox;

use self::rules::Rules;
use crate::alert::preset::Preset;
use crate::alert::{Rule, Terms};
use crate::deliver::{Patience, Transport};
use crate::document::{self, Fault, Faults, Reader, Section, nearest};
use crate::fetch::FetchConfig;
use crate::keyword::{Brand, BrandId};
use crate::mail::Language;
use crate::notice::{CAP, Manners};
use crate::schedule::Schedule;
use crate::sentiment::Lang;
use crate::web::WebConfig;

mod dkim;
mod parts;
mod rules;
pub mod secret;
pub mod sources;

/// The file looked for, here and upward.
pub const FILE: &str = "vigie.toml";
/// The folder of files of rules, beside the configuration.
const RULES: &str = "rules";
/// A first alert waits this long for others: a burst is one mail, and half a minute is still at once.
const WAIT: Duration = Duration::from_secs(30);
/// Two mails of one rule are this far apart: twelve an hour are as many as a person reads.
const EVERY: Duration = Duration::from_secs(300);

/// The section `[mail]`.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// Who is told.
    pub to: Vec<Mailbox>,
    /// In whose name.
    pub from: Mailbox,
    /// In which language; `None` leaves it to `LANG`.
    pub language: Option<Language>,
    /// In which zone times are shown; `None` is UTC.
    pub zone: Option<TimeZone>,
    /// How they go out.
    pub transport: Transport,
    /// How long the mail server is waited for.
    pub patience: Patience,
    /// Whether a new address is asked before it gets anything.
    pub confirm: bool,
}

/// One `[[source]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceConfig {
    /// Its name, unique.
    pub name: String,
    /// The name of its network.
    pub network: String,
    /// The network's own keys.
    pub section: toml::Table,
    /// Whether it is the shipped example.
    pub example: bool,
    /// Whether its first pages are the past: counted when published.
    pub look_back: bool,
    /// The most it may spend a day, in the unit of its network (dollars where that is money); `None` leaves it to
    /// the network.
    pub budget: Option<u64>,
}

/// One `[[topic]]`: what a mention is about, beside its brand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its name, unique.
    pub name: String,
    /// What must stand in a post, or hold for it.
    pub terms: Terms,
}

/// Everything configured.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it came from.
    pub file: Option<PathBuf>,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The folder of brand files.
    pub keywords: PathBuf,
    /// Sources, when any are written down.
    pub sources: Vec<SourceConfig>,
    /// Mail.
    pub mail: MailConfig,
    /// Rules.
    pub rules: Vec<Rule>,
    /// Quiet hours, caps, and what recipients want otherwise.
    pub manners: Manners,
    /// When digests are sent.
    pub digest: Schedule,
    /// Limits of the HTTP client.
    pub fetch: FetchConfig,
    /// The page, and where posts are pushed to.
    pub web: WebConfig,
    /// The folder of files of rules.
    pub rules_folder: PathBuf,
    /// How alerts are gathered where a rule does not say.
    wait: Duration,
    every: Duration,
    preset: Option<Preset>,
    /// The rules that were written down.
    written: Rules,
    /// Trained models that judge how mentions speak, in the place of the shipped word lists.
    pub sentiment: Vec<(Lang, PathBuf)>,
    /// Topics that mentions are tagged with when they are read.
    pub topics: Vec<Topic>,
    /// The time-stamp server that evidence packs are stamped by, when there is one.
    pub timestamp: Option<String>,
}

/// A brand that a rule names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NamedBrand {
    brand: BrandId,
    file: PathBuf,
    line: usize,
}

impl Config {
    /// What holds with no file at all, with relative paths seen from `folder`.
    pub fn default_in(folder: &Path) -> Config {
        let data_dir = folder.join("vigie-data");
        Config {
            file: None,
            keywords: folder.join("keywords"),
            sources: Vec::new(),
            mail: MailConfig {
                to: vec![mailbox(None, "you", "localhost")],
                from: mailbox(Some("Vigie"), "vigie", "localhost"),
                language: None,
                zone: None,
                transport: Transport::Folder(data_dir.join("outbox")),
                patience: Patience::default(),
                confirm: false,
            },
            data_dir,
            rules: Rule::usual(WAIT, EVERY),
            manners: Manners::default(),
            digest: Schedule::default(),
            fetch: FetchConfig::default(),
            web: WebConfig::default(),
            rules_folder: folder.join(RULES),
            wait: WAIT,
            every: EVERY,
            preset: None,
            written: Rules::default(),
            sentiment: Vec::new(),
            topics: Vec::new(),
            timestamp: None,
        }
    }

    /// Reads a configuration file. Relative paths in it are seen from its own folder.
    ///
    /// # Errors
    /// Every fault of the file.
    pub fn read(file: &Path) -> Result<Config, Faults> {
        let (config, faults) = Config::read_all(file);
        if faults.0.is_empty() { Ok(config) } else { Err(faults) }
    }

    /// Reads a configuration file as far as it goes, with every fault of it.
    pub fn read_all(file: &Path) -> (Config, Faults) {
        match document::read_text(file) {
            Ok(text) => {
                let (mut config, mut faults) = Config::parse(file, &text);
                let (folder, wait, every) = (config.rules_folder.clone(), config.wait, config.every);
                faults.0.extend(config.written.read_folder(&folder, wait, every));
                config.settle_rules();
                (config, faults)
            }
            Err(faults) => (Config::default_in(file.parent().unwrap_or(Path::new(""))), faults),
        }
    }

    /// Reads the text of a configuration file as far as it goes, with every fault of it.
    pub fn parse(file: &Path, text: &str) -> (Config, Faults) {
        let reader = Reader::new(file, text);
        let config = Config::assemble(file, &reader);
        (config, Faults(reader.into_faults()))
    }

    /// Every key that the sections of `text` may have, written there or not, such as `mail.smtp.port`.
    pub fn keys(text: &str) -> BTreeSet<String> {
        let file = Path::new(FILE);
        let reader = Reader::new(file, text);
        Config::assemble(file, &reader);
        reader.asked()
    }

    fn assemble(file: &Path, reader: &Reader<'_>) -> Config {
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut config = Config { file: Some(file.to_owned()), ..Config::default_in(folder) };
        let table = reader.parse();
        let top = Section::whole(reader, &table);
        if let Some(folder_name) = parts::filled(&top, "data_dir") {
            config.data_dir = folder.join(folder_name);
            config.mail.transport = Transport::Folder(config.data_dir.join("outbox"));
        }
        if let Some(keywords) = parts::filled(&top, "keywords") {
            config.keywords = folder.join(keywords);
        }
        for section in top.sections("source") {
            sources::read(&section, &mut config.sources);
        }
        if let Some(section) = top.section("mail") {
            config.manners.signer = parts::mail(&section, file, &mut config.mail);
        }
        let mut preset = None;
        if let Some(section) = top.section("alerts") {
            config.wait = parts::duration(&section, "wait").unwrap_or(config.wait);
            config.every = parts::duration(&section, "every").unwrap_or(config.every);
            preset = parts::choice(&section, "preset", Preset::ALL);
            config.manners.cap = preset.map(|_| CAP);
            rules::manners(&section, &mut config.manners);
            section.finish(&[], "");
        }
        for section in &top.sections("channel") {
            rules::channel(section, &mut config.manners);
        }
        config.preset = preset;
        config.rules_folder = folder.join(parts::filled(&top, "rules").unwrap_or_else(|| RULES.to_owned()));
        config.written.read(file, &top, config.wait, config.every);
        config.settle_rules();
        if let Some(section) = top.section("digest") {
            parts::digest(&section, &mut config.digest);
        }
        for section in &top.sections("recipient") {
            let named = &mut config.written.named;
            rules::person(section, file, config.digest, (&mut config.manners, named));
        }
        if let Some(section) = top.section("fetch") {
            parts::fetch(&section, &mut config.fetch);
        }
        if let Some(section) = top.section("web") {
            parts::web(&section, &mut config.web);
        }
        config.manners.public_url = config.web.public_url.clone().filter(|_| config.web.enabled);
        config.manners.confirm = config.mail.confirm;
        if let Some(section) = top.section("sentiment") {
            for lang in Lang::ALL {
                let file = parts::filled(&section, lang.code());
                config.sentiment.extend(file.map(|file| (lang, folder.join(file))));
            }
            section.finish(&[], "");
        }
        for section in &top.sections("topic") {
            parts::topic(section, &mut config.topics);
        }
        if let Some(section) = top.section("evidence") {
            config.timestamp = parts::timestamp(&section);
        }
        top.finish(&[], "");
        config
    }

    /// How long a first alert waits for others, and the time between two mails, where a rule does not say.
    pub fn grouping(&self) -> (Duration, Duration) {
        (self.wait, self.every)
    }

    /// What the rules come to: those written down, with those of a preset; without either the usual ones.
    fn settle_rules(&mut self) {
        let mut rules = self.written.clone();
        if let Some(preset) = self.preset {
            rules.fill(preset, self.wait, self.every);
        }
        self.rules = if rules.rules.is_empty() { Rule::usual(self.wait, self.every) } else { rules.rules };
    }

    /// Moves the data directory, and the outbox with it when it lay inside.
    pub fn use_data_dir(&mut self, folder: &Path) {
        if let Transport::Folder(outbox) = &mut self.mail.transport
            && let Ok(inside) = outbox.strip_prefix(&self.data_dir)
        {
            *outbox = folder.join(inside);
        }
        folder.clone_into(&mut self.data_dir);
    }

    /// Rules and sources that name brands nobody described.
    ///
    /// # Errors
    /// One fault a name.
    pub fn check_brands(&self, brands: &[Brand]) -> Result<(), Faults> {
        let known: Vec<&str> = brands.iter().map(|brand| &*brand.id.0).collect();
        let faults: Vec<Fault> = self
            .written
            .named
            .iter()
            .filter(|named| !known.contains(&&*named.brand.0))
            .map(|NamedBrand { brand, file, line }| Fault {
                file: file.clone(),
                line: *line,
                key: "rule.brands".to_owned(),
                reason: match nearest(&brand.0, &known) {
                    Some(near) => format!("no brand file is called \"{brand}\"; did you mean \"{near}\"?"),
                    None => format!(
                        "no brand file is called \"{brand}\" in {}; there are: {}",
                        self.keywords.display(),
                        known.join(", ")
                    ),
                },
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
    }
}

fn mailbox(name: Option<&str>, user: &str, host: &str) -> Mailbox {
    // Both parts are written by us; nothing dangerous is in them.
    Mailbox::new(name.map(str::to_owned), lettre::Address::new_dangerous(user, host))
}
