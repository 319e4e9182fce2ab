//! XML namespaces of feeds, by address where declared and by the usual prefix where not.

use xml5ever::tokenizer::Tag;

/// Vocabularies that a feed may mix. RSS of all versions and Atom count as one: their names agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Core,
    Content,
    Dublin,
    DublinTerms,
    Itunes,
    Media,
    Rdf,
    Slash,
    Syndication,
    Thread,
    YouTube,
    Xhtml,
    /// Votes, as Stack Exchange writes them.
    Rank,
    /// Reviews in Apple's shops.
    Apple,
    Webfeeds,
    FeedBurner,
    Podcast,
    /// Any other: its names mean nothing here.
    Other,
}

/// What a namespace address names.
fn by_address(address: &str) -> Option<Space> {
    let address = address.trim().to_lowercase();
    let address = address.trim_end_matches(['/', '#']);
    let plain = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    Some(match plain.unwrap_or(address) {
        ""
        | "purl.org/rss/1.0"
        | "my.netscape.com/rdf/simple/0.9"
        | "channel.netscape.com/rdf/simple/0.9" => Space::Core,
        "backend.userland.com/rss" | "backend.userland.com/rss2" | "blogs.law.harvard.edu/tech/rss" => {
            Space::Core
        }
        "purl.org/net/rss1.1" | "my.netscape.com/publish/formats/rss-0.91.dtd" => Space::Core,
        "www.w3.org/2005/atom" | "purl.org/atom/ns" | "example.com/newformat" | "purl.org/atom-blog/ns" => {
            Space::Core
        }
        "backend.userland.com/rss091" | "backend.userland.com/rss092" | "cyber.law.harvard.edu/rss" => {
            Space::Core
        }
        "purl.org/rss/1.0/modules/content" => Space::Content,
        "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" => Space::Dublin,
        "purl.org/dc/terms" => Space::DublinTerms,
        "www.itunes.com/dtds/podcast-1.0.dtd"
        | "www.itunes.com/dtds/podcast"
        | "example.com/dtds/podcast-1.0.dtd" => Space::Itunes,
        "search.yahoo.com/mrss" | "www.rssboard.org/media-rss" | "video.search.yahoo.com/mrss" => {
            Space::Media
        }
        "www.w3.org/1999/02/22-rdf-syntax-ns" => Space::Rdf,
        "purl.org/rss/1.0/modules/slash" => Space::Slash,
        "purl.org/rss/1.0/modules/syndication" => Space::Syndication,
        "purl.org/syndication/thread/1.0" => Space::Thread,
        "www.youtube.com/xml/schemas/2015" | "gdata.youtube.com/schemas/2007" => Space::YouTube,
        "www.w3.org/1999/xhtml" => Space::Xhtml,
        "purl.org/atompub/rank/1.0" => Space::Rank,
        "itunes.apple.com/rss" => Space::Apple,
        "webfeeds.org/rss/1.0" => Space::Webfeeds,
        "rssnamespace.org/feedburner/ext/1.0" => Space::FeedBurner,
        "podcastindex.org/namespace/1.0"
        | "github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md" => Space::Podcast,
        _ => return None,
    })
}

/// What a prefix means that nobody declared.
fn by_habit(prefix: &str) -> Space {
    match prefix {
        "" | "atom" | "rss" => Space::Core,
        "content" => Space::Content,
        "dc" => Space::Dublin,
        "dcterms" => Space::DublinTerms,
        "itunes" => Space::Itunes,
        "media" => Space::Media,
        "rdf" => Space::Rdf,
        "slash" => Space::Slash,
        "sy" => Space::Syndication,
        "thr" => Space::Thread,
        "yt" => Space::YouTube,
        "xhtml" => Space::Xhtml,
        "re" => Space::Rank,
        "im" => Space::Apple,
        "webfeeds" => Space::Webfeeds,
        "feedburner" => Space::FeedBurner,
        "podcast" => Space::Podcast,
        _ => Space::Other,
    }
}

/// Most declarations kept at a time; a real feed has under thirty.
const DECLARATIONS: usize = 200;

/// The declarations in force.
#[derive(Debug, Default)]
pub(super) struct Spaces {
    declared: Vec<(usize, String, Space)>,
    depth: usize,
}

impl Spaces {
    /// Takes in the declarations of an element that opens.
    pub(super) fn enter(&mut self, tag: &Tag) {
        self.depth = self.depth.saturating_add(1);
        for attribute in &tag.attrs {
            let local = attribute.name.local.to_lowercase();
            let prefix = match attribute.name.prefix.as_deref() {
                None if local == "xmlns" => String::new(),
                Some(prefix) if prefix.eq_ignore_ascii_case("xmlns") => local,
                Some(_) | None => continue,
            };
            // an unknown default namespace on a root is a home-made feed, not a foreign vocabulary
            let unknown = if prefix.is_empty() && self.depth == 1 { Space::Core } else { Space::Other };
            if self.declared.len() < DECLARATIONS {
                let space = by_address(&attribute.value).unwrap_or(unknown);
                self.declared.push((self.depth, prefix, space));
            }
        }
    }

    /// Forgets the declarations of an element that closes.
    pub(super) fn leave(&mut self) {
        while self.declared.pop_if(|(depth, _, _)| *depth >= self.depth).is_some() {}
        self.depth = self.depth.saturating_sub(1);
    }

    /// The vocabulary of a name.
    pub(super) fn of(&self, prefix: &str, name: &str) -> Space {
        if prefix.is_empty() && name == "rdf" {
            return Space::Rdf;
        }
        let found = self.declared.iter().rev().find(|(_, declared, _)| declared == prefix);
        found.map_or_else(|| by_habit(prefix), |(_, _, space)| *space)
    }
}
