//! A close look at the beginning of a file: its form, its header, what its columns hold, how its dates are written.

use std::io::{BufRead as _, Read as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::columns::{self, Column, Field};
use super::dates::{Dates, Hint, Order};
use super::lines::{self, Line};
use super::places;
use super::records::{LINE_LIMIT, Taken, answer};
use super::row::Rows;
use super::table::{Next, Record, Table};
use super::text::{self, Survey, Text};
use super::{Form, ImportError, Options, Plan};
use crate::document::nearest;
use crate::network::capture::Recorded;
use crate::network::{self, Network};

/// Separators that are tried.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Text looked at to find separator and header.
const BEGINNING: u64 = 1 << 17;
/// Records among which the header is: exports put a few lines about themselves above it.
const ABOVE: usize = 20;
/// Records compared with the header.
const COMPARED: usize = 60;
/// Records looked at to learn keys and dates.
const SAMPLE: usize = 20_000;
/// Objects looked at to learn whose they are.
const TRIED: usize = 20;
/// Names listed in an error.
const LISTED: usize = 30;

/// The reader of a network without a section, as for recorded answers.
pub(super) fn reader(name: &str) -> Option<Box<dyn Network>> {
    let spec = network::spec(name).filter(|spec| spec.name != "capture")?;
    (spec.build)(&toml::Table::new()).ok()
}

/// What a file is.
pub(super) fn plan(path: &Path, options: &Options, read: &Arc<AtomicU64>) -> Result<Plan, ImportError> {
    let survey = text::survey(path, options.encoding, read)?;
    let looking = Looking { path, options, read, survey: &survey };
    let mut text = looking.open()?.take(BEGINNING);
    // A letter may be cut at the end of it.
    let mut bytes = Vec::new();
    text.read_to_end(&mut bytes).map_err(|source| looking.failed(source))?;
    let whole = u64::try_from(bytes.len()).unwrap_or(0) < BEGINNING;
    let beginning = String::from_utf8_lossy(&bytes);
    match beginning.trim_start().as_bytes() {
        [b'{', ..] => looking.lines(),
        [b'[', ..] => Err(looking.wrong(
            "is one JSON list; write one object a line, as `jq -c '.[]' FILE > FILE.jsonl` does, and import that",
        )),
        [b'<', ..] => {
            Err(looking.wrong("is HTML or XML (perhaps a page that says the export failed): import a CSV or JSON lines file"))
        }
        _ => looking.table(&beginning, whole),
    }
}

struct Looking<'a> {
    path: &'a Path,
    options: &'a Options,
    read: &'a Arc<AtomicU64>,
    survey: &'a Survey,
}

