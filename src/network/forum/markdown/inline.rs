//! The words of one paragraph of Markdown: emphasis, code, links, pictures, tags, addresses, names.

use std::collections::HashMap;

use super::{MOST, Reader, escape, name_at};

/// Links within links that are followed.
const DEPTH: u8 = 4;
/// The longest run of backquotes that marks code.
const TICKS: usize = 16;
/// The longest address or tag in angle brackets.
const TAG: usize = 2_000;

/// A stretch of the words of one paragraph.
pub(super) enum Piece {
    Html(String),
    /// Signs that mark emphasis once their partner is found.
    Mark(char, usize),
}

pub(super) struct Inline<'a> {
    pub(super) reader: &'a mut Reader,
    pub(super) pieces: Vec<Piece>,
    /// Places of marks that wait for their partner, by sign.
    pub(super) open: HashMap<char, Vec<usize>>,
}

impl Inline<'_> {
    pub(super) fn finish(self) -> String {
        let mut html = String::new();
        for piece in self.pieces {
            match piece {
                Piece::Html(words) => html.push_str(&words),
                Piece::Mark(sign, count) => html.extend(std::iter::repeat_n(sign, count)),
            }
        }
        html
    }

    fn html(&mut self) -> &mut String {
        if !matches!(self.pieces.last(), Some(Piece::Html(_))) {
            self.pieces.push(Piece::Html(String::new()));
        }
        match self.pieces.last_mut() {
            Some(Piece::Html(words)) => words,
            Some(Piece::Mark(..)) | None => &mut self.reader.out, // never: one was just pushed
        }
    }

    pub(super) fn read(&mut self, signs: &[char], depth: u8) {
        let brackets = brackets(signs);
        let mut unclosed = [false; TICKS];
        let mut at = 0;
        while let Some(&sign) = signs.get(at) {
            let next = signs.get(at + 1).copied();
            let step = match sign {
                '\\' if next.is_some_and(|next| next.is_ascii_punctuation()) => {
                    escape(&next.unwrap_or_default().to_string(), self.html());
                    2
                }
                '`' => self.code(signs, at, &mut unclosed),
                '!' if next == Some('[') => {
                    self.picture(signs, at, &brackets).unwrap_or_else(|| self.plain(sign))
                }
                '[' => self.link(signs, at, &brackets, depth).unwrap_or_else(|| self.plain(sign)),
                '<' => self.angle(signs, at),
                '*' | '_' | '~' => self.mark(signs, at, sign),
                'h' if starts_address(signs, at) => self.address(signs, at),
                '@' => {
                    if let Some((name, _)) = name_at(signs, at)
                        && self.reader.names.len() < MOST
                        && !self.reader.names.contains(&name)
                    {
                        self.reader.names.push(name);
                    }
                    self.plain(sign)
                }
                other => self.plain(other),
            };
            at += step;
        }
    }

    fn plain(&mut self, sign: char) -> usize {
        self.html().push(sign);
        1
    }

    fn code(&mut self, signs: &[char], at: usize, unclosed: &mut [bool; TICKS]) -> usize {
        let run = |from: usize| signs.iter().skip(from).take_while(|sign| **sign == '`').count();
        let ticks = run(at);
        let start = at + ticks;
        let hopeless = unclosed.get(ticks).copied().unwrap_or(true);
        let mut end = start;
        while !hopeless && end < signs.len() {
            if signs.get(end) != Some(&'`') {
                end += 1;
                continue;
            }
            let length = run(end);
            if length == ticks {
                let code: String = signs.get(start..end).unwrap_or_default().iter().collect();
                escape(code.trim(), self.html());
                return end + ticks - at;
            }
            end += length;
        }
        if let Some(unclosed) = unclosed.get_mut(ticks) {
            *unclosed = true;
        }
        self.html().extend(std::iter::repeat_n('`', ticks));
        ticks
    }

    /// A picture, with its length.
    fn picture(&mut self, signs: &[char], at: usize, brackets: &HashMap<usize, usize>) -> Option<usize> {
        let close = *brackets.get(&(at + 1))?;
        let alt: String = signs.get(at + 2..close)?.iter().collect();
        let (address, end) = self.target(signs, close, &alt)?;
        let html = self.html();
        html.push_str("<img src=\"");
        escape(&address, html);
        html.push_str("\" alt=\"");
        escape(&alt, html);
        html.push_str("\">");
        Some(end - at)
    }

    /// A link, with its length.
    fn link(
        &mut self,
        signs: &[char],
        at: usize,
        brackets: &HashMap<usize, usize>,
        depth: u8,
    ) -> Option<usize> {
        let close = *brackets.get(&at)?;
        let words = signs.get(at + 1..close)?;
        let name: String = words.iter().take(TAG).collect();
        let (address, end) = self.target(signs, close, &name)?;
        // a link to an account is its name, not a place
        let account = words.first() == Some(&'@');
        if !account {
            let html = self.html();
            html.push_str("<a href=\"");
            escape(&address, html);
            html.push_str("\">");
        }
        if depth < DEPTH {
            self.read(words, depth + 1);
        } else {
            escape(&name, self.html());
        }
        if !account {
            self.html().push_str("</a>");
        }
        Some(end - at)
    }

    /// Where the link whose words end at `close` leads, and where it ends.
    fn target(&self, signs: &[char], close: usize, name: &str) -> Option<(String, usize)> {
        let after = close + 1;
        match signs.get(after) {
            Some('(') => {
                let mut depth = 0_usize;
                let length = signs.iter().skip(after).take(TAG).position(|sign| {
                    match sign {
                        '(' => depth += 1,
                        ')' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    depth == 0
                })?;
                let inner: String = signs.get(after + 1..after + length)?.iter().collect();
                let inner = inner.trim();
                let address = match inner.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
                    Some((address, _)) => address,
                    None => inner.split_whitespace().next().unwrap_or_default(),
                };
                Some((unescaped(address), after + length + 1))
            }
            Some('[') => {
                let length = signs.iter().skip(after).take(TAG).position(|sign| *sign == ']')?;
                let label: String = signs.get(after + 1..after + length)?.iter().collect();
                let label = if label.is_empty() { name } else { &label };
                let address = self.reader.definitions.get(&label.to_lowercase())?;
                Some((address.clone(), after + length + 1))
            }
            _ => self.reader.definitions.get(&name.to_lowercase()).map(|address| (address.clone(), after)),
        }
    }

    /// `<https://address>`, a tag, or a sign like any other.
    fn angle(&mut self, signs: &[char], at: usize) -> usize {
        let rest = signs.iter().skip(at + 1).take(TAG);
        let Some(length) = rest.clone().position(|sign| matches!(sign, '>' | '<')) else {
            self.html().push_str("&lt;");
            return 1;
        };
        let inner: String = rest.take(length).collect();
        let closed = signs.get(at + 1 + length) == Some(&'>');
        let first = inner.chars().next();
        let html = self.html();
        if closed && (inner.starts_with("http://") || inner.starts_with("https://")) && !inner.contains(' ') {
            anchor(&inner, html);
        } else if closed && inner.contains('@') && !inner.contains([' ', '=', '"']) {
            escape(&inner, html);
        } else if closed && first.is_some_and(|sign| sign.is_ascii_alphabetic() || sign == '/') {
            html.push('<');
            html.push_str(&inner);
            html.push('>');
        } else {
            html.push_str("&lt;");
            return 1;
        }
        length + 2
    }

    /// A run of signs that may mark emphasis.
    fn mark(&mut self, signs: &[char], at: usize, sign: char) -> usize {
        let count = signs.iter().skip(at).take_while(|one| **one == sign).count();
        let before = at.checked_sub(1).and_then(|before| signs.get(before)).copied();
        let after = signs.get(at + count).copied();
        let blank = |sign: Option<char>| sign.is_none_or(char::is_whitespace);
        let in_word = |sign: Option<char>| sign.is_some_and(char::is_alphanumeric);
        let intraword = sign == '_' && in_word(before) && in_word(after);
        let opens = !(blank(after) || (sign == '_' && in_word(before)));
        let closes = !(blank(before) || (sign == '_' && in_word(after)));
        let struck = sign != '~' || count == 2;
        let mut left = count;
        if closes && struck && !intraword {
            while left > 0
                && let Some(place) = self.open.get_mut(&sign).and_then(Vec::pop)
            {
                if let Some(Piece::Mark(_, waiting)) = self.pieces.get_mut(place) {
                    let used = left.min(*waiting);
                    *waiting -= used;
                    left -= used;
                    if *waiting > 0 {
                        self.open.entry(sign).or_default().push(place);
                    }
                }
            }
        }
        if left > 0 {
            if opens && struck && !intraword {
                self.open.entry(sign).or_default().push(self.pieces.len());
            }
            self.pieces.push(Piece::Mark(sign, left));
        }
        count
    }

    /// An address that stands in the text.
    fn address(&mut self, signs: &[char], at: usize) -> usize {
        let ends = |sign: &&char| !sign.is_whitespace() && !matches!(sign, '<' | '>' | '"' | '`' | '|');
        let mut address: String = signs.iter().skip(at).take(TAG).take_while(ends).collect();
        loop {
            let whole = address.len();
            // emphasis and punctuation around an address are not part of it
            address.truncate(address.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_', '\'']).len());
            for (open, close) in [('(', ')'), ('[', ']')] {
                if address.ends_with(close) && address.matches(close).count() > address.matches(open).count()
                {
                    address.truncate(address.len() - 1);
                }
            }
            if address.len() == whole {
                break;
            }
        }
        let length = address.chars().count();
        anchor(&address, self.html());
        length.max(1)
    }
}

fn anchor(address: &str, html: &mut String) {
    html.push_str("<a href=\"");
    escape(address, html);
    html.push_str("\">");
    escape(address, html);
    html.push_str("</a>");
}

/// The address without the backslashes of Markdown.
fn unescaped(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    let mut signs = address.chars().peekable();
    while let Some(sign) = signs.next() {
        if sign != '\\' || !signs.peek().is_some_and(char::is_ascii_punctuation) {
            out.push(sign);
        }
    }
    out
}

fn starts_address(signs: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| signs.get(before));
    let begins = |start: &str| {
        start.chars().zip(signs.iter().skip(at)).filter(|(a, b)| a == *b).count() == start.len()
    };
    !before.is_some_and(|sign| sign.is_alphanumeric()) && (begins("https://") || begins("http://"))
}

/// Places of `[` with those of their `]`.
fn brackets(signs: &[char]) -> HashMap<usize, usize> {
    let mut open = Vec::new();
    let mut pairs = HashMap::new();
    let mut escaped = false;
    for (at, sign) in signs.iter().enumerate() {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => open.push(at),
            ']' => {
                if let Some(start) = open.pop() {
                    pairs.insert(start, at);
                }
            }
            _ => {}
        }
    }
    pairs
}
