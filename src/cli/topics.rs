//! `vigie topics`: what rises in what is said of brands.

use std::process::ExitCode;

use clap::Args;

use super::duty::Duty;
use super::output::Out;
use super::period::Period;
use super::select::brand_id;
use super::{Common, clean};
use crate::store::figures::{BrandTopics, Topic};
use crate::store::{self, figures};

/// Stories read of each brand: the newest.
const STORIES: usize = 50_000;
/// Characters of an example.
const EXCERPT: usize = 100;

#[derive(Debug, Args)]
pub(super) struct Topics {
    /// Only this brand, by file name or name; the others are still what it is held against
    #[arg(value_name = "BRAND")]
    brand: Option<String>,
    #[command(flatten)]
    period: Period,
    /// Terms of a brand, each way
    #[arg(long, value_name = "N", default_value_t = 10)]
    most: usize,
    /// Print JSON, a line a brand
    #[arg(long)]
    json: bool,
}

impl Topics {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let asked = self.brand.as_deref().map(|typed| brand_id(typed, &brands)).transpose()?;
        let connection = store::reader(&config.data_dir)?;
        let window = self.period.window(&connection, &config)?;
        let duty = Duty::of(&connection)?;
        let mut topics = figures::topics(&connection, window, &brands, (self.most, STORIES))?;
        topics.retain(|brand| asked.as_deref().is_none_or(|asked| *brand.id.0 == *asked));
        let mut out = Out::standard();
        for brand in &mut topics {
            let all = brand.rising.iter_mut().chain(&mut brand.own).flat_map(|topic| &mut topic.examples);
            all.for_each(|mention| duty.hold(mention));
            if self.json {
                out.json(brand)?;
            } else {
                for line in lines(brand) {
                    out.line(&clean(&line))?;
                }
            }
        }
        out.done()
    }
}

fn lines(brand: &BrandTopics) -> Vec<String> {
    let [now, past, others] = brand.stories;
    let mut lines = vec![format!("{}: {}", brand.name, super::count(now, "story", "stories"))];
    for (topics, what, stories) in [
        (&brand.rising, "more than in the four periods before", past),
        (&brand.own, "more than of the other brands", others),
    ] {
        lines.push(format!("  {what} ({})", super::count(stories, "story", "stories")));
        if topics.is_empty() {
            lines.push("    nothing, by more than chance and from three authors".to_owned());
        }
        for topic in topics {
            lines.extend(told(topic));
        }
    }
    lines
}

fn told(Topic { rising, examples }: &Topic) -> Vec<String> {
    let mut lines = vec![format!(
        "    {}: {} of {}, by {}; there {} of {}",
        rising.term,
        rising.stories,
        rising.of,
        super::count(rising.authors, "author", "authors"),
        rising.before,
        rising.before_of
    )];
    for mention in examples.iter().take(1) {
        let post = &mention.post;
        let title = post.title.as_deref().unwrap_or_default();
        // Some networks repeat the title at the head of the text.
        let text = post.text.strip_prefix(title).unwrap_or(&post.text);
        let text = [title, text].join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        let mut excerpt: String = text.chars().take(EXCERPT).collect();
        if excerpt.len() < text.len() {
            excerpt.push('…');
        }
        let address = mention.post.permalink.as_deref().unwrap_or(&mention.post.native_id);
        lines.push(format!("      {excerpt}  {address}"));
    }
    lines
}
