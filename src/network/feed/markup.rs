//! Whether a text is markup, for formats that do not say.

/// HTML elements whose presence makes a text markup; `<T>` or `<your name>` do not.
const TAGS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "bdi",
    "big",
    "blockquote",
    "br",
    "button",
    "caption",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "figcaption",
    "figure",
    "font",
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
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "li",
    "link",
    "mark",
    "nav",
    "object",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "samp",
    "script",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// Whether a text holds HTML elements, comments or character references.
pub(super) fn is_likely(text: &str) -> bool {
    let tag = |after: &str| {
        let after = after.strip_prefix('/').unwrap_or(after);
        let name: String = after.chars().take_while(char::is_ascii_alphanumeric).take(12).collect();
        let closed = after
            .chars()
            .nth(name.len())
            .is_some_and(|one| matches!(one, '>' | '/' | ' ' | '\n' | '\t' | '\r'));
        after.starts_with("!--") || (closed && TAGS.contains(&name.to_ascii_lowercase().as_str()))
    };
    let reference = |after: &str| {
        let name: String =
            after.chars().take(32).take_while(|one| one.is_ascii_alphanumeric() || *one == '#').collect();
        after.chars().nth(name.len()) == Some(';') && !name.is_empty()
    };
    text.split('<').skip(1).any(tag) || text.split('&').skip(1).any(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_signs_are_not_markup() {
        for plain in ["1 < 2 > 0", "Vec<T>", "AT&T", "a & b; c", "R&D <soon>"] {
            assert!(!is_likely(plain), "{plain}");
        }
        for marked in
            ["a<br>b", "<p class='x'>y", "caf&eacute;", "&#233;", "x</b>", "<!-- x -->", "<IMG src=x>"]
        {
            assert!(is_likely(marked), "{marked}");
        }
    }
}
