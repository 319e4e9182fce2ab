//! Needles: what is to be found, as the words and signs that must follow one another.

use super::{Spot, narrow, width};
use crate::fold::{Folded, Kind, Token};

/// What one element of a needle looks like.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// This word or emoji, folded.
    Word(Box<[u8]>),
    /// A word in which `?` stands for one character; with `true`, any ending may follow.
    Wild(Box<[u8]>, bool),
    /// These characters anywhere in a run of a script without spaces; `?` stands for one.
    Run(Box<[u8]>),
}

/// What sign an element asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// None: a word, and also a hashtag or an account of exactly that name.
    None,
    /// A part of a hashtag: its beginning, its end.
    Tag {
        /// It is the first of the hashtag.
        opens: bool,
        /// It is the last.
        closes: bool,
    },
    /// An account, perhaps on this server. An account written without a server is found too: what it is called in
    /// full must be looked up elsewhere.
    Account(Option<Box<[u8]>>),
}

/// One word, emoji or stretch of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Element {
    /// What it looks like.
    pub form: Form,
    /// What sign stands before it.
    pub sign: Sign,
}

/// Something to find: elements that follow one another; what separates them does not matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Needle(pub Vec<Element>);

impl Needle {
    /// The needle that a text stands for: its words, emoji, hashtags and accounts, in this order. `fold::STAR` and
    /// `fold::ANY` in it are wildcards.
    pub fn of(text: &str) -> Needle {
        Needle::of_folded(text, &mut Folded::default())
    }

    /// The same, with a buffer that is used again.
    pub fn of_folded(text: &str, folded: &mut Folded) -> Needle {
        folded.fold_words(text);
        let mut elements: Vec<Element> = Vec::with_capacity(folded.tokens().len());
        let mut end = None;
        for token in folded.tokens() {
            let glued = end.replace(token.end) == Some(token.start);
            let bytes = folded.token_bytes(token);
            let sign = if token.kind == Kind::Account {
                Sign::Account(folded.server(token).map(Box::from))
            } else if token.opens_tag || token.closes_tag {
                Sign::Tag { opens: token.opens_tag, closes: token.closes_tag }
            } else {
                Sign::None
            };
            // `?` beside characters of a run stands for one of them.
            let any = bytes.iter().all(|byte| *byte == b'?');
            if let Some(Element { form: Form::Run(run), sign: before }) = elements.last_mut()
                && glued
                && (token.kind == Kind::Run && run.ends_with(b"?") || any)
            {
                *run = [&**run, bytes].concat().into();
                if let (Sign::Tag { closes, .. }, Sign::Tag { closes: now, .. }) = (before, &sign) {
                    *closes = *now;
                }
                continue;
            }
            elements.push(Element { form: Form::of(bytes, token.kind), sign });
            if let Some(Element { form: Form::Wild(_, true), sign: Sign::Tag { closes, .. } }) =
                elements.last_mut()
            {
                *closes = false;
            }
        }
        Needle(elements)
    }

    /// Whether it is made of plain words only.
    pub(super) fn is_plain(&self) -> bool {
        self.0.iter().all(|element| matches!(element.form, Form::Word(_)) && element.sign == Sign::None)
    }
}

impl Form {
    fn of(bytes: &[u8], kind: Kind) -> Form {
        if kind == Kind::Run {
            return Form::Run(bytes.into());
        }
        match bytes.strip_suffix(b"*") {
            Some(start) => Form::Wild(start.into(), true),
            None if bytes.contains(&b'?') => Form::Wild(bytes.into(), false),
            None => Form::Word(bytes.into()),
        }
    }

    /// How many letters are certain to stand in what it finds.
    pub fn letters(&self) -> usize {
        count(self.certain())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Form::Word(bytes) | Form::Wild(bytes, _) | Form::Run(bytes) => bytes,
        }
    }

    /// The letters at its start that are certain.
    pub(super) fn certain(&self) -> &[u8] {
        self.bytes().split(|byte| *byte == b'?').next().unwrap_or_default()
    }
}

impl Element {
    pub(super) fn memory(&self) -> usize {
        size_of::<Element>() + self.form.bytes().len()
    }

    /// Whether a sign before it belongs to what is found.
    pub(super) fn is_signed(&self) -> bool {
        matches!(self.sign, Sign::Account(_) | Sign::Tag { opens: true, .. })
    }

