//! The checks of feedparser: small feeds, each with what must be read of it.

use std::fs;

use regex::Regex;
use serde_json::Value;
use vigie::network::Page;
use vigie::post::{Author, Post};

use super::super::read;
use super::{Score, recorded, same, same_time};

/// Most of the set that must hold, in permille; what is missed is printed. Mail addresses of authors count as missed where
/// there is a name too: Vigie does not keep them then.
const SHARE: usize = 955;

/// One file of the set.
struct Case {
    file: String,
    page: Result<Page, String>,
    checks: Vec<Value>,
    complete: bool,
}

fn cases() -> Option<Vec<Case>> {
    let folder = recorded("feedparser")?;
    let list = fs::read_to_string(folder.join("expected.jsonl")).expect("the set has its list");
    let case = |line: &str| {
        let case: Value = serde_json::from_str(line).expect("the list is JSON");
        let file = case["file"].as_str().expect("a case names its file").to_owned();
        let headers: Vec<(String, String)> = case["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap_or_default().to_owned()))
            .collect();
        let body = fs::read(folder.join(&file)).expect("the file is there");
        let page = read(&body, &headers, &format!("http://127.0.0.1:8097/{file}"));
        let checks = case["checks"].as_array().cloned().unwrap_or_default();
        let complete = case["checks_complete"].as_bool().unwrap_or_default();
        Case { file, page: page.map_err(|error| error.to_string()), checks, complete }
    };
    Some(list.lines().map(case).collect())
}

/// What became of a check.
enum Fate {
    Holds(bool),
    /// It is not about what Vigie reads.
    LeftOut(&'static str),
}

use Fate::{Holds, LeftOut};

const READER: &str = "about feedparser's own account of the document: bozo, encoding, version, HTTP";
const MARKUP: &str = "about the type or base of a piece of markup, which Vigie turns to plain text";
const NO_PLACE: &str =
    "about what posts have no place for: rights, generator, contributors, rel and title of links...";

/// Whether the answer holds one check.
fn fate(page: Option<&Page>, path: &[&str], op: &str, value: &Value) -> Fate {
    match path {
        ["entries", at, rest @ ..] => {
            let at: usize = at.parse().expect("entries are numbered");
            of_post(page.and_then(|page| page.posts.get(at)), rest, op, value)
        }
        ["feed", rest @ ..] => of_feed(page, rest, op, value),
        _ => LeftOut(READER),
    }
}

fn of_post(post: Option<&Post>, path: &[&str], op: &str, value: &Value) -> Fate {
    let text = value.as_str().unwrap_or_default();
    let given = |read: fn(&Post) -> Option<&str>| post.and_then(read);
    let author = |read: fn(&Author) -> Option<&String>| {
        post.and_then(|post| post.author.as_ref()).and_then(read).map(String::as_str)
    };
    let holds = match path {
        ["title"] | ["title_detail", "value"] => same(given(|post| post.title.as_deref()), text),
        ["link"] => same(given(|post| post.permalink.as_deref()), text),
        ["id" | "guid"] => same(given(|post| Some(&post.native_id)), text),
        ["summary" | "description"] | ["summary_detail", "value"] => {
            same(given(|post| post.summary.as_deref()), text) || same(given(|post| Some(&post.text)), text)
        }
        ["content", "0", "value"] => same(given(|post| Some(&post.text)), text),
        ["updated" | "updated_parsed" | "modified" | "modified_parsed"] => {
            same_time(post.and_then(|post| post.edited.or(post.published)), value)
        }
        ["published" | "published_parsed"] => same_time(post.and_then(|post| post.published), value),
        ["author"] => same(author(|author| author.display_name.as_ref()), text),
        ["expired" | "expired_parsed"] => same_time(post.and_then(|post| post.expires), value),
        ["author_detail", "name"] | ["authors", "0", "name"] => {
            same(author(|author| author.display_name.as_ref()), text)
        }
        ["authors", at, part @ ("name" | "url" | "email")] if *at != "0" => {
            let at: usize = at.parse().expect("people are numbered");
            let person = post.and_then(|post| post.coauthors.get(at.checked_sub(1)?));
            same(person.and_then(|one| part_of(one, part)), text)
        }
        ["author_detail", "url"] | ["authors", "0", "url"] => {
            same(author(|author| author.url.as_ref()), text)
        }
        ["author_detail" | "authors", .., "email"] => {
            same(author(|author| author.display_name.as_ref()), text)
        }
        ["language"] | ["title_detail" | "summary_detail", "language"] | ["content", _, "language"] => {
            let lang = given(|post| post.lang.as_deref());
            if value.is_null() { lang.is_none() } else { same(lang, text) }
        }
        ["enclosures", _, "url"] => {
            post.is_some_and(|post| post.media.iter().any(|media| media.url.as_deref() == Some(text)))
        }
        ["tags", _, "term"] => post.is_some_and(|post| post.hashtags.iter().any(|tag| tag == text)),
        ["content" | "title_detail" | "summary_detail", ..] => return LeftOut(MARKUP),
        _ => return LeftOut(NO_PLACE),
    };
    if op == "eq" { Holds(holds) } else { LeftOut(NO_PLACE) }
}

/// A part of what is known of somebody.
fn part_of<'a>(person: &'a Author, part: &str) -> Option<&'a str> {
    match part {
        "url" => person.url.as_deref(),
        _ => person.display_name.as_deref(),
    }
}

