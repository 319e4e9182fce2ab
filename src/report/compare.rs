//! Two reports held against each other: what changed, and why as far as the figures tell.

use super::Figures;
use crate::share::{Heard, Share};

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

fn moved(lines: &mut Vec<String>, what: &str, old: u64, new: u64) {
    if old != new {
        let sign = if new > old { "+" } else { "-" };
        lines.push(format!("{what}: {old} before, {new} now ({sign}{})", new.abs_diff(old)));
    }
}
