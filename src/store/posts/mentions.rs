//! Mentions of stored posts: written, settled again, told to rules.

use rusqlite::params;

use super::{Change, Unit};
use crate::intake::JudgedPost;
use crate::intake::weigh::Weighed;
use crate::matcher::Verdict;
use crate::store::{StoreError, brief, labels};
use crate::time::Time;

impl Unit<'_> {
    /// Mentions of brands that a stored post was not yet held against.
    pub(super) fn add_mentions(&mut self, post: i64, judged: &JudgedPost) -> Result<(), StoreError> {
        const KNOWN: &str = "SELECT 1 FROM mention WHERE post = ?1 AND brand = ?2";
        let mut fresh = Vec::new();
        for verdict in &judged.verdicts {
            if !self.connection.prepare_cached(KNOWN)?.exists(params![post, &*verdict.brand.0])? {
                fresh.push(verdict);
            }
        }
        if fresh.is_empty() {
            return Ok(());
        }
        self.rolled(post, |unit| {
            for verdict in fresh {
                unit.insert_mention(post, judged, verdict)?;
            }
            Ok(())
        })
    }

    /// Writes the verdicts of today over mentions that are there; those without one go. The mentions whose notices
    /// must be composed again.
    pub(in crate::store) fn settle(
        &mut self,
        before: &[(i64, String, bool)],
        judged: &JudgedPost,
    ) -> Result<Vec<i64>, StoreError> {
        const RETAG: &str =
            "UPDATE kept_mention SET tags = ?2, relevance = ?3, rule = ?4, doubtful = ?5, trace = ?6, version = ?7
            WHERE id = ?1";
        const DELETE: &str = "DELETE FROM kept_mention WHERE id = ?1";
        for (mention, brand, doubtful) in before {
            let Some(verdict) = judged.verdicts.iter().find(|verdict| *verdict.brand.0 == **brand) else {
                self.connection.prepare_cached(DELETE)?.execute([mention])?;
                continue;
            };
            let Weighed { relevance, doubtful: now } = self.weighed(judged, verdict)?;
            self.connection.prepare_cached(RETAG)?.execute(params![
                mention,
                brief::tags(&verdict.tags, brief::Said::of(&judged.post))?,
                relevance.permille,
                brief::rule(&relevance.rule),
                now,
                brief::trace(&verdict.trace, &verdict.tags),
                self.rollups.word(self.connection, &verdict.version)?
            ])?;
            if *doubtful && !now {
                self.announce(*mention, judged, verdict);
            }
        }
        Ok(before.iter().map(|(mention, ..)| *mention).collect())
    }

    /// Writes a new mention of a post that was stored before; tells whether it counts.
    pub(in crate::store) fn insert_mention(
        &mut self,
        row: i64,
        judged: &JudgedPost,
        verdict: &Verdict,
    ) -> Result<bool, StoreError> {
        const SEEN: &str = "SELECT seen FROM post WHERE id = ?1";
        let seen = self.connection.prepare_cached(SEEN)?.query_row([row], |row| row.get(0))?;
        self.insert_mention_of((row, Time(seen)), judged, verdict)
    }

    /// Writes a new mention of the post at a row, seen then.
    pub(super) fn insert_mention_of(
        &mut self,
        (row, seen): (i64, Time),
        judged: &JudgedPost,
        verdict: &Verdict,
    ) -> Result<bool, StoreError> {
        const INSERT: &str =
            "INSERT INTO kept_mention (post, brand, version, tags, matched, counted, relevance, rule, doubtful, trace)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let Weighed { relevance, doubtful } = self.weighed(judged, verdict)?;
        self.connection.prepare_cached(INSERT)?.execute(params![
            row,
            self.rollups.word(self.connection, &verdict.brand.0)?,
            self.rollups.word(self.connection, &verdict.version)?,
            brief::tags(&verdict.tags, brief::Said::of(&judged.post))?,
            (self.matched != seen).then_some(self.matched.0),
            judged.counted.0,
            relevance.permille,
            brief::rule(&relevance.rule),
            doubtful,
            brief::trace(&verdict.trace, &verdict.tags)
        ])?;
        if !doubtful {
            self.tally.mentions += 1;
            self.announce(self.connection.last_insert_rowid(), judged, verdict);
        }
        Ok(!doubtful)
    }

    /// What is thought of a mention, or what a person has said of it.
    pub(super) fn weighed(&self, judged: &JudgedPost, verdict: &Verdict) -> Result<Weighed, StoreError> {
        if self.unheard {
            return Ok(judged.weighed(&verdict.brand));
        }
        let post = &judged.post;
        let said = labels::said(self.connection, post.network.as_str(), &post.native_id, &verdict.brand.0)?;
        Ok(said.map_or_else(|| judged.weighed(&verdict.brand), Weighed::said))
    }

    /// Tells rules of a mention that counts from now on.
    pub(super) fn announce(&mut self, id: i64, judged: &JudgedPost, verdict: &Verdict) {
        self.changes.push(Change::Mention {
            id,
            post: (judged.post.network.clone(), judged.post.native_id.clone()),
            brand: verdict.brand.clone(),
            counted: judged.counted,
            fresh: judged.fresh,
        });
    }
}