/// What the feed says of itself comes out as accounts: first itself, then its author.
fn of_feed(page: Option<&Page>, path: &[&str], op: &str, value: &Value) -> Fate {
    let text = value.as_str().unwrap_or_default();
    let accounts: Vec<&Author> =
        page.into_iter().flat_map(|page| &page.accounts).map(|account| &account.author).collect();
    let itself = |read: fn(&Author) -> Option<&String>| accounts.first().and_then(|one| read(one));
    let author = |read: fn(&Author) -> Option<&String>| {
        // the feed itself, then who writes it
        let of_account = accounts.get(1).or(accounts.first()).and_then(|one| read(one));
        let of_post = page.and_then(|page| page.posts.first()?.author.as_ref()).and_then(read);
        of_post.or(of_account)
    };
    let like = |found: Option<&String>| same(found.map(String::as_str), text);
    let holds = match path {
        ["title"] | ["title_detail", "value"] => like(itself(|one| one.display_name.as_ref())),
        ["link"] => like(itself(|one| one.url.as_ref())),
        ["subtitle" | "tagline" | "description" | "info"]
        | ["subtitle_detail" | "tagline_detail" | "info_detail", "value"] => {
            like(itself(|one| one.bio.as_ref()))
        }
        ["icon"] => like(itself(|one| one.avatar.as_ref())),
        ["author"] => like(author(|one| one.display_name.as_ref())),
        ["id"] => like(itself(|one| Some(&one.native_id))),
        ["author_detail", "name"] | ["authors", "0", "name"] => like(author(|one| one.display_name.as_ref())),
        ["author_detail", "url"] | ["authors", "0", "url"] => like(author(|one| one.url.as_ref())),
        ["authors", _, part @ ("name" | "url")] => accounts.iter().any(|one| same(part_of(one, part), text)),
        ["author_detail", "email"] => like(author(|one| one.display_name.as_ref())),
        ["language"] if op == "absent" => return Holds(itself(|one| one.lang.as_ref()).is_none()),
        ["language"]
        | ["title_detail" | "tagline_detail" | "info_detail" | "subtitle_detail", "language"] => {
            let lang = page.and_then(|page| page.posts.first()?.lang.as_ref());
            like(itself(|one| one.lang.as_ref()).or(lang))
        }
        ["updated" | "updated_parsed" | "published" | "published_parsed"] => {
            same_time(page.and_then(|page| page.accounts.first()?.at), value)
        }
        ["created" | "created_parsed"] => same_time(accounts.first().and_then(|one| one.created), value),
        [.., "type" | "base"] => return LeftOut(MARKUP),
        _ => return LeftOut(NO_PLACE),
    };
    if op == "eq" { Holds(holds) } else { LeftOut(NO_PLACE) }
}

