//! `vigie init`: five questions, or flags, become vigie.toml and keywords/*.toml.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use lettre::message::Mailbox;

use self::ask::Asker;
use super::{Common, Usage, say};
use crate::config::{self, Config, secret};
use crate::document::nearest;
use crate::keyword::{self, Brand};
use crate::mail::Language;
use crate::{fold, network};

mod ask;
mod write;

/// Networks that need no key, all followed unless told otherwise.
const OPEN: &[&str] = &["hackernews", "bluesky", "mastodon", "feed"];
/// A longer name is no name, and its file could not be written.
const NAME_LIMIT: usize = 80;

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Your brand
    #[arg(long, value_name = "NAME")]
    brand: Option<String>,
    /// Your competitors
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    against: Option<Vec<String>>,
    /// Words that mean something else, of your brand or of a named one
    #[arg(long, value_name = "[NAME:]WORD,WORD")]
    unless: Vec<String>,
    /// Words of which one must stand in the post too, for your brand or a named one
    #[arg(long, value_name = "[NAME:]WORD,WORD")]
    context: Vec<String>,
    /// What your brand or a named one is, in one line, where its name is also a word
    #[arg(long, value_name = "[NAME:]LINE")]
    about: Vec<String>,
    /// Who gets the mails; without it they are written to files
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    mail: Option<Vec<String>>,
    /// The server that takes the mails
    #[arg(long, value_name = "HOST:PORT")]
    smtp: Option<String>,
    /// The account there; its password is `VIGIE_SMTP_PASSWORD`
    #[arg(long, value_name = "USER", requires = "smtp")]
    smtp_user: Option<String>,
    /// What to follow: hackernews, bluesky, mastodon, feed
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    networks: Option<Vec<String>>,
    /// Language of the mails [default: what LANG says]
    #[arg(long, value_parser = ["fr", "en"])]
    language: Option<String>,
    /// Time zone of the mails [default: that of this machine]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Folder to write to [default: this one]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Ask nothing: what no flag says is as usual
    #[arg(long, short)]
    yes: bool,
    /// Replace files that exist
    #[arg(long)]
    force: bool,
}

/// Everything that was answered.
#[derive(Debug)]
pub(super) struct Answers {
    brands: Vec<Brand>,
    to: Vec<Mailbox>,
    smtp: Option<(String, u16)>,
    smtp_user: Option<String>,
    networks: Vec<&'static str>,
    language: Language,
    zone: Option<String>,
    data_dir: Option<PathBuf>,
}

/// Who gets the mails, and through which server.
type Recipients = (Vec<Mailbox>, Option<(String, u16)>);

