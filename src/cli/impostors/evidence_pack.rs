//! `vigie impostors evidence` and `verify`: a case as a file that can be handed in, and whether it still is what it was.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::super::output::{Out, Target};
use super::super::{Common, PROBLEM, Usage, count, fault, now, warn};
use super::asked::{Asked, place, sources};
use super::{NAME, case, person};
use crate::config::Config;
use crate::evidence::{Capture, Conditions, Finished, LARGEST_STAMP, Outcome, Pack, Stamp, verify};
use crate::fetch::Fetch;
use crate::keyword::Brand;
use crate::mail::clean::short;
use crate::mention::Suspect;
use crate::network::{Can, Method, Request, spec};
use crate::post::Author;
use crate::store::list::{self, Filter};
use crate::store::{Store, cases};

/// Posts of the account that go into the pack, newest first.
const POSTS: u32 = 100;
/// The largest picture that is kept, in bytes: profile pictures are a hundredth of it.
const PICTURE: usize = 5 << 20;
/// The largest file that `verify` reads, in bytes.
const LARGEST: u64 = 512 << 20;

#[derive(Debug, Args)]
pub(super) struct Write {
    /// The number of the suspect, as `vigie impostors` lists it
    id: i64,
    /// Where to write it [default: evidence-ID.zip]; - for standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Ask no server: only what is stored goes in
    #[arg(long)]
    offline: bool,
    /// Who asks for it [default: the name of the user]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Write {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        let store = Store::join(&config.data_dir)?;
        let suspect = case::suspect(store.connection(), self.id)?;
        let brand = brands
            .iter()
            .find(|brand| brand.id == suspect.suspicion.brand)
            .cloned()
            .unwrap_or_else(|| Brand::named(&suspect.suspicion.brand.0, true));
        let who = person(self.by.as_deref());
        let captures = if self.offline { Vec::new() } else { capture(&config, &brands, &store, &suspect)? };
        let ids = cases::mentions(store.connection(), self.id, POSTS)?;
        let mentions = match ids.is_empty() {
            true => Vec::new(),
            false => list::mention_list(store.connection(), &Filter { ids, ..Filter::default() })?,
        };
        let contact = config.fetch.contact.as_deref().map(|contact| format!(" (+{contact})"));
        let pack = Pack {
            events: cases::events(store.connection(), self.id)?,
            answers: cases::answers(store.connection(), self.id)?,
            mentions,
            captures,
            conditions: Conditions {
                client: format!("vigie {}", env!("CARGO_PKG_VERSION")),
                user_agent: format!("Vigie/{}{}", env!("CARGO_PKG_VERSION"), contact.unwrap_or_default()),
                system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
                who: who.clone(),
                clock: "the clock of the system, UTC / l'horloge du système, UTC",
                address: "that of the machine; Vigie does not know it / celle de la machine, inconnue de Vigie",
            },
            written: now(),
            suspect,
            brand,
        };
        let mut finished = pack.finish()?;
        let stamp = match config.timestamp.as_deref().filter(|_| !self.offline) {
            Some(server) => match time_stamp(&config, server, &mut finished) {
                Ok(stamp) => Some(stamp),
                Err(error) => {
                    warn(&format!("no time stamp: {}", short(&format!("{error:#}"), 4 * NAME)));
                    None
                }
            },
            None => None,
        };
        let name = self.out.clone().unwrap_or_else(|| PathBuf::from(format!("evidence-{}.zip", self.id)));
        let standard = name.as_os_str() == "-";
        let mut target = Target::open(Some(&name))?;
        target.write_all(&finished.bytes).with_context(|| format!("failed to write {}", name.display()))?;
        target.done()?;
        store.note_case(
            self.id,
            "evidence",
            &who,
            &format!("root {}", finished.manifest.root),
            pack.written,
        )?;
        if common.quiet || standard {
            return Ok(ExitCode::SUCCESS);
        }
        let mut out = Out::standard();
        out.line(&format!(
            "{}: {}, root {}",
            name.display(),
            count(finished.manifest.files.len(), "file", "files"),
            finished.manifest.root
        ))?;
        if let Some(stamp) = &stamp {
            out.line(&format!(
                "time stamp {}, number {}, policy {}",
                stamp.time, stamp.serial, stamp.policy
            ))?;
        }
        for capture in &pack.captures {
            match &capture.outcome {
                Outcome::Answer { bytes, .. } => {
                    out.line(&format!(
                        "captured {} from {} ({} bytes)",
                        capture.what,
                        capture.address,
                        bytes.len()
                    ))?;
                }
                Outcome::Failed(reason) => {
                    out.line(&format!("{} not captured: {}", capture.what, short(reason, 4 * NAME)))?
                }
            }
        }
        out.line(finished.standing.en)?;
        for want in &finished.standing.wants {
            out.line(&format!("  [{}] {}", if want.there { 'x' } else { ' ' }, want.en))?;
        }
        let missing: Vec<&str> = finished.standing.missing().map(|want| want.en).collect();
        if missing.is_empty() {
            out.line("actionable, once you add what only you have:")?;
        } else {
            out.line(&format!("not actionable yet: {}", missing.join("; ")))?;
            out.line("to be added by you:")?;
        }
        for want in &finished.standing.adds {
            out.line(&format!("  {}", want.en))?;
        }
        out.done()
    }
}

