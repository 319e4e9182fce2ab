//! Launches, comments and people of Product Hunt, wherever they stand in an answer.

use serde_json::Value;

use super::NAME;
use crate::html;
use crate::network::clean::{self, LINE, TEXT};
use crate::network::json::{id, list, number, text, time};
use crate::network::{ReadError, link};
use crate::post::{Account, Author, Counts, Deletion, Gone, Kind, Media, Post};

/// What native ids of comments begin with: launches and comments are numbered apart.
pub(super) const COMMENT: &str = "comment/";
/// How deep is looked for launches: a list of topics with their launches and comments is 10.
const DEPTH: u8 = 24;

/// Everything found in one answer.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) posts: Vec<Post>,
    pub(super) accounts: Vec<Account>,
    pub(super) deletions: Vec<Deletion>,
    /// When the launches of the list were made, in milliseconds.
    pub(super) times: Vec<i64>,
    /// The page that follows.
    pub(super) next: Option<String>,
    /// Whether there is a list of launches at all.
    pub(super) listed: bool,
}

/// Reads an answer by its shape.
pub(super) fn read(value: &Value) -> Result<Found, ReadError> {
    let mut found = Found::default();
    let data = value.get("data").unwrap_or(value);
    let Some(members) = data.as_object() else {
        return Err(ReadError::new(&NAME, "launches", "the answer is nothing that Product Hunt says"));
    };
    if let Some(posts) = data.get("posts") {
        found.listed = posts.get("edges").or(posts.get("nodes")).is_some_and(Value::is_array);
        found.times = nodes(posts).filter_map(|post| time(post, "createdAt")).map(|time| time.0).collect();
        let info = posts.get("pageInfo").unwrap_or(&Value::Null);
        let more = info.get("hasNextPage").and_then(Value::as_bool) == Some(true);
        found.next = text(info, "endCursor").filter(|_| more).map(str::to_owned);
    }
    let mut known = found.listed || value.get("data").is_some();
    for (name, member) in members {
        if let Some(gone) = asked_again(name).filter(|_| member.is_null()) {
            found.deletions.push(Deletion { network: NAME, gone: Gone::Post(gone), at: None });
        }
    }
    known |= found.shape(data, None, 0);
    if !known {
        return Err(ReadError::new(&NAME, "launches", "the answer is nothing that Product Hunt says"));
    }
    Ok(found)
}

/// The native id of what was asked for again under this name.
fn asked_again(name: &str) -> Option<String> {
    let (prefix, number) = name.split_at_checked(1)?;
    let numeric = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    match prefix {
        "p" if numeric => Some(number.to_owned()),
        "c" if numeric => Some(format!("{COMMENT}{number}")),
        _ => None,
    }
}

/// The elements of a list in either form.
fn nodes(connection: &Value) -> impl Iterator<Item = &Value> {
    let edges = list(connection, "edges").iter().filter_map(|edge| edge.get("node"));
    edges.chain(list(connection, "nodes"))
}

fn is_launch(value: &Value) -> bool {
    id(value, "id").is_some()
        && text(value, "name").is_some()
        && ["tagline", "votesCount", "featuredAt"].iter().any(|key| value.get(key).is_some())
}

fn is_comment(value: &Value) -> bool {
    id(value, "id").is_some() && value.get("body").is_some_and(Value::is_string)
}

fn is_person(value: &Value) -> bool {
    text(value, "username").is_some()
}

impl Found {
    /// Takes in one value; `under` is the launch it stands under. Tells whether anything was known.
    fn shape(&mut self, value: &Value, under: Option<&str>, depth: u8) -> bool {
        let Some(fields) = value.as_object().filter(|_| depth < DEPTH) else {
            let items = value.as_array().filter(|_| depth < DEPTH);
            return items
                .into_iter()
                .flatten()
                .fold(false, |known, one| self.shape(one, under, depth.saturating_add(1)) | known);
        };
        let deeper = depth.saturating_add(1);
        if is_launch(value) {
            let post = launch(value);
            let native_id = post.native_id.clone();
            self.posts.push(post);
            if let Some(comments) = value.get("comments") {
                self.shape(comments, Some(&native_id), deeper);
            }
            return true;
        }
        if is_comment(value) {
            let post = comment(value, under);
            self.posts.push(post);
            if let Some(replies) = value.get("replies") {
                self.shape(replies, under, deeper);
            }
            return true;
        }
        let person = is_person(value);
        if person {
            self.accounts.extend(author(value).map(|author| Account {
                network: NAME,
                author,
                status: None,
                at: None,
            }));
        }
        let inner = fields.values().filter(|inner| inner.is_object() || inner.is_array());
        inner.fold(person, |known, inner| self.shape(inner, under, deeper) | known)
    }
}

