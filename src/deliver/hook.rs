//! Finished messages handed to chats and to programs over HTTP, with a signature where a key is set. The address of a chat
//! is a secret: nothing said of an attempt holds more than its host.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::fetch::{Fault as Wrong, Fetch, FetchError};
use crate::mail::Form;
use crate::network::{Key, Method, Request};
use crate::store::alerts::Due;
use crate::time::Time;

/// What stands before the name of a channel in the recipient of a notice.
pub const CHANNEL: &str = "channel:";

/// One channel.
#[derive(Debug, Clone)]
pub struct Hook {
    /// In which form it takes messages.
    pub form: Form,
    /// Its address.
    pub url: Key,
    /// The key that signs, where one is set.
    pub key: Option<Key>,
    /// The token that it wants, where one is set.
    pub token: Option<Key>,
}

/// Every channel by its name, and the client that reaches them.
#[derive(Debug, Clone)]
pub struct Hooks {
    /// The client.
    pub fetch: Arc<Fetch>,
    /// The channels.
    pub hooks: HashMap<String, Hook>,
}

/// How a channel took a message.
pub(super) enum Taken {
    /// It did.
    Yes(String),
    /// Not now.
    Later(String, Option<Duration>),
    /// Not this way.
    Never(String),
}

impl Hooks {
    /// Hands one message over.
    pub(super) async fn send(&self, name: &str, due: &Due, now: Time) -> Taken {
        let Some(hook) = self.hooks.get(name) else {
            return Taken::Never(format!("no [[channel]] is called \"{name}\" any more"));
        };
        let Some(request) = hook.request(due, now) else {
            return Taken::Never(format!(
                "the address of channel {name} is no address; correct its secret URL"
            ));
        };
        match self.fetch.fetch(&request).await {
            Ok(answer) => Taken::Yes(format!("{} {name}", answer.status)),
            Err(error) => refused(&error),
        }
    }
}

fn refused(error: &FetchError) -> Taken {
    let said = error.to_string();
    match &error.fault {
        Wrong::RateLimited { retry_after, .. } => Taken::Later(said, *retry_after),
        Wrong::BadUrl(_)
        | Wrong::BadRedirect(_)
        | Wrong::TooManyRedirects(_)
        | Wrong::NotFound
        | Wrong::Gone
        | Wrong::Unexpected(_)
        | Wrong::Refused { literal: true, .. } => Taken::Never(said),
        // Whoever changes a key or opens a door finds the message waiting.
        Wrong::Refused { literal: false, .. }
        | Wrong::Connect(_)
        | Wrong::Timeout { .. }
        | Wrong::Cut(_)
        | Wrong::TooLarge { .. }
        | Wrong::Unauthorised(_)
        | Wrong::Server(_) => Taken::Later(said, None),
    }
}

impl Hook {
    fn request(&self, due: &Due, now: Time) -> Option<Request> {
        let mut url = url::Url::parse(self.url.reveal()).ok()?;
        let mut body = due.bytes.clone();
        if self.form == Form::Ntfy {
            // Its messages in JSON go to the server and name the topic.
            let topic = url.path().trim_matches('/').to_owned();
            let mut fields: serde_json::Map<String, serde_json::Value> =
                serde_json::from_slice(&body).ok()?;
            fields.insert("topic".to_owned(), topic.into());
            body = serde_json::to_vec(&fields).ok()?;
            url.set_path("/");
        }
        let id = due.message_id.trim_matches(['<', '>']);
        let seconds = now.0.div_euclid(1000);
        let mut request = Request { method: Method::Post, url: url.to_string(), ..Request::default() }
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds.to_string());
        if let Some(key) = &self.key {
            let signature = signature(key.reveal(), id, seconds, &body);
            request = request.header("webhook-signature", signature);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {}", token.reveal()));
        }
        request.body = Some(body);
        Some(request)
    }
}

/// The signature of a message as Standard Webhooks writes it: HMAC-SHA256 over identifier, seconds and body. A key that
/// begins with `whsec_` is base64, any other is taken as it is.
fn signature(key: &str, id: &str, seconds: i64, body: &[u8]) -> String {
    let decoded = key.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    let key = decoded.unwrap_or_else(|| key.as_bytes().to_vec());
    let mut message = format!("{id}.{seconds}.").into_bytes();
    message.extend_from_slice(body);
    format!("v1,{}", STANDARD.encode(hmac(&key, &message)))
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut block = [0_u8; BLOCK];
    let short: Vec<u8> = if key.len() > BLOCK { Sha256::digest(key).to_vec() } else { key.to_vec() };
    for (place, byte) in block.iter_mut().zip(short) {
        *place = byte;
    }
    let padded = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_standards() {
        let hex = |bytes: [u8; 32]| bytes.map(|byte| format!("{byte:02x}")).concat();
        // RFC 4231, cases 1, 2 and 6
        let found = hex(hmac(&[0x0b; 20], b"Hi There"));
        assert_eq!(found, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        let found = hex(hmac(b"Jefe", b"what do ya want for nothing?"));
        assert_eq!(found, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let found = hex(hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"));
        assert_eq!(found, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
        let key = format!("whsec_{}", STANDARD.encode("Jefe"));
        assert_eq!(signature(&key, "m", 5, b"{}"), signature("Jefe", "m", 5, b"{}"));
    }
}
