//! What a source follows on its server: where each feed is asked for, and what its stream is called.

use std::fmt;

use serde_json::{Value, json};
use url::Url;

use super::access::{Access, Part};

/// One thing to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Feed {
    /// Posts with a hashtag.
    Tag(String),
    /// All that the server knows.
    Public,
    /// All by the server's own people.
    Local,
    /// Posts of an account.
    Account(String),
    /// Posts that a search finds.
    Search(String),
}

/// As people know it.
impl fmt::Display for Feed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Feed::Tag(_) => out.write_str("its hashtag feeds"),
            Feed::Public => out.write_str("its public feed"),
            Feed::Local => out.write_str("the public feed of its own people"),
            Feed::Account(name) => write!(out, "the posts of {name}"),
            Feed::Search(words) => write!(out, "the search for \"{words}\""),
        }
    }
}

/// A feed as it may be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Open {
    /// What is followed.
    pub(super) feed: Feed,
    /// The part of it that may be seen.
    pub(super) part: Part,
    /// Its address without the place in it; `None` while the number of an account is not known.
    pub(super) address: Option<String>,
}

/// The feeds that may be asked for, and what may not, in words.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) open: Vec<Open>,
    pub(super) closed: Vec<String>,
}

/// An address of the server's interface.
pub(super) fn address(base: &Url, path: &[&str], pairs: &[(&str, &str)]) -> String {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push("api").extend(path);
    }
    url.set_query(None);
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    url.into()
}

impl Feed {
    /// Its address, once the number of an account is known.
    fn address(&self, base: &Url, part: Part, number: Option<&str>) -> Option<String> {
        let half: &[(&str, &str)] = match part {
            Part::Whole => &[],
            Part::Local => &[("local", "true")],
            Part::Remote => &[("remote", "true")],
        };
        Some(match self {
            Feed::Tag(name) => address(base, &["v1", "timelines", "tag", name], half),
            Feed::Public | Feed::Local => address(base, &["v1", "timelines", "public"], half),
            Feed::Account(_) => {
                address(base, &["v1", "accounts", number?, "statuses"], &[("exclude_reblogs", "true")])
            }
            Feed::Search(words) => address(base, &["v2", "search"], &[("q", words), ("type", "statuses")]),
        })
    }

    /// Whether new posts of it are streamed.
    pub(super) fn is_streamed(&self) -> bool {
        matches!(self, Feed::Tag(_) | Feed::Public | Feed::Local)
    }
}

impl Open {
    /// The name of its stream, and the hashtag that goes with it.
    fn stream(&self) -> Option<(&'static str, Option<&str>)> {
        Some(match (&self.feed, self.part) {
            (Feed::Tag(name), Part::Local) => ("hashtag:local", Some(name)),
            (Feed::Tag(name), Part::Whole | Part::Remote) => ("hashtag", Some(name)),
            (Feed::Local, _) | (Feed::Public, Part::Local) => ("public:local", None),
            (Feed::Public, Part::Remote) => ("public:remote", None),
            (Feed::Public, Part::Whole) => ("public", None),
            (Feed::Account(_) | Feed::Search(_), _) => return None,
        })
    }

    /// The message that subscribes to its stream.
    pub(super) fn subscription(&self) -> Option<String> {
        let (stream, tag) = self.stream()?;
        let mut message = json!({"type": "subscribe", "stream": stream});
        if let (Some(tag), Some(fields)) = (tag, message.as_object_mut()) {
            fields.insert("tag".to_owned(), tag.into());
        }
        Some(message.to_string())
    }

    /// The query that subscribes to its stream as the socket is opened: some servers want one there.
    pub(super) fn query(&self) -> Option<String> {
        let (stream, tag) = self.stream()?;
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("stream", stream).extend_pairs(tag.map(|tag| ("tag", tag)));
        Some(query.finish())
    }

    /// Whether a message of these streams is of this feed.
    fn is_of(&self, streams: &[&str]) -> bool {
        match (&self.feed, streams) {
            (Feed::Tag(name), ["hashtag" | "hashtag:local", tag]) => {
                name.to_lowercase() == tag.to_lowercase()
            }
            (Feed::Public, ["public" | "public:remote"]) => self.part != Part::Local,
            (Feed::Public, ["public:local"]) => self.part == Part::Local,
            (Feed::Local, ["public:local"]) => true,
            _ => false,
        }
    }
}

impl Plan {
    /// What of `feeds` may be asked for. `number`: that of an account by its name.
    pub(super) fn of<'n>(
        base: &Url,
        feeds: &[Feed],
        access: &Access,
        token: bool,
        number: impl Fn(&str) -> Option<&'n str>,
    ) -> Plan {
        let mut plan = Plan::default();
        for feed in feeds {
            let (part, left_out) = match access.part(feed, token) {
                Ok(part) => part,
                Err(why) => {
                    plan.say(why);
                    continue;
                }
            };
            left_out.into_iter().for_each(|why| plan.say(why));
            let number = if let Feed::Account(name) = feed { number(name) } else { None };
            if number == Some("") {
                plan.say(format!("the server knows no account called {feed}").replace("the posts of ", ""));
                continue;
            }
            let address = feed.address(base, part, number);
            plan.open.push(Open { feed: feed.clone(), part, address });
        }
        plan
    }

    fn say(&mut self, why: String) {
        if !self.closed.contains(&why) {
            self.closed.push(why);
        }
    }

    /// The addresses of the feeds, in order.
    pub(super) fn addresses(&self) -> Vec<String> {
        self.open.iter().filter_map(|open| open.address.clone()).collect()
    }

    /// The first account whose number has to be looked up.
    pub(super) fn nameless(&self) -> Option<&str> {
        self.open.iter().filter(|open| open.address.is_none()).find_map(|open| match &open.feed {
            Feed::Account(name) => Some(name.as_str()),
            Feed::Tag(_) | Feed::Public | Feed::Local | Feed::Search(_) => None,
        })
    }

    /// The addresses of the feeds that a message belongs to, by the list of streams in it.
    pub(super) fn streamed(&self, streams: &Value) -> Vec<String> {
        let streams: Vec<&str> = streams.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let of = self.open.iter().filter(|open| open.is_of(&streams));
        of.filter_map(|open| open.address.clone()).collect()
    }
}
