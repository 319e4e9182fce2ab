//! Rounds against a YouTube that answers as the real one does: late, repeating, cut, and short of searches.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::Url;
use vigie::network::{Answer, Ask, Cursor, Page, Request};
use vigie::post::Gone;
use vigie::time::{DAY, HOUR, Time};

use super::build;

const MINUTE: i64 = 60_000;
const ONLY_SEARCH: &str = "query = 'molivelle'\nlook_back = '7d'";

/// A YouTube with videos, and comments under them.
#[derive(Default)]
struct Tube {
    /// Moments of publication, by id.
    videos: BTreeMap<String, Time>,
    /// Videos that the search does not find yet.
    late: BTreeSet<String>,
    /// Comments by video: id, moment, answers.
    comments: BTreeMap<String, Vec<(String, Time, usize)>>,
    /// Results that one question gives in all.
    most: usize,
    /// Whether tokens are refused.
    strict: bool,
    closed: bool,
    searches: usize,
    asked: Vec<String>,
}

impl Tube {
    fn with(videos: impl Iterator<Item = (String, Time)>) -> Tube {
        Tube { videos: videos.collect(), most: 500, ..Tube::default() }
    }

    fn answer(&mut self, request: &Request, now: Time) -> Answer {
        let url = Url::parse(&request.url).unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let path = url.path_segments().unwrap().next_back().unwrap().to_owned();
        self.asked.push(path.clone());
        let error = |status: u16, reason: &str| {
            (status, json!({"error": {"code": status, "message": "m", "errors": [{"reason": reason}]}}))
        };
        let start: usize = query.get("pageToken").map_or(0, |token| token[1..].parse().unwrap());
        let (status, body) = if self.strict && start > 0 {
            error(400, "invalidPageToken")
        } else {
            match path.as_str() {
                "search" => (200, self.search(&query, start)),
                "videos" => (200, self.videos(&query["id"])),
                "playlistItems" => (200, self.uploads(start)),
                "channels" => (
                    200,
                    json!({"items": [{"kind": "youtube#channel", "id": "UCmolivelle0000000000000",
                    "snippet": {"title": "Molivelle"},
                    "contentDetails": {"relatedPlaylists": {"uploads": "UUmolivelle0000000000000"}}}]}),
                ),
                "commentThreads" if self.closed => error(403, "commentsDisabled"),
                "commentThreads" => match self.comments.get(&query["videoId"]) {
                    Some(all) => (200, threads(&query["videoId"], all, start)),
                    None => error(404, "videoNotFound"),
                },
                "comments" => (200, answers(&query["parentId"], start)),
                other => panic!("{other}"),
            }
        };
        let body = body.to_string().into_bytes();
        Answer { request: request.clone(), status, body, seen: now, ..Answer::default() }
    }

    fn search(&mut self, query: &BTreeMap<String, String>, start: usize) -> Value {
        self.searches += 1;
        let moment = |key: &str| query.get(key).map(|text| Time::parse(text).unwrap());
        let (after, before) = (moment("publishedAfter").unwrap(), moment("publishedBefore"));
        let mut all: Vec<(&String, &Time)> = self
            .videos
            .iter()
            .filter(|(id, at)| {
                !self.late.contains(*id) && **at >= after && before.is_none_or(|before| **at < before)
            })
            .collect();
        all.sort_by(|a, b| b.1.cmp(a.1).then(b.0.cmp(a.0)));
        all.truncate(self.most);
        let items: Vec<Value> = all
            .iter()
            .skip(start)
            .take(50)
            .map(|(id, at)| {
                json!({"kind": "youtube#searchResult", "id": {"kind": "youtube#video", "videoId": id},
                "snippet": {"title": "Molivelle &amp; ...", "description": "cut ...", "publishedAt": at}})
            })
            .collect();
        page("youtube#searchListResponse", &items, start + 50, all.len())
    }

