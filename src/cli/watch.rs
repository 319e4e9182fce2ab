//! `vigie watch`: the background monitor.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Common, PROBLEM, Usage, count, now, say};
use crate::config::{Config, SourceConfig, secret, sources};
use crate::daemon::{self, Plan, Told};
use crate::deliver::Transport;
use crate::keeper::Keeper;
use crate::keyword::{self, Brand};
use crate::notice::Composer;
use crate::source::Mode;
use crate::store::{Durability, Store};
use crate::web;

mod show;

/// The shipped capture, in a checkout.
const EXAMPLE: &str = "examples/capture.jsonl";
/// Lines that may wait to be printed; more are counted, never waited for.
const LINES: usize = 1_024;

#[derive(Debug, Args)]
pub(super) struct Watch {
    /// Ask every source once, send what is due, and end
    #[arg(long)]
    once: bool,
    /// Watch this brand with no file at all: no example, a data folder of its own, a first look back
    #[arg(long, value_name = "NAME")]
    brand: Option<String>,
    /// What the brand is, in one line, where its name is also a word: "Orange, the telecom operator"
    #[arg(long, value_name = "LINE", requires = "brand")]
    about: Option<String>,
    /// Keep raw answers in this folder, without secrets, so that the day can be replayed
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Its competitors, with --brand
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',', requires = "brand")]
    against: Vec<String>,
}

