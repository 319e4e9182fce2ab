//! What posts and profiles of X have in common in every vocabulary: their words, links, tags and pictures.

use serde_json::Value;

use crate::network::clean::{self, LINE, TEXT};
use crate::network::json::{self, list, text};
use crate::network::link;
use crate::post::Media;
use crate::time::Time;

/// Links, tags or names kept of one post: a long post has room for some hundreds.
const MOST: usize = 1_000;
/// The dates of version 1.1.
const OLD_DATE: &str = "%a %b %d %H:%M:%S %z %Y";

/// The value of the first of these names that is there: X has two vocabularies.
pub(super) fn either<'a>(value: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| value.get(name).filter(|found| !found.is_null()))
}

/// The count under the first of these names.
pub(super) fn count(value: &Value, names: &[&str]) -> Option<i64> {
    names.iter().find_map(|name| json::number(value, name))
}

/// A count that is never negative.
pub(super) fn size(value: &Value, names: &[&str]) -> Option<u64> {
    u64::try_from(count(value, names)?).ok()
}

/// Text as people read it: X escapes three characters, and only these.
fn unescaped(raw: &str) -> String {
    let plain = raw.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    plain.replace("&amp;", "&")
}

/// The text of a post or profile.
pub(super) fn words(raw: &str) -> String {
    clean::text(&unescaped(raw), TEXT)
}

/// A single line, such as a name.
pub(super) fn line(value: &Value, key: &str) -> Option<String> {
    clean::some_line(&unescaped(text(value, key)?), LINE)
}

/// A moment in either of the two forms of date.
pub(super) fn time(value: &Value, key: &str) -> Option<Time> {
    let said = text(value, key)?;
    Time::parse(said).or_else(|| Some(Time(jiff::Timestamp::strptime(OLD_DATE, said).ok()?.as_millisecond())))
}

/// What the entities of a text say.
#[derive(Debug, Default)]
pub(super) struct Entities {
    /// Where its links lead.
    pub(super) links: Vec<String>,
    /// Its hashtags.
    pub(super) hashtags: Vec<String>,
    /// Names of the accounts it names.
    pub(super) named: Vec<String>,
    /// Titles of the pages it links to.
    pub(super) titles: Vec<String>,
}

impl Entities {
    /// Adds what an `entities` object says, in the words of any version.
    pub(super) fn add(&mut self, entities: &Value) {
        for url in list(entities, "urls").iter().filter(|url| !is_own_media(url)) {
            let targets = ["expanded_url", "unwound_url"].map(|key| text(url, key).and_then(link::kept));
            let mut targets: Vec<String> = targets.into_iter().flatten().collect();
            let unwound = || link::kept(text(url.get("unwound")?, "url")?);
            targets.extend(unwound());
            if targets.is_empty() {
                targets.extend(text(url, "url").and_then(link::kept));
            }
            push_new(&mut self.links, targets);
            push_new(&mut self.titles, line(url, "title"));
        }
        let tags = list(entities, "hashtags").iter();
        push_new(&mut self.hashtags, tags.filter_map(|tag| line(tag, "tag").or_else(|| line(tag, "text"))));
        let named = list(entities, "mentions").iter().chain(list(entities, "user_mentions"));
        let name = |one: &Value| line(one, "username").or_else(|| line(one, "screen_name"));
        push_new(&mut self.named, named.filter_map(name));
    }
}

/// Adds what is not there yet, in order.
pub(super) fn push_new(list: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    for one in more {
        if list.len() < MOST && !list.contains(&one) {
            list.push(one);
        }
    }
}

/// A link that X itself adds for an attached picture or video.
fn is_own_media(url: &Value) -> bool {
    let shown = text(url, "display_url").unwrap_or_default();
    url.get("media_key").is_some() || shown.starts_with("pic.twitter.com/") || shown.starts_with("pic.x.com/")
}

/// An attachment, in the words of any version.
pub(super) fn media(value: &Value) -> Media {
    let variants = list(value, "variants").iter();
    let older = value.get("video_info").map_or(&[][..], |info| list(info, "variants"));
    // the best film, not the list of its parts
    let best = variants
        .chain(older)
        .filter(|variant| text(variant, "content_type").is_none_or(|kind| kind.starts_with("video/")))
        .max_by_key(|variant| count(variant, &["bit_rate", "bitrate"]).unwrap_or(0))
        .and_then(|variant| text(variant, "url"));
    let still = ["media_url_https", "media_url", "url", "preview_image_url"];
    let address = best.or_else(|| still.iter().find_map(|key| text(value, key)));
    let alt = text(value, "alt_text").or_else(|| text(value, "ext_alt_text"));
    Media {
        url: address.and_then(link::kept),
        kind: line(value, "type"),
        alt: alt.map(words).filter(|alt| !alt.is_empty()),
    }
}

/// A language that says something: X writes `und`, `zxx` and its own `q..` where it does not know one.
pub(super) fn language(value: &Value) -> Option<String> {
    let said = line(value, "lang")?;
    let unknown = matches!(said.as_str(), "und" | "zxx" | "mis" | "mul" | "art")
        || (said.len() == 3 && said.starts_with('q'));
    (!unknown).then_some(said)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_dates_are_read() {
        let of = |text: &str| time(&json!({ "at": text }), "at").map(|time| time.to_string());
        assert_eq!(of("2022-05-12T17:00:00.000Z").as_deref(), Some("2022-05-12T17:00:00.000Z"));
        assert_eq!(of("Mon Oct 03 17:39:02 +0000 2022").as_deref(), Some("2022-10-03T17:39:02.000Z"));
        assert_eq!(of("yesterday"), None);
    }

    #[test]
    fn escaped_characters_are_decoded_once() {
        assert_eq!(words("a &lt;3 b &amp;amp; c &amp;lt; &copy;"), "a <3 b &amp; c &lt; &copy;");
    }

    #[test]
    fn unknown_languages_are_none() {
        let of = |lang: &str| language(&json!({ "lang": lang }));
        assert_eq!(of("fr").as_deref(), Some("fr"));
        assert_eq!(of("und").or(of("qme")).or(of("zxx")).or(of("")), None);
    }
}
