//! The sections of `vigie.toml`, each read with every fault named.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use ipnet::IpNet;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use lettre::message::Mailbox;

use super::{MailConfig, Topic, dkim};
use crate::alert::Terms;
use crate::deliver::{Patience, Smtp, Tls, Transport};
use crate::document::{Section, nearest};
use crate::fetch::FetchConfig;
use crate::mail::Language;
use crate::mail::dkim::Signer;
use crate::schedule::{Every, Schedule};
use crate::web::WebConfig;
use crate::{network, time};

/// A text that is not empty.
pub(super) fn filled<'r>(section: &Section<'r, '_>, key: &'r str) -> Option<String> {
    let text = section.text(key)?;
    if text.trim().is_empty() {
        section.fault(key, "is empty: write something, or leave the line out");
        return None;
    }
    Some(text)
}

/// A length of time.
pub(super) fn duration<'r>(section: &Section<'r, '_>, key: &'r str) -> Option<Duration> {
    let value = section.value(key)?.get_ref();
    let advice = "write \"30s\", \"5m\", \"2h\" or \"7d\"";
    let Some(text) = value.as_str() else {
        section.fault(key, format!("must be a length of time in quotes: {advice}"));
        return None;
    };
    let duration = time::parse_duration(text);
    if duration.is_none() {
        section.fault(key, format!("\"{}\" is no length of time; {advice}", text.escape_debug()));
    }
    duration
}

/// One word out of a list of words.
pub(super) fn choice<'r, T: Copy>(
    section: &Section<'r, '_>,
    key: &'r str,
    choices: &[(&'static str, T)],
) -> Option<T> {
    let text = section.text(key)?;
    let found = choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let near = nearest(&text.to_lowercase(), &words);
        let near = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
        let text = text.escape_debug();
        section.fault(key, format!("\"{text}\" is not one of {}{near}", words.join(", ")));
    }
    found
}

/// Addresses of people. A list that is there but names nobody is a fault.
pub(super) fn mailboxes<'r>(section: &Section<'r, '_>, key: &'r str) -> Vec<Mailbox> {
    let texts = section.texts(key);
    if texts.is_empty() && section.value(key).is_some_and(|value| value.get_ref().as_array().is_some()) {
        section.fault(key, "names nobody: write an address, or leave the line out");
    }
    texts.iter().filter_map(|text| mailbox(section, key, text)).collect()
}

pub(super) fn mailbox(section: &Section<'_, '_>, key: &str, text: &str) -> Option<Mailbox> {
    let mailbox = text.parse().ok();
    if mailbox.is_none() {
        let text = text.escape_debug();
        section.fault(
            key,
            format!("\"{text}\" is no address; write \"ana@acme.example\" or \"Ana <ana@acme.example>\""),
        );
    }
    mailbox
}

/// Reads `[mail]` of `file`, and gives what signs mails.
pub(super) fn mail(section: &Section<'_, '_>, file: &Path, mail: &mut MailConfig) -> Option<Signer> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let to = mailboxes(section, "to");
    if !to.is_empty() {
        mail.to = to;
    }
    if let Some(from) = section.text("from").and_then(|text| mailbox(section, "from", &text)) {
        mail.from = from;
    }
    mail.language = choice(section, "language", &[("fr", Language::Fr), ("en", Language::En)]);
    if let Some(name) = section.text("zone") {
        mail.zone = zone(section, &name);
    }
    mail.confirm = section.flag("confirm").unwrap_or(mail.confirm);
    patience(section, &mut mail.patience);
    if let Some(to_folder) = filled(section, "folder") {
        mail.transport = Transport::Folder(folder.join(to_folder));
    }
    let mut signer = None;
    if let Some(smtp) = section.section("smtp") {
        signer = smtp.section("dkim").and_then(|section| dkim::signer(&section, file, &mail.from));
        if section.value("folder").is_some() {
            section.fault(
                "folder",
                "mails go to a folder or to a server, not both: drop this key or [mail.smtp]",
            );
        }
        if let Some(smtp) = smtp_server(&smtp) {
            if section.value("to").is_none() && !is_near(&smtp.host) {
                section.missing("to", "who gets the mails? Write to = [\"ana@acme.example\"]");
            }
            mail.transport = Transport::Smtp(smtp);
        }
    }
    section.finish(&[], "SMTP");
    signer
}

