//! Files of others become posts: CSV tables and JSON lines, in any encoding, with columns of any name. What a file
//! is understood to be is a `Plan`, to be shown before anything is stored.
//!
//! A file flows through: whatever its size, only a part of it is in memory. Parts are stored in one transaction
//! each, with the note of how far the file has got, so that a stop loses nothing and a repeat changes nothing.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::Encoding;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::intake::{Judge, Judged, Origin, Step};
use crate::keeper::Keeper;
use crate::matcher::Scratch;
use crate::network::Dates as Trust;
use crate::notice::NoticeError;
use crate::store::doors::{Import, Place};
use crate::store::posts::Tally;
use crate::time::Time;

mod columns;
mod dates;
mod examine;
mod lines;
mod places;
mod pushed;
mod records;
mod row;
mod table;
mod text;

pub use columns::{Column, Field};
pub use dates::Order;
pub use pushed::Pushed;
pub use row::Item;

use records::{Records, Taken};
use row::Rows;

/// Records stored in one transaction: large enough that commits cost little, small enough to stay in memory.
const CHUNK: usize = 2_048;
/// Faults told one by one; the rest are counted.
pub const TOLD: usize = 20;

/// A file could not be imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error("failed to read {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what can be imported, or not understood without help.
    #[error("{} {reason}", .path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The store refused.
    #[error(transparent)]
    Keep(#[from] NoticeError),
}

impl ImportError {
    fn wrong(path: &Path, reason: impl Into<String>) -> ImportError {
        ImportError::Wrong { path: path.to_owned(), reason: reason.into() }
    }
}

/// What a person says of a file.
#[derive(Debug, Clone)]
pub struct Options {
    /// The network of posts that name none.
    pub network: Option<String>,
    /// What columns hold, where their names do not say it; `None` leaves a column out.
    pub map: Vec<(String, Option<Field>)>,
    /// The encoding.
    pub encoding: Option<&'static Encoding>,
    /// The order of numbers in dates.
    pub order: Option<Order>,
    /// The zone of dates that name none.
    pub zone: TimeZone,
    /// Whether posts without a date are taken.
    pub undated: bool,
    /// What queries call the source of its posts.
    pub source: String,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Columns between separators.
    Table {
        /// The separator.
        delimiter: u8,
        /// The line of the header.
        header: u64,
    },
    /// JSON, an object a line.
    Lines,
    /// JSON lines that are answers of this network, read by its own reader.
    Answers(&'static str),
}

/// A file, as understood.
#[derive(Debug)]
pub struct Plan {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its form.
    pub form: Form,
    /// Its encoding.
    pub encoding: &'static Encoding,
    /// Whether the encoding was guessed.
    pub guessed: bool,
    /// Signs that are not of its encoding.
    pub broken: u64,
    /// Its columns, or the keys of its objects, and what each holds.
    pub columns: Vec<Column>,
    /// The order of numbers in its dates, and how that is known; `None` where it does not matter.
    pub order: Option<(Order, String)>,
    /// The network of posts that name none.
    pub network: Option<String>,
    /// What queries call the source of its posts.
    source: String,
    /// The hash of its content.
    content: String,
    rows: Rows,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Records read, those that an earlier run had taken left out.
    pub records: u64,
    /// Records that an earlier run had taken.
    pub before: u64,
    /// Records without any text.
    pub empty: u64,
    /// Records that could not be taken.
    pub faults: u64,
    /// The first of them: line and reason.
    pub told: Vec<(u64, String)>,
    /// What was stored; of a dry run, what would be, as far as that is known.
    pub tally: Tally,
    /// Notices written.
    pub notices: usize,
}

/// Where posts go.
#[derive(Debug)]
pub enum Target<'k> {
    /// Nowhere: they are only counted.
    Nothing,
    /// The store.
    Store {
        /// What writes.
        keeper: &'k mut Keeper,
        /// The source.
        source: i64,
        /// The import, and how far it has got.
        import: Import,
    },
}

