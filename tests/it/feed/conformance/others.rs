//! The feeds of gofeed and feed-rs: our posts against their entries, field by field.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use vigie::post::Post;
use vigie::time::Time;

use super::super::read;
use super::{Score, files, recorded, same};

/// How another reader calls what we compare; each says nothing where the entry has nothing.
struct Fields {
    title: fn(&Value) -> Option<String>,
    link: fn(&Value) -> Option<String>,
    id: fn(&Value) -> Option<String>,
    published: fn(&Value) -> Option<String>,
    /// Its texts, long and short; ours must have each.
    texts: fn(&Value) -> Vec<String>,
    author: fn(&Value) -> Option<String>,
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Compares the entries of another reader with our posts.
fn compare(score: &mut Score, name: &str, folder: &str, posts: &[Post], expected: &[Value], fields: &Fields) {
    score.count(&format!("{folder} number"), posts.len() == expected.len(), || {
        format!("{name}: {} posts of {}", posts.len(), expected.len())
    });
    for (post, entry) in posts.iter().zip(expected) {
        let mut check = |field: &str, expected: String, ours: Option<&str>, good: bool| {
            if !expected.trim().is_empty() {
                score.count(&format!("{folder} {field}"), good, || {
                    format!("{name}: {field} {expected:?} read {ours:?}")
                });
            }
        };
        let author = post.author.as_ref().and_then(|author| author.display_name.as_deref());
        for (field, expected, ours) in [
            ("title", (fields.title)(entry), post.title.as_deref()),
            ("link", (fields.link)(entry), post.permalink.as_deref()),
            ("id", (fields.id)(entry), Some(post.native_id.as_str())),
            ("author", (fields.author)(entry), author),
        ] {
            if let Some(expected) = expected {
                let good = same(ours, &expected);
                check(field, expected, ours, good);
            }
        }
        if let Some(expected) = (fields.published)(entry) {
            let good = Time::parse(&expected).is_none_or(|time| Some(time) == post.published);
            check("published", expected, None, good);
        }
        for expected in (fields.texts)(entry) {
            let good = same(Some(&post.text), &expected) || same(post.summary.as_deref(), &expected);
            check("text", expected, Some(&post.text), good);
        }
    }
}

#[test]
fn the_feeds_of_gofeed_are_read() {
    let Some(folder) = recorded("gofeed") else { return };
    let mut score = Score::default();
    let unified = Fields {
        title: |entry| text(&entry["title"]),
        link: |entry| text(&entry["link"]),
        id: |entry| {
            let guid = &entry["guid"];
            text(guid).or_else(|| text(&guid["value"])).or_else(|| text(&entry["id"]))
        },
        published: |entry| text(&entry["publishedParsed"]).or_else(|| text(&entry["pubDateParsed"])),
        texts: |entry| {
            let content = text(&entry["content"]).or_else(|| text(&entry["content"]["value"]));
            [text(&entry["description"]), text(&entry["summary"]), content].into_iter().flatten().collect()
        },
        author: |entry| text(&entry["authors"][0]["name"]),
    };
    for path in files(&folder) {
        let body = fs::read(&path).expect("the file is readable");
        let name = path.strip_prefix(&folder).expect("below the folder").display().to_string();
        let page = read(&body, &[], "");
        let stem = path.with_extension("");
        let expected = ["_expected.json", ".json"]
            .iter()
            .map(|end| PathBuf::from(format!("{}{end}", stem.display())))
            .find(|other| other.exists() && *other != path);
        let Some(expected) = expected else { continue };
        if name.contains("invalid") || !name.ends_with(".xml") && !name.contains("translator/json") {
            continue;
        }
        let Ok(expected) = serde_json::from_slice::<Value>(&fs::read(expected).expect("readable")) else {
            continue;
        };
        let entries = ["items", "entries"]
            .iter()
            .find_map(|key| expected[*key].as_array())
            .cloned()
            .unwrap_or_default();
        let posts = page.map(|page| page.posts).unwrap_or_default();
        let group = name.rsplit_once('/').map_or("", |(group, _)| group);
        compare(&mut score, &name, group, &posts, &entries, &unified);
    }
    let permille = score.close("gofeed");
    assert!(permille >= 980, "{permille} permille");
}

#[test]
fn the_feeds_of_feed_rs_are_read() {
    let Some(folder) = recorded("feed-rs") else { return };
    let mut score = Score::default();
    let model = Fields {
        title: |entry| text(&entry["title"]["content"]),
        link: |entry| text(&entry["links"][0]["href"]),
        // feed-rs makes ids up where a feed has none; those say nothing of the feed
        id: |entry| {
            text(&entry["id"]).filter(|id| id.chars().any(|one| !one.is_ascii_hexdigit() && one != '-'))
        },
        published: |entry| text(&entry["published"]),
        texts: |entry| {
            [text(&entry["summary"]["content"]), text(&entry["content"]["body"])]
                .into_iter()
                .flatten()
                .collect()
        },
        author: |entry| text(&entry["authors"][0]["name"]),
    };
    for path in files(&folder) {
        let name = path.strip_prefix(&folder).expect("below the folder").display().to_string();
        if name.ends_with(".serde.json") {
            continue;
        }
        let body = fs::read(&path).expect("the file is readable");
        let page = read(&body, &[], "");
        let expected = fs::read(format!("{}.serde.json", path.display()))
            .or_else(|_| fs::read(path.with_extension("serde.json")));
        let Some(expected) = expected.ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        else {
            println!(
                "feed-rs    {name}: {}",
                page.map_or_else(|error| error.to_string(), |page| format!("{} posts", page.posts.len()))
            );
            continue;
        };
        let entries = expected["entries"].as_array().cloned().unwrap_or_default();
        let posts = page.map(|page| page.posts).unwrap_or_default();
        compare(&mut score, &name, name.split('/').next().unwrap_or(""), &posts, &entries, &model);
    }
    let permille = score.close("feed-rs");
    assert!(permille >= 950, "{permille} permille");
}
