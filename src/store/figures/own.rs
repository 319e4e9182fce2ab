//! What a brand's own accounts do in public, and what is said to them: posts, campaigns, answers. Only reads.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::fold::links;
use crate::impostor;
use crate::keyword::Brand;
use crate::mention::Mention;
use crate::post::{Author, NetworkName};
use crate::share::Window;
use crate::store::accounts::{self, AccountDay};
use crate::store::list::{self, Filter};
use crate::store::{StoreError, replies, series};
use crate::time::{DAY, Time};

/// Posts of own accounts read of one window: the newest.
const POSTS: u32 = 5_000;
/// Campaigns told.
const CAMPAIGNS: usize = 100;
/// How long an account has to answer before a post counts as unanswered.
const TO_ANSWER: i64 = DAY;

/// A post of a brand's own account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The post, as a mention of some brand.
    pub mention: Mention,
    /// When its counts were read last.
    pub read: Time,
}

/// A campaign seen in the links of public posts (`utm_campaign`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// Its name.
    pub name: String,
    /// What its links say of where they stand (`utm_source`, `utm_medium`), in order.
    pub placed: Vec<String>,
    /// The first post of the window that shows it.
    pub first: Time,
    /// The last.
    pub last: Time,
    /// Posts that show it.
    pub posts: u64,
}

/// How a brand's own accounts answer on one network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answering {
    /// Where.
    pub network: String,
    /// Posts of others that name the account or answer one of its posts.
    pub addressed: u64,
    /// Of those, answered by it.
    pub answered: u64,
    /// Of those, not answered within a day.
    pub unanswered: u64,
    /// Half of the answers came within so many seconds; `null` of none.
    pub median_seconds: Option<i64>,
}

/// What is known of a brand's own accounts in a window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doings {
    /// Its accounts by day, in the order of network and identifier.
    pub days: Vec<AccountDay>,
    /// Its posts, the newest first.
    pub posts: Vec<Own>,
    /// Campaigns, the most seen first.
    pub campaigns: Vec<Campaign>,
    /// Hashtags in what is said of the brand, with the number of posts, the most used first.
    pub hashtags: Vec<(String, u64)>,
    /// How its accounts answer, by network.
    pub answering: Vec<Answering>,
}

/// What is known of the own accounts of `brand` in `window`.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn doings(connection: &Connection, window: Window, brand: &Brand) -> Result<Doings, StoreError> {
    let mut days = accounts::days(connection, window.from, window.to)?;
    days.retain(|day| {
        let author =
            Author { native_id: day.native_id.clone(), handle: day.handle.clone(), ..Author::default() };
        impostor::is_own(brand, &NetworkName(day.network.clone().into()), &author)
    });
    let own: Vec<i64> = series::writers(connection, window.from)?
        .into_iter()
        .filter(|(_, network, author)| impostor::is_own(brand, network, author))
        .map(|(row, ..)| row)
        .collect();
    let posts = posts(connection, window, &own)?;
    let mut talk = Talk::of(brand, &posts, connection, (window, &own))?;
    let filter = Filter {
        brands: vec![brand.id.to_string()],
        doubtful: Some(false),
        from: Some(window.from),
        to: Some(window.to),
        ..Filter::default()
    };
    list::mentions(connection, &filter, |mention| {
        talk.hear(&mention);
        Ok::<(), StoreError>(())
    })?;
    for post in &posts {
        talk.campaigns_in(&post.mention);
    }
    let (campaigns, hashtags, answering) = talk.done(window);
    Ok(Doings { days, posts, campaigns, hashtags, answering })
}

