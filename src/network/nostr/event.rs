//! Events of Nostr, and whether they are what they claim to be: the id is the hash of the content, the
//! signature is the author's. What fails is nobody's word.

use k256::schnorr::{Signature, VerifyingKey};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// An event that passed both tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// Its id, in hexadecimal.
    pub(super) id: String,
    /// The key of its author, in hexadecimal.
    pub(super) author: String,
    /// When its author says it was made, in seconds.
    pub(super) at: i64,
    /// Its kind.
    pub(super) kind: u16,
    /// Its tags: lists of words of which the first is the name.
    pub(super) tags: Vec<Vec<String>>,
    /// Its text.
    pub(super) content: String,
}

/// Whether a value has the shape of an event, genuine or not.
pub(super) fn is_event(value: &Value) -> bool {
    ["id", "pubkey", "sig"].iter().all(|key| value.get(key).is_some_and(Value::is_string))
        && value.get("kind").is_some_and(Value::is_u64)
}

/// When an event claims to have been made, whether or not it is genuine.
pub(super) fn claimed(value: &Value) -> Option<i64> {
    value.get("created_at").and_then(Value::as_i64)
}

/// The event of a value, if it is genuine.
pub(super) fn genuine(value: &Value) -> Option<Event> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let words = |tag: &Value| {
        tag.as_array()?.iter().map(|word| word.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()
    };
    let event = Event {
        id: text("id")?.to_owned(),
        author: text("pubkey")?.to_owned(),
        at: claimed(value)?,
        kind: value.get("kind")?.as_u64().and_then(|kind| u16::try_from(kind).ok())?,
        tags: value.get("tags")?.as_array()?.iter().map(words).collect::<Option<_>>()?,
        content: text("content")?.to_owned(),
    };
    let id = bytes::<32>(&event.id)?;
    let author = bytes::<32>(&event.author)?;
    let signature = Signature::from_bytes(&bytes::<64>(text("sig")?)?).ok()?;
    if event.hash()? != id {
        return None;
    }
    let key = VerifyingKey::from_slice(&author).ok()?;
    key.verify_raw(&id, &signature).ok().map(|()| event)
}

impl Event {
    /// The hash of what the event says: of `[0, author, time, kind, tags, text]` without white space.
    fn hash(&self) -> Option<[u8; 32]> {
        let said = (0, &self.author, self.at, self.kind, &self.tags, &self.content);
        Some(Sha256::digest(serde_json::to_vec(&said).ok()?).into())
    }

    /// Zero bits at the start of the id: the work that was put into it.
    pub(super) fn work(&self) -> u32 {
        let mut bits = 0;
        for digit in self.id.chars() {
            let digit = digit.to_digit(16).unwrap_or(15);
            bits += digit.leading_zeros().saturating_sub(28);
            if digit != 0 {
                break;
            }
        }
        bits
    }

    /// The values of all tags of this name.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.tags(name).filter_map(|tag| tag.get(1)).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of the first tag of this name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    /// All tags of this name.
    pub(super) fn tags(&self, name: &str) -> impl Iterator<Item = &Vec<String>> {
        self.tags.iter().filter(move |tag| tag.first().is_some_and(|first| first == name))
    }

    /// Where an event stands that a later one of the same author replaces: `kind:author:name`.
    pub(super) fn address(&self) -> Option<String> {
        (30_000..40_000)
            .contains(&self.kind)
            .then(|| format!("{}:{}:{}", self.kind, self.author, self.value("d").unwrap_or_default()))
    }
}

/// The bytes that hexadecimal digits spell.
pub(super) fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    if hex.len() != N.checked_mul(2)? || !hex.is_ascii() {
        return None;
    }
    if hex.bytes().any(|digit| digit.is_ascii_uppercase()) {
        return None; // the rules ask for small letters, so that one key has one name
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted_in_bits() {
        let work = |id: &str| {
            let event = Event {
                id: id.to_owned(),
                author: String::new(),
                at: 0,
                kind: 1,
                tags: Vec::new(),
                content: String::new(),
            };
            event.work()
        };
        assert_eq!((work("ff"), work("7f"), work("0f"), work("002f"), work("000")), (0, 1, 4, 10, 12));
    }

    #[test]
    fn digits_are_read_strictly() {
        assert_eq!(bytes::<2>("00ff"), Some([0, 255]));
        for odd in ["00f", "00fF", "00fg", "+1ff", "00ff00", "é00"] {
            assert_eq!(bytes::<2>(odd), None, "{odd}");
        }
    }
}
