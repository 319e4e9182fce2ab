//! Where a source stands: what is left of the round under way, and how far the posts of each page were read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::item;
use crate::network::json::{list, text};
use crate::network::{Missed, Page};
use crate::post::{Deletion, Gone};
use crate::time::{DAY, HOUR, Time};

/// Posts asked for at once, the first time and later.
const MOST: usize = 100;
const FEW: usize = 20;
/// Posts asked for again on the next page: the list moves up when one is deleted.
const BACK: usize = 3;
/// What is asked for again, in milliseconds.
const OVERLAP: i64 = HOUR;
/// Pages of posts of one page of LinkedIn in one round.
const PAGES: u32 = 50;
/// Comments asked for at once, and pages of them in one round.
const COMMENTS: usize = 100;
const COMMENT_PAGES: u32 = 20;
/// Posts of a page whose comments are read, newest first: the quotas are small and not published.
const TALKS: usize = 10;
/// For how long, in milliseconds.
const TALKED: i64 = 30 * DAY;
/// Comments whose number of answers is remembered.
const ANSWERED: usize = 200;
/// How often a page's name and followers are looked at, in milliseconds.
const LOOK: i64 = DAY;

/// One request of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(super) enum Task {
    /// What a page says of itself.
    Look {
        org: String,
    },
    Followers {
        org: String,
    },
    Posts {
        org: String,
        start: usize,
    },
    /// Comments under a post, or answers to a comment.
    Comments {
        under: String,
        start: usize,
    },
}

/// The cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    todo: Vec<Task>,
    orgs: BTreeMap<String, Org>,
    #[serde(skip_serializing_if = "Option::is_none")]
    looked: Option<i64>,
    /// Answers that comments had when they were asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    answered: BTreeMap<String, i64>,
}

/// A page of LinkedIn.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Org {
    /// The latest change below which everything was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
    /// Its newest posts and when they were published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    posts: Vec<(String, i64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Run {
    floor: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<i64>,
    /// The posts of the last page.
    last: Vec<String>,
    pages: u32,
}

/// What the source wants.
#[derive(Debug, Clone, Default)]
pub(super) struct Wants {
    /// URNs of pages.
    pub(super) orgs: Vec<String>,
    pub(super) comments: bool,
    pub(super) look_back: i64,
}

/// Whether an answer says that there is more of its list.
fn has_next(value: &Value, elements: usize, count: usize) -> bool {
    let links = value.get("paging").map_or(&[][..], |paging| list(paging, "links"));
    elements > 0 && (elements >= count || links.iter().any(|link| text(link, "rel") == Some("next")))
}

impl State {
    fn plan(&self, wants: &Wants, now: Time) -> Vec<Task> {
        let mut tasks = Vec::new();
        if self.looked.is_none_or(|looked| now.0.saturating_sub(looked) >= LOOK) {
            tasks.extend(wants.orgs.iter().map(|org| Task::Look { org: org.clone() }));
            tasks.extend(wants.orgs.iter().map(|org| Task::Followers { org: org.clone() }));
        }
        tasks.extend(wants.orgs.iter().map(|org| Task::Posts { org: org.clone(), start: 0 }));
        tasks
    }

    /// What to ask next.
    pub(super) fn next(&self, wants: &Wants, now: Time) -> Option<Task> {
        self.todo.first().cloned().or_else(|| self.plan(wants, now).into_iter().next())
    }

    /// How many posts to ask for: many when the page has not been read yet.
    pub(super) fn count(&self, task: &Task) -> usize {
        match task {
            Task::Posts { org, .. } if self.orgs.get(org).is_some_and(|org| org.high.is_some()) => FEW,
            Task::Comments { .. } => COMMENTS,
            Task::Posts { .. } | Task::Look { .. } | Task::Followers { .. } => MOST,
        }
    }

    fn take(&mut self, asked: &Task, wants: &Wants, now: Time) -> bool {
        if self.todo.is_empty() {
            self.todo = self.plan(wants, now);
        }
        let place = self.todo.iter().position(|task| task == asked);
        place.map(|place| self.todo.remove(place)).is_some()
    }

    /// Whether an answer to `asked` belongs to the round of this source.
    pub(super) fn expects(&self, asked: &Task, wants: &Wants, now: Time) -> bool {
        self.clone().take(asked, wants, now)
    }

