//! `vigie networks`: the honest table of what can be heard, on which terms, and what works instead where nothing can.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::Usage;
use super::output::Out;
use crate::network::{self, Can, Closed, Export, Gate, Offer, Secret, Spec, Told, Unit};
use crate::source::amount;

/// Columns of the text beside a name.
const WIDTH: usize = 84;
/// Columns of a name.
const NAME: usize = 14;

#[derive(Debug, Args)]
pub(super) struct Networks {
    /// Everything about one network
    name: Option<String>,
    /// Print JSON
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print the page of the documentation
    #[arg(long, conflicts_with = "name")]
    markdown: bool,
}

/// One line of the table.
#[derive(Debug, Serialize)]
struct Line {
    name: &'static str,
    /// Whether it can be followed.
    supported: bool,
    /// Whether following it needs a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs_key: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<&'static str>,
    /// The keys of its `[[source]]` section, beside `network`, `name` and `budget`.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secrets: Option<&'static [Secret]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<Offer>,
    /// Why it cannot be followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instead: Option<&'static str>,
}

/// The groups of the table: a heading, and which gates stand under it.
const GROUPS: &[(&str, &[Gate])] = &[
    ("Open: no key is needed", &[Gate::Open]),
    ("With a free key that anyone gets", &[Gate::Key]),
    ("With a key that costs money", &[Gate::Paid]),
    ("After a review of your app by the network", &[Gate::Review]),
    ("Only accounts of your own", &[Gate::Own]),
];

impl Networks {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let mut out = Out::standard();
        let wanted = |name: &str| self.name.as_deref().is_none_or(|only| only == name);
        let open: Vec<&Spec> = network::ALL
            .iter()
            .filter(|spec| {
                wanted(spec.name) || spec.aliases.iter().any(|alias| self.name.as_deref() == Some(alias))
            })
            .collect();
        let closed: Vec<&Closed> = network::CLOSED.iter().filter(|closed| wanted(closed.name)).collect();
        if open.is_empty() && closed.is_empty() {
            return Err(Usage(unknown(self.name.as_deref().unwrap_or_default())).into());
        }
        if self.markdown {
            out.line(markdown().trim_end())?;
        } else if self.json {
            let supported = open.iter().map(|spec| line(spec));
            let refused = closed.iter().map(|closed| refusal(closed));
            out.json(&supported.chain(refused).collect::<Vec<_>>())?;
        } else if self.name.is_some() {
            for spec in open {
                one(&mut out, spec)?;
            }
            for closed in closed {
                entry(&mut out, closed.name, &format!("cannot be heard: {}", closed.why))?;
                entry(&mut out, "instead", closed.instead)?;
            }
        } else {
            table(&mut out, &open, &closed)?;
        }
        out.done()
    }
}

/// No network is called so.
pub(super) fn unknown(name: &str) -> String {
    let names: Vec<&str> = network::ALL.iter().map(|spec| spec.name).collect();
    if let Some(closed) = network::closed(name) {
        return format!("{} cannot be heard: {}; instead: {}", closed.name, closed.why, closed.instead);
    }
    match crate::document::nearest(name, &names) {
        Some(near) => format!("no network is called `{name}`; did you mean `{near}`?"),
        None => format!("no network is called `{name}`; valid: {}", names.join(", ")),
    }
}

fn line(spec: &'static Spec) -> Line {
    Line {
        name: spec.name,
        supported: true,
        needs_key: Some(needs_key(spec)),
        about: Some(spec.about),
        keys: Some(spec.keys),
        secrets: Some(spec.secrets),
        offer: Some(spec.offer),
        why: None,
        instead: None,
    }
}

fn refusal(closed: &Closed) -> Line {
    Line {
        name: closed.name,
        supported: false,
        needs_key: None,
        about: None,
        keys: None,
        secrets: None,
        offer: None,
        why: Some(closed.why),
        instead: Some(closed.instead),
    }
}

fn needs_key(spec: &Spec) -> bool {
    spec.secrets.iter().any(|secret| secret.needed)
}

fn table(out: &mut Out, open: &[&Spec], closed: &[&Closed]) -> anyhow::Result<()> {
    for (heading, gates) in GROUPS {
        let mut members = open.iter().filter(|spec| gates.contains(&spec.offer.gate)).peekable();
        if members.peek().is_none() {
            continue;
        }
        out.line(heading)?;
        for spec in members {
            entry(out, spec.name, spec.about)?;
            if spec.offer.gate != Gate::Open {
                entry(out, "", spec.offer.cost)?;
            }
        }
        out.line("")?;
    }
    out.line("Cannot be heard: no legal way to listen")?;
    for closed in closed {
        entry(out, closed.name, closed.why)?;
        entry(out, "", &format!("instead: {}", closed.instead))?;
    }
    out.line("")?;
    out.line(
        "`vigie networks NAME` tells everything about one; each is followed by a [[source]] in vigie.toml",
    )
}

