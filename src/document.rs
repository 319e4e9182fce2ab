//! TOML documents that people write: every fault at once, each with its file, line, key, reason and the
//! nearest valid key.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

mod words;

use words::{article, key_of, syntax};
pub use words::{in_words, nearest, variable};

/// A larger file is not one that a person wrote.
const FILE_LIMIT: u64 = 16 << 20;
/// Keys that look like secrets are refused with the advice where secrets belong.
const SECRETS: &[&str] = &["password", "passwd", "pass", "secret", "token", "apikey", "bearer", "credential"];

/// One thing wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// Its line, from 1; 0 when it is the file as a whole.
    pub line: usize,
    /// The key, with its section (`mail.smtp.port`); empty when there is none.
    pub key: String,
    /// What is wrong and what to do.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file.display())?;
        if self.line > 0 {
            write!(out, ":{}", self.line)?;
        }
        if !self.key.is_empty() {
            write!(out, ": {}", self.key)?;
        }
        write!(out, ": {}", self.reason)
    }
}

/// Every fault of one or more files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.0.iter().enumerate() {
            if place > 0 {
                out.write_str("\n")?;
            }
            write!(out, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// A fault of the file as a whole.
pub fn whole(file: &Path, reason: impl Into<String>) -> Faults {
    Faults(vec![Fault { file: file.to_owned(), line: 0, key: String::new(), reason: reason.into() }])
}

/// Why a file or folder cannot be read, without the numbers of the system.
pub fn unreadable(error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::NotFound {
        "does not exist".to_owned()
    } else if error.kind() == std::io::ErrorKind::PermissionDenied {
        "cannot be read: permission denied".to_owned()
    } else {
        format!("cannot be read: {error}")
    }
}

/// The text of a file that a person wrote, without a byte order mark.
///
/// # Errors
/// When it cannot be read, is far too large, or is no UTF-8.
pub fn read_text(file: &Path) -> Result<String, Faults> {
    let about = std::fs::metadata(file).map_err(|error| whole(file, unreadable(&error)))?;
    if !about.is_file() {
        return Err(whole(file, "is not a file"));
    }
    if about.len() > FILE_LIMIT {
        let reason =
            format!("has {} bytes; at most {FILE_LIMIT} are read: is it the right file?", about.len());
        return Err(whole(file, reason));
    }
    let bytes = std::fs::read(file).map_err(|error| whole(file, unreadable(&error)))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let upto = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let reason = "is not UTF-8 text from this line on; save the file as UTF-8".to_owned();
        Faults(vec![Fault { file: file.to_owned(), line: line_after(upto), key: String::new(), reason }])
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The number of the line that follows these bytes.
fn line_after(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The faults of one file being read.
#[derive(Debug)]
pub struct Reader<'i> {
    file: &'i Path,
    text: &'i str,
    faults: RefCell<Vec<Fault>>,
    /// Lines that are no TOML: what else is said of them, or is missing, may be so only because of that.
    broken: RefCell<Vec<usize>>,
    /// Every key that was asked for, with its section.
    asked: RefCell<BTreeSet<String>>,
}

impl<'i> Reader<'i> {
    /// Prepares to read `text`, which came from `file`.
    pub fn new(file: &'i Path, text: &'i str) -> Reader<'i> {
        Reader {
            file,
            text,
            faults: RefCell::default(),
            broken: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    /// Parses the text; what cannot be parsed becomes faults, the rest is read.
    pub fn parse(&self) -> DeTable<'i> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        let mut lines = Vec::new();
        for error in errors {
            let line = self.line(error.span());
            // The first slip of a line makes the parser stumble over the rest of it.
            if !lines.contains(&line) {
                let written = self.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
                self.fault(error.span(), key_of(written), syntax(error.message(), written));
                lines.push(line);
            }
        }
        *self.broken.borrow_mut() = lines;
        table.into_inner()
    }

    /// Notes a fault at a place of the text.
    pub fn fault(&self, span: Option<Range<usize>>, key: &str, reason: impl Into<String>) {
        let line = self.line(span);
        if self.broken.borrow().contains(&line) {
            return;
        }
        self.faults.borrow_mut().push(Fault {
            file: self.file.to_owned(),
            line,
            key: key.to_owned(),
            reason: reason.into(),
        });
    }

    /// The line of a place; 0 for none.
    fn line(&self, span: Option<Range<usize>>) -> usize {
        span.map_or(0, |span| line_after(self.text.as_bytes().get(..span.start).unwrap_or_default()))
    }

    /// Every key that was asked for, such as `mail.smtp.port`, whether it was there or not.
    pub fn asked(&self) -> BTreeSet<String> {
        self.asked.borrow().clone()
    }

    /// All faults, in the order of their lines.
    pub fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| fault.line);
        faults.dedup();
        faults
    }
}

