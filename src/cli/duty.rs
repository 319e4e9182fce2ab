//! What may leave Vigie: of networks that let only identifiers, links and counts go further, and of authors who asked
//! not to be shown elsewhere, no words are exported.
//!
//! What a person brought (imports, pushes, captures) is theirs, whichever network it was written on.

use std::collections::HashSet;

use rusqlite::Connection;

use crate::mention::Mention;
use crate::network::{Export, spec};
use crate::snapshot::Snapshot;
use crate::store::{StoreError, sources};

/// What is held back.
#[derive(Debug)]
pub(super) struct Duty {
    /// Names of the sources whose network lets no texts go further, and those networks.
    sources: HashSet<String>,
    networks: HashSet<String>,
}

impl Duty {
    /// The duties that come with the sources of a store.
    pub(super) fn of(connection: &Connection) -> Result<Duty, StoreError> {
        let links = |network: &str| spec(network).is_some_and(|spec| spec.offer.export == Export::Links);
        let held = sources::sources(connection)?.into_iter().filter(|source| links(&source.network));
        let (sources, networks) = held.map(|source| (source.name, source.network)).unzip();
        Ok(Duty { sources, networks })
    }

    /// Takes out of a mention what may not leave.
    pub(super) fn hold(&self, mention: &mut Mention) {
        if mention.post.quiet || self.sources.contains(&mention.source) {
            mention.post.keep_only_links();
        }
    }

    /// The same for the posts that stand out in a snapshot, where sources are not told apart.
    pub(super) fn hold_all(&self, snapshot: &mut Snapshot) {
        let posts = snapshot.brands.iter_mut().flat_map(|brand| &mut brand.top_posts);
        for post in posts.filter(|post| !post.example && self.networks.contains(&post.network)) {
            post.title = None;
            post.excerpt.clear();
        }
    }
}
