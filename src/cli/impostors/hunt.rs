//! `vigie impostors hunt`: goes looking for accounts, where a network allows it, within the budget of its source.

use std::collections::VecDeque;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::super::output::Out;
use super::super::select::brand_id;
use super::super::{Common, PROBLEM, Usage, now, progress, warn};
use super::asked::{Asked, sources};
use crate::impostor::variants::{self, Variant};
use crate::intake::{Judge, Origin};
use crate::keeper::{Clock, Keeper};
use crate::keyword::Brand;
use crate::matcher::Scratch;
use crate::network::{Can, Dates, Page, Request, spec};
use crate::source::{self, Problem};
use crate::store::pictures;
use crate::store::posts::Change;
use crate::store::{self, Store};

/// Failures in a row after which a source is left alone for today.
const FAILURES: u32 = 5;
/// Words searched for beside the name itself.
const SEARCHED: [&str; 6] = ["support", "help", "service client", "sav", "official", "giveaway"];

#[derive(Debug, Args)]
pub(super) struct Hunt {
    /// The brand, by file name or name; otherwise all of ours
    #[arg(value_name = "BRAND")]
    brand: Option<String>,
    /// Only these sources, by their names in vigie.toml
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    source: Vec<String>,
    /// Handles tried a brand and source, the likeliest first
    #[arg(long, value_name = "COUNT", default_value_t = 60)]
    tries: usize,
    /// Begin anew instead of going on where the last hunt stopped
    #[arg(long)]
    again: bool,
    /// Ask nobody: list what would be tried, and domains that look like the brand's, to be checked by hand
    #[arg(long)]
    list: bool,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

/// How far a hunt of one brand has got on one source.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    /// What has been asked, in order.
    asked: Vec<String>,
}

/// One question.
struct Question {
    /// Its names in the progress: what is searched, or who is looked up, several at once where the network allows it.
    names: Vec<String>,
    request: Request,
}

/// One line of `--list --json`.
#[derive(Serialize)]
struct Listed<'a> {
    brand: &'a str,
    kind: &'static str,
    #[serde(flatten)]
    variant: &'a Variant,
}

