//! Reads the brand files again when they change, or when asked by a hang-up signal: the new matcher is built aside,
//! then the desk changes over between two pages.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::desk::{self, Question};
use crate::intake::{Judge, Wants};
use crate::keyword::{self, Brand};
use crate::sentiment::Moods;

/// How often the folder is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Follows the brand files of `folder` until `stop`; whoever watches `brands` and `wants` hears of every change.
pub(super) async fn run(
    folder: PathBuf,
    desk: mpsc::Sender<Question>,
    (brands, wants): (watch::Sender<Vec<Brand>>, watch::Sender<Wants>),
    moods: Moods,
    stop: CancellationToken,
) {
    let mut hang_up = HangUp::new();
    let mut known = state(&folder);
    loop {
        let asked = tokio::select! {
            () = stop.cancelled() => return,
            () = hang_up.received() => true,
            () = tokio::time::sleep(LOOK) => false,
        };
        let now = state(&folder);
        if !asked && now == known {
            continue;
        }
        known = now;
        let (from, moods) = (folder.clone(), moods.clone());
        let built = tokio::task::spawn_blocking(move || build(&from, moods)).await;
        let done = match built {
            Ok(Ok((judge, read))) => {
                let (of_mails, wanted) = (read.clone(), judge.wants());
                let swapped = desk::ask(&desk, |reply| Question::Reload {
                    judge: Box::new(judge),
                    brands: of_mails,
                    reply,
                });
                let swapped = swapped.await;
                // Nobody may be listening.
                wants.send_replace(wanted);
                brands.send_replace(read);
                swapped
            }
            Ok(Err(reason)) => {
                let text = format!(
                    "the brand files have changed and cannot be used, those of before hold: {reason}"
                );
                desk::ask(&desk, |reply| Question::Say { text, reply }).await
            }
            Err(_) => None,
        };
        if done.is_none() {
            return;
        }
    }
}

fn build(folder: &Path, moods: Moods) -> Result<(Judge, Vec<Brand>), String> {
    let brands = keyword::read_folder(folder).map_err(|faults| faults.to_string())?;
    let mut judge = Judge::new(&brands).map_err(|error| error.to_string())?;
    judge.moods = moods;
    Ok((judge, brands))
}

/// What tells whether a brand file has changed: name, size and moment of each.
fn state(folder: &Path) -> Vec<(PathBuf, u64, Option<SystemTime>)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<_> = entries
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "toml"))
        .filter_map(|entry| {
            let data = std::fs::metadata(entry.path()).ok()?;
            Some((entry.path(), data.len(), data.modified().ok()))
        })
        .collect();
    files.sort();
    files
}

/// Waits for the signal by which daemons are asked to read their files again.
struct HangUp(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

impl HangUp {
    #[cfg(unix)]
    fn new() -> HangUp {
        use tokio::signal::unix::{SignalKind, signal};
        HangUp(signal(SignalKind::hangup()).ok())
    }

    #[cfg(not(unix))]
    fn new() -> HangUp {
        HangUp()
    }

    async fn received(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.0
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}
