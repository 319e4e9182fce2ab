//! `vigie evaluate matching`: queries held against posts.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Case, Cases, percent};
use crate::html;
use crate::keyword::Brand;
use crate::matcher::{Matcher, Scratch};
use crate::post::{Author, Kind, NetworkName, Post};
use crate::query::Query;

#[derive(Debug, Args)]
pub(super) struct Matching {
    #[command(flatten)]
    cases: Cases,
}

/// One query and one post.
#[derive(Debug, Deserialize)]
struct MatchCase {
    id: String,
    query: String,
    text: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    lang: Option<String>,
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    author: Option<String>,
    #[serde(default)]
    network: Option<String>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    followers: Option<u64>,
    #[serde(default)]
    verified: Option<bool>,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    links: Vec<String>,
    #[serde(default)]
    expect: Option<Got>,
    #[serde(default)]
    tag: Option<String>,
}

impl Case for MatchCase {
    fn id(&self) -> &str {
        &self.id
    }
}

/// What a query says of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Got {
    #[serde(rename = "match")]
    Match,
    #[serde(rename = "no match")]
    NoMatch,
    #[serde(rename = "invalid")]
    Invalid,
}

#[derive(Debug, Serialize)]
struct Answer<'c> {
    id: &'c str,
    got: Got,
}

/// Right answers and all answers.
#[derive(Debug, Default, Clone, Copy, Serialize)]
struct Score {
    right: u32,
    of: u32,
}

#[derive(Debug, Serialize)]
struct Scores<'c> {
    right: u32,
    of: u32,
    families: BTreeMap<&'c str, Score>,
    wrong: Vec<&'c str>,
}

impl Matching {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let cases: Vec<MatchCase> = self.cases.read()?;
        let mut scratch = Scratch::default();
        let answers: Vec<Answer<'_>> =
            cases.iter().map(|case| Answer { id: &case.id, got: ask(case, &mut scratch) }).collect();
        self.cases.report(&answers, scores(&cases, &answers))
    }
}

/// Runs the query of a case over its post, as the daemon would.
fn ask(case: &MatchCase, scratch: &mut Scratch) -> Got {
    if Query::parse(&case.query).is_err() {
        return Got::Invalid;
    }
    let mut brand = Brand::named("case", true);
    brand.query = Some(case.query.clone());
    let Ok(matcher) = Matcher::new(&[brand]) else { return Got::Invalid };
    let post = post(case);
    if matcher.mentions(&post, case.source.as_deref().unwrap_or_default(), scratch).is_empty() {
        Got::NoMatch
    } else {
        Got::Match
    }
}

fn post(case: &MatchCase) -> Post {
    let network = case.network.clone().map_or(NetworkName::known("text"), |name| NetworkName(name.into()));
    let mut post = Post::new(network, &*case.id);
    post.text.clone_from(&case.text);
    post.links.clone_from(&case.links);
    if case.format.as_deref() == Some("html") {
        let plain = html::read(&case.text);
        post.html = Some(case.text.clone());
        post.text = plain.text;
        post.links.extend(plain.links);
        post.named_accounts = plain.accounts;
    }
    post.title.clone_from(&case.title);
    post.lang.clone_from(&case.lang);
    post.kind = case.kind.unwrap_or_default();
    if case.author.is_some() || case.followers.is_some() || case.verified.is_some() {
        let native_id = case.author.clone().unwrap_or_default();
        let (followers, verified) = (case.followers, case.verified);
        post.author =
            Some(Author { native_id, handle: case.author.clone(), followers, verified, ..Author::default() });
    }
    post
}

/// The scores by family, when any case is labelled.
fn scores<'c>(cases: &'c [MatchCase], answers: &[Answer<'c>]) -> Option<(Scores<'c>, Vec<String>)> {
    let mut scores = Scores { right: 0, of: 0, families: BTreeMap::new(), wrong: Vec::new() };
    let mut wrong = Vec::new();
    for (case, answer) in cases.iter().zip(answers) {
        let Some(expect) = case.expect else { continue };
        let family = scores.families.entry(case.tag.as_deref().unwrap_or("-")).or_default();
        family.of += 1;
        scores.of += 1;
        if expect == answer.got {
            family.right += 1;
            scores.right += 1;
        } else {
            scores.wrong.push(&case.id);
            wrong.push(format!(
                "  {}: {} expected, {} given: {}",
                case.id,
                word(expect),
                word(answer.got),
                case.query
            ));
        }
    }
    if scores.of == 0 {
        return None;
    }
    let mut lines =
        vec![format!("right: {} of {} ({} %)", scores.right, scores.of, percent(scores.right, scores.of))];
    lines.extend(
        scores.families.iter().map(|(family, score)| format!("{family:10} {} of {}", score.right, score.of)),
    );
    if !wrong.is_empty() {
        lines.push("wrong:".to_owned());
        lines.extend(wrong);
    }
    Some((scores, lines))
}

fn word(got: Got) -> &'static str {
    match got {
        Got::Match => "match",
        Got::NoMatch => "no match",
        Got::Invalid => "invalid",
    }
}
