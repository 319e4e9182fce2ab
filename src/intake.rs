//! Intake: a page becomes steps for the store. Every post is matched, every author held against the brands,
//! every moment settled. Pure: the same page gives the same steps.

use std::collections::HashMap;
use std::sync::Arc;

use self::weigh::{Scales, Weighed};
use crate::impostor::{Album, Beside, Lookout, Own, Picture, Stance};
use crate::keyword::{Brand, BrandId};
use crate::language;
use crate::matcher::{BuildError, Matcher, Scratch, Verdict};
use crate::network::{Dates, Page};
use crate::post::{Author, NetworkName, Post};
use crate::relevance::Label;
use crate::sentiment::Moods;
use crate::story::{Piece, Sketch};
use crate::time::{DAY, Time};

mod step;
mod wants;
pub mod weigh;

pub use step::{Answer, Judged, JudgedPost, Official, PassedOver, PostId, Reply, Step};
pub use wants::{Wants, is_telling, may_concern};

/// Everything that decides about a post: the brands, compiled both ways.
#[derive(Debug)]
pub struct Judge {
    /// Finds keywords.
    pub matcher: Arc<Matcher>,
    /// Finds impostors.
    pub lookout: Lookout,
    /// Knows who speaks for the brands.
    pub own: Arc<Own>,
    /// Weighs mentions of ambiguous names.
    pub scales: Scales,
    /// Reads how mentions speak.
    pub moods: Moods,
    /// Pictures of accounts that were looked at, by their addresses.
    pictures: HashMap<String, Picture>,
}

/// Characters kept of an answer: evidence, no archive.
const ANSWER: usize = 1_000;

/// Where a page comes from, as far as it decides.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'s> {
    /// The source that brought it.
    pub source: &'s str,
    /// Who sets its publication times.
    pub dates: Dates,
    /// Whether the source is catching up on the past, so that publication times count whoever set them.
    pub look_back: bool,
}

impl Judge {
    /// Compiles `brands`.
    ///
    /// # Errors
    /// When there are more keywords than an automaton can hold.
    pub fn new(brands: &[Brand]) -> Result<Judge, BuildError> {
        let (matcher, lookout) = (Arc::new(Matcher::new(brands)?), Lookout::new(brands));
        let (scales, moods) = (Scales::default(), Moods::default());
        let own = Arc::new(Own::new(brands));
        Ok(Judge { matcher, lookout, own, scales, moods, pictures: HashMap::new() })
    }

    /// Learns what people said of mentions; what was learned before is forgotten.
    pub fn learn(&mut self, labels: HashMap<BrandId, Vec<Label>>) {
        self.scales = Scales::taught(labels);
    }

    /// Knows these pictures from here on, and no others.
    pub fn see(&mut self, album: Album) {
        self.lookout.know_pictures(&album.of_accounts);
        self.pictures = album.by_address;
    }

    /// Judges everything on a page.
    pub fn judge(&self, page: Page, origin: Origin<'_>, seen: Time, scratch: &mut Scratch) -> Judged {
        let mut judged = self.matched(page, origin, seen, scratch);
        self.weigh_all(&mut judged.steps);
        judged
    }

