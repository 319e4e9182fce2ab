//! The records of a file, one after the other, whatever its form.

use std::io::{self, BufRead as _, Read as _};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::lines::{self, Line};
use super::row::{Item, Rows};
use super::table::{self, Next, Table};
use super::text::Text;
use super::{Field, Form, ImportError, Plan, examine};
use crate::network::capture::Recorded;
use crate::network::{Answer, Network, Request};

/// A longer line is no post.
pub(super) const LINE_LIMIT: u64 = 16 << 20;

/// What one record came to.
pub(super) enum Taken {
    Item(Box<Item>),
    Nothing,
    Fault(String),
}

/// The records of a file, one after the other.
pub(super) struct Records<'p> {
    plan: &'p Plan,
    from: Reading,
}

enum Reading {
    Table(Table<Text>),
    Lines { text: Text, line: Vec<u8>, number: u64, recorded: Recorded, network: Option<Box<dyn Network>> },
}

impl<'p> Records<'p> {
    pub(super) fn open(plan: &'p Plan, read: &Arc<AtomicU64>) -> Result<Records<'p>, ImportError> {
        let text = Text::open(&plan.path, plan.encoding, read)?;
        let network = match plan.form {
            Form::Answers(name) => examine::reader(name),
            Form::Table { delimiter, header } => {
                let mut table = Table::new(text, delimiter);
                let failed = |source| ImportError::File { path: plan.path.clone(), source };
                // What stands above the header is no record, and neither is the header.
                while let Next::Record(table::Record { line, .. }) | Next::Fault(line, _) =
                    table.next(None).map_err(failed)?
                {
                    if line >= header {
                        break;
                    }
                }
                return Ok(Records { plan, from: Reading::Table(table) });
            }
            Form::Lines => None,
        };
        let from =
            Reading::Lines { text, line: Vec::new(), number: 0, recorded: Recorded::default(), network };
        Ok(Records { plan, from })
    }

    /// The next record with its line; with `skip` it is only passed over.
    pub(super) fn next(&mut self, skip: bool) -> Result<Option<(u64, Taken)>, ImportError> {
        let failed = |source| ImportError::File { path: self.plan.path.clone(), source };
        let rows = &self.plan.rows;
        match &mut self.from {
            Reading::Table(table) => loop {
                return Ok(Some(match table.next(Some(rows.columns.len())).map_err(failed)? {
                    Next::End => return Ok(None),
                    Next::Fault(line, why) => (line, Taken::Fault(why)),
                    Next::Record(record) if record.is_blank() => continue,
                    Next::Record(record) if skip => (record.line, Taken::Nothing),
                    Next::Record(record) => (record.line, taken(rows.read(&record.cells))),
                }));
            },
            Reading::Lines { text, line, number, recorded, network } => loop {
                line.clear();
                *number += 1;
                let length = text.by_ref().take(LINE_LIMIT).read_until(b'\n', line).map_err(failed)?;
                if length == 0 {
                    return Ok(None);
                }
                let content = line.trim_ascii();
                if content.is_empty() {
                    continue;
                }
                let whole = line.ends_with(b"\n") || u64::try_from(length).unwrap_or(0) < LINE_LIMIT;
                if !whole {
                    pass_line(text).map_err(failed)?;
                    return Ok(Some((
                        *number,
                        Taken::Fault("it is longer than 16 MB, which no post is".to_owned()),
                    )));
                }
                let taken = match (skip, network) {
                    (true, _) => Taken::Nothing,
                    (false, Some(network)) => answer(network.as_ref(), content),
                    (false, None) => object(content, recorded, rows),
                };
                return Ok(Some((*number, taken)));
            },
        }
    }
}

/// Passes over the rest of a line.
fn pass_line(text: &mut Text) -> io::Result<()> {
    loop {
        let piece = text.fill_buf()?;
        let Some(end) = piece.iter().position(|byte| *byte == b'\n') else {
            let length = piece.len();
            if length == 0 {
                return Ok(());
            }
            text.consume(length);
            continue;
        };
        text.consume(end + 1);
        return Ok(());
    }
}

fn taken(read: Result<Option<Item>, String>) -> Taken {
    match read {
        Ok(Some(item)) => Taken::Item(Box::new(item)),
        Ok(None) => Taken::Nothing,
        Err(why) => Taken::Fault(why),
    }
}

pub(super) fn object(line: &[u8], recorded: &mut Recorded, rows: &Rows) -> Taken {
    match lines::read(line, recorded, &rows.dates) {
        Ok(Line::Own(item)) => {
            let dated = rows.undated
                || item.counted.is_some()
                || item.page.posts.iter().all(|post| post.published.is_some());
            if dated {
                Taken::Item(item)
            } else {
                Taken::Fault("it has no date; --no-dates takes such posts and counts them now".to_owned())
            }
        }
        Ok(Line::Other(values)) => {
            let value =
                |name: &str| values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            let cells: Vec<&str> =
                rows.columns.iter().map(|column| value(&column.name).unwrap_or_default()).collect();
            let holds_text = rows.columns.iter().any(|column| {
                matches!(column.field, Some(Field::Text | Field::Title | Field::Html))
                    && value(&column.name).is_some()
            });
            if !holds_text {
                let names: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).take(8).collect();
                let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                if rows.columns.is_empty() {
                    return Taken::Fault(format!(
                        "it is not in Vigie's own form as other lines are, with network, id, text and created_at (keys: {names})"
                    ));
                }
                return Taken::Fault(format!("no key of it holds the text (keys: {names})"));
            }
            taken(rows.read(&cells))
        }
        Err(why) => Taken::Fault(why),
    }
}

pub(super) fn answer(network: &dyn Network, line: &[u8]) -> Taken {
    let answer = Answer { request: Request::get(""), status: 200, body: line.to_vec(), ..Answer::default() };
    match network.read(&answer, None) {
        Ok(mut page) => {
            page.cursor = None;
            page.missed = None;
            let empty = page.posts.is_empty()
                && page.edits.is_empty()
                && page.deletions.is_empty()
                && page.accounts.is_empty();
            if empty { Taken::Nothing } else { Taken::Item(Box::new(Item { page, ..Item::default() })) }
        }
        Err(error) => Taken::Fault(error.to_string()),
    }
}
