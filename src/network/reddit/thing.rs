//! The things of Reddit's API: posts (t3), comments (t1) with all below them, people (t2), subreddits (t5).

use serde_json::Value;
use url::Url;

use super::walk::Item;
use super::{NAME, target};
use crate::html;
use crate::network::json::{id, list, number, text};
use crate::network::{Page, ReadError, clean, graph, json};
use crate::post::{Account, Author, Counts, Deletion, Gone, Kind, Media, Post};
use crate::time::Time;

pub(super) const SITE: &str = "https://www.reddit.com";
/// Deepest nesting of answers followed; Reddit folds threads after ten levels.
const DEPTH: u8 = 100;

/// The body as JSON. Tools that take secrets out of recordings leave quotation marks inside of texts behind: where
/// only such a mark makes the JSON broken, it is read all the same.
pub(super) fn parse(body: &[u8]) -> Result<Value, ReadError> {
    json::parse(&NAME, "posts", body).or_else(|error| {
        let whole = body.starts_with(b"{\"kind\"") && body.ends_with(b"}");
        let mended = if whole { quoted(body) } else { None };
        mended.and_then(|body| serde_json::from_slice(&body).ok()).ok_or(error)
    })
}

/// The JSON with a backslash before each quotation mark that cannot end a text, since nothing follows it that may.
fn quoted(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len().saturating_add(16));
    let mut inside = false;
    let mut escaped = false;
    let mut changed = false;
    for (at, byte) in body.iter().enumerate() {
        if inside && !escaped && *byte == b'"' {
            let rest = body.get(at.saturating_add(1)..).unwrap_or_default();
            let next = rest.iter().find(|next| !next.is_ascii_whitespace());
            if matches!(next, None | Some(b',' | b':' | b'}' | b']')) {
                inside = false;
            } else {
                out.push(b'\\');
                changed = true;
            }
        } else if *byte == b'"' && !inside {
            inside = true;
        }
        escaped = inside && *byte == b'\\' && !escaped;
        out.push(*byte);
    }
    changed.then_some(out)
}

/// Whether texts stand as written; without `raw_json=1` three signs of them are entities.
pub(super) fn is_raw(asked: &str, value: &Value) -> bool {
    match Url::parse(asked) {
        Ok(url) => url.query_pairs().any(|(key, value)| key == "raw_json" && value == "1"),
        Err(_) => !escaped_within(value, 0),
    }
}

