//! Links, e-mail addresses, accounts and hashtags: where each begins and ends in a text.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use super::table::{is_invisible, is_unspaced, is_word};

/// Names of servers are shorter; a longer stretch is none.
const NAME_LIMIT: usize = 255;

/// The link whose `://` stands at `colon`: where it starts and ends.
pub(super) fn link_around(text: &str, colon: usize) -> Option<(usize, usize)> {
    let before = text.as_bytes().get(..colon)?;
    let is_scheme = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-');
    let mut length = before.iter().rev().take(NAME_LIMIT).take_while(is_scheme).count();
    // A scheme starts with a letter.
    while length > 0 && !before.get(colon - length)?.is_ascii_alphabetic() {
        length -= 1;
    }
    if length <= 1 {
        return None;
    }
    let end = colon + 3 + link_tail(text.get(colon + 3..)?);
    (end > colon + 3).then_some((colon - length, end))
}

/// How far a link goes on.
fn link_tail(rest: &str) -> usize {
    let is_end = |c: char| {
        c.is_whitespace()
            || matches!(c, '<' | '>' | '"' | '«' | '»' | '“' | '”' | '„' | '\u{3000}'..='\u{3004}'
                | '\u{3008}'..='\u{3020}' | '！' | '（' | '）' | '，' | '；' | '？' | '｡'..='､')
            || c.is_control()
    };
    let tail: &str = rest.split(is_end).next().unwrap_or_default();
    let mut end = tail.len();
    // closing brackets that no opening one stands for
    let surplus = |open, close| tail.matches(close).count().saturating_sub(tail.matches(open).count());
    let (mut round, mut square) = (surplus('(', ')'), surplus('[', ']'));
    loop {
        let Some(last) = tail.get(..end).and_then(|kept| kept.chars().next_back()) else { return end };
        match last {
            ')' if round > 0 => round -= 1,
            ']' if square > 0 => square -= 1,
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '…' | '*' | '|' => {}
            last if is_invisible(last) => {}
            _ => return end,
        }
        end -= last.len_utf8();
    }
}

/// The e-mail address around the `@` at `at`: where it starts and ends.
pub(super) fn mail_around(text: &str, at: usize) -> Option<(usize, usize)> {
    let before = text.as_bytes().get(..at)?;
    let is_local =
        |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-');
    let mut length = before.iter().rev().take(NAME_LIMIT).take_while(is_local).count();
    while length > 0 && !before.get(at - length)?.is_ascii_alphanumeric() {
        length -= 1;
    }
    let server = server_length(text.get(at + 1..)?);
    let dotted = text.get(at + 1..at + 1 + server)?.contains('.');
    (length > 0 && dotted).then_some((at - length, at + 1 + server))
}

/// The length of the name of a server that starts `text`.
fn server_length(text: &str) -> usize {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let length = text.bytes().take(NAME_LIMIT).take_while(inside).count();
    text.get(..length).unwrap_or_default().trim_end_matches(['.', '-']).len()
}

/// When a bare domain ends at `slash`, where the path after it ends.
pub(super) fn path_after(text: &str, slash: usize) -> Option<usize> {
    let before = text.get(..slash)?;
    if !before.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let host = host_before(before);
    is_bare_domain(host).then(|| slash + link_tail(text.get(slash..).unwrap_or_default()))
}

/// The stretch at the end of `text` that may be a domain, without a port.
fn host_before(text: &str) -> &str {
    let bare = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let text = bare.strip_suffix(':').unwrap_or(text);
    let mut start = text.len();
    for c in text.chars().rev() {
        if text.len() - start > NAME_LIMIT
            || !(c.is_alphanumeric() && !is_unspaced(c) || matches!(c, '.' | '-'))
        {
            if matches!(c, '@' | '_') {
                return ""; // an address, or a name that is no domain
            }
            break;
        }
        start -= c.len_utf8();
    }
    text.get(start..).unwrap_or_default().trim_start_matches(['.', '-'])
}

