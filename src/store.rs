//! All SQL.

pub mod figures;