    /// Decides what on a page is a mention, and of whom; how sure that is, the language and the rest is left to
    /// [`Judge::weigh_all`].
    pub fn matched(&self, page: Page, origin: Origin<'_>, seen: Time, scratch: &mut Scratch) -> Judged {
        let Origin { source, dates, look_back } = origin;
        let mut judged =
            Judged { cursor: page.cursor, missed: page.missed, until: page.until, ..Judged::default() };
        judged
            .steps
            .reserve(page.posts.len() + page.edits.len() + page.deletions.len() + page.accounts.len());
        for post in page.posts.into_iter().chain(page.edits) {
            let verdicts = self.matcher.mentions(&post, source, scratch);
            if verdicts.is_empty() {
                let step = if let Some(reply) = self.reply(&post, origin, seen) {
                    Step::Reply(Box::new(reply))
                } else if let Some(answer) = self.answer(&post, &[], None, seen) {
                    Step::Answer(answer)
                } else {
                    Step::Passed(PostId { network: post.network, native_id: post.native_id })
                };
                judged.steps.push((seen, step));
                continue;
            }
            let counted = counted(post.published, dates, look_back, seen);
            let fresh = is_fresh(post.published, counted, dates, seen);
            let author = post.author.as_ref();
            let stance = author.map(|author| self.stance(&post.network, author, seen)).unwrap_or_default();
            let suspicions = stance.suspicions();
            let answer = self.answer(&post, &verdicts, Some(stance), seen);
            let judged_post =
                JudgedPost { suspicions, answer, ..JudgedPost::new(post, verdicts, counted, fresh) };
            judged.steps.push((seen, Step::Post(Box::new(judged_post))));
        }
        if !page.passed.is_empty() {
            judged.steps.push((seen, Step::PassedOver(PassedOver::at(seen, page.passed))));
        }
        judged.steps.extend(page.deletions.into_iter().map(|deletion| (seen, Step::Gone(deletion))));
        for account in page.accounts {
            let stance = self.stance(&account.network, &account.author, seen);
            let declared = self.lookout.is_official(&account.network, &account.author);
            let official = if declared { Official::Declared } else { Official::No };
            judged.steps.push((seen, Step::Account(Box::new(account), stance, official)));
        }
        judged
    }

    /// A stored post as the queries of today decide; nothing is said of its author.
    pub fn again(&self, post: Post, source: &str, counted: Time, scratch: &mut Scratch) -> JudgedPost {
        let verdicts = self.matcher.mentions(&post, source, scratch);
        // What was published long ago is no news.
        let mut judged = JudgedPost::new(post, verdicts, counted, false);
        self.weigh_posts(&mut [&mut judged]);
        judged
    }

    /// Settles of all mentions in `steps` what [`Judge::matched`] left open.
    pub fn weigh_all(&self, steps: &mut [(Time, Step)]) {
        let posts = steps.iter_mut().filter_map(|(_, step)| match step {
            Step::Post(judged) => Some(&mut **judged),
            Step::Passed(_)
            | Step::PassedOver(_)
            | Step::Answer(_)
            | Step::Reply(_)
            | Step::Gone(_)
            | Step::Account(..) => None,
        });
        self.weigh_posts(&mut posts.collect::<Vec<_>>());
    }

    /// One question after the other for all of them: each has lists of words of its own, which are read faster when
    /// they stay at hand.
    fn weigh_posts(&self, posts: &mut [&mut JudgedPost]) {
        let words: Vec<String> = posts.iter().map(|judged| weigh::words(&judged.post)).collect();
        for (judged, words) in posts.iter_mut().zip(&words) {
            judged.lang = language::settle(words, judged.post.lang.as_deref());
        }
        for (judged, words) in posts.iter_mut().zip(&words) {
            judged.sentiment = self.moods.judge(words, judged.lang.as_deref());
        }
        for (judged, words) in posts.iter_mut().zip(&words) {
            judged.weighed = judged.verdicts.iter().map(|verdict| self.weigh(words, verdict)).collect();
        }
        for judged in posts {
            let post = &judged.post;
            let piece = Piece::new(post.title.as_deref(), &post.text, post.permalink.as_deref());
            judged.sketch = Arc::new(Sketch::of(piece));
        }
    }

    fn weigh(&self, words: &str, verdict: &Verdict) -> Weighed {
        self.matcher.brand(&verdict.brand).map_or_else(Weighed::default, |brand| {
            let keywords: Vec<&str> = verdict.tags.iter().map(|tag| tag.keyword.as_str()).collect();
            self.scales.weigh(brand, &keywords, words)
        })
    }

