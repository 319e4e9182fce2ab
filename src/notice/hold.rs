//! Who is told when: quiet hours, caps, what recipients want otherwise; and one mail with what was held back.

use std::time::Duration;

use jiff::tz::TimeZone;
use lettre::message::Mailbox;

use super::{Composer, NoticeError, thread};
use crate::alert::{Content, Rule};
use crate::keyword::{Brand, BrandId};
use crate::mail::dkim::Signer;
use crate::mail::{self, Envelope, Form, Held, Language, Look, chat};
use crate::schedule::{Quiet, Schedule};
use crate::store::Store;
use crate::store::alerts::{HeldNotice, NewNotice};
use crate::time::{HOUR, Time};

/// Alerts that one address gets in an hour with the rules of a preset, where nobody says: as many as a person reads.
pub const CAP: u32 = 20;
/// Letters of the name of a sender.
const NAME: usize = 60;
/// An alert is news for half a day, where nobody says; later it stands in a digest.
const USEFUL: Duration = Duration::from_secs(12 * 3600);

/// How recipients are treated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manners {
    /// Hours in which only critical rules tell.
    pub quiet: Option<Quiet>,
    /// Alerts that one address gets in an hour, if there is a limit; the rest is listed in one mail.
    pub cap: Option<u32>,
    /// For how long an alert is worth sending.
    pub useful: Duration,
    /// What single recipients want otherwise.
    pub people: Vec<Person>,
    /// Chats and programs that are told too.
    pub channels: Vec<Channel>,
    /// When everybody is told that Vigie is still on watch, if at all.
    pub still_on_watch: Option<Schedule>,
    /// The https address at which others reach the web door, when they do: mails lead there.
    pub public_url: Option<String>,
    /// Whether a new address is asked before it gets anything.
    pub confirm: bool,
    /// What signs mails, where the mail server does not.
    pub signer: Option<Signer>,
}

/// A chat or a program that is told, beside the mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// In which form it takes messages.
    pub form: Form,
    /// Only alerts of these rules; of all when empty.
    pub rules: Vec<String>,
    /// Its language, where it is another than that of mails.
    pub language: Option<Language>,
}

impl Default for Manners {
    fn default() -> Manners {
        Manners {
            quiet: None,
            cap: None,
            useful: USEFUL,
            people: Vec::new(),
            channels: Vec::new(),
            still_on_watch: None,
            public_url: None,
            confirm: false,
            signer: None,
        }
    }
}

/// What one recipient wants otherwise than everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The address.
    pub address: Mailbox,
    /// The language of mails.
    pub language: Option<Language>,
    /// The zone of times and of quiet hours.
    pub zone: Option<TimeZone>,
    /// Quiet hours.
    pub quiet: Option<Quiet>,
    /// Alerts in an hour.
    pub cap: Option<u32>,
    /// Only these brands; all when empty.
    pub brands: Vec<BrandId>,
    /// When digests fall due, where that is at other times than for everybody.
    pub schedule: Option<Schedule>,
    /// How mails look.
    pub look: Look,
}

/// In what language and zone somebody is spoken to.
pub(super) struct Voice<'a> {
    pub(super) language: Language,
    pub(super) zone: &'a TimeZone,
}

impl Manners {
    /// Addresses that are written to in another name than ours, with that name.
    pub fn names(&self) -> Vec<(String, String)> {
        let named = |person: &Person| Some((person.address.email.to_string(), person.look.name.clone()?));
        self.people.iter().filter_map(named).collect()
    }
}

impl Composer {
    fn person(&self, recipient: &Mailbox) -> Option<&Person> {
        self.manners.people.iter().find(|person| person.address.email == recipient.email)
    }

