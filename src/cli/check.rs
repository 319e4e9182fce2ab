//! `vigie check`: what works, what does not, why, and what to do.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

mod figures;

use super::{Common, PROBLEM, count, now, say};
use crate::config::{Config, SourceConfig, secret, sources};
use crate::daemon;
use crate::deliver::{Courier, Smtp, Transport};
use crate::document::{self, Faults};
use crate::fetch::Fetch;
use crate::keyword::{self, Brand};
use crate::mail::{self, Language};
use crate::network;
use crate::post::NetworkName;
use crate::query::{Condition, Leaf, Query};
use crate::source::{self, Client, Event, Mode, Source, State};
use crate::store::{self, StoreError};
use crate::web;

/// Events of one source that may wait to be looked at; the first few decide.
const EVENTS: usize = 8;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Check {
    /// Leave out what needs the network: sources and the mail server
    #[arg(long)]
    offline: bool,
    /// Count every stored mention again, and nothing else: the sums that figures are read from must agree
    #[arg(long)]
    figures: bool,
    /// Where they do not, keep what was counted; only while no other vigie runs
    #[arg(long, requires = "figures")]
    mend: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How one thing fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Fares {
    /// It works.
    Ok,
    /// It works, but a person should know this.
    Note,
    /// It does not work.
    Fails,
    /// It was not tried.
    Skipped,
}

/// One line of the result.
#[derive(Debug, Clone, Serialize)]
struct Finding {
    what: String,
    fares: Fares,
    detail: String,
}

impl Finding {
    fn new(what: impl Into<String>, fares: Fares, detail: impl Into<String>) -> Finding {
        Finding { what: what.into(), fares, detail: detail.into() }
    }

    fn line(&self, colour: bool) -> String {
        let (word, code) = match self.fares {
            Fares::Ok => ("ok", "32"),
            Fares::Note => ("note", "33"),
            Fares::Fails => ("FAILS", "1;31"),
            Fares::Skipped => ("skipped", "2"),
        };
        let text = format!("{}: {}", super::clean(&self.what), super::clean(&self.detail).replace('\n', " "));
        if colour { format!("\x1b[{code}m{word:<8}\x1b[0m{text}") } else { format!("{word:<8}{text}") }
    }
}

impl Check {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        if self.figures {
            return figures::run(common, self.json, self.mend);
        }
        let (config, brands) = match configuration(common) {
            Ok(both) => both,
            Err(error) => {
                if let (true, Some(Faults(faults))) = (self.json, error.downcast_ref()) {
                    say(serde_json::json!({"ok": false, "faults": faults}).to_string())?;
                }
                return Err(error);
            }
        };
        let mut findings = files(&config, &brands);
        findings.extend(config.rules.iter().map(|rule| {
            let asks = mail::describe(rule, &brands, Language::En);
            Finding::new(format!("rule {}", rule.name), Fares::Ok, asks)
        }));
        findings.push(data(&config));
        findings.extend(web(&config));
        let sources =
            if config.sources.is_empty() { sources::usual(&brands, false) } else { config.sources.clone() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let bar = super::progress::spinner(common.quiet || self.json || self.offline);
        bar.set_message(format!("asking {} and the mail server", count(sources.len(), "source", "sources")));
        let reached =
            runtime.block_on(async { tokio::join!(self.sources(&config, &sources), self.mail(&config)) });
        bar.finish_and_clear();
        findings.extend(reached.0?);
        findings.extend(reached.1);
        let ok = findings.iter().all(|finding| finding.fares != Fares::Fails);
        self.show(common, &findings, ok)?;
        Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(PROBLEM) })
    }

    fn show(&self, common: &Common, findings: &[Finding], ok: bool) -> std::io::Result<()> {
        if self.json {
            return say(serde_json::json!({"ok": ok, "findings": findings}).to_string());
        }
        let colour = std::io::stdout().is_terminal() && !secret::no_color();
        for finding in findings {
            if !common.quiet || finding.fares == Fares::Fails {
                say(finding.line(colour))?;
            }
        }
        Ok(())
    }

    /// Asks every source once, all at the same time, in the order they are written.
    async fn sources(&self, config: &Config, sources: &[SourceConfig]) -> anyhow::Result<Vec<Finding>> {
        let fetch = Arc::new(Fetch::new(config.fetch.clone().hurried(), now)?);
        let mut trials = JoinSet::new();
        for (place, configured) in sources.iter().enumerate() {
            let what = format!("source {} ({})", configured.name, configured.network);
            let network: Arc<dyn network::Network> = Arc::from(daemon::build(configured)?);
            let spec = network::spec(&configured.network).map_or("", |spec| spec.name);
            let mut source = Source::new(configured.name.as_str(), NetworkName::known(spec), network);
            source.secrets = daemon::secrets(configured).into_iter().map(|(_, key)| key).collect();
            let (fetch, offline) = (Arc::clone(&fetch), self.offline);
            trials.spawn(async move {
                let (fares, detail) = attempt(source, fetch, offline).await;
                (place, Finding::new(what, fares, detail))
            });
        }
        let mut findings = trials.join_all().await;
        findings.sort_by_key(|(place, _)| *place);
        Ok(findings.into_iter().map(|(_, finding)| finding).collect())
    }

    async fn mail(&self, config: &Config) -> Vec<Finding> {
        let smtp = match &config.mail.transport {
            Transport::Folder(folder) => return vec![mail_folder(folder)],
            Transport::Smtp(smtp) => smtp,
        };
        let what = format!("mail server {}:{}", smtp.host, smtp.port);
        let password = match secret::secret("SMTP", "PASSWORD") {
            Ok(password) => password,
            Err(error) => {
                let detail = format!("{error} ({}); correct it, or set VIGIE_SMTP_PASSWORD", error.source);
                return vec![Finding::new(what, Fares::Fails, detail)];
            }
        };
        let mut findings = Vec::new();
        if smtp.user.is_some() && password.is_none() {
            let detail = "user is set but there is no password: set VIGIE_SMTP_PASSWORD, or VIGIE_SMTP_PASSWORD_FILE to a file that holds it";
            findings.push(Finding::new("mail password", Fares::Fails, detail));
        }
        if config.mail.from.email.domain() == "localhost" && smtp.host != "localhost" {
            let detail = format!(
                "mails come from {}, which many servers refuse: set from under [mail]",
                config.mail.from.email
            );
            findings.push(Finding::new("mail sender", Fares::Note, detail));
        }
        if let Some(signer) = &config.manners.signer {
            let (name, text) = signer.record();
            let detail = format!("for {}, once the DNS has the TXT record {name}: {text}", signer.domain());
            findings.push(Finding::new("mail signature (DKIM)", Fares::Ok, detail));
        }
        if self.offline {
            findings.push(Finding::new(what, Fares::Skipped, "needs the network"));
        } else {
            findings.push(self.server(config, smtp, what, password).await);
        }
        findings
    }

    async fn server(&self, config: &Config, smtp: &Smtp, what: String, password: Option<String>) -> Finding {
        let courier = match Courier::new(&config.mail.transport, &config.mail.from.email, password) {
            Ok(courier) => courier,
            Err(error) => return Finding::new(what, Fares::Fails, error.to_string()),
        };
        match courier.test().await {
            Ok(_) if smtp.user.is_some() => Finding::new(what, Fares::Ok, "answers, and takes the account"),
            Ok(_) => Finding::new(what, Fares::Ok, "answers"),
            Err(said) => Finding::new(
                what,
                Fares::Fails,
                format!("{said}; check host, port, tls and user under [mail.smtp]"),
            ),
        }
    }
}