    fn stance(&self, network: &NetworkName, author: &Author, seen: Time) -> Stance {
        let picture = author.avatar.as_ref().and_then(|address| self.pictures.get(address).copied());
        self.lookout.stance(network, author, Beside { picture, now: Some(seen) })
    }

    /// The post as an answer by a brand's own account.
    fn reply(&self, post: &Post, origin: Origin<'_>, seen: Time) -> Option<Reply> {
        let (author, to) = (post.author.as_ref()?, post.reply_to.as_ref()?);
        let brands = self.own.brands(&post.network, author);
        (!brands.is_empty()).then(|| Reply {
            network: post.network.clone(),
            native_id: post.native_id.clone(),
            author: author.native_id.clone(),
            to: to.clone(),
            at: counted(post.published, origin.dates, origin.look_back, seen),
            brands,
        })
    }

    /// The post as an answer, when it is one that may tell something of its author.
    fn answer(
        &self,
        post: &Post,
        verdicts: &[Verdict],
        stance: Option<Stance>,
        seen: Time,
    ) -> Option<Box<Answer>> {
        let author = post.author.as_ref()?;
        let mut to = post.reply_to.iter().chain(&post.root).peekable();
        to.peek()?;
        if !is_telling(&post.text) {
            return None;
        }
        let stance = stance.unwrap_or_else(|| self.stance(&post.network, author, seen));
        if stance.acquitted.is_some() {
            return None;
        }
        Some(Box::new(Answer {
            network: post.network.clone(),
            native_id: post.native_id.clone(),
            author: author.clone(),
            text: post.text.chars().take(ANSWER).collect(),
            permalink: post.permalink.clone(),
            published: post.published,
            to: to.cloned().collect(),
            brands: verdicts.iter().map(|verdict| verdict.brand.clone()).collect(),
            stance,
        }))
    }
}

/// The moment that decides in which window a post counts.
///
/// Publication, where the network's own server sets it or the past is being caught up on; where the author
/// declares it, only within a day of when we saw it; never a moment in the future.
pub fn counted(published: Option<Time>, dates: Dates, look_back: bool, seen: Time) -> Time {
    let Some(published) = published.filter(|published| published.0 > 0 && *published <= seen) else {
        return seen;
    };
    match dates {
        Dates::Server => published,
        Dates::Author | Dates::Arrival if look_back || seen.since(published) <= DAY => published,
        Dates::Author | Dates::Arrival => seen,
    }
}

/// Whether a post is younger than a day. What a stream delivers is new whatever its author declares.
fn is_fresh(published: Option<Time>, counted: Time, dates: Dates, seen: Time) -> bool {
    let age = match dates {
        Dates::Arrival => seen.since(counted),
        Dates::Server | Dates::Author => seen.since(published.unwrap_or(counted).min(counted)),
    };
    age <= DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_trust_servers_and_check_authors() {
        let seen = Time(100 * DAY);
        let old = Some(Time(50 * DAY));
        assert_eq!(counted(old, Dates::Server, false, seen), Time(50 * DAY));
        assert_eq!(counted(old, Dates::Author, false, seen), seen);
        assert_eq!(counted(old, Dates::Author, true, seen), Time(50 * DAY));
        assert_eq!(counted(Some(Time(99 * DAY + 1)), Dates::Author, false, seen), Time(99 * DAY + 1));
        assert_eq!(counted(Some(Time(101 * DAY)), Dates::Server, true, seen), seen);
        assert_eq!(counted(None, Dates::Server, true, seen), seen);
    }

    #[test]
    fn old_posts_are_no_news_unless_a_stream_brings_them() {
        let seen = Time(100 * DAY);
        let old = Some(Time(50 * DAY));
        let fresh =
            |published, dates| is_fresh(published, counted(published, dates, false, seen), dates, seen);
        assert!(!fresh(old, Dates::Server) && !fresh(old, Dates::Author) && fresh(old, Dates::Arrival));
        assert!(fresh(None, Dates::Author) && fresh(Some(seen), Dates::Server));
    }
}
