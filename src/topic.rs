//! What rises in what is said: words, pairs of words and hashtags that stand in more stories than before, or than with
//! others, by more than chance. Knows texts; knows nothing of stores, brands or clocks.
//!
//! The measure is the log-likelihood ratio (Dunning, 1993) over distinct stories, so that copies do not make a topic; a
//! term must also come from several authors. Small words of French and English are passed over.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::fold::fold;
use crate::language::is_small_word;

/// Stories, and authors, that a term must have: one person with a habit makes no topic.
const LEAST: u64 = 3;
/// Stories that must be there, now and to compare with, before anything is said.
const STORIES: u64 = 10;
/// The ratio beyond which chance is one in ten thousand: many terms are tried at once.
const RATIO: f64 = 15.13;
/// By how much a term must have become more frequent.
const TIMES: f64 = 1.5;
/// Letters of a word, at least and at most.
const LETTERS: std::ops::RangeInclusive<usize> = 3..=40;
/// Words read of one post.
const WORDS: usize = 400;
/// Example posts kept of a term.
const EXAMPLES: usize = 3;
/// Two terms that share a word and so much of their stories are one topic.
const SAME: f64 = 0.6;

/// A word, two words side by side, or a hashtag.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// Folded; hashtags begin with `#`.
    key: String,
    /// As written, in small letters.
    shown: String,
}

/// The terms of a text, each once, but for small words and those that are `unsaid`: what everybody says here, folded.
pub fn terms(text: &str, hashtags: &[String], unsaid: &HashSet<String>) -> Vec<Term> {
    let mut found = Found { unsaid, seen: HashSet::new(), terms: Vec::new() };
    let mut before: Option<(String, String)> = None;
    let mut read = 0;
    for piece in text.split_whitespace() {
        let start = piece.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '#' && c != '@');
        if start.starts_with('@') || piece.contains("://") || start.starts_with("www.") {
            before = None;
            continue;
        }
        if let Some(tag) = start.strip_prefix('#') {
            let tag: String = tag.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.tag(&tag);
            before = None;
            continue;
        }
        for part in piece.split(|c: char| !c.is_alphanumeric()) {
            // A sign between two words parts them; the end of a piece alone does not.
            if part.is_empty() {
                before = None;
                continue;
            }
            read += 1;
            if read > WORDS {
                return found.terms;
            }
            before = found.word(part, before.take());
        }
    }
    for tag in hashtags {
        found.tag(tag.trim_start_matches('#'));
    }
    found.terms
}

struct Found<'a> {
    unsaid: &'a HashSet<String>,
    seen: HashSet<String>,
    terms: Vec<Term>,
}

impl Found<'_> {
    fn keep(&mut self, key: String, shown: String) {
        if self.seen.insert(key.clone()) {
            self.terms.push(Term { key, shown });
        }
    }

    fn tag(&mut self, tag: &str) {
        let shown = tag.to_lowercase();
        let key = folded(&shown);
        if LETTERS.contains(&key.chars().count()) && !self.unsaid.contains(&key) {
            self.keep(format!("#{key}"), format!("#{shown}"));
        }
    }

    /// Takes in a word after `before`; gives it back where it may begin a pair.
    fn word(&mut self, part: &str, before: Option<(String, String)>) -> Option<(String, String)> {
        let shown = part.to_lowercase();
        let key = folded(&shown);
        let small = !LETTERS.contains(&key.chars().count())
            || key.bytes().all(|byte| byte.is_ascii_digit())
            || is_small_word(&key)
            || self.unsaid.contains(&key);
        if small {
            return None;
        }
        if let Some((first, as_written)) = before {
            self.keep(format!("{first} {key}"), format!("{as_written} {shown}"));
        }
        self.keep(key.clone(), shown.clone());
        Some((key, shown))
    }
}

fn folded(word: &str) -> String {
    if word.is_ascii() { word.to_owned() } else { fold(word) }
}

/// In how many stories each term stands.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Stories counted.
    pub stories: u64,
    terms: HashMap<String, Counted>,
}

#[derive(Debug, Clone, Default)]
struct Counted {
    shown: String,
    stories: u64,
    /// Distinct ones, as far as they are needed.
    authors: HashSet<i64>,
    /// Reactions and number, the most reactions first.
    posts: Vec<(i64, i64)>,
}

