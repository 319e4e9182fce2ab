//! Replay: a recorded capture through the very same pipeline, as fast as it goes, by the capture's own clock.
//!
//! Two threads: one reads and judges lines in order, the other stores them in the same order. So the result
//! does not depend on how fast either is.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use thiserror::Error;

use crate::intake::{self, Judge, Judged, Origin, PassedOver, Step};
use crate::keeper::{Clock, Done, Keeper};
use crate::matcher::Scratch;
use crate::network::capture::{self, Recorded};
use crate::network::{Dates, ReadError};
use crate::notice::NoticeError;
use crate::time::Time;

/// Lines judged in one go and stored in one transaction: large enough that commits cost nothing, small
/// enough to stay in memory.
const CHUNK: usize = 2_048;
/// Chunks that may wait for the store.
const WAITING: usize = 4;
/// A line longer than this is no line of a capture.
const LINE_LIMIT: u64 = 16 << 20;

/// A capture could not be replayed.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The file cannot be read.
    #[error("failed to read the capture {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is not understood.
    #[error("{}:{line}: {source}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// Why.
        source: Box<ReadError>,
    },
    /// The store refused.
    #[error(transparent)]
    Keep(#[from] NoticeError),
}

/// What a replay did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Lines read.
    pub lines: usize,
    /// Everything stored.
    pub done: Done,
    /// The clock of the first and of the last line.
    pub clock: Option<(Time, Time)>,
}

/// How a capture's clock is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// As its lines say.
    None,
    /// As if its last line came at this moment.
    EndAt(Time),
}

/// Opens a capture, plain or zstd.
fn open(path: &Path) -> Result<Box<dyn BufRead + Send>, ReplayError> {
    let failed = |source| ReplayError::File { path: path.to_owned(), source };
    let mut file = BufReader::with_capacity(1 << 18, File::open(path).map_err(failed)?);
    let packed = file.fill_buf().map_err(failed)?.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
    if packed {
        let plain = zstd::stream::read::Decoder::with_buffer(file).map_err(failed)?;
        return Ok(Box::new(BufReader::with_capacity(1 << 18, plain)));
    }
    Ok(Box::new(file))
}

/// The clock of the last line of a capture.
///
/// # Errors
/// When the capture cannot be read.
pub fn last_moment(path: &Path) -> Result<Option<Time>, ReplayError> {
    let mut last = None;
    let mut recorded = Recorded::default();
    each_line(path, |_, line| {
        // A line that is not understood is told when the capture is played.
        if let Ok(line) = capture::read_line(line, &mut recorded) {
            last = line.seen.or(last);
        }
        Ok(true)
    })?;
    Ok(last)
}

fn each_line(
    path: &Path,
    mut each: impl FnMut(usize, &[u8]) -> Result<bool, ReplayError>,
) -> Result<(), ReplayError> {
    let failed = |source| ReplayError::File { path: path.to_owned(), source };
    let mut file = open(path)?;
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        number += 1;
        let read = file.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line).map_err(failed)?;
        if read == 0 {
            return Ok(());
        }
        let content = line.trim_ascii();
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        if !content.is_empty() && !each(number, content)? {
            return Ok(());
        }
    }
}

/// Plays a capture into `keeper` as source `source`. `progress` hears the lines and posts so far; answering
/// `false` stops it between two chunks.
///
/// # Errors
/// When the capture cannot be read, a line is not understood, or the store refuses.
pub fn play(
    path: &Path,
    judge: &Judge,
    keeper: &mut Keeper,
    source: i64,
    shift: Shift,
    clock: Clock,
    mut progress: impl FnMut(&Done, usize) -> bool,
) -> Result<Summary, ReplayError> {
    let shift = match shift {
        Shift::None => 0,
        Shift::EndAt(end) => last_moment(path)?.map_or(0, |last| end.since(last)),
    };
    let (send, receive) = sync_channel::<(Judged, usize)>(WAITING);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || read(path, judge, shift, &send));
        let mut summary = Summary::default();
        let mut stored = Ok(());
        for (chunk, lines) in receive {
            let first = chunk.steps.first().and_then(|(seen, step)| match step {
                Step::PassedOver(passed) => passed.iter().next().map(|(seen, ..)| seen),
                Step::Post(_) | Step::Passed(_) | Step::Answer(_) | Step::Gone(_) | Step::Account(..) => {
                    Some(*seen)
                }
            });
            let last = chunk.steps.last().map(|(seen, _)| *seen);
            if let (Some(first), Some(last)) = (first, last) {
                summary.clock = Some((summary.clock.map_or(first, |(first, _)| first), last));
            }
            match keeper.save(source, &[chunk], clock) {
                Ok(done) => {
                    summary.done.tally.add(done.tally);
                    summary.done.notices += done.notices;
                    summary.lines += lines;
                    if !progress(&done, lines) {
                        break;
                    }
                }
                Err(error) => {
                    stored = Err(ReplayError::from(error));
                    break;
                }
            }
        }
        // The reader ends by itself when nobody takes its chunks any more.
        let read = reader.join().unwrap_or(Ok(()));
        stored.and(read).map(|()| summary)
    })
}

/// Adds a post in which nothing stands to a chunk.
fn pass_over(chunk: &mut Judged, seen: Time, (network, native_id): (&str, &str)) {
    if let Some((moment, Step::PassedOver(passed))) = chunk.steps.last_mut() {
        *moment = seen;
        passed.push(seen, network, native_id);
        return;
    }
    let mut passed = PassedOver::default();
    passed.push(seen, network, native_id);
    chunk.steps.push((seen, Step::PassedOver(passed)));
}

/// What queries call the source of a replay.
const SOURCE: &str = "capture";

fn read(
    path: &Path,
    judge: &Judge,
    shift: i64,
    out: &std::sync::mpsc::SyncSender<(Judged, usize)>,
) -> Result<(), ReplayError> {
    let mut chunk = Judged::default();
    let mut lines = 0;
    let mut scratch = Scratch::default();
    let mut recorded = Recorded::default();
    let mut clock = Time::default();
    let full = |chunk: &mut Judged, lines: &mut usize| {
        *lines += 1;
        *lines < CHUNK || out.send((std::mem::take(chunk), std::mem::take(lines))).is_ok()
    };
    let whole = each_line(path, |number, line| {
        if let Some(skimmed) = capture::skim(line)
            && !judge.matcher.finds_any(skimmed.texts(), &mut scratch)
            && !(skimmed.is_answer() && skimmed.texts().any(intake::is_telling))
        {
            clock = skimmed.seen().map_or(clock, |seen| seen.plus(shift)).max(clock);
            pass_over(&mut chunk, clock, skimmed.identity());
            return Ok(full(&mut chunk, &mut lines));
        }
        let line = capture::read_line(line, &mut recorded).map_err(|source| ReplayError::Line {
            path: path.to_owned(),
            line: number,
            source: Box::new(source),
        })?;
        // Time never runs backwards, whatever the lines say.
        clock = line.seen.map_or(clock, |seen| seen.plus(shift)).max(clock);
        let mut page = line.page;
        if shift != 0 {
            capture::shift(&mut page, shift);
        }
        let origin = Origin { source: SOURCE, dates: Dates::Server, look_back: false };
        let mut judged = judge.judge(page, origin, clock, &mut scratch);
        chunk.steps.append(&mut judged.steps);
        Ok(full(&mut chunk, &mut lines))
    });
    // What was understood before a fault is kept.
    if lines > 0 {
        // Nobody takes it when storing failed; that error is told instead.
        drop(out.send((chunk, lines)));
    }
    whole
}
