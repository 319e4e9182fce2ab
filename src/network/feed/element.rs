//! One element of a feed, and how to find things in it.

use std::sync::Arc;

use url::Url;

use super::space::Space;

/// The language that counts for an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lang {
    /// The tag as written; empty when the feed takes back an outer one.
    pub(super) tag: Arc<str>,
    /// Whether it was said inside the item, not for the whole feed.
    pub(super) own: bool,
}

/// One element.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) space: Space,
    /// Local name, in lower case.
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    /// Its words; markup when `markup` is set.
    pub(super) text: String,
    /// Whether elements were found where words were expected.
    pub(super) markup: bool,
    pub(super) children: Vec<Element>,
    /// The `xml:base` in force.
    pub(super) base: Option<Arc<Url>>,
    /// The `xml:lang` in force.
    pub(super) lang: Option<Lang>,
}

impl Element {
    /// The value of an attribute, by its lower-case name with prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// The children of this name.
    pub(super) fn all<'a>(
        &'a self,
        space: Space,
        name: &'static str,
    ) -> impl Iterator<Item = &'a Element> + use<'a> {
        self.children.iter().filter(move |child| child.space == space && child.name == name)
    }

    /// The first child of this name that says something, in words or attributes.
    pub(super) fn first(&self, space: Space, name: &'static str) -> Option<&Element> {
        self.all(space, name).find(|child| {
            !child.text.trim().is_empty() || !child.attributes.is_empty() || !child.children.is_empty()
        })
    }

    /// The words of the first child of this name that has some.
    pub(super) fn words(&self, space: Space, name: &'static str) -> Option<&str> {
        self.all(space, name).map(|child| child.text.trim()).find(|text| !text.is_empty())
    }

    /// Whether it holds elements; all others hold words.
    pub(super) fn holds_children(&self) -> bool {
        match self.space {
            Space::Core => matches!(
                self.name.as_str(),
                "rss"
                    | "feed"
                    | "channel"
                    | "item"
                    | "entry"
                    | "author"
                    | "source"
                    | "contributor"
                    | "image"
                    | "textinput"
                    | "skiphours"
                    | "skipdays"
            ),
            Space::Rdf => self.name == "rdf",
            Space::Media => matches!(self.name.as_str(), "group" | "content" | "community"),
            Space::Content
            | Space::Dublin
            | Space::DublinTerms
            | Space::Itunes
            | Space::Slash
            | Space::Syndication
            | Space::Thread
            | Space::YouTube
            | Space::Xhtml
            | Space::Rank
            | Space::Apple
            | Space::Webfeeds
            | Space::FeedBurner
            | Space::Podcast
            | Space::Other => false,
        }
    }

    /// Whether it is an entry of the feed.
    pub(super) fn is_item(&self) -> bool {
        self.space == Space::Core && matches!(self.name.as_str(), "item" | "entry")
    }
}
