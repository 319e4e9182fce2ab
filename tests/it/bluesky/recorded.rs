//! Recordings of real servers, when `VIGIE_CORPUS` says where they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vigie::network::Page;
use vigie::post::{Account, Gone, Kind};
use vigie::time::Time;

use super::read;

fn recordings() -> Option<PathBuf> {
    let folder = std::env::var_os("VIGIE_CORPUS").map(|root| PathBuf::from(root).join("recorded/bluesky"));
    if folder.is_none() {
        println!("skipped: VIGIE_CORPUS is not set");
    }
    folder
}

/// The body and status of each interaction of an exchange, else the file itself.
fn answers(bytes: &[u8]) -> Vec<(Vec<u8>, u16)> {
    let Ok(Value::Object(file)) = serde_json::from_slice(bytes) else { return vec![(bytes.to_vec(), 200)] };
    let Some(interactions) = file.get("interactions").and_then(Value::as_array) else {
        return vec![(bytes.to_vec(), 200)];
    };
    let response = |interaction: &Value| {
        let status = interaction["response"]["status"].as_u64().unwrap();
        (interaction["response"]["body"].to_string().into_bytes(), u16::try_from(status).unwrap())
    };
    interactions.iter().map(response).collect()
}

fn frames(bytes: &[u8]) -> Vec<&[u8]> {
    let mut rest = bytes;
    let mut frames = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (frame, next) = after.split_at(u32::from_le_bytes(*length) as usize);
        frames.push(frame);
        rest = next;
    }
    frames
}

/// Posts, edits, deletions, accounts: how many, in one line.
fn counts(page: &Page) -> [usize; 4] {
    [page.posts.len(), page.edits.len(), page.deletions.len(), page.accounts.len()]
}

#[test]
fn recorded_answers_say_what_they_say() {
    let Some(folder) = recordings() else { return };
    let expected: &[(&str, [usize; 4])] = &[
        ("http/describeRepo", [0, 0, 0, 1]),
        ("http/getPostThread", [2, 0, 0, 0]),
        ("http/getPosts_after_delete", [1, 0, 0, 0]),
        ("http/getProfile_after_rename", [0, 0, 0, 1]),
        ("http/getProfile_handle", [0, 0, 0, 1]),
        ("http/getQuotes", [1, 0, 0, 0]),
        ("http/getRepoStatus_deactivated", [0, 0, 1, 1]),
        ("http/listRecords", [2, 0, 0, 0]),
        ("http/searchActorsTypeahead_acme", [0, 0, 0, 2]),
        ("http/searchActors_acme", [0, 0, 0, 2]),
        ("http/searchPosts_acme_latest_limit2", [2, 0, 0, 0]),
        ("http/searchPosts_after", [2, 0, 0, 0]),
        ("http/searchPosts_cafe_accent", [2, 0, 0, 0]),
        ("jetstream/golden-v1-00", [0; 4]),
        ("jetstream/golden-v1-02", [1, 0, 0, 0]),
        ("jetstream/golden-v1-04", [0, 0, 0, 1]),
        ("jetstream/golden-v1-06", [0; 4]),
        ("jetstream/golden-v1-08", [0, 0, 0, 1]),
        ("jetstream/readme-example-0", [0; 4]),
        ("jetstream/readme-example-2", [0, 0, 0, 1]),
        ("jetstream/readme-example-4", [0; 4]),
        ("models/did_doc", [0, 0, 0, 1]),
        ("models/extended_post_record", [1, 0, 0, 0]),
        ("models/get_follows", [0, 0, 0, 6]),
        ("models/post_record", [1, 0, 0, 0]),
        ("models/thread_view_post_with_embed_media", [1, 0, 0, 0]),
    ];
    for (name, wanted) in expected {
        let bytes = std::fs::read(folder.join(name).with_extension("json")).unwrap();
        for (body, status) in answers(&bytes) {
            let page = read(&body, status).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(counts(&page), *wanted, "{name}");
        }
    }
    let refused = [
        ("http/createSession_bad", "app password"),
        ("http/getProfile_deactivated", "deactivated"),
        ("http/getTimeline_unauth", "needs an account"),
        ("http/resolveHandle_unknown", "check the handle"),
        ("http/unknown_method", "check `appview`"),
        ("jetstream/subscribeEvents.lexicon", "shape"),
    ];
    for (name, wanted) in refused {
        let bytes = std::fs::read(folder.join(format!("{name}.json"))).unwrap();
        for (body, status) in answers(&bytes) {
            let error = read(&body, status).expect_err(name).to_string();
            assert!(error.contains(wanted), "{name}: {error}");
        }
    }
    println!("{} recorded answers read, {} refused as they should be", expected.len(), refused.len());
}

