//! One mail of a rule, as it would look: what was heard last where it fits, else made up.

use std::time::Duration;

use super::hold::Voice;
use super::{Composer, NoticeError};
use crate::alert::{Content, Event, On, Rule, Trouble, What};
use crate::impostor::Level;
use crate::keyword::BrandId;
use crate::mail;
use crate::mention::Mention;
use crate::post::{NetworkName, Post};
use crate::relevance::Relevance;
use crate::share::Permille;
use crate::store::{Store, list};
use crate::time::{DAY, HOUR, Time};

/// Mentions shown.
const SHOWN: u32 = 3;

impl Composer {
    /// Writes one mail of `rule` to everyone whom it tells, marked as a test.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn write_test(&self, store: &Store, rule: &Rule, now: Time) -> Result<usize, NoticeError> {
        let watched = self.brands.iter().find(|brand| rule.covers_brand(&brand.id.0, brand.ours));
        let brand =
            watched.or(self.brands.first()).map_or_else(|| BrandId("brand".into()), |one| one.id.clone());
        let filter = list::Filter {
            brands: vec![brand.to_string()],
            networks: rule.networks.clone(),
            doubtful: Some(false),
            limit: Some(SHOWN),
            ..list::Filter::default()
        };
        let connection = store.connection();
        let mut content = Content {
            rule: rule.name.clone(),
            on: rule.on,
            mentions: Vec::new(),
            by_brand: Vec::new(),
            suspects: Vec::new(),
            troubles: Vec::new(),
            events: Vec::new(),
            asks: self.asks(rule),
            names: self.brands.iter().map(|brand| (brand.id.clone(), brand.name.clone())).collect(),
            gaps: Vec::new(),
            grouping: (rule.wait.as_secs(), rule.every.as_secs()),
            written: now,
            answer_to: None,
            test: true,
        };
        if rule.on == On::SourceDegraded {
            content.troubles.push(Trouble {
                source: "example".to_owned(),
                network: "feed".to_owned(),
                reason: "the server answered with HTTP status 503".to_owned(),
                since: now.plus(-HOUR),
                silent: false,
                opened: None,
                ended: None,
            });
        } else if let Some(what) = sample(rule, self.first_account()) {
            let lasted = match &what {
                What::Drop { .. } | What::Surge { .. } | What::Sentiment { .. } => DAY,
                What::Silence { longest } => *longest,
                What::Spike { .. }
                | What::AccountChanged { .. }
                | What::Reactions { .. }
                | What::PrecisionFallen { .. } => HOUR,
            };
            content.events.push(Event::new(brand, (now.plus(-lasted), now), what));
        } else {
            if rule.on.is_of_impostors() {
                content.suspects = list::suspects(
                    connection,
                    &list::Filter { limit: Some(1), ..filter.clone() },
                    Level::Watch,
                )?;
            }
            if content.suspects.is_empty() {
                content.on = if rule.on.is_of_impostors() { On::NewMention } else { rule.on };
                content.mentions = list::mention_list(connection, &filter)?;
                if content.mentions.is_empty() {
                    content.mentions.push(made_up(brand, now));
                }
            }
        }
        let mut written = 0;
        for recipient in if rule.to.is_empty() { &self.to } else { &rule.to } {
            let Voice { language, zone } = self.voice(recipient);
            let letter = mail::alert(&content, language, zone);
            let to = std::slice::from_ref(recipient);
            written += self.keep(store, ("test", &rule.name), now, now, &letter, to)?;
        }
        for channel in &self.manners.channels {
            written += self.tell_channel(store, (&rule.name, Some(rule)), now, &content, channel, now)?;
        }
        Ok(written)
    }

    fn first_account(&self) -> String {
        let official = self.brands.iter().flat_map(|brand| &brand.official).next();
        official.map_or_else(|| "acme".to_owned(), |account| account.handle.clone())
    }
}

/// An event as the rule would tell it, with figures that are made up; `None` for rules about mentions and accounts.
fn sample(rule: &Rule, handle: String) -> Option<What> {
    let network = rule.networks.first().cloned().unwrap_or_else(|| "mastodon".to_owned());
    Some(match rule.on {
        On::Spike => What::Spike { count: 34, usual: 210, all: None },
        On::Drop => What::Drop { count: 4, usual: 4_200 },
        On::Silence => {
            let after = rule.after.unwrap_or(Duration::from_secs(6 * 3600)).as_millis();
            What::Silence { longest: i64::try_from(after).unwrap_or(HOUR) }
        }
        On::Surge => {
            What::Surge { now: Permille(rule.points.0.saturating_add(200)), before: Permille(200), count: 57 }
        }
        On::Sentiment => What::Sentiment {
            now: Permille(rule.points.0.saturating_add(150).min(1_000)),
            before: Permille(150),
            count: 38,
            all: 80,
        },
        On::AccountChanged => What::AccountChanged {
            network,
            handle,
            field: "bio".to_owned(),
            before: Some("acme.example".to_owned()),
            after: Some("acme.example · acme-cloud.example".to_owned()),
        },
        On::TakesOff => What::Reactions { network, handle, count: 480, usual: 25 },
        On::Flops => What::Reactions { network, handle, count: 3, usual: 25 },
        On::PrecisionFallen => {
            What::PrecisionFallen { keyword: "acme".to_owned(), lately: (4, 10), before: (19, 20) }
        }
        On::NewMention
        | On::HighRisk
        | On::BigAuthor
        | On::FirstAuthor
        | On::OfficialPost
        | On::NewImpostor
        | On::ImpostorChanged
        | On::SourceDegraded => return None,
    })
}

fn made_up(brand: BrandId, now: Time) -> Mention {
    let mut post = Post::new(NetworkName::known("feed"), "test");
    "This post is made up: it shows how a mention looks. Ce message est inventé : il montre une mention."
        .clone_into(&mut post.text);
    post.published = Some(now);
    Mention {
        id: 0,
        brand,
        version: String::new(),
        tags: Vec::new(),
        trace: String::new(),
        post,
        story: None,
        sentiment: None,
        lang: None,
        relevance: Relevance { permille: 1000, rule: String::new() },
        doubtful: false,
        source: "test".to_owned(),
        example: false,
        seen: now,
        matched: now,
        counted: now,
    }
}
