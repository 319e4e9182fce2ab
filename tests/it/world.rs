//! A hostile world: every network that is asked over HTTP, followed through the same loopback server, while posts
//! crowd into one second, arrive between two pages, vanish, or stand out of order, and while the server refuses, breaks
//! off, drips, or leads elsewhere. What was offered must be handed over.
//!
//! A network brings its dialect in `tests/it/world/NAME.rs`: how its server pages through the posts there are, and, in
//! one line each, what its interface makes impossible.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use vigie::fetch::FetchConfig;

use crate::fetch::clock;
use crate::server::{Asked, Reply};

use self::fault::Fault;
use self::followed::Followed;

mod catalogues;
mod discourse;
mod fault;
mod feeds;
mod followed;
mod forums;
mod github;
mod graph;
mod hackernews;
mod lemmy;
mod mastodon;
mod own;
mod reddit;
mod refused;
mod streams;
mod x;
mod youtube;

/// One post of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// A number that grows from post to post; a dialect makes it an id of its network.
    pub(crate) number: u64,
    /// When it was written, in seconds since 1970.
    pub(crate) at: i64,
    pub(crate) text: String,
}

impl Item {
    /// When it was written, as most networks write it.
    pub(crate) fn date(&self) -> String {
        jiff::Timestamp::from_second(self.at).unwrap().to_string()
    }
}

/// The posts there are, oldest first.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) items: Vec<Item>,
    /// Phases begun, and requests made in the one under way.
    phase: usize,
    asked: usize,
}

impl World {
    fn write(&mut self, count: u64, at: impl Fn(u64) -> i64) {
        let first = self.items.last().map_or(1_000, |item| item.number + 1);
        for place in 0..count {
            let number = first + place;
            self.items.push(Item { number, at: at(place), text: format!("Molivelle number {number}") });
        }
    }

    /// The newest first, in the order in which they came.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().rev()
    }

    /// The newest first by their dates, of those between two moments.
    pub(crate) fn dated(&self, from: i64, to: i64) -> Vec<&Item> {
        let mut found: Vec<&Item> = self.newest().filter(|item| (from..=to).contains(&item.at)).collect();
        found.sort_by_key(|item| std::cmp::Reverse(item.at));
        found
    }
}

/// What the interface of a network makes impossible, with the reason in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cannot {
    /// There is one page and no way to older posts: no more is offered at once than fits on it.
    Page(&'static str),
    /// More posts of one second than a page cannot all be read: that must be said.
    Crowd(&'static str),
}

/// How the server of a network answers.
pub(crate) trait Dialect: Send + Sync {
    /// The network.
    fn name(&self) -> &'static str;

    /// The way in which it is asked, where there are several.
    fn way(&self) -> &'static str {
        ""
    }

    /// The section of a source that asks the server at `base`, in TOML.
    fn section(&self, base: &str) -> String;

    /// Posts on one page at most, as this server gives them.
    fn page(&self) -> u64;

    /// What the server answers.
    fn answer(&self, asked: &Asked, world: &World) -> Reply;

    /// The number of the post with this native id.
    fn number(&self, native_id: &str) -> Option<u64> {
        native_id.rsplit(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok()
    }

    /// The longest that it is left alone when it asks for a minute and a half, in seconds.
    fn longest(&self) -> i64 {
        200
    }

    /// Whether its host is left alone for long after every request, which tests do not wait for.
    fn rests(&self) -> bool {
        false
    }

    /// What cannot be had of it.
    fn cannot(&self) -> Option<Cannot> {
        None
    }
}

/// The value of a parameter of the query, decoded.
pub(crate) fn parameter(asked: &Asked, name: &str) -> Option<String> {
    let url = url::Url::parse(&format!("http://x{}", asked.path)).ok()?;
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The same as a number.
pub(crate) fn number(asked: &Asked, name: &str) -> Option<u64> {
    parameter(asked, name)?.parse().ok()
}

/// The path of a request.
pub(crate) fn path(asked: &Asked) -> &str {
    asked.path.split('?').next().unwrap_or_default()
}

/// An answer in JSON.
#[expect(clippy::needless_pass_by_value, reason = "answers are written where they are given")]
pub(crate) fn json(value: serde_json::Value) -> Reply {
    Reply::ok(value.to_string()).header("content-type", "application/json")
}

/// `count` of the items from `start` on.
pub(crate) fn part<'a>(items: &[&'a Item], start: u64, count: u64) -> Vec<&'a Item> {
    let size = |number: u64| usize::try_from(number).unwrap();
    items.iter().skip(size(start)).take(size(count)).copied().collect()
}