impl Watch {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let mut config = common.config()?;
        let brands = self.brands(common, &mut config)?;
        let sources = self.sources(&config, &brands);
        let silent = sources.iter().find(|source| {
            daemon::lacks(source).is_none()
                && daemon::build(source)
                    .is_ok_and(|network| network.ask(None, now()) == crate::network::Ask::Done)
        });
        if let Some(source) = silent {
            return Err(Usage(format!(
                "source {} ({}) asks for nothing: its section says neither what to read nor where; `vigie networks` lists its keys",
                source.name, source.network
            ))
            .into());
        }
        let unconfigured = config.file.is_none();
        let judge = super::judge(&config, &brands)?;
        let courier = super::send::courier(&config)?;
        let web_token = secret::secret("WEB", "TOKEN")?;
        if config.web.enabled && !self.once {
            web::refuse_open(&config.web, web_token.as_deref()).map_err(|error| Usage(error.to_string()))?;
        }
        let store = Store::open(&config.data_dir, Durability::Full)?;
        if store.meta("replayed")?.is_some() {
            return Err(Usage(format!(
                "{} was filled by a replay; live posts never mix with replayed ones: name another with --data DIR",
                config.data_dir.display()
            ))
            .into());
        }
        store.note_errs(&judge.moods)?;
        if self.brand.is_some() {
            store.set_meta(super::KEPT_BRANDS, &serde_json::to_string(&brands)?)?;
        }
        let composer = Composer {
            rules: config.rules.clone(),
            to: config.mail.to.clone(),
            from: config.mail.from.clone(),
            language: config.mail.language.unwrap_or_else(secret::language),
            zone: config.mail.zone.clone().unwrap_or_else(TimeZone::system),
            brands: brands.clone(),
            schedule: config.digest,
            manners: config.manners.clone(),
        };
        if !common.quiet {
            introduce(&config, &brands, &sources)?;
        }
        let keywords = self.brand.is_none().then(|| config.keywords.clone());
        let plan = Plan {
            config,
            sources,
            judge,
            keywords,
            keeper: Keeper::new(store, composer),
            courier,
            web_token,
            mode: if self.once { Mode::Once } else { Mode::Watch },
            first_digest: unconfigured,
            record: self.record.clone(),
            clock: now,
        };
        let summary = run(plan, brands, common.quiet)?;
        if !common.quiet {
            say(format!(
                "{} heard, {}, {}, {}",
                count(summary.tally.posts, "post", "posts"),
                count(summary.tally.mentions, "mention", "mentions"),
                count(summary.tally.suspicions, "suspect", "suspects"),
                count(summary.mails, "mail", "mails")
            ))?;
        }
        if self.once && summary.worked == 0 {
            say("no source could be reached")?;
            return Ok(ExitCode::from(PROBLEM));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn brands(&self, common: &Common, config: &mut Config) -> anyhow::Result<Vec<Brand>> {
        let Some(name) = &self.brand else { return common.brands(config) };
        let mut brands = vec![Brand::named(name.trim(), true)];
        brands.extend(
            self.against
                .iter()
                .map(|name| name.trim())
                .filter(|name| !name.is_empty())
                .map(|name| Brand::named(name, false)),
        );
        for (at, brand) in brands.iter().enumerate() {
            if brands.iter().take(at).any(|other| other.id == brand.id) {
                return Err(Usage(format!("\"{}\" is named twice", brand.name)).into());
            }
            if crate::fold::fold(&brand.name).trim().is_empty() {
                return Err(Usage(format!("\"{}\" has no letter or digit to find", brand.name)).into());
            }
        }
        if let (Some(ours), Some(about)) = (brands.first_mut(), &self.about) {
            ours.about = Some(about.trim().to_owned()).filter(|about| !about.is_empty());
        }
        for brand in brands.iter().filter(|brand| brand.about.is_none() && keyword::is_ambiguous(&brand.name))
        {
            let flag = if brand.ours { "say what it is with --about, or " } else { "" };
            super::warn(&format!(
                "\"{}\" is short or a common word: Vigie can only guess which posts are about it; {flag}list words under context in a brand file (vigie init)",
                brand.name
            ));
        }
        if common.data.is_none() {
            let folder = config.data_dir.with_file_name(format!("vigie-data-{}", keyword::slug(name)));
            config.use_data_dir(&folder);
        }
        config.rules.retain(|rule| rule.brands.is_empty());
        Ok(brands)
    }

    /// What is followed: the configured sources; without any, every network that needs no key, and the example
    /// when nothing at all is configured.
    fn sources(&self, config: &Config, brands: &[Brand]) -> Vec<SourceConfig> {
        if self.brand.is_some() {
            return sources::usual(brands, true);
        }
        if !config.sources.is_empty() {
            return config.sources.clone();
        }
        let mut usual = sources::usual(brands, false);
        if config.file.is_none() && Path::new(EXAMPLE).is_file() {
            usual.insert(0, sources::example(Path::new(EXAMPLE)));
        }
        usual
    }
}

fn introduce(config: &Config, brands: &[Brand], sources: &[SourceConfig]) -> anyhow::Result<()> {
    let ours: Vec<&str> = brands.iter().filter(|brand| brand.ours).map(|brand| brand.name.as_str()).collect();
    let others: Vec<&str> =
        brands.iter().filter(|brand| !brand.ours).map(|brand| brand.name.as_str()).collect();
    let whom = match (ours.is_empty(), others.is_empty()) {
        (false, false) => format!("{} against {}", ours.join(", "), others.join(", ")),
        (false, true) => ours.join(", "),
        (true, _) => others.join(", "),
    };
    say(format!("vigie {}: watching {}", env!("CARGO_PKG_VERSION"), super::clean(&whom)))?;
    say(format!("data in {}", config.data_dir.display()))?;
    match &config.mail.transport {
        Transport::Folder(folder) => say(format!("mails are written to {}", folder.display()))?,
        Transport::Smtp(smtp) => say(format!("mails go through {}:{}", smtp.host, smtp.port))?,
    }
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    say(format!("sources: {}", names.join(", ")))?;
    for source in sources.iter().filter(|source| source.look_back) {
        say(format!("  {} looks back first: {}", source.name, sources::look_back(source)))?;
    }
    Ok(())
}

fn run(plan: Plan, brands: Vec<Brand>, quiet: bool) -> anyhow::Result<daemon::Summary> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let stop = CancellationToken::new();
        let (lines, shown) = mpsc::channel::<Told>(LINES);
        let mut lost: u64 = 0;
        let told = move |one: Told| {
            // A terminal that does not read never holds the desk up.
            if lines.try_send(one).is_err() {
                lost += 1;
                tracing::debug!(lost, "output not shown");
            }
        };
        let mut tasks = tokio::task::JoinSet::new();
        let signals = tasks.spawn(signals(stop.clone()));
        tasks.spawn_blocking(move || show::run(shown, &brands, quiet));
        let summary = daemon::run(plan, stop.clone(), told).await;
        stop.cancel();
        signals.abort();
        while tasks.join_next().await.is_some() {}
        Ok(summary?)
    })
}

/// Stops on Ctrl-C or SIGTERM; a second one ends at once.
async fn signals(stop: CancellationToken) {
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        return;
    };
    let Ok(mut interrupt) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    stop.cancel();
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    at_once();
}

/// Ends without waiting for anything: nothing accepted is lost by it, as with a crash.
#[expect(clippy::exit, reason = "the second signal means now")]
fn at_once() -> ! {
    std::process::exit(i32::from(PROBLEM))
}