/// The configuration and the brands, or every fault of all their files.
fn configuration(common: &Common) -> anyhow::Result<(Config, Vec<Brand>)> {
    let config = common.config()?;
    let brands = common.brands(&config)?;
    // Made here too: more words than an automaton holds, or a model that is none, are a fault of the files.
    super::judge(&config, &brands)?;
    Ok((config, brands))
}

fn files(config: &Config, brands: &[Brand]) -> Vec<Finding> {
    let file = match &config.file {
        Some(file) => Finding::new("configuration", Fares::Ok, file.display().to_string()),
        None => Finding::new(
            "configuration",
            Fares::Note,
            "no vigie.toml here or in a folder above: what is usual holds; `vigie init` writes one",
        ),
    };
    let ours = brands.iter().filter(|brand| brand.ours).count();
    let folder = config.keywords.display();
    let detail = format!("{} in {folder}, {ours} of them ours", count(brands.len(), "brand", "brands"));
    let mut findings = vec![file, Finding::new("keywords", Fares::Ok, detail)];
    if ours == 0 {
        let detail = "no brand is ours: write ours = true in the file of your own brand";
        findings.push(Finding::new("keywords", Fares::Note, detail));
    }
    for brand in brands.iter().filter(|brand| {
        brand.query.is_none() && brand.context.is_empty() && keyword::is_ambiguous(&brand.name)
    }) {
        let what_to_do = match &brand.about {
            None => {
                "say under about what it is, and list words under context, of which one must stand beside it"
            }
            Some(_) => {
                "posts that seem to be about something else are kept apart (vigie mentions --doubtful); words under context would settle it"
            }
        };
        let detail = format!("\"{}\" is short or a common word: {what_to_do}", brand.name);
        findings.push(Finding::new(format!("keywords {}", brand.id), Fares::Note, detail));
    }
    for brand in brands {
        let warnings = brand.query.as_deref().map(Query::warnings).unwrap_or_default();
        let notes = warnings.into_iter().map(|warning| warning.reason);
        let notes = notes.chain(strange_networks(brand));
        findings.extend(notes.map(|note| Finding::new(format!("keywords {}", brand.id), Fares::Note, note)));
    }
    findings
}

