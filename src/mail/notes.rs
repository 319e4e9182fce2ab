//! What may be missing, in a sentence each.

use jiff::tz::TimeZone;

use super::clean::short;
use super::words::Language;
use crate::mention::Gap;

/// Gaps listed one by one; more of them are counted.
const GAPS: usize = 5;

/// The gaps that are still open, the longest first.
pub(super) fn gaps(gaps: &[Gap], language: Language, zone: &TimeZone) -> Vec<String> {
    let mut open: Vec<&Gap> = gaps.iter().filter(|gap| gap.closed.is_none()).collect();
    open.sort_by_key(|gap| (std::cmp::Reverse(gap.to.since(gap.from)), gap.from));
    let more = open.len().saturating_sub(GAPS);
    let mut lines: Vec<String> = open
        .into_iter()
        .take(GAPS)
        .map(|gap| {
            let (source, reason) =
                (short(&gap.source, 60), short(&super::reason(&gap.reason, language), 160));
            let when = language.between(gap.from, gap.to, zone);
            language.say(
                format!("{source} gave nothing {when}: {reason}."),
                format!("{source} n’a rien donné {when}\u{a0}: {reason}."),
            )
        })
        .collect();
    if more > 0 {
        let n = u64::try_from(more).unwrap_or(u64::MAX);
        lines.push(language.count(n, ["more gap", "more gaps"], ["autre lacune", "autres lacunes"]) + ".");
    }
    lines
}
