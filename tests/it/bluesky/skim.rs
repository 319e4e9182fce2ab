//! A quick look at a message says what reading it whole says, or nothing.

use serde_json::json;
use vigie::network::{Answer, Cursor};

use super::{SEEN, network};
use crate::corpus;

/// How many of these messages a quick look was enough for.
fn check<'m>(messages: impl Iterator<Item = &'m [u8]>) -> (usize, usize) {
    let network = network("");
    let mut cursor: Option<Cursor> = None;
    let (mut skimmed, mut all) = (0, 0);
    for message in messages {
        let answer = Answer { body: message.to_vec(), status: 200, seen: SEEN, ..Answer::default() };
        let read = network.read(&answer, cursor.as_ref());
        all += 1;
        let last = network.mark(cursor.as_ref());
        if let Some(skim) = last.and_then(|last| network.skim(message, last, SEEN)) {
            let page = read.as_ref().unwrap();
            assert!(page.missed.is_none() && page.pause.is_none());
            assert_eq!(
                (page.posts.len(), page.edits.len(), page.deletions.len(), page.accounts.len()),
                (1, 0, 0, 0)
            );
            let post = &page.posts[0];
            assert_eq!((&post.native_id, &*post.text), (&skim.native_id.concat(), &*skim.text));
            assert!(post.title.is_none() && post.summary.is_none() && post.media.is_empty());
            assert_eq!((&page.cursor, page.until), (&network.cursor(skim.mark), skim.until));
            skimmed += 1;
        }
        cursor = read.ok().and_then(|page| page.cursor).or(cursor);
    }
    (skimmed, all)
}

fn message(time_us: i64, operation: &str, collection: &str, record: &serde_json::Value) -> Vec<u8> {
    json!({"did": "did:plc:abc", "time_us": time_us, "kind": "commit", "commit": {"rev": "r", "operation": operation,
        "collection": collection, "rkey": "3k", "cid": "c", "record": record}})
    .to_string()
    .into_bytes()
}

#[test]
fn only_plain_new_posts_are_skimmed() {
    let at = (SEEN.0 - 1_000) * 1_000;
    let post = "app.bsky.feed.post";
    let plain =
        json!({"$type": post, "text": "Molivelle \"à\" \u{1f34a}", "createdAt": "2026-11-01T00:00:00Z"});
    let picture = json!({"text": "a", "embed": {"$type": "app.bsky.embed.images", "images": []}});
    let messages = [
        (message(at, "create", post, &plain), 1),
        (message(at + 1, "update", post, &plain), 0),
        (message(at + 2, "create", "app.bsky.feed.like", &plain), 0),
        (message(at + 3, "create", post, &picture), 0),
        (message(at + 4, "create", post, &json!({"text": 5})), 0),
        (message(at + 5, "create", post, &json!({"text": ""})), 1),
        (b"{\"kind\":\"commit\"}".to_vec(), 0),
        (b"\xff".to_vec(), 0),
    ];
    // A jump is told by reading it whole.
    let before = message(at - 7_200_000_000, "create", post, &plain);
    assert_eq!(check([before.as_slice(), &messages[0].0].into_iter()), (1, 2));
    for (message, expected) in &messages {
        assert_eq!(
            check(std::iter::once(message.as_slice())).0,
            *expected,
            "{}",
            String::from_utf8_lossy(message)
        );
    }
}

#[test]
fn recorded_messages_are_skimmed_as_they_are_read() {
    let Some(files) = corpus::files("recorded/bluesky/firehose", "jsonl") else { return };
    let mut total = (0, 0);
    for file in files {
        let text = std::fs::read(&file).unwrap();
        let (skimmed, all) = check(text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()));
        total = (total.0 + skimmed, total.1 + all);
    }
    println!("{} of {} recorded messages are skimmed", total.0, total.1);
    assert!(total.0 > 0);
}
