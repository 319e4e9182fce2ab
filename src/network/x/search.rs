//! The search as a walk: which query is asked next, what its answer changes, and the way around a refusal.

use serde_json::Value;

use super::ask::{self, Asked, Part};
use super::problem::{self, Hint};
use super::rules::Stream;
use super::section::Names;
use super::walk::{self, Run, Seen, State, Told};
use super::{NAME, Query, X, entity, id};
use crate::network::{Answer, Ask, Cursor, Missed, ReadError, Trouble, json};
use crate::time::Time;

impl X {
    fn search_names(&self, state: &State) -> Names {
        self.names.flipped(state.flipped.search)
    }

    /// The query whose turn it is.
    fn current(&self, state: &State) -> Option<&Query> {
        self.queries.iter().find(|query| state.at.as_ref() == Some(&query.key)).or(self.queries.first())
    }

    /// The stream where one is wanted, as it stands.
    pub(super) fn stream(&self, state: &State) -> Option<Stream> {
        if self.rules.is_empty() || state.window.is_some() {
            return None;
        }
        let known = state.stream.clone().filter(|stream| stream.wanted == self.wanted);
        Some(known.unwrap_or_else(|| Stream::new(self.wanted.clone())))
    }

    /// The run to go on with, or to begin.
    fn run(&self, state: &State, query: &Query, now: Time) -> Run {
        let seen = state.queries.get(&query.key);
        if let Some(run) = seen.and_then(|seen| seen.run.clone()) {
            return run;
        }
        if let Some(window) = state.window {
            return Run::within(window);
        }
        let known = seen.map(|seen| seen.since).filter(|since| *since > 0);
        let since = known.unwrap_or_else(|| id::at(now.plus(self.look_back.saturating_neg())));
        Run::new(since, self.stream(state).and_then(|stream| stream.heard()))
    }

    /// Whether the posts are to be counted before they are asked for.
    fn counts_first(&self, state: &State, query: &Query) -> bool {
        let running = state.queries.get(&query.key).is_some_and(|seen| seen.run.is_some());
        self.at_most.is_some() && !running && state.window.is_none()
    }

    /// The next question of the search.
    pub(super) fn search(&self, state: &State, now: Time) -> Ask {
        let Some(query) = self.current(state) else { return Ask::Done };
        let mut part = self.run(state, query, now).part(walk::reach(now, state.behind));
        if state.window.is_some() {
            // X refuses moments that are not over
            part.until = part.until.filter(|until| *until < id::at(now.plus(-15_000)));
            if part.until.is_some_and(|until| until <= part.since) {
                return Ask::Done;
            }
        }
        Ask::Fetch(if self.counts_first(state, query) {
            self.door.counts(&query.text, part.since)
        } else {
            self.door.search(&query.text, &part, self.search_names(state))
        })
    }

    /// The query with this text.
    fn query(&self, text: &str) -> Option<&Query> {
        self.queries.iter().find(|query| query.text == text)
    }

    /// A query has been read: the next one, or the end of the round. Tells whether there is more to ask now.
    fn turn(&self, state: &mut State, query: &Query, now: Time) -> bool {
        state.queries.retain(|key, _| self.queries.iter().any(|query| query.key == *key));
        let after = self.queries.iter().skip_while(|other| other.key != query.key).nth(1);
        state.at = after.map(|next| next.key.clone());
        if after.is_some() {
            return true;
        }
        if let Some(window) = &mut state.window {
            window.done = true;
            return false;
        }
        let Some(mut stream) = self.stream(state) else { return false };
        stream.caught_up(now);
        state.stream = Some(stream);
        true
    }