fn posts(connection: &Connection, window: Window, own: &[i64]) -> Result<Vec<Own>, StoreError> {
    const LIST: &str = "SELECT MIN(mention.id), COALESCE(post.reread, post.seen)
        FROM post JOIN mention ON mention.post = post.id
        WHERE post.author IN (SELECT value FROM json_each(?1)) AND post.counted >= ?2 AND post.counted < ?3
        GROUP BY post.id ORDER BY post.counted DESC, post.id LIMIT ?4";
    let authors = serde_json::Value::from(own.to_vec()).to_string();
    let mut statement = connection.prepare_cached(LIST)?;
    let rows = statement.query_map(params![authors, window.from.0, window.to.0, POSTS], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let order: Vec<(i64, i64)> = rows.collect::<Result<_, _>>()?;
    if order.is_empty() {
        return Ok(Vec::new());
    }
    let ids = order.iter().map(|(id, _)| *id).collect();
    let mut known: HashMap<i64, Mention> =
        list::mention_list(connection, &Filter { ids, ..Filter::default() })?
            .into_iter()
            .map(|mention| (mention.id, mention))
            .collect();
    let own = order
        .into_iter()
        .filter_map(|(id, read)| Some(Own { mention: known.remove(&id)?, read: Time(read) }));
    Ok(own.collect())
}

/// A name as it is compared: without its sign, in small letters.
fn bare(name: &str) -> String {
    name.trim_start_matches('@').to_lowercase()
}

/// What is gathered in one pass over what is said of a brand.
struct Talk<'a> {
    brand: &'a Brand,
    campaigns: BTreeMap<String, Campaign>,
    seen: HashSet<(String, String)>,
    hashtags: BTreeMap<String, u64>,
    /// Names and identifiers of own accounts, by network.
    names: HashMap<String, HashSet<String>>,
    /// Identifiers of own posts, by network.
    ids: HashSet<(String, String)>,
    /// When own accounts first answered which post.
    answers: HashMap<(String, String), Time>,
    /// Posts addressed to own accounts, by network: when, and when answered.
    addressed: BTreeMap<String, Vec<(Time, Option<Time>)>>,
}

