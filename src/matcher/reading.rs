//! A post as queries read it: its texts, folded, and what is made of them only when a query asks.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

use super::raw::Exact;
use super::{Field, fields};
use crate::fold::{self, Folded, Kind, Places, Token};
use crate::html;
use crate::post::Post;
use crate::query::{Address, Condition};

/// A post and what queries ask of it.
pub(super) struct Reading<'p> {
    pub(super) post: &'p Post,
    source: &'p str,
    pub(super) parts: Vec<Part<'p>>,
    links: OnceCell<Vec<Address>>,
}

/// One of its texts.
pub(super) struct Part<'p> {
    pub(super) field: Field,
    pub(super) text: Cow<'p, str>,
    pub(super) folded: &'p Folded,
    /// For each token, how many words stand before it.
    words: OnceCell<Vec<u32>>,
    places: OnceCell<Places>,
    exact: OnceCell<Exact>,
    /// Whether ends of lines are ends of blocks of markup.
    blocks: bool,
}

/// What a condition says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) holds: bool,
    /// Whether the post does not say; then the condition does not hold.
    pub(super) unknown: bool,
    /// What the post says.
    pub(super) is: String,
}

impl<'p> Reading<'p> {
    pub(super) fn new(post: &'p Post, source: &'p str, folded: &'p [Folded]) -> Reading<'p> {
        let part = |((field, text), folded)| Part {
            field,
            text,
            folded,
            words: OnceCell::new(),
            places: OnceCell::new(),
            exact: OnceCell::new(),
            blocks: post.html.is_some() && field == Field::Text,
        };
        Reading { post, source, parts: fields(post).zip(folded).map(part).collect(), links: OnceCell::new() }
    }

    /// Where its links lead: those of the markup, and those that stand in its texts.
    fn links(&self) -> &[Address] {
        self.links.get_or_init(|| {
            let mut links: Vec<Address> =
                self.post.links.iter().filter_map(|link| Address::read(link)).collect();
            for part in &self.parts {
                // An address shown for a link is no second link.
                let marked = self.post.html.as_deref().filter(|_| part.field == Field::Text);
                let text = marked.map_or(Cow::Borrowed(&*part.text), |html| html::outside_links(html).into());
                // as one sees it: letters of domains with their accents
                let text: String = fold::visible(&text).nfc().collect();
                let places = fold::links(&text);
                links.extend(places.into_iter().filter_map(|place| Address::read(text.get(place)?)));
            }
            links
        })
    }

    /// Whether the account `name` on `server` is one of those that the post names in full.
    pub(super) fn names_account(&self, name: &[u8], server: &[u8]) -> bool {
        self.post.named_accounts.iter().any(|account| {
            let account = account.trim_start_matches('@').to_lowercase();
            account
                .split_once('@')
                .is_some_and(|(one, other)| one.as_bytes() == name && other.as_bytes() == server)
        })
    }

    /// What `condition` says of the post.
    pub(super) fn ask(&self, condition: &Condition) -> Answer {
        let post = self.post;
        let author = post.author.as_ref();
        let told = |is: Option<String>, holds: bool| Answer {
            holds: holds && is.is_some(),
            unknown: is.is_none(),
            is: is.unwrap_or_default(),
        };
        match condition {
            Condition::Author(pattern) => {
                let handle = author.and_then(|author| author.handle.clone());
                let holds = handle.as_deref().is_some_and(|handle| pattern.holds(handle));
                told(handle, holds)
            }
            Condition::Lang(wanted) => {
                let lang = post.lang.as_deref().and_then(crate::query::subtags);
                let holds = lang.as_ref().is_some_and(|lang| {
                    lang.first() == wanted.first() && wanted.iter().all(|part| lang.contains(part))
                });
                told(lang.map(|lang| lang.join("-")), holds)
            }
            Condition::Network(name) => {
                told(Some(post.network.to_string()), post.network.as_str().to_lowercase() == *name)
            }
            Condition::Source(name) => told(
                (!self.source.is_empty()).then(|| self.source.to_owned()),
                self.source.to_lowercase() == *name,
            ),
            Condition::Link(pattern) => {
                let found = self.links().iter().any(|link| pattern.holds(link));
                told(Some(if found { "there is one" } else { "no such link" }.to_owned()), found)
            }
            Condition::HasLink => {
                told(Some(format!("{} links", self.links().len())), !self.links().is_empty())
            }
            Condition::HasMedia => told(Some(format!("{} media", post.media.len())), !post.media.is_empty()),
            Condition::Followers(bounds) => {
                let count = author.and_then(|author| author.followers);
                told(count.map(|count| count.to_string()), count.is_some_and(|count| bounds.hold(count)))
            }
            Condition::Kind(kind) => told(Some(post.kind.as_str().to_owned()), post.kind == *kind),
            Condition::Verified(wanted) => {
                let verified = author.and_then(|author| author.verified);
                let word = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
                told(verified.map(word), verified == Some(*wanted))
            }
        }
    }
}

impl Part<'_> {
    /// Where the stretch `range` of the folded text stands in the original.
    pub(super) fn original(&self, range: &Range<usize>) -> Range<usize> {
        if self.folded.is_even(&self.text) {
            return range.clone();
        }
        self.places.get_or_init(|| Places::of(&self.text)).locate(range)
    }

    /// Where links and e-mail addresses stand in the original.
    pub(super) fn addresses(&self) -> Vec<Range<usize>> {
        let tokens = self.folded.tokens().iter();
        let links = tokens.filter(|token| matches!(token.kind, Kind::Link | Kind::Mail));
        links.map(|link| self.original(&link.range())).collect()
    }

    /// The text as exact terms see it.
    pub(super) fn exact(&self) -> &Exact {
        self.exact.get_or_init(|| Exact::of(&self.text, self.blocks))
    }

    /// How many words stand before token `token`.
    fn words_before(&self, token: usize) -> u32 {
        let words = self.words.get_or_init(|| {
            let mut before = 0;
            let mut all = Vec::with_capacity(self.folded.tokens().len() + 1);
            for token in self.folded.tokens() {
                all.push(before);
                before += self.words_in(token, token.end);
            }
            all.push(before);
            all
        });
        words.get(token).or(words.last()).copied().unwrap_or_default()
    }

    /// How many words a token holds up to `end`: every character of a script without spaces is one.
    fn words_in(&self, token: &Token, end: u32) -> u32 {
        if token.kind != Kind::Run {
            return u32::from(end > token.start);
        }
        let wide = |place| usize::try_from(place).unwrap_or(usize::MAX);
        let bytes = self.folded.bytes().get(wide(token.start)..wide(end)).unwrap_or_default();
        u32::try_from(bytes.iter().filter(|byte| !(0x80..0xc0).contains(*byte)).count()).unwrap_or(u32::MAX)
    }

    /// The words that stand from `start` in token `first` to `end` in token `last`, counted from the start of the text.
    pub(super) fn words(&self, first: u32, last: u32, start: u32, end: u32) -> Range<u32> {
        let wide = |place| usize::try_from(place).unwrap_or(usize::MAX);
        let token = |place| self.folded.tokens().get(wide(place));
        let into = |place, at: u32| {
            token(place).map_or(0, |token| self.words_in(token, at.clamp(token.start, token.end)))
        };
        self.words_before(wide(first)) + into(first, start)..self.words_before(wide(last)) + into(last, end)
    }

    /// The number of words before a place of the original.
    pub(super) fn words_before_place(&self, place: usize) -> u32 {
        let tokens = self.folded.tokens();
        let count = tokens.partition_point(|token| self.original(&token.range()).end <= place);
        self.words_before(count)
    }
}