    /// Takes the answer of a search into the state.
    pub(super) fn searched(
        &self,
        value: &Value,
        answer: &Answer,
        asked: &str,
        part: &Part,
        state: &mut State,
    ) -> (Option<Missed>, bool) {
        let Some(query) = self.query(asked) else { return (None, false) };
        let meta = value.get("meta").unwrap_or(&Value::Null);
        let number = |value: &Value, key: &str| json::id(value, key).and_then(|id| id::number(&id));
        let told = Told {
            ids: json::list(value, "data").iter().filter_map(|post| number(post, "id")).collect(),
            newest: number(meta, "newest_id"),
            next: json::text(meta, "next_token").map(str::to_owned),
            at: date(answer),
        };
        let run = self.run(state, query, answer.seen);
        // a first round starts where it was asked to
        let fresh = state.queries.get(&query.key).is_none_or(|seen| seen.since == 0 && seen.run.is_none());
        let run = if fresh && state.window.is_none() { Run::new(part.since, None) } else { run };
        let seen = state.queries.entry(query.key.clone()).or_default();
        let (missed, over) = seen.step(run, part, &told);
        (missed, if over { self.turn(state, query, answer.seen) } else { true })
    }

    /// Takes a count into the state: nothing new, too much, or worth asking for.
    pub(super) fn counted(
        &self,
        value: &Value,
        answer: &Answer,
        asked: &str,
        since: u64,
        state: &mut State,
    ) -> (Option<Missed>, bool) {
        let (Some(query), Some(at_most)) = (self.query(asked), self.at_most) else { return (None, false) };
        let found = counted(value);
        let now = date(answer).unwrap_or(answer.seen);
        let run = self.run(state, query, answer.seen);
        let seen: &mut Seen = state.queries.entry(query.key.clone()).or_default();
        if found > at_most {
            let missed = seen.skip(since, found, at_most, now);
            return (missed, self.turn(state, query, answer.seen));
        }
        if found == 0 {
            seen.finish(id::at(now.plus(-walk::OVERLAP)).max(since));
            return (None, self.turn(state, query, answer.seen));
        }
        seen.run = Some(if seen.since == 0 { Run::new(since, None) } else { run });
        (None, true)
    }

    /// The refusal of an answer, with the cursor that gets around it where there is one.
    pub(super) fn refusal(
        &self,
        answer: &Answer,
        value: Option<&Value>,
        cursor: Option<&Cursor>,
    ) -> ReadError {
        let (error, hint) = problem::refusal(answer, value);
        let mut state: State = Cursor::state(cursor);
        let asked = ask::asked(&answer.request.url);
        let around = match (hint, &asked) {
            (Some(Hint::Names), Asked::Search { .. }) if !state.flipped.search => {
                state.flipped.search = true;
                Some("X calls its fields otherwise; Vigie asks with the other `names`")
            }
            (Some(Hint::Names), Asked::Stream) if !state.flipped.stream => {
                state.flipped.stream = true;
                Some("the stream calls its fields otherwise; Vigie asks with the other `names`")
            }
            (Some(Hint::Token), Asked::Search { query, part }) if part.token.is_some() => {
                let key = self.query(query).map(|query| query.key.clone()).unwrap_or_default();
                let run = state.queries.get_mut(&key).and_then(|seen| seen.run.as_mut());
                run.is_some_and(Run::restart)
                    .then_some("the page token has run out; Vigie goes on without it")
            }
            (Some(Hint::Since), Asked::Search { .. } | Asked::Counts { .. }) if !state.behind => {
                state.behind = true;
                Some("this machine's clock is behind that of X; Vigie searches less far back")
            }
            (Some(Hint::NoRules), Asked::Stream) => {
                state.stream = None;
                Some("the stream has no rules; Vigie sets them again")
            }
            _ => None,
        };
        match around {
            Some(words) => ReadError::refusal(&NAME, Trouble::Transient, words).instead(Cursor::of(&state)),
            None => error,
        }
    }
}

/// What a count says in all.
fn counted(value: &Value) -> i64 {
    let meta = value.get("meta").unwrap_or(&Value::Null);
    let each = |one: &Value| entity::count(one, &["tweet_count", "post_count"]);
    entity::count(meta, &["total_tweet_count", "total_post_count"])
        .unwrap_or_else(|| json::list(value, "data").iter().filter_map(each).fold(0, i64::saturating_add))
}

/// The moment of an answer by the clock of X, which writes `UTC` where others write `GMT`.
fn date(answer: &Answer) -> Option<Time> {
    let date = answer.header("date")?.replace("UTC", "GMT");
    let since = httpdate::parse_http_date(&date).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Time::from_seconds(i64::try_from(since.as_secs()).ok()?)
}