/// One table of a document.
#[derive(Debug)]
pub struct Section<'r, 'i> {
    reader: &'r Reader<'i>,
    table: &'r DeTable<'i>,
    /// Its own name with a dot after it, or nothing for the whole document.
    prefix: String,
    span: Option<Range<usize>>,
    known: RefCell<Vec<&'r str>>,
}

impl<'r, 'i> Section<'r, 'i> {
    /// The whole document.
    pub fn whole(reader: &'r Reader<'i>, table: &'r DeTable<'i>) -> Section<'r, 'i> {
        Section { reader, table, prefix: String::new(), span: None, known: RefCell::default() }
    }

    /// The value of `key`, which from now on counts as known.
    pub fn value(&self, key: &'r str) -> Option<&'r Spanned<DeValue<'i>>> {
        self.known.borrow_mut().push(key);
        self.reader.asked.borrow_mut().insert(format!("{}{key}", self.prefix));
        self.table.get(key)
    }

    /// Notes a fault of `key`.
    pub fn fault(&self, key: &str, reason: impl Into<String>) {
        let span = self.table.get(key).map(Spanned::span).or_else(|| self.span.clone());
        self.reader.fault(span, &format!("{}{key}", self.prefix), reason);
    }

    /// Notes that a needed key is missing, and what to write.
    ///
    /// Says nothing in a text that is no TOML in some place: the key may stand right there.
    pub fn missing(&self, key: &str, what_to_do: &str) {
        if self.reader.broken.borrow().is_empty() {
            self.fault(key, format!("is missing: {what_to_do}"));
        }
    }

    /// The line that `key` stands on, or its section when it is not there.
    pub fn line(&self, key: &str) -> usize {
        self.reader.line(self.table.get(key).map(Spanned::span).or_else(|| self.span.clone()))
    }

    fn wrong(&self, key: &str, wanted: &str, value: &DeValue<'_>) {
        self.fault(key, format!("must be {wanted}, not {}", article(value.type_str())));
    }

    /// A text.
    pub fn text(&self, key: &'r str) -> Option<String> {
        let value = self.value(key)?.get_ref();
        let text = value.as_str();
        if text.is_none() {
            self.wrong(key, "a text in quotes", value);
        }
        text.map(str::to_owned)
    }

    /// A list of texts; a single text counts as a list of one.
    pub fn texts(&self, key: &'r str) -> Vec<String> {
        let Some(value) = self.value(key) else { return Vec::new() };
        if let Some(one) = value.get_ref().as_str() {
            return vec![one.to_owned()];
        }
        let Some(list) = value.get_ref().as_array() else {
            self.wrong(key, "a list of texts such as [\"one\", \"two\"]", value.get_ref());
            return Vec::new();
        };
        let mut texts = Vec::new();
        for one in list.iter() {
            match one.get_ref().as_str() {
                Some(text) => texts.push(text.to_owned()),
                None => self.reader.fault(
                    Some(one.span()),
                    &format!("{}{key}", self.prefix),
                    format!(
                        "every entry must be a text in quotes, not {}",
                        article(one.get_ref().type_str())
                    ),
                ),
            }
        }
        texts
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &'r str) -> Option<bool> {
        let value = self.value(key)?.get_ref();
        let flag = value.as_bool();
        if flag.is_none() {
            self.wrong(key, "true or false", value);
        }
        flag
    }

    /// A whole number from `range`.
    pub fn number(&self, key: &'r str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let value = self.value(key)?.get_ref();
        let number = value
            .as_integer()
            .and_then(|whole| i64::from_str_radix(&whole.as_str().replace('_', ""), whole.radix()).ok());
        match number {
            Some(number) if range.contains(&number) => Some(number),
            Some(_) => {
                self.fault(key, format!("must be from {} to {}", range.start(), range.end()));
                None
            }
            None => {
                self.wrong(key, "a whole number", value);
                None
            }
        }
    }