    fn videos(&self, ids: &str) -> Value {
        let items: Vec<Value> = ids
            .split(',')
            .filter_map(|id| {
                let at = self.videos.get(id)?;
                Some(json!({"kind": "youtube#video", "id": id, "snippet": {"title": "Molivelle & moi",
                "description": "whole", "publishedAt": at, "channelId": "UCx"}}))
            })
            .collect();
        assert!(ids.split(',').count() <= 50, "{ids}");
        page("youtube#videoListResponse", &items, 0, 0)
    }

    fn uploads(&self, start: usize) -> Value {
        let mut all: Vec<(&String, &Time)> = self.videos.iter().collect();
        all.sort_by(|a, b| b.1.cmp(a.1));
        let items = all.iter().skip(start).take(50).map(|(id, at)| {
            json!({"kind": "youtube#playlistItem", "snippet": {"title": "Molivelle & moi", "description": "whole",
                "publishedAt": at, "resourceId": {"videoId": id}}, "contentDetails": {"videoId": id, "videoPublishedAt": at}})
        });
        page("youtube#playlistItemListResponse", &items.collect::<Vec<_>>(), start + 50, all.len())
    }

    /// One round, from the cursor stored, which moves on. Everything between two requests may be a crash.
    fn round(
        &mut self,
        section: &str,
        cursor: &mut Option<Cursor>,
        now: Time,
        seen: &mut BTreeSet<String>,
    ) -> Page {
        for _ in 0..400 {
            let network = build(section);
            let Ask::Fetch(request) = network.ask(cursor.as_ref(), now) else { panic!("nothing to ask") };
            let answer = self.answer(&request, now);
            assert!(
                answer.status == 200 || network.salvage(&answer, cursor.as_ref()).is_some(),
                "{}",
                request.url
            );
            let page = network.read(&answer, cursor.as_ref()).unwrap();
            for post in &page.posts {
                assert_ne!(post.text, "cut ...", "the texts of the search are not offered");
                seen.insert(post.native_id.clone());
            }
            let moved = page.cursor.is_some() && page.cursor != *cursor;
            *cursor = page.cursor.clone().or(cursor.take());
            if !page.more {
                return page;
            }
            assert!(moved, "the follower would stop here");
        }
        panic!("the round does not end");
    }
}

fn page(kind: &str, items: &[Value], next: usize, all: usize) -> Value {
    let mut body = json!({"kind": kind, "pageInfo": {"totalResults": 1_000_000}, "items": items});
    if next < all {
        body["nextPageToken"] = format!("T{next}").into();
    }
    body
}

fn comment(id: &str, at: Time) -> Value {
    json!({"kind": "youtube#comment", "id": id, "snippet": {"textDisplay": "moka", "publishedAt": at, "updatedAt": at}})
}

fn threads(video: &str, all: &[(String, Time, usize)], start: usize) -> Value {
    let items = all.iter().rev().skip(start).take(100).map(|(id, at, answers)| {
        json!({"kind": "youtube#commentThread", "id": id, "snippet": {"videoId": video, "totalReplyCount": answers,
            "topLevelComment": comment(id, *at)}})
    });
    page("youtube#commentThreadListResponse", &items.collect::<Vec<_>>(), start + 100, all.len())
}

fn answers(parent: &str, start: usize) -> Value {
    let items = (start..150.min(start + 100)).map(|at| comment(&format!("{parent}.{at}"), Time(0)));
    page("youtube#commentListResponse", &items.collect::<Vec<_>>(), start + 100, 150)
}

fn id(at: u64) -> String {
    format!("Mv{at:09}")
}

fn ids(range: impl Iterator<Item = u64>) -> BTreeSet<String> {
    range.map(id).collect()
}

/// Videos a number of minutes apart, the first one on the first day.
fn every(minutes: i64, range: std::ops::Range<u64>) -> impl Iterator<Item = (String, Time)> {
    range.map(move |at| (id(at), Time(DAY + i64::try_from(at).unwrap() * minutes * MINUTE)))
}

