//! What may leave Vigie: of networks that let only identifiers, links and counts go further, and of authors who asked
//! not to be shown elsewhere, no words are exported.
//!
//! What a person brought (imports, pushes, captures) is theirs, whichever network it was written on.

use std::collections::HashSet;

use rusqlite::Connection;

use crate::mention::{Mention, Suspect};
use crate::network::{Export, spec};
use crate::snapshot::Snapshot;
use crate::store::accounts::AccountDay;
use crate::store::{StoreError, sources};

/// What is held back.
#[derive(Debug)]
pub(super) struct Duty {
    /// Names of the sources whose network lets no texts go further, and those networks.
    sources: HashSet<String>,
    networks: HashSet<String>,
    /// Names of the sources of which nothing but counts may go further.
    silent: HashSet<String>,
}

impl Duty {
    /// The duties that come with the sources of a store.
    pub(super) fn of(connection: &Connection) -> Result<Duty, StoreError> {
        Duty::but(connection, &[])
    }

    /// The same, but for networks whose texts a person lets out by hand.
    pub(super) fn but(connection: &Connection, freed: &[String]) -> Result<Duty, StoreError> {
        let mut duty = Duty { sources: HashSet::new(), networks: HashSet::new(), silent: HashSet::new() };
        for source in sources::sources(connection)? {
            let Some(spec) = spec(&source.network) else { continue };
            if spec.offer.export == Export::Full || freed.iter().any(|freed| freed == spec.name) {
                continue;
            }
            if spec.offer.export == Export::Counts {
                duty.silent.insert(source.name.clone());
            }
            duty.sources.insert(source.name);
            duty.networks.insert(source.network);
        }
        Ok(duty)
    }

    /// Takes out of a mention what may not leave.
    pub(super) fn hold(&self, mention: &mut Mention) {
        if mention.post.quiet || self.sources.contains(&mention.source) {
            mention.post.keep_only_links();
        }
    }

    /// Whether a mention may leave at all: of some networks only counts may.
    pub(super) fn lets_out(&self, mention: &Mention) -> bool {
        !self.silent.contains(&mention.source)
    }

    /// Takes out of a suspect what may not leave.
    pub(super) fn hold_suspect(&self, suspect: &mut Suspect) {
        if self.sources.contains(&suspect.source) {
            let account = &mut suspect.author;
            (account.display_name, account.bio, account.avatar) = (None, None, None);
            account.verified_links.clear();
            for signal in &mut suspect.suspicion.signals {
                signal.raw.clear();
                signal.folded.clear();
            }
        }
    }

    /// Takes out of what an account was on a day what may not leave.
    pub(super) fn hold_account(&self, day: &mut AccountDay) {
        if self.networks.contains(&day.network) {
            (day.display_name, day.bio, day.avatar) = (None, None, None);
        }
    }

    /// The same for the posts that stand out and the suspects in a snapshot, where sources are not told apart.
    pub(super) fn hold_all(&self, snapshot: &mut Snapshot) {
        let posts = snapshot.brands.iter_mut().flat_map(|brand| {
            let own = brand.profiles.iter_mut().flat_map(|profile| {
                let unusual = profile.unusual.iter_mut().map(|unusual| &mut unusual.post);
                profile.best.iter_mut().chain(&mut profile.worst).chain(unusual)
            });
            brand.top_posts.iter_mut().chain(own)
        });
        for post in posts.filter(|post| !post.example && self.networks.contains(&post.network)) {
            post.title = None;
            post.excerpt.clear();
        }
        // The reasons quote the name, the bio and the posts.
        let suspects = snapshot.brands.iter_mut().flat_map(|brand| &mut brand.suspects);
        for account in suspects.filter(|account| !account.example && self.networks.contains(&account.network))
        {
            account.display_name = None;
            account.reasons.clear();
        }
    }
}