/// Everything about one network.
fn one(out: &mut Out, spec: &'static Spec) -> anyhow::Result<()> {
    entry(out, spec.name, spec.about)?;
    for (name, text) in facts(spec) {
        entry(out, name, &text)?;
    }
    Ok(())
}

/// What is to be said of a network, each with its heading.
fn facts(spec: &'static Spec) -> Vec<(&'static str, String)> {
    let offer = &spec.offer;
    let mut facts = vec![
        ("gate", gate(offer.gate).to_owned()),
        ("can", offer.can.iter().map(|can| can_do(*can)).collect::<Vec<_>>().join(", ")),
        ("looks back", offer.look_back.to_owned()),
        ("deletions", told(offer.deletes).to_owned()),
        ("edits", told(offer.edits).to_owned()),
        ("costs", offer.cost.to_owned()),
    ];
    if let Some(daily) = offer.daily {
        facts.push(("budget", format!("{} a day unless `budget` says otherwise", amount(daily, offer.unit))));
    } else if offer.unit != Unit::Requests {
        facts.push(("budget", "none unless `budget` sets one".to_owned()));
    }
    if let Some(days) = offer.keep_days {
        facts.push(("keeps", format!("text for {days} days, then it is read again or removed")));
    }
    if let Some(hours) = offer.reread_hours {
        facts.push(("reads again", format!("stored posts every {hours} hours")));
    }
    match offer.export {
        Export::Full => {}
        Export::Links => facts.push(("exports", "identifiers, links and counts; no texts".to_owned())),
        Export::Counts => facts.push(("exports", "counts only".to_owned())),
    }
    if !spec.keys.is_empty() {
        facts.push(("keys", spec.keys.join(", ")));
    }
    for secret in spec.secrets {
        let need = if secret.needed { "needed" } else { "optional" };
        let variable = format!("VIGIE_<SOURCE>_{}", secret.key.to_uppercase());
        facts.push(("secret", format!("{variable} ({need}): {}", secret.about)));
    }
    if !spec.aliases.is_empty() {
        facts.push(("also called", spec.aliases.join(", ")));
    }
    if !offer.instead.is_empty() {
        facts.push(("instead", offer.instead.to_owned()));
    }
    facts.retain(|(_, text)| !text.is_empty());
    facts
}

fn gate(gate: Gate) -> &'static str {
    match gate {
        Gate::Open => "none",
        Gate::Key => "a free key",
        Gate::Paid => "a key that costs money",
        Gate::Review => "a review of your app by the network",
        Gate::Own => "only accounts of your own",
        Gate::Closed => "closed",
    }
}

fn can_do(can: Can) -> &'static str {
    match can {
        Can::Search => "search by words",
        Can::Stream => "stream",
        Can::Tags => "follow tags",
        Can::AccountPosts => "follow known accounts or pages",
        Can::Comments => "comments",
        Can::OwnMentions => "mentions of your own account",
        Can::Counts => "count posts",
        Can::Snapshot => "look accounts up",
        Can::UserSearch => "search accounts",
        Can::Backfill => "backfill",
    }
}

fn told(how: Told) -> &'static str {
    match how {
        Told::Stream => "told by the stream",
        Told::Reread => "found by reading stored posts again",
        Told::Never => "not told",
    }
}

/// The page `docs/networks.md`.
pub(super) fn markdown() -> String {
    let mut page = String::from(
        "# Networks\n\n<!-- Made by `vigie networks --markdown`; a test keeps it current. -->\n\n\
        What Vigie can truthfully hear, on which terms, and what works instead. Figures carry their date: networks \
        change them.\n",
    );
    let mut add = |text: std::fmt::Arguments<'_>| page.push_str(&text.to_string());
    for (heading, gates) in GROUPS {
        let members: Vec<&'static Spec> =
            network::ALL.iter().filter(|spec| gates.contains(&spec.offer.gate)).collect();
        if members.is_empty() {
            continue;
        }
        add(format_args!("\n## {heading}\n"));
        for spec in members {
            add(format_args!("\n### {}\n\n{}.\n\n", spec.name, capital(spec.about)));
            for (name, text) in facts(spec) {
                add(format_args!("- **{name}**: {}\n", text.replace('<', "&lt;")));
            }
        }
    }
    add(format_args!("\n## Cannot be heard\n\n"));
    for closed in network::CLOSED {
        add(format_args!("- **{}**: {}. Instead: {}.\n", closed.name, closed.why, closed.instead));
    }
    page
}

fn capital(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

fn entry(out: &mut Out, name: &str, text: &str) -> anyhow::Result<()> {
    let mut name = name;
    for line in textwrap::wrap(text, textwrap::Options::new(WIDTH).break_words(false)) {
        out.line(&format!("  {name:<NAME$} {line}"))?;
        name = "";
    }
    Ok(())
}