impl Plan {
    /// Looks at all of a file once, and at its first records closely. `read` counts bytes.
    ///
    /// # Errors
    /// When it cannot be read, is none that can be imported, or is not understood without help.
    pub fn of(path: &Path, options: &Options, read: &Arc<AtomicU64>) -> Result<Plan, ImportError> {
        examine::plan(path, options, read)
    }

    /// The name under which an import of this file is known: its content, how it is read, and the brands it is
    /// held against. With other brands it is another import.
    pub fn fingerprint(&self, brands: &str) -> String {
        let mut hash = Sha256::new();
        let how = format!(
            "{}\n{:?}\n{}\n{:?}\n{:?}\n{:?}\n{:?}\n{}\n{brands}",
            self.content,
            self.form,
            self.encoding.name(),
            self.columns,
            self.order,
            self.network,
            self.rows.dates.zone,
            self.rows.undated,
        );
        hash.update(how.as_bytes());
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads the file from its start and stores what it holds. With `strict` the first fault ends it. `progress`
    /// is called after each part; `read` counts bytes.
    ///
    /// # Errors
    /// When the file cannot be read any more, or the store refuses.
    pub fn run(
        &self,
        judge: &Judge,
        mut into: Target<'_>,
        strict: bool,
        now: Time,
        read: &Arc<AtomicU64>,
        mut progress: impl FnMut(&Summary),
    ) -> Result<Summary, ImportError> {
        let mut summary = Summary::default();
        let start = match &into {
            Target::Nothing => 0,
            Target::Store { import, .. } => import.done,
        };
        read.store(0, Ordering::Relaxed);
        let mut records = Records::open(self, read)?;
        let (scratch, steps) = (Scratch::default(), Vec::new());
        let mut part = Part { judge, source: &self.source, scratch, steps, waiting: 0, now };
        loop {
            let taken = records.next(summary.before < start)?;
            let Some((line, taken)) = taken else { break };
            if summary.before < start {
                summary.before += 1;
                continue;
            }
            summary.records += 1;
            part.waiting += 1;
            match taken {
                Taken::Item(item) => part.add(*item),
                Taken::Nothing => summary.empty += 1,
                Taken::Fault(reason) => {
                    summary.faults += 1;
                    if summary.told.len() < TOLD {
                        summary.told.push((line, reason));
                    }
                    if strict {
                        // What stood before it is kept; the next run begins with this line.
                        summary.records -= 1;
                        part.store(&mut into, &mut summary, false)?;
                        return Ok(summary);
                    }
                }
            }
            if part.waiting >= CHUNK {
                part.store(&mut into, &mut summary, false)?;
                progress(&summary);
            }
        }
        part.store(&mut into, &mut summary, true)?;
        progress(&summary);
        Ok(summary)
    }
}

/// The part of a file that waits to be stored.
struct Part<'j> {
    judge: &'j Judge,
    source: &'j str,
    scratch: Scratch,
    steps: Vec<(Time, Step)>,
    waiting: usize,
    now: Time,
}

