//! What is found, where, and what is decided.

use super::*;
use crate::post::NetworkName;

fn brand(keywords: &[&str], unless: &[&str], context: &[&str]) -> Brand {
    let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let mut brand = Brand::named("x", true);
    (brand.keywords, brand.unless, brand.context) = (own(keywords), own(unless), own(context));
    brand
}

fn judge(brand: Brand, text: &str) -> Option<Verdict> {
    let mut post = Post::new(NetworkName::known("test"), "1");
    text.clone_into(&mut post.text);
    Matcher::new(&[brand]).unwrap().judge(&post, "", &mut Scratch::default()).pop()
}

/// Puts brackets around what the matcher found.
#[track_caller]
fn check(keywords: &[&str], text: &str, expected: &str) {
    let tags = judge(brand(keywords, &[], &[]), text).map(|verdict| verdict.tags).unwrap_or_default();
    let mut shown = text.to_owned();
    for tag in longest(&tags, Field::Text).iter().rev() {
        shown.insert(tag.end, ']');
        shown.insert(tag.start, '[');
    }
    assert_eq!(shown, expected);
}

#[test]
fn whole_words_only_and_the_longest_is_shown() {
    check(&["acme", "acme cloud"], "I left Acme Cloud.", "I left [Acme Cloud].");
    check(&["acme"], "Acmeware, acme_x, Acme's", "Acmeware, acme_x, [Acme]'s");
    check(&["l'oréal"], "chez L’OREAL !", "chez [L’OREAL] !");
    check(&["nescafe"], "un Nescafe\u{301} svp", "un [Nescafe\u{301}] svp");
    check(&["oeuvre"], "l'œuvre", "l'[œuvre]");
    check(
        &["acme"],
        "ac\u{200b}me #Acme @acme @acme.example.net",
        "[ac\u{200b}me] #[Acme] @[acme] @acme.example.net",
    );
    check(&["#acme"], "acme #ACME #acmeday", "acme [#ACME] #acmeday");
    check(&["@acme"], "acme @Acme @acme@s.example", "acme [@Acme] [@acme]@s.example");
    check(
        &["acme"],
        "https://acme.example/acme and acme.example",
        "https://acme.example/acme and [acme].example",
    );
    check(&["トヨタ"], "私はトヨタ車が好き", "私は[トヨタ]車が好き");
    check(&["h&m"], "chez H & M ou h&m", "chez [H & M] ou [h&m]");
    check(&["🍊"], "une 🍊!", "une [🍊]!");
}

#[test]
fn context_and_exclusion_look_at_the_whole_post() {
    let decide = |text: &str| {
        judge(brand(&["orange"], &["jus"], &["réseau", "forfait"]), text).map(|verdict| verdict.decision)
    };
    assert_eq!(decide("Orange en panne de reseau"), Some(Decision::Mention));
    assert_eq!(decide("une orange"), Some(Decision::NoContext));
    assert_eq!(decide("forfait orange et jus"), Some(Decision::Excluded));
    assert_eq!(decide("le forfait"), Some(Decision::NoKeyword));
    assert_eq!(decide("rien"), None);
}

#[test]
fn a_post_full_of_keywords_costs_little_and_keeps_few_tags() {
    let text = "acme ".repeat(100_000);
    let tags = judge(brand(&["acme"], &[], &[]), &text).unwrap().tags;
    assert_eq!(tags.len(), TAGS);
    assert_eq!((tags[1].start, tags[1].end), (5, 9));
}

proptest::proptest! {
    #[test]
    fn found_places_can_be_sliced(text in "(acme|ACMÉ|a\u{301}cme|é|\u{200b}|#|@|l'|\\PC| ){0,12}") {
        for tag in judge(brand(&["acme", "a", "é"], &[], &[]), &text).map(|verdict| verdict.tags).unwrap_or_default() {
            proptest::prop_assert!(text.get(tag.start..tag.end).is_some_and(|found| !found.is_empty()));
        }
    }
}

/// Whether `query` holds for a post with this text, by an author of this name; `None` when it is refused.
fn holds(query: &str, handle: &str, text: &str) -> Option<bool> {
    let mut brand = Brand::named("x", true);
    brand.query = Some(query.to_owned());
    let mut post = Post::new(NetworkName::known("test"), "1");
    text.clone_into(&mut post.text);
    post.author = Some(crate::post::Author { handle: Some(handle.to_owned()), ..Default::default() });
    let matcher = Matcher::new(&[brand]).ok()?;
    Some(!matcher.mentions(&post, "", &mut Scratch::default()).is_empty())
}

#[test]
fn signs_that_nobody_sees_change_nothing() {
    for (query, text, expected) in [
        ("link:acme.fr", "Ac\u{200b}me.fr est lent", Some(true)),
        ("link:acme.fr", "ht\u{200b}tps://acme.fr", Some(true)),
        ("link:acme.fr/x", "https://ac\u{200d}me.fr/\u{200e}x", Some(true)),
        ("acme", "contact\u{200b}@acme.fr", Some(false)),
        ("@acme@social.example", "@acme@so\u{200b}cial.example", Some(true)),
        ("hui", "aujourd'\u{200b}hui", Some(false)),
        ("aujourd'hui", "𝐚𝐮𝐣𝐨𝐮𝐫𝐝'𝐡𝐮𝐢", Some(true)),
        ("hui", "ａｕｊｏｕｒｄ’ｈｕｉ", Some(false)),
        ("\"la po\u{200b}st*\"", "la poste", Some(true)),
        ("\"a b\"\u{200b}~2", "a x b", Some(true)),
        ("acme \u{200d}-jus", "acme jus", Some(false)),
        ("author:\"an\u{200b}a\"", "rien", Some(true)),
    ] {
        assert_eq!(holds(query, "ana", text), expected, "{query:?} {text:?}");
    }
}

#[test]
fn accents_of_their_own_are_those_of_letters() {
    for (query, handle, text, expected) in [
        ("link:été.fr", "ana", "Rdv sur e\u{301}te\u{301}.fr", Some(true)),
        ("link:acme.fr/été", "ana", "https://acme.fr/e\u{301}te\u{301}", Some(true)),
        ("link:acme.fr/e\u{301}te\u{301}", "ana", "https://acme.fr/%C3%A9t%C3%A9", Some(true)),
        ("author:élodie", "e\u{301}lodie", "rien", Some(true)),
        ("e\u{301}t*", "ana", "étude", None),
        ("e\u{301}tu*", "ana", "étude", Some(true)),
        ("#acme", "ana", "#Orange#acme", Some(false)),
        ("#orange", "ana", "#Orange#acme", Some(true)),
        ("link:ac?e.fr", "ana", "https://acme.fr", None),
        ("link:acme.fr?x=1", "ana", "https://acme.fr/?x=1&y=2", Some(true)),
    ] {
        assert_eq!(holds(query, handle, text), expected, "{query:?} {text:?}");
    }
}
