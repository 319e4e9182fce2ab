//! The shapes in which plain posts come: what has been read in one walk once is read by its shape from then on.

use std::sync::{Mutex, PoisonError};

use super::plain::{self, Plain, Rest};
use crate::network::json::mould::{Cast, Moulds, Role};

/// What a shape says of its messages.
#[derive(Debug, Clone, Copy)]
struct Told {
    is_answer: bool,
    /// Whether they name no links, hashtags and accounts, so that they can be read whole.
    is_whole: bool,
}

/// The shapes met so far.
#[derive(Debug, Default)]
pub(super) struct Shapes(Mutex<Moulds<Told, 8>>);

/// The values that are kept, as [`Plain`] and [`Rest`] have them.
fn role(keys: &[&[u8]]) -> Role {
    match keys {
        [b"did"] => Role::Kept(0),
        [b"time_us"] => Role::Kept(1),
        [b"kind"] | [b"commit", b"operation" | b"collection"] => Role::Fixed,
        [b"commit", b"rkey"] => Role::Kept(2),
        [b"commit", b"record", key @ ..] => match key {
            [b"text"] => Role::Kept(3),
            [b"createdAt"] => Role::Kept(4),
            [b"langs", b""] => Role::Kept(5),
            [b"reply", b"parent", b"uri"] => Role::Kept(6),
            [b"reply", b"root", b"uri"] => Role::Kept(7),
            _ => Role::Other,
        },
        _ => Role::Other,
    }
}

impl Shapes {
    /// Reads a message that is nothing else than a new post without pictures, links to cards or quotes.
    pub(super) fn skim<'b>(&self, message: &'b [u8]) -> Option<Plain<'b>> {
        let mut moulds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((cast, told)) = moulds.cast(message) {
            return plain(&cast, told);
        }
        let plain = plain::skim(message)?;
        let is_whole = plain::rest(message).is_some();
        moulds.learn(message, Told { is_answer: plain.is_answer, is_whole }, &role);
        Some(plain)
    }

    /// Reads the whole of a message that can be skimmed, if it names no links, hashtags and accounts either.
    pub(super) fn read<'b>(&self, message: &'b [u8]) -> Option<(Plain<'b>, Rest<'b>)> {
        let mut moulds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (plain, rest) = match moulds.cast(message) {
            Some((cast, told)) => {
                let text = |value| cast.has(value).then(|| cast.text(value).ok_or(())).transpose().ok();
                let rest = Rest { created: text(4)?, lang: text(5)?, parent: text(6)?, root: text(7)? };
                (plain(&cast, told)?, told.is_whole.then_some(rest)?)
            }
            None => (plain::skim(message)?, plain::rest(message)?),
        };
        // what is odd is looked at more closely
        (plain.time_us > 0).then_some((plain, rest))
    }
}

fn plain<'b>(cast: &Cast<'_, 'b, 8>, told: Told) -> Option<Plain<'b>> {
    let did = cast.plain(0).filter(|did| !did.is_empty())?;
    let (time_us, rkey, text) = (cast.whole(1)?, cast.plain(2)?, cast.text(3)?);
    Some(Plain { did, time_us, rkey, text, is_answer: told.is_answer })
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = r#"{"did":"did:plc:ana","time_us":1770000000000000,"kind":"commit","commit":{"rev":"3l","operation":"create","collection":"app.bsky.feed.post","rkey":"3k","record":{"$type":"app.bsky.feed.post","createdAt":"2026-02-02T00:00:00Z","langs":["fr","en"],"text":"Un café"},"cid":"bafy"}}"#;
    const ANSWER: &str = r#"{"did":"did:plc:ben","time_us":1770000000000001,"kind":"commit","commit":{"rev":"3l","operation":"create","collection":"app.bsky.feed.post","rkey":"3l","record":{"$type":"app.bsky.feed.post","createdAt":"2026-02-02T00:00:01Z","langs":["en"],"reply":{"parent":{"cid":"b","uri":"at://x"},"root":{"cid":"b","uri":"at://y"}},"text":"Yes \"that\""},"cid":"bafz"}}"#;
    const LINKED: &str = r#"{"did":"did:plc:cem","time_us":1770000000000002,"kind":"commit","commit":{"rev":"3l","operation":"create","collection":"app.bsky.feed.post","rkey":"3m","record":{"$type":"app.bsky.feed.post","createdAt":"2026-02-02T00:00:02Z","embed":null,"facets":[{"index":{"byteEnd":5,"byteStart":0},"features":[]}],"text":"a.com"},"cid":"bag"}}"#;

    /// Shapes that know these.
    fn known() -> Shapes {
        let shapes = Shapes::default();
        for message in [POST, ANSWER, LINKED] {
            assert!(shapes.skim(message.as_bytes()).is_some());
        }
        shapes
    }

    /// What a shape tells is what is read in a walk.
    #[track_caller]
    fn check(shapes: &Shapes, message: &[u8]) {
        let (told, walked) = (shapes.skim(message), plain::skim(message));
        assert_eq!(format!("{told:?}"), format!("{walked:?}"), "{}", String::from_utf8_lossy(message));
        let whole = walked.filter(|plain| plain.time_us > 0).zip(plain::rest(message));
        assert_eq!(format!("{:?}", shapes.read(message)), format!("{whole:?}"));
    }

    #[test]
    fn what_a_shape_tells_is_what_is_read() {
        let shapes = known();
        let count = || shapes.0.lock().unwrap().len();
        for message in [POST, ANSWER, LINKED] {
            check(&shapes, message.as_bytes());
            let other = message.replace("did:plc:", "did:web:longer.example:").replace("ca", "\\u00e9\\n");
            check(&shapes, other.as_bytes());
            assert_eq!(count(), 3);
            for (from, to) in [
                ("did:plc:", ""),
                ("\"create\"", "\"update\""),
                ("app.bsky.feed.post\",\"rkey", "app.bsky.feed.like\",\"rkey"),
                ("17700000000000", "0"),
                ("1770000000000", "-1"),
                ("\"text\":\"", "\"text\":\"\\ud83d"),
                ("\"text\"", "\"text\":\"first\",\"text\""),
                ("2026-02-02", "\\q"),
            ] {
                check(&shapes, message.replacen(from, to, 1).as_bytes());
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn broken_messages_are_read_as_in_a_walk(which in 0_usize..3, at in 0_usize..400, length in 0_usize..6, instead in "[\\[\\]{}\",:\\\\a0 ]{0,3}") {
            let mut message = [POST, ANSWER, LINKED][which].as_bytes().to_vec();
            let at = at.min(message.len());
            message.splice(at..(at + length).min(message.len()), instead.into_bytes());
            check(&known(), &message);
        }
    }
}