pub(super) fn zone(section: &Section<'_, '_>, name: &str) -> Option<TimeZone> {
    let zone = TimeZone::get(name).ok();
    if zone.is_none() {
        let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.as_str().to_owned()).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let near = nearest(name, &known).unwrap_or("Europe/Paris");
        let name = name.escape_debug();
        section.fault("zone", format!("\"{name}\" is no time zone; did you mean \"{near}\"?"));
    }
    zone
}

/// Whether a host is this machine.
fn is_near(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// How long a mail server is waited for: `answer`, and `retry`, the waits after each failure of one mail.
fn patience(section: &Section<'_, '_>, patience: &mut Patience) {
    let reason = |text: &str| format!("\"{text}\" is no wait; write \"30s\", \"5m\" or \"2h\"");
    if let Some(answer) = duration(section, "answer") {
        if answer.is_zero() {
            section
                .fault("answer", "must be longer than nothing: how long one mail may take, such as \"60s\"");
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
    let user = filled(section, "user");
    section.finish(&[], "SMTP");
    let Some(host) = host else {
        if section.value("host").is_none() {
            section.missing("host", "name the mail server, such as host = \"smtp.acme.example\"");
        }
        return None;
    };
    if url::Host::parse(&host).is_err() && host.parse::<std::net::IpAddr>().is_err() {
        let shown = host.escape_debug();
        section.fault(
            "host",
            format!("\"{shown}\" is no server; write its name alone, such as \"smtp.acme.example\", and its port under port"),
        );
        return None;
    }
    let tls = tls.unwrap_or(match port {
        465 => Tls::Implicit,
        _ => Tls::StartTls,
    });
    if tls == Tls::None && !is_near(&host) && !insecure {
        section.fault(
            "tls",
            "\"none\" sends mails unprotected: use \"starttls\" or \"implicit\", or add insecure = true",
        );
    }
    Some(Smtp { host, port, tls, user })
}

/// A rule about a network that nothing can come from would wait for ever.
pub(super) fn known_network(section: &Section<'_, '_>, name: &str) {
    let names: Vec<&str> = network::ALL
        .iter()
        .map(|spec| spec.name)
        .chain(network::CLOSED.iter().map(|closed| closed.name))
        .collect();
    if names.contains(&name) {
        return;
    }
    let shown = name.escape_debug();
    let reason =
        match network::spec(name).map(|spec| spec.name).or_else(|| nearest(&name.to_lowercase(), &names)) {
            Some(near) => format!("no network is called \"{shown}\"; did you mean \"{near}\"?"),
            None => format!("no network is called \"{shown}\"; valid: {}", names.join(", ")),
        };
    section.fault("networks", reason);
}

pub(super) fn digest(section: &Section<'_, '_>, schedule: &mut Schedule) {
    times(section, "every", schedule);
    section.finish(&[], "");
}

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// When digests are sent: `key` says how often, `on` and `at` when.
pub(super) fn times<'r>(section: &Section<'r, '_>, key: &'r str, schedule: &mut Schedule) {
    let every = choice(
        section,
        key,
        &[
            ("never", Every::Never),
            ("at_once", Every::AtOnce),
            ("15min", Every::Quarter),
            ("hour", Every::Hour),
            ("day", Every::Day),
            ("weekdays", Every::Weekdays),
            ("week", Every::Week),
            ("two_weeks", Every::TwoWeeks),
            ("month", Every::Month),
        ],
    );
    schedule.every = every.unwrap_or(schedule.every);
    if schedule.every == Every::Weekdays {
        let named = section.texts("on");
        if !named.is_empty() {
            schedule.days = DAYS.map(|(word, _)| named.iter().any(|one| one == word));
        }
        for one in named.iter().filter(|one| DAYS.iter().all(|(word, _)| word != one)) {
            let words = DAYS.map(|(word, _)| word);
            let near = nearest(&one.to_lowercase(), &words);
            let near = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
            let one = one.escape_debug();
            section.fault("on", format!("\"{one}\" is not one of {}{near}", words.join(", ")));
        }
    } else {
        schedule.on = choice(section, "on", &DAYS).unwrap_or(schedule.on);
    }
    schedule.empty = section.flag("empty").unwrap_or(schedule.empty);
    if let Some(value) = section.value("at").map(toml::Spanned::get_ref) {
        match value.as_str().and_then(|text| text.parse().ok()) {
            Some(at) => schedule.at = at,
            None => section.fault("at", "is no time of day; write one such as \"08:00\", in quotes"),
        }
    }
}

const FETCH: &[&str] =
    &["allow", "contact", "connect_timeout", "read_timeout", "total_timeout", "pause", "body_cap"];

pub(super) fn fetch(section: &Section<'_, '_>, fetch: &mut FetchConfig) {
    section.finish(FETCH, "FETCH");
    let mut allow: Vec<IpNet> = Vec::new();
    for text in section.texts("allow") {
        match text.parse() {
            Ok(range) => allow.push(range),
            Err(_) => section.fault("allow", not_a_range(&text)),
        }
    }
    let contact = section.text("contact");
    if let Some(contact) = &contact
        && !contact.chars().all(|c| c == ' ' || c.is_ascii_graphic())
    {
        section.fault("contact", "must be a plain mail or web address: letters without accents, on one line");
    }
    let mut rest = toml::Table::new();
    for (key, value) in section.rest(&["allow", "contact"]) {
        let Some(key) = FETCH.iter().find(|known| **known == key) else { continue };
        let one = toml::Table::from_iter([((*key).to_owned(), value)]);
        let limit = key.ends_with("_timeout") || *key == "body_cap";
        match one.clone().try_into::<FetchConfig>() {
            Ok(read) if limit && is_nothing(key, &read) => section.fault(key, "must be more than nothing"),
            Ok(_) => rest.extend(one),
            Err(_) if *key == "body_cap" => {
                section.fault(key, "must be a whole number of bytes, such as 10_000_000")
            }
            Err(_) if one.values().any(toml::Value::is_str) => {
                section.fault(key, "is no length of time: write \"500ms\", \"10s\" or \"2m\"");
            }
            Err(_) => {
                section.fault(key, "must be a length of time in quotes: write \"500ms\", \"10s\" or \"2m\"");
            }
        }
    }
    if let Ok(read) = rest.try_into() {
        *fetch = read;
    }
    (fetch.allow, fetch.contact) = (allow, contact);
}

/// The address of a time-stamp server.
pub(super) fn timestamp(section: &Section<'_, '_>) -> Option<String> {
    let address = filled(section, "timestamp").filter(|text| {
        let url = url::Url::parse(text.trim()).ok();
        let right = url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !right {
            section.fault("timestamp", "is no web address; write \"https://tsa.acme.example\"");
        }
        right
    });
    section.finish(&[], "EVIDENCE");
    address.map(|text| text.trim().to_owned())
}

pub(super) fn web(section: &Section<'_, '_>, web: &mut WebConfig) {
    web.enabled = section.flag("enabled").unwrap_or(web.enabled);
    if let Some(text) = section.text("listen") {
        match listen(&text) {
            Some(address) => web.listen = address,
            None => {
                let text = text.escape_debug();
                section.fault(
                    "listen",
                    format!("\"{text}\" is no address with a port; write \"127.0.0.1:8717\""),
                );
            }
        }
    }
    if let Some(stale) = duration(section, "stale") {
        if stale.is_zero() {
            section.fault("stale", "must be longer than nothing: when /healthz fails, such as \"3h\"");
        }
        web.stale = stale;
    }
    for host in section.texts("hosts") {
        let host = host.trim();
        if host.contains(':') || url::Host::parse(host).is_err() {
            let host = host.escape_debug();
            section.fault(
                "hosts",
                format!("\"{host}\" is no name of a host; write it alone, such as \"vigie.acme.example\""),
            );
        }
        web.hosts.push(host.to_owned());
    }
    web.public_url = filled(section, "public_url").and_then(|text| public_url(section, &text, web));
    web.name = filled(section, "name").map(|name| name.trim().to_owned());
    section.finish(&[], "WEB");
}

/// The address at which others reach the web door; by its name it may be asked.
fn public_url(section: &Section<'_, '_>, text: &str, web: &mut WebConfig) -> Option<String> {
    let url = url::Url::parse(text.trim()).ok();
    let right = |url: &url::Url| {
        url.scheme() == "https"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    };
    let host = url.as_ref().filter(|url| right(url)).and_then(|url| url.host_str().map(str::to_owned));
    let (Some(url), Some(host)) = (url, host) else {
        let text = text.escape_debug();
        section.fault(
            "public_url",
            format!("\"{text}\" is no https address; write one such as \"https://vigie.acme.example\" (mail programs send nobody's wish over plain http)"),
        );
        return None;
    };
    web.hosts.push(host);
    Some(url.as_str().trim_end_matches('/').to_owned())
}

/// An address with its port; `localhost` is this machine.
fn listen(text: &str) -> Option<SocketAddr> {
    match text.trim().strip_prefix("localhost:") {
        Some(port) => Some(SocketAddr::from(([127, 0, 0, 1], port.parse().ok()?))),
        None => text.trim().parse().ok(),
    }
}

/// Whether a limit of zero would let nothing through.
fn is_nothing(key: &str, read: &FetchConfig) -> bool {
    match key {
        "connect_timeout" => read.connect_timeout.is_zero(),
        "read_timeout" => read.read_timeout.is_zero(),
        "total_timeout" => read.total_timeout.is_zero(),
        _ => read.body_cap == 0,
    }
}

fn not_a_range(text: &str) -> String {
    let shown = text.escape_debug();
    match text.parse::<std::net::IpAddr>() {
        Ok(address) if address.is_ipv4() => {
            format!("\"{shown}\" is one address; as a range of addresses it is \"{address}/32\"")
        }
        Ok(address) => format!("\"{shown}\" is one address; as a range of addresses it is \"{address}/128\""),
        Err(_) => format!("\"{shown}\" is no range of addresses; write one such as \"10.1.0.0/16\""),
    }
}

/// One `[[topic]]`.
pub(super) fn topic(section: &Section<'_, '_>, topics: &mut Vec<Topic>) {
    /// Characters of a name.
    const NAME: usize = 60;
    let name = filled(section, "name");
    let terms = Terms::new(section.texts("words"), filled(section, "query"));
    section.finish(&[], "");
    let Some(name) = name else {
        section.missing("name", "give the topic a name, such as name = \"price\"");
        return;
    };
    if name.chars().count() > NAME || name.chars().any(char::is_control) {
        section.fault("name", format!("a name has at most {NAME} characters, in one line"));
        return;
    }
    if topics.iter().any(|known| known.name == name) {
        section.fault("name", format!("there are two topics called \"{}\"", name.escape_debug()));
        return;
    }
    match terms {
        Ok(Some(terms)) => topics.push(Topic { name, terms }),
        Ok(None) => section
            .missing("words", "say what stands in posts about it: words = [\"price\", \"prix\"], or a query"),
        Err((key, reason)) => section.fault(key, reason),
    }
}
