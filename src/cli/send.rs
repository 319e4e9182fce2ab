//! Sends what is due when no daemon runs; leaves it to the daemon when one does.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;

use super::{Usage, now, say};
use crate::config::{Config, secret};
use crate::deliver::Courier;
use crate::deliver::hook::{Hook, Hooks};
use crate::fetch::Fetch;
use crate::network::Key;
use crate::store::alerts::Outcome;
use crate::store::{Durability, Store, StoreError};

/// Takes mails to the server or folder, and messages to the channels, of this configuration.
///
/// # Errors
/// When a secret cannot be read, or TLS cannot be set up.
pub(super) fn courier(config: &Config) -> anyhow::Result<Courier> {
    let password = secret::secret("SMTP", "PASSWORD")?;
    let courier = Courier::new(&config.mail.transport, &config.mail.from.email, password)?
        .with_patience(config.mail.patience.clone());
    if config.manners.channels.is_empty() {
        return Ok(courier);
    }
    let mut hooks = HashMap::new();
    for channel in &config.manners.channels {
        let secret = |key: &str| secret::secret(&channel.name, key).map(|found| found.map(Key::new));
        let Some(url) = secret("URL")? else {
            let variable = secret::secret_name(&channel.name, "URL");
            let reason = format!(
                "channel {} has no address; set {variable}, or {variable}_FILE to a file that holds it",
                channel.name
            );
            return Err(Usage(reason).into());
        };
        let hook = Hook { form: channel.form, url, key: secret("KEY")?, token: secret("TOKEN")? };
        hooks.insert(channel.name.clone(), hook);
    }
    let fetch = Arc::new(Fetch::new(config.fetch.clone(), now)?);
    Ok(courier.with_hooks(Hooks { fetch, hooks }))
}

/// Hands over every mail that is due. A replayed store only ever writes files.
///
/// # Errors
/// When the store, the configuration or the folder refuses.
pub(super) fn send_due(config: &Config, store: &Store, replayed: bool) -> anyhow::Result<()> {
    if replayed {
        let folder = config.data_dir.join("outbox");
        for path in crate::outbox::write_all(store, &folder)? {
            say(format!("written to {}", path.display()))?;
        }
        return Ok(());
    }
    // The lock says whether a daemon runs: it sends within seconds.
    let store = match Store::open(&config.data_dir, Durability::Full) {
        Ok(store) => store,
        Err(StoreError::InUse { .. }) => {
            say("handed to the running vigie, which sends it")?;
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let courier = courier(config)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("failed to start")?;
    for due in store.due(now(), u32::MAX)? {
        store.trying(due.id, now())?;
        let delivered = runtime.block_on(courier.send(&due, now));
        store.record(due.id, now(), &delivered.outcome)?;
        match delivered.outcome {
            Outcome::Sent(answer) => say(format!("{}: {answer}", due.recipient))?,
            Outcome::Retry(answer, next) => say(format!("{}: waits until {next}: {answer}", due.recipient))?,
            Outcome::Failed(answer) => say(format!("{}: refused: {answer}", due.recipient))?,
        }
    }
    Ok(())
}
