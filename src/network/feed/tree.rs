//! The XML of a feed as a small tree: containers hold children, all other elements hold their words.
//!
//! The tokenizer never fails, so a broken feed gives what can be read of it. Memory is bounded: items
//! beyond [`ITEMS`] are only counted, depth and number of elements have limits, and no entity is ever
//! expanded but HTML's own and short plain ones (see `entity`).

use std::cell::RefCell;
use std::sync::Arc;

use url::Url;
use xml5ever::buffer_queue::BufferQueue;
use xml5ever::tendril::StrTendril;
use xml5ever::tokenizer::{ProcessResult, Tag, TagKind, Token, TokenSink, XmlTokenizer, XmlTokenizerOpts};

use super::element::{Element, Lang};
use super::space::Spaces;

/// Most items read of one feed; real ones have under a hundred.
pub(super) const ITEMS: usize = 1_000;
/// Deepest nesting followed: real feeds stay under 30, even with XHTML in them.
const DEPTH: usize = 256;
/// Most elements kept beside each other, and in all: a guard for memory.
const SIBLINGS: usize = 1_000;
const ELEMENTS: usize = 200_000;
/// Most attributes kept of one element.
const ATTRIBUTES: usize = 64;

/// All that was read of a document.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The root, without its items.
    pub(super) root: Option<Element>,
    /// The items, in order.
    pub(super) items: Vec<Element>,
    /// Items beyond the limit.
    pub(super) beyond: usize,
    /// Whether the document ended inside an element.
    pub(super) cut: bool,
}

enum Frame {
    /// An element of the tree.
    Node(Element),
    /// Markup inside the words of the element below.
    Inner(String),
}

#[derive(Default)]
struct Builder {
    tree: Tree,
    stack: Vec<Frame>,
    spaces: Spaces,
    /// Open elements too deep to be kept.
    buried: usize,
    /// Open elements inside an item beyond the limit.
    passing: usize,
    elements: usize,
    start: Option<Arc<Url>>,
}

/// Reads a document; relative `xml:base` resolve against `start`.
pub(super) fn read(text: &str, start: Option<&Url>) -> Tree {
    let sink = Sink(RefCell::new(Builder { start: start.cloned().map(Arc::new), ..Builder::default() }));
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(text));
    let tokenizer = XmlTokenizer::new(sink, XmlTokenizerOpts::default());
    while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
    tokenizer.end();
    let mut builder = tokenizer.sink.0.take();
    builder.end();
    builder.tree
}

struct Sink(RefCell<Builder>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token) -> ProcessResult<()> {
        let mut builder = self.0.borrow_mut();
        match token {
            Token::Tag(tag) => match tag.kind {
                TagKind::StartTag => builder.open(&tag),
                TagKind::EmptyTag => {
                    builder.open(&tag);
                    builder.close(&qualified(&tag));
                }
                TagKind::EndTag => builder.close(&qualified(&tag)),
                TagKind::ShortTag => {}
            },
            Token::Characters(text) => builder.say(&text),
            Token::NullCharacter
            | Token::Doctype(_)
            | Token::ProcessingInstruction(_)
            | Token::Comment(_)
            | Token::EndOfFile
            | Token::ParseError(_) => {}
        }
        ProcessResult::Continue
    }
}

/// Prefix and local name, in lower case.
fn qualified(tag: &Tag) -> (String, String) {
    let prefix = tag.name.prefix.as_ref().map(|prefix| prefix.to_lowercase()).unwrap_or_default();
    (prefix, tag.name.local.to_lowercase())
}

fn escape(text: &str, out: &mut String) {
    for one in text.chars() {
        match one {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}

/// HTML elements that have no end.
fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "hr" | "img" | "input" | "wbr" | "source" | "embed" | "area" | "col" | "link" | "meta"
    )
}

impl Builder {
    fn open(&mut self, tag: &Tag) {
        let (prefix, name) = qualified(tag);
        if self.passing > 0 {
            self.passing = self.passing.saturating_add(1);
            return;
        }
        if self.stack.len() >= DEPTH {
            self.buried = self.buried.saturating_add(1);
            return;
        }
        let inside_words = match self.stack.last() {
            None => false,
            Some(Frame::Inner(_)) => true,
            Some(Frame::Node(top)) => !top.holds_children() && self.stack.len() > 1,
        };
        self.spaces.enter(tag);
        if inside_words {
            self.open_markup(tag, name);
        } else {
            self.open_element(tag, &prefix, name);
        }
    }

    fn open_markup(&mut self, tag: &Tag, name: String) {
        if let Some(element) = self.top() {
            if !element.markup {
                element.markup = true;
                let said = std::mem::take(&mut element.text);
                escape(&said, &mut element.text);
            }
            element.text.push('<');
            element.text.push_str(&name);
            for attribute in tag.attrs.iter().take(ATTRIBUTES) {
                let local: &str = &attribute.name.local;
                if attribute.name.prefix.is_none() && local != "xmlns" {
                    element.text.push(' ');
                    element.text.push_str(local);
                    element.text.push_str("=\"");
                    escape(&attribute.value, &mut element.text);
                    element.text.push('"');
                }
            }
            element.text.push('>');
        }
        self.stack.push(Frame::Inner(name));
    }

