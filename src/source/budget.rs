//! The budget of a source for a day, in its network's own unit.

use crate::network::Unit;
use crate::time::{DAY, Time};

/// What a source may spend, and what it has spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purse {
    /// The most a day (UTC); `None` for no limit.
    pub daily: Option<u64>,
    /// What is spent already of the day of the start.
    pub spent: u64,
    /// The unit of both.
    pub unit: Unit,
}

impl Default for Purse {
    fn default() -> Purse {
        Purse { daily: None, spent: 0, unit: Unit::Requests }
    }
}

/// The budget of the day.
#[derive(Debug)]
pub(super) struct Budget {
    daily: Option<u64>,
    day: i64,
    spent: u64,
}

impl Budget {
    pub(super) fn new(purse: Purse, now: Time) -> Budget {
        Budget { daily: purse.daily, day: now.0.div_euclid(DAY), spent: purse.spent }
    }

    /// Takes `cost`; when it does not fit any more, says when the next day begins.
    pub(super) fn reserve(&mut self, cost: u64, now: Time) -> Result<(), Time> {
        self.turn(now);
        let after = self.spent.saturating_add(cost);
        if self.daily.is_some_and(|daily| after > daily) {
            return Err(self.tomorrow());
        }
        self.spent = after;
        Ok(())
    }

    /// Puts back what was reserved and takes what was really spent.
    pub(super) fn correct(&mut self, reserved: u64, spent: u64, now: Time) {
        self.turn(now);
        self.spent = self.spent.saturating_sub(reserved).saturating_add(spent);
    }

    /// When the next day begins, if nothing is left of this one.
    pub(super) fn is_spent(&mut self, now: Time) -> Option<Time> {
        self.turn(now);
        self.daily.filter(|daily| self.spent >= *daily).map(|_| self.tomorrow())
    }

    fn turn(&mut self, now: Time) {
        let day = now.0.div_euclid(DAY);
        if day > self.day {
            (self.day, self.spent) = (day, 0);
        }
    }

    fn tomorrow(&self) -> Time {
        Time(self.day.saturating_add(1).saturating_mul(DAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_waits_for_the_next_day() {
        let now = Time(10 * DAY + 5);
        let mut budget = Budget::new(Purse { daily: Some(10), spent: 4, unit: Unit::Requests }, now);
        assert_eq!(budget.reserve(6, now), Ok(()));
        assert_eq!(budget.reserve(1, now), Err(Time(11 * DAY)));
        assert_eq!(budget.is_spent(now), Some(Time(11 * DAY)));
        budget.correct(6, 2, now);
        assert_eq!((budget.is_spent(now), budget.reserve(4, now)), (None, Ok(())));
        assert_eq!(budget.reserve(10, Time(11 * DAY)), Ok(()), "a new day");
        let mut free = Budget::new(Purse::default(), now);
        assert_eq!(free.reserve(u64::MAX, now), Ok(()));
        assert_eq!(free.is_spent(now), None);
    }
}
