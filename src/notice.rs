//! Notices: changes raise alerts, groups of alerts and due digests become finished e-mails, all inside the
//! store's transaction, so that a crash neither loses nor doubles one.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use lettre::message::Mailbox;
use thiserror::Error;

use crate::alert::{Content, On, Rule, SHOWN, Trouble};
use crate::digest;
use crate::impostor::Level;
use crate::keyword::Brand;
use crate::mail::{self, Envelope, Language, Letter};
use crate::mention::Suspect;
use crate::schedule::Schedule;
use crate::share::Window;
use crate::store::alerts::{About, Group, NewNotice};
use crate::store::posts::Change;
use crate::store::sources::SourceRow;
use crate::store::{Store, StoreError, list, sources};
use crate::time::{DAY, HOUR, Time};

/// Where the moment of the next digest is kept.
const NEXT_DIGEST: &str = "next_digest";

/// A notice could not be composed.
#[derive(Debug, Error)]
pub enum NoticeError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The thread that writes could not run.
    #[error("failed to run the thread that writes: {0}")]
    Thread(String),
    /// The message could not be built.
    #[error("failed to build a mail")]
    Mail(#[from] mail::BuildError),
}

impl NoticeError {
    /// Whether the disk or another process is in the way and may be out of it later.
    pub fn may_pass(&self) -> bool {
        matches!(self, NoticeError::Store(error) if error.may_pass())
    }
}

/// Everything needed to write mails: rules, recipients, language, zone, brands.
#[derive(Debug, Clone)]
pub struct Composer {
    /// The rules.
    pub rules: Vec<Rule>,
    /// Everyone who is told, unless a rule says otherwise.
    pub to: Vec<Mailbox>,
    /// In whose name.
    pub from: Mailbox,
    /// The language of mails.
    pub language: Language,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// The brands.
    pub brands: Vec<Brand>,
    /// When digests fall due.
    pub schedule: Schedule,
}

