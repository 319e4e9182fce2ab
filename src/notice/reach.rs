//! Who can be written to: not those who want no mails, whose address bounces, or who have yet to say that it is theirs.

use lettre::message::Mailbox;

use super::{Composer, NoticeError};
use crate::mail::{self, Letter, Unsubscribe};
use crate::store::Store;
use crate::store::recipients::Recipient;
use crate::time::Time;

impl Composer {
    /// Whether `recipient` can be told something now. A new address is asked first whether it wants to, where that is
    /// configured.
    pub(super) fn reaches(
        &self,
        store: &Store,
        recipient: &Mailbox,
        now: Time,
    ) -> Result<Option<Recipient>, NoticeError> {
        let address = recipient.email.to_string();
        let known = store.recipient(&address, !self.manners.confirm, now)?;
        if known.unsubscribed.is_some() || store.is_suspended(&address, now)? {
            return Ok(None);
        }
        if !self.manners.confirm || known.confirmed.is_some() {
            return Ok(Some(known));
        }
        if known.asked.is_none() {
            store.asked_to_confirm(&address, now)?;
            let voice = self.voice(recipient);
            let link = self
                .manners
                .public_url
                .as_ref()
                .map(|url| format!("{url}/confirm/{}?lang={}", known.token, voice.language.code()));
            let letter = mail::confirm(&address, link.as_deref(), self.from.email.as_ref(), voice.language);
            let to = std::slice::from_ref(recipient);
            self.post(store, ("confirm", "confirm"), known.since, now, &letter, (to, &known))?;
        }
        Ok(None)
    }

    /// How the mails to an address are ended: at the web door where others reach it, else by a mail to whoever sends them.
    pub(super) fn unsubscribe(&self, known: &Recipient, recipient: &Mailbox) -> Option<Unsubscribe> {
        if let Some(url) = &self.manners.public_url {
            let language = self.voice(recipient).language.code();
            return Some(Unsubscribe::Link(format!("{url}/unsubscribe/{}?lang={language}", known.token)));
        }
        // The address that stands where none is configured is nobody's.
        let from = self.from.email.to_string();
        (!from.ends_with("@localhost")).then_some(Unsubscribe::Mail(from))
    }

    /// Says in a letter how the mails to its recipient are ended, where they can be.
    pub(super) fn leave(&self, way: Option<&Unsubscribe>, recipient: &Mailbox, letter: &mut Letter) {
        if let Some(way) = way {
            letter.leave(way, recipient.email.as_ref(), self.voice(recipient).language);
        }
    }
}
