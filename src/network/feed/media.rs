//! What a feed attaches to its entries: enclosures, Media RSS, podcast pictures.

use super::element::Element;
use super::space::Space;
use crate::network::clean;
use crate::post::{Counts, Media};

/// The item's groups of media, if it has any, at both depths in use.
pub(super) fn groups(item: &Element) -> impl Iterator<Item = &Element> {
    let direct = item.all(Space::Media, "group");
    let nested = item.all(Space::Media, "group").flat_map(|group| group.all(Space::Media, "content"));
    direct.chain(nested).chain(item.all(Space::Media, "content"))
}

/// How often a video was seen and, on YouTube, liked: `starRating` counts likes since dislikes are hidden (2021).
pub(super) fn counts(item: &Element, video: bool) -> Counts {
    let community = || {
        let nested = groups(item).flat_map(|group| group.all(Space::Media, "community"));
        nested.chain(item.all(Space::Media, "community"))
    };
    let figure = |name: &'static str, attribute: &'static str| {
        let mut found = community().flat_map(|community| community.all(Space::Media, name));
        found.find_map(|figures| figures.attribute(attribute)?.parse().ok())
    };
    Counts {
        views: figure("statistics", "views"),
        likes: figure("starrating", "count").filter(|_| video),
        ..Counts::default()
    }
}

/// Whether an address ends like that of a picture.
fn is_picture(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url).to_lowercase();
    [".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"].iter().any(|end| path.ends_with(end))
}

/// All attachments, each address once.
pub(super) fn of(item: &Element, resolve: impl Fn(&Element, &str) -> Option<String>) -> Vec<Media> {
    let mut found: Vec<Media> = Vec::new();
    let holders = std::iter::once(item).chain(groups(item));
    for element in holders.flat_map(|holder| holder.children.iter()) {
        let (address, default) = match (element.space, element.name.as_str()) {
            (Space::Core, "enclosure") => {
                (element.attribute("url").or_else(|| element.attribute("href")), None)
            }
            (Space::Core, "link") if element.attribute("rel") == Some("enclosure") => {
                (element.attribute("href"), None)
            }
            (Space::Core, "content") => (element.attribute("src"), None),
            (Space::Media, "content") => (element.attribute("url"), None),
            (Space::Media, "thumbnail") => (element.attribute("url"), Some("image")),
            (Space::Core, "image") => {
                let words = Some(element.text.trim()).filter(|words| words.starts_with("http"));
                (
                    element.words(Space::Core, "url").or(words).or_else(|| element.attribute("href")),
                    Some("image"),
                )
            }
            (Space::Itunes, "image") => (element.attribute("href"), Some("image")),
            _ => continue,
        };
        let Some(url) = address.filter(|url| !url.is_empty()).and_then(|url| resolve(element, url)) else {
            continue;
        };
        if !found.iter().any(|known| known.url.as_deref() == Some(&url)) {
            let said = element.attribute("type").or_else(|| element.attribute("medium"));
            let kind = said
                .filter(|kind| !kind.is_empty())
                .or(default)
                .or_else(|| is_picture(&url).then_some("image"));
            let alt =
                element.words(Space::Media, "description").or_else(|| element.words(Space::Media, "title"));
            found.push(Media {
                url: Some(url),
                kind: kind.and_then(|kind| clean::some_line(kind, 100)),
                alt: alt.and_then(|alt| clean::some_line(alt, clean::LINE)),
            });
        }
    }
    found
}