impl Composer {
    /// Raises the alerts that `changes` make, and takes back untried notices about what is gone.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn raise(&self, store: &Store, changes: &[Change], now: Time) -> Result<(), NoticeError> {
        for change in changes {
            match change {
                Change::Mention { id, post: (network, native_id), brand, counted, fresh } => {
                    // Old posts are no news: they count in their own day and stand in the next digest.
                    if !fresh || now.since(*counted) > DAY {
                        continue;
                    }
                    for rule in self
                        .rules
                        .iter()
                        .filter(|rule| rule.on == On::NewMention && rule.covers(brand, network))
                    {
                        let key = format!("{}|{network}|{native_id}|{brand}", rule.name);
                        raise(store, rule, About::Mention, *id, &key, None, now)?;
                    }
                }
                Change::Suspicion { id, returns, account: (network, native_id), suspicion } => {
                    let brand = &suspicion.brand;
                    for rule in self.rules.iter().filter(|rule| {
                        rule.on == On::NewImpostor
                            && suspicion.level >= rule.level
                            && rule.covers(&brand.0, network)
                    }) {
                        let mut key =
                            format!("{}|{network}|{native_id}|{brand}|{:?}", rule.name, suspicion.level);
                        if *returns > 0 {
                            key += &format!("|{returns}");
                        }
                        raise(store, rule, About::Suspicion, *id, &key, None, now)?;
                    }
                }
                // Kept as an event; no rule asks for it yet.
                Change::Account(_) => {}
                Change::Withdrawn { mentions } => {
                    for (rule, opened) in store.take_back(mentions)? {
                        self.write_alerts(store, &rule, opened, now)?;
                    }
                }
            }
        }
        Ok(())
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
            for rule in self.rules.iter().filter(|rule| {
                rule.on == On::SourceDegraded
                    && (rule.networks.is_empty() || rule.networks.contains(&source.network))
            }) {
                let key = format!("{}|{}|{}", rule.name, source.name, since.0);
                let trouble = Trouble {
                    source: source.name.clone(),
                    network: source.network.clone(),
                    reason: source.reason.clone().unwrap_or_default(),
                    since,
                    silent: source.state == "silent",
                };
                let detail = serde_json::to_string(&trouble).unwrap_or_default();
                raise(store, rule, About::Source, source.id, &key, Some(&detail), now)?;
            }
        }
        Ok(())
    }

    /// Closes the groups due at `now`, all of them when `all`, and writes their notices. Gives how many.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn close_due(&self, store: &Store, now: Time, all: bool) -> Result<usize, NoticeError> {
        let mut written = 0;
        while let Some(group) = store.next_group()?.filter(|group| all || group.closes <= now) {
            written += self.close(store, &group, now)?;
        }
        Ok(written)
    }

    fn close(&self, store: &Store, group: &Group, now: Time) -> Result<usize, NoticeError> {
        store.close_group(group, now)?;
        self.write_alerts(store, &group.rule, group.opened, now)
    }

    /// Writes the notices of one closed group, one a recipient; none when everything it tells is gone.
    fn write_alerts(&self, store: &Store, rule: &str, opened: Time, now: Time) -> Result<usize, NoticeError> {
        // A rule that was dropped from the configuration while its group was open is told all the same.
        let known = self.rules.iter().find(|one| one.name == rule);
        let Some(content) = self.content(store, rule, known, opened, now)? else { return Ok(0) };
        let letter = mail::alert(&content, self.language, &self.zone);
        let to = known.map(|rule| &rule.to).filter(|to| !to.is_empty()).unwrap_or(&self.to);
        self.keep(store, "alert", rule, opened, now, &letter, to)
    }

    fn content(
        &self,
        store: &Store,
        rule: &str,
        known: Option<&Rule>,
        opened: Time,
        now: Time,
    ) -> Result<Option<Content>, NoticeError> {
        let by_brand = store.raised_by_brand(rule, opened)?;
        let ids: Vec<i64> =
            store.raised(rule, opened, About::Mention)?.iter().map(|raised| raised.about).collect();
        let suspects: Vec<i64> =
            store.raised(rule, opened, About::Suspicion)?.iter().map(|raised| raised.about).collect();
        let troubles: Vec<Trouble> = store
            .raised(rule, opened, About::Source)?
            .iter()
            .filter_map(|raised| serde_json::from_str(raised.detail.as_deref()?).ok())
            .collect();
        let connection = store.connection();
        // Newest first; those gone since do not come back from the store.
        let shown: Vec<i64> = ids.iter().rev().copied().collect();
        let mut mentions = Vec::new();
        for chunk in shown.chunks(SHOWN) {
            mentions.extend(list::mention_list(
                connection,
                &list::Filter { ids: chunk.to_vec(), ..list::Filter::default() },
            )?);
            if mentions.len() >= SHOWN {
                break;
            }
        }
        mentions.truncate(SHOWN);
        let suspects = if suspects.is_empty() {
            Vec::new()
        } else {
            let filter =
                list::Filter { ids: suspects, limit: u32::try_from(SHOWN).ok(), ..list::Filter::default() };
            let mut found = list::suspects(connection, &filter, Level::Watch)?;
            found.retain(Suspect::is_open);
            found
        };
        if mentions.is_empty() && suspects.is_empty() && troubles.is_empty() {
            return Ok(None);
        }
        let on = known.map_or_else(
            || {
                if !troubles.is_empty() {
                    On::SourceDegraded
                } else if mentions.is_empty() {
                    On::NewImpostor
                } else {
                    On::NewMention
                }
            },
            |rule| rule.on,
        );
        let oldest = mentions.iter().map(|mention| mention.counted).min().unwrap_or(opened).min(opened);
        let names: HashMap<&str, &str> =
            self.brands.iter().map(|brand| (&*brand.id.0, brand.name.as_str())).collect();
        Ok(Some(Content {
            rule: rule.to_owned(),
            on,
            mentions,
            by_brand: by_brand
                .into_iter()
                .map(|(id, count)| {
                    (names.get(id.as_str()).map_or(id.clone(), |name| (*name).to_owned()), count)
                })
                .collect(),
            suspects,
            troubles,
            names: self.brands.iter().map(|brand| (brand.id.clone(), brand.name.clone())).collect(),
            gaps: sources::gaps(connection, oldest.plus(-HOUR), now)?,
            grouping: known.map_or((0, 0), |rule| (rule.wait.as_secs(), rule.every.as_secs())),
            written: now,
            // The address that stands where none is configured is nobody's.
            answer_to: Some(self.from.email.to_string()).filter(|address| !address.ends_with("@localhost")),
        }))
    }

    /// Writes the digest of `window`, one notice a recipient.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn write_digest(&self, store: &Store, window: Window, now: Time) -> Result<usize, NoticeError> {
        let digest = digest::gather(store.connection(), &self.brands, window, now)?;
        let letter = mail::digest(&digest, self.language, &self.zone);
        self.keep(store, "digest", "digest", window.to, now, &letter, &self.to)
    }

    /// The moment of the next digest; noted when it is not yet.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn next_digest(&self, store: &Store, now: Time) -> Result<Option<Time>, NoticeError> {
        let noted = store.meta(NEXT_DIGEST)?.and_then(|text| text.parse::<i64>().ok()).map(Time);
        let next = match noted {
            // A changed schedule may call earlier than what was noted.
            Some(noted) if noted > now => self.schedule.next(now, &self.zone).map(|next| next.min(noted)),
            // One that fell due while nothing ran, unless digests have been switched off since.
            Some(noted) => self.schedule.next(now, &self.zone).map(|_| noted),
            None => self.schedule.next(now, &self.zone),
        };
        if next != noted {
            store.set_meta(NEXT_DIGEST, &next.map(|next| next.0.to_string()).unwrap_or_default())?;
        }
        Ok(next)
    }

    /// Writes the digests due at `now`. Of several missed while nothing ran, only the last.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn digest_due(&self, store: &Store, now: Time) -> Result<usize, NoticeError> {
        let Some(mut due) = self.next_digest(store, now)?.filter(|due| *due <= now) else { return Ok(0) };
        while let Some(later) = self.schedule.next(due, &self.zone).filter(|later| *later <= now) {
            due = later;
        }
        let written = self.write_digest(store, self.schedule.window(due, &self.zone), now)?;
        let next = self.schedule.next(now, &self.zone);
        store.set_meta(NEXT_DIGEST, &next.map(|next| next.0.to_string()).unwrap_or_default())?;
        Ok(written)
    }

    #[expect(clippy::too_many_arguments, reason = "one row of the notice table for each recipient")]
    fn keep(
        &self,
        store: &Store,
        kind: &'static str,
        rule: &str,
        window: Time,
        now: Time,
        letter: &Letter,
        to: &[Mailbox],
    ) -> Result<usize, NoticeError> {
        let mut written = 0;
        for recipient in to {
            let key = format!("{kind}|{rule}|{}|{}", window.0, recipient.email);
            let message_id = mail::message_id(&key, self.from.email.domain());
            let envelope = Envelope {
                from: self.from.clone(),
                to: recipient.clone(),
                key: key.clone(),
                alert: format!("{rule}-{}", window.0),
                rule: rule.to_owned(),
                kind: if kind == "digest" { mail::Kind::Digest } else { mail::Kind::Alert },
                unsubscribe: None,
                written: now,
            };
            let bytes = mail::build(letter, &envelope)?;
            let notice = NewNotice {
                key,
                kind,
                rule: rule.to_owned(),
                window,
                recipient: recipient.email.to_string(),
                message_id,
                subject: letter.subject.clone(),
                bytes,
                html: letter.html.clone(),
                written: now,
            };
            written += usize::from(store.add_notice(&notice)?);
        }
        Ok(written)
    }
}

fn raise(
    store: &Store,
    rule: &Rule,
    about: About,
    row: i64,
    key: &str,
    detail: Option<&str>,
    now: Time,
) -> Result<(), NoticeError> {
    let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4);
    store.raise(&rule.name, about, row, key, detail, now, millis(rule.wait), millis(rule.every))?;
    Ok(())
}
