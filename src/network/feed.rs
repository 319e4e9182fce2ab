//! Feeds: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed, each asked for only when it has changed.
//!
//! The reader is our own, over the error-tolerant tokenizer `xml5ever`, and not the crate
//! `feedparser-rs`: that one sits on a strict XML reader that stops at the first syntax error, knows
//! month names in English only, and rewrites markup; its answers would have needed a second pass over
//! the same XML for dates, broken feeds, bare `&` and declared entities, which is most of a reader.
//! It knows nothing of clocks, sockets or the store.

use std::time::Duration;

use url::Url;

use super::{
    Answer, Ask, Can, Cursor, Dates, Missed, Network, Offer, Page, ReadError, Request, Secret, Spec, Told,
    Trouble,
};
use crate::post::{NetworkName, Post};
use crate::time::{DAY, Time};

mod date;
mod decode;
mod element;
mod entity;
mod entry;
mod find;
mod hub;
mod json;
mod link;
mod markup;
mod media;
mod page;
mod pause;
mod person;
mod sanitize;
mod section;
mod shortcut;
mod site;
mod space;
mod state;
mod tree;
mod xml;

const NAME: NetworkName = NetworkName::known("feed");
/// How long Reddit is left alone after each of its feeds.
const REDDIT: Duration = Duration::from_secs(65);
/// The header by which the fetcher tells that every redirect was permanent (`fetch::MOVED`).
const MOVED: &str = "x-vigie-moved";
/// What a reader of this table accepts, most wanted first; pages come last, and lead to feeds.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
                      application/json;q=0.9, text/xml;q=0.8, */*;q=0.1";

pub(super) const SPEC: Spec = Spec {
    name: "feed",
    aliases: &["feeds"],
    about: "articles of any RSS, Atom or JSON feed or of a page that names one, polled only when changed; \
            searches of Google News and Reddit, Google Alerts, YouTube channels, releases, forums, hashtags",
    keys: section::KEYS,
    secrets: &[Secret {
        key: "url",
        needed: false,
        about: "the address of a feed that is private: a Google alert, a feed of Reddit with `feed` and `user`",
    }],
    offer: Offer {
        can: &[Can::Search, Can::Tags, Can::AccountPosts],
        look_back: "what the feed lists now: often the last 10 to 100 entries, 15 of YouTube, 100 of Google News",
        edits: Told::Reread,
        cost: "free: one request a round; Reddit answers about one a minute and address (figures of October 2026)",
        ..Offer::OPEN
    },
    dates: Dates::Author,
    build: |section| Ok(Box::new(Feed { place: section::read(section)? })),
};

/// One feed, or none: without an address it only reads.
#[derive(Debug)]
struct Feed {
    place: section::Place,
}

/// What an answer turned out to be.
enum Read {
    Feed(Box<entry::Feed>),
    /// No feed, but where it may be.
    Page(page::Hints),
}

impl Feed {
    /// What is remembered, when there is an address to remember anything of.
    fn state(&self, cursor: Option<&Cursor>) -> state::State {
        state::State::of(cursor, self.place.address.as_deref().unwrap_or_default())
    }

    /// Whether the answer belongs to what this source asks, so that it may lead further.
    fn asked(&self, answer: &Answer, state: &state::State) -> bool {
        let configured = self.place.address.as_deref() == Some(answer.request.url.as_str());
        (configured || state.is_found(answer)) && !self.place.secret
    }

    fn pause(&self, state: &state::State, answer: &Answer) -> Option<Duration> {
        let asked = [state.pause, pause::of_headers(answer)].into_iter().flatten().max();
        pause::whole(self.place.every.as_secs(), asked, &state.skip, answer.seen).map(Duration::from_secs)
    }

    /// The address that every redirect of this answer said to use from now on, where it may be remembered.
    fn moved<'a>(&self, answer: &'a Answer) -> Option<&'a str> {
        answer.header(MOVED)?;
        let to = Url::parse(&answer.final_url).ok()?;
        let other = !answer.final_url.is_empty() && answer.final_url != answer.request.url;
        (other && !self.place.secret && !find::is_secret(&to)).then_some(answer.final_url.as_str())
    }

    fn unchanged(&self, answer: &Answer, state: &state::State) -> Page {
        let new = state.unchanged(answer).moved(self.moved(answer));
        let cursor = if self.place.address.is_some() && new != *state { Cursor::of(&new) } else { None };
        Page { pause: self.pause(state, answer), cursor, ..Page::default() }
    }

    fn page(&self, mut feed: entry::Feed, answer: &Answer, state: &state::State) -> Page {
        site::apply(&mut feed, address(answer).as_ref());
        let (hub, topic) = hub::of(&feed, answer);
        let shown =
            |one: &String| !self.place.secret && Url::parse(one).is_ok_and(|url| !find::is_secret(&url));
        let known = state::Known {
            pause: [feed.pause, pause::of_headers(answer)].into_iter().flatten().max(),
            skip: std::mem::take(&mut feed.skip),
            hub: hub.filter(shown),
            topic: topic.filter(shown),
        };
        let state = state.read(answer, known).moved(self.moved(answer));
        let posts = feed.posts(&NAME, answer.url());
        let missed = (feed.beyond > 0).then(|| {
            let oldest = posts.iter().filter_map(|post| post.published).min();
            Missed {
                from: oldest.unwrap_or(answer.seen.plus(-DAY)).min(answer.seen),
                to: answer.seen,
                reason: format!(
                    "the feed has {} more items than the {} that are read",
                    feed.beyond,
                    tree::ITEMS
                ),
            }
        });
        Page {
            posts,
            deletions: feed.deletions(&NAME),
            accounts: feed.accounts(&NAME, answer.url()),
            cursor: Cursor::of(&state),
            pause: self.pause(&state, answer),
            missed,
            ..Page::default()
        }
    }

    /// A page came where a feed was expected: goes on with the feed that it leads to.
    fn follow(&self, hints: page::Hints, answer: &Answer, state: &state::State) -> Result<Page, ReadError> {
        let named = hints.feeds.first().cloned();
        if !self.asked(answer, state) {
            return Err(web_page(named.filter(|_| !self.place.secret).as_deref()));
        }
        if state.is_trial(answer) {
            return self.next(state).ok_or_else(nothing_found);
        }
        // a page where a feed used to be is more often a fault of the site than a new home of the feed
        let guess = !state.was_good() && !state.was_searched(answer.seen);
        let all = address(answer).map(|address| find::candidates(hints, &address, guess)).unwrap_or_default();
        let all = all.into_iter().filter(|one| !state.is_lost(one, answer.seen)).collect();
        match state.search(all, answer.seen) {
            Some(state) => Ok(Page { cursor: Cursor::of(&state), more: true, ..Page::default() }),
            None if state.was_good() => Err(web_page(named.as_deref())),
            None => Err(nothing_found()),
        }
    }

    /// The next address of a search.
    fn next(&self, state: &state::State) -> Option<Page> {
        let state = state.next()?;
        Some(Page { cursor: Cursor::of(&state), more: true, ..Page::default() })
    }
}

impl Network for Feed {
    fn ask(&self, cursor: Option<&Cursor>, now: Time) -> Ask {
        let Some(configured) = &self.place.address else { return Ask::Done };
        let state = self.state(cursor);
        let mut request = Request::get(state.address(now).unwrap_or(configured)).header("accept", ACCEPT);
        for (name, value) in state.validators(now) {
            request = request.header(name, value);
        }
        Ask::Fetch(request)
    }

    fn read(&self, answer: &Answer, cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        let state = self.state(cursor);
        match answer.status {
            304 => return Ok(self.unchanged(answer, &state)),
            status @ 300.. => {
                let other = || wrong(format!("the server answered with HTTP status {status}"));
                return Err(self.refused(answer, cursor).unwrap_or_else(other));
            }
            _ => {}
        }
        match understand(answer) {
            Ok(Read::Feed(feed)) => Ok(self.page(*feed, answer, &state)),
            Ok(Read::Page(hints)) => self.follow(hints, answer, &state),
            // one address of several turned out to be nothing
            Err(error) if state.is_trial(answer) => self.next(&state).ok_or(error),
            Err(error) => Err(error),
        }
    }

    fn pace(&self) -> Duration {
        self.place.every
    }

    fn host_rest(&self) -> Option<Duration> {
        let url = Url::parse(self.place.address.as_deref()?).ok()?;
        // one feed a minute and address, whichever sources ask for it, this one's or those of `reddit`
        find::is_at(&url, "reddit.com").then_some(REDDIT)
    }

    fn refused(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<ReadError> {
        let state = self.state(cursor);
        if state.is_trial(answer) && !is_busy(answer) && state.next().is_none() {
            return Some(nothing_found());
        }
        let url = Url::parse(answer.url()).ok();
        let at = |site: &str| url.as_ref().and_then(Url::host_str).is_some_and(|host| host.ends_with(site));
        let refusal = |trouble, words: &str| {
            Some(ReadError::refusal(&NAME, trouble, format!("HTTP status {}: {words}", answer.status)))
        };
        match answer.status {
            404 | 500.. if at("youtube.com") => refusal(
                Trouble::Transient,
                "YouTube's feeds fail for hours or days at times, whole ones too; this one is not taken for gone",
            ),
            403 if at("reddit.com") => refusal(
                Trouble::Transient,
                "Reddit refuses this machine, as it does many data centres; the private address of a feed \
                 (reddit.com/prefs/feeds), set as the secret `url`, is refused less often",
            ),
            // it may pass by itself: the source must not stop for good over it
            403 if answer.body.trim_ascii_start().starts_with(b"<") => Some(ReadError {
                trouble: Trouble::BlockPage,
                ..wrong("a web page with status 403: the site blocks this machine, for now or for good")
            }),
            410 => refusal(Trouble::Gone, "the feed has ended or moved; a new address goes into `url`"),
            404 if state.may_return(answer.seen) => {
                refusal(Trouble::Transient, "nothing is there, though the feed was before; sites come back")
            }
            _ => None,
        }
    }

    fn salvage(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Page> {
        let cursor = self.detour(answer, cursor)?;
        Some(Page { cursor: Some(cursor), more: true, ..Page::default() })
    }
}

impl Feed {
    /// Where to go on at once after a refusal: another address to try.
    fn detour(&self, answer: &Answer, cursor: Option<&Cursor>) -> Option<Cursor> {
        let state = self.state(cursor);
        if is_busy(answer) || !self.asked(answer, &state) {
            return None;
        }
        if state.is_trial(answer) {
            return Cursor::of(&state.next()?);
        }
        let gone = matches!(answer.status, 404 | 410) && state.is_found(answer);
        let youtube = answer.request.url.contains("youtube.com/");
        if gone && !youtube { Cursor::of(&state.back(answer.seen)?) } else { None }
    }
}

/// Whether a server has no time now, so that its answer says nothing of the address.
fn is_busy(answer: &Answer) -> bool {
    answer.status == 429 || answer.header("retry-after").is_some()
}

/// The entries of a feed as posts of `network`, in the order of the answer, for networks that speak in feeds.
pub(super) fn posts(network: &NetworkName, answer: &Answer) -> Result<Vec<Post>, ReadError> {
    match understand(answer) {
        Ok(Read::Feed(feed)) => Ok(feed.posts(network, answer.url())),
        Ok(Read::Page(_)) => Err(ReadError { network: network.clone(), ..web_page(None) }),
        Err(error) => Err(ReadError { network: network.clone(), ..error }),
    }
}

fn wrong(detail: impl std::fmt::Display) -> ReadError {
    ReadError::new(&NAME, "a feed", detail)
}

/// What the body says, by what it looks like: feeds come under every media type.
fn understand(answer: &Answer) -> Result<Read, ReadError> {
    let text = decode::text(&answer.body, answer.header("content-type"));
    let text =
        text.trim_start_matches(|one: char| one.is_whitespace() || one.is_control() || one == '\u{feff}');
    let address = address(answer);
    if text.is_empty() {
        return Err(wrong("the answer is empty"));
    }
    if text.starts_with('{') {
        return match json::read(text, address.as_ref()) {
            Ok(json::Read::Feed(feed)) => Ok(Read::Feed(feed)),
            Ok(json::Read::At(found)) => {
                Ok(Read::Page(page::Hints { feeds: vec![found], ..page::Hints::default() }))
            }
            Ok(json::Read::Other) => Err(wrong("JSON that is no JSON Feed: it has no items")),
            Err(error) => {
                Err(wrong(format!("broken JSON at line {}, column {}", error.line(), error.column())))
            }
        };
    }
    let text = entity::expand(text);
    let tree = tree::read(&text, address.as_ref());
    let root = tree.root.as_ref();
    let known = root.is_some_and(|root| matches!(root.name.as_str(), "rss" | "rdf" | "feed" | "channel"));
    if tree.items.is_empty() && !known {
        return if page::is_page(&text) {
            Ok(Read::Page(page::hints(&text, address.as_ref())))
        } else {
            Err(nothing(&text))
        };
    }
    if tree.items.is_empty() && tree.cut {
        return Err(wrong("the feed is cut off before its first item"));
    }
    let lang = answer.header("content-language");
    Ok(Read::Feed(Box::new(xml::read(&tree, address.as_ref(), lang))))
}

/// Where the document says it is, else where it was found.
fn address(answer: &Answer) -> Option<Url> {
    let found = Url::parse(answer.url()).ok().and_then(without_credentials);
    match (answer.header("content-location"), &found) {
        (Some(said), Some(found)) => found.join(said).ok(),
        (Some(said), None) => Url::parse(said).ok(),
        (None, _) => None,
    }
    .or(found)
}

/// The address without a name and a password: links made absolute with it are shown to people.
fn without_credentials(mut address: Url) -> Option<Url> {
    address.set_password(None).ok()?;
    address.set_username("").ok()?;
    Some(address)
}

fn web_page(named: Option<&str>) -> ReadError {
    match named {
        Some(feed) => wrong(format!("this is a web page, not a feed; it names a feed at {feed:.200}")),
        None => wrong("this is a web page, not a feed, and it names no feed"),
    }
}

/// The end of a search.
fn nothing_found() -> ReadError {
    wrong(
        "this is a web page, not a feed: it names none, and none stands at the usual addresses of its site; \
         give the address of the feed itself as `url`",
    )
}

fn nothing(text: &str) -> ReadError {
    let start: String = text.chars().filter(|one| !one.is_control()).take(40).collect();
    wrong(format!("neither RSS, Atom nor JSON Feed; it begins with \"{start}\""))
}
