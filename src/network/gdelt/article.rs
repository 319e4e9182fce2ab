//! One article as GDELT lists it: address, title, when it was seen, site, language, picture.

use serde_json::Value;
use url::Url;

use super::NAME;
use crate::html;
use crate::locale;
use crate::network::clean;
use crate::network::forum::{address, hash};
use crate::network::json::text;
use crate::post::{Author, Kind, Media, Post};
use crate::time::Time;

/// Parameters that only say where a click came from.
const NOISE: &[&str] = &["fbclid", "gclid", "mc_cid", "mc_eid"];

/// A moment as GDELT asks for it.
pub(super) fn stamp(time: Time) -> String {
    time.stamp().strftime("%Y%m%d%H%M%S").to_string()
}

/// A moment as GDELT tells it: `20260220T063400Z`, or fourteen digits.
fn moment(text: &str) -> Option<Time> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() != 14 {
        return Time::parse(text);
    }
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let (date, time) = ([part(0, 4), part(4, 6), part(6, 8)], [part(8, 10), part(10, 12), part(12, 14)]);
    Time::parse(&format!("{}T{}Z", date.join("-"), time.join(":")))
}

/// The JSON with what GDELT sometimes forgets to escape: single backslashes and control signs within texts.
pub(super) fn mended(body: &[u8]) -> Vec<u8> {
    if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
        return body.to_vec();
    }
    let mut out = Vec::with_capacity(body.len());
    let mut inside = false;
    let mut at = 0;
    while let Some(&byte) = body.get(at) {
        let next = body.get(at + 1).copied().unwrap_or_default();
        at += 1;
        match byte {
            b'"' => {
                inside = !inside;
                out.push(byte);
            }
            b'\\' if inside && b"\"\\/bfnrtu".contains(&next) => {
                let hex = body.get(at + 1..at + 5).is_some_and(|four| four.iter().all(u8::is_ascii_hexdigit));
                if next != b'u' || hex {
                    out.extend([byte, next]);
                    at += 1;
                }
            }
            b'\\' if inside => {}
            0..=0x1f if inside => out.push(b' '),
            _ => out.push(byte),
        }
    }
    out
}

/// The address as identity: the same article is found again under other clicks.
fn canonical(address: &str) -> String {
    let Ok(mut url) = Url::parse(address) else { return address.to_owned() };
    let noise = |key: &str| key.starts_with("utm_") || NOISE.contains(&key);
    url.set_fragment(None);
    if url.query_pairs().any(|(key, _)| noise(&key)) {
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(key, _)| !noise(key))
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect();
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
    }
    url.into()
}

/// One article.
pub(super) fn post(value: &Value) -> Post {
    let place = ["url", "url_mobile"].iter().find_map(|key| text(value, key)).and_then(address::kept);
    let mut post = Post::new(NAME, place.as_deref().map_or_else(|| hash(value), canonical));
    post.kind = Kind::Article;
    let host = place.as_deref().and_then(|place| Url::parse(place).ok()?.host_str().map(str::to_owned));
    let site = text(value, "domain").map(str::to_owned).or(host);
    let site =
        site.map(|site| site.trim_start_matches("www.").to_lowercase()).filter(|site| !site.is_empty());
    post.author = site.map(|site| Author {
        url: Some(format!("https://{site}")),
        handle: Some(site.clone()),
        native_id: site,
        ..Author::default()
    });
    post.permalink = place;
    post.title =
        text(value, "title").map(html::decode).and_then(|title| clean::some_line(&title, clean::LINE));
    // the search for sentences gives the one that was found
    let said = ["context", "sentence"].iter().find_map(|key| text(value, key));
    post.text = said.map(|said| clean::text(&html::to_text(said), clean::TEXT)).unwrap_or_default();
    post.lang = text(value, "language").map(|name| {
        locale::language(name).map_or_else(|| name.to_lowercase().replace(' ', ""), str::to_owned)
    });
    // where the site is, by its name in English
    post.country = text(value, "sourcecountry").and_then(locale::country).map(str::to_owned);
    post.published = ["seendate", "datetime", "date"].iter().find_map(|key| moment(text(value, key)?));
    let picture = text(value, "socialimage").and_then(address::kept);
    post.media = picture
        .map(|url| Media { url: Some(url), kind: Some("image".to_owned()), alt: None })
        .into_iter()
        .collect();
    post
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_addresses_are_read() {
        assert_eq!(moment("20260220T063400Z"), Time::parse("2026-02-20T06:34:00Z"));
        assert_eq!(moment("20260220063400"), Time::parse("2026-02-20T06:34:00Z"));
        assert_eq!(moment("2026"), None);
        assert_eq!(stamp(Time::parse("2026-02-20T06:34:00Z").unwrap()), "20260220063400");
        assert_eq!(canonical("https://A.example/x?utm_source=b&id=1#top"), "https://a.example/x?id=1");
    }

    #[test]
    fn forgotten_escapes_are_mended() {
        let read =
            |body: &[u8]| serde_json::from_slice::<Value>(&mended(body)).map(|value| value["a"].clone());
        assert_eq!(read(b"{\"a\":\"one \\' two \\q\"}").unwrap(), "one ' two q");
        assert_eq!(read(b"{\"a\":\"one\ttwo\nthree\"}").unwrap(), "one two three");
        assert_eq!(read(b"{\"a\":\"whole \\\"words\\\" \\u00e9\"}").unwrap(), "whole \"words\" \u{e9}");
        read(b"{\"a\":\"cut \\").unwrap_err();
    }
}
