//! Workbooks (XLSX): sheets of rows with typed cells, what the columns mean, and what was counted by name and day with its
//! charts. Rows go to a file at once, so that memory stays flat.

mod counted;

use std::fmt;
use std::io::{self, Seek, Write};
use std::path::Path;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, Url, Workbook, Worksheet, XlsxError,
};

use self::counted::Counted;
use super::{Cell, Column, DICTIONARY, Kind, dictionary, header};
use crate::time::{DAY, Time};

/// Rows of one sheet, its header among them: what the format allows.
const ROWS: u32 = 1_048_576;
/// Addresses of one sheet that can be clicked: the format allows 65,530, and each is held in memory. Those after them are
/// texts.
const LINKS: u32 = 20_000;
/// Signs of one cell: what the format allows. Longer texts are cut, which the sheet of columns says.
const SIGNS: usize = 32_767;
/// Signs of an address that can be clicked: what the format allows.
const ADDRESS: usize = 2_079;
/// The largest whole number that a cell holds exactly.
const EXACT: i64 = 1 << 53;
/// The day 1970-01-01 as spreadsheets count days.
const EPOCH: i32 = 25_569;
/// The first and last day that spreadsheets show as dates (1900-03-01, 9999-12-31).
const DAYS: std::ops::RangeInclusive<i32> = 61..=2_958_465;

/// What the summary counts.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// By what, such as `brand`.
    pub by: &'static str,
    /// What, such as `mentions`.
    pub unit: &'static str,
}

/// A workbook on its way out, one row at a time.
pub struct Book {
    workbook: Workbook,
    name: &'static str,
    columns: &'static [Column],
    /// Sheets that are full, and the one that is being filled with its next row and its links.
    full: Vec<Worksheet>,
    sheet: Worksheet,
    next: u32,
    links: u32,
    cut: u64,
    limit: u32,
    measure: Measure,
    counted: Counted,
    looks: Looks,
}

/// Formats of cells.
pub(super) struct Looks {
    head: Format,
    moment: Format,
    day: Format,
    share: Format,
    wrapped: Format,
}

impl fmt::Debug for Book {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Book").field("name", &self.name).field("next", &self.next).finish_non_exhaustive()
    }
}