/// The first answer of a recording as JSON, and what we understand of it.
fn understood(folder: &Path, name: &str) -> (Value, Page) {
    let (body, status) = answers(&std::fs::read(folder.join(name)).unwrap()).remove(0);
    (serde_json::from_slice(&body).unwrap(), read(&body, status).unwrap())
}

#[test]
fn recorded_fields_are_kept() {
    let Some(folder) = recordings() else { return };
    let same = |ours: Option<&str>, raw: &Value, path: &str| {
        let theirs = raw.pointer(path).unwrap_or_else(|| panic!("{path} is not there"));
        assert_eq!(ours, theirs.as_str(), "{path}");
    };
    let (raw, page) = understood(&folder, "http/searchPosts_acme_latest_limit2.json");
    let (post, author) = (&page.posts[0], page.posts[0].author.as_ref().unwrap());
    same(Some(&post.native_id), &raw, "/posts/0/uri");
    same(Some(&post.text), &raw, "/posts/0/record/text");
    same(post.lang.as_deref(), &raw, "/posts/0/record/langs/0");
    same(post.hashtags.first().map(String::as_str), &raw, "/posts/0/record/facets/0/features/0/tag");
    same(post.links.first().map(String::as_str), &raw, "/posts/0/record/facets/1/features/0/uri");
    same(Some(&author.native_id), &raw, "/posts/0/author/did");
    same(author.handle.as_deref(), &raw, "/posts/0/author/handle");
    same(author.display_name.as_deref(), &raw, "/posts/0/author/displayName");
    same(page.posts[1].quote_of.as_deref(), &raw, "/posts/1/record/embed/record/uri");
    assert_eq!(post.counts.likes, raw["posts"][0]["likeCount"].as_i64());
    assert_eq!(post.counts.reposts, raw["posts"][0]["repostCount"].as_i64());
    assert_eq!(post.published, raw["posts"][0]["record"]["createdAt"].as_str().and_then(Time::parse));
    assert_eq!(page.posts.iter().map(|post| post.kind).collect::<Vec<_>>(), [Kind::Post, Kind::Quote]);

    let (raw, page) = understood(&folder, "http/getPostThread.json");
    let named = page.posts[0].named_accounts.first().map(String::as_str);
    same(named, &raw, "/thread/post/record/facets/0/features/0/did");
    same(page.posts[1].reply_to.as_deref(), &raw, "/thread/post/uri");
    same(page.posts[1].root.as_deref(), &raw, "/thread/post/uri");

    let (raw, page) = understood(&folder, "http/getProfile_after_rename.json");
    same(page.accounts[0].author.handle.as_deref(), &raw, "/handle");
    same(page.accounts[0].author.bio.as_deref(), &raw, "/description");
    assert_eq!(page.accounts[0].author.followers, raw["followersCount"].as_u64());

    let (raw, page) = understood(&folder, "jetstream/golden-v1-04.json");
    let author = &page.accounts[0].author;
    same(author.display_name.as_deref(), &raw, "/commit/record/displayName");
    same(author.bio.as_deref(), &raw, "/commit/record/description");
    let picture = raw["commit"]["record"]["avatar"]["ref"]["$link"].as_str().unwrap();
    assert!(author.avatar.as_deref().unwrap().contains(picture));
    assert_eq!(page.until.map(|until| until.0), raw["time_us"].as_i64().map(|micros| micros / 1000));

    let (raw, page) = understood(&folder, "jetstream/golden-v1-02.json");
    same(page.posts[0].repost_of.as_deref(), &raw, "/commit/record/subject/uri");
    let (raw, page) = understood(&folder, "jetstream/readme-example-2.json");
    same(page.accounts[0].author.handle.as_deref(), &raw, "/identity/handle");
    let (raw, page) = understood(&folder, "models/thread_view_post_with_embed_media.json");
    same(page.posts[0].quote_of.as_deref(), &raw, "/thread/post/record/embed/record/record/uri");
    same(
        page.posts[0].media[0].kind.as_deref(),
        &raw,
        "/thread/post/record/embed/media/images/0/image/mimeType",
    );
}

/// What each account said, without the clock of the one server or the other.
fn by_account(pages: impl Iterator<Item = Page>) -> (BTreeMap<String, Vec<String>>, [usize; 4]) {
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut all = [0; 4];
    for page in pages {
        all.iter_mut().zip(counts(&page)).for_each(|(sum, count)| *sum += count);
        for post in page.posts.into_iter().chain(page.edits.into_iter().map(|mut post| {
            post.edited = None;
            post
        })) {
            let line = serde_json::to_string(&post).unwrap();
            said.entry(post.author.unwrap().native_id).or_default().push(line);
        }
        for deletion in page.deletions {
            let (Gone::Post(id) | Gone::PostBy(id, _) | Gone::Account(id)) = deletion.gone;
            said.entry(id.clone()).or_default().push(format!("gone {id}"));
        }
        for account in page.accounts {
            let line = format!("{:?} {:?}", account.author, account.status);
            said.entry(account.author.native_id).or_default().push(line);
        }
    }
    (said, all)
}

