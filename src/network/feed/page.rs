//! A web page where a feed was expected: which feeds does it point at?

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use url::Url;

/// The first feed that the page names, by document order, with its address made absolute.
pub(super) fn feed_of(page: &str, address: Option<&Url>) -> Option<String> {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(page));
    let tokenizer = Tokenizer::new(Finder::default(), TokenizerOpts::default());
    while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
    tokenizer.end();
    let Finder { base, feed } = tokenizer.sink;
    let (base, feed) = (base.take(), feed.take()?);
    let base = match (base, address) {
        (Some(base), Some(address)) => address.join(&base).ok(),
        (Some(base), None) => Url::parse(&base).ok(),
        (None, address) => address.cloned(),
    };
    Some(base.and_then(|base| base.join(&feed).ok()).map_or(feed, String::from))
}

/// Whether a text begins like a web page.
pub(super) fn is_page(text: &str) -> bool {
    let head: String = text.chars().take(4_096).flat_map(char::to_lowercase).collect();
    ["<!doctype html", "<html", "<head", "<body"].iter().any(|sign| head.contains(sign))
}

#[derive(Debug, Default)]
struct Finder {
    base: RefCell<Option<String>>,
    feed: RefCell<Option<String>>,
}

impl Finder {
    fn tag(&self, tag: &Tag) {
        let attribute = |name: &str| {
            let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name);
            found.map(|attribute| attribute.value.trim().to_owned()).unwrap_or_default()
        };
        let href = attribute("href");
        if href.is_empty() || tag.kind != TagKind::StartTag {
            return;
        }
        match &*tag.name {
            "base" => {
                self.base.borrow_mut().get_or_insert(href);
            }
            "link" => {
                let alternate =
                    attribute("rel").split_whitespace().any(|rel| rel.eq_ignore_ascii_case("alternate"));
                let kind = attribute("type").to_lowercase();
                let feed = [
                    "application/rss+xml",
                    "application/atom+xml",
                    "application/feed+json",
                    "application/json",
                ];
                if alternate && feed.iter().any(|known| kind.starts_with(known)) {
                    self.feed.borrow_mut().get_or_insert(href);
                }
            }
            _ => {}
        }
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