    pub(super) fn voice(&self, recipient: &Mailbox) -> Voice<'_> {
        let person = self.person(recipient);
        Voice {
            language: person.and_then(|person| person.language).unwrap_or(self.language),
            zone: person.and_then(|person| person.zone.as_ref()).unwrap_or(&self.zone),
        }
    }

    /// Lets a letter look as its recipient wants.
    pub(super) fn dress(&self, recipient: &Mailbox, letter: &mut mail::Letter) {
        if let Some(person) = self.person(recipient).filter(|person| person.look != Look::default()) {
            person.look.dress(letter);
        }
    }

    /// In whose name a recipient is written to: the address is ours, the name may be somebody else's.
    pub(super) fn sender(&self, recipient: &Mailbox) -> Mailbox {
        let name = self.person(recipient).and_then(|person| person.look.name.as_deref());
        match name.map(|name| mail::clean::short(name, NAME)).filter(|name| !name.is_empty()) {
            Some(name) => Mailbox::new(Some(name), self.from.email.clone()),
            None => self.from.clone(),
        }
    }

    /// When the digests of a recipient fall due, where that is at times of its own.
    pub(super) fn own_schedule(&self, recipient: &Mailbox) -> Option<Schedule> {
        self.person(recipient).and_then(|person| person.schedule)
    }

    /// The brands that a recipient wants to hear of.
    pub(super) fn brands_of(&self, recipient: &Mailbox) -> Vec<Brand> {
        let wanted = self.person(recipient).map(|person| person.brands.as_slice()).unwrap_or_default();
        let all = self.brands.iter();
        all.filter(|brand| wanted.is_empty() || wanted.contains(&brand.id)).cloned().collect()
    }

    /// When the quiet hours of a recipient end, while they last.
    fn quiet_until(&self, recipient: &Mailbox, now: Time) -> Option<Time> {
        let person = self.person(recipient);
        let quiet = person.and_then(|person| person.quiet).or(self.manners.quiet)?;
        quiet.until(now, self.voice(recipient).zone)
    }

    /// When the first of those whom a rule tells can be told, while all of them want quiet. Critical rules wait for nobody.
    pub(super) fn all_quiet_until(&self, rule: &str, now: Time) -> Option<Time> {
        let known = self.rules.iter().find(|one| one.name == rule);
        if known.is_some_and(|rule| rule.critical) {
            return None;
        }
        let ends: Option<Vec<Time>> =
            self.recipients(known).iter().map(|recipient| self.quiet_until(recipient, now)).collect();
        ends?.into_iter().min()
    }

    /// Writes one alert to one recipient: at once, in the morning, or only as a line of what was held back.
    pub(super) fn tell(
        &self,
        store: &Store,
        (name, rule): (&str, Option<&Rule>),
        opened: Time,
        content: &Content,
        recipient: &Mailbox,
        now: Time,
    ) -> Result<usize, NoticeError> {
        let person = self.person(recipient);
        let wanted = person.map(|person| person.brands.as_slice()).unwrap_or_default();
        let Some(content) = content.only(wanted) else { return Ok(0) };
        let Some(known) = self.reaches(store, recipient, now)? else { return Ok(0) };
        let address = recipient.email.to_string();
        let critical = rule.is_some_and(|rule| rule.critical);
        let quiet = self.quiet_until(recipient, now).filter(|_| !critical);
        let cap = person.and_then(|person| person.cap).or(self.manners.cap).filter(|_| !critical);
        let held = match cap {
            Some(cap) => store.written_to(&address, now.plus(-HOUR))? >= cap,
            None => false,
        };
        let Voice { language, zone } = self.voice(recipient);
        let mut letter = mail::alert(&content, language, zone);
        let key = format!("alert|{name}|{}|{}", opened.0, recipient.email);
        let message_id = mail::message_id(&key, self.from.email.domain());
        // Where it is only listed, it is listed by what it says itself.
        let alone = letter.subject.clone();
        let thread =
            self.thread(store, (name, &content), (&mut letter, &message_id), (&address, !held), now)?;
        let answers = thread.answers.clone();
        let unsubscribe = self.unsubscribe(&known, recipient);
        self.leave(unsubscribe.as_ref(), recipient, &mut letter);
        self.dress(recipient, &mut letter);
        let bytes = if held {
            Vec::new()
        } else {
            let envelope = Envelope {
                from: self.sender(recipient),
                to: recipient.clone(),
                key: key.clone(),
                alert: format!("{name}-{}", opened.0),
                rule: name.to_owned(),
                kind: mail::Kind::Alert,
                thread: Some(thread),
                unsubscribe,
                written: now,
            };
            self.seal(&letter, &envelope)?
        };
        let next_try = quiet.unwrap_or(now);
        let notice = NewNotice {
            message_id,
            key,
            kind: "alert",
            rule: name.to_owned(),
            window: opened,
            recipient: address,
            subject: if held { alone } else { letter.subject.clone() },
            bytes,
            html: if held { String::new() } else { letter.twin() },
            written: now,
            next_try,
            useful: (!critical).then(|| next_try.after(self.manners.useful)),
            alerts: store.raised_count(name, opened)?,
            held,
        };
        if !store.add_notice(&notice)? || held {
            return Ok(0);
        }
        thread::keep_place(store, &notice, (name, &content), answers.as_deref())?;
        Ok(1)
    }

    /// Writes one alert to a channel: at once, whatever the hour; who wants quiet there has it from the chat.
    pub(super) fn tell_channel(
        &self,
        store: &Store,
        (name, rule): (&str, Option<&Rule>),
        opened: Time,
        content: &Content,
        channel: &Channel,
        now: Time,
    ) -> Result<usize, NoticeError> {
        if !channel.rules.is_empty() && channel.rules.iter().all(|one| one != name) {
            return Ok(0);
        }
        let critical = rule.is_some_and(|rule| rule.critical);
        let recipient = format!("channel:{}", channel.name);
        let key = format!("alert|{name}|{}|{recipient}", opened.0);
        let message_id = mail::message_id(&key, self.from.email.domain());
        let brief = mail::brief(content, channel.language.unwrap_or(self.language), &self.zone);
        let id = message_id.trim_matches(['<', '>']);
        let notice = NewNotice {
            bytes: chat::body(channel.form, id, content, &brief, critical),
            message_id,
            key,
            kind: "alert",
            rule: name.to_owned(),
            window: opened,
            recipient,
            subject: brief.title,
            html: String::new(),
            written: now,
            next_try: now,
            useful: None,
            alerts: store.raised_count(name, opened)?,
            held: false,
        };
        if !store.add_notice(&notice)? {
            return Ok(0);
        }
        store.keep_in_order(&notice.key, &notice.recipient, &thread::lasting(name, content))?;
        Ok(1)
    }

    /// The next moment at which what is held back is told: an hour after the first of it.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn next_held(&self, store: &Store) -> Result<Option<Time>, NoticeError> {
        Ok(store.held_since()?.map(|first| first.plus(HOUR)))
    }

    /// Tells what has been held back for an hour, and what was held back since.
    pub(super) fn tell_held(&self, store: &Store, now: Time) -> Result<usize, NoticeError> {
        if self.next_held(store)?.is_none_or(|due| due > now) {
            return Ok(0);
        }
        self.tell_all_held(store, now)
    }

    /// What is held back from one recipient.
    pub(super) fn held_from(
        &self,
        store: &Store,
        recipient: &Mailbox,
    ) -> Result<Vec<HeldNotice>, NoticeError> {
        let address = recipient.email.to_string();
        let mut held = store.held()?;
        held.retain(|notice| notice.recipient == address);
        Ok(held)
    }

    /// Writes one mail a recipient with everything that was held back from it.
    pub(super) fn tell_all_held(&self, store: &Store, now: Time) -> Result<usize, NoticeError> {
        let held = store.held()?;
        let mut written = 0;
        for of_one in held.chunk_by(|one, other| one.recipient == other.recipient) {
            let Some(first) = of_one.first() else { continue };
            let Ok(address) = first.recipient.parse() else { continue };
            let recipient = Mailbox::new(None, address);
            let Voice { language, zone } = self.voice(&recipient);
            let lines: Vec<Held> = of_one.iter().map(line).collect();
            let letter = mail::held(&lines, now, language, zone);
            let key = format!("held|held|{}|{}", first.written.0, recipient.email);
            let to = std::slice::from_ref(&recipient);
            written += self.keep(store, ("held", "held"), first.written, now, &letter, to)?;
            for notice in of_one {
                store.fold_in(notice.id, &key)?;
            }
        }
        Ok(written)
    }
}

pub(super) fn line(notice: &HeldNotice) -> Held {
    Held { subject: notice.subject.clone(), rule: notice.rule.clone(), written: notice.written }
}
