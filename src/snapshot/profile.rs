//! What a brand's own accounts do: followers over time, cadence, what they publish, how it fares.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Post, post};
use crate::alert::trend::{Reactions, reactions};
use crate::fold::links;
use crate::share::Window;
use crate::store::figures::{Doings, Own, TopPost};
use crate::time::{DAY, HOUR, Time};

/// The age at which few reactions are still to come: reactions are compared from then on.
const SETTLED: i64 = 48 * HOUR;
/// Best and worst posts.
const POSTS: usize = 3;
/// Hashtags.
const HASHTAGS: usize = 10;
/// Posts that both ends of a list are told of, at least: of fewer, best and worst are the same ones.
const ENDS: usize = 6;

/// One account of a brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Where.
    pub network: String,
    /// The network's own identifier.
    pub native_id: String,
    /// The name used there.
    pub handle: Option<String>,
    /// What it was on each day of the window on which it was looked up.
    pub days: Vec<AccountCount>,
    /// Posts a week in tenths: from its own count of posts where that is known on two days, else from those heard.
    pub posts_a_week: Option<u64>,
    /// `counted` by its network, or `heard` by a source of ours (then others may be missing).
    pub cadence: Option<String>,
    /// Posts of it that were heard: those that are a mention of a brand.
    pub heard: u64,
    /// Those by kind.
    pub kinds: Vec<Part>,
    /// Those with a picture, video or sound.
    pub with_media: u64,
    /// Those with a link.
    pub with_links: u64,
    /// Hashtags in them.
    pub hashtags: Vec<Part>,
    /// Reactions to a post, of those whose counts were read 48 hours after it or later.
    pub engagement: Option<Engagement>,
    /// The posts of those with the most reactions.
    pub best: Vec<Post>,
    /// Those with the fewest.
    pub worst: Vec<Post>,
    /// Posts far above or far below what is usual for the account.
    pub unusual: Vec<Unusual>,
}

/// Counts of an account on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountCount {
    /// The day's start (UTC).
    pub day: Time,
    /// Followers.
    pub followers: Option<u64>,
    /// Posts it has published.
    pub posts: Option<u64>,
}

/// How many posts are of a kind, or have a hashtag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which.
    pub name: String,
    /// How many.
    pub posts: u64,
}

/// Reactions to posts at an age at which few more come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engagement {
    /// Posts read then.
    pub posts: u64,
    /// Half of them have so many reactions or fewer.
    pub median: i64,
    /// Reactions of each, the fewest first.
    pub reactions: Vec<i64>,
}

/// A post far from its account's habit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unusual {
    /// `takes_off` or `flops`.
    pub what: String,
    /// The median of the account's other posts.
    pub usual: i64,
    /// The post.
    pub post: Post,
}

/// The accounts of a brand, in the order of networks.
pub fn profiles(doings: &Doings, window: Window) -> Vec<Profile> {
    let mut accounts: BTreeMap<(String, String), Profile> = BTreeMap::new();
    for day in &doings.days {
        let profile = account(&mut accounts, &day.network, &day.native_id);
        profile.handle = day.handle.clone().or(profile.handle.take());
        profile.days.push(AccountCount { day: day.day, followers: day.followers, posts: day.posts });
    }
    let mut posts: BTreeMap<(String, String), Vec<&Own>> = BTreeMap::new();
    for own in &doings.posts {
        let Some(author) = &own.mention.post.author else { continue };
        let network = own.mention.post.network.as_str();
        let profile = account(&mut accounts, network, &author.native_id);
        profile.handle = profile.handle.take().or_else(|| author.handle.clone());
        posts.entry((network.to_owned(), author.native_id.clone())).or_default().push(own);
    }
    for (key, profile) in &mut accounts {
        let own = posts.get(key).map(Vec::as_slice).unwrap_or_default();
        published(profile, own);
        cadence(profile, window);
    }
    accounts.into_values().collect()
}

