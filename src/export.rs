//! Exports: mentions, shares, snapshots, suspects, accounts and coverage as tables (CSV, XLSX, Parquet) and as lines of
//! JSON. Values in, bytes out; it knows nothing of clocks and asks no store.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@`. What strangers wrote never does: such a
//! cell gets an apostrophe in front, which spreadsheets take for "this is text". Machines ask for raw cells.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use crate::time::Time;

mod column;
mod columnar;
mod ledger;
mod line;
mod mention;
mod table;
mod workbook;

pub use column::{Column, DICTIONARY, Kind, dictionary, header};
pub use columnar::Columnar;
pub use ledger::{ACCOUNT_COLUMNS, COVERAGE_COLUMNS, account_row, coverage_row};
pub use line::{MentionLine, SuspectLine};
pub use mention::{MENTION_COLUMNS, mention_row};
pub use table::{SHARE_COLUMNS, SNAPSHOT_COLUMNS, SUSPECT_COLUMNS, share_rows, snapshot_rows, suspect_row};
pub use workbook::{Book, Measure};

/// One cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Nothing: what is not known.
    Empty,
    /// What people wrote, strangers or not.
    Text(Cow<'a, str>),
    /// An address that somebody gave.
    Link(Cow<'a, str>),
    /// A word of ours, which is safe as it is.
    Word(Cow<'a, str>),
    /// A whole number.
    Whole(i64),
    /// A number.
    Real(f64),
    /// Yes or no.
    Flag(bool),
    /// A moment.
    Moment(Time),
}

impl<'a> Cell<'a> {
    /// What people wrote; an empty cell when nobody did.
    pub fn text(text: Option<&'a str>) -> Cell<'a> {
        text.map_or(Cell::Empty, |text| Cell::Text(Cow::Borrowed(text)))
    }

    /// An address; an empty cell when there is none.
    pub fn link(address: Option<&'a str>) -> Cell<'a> {
        address.map_or(Cell::Empty, |address| Cell::Link(Cow::Borrowed(address)))
    }

    /// A word of ours.
    pub fn word(word: &'a str) -> Cell<'a> {
        Cell::Word(Cow::Borrowed(word))
    }

    /// A whole number, held at the largest; an empty cell when there is none.
    pub fn whole(number: Option<impl TryInto<i64>>) -> Cell<'static> {
        number.map_or(Cell::Empty, |number| Cell::Whole(number.try_into().unwrap_or(i64::MAX)))
    }

    /// Yes or no; an empty cell when nobody says.
    pub fn flag(flag: Option<bool>) -> Cell<'static> {
        flag.map_or(Cell::Empty, Cell::Flag)
    }

    /// A moment; an empty cell when it is not known.
    pub fn moment(time: Option<Time>) -> Cell<'static> {
        time.map_or(Cell::Empty, Cell::Moment)
    }

    /// The cell in letters.
    pub fn shown(&self) -> Cow<'_, str> {
        match self {
            Cell::Empty => Cow::Borrowed(""),
            Cell::Text(text) | Cell::Link(text) | Cell::Word(text) => Cow::Borrowed(text),
            Cell::Whole(number) => Cow::Owned(number.to_string()),
            Cell::Real(number) => Cow::Owned(number.to_string()),
            Cell::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Cell::Moment(time) => Cow::Owned(time.to_string()),
        }
    }
}

/// Whether cells may begin as formulas do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cells {
    /// They may not: for spreadsheets.
    Safe,
    /// They stand as written: for machines.
    Raw,
}

