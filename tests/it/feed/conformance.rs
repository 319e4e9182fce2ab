//! Feeds of other readers' test sets, with what those readers expect. Runs where `VIGIE_CORPUS` points.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vigie::post::Post;

use super::read;

/// The folder of recorded feeds, or nothing, with a word about it.
fn recorded(set: &str) -> Option<PathBuf> {
    let corpus = std::env::var_os("VIGIE_CORPUS");
    if corpus.is_none() {
        println!("VIGIE_CORPUS is not set: the feeds of {set} are left out");
    }
    Some(Path::new(&corpus?).join("recorded/feeds").join(set))
}

/// Words without markup or layout.
fn plain(text: &str) -> String {
    let text = vigie::html::to_text(text);
    let text = vigie::html::to_text(&text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn same(ours: Option<&str>, expected: &str) -> bool {
    plain(ours.unwrap_or_default()) == plain(expected)
}

/// `[2003, 12, 31, 10, 14, 55, ...]` or text, against a time.
fn same_time(ours: Option<vigie::time::Time>, expected: &Value) -> bool {
    let Some(ours) = ours else { return expected.is_null() };
    if let Some(text) = expected.as_str() {
        let parsed = vigie::time::Time::parse(text).or_else(|| {
            let mail = jiff::fmt::rfc2822::parse(text).ok()?;
            Some(vigie::time::Time(mail.timestamp().as_millisecond()))
        });
        return parsed.is_none_or(|parsed| parsed == ours);
    }
    let part = |at: usize| expected[at].as_i64().unwrap_or(0);
    let [year, month, day, hour, minute, second] = [0, 1, 2, 3, 4, 5].map(part);
    ours.to_string().starts_with(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

/// Whether a post holds one check; `None` when the check is about something that posts do not have.
fn holds(post: Option<&Post>, path: &[&str], op: &str, value: &Value) -> Option<bool> {
    let last = *path.last()?;
    let text = value.as_str().unwrap_or_default();
    let about = match path {
        ["title"] | ["title_detail", "value"] => "title",
        ["link"] => "link",
        ["id" | "guid"] => "id",
        ["summary" | "description"] | ["summary_detail", "value"] => "summary",
        ["content", "0", "value"] => "text",
        ["updated" | "updated_parsed" | "modified" | "modified_parsed"] => "edited",
        ["published" | "published_parsed"] => "published",
        ["author"] | ["author_detail" | "authors", .., "name"] => "author",
        ["author_detail", "url"] | ["authors", "0", "url"] => "author url",
        ["language"] | [.., "language"] => "lang",
        ["enclosures", _, "url"] => "media",
        ["tags", _, "term"] => "tag",
        _ => return None,
    };
    let Some(post) = post else { return Some(false) };
    let author = post.author.as_ref();
    let given = match about {
        "title" => post.title.as_deref(),
        "link" => post.permalink.as_deref(),
        "id" => Some(post.native_id.as_str()),
        "text" => Some(post.text.as_str()),
        "summary" => post.summary.as_deref().or(Some(&post.text)),
        "author" => author.and_then(|author| author.display_name.as_deref()),
        "author url" => author.and_then(|author| author.url.as_deref()),
        "lang" => post.lang.as_deref(),
        _ => None,
    };
    if op != "eq" {
        return None;
    }
    Some(match about {
        "edited" => same_time(post.edited.or(post.published), value),
        "published" => same_time(post.published, value),
        "media" => post.media.iter().any(|media| media.url.as_deref() == Some(text)),
        "tag" => post.hashtags.iter().any(|tag| tag == text),
        "author" if last == "author" => given.is_some_and(|name| text.contains(name)),
        "summary" => same(given, text) || same(Some(&post.text), text),
        _ if value.is_null() => given.is_none(),
        _ => same(given, text),
    })
}

#[derive(Default)]
struct Score {
    folders: BTreeMap<String, (usize, usize)>,
    misses: String,
}

impl Score {
    fn count(&mut self, folder: &str, good: bool, miss: impl FnOnce() -> String) {
        let (held, all) = self.folders.entry(folder.to_owned()).or_default();
        *all += 1;
        *held += usize::from(good);
        if !good {
            writeln!(self.misses, "{}", miss()).expect("a string takes all");
        }
    }

    /// Prints the shares, writes the misses, and gives the whole in permille.
    fn close(&self, set: &str) -> usize {
        for (folder, (held, all)) in &self.folders {
            println!("{set:<10} {folder:<24} {held:>4} of {all:>4}");
        }
        let (held, all) = self.folders.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("feed-misses-{set}.txt"));
        fs::write(&file, &self.misses).expect("the target folder is writable");
        let permille = held * 1000 / all.max(1);
        println!("{set:<10} in all {held} of {all}, {permille} permille; misses in {}", file.display());
        permille
    }
}

#[test]
fn the_checks_of_feedparser_hold() {
    let Some(folder) = recorded("feedparser") else { return };
    let mut score = Score::default();
    for line in fs::read_to_string(folder.join("expected.jsonl")).expect("the set has its list").lines() {
        let case: Value = serde_json::from_str(line).expect("the list is JSON");
        let file = case["file"].as_str().expect("a case names its file");
        let headers: Vec<(String, String)> = case["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap_or_default().to_owned()))
            .collect();
        let body = fs::read(folder.join(file)).expect("the file is there");
        let page = read(&body, &headers, &format!("http://127.0.0.1:8097/{file}"));
        if file.contains("/sanitize/") || file.contains("/cdf/") {
            continue;
        }
        let posts = page.as_ref().map(|page| page.posts.as_slice()).unwrap_or_default();
        for check in case["checks"].as_array().into_iter().flatten() {
            let path: Vec<String> = check["path"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned))
                .collect();
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let ["entries", at, rest @ ..] = path.as_slice() else { continue };
            let post = at.parse::<usize>().ok().and_then(|at| posts.get(at));
            let good = holds(post, rest, check["op"].as_str().unwrap_or_default(), &check["value"]);
            if let Some(good) = good {
                let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
                score.count(folder, good, || {
                    format!(
                        "{file}: {path:?} = {}\n  read: {}",
                        check["value"],
                        page.as_ref().map_or_else(
                            |error| error.to_string(),
                            |page| serde_json::to_string(page).unwrap_or_default()
                        )
                    )
                });
            }
        }
    }
    let permille = score.close("feedparser");
    assert!(permille >= 975, "{permille} permille");
}

/// All files of a folder and its folders.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is readable").flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

/// Compares the entries of another reader with our posts, field by field.
fn compare(score: &mut Score, name: &str, folder: &str, posts: &[Post], expected: &[Value], fields: &Fields) {
    score.count(&format!("{folder} number"), posts.len() == expected.len(), || {
        format!("{name}: {} posts of {}", posts.len(), expected.len())
    });
    for (post, entry) in posts.iter().zip(expected) {
        let checks = [
            ("title", (fields.title)(entry), post.title.clone()),
            ("link", (fields.link)(entry), post.permalink.clone()),
            ("id", (fields.id)(entry), Some(post.native_id.clone())),
            ("published", (fields.published)(entry), post.published.map(|time| time.to_string())),
        ];
        for (field, expected, ours) in checks {
            let Some(expected) = expected.filter(|expected| !expected.is_empty()) else { continue };
            let good = if field == "published" {
                vigie::time::Time::parse(&expected).is_none_or(|time| Some(time) == post.published)
            } else {
                plain(ours.as_deref().unwrap_or_default()) == plain(&expected)
            };
            score.count(&format!("{folder} {field}"), good, || {
                format!("{name}: {field} {expected:?} read {ours:?}")
            });
        }
    }
}

struct Fields {
    title: fn(&Value) -> Option<String>,
    link: fn(&Value) -> Option<String>,
    id: fn(&Value) -> Option<String>,
    published: fn(&Value) -> Option<String>,
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[test]
fn the_feeds_of_gofeed_are_read() {
    let Some(folder) = recorded("gofeed") else { return };
    let mut score = Score::default();
    let unified = Fields {
        title: |entry| text(&entry["title"]),
        link: |entry| text(&entry["link"]),
        id: |entry| text(&entry["guid"]).or_else(|| text(&entry["id"])),
        published: |entry| text(&entry["publishedParsed"]),
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
    assert!(permille >= 990, "{permille} permille");
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
    assert!(permille >= 990, "{permille} permille");
}
