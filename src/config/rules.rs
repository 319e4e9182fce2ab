//! Rules as people write them: `[[rule]]` tables of `vigie.toml` or of files of their own, and presets.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::NamedBrand;
use super::parts::{choice, duration, filled, known_network, mailbox, mailboxes, times, zone};
use crate::alert::preset::Preset;
use crate::alert::{On, Rule, Side, Terms};
use crate::document::{self, Fault, Faults, Reader, Section};
use crate::impostor::Level;
use crate::keyword::BrandId;
use crate::mail::{Form, Language, Look, look};
use crate::notice::{Channel, Manners, Person};
use crate::schedule::{Every, Quiet, Schedule};
use crate::sentiment::Sentiment;
use crate::share::Permille;

/// Rules that were read, with where they name brands.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    /// The rules, in the order in which they stand.
    pub(super) rules: Vec<Rule>,
    /// Brands that they name.
    pub(super) named: Vec<NamedBrand>,
}

impl Rules {
    /// Adds the `[[rule]]` tables of one document.
    pub(super) fn read(&mut self, file: &Path, top: &Section<'_, '_>, wait: Duration, every: Duration) {
        for section in &top.sections("rule") {
            let Some(rule) = rule(section, wait, every) else { continue };
            if self.rules.iter().any(|other| other.name == rule.name) {
                let reason = format!("another rule is called \"{}\" already; names must differ", rule.name);
                section.fault("name", reason);
                continue;
            }
            let line = section.line("brands");
            self.named.extend(rule.brands.iter().map(|brand| NamedBrand {
                brand: brand.clone(),
                file: file.to_owned(),
                line,
            }));
            self.rules.push(rule);
        }
    }

    /// Adds the rules of every `*.toml` of a folder, in the order of their names; a folder that is not there has none.
    pub(super) fn read_folder(&mut self, folder: &Path, wait: Duration, every: Duration) -> Vec<Fault> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "toml"))
            .filter(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')))
            .collect();
        files.sort();
        let mut faults = Vec::new();
        for file in files {
            match document::read_text(&file) {
                Ok(text) => {
                    let reader = Reader::new(&file, &text);
                    let table = reader.parse();
                    let top = Section::whole(&reader, &table);
                    self.read(&file, &top, wait, every);
                    if table.get("rule").is_none() {
                        top.missing("rule", "a file of rules holds [[rule]] tables");
                    }
                    top.finish(&[], "");
                    faults.extend(reader.into_faults());
                }
                Err(Faults(more)) => faults.extend(more),
            }
        }
        faults
    }

    /// The rules of a preset, where no rule of the same name was written down.
    pub(super) fn fill(&mut self, preset: Preset, wait: Duration, every: Duration) {
        let mut rules = preset.rules(wait, every);
        rules.retain(|rule| self.rules.iter().all(|own| own.name != rule.name));
        rules.append(&mut self.rules);
        self.rules = rules;
    }
}

/// How recipients are treated, in `[alerts]`.
pub(super) fn manners(section: &Section<'_, '_>, manners: &mut Manners) {
    manners.quiet = quiet(section).or(manners.quiet);
    manners.cap = cap(section).or(manners.cap);
    let often = [("day", Every::Day), ("week", Every::Week), ("month", Every::Month)];
    manners.still_on_watch = choice(section, "still_on_watch", &often)
        .map(|every| Schedule { every, ..Schedule::default() })
        .or(manners.still_on_watch);
    if let Some(useful) = duration(section, "useful") {
        if useful.is_zero() {
            section.fault(
                "useful",
                "must be longer than nothing: for how long an alert is news, such as \"12h\"",
            );
        }
        manners.useful = useful;
    }
}

fn quiet(section: &Section<'_, '_>) -> Option<Quiet> {
    let text = section.text("quiet")?;
    let quiet = Quiet::parse(&text);
    if quiet.is_none() {
        let shown = text.escape_debug();
        section.fault("quiet", format!("\"{shown}\" are no hours; write them such as \"22:00-07:00\""));
    }
    quiet
}

fn cap(section: &Section<'_, '_>) -> Option<u32> {
    section.number("cap", 1..=10_000).and_then(|cap| u32::try_from(cap).ok())
}

