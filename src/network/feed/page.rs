//! A web page where a feed was expected: which feeds does it point at, and which program made it?

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use url::Url;

/// Most links looked at in one page: some name a feed for every tag they have.
const LINKS: usize = 200;
/// Words that mark the feed of the comments, in names and addresses.
const COMMENTS: &[&str] = &[
    "comment",
    "kommentar",
    "comentario",
    "comentário",
    "commenti",
    "reactie",
    "комментар",
    "コメント",
    "评论",
    "replies",
    "réponses",
];

/// What a page says that leads to a feed.
#[derive(Debug, Default)]
pub(super) struct Hints {
    /// The feeds it names, made absolute, the most likely one first.
    pub(super) feeds: Vec<String>,
    /// The program that made it, in lower case.
    pub(super) generator: String,
    /// Its channel, where it is a page of YouTube.
    pub(super) channel: Option<String>,
}

/// Reads a page found at `address`.
pub(super) fn hints(page: &str, address: Option<&Url>) -> Hints {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(page));
    let tokenizer = Tokenizer::new(Finder::default(), TokenizerOpts::default());
    while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
    tokenizer.end();
    let Seen { base, mut links, generator, channel } = tokenizer.sink.0.take();
    let base = match (base, address) {
        (Some(base), Some(address)) => address.join(&base).ok(),
        (Some(base), None) => Url::parse(&base).ok(),
        (None, address) => address.cloned(),
    };
    // document order among equals
    links.sort_by_key(|link| link.rank);
    let mut feeds: Vec<String> = Vec::new();
    for link in links {
        let href = link.href.strip_prefix("feed:").filter(|rest| rest.contains(':')).unwrap_or(&link.href);
        let href = href.replacen("feed://", "https://", 1);
        let whole = match &base {
            Some(base) => base.join(&href).ok(),
            None => Url::parse(&href).ok(),
        };
        if let Some(whole) = whole.filter(|whole| matches!(whole.scheme(), "http" | "https"))
            && !feeds.iter().any(|known| known == whole.as_str())
        {
            feeds.push(whole.into());
        }
    }
    Hints { feeds, generator, channel }
}

/// Whether a text begins like a web page.
pub(super) fn is_page(text: &str) -> bool {
    let head: String = text.chars().take(4_096).flat_map(char::to_lowercase).collect();
    ["<!doctype html", "<html", "<head", "<body"].iter().any(|sign| head.contains(sign))
}

/// One feed that a page names.
#[derive(Debug)]
struct Link {
    href: String,
    /// Lower is more likely the feed of the posts.
    rank: (bool, u8),
}

#[derive(Debug, Default)]
struct Seen {
    base: Option<String>,
    links: Vec<Link>,
    generator: String,
    channel: Option<String>,
}

#[derive(Debug, Default)]
struct Finder(RefCell<Seen>);

impl Finder {
    fn tag(&self, tag: &Tag) {
        if tag.kind != TagKind::StartTag || !matches!(&*tag.name, "base" | "link" | "a" | "meta") {
            return;
        }
        let attribute = |name: &str| {
            let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name);
            found.map(|attribute| attribute.value.trim().to_owned()).unwrap_or_default()
        };
        let mut seen = self.0.borrow_mut();
        let href = attribute("href");
        match &*tag.name {
            "base" if !href.is_empty() => {
                seen.base.get_or_insert(href);
            }
            "meta" => {
                let content = attribute("content");
                if attribute("name").eq_ignore_ascii_case("generator") && seen.generator.is_empty() {
                    seen.generator = content.chars().take(100).flat_map(char::to_lowercase).collect();
                } else if matches!(attribute("itemprop").as_str(), "channelId" | "identifier") {
                    seen.channel.get_or_insert(content);
                }
            }
            "link" | "a" if !href.is_empty() && seen.links.len() < LINKS => {
                if &*tag.name == "link"
                    && attribute("rel").eq_ignore_ascii_case("canonical")
                    && let Some((_, channel)) = href.split_once("/channel/")
                {
                    seen.channel.get_or_insert(channel.to_owned());
                }
                let relation = attribute("rel");
                let is = |name: &str| relation.split_whitespace().any(|one| one.eq_ignore_ascii_case(name));
                let Some(kind) = kind(&attribute("type"), &href, is("feed")) else { return };
                if is("alternate") || is("feed") || (is("service.feed") && &*tag.name == "link") {
                    let words = format!("{} {href}", attribute("title")).to_lowercase();
                    let comments = COMMENTS.iter().any(|word| words.contains(word));
                    seen.links.push(Link { href, rank: (comments, kind) });
                }
            }
            _ => {}
        }
    }
}

/// How likely a link of this type is a feed; `None` when it is another thing.
fn kind(said: &str, href: &str, feed: bool) -> Option<u8> {
    let said = said.split(';').next().unwrap_or_default().trim().to_lowercase();
    match said.as_str() {
        "application/rss+xml"
        | "application/atom+xml"
        | "application/rdf+xml"
        | "application/rss"
        | "text/rss"
        | "text/rss+xml"
        | "text/atom"
        | "text/atom+xml"
        | "application/atom" => Some(0),
        "application/feed+json" => Some(1),
        "application/xml" | "text/xml" => Some(2),
        // programs name their interfaces in the same way
        "application/json" if !href.contains("/wp-json") && !href.contains("oembed") => Some(3),
        "" if feed => Some(1),
        _ => None,
    }
}

impl TokenSink for Finder {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = &token {
            self.tag(tag);
        }
        TokenSinkResult::Continue
    }
}
