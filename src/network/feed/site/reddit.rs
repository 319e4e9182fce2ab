//! Reddit: posts and comments as Atom, whose content ends with a line that Reddit added.

use url::Url;

use super::super::entry::Entry;
use super::{is_of, raw, set_text};
use crate::html;
use crate::post::Kind;

/// Whether an id is the full name of a post or comment: `t3_1abc`, `t1_k2d3`.
pub(super) fn is_name(id: &str) -> bool {
    let rest = id.strip_prefix("t3_").or_else(|| id.strip_prefix("t1_"));
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|one| one.is_ascii_alphanumeric()))
}

/// Whether an address leads into Reddit.
pub(super) fn is_link(link: &str) -> bool {
    let url = Url::parse(link).ok();
    url.is_some_and(|url| url.host_str().is_some_and(|host| is_of(host, "reddit.com")))
}

/// One post or comment.
pub(super) fn entry(entry: &mut Entry) {
    let comment = entry.id.as_deref().is_some_and(|id| id.starts_with("t1_"));
    entry.kind = if comment { Kind::Comment } else { Kind::Post };
    if comment {
        entry.root = entry.link.as_deref().and_then(root);
        // its title only repeats who answered what
    }
    if let Some(author) = &mut entry.author {
        let name = author.name.as_deref().map(|name| name.trim_start_matches("/u/").trim_start_matches("u/"));
        author.id = name.map(str::to_owned);
        author.handle = name.map(str::to_owned);
    }
    // a subreddit stands there as `name` and as `r/name`
    entry.categories.retain(|category| !category.starts_with("r/"));
    let whole = raw(entry).to_owned();
    let (body, added) = split(&whole);
    // the words of a link follow its address
    let target = added.split_once("[link]").and_then(|(before, _)| html::read(before).links.pop());
    entry.links.extend(target.filter(|target| Some(target) != entry.link.as_ref()));
    let body = own_words(body);
    let words = html::to_text(body);
    entry.gone = matches!(words.trim(), "[deleted]" | "[removed]" | "[ Removed by Reddit ]");
    set_text(entry, body);
}

/// The body, and the line that Reddit adds.
fn split(content: &str) -> (&str, &str) {
    let at = content.rfind("submitted by").filter(|at| {
        // people write these words too; Reddit's are followed by a link to a person
        content.get(*at..).is_some_and(|rest| rest.contains("/user/") || rest.contains("/u/"))
    });
    match at {
        Some(at) => content.split_at_checked(at).unwrap_or((content, "")),
        None => (content, ""),
    }
}

/// The body without the marks around it and without the preview of the target.
fn own_words(body: &str) -> &str {
    let body = body.trim().trim_end_matches("&#32;").trim();
    let inner = body.split_once("<!-- SC_OFF -->").map_or(body, |(before, inner)| {
        // a preview stands in a table before the words
        if before.contains("<table") { inner } else { body }
    });
    let inner = inner.split_once("<!-- SC_ON -->").map_or(inner, |(inner, _)| inner);
    // a preview alone is no text
    if inner.trim_start().starts_with("<table") && !inner.contains("class=\"md\"") { "" } else { inner }
}

/// The full name of the post under which a comment stands.
fn root(link: &str) -> Option<String> {
    let (_, rest) = link.split_once("/comments/")?;
    let id = rest.split('/').next().filter(|id| !id.is_empty())?;
    Some(format!("t3_{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_reddit_adds_is_no_part_of_the_body() {
        let added = "submitted by &#32; <a href=\"https://www.reddit.com/user/ana\"> /u/ana </a>";
        let content = format!(
            "<!-- SC_OFF --><div class=\"md\"><p>submitted by mail</p></div><!-- SC_ON --> &#32; {added}"
        );
        let (body, rest) = split(&content);
        assert_eq!((html::to_text(own_words(body)).as_str(), rest), ("submitted by mail", added));
        let preview = "<table> <tr><td> <a href=\"x\"> <img src=\"y\" alt=\"t\" /> </a> </td><td> &#32; ";
        assert_eq!(own_words(preview), "");
        assert_eq!(split("<p>submitted by mail</p>"), ("<p>submitted by mail</p>", ""));
    }

    #[test]
    fn names_are_recognised() {
        assert!(
            is_name("t3_1abc")
                && is_name("t1_k2")
                && !is_name("t5_x")
                && !is_name("t3_")
                && !is_name("t3_a b")
        );
        assert_eq!(
            root("https://www.reddit.com/r/velora/comments/1abc/titre/k2/").as_deref(),
            Some("t3_1abc")
        );
    }
}
