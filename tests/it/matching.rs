//! Matching: the cases of the query language, and a slow evaluator that it must agree with.

use std::collections::HashMap;

use proptest::prelude::*;
use vigie::find::Finder;
use vigie::fold::{Folded, Kind};
use vigie::keyword::Brand;
use vigie::matcher::{Decision, Matcher, Scratch, fields};
use vigie::post::{Media, NetworkName, Post};
use vigie::query::{Leaf, Near, Node, Query};

use super::command::Place;
use super::corpus;

#[test]
fn every_family_of_the_language_is_right() {
    let place = Place::new("matching-cases");
    place.write("cases.jsonl", include_str!("matching/cases.jsonl"));
    let told = place.ok(&["evaluate", "matching", "cases.jsonl", "--answers", "answers.jsonl"]);
    let count = include_str!("matching/cases.jsonl").lines().count();
    assert!(told.starts_with(&format!("right: {count} of {count} (100.0 %)")), "{told}");
    assert_eq!(place.read("answers.jsonl").lines().next(), Some(r#"{"id":"m1","got":"match"}"#));
}

#[test]
fn the_recorded_cases_are_right() {
    let Some(files) = corpus::files("matching", "jsonl") else { return };
    let place = Place::new("matching-corpus");
    for file in files {
        let told = place.ok(&["evaluate", "matching", &file.to_string_lossy()]);
        assert!(!told.contains("wrong:"), "{told}");
        println!("{told}");
    }
}

#[test]
fn cases_without_labels_give_answers_only() {
    let place = Place::new("matching-unlabelled");
    place.write("cases.jsonl", "{\"id\":\"a\",\"query\":\"acme\",\"text\":\"Acme\"}\n{\"id\":\"b\",\"query\":\"(\",\"text\":\"Acme\"}\n");
    let told = place.ok(&["evaluate", "matching", "cases.jsonl"]);
    assert_eq!(told, "{\"id\":\"a\",\"got\":\"match\"}\n{\"id\":\"b\",\"got\":\"invalid\"}\n");
    place.write("bad.jsonl", "{\"id\":\"a\",\"query\":\"acme\"}\nno\n");
    let ran = place.run(&["evaluate", "matching", "bad.jsonl"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("bad.jsonl:1: missing field `text`"), "{}", ran.err);
    assert!(ran.err.contains("bad.jsonl:2: "), "{}", ran.err);
}

/// Words, hashtags, accounts and the beginnings of words of a small vocabulary.
fn term() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[abc]{1,2}",
        2 => "\"[ab] [abc]\"",
        1 => "#[ab]",
        1 => "@[ab]",
        1 => "abc\\*",
        1 => "a\\?",
    ]
}

fn query() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        5 => term(),
        1 => (term(), 0..4_u32, any::<bool>(), term()).prop_map(|(a, within, ordered, b)| {
            format!("({a} NEAR/{within}{} {b})", if ordered { "f" } else { "" })
        }),
        1 => ("[abc] [abc] [abc]", 0..3_u32).prop_map(|(words, within)| format!("\"{words}\"~{within}")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" AND "))),
            prop::collection::vec(inner.clone(), 2..12).prop_map(|any| format!("({})", any.join(" OR "))),
            inner.prop_map(|not| format!("NOT {not}")),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        6 => "[abc]{1,2}",
        1 => "#[ab]",
        1 => "@[ab]",
        1 => "abc[abc]",
    ];
    prop::collection::vec(word, 0..10).prop_map(|words| words.join(" "))
}

/// The slow evaluator: words cut at spaces, every rule as the grammar says it.
struct Slow<'t> {
    query: &'t Query,
    words: Vec<&'t str>,
}

impl Slow<'_> {
    fn holds(&self, node: &Node) -> bool {
        match node {
            Node::Leaf(leaf) => !self.places(*leaf).is_empty(),
            Node::Not(inner) => !self.holds(inner),
            Node::And(nodes) => nodes.iter().all(|node| self.holds(node)),
            Node::Or(nodes) => nodes.iter().any(|node| self.holds(node)),
            Node::Near(near) => self.near(near),
        }
    }

    /// First and last word of every place where a term stands.
    fn places(&self, leaf: u32) -> Vec<(usize, usize)> {
        let Some(Leaf::Words(term)) = self.query.leaf(leaf) else { return Vec::new() };
        let parts: Vec<&str> = term.split(' ').collect();
        let last = (self.words.len() + 1).saturating_sub(parts.len());
        let stands = |at: &usize| parts.iter().zip(&self.words[*at..]).all(|(part, word)| is(part, word));
        (0..last).filter(stands).map(|at| (at, at + parts.len() - 1)).collect()
    }

    fn near(&self, near: &Near) -> bool {
        let sides: Vec<Vec<(usize, usize)>> =
            near.sides.iter().map(|side| side.clone().flat_map(|leaf| self.places(leaf)).collect()).collect();
        let mut chosen = Vec::new();
        self.choose(&sides, near, &mut chosen)
    }

    /// Every way to choose one place a side.
    fn choose(&self, sides: &[Vec<(usize, usize)>], near: &Near, chosen: &mut Vec<(usize, usize)>) -> bool {
        let Some((first, rest)) = sides.split_first() else {
            let start = chosen.iter().map(|place| place.0).min().unwrap();
            let end = chosen.iter().map(|place| place.1).max().unwrap();
            let own: usize = chosen.iter().map(|place| place.1 - place.0 + 1).sum();
            let in_order = chosen.is_sorted_by_key(|place| place.0);
            return end - start + 1 - own <= usize::try_from(near.within).unwrap()
                && (in_order || !near.ordered);
        };
        first.iter().any(|place| {
            if chosen.iter().any(|other| other.0 <= place.1 && place.0 <= other.1) {
                return false;
            }
            chosen.push(*place);
            let found = self.choose(rest, near, chosen);
            chosen.pop();
            found
        })
    }
}

