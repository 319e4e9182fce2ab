//! The summary of a report: sentences that rules make of the figures. Nothing is said that no figure says.

use jiff::tz::TimeZone;

use super::{Report, days, deeds};
use crate::mail::Language;
use crate::mail::clean::short;
use crate::mail::words::local;
use crate::share::{Permille, Share};

/// Characters of a name.
const NAME: usize = 60;

/// The sentences, the weightiest first.
pub(super) fn sentences(report: &Report, language: Language, zone: &TimeZone) -> Vec<String> {
    let shares = &report.digest.shares;
    if report.unheard() {
        let said = language.say(
            "Nothing was listened to in this period, so nothing can be said of it.",
            "Rien n’a été écouté pendant cette période\u{a0}: on ne peut rien en dire.",
        );
        return vec![said.to_owned()];
    }
    if shares.totals.mentions == 0 {
        let length = days::length(&report.days, language);
        return vec![language.say(
            format!("Nothing was said of these brands in {length}, as far as was heard."),
            format!("Rien n’a été dit de ces marques en {length}, pour ce qui a été entendu."),
        )];
    }
    let mut said = Vec::new();
    said.extend(shares.brands.first().map(|first| standing(report, first, language)));
    said.extend(changes(report, language));
    said.extend(peak(report, language, zone));
    said.extend(network(report, language));
    said.extend(deeds::sentences(report, language));
    said.extend(suspects(report, language));
    said.push(coverage(report, language));
    said
}

/// How much is said of the first brand, and what place that gives it.
fn standing(report: &Report, first: &Share, language: Language) -> String {
    let shares = &report.digest.shares;
    let name = short(&first.name, NAME);
    let (part, all) = (language.number(first.counts.mentions), language.mentions(shares.totals.mentions));
    let more = |other: &&Share| match (first.by_stories, other.by_stories) {
        (Some(part), Some(beside)) => beside.permille > part.permille,
        _ => other.counts.mentions > first.counts.mentions,
    };
    // A place is told where no other brand may have it: its interval meets none.
    let meets = |other: &Share| match (first.by_stories, other.by_stories) {
        (Some(one), Some(other)) => one.low <= other.high && other.low <= one.high,
        _ => true,
    };
    let open = shares.brands.iter().filter(|other| other.id != first.id).any(meets);
    let place = 1 + shares.brands.iter().filter(more).count();
    let brands = shares.brands.len();
    let rank = match place {
        _ if brands < 2 || open => String::new(),
        1 => language.say(
            format!(", more than any of the {brands} brands"),
            format!(", plus qu’aucune autre des {brands} marques"),
        ),
        place => language.say(
            format!(", number {place} of {brands} brands"),
            format!(", la {place}e de {brands} marques"),
        ),
    };
    match first.by_stories.filter(|_| shares.enough()) {
        Some(share) => {
            let [share, low, high] =
                [share.permille, share.low, share.high].map(|part| language.percent(part));
            let part = language.number(first.counts.stories);
            let all = shares.brands.iter().map(|share| share.counts.stories).sum();
            let all = language.count(all, ["story", "stories"], ["histoire", "histoires"]);
            language.say(
                format!("{name} has {share} ({low} to {high}) of all stories{rank}: {part} of {all}."),
                format!(
                    "{name} réunit {share} ({low} à {high}) des histoires{rank}\u{a0}: {part} sur {all}."
                ),
            )
        }
        None => language.say(
            format!("{name} has {part} of {all}{rank}; that is too little for percentages."),
            format!("{name} a {part} sur {all}{rank}\u{a0}; c’est trop peu pour des pourcentages."),
        ),
    }
}