/// What one recipient wants otherwise: a `[[recipient]]` table.
pub(super) fn person(
    section: &Section<'_, '_>,
    file: &Path,
    usual: Schedule,
    (manners, named): (&mut Manners, &mut Vec<NamedBrand>),
) {
    let address = section.text("address").and_then(|text| mailbox(section, "address", &text));
    if section.value("address").is_none() {
        section.missing("address", "whose wishes are these? Write address = \"ana@acme.example\"");
    }
    let language = choice(section, "language", &[("fr", Language::Fr), ("en", Language::En)]);
    let zone = section.text("zone").and_then(|name| zone(section, &name));
    let brands: Vec<BrandId> =
        section.texts("brands").into_iter().map(|brand| BrandId(brand.into())).collect();
    let (quiet, cap) = (quiet(section), cap(section));
    let mut schedule = usual;
    times(section, "digest", &mut schedule);
    let look = look(section, file);
    let own = ["digest", "on", "at", "empty"].iter().any(|key| section.value(key).is_some());
    section.finish(&[], "");
    let line = section.line("brands");
    named.extend(brands.iter().map(|brand| NamedBrand { brand: brand.clone(), file: file.to_owned(), line }));
    let Some(address) = address else { return };
    if manners.people.iter().any(|other| other.address.email == address.email) {
        section.fault("address", format!("{} has wishes already; write one [[recipient]]", address.email));
        return;
    }
    manners.people.push(Person {
        address,
        language,
        zone,
        quiet,
        cap,
        brands,
        schedule: own.then_some(schedule),
        look,
    });
}

/// How the mails of one recipient look: a name, a logo, a colour.
fn look(section: &Section<'_, '_>, file: &Path) -> Look {
    let (folder, there) = (file.parent().unwrap_or(Path::new("")), file.is_file());
    let name = filled(section, "name");
    let colour = filled(section, "colour").and_then(|text| match look::readable(text.trim()) {
        Ok(colour) => Some(colour),
        Err(why) => {
            section.fault("colour", why);
            None
        }
    });
    // What the text says of files is looked at when it stands in a file itself.
    let logo = filled(section, "logo").filter(|_| there).and_then(|named| {
        let path = folder.join(&named);
        let large = std::fs::metadata(&path).is_ok_and(|file| file.len() > MOST);
        let read = if large {
            Err(format!("has more than {MOST} bytes: save it smaller, it travels in every mail"))
        } else {
            std::fs::read(&path).map_err(|error| format!("cannot be read: {error}")).and_then(look::Logo::new)
        };
        read.map_err(|why| section.fault("logo", format!("{} {why}", path.display()))).ok()
    });
    Look { name, logo, colour }
}

/// A larger file is no logo for a mail, and is not read.
const MOST: u64 = 10 << 20;

/// A chat or a program that is told too: a `[[channel]]` table. Its address is a secret.
pub(super) fn channel(section: &Section<'_, '_>, manners: &mut Manners) {
    let form = choice(section, "kind", Form::ALL);
    if form.is_none() && section.value("kind").is_none() {
        let words: Vec<&str> = Form::ALL.iter().map(|(word, _)| *word).collect();
        section.missing("kind", &format!("one of {}", words.join(", ")));
    }
    let name = filled(section, "name").or_else(|| form.map(|form| form.word().to_owned()));
    let rules = section.texts("rules");
    let language = choice(section, "language", &[("fr", Language::Fr), ("en", Language::En)]);
    let there = section.rest(&[]);
    let secret: Vec<&str> = ["url", "key"].into_iter().filter(|key| there.contains_key(*key)).collect();
    for key in &secret {
        let variable = document::variable(name.as_deref().unwrap_or_default(), key);
        section.fault(
            key,
            format!("whoever knows it can write there: it never stands in this file, set {variable}"),
        );
    }
    section.finish(&secret, name.as_deref().unwrap_or_default());
    let (Some(form), Some(name)) = (form, name) else { return };
    if manners.channels.iter().any(|other| other.name == name) {
        section.fault("name", format!("another channel is called \"{name}\" already; names must differ"));
        return;
    }
    manners.channels.push(Channel { name, form, rules, language });
}

