//! HTML of posts to plain text: tags removed, blocks to line ends, entities decoded once. No rendering.

use std::cell::{Cell, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// What a piece of HTML says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plain {
    /// The words, with line ends where blocks end.
    pub text: String,
    /// Targets of the links that lead somewhere, in order; links that mark a hashtag or an account are
    /// left out.
    pub links: Vec<String>,
    /// Accounts that the markup names, in full: `ana@social.example`.
    pub accounts: Vec<String>,
    /// Addresses and alternative texts of pictures.
    pub images: Vec<(String, String)>,
}

/// Elements that separate words like the end of a line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "select",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
];
/// Elements whose content is no text. What stands in a frame or an object is read where those cannot be shown, and
/// they are often left open: their content is text.
const HIDDEN: &[&str] = &["script", "style", "template", "noembed", "noframes", "svg", "math"];

#[derive(Debug, Default)]
struct Collector {
    plain: RefCell<Plain>,
    hidden: RefCell<Vec<String>>,
    /// How many elements are open in which white space counts.
    spaced: Cell<usize>,
    /// Whether the words shown for links are left out.
    outside_links: bool,
    /// Whether a link is open.
    in_link: Cell<bool>,
}

impl Collector {
    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let mut hidden = self.hidden.borrow_mut();
        if HIDDEN.contains(&name) {
            match tag.kind {
                TagKind::StartTag if !tag.self_closing => hidden.push(name.to_owned()),
                TagKind::EndTag => {
                    if let Some(at) = hidden.iter().rposition(|open| open == name) {
                        hidden.truncate(at);
                    }
                }
                TagKind::StartTag => {}
            }
            let raw = matches!(name, "script" | "style" | "noembed" | "noframes");
            return if raw && tag.kind == TagKind::StartTag {
                TokenSinkResult::RawData(if name == "script" {
                    RawKind::ScriptData
                } else {
                    RawKind::Rawtext
                })
            } else {
                TokenSinkResult::Continue
            };
        }
        if !hidden.is_empty() {
            return TokenSinkResult::Continue;
        }
        if matches!(name, "pre" | "textarea") {
            let open = self.spaced.get();
            self.spaced.set(match tag.kind {
                TagKind::StartTag => open + 1,
                TagKind::EndTag => open.saturating_sub(1),
            });
        }
        let mut plain = self.plain.borrow_mut();
        if BLOCKS.contains(&name) {
            end_line(&mut plain.text);
        }
        if name == "a" {
            let leads = tag.attrs.iter().any(|attr| &*attr.name.local == "href" && !attr.value.is_empty());
            self.in_link.set(tag.kind == TagKind::StartTag && leads);
        }
        if tag.kind == TagKind::StartTag {
            let attribute = |wanted: &str| {
                tag.attrs
                    .iter()
                    .find(|attr| &*attr.name.local == wanted)
                    .map(|attr| attr.value.trim().to_owned())
            };
            if name == "a" {
                let class = attribute("class").unwrap_or_default();
                let is = |wanted: &str| class.split_whitespace().any(|one| one == wanted);
                let tag = is("hashtag")
                    || attribute("rel").is_some_and(|rel| rel.split_whitespace().any(|one| one == "tag"));
                match attribute("href").filter(|href| !href.is_empty()) {
                    Some(href) if is("mention") && !tag => plain.accounts.extend(account(&href)),
                    Some(href) if !tag => plain.links.push(href),
                    _ => {}
                }
            } else if name == "img" {
                let alt = attribute("alt").unwrap_or_default();
                if let Some(source) = attribute("src") {
                    plain.images.push((source, alt));
                }
            }
        }
        TokenSinkResult::Continue
    }
}

