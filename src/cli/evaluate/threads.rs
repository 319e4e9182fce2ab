//! `vigie evaluate threads`: who, among those that answer a brand's customers, poses as the brand.
//!
//! Judged is what an account did in all threads of the brand in the file together, as the store would know it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::process::ExitCode;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Case, Cases, ratio};
use crate::impostor::conduct::{self, Answer, Conduct};
use crate::impostor::{Beside, Level, Lookout, Stance, Suspicion};
use crate::keyword::{Brand, BrandId, OfficialAccount};
use crate::post::{Author, NetworkName};
use crate::time::Time;

#[derive(Debug, Args)]
pub(super) struct Threads {
    #[command(flatten)]
    cases: Cases,
}

/// One thread: a customer, and those who answer.
#[derive(Debug, Deserialize)]
struct Thread {
    id: String,
    brand: String,
    brand_profile: Profile,
    posts: Vec<Said>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Profile {
    display_name: String,
    #[serde(default)]
    official: Vec<String>,
    #[serde(default)]
    domains: Vec<String>,
    #[serde(default)]
    name_has_other_sense: bool,
}

#[derive(Debug, Deserialize)]
struct Said {
    id: String,
    network: String,
    author: Account,
    text: String,
    reply_to: Option<String>,
    published: Option<Time>,
}

#[derive(Debug, Deserialize)]
struct Account {
    handle: String,
    display_name: Option<String>,
    bio: Option<String>,
    created_at: Option<Time>,
    followers: Option<u64>,
}

impl Case for Thread {
    fn id(&self) -> &str {
        &self.id
    }
}

#[derive(Debug, Serialize)]
struct Judged<'a> {
    thread: &'a str,
    handle: &'a str,
    level: &'static str,
}

/// Everything known of one account that answers a brand's customers.
#[derive(Debug, Default)]
struct Seen<'a> {
    author: Author,
    answers: Vec<Answer<'a>>,
    last: Option<Time>,
}

/// An account, by brand, network and handle.
type Key<'a> = (&'a str, &'a str, &'a str);

impl Threads {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let threads: Vec<Thread> = self.cases.read()?;
        let mut lookouts: BTreeMap<&str, Lookout> = BTreeMap::new();
        for thread in &threads {
            lookouts.entry(&thread.brand).or_insert_with(|| Lookout::new(&[brand(thread)]));
        }
        let seen = seen(&threads);
        let mut levels: HashMap<Key<'_>, Option<Level>> = HashMap::new();
        for (key, seen) in &seen {
            let Some(lookout) = lookouts.get(key.0) else { continue };
            levels.insert(*key, judge(lookout, *key, seen).map(|suspicion| suspicion.level));
        }
        let mut answers = Vec::new();
        for thread in &threads {
            let accounts: BTreeSet<(&str, &str)> = thread
                .posts
                .iter()
                .map(|post| (post.author.handle.as_str(), post.network.as_str()))
                .collect();
            for (handle, network) in accounts {
                let level = levels.get(&(thread.brand.as_str(), network, handle)).copied().flatten();
                let level = level.map_or("none", Level::as_str);
                answers.push(Judged { thread: &thread.id, handle, level });
            }
        }
        let labelled = threads.iter().any(|thread| !thread.labels.is_empty());
        let scores = labelled.then(|| {
            let scores: Vec<At> = [Level::Review, Level::Alert]
                .into_iter()
                .map(|level| At::of(&threads, &answers, level))
                .collect();
            let lines = scores.iter().map(At::line).collect();
            (scores, lines)
        });
        self.cases.report(&answers, scores)
    }
}

fn brand(thread: &Thread) -> Brand {
    let profile = &thread.brand_profile;
    Brand {
        id: BrandId(thread.brand.as_str().into()),
        official: profile
            .official
            .iter()
            .map(|handle| OfficialAccount { network: None, handle: handle.clone() })
            .collect(),
        domains: profile.domains.iter().map(|domain| domain.to_lowercase()).collect(),
        other_sense: profile.name_has_other_sense,
        ..Brand::named(&profile.display_name, true)
    }
}

