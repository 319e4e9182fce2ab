//! Which post to ask a person about: the most doubtful one, which teaches most.

use super::scale::Relevance;

/// The place of the most doubtful: nearest to one half. Among equals the first.
pub fn most_doubtful<'r>(of: impl IntoIterator<Item = &'r Relevance>) -> Option<usize> {
    let doubt = |relevance: &Relevance| relevance.permille.abs_diff(500);
    of.into_iter().enumerate().min_by_key(|(_, relevance)| doubt(relevance)).map(|(place, _)| place)
}
