//! Intake: a page becomes steps for the store. Every post is matched, every author held against the brands,
//! every moment settled. Pure: the same page gives the same steps.

use std::collections::HashMap;
use std::sync::Arc;

use self::weigh::{Scales, Weighed};
use crate::impostor::conduct::Said;
use crate::impostor::{Album, Beside, Lookout, Own, Picture, Stance, Suspicion};
use crate::keyword::{Brand, BrandId};
use crate::language;
use crate::matcher::{BuildError, Matcher, Scratch, Verdict};
use crate::network::{Cursor, Dates, Missed, Page, Skim};
use crate::post::{Account, Author, Deletion, NetworkName, Post};
use crate::relevance::Label;
use crate::sentiment::{Moods, Sentiment};
use crate::story::{Piece, Sketch};
use crate::time::{DAY, Time};

pub mod weigh;

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

/// A post with what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedPost {
    /// The post.
    pub post: Post,
    /// The brands it is a mention of.
    pub verdicts: Vec<Verdict>,
    /// The brands its author may pose as.
    pub suspicions: Vec<Suspicion>,
    /// The moment that decides its window.
    pub counted: Time,
    /// Whether it is news: an old post is counted, never told as new.
    pub fresh: bool,
    /// The language it is in.
    pub lang: Option<String>,
    /// How it speaks.
    pub sentiment: Option<Sentiment>,
    /// What copies of its words are found by.
    pub sketch: Arc<Sketch>,
    /// How sure each verdict is, in their order.
    pub weighed: Vec<Weighed>,
    /// What it may say of its author, where it answers somebody as a help desk might.
    pub answer: Option<Box<Answer>>,
}

impl JudgedPost {
    fn new(post: Post, verdicts: Vec<Verdict>, counted: Time, fresh: bool) -> JudgedPost {
        JudgedPost {
            post,
            verdicts,
            suspicions: Vec::new(),
            counted,
            fresh,
            lang: None,
            sentiment: None,
            sketch: Arc::default(),
            weighed: Vec::new(),
            answer: None,
        }
    }

    /// How sure it is that the post is about `brand`.
    pub fn weighed(&self, brand: &BrandId) -> Weighed {
        let place = self.verdicts.iter().position(|verdict| verdict.brand == *brand);
        place.and_then(|place| self.weighed.get(place)).cloned().unwrap_or_default()
    }
}

/// Characters kept of an answer: evidence, no archive.
const ANSWER: usize = 1_000;

/// A post that answers another and asks for something that a help desk might ask for. It bears on its author where
/// it answers a mention, or names a brand itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Where it stands.
    pub network: NetworkName,
    /// The network's own identifier.
    pub native_id: String,
    /// Who answers.
    pub author: Author,
    /// Its words, cut.
    pub text: String,
    /// An address that a person can open.
    pub permalink: Option<String>,
    /// When it was published.
    pub published: Option<Time>,
    /// Native ids of the post that it answers, and of the first post of the thread.
    pub to: Vec<String>,
    /// The brands that it names itself.
    pub brands: Vec<BrandId>,
    /// How its author stands to the brands.
    pub stance: Stance,
}

/// That an own account of a brand answered somebody, in a post that names no brand: nothing of what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Where.
    pub network: NetworkName,
    /// The network's own identifier.
    pub native_id: String,
    /// Native id of the account.
    pub author: String,
    /// Native id of the post that it answers.
    pub to: String,
    /// When.
    pub at: Time,
    /// The brands for which it speaks.
    pub brands: Vec<BrandId>,
}

/// The identity of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostId {
    /// Where it stands.
    pub network: NetworkName,
    /// The network's own identifier.
    pub native_id: String,
}

/// Posts that are no mentions, one after the other, in memory of their own together: a replay passes over hundreds
/// of thousands a second.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PassedOver {
    /// Networks and native ids, end to end.
    names: String,
    /// For each its moment, and where its network and its native id end.
    posts: Vec<(Time, usize, usize)>,
}