impl Init {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        if common.config.is_some() || common.keywords.is_some() {
            return Err(Usage(
                "init writes vigie.toml and keywords/ into one folder: name it with --dir".into(),
            )
            .into());
        }
        let folder = self.dir.clone().unwrap_or_default();
        // Before the questions: nobody answers five of them to be refused.
        self.refuse_existing(&[folder.join(config::FILE)])?;
        let mut stdin = std::io::stdin().lock();
        let mut stderr = std::io::stderr();
        let asking = !self.yes && std::io::stdin().is_terminal();
        if !asking && self.brand.is_none() {
            return Err(Usage(
                "there is no terminal to ask on: give --brand NAME, and if you like --against, --mail, --networks"
                    .into(),
            )
            .into());
        }
        let mut asker = Asker::new(&mut stdin, &mut stderr, asking);
        let mut answers = self.answers(&mut asker)?;
        answers.data_dir.clone_from(&common.data);
        let mut files = vec![(folder.join(config::FILE), write::configuration(&answers)?)];
        for brand in &answers.brands {
            let file = folder.join("keywords").join(format!("{}.toml", brand.id));
            files.push((file, write::keywords(brand)?));
        }
        self.refuse_existing(&files.iter().map(|(file, _)| file.clone()).collect::<Vec<_>>())?;
        for (file, text) in &files {
            self.write(file, text)?;
        }
        finish(common, &folder, &answers, &files)?;
        Ok(ExitCode::SUCCESS)
    }

    fn answers(&self, asker: &mut Asker<'_>) -> anyhow::Result<Answers> {
        let ours = match &self.brand {
            Some(name) => brand(name, true)?,
            None => asker.answer("Your brand", |line| brand(line, true))?,
        };
        let mut brands = match &self.against {
            Some(names) => with_competitors(&ours, names)?,
            None => asker.answer("Your competitors, separated by commas (none: just Enter)", |line| {
                with_competitors(&ours, &ask::split(line))
            })?,
        };
        self.words(asker, &mut brands)?;
        let (to, smtp) = self.mail(asker)?;
        let which = format!("Which networks, of {} (all: just Enter)", OPEN.join(", "));
        let networks = match &self.networks {
            Some(names) => networks(names)?,
            None => asker.answer(&which, |line| networks(&ask::split(line)))?,
        };
        let language = match self.language.as_deref() {
            Some("fr") => Language::Fr,
            Some(_) => Language::En,
            None => secret::language(),
        };
        let zone = match &self.zone {
            Some(zone) => Some(known_zone(zone)?),
            None => jiff::tz::TimeZone::system().iana_name().map(str::to_owned),
        };
        let smtp_user = self.smtp_user.clone();
        Ok(Answers { brands, to, smtp, smtp_user, networks, language, zone, data_dir: None })
    }

    /// Words that mean something else, and for names that are common words, words that belong to the brand.
    fn words(&self, asker: &mut Asker<'_>, brands: &mut [Brand]) -> anyhow::Result<()> {
        let unless = assign(&self.unless, brands)?;
        let context = assign(&self.context, brands)?;
        for (place, line) in lines(&self.about, brands)? {
            if let Some(brand) = brands.get_mut(place) {
                brand.about = Some(line);
            }
        }
        for (place, brand) in brands.iter_mut().enumerate() {
            let pick = |of: &[(usize, Vec<String>)]| -> Vec<String> {
                of.iter().filter(|(at, _)| *at == place).flat_map(|(_, words)| words.clone()).collect()
            };
            (brand.unless, brand.context) = (pick(&unless), pick(&context));
            let name = brand.name.clone();
            let keywords: Vec<String> = brand.keywords.iter().map(|keyword| fold::fold(keyword)).collect();
            let excluding = |line: &str| {
                let words = ask::findable(line)?;
                match words.iter().find(|word| keywords.contains(&fold::fold(word))) {
                    Some(word) => Err(Usage(format!("\"{word}\" cannot exclude the name that it is")).into()),
                    None => Ok(words),
                }
            };
            excluding(&brand.unless.join(","))?;
            if brand.unless.is_empty() && self.unless.is_empty() {
                let question = format!(
                    "Words that show a post means another \"{name}\", separated by commas (none: just Enter)"
                );
                brand.unless = asker.answer(&question, excluding)?;
            }
            brand.other_sense = keyword::is_common(&name);
            if keyword::is_ambiguous(&name) && brand.context.is_empty() {
                asker.note(&format!(
                    "\"{name}\" is short or a common word: many posts with it will mean something else."
                ));
                let question = format!(
                    "Words of which one stands beside \"{name}\" when it is the brand: its products, its trade"
                );
                brand.context = asker.answer(&question, |line| Ok(ask::findable(line)?))?;
            }
            if keyword::is_ambiguous(&name) {
                if brand.about.is_none() && self.about.is_empty() {
                    let question =
                        format!("What is \"{name}\", in one line, such as \"{name}, the telecom operator\"");
                    brand.about = asker.answer(&question, |line| Ok(line.trim().to_owned()))?.into();
                }
                brand.about = brand.about.take().filter(|about| !about.is_empty());
                if brand.context.is_empty() && brand.about.is_none() {
                    super::warn(&format!(
                        "not every post with the word \"{name}\" is about it, and Vigie can only guess which is: add words under context, and a line under about, in keywords/{}.toml",
                        brand.id
                    ));
                }
            }
        }
        Ok(())
    }

    fn mail(&self, asker: &mut Asker<'_>) -> anyhow::Result<Recipients> {
        let to = match &self.mail {
            Some(texts) => addresses(texts)?,
            None => asker.answer(
                "Where do mails go? Addresses, separated by commas (to files: just Enter)",
                |line| addresses(&ask::split(line)),
            )?,
        };
        let server = match &self.smtp {
            Some(server) => smtp(server)?,
            None if to.is_empty() => None,
            None => {
                asker.answer("The mail server that takes them, as host:port (none yet: just Enter)", smtp)?
            }
        };
        if server.is_some() && to.is_empty() {
            return Err(
                Usage("a mail server is named, but nobody to write to: add --mail ADDRESS".into()).into()
            );
        }
        Ok((to, server))
    }

    fn refuse_existing(&self, files: &[PathBuf]) -> anyhow::Result<()> {
        // A dangling link counts as there: writing would follow it.
        let there: Vec<String> = files
            .iter()
            .filter(|file| file.symlink_metadata().is_ok())
            .map(|file| file.display().to_string())
            .collect();
        if there.is_empty() || self.force {
            return Ok(());
        }
        let verb = if there.len() == 1 { "exists" } else { "exist" };
        let there = there.join(", ");
        Err(Usage(format!(
            "{there} {verb} already, nothing was written; name another folder with --dir, or add --force"
        ))
        .into())
    }

    fn write(&self, file: &Path, text: &str) -> anyhow::Result<()> {
        let failed = || format!("failed to write {}", file.display());
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).with_context(failed)?;
        }
        let mut options = std::fs::File::options();
        options.write(true);
        // Between the look and the write somebody may have made the file.
        if self.force {
            options.create(true).truncate(true)
        } else {
            options.create_new(true)
        };
        options.open(file).and_then(|mut open| open.write_all(text.as_bytes())).with_context(failed)
    }
}

