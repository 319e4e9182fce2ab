//! Accounts that pose as a brand.

use serde::{Deserialize, Serialize};

use crate::keyword::{Brand, BrandId};
use crate::post::{Author, NetworkName};

/// How sure we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Remembered, looked at again when its profile changes.
    Watch,
    /// In the list and the digest.
    Review,
    /// Worth a mail at once.
    Alert,
}

/// One thing that speaks for or against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Its stable name.
    pub name: String,
    /// Hundredths of log-odds points.
    pub points: i32,
    /// The string as written.
    pub raw: String,
    /// The string as compared.
    pub folded: String,
}

/// One account held against one brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspicion {
    /// The brand it may pose as.
    pub brand: BrandId,
    /// How sure.
    pub level: Level,
    /// Sum of the points.
    pub score: i32,
    /// Whether it looks like the brand.
    pub likeness: bool,
    /// Whether it presents itself as the brand.
    pub claim: bool,
    /// What the score is made of.
    pub signals: Vec<Signal>,
}

/// All brands, compiled.
#[derive(Debug)]
pub struct Lookout;

impl Lookout {
    /// Compiles brands.
    pub fn new(_brands: &[Brand]) -> Lookout {
        Lookout
    }

    /// What is suspicious about an account; nothing for nearly all.
    pub fn judge(&self, _network: &NetworkName, _author: &Author) -> Vec<Suspicion> {
        Vec::new()
    }
}

/// One plain sentence.
pub fn describe(signal: &Signal, _french: bool) -> String {
    signal.name.clone()
}
