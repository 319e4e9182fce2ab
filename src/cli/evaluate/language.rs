//! `vigie evaluate language`: the language of posts, beside what people say it is.

use std::process::ExitCode;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Case, Cases, percent, ratio};
use crate::language;

/// The answer where nobody could say.
const UNKNOWN: &str = "unknown";

/// A post of at most this many characters is short.
const SHORT: usize = 40;

#[derive(Debug, Args)]
pub(super) struct Language {
    #[command(flatten)]
    cases: Cases,
}

/// One post: its text, what its network declares (`tag`), what it is (`lang`), as far as known.
#[derive(Debug, Deserialize)]
struct Post {
    id: String,
    text: String,
    #[serde(default)]
    tag: Option<String>,
    #[serde(default)]
    lang: Option<String>,
}

impl Case for Post {
    fn id(&self) -> &str {
        &self.id
    }
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    id: &'a str,
    lang: String,
}

/// How often the answer was right.
#[derive(Debug, Default, Serialize)]
struct Scores {
    posts: u32,
    right: u32,
    accuracy: Option<f64>,
    short_posts: u32,
    short_right: u32,
    short_accuracy: Option<f64>,
    french_said: u32,
    french_right: u32,
    french_precision: Option<f64>,
    unknown: u32,
}

impl Scores {
    fn count(&mut self, post: &Post, found: &str, lang: &str) {
        let right = u32::from(found == lang);
        self.posts += 1;
        self.right += right;
        self.unknown += u32::from(found == UNKNOWN);
        if post.text.chars().count() <= SHORT {
            self.short_posts += 1;
            self.short_right += right;
        }
        if found == "fr" {
            self.french_said += 1;
            self.french_right += right;
        }
    }

    fn done(mut self) -> Scores {
        self.accuracy = ratio(self.right, self.posts);
        self.short_accuracy = ratio(self.short_right, self.short_posts);
        self.french_precision = ratio(self.french_right, self.french_said);
        self
    }

    fn lines(&self) -> Vec<String> {
        vec![
            format!("{} posts, {} said to be unknown", self.posts, self.unknown),
            format!("accuracy {}", percent(self.right, self.posts)),
            format!(
                "accuracy on {} posts of at most {SHORT} characters {}",
                self.short_posts,
                percent(self.short_right, self.short_posts)
            ),
            format!("precision of French {}", percent(self.french_right, self.french_said)),
        ]
    }
}

impl Language {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let posts = self.cases.read::<Post>()?;
        let mut answers = Vec::new();
        let mut scores = Scores::default();
        for post in &posts {
            let lang = language::settle(&post.text, post.tag.as_deref());
            let lang = lang.unwrap_or_else(|| UNKNOWN.to_owned());
            if let Some(right) = &post.lang {
                scores.count(post, &lang, right);
            }
            answers.push(Answer { id: &post.id, lang });
        }
        let scores = (scores.posts > 0).then(|| scores.done()).map(|scores| {
            let lines = scores.lines();
            (scores, lines)
        });
        self.cases.report(&answers, scores)
    }
}