/// A text as a cell that no spreadsheet runs and no terminal obeys: control signs are replaced, and an
/// apostrophe stands before one that begins as a formula does, also behind spaces and signs that cannot be seen, and in the wide forms that some spreadsheets take.
pub fn safe(text: &str) -> Cow<'_, str> {
    let unwelcome = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r') || steers(c);
    if text.contains(unwelcome) {
        let shown: String = text.chars().map(|c| if unwelcome(c) { '\u{fffd}' } else { c }).collect();
        return Cow::Owned(safe(&shown).into_owned());
    }
    let starts = text.starts_with(['\t', '\r', '\n'])
        || text
            .trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || hidden(c))
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if starts { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Signs that turn the direction of what follows.
fn steers(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Signs without a width that an importer may drop.
fn hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A table on its way out, one row at a time.
#[derive(Debug)]
pub struct Table<W: Write> {
    rows: csv::Writer<W>,
    cells: Cells,
}

impl<W: Write> Table<W> {
    /// Starts a table with the names of its columns.
    ///
    /// # Errors
    /// When `to` refuses.
    pub fn new(to: W, header: &[&str], cells: Cells) -> io::Result<Table<W>> {
        let mut rows = csv::Writer::from_writer(to);
        rows.write_record(header).map_err(refused)?;
        Ok(Table { rows, cells })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When what it is written to refuses.
    pub fn row(&mut self, row: &[Cell<'_>]) -> io::Result<()> {
        for cell in row {
            let text = match (cell, self.cells) {
                (Cell::Text(text) | Cell::Link(text), Cells::Safe) => safe(text),
                (cell, _) => cell.shown(),
            };
            self.rows.write_field(text.as_ref()).map_err(refused)?;
        }
        self.rows.write_record(None::<&[u8]>).map_err(refused)
    }

    /// Ends the table and gives back what it was written to.
    ///
    /// # Errors
    /// When that refuses.
    pub fn done(self) -> io::Result<W> {
        self.rows.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The error below, so that a closed pipe is known as one.
fn refused(error: csv::Error) -> io::Error {
    let text = error.to_string();
    if let csv::ErrorKind::Io(error) = error.into_kind() { error } else { io::Error::other(text) }
}

/// A value as one line of JSON. Characters that steer a terminal are written as escapes, which read back as
/// the same text.
///
/// # Errors
/// When the value has no JSON form.
pub fn json_line(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(escaped(serde_json::to_string(value)?))
}

/// A value as JSON with indentation, for people who look at it.
///
/// # Errors
/// When the value has no JSON form.
pub fn json_pretty(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(escaped(serde_json::to_string_pretty(value)?))
}

fn escaped(json: String) -> String {
    let steers = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !json.contains(steers) {
        return json;
    }
    // Outside of texts JSON has nothing but ASCII, so each of these stands inside one.
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if steers(c) { out += &format!("\\u{:04x}", u32::from(c)) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_become_text() {
        for text in
            ["=1+1", "+33", "-1", "@SUM(A1)", "\tx", "\r=1", "\n", " =1", "\u{feff}=1", "＝1", "\u{200b}@x"]
        {
            assert_eq!(safe(text), format!("'{text}"), "{text:?}");
        }
        for text in ["", "Molivelle", "a=b", "1-2", "'=1", "é@x", "—", " ok"] {
            assert_eq!(safe(text), text);
        }
    }

    fn written(cells: Cells, texts: &[String]) -> Vec<String> {
        let mut table = Table::new(Vec::new(), &["a", "b"], cells).unwrap();
        for text in texts {
            table.row(&[Cell::text(Some(text)), Cell::Whole(-5)]).unwrap();
        }
        let bytes = table.done().unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        reader.records().map(|record| record.unwrap()[0].to_owned()).collect()
    }

    proptest! {
        #[test]
        fn no_cell_of_a_stranger_starts_a_formula(texts in prop::collection::vec("[=+\\-@\\t\\r\\n \"',;a\u{feff}＝]{0,5}|.{0,20}", 1..6)) {
            for (text, cell) in texts.iter().zip(written(Cells::Safe, &texts)) {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:?}");
                let harmless: String =
                    text.chars().map(|c| if c.is_control() && !"\n\t\r".contains(c) || steers(c) { '\u{fffd}' } else { c }).collect();
                prop_assert_eq!(cell.strip_prefix('\'').filter(|_| safe(&harmless) != harmless).unwrap_or(&cell), harmless.as_str());
            }
        }

        #[test]
        fn raw_cells_read_back_as_written(texts in prop::collection::vec("[=+\\-@\\t\\r\\n\",;a]{0,5}|.{0,20}", 1..6)) {
            prop_assert_eq!(written(Cells::Raw, &texts), texts);
        }

        #[test]
        fn json_reads_back_as_written(text in "[\\u{0}-\\u{a0}\u{2028}\u{202e}\u{2066}\"\\\\]{0,12}|.{0,30}") {
            for json in [json_line(&text).unwrap(), json_pretty(&vec![&text]).unwrap()] {
                prop_assert!(!json.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{json:?}");
            }
            prop_assert_eq!(serde_json::from_str::<String>(&json_line(&text).unwrap()).unwrap(), text);
        }
    }
}
