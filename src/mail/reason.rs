//! Why a source is in trouble, or why posts are missing, in the reader's language.
//!
//! Reasons are kept as they were told, in English, with what the network itself said inside. Sentences of Vigie are
//! recognised by their frames and put into French; the words of networks stay as they are.

use std::borrow::Cow;

use super::Language;

/// How deep frames stand in each other: a sentence, what is in its parentheses, and the status in that.
const DEPTH: usize = 6;

/// The reason in this language.
pub fn reason(english: &str, language: Language) -> Cow<'_, str> {
    match language {
        Language::En => Cow::Borrowed(english),
        Language::Fr => french(english, DEPTH),
    }
}

fn french(english: &str, depth: usize) -> Cow<'_, str> {
    if depth == 0 || english.is_empty() {
        return Cow::Borrowed(english);
    }
    let found = frames().find_map(|(frame, french)| Some((holes(frame, english)?, french)));
    let Some((holes, frame)) = found else {
        return pair(english, depth).map_or(Cow::Borrowed(english), Cow::Owned);
    };
    let mut said = String::new();
    let mut holes = holes.into_iter();
    for (at, piece) in frame.split("{}").enumerate() {
        if at > 0 {
            said.push_str(&french(holes.next().unwrap_or_default(), depth.saturating_sub(1)));
        }
        said.push_str(piece);
    }
    Cow::Owned(said)
}

/// Two reasons in one line, `one; other`, of which at least one is known.
fn pair(english: &str, depth: usize) -> Option<String> {
    ["; ", ": "].into_iter().find_map(|mark| {
        let (first, second) = english.split_once(mark)?;
        let [one, other] = [first, second].map(|half| french(half, depth.saturating_sub(1)));
        let known = one != first || other != second;
        known.then(|| format!("{one}{}{other}", if mark == "; " { "\u{a0}; " } else { "\u{a0}: " }))
    })
}

/// What stands in the holes of a frame, in order; nothing when the text is not of this frame.
fn holes<'a>(frame: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = frame.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, inner)) = pieces.split_last() else { return rest.is_empty().then(Vec::new) };
    let mut found = Vec::new();
    for piece in inner {
        let (hole, after) = rest.split_once(piece)?;
        found.push(hole);
        rest = after;
    }
    found.push(rest.strip_suffix(last)?);
    Some(found)
}

/// What Vigie says and the same in French, as pairs of lines.
fn frames() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut lines =
        include_str!("reasons.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    std::iter::from_fn(move || Some((lines.next()?, lines.next()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_networks_stay_inside_french_sentences() {
        for (told, french) in [
            (
                "mastodon refuses the key (the server says \"The access token was revoked\"); make a new one and set it again",
                "mastodon refuse la clé (le serveur dit \"The access token was revoked\")\u{a0}; créez-en une nouvelle et renseignez-la",
            ),
            (
                "fetch from news.example: it has a fault of its own (status 502); Vigie tries again",
                "appel de news.example\u{a0}: il est en panne (statut 502)\u{a0}; Vigie réessaie",
            ),
            (
                "failed to read a feed from feed: the answer is empty; check `url` of this source",
                "impossible de lire un flux de feed\u{a0}: la réponse est vide\u{a0}; vérifiez `url` de cette source",
            ),
            ("Nobody knows this sentence (it)", "Nobody knows this sentence (it)"),
            ("", ""),
        ] {
            assert_eq!(reason(told, Language::Fr), french);
        }
    }

    #[test]
    fn frames_have_as_many_holes_in_both_languages() {
        for (english, french) in frames() {
            assert_eq!(english.matches("{}").count(), french.matches("{}").count(), "{english}");
        }
    }
}