    fn open_element(&mut self, tag: &Tag, prefix: &str, name: String) {
        let attributes: Vec<_> = tag
            .attrs
            .iter()
            .take(ATTRIBUTES)
            .map(|attribute| {
                let local = attribute.name.local.to_lowercase();
                let key = match &attribute.name.prefix {
                    Some(prefix) => format!("{}:{local}", prefix.to_lowercase()),
                    None => local,
                };
                (key, attribute.value.to_string())
            })
            .filter(|(key, _)| key != "xmlns" && !key.starts_with("xmlns:"))
            .collect();
        let above = self.stack.iter().rev().find_map(|frame| match frame {
            Frame::Node(element) => Some(element),
            Frame::Inner(_) => None,
        });
        let mut element = Element {
            space: self.spaces.of(prefix, &name),
            name,
            attributes,
            text: String::new(),
            markup: false,
            children: Vec::new(),
            base: above.and_then(|above| above.base.clone()),
            lang: above.and_then(|above| above.lang.clone()),
        };
        if let Some(base) = element.attribute("xml:base").filter(|base| !base.is_empty()) {
            let outer = element.base.clone().or_else(|| self.start.clone());
            let resolved = outer.map_or_else(|| Url::parse(base).ok(), |outer| outer.join(base).ok());
            element.base = resolved.map(Arc::new).or(element.base.take());
        }
        let in_item = self.item_is_open();
        if let Some(tag) = element.attribute("xml:lang") {
            element.lang = Some(Lang { tag: Arc::from(tag), own: in_item || element.is_item() });
        }
        if element.is_item() && in_item {
            // an item that was never closed: the next one begins
            self.close_item();
        }
        if element.is_item() && self.tree.items.len() >= ITEMS {
            self.tree.beyond = self.tree.beyond.saturating_add(1);
            self.passing = 1;
            self.spaces.leave();
            return;
        }
        self.stack.push(Frame::Node(element));
    }

    fn item_is_open(&self) -> bool {
        self.stack.iter().any(|frame| matches!(frame, Frame::Node(element) if element.is_item()))
    }

    fn close_item(&mut self) {
        while self.item_is_open() {
            self.pop(true);
        }
    }

    /// The element that takes words now.
    fn top(&mut self) -> Option<&mut Element> {
        self.stack.iter_mut().rev().find_map(|frame| match frame {
            Frame::Node(element) => Some(element),
            Frame::Inner(_) => None,
        })
    }

    fn say(&mut self, text: &str) {
        if self.passing > 0 {
            return;
        }
        if let Some(element) = self.top() {
            if element.markup {
                escape(text, &mut element.text);
            } else {
                element.text.push_str(text);
            }
        }
    }

    fn close(&mut self, (prefix, name): &(String, String)) {
        if self.passing > 0 {
            self.passing -= 1;
            return;
        }
        if self.buried > 0 {
            self.buried -= 1;
            return;
        }
        let space = self.spaces.of(prefix, name);
        let at = self.stack.iter().rposition(|frame| match frame {
            Frame::Node(element) => element.name == *name && element.space == space,
            Frame::Inner(open) => open == name,
        });
        if let Some(at) = at {
            while self.stack.len() > at {
                self.pop(true);
            }
        }
    }

    /// Closes the innermost element. At the end of a cut document `closed` is false for those still open.
    fn pop(&mut self, closed: bool) {
        let Some(frame) = self.stack.pop() else { return };
        self.spaces.leave();
        match frame {
            Frame::Inner(name) => {
                if let Some(element) = self.top().filter(|_| !is_void(&name)) {
                    element.text.push_str("</");
                    element.text.push_str(&name);
                    element.text.push('>');
                }
            }
            Frame::Node(element) => self.attach(element, closed),
        }
    }

    fn attach(&mut self, element: Element, closed: bool) {
        if element.is_item() {
            let identity = |child: &Element| matches!(child.name.as_str(), "id" | "guid" | "link");
            let says = |child: &Element| !child.text.trim().is_empty();
            let only = self.tree.items.is_empty() && element.children.iter().any(says);
            // half an item without identity would come back whole, as another post
            if closed || only || element.children.iter().any(identity) {
                self.tree.items.push(element);
            }
            return;
        }
        if !closed && matches!(element.name.as_str(), "id" | "guid" | "link") {
            return;
        }
        self.elements = self.elements.saturating_add(1);
        let full = self.elements > ELEMENTS;
        if self.stack.is_empty() {
            // garbage before the feed may look like elements: the root is the one that has children
            let better = self.tree.root.as_ref().is_none_or(|root| root.children.is_empty());
            if better && (self.tree.root.is_none() || element.holds_children()) {
                self.tree.root = Some(element);
            }
        } else if let Some(above) = self.top()
            && !full
            && above.children.len() < SIBLINGS
        {
            above.children.push(element);
        }
    }

    fn end(&mut self) {
        self.tree.cut = !self.stack.is_empty();
        while !self.stack.is_empty() {
            self.pop(false);
        }
    }
}
