//! One issue, pull request, discussion, comment, review or release, and one account.

use serde_json::Value;

use super::NAME;
use crate::html;
use crate::network::clean;
use crate::network::forum::{address, count, flag, hash, many, markdown};
use crate::network::json::{id, list, text, time};
use crate::post::{Account, Author, Counts, Kind, Media, Post};

/// Links, pictures and labels kept of one post.
const MOST: usize = 100;

/// What a value is; none for what is no post.
fn kind(value: &Value) -> Option<Kind> {
    let has = |key: &str| value.get(key).is_some();
    if !has("html_url") {
        return None;
    }
    if has("tag_name") {
        return Some(Kind::Article);
    }
    if text(value, "title").is_some() && has("number") {
        // milestones and alerts have titles and numbers too, but nobody wrote them as a post
        return ["user", "comments_url", "author_association"]
            .iter()
            .any(|key| has(key))
            .then_some(Kind::Issue);
    }
    let on = [
        "issue_url",
        "pull_request_url",
        "commit_id",
        "discussion_id",
        "pull_request_review_id",
        "author_association",
    ];
    let said = ["body", "body_text", "body_html"].iter().any(|key| has(key));
    (said && on.iter().any(|key| has(key))).then_some(Kind::Comment)
}

/// One post as the plain interface writes it.
pub(super) fn post(value: &Value) -> Option<Post> {
    let kind = kind(value)?;
    let permalink = text(value, "html_url").and_then(address::kept);
    let native_id = id(value, "node_id").or_else(|| id(value, "id")).or_else(|| permalink.clone());
    let mut post = Post::new(NAME, native_id.unwrap_or_else(|| hash(value)));
    post.kind = kind;
    post.permalink = permalink;
    post.author = ["user", "author"].iter().find_map(|key| author(value.get(*key)?));
    post.title = ["title", "name", "tag_name"].iter().find_map(|key| text(value, key)).and_then(line);
    if kind == Kind::Comment {
        post.title = None;
    }
    words(value, "body", &mut post);
    post.published = ["published_at", "submitted_at", "created_at"].iter().find_map(|key| time(value, key));
    // an issue is "updated" by every comment and label; a comment or release only by an edit
    let updated = time(value, "updated_at").filter(|_| kind != Kind::Issue);
    post.edited = updated.filter(|updated| post.published.is_some_and(|published| *updated > published));
    let reactions = value.get("reactions").unwrap_or(&Value::Null);
    post.counts = Counts {
        likes: count(reactions, "total_count"),
        replies: count(value, "comments"),
        ..Counts::default()
    };
    post.hashtags = list(value, "labels")
        .iter()
        .filter_map(|label| label.as_str().or_else(|| text(label, "name")))
        .filter_map(line)
        .take(MOST)
        .collect();
    for asset in list(value, "assets").iter().take(MOST) {
        let name = text(asset, "label").or_else(|| text(asset, "name"));
        post.media.push(Media {
            url: text(asset, "browser_download_url").and_then(address::kept),
            kind: text(asset, "content_type").map(str::to_owned),
            alt: name.and_then(line),
        });
    }
    post.reply_to = id(value, "in_reply_to_node_id");
    Some(post)
}

/// The piece of a comment in which the search found its words.
pub(super) fn fragment(found: &Value, issue: &Value) -> Option<Post> {
    let (_, number) = text(found, "object_url")?.rsplit_once('/')?;
    let said = text(found, "fragment")?;
    let name = format!("issuecomment-{number}");
    let mut post = Post::new(NAME, name.clone());
    post.kind = Kind::Comment;
    post.permalink = text(issue, "html_url").and_then(address::kept).map(|place| format!("{place}#{name}"));
    let marked = markdown::read(said);
    post.text = clean::text(&marked.text, clean::TEXT);
    post.links = marked.links.iter().filter_map(|link| address::kept(link)).collect();
    post.named_accounts = marked.names;
    Some(post)
}

