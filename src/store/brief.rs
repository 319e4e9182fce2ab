//! What most mentions have in common, written short: ten million rows of it are gigabytes. What stores of before wrote at
//! length is read as well.

use super::StoreError;
use crate::matcher::{Field, Tag};
use crate::post::{Kind, Post};
use crate::sentiment::Sentiment;

/// The rule of nearly all mentions.
const USUAL_RULE: &str = "the name means nothing else";
/// What the view shows of [`USUAL_RULE`], and of a trace that is the keyword of the first tag: neither is kept.
const USUAL: &str = "=";
/// In the place of the native identifier of a post in its address.
const OWN_ID: char = '\u{1}';
/// In the place of what addresses begin with.
const SCHEME: (char, &str) = ('\u{2}', "https://");
/// Bytes of a native identifier that is worth replacing.
const WORTH: usize = 3;

/// Bytes of most tags.
const ROOM: usize = 20;

/// Where tags point into, as far as it is kept as it was judged: the title and the text of a post.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Said<'a> {
    /// The title.
    pub(super) title: Option<&'a str>,
    /// The text.
    pub(super) text: &'a str,
}

impl<'a> Said<'a> {
    pub(super) fn of(post: &'a Post) -> Said<'a> {
        Said { title: post.title.as_deref(), text: &post.text }
    }

    /// What stands at this place.
    fn at(self, field: Field, start: usize, end: usize) -> Option<&'a str> {
        match field {
            Field::Title => self.title?.get(start..end),
            Field::Text => self.text.get(start..end),
            Field::Summary | Field::Alt => None,
        }
    }
}

/// Tags as they are kept: field, start, end, and the keyword where it stands there in other letters; a line a tag. JSON where
/// a keyword has lines of its own.
pub(super) fn tags(tags: &[Tag], said: Said<'_>) -> Result<String, StoreError> {
    if tags.is_empty() || tags.iter().any(|tag| tag.keyword.contains('\n')) {
        let brief: Vec<(&str, Field, usize, usize)> =
            tags.iter().map(|tag| (tag.keyword.as_str(), tag.field, tag.start, tag.end)).collect();
        return serde_json::to_string(&brief).map_err(|source| StoreError::Stored { what: "tags", source });
    }
    let mut numbers = itoa::Buffer::new();
    let mut kept = String::with_capacity(ROOM * tags.len());
    for Tag { keyword, field, start, end } in tags {
        if !kept.is_empty() {
            kept.push('\n');
        }
        kept.push(sign(*field));
        kept += numbers.format(*start);
        kept.push(' ');
        kept += numbers.format(*end);
        if said.at(*field, *start, *end) != Some(keyword) {
            kept.push(' ');
            kept += keyword;
        }
    }
    Ok(kept)
}

fn sign(field: Field) -> char {
    match field {
        Field::Title => 'h',
        Field::Text => 't',
        Field::Summary => 's',
        Field::Alt => 'a',
    }
}

fn read_tag(line: &str, said: Said<'_>) -> Option<Tag> {
    let mut parts = line.splitn(3, ' ');
    let (head, end) = (parts.next()?, parts.next()?.parse().ok()?);
    let of = head.chars().next()?;
    let field = [Field::Title, Field::Text, Field::Summary, Field::Alt]
        .into_iter()
        .find(|field| sign(*field) == of)?;
    let start = head.get(of.len_utf8()..)?.parse().ok()?;
    let keyword = parts.next().or_else(|| said.at(field, start, end))?;
    Some(Tag { keyword: keyword.to_owned(), field, start, end })
}

/// Tags read back.
pub(super) fn read_tags(kept: &str, said: Said<'_>) -> Result<Vec<Tag>, StoreError> {
    let wrong = |source| StoreError::Stored { what: "tags", source };
    if kept.starts_with("[{") {
        return serde_json::from_str(kept).map_err(wrong);
    }
    if kept.starts_with('[') {
        let brief: Vec<(String, Field, usize, usize)> = serde_json::from_str(kept).map_err(wrong)?;
        return Ok(brief
            .into_iter()
            .map(|(keyword, field, start, end)| Tag { keyword, field, start, end })
            .collect());
    }
    let tags = kept.split('\n').map(|line| {
        read_tag(line, said)
            .ok_or_else(|| wrong(serde::de::Error::custom("neither JSON nor field, start, end, keyword")))
    });
    tags.collect()
}

/// A rule as it is kept.
pub(super) fn rule(rule: &str) -> Option<&str> {
    (rule != USUAL_RULE).then_some(rule)
}

/// A rule read back.
pub(super) fn read_rule(kept: String) -> String {
    if kept == USUAL { USUAL_RULE.to_owned() } else { kept }
}

/// A trace as it is kept beside these tags.
pub(super) fn trace<'a>(trace: &'a str, tags: &[Tag]) -> Option<&'a str> {
    tags.first().is_none_or(|tag| tag.keyword != trace).then_some(trace)
}

/// A trace read back beside its tags.
pub(super) fn read_trace(kept: String, tags: &[Tag]) -> String {
    match tags.first() {
        Some(tag) if kept == USUAL => tag.keyword.clone(),
        _ => kept,
    }
}

/// A kind as it is kept: nothing of a post of its own, which most are.
pub(super) fn kind(kind: Kind) -> &'static str {
    if kind == Kind::default() { "" } else { kind.as_str() }
}

/// A kind read back.
pub(super) fn read_kind(kept: &str) -> Kind {
    serde_json::from_value(serde_json::Value::from(kept)).unwrap_or_default()
}

/// A sentiment as it is kept.
pub(super) fn mood(sentiment: Sentiment) -> &'static str {
    match sentiment {
        Sentiment::Negative => "-",
        Sentiment::Neutral => "=",
        Sentiment::Positive => "+",
    }
}