/// Networks that a query asks for and nobody listens to: only what is imported or pushed may stand there.
fn strange_networks(brand: &Brand) -> impl Iterator<Item = String> {
    let query = brand.query.as_deref().and_then(|query| Query::parse(query).ok());
    let leaves = query.as_ref().map(Query::leaves).unwrap_or_default();
    let asked: BTreeSet<String> = leaves
        .iter()
        .filter_map(|leaf| {
            let Leaf::Condition(condition) = leaf else { return None };
            let Condition::Network(name) = &**condition else { return None };
            Some(name.clone())
        })
        .filter(|name| !network::ALL.iter().any(|spec| spec.name == name))
        .collect();
    let known: Vec<&str> = network::ALL.iter().map(|spec| spec.name).collect();
    asked.into_iter().map(move |name| {
        if let Some(spec) = network::spec(&name) {
            return format!("network:{name} holds for no post: the network is called {}", spec.name);
        }
        let near = document::nearest(&name, &known);
        let hint = near.map(|near| format!("; did you mean network:{near}?")).unwrap_or_default();
        format!("network:{name} is no network that Vigie listens to: it holds only for posts that are imported or pushed as of {name}{hint}")
    })
}

fn data(config: &Config) -> Finding {
    let folder = &config.data_dir;
    let what = format!("data directory {}", folder.display());
    let examined = match store::examine(folder) {
        Ok(schema) => format!("the store is whole, schema {schema}"),
        Err(StoreError::Missing { .. }) => "no store yet, the first start makes it".to_owned(),
        Err(error) => return Finding::new(what, Fares::Fails, causes(&error)),
    };
    if let Err(error) = writable(folder) {
        return Finding::new(what, Fares::Fails, format!("cannot be written: {error}; check who owns it"));
    }
    match store::holder(folder) {
        Some(pid) => Finding::new(what, Fares::Ok, format!("{examined}; process {pid} watches with it")),
        None => Finding::new(what, Fares::Ok, examined),
    }
}

