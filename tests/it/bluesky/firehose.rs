//! Frames of the raw firehose, written here as a relay would.

use ipld_core::cid::{Cid, multihash::Multihash};
use ipld_core::ipld;
use ipld_core::ipld::Ipld;
use sha2::{Digest, Sha256};
use vigie::network::{Page, ReadError};
use vigie::post::Gone;
use vigie::time::Time;

use super::read;

const TIME: &str = "2026-09-21T14:13:20.500Z";

fn cbor(value: &Ipld) -> Vec<u8> {
    serde_ipld_dagcbor::to_vec(value).unwrap()
}

fn frame(header: &Ipld, body: &Ipld) -> Result<Page, ReadError> {
    read(&[cbor(header), cbor(body)].concat(), 200)
}

fn message(kind: &str, body: &Ipld) -> Page {
    frame(&ipld!({"op": 1, "t": kind}), body).unwrap()
}

fn section(bytes: &[u8]) -> Vec<u8> {
    let mut length = bytes.len();
    let mut out = Vec::new();
    while length >= 0x80 {
        out.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap());
    out.extend(bytes);
    out
}

/// The address of a record and an archive that holds it.
fn archive(record: &Ipld) -> (Cid, Vec<u8>) {
    let block = cbor(record);
    let cid = Cid::new_v1(0x71, Multihash::wrap(0x12, &Sha256::digest(&block)).unwrap());
    let mut car = section(&cbor(&ipld!({"roots": [cid], "version": 1})));
    car.extend(section(&[cid.to_bytes(), block].concat()));
    (cid, car)
}

fn commit(action: &str, path: &str, cid: Option<Cid>, blocks: Vec<u8>) -> Page {
    let cid = cid.map_or(Ipld::Null, Ipld::Link);
    let op = ipld!({"action": action, "path": path, "cid": cid});
    let blocks = Ipld::Bytes(blocks);
    let body = ipld!({"repo": "did:plc:lea", "rev": "3a", "seq": 7, "time": TIME, "since": null,
        "tooBig": false, "rebase": false, "blobs": [], "ops": [op], "blocks": blocks});
    message("#commit", &body)
}

#[test]
fn commits_carry_records_in_an_archive() {
    let (picture, _) = archive(&ipld!("a picture"));
    let (cid, blocks) = archive(&ipld!({
        "$type": "app.bsky.feed.post", "text": "Un moka chez Brisemer", "createdAt": "2026-09-21T14:13:19Z",
        "embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "Une tasse",
            "image": {"$type": "blob", "ref": picture, "mimeType": "image/png", "size": 3}}]}}));
    let page = commit("create", "app.bsky.feed.post/3a", Some(cid), blocks.clone());
    let post = &page.posts[0];
    assert_eq!(
        (post.native_id.as_str(), post.text.as_str()),
        ("at://did:plc:lea/app.bsky.feed.post/3a", "Un moka chez Brisemer")
    );
    let shown = post.media[0].url.as_deref().unwrap();
    assert!(shown.ends_with(&format!("/did:plc:lea/{picture}@jpeg")), "{shown}");
    assert_eq!((page.until, page.missed), (Time::parse(TIME), None));

    let edited = commit("update", "app.bsky.feed.post/3a", Some(cid), blocks.clone());
    assert_eq!((edited.edits.len(), edited.posts.len()), (1, 0));
    let liked = commit("create", "app.bsky.feed.like/3a", Some(cid), blocks);
    assert!(liked.posts.is_empty() && liked.until.is_some());
    let gone = commit("delete", "app.bsky.feed.post/3a", None, Vec::new());
    assert_eq!(gone.deletions[0].gone, Gone::Post("at://did:plc:lea/app.bsky.feed.post/3a".to_owned()));
}

#[test]
fn a_post_that_a_commit_does_not_carry_is_a_gap() {
    let (cid, mut blocks) = archive(&ipld!({"text": "Brisemer"}));
    blocks.truncate(blocks.len() - 1);
    let page = commit("create", "app.bsky.feed.post/3a", Some(cid), blocks);
    assert_eq!((page.posts.len(), page.missed.unwrap().from), (0, Time::parse(TIME).unwrap()));
}

#[test]
fn identities_and_states_are_read() {
    let named =
        message("#identity", &ipld!({"seq": 8, "did": "did:plc:lea", "time": TIME, "handle": "lea.example"}));
    assert_eq!(named.accounts[0].author.handle.as_deref(), Some("lea.example"));
    let body = ipld!({"seq": 9, "did": "did:plc:lea", "time": TIME, "active": false, "status": "suspended"});
    let suspended = message("#account", &body);
    assert_eq!(suspended.deletions[0].gone, Gone::Account("did:plc:lea".to_owned()));
    for (kind, body) in [
        ("#sync", ipld!({"seq": 10, "did": "did:plc:lea", "time": TIME, "rev": "3a"})),
        ("#info", ipld!({"name": "OutdatedCursor"})),
        ("#unheardof", ipld!({"x": {"y": [1, 2.5, null, true]}})),
    ] {
        let page = message(kind, &body);
        assert!(page.posts.is_empty() && page.accounts.is_empty() && page.deletions.is_empty(), "{kind}");
    }
}

#[test]
fn an_error_frame_says_what_to_do() {
    let error =
        frame(&ipld!({"op": -1}), &ipld!({"error": "FutureCursor", "message": "Cursor in the future."}));
    insta::assert_snapshot!(
        error.unwrap_err(),
        @"bluesky cannot answer now (FutureCursor: the cursor is later than the server's clock: connect again without it (it said: Cursor in the future.)); Vigie tries again"
    );
}