/// Reads everything back as the next command will, and says what to do next.
fn finish(
    common: &Common,
    folder: &Path,
    answers: &Answers,
    files: &[(PathBuf, String)],
) -> anyhow::Result<()> {
    let config = Config::read(&folder.join(config::FILE))?;
    let brands = keyword::read_folder(&config.keywords)?;
    if common.quiet {
        return Ok(());
    }
    for (file, _) in files {
        say(format!("wrote {}", file.display()))?;
    }
    let strangers: Vec<String> = brands
        .iter()
        .filter(|brand| answers.brands.iter().all(|ours| ours.id != brand.id))
        .map(|brand| format!("{}.toml", brand.id))
        .collect();
    if !strangers.is_empty() {
        super::warn(&format!(
            "{} also holds {}: they are watched too; remove what you do not want",
            config.keywords.display(),
            strangers.join(", ")
        ));
    }
    if !answers.to.is_empty() && answers.smtp.is_none() {
        super::warn("no mail server is named yet: mails are written to files until [mail.smtp] is filled in");
    }
    if let Some(user) = &answers.smtp_user {
        say(format!(
            "the password of {user} goes into VIGIE_SMTP_PASSWORD, or a file named by VIGIE_SMTP_PASSWORD_FILE"
        ))?;
    }
    let here = folder.as_os_str().is_empty();
    let option =
        if here { String::new() } else { format!(" --config {}", folder.join(config::FILE).display()) };
    say(format!("next: vigie check{option}, then vigie watch{option}"))?;
    Ok(())
}

/// A brand of this name, found under the name and, when it has several words, under the hashtag they make.
fn brand(name: &str, ours: bool) -> anyhow::Result<Brand> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.chars().count() > NAME_LIMIT {
        return Err(
            Usage(format!("a name has at most {NAME_LIMIT} letters; separate several with commas")).into()
        );
    }
    if fold::fold(&name).chars().all(|c| c == ' ' || c == fold::LINK) {
        return Err(Usage(format!("\"{}\" has no letter or digit to find", name.escape_debug())).into());
    }
    let mut brand = Brand::named(&name, ours);
    let joined: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    if !joined.is_empty() && fold::fold(&joined) != fold::fold(&name) {
        brand.keywords.push(joined);
    }
    Ok(brand)
}