impl Hunt {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let hunted: Vec<&Brand> = match &self.brand {
            Some(typed) => {
                let id = brand_id(typed.trim(), &brands)?;
                brands.iter().filter(|brand| *brand.id.0 == *id).collect()
            }
            None => brands.iter().filter(|brand| brand.ours).collect(),
        };
        if hunted.is_empty() {
            return Err(Usage("no brand is ours; name one to hunt for".to_owned()).into());
        }
        if self.list {
            return self.list(&hunted);
        }
        let all = sources(&config, &brands);
        let names: Vec<&str> = all.iter().map(|source| source.name.as_str()).collect();
        if let Some(unknown) = self.source.iter().find(|name| !names.contains(&name.as_str())) {
            return Err(Usage(format!("no source is called `{unknown}`; valid: {}", names.join(", "))).into());
        }
        // Alone where nothing runs, beside the daemon where it does.
        let open = || match store::holder(&config.data_dir) {
            Some(_) => Store::join(&config.data_dir),
            None => Store::open(&config.data_dir, store::Durability::Full),
        };
        let mut keeper = Keeper::new(open()?, super::super::backfill::composer(&config, &brands));
        let mut judge = Judge::new(&brands)?;
        judge.see(pictures::album(keeper.store().connection())?);
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().context("failed to start")?;
        let (mut whole, mut able, mut found) = (true, 0, Vec::new());
        for configured in
            all.iter().filter(|source| self.source.is_empty() || self.source.contains(&source.name))
        {
            let can = spec(&configured.network)
                .is_some_and(|spec| spec.offer.can(Can::Snapshot) || spec.offer.can(Can::UserSearch));
            if !can {
                continue;
            }
            let Some(mut asked) = Asked::open(configured, &config, keeper.store())? else { continue };
            for brand in &hunted {
                if self.questions(brand, &asked, &[]).is_empty() {
                    continue;
                }
                able += 1;
                let (ids, ended) = self.hunt(&runtime, &mut asked, &mut keeper, &judge, brand, common)?;
                found.extend(ids);
                whole &= ended;
            }
        }
        if able == 0 {
            return Err(Usage(
                "no source can look accounts up; `vigie networks` shows which networks can, `--list` what would be tried"
                    .to_owned(),
            )
            .into());
        }
        let mut out = Out::standard();
        if !common.quiet && !self.json {
            out.line(&match found.len() {
                0 if !whole => "nobody new is suspected so far: not everybody could be looked up".to_owned(),
                0 => "nobody new is suspected".to_owned(),
                1 => "1 new suspect; `vigie impostors` lists it".to_owned(),
                count => format!("{count} new suspects; `vigie impostors` lists them"),
            })?;
        }
        out.done()?;
        Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(PROBLEM) })
    }

    fn list(&self, hunted: &[&Brand]) -> anyhow::Result<ExitCode> {
        let mut out = Out::standard();
        for brand in hunted {
            let lists = [
                ("handle", variants::handles(brand, self.tries)),
                ("domain", variants::domains(brand, self.tries)),
            ];
            for (kind, list) in &lists {
                for variant in list {
                    if self.json {
                        out.json(&Listed { brand: &brand.id.0, kind, variant })?;
                    } else {
                        out.line(&format!("{kind}  {}  ({})", variant.name, variant.how.as_str()))?;
                    }
                }
            }
        }
        out.done()
    }

    /// Searches first, since one answer tells of many; then handles, the likeliest first. What is `done` is left out.
    fn questions(&self, brand: &Brand, asked: &Asked, done: &[String]) -> Vec<Question> {
        let network = &asked.source.network;
        let words = std::iter::once(brand.name.clone())
            .chain(SEARCHED.iter().map(|word| format!("{} {word}", brand.name)));
        let searches = words.filter_map(|words| {
            let names = vec![format!("search {words}")];
            Some(Question { request: network.find_accounts(&words)?, names })
        });
        let mut questions: Vec<Question> =
            searches.filter(|one| !one.names.iter().all(|name| done.contains(name))).collect();
        let at = asked.source.network_name.as_str();
        let mut handles: Vec<String> = variants::fitted(brand, at)
            .into_iter()
            .filter(|handle| network.account(handle).is_some())
            .take(self.tries)
            .collect();
        handles.retain(|handle| !done.contains(handle));
        let mut rest = handles.as_slice();
        while let Some(first) = rest.first() {
            let alone = || network.account(first).map(|request| (request, 1));
            let several = network.accounts(rest).filter(|(_, count)| *count > 1);
            let Some((request, count)) = several.or_else(alone) else { break };
            let (names, later) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            questions.push(Question { names: names.to_vec(), request });
            rest = later;
        }
        questions
    }

    fn hunt(
        &self,
        runtime: &tokio::runtime::Runtime,
        asked: &mut Asked,
        keeper: &mut Keeper,
        judge: &Judge,
        brand: &Brand,
        common: &Common,
    ) -> anyhow::Result<(Vec<i64>, bool)> {
        let key = format!("hunt|{}|{}", brand.id, asked.source.name);
        let mut progress: Progress = match keeper.store().meta(&key)?.filter(|_| !self.again) {
            Some(text) => serde_json::from_str(&text).unwrap_or_default(),
            None => Progress::default(),
        };
        let mut questions: VecDeque<Question> = self.questions(brand, asked, &progress.asked).into();
        let bar = progress::count(questions.iter().map(|one| one.names.len()).sum(), common.quiet);
        bar.set_message(format!("{} on {}", brand.name, asked.source.name));
        let (mut failures, mut found, mut ended) = (0, Vec::new(), true);
        while let Some(question) = questions.pop_front() {
            let answer = runtime.block_on(source::ask_aside(&asked.source, &asked.client, question.request));
            asked.settle(keeper.store())?;
            match answer {
                Ok(page) => {
                    failures = 0;
                    let page = Page { accounts: page.accounts, ..Page::default() };
                    let origin =
                        Origin { source: &asked.source.name, dates: Dates::Server, look_back: false };
                    let judged = judge.judge(page, origin, now(), &mut Scratch::default());
                    let done = keeper.save(asked.row, &[judged], Clock::Live(now()))?;
                    found.extend(done.changes.iter().filter_map(|change| match change {
                        Change::Suspicion { id, suspicion, .. }
                            if suspicion.level > crate::impostor::Level::Watch =>
                        {
                            Some(*id)
                        }
                        Change::Suspicion { .. }
                        | Change::Mention { .. }
                        | Change::Account(_)
                        | Change::Withdrawn { .. } => None,
                    }));
                }
                // Of several at once, one name that the network does not like spoils all: each is asked for alone.
                Err(problem) if is_nobody(&problem) && question.names.len() > 1 => {
                    for name in question.names.iter().rev() {
                        let request = asked.source.network.account(name);
                        let alone = request.map(|request| Question { names: vec![name.clone()], request });
                        alone.into_iter().for_each(|one| questions.push_front(one));
                    }
                    continue;
                }
                Err(problem) if is_nobody(&problem) => failures = 0,
                Err(problem) => {
                    failures += 1;
                    if failures >= FAILURES || matches!(problem, Problem::Budget { .. }) {
                        bar.suspend(|| {
                            warn(&format!("{}: {problem}; run it again to go on", asked.source.name));
                        });
                        ended = false;
                        break;
                    }
                    continue;
                }
            }
            bar.inc(u64::try_from(question.names.len()).unwrap_or(1));
            progress.asked.extend(question.names);
            let text = serde_json::to_string(&progress).context("failed to note how far it has got")?;
            keeper.store().set_meta(&key, &text)?;
        }
        if ended {
            // The next hunt begins anew.
            keeper.store().set_meta(&key, "")?;
        }
        bar.finish_and_clear();
        Ok((found, ended))
    }
}

/// Whether the network answered that nobody bears the name.
fn is_nobody(problem: &Problem) -> bool {
    match problem {
        Problem::Fetch(error) => {
            error.answer.as_ref().is_some_and(|answer| matches!(answer.status, 400 | 404 | 410))
        }
        Problem::Read(_) | Problem::Unread { .. } => true,
        Problem::Refused { .. }
        | Problem::Panicked { .. }
        | Problem::Budget { .. }
        | Problem::Late
        | Problem::Broken { .. }
        | Problem::Silent { .. }
        | Problem::NoHost => false,
    }
}
