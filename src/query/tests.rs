//! Queries read, printed and refused.

use super::*;

#[track_caller]
fn reads(text: &str, printed: &str) {
    let query = Query::parse(text).unwrap_or_else(|refused| panic!("{refused}"));
    assert_eq!(query.to_string(), printed);
    assert_eq!(Query::parse(printed).unwrap(), query, "{printed}");
}

#[test]
fn binding_and_printing() {
    reads("orange OR sfr AND fibre", "orange OR (sfr AND fibre)");
    reads("orange fibre -jus", "orange AND fibre AND NOT jus");
    reads("orange NOT jus NEAR/2 fruit", "orange AND NOT jus NEAR/2 fruit");
    reads(
        "(orange OR sfr) NEAR/2f (panne OR \"gros bug\")",
        "(orange OR sfr) NEAR/2f (panne OR \"gros bug\")",
    );
    reads("«la poste» “h & m” „x y“", "\"la poste\" AND \"h & m\" AND \"x y\"");
    reads("NOT NOT free", "free");
    reads("orange & sfr - jus", "orange AND sfr AND jus");
    reads("orange -> sfr", "orange AND sfr");
    reads("\"a b c\"~4", "\"a b c\"~4");
    reads("\"apple store\"~2", "apple NEAR/2 store");
    reads("\"apple\"~2", "apple");
    reads("12:30 And near/3", "\"12:30\" AND And AND \"near/3\"");
    reads("https://www.acme.example/x", "link:www.acme.example/x");
    reads("-(a b) c", "NOT (a AND b) AND c");
    reads("RAW:Canal+ lang:FRA-ca followers:>1k", "raw:Canal+ AND lang:fr-ca AND followers:>=1001");
    reads("orang* organi?ation #acme* @a@b.example", "orang* AND organi?ation AND #acme* AND @a@b.example");
}

#[track_caller]
fn refuses(text: &str, about: &str) {
    let refused = Query::parse(text).expect_err(text).to_string();
    assert!(refused.contains(about), "{text}: {refused}");
}

#[test]
fn what_cannot_be_run_says_why() {
    for (text, about) in [
        ("", "empty"),
        ("& -", "empty"),
        ("free OR", "OR wants a term after it"),
        ("AND free", "AND wants a term before it"),
        ("free AND AND sfr", "AND wants a term after it"),
        ("NOT free", "nothing wanted"),
        ("orange OR NOT fruit", "nothing wanted"),
        ("a NEAR/-1 b", "whole number"),
        ("a NEAR b", "whole number"),
        ("a NEAR/3F b", "whole number"),
        ("a NEAR/2 b NEAR/2 c", "chained"),
        ("a NEAR/2 (b c)", "a side of NEAR"),
        ("a NEAR/2 lang:fr", "field"),
        ("a NEAR/2 -b", "excluded"),
        ("a*", "three characters"),
        ("l'or*", "three characters"),
        ("*orange", "begin"),
        ("?range", "begin"),
        ("or*nge", "end of a word"),
        ("auteur:orange", "is no field"),
        ("note:", "is no field"),
        ("author:", "wants a value"),
        ("author:(a OR b)", "grouped"),
        ("has:liens", "link or media"),
        ("link:", "wants a value"),
        ("link:acme.*", "no wildcard"),
        ("\"\"", "to find"),
        ("#", "to find"),
        ("\"la poste", "never closed"),
        ("(orange", "never closed"),
        ("orange)", "closes none"),
        ("()", "hold nothing"),
        ("lang:french", "language code"),
    ] {
        refuses(text, about);
    }
    assert!(Query::parse("orange AND (panne OR NOT fruit)").is_ok());
}

#[test]
fn every_fault_is_told_at_once_with_a_caret() {
    let refused = Query::parse("orange AND (a* OR auteur:x").unwrap_err();
    insta::assert_snapshot!(refused, @r"
      orange AND (a* OR auteur:x
                 ^ this bracket is never closed
      orange AND (a* OR auteur:x
                  ^^ `*` wants at least three characters before it, or it would find too much
      orange AND (a* OR auteur:x
                        ^^^^^^^^ `auteur:` is no field; did you mean `author:`? there are author:, lang:, network:, link:, has:, followers:, kind:, verified:, source:, raw:; in quotes it is plain text
    ");
}

#[test]
fn the_short_form_is_a_query() {
    let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let (keywords, context, unless) =
        (own(&["Acme", "Acme Cloud?", "#acme"]), own(&["cloud"]), own(&["dynamite", "raw:ACME"]));
    let query = Short { keywords: &keywords, context: &context, unless: &unless }.query();
    assert_eq!(
        query.to_string(),
        "(Acme OR \"Acme Cloud\" OR #acme) AND cloud AND NOT (dynamite OR raw:ACME)"
    );
    assert_eq!(Query::parse(&query.to_string()).unwrap(), query);
}

#[test]
fn deep_and_long_queries_are_refused_not_run() {
    refuses(&"(".repeat(5_000), "deep");
    refuses(&"a ".repeat(40_000), "bytes long");
    refuses(&"a ".repeat(20_000), "terms");
}

proptest::proptest! {
    #[test]
    fn nothing_panics_and_printing_is_the_identity(text in "([a-c]{1,4}|AND|OR|NOT|NEAR/2|NEAR/1f|\\(|\\)|\"|«|»|-| |#|@|raw:|lang:fr|link:a.fr/b|\\*|\\?|~2|é|京都|🍊|'|\\PC){0,14}") {
        if let Ok(query) = Query::parse(&text) {
            let printed = query.to_string();
            proptest::prop_assert_eq!(Query::parse(&printed).map_err(|refused| refused.to_string()), Ok(query), "{}", printed);
        }
    }
}