    /// If it stands at `spot`, the spot after it.
    pub(super) fn forwards(&self, text: &Folded, spot: Spot) -> Option<Spot> {
        let token = text.tokens().get(spot.token)?;
        let bytes = text.bytes().get(super::wide(spot.at)..super::wide(token.end))?;
        let end = match &self.form {
            Form::Run(run) if token.kind == Kind::Run => spot.at + narrow(starts(bytes, run)?),
            Form::Word(_) | Form::Wild(..) if spot.at == token.start => {
                self.is_word(token, bytes).then_some(token.end)?
            }
            Form::Run(_) | Form::Word(_) | Form::Wild(..) => return None,
        };
        self.has_sign(token, spot.at, end, text)?;
        Some(if end == token.end { after(text, spot.token) } else { Spot { token: spot.token, at: end } })
    }

    /// If it ends right before `spot`, the spot where it begins.
    pub(super) fn backwards(&self, text: &Folded, spot: Spot) -> Option<Spot> {
        let inside = text.tokens().get(spot.token).is_some_and(|token| token.start < spot.at);
        let at = if inside { spot.token } else { spot.token.checked_sub(1)? };
        let token = text.tokens().get(at)?;
        let end = if inside { spot.at } else { token.end };
        let bytes = text.bytes().get(super::wide(token.start)..super::wide(end))?;
        let start = match &self.form {
            Form::Run(run) if token.kind == Kind::Run => {
                // Wildcards make its length in bytes uncertain; its length in characters is not.
                let count = count(run);
                let mut starts_at = bytes.len();
                for _ in 0..count {
                    starts_at = starts_at.checked_sub(1)?;
                    while bytes.get(starts_at).is_some_and(|byte| (0x80..0xc0).contains(byte)) {
                        starts_at = starts_at.checked_sub(1)?;
                    }
                }
                starts(bytes.get(starts_at..)?, run)?;
                token.start + narrow(starts_at)
            }
            Form::Word(_) | Form::Wild(..) if !inside => self.is_word(token, bytes).then_some(token.start)?,
            Form::Run(_) | Form::Word(_) | Form::Wild(..) => return None,
        };
        self.has_sign(token, start, end, text)?;
        Some(Spot { token: at, at: start })
    }

    fn is_word(&self, token: &Token, bytes: &[u8]) -> bool {
        if !matches!(token.kind, Kind::Word | Kind::Emoji | Kind::Account) {
            return false;
        }
        match &self.form {
            Form::Word(word) => **word == *bytes,
            Form::Wild(pattern, star) => {
                // In the name of an account, a plain word is the whole name.
                let open = *star && (token.kind != Kind::Account || self.sign != Sign::None);
                starts(bytes, pattern).is_some_and(|length| open || length == bytes.len())
            }
            Form::Run(_) => false,
        }
    }

    fn has_sign(&self, token: &Token, start: u32, end: u32, text: &Folded) -> Option<()> {
        let good = match &self.sign {
            Sign::None => true,
            Sign::Tag { opens, closes } => {
                (!opens || token.opens_tag && start == token.start)
                    && (!closes || token.closes_tag && end == token.end)
            }
            Sign::Account(server) => {
                token.kind == Kind::Account
                    && match (server, text.server(token)) {
                        (Some(wanted), Some(written)) => **wanted == *written,
                        (None, _) | (_, None) => true,
                    }
            }
        };
        good.then_some(())
    }
}

/// The spot at the start of the token after `token`.
fn after(text: &Folded, token: usize) -> Spot {
    let end = text.tokens().get(token).map_or(0, |token| token.end);
    Spot { token: token + 1, at: text.tokens().get(token + 1).map_or(end, |next| next.start) }
}

/// The number of characters.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| !(0x80..0xc0).contains(*byte)).count()
}

/// If `bytes` starts with the pattern, in which `?` stands for one character, how far the pattern reaches.
fn starts(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    if !pattern.contains(&b'?') {
        return bytes.starts_with(pattern).then_some(pattern.len());
    }
    let mut at = 0;
    for wanted in pattern {
        let byte = *bytes.get(at)?;
        if *wanted == b'?' {
            at += width(bytes, at);
        } else if byte == *wanted {
            at += 1;
        } else {
            return None;
        }
    }
    (at <= bytes.len()).then_some(at)
}