fn endings() -> &'static HashSet<&'static str> {
    static ENDINGS: OnceLock<HashSet<&'static str>> = OnceLock::new();
    ENDINGS.get_or_init(|| include_str!("domain-endings.txt").lines().map(str::trim).collect())
}

/// Whether `host` is a domain that a text may name without `https://`: labels of letters, digits and hyphens, and
/// an ending of the shipped list, written in one case.
pub(super) fn is_bare_domain(host: &str) -> bool {
    let Some((labels, ending)) = host.rsplit_once('.') else { return false };
    let one_case = ending.chars().all(char::is_lowercase) || ending.chars().all(char::is_uppercase);
    one_case
        && endings().contains(ending.to_lowercase().as_str())
        && labels
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

/// Whether a hashtag or an account may begin with `c`.
fn begins_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | super::STAR | super::ANY)
}

/// The length of the hashtag's name that starts `text`; `None` when none does, or it has digits alone.
pub(super) fn hashtag_length(text: &str) -> Option<usize> {
    let inside = |c: char| c == '_' || is_invisible(c) || is_word(c);
    let name: &str = text.split(|c: char| !inside(c)).next()?;
    let name = name.trim_end_matches(is_invisible);
    let first = name.chars().find(|c| !is_invisible(*c))?;
    let digits = name.chars().all(|c| c.is_numeric() || is_invisible(c));
    (begins_name(first) && !digits).then_some(name.len())
}

/// The lengths of the account's name that starts `text`, and of `@server` after it.
pub(super) fn account_lengths(text: &str) -> Option<(usize, usize)> {
    let first = text.chars().find(|c| !is_invisible(*c))?;
    if !begins_name(first) {
        return None;
    }
    // A name in letters ends where a script without spaces goes on.
    let spaced = !is_unspaced(first);
    let inside =
        |c: char| (c == '.' || c == '-' || is_invisible(c) || is_word(c)) && !(spaced && is_unspaced(c));
    let name: &str = text.split(|c: char| !inside(c)).next()?;
    let whole = name.len();
    let name = name.trim_end_matches(|c| matches!(c, '.' | '-') || is_invisible(c)).len();
    let server = match text.get(whole..).and_then(|rest| rest.strip_prefix('@')) {
        Some(rest) if name == whole => server_length(rest),
        _ => 0,
    };
    let dotted = text.get(whole + 1..whole + 1 + server).is_some_and(|server| server.contains('.'));
    Some((name, if dotted { server + 1 } else { 0 }))
}

/// The addresses that stand in a text: links, and bare domains with what follows them.
pub fn links(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.find([':', '.', '@'])) {
        let place = at + next;
        at = place + 1;
        let done = found.last().map_or(0, |last| last.end);
        match text.as_bytes().get(place) {
            Some(b':') if text.get(place..place + 3) == Some("://") => {
                if let Some((start, end)) = link_around(text, place) {
                    found.push(start.max(done)..end);
                    at = end;
                }
            }
            Some(b'@') => {
                // What follows it belongs to an address or an account.
                let account = account_lengths(text.get(at..).unwrap_or_default());
                let (name, server) = account.unwrap_or_default();
                at += name + server;
            }
            Some(b'.') => {
                let start = place - host_before(text.get(..place).unwrap_or_default()).len();
                let rest = text.get(start..).unwrap_or_default();
                let inside = |c: char| c.is_alphanumeric() && !is_unspaced(c) || matches!(c, '.' | '-');
                let host: &str = rest.split(|c: char| !inside(c)).next().unwrap_or_default();
                let host = host.trim_end_matches(['.', '-']);
                let after = rest.get(host.len()..).unwrap_or_default();
                let mail = after.starts_with('@')
                    || text.get(..start).is_some_and(|before| before.ends_with(['@', '_']));
                at = at.max(start + host.len());
                if start >= done && !mail && !after.starts_with('_') && is_bare_domain(host) {
                    let tail = if after.starts_with(['/', '?', '#', ':']) { link_tail(after) } else { 0 };
                    at = start + host.len() + tail;
                    found.push(start..at);
                }
            }
            _ => {}
        }
    }
    found
}
