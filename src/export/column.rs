//! Columns: their names, what they hold, and what they mean in English and French.

use super::Cell;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// An address that a person can open.
    Link,
    /// A whole number.
    Whole,
    /// A number.
    Real,
    /// Yes or no.
    Flag,
    /// A moment, in UTC milliseconds.
    Moment,
}

impl Kind {
    /// Its name in the data dictionary.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Link => "link",
            Kind::Whole => "integer",
            Kind::Real => "number",
            Kind::Flag => "boolean",
            Kind::Moment => "timestamp, UTC",
        }
    }
}

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, the same in every format.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it means, in English.
    pub english: &'static str,
    /// The same in French.
    pub french: &'static str,
}

/// A column, written in one line.
pub(super) const fn column(
    name: &'static str,
    kind: Kind,
    english: &'static str,
    french: &'static str,
) -> Column {
    Column { name, kind, english, french }
}

/// The names of columns.
pub fn header(columns: &[Column]) -> Vec<&'static str> {
    columns.iter().map(|column| column.name).collect()
}

/// The columns of a data dictionary.
pub const DICTIONARY: &[Column] = &[
    column("column", Kind::Text, "Name of the column", "Nom de la colonne"),
    column("type", Kind::Text, "What it holds", "Ce qu'elle contient"),
    column("english", Kind::Text, "What it means, in English", "Ce qu'elle signifie, en anglais"),
    column("french", Kind::Text, "What it means, in French", "Ce qu'elle signifie, en français"),
];

/// The rows of the data dictionary of a table.
pub fn dictionary(columns: &'static [Column]) -> impl Iterator<Item = Vec<Cell<'static>>> {
    columns.iter().map(|column| {
        let words = [column.name, column.kind.as_str(), column.english, column.french];
        words.map(|word| Cell::Word(word.into())).into()
    })
}
