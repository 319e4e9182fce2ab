//! What goes on for a while: told when it begins, again when it has outgrown what was told, and once when it is over.

use super::trends::{self, BUCKET};
use super::{Composer, NoticeError, raise};
use crate::alert::{Event, On, Phase, Rule, Trouble, What};
use crate::keyword::Brand;
use crate::share::Window;
use crate::store::incidents::Incident;
use crate::store::sources::SourceRow;
use crate::store::{Store, series};
use crate::time::{HOUR, Time};

/// The least time between two mails of one matter: it is looked at every hour.
const APART: i64 = HOUR;
/// Calm that ends a spike, a drop or a mood: two looks in a row, an hour apart.
const CALM: i64 = HOUR;
/// A source is well again when it has been for so long: one that comes and goes is one trouble.
const STEADY: i64 = 5 * 60_000;

impl Composer {
    /// Raises an event. Of one that goes on already, only what outgrows what was told. Whether anything was raised.
    pub(super) fn raise_lasting(
        &self,
        store: &Store,
        rule: &Rule,
        mut event: Event,
        (key, subject): (&str, &str),
        at: Time,
    ) -> Result<bool, NoticeError> {
        if !lasts(rule.on) {
            return self.raise_event(store, rule, &event, (key, subject), at);
        }
        let Some(mut open) = store.incident(&rule.name, subject)? else {
            event.opened = Some(at);
            if !self.raise_event(store, rule, &event, (key, subject), at)? {
                return Ok(false);
            }
            store.keep_incident(&Incident {
                rule: rule.name.clone(),
                subject: subject.to_owned(),
                opened: at,
                told: at,
                detail: serde_json::to_string(&event).unwrap_or_default(),
                calm: None,
                ended: None,
            })?;
            return Ok(true);
        };
        let grew = at.since(open.told) >= APART
            && serde_json::from_str(&open.detail).is_ok_and(|before| event.outgrows(&before));
        let mut raised = false;
        if grew {
            (event.phase, event.opened) = (Phase::Grew, Some(open.opened));
            // No cool-down: it is the same matter.
            raised = self.raise_event(store, rule, &event, (&format!("{key}|grew"), ""), at)?;
            if raised {
                (open.told, open.detail) = (at, serde_json::to_string(&event).unwrap_or_default());
            }
        }
        if raised || open.calm.is_some() {
            open.calm = None;
            store.keep_incident(&open)?;
        }
        Ok(raised)
    }

    /// Ends what is over at `at`, the end of an hour, and raises that. Whether anything was raised.
    pub(super) fn settle(&self, store: &Store, at: Time) -> Result<bool, NoticeError> {
        let mut raised = false;
        for mut open in store.incidents()? {
            let Some(rule) = self.rules.iter().find(|rule| rule.name == open.rule) else {
                end(store, open, at)?;
                continue;
            };
            if rule.on == On::SourceDegraded {
                continue;
            }
            let brand = self.brands.iter().find(|brand| *brand.id.0 == *open.subject);
            let before = serde_json::from_str::<Event>(&open.detail);
            let (Some(brand), Ok(before)) = (brand, before) else {
                end(store, open, at)?;
                continue;
            };
            if rule.on == On::Silence {
                let from = (before.from, at);
                if let Some((when, mention)) =
                    series::first_since(store.connection(), &brand.id.0, &rule.networks, from)?
                {
                    let over = Event {
                        shown: vec![mention],
                        ..Event::new(brand.id.clone(), (before.from, when), before.what)
                    };
                    raised |= self.tell_end(store, rule, over, open, at)?;
                }
                continue;
            }
            match self.goes_on(store, rule, brand, &before, at)? {
                None => {}
                Some(true) if open.calm.is_none() => {}
                Some(true) => {
                    open.calm = None;
                    store.keep_incident(&open)?;
                }
                Some(false) => match open.calm {
                    None => {
                        open.calm = Some(at);
                        store.keep_incident(&open)?;
                    }
                    Some(calm) if at.since(calm) < CALM => {}
                    // A share of voice that grows no more is nothing to tell.
                    Some(_) if rule.on == On::Surge => end(store, open, at)?,
                    Some(calm) => {
                        let over = trends::over(store, rule, brand, &before, (open.opened, calm))?;
                        raised |= self.tell_end(store, rule, over, open, at)?;
                    }
                },
            }
        }
        Ok(raised)
    }

