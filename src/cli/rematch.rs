//! `vigie rematch`: changed queries applied to what is stored, shown before anything is written.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::{Common, Usage, clean, now, say};
use crate::intake::{Judge, JudgedPost};
use crate::keeper::Keeper;
use crate::keyword::{Brand, BrandId};
use crate::matcher::{self, Scratch};
use crate::store::rematch::{StoredPost, stored_posts};
use crate::store::{self, Store, labels};

/// Posts held against the queries in one transaction.
const CHUNK: u32 = 500;
/// Examples shown of what each brand wins and loses.
const EXAMPLES: usize = 3;

#[derive(Debug, Args)]
pub(super) struct Rematch {
    /// Only these brands; all by default
    #[arg(value_name = "BRAND")]
    brands: Vec<String>,
    /// Show what would be won and lost, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write without asking
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Print JSON; writes only with --yes
    #[arg(long)]
    json: bool,
}

/// What one brand wins and loses.
#[derive(Debug, Default, Serialize)]
struct Change {
    kept: u64,
    won: u64,
    lost: u64,
    /// Texts of some posts that become mentions.
    won_examples: Vec<String>,
    /// Texts of some that are none any more.
    lost_examples: Vec<String>,
}

impl Rematch {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let all = common.brands_for_reading(&config)?;
        let brands = self.asked(&all)?;
        let mut judge = super::judge(&config, &all)?;
        let changes = {
            let connection = store::reader(&config.data_dir)?;
            judge.learn(labels::lessons(&connection)?);
            let mut changes: BTreeMap<String, Change> =
                brands.iter().map(|brand| (brand.to_string(), Change::default())).collect();
            each(&connection, &judge, |posts| {
                posts.iter().for_each(|(stored, judged)| count(&mut changes, stored, judged));
                Ok(())
            })?;
            changes
        };
        if self.json {
            say(serde_json::json!({ "brands": changes, "written": self.yes }).to_string())?;
        } else {
            show(&changes)?;
        }
        let differs = changes.values().any(|change| change.won + change.lost > 0);
        let write = !self.dry_run && (self.yes || !self.json && differs && ask()?);
        if !write {
            if !self.json {
                say(if differs { "nothing was written" } else { "every stored mention stands as it is" })?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        // Beside a running daemon: each part is a transaction of its own.
        let store = Store::join(&config.data_dir)?;
        let mut keeper = Keeper::new(store, super::backfill::composer(&config, &all));
        keeper.note_queries(&judge.matcher, now())?;
        let connection = store::reader(&config.data_dir)?;
        each(&connection, &judge, |posts| Ok(keeper.rematch(posts, &brands, now())?))?;
        for brand in &brands {
            keeper.store().note_rematch(brand, now())?;
        }
        if !self.json {
            say(if differs {
                "written; the brands' series are marked at the change"
            } else {
                "every stored mention stands as it is"
            })?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn asked(&self, all: &[Brand]) -> anyhow::Result<Vec<BrandId>> {
        if self.brands.is_empty() {
            return Ok(all.iter().map(|brand| brand.id.clone()).collect());
        }
        let find = |asked: &String| {
            let known = all.iter().find(|brand| *brand.id.0 == **asked || brand.name == *asked);
            known.map(|brand| brand.id.clone()).ok_or_else(|| {
                let names: Vec<&str> = all.iter().map(|brand| &*brand.id.0).collect();
                Usage(format!("no brand is called \"{asked}\"; there are: {}", names.join(", "))).into()
            })
        };
        self.brands.iter().map(find).collect()
    }
}

/// Every stored post with what today's queries say of it, in parts.
fn each(
    connection: &rusqlite::Connection,
    judge: &Judge,
    mut part: impl FnMut(&[(StoredPost, JudgedPost)]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut scratch = Scratch::default();
    let mut after = 0;
    loop {
        let posts = stored_posts(connection, after, CHUNK)?;
        let Some(last) = posts.last() else { return Ok(()) };
        after = last.row;
        let judged: Vec<(StoredPost, JudgedPost)> = posts
            .into_iter()
            // Words whose term has passed are gone: what was decided of them stands.
            .filter(|stored| matcher::fields(&stored.post).any(|(_, text)| !text.is_empty()))
            .map(|stored| {
                let (post, source) = (stored.post.clone(), stored.source.as_str());
                let judged = judge.again(post, source, stored.counted, &mut scratch);
                (stored, judged)
            })
            .collect();
        part(&judged)?;
    }
}

fn count(changes: &mut BTreeMap<String, Change>, stored: &StoredPost, judged: &JudgedPost) {
    for (brand, change) in changes {
        let was = stored.mentions.iter().any(|(_, id, _)| *id.0 == **brand);
        let is = judged.verdicts.iter().any(|verdict| *verdict.brand.0 == **brand);
        let examples = match (was, is) {
            (true, true) => {
                change.kept += 1;
                continue;
            }
            (false, true) => {
                change.won += 1;
                &mut change.won_examples
            }
            (true, false) => {
                change.lost += 1;
                &mut change.lost_examples
            }
            (false, false) => continue,
        };
        if examples.len() < EXAMPLES {
            let text = stored.post.text.replace('\n', " ");
            examples.push(text.chars().take(100).collect());
        }
    }
}

fn show(changes: &BTreeMap<String, Change>) -> anyhow::Result<()> {
    for (brand, change) in changes {
        say(format!("{}: {} kept, {} won, {} lost", clean(brand), change.kept, change.won, change.lost))?;
        for text in &change.won_examples {
            say(format!("  + {}", clean(text)))?;
        }
        for text in &change.lost_examples {
            say(format!("  - {}", clean(text)))?;
        }
    }
    Ok(say(
        "only posts that were a mention of some brand are stored: others cannot be won back; `vigie backfill` reads older ones again",
    )?)
}

/// Whether a person says yes; without a terminal nobody can.
fn ask() -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        say("--yes writes this")?;
        return Ok(false);
    }
    let mut out = std::io::stderr().lock();
    write!(out, "Write this? [y/N] ").and_then(|()| out.flush()).context("failed to ask")?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("failed to read the answer")?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "o" | "oui"))
}