impl<'a> Talk<'a> {
    fn of(
        brand: &'a Brand,
        posts: &[Own],
        connection: &Connection,
        (window, own): (Window, &[i64]),
    ) -> Result<Talk<'a>, StoreError> {
        const IDS: &str = "SELECT network, native_id, local_id FROM post
            WHERE author IN (SELECT value FROM json_each(?1)) AND counted < ?2";
        const NAMES: &str =
            "SELECT network, native_id, handle FROM author WHERE id IN (SELECT value FROM json_each(?1))";
        let authors = serde_json::Value::from(own.to_vec()).to_string();
        let mut talk = Talk {
            brand,
            campaigns: BTreeMap::new(),
            seen: HashSet::new(),
            hashtags: BTreeMap::new(),
            names: HashMap::new(),
            ids: HashSet::new(),
            answers: HashMap::new(),
            addressed: BTreeMap::new(),
        };
        let mut statement = connection.prepare_cached(NAMES)?;
        let mut rows = statement.query([&authors])?;
        while let Some(row) = rows.next()? {
            let names = talk.names.entry(row.get(0)?).or_default();
            names.insert(bare(&row.get::<_, String>(1)?));
            names.extend(row.get::<_, Option<String>>(2)?.map(|handle| bare(&handle)));
        }
        let mut statement = connection.prepare_cached(IDS)?;
        let mut rows = statement.query(params![authors, window.to.0])?;
        while let Some(row) = rows.next()? {
            let network: String = row.get(0)?;
            talk.ids.insert((network.clone(), row.get(1)?));
            if let Some(local) = row.get::<_, Option<String>>(2)? {
                talk.ids.insert((network, local));
            }
        }
        // Whoever is named need not have written anything that is kept.
        for official in &brand.official {
            let networks = match &official.network {
                Some(network) => vec![network.to_string()],
                None => talk.names.keys().cloned().collect(),
            };
            for network in networks {
                talk.names.entry(network).or_default().insert(bare(&official.handle));
            }
        }
        for own in posts {
            let post = &own.mention.post;
            let Some(answered) = &post.reply_to else { continue };
            let at = post.published.unwrap_or(own.mention.counted);
            let first = talk.answers.entry((post.network.to_string(), answered.clone())).or_insert(at);
            *first = (*first).min(at);
        }
        for (network, answered, at) in replies::of_brand(connection, &brand.id.0, window.from)? {
            let first = talk.answers.entry((network, answered)).or_insert(at);
            *first = (*first).min(at);
        }
        Ok(talk)
    }

    fn hear(&mut self, mention: &Mention) {
        let post = &mention.post;
        let mut tags: Vec<String> = post.hashtags.iter().map(|tag| tag.to_lowercase()).collect();
        tags.sort_unstable();
        tags.dedup();
        for tag in tags {
            *self.hashtags.entry(tag).or_default() += 1;
        }
        self.campaigns_in(mention);
        let network = post.network.to_string();
        let Some(names) = self.names.get(&network) else { return };
        let by_own = post.author.as_ref().is_some_and(|author| {
            names.contains(&bare(&author.native_id))
                || author.handle.as_ref().is_some_and(|handle| names.contains(&bare(handle)))
        });
        let is_own = |name: &str| {
            let name = bare(name);
            names.contains(&name) || name.split_once('@').is_some_and(|(bare, _)| names.contains(bare))
        };
        let ending = |c: char| !c.is_alphanumeric();
        let mut written = post.text.split_whitespace().filter(|word| word.starts_with('@'));
        let named = post.named_accounts.iter().any(|name| is_own(name))
            || written.any(|word| is_own(word.trim_end_matches(ending)));
        let answers = post.reply_to.iter().any(|id| self.ids.contains(&(network.clone(), id.clone())));
        if by_own || !(named || answers) {
            return;
        }
        let at = post.published.unwrap_or(mention.counted);
        let ids = std::iter::once(&post.native_id).chain(&post.local_id);
        let answered = ids.filter_map(|id| self.answers.get(&(network.clone(), id.clone())).copied()).min();
        self.addressed.entry(network).or_default().push((at, answered));
    }

    /// Campaigns in the links of a post: to the brand's own domains, or by its own accounts.
    fn campaigns_in(&mut self, mention: &Mention) {
        let post = &mention.post;
        let by_own =
            post.author.as_ref().is_some_and(|author| impostor::is_own(self.brand, &post.network, author));
        // Not every network and file tells links apart from the text.
        let written = links(&post.text).into_iter().filter_map(|range| post.text.get(range));
        let all = post.links.iter().map(String::as_str).chain(written);
        for link in all.filter(|link| link.contains("utm_campaign")) {
            let bare = if link.contains("://") { "" } else { "https://" };
            let Ok(address) = url::Url::parse(&format!("{bare}{link}")) else { continue };
            let host = address.host_str().unwrap_or_default();
            let own = self.brand.domains.iter().any(|domain| {
                host == domain || host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'))
            });
            let value = |wanted: &str| {
                // copied out of a page, `&` may stand as `&amp;`
                let found = address.query_pairs().find(|(key, value)| {
                    key.strip_prefix("amp;").unwrap_or(key) == wanted && !value.trim().is_empty()
                });
                found.map(|(_, value)| value.trim().chars().take(100).collect::<String>())
            };
            let Some(name) = value("utm_campaign").filter(|_| own || by_own) else { continue };
            let at = post.published.unwrap_or(mention.counted);
            let fresh = self.seen.insert((name.clone(), format!("{}/{}", post.network, post.native_id)));
            let campaign = self.campaigns.entry(name.clone()).or_insert_with(|| Campaign {
                name,
                placed: Vec::new(),
                first: at,
                last: at,
                posts: 0,
            });
            campaign.posts += u64::from(fresh);
            (campaign.first, campaign.last) = (campaign.first.min(at), campaign.last.max(at));
            let placed: Vec<String> = ["utm_source", "utm_medium"].into_iter().filter_map(value).collect();
            let placed = placed.join("/");
            if let Err(place) = campaign.placed.binary_search(&placed)
                && !placed.is_empty()
                && campaign.placed.len() < 20
            {
                campaign.placed.insert(place, placed);
            }
        }
    }

    fn done(self, window: Window) -> (Vec<Campaign>, Vec<(String, u64)>, Vec<Answering>) {
        let mut campaigns: Vec<Campaign> = self.campaigns.into_values().collect();
        campaigns.sort_by(|a, b| b.posts.cmp(&a.posts).then_with(|| a.name.cmp(&b.name)));
        campaigns.truncate(CAMPAIGNS);
        let mut hashtags: Vec<(String, u64)> = self.hashtags.into_iter().collect();
        hashtags.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let answering = self.addressed.into_iter().map(|(network, posts)| {
            let mut waits: Vec<i64> = posts
                .iter()
                .filter_map(|(at, answered)| Some(answered.as_ref()?.since(*at).max(0) / 1000))
                .collect();
            waits.sort_unstable();
            let unanswered =
                posts.iter().filter(|(at, answered)| answered.is_none() && window.to.since(*at) >= TO_ANSWER);
            Answering {
                network,
                addressed: u64::try_from(posts.len()).unwrap_or(u64::MAX),
                answered: u64::try_from(waits.len()).unwrap_or(u64::MAX),
                unanswered: u64::try_from(unanswered.count()).unwrap_or(u64::MAX),
                median_seconds: waits.get(waits.len() / 2).copied(),
            }
        });
        (campaigns, hashtags, answering.collect())
    }
}
