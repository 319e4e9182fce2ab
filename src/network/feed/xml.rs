//! RSS and Atom of all versions: from the tree of elements to what the feed says.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use url::Url;

use super::element::Element;
use super::entry::{Entry, Feed, Person, Words, resolve};
use super::space::Space;
use super::tree::Tree;
use super::{date, markup, media, pause};
use crate::network::clean;
use crate::post::Counts;
use crate::time::Time;

/// Padding is often lost on the way.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where relative addresses and missing words come from.
struct Around<'a> {
    /// The address of the site, else of the feed.
    base: Option<Url>,
    /// The language of the whole feed.
    lang: Option<String>,
    /// Atom says whether text is markup; elsewhere one has to look.
    atom: bool,
    metas: Vec<&'a Element>,
}

/// Understands a tree. `address` is where the document was, `lang` what HTTP said of its language.
pub(super) fn read(tree: &Tree, address: Option<&Url>, lang: Option<&str>, seen: Time) -> Feed {
    let metas = tree.root.as_ref().map(metas).unwrap_or_default();
    let atom = metas.first().copied().or(tree.items.first());
    let atom = atom.is_some_and(|first| matches!(first.name.as_str(), "feed" | "entry"));
    let mut around = Around { base: address.cloned(), lang: None, atom, metas };
    if around.base.is_none() {
        let own = around.metas.iter().find_map(|meta| linked(meta, "self"));
        around.base = own.and_then(|own| Url::parse(own.attribute("href")?).ok());
    }
    let link = around.metas.iter().find_map(|meta| link_of(meta, &around));
    // a site's own address is the better base: feeds are often served by somebody else
    if let Some(site) =
        link.as_deref().and_then(|link| Url::parse(link).ok()).filter(|site| !site.cannot_be_a_base())
    {
        around.base = Some(site);
    }
    around.lang = around.feed_lang().or_else(|| lang.and_then(language));
    let title = around.metas.iter().find_map(|meta| words(meta.first(Space::Core, "title")?, &around));
    Feed {
        title: title.and_then(|title| clean::some_line(&title.text(), clean::LINE)),
        link,
        author: around.metas.iter().find_map(|meta| person_of(meta, FEED_AUTHORS)),
        entries: tree.items.iter().map(|item| entry(item, &around)).collect(),
        beyond: tree.beyond,
        pause: pause::of(&around.metas),
        rest: pause::skipped(&around.metas, seen),
    }
}

/// The elements that speak for the whole feed: the root and its channel.
fn metas(root: &Element) -> Vec<&Element> {
    let mut metas = vec![root];
    let mut at = 0;
    while let Some(element) = metas.get(at).copied() {
        let inner = |child: &&Element| {
            matches!(child.name.as_str(), "channel" | "rss" | "feed" | "rdf") && child.space != Space::Other
        };
        metas.extend(element.children.iter().filter(inner).take(8));
        at = at.saturating_add(1);
        if at > 16 {
            break;
        }
    }
    // a wrapper has no name of its own worth knowing
    metas.retain(|meta| meta.name != "rss" || !meta.children.is_empty());
    metas
}

impl Around<'_> {
    fn base<'a>(&'a self, element: &'a Element) -> Option<&'a Url> {
        element.base.as_deref().or(self.base.as_ref())
    }

    fn feed_lang(&self) -> Option<String> {
        let declared = self.metas.iter().rev().find_map(|meta| language(&meta.lang.as_ref()?.tag));
        declared.or_else(|| {
            self.metas.iter().find_map(|meta| {
                language(
                    meta.words(Space::Core, "language").or_else(|| meta.words(Space::Dublin, "language"))?,
                )
            })
        })
    }
}

/// A language tag, if it may be one.
fn language(raw: &str) -> Option<String> {
    let tag = raw.trim().replace('_', "-");
    let tag = tag.split(',').next().unwrap_or_default().trim();
    let plausible =
        (2..=35).contains(&tag.len()) && tag.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'-');
    plausible.then(|| tag.to_owned())
}

impl Words {
    /// The words without markup.
    fn text(&self) -> String {
        if self.html { crate::html::to_text(&self.raw) } else { self.raw.clone() }
    }
}