#[test]
fn a_first_search_goes_back_and_the_next_ones_ask_little() {
    let mut tube = Tube::with(every(60, 0..160));
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), Time(8 * DAY));
    tube.round(ONLY_SEARCH, &mut cursor, now, &mut seen);
    assert_eq!(seen, ids(0..160));
    let searches = tube.searches;
    let mut again = BTreeSet::new();
    tube.round(ONLY_SEARCH, &mut cursor, now.plus(15 * MINUTE), &mut again);
    assert_eq!((tube.searches - searches, again), (1, BTreeSet::new()));
    assert!(cursor.unwrap().0.len() < 12_000);
}

#[test]
fn more_than_a_query_gives_is_walked_by_time() {
    let mut tube = Tube::with(every(2, 0..1500));
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    tube.round(ONLY_SEARCH, &mut cursor, Time(4 * DAY), &mut seen);
    assert_eq!(seen, ids(0..1500));
    // without tokens in the middle too
    let mut tube = Tube::with(every(2, 0..1500));
    tube.most = 50;
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    tube.round(ONLY_SEARCH, &mut cursor, Time(4 * DAY), &mut seen);
    assert_eq!(seen, ids(0..1500));
}

#[test]
fn a_full_page_of_one_second_does_not_stand_still() {
    let one = (0..120).map(|at| (id(at), Time(3 * DAY)));
    let mut tube = Tube::with(one.chain(every(10, 200..210)));
    tube.most = 50;
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    tube.round(ONLY_SEARCH, &mut cursor, Time(5 * DAY), &mut seen);
    assert!(seen.is_superset(&ids(200..210)) && seen.len() >= 60, "{}", seen.len());
}

#[test]
fn late_videos_of_the_last_two_days_are_found() {
    let mut tube = Tube::with(every(30, 0..150));
    let now = Time(5 * DAY);
    tube.late = ids(60..62);
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    tube.round(ONLY_SEARCH, &mut cursor, now, &mut seen);
    assert_eq!(seen.len(), 148);
    tube.late.clear();
    tube.round(ONLY_SEARCH, &mut cursor, now.plus(15 * MINUTE), &mut seen);
    tube.round(ONLY_SEARCH, &mut cursor, now.plus(7 * HOUR), &mut seen);
    assert_eq!(seen, ids(0..150));
}

#[test]
fn a_search_that_grows_while_it_is_read_loses_nothing() {
    let mut tube = Tube::with(every(20, 0..200));
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    for (next, step) in (200..).zip(0..12) {
        let now = Time(4 * DAY + step * 20 * MINUTE);
        let network = build(ONLY_SEARCH);
        let Ask::Fetch(request) = network.ask(cursor.as_ref(), now) else { panic!() };
        let read = network.read(&tube.answer(&request, now), cursor.as_ref()).unwrap();
        seen.extend(read.posts.into_iter().map(|post| post.native_id));
        cursor = read.cursor.or(cursor);
        tube.videos.insert(id(next), now);
        // one of those on the next page disappears
        tube.videos.remove(&id(u64::try_from(step).unwrap()));
    }
    tube.round(ONLY_SEARCH, &mut cursor, Time(4 * DAY + 5 * HOUR), &mut seen);
    tube.round(ONLY_SEARCH, &mut cursor, Time(4 * DAY + 6 * HOUR), &mut seen);
    let missing: Vec<&String> = tube.videos.keys().filter(|id| !seen.contains(*id)).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[test]
fn a_refused_or_old_token_goes_on_below_what_was_read() {
    let mut tube = Tube::with(every(30, 0..300));
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), Time(8 * DAY));
    let network = build(ONLY_SEARCH);
    let Ask::Fetch(request) = network.ask(None, now) else { panic!() };
    cursor = network.read(&tube.answer(&request, now), cursor.as_ref()).unwrap().cursor;
    tube.strict = true;
    let later = now.plus(5 * MINUTE);
    tube.most = 50; // every page is asked for by time
    tube.round(ONLY_SEARCH, &mut cursor, later, &mut seen);
    assert_eq!(seen, ids(0..300));
    // after a longer stop the token is not even sent
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    tube.strict = false;
    tube.most = 500;
    let read = network.read(&tube.answer(&request, now), None).unwrap();
    cursor = read.cursor.or(cursor);
    let Ask::Fetch(next) = network.ask(cursor.as_ref(), now.plus(2 * HOUR)) else { panic!() };
    assert!(!next.url.contains("pageToken"), "{}", next.url);
    tube.round(ONLY_SEARCH, &mut cursor, now.plus(2 * HOUR), &mut seen);
    assert_eq!(seen, ids(0..300));
}

