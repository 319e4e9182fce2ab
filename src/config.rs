//! `vigie.toml` and the environment, read once. Nobody else reads either.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use lettre::message::Mailbox;

use crate::alert::{On, Rule};
use crate::deliver::{Patience, Smtp, Tls, Transport};
use crate::document::{Fault, Faults, Reader, Section, nearest};
use crate::fetch::FetchConfig;
use crate::impostor::Level;
use crate::keyword::{Brand, BrandId};
use crate::mail::Language;
use crate::network;
use crate::schedule::{Every, Schedule};
use crate::time;

pub mod secret;
pub mod sources;

/// The file looked for, here and upward.
pub const FILE: &str = "vigie.toml";

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
    /// When digests are sent.
    pub digest: Schedule,
    /// Limits of the HTTP client.
    pub fetch: FetchConfig,
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
            },
            data_dir,
            rules: Rule::usual(Duration::from_secs(30), Duration::from_secs(300)),
            digest: Schedule::default(),
            fetch: FetchConfig::default(),
        }
    }

    /// Reads a configuration file. Relative paths in it are seen from its own folder.
    ///
    /// # Errors
    /// Every fault of the file.
    pub fn read(file: &Path) -> Result<Config, Faults> {
        let whole = |reason: String| {
            Faults(vec![Fault { file: file.to_owned(), line: 0, key: String::new(), reason }])
        };
        let text =
            std::fs::read_to_string(file).map_err(|error| whole(format!("cannot be read: {error}")))?;
        Config::parse(file, &text)
    }

    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// Every fault of the text.
    pub fn parse(file: &Path, text: &str) -> Result<Config, Faults> {
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut config = Config { file: Some(file.to_owned()), ..Config::default_in(folder) };
        let reader = Reader::new(file, text.strip_prefix('\u{feff}').unwrap_or(text));
        let table = reader.parse();
        let top = Section::whole(&reader, &table);
        if let Some(folder_name) = top.text("data_dir") {
            config.data_dir = folder.join(folder_name);
            config.mail.transport = Transport::Folder(config.data_dir.join("outbox"));
        }
        if let Some(keywords) = top.text("keywords") {
            config.keywords = folder.join(keywords);
        }
        for section in top.sections("source") {
            source(&section, &mut config.sources);
        }
        if let Some(section) = top.section("mail") {
            mail(&section, folder, &mut config.mail);
        }
        let mut wait = Duration::from_secs(30);
        let mut every = Duration::from_secs(300);
        if let Some(section) = top.section("alerts") {
            wait = duration(&section, "wait").unwrap_or(wait);
            every = duration(&section, "every").unwrap_or(every);
            section.finish(&[]);
        }
        config.rules = Rule::usual(wait, every);
        let rules = top.sections("rule");
        if !rules.is_empty() {
            config.rules = rules.iter().filter_map(|section| rule(section, wait, every)).collect();
            for (at, one) in config.rules.iter().enumerate() {
                if config.rules.iter().take(at).any(|other| other.name == one.name) {
                    top.fault("rule", format!("two rules are called \"{}\"; names must differ", one.name));
                }
            }
        }
        if let Some(section) = top.section("digest") {
            digest(&section, &mut config.digest);
        }
        if let Some(section) = top.section("fetch") {
            fetch(&section, &mut config.fetch);
        }
        top.finish(&[]);
        let faults = reader.into_faults();
        if faults.is_empty() { Ok(config) } else { Err(Faults(faults)) }
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
            .rules
            .iter()
            .flat_map(|rule| rule.brands.iter().map(move |brand| (rule, brand)))
            .filter(|(_, brand)| !known.contains(&&*brand.0))
            .map(|(rule, brand)| Fault {
                file: self.file.clone().unwrap_or_default(),
                line: 0,
                key: "rule.brands".to_owned(),
                reason: match nearest(&brand.0, &known) {
                    Some(near) => format!(
                        "rule \"{}\": no brand file is called `{brand}`; did you mean `{near}`?",
                        rule.name
                    ),
                    None => format!(
                        "rule \"{}\": no brand file is called `{brand}` in {}",
                        rule.name,
                        self.keywords.display()
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

fn duration<'r>(section: &Section<'r, '_>, key: &'r str) -> Option<Duration> {
    let text = section.text(key)?;
    let duration = time::parse_duration(&text);
    if duration.is_none() {
        section.fault(key, format!("\"{text}\" is no duration; write \"30s\", \"5m\", \"2h\" or \"7d\""));
    }
    duration
}

/// One word out of a list of words.
fn choice<'r, T: Copy>(section: &Section<'r, '_>, key: &'r str, choices: &[(&'static str, T)]) -> Option<T> {
    let text = section.text(key)?;
    let found = choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        section.fault(key, format!("\"{text}\" is not known here; valid: {}", words.join(", ")));
    }
    found
}

fn source(section: &Section<'_, '_>, sources: &mut Vec<SourceConfig>) {
    let Some(network) = section.text("network") else {
        section.fault("network", format!("is missing: name one of {}", network_names().join(", ")));
        return;
    };
    let name = section.text("name");
    let Some(spec) = network::spec(&network) else {
        let names = network_names();
        let reason = match nearest(&network, &names) {
            Some(near) => format!("no network is called `{network}`; did you mean `{near}`?"),
            None => format!("no network is called `{network}`; valid: {}", names.join(", ")),
        };
        section.fault("network", reason);
        return;
    };
    section.finish(spec.keys);
    let own = section.rest(&["network", "name"]);
    if let Err(error) = (spec.build)(
        &own.iter()
            .filter(|(key, _)| spec.keys.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    ) {
        section.fault(&error.key, error.reason);
    }
    let name = name.unwrap_or_else(|| {
        let taken = sources.iter().filter(|other| other.network == spec.name).count();
        if taken == 0 { spec.name.to_owned() } else { format!("{}-{}", spec.name, taken + 1) }
    });
    if name.is_empty() || sources.iter().any(|other| other.name == name) {
        section.fault("name", format!("another source is called \"{name}\" already; names must differ"));
        return;
    }
    let network = spec.name.to_owned();
    sources.push(SourceConfig { name, network, section: own, example: false, look_back: false });
}

fn network_names() -> Vec<&'static str> {
    network::ALL.iter().map(|spec| spec.name).collect()
}

fn mail(section: &Section<'_, '_>, folder: &Path, mail: &mut MailConfig) {
    let address = |key: &str, text: &str| match text.parse::<Mailbox>() {
        Ok(mailbox) => Some(mailbox),
        Err(_) => {
            section.fault(
                key,
                format!("\"{text}\" is no address; write \"ana@acme.example\" or \"Ana <ana@acme.example>\""),
            );
            None
        }
    };
    let to = section.texts("to");
    if !to.is_empty() {
        mail.to = to.iter().filter_map(|text| address("to", text)).collect();
    }
    if let Some(from) = section.text("from").and_then(|text| address("from", &text)) {
        mail.from = from;
    }
    mail.language = choice(section, "language", &[("fr", Language::Fr), ("en", Language::En)]);
    if let Some(zone) = section.text("zone") {
        match TimeZone::get(&zone) {
            Ok(zone) => mail.zone = Some(zone),
            Err(_) => section
                .fault("zone", format!("\"{zone}\" is no time zone; write one such as \"Europe/Paris\"")),
        }
    }
    patience(section, &mut mail.patience);
    if let Some(to_folder) = section.text("folder") {
        mail.transport = Transport::Folder(folder.join(to_folder));
    }
    if let Some(smtp) = section.section("smtp") {
        if section.value("folder").is_some() {
            section.fault(
                "folder",
                "mails go to a folder or to a server, not both: drop this key or [mail.smtp]",
            );
        }
        if let Some(smtp) = smtp_server(&smtp) {
            mail.transport = Transport::Smtp(smtp);
        }
    }
    section.finish(&[]);
}

/// How long a mail server is waited for: `answer`, and `retry`, the waits after each failure of one mail.
fn patience(section: &Section<'_, '_>, patience: &mut Patience) {
    let reason = |text: &str| format!("\"{text}\" is no duration; write \"30s\", \"5m\" or \"2h\"");
    if let Some(answer) = duration(section, "answer") {
        if answer.is_zero() {
            section.fault("answer", "must be longer than nothing: how long one mail may take, such as \"60s\"");
        }
        patience.answer = answer;
    }
    let retry = section.texts("retry");
    if !retry.is_empty() {
        patience.waits = retry
            .iter()
            .filter_map(|text| {
                let wait = time::parse_duration(text).filter(|wait| !wait.is_zero());
                if wait.is_none() {
                    section.fault("retry", reason(text));
                }
                wait
            })
            .collect();
    }
}

fn smtp_server(section: &Section<'_, '_>) -> Option<Smtp> {
    let host = section.text("host");
    let tls = choice(
        section,
        "tls",
        &[("starttls", Tls::StartTls), ("implicit", Tls::Implicit), ("none", Tls::None)],
    );
    let insecure = section.flag("insecure").unwrap_or(false);
    let usual = match tls.unwrap_or(Tls::StartTls) {
        Tls::Implicit => 465,
        Tls::StartTls => 587,
        Tls::None => 25,
    };
    let port = section.number("port", 1..=65_535).and_then(|port| u16::try_from(port).ok()).unwrap_or(usual);
    let user = section.text("user");
    for secret in ["password", "pass", "token"] {
        if section.value(secret).is_some() {
            section.fault(secret, "secrets never stand in this file: set VIGIE_SMTP_PASSWORD, or VIGIE_SMTP_PASSWORD_FILE to a file that holds it");
        }
    }
    section.finish(&[]);
    let Some(host) = host else {
        section.fault("host", "is missing: name the mail server, such as host = \"smtp.acme.example\"");
        return None;
    };
    let tls = tls.unwrap_or(match port {
        465 => Tls::Implicit,
        _ => Tls::StartTls,
    });
    let near =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if tls == Tls::None && !near && !insecure {
        section.fault(
            "tls",
            "\"none\" sends mails unprotected: use \"starttls\" or \"implicit\", or add insecure = true",
        );
    }
    Some(Smtp { host, port, tls, user })
}

fn rule(section: &Section<'_, '_>, wait: Duration, every: Duration) -> Option<Rule> {
    let on = choice(
        section,
        "on",
        &[
            ("new_mention", On::NewMention),
            ("new_impostor", On::NewImpostor),
            ("source_degraded", On::SourceDegraded),
        ],
    );
    if on.is_none() && section.value("on").is_none() {
        section.fault("on", "is missing: new_mention, new_impostor or source_degraded");
    }
    let name = section.text("name").or_else(|| on.map(|on| on.word().to_owned()));
    let brands = section.texts("brands").into_iter().map(|brand| BrandId(brand.into())).collect();
    let networks = section.texts("networks");
    let level = choice(
        section,
        "level",
        &[("alert", Level::Alert), ("review", Level::Review), ("watch", Level::Watch)],
    );
    let wait = duration(section, "wait").unwrap_or(wait);
    let every = duration(section, "every").unwrap_or(every);
    let to = section
        .texts("to")
        .iter()
        .filter_map(|text| match text.parse::<Mailbox>() {
            Ok(mailbox) => Some(mailbox),
            Err(_) => {
                section.fault("to", format!("\"{text}\" is no address"));
                None
            }
        })
        .collect();
    section.finish(&[]);
    Some(Rule {
        name: name?,
        on: on?,
        brands,
        networks,
        level: level.unwrap_or(Level::Alert),
        wait,
        every,
        to,
    })
}

fn digest(section: &Section<'_, '_>, schedule: &mut Schedule) {
    use jiff::civil::Weekday;
    let every = choice(
        section,
        "every",
        &[("never", Every::Never), ("day", Every::Day), ("week", Every::Week), ("month", Every::Month)],
    );
    schedule.every = every.unwrap_or(schedule.every);
    let days = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    schedule.on = choice(section, "on", &days).unwrap_or(schedule.on);
    if let Some(at) = section.text("at") {
        match at.parse() {
            Ok(at) => schedule.at = at,
            Err(_) => section.fault("at", format!("\"{at}\" is no time of day; write one such as \"08:00\"")),
        }
    }
    section.finish(&[]);
}

fn fetch(section: &Section<'_, '_>, fetch: &mut FetchConfig) {
    let known = ["allow", "contact", "connect_timeout", "read_timeout", "total_timeout", "pause", "body_cap"];
    section.finish(&known);
    let rest: toml::Table =
        section.rest(&[]).into_iter().filter(|(key, _)| known.contains(&key.as_str())).collect();
    match rest.try_into() {
        Ok(read) => *fetch = read,
        Err(error) => {
            let error: toml::de::Error = error;
            section.fault("", error.message().to_owned());
        }
    }
}
