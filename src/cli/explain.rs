//! `vigie explain`: why a text is a mention or not, step by step.

use std::io::{IsTerminal as _, Read as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

mod page;

use page::Page;

use super::{Common, PROBLEM, Usage, clean, say};
use crate::config::secret;
use crate::fold;
use crate::keyword::{Brand, BrandId};
use crate::matcher::{self, Branch, Decision, Field, Matcher, Scratch, Tag, Verdict};
use crate::mention::Mention;
use crate::post::{NetworkName, Post};
use crate::query::Query;
use crate::store;
use crate::store::list::{self, Filter};

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A text, the link or the number of a stored mention, or - for a text from standard input
    #[arg(value_name = "TEXT|URL|ID", required_unless_present = "query")]
    what: Option<String>,
    /// Take it as a text, even when it looks like a number or a link
    #[arg(long)]
    text: bool,
    /// Print the query that decides, of one brand or of all
    #[arg(long, value_name = "BRAND", num_args = 0..=1, default_missing_value = "")]
    query: Option<String>,
    /// Try this query instead of those of the brand files
    #[arg(long = "with", value_name = "QUERY", conflicts_with = "query")]
    tried: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is explained: a post, and the mentions it was stored as.
struct Subject {
    post: Post,
    stored: Vec<Mention>,
}

impl Subject {
    /// The source that brought it; nothing for a text.
    fn source(&self) -> &str {
        self.stored.first().map_or("", |mention| &mention.source)
    }
}

impl Explain {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = match &self.tried {
            Some(query) => vec![tried(query)?],
            None => common.brands_for_reading(&config)?,
        };
        let matcher = Matcher::new(&brands)?;
        if let Some(asked) = &self.query {
            self.queries(&matcher, asked)?;
        }
        let Some(what) = &self.what else { return Ok(ExitCode::SUCCESS) };
        let Some(subject) = self.subject(what, &config.data_dir)? else {
            super::warn(&format!(
                "no stored mention has {}; only mentions are stored: to judge any other post, give its text",
                if what.starts_with("http") { "this link" } else { "this number" }
            ));
            return Ok(ExitCode::from(PROBLEM));
        };
        let verdicts = matcher.judge(&subject.post, subject.source(), &mut Scratch::default());
        if self.json {
            say(document(&matcher, &subject, &verdicts).to_string())?;
        } else {
            let colour = std::io::stdout().is_terminal() && !secret::no_color();
            say(Page { matcher: &matcher, subject: &subject, colour }.write(&verdicts)?.trim_end())?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn queries(&self, matcher: &Matcher, asked: &str) -> anyhow::Result<()> {
        let wanted = fold::fold(asked);
        let is_asked =
            |brand: &&Brand| asked.is_empty() || *brand.id.0 == *asked || fold::fold(&brand.name) == wanted;
        let brands: Vec<&Brand> = matcher.brands().iter().filter(is_asked).collect();
        if brands.is_empty() {
            let known: Vec<&str> = matcher.brands().iter().map(|brand| &*brand.id.0).collect();
            return Err(
                Usage(format!("no brand is called \"{asked}\"; there are: {}", known.join(", "))).into()
            );
        }
        if self.json && self.what.is_none() {
            let queries: Vec<Value> = brands
                .iter()
                .map(|brand| json!({"brand": brand.id, "version": matcher.version(&brand.id), "query": query(matcher, brand)}))
                .collect();
            return Ok(say(Value::from(queries).to_string())?);
        }
        if self.json {
            return Ok(()); // each brand's query stands in the document
        }
        for brand in brands {
            say(clean(&format!("{}: {}", brand.id, query(matcher, brand))))?;
        }
        Ok(())
    }

    fn subject(&self, what: &str, data_dir: &std::path::Path) -> anyhow::Result<Option<Subject>> {
        let text = what.trim();
        let number = text.parse::<i64>().ok().filter(|_| text.chars().all(|c| c.is_ascii_digit()));
        let link = (text.starts_with("https://") || text.starts_with("http://"))
            && !text.contains(char::is_whitespace);
        if self.text || (number.is_none() && !link) {
            let mut post = Post::new(NetworkName::known("text"), "1");
            post.text = if what == "-" && !self.text { standard_input()? } else { what.to_owned() };
            return Ok(Some(Subject { post, stored: Vec::new() }));
        }
        let connection = store::reader(data_dir)?;
        let mut ids = match number {
            Some(number) => vec![number],
            None => store::find::by_link(&connection, text)?,
        };
        if ids.is_empty() {
            return Ok(None);
        }
        let mut stored = list::mention_list(&connection, &Filter { ids: ids.clone(), ..Filter::default() })?;
        if let Some(Some(link)) = stored.first().map(|mention| mention.post.permalink.clone()) {
            // The same post about other brands.
            ids.extend(store::find::by_link(&connection, &link)?);
            stored = list::mention_list(&connection, &Filter { ids, ..Filter::default() })?;
        }
        stored.sort_by_key(|mention| mention.id);
        Ok(stored.first().map(|mention| mention.post.clone()).map(|post| Subject { post, stored }))
    }
}

/// A brand of which nothing but its query is known.
fn tried(query: &str) -> anyhow::Result<Brand> {
    if let Err(refused) = Query::parse(query) {
        return Err(Usage(format!("this query cannot be run\n{refused}")).into());
    }
    for warning in Query::warnings(query) {
        super::warn(&warning.reason);
    }
    let mut brand = Brand::named("this query", true);
    brand.query = Some(query.to_owned());
    Ok(brand)
}

fn standard_input() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).context("failed to read standard input")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What decides of a brand, as a query.
fn query(matcher: &Matcher, brand: &Brand) -> String {
    matcher.query(&brand.id).map(ToString::to_string).unwrap_or_default()
}

/// Why, in plain words.
fn reason(brand: &Brand, verdict: &Verdict) -> String {
    let words = |tags: &[Tag]| {
        let mut words: Vec<String> = tags.iter().map(|tag| format!("\"{}\"", tag.keyword)).collect();
        words.sort();
        words.dedup();
        words.join(", ")
    };
    if brand.query.is_some() {
        return match verdict.decision {
            Decision::Mention => format!("its query holds: {}", verdict.trace),
            Decision::NoKeyword if verdict.unless.is_empty() => "found nothing of what it wants".to_owned(),
            Decision::NoKeyword => format!("found nothing of what it wants, only {}", words(&verdict.unless)),
            Decision::NoContext => {
                format!("found {}, but not the rest of what is asked for", words(&verdict.tags))
            }
            Decision::Excluded => format!(
                "found {}, but also what is excluded{}",
                words(&verdict.tags),
                if verdict.unless.is_empty() {
                    String::new()
                } else {
                    format!(": {}", words(&verdict.unless))
                }
            ),
        };
    }
    match verdict.decision {
        Decision::Mention if brand.context.is_empty() => format!("{} stands in it", words(&verdict.tags)),
        Decision::Mention => {
            format!("{} stands in it, and {} beside it", words(&verdict.tags), words(&verdict.context))
        }
        Decision::NoKeyword => {
            let beside: Vec<Tag> = verdict.context.iter().chain(&verdict.unless).cloned().collect();
            format!("none of its keywords stands in it, only {}", words(&beside))
        }
        Decision::NoContext => format!(
            "{} stands in it, but none of the words asked for beside it: {}",
            words(&verdict.tags),
            brand.context.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
        ),
        Decision::Excluded => {
            format!(
                "{} stands in it, but so does {}, which means something else",
                words(&verdict.tags),
                words(&verdict.unless)
            )
        }
    }
}

/// The query of a brand with what the post says to every branch.
fn tree(matcher: &Matcher, subject: &Subject, brand: &BrandId) -> Option<Branch> {
    matcher.explain(brand, &subject.post, subject.source(), &mut Scratch::default())
}

fn field_name(field: Field) -> &'static str {
    match field {
        Field::Title => "title",
        Field::Text => "text",
        Field::Summary => "summary",
        Field::Alt => "alt",
    }
}