fn account<'a>(
    accounts: &'a mut BTreeMap<(String, String), Profile>,
    network: &str,
    native_id: &str,
) -> &'a mut Profile {
    accounts.entry((network.to_owned(), native_id.to_owned())).or_insert_with(|| Profile {
        network: network.to_owned(),
        native_id: native_id.to_owned(),
        handle: None,
        days: Vec::new(),
        posts_a_week: None,
        cadence: None,
        heard: 0,
        kinds: Vec::new(),
        with_media: 0,
        with_links: 0,
        hashtags: Vec::new(),
        engagement: None,
        best: Vec::new(),
        worst: Vec::new(),
        unusual: Vec::new(),
    })
}

/// Posts a week, in tenths.
fn cadence(profile: &mut Profile, window: Window) {
    let mut counted = profile.days.iter().filter_map(|day| Some((day.day, day.posts?)));
    let (first, last) = (counted.next(), counted.next_back());
    let rate = |posts: u64, length: i64| {
        let length = u64::try_from(length).ok().filter(|length| *length > 0)?;
        posts.saturating_mul(10 * 7 * DAY.unsigned_abs()).checked_div(length)
    };
    if let Some(((from, before), (to, after))) = first.zip(last)
        && let Some(posts) = after.checked_sub(before)
    {
        profile.posts_a_week = rate(posts, to.since(from));
        profile.cadence = profile.posts_a_week.map(|_| "counted".to_owned());
    }
    if profile.posts_a_week.is_none() && profile.heard > 0 {
        profile.posts_a_week = rate(profile.heard, window.to.since(window.from));
        profile.cadence = Some("heard".to_owned());
    }
}

fn published(profile: &mut Profile, own: &[&Own]) {
    let (mut kinds, mut hashtags) = (BTreeMap::new(), BTreeMap::new());
    for Own { mention, .. } in own {
        let post = &mention.post;
        profile.heard += 1;
        *kinds.entry(post.kind.as_str().to_owned()).or_insert(0) += 1;
        profile.with_media += u64::from(!post.media.is_empty());
        profile.with_links += u64::from(!post.links.is_empty() || !links(&post.text).is_empty());
        for tag in &post.hashtags {
            *hashtags.entry(tag.to_lowercase()).or_insert(0) += 1;
        }
    }
    profile.kinds = parts(kinds);
    profile.hashtags = parts(hashtags);
    profile.hashtags.truncate(HASHTAGS);
    let mut settled: Vec<&&Own> = own.iter().filter(|own| own.read.since(at(own)) >= SETTLED).collect();
    settled.sort_by_key(|own| (own.mention.post.counts.reactions(), own.mention.id));
    let figures: Vec<i64> = settled.iter().map(|own| own.mention.post.counts.reactions()).collect();
    profile.engagement = figures.get(figures.len() / 2).map(|median| Engagement {
        posts: u64::try_from(figures.len()).unwrap_or(u64::MAX),
        median: *median,
        reactions: figures.clone(),
    });
    if settled.len() >= ENDS {
        profile.best = settled.iter().rev().take(POSTS).map(|own| shown(own)).collect();
        profile.worst = settled.iter().take(POSTS).map(|own| shown(own)).collect();
    }
    for own in own {
        let others: Vec<i64> = (settled.iter().filter(|other| other.mention.id != own.mention.id))
            .map(|other| other.mention.post.counts.reactions())
            .collect();
        let count = own.mention.post.counts.reactions();
        if let Some((what, usual)) = reactions(count, own.read.since(at(own)) >= SETTLED, &others) {
            let what = match what {
                Reactions::TakesOff => "takes_off",
                Reactions::Flops => "flops",
            };
            profile.unusual.push(Unusual { what: what.to_owned(), usual, post: shown(own) });
        }
    }
}

fn at(own: &Own) -> Time {
    own.mention.post.published.unwrap_or(own.mention.counted)
}

fn shown(own: &Own) -> Post {
    post(TopPost { mention: own.mention.clone(), copies: 0 })
}

/// The most used first.
pub(super) fn parts(counts: impl IntoIterator<Item = (String, u64)>) -> Vec<Part> {
    let mut parts: Vec<Part> = counts.into_iter().map(|(name, posts)| Part { name, posts }).collect();
    parts.sort_by(|a, b| b.posts.cmp(&a.posts).then_with(|| a.name.cmp(&b.name)));
    parts
}
