//! What fuzzing runs, and ordinary tests replay: any bytes may come in, none may panic.

use std::path::Path;

use vigie::keyword::{self, Brand};
use vigie::matcher::{Decision, Matcher, Scratch, fields};
use vigie::network::{ALL, Answer, Request, recorded};
use vigie::post::{NetworkName, Post};
use vigie::query::Query;

/// Every network reads the bytes: as one answer and as a file, twice, the second time with the cursor of
/// the first.
pub(crate) fn network(bytes: &[u8]) {
    for spec in ALL {
        let Ok(network) = (spec.build)(&Default::default()) else { panic!("{} needs keys", spec.name) };
        let request = Request::get("https://net.example/api/v1/timelines/public?limit=40");
        let answer = Answer { request, status: 200, body: bytes.to_vec(), ..Answer::default() };
        let cursor = network.read(&answer, None).ok().and_then(|page| page.cursor);
        drop(network.read(&answer, cursor.as_ref()));
        drop(recorded::understand(network.as_ref(), &recorded::answers(bytes, None, &[])));
    }
}

/// A brand file is read or refused with at least one reason; what is read can be matched.
pub(crate) fn keyword(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match keyword::parse(Path::new("keywords/brand.toml"), "brand", text) {
        Ok(brand) => drop(Matcher::new(&[brand])),
        Err(faults) => assert!(!faults.to_string().is_empty(), "refused without a reason"),
    }
}

/// The first line is a brand, the next up to an empty line its keywords; the rest is a post. What is found
/// can be sliced.
pub(crate) fn matcher(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\n\n").unwrap_or(("Molivelle", &text));
    let mut lines = head.lines().map(str::to_owned);
    let mut brand = Brand::named(&lines.next().unwrap_or_default(), true);
    brand.keywords.extend(lines);
    let Ok(matcher) = Matcher::new(&[brand]) else { return };
    let mut post = Post::new(NetworkName::known("fuzz"), "1");
    let (title, rest) = body.split_once('\n').unwrap_or(("", body));
    post.title = Some(title.to_owned());
    post.text = rest.to_owned();
    for verdict in matcher.judge(&post, "", &mut Scratch::default()) {
        for tag in &verdict.tags {
            let found = fields(&post)
                .any(|(field, text)| field == tag.field && text.get(tag.start..tag.end).is_some());
            assert!(found, "{tag:?} cannot be sliced");
        }
    }
}

/// The first line is a query, the rest a post. The query is refused with a reason, or prints as itself and is run;
/// the quick way and the thorough one agree, and what is found can be sliced.
pub(crate) fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (query, body) = text.split_once('\n').unwrap_or((&text, ""));
    drop(Query::warnings(query));
    let parsed = match Query::parse(query) {
        Ok(parsed) => parsed,
        Err(refused) => {
            assert!(!refused.to_string().is_empty(), "refused without a reason");
            return;
        }
    };
    assert!(Query::parse(&parsed.to_string()).is_ok_and(|again| again == parsed), "{parsed}");
    let mut brand = Brand::named("fuzz", true);
    brand.query = Some(query.to_owned());
    let id = brand.id.clone();
    let Ok(matcher) = Matcher::new(&[brand]) else { panic!("{query} was read and is refused") };
    let mut post = Post::new(NetworkName::known("fuzz"), "1");
    body.clone_into(&mut post.text);
    let mut scratch = Scratch::default();
    let quick = matcher.mentions(&post, "", &mut scratch).len();
    let verdicts = matcher.judge(&post, "", &mut scratch);
    let thorough = verdicts.iter().filter(|verdict| verdict.decision == Decision::Mention).count();
    assert_eq!(quick, thorough, "{query}");
    let tree = matcher.explain(&id, &post, "", &mut scratch);
    assert!(tree.is_some_and(|tree| tree.holds == (quick == 1)), "{query}");
    for tag in verdicts.iter().flat_map(|verdict| verdict.tags.iter().chain(&verdict.unless)) {
        assert!(post.text.get(tag.start..tag.end).is_some(), "{tag:?} cannot be sliced");
    }
}