/// The part of a field that a tag covers, as it was written.
fn slice(post: &Post, tag: &Tag) -> String {
    let text = matcher::fields(post).find(|(field, _)| *field == tag.field).map(|(_, text)| text);
    text.and_then(|text| text.get(tag.start..tag.end).map(str::to_owned)).unwrap_or_default()
}

/// Folded text as it can be shown: the sign of a link in words.
fn folded(text: &str) -> String {
    fold::fold(text).replace(fold::LINK, "[link]")
}

fn document(matcher: &Matcher, subject: &Subject, verdicts: &[Verdict]) -> Value {
    let post = &subject.post;
    let tags = |tags: &[Tag]| -> Vec<Value> {
        tags.iter()
            .map(|tag| {
                json!({"keyword": tag.keyword, "field": tag.field, "start": tag.start, "end": tag.end,
                       "original": slice(post, tag)})
            })
            .collect()
    };
    let fields: Vec<Value> = matcher::fields(post)
        .map(|(field, text)| json!({"field": field, "text": text, "folded": folded(&text)}))
        .collect();
    let brands: Vec<Value> = verdicts
        .iter()
        .filter_map(|verdict| matcher.brand(&verdict.brand).map(|brand| (brand, verdict)))
        .map(|(brand, verdict)| {
            json!({
                "brand": brand.id, "name": brand.name, "decision": verdict.decision,
                "reason": reason(brand, verdict), "version": verdict.version, "query": query(matcher, brand),
                "trace": verdict.trace, "tree": tree(matcher, subject, &brand.id),
                "tags": tags(&verdict.tags), "context": tags(&verdict.context), "unless": tags(&verdict.unless),
            })
        })
        .collect();
    let nothing: Vec<&Brand> = without(matcher, verdicts);
    let stored: Vec<Value> = subject
        .stored
        .iter()
        .map(|mention| {
            json!({"id": mention.id, "brand": mention.brand, "version": mention.version, "source": mention.source,
                   "example": mention.example, "published": post.published, "seen": mention.seen,
                   "matched": mention.matched, "relevance": mention.relevance.share(),
                   "relevance_rule": mention.relevance.rule, "doubtful": mention.doubtful,
                   "sentiment": mention.sentiment})
        })
        .collect();
    json!({
        "link": post.permalink, "network": post.network, "fields": fields, "brands": brands,
        "nothing_of": nothing.iter().map(|brand| &brand.id).collect::<Vec<_>>(), "stored": stored,
    })
}

fn without<'m>(matcher: &'m Matcher, verdicts: &[Verdict]) -> Vec<&'m Brand> {
    matcher.brands().iter().filter(|brand| verdicts.iter().all(|verdict| verdict.brand != brand.id)).collect()
}