/// The keys that only some kinds of rule understand, with those kinds.
fn understands(on: On, key: &str) -> bool {
    match key {
        "query" | "words" | "languages" | "sentiments" | "followers" => on.is_of_mentions(),
        "level" => on.is_of_impostors(),
        "points" => matches!(on, On::Surge | On::Sentiment),
        "after" => on == On::Silence,
        "brands" | "of" => on != On::SourceDegraded,
        "networks" => !matches!(on, On::PrecisionFallen | On::Surge),
        _ => true,
    }
}

fn moods(section: &Section<'_, '_>) -> Vec<Sentiment> {
    let known = Sentiment::ALL.map(Sentiment::word).join(", ");
    let words = section.texts("sentiments");
    let moods: Vec<Sentiment> = words.iter().filter_map(|word| Sentiment::of(word)).collect();
    if let Some(wrong) = words.iter().find(|word| Sentiment::of(word).is_none()) {
        section.fault("sentiments", format!("\"{}\" is not one of {known}", wrong.escape_debug()));
    }
    moods
}

fn rule(section: &Section<'_, '_>, wait: Duration, every: Duration) -> Option<Rule> {
    let words: Vec<(&'static str, On)> = On::ALL.iter().map(|on| (on.word(), *on)).collect();
    let on = choice(section, "on", &words);
    if on.is_none() && section.value("on").is_none() {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        section.missing("on", &format!("one of {}", words.join(", ")));
    }
    let name = filled(section, "name").or_else(|| on.map(|on| on.word().to_owned()));
    let brands = section.texts("brands").into_iter().map(|brand| BrandId(brand.into())).collect();
    let of = choice(section, "of", &[("ours", Side::Ours), ("competitors", Side::Competitors)]);
    let networks = section.texts("networks");
    for name in &networks {
        known_network(section, name);
    }
    let languages = section.texts("languages");
    for language in &languages {
        if !(2..=8).contains(&language.len())
            || !language.chars().all(|c| c.is_ascii_alphabetic() || c == '-')
        {
            let shown = language.escape_debug();
            section
                .fault("languages", format!("\"{shown}\" is no code of a language; write \"fr\" or \"en\""));
        }
    }
    let moods = moods(section);
    let followers =
        section.number("followers", 0..=10_000_000_000).and_then(|count| u64::try_from(count).ok());
    let level = choice(
        section,
        "level",
        &[("alert", Level::Alert), ("review", Level::Review), ("watch", Level::Watch)],
    );
    let points = section.number("points", 1..=100).and_then(|points| u16::try_from(points * 10).ok());
    let after = duration(section, "after");
    let terms = match Terms::new(section.texts("words"), filled(section, "query")) {
        Ok(terms) => terms,
        Err((key, reason)) => {
            section.fault(key, reason);
            None
        }
    };
    let critical = section.flag("critical");
    let cool_down = duration(section, "cool_down");
    let wait = duration(section, "wait").unwrap_or(wait);
    let every = duration(section, "every").unwrap_or(every);
    let to = mailboxes(section, "to");
    section.finish(&[], "");
    let usual = Rule::new(on?, wait, every);
    for key in [
        "query",
        "words",
        "languages",
        "sentiments",
        "followers",
        "level",
        "points",
        "after",
        "brands",
        "of",
        "networks",
    ] {
        if section.value(key).is_some() && !understands(usual.on, key) {
            let kinds: Vec<&str> =
                On::ALL.iter().filter(|on| understands(**on, key)).map(|on| on.word()).collect();
            section.fault(
                key,
                format!("says nothing to a rule on {}; it belongs to {}", usual.on.word(), kinds.join(", ")),
            );
        }
    }
    Some(Rule {
        name: name?,
        brands,
        of,
        networks,
        languages,
        moods,
        terms: terms.or_else(|| usual.terms.clone()),
        followers: followers.unwrap_or(usual.followers),
        level: level.unwrap_or(usual.level),
        points: points.map_or(usual.points, Permille),
        after,
        critical: critical.unwrap_or(usual.critical),
        cool_down: cool_down.unwrap_or(usual.cool_down),
        to,
        ..usual
    })
}