/// Which shares have changed by more than chance.
fn changes(report: &Report, language: Language) -> Vec<String> {
    let shares = &report.digest.shares;
    if shares.previous.is_none() {
        return vec![
            language
                .say(
                    "Nobody listened in the period before, so nothing is said of changes.",
                    "Personne n’écoutait pendant la période précédente\u{a0}: rien n’est dit des évolutions.",
                )
                .to_owned(),
        ];
    }
    if !shares.enough() {
        return Vec::new();
    }
    let moved: Vec<String> = shares
        .brands
        .iter()
        .filter(|share| !share.query_changed)
        .filter_map(|share| {
            let change = share.change.filter(|change| change.detectable)?;
            let points = language.points(change.by_stories?);
            Some(format!("{} {points}", short(&share.name, NAME)))
        })
        .collect();
    let mut said = vec![if moved.is_empty() {
        language
            .say(
                "No share has changed by more than chance since the period before.",
                "Aucune part n’a changé plus que par hasard depuis la période précédente.",
            )
            .to_owned()
    } else {
        let list = language.list(&moved);
        language.say(
            format!("Changed by more than chance since the period before: {list}."),
            format!("Ont changé plus que par hasard depuis la période précédente\u{a0}: {list}."),
        )
    }];
    let broken: Vec<String> = shares
        .brands
        .iter()
        .filter(|share| share.query_changed)
        .map(|share| short(&share.name, NAME))
        .collect();
    if !broken.is_empty() {
        let list = language.list(&broken);
        said.push(language.say(
            format!("What is counted for {list} was changed in between, so these are not compared."),
            format!("Ce qui est compté pour {list} a été modifié entre-temps\u{a0}: la comparaison n’est pas faite."),
        ));
    }
    said
}

/// The day on which most was said, where one stands out.
fn peak(report: &Report, language: Language, zone: &TimeZone) -> Option<String> {
    let days = &report.days;
    let all: u64 = days.iter().map(|day| day.mentions).sum();
    let day = days.iter().max_by_key(|day| day.mentions)?;
    let count = u64::try_from(days.len()).ok()?;
    // A day with less than twice its part is a day like others.
    if count < 3 || day.mentions.saturating_mul(count) < all.saturating_mul(2) {
        return None;
    }
    let date = language.day(&local(day.from, zone));
    let date = if day.part { format!("{date} ({})", language.say("in part", "en partie")) } else { date };
    let (mentions, part) = (language.mentions(day.mentions), percent(day.mentions, all, language)?);
    Some(language.say(
        format!("Most was said on {date}: {mentions}, {part} of the period."),
        format!("Le jour le plus chargé est le {date}\u{a0}: {mentions}, {part} de la période."),
    ))
}

/// Where most was said.
fn network(report: &Report, language: Language) -> Option<String> {
    let networks = &report.digest.networks;
    let first = networks.first().filter(|_| networks.len() > 1)?;
    let all: u64 = networks.iter().map(|slice| slice.mentions).sum();
    let (name, part) = (language.network(&first.name), percent(first.mentions, all, language)?);
    let (mentions, several) = (language.mentions(first.mentions), networks.len());
    Some(language.say(
        format!("Of {several} networks, {name} brought most: {mentions}, {part}."),
        format!("Sur {several} réseaux, {name} en apporte le plus\u{a0}: {mentions}, {part}."),
    ))
}

fn suspects(report: &Report, language: Language) -> Option<String> {
    let count = report.figures.suspects;
    (count > 0).then(|| {
        let english = language.count(count, ["account", "accounts"], ["", ""]);
        let french = language.count(
            count,
            ["", ""],
            ["compte se fait peut-être passer", "comptes se font peut-être passer"],
        );
        language.say(
            format!("{english} may be posing as one of the brands."),
            format!("{french} pour une des marques."),
        )
    })
}

/// How much of what was due was heard.
fn coverage(report: &Report, language: Language) -> String {
    let (due, done) = report
        .figures
        .sources
        .iter()
        .fold((0_u64, 0_u64), |(due, done), source| (due + source.hours.0, done + source.hours.1));
    let gaps = report.figures.gaps;
    let missed = if gaps == 0 {
        language.say("no gap is known", "aucune lacune n’est connue").to_owned()
    } else {
        let gaps = language.count(gaps, ["gap", "gaps"], ["lacune", "lacunes"]);
        language.say(
            format!("{gaps} remain, so the figures may be low"),
            format!("il reste {gaps}\u{a0}: les chiffres sont peut-être trop bas"),
        )
    };
    match percent(done, due, language) {
        Some(part) => language.say(
            format!("The sources listened in {part} of the hours in which they were due; {missed}."),
            format!("Les sources ont écouté pendant {part} des heures prévues\u{a0}; {missed}."),
        ),
        None => language.say(
            format!("What was heard was brought in as a whole; {missed}."),
            format!("Ce qui a été entendu a été apporté en bloc\u{a0}; {missed}."),
        ),
    }
}

/// A part of all, in percent; nothing of nothing.
fn percent(part: u64, all: u64, language: Language) -> Option<String> {
    let permille = part.saturating_mul(1000).saturating_add(all / 2).checked_div(all)?;
    Some(language.percent(Permille(u16::try_from(permille).ok()?)))
}