/// `count` of the items after the one that a place names, whether it is still there or not, and the next place.
/// Items are by date, the newest first.
pub(crate) fn after<'a>(
    place: Option<String>,
    items: &[&'a Item],
    count: u64,
) -> (Vec<&'a Item>, Option<String>) {
    let last = place.map(|place| {
        let (at, number) = place.split_once('x').unwrap();
        (at.parse::<i64>().unwrap(), number.parse::<u64>().unwrap())
    });
    let below: Vec<&Item> =
        items.iter().filter(|item| last.is_none_or(|last| (item.at, item.number) < last)).copied().collect();
    let shown = part(&below, 0, count);
    let next = shown.last().filter(|_| shown.len() < below.len());
    let next = next.map(|item| format!("{}x{}", item.at, item.number));
    (shown, next)
}

fn dialects() -> Vec<Arc<dyn Dialect>> {
    vec![
        Arc::new(hackernews::Speaks),
        Arc::new(mastodon::Speaks),
        Arc::new(x::Speaks),
        Arc::new(reddit::Speaks { keyed: true }),
        Arc::new(reddit::Speaks { keyed: false }),
        Arc::new(youtube::Speaks { searches: true }),
        Arc::new(youtube::Speaks { searches: false }),
        Arc::new(github::Issues),
        Arc::new(github::Discussions),
        Arc::new(discourse::Latest),
        Arc::new(discourse::Search),
        Arc::new(lemmy::Speaks { tokens: true }),
        Arc::new(lemmy::Speaks { tokens: false }),
        Arc::new(forums::StackExchange),
        Arc::new(graph::Threads),
        Arc::new(graph::Account),
        Arc::new(graph::Hashtag),
        Arc::new(graph::Facebook),
        Arc::new(own::Tumblr),
        Arc::new(own::LinkedIn),
        Arc::new(own::Pinterest),
        Arc::new(catalogues::PodcastIndex),
        Arc::new(catalogues::ProductHunt),
        Arc::new(catalogues::Gdelt),
        Arc::new(catalogues::AppStore),
        Arc::new(feeds::Feed),
        Arc::new(feeds::Bluesky),
    ]
}

/// A way to be hostile between two pages of the second phase.
type Meanwhile = fn(&mut World, now: i64);

fn now() -> i64 {
    clock().0 / 1000
}

/// What happens to a source.
#[derive(Clone, Copy)]
struct Story {
    what: &'static str,
    /// When the posts of the second phase were written, by their place and a moment.
    at: fn(u64, i64) -> i64,
    meanwhile: Meanwhile,
    fault: Option<Fault>,
    config: fn() -> FetchConfig,
}

const CALM: Story =
    Story { what: "spread", at: spread, meanwhile: |_, _| {}, fault: None, config: crate::fetch::config };

/// Follows every network through stories: a first look, then three pages and a half of new posts, then what came
/// while they were read.
async fn survive(stories: impl IntoIterator<Item = Story>) {
    let mut losses = Vec::new();
    for story in stories {
        let mut all = JoinSet::new();
        for dialect in dialects() {
            all.spawn(told(dialect, story));
        }
        while let Some(told) = all.join_next().await {
            losses.extend(told.unwrap_or_else(|error| Some(format!("{}: {error}", story.what))));
        }
    }
    assert!(losses.is_empty(), "{losses:#?}");
}