/// Our brand and its competitors, each named once.
fn with_competitors(ours: &Brand, names: &[String]) -> anyhow::Result<Vec<Brand>> {
    let mut brands = vec![ours.clone()];
    for name in names.iter().filter(|name| !name.trim().is_empty()) {
        let competitor = brand(name, false)?;
        if brands.iter().any(|other| other.id == competitor.id) {
            return Err(Usage(format!("\"{}\" is named twice", competitor.name)).into());
        }
        brands.push(competitor);
    }
    Ok(brands)
}

/// Which brand each `[NAME:]WORD,WORD` is for, by its place; without a name, the first.
fn assign(flags: &[String], brands: &[Brand]) -> anyhow::Result<Vec<(usize, Vec<String>)>> {
    let mut assigned = Vec::new();
    for flag in flags {
        let (place, list) = match flag.split_once(':') {
            None => (0, flag.as_str()),
            Some((name, list)) => {
                let wanted = keyword::slug(name.trim());
                let place = brands.iter().position(|brand| *brand.id.0 == *wanted).ok_or_else(|| {
                    let names: Vec<&str> = brands.iter().map(|brand| brand.name.as_str()).collect();
                    Usage(format!("\"{}\" is none of the brands: {}", name.trim(), names.join(", ")))
                })?;
                (place, list)
            }
        };
        assigned.push((place, ask::findable(list)?));
    }
    Ok(assigned)
}

/// Which brand each `[NAME:]LINE` is for, by its place; where no brand has that name, it belongs to the line.
fn lines(flags: &[String], brands: &[Brand]) -> anyhow::Result<Vec<(usize, String)>> {
    let line = |flag: &String| {
        let named = flag.split_once(':').and_then(|(name, line)| {
            let wanted = keyword::slug(name.trim());
            Some((brands.iter().position(|brand| *brand.id.0 == *wanted)?, line))
        });
        let (place, line) = named.unwrap_or((0, flag));
        if line.trim().is_empty() {
            return Err(Usage("--about says nothing; write \"Orange, the telecom operator\"".into()).into());
        }
        Ok((place, line.trim().to_owned()))
    };
    flags.iter().map(line).collect()
}

fn networks(names: &[String]) -> anyhow::Result<Vec<&'static str>> {
    let mut chosen = Vec::new();
    for name in names.iter().map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()) {
        if name == "all" {
            return Ok(OPEN.to_vec());
        }
        let known = network::spec(&name).map_or(name.as_str(), |spec| spec.name);
        let found = OPEN.iter().find(|open| **open == known).ok_or_else(|| {
            let near = nearest(&name, OPEN).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            Usage(format!("\"{name}\" is none of {}{near}", OPEN.join(", ")))
        })?;
        if !chosen.contains(found) {
            chosen.push(*found);
        }
    }
    Ok(if chosen.is_empty() { OPEN.to_vec() } else { chosen })
}

fn known_zone(zone: &str) -> anyhow::Result<String> {
    match jiff::tz::TimeZone::get(zone) {
        Ok(_) => Ok(zone.to_owned()),
        Err(_) => Err(Usage(format!("\"{zone}\" is no time zone; write one such as Europe/Paris")).into()),
    }
}

fn addresses(texts: &[String]) -> anyhow::Result<Vec<Mailbox>> {
    let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    texts
        .map(|text| {
            text.parse()
                .map_err(|_| Usage(format!("\"{text}\" is no address; write \"ana@acme.example\"")).into())
        })
        .collect()
}

/// `host:port`, or a host alone with the port that mail programs use; nothing when nothing is said.
fn smtp(server: &str) -> anyhow::Result<Option<(String, u16)>> {
    let server = server.trim();
    if server.is_empty() {
        return Ok(None);
    }
    let wrong =
        || Usage(format!("\"{server}\" is no mail server; write host:port, such as smtp.acme.example:587"));
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?),
        None => (server, 587),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.parse::<std::net::IpAddr>().is_err() && (host.contains(':') || url::Host::parse(host).is_err()) {
        return Err(wrong().into());
    }
    Ok(Some((host.to_owned(), port)))
}
