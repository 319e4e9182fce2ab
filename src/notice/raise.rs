//! What happened becomes alerts: every rule that has something to say of it raises one, once.

use std::time::Duration;

use super::{Composer, NoticeError};
use crate::alert::judge::{Heard, needs_mention, tells_mention, tells_suspect};
use crate::alert::{Event, On, Rule, Trouble, What};
use crate::impostor::{self, Suspicion};
use crate::keyword::Brand;
use crate::matcher::Scratch;
use crate::mention::Mention;
use crate::post::{Author, NetworkName};
use crate::store::accounts::AccountChange;
use crate::store::alerts::{About, Raising};
use crate::store::incidents::Incident;
use crate::store::posts::Change;
use crate::store::sources::SourceRow;
use crate::store::{Store, list, series};
use crate::time::{DAY, Time};

/// What an alert is about, besides its rule and its moment.
struct Told<'a> {
    about: About,
    row: i64,
    key: &'a str,
    /// What the cool-down holds for.
    subject: &'a str,
    brand: Option<&'a str>,
    detail: Option<&'a str>,
}

impl Composer {
    /// Raises the alerts that `changes` make, and takes back untried notices about what is gone.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn raise(&self, store: &Store, changes: &[Change], now: Time) -> Result<(), NoticeError> {
        let of_mentions = self.rules.iter().any(|rule| rule.on.is_of_mentions());
        let mut scratch = Scratch::default();
        for change in changes {
            match change {
                Change::Mention { id, post: (network, native_id), brand, counted, fresh } => {
                    // Old posts are no news: they count in their own day and stand in the next digest.
                    if of_mentions && *fresh && now.since(*counted) <= DAY {
                        let about = (*id, network.as_str(), native_id.as_str(), &*brand.0);
                        self.raise_mention(store, about, now, &mut scratch)?;
                    }
                }
                Change::Suspicion { id, returns, changed, account, suspicion } => {
                    self.raise_suspicion(store, (*id, *returns, *changed), account, suspicion, now)?;
                }
                Change::Account(change) => self.raise_change(store, change, now)?,
                Change::Withdrawn { mentions } => {
                    for (rule, opened) in store.take_back(mentions)? {
                        self.write_alerts(store, &rule, opened, now)?;
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn is_ours(&self, brand: &str) -> bool {
        self.brands.iter().any(|one| one.ours && *one.id.0 == *brand)
    }

    fn raise_mention(
        &self,
        store: &Store,
        (id, network, native_id, brand): (i64, &str, &str, &str),
        now: Time,
        scratch: &mut Scratch,
    ) -> Result<(), NoticeError> {
        let ours = self.is_ours(brand);
        let mut read: Option<Option<(Mention, bool)>> = None;
        for rule in
            self.rules.iter().filter(|rule| rule.on.is_of_mentions() && rule.covers(brand, ours, network))
        {
            let mut author = String::new();
            if needs_mention(rule) {
                if read.is_none() {
                    let filter = list::Filter { ids: vec![id], ..list::Filter::default() };
                    let found = list::mention_list(store.connection(), &filter)?.pop();
                    read = Some(found.map(|mention| {
                        let official = self.is_official(&mention);
                        (mention, official)
                    }));
                }
                let Some(Some((mention, official))) = &read else { continue };
                let first =
                    rule.on == On::FirstAuthor && series::is_first(store.connection(), network, native_id)?;
                let heard = Heard { mention, ours, first, official: *official };
                if !tells_mention(rule, &heard, scratch) {
                    continue;
                }
                author = mention.post.author.as_ref().map(|by| by.native_id.clone()).unwrap_or_default();
            }
            let key = format!("{}|{network}|{native_id}|{brand}", rule.name);
            // A rule about authors cools down for each of them, any other for each brand.
            let by_author = matches!(rule.on, On::BigAuthor | On::OfficialPost | On::FirstAuthor);
            let subject = if by_author { format!("{network}|{author}|{brand}") } else { brand.to_owned() };
            let told = Told {
                about: About::Mention,
                row: id,
                key: &key,
                subject: &subject,
                brand: Some(brand),
                detail: None,
            };
            raise(store, rule, &told, now)?;
        }
        Ok(())
    }

    fn is_official(&self, mention: &Mention) -> bool {
        let Some(author) = &mention.post.author else { return false };
        self.brands.iter().any(|brand| impostor::is_own(brand, &mention.post.network, author))
    }

    fn raise_suspicion(
        &self,
        store: &Store,
        (id, returns, changed): (i64, i64, bool),
        (network, native_id): &(String, String),
        suspicion: &Suspicion,
        now: Time,
    ) -> Result<(), NoticeError> {
        let brand = &suspicion.brand;
        let ours = self.is_ours(&brand.0);
        for rule in &self.rules {
            if !tells_suspect(rule, changed, suspicion.level, (&brand.0, ours), network) {
                continue;
            }
            let mut key = format!("{}|{network}|{native_id}|{brand}|{:?}", rule.name, suspicion.level);
            if returns > 0 {
                key += &format!("|{returns}");
            }
            if changed {
                key += &format!("|changed {}", now.0);
            }
            let subject = format!("{network}|{native_id}|{brand}");
            let told = Told {
                about: About::Suspicion,
                row: id,
                key: &key,
                subject: &subject,
                brand: Some(&brand.0),
                detail: None,
            };
            raise(store, rule, &told, now)?;
        }
        Ok(())
    }

    fn raise_change(&self, store: &Store, change: &AccountChange, now: Time) -> Result<(), NoticeError> {
        if !self.rules.iter().any(|rule| rule.on == On::AccountChanged) {
            return Ok(());
        }
        let AccountChange { network, native_id, field, before, after, seen } = change;
        let handle = series::account_name(store.connection(), network, native_id)?;
        let names = [handle.clone(), before.clone().filter(|_| field == "handle")];
        let at = NetworkName(network.clone().into());
        let is_of = |brand: &Brand| {
            names.iter().any(|handle| {
                let author =
                    Author { native_id: native_id.clone(), handle: handle.clone(), ..Author::default() };
                impostor::is_own(brand, &at, &author)
            })
        };
        for brand in self.brands.iter().filter(|brand| is_of(brand)) {
            let what = What::AccountChanged {
                network: network.clone(),
                handle: handle.clone().unwrap_or_else(|| native_id.clone()),
                field: field.clone(),
                before: before.clone(),
                after: after.clone(),
            };
            let event = Event::new(brand.id.clone(), (*seen, *seen), what);
            let place = format!("{network}|{native_id}|{field}");
            for rule in self
                .rules
                .iter()
                .filter(|rule| rule.on == On::AccountChanged && rule.covers(&brand.id.0, brand.ours, network))
            {
                let key = format!("{}|{place}|{}", rule.name, seen.0);
                self.raise_event(store, rule, &event, (&key, &place), now)?;
            }
        }
        Ok(())
    }

    /// Raises an alert about an event. Tells whether it did.
    pub(super) fn raise_event(
        &self,
        store: &Store,
        rule: &Rule,
        event: &Event,
        (key, subject): (&str, &str),
        now: Time,
    ) -> Result<bool, NoticeError> {
        let detail = serde_json::to_string(event).unwrap_or_default();
        let told = Told {
            about: About::Event,
            row: 0,
            key,
            subject,
            brand: Some(&event.brand.0),
            detail: Some(&detail),
        };
        raise(store, rule, &told, now)
    }

    /// Raises alerts about sources in trouble, once a trouble.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn raise_troubles(
        &self,
        store: &Store,
        troubles: &[SourceRow],
        now: Time,
    ) -> Result<(), NoticeError> {
        for source in troubles {
            let since = source.failing_from.unwrap_or(now);
            for rule in self
                .rules
                .iter()
                .filter(|rule| rule.on == On::SourceDegraded && rule.covers_network(&source.network))
            {
                // One that was well for a moment only is still the same trouble.
                if let Some(mut open) = store.incident(&rule.name, &source.name)? {
                    if open.calm.take().is_some() {
                        store.keep_incident(&open)?;
                    }
                    continue;
                }
                let key = format!("{}|{}|{}", rule.name, source.name, since.0);
                let told = Trouble {
                    source: source.name.clone(),
                    network: source.network.clone(),
                    reason: source.reason.clone().unwrap_or_default(),
                    since,
                    silent: source.state == "silent",
                    opened: Some(now),
                    ended: None,
                };
                if trouble(store, rule, (source.id, &told), (&key, &source.name), now)? {
                    store.keep_incident(&Incident {
                        rule: rule.name.clone(),
                        subject: source.name.clone(),
                        opened: now,
                        told: now,
                        detail: serde_json::to_string(&told).unwrap_or_default(),
                        calm: None,
                        ended: None,
                    })?;
                }
            }
        }
        Ok(())
    }
}

/// Raises an alert about a source. Tells whether it did.
pub(super) fn trouble(
    store: &Store,
    rule: &Rule,
    (row, trouble): (i64, &Trouble),
    (key, subject): (&str, &str),
    now: Time,
) -> Result<bool, NoticeError> {
    let detail = serde_json::to_string(trouble).unwrap_or_default();
    let told = Told { about: About::Source, row, key, subject, brand: None, detail: Some(&detail) };
    raise(store, rule, &told, now)
}

/// Raises one alert, unless its rule is silenced or cools down. What goes on when the silence ends is told then.
fn raise(store: &Store, rule: &Rule, told: &Told<'_>, now: Time) -> Result<bool, NoticeError> {
    let Told { about, row, key, subject, brand, detail } = *told;
    if store.is_muted(&rule.name, brand, now, matches!(about, About::Mention | About::Suspicion))? {
        return Ok(false);
    }
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4);
    Ok(store.raise(&Raising {
        rule: &rule.name,
        about,
        row,
        key,
        subject,
        detail,
        now,
        wait: millis(rule.wait),
        every: millis(rule.every),
        cool_down: millis(rule.cool_down),
    })?)
}
