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