impl Part<'_> {
    fn add(&mut self, item: Item) {
        let past = |time: Option<Time>| time.filter(|time| time.0 > 0 && *time <= self.now);
        let (seen, counted) = (past(item.seen), past(item.counted));
        let undated = item.page.posts.iter().chain(&item.page.edits).any(|post| post.published.is_none());
        // What is imported counts in its own day, whoever wrote the date.
        let origin = Origin { source: self.source, dates: Trust::Server, look_back: true };
        let judged = self.judge.judge(item.page, origin, self.now, &mut self.scratch);
        for (now, mut step) in judged.steps {
            if let Step::Post(post) = &mut step {
                post.counted = counted.unwrap_or(post.counted);
                post.fresh &= !undated;
            }
            self.steps.push((seen.unwrap_or(now), step));
        }
    }

    fn store(
        &mut self,
        into: &mut Target<'_>,
        summary: &mut Summary,
        ended: bool,
    ) -> Result<(), ImportError> {
        let steps = std::mem::take(&mut self.steps);
        self.waiting = 0;
        match into {
            Target::Nothing => {
                for (_, step) in steps {
                    match step {
                        Step::Post(post) => {
                            summary.tally.posts += 1;
                            let clear = post.weighed.iter().filter(|weighed| !weighed.doubtful).count();
                            summary.tally.mentions += u64::try_from(clear).unwrap_or(0);
                            summary.tally.suspicions += u64::try_from(post.suspicions.len()).unwrap_or(0);
                        }
                        Step::Passed(_) | Step::Answer(_) | Step::Reply(_) => summary.tally.posts += 1,
                        Step::PassedOver(passed) => {
                            summary.tally.posts += u64::try_from(passed.iter().count()).unwrap_or(0);
                        }
                        Step::Gone(_) | Step::Account(..) => {}
                    }
                }
            }
            Target::Store { keeper, source, import } => {
                let place = Place { import: import.id, done: summary.before + summary.records, ended };
                let done =
                    keeper.import(*source, &Judged { steps, ..Judged::default() }, &place, self.now)?;
                summary.tally.add(done.tally);
                summary.notices += done.notices;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::records::object;
    use super::*;
    use crate::network::capture::Recorded;

    #[test]
    fn a_stray_line_does_not_make_another_form_of_the_file() {
        let own = r#"{"network":"forum","id":"1","text":"Molivelle","created_at":"2026-01-02T03:04:05Z"}"#;
        let stray = r#"{"text":5}"#;
        let path = std::env::temp_dir().join(format!("vigie-stray-{}.jsonl", std::process::id()));
        let options = Options {
            network: None,
            map: Vec::new(),
            encoding: None,
            order: None,
            zone: TimeZone::UTC,
            undated: false,
            source: "import".to_owned(),
        };
        let examined = |lines: &[&str]| {
            std::fs::write(&path, lines.join("\n")).unwrap();
            Plan::of(&path, &options, &Arc::new(AtomicU64::new(0)))
        };
        let plan = examined(&[own, stray, own]).unwrap();
        assert_eq!((&plan.form, plan.columns.len()), (&Form::Lines, 0));
        let mut recorded = Recorded::default();
        assert!(matches!(object(own.as_bytes(), &mut recorded, &plan.rows), Taken::Item(_)));
        let Taken::Fault(why) = object(stray.as_bytes(), &mut recorded, &plan.rows) else { panic!("taken") };
        assert!(why.contains("not in Vigie's own form") && why.contains("keys: text"), "{why}");
        // Where most lines are of another form, what it lacks is told before anything is read.
        let why = examined(&[own, stray, stray]).unwrap_err().to_string();
        assert!(why.contains("--map 'COLUMN=published'"), "{why}");
        std::fs::remove_file(path).unwrap();
    }

    proptest::proptest! {
        // Each case makes a reader anew.
        #![proptest_config(proptest::test_runner::Config::with_cases(64))]
        #[test]
        fn whatever_is_pushed_is_read_or_refused(
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
            text in "[\\[{\":,}\\]a-z0-9 \\\\u]{0,40}",
            key in "network|id|text|author|created_at|counts|media|likes|html|delete|edit|account|answer",
            value in "null|1|1e9|true|\"a\"|\"2026-01-01\"|\\[\\]|\\[1,\"a\"\\]|\\{\\}|\\{\"network\":\"x\",\"id\":1\\}",
        ) {
            let mut reader = Pushed::new().unwrap();
            for raw in [bytes, text.into_bytes(), format!("{{\"network\":\"a\",\"text\":\"b\",\"{key}\":{value}}}").into_bytes()] {
                if let Err(why) = reader.read(&raw) {
                    proptest::prop_assert!(!why.is_empty());
                }
            }
        }
    }
}
