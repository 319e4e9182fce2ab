//! Parquet: the columns of a table, each with its type, in groups of rows that are small enough to be held.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use super::{Cell, Column, Kind};

/// Rows of one group: enough for dictionaries to pay, few enough to be held.
const ROWS: usize = 1 << 16;
/// Bytes of texts of one group: long texts make it shorter.
const BYTES: usize = 16 << 20;

/// A table on its way into a Parquet file, one row at a time.
pub struct Columnar<W: Write + Send> {
    file: SerializedFileWriter<W>,
    held: Vec<Held>,
    rows: usize,
    bytes: usize,
}

impl<W: Write + Send> fmt::Debug for Columnar<W> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Columnar").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// The cells of one column in the group that is being filled. `there` is 1 where a cell holds something, else 0.
struct Held {
    there: Vec<i16>,
    cells: Cells,
}

enum Cells {
    /// All texts behind each other, and where each ends.
    Texts(Vec<u8>, Vec<usize>),
    Wholes(Vec<i64>),
    Reals(Vec<f64>),
    Flags(Vec<bool>),
}

impl<W: Write + Send> Columnar<W> {
    /// Starts a file of these columns; `name` is the name of its rows.
    ///
    /// # Errors
    /// When `to` refuses.
    pub fn new(to: W, name: &str, columns: &[Column]) -> io::Result<Columnar<W>> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_dictionary_enabled(true)
            .set_created_by(concat!("vigie ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let fields = columns.iter().map(field).collect::<Result<_, _>>().map_err(refused)?;
        let schema = Type::group_type_builder(name).with_fields(fields).build().map_err(refused)?;
        Ok(Columnar {
            file: SerializedFileWriter::new(to, Arc::new(schema), Arc::new(properties)).map_err(refused)?,
            held: columns.iter().map(|column| Held::new(column.kind)).collect(),
            rows: 0,
            bytes: 0,
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When what it is written to refuses.
    pub fn row(&mut self, row: &[Cell<'_>]) -> io::Result<()> {
        for (held, cell) in self.held.iter_mut().zip(row) {
            self.bytes += held.add(cell);
        }
        self.rows += 1;
        if self.rows >= ROWS || self.bytes >= BYTES { self.group() } else { Ok(()) }
    }

    /// Writes the rows held as a group of their own.
    fn group(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.file.next_row_group().map_err(refused)?;
        for held in &mut self.held {
            if let Some(mut column) = group.next_column().map_err(refused)? {
                held.write(&mut column).map_err(refused)?;
                column.close().map_err(refused)?;
            }
        }
        group.close().map_err(refused)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    /// Ends the file and gives back what it was written to.
    ///
    /// # Errors
    /// When that refuses.
    pub fn done(mut self) -> io::Result<W> {
        self.group()?;
        self.file.into_inner().map_err(refused)
    }
}

/// A column of a schema; every cell may be missing.
fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Text | Kind::Link => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Whole => (Physical::INT64, None),
        Kind::Real => (Physical::DOUBLE, None),
        Kind::Flag => (Physical::BOOLEAN, None),
        Kind::Moment => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
    };
    let column = Type::primitive_type_builder(column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()?;
    Ok(Arc::new(column))
}

impl Held {
    fn new(kind: Kind) -> Held {
        let cells = match kind {
            Kind::Text | Kind::Link => Cells::Texts(Vec::new(), Vec::new()),
            Kind::Whole | Kind::Moment => Cells::Wholes(Vec::new()),
            Kind::Real => Cells::Reals(Vec::new()),
            Kind::Flag => Cells::Flags(Vec::new()),
        };
        Held { there: Vec::new(), cells }
    }

    /// Adds a cell and tells how many bytes of text it has. One of another type than its column is left empty, unless the
    /// column holds words.
    fn add(&mut self, cell: &Cell<'_>) -> usize {
        let mut bytes = 0;
        let there = match (&mut self.cells, cell) {
            (_, Cell::Empty) => false,
            (Cells::Texts(all, ends), cell) => {
                let text = cell.shown();
                all.extend_from_slice(text.as_bytes());
                ends.push(all.len());
                bytes = text.len();
                true
            }
            (Cells::Wholes(all), Cell::Whole(number)) => {
                all.push(*number);
                true
            }
            (Cells::Wholes(all), Cell::Moment(time)) => {
                all.push(time.0);
                true
            }
            (Cells::Reals(all), Cell::Real(number)) => {
                all.push(*number);
                true
            }
            (Cells::Flags(all), Cell::Flag(flag)) => {
                all.push(*flag);
                true
            }
            (Cells::Wholes(_) | Cells::Reals(_) | Cells::Flags(_), _) => false,
        };
        self.there.push(i16::from(there));
        bytes
    }

    /// Writes the cells held, and holds none any more.
    fn write(&mut self, column: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let there = Some(self.there.as_slice());
        match &mut self.cells {
            Cells::Texts(all, ends) => {
                let all = Bytes::from(std::mem::take(all));
                let starts = std::iter::once(0).chain(ends.iter().copied());
                let texts: Vec<ByteArray> =
                    starts.zip(&*ends).map(|(start, end)| ByteArray::from(all.slice(start..*end))).collect();
                column.typed::<ByteArrayType>().write_batch(&texts, there, None)?;
                ends.clear();
            }
            Cells::Wholes(all) => {
                column.typed::<Int64Type>().write_batch(all, there, None)?;
                all.clear();
            }
            Cells::Reals(all) => {
                column.typed::<DoubleType>().write_batch(all, there, None)?;
                all.clear();
            }
            Cells::Flags(all) => {
                column.typed::<BoolType>().write_batch(all, there, None)?;
                all.clear();
            }
        }
        self.there.clear();
        Ok(())
    }
}

/// The error below, so that a closed pipe is known as one.
fn refused(error: ParquetError) -> io::Error {
    if let ParquetError::External(below) = error {
        below.downcast::<io::Error>().map_or_else(io::Error::other, |below| *below)
    } else {
        io::Error::other(error)
    }
}
