//! The uploads of a channel: a playlist, newest first, complete.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::walk::{Place, Told, Window};
use crate::network::json::{id, list, text, time};
use crate::network::{Missed, Page};
use crate::time::{HOUR, Time};

/// What is asked for again, in milliseconds: a video may be listed long after the moment it is dated.
const OVERLAP: i64 = 48 * HOUR;
/// Pages of one channel in one round: a thousand videos. Who publishes more in two days is a machine.
const PAGES: u32 = 20;

/// How far the uploads of a channel were read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Channel {
    /// The list of its uploads, once it has been looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) playlist: Option<String>,
    /// The newest video below which everything was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<i64>,
    /// How far back the walk under way goes, and the newest video that it met.
    #[serde(skip_serializing_if = "Option::is_none")]
    floor: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<i64>,
    /// The videos of the last page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    last: Vec<String>,
}

/// The uploads of a channel, as a look-up tells them.
pub(super) fn playlist(channel: &Value) -> Option<String> {
    text(channel.pointer("/contentDetails/relatedPlaylists")?, "uploads").map(str::to_owned)
}

/// The video of an entry and when it was published.
fn entry(item: &Value) -> Option<(String, i64)> {
    let (snippet, details) = (item.get("snippet"), item.get("contentDetails"));
    let video = snippet
        .and_then(|snippet| id(snippet.get("resourceId")?, "videoId"))
        .or_else(|| id(details?, "videoId"))?;
    let at = details.and_then(|details| time(details, "videoPublishedAt"));
    Some((video, at.or_else(|| time(snippet?, "publishedAt"))?.0))
}

impl Channel {
    /// Moves on by one page. Gives the next one, and the videos whose figures are still to be asked for.
    pub(super) fn step(
        &mut self,
        look_back: i64,
        window: Option<Window>,
        place: &Place,
        told: Told<'_>,
        page: &mut Page,
    ) -> (Option<Place>, Vec<String>) {
        let seen = told.seen;
        if told.is_token_refused() && place.pages > 0 {
            (self.newest, self.last) = (None, Vec::new());
            return (Some(Place::default()), Vec::new());
        }
        let floor = match (window, self.floor.filter(|_| place.pages > 0), self.high) {
            (Some(window), ..) => window.from,
            (None, Some(floor), _) => floor,
            (None, None, Some(high)) => high.min(seen.0).saturating_sub(OVERLAP),
            (None, None, None) => seen.0.saturating_sub(look_back),
        };
        let to = window.map_or(i64::MAX, |window| window.to);
        let entries: Vec<(String, i64)> = list(told.value, "items").iter().filter_map(entry).collect();
        let wanted = |at: i64| at >= floor && at <= to;
        let is_listed = |native_id: &str| entries.iter().any(|(video, _)| video == native_id);
        page.posts.retain(|post| !is_listed(&post.native_id) || post.published.is_none_or(|at| wanted(at.0)));
        let fill: Vec<String> =
            entries.iter().filter(|(_, at)| wanted(*at)).map(|(video, _)| video.clone()).collect();
        let newest = entries.iter().map(|(_, at)| *at).max();
        self.newest = self.newest.filter(|_| place.pages > 0).max(newest);
        self.floor = Some(floor);
        let oldest = entries.iter().map(|(_, at)| *at).min();
        let repeats = entries.iter().all(|(video, _)| self.last.contains(video));
        let next = Place::after((place.pages > 0).then_some(place), told.value, seen)
            .filter(|_| oldest.is_some_and(|oldest| oldest >= floor) && !(repeats && place.pages > 0));
        self.last = entries.into_iter().map(|(video, _)| video).collect();
        match next {
            Some(next) if next.pages < PAGES => return (Some(next), fill),
            Some(_) => {
                page.missed = oldest.map(|oldest| Missed {
                    from: Time(floor),
                    to: Time(oldest),
                    reason: "a channel has more new videos than are read at once".to_owned(),
                });
            }
            None => {}
        }
        let newest =
            self.newest.map(|newest| if seen == Time::default() { newest } else { newest.min(seen.0) });
        self.high = self.high.max(newest);
        (self.floor, self.newest, self.last) = (None, None, Vec::new());
        (None, fill)
    }
}
