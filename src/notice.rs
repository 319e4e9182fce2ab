//! Notices: changes raise alerts, groups of alerts and due digests become finished e-mails, all inside the
//! store's transaction, so that a crash neither loses nor doubles one.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use lettre::message::Mailbox;
use thiserror::Error;

use crate::alert::{Content, Event, On, Rule, SHOWN, Trouble};
use crate::digest;
use crate::impostor::Level;
use crate::keyword::Brand;
use crate::mail::{self, Envelope, Language, Letter};
use crate::matcher::Scratch;
use crate::mention::Suspect;
use crate::schedule::{Every, Schedule};
use crate::share::Window;
use crate::store::alerts::{About, Group, NewNotice};
use crate::store::recipients::Recipient;
use crate::store::{Store, StoreError, list, sources};
use crate::time::{DAY, HOUR, Time};

mod hold;
mod incidents;
mod raise;
mod reach;
mod rounds;
mod sample;
mod thread;
mod trends;

pub use hold::{CAP, Channel, Manners, Person};
use incidents::{last_of_each, same_matter};
pub use trends::BUCKET;

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
    /// Quiet hours, caps, and what recipients want otherwise.
    pub manners: Manners,
}

impl Composer {
    /// Closes the groups due at `now`, all of them when `all`, and writes their notices. Gives how many.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn close_due(&self, store: &Store, now: Time, all: bool) -> Result<usize, NoticeError> {
        let mut written = 0;
        while let Some(group) = store.next_group()?.filter(|group| all || group.closes <= now) {
            // Where everybody sleeps, the night's alerts are one mail in the morning.
            if !all && let Some(morning) = self.all_quiet_until(&group.rule, now) {
                store.postpone(&group.rule, morning)?;
                continue;
            }
            written += self.close(store, &group, now)?;
        }
        Ok(written + self.tell_held(store, now)?)
    }

    fn close(&self, store: &Store, group: &Group, now: Time) -> Result<usize, NoticeError> {
        store.close_group(group, now)?;
        let written = self.write_alerts(store, &group.rule, group.opened, now)?;
        let told = written > 0;
        Ok(written + if told { self.digest_at_once(store, now)? } else { 0 })
    }

    /// Writes the digests of those who want one whenever alerts are told, about what came since their last.
    fn digest_at_once(&self, store: &Store, now: Time) -> Result<usize, NoticeError> {
        let mut written = 0;
        for round in self.rounds().into_iter().filter(|round| round.schedule.every == Every::AtOnce) {
            let noted = format!("at_once|{}", round.noted);
            let last = store.meta(&noted)?.and_then(|text| text.parse().ok()).map(Time);
            // Up to now, with the mention that made the alert.
            let window = Window { from: last.unwrap_or(now.plus(-DAY)).min(now), to: now.plus(1) };
            store.set_meta(&noted, &window.to.0.to_string())?;
            written += self.write_digest_to(store, window, now, &round.recipients, round.schedule.empty)?;
        }
        Ok(written)
    }

    /// Writes the notices of one closed group, one a recipient; none when everything it tells is gone.
    fn write_alerts(&self, store: &Store, rule: &str, opened: Time, now: Time) -> Result<usize, NoticeError> {
        // A rule that was dropped from the configuration while its group was open is told all the same.
        let known = self.rules.iter().find(|one| one.name == rule);
        let Some(content) = self.content(store, rule, known, opened, now)? else { return Ok(0) };
        let mut written = 0;
        for recipient in self.recipients(known) {
            written += self.tell(store, (rule, known), opened, &content, recipient, now)?;
        }
        for channel in &self.manners.channels {
            written += self.tell_channel(store, (rule, known), opened, &content, channel, now)?;
        }
        Ok(written)
    }

    /// Who is told what a rule raises.
    fn recipients<'a>(&'a self, rule: Option<&'a Rule>) -> &'a [Mailbox] {
        rule.map(|rule| &rule.to).filter(|to| !to.is_empty()).unwrap_or(&self.to)
    }

    /// What a rule asks, in both languages, where it is more than its kind says.
    fn asks(&self, rule: &Rule) -> Option<[String; 2]> {
        (*rule != rule.bare()).then(|| {
            [Language::En, Language::Fr].map(|language| mail::describe(rule, &self.brands, language))
        })
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
        let troubles = last_of_each(&troubles, |one: &Trouble, other| {
            one.source == other.source && one.opened == other.opened && one.opened.is_some()
        });
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
        let events: Vec<Event> = store
            .raised(rule, opened, About::Event)?
            .iter()
            .filter_map(|raised| serde_json::from_str(raised.detail.as_deref()?).ok())
            .collect();
        let events = last_of_each(&events, same_matter);
        if mentions.is_empty() && suspects.is_empty() && troubles.is_empty() && events.is_empty() {
            return Ok(None);
        }
        // What an event shows stands below it; it is not told for itself.
        let shown: Vec<i64> =
            events.iter().flat_map(|event| event.shown.iter().copied()).take(SHOWN).collect();
        if mentions.is_empty() && !shown.is_empty() {
            mentions =
                list::mention_list(connection, &list::Filter { ids: shown, ..list::Filter::default() })?;
        }
        // The words of the rule are marked beside those of the brand: they are why it is told.
        if let Some(terms) = known.and_then(|rule| rule.terms.as_ref()) {
            let mut scratch = Scratch::default();
            for mention in &mut mentions {
                mention.tags.extend(terms.tags(&mention.post, &mention.source, &mut scratch));
            }
        }
        let on = known.map_or_else(
            || {
                if let Some(event) = events.first() {
                    event.kind()
                } else if !troubles.is_empty() {
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
            events,
            asks: known.and_then(|rule| self.asks(rule)),
            names: self.brands.iter().map(|brand| (brand.id.clone(), brand.name.clone())).collect(),
            gaps: sources::gaps(connection, oldest.plus(-HOUR), now)?,
            grouping: known.map_or((0, 0), |rule| (rule.wait.as_secs(), rule.every.as_secs())),
            written: now,
            // The address that stands where none is configured is nobody's.
            answer_to: Some(self.from.email.to_string()).filter(|address| !address.ends_with("@localhost")),
            test: false,
        }))
    }

    /// Writes the digest of `window`, one notice a recipient.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn write_digest(&self, store: &Store, window: Window, now: Time) -> Result<usize, NoticeError> {
        self.write_digest_to(store, window, now, &self.to.iter().collect::<Vec<_>>(), true)
    }

    /// The same for some recipients; `empty`: even one that has nothing to say.
    fn write_digest_to(
        &self,
        store: &Store,
        window: Window,
        now: Time,
        recipients: &[&Mailbox],
        empty: bool,
    ) -> Result<usize, NoticeError> {
        let mut written = 0;
        for recipient in recipients {
            let voice = self.voice(recipient);
            let brands = self.brands_of(recipient);
            store.settle_rollups()?;
            let digest = digest::gather(store.connection(), &brands, window, now)?;
            let held = self.held_from(store, recipient)?;
            if !empty && digest.shares.totals.mentions == 0 && digest.suspects.is_empty() && held.is_empty() {
                continue;
            }
            let lines: Vec<mail::Held> = held.iter().map(hold::line).collect();
            let letter = mail::digest_with(&digest, &lines, voice.language, voice.zone);
            let to = std::slice::from_ref(*recipient);
            let key = format!("digest|digest|{}|{}", window.to.0, recipient.email);
            for notice in &held {
                store.fold_in(notice.id, &key)?;
            }
            written += self.keep(store, ("digest", "digest"), window.to, now, &letter, to)?;
        }
        // What was held back comes with the digest, at the latest.
        Ok(written + self.tell_all_held(store, now)?)
    }

    /// Keeps a letter to each of these, as far as they can be written to.
    fn keep(
        &self,
        store: &Store,
        (kind, rule): (&'static str, &str),
        window: Time,
        now: Time,
        letter: &Letter,
        to: &[Mailbox],
    ) -> Result<usize, NoticeError> {
        let mut written = 0;
        for recipient in to {
            let Some(known) = self.reaches(store, recipient, now)? else { continue };
            let to = std::slice::from_ref(recipient);
            written += self.post(store, (kind, rule), window, now, letter, (to, &known))?;
        }
        Ok(written)
    }

    /// The bytes to send, signed where mails are.
    fn seal(&self, letter: &Letter, envelope: &Envelope) -> Result<Vec<u8>, NoticeError> {
        let bytes = mail::build(letter, envelope)?;
        Ok(match &self.manners.signer {
            Some(signer) => signer.sign(&bytes, envelope.written)?,
            None => bytes,
        })
    }

    /// Keeps a letter to recipients who can be written to.
    fn post(
        &self,
        store: &Store,
        (kind, rule): (&'static str, &str),
        window: Time,
        now: Time,
        letter: &Letter,
        (to, known): (&[Mailbox], &Recipient),
    ) -> Result<usize, NoticeError> {
        let mut written = 0;
        for recipient in to {
            let mut letter = letter.clone();
            let unsubscribe = self.unsubscribe(known, recipient).filter(|_| kind != "confirm");
            self.leave(unsubscribe.as_ref(), recipient, &mut letter);
            self.dress(recipient, &mut letter);
            let key = format!("{kind}|{rule}|{}|{}", window.0, recipient.email);
            let message_id = mail::message_id(&key, self.from.email.domain());
            let envelope = Envelope {
                from: self.sender(recipient),
                to: recipient.clone(),
                key: key.clone(),
                alert: format!("{rule}-{}", window.0),
                rule: rule.to_owned(),
                kind: if matches!(kind, "digest" | "held" | "watch") {
                    mail::Kind::Digest
                } else {
                    mail::Kind::Alert
                },
                thread: None,
                unsubscribe,
                written: now,
            };
            let bytes = self.seal(&letter, &envelope)?;
            let notice = NewNotice {
                key,
                kind,
                rule: rule.to_owned(),
                window,
                recipient: recipient.email.to_string(),
                message_id,
                subject: letter.subject.clone(),
                bytes,
                html: letter.twin(),
                written: now,
                next_try: now,
                useful: None,
                alerts: 0,
                held: false,
            };
            written += usize::from(store.add_notice(&notice)?);
        }
        Ok(written)
    }
}