/// A sentiment read back.
pub(super) fn read_mood(kept: &str) -> Option<Sentiment> {
    Sentiment::ALL.into_iter().find(|sentiment| mood(*sentiment) == kept).or_else(|| Sentiment::of(kept))
}

/// An address as it is kept beside the native identifier of its post, which often stands in it. `find` reads it in SQL.
pub(super) fn link(link: &str, native_id: &str) -> String {
    let signs = [OWN_ID, SCHEME.0];
    if link.contains(signs) {
        // No browser sends them as they are either.
        return link.replace(OWN_ID, "%01").replace(SCHEME.0, "%02");
    }
    if native_id.contains(signs) {
        return link.to_owned();
    }
    let mut brief = String::with_capacity(link.len());
    let rest = match link.strip_prefix(SCHEME.1).filter(|_| !native_id.starts_with(SCHEME.1)) {
        Some(rest) => {
            brief.push(SCHEME.0);
            rest
        }
        None => link,
    };
    if native_id.len() < WORTH || native_id.len() > rest.len() {
        brief += rest;
    } else if let Some(before) = rest.strip_suffix(native_id) {
        // as nearly all do
        brief += before;
        brief.push(OWN_ID);
    } else {
        brief += &rest.replace(native_id, OWN_ID.encode_utf8(&mut [0; 4]));
    }
    brief
}

/// An address read back.
pub(super) fn read_link(kept: String, native_id: &str) -> String {
    if kept.contains([OWN_ID, SCHEME.0]) {
        kept.replace(SCHEME.0, SCHEME.1).replace(OWN_ID, native_id)
    } else {
        kept
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::intake::weigh::Weighed;

    #[test]
    fn the_usual_rule_is_usual() {
        assert_eq!(rule(&Weighed::default().relevance.rule), None);
    }

    #[test]
    fn tags_of_before_are_read() {
        for kept in [
            r#"[{"keyword":"Molivelle","field":"text","start":62,"end":71}]"#,
            r#"[["Molivelle","text",62,71]]"#,
            "t62 71 Molivelle",
        ] {
            let read = read_tags(kept, Said::default()).unwrap();
            assert_eq!(tags(&read, Said::default()).unwrap(), "t62 71 Molivelle");
        }
        assert!(read_tags("[]", Said::default()).unwrap().is_empty());
        for broken in ["", "t62 Molivelle", "q1 2 x", "[[1]]", "é1 2 x"] {
            assert!(read_tags(broken, Said::default()).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_keyword_that_stands_in_the_text_is_kept_once() {
        let said = Said { title: Some("Lu"), text: "chez Molivelle, MOLIVELLE" };
        let tag = |keyword: &str, field, start, end| Tag { keyword: keyword.to_owned(), field, start, end };
        let all = [
            tag("Molivelle", Field::Text, 5, 14),
            tag("Molivelle", Field::Text, 16, 25),
            tag("Lu", Field::Title, 0, 2),
            tag("Lu", Field::Summary, 0, 2),
        ];
        let kept = tags(&all, said).unwrap();
        assert_eq!(kept, "t5 14\nt16 25 Molivelle\nh0 2\ns0 2 Lu");
        assert_eq!(read_tags(&kept, said).unwrap(), all);
        assert!(read_tags(&kept, Said::default()).is_err());
    }

    #[test]
    fn kinds_and_sentiments_read_back() {
        for of in [Kind::Post, Kind::Reply, Kind::Repost, Kind::Quote, Kind::Comment, Kind::Article] {
            assert_eq!((read_kind(kind(of)), read_kind(of.as_str())), (of, of));
        }
        for of in Sentiment::ALL {
            assert_eq!((read_mood(mood(of)), read_mood(of.word())), (Some(of), Some(of)));
        }
    }

    #[test]
    fn addresses_are_short() {
        let short = |address, id| link(address, id).chars().count();
        assert_eq!(short("https://social.example/@ada/115000000000000001", "115000000000000001"), 22);
        assert_eq!(short("https://blog.example/1", "https://blog.example/1"), 1);
        assert_eq!(link("https://blog.example/\u{1}", "7"), "https://blog.example/%01");
    }

    proptest! {
        #[test]
        fn what_is_written_short_reads_back(
            all in prop::collection::vec(("(?s).{0,8}", 0..4_usize, 0..9_usize, 0..9_usize), 0..3), said in ".{0,6}|=",
        ) {
            let all: Vec<Tag> = all
                .into_iter()
                .map(|(keyword, field, start, end)| {
                    let field = [Field::Title, Field::Text, Field::Summary, Field::Alt][field];
                    Tag { keyword, field, start, end }
                })
                .collect();
            let said_of = Said { title: Some(&said), text: &said };
            prop_assert_eq!(&read_tags(&tags(&all, said_of).unwrap(), said_of).unwrap(), &all);
            prop_assume!(said != USUAL);
            let seen = |kept: Option<&str>| kept.unwrap_or(USUAL).to_owned();
            prop_assert_eq!(read_rule(seen(rule(&said))), said.clone());
            prop_assert_eq!(read_trace(seen(trace(&said, &all)), &all), said);
        }

        #[test]
        fn addresses_read_back(
            before in "(https://)?[a-z\u{1}\u{2}/]{0,6}", id in "[a\u{1}\u{2}1:/]{0,4}|https://a/", after in "[a1/]{0,4}",
        ) {
            let address = format!("{before}{id}{after}");
            prop_assume!(!address.contains([OWN_ID, SCHEME.0]));
            prop_assert_eq!(read_link(link(&address, &id), &id), address);
        }
    }
}