/// The text of an element, as its type says; none when it is empty.
fn words(element: &Element, around: &Around<'_>) -> Option<Words> {
    let kind = element.attribute("type").unwrap_or_default().to_lowercase();
    let mode = element.attribute("mode").unwrap_or_default();
    let mut raw = element.text.trim().to_owned();
    let typed_text = kind.is_empty()
        || matches!(kind.as_str(), "text" | "html" | "xhtml" | "plain")
        || kind.starts_with("text/")
        || kind.starts_with("multipart/")
        || kind.ends_with("xml")
        || !kind.contains('/');
    let encoded = mode == "base64" || (mode.is_empty() && !typed_text && !element.markup);
    if encoded {
        let packed: String = raw.split_whitespace().collect();
        let unpacked = BASE64.decode(packed).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        raw = unpacked.map_or(raw, |text| text.trim().to_owned());
    }
    let html = match kind.as_str() {
        _ if element.markup => true,
        "html" | "xhtml" | "text/html" => true,
        _ if kind.ends_with("xhtml+xml") => true,
        "text" | "plain" | "text/plain" => false,
        "" if around.atom && element.space == Space::Core && mode != "escaped" => false,
        _ => markup::is_likely(&raw),
    };
    (!raw.is_empty()).then(|| Words { raw, html, base: around.base(element).cloned() })
}

