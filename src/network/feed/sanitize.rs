//! Markup of strangers with nothing active left in it: words, emphasis, lists, tables, pictures, links.
//!
//! What is not named here goes: scripts, styles, frames, forms, plug-ins, event handlers, and every address that
//! is not plain web or mail. It builds no tree; tags are balanced so that a piece cannot swallow what follows it.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use url::Url;

/// Elements that only shape words, pictures and sound.
#[rustfmt::skip]
const KEPT: &[&str] = &[
    "a", "abbr", "acronym", "address", "article", "aside", "audio", "b", "bdi", "bdo", "big", "blockquote",
    "br", "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div",
    "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "nav", "ol", "p", "picture", "pre", "q",
    "rp", "rt", "ruby", "s", "samp", "section", "small", "source", "span", "strike", "strong", "sub",
    "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var",
    "video", "wbr",
];
/// Elements that go with all that stands in them.
const DROPPED: &[&str] = &[
    "math", "noembed", "noframes", "script", "select", "style", "svg", "template", "textarea", "title", "xmp",
];
/// Elements without an end.
const EMPTY: &[&str] = &["br", "col", "hr", "img", "source", "wbr"];
/// Attributes that say how something reads or looks, on any element.
const PLAIN: &[&str] = &[
    "abbr", "align", "alt", "cite", "colspan", "datetime", "dir", "headers", "height", "lang", "rowspan",
    "scope", "span", "start", "title", "type", "valign", "value", "width",
];
/// Elements nested deeper than anybody reads are left out, their words stay.
const DEPTH: usize = 100;
/// Longest address kept.
const ADDRESS: usize = 4_096;

/// The same markup without anything active; relative addresses are made absolute where `base` is known.
pub(super) fn clean(html: &str, base: Option<&Url>) -> String {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let sink =
        Sink(RefCell::new(Writer { base, out: String::with_capacity(html.len()), ..Writer::default() }));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.0.take().finish()
}

#[derive(Default)]
struct Writer<'a> {
    base: Option<&'a Url>,
    out: String,
    /// Names of the open elements that were kept.
    open: Vec<String>,
    /// Names of the open elements whose content goes.
    dropped: Vec<String>,
}

struct Sink<'a>(RefCell<Writer<'a>>);

impl TokenSink for Sink<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut writer = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => return writer.tag(&tag),
            Token::CharacterTokens(text) if writer.dropped.is_empty() => escape(&text, &mut writer.out),
            Token::CharacterTokens(_)
            | Token::NullCharacterToken
            | Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
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

