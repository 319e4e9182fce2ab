//! RSS and Atom of all versions: from the tree of elements to what the feed says.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use url::Url;

use super::element::Element;
use super::entry::{Entry, Feed, Person, Words, resolve};
use super::link::{elsewhere, identity, link_of, linked, page_by_id};
use super::pause::Skip;
use super::person::{AUTHORS, FEED_AUTHORS, people_of};
use super::space::Space;
use super::tree::Tree;
use super::{date, markup, media, pause};
use crate::network::clean;
use crate::post::{Counts, Kind};
use crate::time::Time;

/// Padding is often lost on the way.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where relative addresses and missing words come from.
pub(super) struct Around<'a> {
    /// The address of the site, else of the feed.
    base: Option<Url>,
    /// The language of the whole feed.
    lang: Option<String>,
    /// Atom says whether text is markup; elsewhere one has to look.
    atom: bool,
    metas: Vec<&'a Element>,
}

/// Understands a tree. `address` is where the document was, `lang` what HTTP said of its language.
pub(super) fn read(tree: &Tree, address: Option<&Url>, lang: Option<&str>) -> Feed {
    let metas = tree.root.as_ref().map(metas).unwrap_or_default();
    let atom = metas.first().copied().or(tree.items.first());
    let atom = atom.is_some_and(|first| matches!(first.name.as_str(), "feed" | "entry"));
    let mut around = Around { base: address.cloned(), lang: None, atom, metas };
    let own = around.metas.iter().find_map(|meta| linked(meta, "self")?.attribute("href"));
    if around.base.is_none() {
        around.base = own.and_then(|own| Url::parse(own).ok());
    }
    let own = own.and_then(|own| resolve(around.base.as_ref(), own));
    let hub = around.metas.iter().find_map(|meta| linked(meta, "hub")?.attribute("href"));
    let hub = hub.and_then(|hub| resolve(around.base.as_ref(), hub));
    let link = around.metas.iter().find_map(|meta| link_of(meta, &around));
    // a site's own address is the better base: feeds are often served by somebody else
    if let Some(site) =
        link.as_deref().and_then(|link| Url::parse(link).ok()).filter(|site| !site.cannot_be_a_base())
    {
        around.base = Some(site);
    }
    around.lang = around.feed_lang().or_else(|| lang.and_then(language));
    let said = |names: &[(Space, &'static str)]| {
        let words = around.metas.iter().find_map(|meta| words_of(meta, names, &around));
        words.map(|words| words.text())
    };
    let word = |names: &[&'static str]| {
        around.metas.iter().find_map(|meta| names.iter().find_map(|name| meta.words(Space::Core, name)))
    };
    let people = around.metas.iter().find_map(|meta| people_of(meta, FEED_AUTHORS, &around));
    let (author, others) = people.map_or((None, Vec::new()), |(first, others)| (Some(first), others));
    let (created, changed) = feed_dates(&around);
    Feed {
        title: said(TITLES).and_then(|title| clean::some_line(&title, clean::LINE)),
        about: said(ABOUT).map(|about| clean::text(&about, clean::LINE)).filter(|about| !about.is_empty()),
        image: image(&around),
        id: around.metas.iter().find_map(|meta| identity(meta, &around)),
        generator: word(&["generator"]).and_then(|name| clean::some_line(name, clean::LINE)),
        link,
        author,
        others,
        lang: around.own_lang(),
        created,
        changed,
        entries: tree.items.iter().map(|item| entry(item, &around)).collect(),
        beyond: tree.beyond,
        pause: pause::of(&around.metas),
        skip: Skip::of(&around.metas),
        hub,
        own,
        collection: false,
    }
}

/// What a feed or an entry is called.
const TITLES: &[(Space, &str)] =
    &[(Space::Core, "title"), (Space::Dublin, "title"), (Space::Media, "title"), (Space::Itunes, "title")];
/// What a feed says of itself.
const ABOUT: &[(Space, &str)] = &[
    (Space::Core, "subtitle"),
    (Space::Core, "tagline"),
    (Space::Core, "description"),
    (Space::Core, "info"),
    (Space::Dublin, "description"),
    (Space::Itunes, "summary"),
    (Space::Itunes, "subtitle"),
    (Space::FeedBurner, "browserfriendly"),
];

/// When a feed began, and when it last changed or was published.
fn feed_dates(around: &Around<'_>) -> (Option<Time>, Option<Time>) {
    const CREATED: &[(Space, &str)] = &[(Space::DublinTerms, "created"), (Space::Core, "created")];
    const CHANGED: &[(Space, &str)] = &[
        (Space::Core, "updated"),
        (Space::Core, "modified"),
        (Space::Core, "lastbuilddate"),
        (Space::DublinTerms, "modified"),
        (Space::Core, "pubdate"),
        (Space::Core, "published"),
        (Space::Dublin, "date"),
    ];
    let day_first = around.lang.as_deref().and_then(date::day_first);
    let first = |names: &[(Space, &'static str)]| {
        let said = |meta: &&Element| {
            let mut said = names.iter().flat_map(|(space, name)| meta.all(*space, name));
            said.find_map(|child| date::read(&child.text, day_first))
        };
        around.metas.iter().find_map(said)
    };
    (first(CREATED), first(CHANGED))
}

/// The picture of a feed.
fn image(around: &Around<'_>) -> Option<String> {
    let picture = |meta: &Element| {
        let words = |name| meta.words(Space::Core, name);
        let own = meta.first(Space::Core, "image").and_then(|image| image.words(Space::Core, "url"));
        let itunes = || meta.first(Space::Itunes, "image")?.attribute("href");
        let found = own.or_else(|| words("logo")).or_else(itunes).or_else(|| words("icon"));
        found.or_else(|| meta.words(Space::Webfeeds, "icon")).map(str::to_owned)
    };
    let found = around.metas.iter().find_map(|meta| picture(meta))?;
    resolve(around.base.as_ref(), &found)
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
    /// The address that relative ones in this element are relative to.
    pub(super) fn base<'a>(&'a self, element: &'a Element) -> Option<&'a Url> {
        element.base.as_deref().or(self.base.as_ref())
    }

    /// The language of the title of the feed, or of what it says of itself, or of all of it.
    fn own_lang(&self) -> Option<String> {
        let tagged = |names: &[(Space, &'static str)]| {
            let mut all = self.metas.iter().flat_map(|meta| names.iter().map(move |name| (meta, name)));
            all.find_map(|(meta, (space, name))| meta.first(*space, name)?.lang.as_ref())
        };
        match tagged(TITLES).or_else(|| tagged(ABOUT)) {
            // an empty tag takes back what the feed says
            Some(lang) => language(&lang.tag),
            None => self.lang.clone(),
        }
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
    // escaped once too often: markup in which there is none
    if html && !encoded && !element.markup && !raw.contains('<') {
        raw = markup::escaped_twice(&raw).unwrap_or(raw);
    }
    (!raw.is_empty()).then(|| Words { raw, html, base: around.base(element).cloned() })
}

/// The first of these children that says something.
fn words_of(item: &Element, names: &[(Space, &'static str)], around: &Around<'_>) -> Option<Words> {
    names.iter().find_map(|(space, name)| item.all(*space, name).find_map(|child| words(child, around)))
}

fn entry(item: &Element, around: &Around<'_>) -> Entry {
    let (text, summary) = texts(item, around);
    let title = words_of(item, TITLES, around).or_else(|| {
        media::groups(item).find_map(|group| words_of(group, &[(Space::Media, "title")], around))
    });
    let (published, edited) = dates(item, around);
    let people = people_of(item, AUTHORS, around)
        .or_else(|| item.first(Space::Core, "source").and_then(|source| people_of(source, AUTHORS, around)));
    let (author, others) = people.map_or((None, Vec::new()), |(first, others)| (Some(first), others));
    let counted = |space, name| item.words(space, name).and_then(|count| count.parse::<i64>().ok());
    let video = item.first(Space::YouTube, "videoid").is_some();
    let counts = Counts {
        replies: counted(Space::Slash, "comments").or_else(|| counted(Space::Thread, "total")),
        score: counted(Space::Rank, "rank"),
        ..media::counts(item, video)
    };
    let media = media::of(item, |element, url| resolve(around.base(element), url));
    let rating = item.words(Space::Apple, "rating").and_then(|rating| rating.parse::<u8>().ok());
    // an episode without a page is opened by playing it
    let played = || media.iter().find(|media| media.kind.as_deref().is_some_and(is_played))?.url.clone();
    let reply_to = item.first(Space::Thread, "in-reply-to").and_then(|parent| parent.attribute("ref"));
    let kind = match (video, reply_to) {
        (true, _) => Kind::Video,
        (false, Some(_)) => Kind::Comment,
        (false, None) => Kind::Article,
    };
    Entry {
        id: identity(item, around),
        link: link_of(item, around).or_else(|| page_by_id(item)).or_else(played),
        title,
        text,
        summary,
        author,
        others,
        source: source(item, around),
        lang: entry_lang(item, around),
        published,
        edited,
        expires: expires(item, around),
        reply_to: reply_to.and_then(|parent| clean::some_line(parent, clean::LINE)),
        root: None,
        kind,
        rating: rating.filter(|rating| (1..=5).contains(rating)),
        counts,
        media,
        links: elsewhere(item, around),
        categories: categories(item),
        gone: false,
    }
}

fn is_played(kind: &str) -> bool {
    kind.starts_with("audio") || kind.starts_with("video")
}

/// The publication that a collection took the entry from: RSS has its name as words, Atom its whole head.
fn source(item: &Element, around: &Around<'_>) -> Option<Person> {
    let source = item.first(Space::Core, "source")?;
    let name = source.words(Space::Core, "title").unwrap_or(source.text.trim());
    let uri = source.attribute("url").map(str::to_owned).or_else(|| link_of(source, around));
    let uri = uri.and_then(|uri| resolve(around.base(source), &uri));
    Person::known(clean::some_line(name, clean::LINE), uri)
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
fn dates(item: &Element, around: &Around<'_>) -> (Option<Time>, Option<Time>) {
    let day_first = around.lang.as_deref().and_then(date::day_first);
    let first = |names: &[(Space, &'static str)]| {
        let mut said = names.iter().flat_map(|(space, name)| item.all(*space, name));
        said.find_map(|child| date::read(&child.text, day_first))
    };
    let published = first(&[
        (Space::Core, "published"),
        (Space::Core, "pubdate"),
        (Space::Core, "issued"),
        (Space::DublinTerms, "issued"),
        (Space::DublinTerms, "available"),
        (Space::Core, "date"),
    ]);
    let published = published.or_else(|| first(&[(Space::Core, "created"), (Space::DublinTerms, "created")]));
    let changed =
        first(&[(Space::Core, "updated"), (Space::Core, "modified"), (Space::DublinTerms, "modified")]);
    // Dublin Core's plain date is publication where nothing else is, else the last change
    let plain = || first(&[(Space::Dublin, "date")]);
    match (published, changed) {
        (Some(_), None) => (published, plain()),
        (None, _) => (plain(), changed),
        both => both,
    }
}

/// Until when it holds; where a feed says it several times, the last counts.
fn expires(item: &Element, around: &Around<'_>) -> Option<Time> {
    let day_first = around.lang.as_deref().and_then(date::day_first);
    item.all(Space::Core, "expirationdate").filter_map(|child| date::read(&child.text, day_first)).last()
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

fn categories(item: &Element) -> Vec<String> {
    let mut found = Vec::new();
    for child in &item.children {
        let text = child.text.trim();
        match (child.space, child.name.as_str()) {
            (Space::Core | Space::Media | Space::Itunes, "category") | (Space::Dublin, "subject") => {
                let said =
                    [child.attribute("term"), Some(text), child.attribute("text"), child.attribute("label")];
                let said = said.into_iter().flatten().find(|one| !one.is_empty());
                found.extend(said.map(str::to_owned));
            }
            (Space::Core, "tags" | "keywords") | (Space::Media | Space::Itunes, "keywords") => {
                found.extend(text.split(',').map(|part| part.trim().to_owned()));
            }
            _ => {}
        }
    }
    found
}