#[test]
fn the_raw_firehose_says_what_jetstream_says() {
    let Some(folder) = recordings() else { return };
    let bytes = std::fs::read(folder.join("firehose/relay-frames.bin")).unwrap();
    let lines = std::fs::read_to_string(folder.join("firehose/jetstream-v1-expected.jsonl")).unwrap();
    let frames = frames(&bytes);
    let pages: Vec<Page> = frames.iter().map(|frame| read(frame, 200).unwrap()).collect();
    assert!(pages.iter().all(|page| page.missed.is_none()));
    let raw = by_account(pages.into_iter());
    let expected = by_account(lines.lines().map(|line| read(line.as_bytes(), 200).unwrap()));
    println!(
        "{} frames, {} lines: posts, edits, deletions, accounts {:?}",
        frames.len(),
        lines.lines().count(),
        raw.1
    );
    for (account, said) in &expected.0 {
        assert_eq!(raw.0.get(account), Some(said));
    }
    assert_eq!(raw.1, expected.1);
    assert!(raw.1[0] > 0);
}

#[test]
fn a_local_server_tells_of_every_kind_of_change() {
    let Some(folder) = recordings() else { return };
    let bytes = std::fs::read(folder.join("firehose/local-pds-frames.bin")).unwrap();
    let frames = frames(&bytes);
    let pages: Vec<Page> = frames.iter().map(|frame| read(frame, 200).unwrap()).collect();
    let (_, all) = by_account(pages.iter().cloned());
    println!("{} frames: posts, edits, deletions, accounts {all:?}", frames.len());
    let gone: Vec<_> = pages.iter().flat_map(|page| &page.deletions).collect();
    assert_eq!(gone.iter().filter(|deletion| matches!(deletion.gone, Gone::Post(_))).count(), 1);
    assert_eq!(gone.iter().filter(|deletion| matches!(deletion.gone, Gone::Account(_))).count(), 1);
    let (renamed, _) = understood(&folder, "http/getProfile_after_rename.json");
    let mut accounts = pages.iter().flat_map(|page| &page.accounts);
    let known = |account: &Account| account.author.handle.as_deref() == renamed["handle"].as_str();
    assert!(accounts.any(known), "the handle change");
    assert!(pages.iter().all(|page| page.missed.is_none()));
}

#[test]
fn damaged_recordings_never_panic() {
    let Some(folder) = recordings() else { return };
    let mut tried = 0;
    for part in ["firehose", "http", "jetstream", "models", "syntax"] {
        for entry in folder.join(part).read_dir().unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            drop(read(&bytes, 200));
            if part == "firehose" && bytes.starts_with(b"{") {
                continue; // read line by line elsewhere
            }
            let whole = if part == "firehose" { frames(&bytes) } else { vec![&bytes[..]] };
            for message in whole {
                for end in (0..message.len()).step_by(1 + message.len() / 50) {
                    drop(read(&message[..end], 200));
                    let mut damaged = message.to_vec();
                    damaged[end] = damaged[end].wrapping_add(1);
                    drop(read(&damaged, 200));
                    tried += 2;
                }
            }
        }
    }
    println!("{tried} damaged messages read without a panic");
}

#[test]
fn dates_of_authors_are_read() {
    let Some(folder) = recordings() else { return };
    let said = |written: &str| {
        let record = serde_json::json!({"uri": "at://did:plc:a/app.bsky.feed.post/3a", "value": {"createdAt": written}});
        read(record.to_string().as_bytes(), 200).unwrap().posts[0].published
    };
    let lines = |name: &str| std::fs::read_to_string(folder.join("syntax").join(name)).unwrap();
    let dates = lines("datetime_syntax_valid.txt");
    let dates = dates.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let missing: Vec<&str> = dates.clone().filter(|date| said(date).is_none()).collect();
    println!("{} of {} valid dates read", dates.clone().count() - missing.len(), dates.count());
    assert_eq!(missing, Vec::<&str>::new());
    let nonsense = lines("datetime_parse_invalid.txt");
    let believed: Vec<&str> =
        nonsense.lines().filter(|line| !line.starts_with('#') && said(line).is_some()).collect();
    assert_eq!(believed, Vec::<&str>::new());
}
