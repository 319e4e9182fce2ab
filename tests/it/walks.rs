//! Drives a network page by page as the follower does, with nothing left between two pages but the cursor.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;
use vigie::network::{Answer, Ask, Cursor, Missed, Network, Page, ReadError, Request, spec};
use vigie::post::Gone;
use vigie::time::Time;

/// More requests than any round of these tests takes.
const LONGEST: usize = 3_000;

/// A source of this network.
pub(crate) fn build(network: &str, section: &str) -> Box<dyn Network> {
    (spec(network).unwrap().build)(&section.parse().unwrap()).unwrap()
}

/// What a faulty section is told.
pub(crate) fn fault(network: &str, section: &str) -> String {
    (spec(network).unwrap().build)(&section.parse().unwrap()).unwrap_err().to_string()
}

/// The request that a source makes first, or next.
pub(crate) fn request(network: &dyn Network, cursor: Option<&Cursor>, now: Time) -> Request {
    match network.ask(cursor, now) {
        Ask::Fetch(request) => request,
        other => panic!("{other:?}"),
    }
}

/// An answer to `request`.
pub(crate) fn answer(request: Request, status: u16, body: impl Into<Vec<u8>>, seen: Time) -> Answer {
    Answer { request, status, body: body.into(), seen, ..Answer::default() }
}

/// The parameters of an address.
pub(crate) fn query(url: &str) -> BTreeMap<String, String> {
    Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

/// The path of an address.
pub(crate) fn path(url: &str) -> String {
    Url::parse(url).unwrap().path().to_owned()
}

/// What a bare file is read as.
pub(crate) fn bare(network: &str, body: &str) -> Result<Page, ReadError> {
    build(network, "").read(&answer(Request::default(), 200, body, Time::default()), None)
}

/// A source on its way, and what it brought.
pub(crate) struct Walk {
    network: &'static str,
    section: String,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) posts: BTreeSet<String>,
    pub(crate) gone: BTreeSet<String>,
    pub(crate) missed: Vec<Missed>,
    pub(crate) asked: usize,
    pub(crate) more: bool,
}

impl Walk {
    pub(crate) fn new(network: &'static str, section: &str) -> Walk {
        Walk {
            network,
            section: section.to_owned(),
            cursor: None,
            posts: BTreeSet::new(),
            gone: BTreeSet::new(),
            missed: Vec::new(),
            asked: 0,
            more: true,
        }
    }

    /// One request; tells the page, or the error that ends the round.
    pub(crate) fn step(
        &mut self,
        now: Time,
        serve: &mut dyn FnMut(Request) -> Answer,
    ) -> Result<Page, ReadError> {
        // built anew each time: all that a crash leaves is the cursor
        let network = build(self.network, &self.section);
        let mut got = serve(request(network.as_ref(), self.cursor.as_ref(), now));
        got.seen = now;
        self.asked += 1;
        let read = if got.status >= 400 {
            let refused = network.refused(&got, self.cursor.as_ref());
            // a recorded refusal is read as the same error
            let read = network.read(&got, self.cursor.as_ref()).unwrap_err();
            assert_eq!(refused.as_ref().unwrap_or(&read).trouble, read.trouble);
            Err(refused.unwrap_or(read))
        } else {
            network.read(&got, self.cursor.as_ref())
        };
        match read {
            Ok(page) => {
                self.posts.extend(page.posts.iter().map(|post| post.native_id.clone()));
                for deletion in &page.deletions {
                    if let Gone::Post(id) = &deletion.gone {
                        self.gone.insert(id.clone());
                    }
                }
                self.missed.extend(page.missed.clone());
                self.more = page.more && page.cursor.is_some() && page.cursor != self.cursor;
                self.cursor = page.cursor.clone().or(self.cursor.take());
                Ok(page)
            }
            Err(error) => {
                match error.instead.clone().filter(|place| Some(&**place) != self.cursor.as_ref()) {
                    Some(place) => {
                        self.cursor = Some(*place);
                        self.more = true;
                        Ok(Page::default())
                    }
                    None => Err(error),
                }
            }
        }
    }

    /// Asks until a round is over; tells how often.
    pub(crate) fn round(&mut self, now: Time, serve: &mut dyn FnMut(Request) -> Answer) -> usize {
        let before = self.asked;
        loop {
            self.step(now, serve).unwrap();
            if !self.more {
                return self.asked - before;
            }
            assert!(self.asked - before < LONGEST, "the round does not end: {:?}", self.cursor);
        }
    }
}

/// Numbered items with the second in which each was written, as a search by time gives them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Archive {
    pub(crate) items: Vec<(i64, u32)>,
}

impl Archive {
    pub(crate) fn of(items: impl Iterator<Item = (i64, u32)>) -> Archive {
        Archive { items: items.collect() }
    }

    /// The items of a window, newest first.
    pub(crate) fn window(&self, from: i64, to: Option<i64>) -> Vec<(i64, u32)> {
        let inside = |(at, _): &&(i64, u32)| *at >= from && to.is_none_or(|to| *at <= to);
        let mut found: Vec<(i64, u32)> = self.items.iter().filter(inside).copied().collect();
        found.sort_by_key(|(at, id)| (-at, *id));
        found
    }

    /// One page of them, from 1, and how many there are.
    pub(crate) fn page(
        &self,
        from: i64,
        to: Option<i64>,
        per_page: usize,
        page: usize,
    ) -> (Vec<(i64, u32)>, usize) {
        let found = self.window(from, to);
        let all = found.len();
        (found.into_iter().skip((page - 1) * per_page).take(per_page).collect(), all)
    }
}
