//! Tables of text with separated columns (CSV): one record at a time, whatever its quotation marks do.
//!
//! A mark that is opened and never closed would swallow the rest of the file: then only its line is lost, and
//! reading goes on with the next one.

use std::io::{self, BufRead};

/// The longest record: more is a quotation mark that was never closed.
const LONGEST: usize = if cfg!(test) { 1 << 12 } else { 4 << 20 };

/// One record.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    /// Its cells.
    pub(super) cells: Vec<String>,
    /// Whether a quotation mark stands where none can: perhaps one that closes an earlier one.
    pub(super) odd: bool,
}

impl Record {
    /// Whether nothing stands in it.
    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// What came next.
#[derive(Debug)]
pub(super) enum Next {
    /// A record.
    Record(Record),
    /// A line that is none: its number, and why.
    Fault(u64, String),
    /// Nothing more.
    End,
}

/// A table being read.
pub(super) struct Table<R> {
    from: R,
    delimiter: u8,
    /// Bytes that are read once more before the rest.
    again: Vec<u8>,
    again_at: usize,
    /// The bytes of the record being read.
    raw: Vec<u8>,
    line: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a cell.
    Start,
    /// In a cell without quotation marks, or behind its closing one.
    Plain,
    /// In quotation marks.
    Quoted,
    /// Behind a quotation mark in quotation marks: it closes, or is doubled.
    Closing,
}

impl<R: BufRead> Table<R> {
    pub(super) fn new(from: R, delimiter: u8) -> Table<R> {
        Table { from, delimiter, again: Vec::new(), again_at: 0, raw: Vec::new(), line: 1 }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        if let Some(byte) = self.again.get(self.again_at) {
            self.again_at += 1;
            return Ok(Some(*byte));
        }
        if self.again_at > 0 {
            (self.again, self.again_at) = (Vec::new(), 0);
        }
        let byte = self.from.fill_buf()?.first().copied();
        if byte.is_some() {
            self.from.consume(1);
        }
        Ok(byte)
    }

    /// Reads the rest of what was read since the record began once more, from its second line on.
    fn retry(&mut self, line: u64) {
        let first = self.raw.iter().position(|byte| *byte == b'\n').map_or(self.raw.len(), |at| at + 1);
        let mut again = self.raw.split_off(first);
        again.extend_from_slice(self.again.get(self.again_at..).unwrap_or_default());
        (self.again, self.again_at) = (again, 0);
        self.line = line + 1;
    }

    /// The next record of `columns` cells (any number when `None`); lines without anything are passed over.
    pub(super) fn next(&mut self, columns: Option<usize>) -> io::Result<Next> {
        loop {
            let record = match self.record()? {
                Next::Record(record) => record,
                end @ (Next::Fault(..) | Next::End) => return Ok(end),
            };
            if record.cells.len() <= 1 && record.is_blank() {
                continue;
            }
            let Some(columns) = columns else { return Ok(Next::Record(record)) };
            if record.odd && self.line > record.line + 1 {
                self.retry(record.line);
                return Ok(Next::Fault(record.line, unclosed()));
            }
            if columns == record.cells.len() {
                return Ok(Next::Record(record));
            }
            let found = record.cells.len();
            // Spreadsheets leave out empty cells at the end, or add some.
            let extra = record.cells.get(columns..).unwrap_or_default();
            if found > columns && extra.iter().all(|cell| cell.trim().is_empty()) {
                let mut record = record;
                record.cells.truncate(columns);
                return Ok(Next::Record(record));
            }
            let why = if found > columns {
                "put texts that hold the separator between quotation marks"
            } else {
                "a line end inside a text needs quotation marks around the text"
            };
            return Ok(Next::Fault(
                record.line,
                format!("it has {found} columns where the header has {columns}: {why}"),
            ));
        }
    }

