//! The blocks that posts of Tumblr are made of: words, pictures, links, and what was asked.

use serde_json::Value;
use url::Url;

use crate::network::json::{list, text};
use crate::network::plain;
use crate::post::Media;

/// What blocks say.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    /// Words of the author.
    pub(super) text: String,
    /// Words beside them: a question, the title of a linked page or track.
    pub(super) aside: Vec<String>,
    pub(super) media: Vec<Media>,
    pub(super) links: Vec<String>,
    pub(super) names: Vec<String>,
    /// Whether it answers a question.
    pub(super) answers: bool,
}

impl Content {
    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.media.is_empty() && self.links.is_empty() && self.aside.is_empty()
    }
}

/// Where an address leads, when Tumblr or a service for hiding where one comes from was put before it.
pub(super) fn target(raw: &str) -> Option<String> {
    let url = Url::parse(raw.trim()).ok()?;
    let hidden = match url.host_str()? {
        "t.umblr.com" => url.query_pairs().find(|(name, _)| name == "z").map(|(_, to)| to.into_owned()),
        "href.li" => url.query().map(str::to_owned),
        _ => None,
    };
    hidden.as_deref().and_then(plain::address).or_else(|| plain::address(raw))
}

fn numbers(value: &Value) -> impl Iterator<Item = usize> {
    value.as_array().into_iter().flatten().filter_map(Value::as_u64).filter_map(|at| usize::try_from(at).ok())
}

/// The blocks in the order in which they are shown: rows may change it.
fn order(count: usize, layout: &Value) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    for rows in layout.as_array().into_iter().flatten().filter(|one| text(one, "type") == Some("rows")) {
        for row in list(rows, "display") {
            order.extend(numbers(row.get("blocks").unwrap_or(&Value::Null)));
        }
        for row in list(rows, "rows") {
            order.extend(numbers(row));
        }
    }
    let mut shown = vec![false; count];
    order.retain(|at| shown.get_mut(*at).is_some_and(|shown| !std::mem::replace(shown, true)));
    order.extend(shown.iter().enumerate().filter(|(_, shown)| !**shown).map(|(at, _)| at));
    order
}

/// Reads blocks and how they are laid out.
pub(super) fn read(content: &Value, layout: &Value) -> Content {
    // one block alone is sometimes no list
    let blocks = content.as_array().map_or_else(|| std::slice::from_ref(content), Vec::as_slice);
    let ask = layout.as_array().into_iter().flatten().find(|one| text(one, "type") == Some("ask"));
    let asked: Vec<usize> =
        ask.map(|ask| numbers(ask.get("blocks").unwrap_or(&Value::Null)).collect()).unwrap_or_default();
    let mut read = Content { answers: ask.is_some(), ..Content::default() };
    let (mut words, mut question) = (Vec::new(), Vec::new());
    for at in order(blocks.len(), layout) {
        let Some(block) = blocks.get(at) else { continue };
        let lines = if asked.contains(&at) { &mut question } else { &mut words };
        read.block(block, lines);
    }
    read.text = words.join("\n").trim().to_owned();
    let question = question.join("\n");
    if !question.trim().is_empty() {
        read.aside.insert(0, question);
    }
    if let Some(name) = ask.and_then(|ask| text(ask.pointer("/attribution/blog")?, "name")) {
        plain::add(&mut read.names, name.to_owned());
    }
    for link in plain::links(&read.text) {
        plain::add(&mut read.links, link);
    }
    read
}

impl Content {
    fn link(&mut self, value: &Value, key: &str) {
        if let Some(link) = text(value, key).and_then(target) {
            plain::add(&mut self.links, link);
        }
    }

    fn beside(&mut self, value: &Value, keys: &[&str]) {
        let words: Vec<&str> = keys.iter().filter_map(|key| text(value, key)).collect();
        if !words.is_empty() {
            self.aside.push(words.join("\n"));
        }
    }

    fn block(&mut self, block: &Value, lines: &mut Vec<String>) {
        match text(block, "type") {
            Some("text") => {
                lines.push(block.get("text").and_then(Value::as_str).unwrap_or_default().to_owned());
                for format in list(block, "formatting") {
                    self.link(format, "url");
                    if let Some(name) = format.get("blog").and_then(|blog| text(blog, "name")) {
                        plain::add(&mut self.names, name.to_owned());
                    }
                }
            }
            Some("link") => {
                self.link(block, "url");
                self.beside(block, &["title", "description"]);
            }
            Some("image") => {
                lines.extend(text(block, "caption").map(str::to_owned));
                self.media.push(media(block, "image"));
                self.attribution(block);
            }
            Some(kind @ ("audio" | "video")) => {
                self.media.push(media(block, kind));
                // what plays elsewhere is a link to there
                if block.get("media").is_none() {
                    self.link(block, "url");
                }
                self.beside(block, &["title", "artist", "album"]);
                self.attribution(block);
            }
            Some("poll") => {
                lines.extend(text(block, "question").map(str::to_owned));
                let answers = list(block, "answers").iter();
                lines.extend(
                    answers
                        .filter_map(|one| text(one, "answer_text").or_else(|| text(one, "answerText")))
                        .map(str::to_owned),
                );
            }
            // the words before a paywall are Tumblr's; kinds to come may have words of their own
            Some("paywall") | None => {}
            Some(_) => lines.extend(text(block, "text").map(str::to_owned)),
        }
    }

    /// Where a picture or video was taken from.
    fn attribution(&mut self, block: &Value) {
        let Some(from) = block.get("attribution") else { return };
        if text(from, "type") != Some("app") {
            self.link(from, "url");
        }
    }
}

/// The largest version of a picture, or the file of a sound or video.
fn media(block: &Value, kind: &str) -> Media {
    let versions = block.get("media").unwrap_or(&Value::Null);
    let all = versions.as_array().map_or_else(|| std::slice::from_ref(versions), Vec::as_slice);
    let width = |one: &&Value| plain::count(one, "width").unwrap_or(0);
    let best = all.iter().rev().max_by_key(width).unwrap_or(&Value::Null);
    Media {
        url: text(best, "url").or_else(|| text(block, "url")).and_then(plain::address),
        kind: text(best, "type").or(Some(kind)).map(str::to_owned),
        alt: text(block, "alt_text").map(str::to_owned),
    }
}
