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

/// The document without its own declarations, their plain values put in place.
pub(super) fn expand(text: &str) -> Cow<'_, str> {
    let Some((before, subset, after)) = subset(text) else { return Cow::Borrowed(text) };
    let values = declarations(subset);
    let mut out = String::with_capacity(text.len());
    out.push_str(before);
    let mut room = GROWTH;
    for (count, part) in after.split('&').enumerate() {
        if count == 0 {
            out.push_str(part);
            continue;
        }
        let known = part.split_once(';').and_then(|(name, rest)| Some((values.get(name)?, rest)));
        match known.filter(|(value, _)| value.len() <= room) {
            Some((value, rest)) => {
                room = room.saturating_sub(value.len());
                out.push_str(value);
                out.push_str(rest);
            }
            None => {
                out.push('&');
                out.push_str(part);
            }
        }
    }
    Cow::Owned(out)
}

/// Splits a document round the internal subset of its document type.
fn subset(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find("<!DOCTYPE")?;
    let (before, doctype) = text.split_at_checked(start)?;
    // a document type stands before the first element
    let opened = before.char_indices().any(|(at, one)| {
        let next = before.get(at.saturating_add(1)..).and_then(|rest| rest.chars().next());
        one == '<' && next.is_some_and(char::is_alphabetic) && !before.contains("<!--")
    });
    let bracket = doctype.find('[')?;
    if opened || doctype.find('>').is_some_and(|end| end < bracket) {
        return None;
    }
    let inner = doctype.get(bracket.saturating_add(1)..)?;
    let close = inner.find("]>").or_else(|| inner.find(']'))?;
    let (subset, rest) = inner.split_at_checked(close)?;
    let (_, after) = rest.split_once('>')?;
    Some((before, subset, after))
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
        assert_eq!(expand("<!DOCTYPE rss [<!ENTITY"), "<!DOCTYPE rss [<!ENTITY");
    }
}