/// One network through a story; what went wrong, if something did.
async fn told(dialect: Arc<dyn Dialect>, story: Story) -> Option<String> {
    let name = format!("{}: {} {}", story.what, dialect.name(), dialect.way());
    let page = dialect.page();
    let mut followed = Followed::start(Arc::clone(&dialect), story).await;
    let then = now() - 3_000;
    followed.write(5, |place| then - 500 + i64::try_from(place).unwrap());
    if let Err(fault) = followed.phase().await {
        return Some(format!("{name}: first look: {fault}"));
    }
    let before = followed.last_number();
    let cannot = dialect.cannot();
    let pages = match cannot {
        Some(Cannot::Page(_)) => page - 15,
        // Orders need several pages; a server that does wrong shows it on the second.
        Some(Cannot::Crowd(_)) | None if story.fault.is_some() => page * 3 / 2,
        Some(Cannot::Crowd(_)) | None => page * 7 / 2,
    };
    followed.write(pages, |place| (story.at)(place, then));
    for _ in 0..2 {
        if let Err(fault) = followed.phase().await {
            return Some(format!("{name}: {fault}"));
        }
    }
    let lost = followed.lost(before);
    let missed = followed.missed.len();
    println!("{name}: {} seen, {} lost, {missed} said to be missed", followed.seen.len(), lost.len());
    let excused = match cannot {
        Some(Cannot::Crowd(why)) => story.what == "one second" && !why.is_empty(),
        Some(Cannot::Page(_)) | None => false,
    };
    if excused && missed > 0 {
        return None; // said aloud
    }
    if !lost.is_empty() {
        return Some(format!("{name}: {lost:?} were offered and never handed over ({:?})", followed.missed));
    }
    if missed > 0 && story.what == "spread" {
        return Some(format!("{name}: says that it missed what it read: {:?}", followed.missed));
    }
    followed.judged().map(|fault| format!("{name}: {fault}"))
}

/// The calm story, in which the server does wrong twice.
fn wrong(fault: Fault) -> Story {
    Story { what: fault.what(), fault: Some(fault), ..CALM }
}

fn spread(place: u64, then: i64) -> i64 {
    then + i64::try_from(place).unwrap() * 3 / 2
}

/// For hosts that are meant to be too slow.
fn impatient() -> FetchConfig {
    FetchConfig { total_timeout: Duration::from_secs(4), ..crate::fetch::config() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_pages_of_new_posts_are_read_to_the_last_known_one() {
    survive([CALM]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_full_of_one_second_lose_nothing() {
    survive([Story { what: "one second", at: |_, then| then, ..CALM }]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_between_two_pages_is_not_lost() {
    let meanwhile = |world: &mut World, now: i64| {
        if world.asked < 5 {
            world.write(3, |_| now);
        }
    };
    survive([Story { what: "grows", meanwhile, ..CALM }]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_vanishes_between_two_pages_takes_nothing_with_it() {
    let meanwhile = |world: &mut World, _: i64| {
        if world.asked < 6 && world.items.len() > 20 {
            let newest = world.items.len() - 1;
            world.items.remove(newest);
            world.items.remove(newest / 2);
        }
    };
    survive([Story { what: "vanishes", meanwhile, ..CALM }]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dates_out_of_order_lose_nothing() {
    let at = |place: u64, then: i64| then + i64::try_from(place * 7 % 13).unwrap();
    survive([Story { what: "out of order", at, ..CALM }]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_told_in_every_form_are_waited_for_and_lose_nothing() {
    survive(Fault::LIMITS.iter().map(|fault| wrong(*fault))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_refused_stops_the_source_and_loses_nothing() {
    survive([wrong(Fault::Unauthorised)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_for_browsers_is_no_answer_whatever_its_status() {
    survive([403, 200, 503].map(|status| wrong(Fault::BlockPage(status)))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    survive([wrong(Fault::Cut)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_drips_is_given_up_and_asked_for_again() {
    survive([Story { config: impatient, ..wrong(Fault::Drip) }]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_led_to_a_private_address() {
    survive([302, 301].map(|status| wrong(Fault::Led(status)))).await;
}