/// Has the last hash of the pack stamped by a time-stamp server (RFC 3161).
fn time_stamp(config: &Config, server: &str, finished: &mut Finished) -> anyhow::Result<Stamp> {
    let question = finished.question(fastrand::u64(1 << 62..1 << 63))?;
    let fetch = Fetch::new(config.fetch.clone(), now)?;
    let request = Request { method: Method::Post, body: Some(question.clone()), ..Request::get(server) }
        .header("content-type", "application/timestamp-query")
        .header("accept", "application/timestamp-reply");
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("failed to start")?;
    let answer = runtime.block_on(fetch.fetch_within(&request, LARGEST_STAMP))?;
    Ok(finished.stamp(&question, &answer.body)?)
}

/// Asks the network about the account now, where one of the sources can.
fn capture(
    config: &Config,
    brands: &[Brand],
    store: &Store,
    suspect: &Suspect,
) -> anyhow::Result<Vec<Capture>> {
    let account = &suspect.author;
    let names = [account.handle.as_deref(), Some(account.native_id.as_str())];
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build().context("failed to start")?;
    for configured in sources(config, brands) {
        let here = spec(&configured.network)
            .is_some_and(|spec| spec.name == suspect.network.as_str() && spec.offer.can(Can::Snapshot));
        if !here {
            continue;
        }
        let Some(mut asked) = Asked::open(&configured, config, store)? else { continue };
        let request = names
            .into_iter()
            .flatten()
            .find_map(|name| asked.source.network.account(name.trim_start_matches('@')));
        let Some(request) = request else { continue };
        let captures = runtime.block_on(ask(&asked, request, account));
        asked.settle(store)?;
        return Ok(captures);
    }
    Ok(Vec::new())
}

async fn ask(asked: &Asked, request: Request, account: &Author) -> Vec<Capture> {
    let address = place(&request);
    let (outcome, at, found) = match asked.client.ask(request, None).await {
        Ok(answer) => {
            let read = asked.source.network.read(&answer, None).ok();
            let found = read.and_then(|page| page.accounts.into_iter().next());
            let ending = if answer.body.first() == Some(&b'{') { "json" } else { "txt" };
            let outcome = match found {
                Some(_) => Outcome::Answer {
                    status: answer.status,
                    file: format!("profile.{ending}"),
                    bytes: answer.body,
                },
                None => Outcome::Failed("the answer tells of no account: it may have vanished".to_owned()),
            };
            (outcome, answer.seen, found)
        }
        Err(problem) => (Outcome::Failed(problem.to_string()), now(), None),
    };
    let mut captures = vec![Capture { what: "profile", address, at, outcome }];
    let avatar = found.and_then(|account| account.author.avatar).or_else(|| account.avatar.clone());
    if let Some(avatar) = avatar {
        let request = Request::get(avatar);
        let address = place(&request);
        let (outcome, at) = match asked.fetch.fetch(&request).await {
            Ok(answer) => (picture(answer.status, answer.body), answer.seen),
            Err(error) => (Outcome::Failed(error.to_string()), now()),
        };
        captures.push(Capture { what: "picture", address, at, outcome });
    }
    captures
}

/// A picture as it came, when it is one. It is never decoded, so that none can do harm.
fn picture(status: u16, bytes: Vec<u8>) -> Outcome {
    let ending = match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [0xff, 0xd8, 0xff, ..] => "jpg",
        [b'G', b'I', b'F', b'8', ..] => "gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
        _ => return Outcome::Failed("what came is no picture (PNG, JPEG, GIF or WebP)".to_owned()),
    };
    if bytes.len() > PICTURE {
        return Outcome::Failed(format!("the picture is larger than {PICTURE} bytes"));
    }
    Outcome::Answer { status, file: format!("picture.{ending}"), bytes }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Checked are every file, the chain of hashes, and every byte around them; of a time stamp (RFC 3161), that it was \
granted, that it is over the root of this pack, that it answers timestamp.tsq, and that what its server signed is this \
time stamp, by its digest. Not checked are the signature itself and the certificates of that server, whom you may \
trust or not: take timestamp.tsr out of the zip, and\n  \
openssl ts -verify -digest ROOT -in timestamp.tsr -CAfile FILE")]
pub(super) struct Verify {
    /// The file that `vigie impostors evidence` wrote
    file: PathBuf,
}

impl Verify {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let name = self.file.display();
        let unreadable = |error: std::io::Error| Usage(format!("failed to read {name}: {error}"));
        let size = std::fs::metadata(&self.file).map_err(unreadable)?.len();
        if size > LARGEST {
            return Err(Usage(format!("{name} is larger than any evidence pack ({LARGEST} bytes)")).into());
        }
        let bytes = std::fs::read(&self.file).map_err(unreadable)?;
        match verify(&bytes) {
            Ok(whole) => {
                let manifest = whole.manifest;
                let mut out = Out::standard();
                out.line(&format!(
                    "{name} is whole: case {}, {}, written {}, root {}",
                    manifest.case,
                    count(manifest.files.len(), "file", "files"),
                    manifest.written,
                    manifest.root
                ))?;
                if let Some(stamp) = whole.stamp {
                    out.line(&format!(
                        "time stamp of this root: {}, number {}, policy {}; who signed it is not checked here, see --help",
                        stamp.time, stamp.serial, stamp.policy
                    ))?;
                }
                out.done()
            }
            Err(broken) => {
                fault(&format!("{name} is not what it was when it was written: {broken}"));
                Ok(ExitCode::from(PROBLEM))
            }
        }
    }
}
