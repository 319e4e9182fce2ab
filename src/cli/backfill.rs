//! `vigie backfill`: older posts of one source, where its network allows: what a gap has cost, or a stretch of time
//! that a new keyword has never been looked for in.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::period::moment;
use super::{Common, PROBLEM, Usage, count, now, say};
use crate::config::{Config, SourceConfig, secret};
use crate::daemon;
use crate::fetch::Fetch;
use crate::intake::Origin;
use crate::keeper::{Clock, Keeper};
use crate::keyword::Brand;
use crate::matcher::Scratch;
use crate::network::{self, Cursor};
use crate::notice::Composer;
use crate::post::NetworkName;
use crate::source::{self, Client, Event, Mode, Source, State};
use crate::store::posts::Tally;
use crate::store::{Store, labels, pictures, sources};
use crate::time::Time;

/// Pages that may wait to be stored.
const WAITING: usize = 16;

#[derive(Debug, Args)]
pub(super) struct Backfill {
    /// The source, by its name in vigie.toml
    source: String,
    /// First moment: 2026-10-20, or 2026-10-20T08:00Z; otherwise every gap of the source that is not filled
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Moment it ends at; otherwise now
    #[arg(long, value_name = "TIME", requires = "from")]
    to: Option<String>,
}

/// A stretch to read, and the gap that it fills.
struct Stretch {
    from: Time,
    to: Time,
    gap: Option<i64>,
}

/// Where a reading stopped before its end, one a source: a budget may be spent many times before all is read.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    /// What was being read.
    asked: String,
    /// Where the stretch ends, when it was said to end now.
    to: Time,
    cursor: Cursor,
}

impl Place {
    fn key(source: &str) -> String {
        format!("backfill {source}")
    }

    fn find(store: &Store, source: &str, asked: &str) -> anyhow::Result<Option<Place>> {
        let kept = store.meta(&Place::key(source))?;
        let place = kept.and_then(|text| serde_json::from_str::<Place>(&text).ok());
        Ok(place.filter(|place| place.asked == asked))
    }

    fn keep(&self, store: &Store, source: &str) -> anyhow::Result<()> {
        Ok(store.set_meta(&Place::key(source), &serde_json::to_string(self)?)?)
    }

    fn forget(store: &Store, source: &str) -> anyhow::Result<()> {
        let kept = store.meta(&Place::key(source))?;
        if kept.is_some_and(|kept| !kept.is_empty()) {
            store.set_meta(&Place::key(source), "")?;
        }
        Ok(())
    }
}

/// Why a reading ended early, and whether it would go on from the same place later.
struct Stopped {
    reason: String,
    waits: bool,
}

impl Backfill {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let all = if config.sources.is_empty() {
            crate::config::sources::usual(&brands, false)
        } else {
            config.sources.clone()
        };
        let Some(configured) = all.iter().find(|source| source.name == self.source) else {
            let names: Vec<&str> = all.iter().map(|source| source.name.as_str()).collect();
            let near = crate::document::nearest(&self.source, &names);
            let hint = near.map_or_else(
                || format!("valid: {}", names.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Usage(format!("no source is called `{}`; {hint}", self.source)).into());
        };
        if let Some(lacks) = daemon::lacks(configured) {
            return Err(Usage(format!("source {}: {lacks}", configured.name)).into());
        }
        let built = daemon::build(configured)?;
        let spec = network::spec(&configured.network).context("failed to find the network of the source")?;
        // Beside a running daemon: each page is a transaction of its own, and the cursor of the watch stays.
        let store = Store::join(&config.data_dir)?;
        let Some(row) =
            sources::sources(store.connection())?.into_iter().find(|row| row.name == configured.name)
        else {
            return Err(Usage(format!(
                "source {} has never been followed; run `vigie watch` first",
                configured.name
            ))
            .into());
        };
        let stretches = self.stretches(&config, &store, &row.name)?;
        if stretches.is_empty() {
            say(format!("{} has no gap to fill; name a stretch of time with --from and --to", row.name))?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut source =
            Source::new(configured.name.as_str(), NetworkName::known(spec.name), Arc::from(built));
        source.budget = daemon::purse(configured, store.spent(row.id, now())?);
        source.secrets = daemon::secrets(configured).into_iter().map(|(_, key)| key).collect();
        let mut judge = super::judge(&config, &brands)?;
        judge.learn(labels::lessons(store.connection())?);
        judge.see(pictures::album(store.connection())?);
        let mut keeper = Keeper::new(store, composer(&config, &brands));
        let fetch = Arc::new(Fetch::new(config.fetch.clone(), now)?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.context("failed to start")?;
        let mut whole = true;
        for mut stretch in stretches {
            let asked = self.fingerprint(configured, &brands, &stretch)?;
            let place = Place::find(keeper.store(), &row.name, &asked)?;
            let resumed = place.is_some();
            let start = match place {
                Some(place) => {
                    say(format!("{} goes on where the last reading stopped", row.name))?;
                    stretch.to = place.to;
                    place.cursor
                }
                None => source.network.backfill(stretch.from, stretch.to).ok_or_else(|| {
                    let instead = spec.offer.instead;
                    let instead = if instead.is_empty() { String::new() } else { format!(". {instead}") };
                    Usage(format!(
                        "{} gives no older posts; it reaches back to: {}{instead}",
                        spec.name, spec.offer.look_back
                    ))
                })?,
            };
            let dates = spec.dates;
            let mut moved = false;
            let save = |page: network::Page, seen| {
                // The cursor of the watch is not this one's to move.
                let (next, page) = (page.cursor.clone(), network::Page { cursor: None, ..page });
                let origin = Origin { source: &row.name, dates, look_back: true };
                let judged = judge.judge(page, origin, seen, &mut Scratch::default());
                let tally = keeper.save(row.id, &[judged], Clock::Live(now()))?.tally;
                if let Some(cursor) = next {
                    moved = true;
                    Place { asked: asked.clone(), to: stretch.to, cursor }.keep(keeper.store(), &row.name)?;
                }
                anyhow::Ok(tally)
            };
            let (tally, problem) = runtime.block_on(walk(&source, Arc::clone(&fetch), start, save))?;
            // A place that is refused at once would be refused again: the next reading starts from the beginning.
            if problem.as_ref().is_none_or(|problem| resumed && !moved && !problem.waits) {
                Place::forget(keeper.store(), &row.name)?;
            }
            say(format!(
                "{} from {} to {}: {}, {} of them stored already, {}",
                row.name,
                stretch.from,
                stretch.to,
                count(tally.posts, "post", "posts"),
                tally.repeats,
                count(tally.mentions, "new mention", "new mentions")
            ))?;
            match problem {
                None => {
                    if let Some(gap) = stretch.gap {
                        keeper.close_gap(gap, now())?;
                        say("the gap is filled")?;
                    }
                }
                Some(problem) => {
                    whole = false;
                    super::warn(&format!("not read to its end: {}; run it again to go on", problem.reason));
                }
            }
        }
        Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(PROBLEM) })
    }

