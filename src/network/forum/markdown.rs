//! Markdown as people write it on forums, to plain words, links and pictures. No rendering: what only serves looks
//! goes, and what is said stays.

use std::collections::HashMap;

use crate::html;

use self::inline::Inline;

mod inline;

/// Links, pictures and names kept of one text.
const MOST: usize = 100;

/// What a text in Markdown says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Marked {
    /// The words.
    pub(crate) text: String,
    /// Targets of its links, as written, each once.
    pub(crate) links: Vec<String>,
    /// Addresses and alternative texts of pictures.
    pub(crate) images: Vec<(String, String)>,
    /// Accounts it names, without the leading `@`.
    pub(crate) names: Vec<String>,
}

/// Reads Markdown, with the HTML that may stand in it.
pub(crate) fn read(source: &str) -> Marked {
    let source = without_comments(&source.replace("\r\n", "\n").replace('\r', "\n"));
    let mut reader = Reader { definitions: definitions(&source), ..Reader::default() };
    reader.blocks(&source);
    let plain = html::read_spaced(&reader.out);
    let mut marked = Marked { text: plain.text, names: reader.names, ..Marked::default() };
    for link in plain.links {
        if marked.links.len() < MOST && !marked.links.contains(&link) {
            marked.links.push(link);
        }
    }
    marked.images = plain.images.into_iter().take(MOST).collect();
    marked
}

