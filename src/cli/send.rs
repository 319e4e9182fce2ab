//! Sends what is due when no daemon runs; leaves it to the daemon when one does.

use anyhow::Context as _;

use super::{now, say};
use crate::config::{Config, secret};
use crate::deliver::Courier;
use crate::store::alerts::Outcome;
use crate::store::{Durability, Store, StoreError};

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
    let password = secret::secret("SMTP", "PASSWORD")?;
    let courier = Courier::new(&config.mail.transport, &config.mail.from.email, password)?
        .with_patience(config.mail.patience.clone());
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