impl Tally {
    /// Counts one story: its terms, a number for its author, and its post with its reactions.
    pub fn add(&mut self, terms: Vec<Term>, author: i64, post: (i64, i64)) {
        self.stories += 1;
        for term in terms {
            let counted = self.terms.entry(term.key).or_default();
            if counted.stories == 0 {
                counted.shown = term.shown;
            }
            counted.stories += 1;
            if counted.authors.len() < 1000 {
                counted.authors.insert(author);
            }
            let place = counted.posts.partition_point(|known| *known > post);
            if place < EXAMPLES {
                counted.posts.insert(place, post);
                counted.posts.truncate(EXAMPLES);
            }
        }
    }
}

/// What terms are held against.
pub trait Past {
    /// Stories counted.
    fn stories(&self) -> u64;
    /// In how many of them a term stands.
    fn of(&self, key: &str) -> u64;
}

impl Past for Tally {
    fn stories(&self) -> u64 {
        self.stories
    }

    fn of(&self, key: &str) -> u64 {
        self.terms.get(key).map_or(0, |counted| counted.stories)
    }
}

/// In how many stories of several tallies together each term stands.
#[derive(Debug)]
pub struct Counts<'t> {
    /// Stories counted.
    pub stories: u64,
    terms: HashMap<&'t str, u64>,
}

impl<'t> Counts<'t> {
    /// The sum of these.
    pub fn of(tallies: &'t [Tally]) -> Counts<'t> {
        let mut all = Counts { stories: 0, terms: HashMap::new() };
        for tally in tallies {
            all.stories += tally.stories;
            for (key, counted) in &tally.terms {
                *all.terms.entry(key).or_default() += counted.stories;
            }
        }
        all
    }

    /// The sum of all but one of them.
    pub fn but(&self, one: &'t Tally) -> impl Past {
        But { all: self, one }
    }
}

struct But<'c, 't> {
    all: &'c Counts<'t>,
    one: &'c Tally,
}

impl Past for But<'_, '_> {
    fn stories(&self) -> u64 {
        self.all.stories.saturating_sub(self.one.stories)
    }

    fn of(&self, key: &str) -> u64 {
        let all = self.all.terms.get(key).copied().unwrap_or_default();
        all.saturating_sub(Past::of(self.one, key))
    }
}

/// A term that rises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rising {
    /// As written, in small letters; hashtags with their sign.
    pub term: String,
    /// Stories in which it stands.
    pub stories: u64,
    /// Of so many.
    pub of: u64,
    /// Their distinct authors, up to a thousand.
    pub authors: u64,
    /// Stories compared with, in which it stands.
    pub before: u64,
    /// Of so many.
    pub before_of: u64,
    /// The log-likelihood ratio, in tenths: the larger, the less it is chance.
    pub score: u32,
    /// Posts in which it stands, those with the most reactions.
    pub posts: Vec<i64>,
}

/// Terms that stand in more stories `now` than in those compared with, by more than chance: the surest first, one of each
/// topic. Nothing where there is too little on either side.
pub fn rising(now: &Tally, before: &impl Past, most: usize) -> Vec<Rising> {
    let before_of = before.stories();
    if now.stories < STORIES || before_of < STORIES {
        return Vec::new();
    }
    let mut found: Vec<(f64, &String, &Counted, u64)> = Vec::new();
    for (key, counted) in &now.terms {
        let authors = u64::try_from(counted.authors.len()).unwrap_or(u64::MAX);
        if counted.stories < LEAST || authors < LEAST {
            continue;
        }
        let then = before.of(key);
        let (part, was) =
            (wide(counted.stories) / wide(now.stories), (wide(then) + 0.5) / (wide(before_of) + 1.0));
        let ratio = ratio((counted.stories, now.stories), (then, before_of));
        if part >= TIMES * was && ratio >= RATIO {
            found.push((ratio, key, counted, then));
        }
    }
    // Of equals a pair says more than one of its words.
    found.sort_by(|a, b| {
        b.0.total_cmp(&a.0).then_with(|| b.1.contains(' ').cmp(&a.1.contains(' '))).then_with(|| a.1.cmp(b.1))
    });
    let mut kept: Vec<(&String, &Counted)> = Vec::new();
    let mut rising = Vec::new();
    for (ratio, key, counted, then) in found {
        if rising.len() >= most {
            break;
        }
        if kept.iter().any(|other| same((key, counted), *other)) {
            continue;
        }
        kept.push((key, counted));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
        let score = (ratio * 10.0).round() as u32;
        rising.push(Rising {
            term: counted.shown.clone(),
            stories: counted.stories,
            of: now.stories,
            authors: u64::try_from(counted.authors.len()).unwrap_or(u64::MAX),
            before: then,
            before_of,
            score,
            posts: counted.posts.iter().map(|(_, post)| *post).collect(),
        });
    }
    rising
}

