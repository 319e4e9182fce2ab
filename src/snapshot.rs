//! Snapshots: the state of every brand over a period, as one document for machines. The same store, brands
//! and period give the same bytes; nothing in it depends on the moment it is asked for but `generated`.

mod matrix;
mod profile;
mod seal;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::digest;
use crate::impostor::{Level, describe};
use crate::keyword::{Brand, BrandId};
use crate::mention::{Gap, Suspect};
use crate::share::{Change, Heard, Interval, Moods, Permille, Shares, Window};
use crate::store::figures::{self, Answering, Campaign, Coverage, Day, SeenAccount, Slice, TopPost};
use crate::store::{StoreError, sources};
use crate::time::Time;

pub use matrix::Held;
pub use profile::{AccountCount, Engagement, Part, Profile, Unusual, profiles};

/// The name and version of the document. The number changes when a field goes or changes its meaning; new
/// fields may come without.
pub const SCHEMA: &str = "vigie.snapshot/2";
/// Top posts of each brand: enough for a page about it.
pub const TOP: usize = 5;
/// Accounts seen of each brand.
pub const ACCOUNTS: usize = 10;
/// Hashtags of each brand.
const HASHTAGS: usize = 20;
/// Characters of a top post: a snapshot points at posts, it is no copy of them.
const EXCERPT: usize = 300;

/// The whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of Vigie that made it.
    pub vigie: String,
    /// When it was made; the end of the window in a replayed store.
    pub generated: Time,
    /// The period it is about.
    pub window: Window,
    /// The period that changes are measured against: the one before, or the one asked for; `null` when nobody listened
    /// then.
    pub previous: Option<Window>,
    /// What shares are parts of: mentions. One post about two brands is two mentions.
    pub unit: String,
    /// All brands together: an author or a text that names two brands counts once.
    pub totals: Heard,
    /// How many of the mentions come from the shipped example and not from the world.
    pub examples: u64,
    /// Our brands first, then the most talked about.
    pub brands: Vec<BrandState>,
    /// What every source was due to do in the window, and did.
    pub coverage: Vec<Coverage>,
    /// Stretches of the window that a source could not give.
    pub gaps: Vec<Gap>,
    /// SHA-256 of all the rest in its canonical form, in hexadecimal digits.
    pub hash: String,
}

/// The state of one brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrandState {
    /// Its identity.
    pub id: BrandId,
    /// Its name.
    pub name: String,
    /// Whether it is ours; else it is a competitor.
    pub ours: bool,
    /// What was heard of it: mentions, distinct authors, distinct posts.
    pub counts: Heard,
    /// Its part of all mentions in thousandths; `null` when nothing was heard of any brand. Parts of all
    /// brands sum to 1000.
    pub permille: Option<Permille>,
    /// Its part of all stories with its interval at 95 %.
    pub by_stories: Option<Interval>,
    /// How it is spoken of, in distinct stories.
    pub sentiment: Option<Moods>,
    /// The change since the period before, when that can be compared.
    pub change: Option<Change>,
    /// Whether its keywords changed in between, which breaks the comparison.
    pub query_changed: bool,
    /// The versions of its keywords that decided its mentions in the window.
    pub keywords_versions: Vec<String>,
    /// Mentions by network, most first.
    pub networks: Vec<Slice>,
    /// Its share inside each network on which any brand was heard, the most talked about first; `None` in documents that
    /// were made before this was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_network: Option<Vec<NetworkShare>>,
    /// Mentions by language, most first; `unknown` where nobody can say.
    pub languages: Vec<Slice>,
    /// Mentions by 24 hours, counted back from the end of the window (the first may be shorter), for at most the last 92 days.
    pub days: Vec<Day>,
    /// Posts with the most reactions; copies of one text are one.
    pub top_posts: Vec<Post>,
    /// Authors of most texts; copies of one text are one.
    pub accounts: Vec<SeenAccount>,
    /// Accounts first suspected in the window of posing as this brand, the surest first.
    pub suspects: Vec<SuspectAccount>,
    /// Its own accounts.
    pub profiles: Vec<Profile>,
    /// Hashtags in what is said of it.
    pub hashtags: Vec<Part>,
    /// Campaigns seen in the links of public posts.
    pub campaigns: Vec<Campaign>,
    /// How its own accounts answer, by network.
    pub answering: Vec<Answering>,
    /// Of a competitor: each measure held against the first brand that is ours.
    pub against_us: Vec<Held>,
}

/// The share of one brand inside one network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkShare {
    /// The network.
    pub network: String,
    /// What was heard of the brand there; all zero where only others were.
    pub counts: Heard,
    /// Stories of all brands there, each counted for every brand that it names: what `by_stories` is a part of. With
    /// fewer than [`crate::share::ENOUGH`] the interval says more than the share.
    pub of_stories: u64,
    /// Its part of all mentions there in thousandths. Parts of all brands sum to 1000.
    pub permille: Option<Permille>,
    /// Its part of all stories there with its interval at 95 % (Wilson).
    pub by_stories: Option<Interval>,
    /// The change since the period before, when that can be compared.
    pub change: Option<Change>,
}

/// A post that stands out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Where.
    pub network: String,
    /// The network's own identifier.
    pub native_id: String,
    /// An address that a person can open.
    pub permalink: Option<String>,
    /// The handle of its author, or the network's identifier of that account.
    pub author: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// The beginning of its text.
    pub excerpt: String,
    /// When the network says it was published.
    pub published: Option<Time>,
    /// Its reactions, all kinds added up.
    pub reactions: i64,
    /// How many other posts of the window say the same words.
    pub copies: u64,
    /// Whether it comes from the shipped example.
    pub example: bool,
}

