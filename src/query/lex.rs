//! The words and signs of a query, each with its place.

use std::ops::Range;

use super::condition::{Condition, FIELDS};
use super::fault::Fault;
use super::{Leaf, WIDEST, wild};
use crate::find::Needle;
use crate::fold;

/// What one piece of a query is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    And,
    Or,
    /// `NOT`, or a dash before a term.
    Not,
    Near {
        within: u32,
        ordered: bool,
    },
    Term(Leaf),
    /// `"a b c"~n`: the words, and how many others may stand between.
    Loose(Vec<Leaf>, u32),
    /// Something that was refused, in the place of a term.
    Bad,
}

#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

/// Cuts a query into its pieces.
pub(super) struct Lexer<'q> {
    text: &'q str,
    at: usize,
    pub(super) pieces: Vec<Piece>,
    pub(super) faults: Vec<Fault>,
}

/// One space for every stretch of white space.
pub(super) fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The sign that ends what this one begins.
fn closing(open: char) -> Option<&'static [char]> {
    match open {
        '"' => Some(&['"']),
        '«' => Some(&['»']),
        '“' => Some(&['”', '“']),
        '„' => Some(&['“', '”']),
        _ => None,
    }
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

/// Invisible signs that people paste without knowing.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Operators of other languages, in capitals.
const FOREIGN: &[(&str, &str)] = &[
    ("ET", "AND"),
    ("OU", "OR"),
    ("SAUF", "NOT"),
    ("SANS", "NOT"),
    ("NON", "NOT"),
    ("PROCHE", "NEAR/n"),
    ("UND", "AND"),
    ("ODER", "OR"),
    ("NICHT", "NOT"),
];

/// Pieces that are words although they look like operators.
pub(super) fn warnings(text: &str) -> Vec<Fault> {
    let mut lexer = Lexer::new(text);
    lexer.run();
    let mut warnings = Vec::new();
    for piece in &lexer.pieces {
        let Kind::Term(Leaf::Words(_)) = &piece.kind else { continue };
        let written = text.get(piece.at.clone()).unwrap_or_default();
        let meant = FOREIGN.iter().find(|(foreign, _)| *foreign == written).map(|(_, operator)| *operator);
        let lower = ["and", "or", "not"].contains(&written.to_lowercase().as_str())
            || written.to_lowercase().starts_with("near/");
        let reason = match meant {
            Some(operator) => format!("`{written}` is searched for as a word; the operator is {operator}"),
            None if lower => format!(
                "`{written}` is searched for as a word; operators are in capitals: {}",
                written.to_uppercase()
            ),
            None => continue,
        };
        warnings.push(Fault { at: piece.at.clone(), reason });
    }
    warnings
}

impl<'q> Lexer<'q> {
    pub(super) fn new(text: &'q str) -> Lexer<'q> {
        Lexer { text, at: 0, pieces: Vec::new(), faults: Vec::new() }
    }

    fn rest(&self) -> &'q str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: Kind, start: usize) {
        self.pieces.push(Piece { kind, at: start..self.at });
    }

    fn refuse(&mut self, start: usize, reason: impl Into<String>) {
        self.faults.push(Fault { at: start..self.at, reason: reason.into() });
        self.push(Kind::Bad, start);
    }

