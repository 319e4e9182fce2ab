//! What hunts and captures ask through: a configured source with its budget and its politeness.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::mpsc;

use super::super::now;
use crate::config::{Config, SourceConfig};
use crate::daemon;
use crate::fetch::Fetch;
use crate::keyword::Brand;
use crate::network::{Request, spec};
use crate::post::NetworkName;
use crate::source::{Client, Event, Source};
use crate::store::Store;

/// Notes of what was spent that may wait.
const WAITING: usize = 64;

/// One source through which accounts are asked about.
pub(super) struct Asked {
    pub(super) source: Source,
    pub(super) client: Client,
    pub(super) fetch: Arc<Fetch>,
    /// Its row in the store.
    pub(super) row: i64,
    events: mpsc::Receiver<Event>,
}

/// The sources that the configuration names, or those that need no key.
pub(super) fn sources(config: &Config, brands: &[Brand]) -> Vec<SourceConfig> {
    if config.sources.is_empty() {
        crate::config::sources::usual(brands, false)
    } else {
        config.sources.clone()
    }
}

impl Asked {
    /// Opens the way to one source. `None` when a key that it needs is missing.
    pub(super) fn open(
        configured: &SourceConfig,
        config: &Config,
        store: &Store,
    ) -> anyhow::Result<Option<Asked>> {
        if daemon::lacks(configured).is_some() {
            return Ok(None);
        }
        let built = daemon::build(configured)?;
        let spec = spec(&configured.network).context("failed to find the network of the source")?;
        let row = store.source(&configured.name, spec.name, false)?;
        let mut source =
            Source::new(configured.name.as_str(), NetworkName::known(spec.name), Arc::from(built));
        source.budget = daemon::purse(configured, store.spent(row, now())?);
        source.secrets = daemon::secrets(configured).into_iter().map(|(_, key)| key).collect();
        let fetch = Arc::new(Fetch::new(config.fetch.clone(), now)?);
        let (out, events) = mpsc::channel(WAITING);
        let client = Client::new(&source, Arc::clone(&fetch), out, now);
        Ok(Some(Asked { source, client, fetch, row, events }))
    }

    /// Notes what has been spent since.
    pub(super) fn settle(&mut self, store: &Store) -> anyhow::Result<()> {
        while let Ok(event) = self.events.try_recv() {
            if let Event::Spent { at, units, .. } = event {
                store.spend(self.row, at, units)?;
            }
        }
        Ok(())
    }
}

/// Host and path of an address: what stands behind them may be secret.
pub(super) fn place(request: &Request) -> String {
    url::Url::parse(&request.url).map_or_else(
        |_| "an address that cannot be read".to_owned(),
        |url| format!("{}{}", url.host_str().unwrap_or_default(), url.path()),
    )
}