/// Accounts that a plain text names: `@name`, `@name@server`.
pub(crate) fn names(text: &str) -> Vec<String> {
    let signs: Vec<char> = text.chars().collect();
    let mut names = Vec::new();
    for (at, _) in signs.iter().enumerate().filter(|(_, sign)| **sign == '@') {
        if let Some((name, _)) = name_at(&signs, at)
            && names.len() < MOST
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// The name that the `@` at this place begins, and how long it is with its sign.
fn name_at(signs: &[char], at: usize) -> Option<(String, usize)> {
    let before = at.checked_sub(1).and_then(|before| signs.get(before));
    if before.is_some_and(|sign| sign.is_alphanumeric() || matches!(sign, '/' | '@' | '.' | '_' | '-' | '='))
    {
        return None; // an e-mail address, an address, code
    }
    let of_name = |sign: &char| sign.is_alphanumeric() || matches!(sign, '_' | '-' | '.');
    let word = |from: usize| -> String {
        signs.iter().skip(from).take(100).take_while(|sign| of_name(sign)).collect()
    };
    let name = word(at.checked_add(1)?);
    let mut whole = name.trim_end_matches(['.', '-']).to_owned();
    if whole.is_empty() {
        return None;
    }
    let end = at.saturating_add(1).saturating_add(name.chars().count());
    if whole.len() == name.len() && signs.get(end) == Some(&'@') {
        let server = word(end.saturating_add(1));
        let server = server.trim_end_matches(['.', '-']);
        if server.contains('.') {
            whole = format!("{whole}@{server}");
        }
    }
    let length = whole.chars().count().saturating_add(1);
    Some((whole, length))
}

/// The text without `<!-- -->`, which pages do not show.
fn without_comments(source: &str) -> String {
    let mut kept = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("<!--") {
        let Some((_, after)) = after.split_once("-->") else { break };
        kept.push_str(before);
        rest = after;
    }
    kept.push_str(rest);
    kept
}

/// `[name]: address` lines.
fn definitions(source: &str) -> HashMap<String, String> {
    source
        .lines()
        .filter_map(definition)
        .map(|(name, address)| (name.to_lowercase(), address.to_owned()))
        .collect()
}

fn definition(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.trim().strip_prefix('[')?.split_once("]:")?;
    let address = rest.split_whitespace().next()?;
    let address = address.trim_start_matches('<').trim_end_matches('>');
    let leads = address.contains("://") || address.starts_with(['/', '#', '.']);
    (leads && !name.is_empty() && !name.contains(['[', ']'])).then_some((name, address))
}

fn escape(text: &str, out: &mut String) {
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}

/// A line without the marks at its beginning, and the block it is.
enum Line<'a> {
    Words(&'a str),
    /// Words that stand alone: a heading, an item, a row.
    Alone(String),
    Fence(&'a str),
    Nothing,
}

#[derive(Default)]
struct Reader {
    definitions: HashMap<String, String>,
    names: Vec<String>,
    /// HTML with nothing in it but words, links, pictures and what the author wrote as HTML.
    out: String,
}

impl Reader {
    fn blocks(&mut self, source: &str) {
        let mut paragraph = String::new();
        let mut fence: Option<&str> = None;
        for line in source.lines() {
            if let Some(open) = fence {
                if line.trim_start().starts_with(open) && line.trim().trim_end_matches(['`', '~']).is_empty()
                {
                    fence = None;
                } else {
                    escape(line, &mut self.out);
                    self.out.push('\n');
                }
                continue;
            }
            match of_line(line) {
                Line::Words(words) => {
                    paragraph.push_str(words);
                    paragraph.push('\n');
                }
                Line::Alone(words) => {
                    self.paragraph(&mut paragraph);
                    paragraph.push_str(&words);
                    self.paragraph(&mut paragraph);
                }
                Line::Fence(open) => {
                    self.paragraph(&mut paragraph);
                    fence = Some(open);
                }
                Line::Nothing => self.paragraph(&mut paragraph),
            }
        }
        self.paragraph(&mut paragraph);
    }

    fn paragraph(&mut self, words: &mut String) {
        let signs: Vec<char> = words.trim().chars().collect();
        words.clear();
        if signs.is_empty() {
            return;
        }
        let mut inline = Inline { reader: self, pieces: Vec::new(), open: HashMap::new() };
        inline.read(&signs, 0);
        let html = inline.finish();
        self.out.push_str(&html);
        self.out.push('\n');
    }
}

/// What a line is, without its marks.
fn of_line(line: &str) -> Line<'_> {
    let mut rest = line.trim();
    while let Some(quoted) = rest.strip_prefix('>') {
        rest = quoted.trim_start();
    }
    let only = |signs: &[char]| rest.len() >= 3 && rest.trim_matches(signs).is_empty();
    if rest.is_empty()
        || only(&['-', ' '])
        || only(&['*', ' '])
        || only(&['_', ' '])
        || only(&['='])
        || rest == "---"
    {
        return Line::Nothing;
    }
    for open in ["```", "~~~"] {
        if rest.starts_with(open) && !rest.trim_start_matches(['`', '~']).contains('`') {
            return Line::Fence(open);
        }
    }
    if let Some(spoiler) = rest.strip_prefix(":::") {
        let title = spoiler.trim().trim_start_matches("spoiler").trim();
        return if title.is_empty() { Line::Nothing } else { Line::Alone(title.to_owned()) };
    }
    if definition(rest).is_some() {
        return Line::Nothing;
    }
    let heading = rest.trim_start_matches('#');
    if heading.len() < rest.len() && rest.len() - heading.len() <= 6 && heading.starts_with([' ', '\t']) {
        return Line::Alone(heading.trim().trim_end_matches('#').trim_end().to_owned());
    }
    if let Some(item) = item(rest) {
        return Line::Alone(item.to_owned());
    }
    if rest.starts_with('|') && rest.ends_with('|') && rest.len() > 1 {
        if rest.trim_matches(['|', '-', ':', ' ']).is_empty() {
            return Line::Nothing;
        }
        let cells: Vec<&str> = rest.trim_matches('|').split('|').map(str::trim).collect();
        return Line::Alone(cells.join(" "));
    }
    Line::Words(rest)
}

/// The words of a list item.
fn item(line: &str) -> Option<&str> {
    let bullet = ["- ", "* ", "+ "].into_iter().find_map(|bullet| line.strip_prefix(bullet));
    let rest = bullet.or_else(|| {
        let rest = line.trim_start_matches(|sign: char| sign.is_ascii_digit());
        let digits = line.len() - rest.len();
        let rest = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))?;
        // a number at the start of an item says little, and a year says much
        (1..=2).contains(&digits).then_some(rest)
    })?;
    let rest = rest.trim_start();
    let task = ["[ ] ", "[x] ", "[X] "].into_iter().find_map(|task| rest.strip_prefix(task));
    Some(task.unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &str) {
        assert_eq!(read(source).text, expected, "{source}");
    }

    #[test]
    fn marks_go_and_words_stay() {
        check("plain words", "plain words");
        check("**bold** and *thin*, __bold__ and _thin_, ~~gone~~", "bold and thin, bold and thin, gone");
        check("2 * 3 * 4, snake_case_name, a ~ b, 5*", "2 * 3 * 4, snake_case_name, a ~ b, 5*");
        check("# Title #\n\nFirst\nsecond\n\n---\n## Next", "Title\nFirst\nsecond\nNext");
        check("- one\n- [x] two\n1. three\n2026. was a year", "one\ntwo\nthree\n2026. was a year");
        check("> quoted\n> > twice\nown", "quoted\ntwice\nown");
        check("```rust\nlet a = &b<C>;\n# no title\n```\nafter", "let a = &b<C>;\n# no title\nafter");
        check("say `a < b && *c*` twice", "say a < b && *c* twice");
        check("| a | b |\n|---|:-:|\n| 1 | 2 |", "a b\n1 2");
        check("::: spoiler The end\nhe wins\n:::", "The end\nhe wins");
        check("1 < 2 & 3 > 2 &amp; l&#x27;eau <3", "1 < 2 & 3 > 2 & l'eau <3");
        check("\\*not bold\\* \\[no link\\](x)", "*not bold* [no link](x)");
        check("<!-- a template -->seen<br>below <b>bold</b>", "seen\nbelow bold");
        check("I said \"yes\" **and", "I said \"yes\" **and");
        check("", "");
    }

    #[test]
    fn links_and_pictures_are_found() {
        let marked = read(
            "[Shop](https://shop.example/a_(b) \"title\") and ![a pot](https://img.example/p.png) and \
             <https://auto.example> and https://bare.example/x?y=1. ([ref] too, [words][ref])\n\n[ref]: https://ref.example",
        );
        assert_eq!(
            marked.text,
            "Shop and  and https://auto.example and https://bare.example/x?y=1. (ref too, words)"
        );
        assert_eq!(
            marked.links,
            [
                "https://shop.example/a_(b)",
                "https://auto.example",
                "https://bare.example/x?y=1",
                "https://ref.example"
            ]
        );
        assert_eq!(marked.images, [("https://img.example/p.png".to_owned(), "a pot".to_owned())]);
        let badge = read(
            "[![build](https://b.example/i.svg)](https://b.example) <img src='https://c.example/x.png' alt='x'>",
        );
        assert_eq!((badge.links.len(), badge.images.len()), (1, 2));
    }

    #[test]
    fn accounts_are_named() {
        let marked = read(
            "@lea, [@sam@lem.example](https://lem.example/u/sam) a@b.example `@code` (@kim.) https://x.example/@no",
        );
        assert_eq!(marked.names, ["lea", "sam@lem.example", "kim"]);
        assert!(!marked.links.iter().any(|link| link.contains("/u/sam")), "{marked:?}");
        assert_eq!(names("hello @lea and @lea, mail x@y.example"), ["lea"]);
    }

    #[test]
    fn hostile_text_ends_soon() {
        for piece in [
            "[", "![", "](", "*a ", "`", "``` ", "<", "<a", "@a@", "**", "[a](", "> ", "- ", "|", "~~",
            "https://",
        ] {
            read(&piece.repeat(10_000));
        }
        read(&(1..200).map(|length| "`".repeat(length) + " ").collect::<String>());
    }
}