    pub(super) fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            let start = self.at;
            if c.is_whitespace() || is_unseen(c) {
                self.at += c.len_utf8();
            } else if c == '(' || c == ')' {
                self.at += 1;
                self.push(if c == '(' { Kind::Open } else { Kind::Close }, start);
            } else if closing(c).is_some() {
                self.phrase(start);
            } else if is_dash(c) {
                let dashes = self.rest().trim_start_matches(|c| is_dash(c) || is_unseen(c));
                self.at = self.text.len() - dashes.len();
                // A dash that stands alone is passed over.
                if dashes.chars().next().is_some_and(|c| !c.is_whitespace() && c != ')') {
                    self.push(Kind::Not, start);
                }
            } else {
                self.word(start);
            }
        }
    }

    /// The text between quotes; `None` when they are not closed.
    fn quoted(&mut self) -> Option<&'q str> {
        let open = self.rest().chars().next()?;
        let inner = self.rest().get(open.len_utf8()..)?;
        let ends = closing(open)?;
        // “ also ends what „ begins, but begins and ends nothing by itself in between.
        let end = inner.find(ends)?;
        let close = inner.get(end..)?.chars().next()?;
        self.at += open.len_utf8() + end + close.len_utf8();
        inner.get(..end)
    }

    fn unclosed(&mut self, start: usize) {
        self.at = self.text.len();
        let at = start
            ..start + self.text.get(start..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        self.faults.push(Fault { at, reason: "this quote is never closed".to_owned() });
        self.push(Kind::Bad, start);
    }

    fn phrase(&mut self, start: usize) {
        let Some(inner) = self.quoted() else { return self.unclosed(start) };
        let Some(loose) = self.rest().strip_prefix('~') else { return self.words(inner, start) };
        let digits = loose.len() - loose.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let within = loose.get(..digits).unwrap_or_default().parse::<u32>().ok();
        self.at += 1 + digits;
        if self.rest().chars().next().is_some_and(|c| !c.is_whitespace() && c != ')') || digits == 0 {
            let more = self.rest().find(|c: char| c.is_whitespace() || c == ')').unwrap_or(self.rest().len());
            self.at += more;
            return self.refuse(start, "`~` wants a whole number of words right after it, such as \"a b\"~3");
        }
        match within.filter(|within| *within <= WIDEST) {
            Some(within) => self.loose(inner, within, start),
            None => self.refuse(start, format!("at most {WIDEST} words may be asked for between")),
        }
    }

    fn loose(&mut self, inner: &str, within: u32, start: usize) {
        let words: Vec<&str> = pieces_of(inner).collect();
        let leaves: Result<Vec<Leaf>, String> = words.iter().map(|word| leaf(word)).collect();
        match leaves.map(|mut leaves| (leaves.pop(), leaves)) {
            Err(reason) => self.refuse(start, reason),
            Ok((None, _)) => self.refuse(start, "these quotes hold no word to find"),
            Ok((Some(only), leaves)) if leaves.is_empty() => self.push(Kind::Term(only), start),
            Ok((_, leaves)) if leaves.len() >= super::MOST_NEAR => {
                self.refuse(start, format!("at most {} words may be asked for together", super::MOST_NEAR));
            }
            Ok((last, mut leaves)) => {
                leaves.extend(last);
                self.push(Kind::Loose(leaves, within), start);
            }
        }
    }

    /// A term of these words.
    fn words(&mut self, text: &str, start: usize) {
        match leaf(text) {
            Ok(leaf) => self.push(Kind::Term(leaf), start),
            Err(reason) => self.refuse(start, reason),
        }
    }

    /// Everything up to the next space, bracket or quote.
    fn word(&mut self, start: usize) {
        let ends = |c: char| c.is_whitespace() || c == '(' || c == ')' || closing(c).is_some();
        let length = self.rest().find(ends).unwrap_or(self.rest().len());
        let written = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        let word: String = written.chars().filter(|c| !is_unseen(*c)).collect();
        match word.as_str() {
            "AND" => return self.push(Kind::And, start),
            "OR" => return self.push(Kind::Or, start),
            "NOT" => return self.push(Kind::Not, start),
            _ => {}
        }
        if let Some(rest) = word.strip_prefix("NEAR").filter(|rest| rest.is_empty() || rest.starts_with('/'))
        {
            return self.near(rest, start);
        }
        if let Some((field, value)) = word.split_once(':')
            && !field.is_empty()
            && field.chars().all(|c| c.is_alphabetic() || c == '_')
        {
            return self.field(field, value, start, start + written.find(':').unwrap_or_default() + 1);
        }
        if wild::marked(&word).is_ok_and(|marked| Needle::of(&marked).0.is_empty())
            && !word.starts_with(['#', '@', '＃', '＠'])
        {
            // A sign that stands alone is passed over, with the dash before it.
            if self.pieces.last().is_some_and(|last| last.kind == Kind::Not && last.at.end == start) {
                self.pieces.pop();
            }
            return;
        }
        self.words(&word, start);
    }

    fn near(&mut self, rest: &str, start: usize) {
        let (digits, ordered) = match rest.strip_suffix('f') {
            Some(digits) => (digits, true),
            None => (rest, false),
        };
        let digits = digits.strip_prefix('/').unwrap_or_default();
        let whole = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
        match digits.parse::<u32>() {
            Ok(within) if whole && within <= WIDEST => self.push(Kind::Near { within, ordered }, start),
            Ok(_) if whole => {
                self.wrong_near(start, format!("at most {WIDEST} words may be asked for between"))
            }
            _ => self.wrong_near(
                start,
                "NEAR wants a whole number of words: NEAR/3, or NEAR/3f to keep the order".to_owned(),
            ),
        }
    }

    fn wrong_near(&mut self, start: usize, reason: String) {
        self.faults.push(Fault { at: start..self.at, reason });
        self.push(Kind::Near { within: 0, ordered: false }, start);
    }

    fn field(&mut self, field: &str, value: &str, start: usize, value_at: usize) {
        let known = field.to_lowercase();
        if matches!(known.as_str(), "http" | "https") && value.starts_with("//") {
            // A pasted address.
            let address = format!("{known}:{value}");
            return self.condition("link", &address, start);
        }
        if !FIELDS.contains(&known.as_str()) {
            let near = FIELDS.iter().find(|name| strsim::damerau_levenshtein(name, &known) <= 2);
            let hint = near.map(|name| format!("did you mean `{name}:`? ")).unwrap_or_default();
            let list: Vec<String> = FIELDS.iter().map(|name| format!("{name}:")).collect();
            self.skip_value();
            return self.refuse(
                start,
                format!(
                    "`{field}:` is no field; {hint}there are {}; in quotes it is plain text",
                    list.join(", ")
                ),
            );
        }
        let raw_value = self.text.get(value_at..self.at).unwrap_or_default();
        let next = self.rest().chars().next();
        if value.is_empty() && next == Some('(') {
            return self.refuse(start, format!("a value cannot be grouped; write ({known}:a OR {known}:b)"));
        }
        let value = if value.is_empty() && next.is_some_and(|c| closing(c).is_some()) {
            let quote = self.at;
            match self.quoted() {
                Some(inner) => inner.to_owned(),
                None => return self.unclosed(quote),
            }
        } else if known == "raw" {
            raw_value.chars().filter(|c| !is_unseen(*c)).collect()
        } else {
            value.to_owned()
        };
        if known == "raw" {
            let raw = spaced(&value);
            return if raw.is_empty() {
                self.refuse(
                    start,
                    "raw: wants the exact characters after it, such as raw:Orange or raw:\"La Poste\"",
                )
            } else {
                self.push(Kind::Term(Leaf::Raw(raw.into())), start)
            };
        }
        self.condition(&known, value.trim(), start);
    }

    /// Goes over a quoted value that belongs to a field nobody knows.
    fn skip_value(&mut self) {
        if self.rest().chars().next().is_some_and(|c| closing(c).is_some()) {
            let here = self.at;
            if self.quoted().is_none() {
                self.at = here;
            }
        }
    }

    fn condition(&mut self, field: &str, value: &str, start: usize) {
        if value.is_empty() {
            return self.refuse(start, format!("`{field}:` wants a value right after it"));
        }
        match Condition::parse(field, value) {
            Ok(condition) => self.push(Kind::Term(Leaf::Condition(Box::new(condition))), start),
            Err(reason) => self.refuse(start, format!("`{}` {reason}", value.escape_debug())),
        }
    }
}