    /// Passes over something that cannot be read. What one's own page lost is gone.
    pub(super) fn absent(&mut self, wants: &Wants, asked: &Task, now: Time, page: &mut Page) -> bool {
        if !self.take(asked, wants, now) {
            return false;
        }
        if let Task::Comments { under, start: 0 } = asked {
            for org in self.orgs.values_mut() {
                org.posts.retain(|(post, _)| post != under);
            }
            page.deletions.push(Deletion { network: super::NAME, gone: Gone::Post(under.clone()), at: None });
        }
        if let Task::Look { .. } | Task::Followers { .. } = asked {
            self.looked = Some(now.0);
        }
        page.more = !self.todo.is_empty();
        true
    }

    /// Moves on by one answer. `false`: it does not belong to this round.
    pub(super) fn step(
        &mut self,
        wants: &Wants,
        asked: &Task,
        value: &Value,
        now: Time,
        page: &mut Page,
    ) -> bool {
        let count = self.count(asked);
        if !self.take(asked, wants, now) {
            return false;
        }
        let elements = list(value, "elements");
        let next = match asked {
            Task::Look { .. } | Task::Followers { .. } => {
                self.looked = Some(now.0);
                Vec::new()
            }
            Task::Posts { org, start } => {
                let more = has_next(value, elements.len(), count);
                self.posts(wants, org, *start, elements, more, now, page)
            }
            Task::Comments { under, start } => {
                let mut tasks = Vec::new();
                for (comment, answers) in elements.iter().filter_map(item::comment_place) {
                    if answers > self.answered.get(&comment).copied().unwrap_or(0) {
                        self.answered.insert(comment.clone(), answers);
                        tasks.push(Task::Comments { under: comment, start: 0 });
                    }
                }
                while self.answered.len() > ANSWERED {
                    self.answered.pop_first();
                }
                let start = start.saturating_add(elements.len());
                let most = COMMENTS.saturating_mul(usize::try_from(COMMENT_PAGES).unwrap_or(usize::MAX));
                if has_next(value, elements.len(), count) && start < most {
                    tasks.push(Task::Comments { under: under.clone(), start });
                }
                tasks
            }
        };
        self.todo.splice(0..0, next);
        self.orgs.retain(|org, _| wants.orgs.contains(org));
        page.more = !self.todo.is_empty();
        true
    }

    #[expect(clippy::too_many_arguments, reason = "one page of one list, and where it stands")]
    fn posts(
        &mut self,
        wants: &Wants,
        name: &str,
        start: usize,
        elements: &[Value],
        more: bool,
        now: Time,
        page: &mut Page,
    ) -> Vec<Task> {
        let org = self.orgs.entry(name.to_owned()).or_default();
        let mut run = org.run.take().filter(|_| start > 0).unwrap_or_else(|| Run {
            floor: match org.high {
                Some(high) => high.min(now.0).saturating_sub(OVERLAP),
                None => now.0.saturating_sub(wants.look_back),
            },
            ..Run::default()
        });
        let posts: Vec<(String, Option<i64>)> =
            elements.iter().filter_map(|value| Some((item::post_id(value)?, item::changed(value)))).collect();
        let oldest = posts.iter().filter_map(|(_, at)| *at).min();
        let news = posts.iter().any(|(urn, _)| !run.last.contains(urn));
        run.newest = run.newest.max(posts.iter().filter_map(|(_, at)| *at).max());
        run.last = posts.into_iter().map(|(urn, _)| urn).collect();
        run.pages = run.pages.saturating_add(1);
        for value in elements {
            let told = item::post_id(value).zip(item::published(value));
            if let Some((urn, at)) = told.filter(|(urn, _)| !org.posts.iter().any(|(known, _)| known == urn))
            {
                org.posts.push((urn, at.0));
            }
        }
        org.posts.retain(|(_, at)| now.0.saturating_sub(*at) < TALKED);
        org.posts.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        org.posts.truncate(TALKS);
        if more && news && oldest.is_none_or(|oldest| oldest >= run.floor) {
            if run.pages < PAGES {
                let next = start.saturating_add(elements.len().saturating_sub(BACK).max(1));
                org.run = Some(run);
                return vec![Task::Posts { org: name.to_owned(), start: next }];
            }
            page.missed = oldest.map(|oldest| Missed {
                from: Time(run.floor),
                to: Time(oldest),
                reason: "more changed posts than are read at once".to_owned(),
            });
        }
        let newest = run.newest.map(|newest| if now == Time::default() { newest } else { newest.min(now.0) });
        // where nothing was found at all, the next round does not start like the first
        org.high = org.high.max(newest.or(Some(run.floor)));
        let talks = org.posts.iter().filter(|_| wants.comments);
        talks.map(|(post, _)| Task::Comments { under: post.clone(), start: 0 }).collect()
    }
}
