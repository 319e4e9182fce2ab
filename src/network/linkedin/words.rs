//! The markup of LinkedIn's texts ("little"): people and pages as `@[Name](urn)`, hashtags as templates, and a
//! backslash before every sign that would mean something.

use crate::network::plain;

/// A text without its markup.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Words {
    pub(super) text: String,
    pub(super) hashtags: Vec<String>,
    /// URNs of the people and pages it names.
    pub(super) named: Vec<String>,
}

/// Signs up to an unescaped `end`, without their backslashes; `None` when it does not come.
fn until(rest: &mut std::str::Chars<'_>, end: char) -> Option<String> {
    let mut found = String::new();
    let mut ahead = rest.clone();
    while let Some(sign) = ahead.next() {
        match sign {
            '\\' => found.extend(ahead.next()),
            sign if sign == end => {
                *rest = ahead;
                return Some(found);
            }
            sign => found.push(sign),
        }
    }
    None
}

/// `[Name](urn)`, behind its `@`.
fn named(rest: &mut std::str::Chars<'_>) -> Option<(String, String)> {
    let mut ahead = rest.clone();
    if ahead.next() != Some('[') {
        return None;
    }
    let name = until(&mut ahead, ']')?;
    let spaced = ahead.as_str().strip_prefix(' ').filter(|after| after.starts_with("(urn:li:"));
    if let Some(after) = spaced {
        ahead = after.chars();
    }
    if ahead.next() != Some('(') {
        return None;
    }
    // a URN may hold brackets of its own
    let mut depth = 1_u32;
    let mut urn = String::new();
    for sign in ahead.by_ref() {
        match sign {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            // anything else stays as it was written
            let found = urn.starts_with("urn:li:").then_some((name, urn))?;
            *rest = ahead;
            return Some(found);
        }
        urn.push(sign);
    }
    None
}

/// `{hashtag|\#|tag}`, behind its brace.
fn template(rest: &mut std::str::Chars<'_>) -> Option<String> {
    let mut ahead = rest.clone();
    let inside = until(&mut ahead, '}')?;
    let mut parts = inside.split('|');
    let tag = (parts.next() == Some("hashtag")).then(|| parts.next_back()).flatten()?;
    *rest = ahead;
    Some(tag.trim_start_matches(['#', '＃']).to_owned()).filter(|tag| !tag.is_empty())
}

/// Undoes the markup.
pub(super) fn read(raw: &str) -> Words {
    let mut words = Words::default();
    let mut rest = raw.chars();
    let mut before = ' ';
    // the work on unfinished markup is bounded: what opens and does not close is looked for this often
    let mut tries = 1_000_u32;
    while let Some(sign) = rest.next() {
        let mut meant = None;
        match sign {
            '\\' => meant = Some(rest.next().map(String::from).unwrap_or_default()),
            '@' if tries > 0 => {
                tries = tries.saturating_sub(1);
                if let Some((name, urn)) = named(&mut rest) {
                    plain::add(&mut words.named, urn);
                    meant = Some(name);
                }
            }
            '{' if tries > 0 => {
                tries = tries.saturating_sub(1);
                if let Some(tag) = template(&mut rest) {
                    meant = Some(format!("#{tag}"));
                    plain::add(&mut words.hashtags, tag);
                }
            }
            '#' | '＃' if !before.is_alphanumeric() => {
                let tag: String =
                    rest.clone().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
                if tag.chars().any(|sign| !sign.is_ascii_digit()) {
                    plain::add(&mut words.hashtags, tag);
                }
            }
            _ => {}
        }
        match meant {
            Some(meant) => {
                before = meant.chars().next_back().unwrap_or(before);
                words.text.push_str(&meant);
            }
            None => {
                before = sign;
                words.text.push(sign);
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, text: &str, hashtags: &[&str], named: &[&str]) {
        let words = read(raw);
        assert_eq!(
            (words.text.as_str(), words.hashtags, words.named),
            (
                text,
                hashtags.iter().map(|tag| (*tag).to_owned()).collect(),
                named.iter().map(|urn| (*urn).to_owned()).collect()
            )
        );
    }

    #[test]
    fn markup_is_undone() {
        check(
            "Hello @[Molivelle \\(France\\)](urn:li:organization:12)!",
            "Hello Molivelle (France)!",
            &[],
            &["urn:li:organization:12"],
        );
        check("{hashtag|\\#|Moka} et {hashtag\\|#\\|café}", "#Moka et #café", &["Moka", "café"], &[]);
        check("#Moka \\#pas 50\\% \\(a\\_b\\) \\\\", "#Moka #pas 50% (a_b) \\", &["Moka"], &[]);
        check("@[Lea] (urn:li:person:x1) mail@x.example", "Lea mail@x.example", &[], &["urn:li:person:x1"]);
        check("a#b #1 ＃東京", "a#b #1 ＃東京", &["東京"], &[]);
    }

    #[test]
    fn unfinished_markup_stays() {
        for raw in ["@[Lea", "@[Lea](urn:li", "@[Lea](x)", "{hashtag|", "{other|x}", "@", "{", "\\"] {
            assert_eq!(read(raw).named, Vec::<String>::new(), "{raw}");
        }
        assert_eq!(read("@[Lea](x) {a}").text, "@[Lea](x) {a}");
        read(&"@[".repeat(50_000));
        read(&"{".repeat(100_000));
    }
}