/// What keeps the web door shut, when something does: then `vigie watch` does not start.
fn web(config: &Config) -> Option<Finding> {
    let what = format!("web page {}", config.web.listen);
    let token = match secret::secret("WEB", "TOKEN") {
        Ok(token) => token,
        Err(error) => return Some(Finding::new(what, Fares::Fails, causes(&error))),
    };
    let refused = web::refuse_open(&config.web, token.as_deref()).err().filter(|_| config.web.enabled)?;
    Some(Finding::new(what, Fares::Fails, refused.to_string()))
}

fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn mail_folder(folder: &Path) -> Finding {
    let what = format!("mail folder {}", folder.display());
    match writable(folder) {
        Ok(()) => Finding::new(what, Fares::Ok, "mails are written there, none is sent"),
        Err(error) => {
            Finding::new(what, Fares::Fails, format!("cannot be written: {error}; check who owns it"))
        }
    }
}

/// Whether a folder, or the nearest one above it that exists, takes a file. Leaves nothing behind.
fn writable(folder: &Path) -> std::io::Result<()> {
    let there = folder
        .ancestors()
        .map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above })
        .find(|above| above.exists())
        .unwrap_or(Path::new("."));
    let probe = there.join(format!(".vigie-check-{}", std::process::id()));
    std::fs::File::options().write(true).create_new(true).open(&probe)?;
    std::fs::remove_file(&probe)
}

/// One attempt, given up as soon as it is known how the source fares.
async fn attempt(source: Source, fetch: Arc<Fetch>, offline: bool) -> (Fares, String) {
    match source.network.ask(None, now()) {
        network::Ask::Play(path) if path.is_file() => {
            return (Fares::Ok, format!("{} is there", path.display()));
        }
        network::Ask::Play(path) => {
            return (Fares::Fails, format!("there is no file {}; correct path", path.display()));
        }
        network::Ask::Done => {
            let nothing = || "asks for nothing: its section says neither what to read nor where".to_owned();
            return (Fares::Fails, source.network.idle().unwrap_or_else(nothing));
        }
        network::Ask::Fetch(_) | network::Ask::Listen(_) | network::Ask::Lines(_) if offline => {
            return (Fares::Skipped, "needs the network".to_owned());
        }
        network::Ask::Fetch(_) | network::Ask::Listen(_) | network::Ask::Lines(_) => {}
    }
    let (events, mut heard) = mpsc::channel(EVENTS);
    let enough = CancellationToken::new();
    let client = Arc::new(Client::new(&source, fetch, events.clone(), now));
    let following = source::follow(source, client, None, events, enough.clone(), now, Mode::Once);
    let deciding = async {
        let mut last = None;
        while let Some(event) = heard.recv().await {
            if last.is_none() {
                last = decide(event);
            }
            if last.is_some() {
                enough.cancel();
            }
        }
        last
    };
    let (_, decided) = tokio::join!(following, deciding);
    decided.unwrap_or((Fares::Fails, "said nothing; try again, or run `vigie watch --once -v`".to_owned()))
}

/// What an event says of how the source fares, if it decides that.
fn decide(event: Event) -> Option<(Fares, String)> {
    let state = match event {
        // an answer that only leads on, as a page leads to its feed, decides nothing yet
        Event::Page(delivery) if delivery.page.is_bare() => return None,
        Event::Page(delivery) => {
            let posts = count(delivery.page.posts.len(), "post", "posts");
            return Some((Fares::Ok, format!("answers, {posts} in the first answer")));
        }
        Event::Status { state, .. } => state,
        Event::Spent { .. } => return None,
    };
    match state {
        State::Listening { host } => Some((Fares::Ok, format!("the stream of {host} is open"))),
        State::Ok { posts } => Some((Fares::Ok, format!("answers, {}", count(posts, "post", "posts")))),
        State::CaughtUp => None,
        State::Failed { reason, .. } | State::Stopped { reason } => Some((Fares::Fails, reason)),
        State::Paused { reason, until } => Some((Fares::Fails, format!("{reason}, until {until}"))),
    }
}