#[test]
fn the_searches_of_a_day_are_not_exceeded_and_the_next_day_goes_on() {
    let section = format!("{ONLY_SEARCH}\nsearches_a_day = 4");
    let mut tube = Tube::with(every(10, 0..600));
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), Time(6 * DAY));
    let page = tube.round(&section, &mut cursor, now, &mut seen);
    assert_eq!((tube.searches, seen.len()), (4, 200));
    let rest = page.pause.unwrap().as_secs();
    assert!((3_600..=86_400).contains(&rest), "{rest}");
    assert_eq!(page.missed, None, "nothing is lost yet");
    for day in 1..4 {
        tube.round(&section, &mut cursor, now.plus(day * DAY), &mut seen);
    }
    assert_eq!(seen, ids(0..600));
}

#[test]
fn an_empty_answer_is_no_reset() {
    let mut tube = Tube::with(every(60, 0..100));
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), Time(6 * DAY));
    tube.round(ONLY_SEARCH, &mut cursor, now, &mut seen);
    let videos = std::mem::take(&mut tube.videos);
    let mut none = BTreeSet::new();
    tube.round(ONLY_SEARCH, &mut cursor, now.plus(HOUR), &mut none);
    assert_eq!(none.len(), 0);
    tube.videos = videos;
    let searches = tube.searches;
    tube.round(ONLY_SEARCH, &mut cursor, now.plus(2 * HOUR), &mut none);
    assert_eq!((tube.searches - searches, none.len()), (1, 0));
}

#[test]
fn the_past_is_walked_within_its_bounds_and_ends() {
    let mut tube = Tube::with(every(60, 0..400));
    let network = build(ONLY_SEARCH);
    let (from, to) = (Time(3 * DAY), Time(9 * DAY));
    let (mut cursor, mut seen) = (network.backfill(from, to), BTreeSet::new());
    tube.round(ONLY_SEARCH, &mut cursor, Time(30 * DAY), &mut seen);
    assert_eq!(seen, ids(48..192));
    assert_eq!(network.ask(cursor.as_ref(), Time(30 * DAY)), Ask::Done);
    assert_eq!(build("videos = ['Mv0aaaaaa01']").backfill(from, to), None);
}

#[test]
fn uploads_of_channels_are_read_until_the_known_ones() {
    let section = "channels = ['@molivelle']\nlook_back = '3d'";
    let mut tube = Tube::with(every(60, 0..240));
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), Time(11 * DAY));
    tube.round(section, &mut cursor, now, &mut seen);
    assert_eq!(seen, ids(168..240));
    tube.asked.clear();
    tube.videos.extend(every(60, 240..400));
    tube.round(section, &mut cursor, Time(18 * DAY), &mut seen);
    assert_eq!(seen, ids(168..400));
    tube.asked.clear();
    tube.round(section, &mut cursor, Time(18 * DAY + 15 * MINUTE), &mut seen);
    assert_eq!(tube.asked, ["playlistItems"], "no look-up before a day has passed");
    let unknown = build("channels = ['@nobody']");
    let Ask::Fetch(request) = unknown.ask(None, now) else { panic!() };
    assert!(request.url.ends_with("forHandle=%40nobody"), "{}", request.url);
    let body = br#"{"kind":"youtube#channelListResponse","pageInfo":{"totalResults":0}}"#.to_vec();
    let answer = Answer { request, status: 200, body, seen: now, ..Answer::default() };
    assert!(unknown.read(&answer, None).unwrap().missed.unwrap().reason.contains("nobody"));
}

