//! Entities that a feed declares itself: short plain ones are put in place, all others are left alone.
//!
//! Nothing is ever fetched, and a value that holds another entity is not expanded, so no feed can grow
//! ("billion laughs") or reach out (external entities).

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Most declarations looked at, and the longest value that is put in place.
const DECLARATIONS: usize = 200;
const VALUE: usize = 256;
/// How much longer the text may become in all.
const GROWTH: usize = 1_000_000;
/// Longest name of a reference; HTML's longest has 31 letters.
const NAME: usize = 40;
/// Character data, in which `&` is itself.
const OPEN: &str = "<![CDATA[";
const CLOSE: &str = "]]>";

/// The document without its own declarations, their plain values put in place, and with every `&` that
/// begins no reference and every `<` that begins no tag taken for itself: careless feeds hold `&copy=2` and `<3`.
pub(super) fn expand(text: &str) -> Cow<'_, str> {
    let (before, values, after) = match subset(text) {
        Some((before, subset, after)) => (before, declarations(subset), after),
        None if text.contains('&') || text.split('<').skip(1).any(begins_no_tag) => {
            ("", BTreeMap::new(), text)
        }
        None => return Cow::Borrowed(text),
    };
    let mut out = String::with_capacity(text.len().saturating_add(text.len() / 16));
    out.push_str(before);
    let mut room = GROWTH;
    let mut rest = after;
    while !rest.is_empty() {
        let (words, raw) = rest.split_at_checked(rest.find(OPEN).unwrap_or(rest.len())).unwrap_or((rest, ""));
        put(words, &values, &mut room, &mut out);
        let end = raw.find(CLOSE).unwrap_or(raw.len());
        let (raw, after) = raw.split_at_checked(end).unwrap_or((raw, ""));
        out.push_str(raw);
        rest = after;
    }
    Cow::Owned(out)
}

/// Whether no tag, comment or instruction can begin with a `<` before this.
fn begins_no_tag(after: &str) -> bool {
    let first = after.chars().next();
    first.is_none_or(|first| !(first.is_alphabetic() || matches!(first, '_' | ':' | '/' | '!' | '?')))
}

/// Adds text outside of character data, its signs and references settled.
fn put(text: &str, values: &BTreeMap<&str, &str>, room: &mut usize, out: &mut String) {
    for (count, part) in text.split('<').enumerate() {
        if count > 0 {
            out.push_str(if begins_no_tag(part) { "&lt;" } else { "<" });
        }
        put_references(part, values, room, out);
    }
}

fn put_references(text: &str, values: &BTreeMap<&str, &str>, room: &mut usize, out: &mut String) {
    let mut parts = text.split('&').peekable();
    out.push_str(parts.next().unwrap_or_default());
    while let Some(part) = parts.next() {
        let length = part
            .bytes()
            .take(NAME)
            .take_while(|one| one.is_ascii_alphanumeric() || matches!(one, b'#' | b'_' | b'-' | b'.'))
            .count();
        let name = part.get(..length).unwrap_or_default();
        let after = part.get(length..).and_then(|after| after.strip_prefix(';'));
        if let (Some(high), Some("")) = (unit(name), after)
            && let Some((low, rest)) = parts.peek().and_then(|next| next.split_once(';'))
            && let Some(one) = unit(low).and_then(|low| char::decode_utf16([high, low]).next()?.ok())
        {
            parts.next();
            out.push(one);
            out.push_str(rest);
            continue;
        }
        match (values.get(name), after) {
            (Some(value), Some(after)) if value.len() <= *room => {
                *room = room.saturating_sub(value.len());
                out.push_str(value);
                out.push_str(after);
            }
            (_, Some(_)) if length > 0 => {
                out.push('&');
                out.push_str(part);
            }
            _ => {
                out.push_str("&amp;");
                out.push_str(part);
            }
        }
    }
}

/// Half of a character, as programs write emoji that count in units of UTF-16: `#55357`, `#xD83D`.
fn unit(reference: &str) -> Option<u16> {
    let number = reference.strip_prefix('#')?;
    let unit = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u16::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    (0xd800..0xe000).contains(&unit).then_some(unit)
}

/// Splits a document round the internal subset of its document type.
fn subset(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find("<!DOCTYPE")?;
    let (before, doctype) = text.split_at_checked(start)?;
    if !is_prologue(before) {
        return None;
    }
    let bracket = doctype.find('[')?;
    if doctype.find('>').is_some_and(|end| end < bracket) {
        return None;
    }
    let inner = doctype.get(bracket.saturating_add(1)..)?;
    let close = inner.find("]>").or_else(|| inner.find(']'))?;
    let (subset, rest) = inner.split_at_checked(close)?;
    let (_, after) = rest.split_once('>')?;
    Some((before, subset, after))
}

/// Whether only comments and processing instructions stand here: a document type comes before the feed.
fn is_prologue(mut text: &str) -> bool {
    while let Some((_, rest)) = text.split_once('<') {
        let end = match rest {
            comment if comment.starts_with("!--") => "-->",
            instruction if instruction.starts_with('?') => "?>",
            _ => return false,
        };
        text = rest.split_once(end).map_or("", |(_, after)| after);
    }
    true
}

fn declarations(subset: &str) -> BTreeMap<&str, &str> {
    let declared = subset.split("<!ENTITY").skip(1).take(DECLARATIONS);
    declared
        .filter_map(|declaration| {
            let declaration = declaration.trim_start();
            let (name, rest) = declaration.split_once(char::is_whitespace)?;
            let rest = rest.trim_start();
            let quote = rest.chars().next().filter(|one| matches!(one, '"' | '\''))?;
            let value = rest.split(quote).nth(1)?;
            let plain = value.len() <= VALUE && !value.contains(['&', '<', '%']);
            (plain && !name.is_empty()).then_some((name, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values_are_put_in_place_and_others_are_not() {
        let text = "<!DOCTYPE rss [<!ENTITY co \"Velora SA\"><!ENTITY a \"&co;&co;\"><!ENTITY x SYSTEM \"file:///etc/passwd\">]>\
                    <rss>&co; &a; &x; &amp; &eacute;</rss>";
        assert_eq!(expand(text), "<rss>Velora SA &a; &x; &amp; &eacute;</rss>");
        assert_eq!(expand("<rss>&amp;</rss>"), "<rss>&amp;</rss>");
        assert_eq!(
            expand("a?b&copy=2 R&D &#233; <![CDATA[R&D]]> &"),
            "a?b&amp;copy=2 R&amp;D &#233; <![CDATA[R&D]]> &amp;"
        );
        assert_eq!(expand("<a>1 < 2 <3 <é/></a><"), "<a>1 &lt; 2 &lt;3 <é/></a>&lt;");
        assert_eq!(expand("a&#55357;&#56832;b &#xD83D;&#xde00; &#55357; &#233;"), "a😀b 😀 &#55357; &#233;");
        assert_eq!(expand("<!DOCTYPE rss [<!ENTITY"), "<!DOCTYPE rss [<!ENTITY");
    }
}