impl PassedOver {
    /// Adds a post.
    pub fn push(&mut self, seen: Time, network: &str, native_id: &str) {
        self.names.push_str(network);
        let middle = self.names.len();
        self.names.push_str(native_id);
        self.posts.push((seen, middle, self.names.len()));
    }

    /// The moment, network and native id of each.
    pub fn iter(&self) -> impl Iterator<Item = (Time, &str, &str)> {
        let mut start = 0;
        self.posts.iter().map(move |(seen, middle, end)| {
            let network = self.names.get(start..*middle).unwrap_or_default();
            let native_id = self.names.get(*middle..*end).unwrap_or_default();
            start = *end;
            (*seen, network, native_id)
        })
    }
}

/// One thing to store, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A mention, new or seen again or changed.
    Post(Box<JudgedPost>),
    /// A post that is no mention: counted and forgotten.
    Passed(PostId),
    /// Many of them, one after the other; the moment of the step is that of the last.
    PassedOver(PassedOver),
    /// A post that is no mention, and answers one perhaps.
    Answer(Box<Answer>),
    /// A post that is no mention, by which a brand's own account answers one perhaps.
    Reply(Box<Reply>),
    /// Something was taken away.
    Gone(Deletion),
    /// Something was said of an account, which may be one that a brand says is its own.
    Account(Box<Account>, Stance, Official),
}

/// Whose an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Official {
    /// A brand says that it is its own: it is kept as a series.
    Declared,
    /// Anyone's.
    No,
}

/// A judged page: one unit of work for the store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    /// What to store, each with the moment we saw it.
    pub steps: Vec<(Time, Step)>,
    /// Where to go on.
    pub cursor: Option<Cursor>,
    /// What was lost.
    pub missed: Option<Missed>,
    /// Up to when a stream has been read.
    pub until: Option<Time>,
}

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
            let mut passed = PassedOver::default();
            page.passed
                .iter()
                .for_each(|(network, native_id)| passed.push(seen, network.as_str(), native_id));
            judged.steps.push((seen, Step::PassedOver(passed)));
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

/// Whether the words of an answer ask for something that a help desk might ask for: such answers are looked at even
/// where no keyword stands in them.
pub fn is_telling(text: &str) -> bool {
    Said::tells(text)
}

/// Whether a post with these texts may concern anybody: an anchor of some brand stands in one of them, or it is an
/// answer that is looked at all the same ([`is_telling`]). Of all others nothing is kept but that they were heard.
pub fn may_concern<'t>(
    matcher: &Matcher,
    mut texts: impl Iterator<Item = &'t str> + Clone,
    is_answer: bool,
    scratch: &mut Scratch,
) -> bool {
    matcher.finds_any(texts.clone(), scratch) || is_answer && texts.any(is_telling)
}

/// What says whether a post may concern anybody, shared with those who read streams.
#[derive(Debug, Clone)]
pub struct Wants {
    matcher: Arc<Matcher>,
    own: Arc<Own>,
}

impl Judge {
    /// What of a stream it wants to see.
    pub fn wants(&self) -> Wants {
        Wants { matcher: Arc::clone(&self.matcher), own: Arc::clone(&self.own) }
    }
}

impl Wants {
    /// Whether a post of `network`, read as far as its words, may concern anybody: as [`may_concern`] says, or because a
    /// brand's own account answers somebody.
    pub fn may_concern(&self, network: &NetworkName, post: &Skim<'_>, scratch: &mut Scratch) -> bool {
        let by_own = || {
            let author = Author { native_id: post.author.to_string(), ..Author::default() };
            !self.own.is_empty() && !self.own.brands(network, &author).is_empty()
        };
        may_concern(&self.matcher, std::iter::once(&*post.text), post.is_answer, scratch)
            || post.is_answer && by_own()
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