#[test]
fn comments_are_read_with_all_their_answers() {
    let section = "videos = ['Mv000000001']";
    let mut tube = Tube::with(std::iter::empty());
    let all: Vec<(String, Time, usize)> = (0..250)
        .map(|at| (format!("Ug{at}"), Time(5 * DAY + at * MINUTE), usize::from(at == 249) * 150))
        .collect();
    tube.comments.insert("Mv000000001".to_owned(), all);
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), Time(6 * DAY));
    tube.round(section, &mut cursor, now, &mut seen);
    assert_eq!(seen.len(), 400);
    tube.asked.clear();
    tube.round(section, &mut cursor, now.plus(15 * MINUTE), &mut seen);
    assert_eq!(tube.asked, ["commentThreads"]);
    tube.comments.get_mut("Mv000000001").unwrap()[249].2 = 151;
    tube.round(section, &mut cursor, now.plus(30 * MINUTE), &mut seen);
    assert_eq!(tube.asked.iter().filter(|path| *path == "comments").count(), 2, "new answers are asked for");
}

#[test]
fn closed_comments_and_lost_videos_are_normal_answers() {
    let section = "videos = ['Mv000000001', 'Mv000000002']";
    let mut tube = Tube::with(std::iter::empty());
    tube.comments.insert("Mv000000002".to_owned(), vec![("Ug1".to_owned(), Time(5 * DAY), 0)]);
    let (mut cursor, mut seen, now) = (None, BTreeSet::new(), Time(6 * DAY));
    let network = build(section);
    let Ask::Fetch(request) = network.ask(None, now) else { panic!() };
    let answer = tube.answer(&request, now);
    assert!(network.salvage(&answer, None).is_some());
    let page = network.read(&answer, None).unwrap();
    assert_eq!(page.deletions[0].gone, Gone::Post("Mv000000001".to_owned()));
    tube.round(section, &mut cursor, now, &mut seen);
    assert_eq!(seen, BTreeSet::from(["Ug1".to_owned()]));
    tube.closed = true;
    tube.round(section, &mut cursor, now.plus(HOUR), &mut seen);
    // whoever asks for something else is refused
    assert!(build("query = 'x'").salvage(&answer, None).is_none());
    build("query = 'x'").read(&answer, None).unwrap_err();
}

#[test]
fn found_videos_are_talked_about() {
    let section = "query = 'molivelle'\ncomments = true";
    let mut tube = Tube::with(every(60, 0..3));
    tube.comments.insert(id(1), vec![("Ug1".to_owned(), Time(DAY + 2 * HOUR), 0)]);
    tube.comments.insert(id(0), Vec::new());
    tube.comments.insert(id(2), Vec::new());
    let (mut cursor, mut seen) = (None, BTreeSet::new());
    tube.round(section, &mut cursor, Time(2 * DAY), &mut seen);
    tube.round(section, &mut cursor, Time(2 * DAY + HOUR), &mut seen);
    assert!(seen.contains("Ug1"), "{seen:?}");
    tube.asked.clear();
    tube.round(section, &mut cursor, Time(20 * DAY), &mut seen);
    tube.round(section, &mut cursor, Time(20 * DAY + HOUR), &mut seen);
    assert_eq!(tube.asked.last().unwrap(), "search", "old videos are left alone: {:?}", tube.asked);
}
