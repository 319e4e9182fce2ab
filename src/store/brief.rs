//! What most mentions have in common, written short: ten million rows of it are gigabytes.

use super::StoreError;
use crate::matcher::{Field, Tag};

/// The rule of nearly all mentions.
const USUAL_RULE: &str = "the name means nothing else";
/// Stands for [`USUAL_RULE`], and for a trace that is the keyword of the first tag.
const USUAL: &str = "=";

/// Tags as they are kept: keyword, field, start, end.
pub(super) fn tags(tags: &[Tag]) -> Result<String, StoreError> {
    let brief: Vec<(&str, Field, usize, usize)> =
        tags.iter().map(|tag| (tag.keyword.as_str(), tag.field, tag.start, tag.end)).collect();
    serde_json::to_string(&brief).map_err(|source| StoreError::Stored { what: "tags", source })
}

/// Tags read back; stores of before have them with the names of their parts.
pub(super) fn read_tags(kept: &str) -> Result<Vec<Tag>, StoreError> {
    let wrong = |source| StoreError::Stored { what: "tags", source };
    if kept.starts_with("[{") {
        return serde_json::from_str(kept).map_err(wrong);
    }
    let brief: Vec<(String, Field, usize, usize)> = serde_json::from_str(kept).map_err(wrong)?;
    Ok(brief.into_iter().map(|(keyword, field, start, end)| Tag { keyword, field, start, end }).collect())
}

/// A rule as it is kept.
pub(super) fn rule(rule: &str) -> &str {
    if rule == USUAL_RULE { USUAL } else { rule }
}

/// A rule read back.
pub(super) fn read_rule(kept: String) -> String {
    if kept == USUAL { USUAL_RULE.to_owned() } else { kept }
}

/// A trace as it is kept beside these tags.
pub(super) fn trace<'a>(trace: &'a str, tags: &[Tag]) -> &'a str {
    if tags.first().is_some_and(|tag| tag.keyword == trace) { USUAL } else { trace }
}

/// A trace read back beside its tags.
pub(super) fn read_trace(kept: String, tags: &[Tag]) -> String {
    match tags.first() {
        Some(tag) if kept == USUAL => tag.keyword.clone(),
        _ => kept,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::intake::weigh::Weighed;

    #[test]
    fn the_usual_rule_is_usual() {
        assert_eq!(rule(&Weighed::default().relevance.rule), USUAL);
    }

    #[test]
    fn tags_of_before_are_read() {
        let kept = r#"[{"keyword":"Molivelle","field":"text","start":62,"end":71}]"#;
        let read = read_tags(kept).unwrap();
        assert_eq!(tags(&read).unwrap(), r#"[["Molivelle","text",62,71]]"#);
    }

    proptest! {
        #[test]
        fn what_is_written_short_reads_back(
            all in prop::collection::vec((".{0,8}", 0..9_usize, 0..9_usize), 0..3), said in ".{0,6}|=",
        ) {
            let all: Vec<Tag> = all
                .into_iter()
                .map(|(keyword, start, end)| Tag { keyword, field: Field::Alt, start, end })
                .collect();
            prop_assert_eq!(&read_tags(&tags(&all).unwrap()).unwrap(), &all);
            prop_assume!(said != USUAL);
            prop_assert_eq!(read_rule(rule(&said).to_owned()), said.clone());
            prop_assert_eq!(read_trace(trace(&said, &all).to_owned(), &all), said);
        }
    }
}
