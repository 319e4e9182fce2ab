//! Whether a text is markup, for formats that do not say.

/// HTML elements whose presence makes a text markup; `<T>` or `<your name>` do not.
#[rustfmt::skip]
const TAGS: &[&str] = &[
    "a", "abbr", "acronym", "address", "applet", "area", "article", "aside", "audio", "b", "base",
    "basefont", "bdi", "bdo", "big", "blink", "blockquote", "body", "br", "button", "canvas", "caption",
    "center", "cite", "code", "col", "colgroup", "datalist", "dd", "del", "details", "dfn", "dir", "div",
    "dl", "dt", "em", "embed", "fieldset", "figcaption", "figure", "font", "footer", "form", "frame",
    "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "i", "iframe",
    "img", "input", "ins", "kbd", "keygen", "label", "legend", "li", "link", "main", "map", "mark",
    "marquee", "math", "menu", "meta", "meter", "nav", "nobr", "noembed", "noframes", "noscript", "object",
    "ol", "optgroup", "option", "p", "param", "picture", "pre", "progress", "q", "rp", "rt", "ruby", "s",
    "samp", "script", "section", "select", "small", "source", "span", "strike", "strong", "style", "sub",
    "summary", "sup", "svg", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "time",
    "title", "tr", "track", "tt", "u", "ul", "var", "video", "wbr", "xmp",
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

/// Character references that nobody means to show: they stand for letters, marks and spaces.
const SHOWN: &[&str] = &[
    "amp;", "apos;", "agrave;", "aacute;", "acirc;", "auml;", "ccedil;", "eacute;", "egrave;", "ecirc;",
    "euml;", "euro;", "hellip;", "iacute;", "laquo;", "ldquo;", "lsquo;", "mdash;", "nbsp;", "ndash;",
    "ntilde;", "oacute;", "ocirc;", "ouml;", "quot;", "raquo;", "rdquo;", "rsquo;", "szlig;", "uacute;",
    "ugrave;", "uuml;",
];

/// The markup that a piece without any tag turns out to be when its references are read: some programs escape
/// once too often. `None` when what it says is meant.
pub(super) fn escaped_twice(raw: &str) -> Option<String> {
    if !raw.contains('&') {
        return None;
    }
    let read = crate::html::to_text(raw);
    // a tag alone may be what is talked about; one that is closed, or breaks a line, is markup
    let lower = read.to_ascii_lowercase();
    let tags = [
        "</p>",
        "</a>",
        "</b>",
        "</i>",
        "</em>",
        "</strong>",
        "</div>",
        "</span>",
        "</li>",
        "<br>",
        "<br/>",
        "<br />",
        "<img ",
    ];
    let marked = tags.iter().any(|tag| lower.contains(tag));
    let reference = |after: &str| {
        let number = after
            .strip_prefix('#')
            .map(|rest| rest.trim_start_matches(|one: char| one.is_ascii_hexdigit() || one == 'x'));
        number.is_some_and(|rest| rest.starts_with(';')) || SHOWN.iter().any(|name| after.starts_with(name))
    };
    let referred = !read.contains('<') && read.split('&').skip(1).any(reference);
    (marked || referred).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_twice_is_read_twice() {
        for (raw, expected) in [
            ("&lt;p&gt;Un &lt;b&gt;deux&lt;/b&gt;&lt;/p&gt;", Some("<p>Un <b>deux</b></p>")),
            ("l&amp;#8217;été", Some("l&#8217;été")),
            ("caf&amp;eacute;", Some("caf&eacute;")),
            ("how to use &lt;div&gt;", None),
            ("R&amp;D", None),
            ("&#233;t&eacute;", None),
            ("1 &lt; 2", None),
        ] {
            assert_eq!(escaped_twice(raw).as_deref(), expected, "{raw}");
        }
    }

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