/// Whether two terms are one topic: they stand in about as many stories, and share a word or their loudest posts.
fn same((one, counted): (&str, &Counted), (other, known): (&String, &Counted)) -> bool {
    let (stories, others) = (counted.stories, known.stories);
    if wide(stories.min(others)) < SAME * wide(stories.max(others)) {
        return false;
    }
    let (one, other) = (one.trim_start_matches('#'), other.trim_start_matches('#'));
    counted.posts == known.posts || one.split(' ').any(|word| other.split(' ').any(|known| known == word))
}

/// Dunning's ratio for a term in `a` of `n` stories here and `b` of `m` there.
fn ratio((a, n): (u64, u64), (b, m): (u64, u64)) -> f64 {
    let all = (wide(a) + wide(b)) / (wide(n) + wide(m));
    let cell = |seen: f64, expected: f64| if seen > 0.0 { seen * (seen / expected).ln() } else { 0.0 };
    let side = |with: f64, of: f64| cell(with, of * all) + cell(of - with, of * (1.0 - all));
    2.0 * (side(wide(a), wide(n)) + side(wide(b), wide(m)))
}

fn wide(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let unsaid = HashSet::from(["molivelle".to_owned()]);
        terms(text, &["Rentrée".to_owned()], &unsaid).into_iter().map(|term| term.shown).collect()
    }

    #[test]
    fn terms_are_words_pairs_and_hashtags_without_small_words() {
        assert_eq!(
            shown("La panne générale de Molivelle à Lyon, @ana https://a.example/panne #SAV!"),
            ["panne", "panne générale", "générale", "lyon", "#sav", "#rentrée"]
        );
        assert_eq!(shown("l'appli l’appli 2026 the app is broken"), ["appli", "app", "broken", "#rentrée"]);
        assert_eq!(shown("Panne. Réseau"), ["panne", "réseau", "#rentrée"], "a full stop parts");
    }

    #[test]
    fn the_ratio_is_that_of_the_books() {
        // 110 with and 2442 without, against 111 and 29114: Dunning (1993), table 1
        let found = ratio((110, 2552), (111, 29_225));
        assert!((found - 270.72).abs() < 0.5, "{found}");
        assert!(ratio((10, 100), (100, 1000)).abs() < 1e-9);
    }

    fn tally(texts: &[(&str, i64)], times: usize) -> Tally {
        let mut tally = Tally::default();
        for round in 0..times {
            for (text, author) in texts {
                let number = i64::try_from(round).unwrap();
                tally.add(terms(text, &[], &HashSet::new()), author * 1000 + number, (number, number));
            }
        }
        tally
    }

    #[test]
    fn what_rises_is_told_once_and_one_author_makes_no_topic() {
        let before = tally(&[("la livraison est rapide", 1), ("le service client répond", 2)], 30);
        let mut now = tally(&[("la livraison est rapide", 1)], 20);
        for number in 0..12 {
            now.add(
                terms("grosse panne réseau depuis ce matin", &[], &HashSet::new()),
                number,
                (number, 100 + number),
            );
            now.add(terms("flopissime encore", &[], &HashSet::new()), 7, (0, 0));
        }
        let found = rising(&now, &before, 5);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].term, "grosse panne");
        assert!(found.iter().all(|rising| !rising.term.contains("flopissime")));
        assert_eq!((found[0].stories, found[0].before, found[0].authors), (12, 0, 12));
        assert_eq!(found[0].posts, [111, 110, 109]);
        assert_eq!(rising(&before, &before, 5), []);
        assert_eq!(rising(&now, &Tally::default(), 5), [], "without a past nothing rises");
    }
}