/// The term of these words.
fn leaf(text: &str) -> Result<Leaf, String> {
    let plain = spaced(&text.replace(['"', '«', '»', '“', '”', '„'], " "));
    let marked = wild::marked(&plain)?;
    if Needle::of(&marked).0.is_empty() {
        return Err("this holds no letter, digit or emoji to find".to_owned());
    }
    let named = plain.strip_prefix(['#', '＃', '@', '＠']);
    if let Some(sign) = named.and_then(|name| name.chars().next()).filter(|sign| fold::is_emoji(*sign)) {
        return Err(format!("no hashtag or account begins with {sign}: write it without the sign before it"));
    }
    Ok(Leaf::Words(plain.into()))
}

/// The words of a phrase, one by one.
fn pieces_of(phrase: &str) -> impl Iterator<Item = &str> {
    let inside = |c: char| {
        fold::is_word(c)
            || fold::is_emoji(c)
            || is_unseen(c)
            || matches!(c, '*' | '?' | '#' | '@' | '\u{200d}' | '\u{fe0f}' | fold::KEYCAP)
    };
    phrase.split(move |c| !inside(c)).filter(|piece| {
        piece.contains(|c: char| fold::is_word(c) || fold::is_emoji(c)) || piece.contains(['*', fold::KEYCAP])
    })
}