/// A person; Product Hunt hides most of them from strangers.
fn author(value: &Value) -> Option<Author> {
    let told = |key: &str| {
        text(value, key)
            .filter(|text| !text.contains("[REDACTED]"))
            .and_then(|text| clean::some_line(text, LINE))
    };
    let handle = told("username")?;
    let page =
        link_of(value, "url").or_else(|| link::kept(&format!("https://www.producthunt.com/@{handle}")));
    Some(Author {
        native_id: id(value, "id").filter(|id| id != "0").unwrap_or_else(|| handle.clone()),
        handle: Some(handle),
        display_name: told("name"),
        bio: told("headline"),
        avatar: link_of(value, "profileImage"),
        url: page,
        created: time(value, "createdAt"),
        ..Author::default()
    })
}

fn link_of(value: &Value, key: &str) -> Option<String> {
    text(value, key).and_then(link::untracked)
}

fn launch(value: &Value) -> Post {
    let mut post = Post::new(NAME, id(value, "id").unwrap_or_default());
    post.permalink = link_of(value, "url").or_else(|| {
        text(value, "slug").and_then(|slug| link::kept(&format!("https://www.producthunt.com/posts/{slug}")))
    });
    post.author = value.get("user").and_then(author);
    post.title = text(value, "name").and_then(|name| clean::some_line(&html::to_text(name), LINE));
    let parts = ["tagline", "description"].iter().filter_map(|key| text(value, key)).map(html::to_text);
    post.text = clean::text(&parts.collect::<Vec<_>>().join("\n"), TEXT);
    post.published = time(value, "createdAt").or_else(|| time(value, "featuredAt"));
    post.counts = Counts {
        likes: number(value, "votesCount"),
        replies: number(value, "commentsCount"),
        ..Counts::default()
    };
    post.links.extend(link_of(value, "website"));
    for url in list(value, "productLinks").iter().filter_map(|one| link_of(one, "url")) {
        if !post.links.contains(&url) {
            post.links.push(url);
        }
    }
    let shown = value.get("thumbnail").into_iter().chain(list(value, "media"));
    post.media = shown.filter_map(media).collect();
    let topics = value.get("topics").into_iter().flat_map(nodes);
    post.hashtags = topics
        .filter_map(|topic| text(topic, "slug").or_else(|| text(topic, "name")))
        .map(str::to_owned)
        .collect();
    let makers = list(value, "makers").iter().filter_map(author).filter_map(|maker| maker.handle);
    post.named_accounts = makers.collect();
    post
}

fn media(value: &Value) -> Option<Media> {
    let url = link_of(value, "videoUrl").or_else(|| link_of(value, "url"))?;
    Some(Media { url: Some(url), kind: text(value, "type").map(str::to_owned), alt: None })
}

fn comment(value: &Value, under: Option<&str>) -> Post {
    let mut post = Post::new(NAME, format!("{COMMENT}{}", id(value, "id").unwrap_or_default()));
    let markup = text(value, "body").unwrap_or_default();
    let body = html::read(markup);
    post.kind = Kind::Comment;
    post.permalink = link_of(value, "url");
    post.author = value.get("user").and_then(author);
    post.text = clean::text(&body.text, TEXT);
    post.html = link::markup(markup);
    post.links = body.links.iter().filter_map(|url| link::untracked(url)).collect();
    post.published = time(value, "createdAt");
    post.counts = Counts { likes: number(value, "votesCount"), ..Counts::default() };
    let parent = id(value, "parentId").or_else(|| value.get("parent").and_then(|parent| id(parent, "id")));
    post.root = under.map(str::to_owned);
    post.reply_to = parent.map(|id| format!("{COMMENT}{id}")).or_else(|| post.root.clone());
    post
}
