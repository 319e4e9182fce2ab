//! The XML form of the feed, brought to the shape of the JSON one. It knows elements, not reviews.

use std::cell::RefCell;

use serde_json::{Map, Value, json};
use xml5ever::buffer_queue::BufferQueue;
use xml5ever::tendril::StrTendril;
use xml5ever::tokenizer::{ProcessResult, Tag, TagKind, Token, TokenSink, XmlTokenizer, XmlTokenizerOpts};

/// Entries read of one document; a page has 50.
const MOST: usize = 1_000;

/// The entries of a feed; `None` when the document is none.
pub(super) fn entries(text: &str) -> Option<Vec<Value>> {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(text));
    let tokenizer = XmlTokenizer::new(Sink::default(), XmlTokenizerOpts::default());
    while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
    tokenizer.end();
    let reader = tokenizer.sink.0.take();
    reader.is_feed.then_some(reader.entries)
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    is_feed: bool,
    entries: Vec<Value>,
    /// The entry that is open.
    entry: Option<Map<String, Value>>,
    /// The person who is open inside it.
    person: Option<Map<String, Value>>,
    /// The element whose words are being read, with its attributes.
    open: Option<(String, Map<String, Value>)>,
    words: String,
}

#[derive(Default)]
struct Sink(RefCell<Reader>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token) -> ProcessResult<()> {
        let mut reader = self.0.borrow_mut();
        match token {
            Token::Tag(tag) => match tag.kind {
                TagKind::StartTag => reader.open(&tag),
                TagKind::EmptyTag => {
                    reader.open(&tag);
                    reader.close(&qualified(&tag));
                }
                TagKind::EndTag => reader.close(&qualified(&tag)),
                TagKind::ShortTag => {}
            },
            Token::Characters(text) if reader.open.is_some() => reader.words.push_str(&text),
            Token::Characters(_)
            | Token::NullCharacter
            | Token::Doctype(_)
            | Token::ProcessingInstruction(_)
            | Token::Comment(_)
            | Token::EndOfFile
            | Token::ParseError(_) => {}
        }
        ProcessResult::Continue
    }
}

/// The name of an element as the JSON form writes it.
fn qualified(tag: &Tag) -> String {
    match &tag.name.prefix {
        Some(prefix) if !prefix.is_empty() => format!("{prefix}:{}", &*tag.name.local),
        Some(_) | None => tag.name.local.to_string(),
    }
}

impl Reader {
    fn open(&mut self, tag: &Tag) {
        let name = qualified(tag);
        match name.as_str() {
            "feed" => self.is_feed = true,
            "entry" if self.is_feed && self.entries.len() < MOST => self.entry = Some(Map::new()),
            "author" if self.entry.is_some() => self.person = Some(Map::new()),
            _ if self.entry.is_some() && self.open.is_none() => {
                let attributes = tag.attrs.iter().map(|attribute| {
                    let prefix = attribute.name.prefix.as_ref().filter(|prefix| !prefix.is_empty());
                    let local = &*attribute.name.local;
                    let name = prefix.map_or_else(|| local.to_owned(), |prefix| format!("{prefix}:{local}"));
                    (name, Value::from(&*attribute.value))
                });
                self.open = Some((name, attributes.collect()));
                self.words.clear();
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "entry" => {
                self.open = None;
                self.entries.extend(self.entry.take().map(Value::Object));
            }
            "author" => {
                if let (Some(entry), Some(person)) = (&mut self.entry, self.person.take()) {
                    entry.insert("author".to_owned(), Value::Object(person));
                }
            }
            _ if self.open.as_ref().is_some_and(|(open, _)| open == name) => {
                let Some((name, attributes)) = self.open.take() else { return };
                // the words stand twice: plain, and as a page about the review
                let is_page = name == "content" && attributes.get("type").is_some_and(|kind| kind == "html");
                let words = std::mem::take(&mut self.words);
                let place = self.person.as_mut().or(self.entry.as_mut()).filter(|_| !is_page);
                if let Some(place) = place {
                    let value = json!({ "label": words.trim(), "attributes": attributes });
                    // of several links the first one is kept, as of everything else
                    place.entry(name).or_insert(value);
                }
            }
            _ => {}
        }
    }
}
