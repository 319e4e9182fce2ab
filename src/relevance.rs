//! Relevance: does a post that bears an ambiguous name ("Orange", "Target", "Le Monde") speak of the brand, or of the
//! fruit, the aim, the world? From 0 to 1, with the rule that gave it. Pure: knows texts and what a brand says of
//! itself; knows nothing of clocks, disks or networks.
//!
//! Facts of a post (capitals, the words beside the name, words of the brand's sector) are weighed by a small table that
//! was learned on other names than the one asked about: it holds no text and no name. Labels of a person then move the
//! table towards one brand, and add its own words.

mod ask;
mod facts;
mod lesson;
mod lexicon;
pub mod precision;
mod scale;
mod sense;
mod solve;
mod tokens;
mod weights;

pub use ask::most_doubtful;
pub use facts::{Facts, facts};
pub use scale::{Label, Relevance, Scale};
pub use sense::Sense;
pub use weights::{Example, Weights};