    /// What tells that the same is to be read again: the stretch, the section of the source, the brands. Whoever adds a
    /// keyword meanwhile wants it looked for from the beginning.
    fn fingerprint(
        &self,
        source: &SourceConfig,
        brands: &[Brand],
        stretch: &Stretch,
    ) -> anyhow::Result<String> {
        let (from, to) = match stretch.gap {
            Some(_) => (stretch.from.to_string(), Some(stretch.to.to_string())),
            None => (stretch.from.to_string(), self.to.clone()),
        };
        let all = serde_json::to_vec(&(stretch.gap, from, to, &source.section, brands))?;
        Ok(Sha256::digest(all).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// What is to be read: the stretch named, or every gap that is not filled.
    fn stretches(&self, config: &Config, store: &Store, name: &str) -> anyhow::Result<Vec<Stretch>> {
        let Some(from) = &self.from else {
            let gaps = sources::open_gaps(store.connection(), name)?;
            return Ok(gaps.into_iter().map(|(id, from, to)| Stretch { from, to, gap: Some(id) }).collect());
        };
        let zone = config.mail.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
        let from = moment(from, &zone)?;
        let to = match &self.to {
            Some(to) => moment(to, &zone)?,
            None => now(),
        };
        if from >= to {
            return Err(Usage(format!("the stretch ends ({to}) before it starts ({from})")).into());
        }
        Ok(vec![Stretch { from, to, gap: None }])
    }
}

/// Follows the source from `start` until there is no more, handing every page to `save`. Gives what was stored, and
/// why it ended early if it did.
async fn walk(
    source: &Source,
    fetch: Arc<Fetch>,
    start: Cursor,
    mut save: impl FnMut(network::Page, Time) -> anyhow::Result<Tally>,
) -> anyhow::Result<(Tally, Option<Stopped>)> {
    let (out, mut events) = mpsc::channel(WAITING);
    let client = Arc::new(Client::new(source, fetch, out.clone(), now));
    let stop = CancellationToken::new();
    let following = source::follow(source.clone(), client, Some(start), out, stop.clone(), now, Mode::Walk);
    let storing = async {
        let (mut tally, mut problem) = (Tally::default(), None);
        while let Some(event) = events.recv().await {
            match event {
                Event::Page(delivery) => tally.add(save(delivery.page, delivery.seen)?),
                Event::Status { state, .. } => {
                    let waits = matches!(state, State::Paused { .. });
                    if let State::Failed { reason, .. }
                    | State::Paused { reason, .. }
                    | State::Stopped { reason } = state
                    {
                        problem = Some(Stopped { reason, waits });
                        stop.cancel();
                    }
                }
                Event::Spent { .. } => {}
            }
        }
        anyhow::Ok((tally, problem))
    };
    let (_, stored) = tokio::join!(following, storing);
    stored
}

pub(super) fn composer(config: &Config, brands: &[Brand]) -> Composer {
    Composer {
        rules: config.rules.clone(),
        to: config.mail.to.clone(),
        from: config.mail.from.clone(),
        language: config.mail.language.unwrap_or_else(secret::language),
        zone: config.mail.zone.clone().unwrap_or_else(jiff::tz::TimeZone::system),
        brands: brands.to_vec(),
        // Digests are the daemon's to write.
        schedule: crate::schedule::Schedule { every: crate::schedule::Every::Never, ..config.digest },
        manners: config.manners.clone(),
    }
}