/// Whether a part of a term is this word of the text.
fn is(part: &str, word: &str) -> bool {
    let bare = word.trim_start_matches(['#', '@']);
    if let Some(start) = part.strip_suffix('*') {
        return bare.starts_with(start) && (!word.starts_with('@') || bare == start);
    }
    if let Some(start) = part.strip_suffix('?') {
        return bare.len() == start.len() + 1 && bare.starts_with(start);
    }
    if part.starts_with(['#', '@']) { part == word } else { part == bare }
}

fn asked(query: &str, text: &str) -> Option<Decision> {
    let mut brand = Brand::named("x", true);
    brand.query = Some(query.to_owned());
    let matcher = Matcher::new(&[Brand::named("other", true), brand]).unwrap();
    let mut post = Post::new(NetworkName::known("test"), "1");
    text.clone_into(&mut post.text);
    let mut scratch = Scratch::default();
    let quick = !matcher.mentions(&post, "", &mut scratch).is_empty();
    let whole = matcher.judge(&post, "", &mut scratch).pop().map(|verdict| verdict.decision);
    assert_eq!(quick, whole == Some(Decision::Mention), "{query} in {text}");
    assert!(!quick || matcher.finds_any(std::iter::once(text), &mut scratch), "{query} in {text}");
    let tree = matcher.explain(&"x".parse_brand(), &post, "", &mut scratch).unwrap();
    assert_eq!(tree.holds, quick, "{query} in {text}");
    whole
}

#[test]
fn long_lists_of_alternatives_are_asked_as_short_ones() {
    let many: Vec<String> = (0..100).map(|number| format!("mot{number}")).collect();
    let list = many.join(" OR ");
    assert_eq!(asked(&format!("acme AND ({list})"), "acme mot77"), Some(Decision::Mention));
    assert_eq!(asked(&format!("acme AND ({list})"), "acme mot777"), Some(Decision::NoContext));
    assert_eq!(asked(&format!("acme AND ({list} OR NOT jus OR fin)"), "acme"), Some(Decision::Mention));
    assert_eq!(asked(&format!("acme AND ({list} OR NOT jus OR fin)"), "acme jus"), Some(Decision::Excluded));
    assert_eq!(asked(&format!("acme AND ({list} OR lang:fr OR fin)"), "acme"), Some(Decision::NoContext));
    assert_eq!(asked(&format!("acme NOT ({list})"), "acme mot5"), Some(Decision::Excluded));
}

/// A brand's identity from its name.
trait ParseBrand {
    fn parse_brand(&self) -> vigie::keyword::BrandId;
}