/// Gathers who answered whom, over all threads of a brand.
fn seen(threads: &[Thread]) -> HashMap<Key<'_>, Seen<'_>> {
    let mut seen: HashMap<Key<'_>, Seen<'_>> = HashMap::new();
    for thread in threads {
        let posts: HashMap<&str, &Said> = thread.posts.iter().map(|post| (post.id.as_str(), post)).collect();
        for post in &thread.posts {
            let account = &post.author;
            let key = (thread.brand.as_str(), post.network.as_str(), account.handle.as_str());
            let known = seen.entry(key).or_default();
            known.last = known.last.max(post.published);
            let author = &mut known.author;
            author.native_id.clone_from(&account.handle);
            author.handle = Some(account.handle.clone());
            author.display_name = account.display_name.clone().or(author.display_name.take());
            author.bio = account.bio.clone().or(author.bio.take());
            author.created = account.created_at.or(author.created);
            author.followers = account.followers.or(author.followers);
            let answered = post.reply_to.as_deref().and_then(|id| posts.get(id));
            let Some(answered) = answered.filter(|other| other.author.handle != account.handle) else {
                continue;
            };
            let delay = post.published.zip(answered.published).map(|(at, before)| at.since(before));
            known.answers.push(Answer { text: &post.text, to: &answered.author.handle, delay });
        }
    }
    seen
}

fn judge(lookout: &Lookout, (brand, network, _): Key<'_>, seen: &Seen<'_>) -> Option<Suspicion> {
    let network = NetworkName(network.to_owned().into());
    let stance: Stance = lookout.stance(&network, &seen.author, Beside { picture: None, now: seen.last });
    if seen.answers.is_empty() {
        return stance.suspicions().into_iter().next();
    }
    let conduct = Conduct::of(seen.answers.iter().cloned());
    conduct::join(&stance, &BrandId(brand.into()), &conduct)
}

/// What is flagged from one level on.
#[derive(Debug, Serialize)]
struct At {
    level: &'static str,
    precision: Option<f64>,
    recall: Option<f64>,
    f1: Option<f64>,
    impostors_found: u32,
    impostors: u32,
    officials_flagged: u32,
    others_flagged: u32,
    unlabelled_flagged: u32,
}

impl At {
    fn of(threads: &[Thread], answers: &[Judged<'_>], level: Level) -> At {
        let labels: HashMap<&str, &BTreeMap<String, String>> =
            threads.iter().map(|thread| (thread.id.as_str(), &thread.labels)).collect();
        let (mut found, mut impostors, mut officials, mut others, mut unlabelled) = (0, 0, 0, 0, 0);
        for answer in answers {
            let label = labels.get(answer.thread).and_then(|labels| labels.get(answer.handle));
            let flag = match level {
                Level::Alert => answer.level == "alert",
                Level::Review | Level::Watch => matches!(answer.level, "alert" | "review"),
            };
            match label.map(String::as_str) {
                Some("impostor") => {
                    impostors += 1;
                    found += u32::from(flag);
                }
                Some("official") => officials += u32::from(flag),
                Some(_) => others += u32::from(flag),
                None => unlabelled += u32::from(flag),
            }
        }
        let precision = ratio(found, found + officials + others);
        let recall = ratio(found, impostors);
        let f1 = precision.zip(recall).map(|(p, r)| if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 });
        At {
            level: level.as_str(),
            precision,
            recall,
            f1,
            impostors_found: found,
            impostors,
            officials_flagged: officials,
            others_flagged: others,
            unlabelled_flagged: unlabelled,
        }
    }

    fn line(&self) -> String {
        let four =
            |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.4}"));
        format!(
            "{} and above: precision {}, recall {}, F1 {} ({} of {} impostors found; flagged: {} official, {} other rightful, {} unlabelled)",
            self.level,
            four(self.precision),
            four(self.recall),
            four(self.f1),
            self.impostors_found,
            self.impostors,
            self.officials_flagged,
            self.others_flagged,
            self.unlabelled_flagged
        )
    }
}