impl Looking<'_> {
    fn open(&self) -> Result<Text, ImportError> {
        Text::open(self.path, self.survey.encoding, self.read)
    }

    fn failed(&self, source: std::io::Error) -> ImportError {
        ImportError::File { path: self.path.to_owned(), source }
    }

    fn wrong(&self, reason: impl Into<String>) -> ImportError {
        ImportError::wrong(self.path, reason)
    }

    fn dates(&self, order: Option<Order>) -> Result<Dates, ImportError> {
        Dates::new(order, self.options.zone.clone())
            .ok_or_else(|| self.wrong("cannot be read: no dates are known"))
    }

    fn plan(
        &self,
        form: Form,
        columns: Vec<Column>,
        order: Option<(Order, String)>,
    ) -> Result<Plan, ImportError> {
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let said = self.options.network.as_deref().and_then(places::network);
        let network = said.or_else(|| looks_like_x(&names).then(|| "x".to_owned()));
        let survey = self.survey;
        Ok(Plan {
            path: self.path.to_owned(),
            size: survey.size,
            form,
            encoding: survey.encoding,
            guessed: survey.guessed,
            broken: survey.broken,
            source: self.options.source.clone(),
            rows: Rows {
                columns: columns.clone(),
                network: network.clone(),
                dates: self.dates(order.as_ref().map(|(order, _)| *order))?,
                undated: self.options.undated,
                own: columns::is_own(&names),
                entities: looks_like_x(&names),
            },
            columns,
            order,
            network,
            content: survey.hash.clone(),
        })
    }

    fn table(&self, beginning: &str, whole: bool) -> Result<Plan, ImportError> {
        let (delimiter, header) = self.header(beginning, whole);
        let columns = self.columns(&header.cells)?;
        let mut values = Vec::new();
        if let Some(place) = date_column(&columns) {
            let mut table = Table::new(self.open()?, delimiter);
            while values.len() < SAMPLE {
                match table.next(None).map_err(|source| self.failed(source))? {
                    Next::End => break,
                    Next::Record(record) if record.line > header.line => {
                        values.extend(record.cells.into_iter().nth(place));
                    }
                    Next::Record(_) | Next::Fault(..) => {}
                }
            }
        }
        let order = self.order(&values, &header.cells)?;
        self.plan(Form::Table { delimiter, header: header.line }, columns, order)
    }

    /// The separator and the header: the pair in which most names are known and most records fit.
    fn header(&self, beginning: &str, whole: bool) -> (u8, Record) {
        let mut best: Option<((usize, usize, usize), u8, Record)> = None;
        for delimiter in DELIMITERS {
            let mut table = Table::new(beginning.as_bytes(), delimiter);
            let mut records = Vec::new();
            while records.len() < COMPARED
                && let Ok(Next::Record(record)) = table.next(None)
            {
                records.push(record);
            }
            if !whole && records.len() < COMPARED && records.len() > 1 {
                records.pop(); // cut off
            }
            for (place, record) in records.iter().enumerate().take(ABOVE) {
                let fit = records
                    .iter()
                    .skip(place + 1)
                    .filter(|other| other.cells.len() == record.cells.len())
                    .count();
                let mut known = columns::known(&record.cells);
                known += record
                    .cells
                    .iter()
                    .filter(|cell| {
                        self.options.map.iter().any(|(column, _)| columns::is_column(column, cell))
                    })
                    .count();
                // One column of many words is a sentence above the header.
                let fit = if record.cells.len() > 1 { fit } else { 0 };
                let score = (known, fit.min(1), record.cells.len().min(2).saturating_mul(fit));
                if best.as_ref().is_none_or(|(before, ..)| score > *before) {
                    best = Some((score, delimiter, record.clone()));
                }
            }
        }
        let (delimiter, mut header) = best.map_or_else(
            || (b',', Record { line: 1, ..Record::default() }),
            |(_, delimiter, record)| (delimiter, record),
        );
        for cell in &mut header.cells {
            *cell = cell.trim().to_owned();
        }
        (delimiter, header)
    }

    /// What the columns hold; the needed ones are there.
    fn columns(&self, names: &[String]) -> Result<Vec<Column>, ImportError> {
        let shown: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        let listed = || {
            let more = if shown.len() > LISTED {
                format!(", and {} more", shown.len() - LISTED)
            } else {
                String::new()
            };
            let list: Vec<&str> = shown.iter().copied().take(LISTED).collect();
            format!("{}{more}", list.join(", "))
        };
        for (column, _) in &self.options.map {
            if !names.iter().any(|name| columns::is_column(column, name)) {
                let near = nearest(column, &shown)
                    .map(|near| format!("; did you mean \"{near}\"?"))
                    .unwrap_or_default();
                let near = if near.is_empty() { "." } else { near.as_str() };
                return Err(self.wrong(format!("has no column \"{column}\"{near} It has: {}", listed())));
            }
        }
        let columns = columns::assign(names, &self.options.map);
        let has = |fields: &[Field]| {
            columns.iter().any(|column| column.field.is_some_and(|field| fields.contains(&field)))
        };
        if !has(&[Field::Text, Field::Title, Field::Html]) {
            return Err(self.wrong(format!(
                "has no column that is known to hold the text: name it with --map 'COLUMN=text'. Its columns: {}",
                listed()
            )));
        }
        if !has(&[Field::Published]) && !self.options.undated {
            return Err(self.wrong(format!(
                "has no column that is known to hold the date: name it with --map 'COLUMN=published', or count every post now with --no-dates. Its columns: {}",
                listed()
            )));
        }
        Ok(columns)
    }

    /// The order of numbers in dates: as said, else as the dates themselves show.
    fn order(&self, values: &[String], names: &[String]) -> Result<Option<(Order, String)>, ImportError> {
        if let Some(order) = self.options.order {
            return Ok(Some((order, "as said".to_owned())));
        }
        let dates = self.dates(None)?;
        let first =
            |wanted: Hint| values.iter().find(|value| dates.hint(value) == wanted).map(|value| value.trim());
        match (first(Hint::DayFirst), first(Hint::MonthFirst)) {
            (Some(day), Some(month)) => Err(self.wrong(format!(
                "has dates that are day first (\"{day}\") and dates that are month first (\"{month}\"): say --date-order dmy or --date-order mdy; those that do not fit are told"
            ))),
            (Some(day), None) => Ok(Some((Order::DayFirst, format!("as \"{day}\" shows")))),
            (None, Some(month)) => Ok(Some((Order::MonthFirst, format!("as \"{month}\" shows")))),
            (None, None) => match first(Hint::Either) {
                None => Ok(None),
                Some(_) if columns::is_french(names) => {
                    Ok(Some((Order::DayFirst, "as usual where columns have French names".to_owned())))
                }
                Some(either) => Err(self.wrong(format!(
                    "has dates that may be day first or month first, such as \"{either}\": say --date-order dmy or --date-order mdy"
                ))),
            },
        }
    }

    fn lines(&self) -> Result<Plan, ImportError> {
        let candidate = self.options.network.as_deref().and_then(places::network);
        let dates = self.dates(None)?;
        let mut text = self.open()?;
        let (mut names, mut values): (Vec<String>, Vec<Vec<(String, String)>>) = (Vec::new(), Vec::new());
        let (mut line, mut seen, mut own, mut tried) = (Vec::new(), 0_usize, 0_usize, Vec::new());
        let mut recorded = Recorded::default();
        while seen < SAMPLE {
            line.clear();
            let length = text.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line);
            if length.map_err(|source| self.failed(source))? == 0 {
                break;
            }
            let content = line.trim_ascii();
            if content.is_empty() {
                continue;
            }
            let read = lines::read(content, &mut recorded, &dates);
            if seen == 0 && matches!(content, b"{") {
                return Err(self.wrong(
                    "is JSON over several lines; write one object a line, as `jq -c . FILE > FILE.jsonl` does, and import that",
                ));
            }
            seen += 1;
            own += usize::from(matches!(read, Ok(Line::Own(_))));
            if let Ok(Line::Other(found)) = read {
                for (name, _) in &found {
                    if !names.contains(name) && names.len() < 500 {
                        names.push(name.clone());
                    }
                }
                values.push(found);
                if tried.len() < TRIED {
                    tried.push(content.to_vec());
                }
            }
        }
        if values.is_empty() {
            return self.plan(
                Form::Lines,
                Vec::new(),
                self.options.order.map(|order| (order, "as said".to_owned())),
            );
        }
        if let Some((name, network)) = candidate.and_then(|name| {
            let name = network::spec(&name)?.name;
            Some((name, reader(name)?))
        }) {
            let good =
                tried.iter().filter(|line| matches!(answer(network.as_ref(), line), Taken::Item(_))).count();
            if good > 0 && good * 2 >= tried.len() {
                return self.plan(Form::Answers(name), Vec::new(), None);
            }
        }
        let columns = match self.columns(&names) {
            // A file in Vigie's own form with a few lines that are not: those are told one by one.
            Err(_) if own > values.len() && self.options.map.is_empty() => Vec::new(),
            columns => columns?,
        };
        let dated =
            date_column(&columns).and_then(|place| columns.get(place)).map(|column| column.name.clone());
        let moments: Vec<String> = values
            .into_iter()
            .flatten()
            .filter(|(name, _)| Some(name) == dated.as_ref())
            .map(|(_, value)| value)
            .collect();
        let order = self.order(&moments, &names)?;
        self.plan(Form::Lines, columns, order)
    }
}

/// Where the surest column of the date is.
fn date_column(columns: &[Column]) -> Option<usize> {
    columns.iter().position(|column| column.field == Some(Field::Published) && column.rank == 0)
}

/// Whether the keys are those of posts of X, in either of its forms.
fn looks_like_x(names: &[String]) -> bool {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    has("id_str") && has("user.screen_name")
        || has("edit_history_tweet_ids")
        || names.iter().any(|name| name.starts_with("public_metrics.retweet"))
}
