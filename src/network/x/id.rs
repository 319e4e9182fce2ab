//! Identifiers of X: numbers that carry their moment, kept as text everywhere but in sums.

use std::cmp::Ordering;

use crate::time::Time;

/// The moment from which identifiers count, in milliseconds since 1970.
const EPOCH: i64 = 1_288_834_974_657;
/// Identifiers below this are older than the scheme (November 2010) and carry no moment.
const FIRST: u64 = 30_000_000_000;
/// Bits below the moment: machine and sequence.
const LOW: u32 = 22;

/// An identifier as a number.
pub(super) fn number(id: &str) -> Option<u64> {
    id.parse().ok().filter(|_| id.bytes().all(|byte| byte.is_ascii_digit()))
}

/// When something with this identifier was made.
pub(super) fn moment(id: u64) -> Option<Time> {
    let millis = i64::try_from(id >> LOW).ok()?.checked_add(EPOCH)?;
    (id >= FIRST).then_some(Time(millis)).and_then(Time::valid)
}

/// When the post or account of a textual identifier was made.
pub(super) fn moment_of(id: &str) -> Option<Time> {
    moment(number(id)?)
}

/// The identifier below which everything is older than `time`.
pub(super) fn at(time: Time) -> u64 {
    let millis = u64::try_from(time.0.saturating_sub(EPOCH)).unwrap_or(0);
    // 41 bits of milliseconds last until 2080
    millis.min(u64::MAX >> LOW) << LOW
}

/// The order of identifiers as text, without making them numbers.
pub(super) fn order(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_carry_their_moment() {
        let made = Time::parse("2021-06-02T21:15:24Z").unwrap();
        let told = moment_of("1400199391961620488").unwrap();
        assert!((0..1_000).contains(&told.since(made)), "{told}");
        assert!(moment(at(made)) == Some(made) && at(Time(i64::MIN)) == 0);
        assert!(moment(at(Time(i64::MAX))).is_some());
        assert_eq!(moment_of("28416898759"), None);
        assert_eq!(moment_of("+5"), None);
        assert_eq!(order("99", "100"), Ordering::Less);
    }
}