impl TokenSink for Collector {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => return self.tag(&tag),
            Token::CharacterTokens(text) if self.hidden.borrow().is_empty() => {
                let mut plain = self.plain.borrow_mut();
                if self.outside_links && self.in_link.get() {
                    words(&mut plain.text, " ");
                } else if self.spaced.get() > 0 {
                    plain.text.push_str(&text);
                } else {
                    words(&mut plain.text, &text);
                }
            }
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

/// Adds text of markup, in which any white space is one space and none begins a line.
fn words(text: &mut String, more: &str) {
    for c in more.chars() {
        if !c.is_ascii_whitespace() {
            text.push(c);
        } else if !text.is_empty() && !text.ends_with([' ', '\n']) {
            text.push(' ');
        }
    }
}

/// The account whose profile stands at this address, in full: `ana@social.example`.
fn account(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let (host, path) = rest.split_once('/')?;
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let name = path.rsplit('/').next()?.trim_start_matches('@');
    // A remote account as its own server shows it.
    if name.contains('@') {
        return Some(name.to_owned());
    }
    (!name.is_empty() && !host.is_empty()).then(|| format!("{name}@{}", host.trim_start_matches("www.")))
}

fn end_line(text: &mut String) {
    text.truncate(text.trim_end_matches([' ', '\t']).len());
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// Reads HTML of any quality into its words, links and pictures.
pub fn read(html: &str) -> Plain {
    read_with(html, Collector::default())
}

/// The same of markup in which all white space counts, as it does in marked-down text.
pub fn read_spaced(html: &str) -> Plain {
    read_with(html, Collector { spaced: Cell::new(1), ..Collector::default() })
}

/// The words of HTML that are not shown for a link.
pub fn outside_links(html: &str) -> String {
    read_with(html, Collector { outside_links: true, ..Collector::default() }).text
}

/// Plain text with its entities decoded; `<` begins no tag in it.
pub fn decode(text: &str) -> String {
    if text.contains('&') { read_spaced(&text.replace('<', "&lt;")).text } else { text.trim().to_owned() }
}

fn read_with(html: &str, collector: Collector) -> Plain {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(collector, TokenizerOpts::default());
    while !matches!(tokenizer.feed(&input), html5ever::TokenizerResult::Done) {}
    tokenizer.end();
    let mut plain = tokenizer.sink.plain.take();
    plain.text.truncate(plain.text.trim_end().len());
    let leading = plain.text.len() - plain.text.trim_start().len();
    plain.text.drain(..leading);
    plain
}

/// The words of a piece of HTML. Text without any sign of markup comes back as it is.
pub fn to_text(html: &str) -> String {
    if html.contains(['<', '&']) { read(html).text } else { html.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(to_text(html), expected, "{html}");
    }

    #[test]
    fn blocks_separate_and_inline_tags_do_not() {
        check("<p>Un</p><p>Deux</p>", "Un\nDeux");
        check("caf<b>é</b> cr<wbr>ème", "café crème");
        check("a<br>b<br/>c", "a\nb\nc");
        check("plain words", "plain words");
        check("l&#x27;&eacute;t&eacute; &amp; moi &lt;3", "l'été & moi <3");
    }

    #[test]
    fn scripts_comments_and_styles_are_no_text() {
        check("a<script>if (a < b) alert('x')</script>b<style>p{}</style>c<!-- no -->d", "abcd");
        check("1 < 2 and 3 > 2 &unknown; &", "1 < 2 and 3 > 2 &unknown; &");
    }

    #[test]
    fn links_lead_somewhere() {
        let plain = read(
            "<a href='https://a.example/x'>x</a> <a class='mention hashtag' href='https://b.example/tags/y'>#<span>y</span></a>",
        );
        assert_eq!(plain.links, ["https://a.example/x"]);
        assert_eq!(plain.text, "x #y");
    }

    #[test]
    fn deep_and_cut_markup_does_not_panic() {
        let deep = "<div>".repeat(50_000);
        assert_eq!(to_text(&deep), "");
        for end in 0..40 {
            let cut: String = "<p>é<a href='x'>l</a><!-- c --><script>s</script>".chars().take(end).collect();
            to_text(&cut);
        }
    }
}
