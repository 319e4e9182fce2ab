//! Who wrote: authors as their networks tell of them.

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension as _, Row};

use super::row::{self, number, text, whole};
use super::{Change, REMOVED, Unit};
use crate::impostor::Stance;
use crate::intake::Official;
use crate::post::{Account, Author};
use crate::store::{StoreError, accounts, answers};

/// The state of an account that is simply there.
const ACTIVE: &str = "active";

/// What is told of an author, as its row has it: handle, name, bio, picture, address, followers, creation, whether it is
/// verified and a bot, status, links, posts.
fn told<'a>(
    author: &'a Author,
    status: Option<&'a str>,
    links: Option<&'a str>,
) -> [Option<ValueRef<'a>>; 12] {
    [
        text(author.handle.as_deref()),
        text(author.display_name.as_deref()),
        text(author.bio.as_deref()),
        text(author.avatar.as_deref()),
        text(author.url.as_deref()),
        author.followers.map(|count| ValueRef::Integer(whole(count))),
        author.created.map(|time| ValueRef::Integer(time.0)),
        author.verified.map(|is| ValueRef::Integer(is.into())),
        author.bot.map(|is| ValueRef::Integer(is.into())),
        text(status),
        text(links),
        author.posts.map(|count| ValueRef::Integer(whole(count))),
    ]
}

/// Whether some of what is told is not what the row has after its id; late, only what it has nothing of is news.
fn is_news(row: &Row<'_>, told: &[Option<ValueRef<'_>>], late: bool) -> rusqlite::Result<bool> {
    for (place, told) in (1..).zip(told) {
        let Some(told) = told else { continue };
        let kept = row.get_ref(place)?;
        if kept == ValueRef::Null || (!late && kept != *told) {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Unit<'_> {
    /// Whether the account was taken away at its network.
    pub(in crate::store) fn is_removed(&self, network: &str, native_id: &str) -> Result<bool, StoreError> {
        const BURIED: &str =
            "SELECT 1 FROM tombstone WHERE network = ?1 AND native_id = ?2 AND what = 'account'";
        Ok(self.seen_before.may_hold(REMOVED, native_id)
            && self.connection.prepare_cached(BURIED)?.exists([network, native_id])?)
    }

    /// The row of an author, brought up to date.
    pub(in crate::store) fn author(&mut self, network: &str, author: &Author) -> Result<i64, StoreError> {
        self.author_row(network, author, None)
    }

    /// The row of an author as the network tells of it, made or brought up to date.
    fn author_row(
        &mut self,
        network: &str,
        author: &Author,
        status: Option<&str>,
    ) -> Result<i64, StoreError> {
        const KNOWN: &str = "SELECT id, handle, display_name, bio, avatar, url, followers, created, verified, bot, status, links, posts
            FROM author WHERE network = ?1 AND native_id = ?2";
        const NEW: &str =
            "INSERT INTO author (network, native_id, handle, display_name, bio, avatar, url, followers, created,
                verified, bot, status, links, posts, first_seen, refreshed)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15)";
        // Of one that is known: only what was not known.
        const FILL: &str =
            "UPDATE author SET handle = coalesce(handle, ?3), display_name = coalesce(display_name, ?4), bio = coalesce(bio, ?5),
                avatar = coalesce(avatar, ?6), url = coalesce(url, ?7), followers = coalesce(followers, ?8),
                created = coalesce(created, ?9), verified = coalesce(verified, ?10), bot = coalesce(bot, ?11),
                status = coalesce(status, ?12), links = coalesce(links, ?13), posts = coalesce(posts, ?14)
            WHERE network = ?1 AND native_id = ?2";
        // What the network leaves out now is kept from before.
        const REFRESH: &str =
            "UPDATE author SET handle = coalesce(?3, handle), display_name = coalesce(?4, display_name), bio = coalesce(?5, bio),
                avatar = coalesce(?6, avatar), url = coalesce(?7, url), followers = coalesce(?8, followers),
                created = coalesce(?9, created), verified = coalesce(?10, verified), bot = coalesce(?11, bot),
                status = coalesce(?12, status), links = coalesce(?13, links), posts = coalesce(?14, posts),
                refreshed = ?15
            WHERE network = ?1 AND native_id = ?2";
        let links = (!author.verified_links.is_empty()).then(|| author.verified_links.join("\n"));
        let told = told(author, status, links.as_deref());
        let place = [network, author.native_id.as_str()];
        let known: Option<(i64, bool)> = if self.seen_before.meet_author(network, &author.native_id) {
            self.connection
                .prepare_cached(KNOWN)?
                .query_row(place, |row| Ok((row.get(0)?, is_news(row, &told, self.late)?)))
                .optional()?
        } else {
            None
        };
        let now = number(self.seen.0);
        let (write, now) = match known {
            Some((id, false)) => return Ok(id),
            Some(_) if self.late => (FILL, None),
            Some(_) => (REFRESH, now),
            None => (NEW, now),
        };
        let [network, native_id] = place.map(|text| Some(ValueRef::Text(text.as_bytes())));
        let mut statement = self.connection.prepare_cached(write)?;
        let row = [network, native_id].into_iter().chain(told).chain([now]);
        row::run(&mut statement, row)?;
        Ok(known.map_or_else(|| self.connection.last_insert_rowid(), |(id, _)| id))
    }

    /// Stores what the network says of an account: of those under suspicion, and of authors already known.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn save_account(
        &mut self,
        account: &Account,
        stance: &Stance,
        official: Official,
    ) -> Result<(), StoreError> {
        const KNOWN: &str = "SELECT 1 FROM author WHERE network = ?1 AND native_id = ?2";
        const BURIED: &str =
            "SELECT 1 FROM tombstone WHERE network = ?1 AND native_id = ?2 AND what = 'account'";
        const LIFT: &str = "DELETE FROM tombstone WHERE network = ?1 AND native_id = ?2 AND what = 'account'";
        const BACK: &str = "UPDATE author SET status = NULL WHERE network = ?1 AND native_id = ?2";
        let network = account.network.as_str();
        let place = [network, account.author.native_id.as_str()];
        // Deactivated and suspended accounts come back; only the network's own word for it counts.
        let active = account.status.as_deref() == Some(ACTIVE);
        if active {
            self.connection.prepare_cached(LIFT)?.execute(place)?;
            self.connection.prepare_cached(BACK)?.execute(place)?;
        } else if self.connection.prepare_cached(BURIED)?.exists(place)? {
            return Ok(());
        }
        if official == Official::Declared {
            let before = accounts::track(self.connection, network, &account.author, self.seen)?;
            self.changes.extend(before.into_iter().map(Change::Account));
        }
        let known = self.connection.prepare_cached(KNOWN)?.exists(place)?;
        if !known && stance.suspicions().is_empty() {
            return Ok(());
        }
        let status = account.status.as_deref().filter(|_| !active);
        let author = self.author_row(network, &account.author, status)?;
        for suspicion in answers::suspicions(self.connection, author, stance)? {
            self.save_suspicion(author, network, &account.author.native_id, &suspicion, true)?;
        }
        Ok(())
    }
}
