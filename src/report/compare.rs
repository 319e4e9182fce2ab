//! Two reports held against each other: what changed, and why as far as the figures tell.

use std::collections::BTreeSet;

use super::{Deeds, Figures};
use crate::share::{Heard, MoodShares, Permille, Share};
use crate::snapshot::Unusual;
use crate::store::figures::Answering;

/// What changed from `old` to `new`, a line each, in English; empty when they say the same.
pub fn compare(old: &Figures, new: &Figures) -> Vec<String> {
    if old.hash == new.hash {
        return Vec::new();
    }
    let mut lines = Vec::new();
    let (was, is) = (old.shares.window, new.shares.window);
    if was != is {
        lines.push(format!("the window was {} to {}, it is {} to {}", was.from, was.to, is.from, is.to));
    }
    if old.vigie != new.vigie {
        lines.push(format!("Vigie {} worked out the old figures, {} the new ones", old.vigie, new.vigie));
    }
    brands(old, new, &mut lines);
    for (name, count) in &new.networks {
        let before = old.networks.iter().find(|(other, _)| other == name).map_or(0, |(_, count)| *count);
        moved(&mut lines, &format!("network {name}: mentions"), before, *count);
    }
    for (name, count) in old.networks.iter().filter(|(name, _)| !new.networks.iter().any(|(n, _)| n == name))
    {
        moved(&mut lines, &format!("network {name}: mentions"), *count, 0);
    }
    said(old, new, &mut lines);
    deeds(old, new, &mut lines);
    sources(old, new, &mut lines);
    moved(&mut lines, "gaps", old.gaps, new.gaps);
    moved(&mut lines, "accounts that may be posing as a brand", old.suspects, new.suspects);
    if lines.is_empty() {
        lines.push(
            "the figures are the same; posts that stand out, authors or the words of posts differ".to_owned(),
        );
    }
    lines
}

fn brands(old: &Figures, new: &Figures, lines: &mut Vec<String>) {
    let find = |figures: &Figures, id: &str| -> Option<Share> {
        figures.shares.brands.iter().find(|share| *share.id.0 == *id).cloned()
    };
    for share in &new.shares.brands {
        let name = &share.name;
        let Some(before) = find(old, &share.id.0) else {
            lines.push(format!(
                "{name} is new: {} mentions; the parts of all others fall by it",
                share.counts.mentions
            ));
            continue;
        };
        heard(lines, name, before.counts, share.counts);
        let versions = |figures: &Figures| {
            figures.queries.iter().find(|(id, _)| **id == *share.id.0).map(|(_, versions)| versions.clone())
        };
        if versions(old) != versions(new) && before.counts != Heard::default() {
            lines.push(format!(
                "{name}: because what is counted for it was changed, or applied to what is stored"
            ));
        }
    }
    for share in old.shares.brands.iter().filter(|share| find(new, &share.id.0).is_none()) {
        lines.push(format!("{} is no longer counted; the parts of all others rise by it", share.name));
    }
}

fn heard(lines: &mut Vec<String>, name: &str, old: Heard, new: Heard) {
    moved(lines, &format!("{name}: mentions"), old.mentions, new.mentions);
    moved(lines, &format!("{name}: authors"), old.authors, new.authors);
    moved(lines, &format!("{name}: distinct posts"), old.posts, new.posts);
}

fn sources(old: &Figures, new: &Figures, lines: &mut Vec<String>) {
    for source in &new.sources {
        match old.sources.iter().find(|other| other.name == source.name) {
            None => lines.push(format!("because the source {} was added", source.name)),
            Some(before) => {
                let name = &source.name;
                moved(lines, &format!("because the source {name} brought posts"), before.posts, source.posts);
                moved(
                    lines,
                    &format!("because the source {name} listened, hours"),
                    before.hours.1,
                    source.hours.1,
                );
            }
        }
    }
    for source in
        old.sources.iter().filter(|source| !new.sources.iter().any(|other| other.name == source.name))
    {
        lines.push(format!("because the source {} is gone", source.name));
    }
}

