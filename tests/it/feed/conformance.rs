//! Feeds of other readers' test sets, with what those readers expect. Runs where `VIGIE_CORPUS` points.

mod feedparser;
mod others;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vigie::time::Time;

/// The folder of recorded feeds, or nothing, with a word about it.
fn recorded(set: &str) -> Option<PathBuf> {
    let corpus = std::env::var_os("VIGIE_CORPUS");
    if corpus.is_none() {
        println!("VIGIE_CORPUS is not set: the feeds of {set} are left out");
    }
    Some(Path::new(&corpus?).join("recorded/feeds").join(set))
}

/// Words without layout.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether our words are the expected ones, which may be markup: its tags are removed once, ours never.
fn same(ours: Option<&str>, expected: &str) -> bool {
    let ours = squeezed(ours.unwrap_or_default());
    ours == squeezed(&vigie::html::to_text(expected)) || ours == squeezed(expected)
}

/// `[2003, 12, 31, 10, 14, 55, ...]` or text, against a time.
fn same_time(ours: Option<Time>, expected: &Value) -> bool {
    let Some(ours) = ours else { return expected.is_null() };
    if let Some(text) = expected.as_str() {
        let parsed = Time::parse(text).or_else(|| {
            let mail = jiff::fmt::rfc2822::parse(text).ok()?;
            Some(Time(mail.timestamp().as_millisecond()))
        });
        return parsed.is_none_or(|parsed| parsed == ours);
    }
    let part = |at: usize| expected[at].as_i64().unwrap_or(0);
    let [year, month, day, hour, minute, second] = [0, 1, 2, 3, 4, 5].map(part);
    ours.to_string().starts_with(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

/// How many checks of a set held, folder by folder, and which were left out for which reason.
#[derive(Default)]
struct Score {
    folders: BTreeMap<String, (usize, usize)>,
    left_out: BTreeMap<String, usize>,
    misses: String,
}

impl Score {
    fn count(&mut self, folder: &str, good: bool, miss: impl FnOnce() -> String) {
        let (held, all) = self.folders.entry(folder.to_owned()).or_default();
        *all += 1;
        *held += usize::from(good);
        if !good {
            writeln!(self.misses, "{}", miss()).expect("a string takes all");
        }
    }

    fn leave_out(&mut self, reason: &str) {
        *self.left_out.entry(reason.to_owned()).or_default() += 1;
    }

    /// Prints the shares and the misses, and gives the whole in permille.
    fn close(&self, set: &str) -> usize {
        for (folder, (held, all)) in &self.folders {
            println!("{set:<10} {folder:<28} {held:>4} of {all:>4}");
        }
        let (held, all) = self.folders.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let permille = held * 1000 / all.max(1);
        println!("{set:<10} in all {held} of {all}, {permille} permille");
        for (reason, count) in &self.left_out {
            println!("{set:<10} left out {count:>4}: {reason}");
        }
        for miss in self.misses.lines() {
            println!("{set:<10} missed: {miss:.400}");
        }
        permille
    }
}

/// All files of a folder and its folders.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is readable").flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}
