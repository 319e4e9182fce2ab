//! Replay: a recorded capture through the very same pipeline, as fast as it goes, by the capture's own clock.
//!
//! Three threads: one unpacks lines, one judges them, one stores them, each in the order of the file. So the result
//! does not depend on how fast any of them is.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use thiserror::Error;

use crate::intake::{self, Judge, Judged, Origin, PassedOver, Step};
use crate::keeper::{Clock, Done, Keeper};
use crate::matcher::Scratch;
use crate::network::capture::{self, Recorded, Skimmed};
use crate::network::{Dates, ReadError};
use crate::notice::NoticeError;
use crate::time::Time;

/// Lines judged in one go and stored in one transaction, at most: large enough that commits cost nothing, small
/// enough to stay in memory.
const CHUNK: usize = 8_192;
/// Lines of the first chunk, so that no thread waits long for its first work; each next one has twice as many.
const FIRST: usize = 512;
/// Bytes after which a chunk is full all the same.
const CHUNK_BYTES: usize = 4 << 20;
/// Chunks that may wait for the store.
const WAITING: usize = 2;
/// A line longer than this is no line of a capture: twice what a recorded answer may take, for what JSON escapes.
const LINE_LIMIT: u64 = 32 << 20;

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
    /// Recorded answers that could not be read, as when they came: how many, and the first with its line.
    pub unread: Unread,
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
    let (unpacked, lines) = sync_channel::<Lines>(WAITING);
    let (send, receive) = sync_channel::<(Judged, usize)>(WAITING);
    std::thread::scope(|scope| {
        let unpacker = scope.spawn(move || unpack(path, &unpacked));
        let reader = scope.spawn(move || read(path, judge, shift, &lines, &send));
        let mut summary = Summary::default();
        let mut stored = Ok(());
        for (chunk, lines) in receive {
            let first = chunk.steps.first().and_then(|(seen, step)| match step {
                Step::PassedOver(passed) => passed.iter().next().map(|(seen, ..)| seen),
                Step::Post(_)
                | Step::Passed(_)
                | Step::Answer(_)
                | Step::Reply(_)
                | Step::Gone(_)
                | Step::Account(..) => Some(*seen),
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
        // The others end by themselves when nobody takes what they have any more.
        let read = reader.join().unwrap_or_else(|_| Ok(Unread::default()));
        let unpacked = unpacker.join().unwrap_or(Ok(()));
        stored.and(read).and_then(|unread| unpacked.map(|()| Summary { unread, ..summary }))
    })
}

/// Lines of a capture, one after the other.
#[derive(Debug)]
struct Lines {
    bytes: Vec<u8>,
    /// Of each its number in the file, from 1, and where it ends.
    ends: Vec<(usize, usize)>,
    /// How many there may be.
    most: usize,
}

impl Lines {
    fn at_most(most: usize) -> Lines {
        Lines { bytes: Vec::new(), ends: Vec::new(), most }
    }

    /// What was gathered; more is gathered next time.
    fn take(&mut self) -> Lines {
        let next = Lines::at_most((self.most * 2).min(CHUNK));
        std::mem::replace(self, next)
    }

    fn push(&mut self, number: usize, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.ends.push((number, self.bytes.len()));
    }

    fn is_full(&self) -> bool {
        self.ends.len() >= self.most || self.bytes.len() >= CHUNK_BYTES
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |(number, end)| {
            let line = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            (*number, line)
        })
    }
}

/// Reads the lines of a capture until nobody takes them any more.
fn unpack(path: &Path, out: &SyncSender<Lines>) -> Result<(), ReplayError> {
    let mut lines = Lines::at_most(FIRST);
    let whole = each_line(path, |number, line| {
        lines.push(number, line);
        Ok(!lines.is_full() || out.send(lines.take()).is_ok())
    });
    // What was read before a fault is played. Where nobody takes it, another error is told instead.
    if !lines.ends.is_empty() {
        drop(out.send(lines));
    }
    whole
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

/// The lines in which nothing stands, as far as that shows at a glance.
fn skim<'l>(judge: &Judge, lines: &'l Lines, scratch: &mut Scratch) -> Vec<Option<Skimmed<'l>>> {
    let mut nothing = |skimmed: &Skimmed<'_>| {
        let by_own = skimmed.is_answer() && !judge.own.is_empty();
        !by_own && !intake::may_concern(&judge.matcher, skimmed.texts(), skimmed.is_answer(), scratch)
    };
    lines.iter().map(|(_, line)| capture::skim(line).filter(&mut nothing)).collect()
}

/// Recorded answers that could not be read: how many, and the first with its line.
type Unread = (usize, Option<(usize, ReadError)>);

/// What queries call the source of a replay.
const SOURCE: &str = "capture";

fn read(
    path: &Path,
    judge: &Judge,
    shift: i64,
    lines: &Receiver<Lines>,
    out: &SyncSender<(Judged, usize)>,
) -> Result<Unread, ReplayError> {
    let mut scratch = Scratch::default();
    let mut recorded = Recorded::default();
    let mut clock = Time::default();
    let mut unread = Unread::default();
    for lines in lines {
        let mut chunk = Judged::default();
        let mut fault = None;
        let mut done = 0;
        for (passed, (number, line)) in skim(judge, &lines, &mut scratch).into_iter().zip(lines.iter()) {
            if let Some(passed) = passed {
                clock = passed.seen().map_or(clock, |seen| seen.plus(shift)).max(clock);
                pass_over(&mut chunk, clock, passed.identity());
                done += 1;
                continue;
            }
            let line = match capture::read_line(line, &mut recorded) {
                Ok(line) => line,
                Err(source) => {
                    let (path, source) = (path.to_owned(), Box::new(source));
                    fault = Some(ReplayError::Line { path, line: number, source });
                    break;
                }
            };
            // Time never runs backwards, whatever the lines say.
            clock = line.seen.map_or(clock, |seen| seen.plus(shift)).max(clock);
            if let Some(error) = line.unread {
                unread.0 += 1;
                unread.1.get_or_insert((number, error));
            }
            let mut page = line.page;
            if shift != 0 {
                capture::shift(&mut page, shift);
            }
            let origin = Origin { source: SOURCE, dates: Dates::Server, look_back: false };
            let mut judged = judge.matched(page, origin, clock, &mut scratch);
            chunk.steps.append(&mut judged.steps);
            done += 1;
        }
        judge.weigh_all(&mut chunk.steps);
        // What was understood before a fault is kept. Where nobody takes it, storing failed, and that is told instead.
        let taken = out.send((chunk, done)).is_ok();
        if let Some(fault) = fault {
            return Err(fault);
        }
        if !taken {
            break;
        }
    }
    Ok(unread)
}
