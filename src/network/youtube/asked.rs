//! The requests to YouTube, and what one was about, told from its address.

use url::Url;

use crate::network::plain;
use crate::time::Time;

/// The most that YouTube gives at once: results, videos and channels.
pub(super) const PAGE: &str = "50";
/// The same for comments.
const COMMENTS: &str = "100";

/// A question to YouTube.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    Search {
        query: String,
        after: Option<Time>,
        before: Option<Time>,
        token: Option<String>,
    },
    /// Accounts by their names.
    People {
        words: String,
    },
    Videos {
        ids: Vec<String>,
    },
    Comments {
        ids: Vec<String>,
    },
    Playlists {
        ids: Vec<String>,
    },
    Channels {
        ids: Vec<String>,
    },
    Handle {
        handle: String,
    },
    Uploads {
        playlist: String,
        token: Option<String>,
    },
    Talk {
        video: String,
        token: Option<String>,
    },
    Answers {
        parent: String,
        token: Option<String>,
    },
}

/// What a search is narrowed by, from the configuration.
#[derive(Debug, Clone, Default)]
pub(super) struct Narrow {
    pub(super) region: Option<String>,
    pub(super) language: Option<String>,
}

/// A moment as YouTube wants it: whole seconds.
fn stamp(time: Time) -> String {
    format!("{:.0}", Time(time.0.div_euclid(1000).saturating_mul(1000)).stamp())
}

impl Asked {
    /// The address that asks it.
    pub(super) fn address(&self, base: &Url, narrow: &Narrow) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        let (path, token) = match self {
            Asked::Search { query, after, before, token } => {
                pairs.extend([
                    ("part", "snippet".to_owned()),
                    ("type", "video".to_owned()),
                    ("order", "date".to_owned()),
                    ("safeSearch", "none".to_owned()),
                    ("maxResults", PAGE.to_owned()),
                    ("q", query.clone()),
                ]);
                pairs.extend(after.map(|after| ("publishedAfter", stamp(after))));
                pairs.extend(before.map(|before| ("publishedBefore", stamp(before))));
                pairs.extend(narrow.region.clone().map(|region| ("regionCode", region)));
                pairs.extend(narrow.language.clone().map(|language| ("relevanceLanguage", language)));
                ("search", token)
            }
            Asked::People { words } => {
                pairs.extend([
                    ("part", "snippet".to_owned()),
                    ("type", "channel".to_owned()),
                    ("maxResults", PAGE.to_owned()),
                    ("q", words.clone()),
                ]);
                ("search", &None)
            }
            Asked::Videos { ids } => {
                pairs.push(("part", "snippet,statistics,contentDetails,status".to_owned()));
                pairs.push(("id", ids.join(",")));
                ("videos", &None)
            }
            Asked::Comments { ids } => {
                pairs.push(("part", "snippet".to_owned()));
                pairs.push(("textFormat", "plainText".to_owned()));
                pairs.push(("id", ids.join(",")));
                ("comments", &None)
            }
            Asked::Playlists { ids } => {
                pairs.push(("part", "snippet".to_owned()));
                pairs.push(("maxResults", PAGE.to_owned()));
                pairs.push(("id", ids.join(",")));
                ("playlists", &None)
            }
            Asked::Channels { ids } => {
                pairs.push(("part", "snippet,statistics,contentDetails,brandingSettings".to_owned()));
                pairs.push(("maxResults", PAGE.to_owned()));
                pairs.push(("id", ids.join(",")));
                ("channels", &None)
            }
            Asked::Handle { handle } => {
                pairs.push(("part", "snippet,statistics,contentDetails,brandingSettings".to_owned()));
                pairs.push(("forHandle", format!("@{handle}")));
                ("channels", &None)
            }
            Asked::Uploads { playlist, token } => {
                pairs.push(("part", "snippet,contentDetails".to_owned()));
                pairs.push(("maxResults", PAGE.to_owned()));
                pairs.push(("playlistId", playlist.clone()));
                ("playlistItems", token)
            }
            Asked::Talk { video, token } => {
                pairs.extend([
                    ("part", "snippet,replies".to_owned()),
                    ("order", "time".to_owned()),
                    ("textFormat", "plainText".to_owned()),
                    ("maxResults", COMMENTS.to_owned()),
                    ("videoId", video.clone()),
                ]);
                ("commentThreads", token)
            }
            Asked::Answers { parent, token } => {
                pairs.extend([
                    ("part", "snippet".to_owned()),
                    ("textFormat", "plainText".to_owned()),
                    ("maxResults", COMMENTS.to_owned()),
                    ("parentId", parent.clone()),
                ]);
                ("comments", token)
            }
        };
        pairs.extend(token.clone().map(|token| ("pageToken", token)));
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        plain::below(base, [path], &pairs)
    }

    /// What an address asks; `None` for one that asks for nothing of these.
    pub(super) fn of(address: &str) -> Option<Asked> {
        let url = Url::parse(address).ok()?;
        let get = |wanted: &str| {
            url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        let all = |wanted: &str| -> Vec<String> {
            get(wanted).unwrap_or_default().split(',').map(str::to_owned).collect()
        };
        let token = get("pageToken");
        Some(match url.path_segments()?.next_back()? {
            "search" if get("type").as_deref() == Some("channel") => {
                Asked::People { words: get("q").unwrap_or_default() }
            }
            "search" => Asked::Search {
                query: get("q").unwrap_or_default(),
                after: get("publishedAfter").and_then(|after| Time::parse(&after)),
                before: get("publishedBefore").and_then(|before| Time::parse(&before)),
                token,
            },
            "videos" => Asked::Videos { ids: all("id") },
            "playlists" => Asked::Playlists { ids: all("id") },
            "channels" => match get("forHandle") {
                Some(handle) => Asked::Handle { handle: handle.trim_start_matches('@').to_owned() },
                None => Asked::Channels { ids: all("id") },
            },
            "playlistItems" => Asked::Uploads { playlist: get("playlistId")?, token },
            "commentThreads" => Asked::Talk { video: get("videoId")?, token },
            "comments" => match get("parentId") {
                Some(parent) => Asked::Answers { parent, token },
                None => Asked::Comments { ids: all("id") },
            },
            _ => return None,
        })
    }
}