/// Whether any markup in the answer is escaped.
fn escaped_within(value: &Value, depth: u8) -> bool {
    let deeper = depth.saturating_add(1);
    match value {
        _ if depth > DEPTH => false,
        Value::Array(all) => all.iter().any(|one| escaped_within(one, deeper)),
        Value::Object(fields) => fields.iter().any(|(key, inner)| {
            let markup = inner.as_str().filter(|_| key.ends_with("_html"));
            markup.is_some_and(|markup| markup.trim_start().starts_with("&lt;"))
                || escaped_within(inner, deeper)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The names of the posts of a list, in its order, with their dates.
pub(super) fn listed(value: &Value) -> Vec<Item> {
    let children = value.get("data").map_or(&[][..], |data| list(data, "children"));
    let data = children.iter().filter_map(|child| child.get("data"));
    data.filter_map(|data| Some((text(data, "name")?.to_owned(), seconds(data, "created_utc")))).collect()
}

/// Takes in one value by its shape; tells whether Reddit has such a shape.
pub(super) fn read(value: &Value, page: &mut Page, raw: bool, depth: u8) -> bool {
    if depth > DEPTH {
        return false;
    }
    let deeper = depth.saturating_add(1);
    if let Some(all) = value.as_array() {
        // a post and the comments under it; names of subreddits
        let known = all.iter().filter(|one| read(one, page, raw, deeper)).count();
        return known > 0 || all.iter().all(|one| one.get("sr_name").is_some() || one.is_string());
    }
    let kind = text(value, "kind");
    let Some(data) = value.get("data").filter(|data| data.is_object()) else {
        let silent = ["access_token", "names", "json", "kind", "error", "success"];
        return silent.iter().any(|key| value.get(key).is_some());
    };
    match kind {
        Some("Listing" | "UserList") => {
            for child in list(data, "children") {
                read(child, page, raw, deeper);
            }
        }
        Some("t1" | "t3" | "LiveUpdate") => {
            item(data, kind.unwrap_or_default(), page, raw);
            if let Some(below) = data.get("replies").filter(|below| below.is_object()) {
                read(below, page, raw, deeper);
            }
        }
        Some("t2") => page.accounts.extend(person(data, raw)),
        Some("t5") => page.accounts.extend(subreddit(data, raw)),
        Some("more" | "LabeledMulti" | "LiveUpdateEvent" | "wikipage" | "modaction") => {}
        _ => return kind.is_some(),
    }
    true
}

fn seconds(data: &Value, key: &str) -> Option<i64> {
    let value = data.get(key)?;
    value.as_i64().or_else(|| {
        // written as 1411010034.0
        let whole = value.as_f64().filter(|seconds| seconds.is_finite())?;
        format!("{whole:.0}").parse().ok()
    })
}

fn time(data: &Value, key: &str) -> Option<Time> {
    seconds(data, key).and_then(Time::from_seconds)
}

/// Texts as they were written.
fn plain(said: &str, raw: bool) -> String {
    if raw {
        return said.to_owned();
    }
    said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Whether a text is what stands where one was taken away.
pub(super) fn is_removed(said: &str) -> bool {
    let said = said.trim();
    matches!(said, "[deleted]" | "[removed]") || said.starts_with("[ Removed by Reddit")
}

/// A post, comment or live update, or its absence.
fn item(data: &Value, kind: &str, page: &mut Page, raw: bool) {
    let written = ["selftext", "body"].iter().find_map(|key| text(data, key)).unwrap_or_default();
    let taken = data.get("removed_by_category").is_some_and(|by| !by.is_null());
    let native_id =
        text(data, "name").map(str::to_owned).or_else(|| Some(format!("{kind}_{}", id(data, "id")?)));
    if is_removed(written) || taken {
        if let Some(native_id) = native_id {
            page.deletions.push(Deletion { network: NAME, gone: Gone::Post(native_id), at: None });
        }
        return;
    }
    let native_id = native_id.unwrap_or_else(|| graph::id_of_content(data));
    page.posts.push(post(data, kind, native_id, &plain(written, raw), raw));
}

/// The writer under a name.
pub(super) fn by_name(name: &str) -> Author {
    Author {
        native_id: name.to_owned(),
        handle: Some(name.to_owned()),
        url: Some(format!("{SITE}/user/{name}")),
        ..Author::default()
    }
}

fn post(data: &Value, kind: &str, native_id: String, written: &str, raw: bool) -> Post {
    let mut post = Post::new(NAME, native_id);
    let markup = ["selftext_html", "body_html"].iter().find_map(|key| text(data, key));
    let markup = markup.map(|markup| plain(markup, raw));
    post.author = text(data, "author").filter(|name| *name != "[deleted]").map(|name| {
        let mut author = by_name(&clean::line(name, clean::LINE));
        author.native_id = text(data, "author_fullname").map_or(author.native_id, str::to_owned);
        author
    });
    post.title = text(data, "title").and_then(|title| clean::some_line(&plain(title, raw), clean::LINE));
    post.text = clean::text(written, clean::TEXT);
    post.published = time(data, "created_utc");
    post.edited = time(data, "edited");
    post.counts = Counts {
        score: number(data, "score"),
        replies: number(data, "num_comments"),
        reposts: number(data, "num_crossposts"),
        views: number(data, "view_count"),
        ..Counts::default()
    };
    post.permalink = permalink(data, kind);
    if kind == "t1" {
        post.kind = Kind::Comment;
        post.reply_to = text(data, "parent_id").map(str::to_owned);
        post.root = text(data, "link_id").map(str::to_owned);
    } else if let Some(original) = text(data, "crosspost_parent") {
        post.kind = Kind::Repost;
        post.repost_of = Some(original.to_owned());
    }
    media(&mut post, data, raw);
    let target = text(data, "url").map(|url| plain(url, raw));
    let own = data.get("is_self").and_then(Value::as_bool) == Some(true) || kind != "t3";
    if let Some(target) = target.filter(|_| !own) {
        link(&mut post, &target);
    }
    if let Some(markup) = markup {
        for target in html::read(&markup).links {
            link(&mut post, &target);
        }
        post.html = Some(clean::text(&markup, clean::TEXT)).filter(|markup| !markup.is_empty());
    }
    post
}

/// Where a person can open it. Old answers leave it out for comments.
fn permalink(data: &Value, kind: &str) -> Option<String> {
    if let Some(path) = text(data, "permalink") {
        return Some(if path.starts_with('/') { format!("{SITE}{path}") } else { path.to_owned() });
    }
    let (thread, own) = (text(data, "link_id")?.strip_prefix("t3_")?, id(data, "id")?);
    let within = text(data, "subreddit").map(|name| format!("/r/{name}")).unwrap_or_default();
    (kind == "t1").then(|| format!("{SITE}{within}/comments/{thread}/_/{own}/"))
}

/// Takes in where a post leads to: a place, an account, or its own picture, which is none.
pub(super) fn link(post: &mut Post, target: &str) {
    let Some(target) = clean::some_line(target, clean::LINE) else { return };
    let whole =
        if target.starts_with('/') && !target.starts_with("//") { format!("{SITE}{target}") } else { target };
    let Ok(url) = Url::parse(&whole) else { return };
    if !matches!(url.scheme(), "http" | "https") {
        return;
    }
    let on_site = url.host_str().is_some_and(|host| host == "reddit.com" || host.ends_with(".reddit.com"));
    if on_site
        && let Some(name) = url.path().strip_prefix("/u/").or_else(|| url.path().strip_prefix("/user/"))
        && let Some(name) = target::person(name)
    {
        if !post.named_accounts.contains(&name) {
            post.named_accounts.push(name);
        }
        return;
    }
    let shown = post.media.iter().any(|media| media.url.as_ref() == Some(&whole));
    if !shown && Some(&whole) != post.permalink.as_ref() && !post.links.contains(&whole) {
        post.links.push(whole);
    }
}

fn media(post: &mut Post, data: &Value, raw: bool) {
    let mut add = |url: Option<&str>, kind: &str, alt: Option<&str>| {
        let url = url.map(|url| plain(url, raw)).filter(|url| url.starts_with("http"));
        if url.is_some() && !post.media.iter().any(|known| known.url == url) {
            let alt = alt.and_then(|alt| clean::some_line(alt, clean::LINE));
            post.media.push(Media { url, kind: Some(kind.to_owned()), alt });
        }
    };
    let gallery = data.get("media_metadata").and_then(Value::as_object);
    let captions = data.get("gallery_data").map_or(&[][..], |gallery| list(gallery, "items"));
    for (name, one) in gallery.into_iter().flatten() {
        let best = one.get("s").unwrap_or(&Value::Null);
        let url = ["u", "gif", "mp4"].iter().find_map(|key| text(best, key));
        let caption = captions.iter().find(|item| text(item, "media_id") == Some(name));
        add(url, text(one, "e").unwrap_or("image"), caption.and_then(|item| text(item, "caption")));
    }
    let hosted = |key: &str| data.get(key).and_then(|media| media.get("reddit_video"));
    if let Some(video) = hosted("media").or_else(|| hosted("secure_media")) {
        add(text(video, "fallback_url"), "video", None);
    }
    let address = text(data, "url");
    let on_host = address.is_some_and(|url| url.starts_with("https://i.redd.it/"));
    if text(data, "post_hint") == Some("image") || on_host {
        add(address, "image", None);
    } else {
        add(text(data, "thumbnail"), "image", None);
    }
}

/// A person.
fn person(data: &Value, raw: bool) -> Option<Account> {
    let mut author = by_name(&clean::some_line(text(data, "name")?, clean::LINE)?);
    author.native_id = id(data, "id").map_or(author.native_id, |id| format!("t2_{id}"));
    author.created = time(data, "created_utc");
    let avatar = text(data, "snoovatar_img").or_else(|| text(data, "icon_img"));
    author.avatar = avatar.map(|url| plain(url, raw));
    if let Some(profile) = data.get("subreddit").filter(|profile| profile.is_object()) {
        author.display_name =
            text(profile, "title").and_then(|title| clean::some_line(&plain(title, raw), clean::LINE));
        author.bio =
            text(profile, "public_description").map(|bio| clean::text(&plain(bio, raw), clean::LINE));
        author.followers = profile.get("subscribers").and_then(Value::as_u64);
    }
    let suspended = data.get("is_suspended").and_then(Value::as_bool) == Some(true);
    Some(Account { network: NAME, author, status: suspended.then(|| "suspended".to_owned()), at: None })
}

/// A subreddit, which has a name, a picture and followers like an account.
fn subreddit(data: &Value, raw: bool) -> Option<Account> {
    let name = clean::some_line(text(data, "display_name")?, clean::LINE)?;
    let line = |key: &str| text(data, key).and_then(|said| clean::some_line(&plain(said, raw), clean::LINE));
    let avatar = ["community_icon", "icon_img"].iter().find_map(|key| text(data, key));
    let author = Author {
        native_id: text(data, "name").map_or_else(|| format!("r/{name}"), str::to_owned),
        display_name: line("title"),
        bio: text(data, "public_description").map(|bio| clean::text(&plain(bio, raw), clean::LINE)),
        avatar: avatar.map(|url| plain(url, raw)),
        url: Some(
            text(data, "url").map_or_else(|| format!("{SITE}/r/{name}/"), |path| format!("{SITE}{path}")),
        ),
        followers: data.get("subscribers").and_then(Value::as_u64),
        created: time(data, "created_utc"),
        handle: Some(format!("r/{name}")),
        ..Author::default()
    };
    let status = line("subreddit_type").filter(|kind| kind != "public");
    Some(Account { network: NAME, author, status, at: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stray_quotation_marks_are_mended() {
        let broken =
            br#"{"kind": "Listing", "data": {"a": "href=\"x?token=Y"\u003Ez", "b": "\\", "c": ["d"]}}"#;
        let value = parse(broken).unwrap();
        assert_eq!(value["data"]["a"], "href=\"x?token=Y\">z");
        assert_eq!((&value["data"]["b"], &value["data"]["c"][0]), (&"\\".into(), &"d".into()));
        parse(br#"{"kind": "Listing", "data": {"a": "b"#).unwrap_err();
    }
}
