//! Searches of Google: news, whose titles end with the publisher, and alerts, whose links lead through Google.

use url::Url;

use super::super::entry::{Entry, Person, Words, domain};
use crate::network::clean;

/// A result of Google News. Its description lists what others wrote on the subject: not its own words.
pub(super) fn news(entry: &mut Entry) {
    entry.text = None;
    entry.summary = None;
    let Some(publisher) = entry.source.take() else { return };
    if let (Some(title), Some(name)) = (&mut entry.title, publisher.name.as_deref()) {
        let plain = clean::line(&title.text(), clean::LINE);
        let short = plain.strip_suffix(name).and_then(|title| {
            let title = title.trim_end();
            Some(title.strip_suffix(['-', '–', '—', '|'])?.trim_end())
        });
        if let Some(short) = short.filter(|short| !short.is_empty()) {
            *title = Words { raw: short.to_owned(), html: false, base: None };
        }
    }
    entry.author = Some(published(publisher));
}

/// A publication as the author of what it published.
fn published(publisher: Person) -> Person {
    let handle = publisher.uri.as_deref().and_then(domain);
    Person { handle, ..publisher }
}

/// A result of an alert: the address behind Google's, and nobody but its site as author.
pub(super) fn alert(entry: &mut Entry) {
    if let Some(target) = entry.link.as_deref().and_then(target) {
        entry.link = Some(target);
    }
    let named = entry.author.as_ref().is_some_and(|author| author.name.is_some());
    if !named && let Some(site) = entry.link.as_deref().and_then(domain) {
        let uri = Url::parse(entry.link.as_deref().unwrap_or_default())
            .ok()
            .map(|link| format!("{}://{}", link.scheme(), link.host_str().unwrap_or_default()));
        let handle = Some(site.clone());
        entry.author = Some(Person { name: Some(site), uri, handle, ..Person::default() });
    }
}

/// Where a link through Google leads.
fn target(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    let host = url.host_str()?;
    let google = host.split('.').rev().nth(1) == Some("google") || host.contains(".google.");
    if !google || url.path() != "/url" {
        return None;
    }
    let (_, target) = url.query_pairs().find(|(key, _)| matches!(key.as_ref(), "url" | "q"))?;
    let target = Url::parse(&target).ok()?;
    matches!(target.scheme(), "http" | "https").then(|| target.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_through_google_are_unwrapped() {
        for (link, expected) in [
            (
                "https://www.google.com/url?rct=j&sa=t&url=https://velora.example/a%3Fb%3D1&ct=ga&usg=x",
                Some("https://velora.example/a?b=1"),
            ),
            ("https://www.google.fr/url?q=https://velora.example/", Some("https://velora.example/")),
            ("https://www.google.com/url?url=javascript:x()", None),
            ("https://velora.example/url?url=https://brume.example/", None),
            ("https://www.google.com/search?q=https://velora.example/", None),
        ] {
            assert_eq!(target(link).as_deref(), expected, "{link}");
        }
    }
}
