//! Which entry it is and where it stands: identifiers and addresses of entries and feeds.

use url::Url;

use super::element::Element;
use super::entry::resolve;
use super::space::Space;
use super::xml::Around;
use crate::network::clean;

/// The identifier that the entry says it has.
pub(super) fn identity(item: &Element, around: &Around<'_>) -> Option<String> {
    let said = item.children.iter().find(|child| {
        child.space == Space::Core
            && matches!(child.name.as_str(), "id" | "guid")
            && !child.text.trim().is_empty()
    });
    let Some(said) = said else {
        let about = item.attribute("rdf:about").filter(|about| !about.is_empty())?;
        return clean::some_line(about, usize::MAX);
    };
    let id = clean::some_line(&said.text, usize::MAX)?;
    // an identifier is what it is, but a relative address is only half of one
    let relative = id.starts_with('/') || (said.name == "id" && id.contains('/') && !id.contains(':'));
    let verbatim = said.attribute("ispermalink").is_some_and(|is| is.eq_ignore_ascii_case("false"));
    if relative && !verbatim && Url::parse(&id).is_err() { resolve(around.base(said), &id) } else { Some(id) }
}

/// The child link with this relation.
pub(super) fn linked<'a>(element: &'a Element, relation: &str) -> Option<&'a Element> {
    element.all(Space::Core, "link").find(|link| {
        link.attribute("rel") == Some(relation) && link.attribute("href").is_some_and(|href| !href.is_empty())
    })
}

/// The address that a person can open.
pub(super) fn link_of(element: &Element, around: &Around<'_>) -> Option<String> {
    let alternate = |link: &&Element| {
        let relation = link.attribute("rel").unwrap_or("alternate").to_lowercase();
        (relation.is_empty() || relation == "alternate" || relation.ends_with("/alternate"))
            && link.attribute("href").is_some_and(|href| !href.is_empty())
    };
    let page = |link: &&Element| {
        let kind = link.attribute("type").unwrap_or("text/html").to_lowercase();
        kind.contains("html")
    };
    let absolute = |link: &Element, address: &str| resolve(around.base(link), address);
    let links = || element.all(Space::Core, "link");
    let found = links().filter(alternate).find(page);
    let said = links().find(|link| !link.text.trim().is_empty() && !link.markup);
    if let Some(link) = found {
        return absolute(link, link.attribute("href")?);
    }
    if let Some(link) = said {
        return absolute(link, &link.text);
    }
    if let Some(link) = links().find(alternate) {
        return absolute(link, link.attribute("href")?);
    }
    let guid = element.words(Space::Core, "guid").zip(element.first(Space::Core, "guid"));
    if let Some((guid, said)) = guid {
        let permanent = said.attribute("ispermalink").map(str::to_lowercase);
        let address = guid.starts_with("http://") || guid.starts_with("https://");
        match permanent.as_deref() {
            Some("true") => return absolute(said, guid),
            None if address => return Some(guid.to_owned()),
            _ => {}
        }
    }
    let about = element
        .attribute("rdf:about")
        .or_else(|| element.first(Space::Core, "link")?.attribute("rdf:resource"));
    about.filter(|about| about.starts_with("http")).map(str::to_owned)
}

/// The identifier of an entry without a link, where it is the address of a page.
pub(super) fn page_by_id(item: &Element) -> Option<String> {
    let id = item.words(Space::Core, "id")?;
    let page = id.starts_with("http://") || id.starts_with("https://");
    page.then(|| clean::some_line(id, clean::LINE)).flatten()
}

/// What the entry is about, where it stands elsewhere: linked lists, and feeds that count clicks.
pub(super) fn elsewhere(item: &Element, around: &Around<'_>) -> Vec<String> {
    let related = item.all(Space::Core, "link").filter(|link| {
        let relation = link.attribute("rel").unwrap_or_default();
        relation.eq_ignore_ascii_case("related") || relation.eq_ignore_ascii_case("via")
    });
    let related = related.filter_map(|link| resolve(around.base(link), link.attribute("href")?));
    let original = item.words(Space::FeedBurner, "origlink").and_then(|link| resolve(None, link));
    related.chain(original).collect()
}