/// The first of these children that says something.
fn words_of(item: &Element, names: &[(Space, &'static str)], around: &Around<'_>) -> Option<Words> {
    names.iter().find_map(|(space, name)| item.all(*space, name).find_map(|child| words(child, around)))
}

fn entry(item: &Element, around: &Around<'_>) -> Entry {
    let (text, summary) = texts(item, around);
    let title = words_of(
        item,
        &[
            (Space::Core, "title"),
            (Space::Dublin, "title"),
            (Space::Media, "title"),
            (Space::Itunes, "title"),
        ],
        around,
    )
    .or_else(|| media::groups(item).find_map(|group| words_of(group, &[(Space::Media, "title")], around)));
    let (published, edited) = dates(item);
    let counted = |space, name| item.words(space, name).and_then(|count| count.parse::<i64>().ok());
    let replies = counted(Space::Slash, "comments").or_else(|| counted(Space::Thread, "total"));
    Entry {
        id: identity(item, around),
        link: link_of(item, around),
        title,
        text,
        summary,
        author: person_of(item, AUTHORS)
            .or_else(|| item.first(Space::Core, "source").and_then(|source| person_of(source, AUTHORS))),
        lang: entry_lang(item, around),
        published,
        edited,
        reply_to: item
            .first(Space::Thread, "in-reply-to")
            .and_then(|parent| parent.attribute("ref"))
            .and_then(|parent| clean::some_line(parent, clean::LINE)),
        video: item.first(Space::YouTube, "videoid").is_some(),
        counts: Counts { replies, views: media::views(item), ..Counts::default() },
        media: media::of(item, |element, url| resolve(around.base(element), url)),
        categories: categories(item),
    }
}

/// The text and, beside it, the summary.
fn texts(item: &Element, around: &Around<'_>) -> (Option<Words>, Option<Words>) {
    const FULL: &[(Space, &str)] = &[
        (Space::Content, "encoded"),
        (Space::Core, "content"),
        (Space::Xhtml, "body"),
        (Space::Xhtml, "div"),
        (Space::Core, "body"),
        (Space::Core, "fullitem"),
    ];
    const SHORT: &[(Space, &str)] = &[
        (Space::Itunes, "summary"),
        (Space::Dublin, "description"),
        (Space::DublinTerms, "abstract"),
        (Space::Media, "description"),
        (Space::Itunes, "subtitle"),
    ];
    let full = words_of(item, FULL, around);
    let told = |child: &&Element| {
        child.space == Space::Core && matches!(child.name.as_str(), "description" | "summary" | "tagline")
    };
    let mut short = item.children.iter().filter(told).filter_map(|child| words(child, around));
    let first = short.next();
    let summary = first.or_else(|| words_of(item, SHORT, around)).or_else(|| {
        media::groups(item).find_map(|group| words_of(group, &[(Space::Media, "description")], around))
    });
    match full {
        Some(full) => (Some(full), summary),
        // where a feed gives two, the second is the long one
        None => (short.next(), summary),
    }
}

/// When it was published and last changed.
fn dates(item: &Element) -> (Option<Time>, Option<Time>) {
    let first = |names: &[(Space, &'static str)]| {
        names
            .iter()
            .find_map(|(space, name)| item.all(*space, name).find_map(|child| date::read(&child.text)))
    };
    let published = first(&[
        (Space::Core, "published"),
        (Space::Core, "pubdate"),
        (Space::Core, "issued"),
        (Space::DublinTerms, "issued"),
        (Space::DublinTerms, "available"),
        (Space::Core, "date"),
    ]);
    let created = first(&[(Space::Core, "created"), (Space::DublinTerms, "created")]);
    let changed = first(&[
        (Space::Core, "updated"),
        (Space::Core, "modified"),
        (Space::DublinTerms, "modified"),
        (Space::Dublin, "date"),
    ]);
    // Dublin Core's plain date is publication where nothing else is
    (published.or(created).or_else(|| first(&[(Space::Dublin, "date")])), changed)
}

fn identity(item: &Element, around: &Around<'_>) -> Option<String> {
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
fn linked<'a>(element: &'a Element, relation: &str) -> Option<&'a Element> {
    element.all(Space::Core, "link").find(|link| {
        link.attribute("rel") == Some(relation) && link.attribute("href").is_some_and(|href| !href.is_empty())
    })
}

/// The address that a person can open.
fn link_of(element: &Element, around: &Around<'_>) -> Option<String> {
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

fn entry_lang(item: &Element, around: &Around<'_>) -> Option<String> {
    const TEXTS: &[(Space, &str)] = &[
        (Space::Content, "encoded"),
        (Space::Core, "content"),
        (Space::Xhtml, "body"),
        (Space::Core, "summary"),
        (Space::Core, "description"),
        (Space::Core, "title"),
    ];
    let inside = TEXTS.iter().find_map(|(space, name)| item.first(*space, name)?.lang.as_ref());
    if let Some(own) = inside.filter(|lang| lang.own).or(item.lang.as_ref().filter(|lang| lang.own)) {
        // an empty tag takes back what the feed says
        return language(&own.tag);
    }
    let said = item.words(Space::Dublin, "language").or_else(|| item.words(Space::Core, "language"));
    said.and_then(language).or_else(|| around.lang.clone())
}

const AUTHORS: &[(Space, &str)] = &[
    (Space::Core, "author"),
    (Space::Dublin, "creator"),
    (Space::Dublin, "author"),
    (Space::Itunes, "author"),
];
const FEED_AUTHORS: &[(Space, &str)] = &[
    (Space::Core, "author"),
    (Space::Dublin, "creator"),
    (Space::Dublin, "author"),
    (Space::Core, "managingeditor"),
    (Space::Itunes, "author"),
];

fn person_of(element: &Element, names: &[(Space, &'static str)]) -> Option<Person> {
    names.iter().find_map(|(space, name)| element.all(*space, name).find_map(person))
}

fn person(element: &Element) -> Option<Person> {
    let part = |names: &[&'static str]| {
        names.iter().find_map(|name| element.words(Space::Core, name)).map(str::to_owned)
    };
    let uri = part(&["uri", "url", "homepage"]);
    let whole = part(&["name"]).or_else(|| part(&["email"])).or_else(|| {
        let text = if element.markup { crate::html::to_text(&element.text) } else { element.text.clone() };
        Some(text).filter(|text| !text.trim().is_empty())
    });
    let name = whole.as_deref().and_then(name_in);
    (name.is_some() || uri.is_some())
        .then_some(Person { name, uri: uri.and_then(|uri| clean::some_line(&uri, clean::LINE)) })
}

/// The name in `mail (Name)`, `Name (mail)`, `Name <mail>` or plain words; the mail address if it is all.
pub(super) fn name_in(raw: &str) -> Option<String> {
    let raw = if markup::is_likely(raw) { crate::html::to_text(raw) } else { raw.to_owned() };
    let raw = clean::some_line(&raw, 200)?;
    let is_mail = |part: &str| part.contains('@') && !part.trim().contains(' ');
    for (open, close) in [('(', ')'), ('<', '>'), ('[', ']')] {
        let Some((outside, inside)) = raw.split_once(open) else { continue };
        let inside = inside.trim_end().trim_end_matches(close).trim();
        let outside = outside.trim().trim_matches('"');
        if is_mail(outside) && !inside.is_empty() {
            return Some(inside.to_owned());
        }
        if is_mail(inside) && !outside.is_empty() {
            return Some(outside.to_owned());
        }
    }
    let words: Vec<_> = raw.split(' ').filter(|word| !is_mail(word)).collect();
    let words = words.join(" ");
    Some(if words.is_empty() { raw.trim_start_matches("mailto:").to_owned() } else { words })
}

fn categories(item: &Element) -> Vec<String> {
    let mut found = Vec::new();
    for child in &item.children {
        let text = child.text.trim();
        match (child.space, child.name.as_str()) {
            (Space::Core | Space::Media | Space::Itunes, "category") | (Space::Dublin, "subject") => {
                let said =
                    [child.attribute("term"), child.attribute("text"), child.attribute("label"), Some(text)];
                found.extend(said.into_iter().flatten().filter(|one| !one.is_empty()).map(str::to_owned));
            }
            (Space::Core, "tags" | "keywords") | (Space::Media | Space::Itunes, "keywords") => {
                found.extend(text.split(',').map(|part| part.trim().to_owned()));
            }
            _ => {}
        }
    }
    found
}