/// How brands are spoken of, and what rises.
fn said(old: &Figures, new: &Figures, lines: &mut Vec<String>) {
    for share in &new.shares.brands {
        let before = old.shares.brands.iter().find(|other| other.id == share.id);
        let shares = |share: &Share| share.sentiment.and_then(|moods| moods.shares);
        let Some((was, is)) = before.and_then(shares).zip(shares(share)).filter(|(was, is)| was != is) else {
            continue;
        };
        // Where the intervals do not touch, it is more than chance.
        let ends = |of: &MoodShares| {
            let part = |good: Permille, bad: Permille| i32::from(good.0) - i32::from(bad.0);
            (part(of.positive.low, of.negative.high), part(of.positive.high, of.negative.low))
        };
        let ((low, high), (low_now, high_now)) = (ends(&was), ends(&is));
        let verdict =
            if low_now > high || high_now < low { "more than chance" } else { "no detectable change" };
        let name = &share.name;
        lines.push(format!(
            "{name}: net sentiment {} before, {} now, in points: {verdict}",
            points(was.net),
            points(is.net)
        ));
    }
    for (brand, rising, own) in &new.topics {
        let Some((_, rose, owned)) = old.topics.iter().find(|(other, ..)| other == brand) else { continue };
        let named = new.shares.brands.iter().find(|share| *share.id.0 == **brand);
        let name = named.map_or(brand.as_str(), |share| share.name.as_str());
        for (what, before, now) in
            [("more than before", rose, rising), ("more than of the other brands", owned, own)]
        {
            let (come, gone) = (without(now, before), without(before, now));
            if !come.is_empty() {
                lines.push(format!("{name}: now said {what}: {}", come.join(", ")));
            }
            if !gone.is_empty() {
                lines.push(format!("{name}: no longer said {what}: {}", gone.join(", ")));
            }
        }
    }
}

/// Those of `all` that are not among `others`.
fn without<'a>(all: &'a [String], others: &[String]) -> Vec<&'a str> {
    all.iter().filter(|term| !others.contains(term)).map(String::as_str).collect()
}

/// Thousandths as points of a hundred, with their sign.
fn points(thousandths: i32) -> String {
    let sign = if thousandths < 0 { "-" } else { "+" };
    format!("{sign}{}.{}", thousandths.abs() / 10, thousandths.abs() % 10)
}

/// One figure of how accounts answer.
type Figure = fn(&Answering) -> u64;

/// How own accounts answer, and which of their posts are unusual.
fn deeds(old: &Figures, new: &Figures, lines: &mut Vec<String>) {
    // A report of before this was told says nothing of it.
    let Some((old, new)) = old.deeds.as_ref().zip(new.deeds.as_ref()) else { return };
    let none = |of: &Deeds| Deeds { answering: Vec::new(), unusual: Vec::new(), ..of.clone() };
    let gone =
        old.iter().filter(|of| !new.iter().any(|other| other.id == of.id)).map(|of| (of.clone(), none(of)));
    let there = new.iter().map(|of| {
        let before = old.iter().find(|other| other.id == of.id).cloned();
        (before.unwrap_or_else(|| none(of)), of.clone())
    });
    for (was, is) in there.chain(gone) {
        let name = &is.name;
        let networks: BTreeSet<&String> =
            was.answering.iter().chain(&is.answering).map(|of| &of.network).collect();
        for network in networks {
            let of = |deeds: &Deeds| deeds.answering.iter().find(|of| of.network == *network).cloned();
            let count = |of: &Option<Answering>, figure: Figure| of.as_ref().map_or(0, figure);
            let (before, now) = (of(&was), of(&is));
            let figures: [(&str, Figure); 3] = [
                ("posts that address its accounts", |of| of.addressed),
                ("of these answered", |of| of.answered),
                ("of these not answered within a day", |of| of.unanswered),
            ];
            for (what, figure) in figures {
                moved(
                    lines,
                    &format!("{name} on {network}: {what}"),
                    count(&before, figure),
                    count(&now, figure),
                );
            }
            let median = |of: &Option<Answering>| of.as_ref().and_then(|of| of.median_seconds);
            if let Some((before, now)) =
                median(&before).zip(median(&now)).filter(|(before, now)| before != now)
            {
                lines.push(format!(
                    "{name} on {network}: half of the answers came within {before} s before, {now} s now"
                ));
            }
        }
        let address = |unusual: &Unusual| {
            unusual.post.permalink.clone().unwrap_or_else(|| unusual.post.native_id.clone())
        };
        for (told, all, others) in [
            ("is unusual now", &is.unusual, &was.unusual),
            ("is unusual no longer", &was.unusual, &is.unusual),
        ] {
            for unusual in all {
                let known =
                    |other: &Unusual| other.what == unusual.what && address(other) == address(unusual);
                if !others.iter().any(known) {
                    let what = unusual.what.replace('_', " ");
                    lines.push(format!("{name}: a post {told} ({what}): {}", address(unusual)));
                }
            }
        }
    }
}

fn moved(lines: &mut Vec<String>, what: &str, old: u64, new: u64) {
    if old != new {
        let sign = if new > old { "+" } else { "-" };
        lines.push(format!("{what}: {old} before, {new} now ({sign}{})", new.abs_diff(old)));
    }
}