impl Book {
    /// Starts a workbook whose first sheet is `name`. Rows wait in files under `folder`.
    ///
    /// # Errors
    /// When no file can be made there.
    pub fn new(
        name: &'static str,
        columns: &'static [Column],
        measure: Measure,
        folder: &Path,
    ) -> io::Result<Book> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(folder).map_err(refused)?;
        workbook.use_zip_large_file(true);
        // The same export gives the same bytes, whenever it is asked for.
        let always = ExcelDateTime::from_ymd(2000, 1, 1).map_err(refused)?;
        workbook.set_properties(&DocProperties::new().set_author("Vigie").set_creation_datetime(&always));
        let looks = Looks::new();
        let sheet = begin(&mut workbook, name, columns, &looks)?;
        Ok(Book {
            workbook,
            name,
            columns,
            full: Vec::new(),
            sheet,
            next: 1,
            links: 0,
            cut: 0,
            limit: ROWS,
            measure,
            counted: Counted::default(),
            looks,
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn row(&mut self, row: &[Cell<'_>]) -> io::Result<()> {
        if self.next >= self.limit {
            finish(&mut self.sheet, self.columns, self.next).map_err(refused)?;
            let name = format!("{} {}", self.name, self.full.len() + 2);
            let sheet = begin(&mut self.workbook, &name, self.columns, &self.looks)?;
            self.full.push(std::mem::replace(&mut self.sheet, sheet));
            (self.next, self.links) = (1, 0);
        }
        for (column, cell) in (0_u16..).zip(row) {
            self.cell(column, cell).map_err(refused)?;
        }
        self.next += 1;
        Ok(())
    }

    /// Counts something for the summary.
    pub fn count(&mut self, of: &str, day: Option<Time>, number: u64) {
        self.counted.add(of, day.map(|day| day.0.div_euclid(DAY)), number);
    }

    fn cell(&mut self, column: u16, cell: &Cell<'_>) -> Result<(), XlsxError> {
        let (row, sheet) = (self.next, &mut self.sheet);
        match cell {
            Cell::Empty => {}
            Cell::Link(address) if self.links < LINKS && is_link(address) => {
                self.links += 1;
                sheet.write_url_with_text(row, column, Url::new(address.as_ref()), address.as_ref())?;
            }
            Cell::Text(text) | Cell::Link(text) | Cell::Word(text) => {
                let held = held(text);
                self.cut += u64::from(held.len() < text.len());
                sheet.write_string(row, column, held)?;
            }
            Cell::Whole(number) if (-EXACT..=EXACT).contains(number) => {
                sheet.write(row, column, *number)?;
            }
            Cell::Whole(number) => {
                sheet.write_string(row, column, number.to_string())?;
            }
            Cell::Real(number) => {
                sheet.write_number(row, column, *number)?;
            }
            Cell::Flag(flag) => {
                sheet.write_boolean(row, column, *flag)?;
            }
            Cell::Moment(time) => match serial(*time) {
                Some(serial) => {
                    sheet.write_number_with_format(row, column, serial, &self.looks.moment)?;
                }
                None => {
                    sheet.write_string(row, column, time.to_string())?;
                }
            },
        }
        Ok(())
    }

    /// Ends the workbook and writes it. Its sheets: the rows, what the columns mean, and what was counted.
    ///
    /// # Errors
    /// When the disk or `to` refuses.
    pub fn done<W: Write + Seek + Send>(mut self, to: W) -> io::Result<()> {
        finish(&mut self.sheet, self.columns, self.next).map_err(refused)?;
        let Book { mut workbook, full, sheet, .. } = self;
        for sheet in full.into_iter().chain([sheet]) {
            workbook.push_worksheet(sheet);
        }
        explain(&mut workbook, self.columns, self.cut, &self.looks).map_err(refused)?;
        self.counted.write(&mut workbook, self.measure, &self.looks).map_err(refused)?;
        workbook.save_to_writer(to).map_err(refused)
    }

    #[cfg(test)]
    pub(crate) fn with_limit(mut self, rows: u32) -> Book {
        self.limit = rows;
        self
    }
}

impl Looks {
    fn new() -> Looks {
        Looks {
            head: Format::new().set_bold(),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            day: Format::new().set_num_format("yyyy-mm-dd"),
            share: Format::new().set_num_format("0.0%"),
            wrapped: Format::new().set_text_wrap().set_align(FormatAlign::Top),
        }
    }
}

/// A sheet with its header, which stays in sight.
fn begin(workbook: &mut Workbook, name: &str, columns: &[Column], looks: &Looks) -> io::Result<Worksheet> {
    let start = |mut sheet: Worksheet| -> Result<Worksheet, XlsxError> {
        sheet.set_name(name)?;
        head(&mut sheet, &header(columns), looks)?;
        for (at, column) in (0_u16..).zip(columns) {
            let width = match column.kind {
                Kind::Moment => 19,
                Kind::Text if column.name == "text" => 60,
                Kind::Text | Kind::Link => 20,
                Kind::Whole | Kind::Real | Kind::Flag => 11,
            };
            sheet.set_column_width(at, width)?;
        }
        Ok(sheet)
    };
    workbook.new_worksheet_with_constant_memory().and_then(start).map_err(refused)
}

/// The first row of a sheet, which stays in sight.
fn head(sheet: &mut Worksheet, names: &[&str], looks: &Looks) -> Result<(), XlsxError> {
    for (at, name) in (0_u16..).zip(names) {
        sheet.write_string_with_format(0, at, *name, &looks.head)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn finish(sheet: &mut Worksheet, columns: &[Column], next: u32) -> Result<(), XlsxError> {
    let last = u16::try_from(columns.len()).unwrap_or(u16::MAX).saturating_sub(1);
    sheet.autofilter(0, 0, next.saturating_sub(1), last)?;
    Ok(())
}

/// The sheet that says what the columns mean.
fn explain(
    workbook: &mut Workbook,
    columns: &'static [Column],
    cut: u64,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name("columns")?;
    head(sheet, &header(DICTIONARY), looks)?;
    let mut next = 1;
    for row in dictionary(columns) {
        for (at, cell) in (0_u16..).zip(&row) {
            sheet.write_string_with_format(next, at, cell.shown(), &looks.wrapped)?;
        }
        next += 1;
    }
    for (at, width) in [(0, 20), (1, 16), (2, 70), (3, 70)] {
        sheet.set_column_width(at, width)?;
    }
    if cut > 0 {
        let english = format!(
            "{cut} cells held more than {SIGNS} signs and were cut: CSV and JSON lines have them whole"
        );
        let french = format!(
            "{cut} cellules dépassaient {SIGNS} signes et ont été coupées : CSV et JSON les gardent entières"
        );
        sheet.write_string_with_format(next + 1, 2, english, &looks.wrapped)?;
        sheet.write_string_with_format(next + 1, 3, french, &looks.wrapped)?;
    }
    Ok(())
}

/// Whether an address can be clicked: web addresses only, whatever strangers wrote.
fn is_link(address: &str) -> bool {
    (address.starts_with("https://") || address.starts_with("http://"))
        && address.len() <= ADDRESS
        && !address.contains(|c: char| c.is_control() || c.is_whitespace())
}

/// As much of a text as a cell holds: signs are counted as UTF-16 does.
fn held(text: &str) -> &str {
    if text.len() <= SIGNS {
        return text;
    }
    let mut signs = 0;
    let end = text.char_indices().find(|(_, c)| {
        signs += c.len_utf16();
        signs > SIGNS
    });
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// A moment in days, as spreadsheets count them.
fn serial(time: Time) -> Option<f64> {
    let day =
        i32::try_from(time.0.div_euclid(DAY)).ok()?.checked_add(EPOCH).filter(|day| DAYS.contains(day))?;
    let (part, whole) = (i32::try_from(time.0.rem_euclid(DAY)).ok()?, i32::try_from(DAY).ok()?);
    Some(f64::from(day) + f64::from(part) / f64::from(whole))
}

/// The error below, so that a full disk is known as one.
fn refused(error: XlsxError) -> io::Error {
    if let XlsxError::IoError(below) = error { below } else { io::Error::other(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_days_of_spreadsheets() {
        // 2026-01-05 12:00 is day 46027 and a half.
        assert_eq!(serial(Time::parse("2026-01-05T12:00:00Z").unwrap()), Some(46_027.5));
        assert_eq!(serial(Time::parse("1899-01-05T12:00:00Z").unwrap()), None);
        assert_eq!(serial(Time(i64::MAX)), None);
    }

    #[test]
    fn long_texts_are_cut_between_signs() {
        assert_eq!(held("short"), "short");
        let long = "a".repeat(SIGNS - 1) + "😀b";
        assert_eq!(held(&long).len(), SIGNS - 1, "half a sign fits no cell");
        assert_eq!(held(&"é".repeat(SIGNS)).len(), 2 * SIGNS);
    }

    #[test]
    fn only_web_addresses_can_be_clicked() {
        assert!(is_link("https://a.example/b"));
        for address in ["javascript:alert(1)", "file:///etc", "https://a b", "internal:Sheet1!A1", ""] {
            assert!(!is_link(address), "{address:?}");
        }
    }

    #[test]
    fn a_full_sheet_is_followed_by_another() {
        const ONE: &[Column] = &[Column { name: "n", kind: Kind::Whole, english: "", french: "" }];
        let measure = Measure { by: "brand", unit: "mentions" };
        let mut book = Book::new("rows", ONE, measure, &std::env::temp_dir()).unwrap().with_limit(3);
        for number in 0..7 {
            book.row(&[Cell::Whole(number)]).unwrap();
        }
        assert_eq!(book.full.len(), 3, "two rows a sheet beside the header");
        let mut out = io::Cursor::new(Vec::new());
        book.done(&mut out).unwrap();
        assert!(out.into_inner().starts_with(b"PK"));
    }
}