/// An account suspected of posing as a brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuspectAccount {
    /// Where.
    pub network: String,
    /// The network's own identifier.
    pub native_id: String,
    /// The name used there.
    pub handle: Option<String>,
    /// The name shown to readers.
    pub display_name: Option<String>,
    /// How sure: review or alert.
    pub level: Level,
    /// Sum of the points of its signals, in hundredths.
    pub score: i32,
    /// Why, a sentence a signal.
    pub reasons: Vec<String>,
    /// When it was first suspected.
    pub first_seen: Time,
    /// Whether it comes from the shipped example.
    pub example: bool,
}

/// Gathers the state of `brands` over `window`, all of it in one transaction so that its figures agree. Changes are
/// measured against the window `compared`, else against the one before. The document is not sealed yet.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn gather(
    connection: &Connection,
    brands: &[Brand],
    (window, compared): (Window, Option<Window>),
    generated: Time,
) -> Result<Snapshot, StoreError> {
    let transaction =
        if connection.is_autocommit() { Some(connection.unchecked_transaction()?) } else { None };
    let against = compared.unwrap_or_else(|| window.previous());
    let shares = digest::shares_against(connection, brands, window, against)?;
    let suspects = figures::new_suspects(connection, window, brands)?;
    let inside = figures::sliced(connection, figures::Per::Network, (window, against), brands)?;
    let inside: Vec<(String, Shares)> =
        inside.into_iter().map(|part| (part.name, Shares::new(brands, &part.now, &part.before))).collect();
    let heard = figures::OfBrands::in_window(connection, window, brands)?;
    let mut states = Vec::with_capacity(shares.brands.len());
    for share in shares.brands {
        let Some(brand) = brands.iter().find(|brand| brand.id == share.id) else { continue };
        let mut doings = figures::doings(connection, window, brand)?;
        doings.hashtags.truncate(HASHTAGS);
        let brand = std::slice::from_ref(brand);
        let top = figures::top_posts(connection, &heard, &share.id, TOP)?;
        states.push(BrandState {
            keywords_versions: figures::versions(connection, &heard, &share.id)?,
            networks: figures::by_network(connection, window, brand)?,
            by_network: Some(inside.iter().filter_map(|part| network_share(part, &share.id)).collect()),
            languages: figures::by_language(connection, window, brand)?,
            days: figures::by_day(connection, window, brand)?,
            top_posts: top.into_iter().map(post).collect(),
            accounts: figures::accounts(connection, &heard, &share.id, ACCOUNTS)?,
            suspects: suspects
                .iter()
                .filter(|suspect| suspect.suspicion.brand == share.id)
                .map(suspect)
                .collect(),
            profiles: profiles(&doings, window),
            hashtags: profile::parts(doings.hashtags),
            campaigns: doings.campaigns,
            answering: doings.answering,
            against_us: Vec::new(),
            by_stories: share.by_stories,
            sentiment: share.sentiment,
            id: share.id,
            name: share.name,
            ours: share.ours,
            counts: share.counts,
            permille: share.permille,
            change: share.change,
            query_changed: share.query_changed,
        });
    }
    matrix::hold(&mut states);
    let snapshot = Snapshot {
        schema: SCHEMA.to_owned(),
        vigie: env!("CARGO_PKG_VERSION").to_owned(),
        generated,
        window,
        previous: shares.previous,
        unit: shares.unit,
        totals: shares.totals,
        examples: shares.examples,
        brands: states,
        coverage: figures::coverage(connection, window)?,
        gaps: sources::gaps(connection, window.from, window.to)?,
        hash: String::new(),
    };
    if let Some(transaction) = transaction {
        transaction.finish()?;
    }
    Ok(snapshot)
}

fn network_share((network, shares): &(String, Shares), brand: &BrandId) -> Option<NetworkShare> {
    let share = shares.brands.iter().find(|share| share.id == *brand)?;
    Some(NetworkShare {
        network: network.clone(),
        counts: share.counts,
        of_stories: shares.brands.iter().map(|share| share.counts.stories).sum(),
        permille: share.permille,
        by_stories: share.by_stories,
        change: share.change,
    })
}

fn post(top: TopPost) -> Post {
    let TopPost { mut mention, copies } = top;
    if mention.post.quiet {
        mention.post.keep_only_links();
    }
    let author = Some(mention.post.author_name().to_owned()).filter(|name| !name.is_empty());
    let mut excerpt: String = mention.post.text.chars().take(EXCERPT).collect();
    if excerpt.len() < mention.post.text.len() {
        excerpt.push('…');
    }
    Post {
        network: mention.post.network.to_string(),
        native_id: mention.post.native_id,
        permalink: mention.post.permalink,
        author,
        title: mention.post.title,
        excerpt,
        published: mention.post.published,
        reactions: mention.post.counts.reactions(),
        copies,
        example: mention.example,
    }
}

fn suspect(suspect: &Suspect) -> SuspectAccount {
    SuspectAccount {
        network: suspect.network.to_string(),
        native_id: suspect.author.native_id.clone(),
        handle: suspect.author.handle.clone(),
        display_name: suspect.author.display_name.clone(),
        level: suspect.suspicion.level,
        score: suspect.suspicion.score,
        reasons: suspect.suspicion.signals.iter().map(|signal| describe(signal, false)).collect(),
        first_seen: suspect.first_seen,
        example: suspect.example,
    }
}