    /// A part of one, from 0 to 1, in thousandths.
    pub fn thousandths(&self, key: &'r str) -> Option<u16> {
        let value = self.value(key)?.get_ref();
        let written = match value {
            DeValue::Float(float) => Some(float.as_str().replace('_', "")),
            DeValue::Integer(whole) => Some(whole.as_str().replace('_', "")),
            DeValue::String(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => None,
        };
        let Some(part) = written.and_then(|text| text.parse::<f64>().ok()) else {
            self.wrong(key, "a number from 0 to 1", value);
            return None;
        };
        // the part that is nearest, counted up: 0 and 1 included
        let found = (0..=1000_u16).find(|count| (f64::from(*count) / 1000.0 - part).abs() <= 0.0005);
        if found.is_none() {
            self.fault(key, "must be from 0 to 1");
        }
        found
    }

    /// A table inside this one.
    pub fn section(&self, key: &'r str) -> Option<Section<'r, 'i>> {
        let value = self.value(key)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong(key, &format!("a section [{}{key}]", self.prefix), value.get_ref());
        }
        table.map(|table| self.inner(key, table, value.span()))
    }

    /// The tables of a list such as `[[source]]`.
    pub fn sections(&self, key: &'r str) -> Vec<Section<'r, 'i>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            self.wrong(key, &format!("written [[{}{key}]], once for each", self.prefix), value.get_ref());
            return Vec::new();
        };
        let mut sections = Vec::new();
        for one in list.iter() {
            match one.get_ref().as_table() {
                Some(table) => sections.push(self.inner(key, table, one.span())),
                None => self.wrong(
                    key,
                    &format!("written [[{}{key}]], once for each", self.prefix),
                    one.get_ref(),
                ),
            }
        }
        sections
    }

    fn inner(&self, key: &str, table: &'r DeTable<'i>, span: Range<usize>) -> Section<'r, 'i> {
        let prefix = format!("{}{key}.", self.prefix);
        Section { reader: self.reader, table, prefix, span: Some(span), known: RefCell::default() }
    }

    /// The table as plain TOML without `known` keys, for a type that reads itself.
    pub fn rest(&self, without: &[&str]) -> toml::Table {
        let mut rest = toml::Table::new();
        for (key, value) in self.table {
            if !without.contains(&key.get_ref().as_ref()) {
                rest.insert(key.get_ref().to_string(), plain(value.get_ref()));
            }
        }
        rest
    }

    /// Makes a fault of every key that nobody asked for, naming the nearest valid one. A secret is told to
    /// go to the environment, as `VIGIE_<of>_<KEY>`.
    pub fn finish(&self, also: &[&'r str], of: &str) {
        for key in also {
            self.value(key);
        }
        let mut known = self.known.borrow().clone();
        known.sort_unstable();
        known.dedup();
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let letters: String = name.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
                let reason = if SECRETS.iter().any(|secret| letters.contains(secret)) {
                    let variable = variable(of, name);
                    format!(
                        "secrets never stand in this file: set {variable}, or {variable}_FILE to a file that holds it"
                    )
                } else {
                    match nearest(name, &known) {
                        Some(near) => format!("unknown key; did you mean `{near}`?"),
                        None if known.is_empty() => "unknown key".to_owned(),
                        None => format!("unknown key; valid keys: {}", known.join(", ")),
                    }
                };
                self.reader.fault(Some(key.span()), &format!("{}{name}", self.prefix), reason);
            }
        }
    }
}

fn plain(value: &DeValue<'_>) -> toml::Value {
    match value {
        DeValue::String(text) => toml::Value::String(text.to_string()),
        DeValue::Integer(whole) => {
            i64::from_str_radix(&whole.as_str().replace('_', ""), whole.radix()).unwrap_or(i64::MAX).into()
        }
        DeValue::Float(float) => float.as_str().parse::<f64>().unwrap_or(f64::NAN).into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(date) => toml::Value::Datetime(*date),
        DeValue::Array(list) => toml::Value::Array(list.iter().map(|one| plain(one.get_ref())).collect()),
        DeValue::Table(table) => toml::Value::Table(
            table.iter().map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref()))).collect(),
        ),
    }
}