/// One post as GraphQL writes it.
pub(super) fn of_graph(value: &Value) -> Option<Post> {
    let native_id = id(value, "id")?;
    let release = text(value, "tagName").is_some();
    let said = if release { "description" } else { "body" };
    value.get(said).or_else(|| value.get("title"))?;
    let mut post = Post::new(NAME, native_id);
    post.title = ["title", "name", "tagName"].iter().find_map(|key| text(value, key)).and_then(line);
    post.kind = match (release, &post.title) {
        (true, _) => Kind::Article,
        (false, Some(_)) => Kind::Issue,
        (false, None) => Kind::Comment,
    };
    post.permalink = text(value, "url").and_then(address::kept);
    post.author = value.get("author").and_then(author);
    words(value, said, &mut post);
    post.published = time(value, "publishedAt").or_else(|| time(value, "createdAt"));
    post.edited = time(value, "lastEditedAt");
    let total = |key: &str| value.get(key).and_then(|all| count(all, "totalCount"));
    post.counts = Counts {
        likes: count(value, "upvoteCount").or_else(|| total("reactions")),
        replies: total("comments"),
        ..Counts::default()
    };
    let labels = value.get("labels").map_or(&[][..], |labels| list(labels, "nodes"));
    post.hashtags = labels.iter().filter_map(|label| text(label, "name")).filter_map(line).collect();
    Some(post)
}

fn line(text: &str) -> Option<String> {
    clean::some_line(text, clean::LINE)
}

/// Text and what stands in it: the Markdown as written, else what GitHub made of it.
fn words(value: &Value, key: &str, post: &mut Post) {
    let rendered = text(value, "body_html");
    post.html = rendered.map(|rendered| clean::text(rendered, clean::TEXT));
    let (text_, links, images) = if let Some(source) = text(value, key) {
        let marked = markdown::read(source);
        post.named_accounts = marked.names;
        (marked.text, marked.links, marked.images)
    } else if let Some(rendered) = rendered {
        let body = html::read(rendered);
        (body.text, body.links, body.images)
    } else {
        (text(value, "body_text").unwrap_or_default().to_owned(), Vec::new(), Vec::new())
    };
    post.text = clean::text(&text_, clean::TEXT);
    post.links = links.iter().filter_map(|link| address::kept(link)).take(MOST).collect();
    let picture = |(source, alt): &(String, String)| {
        Some(Media { url: Some(address::kept(source)?), kind: Some("image".to_owned()), alt: line(alt) })
    };
    post.media = images.iter().filter_map(picture).take(MOST).collect();
}

/// An account as an author. Deleted ones are `null`.
fn author(value: &Value) -> Option<Author> {
    let login = text(value, "login")?;
    let kind = text(value, "type").or_else(|| text(value, "__typename"));
    let number = id(value, "databaseId").or_else(|| id(value, "id"));
    Some(Author {
        native_id: number.unwrap_or_else(|| login.to_lowercase()),
        handle: Some(login.to_owned()),
        display_name: text(value, "name").and_then(line),
        avatar: text(value, "avatar_url").or_else(|| text(value, "avatarUrl")).and_then(address::kept),
        url: text(value, "html_url")
            .or_else(|| text(value, "url").filter(|_| value.get("__typename").is_some()))
            .and_then(address::kept),
        bot: kind.map(|kind| kind == "Bot"),
        ..Author::default()
    })
}

/// A person, organisation or app that an answer is about.
pub(super) fn account(value: &Value) -> Option<Account> {
    let own = ["avatar_url", "type", "followers_url"].iter().any(|key| value.get(*key).is_some());
    let mut author = author(value).filter(|_| own)?;
    let bio = text(value, "bio").or_else(|| text(value, "description"));
    author.bio = bio.map(|bio| clean::text(bio, clean::LINE));
    author.followers = many(value, "followers");
    author.created = time(value, "created_at");
    author.verified = value.get("is_verified").map(|_| flag(value, "is_verified"));
    let status = value.get("suspended_at").filter(|at| !at.is_null()).map(|_| "suspended".to_owned());
    Some(Account { network: NAME, author, status, at: None })
}