impl ParseBrand for str {
    fn parse_brand(&self) -> vigie::keyword::BrandId {
        vigie::keyword::BrandId(self.into())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_quick_way_and_the_slow_one_agree(query in query(), text in text()) {
        let Ok(parsed) = Query::parse(&query) else { return Ok(()) };
        prop_assert_eq!(&Query::parse(&parsed.to_string()).unwrap(), &parsed);
        let slow = Slow { query: &parsed, words: text.split(' ').filter(|word| !word.is_empty()).collect() };
        prop_assert_eq!(asked(&query, &text) == Some(Decision::Mention), slow.holds(parsed.root()), "{} in {:?}", query, text);
    }

    #[test]
    fn queries_answer_together_as_they_do_alone(queries in prop::collection::vec(query(), 1..6), texts in prop::collection::vec(text(), 1..4)) {
        let brands: Vec<Brand> = queries
            .into_iter()
            .filter(|query| Query::parse(query).is_ok())
            .map(|query| Brand { query: Some(query), ..Brand::named("x", true) })
            .collect();
        let together = Matcher::new(&brands).unwrap();
        let mut scratch = Scratch::default();
        for text in texts {
            let mut post = Post::new(NetworkName::known("test"), "1");
            post.text = text;
            let alone = brands.iter().flat_map(|brand| {
                let alone = Matcher::new(std::slice::from_ref(brand)).unwrap();
                alone.judge(&post, "", &mut Scratch::default())
            });
            let alone: Vec<_> = alone.filter(|verdict| verdict.decision == Decision::Mention).collect();
            prop_assert_eq!(together.mentions(&post, "", &mut scratch), alone);
        }
    }

    #[test]
    fn more_exclusions_never_add_mentions(query in query(), more in term(), text in text()) {
        let longer = format!("({query}) AND NOT {more}");
        if Query::parse(&query).is_ok() && asked(&longer, &text) == Some(Decision::Mention) {
            prop_assert_eq!(asked(&query, &text), Some(Decision::Mention));
        }
    }

    #[test]
    fn found_places_slice_the_original(
        query in "(raw:A|acme|#acme|@acme|l'acm\\*|京都|🍊|é|\"acme é\"~2)( OR (raw:é|a|b|京|@acme@b\\.fr)){0,2}",
        text in "(acme|ACMÉ|a\u{301}cme|é|e\u{301}|\u{200b}|#|@|l'|京都|🍊|acme\\.fr|https://a\\.fr/acme|\\n|\\PC| ){0,14}",
        alt in "(acme| |é){0,3}",
    ) {
        let mut brand = Brand::named("x", true);
        brand.query = Some(query);
        let matcher = Matcher::new(&[brand]).unwrap();
        let mut post = Post::new(NetworkName::known("test"), "1");
        post.text = text;
        post.media.push(Media { alt: Some(alt), ..Media::default() });
        for verdict in matcher.judge(&post, "", &mut Scratch::default()) {
            for tag in verdict.tags {
                let (_, part) = fields(&post).find(|(field, _)| *field == tag.field).unwrap();
                prop_assert!(part.get(tag.start..tag.end).is_some_and(|found| !found.is_empty()), "{tag:?} of {part:?}");
            }
        }
    }
}

/// Every place where a keyword stands, found the slow way: all keywords with the same first token, token by token;
/// runs of scripts without spaces character by character.
fn slowly(
    keywords: &[(Vec<Vec<u8>>, bool)],
    by_first: &HashMap<Vec<u8>, Vec<usize>>,
    text: &Folded,
) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let tokens = text.tokens();
    for (at, token) in tokens.iter().enumerate() {
        if matches!(token.kind, Kind::Link | Kind::Mail) {
            continue;
        }
        let start = token.range().start;
        let bytes = text.token_bytes(token);
        for keyword in by_first.get(bytes).into_iter().flatten() {
            let (words, is_run) = &keywords[*keyword];
            let follows = words.iter().enumerate().all(|(more, word)| {
                tokens.get(at + more).is_some_and(|token| {
                    !matches!(token.kind, Kind::Link | Kind::Mail | Kind::Run)
                        && text.token_bytes(token) == word
                })
            });
            if !is_run && follows {
                found.push((*keyword, start));
            }
        }
        if token.kind == Kind::Run {
            for (number, (words, is_run)) in keywords.iter().enumerate() {
                if *is_run {
                    let places = bytes.windows(words[0].len()).enumerate();
                    found.extend(
                        places
                            .filter(|(_, stretch)| *stretch == words[0])
                            .map(|(into, _)| (number, start + into)),
                    );
                }
            }
        }
    }
    found
}

#[test]
fn the_finder_finds_what_a_slow_one_finds_on_the_whole_corpus() {
    let Some(files) = corpus::files("corpus", "zst") else { return };
    let folder = files[0].parent().unwrap();
    let list = std::fs::read_to_string(folder.join("keywords-1000.txt")).unwrap();
    // Names of one token or several, or of one run; the few that mix them are left to other tests.
    let mut folded = Folded::default();
    let mut names: Vec<&str> = Vec::new();
    let mut keywords = Vec::new();
    for name in list.lines().chain(["東京", "서울", "ไทย", "京"]) {
        folded.fold_words(name);
        let tokens = folded.tokens();
        let runs = tokens.iter().filter(|token| token.kind == Kind::Run).count();
        let plain = tokens.iter().all(|token| matches!(token.kind, Kind::Word | Kind::Run));
        if !tokens.is_empty() && plain && (runs == 0 || tokens.len() == 1) {
            names.push(name);
            keywords.push((
                tokens.iter().map(|token| folded.token_bytes(token).to_vec()).collect::<Vec<_>>(),
                runs == 1,
            ));
        }
    }
    let mut by_first: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    for (number, (words, _)) in keywords.iter().enumerate() {
        by_first.entry(words[0].clone()).or_default().push(number);
    }
    let finder = Finder::of_keywords(names.iter().copied());
    let lines = zstd::stream::decode_all(std::fs::File::open(&files[0]).unwrap()).unwrap();
    let (mut posts, mut hits) = (0, 0);
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let post: serde_json::Value = serde_json::from_slice(line).unwrap();
        let text = post["text"].as_str().unwrap_or_default();
        folded.fold(text);
        let mut quickly = Vec::new();
        finder.find(&folded, |hit| {
            quickly.push((usize::try_from(hit.needle).unwrap(), usize::try_from(hit.start).unwrap()));
            true
        });
        let mut slow = slowly(&keywords, &by_first, &folded);
        quickly.sort_unstable();
        slow.sort_unstable();
        assert_eq!(quickly, slow, "{text}");
        posts += 1;
        hits += slow.len();
    }
    println!("{posts} posts, {} keywords, {hits} hits, all equal", names.len());
}