    /// Whether what was told still holds; `None` where nobody can know, since not everybody listened.
    fn goes_on(
        &self,
        store: &Store,
        rule: &Rule,
        brand: &Brand,
        before: &Event,
        at: Time,
    ) -> Result<Option<bool>, NoticeError> {
        let hour = Window { from: at.plus(-HOUR), to: at };
        let dead = series::dead(store.connection(), hour)?;
        if dead.iter().any(|dead| !before.without.contains(&dead.name)) {
            return Ok(None);
        }
        let past = Window { from: at.plus(-trends::PAST), to: at };
        let heard = series::series(store.connection(), &brand.id.0, past, BUCKET, (&rule.networks, &dead))?;
        // That somebody listened is noted when the hour is over: the one before it will do.
        if heard.starts.last().is_none_or(|last| at.since(*last) > 2 * HOUR) {
            return Ok(None);
        }
        let still = self.events(store, rule, brand, at)?;
        Ok(Some(!still.is_empty()))
    }

    fn tell_end(
        &self,
        store: &Store,
        rule: &Rule,
        mut over: Event,
        open: Incident,
        at: Time,
    ) -> Result<bool, NoticeError> {
        (over.phase, over.opened) = (Phase::Ended, Some(open.opened));
        let key = format!("{}|{}|{}|ended", rule.name, open.subject, open.opened.0);
        let raised = self.raise_event(store, rule, &over, (&key, ""), at)?;
        end(store, open, at)?;
        Ok(raised)
    }

    /// Raises that sources in trouble are well again. `sources`: all there are.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn raise_recoveries(
        &self,
        store: &Store,
        sources: &[SourceRow],
        now: Time,
    ) -> Result<bool, NoticeError> {
        let mut raised = false;
        for mut open in store.incidents()? {
            let rule = self.rules.iter().find(|rule| rule.name == open.rule && rule.on == On::SourceDegraded);
            let Some(rule) = rule else { continue };
            let (row, before) = (
                sources.iter().find(|source| source.name == open.subject),
                serde_json::from_str::<Trouble>(&open.detail),
            );
            let (Some(row), Ok(before)) = (row, before) else {
                end(store, open, now)?;
                continue;
            };
            if row.state != "ok" {
                continue;
            }
            match open.calm {
                None => {
                    open.calm = Some(now);
                    store.keep_incident(&open)?;
                }
                Some(calm) if now.since(calm) < STEADY => {}
                Some(calm) => {
                    let over = Trouble { ended: Some(calm), ..before };
                    let key = format!("{}|{}|{}|ended", rule.name, open.subject, open.opened.0);
                    raised |= raise::trouble(store, rule, (row.id, &over), (&key, ""), now)?;
                    end(store, open, now)?;
                }
            }
        }
        Ok(raised)
    }
}

/// Whether what such a rule tells goes on for a while.
fn lasts(on: On) -> bool {
    matches!(on, On::Spike | On::Drop | On::Silence | On::Surge | On::Sentiment)
}

fn end(store: &Store, open: Incident, at: Time) -> Result<(), NoticeError> {
    Ok(store.keep_incident(&Incident { ended: Some(at), ..open })?)
}

/// What of `all` is told: of each matter only how it stands last.
pub(super) fn last_of_each<T: Clone>(all: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let superseded = |place: usize, one: &T| all.iter().skip(place + 1).any(|later| same(one, later));
    let kept = all.iter().enumerate().filter(|(place, one)| !superseded(*place, one));
    kept.map(|(_, one)| one.clone()).collect()
}

/// Whether two events are of one matter.
pub(super) fn same_matter(one: &Event, other: &Event) -> bool {
    one.opened.is_some() && one.opened == other.opened && one.brand == other.brand && {
        let kind = |event: &Event| std::mem::discriminant::<What>(&event.what);
        kind(one) == kind(other)
    }
}