impl Writer<'_> {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        if DROPPED.contains(&name) {
            return self.drop(name, tag);
        }
        if !self.dropped.is_empty() || !KEPT.contains(&name) {
            return TokenSinkResult::Continue;
        }
        match tag.kind {
            TagKind::StartTag if EMPTY.contains(&name) || self.open.len() < DEPTH => self.start(name, tag),
            TagKind::StartTag => {}
            TagKind::EndTag => {
                if let Some(at) = self.open.iter().rposition(|open| open == name) {
                    self.close(at);
                }
            }
        }
        TokenSinkResult::Continue
    }

    fn drop(&mut self, name: &str, tag: &Tag) -> TokenSinkResult<()> {
        match tag.kind {
            TagKind::EndTag => {
                if let Some(at) = self.dropped.iter().rposition(|open| open == name) {
                    self.dropped.truncate(at);
                }
                TokenSinkResult::Continue
            }
            TagKind::StartTag if tag.self_closing && matches!(name, "svg" | "math") => {
                TokenSinkResult::Continue
            }
            TagKind::StartTag => {
                if self.dropped.len() < DEPTH {
                    self.dropped.push(name.to_owned());
                }
                match name {
                    "script" => TokenSinkResult::RawData(RawKind::ScriptData),
                    "style" | "noembed" | "noframes" | "xmp" => TokenSinkResult::RawData(RawKind::Rawtext),
                    "textarea" | "title" => TokenSinkResult::RawData(RawKind::Rcdata),
                    _ => TokenSinkResult::Continue,
                }
            }
        }
    }

    fn start(&mut self, name: &str, tag: &Tag) {
        self.out.push('<');
        self.out.push_str(name);
        for attribute in &tag.attrs {
            let key: &str = &attribute.name.local;
            let value = match (name, key) {
                ("a", "href") => self.address(&attribute.value, &["http", "https", "mailto"]),
                ("img" | "audio" | "video" | "source", "src") | ("video", "poster") => {
                    self.address(&attribute.value, &["http", "https"])
                }
                ("audio" | "video", "controls") => Some(String::new()),
                _ if PLAIN.contains(&key) => Some(attribute.value.to_string()),
                _ => None,
            };
            if let Some(value) = value {
                self.out.push(' ');
                self.out.push_str(key);
                self.out.push_str("=\"");
                escape(&value, &mut self.out);
                self.out.push('"');
            }
        }
        self.out.push('>');
        if !EMPTY.contains(&name) {
            self.open.push(name.to_owned());
        }
    }

    /// An address with one of these schemes, as a browser would read it.
    fn address(&self, raw: &str, schemes: &[&str]) -> Option<String> {
        let raw = raw.trim();
        if raw.is_empty() || raw.len() > ADDRESS {
            return None;
        }
        let url = match Url::parse(raw) {
            Ok(url) => url,
            Err(url::ParseError::RelativeUrlWithoutBase) => match self.base {
                Some(base) => base.join(raw).ok()?,
                // a place on an unknown site: harmless, and all that is known
                None => return (!raw.contains(':')).then(|| raw.to_owned()),
            },
            Err(_) => return None,
        };
        schemes.contains(&url.scheme()).then(|| url.into())
    }

    fn close(&mut self, at: usize) {
        while self.open.len() > at {
            if let Some(name) = self.open.pop() {
                self.out.push_str("</");
                self.out.push_str(&name);
                self.out.push('>');
            }
        }
    }

    fn finish(mut self) -> String {
        self.close(0);
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        let base = Url::parse("https://velora.example/blog/").unwrap();
        assert_eq!(clean(html, Some(&base)), expected, "{html}");
    }

    #[test]
    fn words_and_links_stay() {
        check("<p>Un <b>deux</b><br/>trois & 4 < 5</p>", "<p>Un <b>deux</b><br>trois &amp; 4 &lt; 5</p>");
        check(
            "<a href='x?a=1&b=2' onclick='y()' style='color:red'>x</a>",
            "<a href=\"https://velora.example/blog/x?a=1&amp;b=2\">x</a>",
        );
        check(
            "<img src=//c.example/i.png alt='A \"b\"'>",
            "<img src=\"https://c.example/i.png\" alt=\"A &quot;b&quot;\">",
        );
        assert_eq!(clean("<a href='/x'>y</a>", None), "<a href=\"/x\">y</a>");
    }

    #[test]
    fn nothing_active_stays() {
        for (html, expected) in [
            ("a<script>alert('<b>')</script>b", "ab"),
            ("a<SCRIPT SRC=//x.example>b", "a"),
            ("<a href='java\nscript:x()'>a</a>", "<a>a</a>"),
            ("<a href=' \u{1}javascript:x()'>a</a>", "<a>a</a>"),
            ("<a href='data:text/html,x'>a</a>", "<a>a</a>"),
            ("<img src='javascript:x()' onerror=y()>", "<img>"),
            ("<svg><a href='x'><animate onbegin='y()'/></a></svg>z", "z"),
            ("<math><mi href='javascript:x'>a</math>z", "z"),
            ("<iframe src='x'>a</iframe><object data='x'>b</object><embed src='x'>z", "abz"),
            ("<form action='x'><input name='y'><button>Go</button></form>", "Go"),
            (
                "<style>p{x:expression(y())}</style><link rel=stylesheet href=x><meta http-equiv=refresh content='0;x'>z",
                "z",
            ),
            ("<base href='https://x.example/'><p onmouseover=y()>z", "<p>z</p>"),
            ("<!--[if IE]><script>x()</script><![endif]-->z<![CDATA[<script>]]>", "z]]&gt;"),
            ("</p></div>z<b><i>y</b>", "z<b><i>y</i></b>"),
            ("<textarea><script>x()</script></textarea><title><b>x</title>z", "z"),
            (
                "<p title='\"><script>x()</script>'>z",
                "<p title=\"&quot;&gt;&lt;script&gt;x()&lt;/script&gt;\">z</p>",
            ),
        ] {
            check(html, expected);
        }
    }

    #[test]
    fn any_depth_and_any_cut_is_survived() {
        let deep = clean(&"<div>".repeat(50_000), None);
        assert_eq!(deep.len(), DEPTH * "<div></div>".len());
        clean(&"<svg>".repeat(50_000), None);
        let whole = "<p>é<a href='x'>l</a><!-- c --><script>s</script><img src=\"a\">";
        for end in 0..=whole.chars().count() {
            clean(&whole.chars().take(end).collect::<String>(), None);
        }
    }
}
