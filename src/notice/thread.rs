//! Mails of one matter make one thread: later ones answer the first, under the same subject with a word for how it
//! stands.

use super::{Composer, NoticeError};
use crate::alert::{Content, On};
use crate::mail::{self, Letter};
use crate::store::Store;
use crate::store::alerts::NewNotice;
use crate::store::incidents::Root;
use crate::time::{DAY, Time};

/// How long a mail holds up those behind it in a thread of new mentions: its first three retries (after 1, 2 and 5 minutes).
/// What passes, passes within them: a server that restarts, greylisting. What lasts longer is this mail's own trouble, such
/// as a filter that does not like its words, and must not keep a day of alerts from somebody; those carry the same subject
/// and In-Reply-To, so mail programs sort them in when the first one comes after all. For the same reason mails of
/// such a thread do not wait for each other's first attempt: one that hangs would hold up all, and at a slow server one mail at
/// a time would be slower than they come. What goes on (an incident) is told in a handful of mails that make no sense in another order: those wait.
const PATIENCE: i64 = 10 * 60_000;

/// A thread whose first mail may be as old as it likes.
const EVER: Time = Time(i64::MIN);

impl Composer {
    /// Puts a letter to `recipient` into the thread of what it tells, where there is one, and gives what its envelope says
    /// of that. `sent`: whether it goes out, so that others may answer it.
    pub(super) fn thread(
        &self,
        store: &Store,
        (rule, content): (&str, &Content),
        (letter, message_id): (&mut Letter, &str),
        (recipient, sent): (&str, bool),
        now: Time,
    ) -> Result<mail::Thread, NoticeError> {
        let matters = matters(rule, content, now);
        let mut root = None;
        for (thread, from) in &matters {
            let found = store.root(thread, recipient, *from)?;
            // Written again, a mail that opened a thread still does.
            root = root.or(found.filter(|root| root.message_id != message_id));
        }
        let root = match root {
            Some(root) => {
                letter.follow(&root.topic);
                Some(root)
            }
            None => None,
        };
        let first = root.clone().unwrap_or_else(|| Root {
            message_id: message_id.to_owned(),
            topic: letter.topic.clone(),
            opened: now,
        });
        if sent {
            for (thread, from) in &matters {
                if store.root(thread, recipient, *from)?.is_none() {
                    store.set_root(thread, recipient, &first)?;
                }
            }
        }
        Ok(mail::Thread { topic: first.topic, answers: root.map(|root| root.message_id) })
    }
}

/// Lets a mail leave in its place: strictly in order about what goes on; in any other thread no mail overtakes one
/// that failed, for [`PATIENCE`] from when that one was `due`.
pub(super) fn keep_place(
    store: &Store,
    notice: &NewNotice,
    (rule, content): (&str, &Content),
    answers: Option<&str>,
) -> Result<(), NoticeError> {
    store.keep_in_order(&notice.key, &notice.recipient, &lasting(rule, content))?;
    let root = answers.unwrap_or(&notice.message_id);
    store.keep_thread(&notice.key, root, notice.next_try.plus(PATIENCE))?;
    Ok(())
}

/// The threads of a mail in which order counts: of what goes on, and of accounts under suspicion.
pub(super) fn lasting(rule: &str, content: &Content) -> Vec<String> {
    let matters = matters(rule, content, content.written);
    matters.into_iter().filter(|(_, from)| *from == EVER).map(|(matter, _)| matter).collect()
}

/// The threads that a mail belongs to, each with how old its first mail may be: what goes on has one for as long as it
/// does, an account under suspicion one for ever, whatever the rule; new mentions of the same brands, or
/// by the same author where a rule is about authors, one a day.
fn matters(rule: &str, content: &Content, now: Time) -> Vec<(String, Time)> {
    let (ever, day) = (EVER, now.plus(-DAY));
    let mut matters: Vec<(String, Time)> = Vec::new();
    for event in &content.events {
        let brand = &event.brand;
        matters.push(match event.opened {
            Some(opened) => (format!("{rule}|{brand}|{}", opened.0), ever),
            None => (format!("{rule}|{brand}"), day),
        });
    }
    for suspect in &content.suspects {
        let (network, account) = (&suspect.network, &suspect.author.native_id);
        matters.push((format!("case|{network}|{account}|{}", suspect.suspicion.brand), ever));
    }
    for trouble in &content.troubles {
        let opened = trouble.opened.unwrap_or(trouble.since);
        matters.push((format!("{rule}|{}|{}", trouble.source, opened.0), ever));
    }
    if matters.is_empty() && matches!(content.on, On::FirstAuthor | On::BigAuthor | On::OfficialPost) {
        for mention in &content.mentions {
            let author = mention.post.author.as_ref().map(|author| author.native_id.as_str());
            let (network, author) = (&mention.post.network, author.unwrap_or_default());
            matters.push((format!("{rule}|{}|{network}|{author}", mention.brand), day));
        }
    }
    if matters.is_empty() {
        let mut brands: Vec<&str> = content.by_brand.iter().map(|(brand, _)| brand.as_str()).collect();
        brands.sort_unstable();
        matters.push((format!("{rule}|{}", brands.join("|")), day));
    }
    matters.dedup();
    matters
}