    fn record(&mut self) -> io::Result<Next> {
        let mut record = Record { line: self.line, ..Record::default() };
        let mut cell: Vec<u8> = Vec::new();
        let mut state = State::Start;
        self.raw.clear();
        loop {
            let Some(byte) = self.byte()? else {
                if self.raw.is_empty() {
                    return Ok(Next::End);
                }
                if state == State::Quoted {
                    self.retry(record.line);
                    return Ok(Next::Fault(record.line, unclosed()));
                }
                record.cells.push(text(cell));
                return Ok(Next::Record(record));
            };
            self.raw.push(byte);
            if self.raw.len() > LONGEST {
                let lines = self.raw.contains(&b'\n');
                self.retry(record.line);
                if lines {
                    return Ok(Next::Fault(record.line, unclosed()));
                }
                self.pass_line()?;
                return Ok(Next::Fault(record.line, "it is longer than 4 MB, which no post is".to_owned()));
            }
            if byte == b'\n' {
                self.line += 1;
            }
            match (state, byte) {
                (State::Quoted, b'"') => state = State::Closing,
                (State::Quoted, _) => cell.push(byte),
                (State::Closing, b'"') => {
                    cell.push(byte);
                    state = State::Quoted;
                }
                (_, byte) if byte == self.delimiter => {
                    record.cells.push(text(std::mem::take(&mut cell)));
                    state = State::Start;
                }
                (_, b'\n') => {
                    if cell.last() == Some(&b'\r') {
                        cell.pop();
                    }
                    record.cells.push(text(cell));
                    return Ok(Next::Record(record));
                }
                (State::Start, b'"') => state = State::Quoted,
                // The end of a line of Windows follows.
                (State::Closing, b'\r') => cell.push(byte),
                (_, byte) => {
                    record.odd |= state == State::Closing && byte != b' ' || byte == b'"';
                    cell.push(byte);
                    state = State::Plain;
                }
            }
        }
    }

    /// Passes over what is left of a line that is longer than any record.
    fn pass_line(&mut self) -> io::Result<()> {
        while let Some(byte) = self.byte()? {
            if byte == b'\n' {
                break;
            }
        }
        Ok(())
    }
}

fn unclosed() -> String {
    "a quotation mark is opened here and not closed: close it, or write it twice when it belongs to the text"
        .to_owned()
}

fn text(cell: Vec<u8>) -> String {
    String::from_utf8(cell).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, columns: Option<usize>) -> String {
        let mut table = Table::new(text.as_bytes(), b',');
        let mut told = String::new();
        loop {
            match table.next(columns).unwrap() {
                Next::Record(record) => told += &format!("{}{:?} ", record.line, record.cells),
                Next::Fault(line, why) => {
                    told += &format!("{line}! {} ", why.split(' ').take(4).collect::<Vec<_>>().join(" "))
                }
                Next::End => return told.trim_end().to_owned(),
            }
        }
    }

    #[test]
    fn records_are_read_with_their_lines() {
        for (text, columns, expected) in [
            ("a,b\nc,d", None, r#"1["a", "b"] 2["c", "d"]"#),
            ("a,b\r\n\r\n \nc,\"d\r\ne\"\r\nf,g\r\n", None, r#"1["a", "b"] 4["c", "d\r\ne"] 6["f", "g"]"#),
            ("\"a \"\"b\"\" c\",\"\",x\"y", None, r#"1["a \"b\" c", "", "x\"y"]"#),
            ("é,\"ß\"\r\n", None, r#"1["é", "ß"]"#),
            ("", None, ""),
            (
                "a,b\nc\nd,e,f\ng,h,,\ni,j",
                Some(2),
                r#"1["a", "b"] 2! it has 1 columns 3! it has 3 columns 4["g", "h"] 5["i", "j"]"#,
            ),
        ] {
            assert_eq!(read(text, columns), expected, "{text:?}");
        }
    }

    #[test]
    fn a_mark_that_is_not_closed_costs_its_line_only() {
        assert_eq!(read("1,\"a\n2,b\n3,c", Some(2)), r#"1! a quotation mark is 2["2", "b"] 3["3", "c"]"#);
        assert_eq!(
            read("1,\"a\n2,\"b\",x\n3,c", Some(2)),
            r#"1! a quotation mark is 2! it has 3 columns 3["3", "c"]"#
        );
        assert_eq!(read("1,\"a\n2,\"b\"\n3,c", Some(2)), r#"1! a quotation mark is 2["2", "b"] 3["3", "c"]"#);
        assert_eq!(read("1,\"a", Some(2)), "1! a quotation mark is");
        let long = format!("1,\"{}\n2,b\n", "x\n".repeat(LONGEST));
        let told = read(&long, Some(2));
        assert!(
            told.starts_with("1! a quotation mark is 2! it has 1 columns") && told.ends_with(r#"["2", "b"]"#),
            "{}",
            told.get(..80).unwrap_or_default()
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_comes_to_an_end(text in "[a,\"\n\r;é]{0,60}", columns in 1_usize..4) {
            drop(read(&text, Some(columns)));
        }

        #[test]
        fn what_a_writer_quotes_reads_back(rows in proptest::collection::vec(proptest::collection::vec("[a-c,\"\n é]{1,6}", 2..3), 1..5)) {
            let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
            rows.iter().for_each(|row| writer.write_record(row).unwrap());
            let bytes = writer.into_inner().unwrap();
            let mut table = Table::new(bytes.as_slice(), b',');
            for row in &rows {
                let Next::Record(record) = table.next(Some(2)).unwrap() else { panic!("no record") };
                proptest::prop_assert_eq!(&record.cells, row);
            }
        }
    }
}