#[test]
fn the_checks_of_feedparser_hold() {
    let Some(cases) = cases() else { return };
    let mut score = Score::default();
    for Case { file, page, checks, complete } in &cases {
        if file.contains("/sanitize/") || file.contains("/cdf/") {
            continue;
        }
        if !complete {
            score.leave_out("a file with an expectation that no machine can check");
        }
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        for check in checks {
            let path: Vec<String> = check["path"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned))
                .collect();
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let op = check["op"].as_str().unwrap_or_default();
            match fate(page.as_ref().ok(), &path, op, &check["value"]) {
                LeftOut(reason) => score.leave_out(reason),
                Holds(good) => {
                    let whose = if path.first() == Some(&"feed") { " (feed)" } else { "" };
                    score.count(&format!("{folder}{whose}"), good, || {
                        let read = page.as_ref().map_or_else(Clone::clone, |page| {
                            let (posts, accounts) = (&page.posts, &page.accounts);
                            serde_json::json!({ "posts": posts, "accounts": accounts }).to_string()
                        });
                        format!("{file}: {} = {}, read {read}", path.join("."), check["value"])
                    });
                }
            }
        }
    }
    let permille = score.close("feedparser");
    assert!(permille >= SHARE, "{permille} permille");
}

/// Everything that runs, loads, submits or lays itself over the page around it.
const ACTIVE: &str = r#"(?ix)
    < \s* / ? \s* (?: script | style | iframe | frame | frameset | object | embed | applet | form | input | button
        | textarea | select | meta | link | base | svg | math | template | canvas | xml | layer | bgsound ) \b
    | < [^>]* \s on [a-z]+ \s* =
    | < [^>]* \s (?: style | srcdoc | formaction | ping | background | dynsrc | lowsrc | xmlns ) \s* =
    | < [^>]* = \s* ["']? \s* (?: javascript | vbscript | data | livescript | mocha | file | about ) \s* :
    | <! | <\? | expression \s* \(
"#;

#[test]
fn nothing_active_leaves_vigie() {
    let Some(cases) = cases() else { return };
    let active = Regex::new(ACTIVE).expect("a pattern");
    let run = Regex::new(r"(?i)^\W*(javascript|vbscript|data|livescript|file|about):").expect("a pattern");
    let (mut files, mut markup, mut same_words, mut words) = (0, 0, 0, 0);
    let mut faults = Vec::new();
    for Case { file, page, checks, .. } in &cases {
        let Ok(page) = page else { continue };
        files += usize::from(file.contains("/sanitize/"));
        for post in &page.posts {
            markup += usize::from(post.html.is_some());
            if let Some(html) = &post.html
                && let Some(found) = active.find(html)
            {
                faults.push(format!("{file}: {:?} in {html}", found.as_str()));
            }
            let author = post.author.as_ref();
            let addresses = post
                .links
                .iter()
                .chain(post.media.iter().filter_map(|media| media.url.as_ref()))
                .chain(&post.permalink)
                .chain(author.into_iter().flat_map(|author| author.url.iter().chain(&author.avatar)));
            faults.extend(
                addresses.filter(|one| run.is_match(one)).map(|one| format!("{file}: address {one}")),
            );
        }
        for check in checks.iter().filter(|_| file.contains("/sanitize/")) {
            let path = check["path"].as_array().map_or(&[][..], Vec::as_slice);
            let (Some(0), Some(post)) = (path.get(1).and_then(Value::as_i64), page.posts.first()) else {
                continue;
            };
            let text = check["value"].as_str().unwrap_or_default();
            let ours = [post.title.as_deref(), Some(&post.text), post.summary.as_deref()];
            words += 1;
            same_words += usize::from(ours.into_iter().any(|ours| same(ours, text)));
        }
    }
    println!(
        "feedparser sanitize: {files} files, {markup} pieces of markup, {} with something active",
        faults.len()
    );
    println!(
        "feedparser sanitize: the words of entries are the expected ones in {same_words} of {words} checks"
    );
    assert!(files > 300 && faults.is_empty(), "{}", faults.join("\n"));
}
