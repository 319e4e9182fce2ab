//! Items of Stack Exchange: questions, answers, comments, search hits and people, told apart by their fields.

use serde_json::Value;
use url::Url;

use super::{NAME, has};
use crate::html;
use crate::network::forum::{self, address, count, flag, markdown};
use crate::network::json::{self, id, list, text};
use crate::network::{Page, ReadError, clean};
use crate::post::{Account, Author, Counts, Kind, Media, Post};
use crate::time::Time;

/// The site whose numbers stand alone in native ids; those of the others follow the name of their host.
const FIRST: &str = "stackoverflow.com";
/// Answers and comments within questions within what is read.
const DEPTH: u8 = 3;
/// Links and pictures kept of one post.
const MOST: usize = 100;

/// Takes in a whole answer.
pub(super) fn all(
    value: &Value,
    host: Option<&str>,
    page: &mut Page,
    times: &mut Vec<i64>,
) -> Result<(), ReadError> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        Value::Object(_) if value.get("items").is_some_and(Value::is_array) => list(value, "items"),
        Value::Object(_) => std::slice::from_ref(value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => &[],
    };
    for item in items {
        if is_post(item) {
            times.extend(count(item, "creation_date"));
        }
        one(item, host, page, 0);
    }
    // answers of other methods (sites, tags, badges) hold neither posts nor people; others' lists are called items, too
    let wrapped = has(value, &["has_more", "quota_max", "quota_remaining"])
        || (value.get("items").is_some() && !json::is_foreign(items, |item| has(item, OURS)));
    if page.posts.is_empty()
        && page.accounts.is_empty()
        && !wrapped
        && (value.as_array().is_none_or(|all| !all.is_empty()))
    {
        return Err(ReadError::new(&NAME, "posts", "the answer is nothing that Stack Exchange says"));
    }
    Ok(())
}

/// The numbers of the answers among search hits.
pub(super) fn answers(value: &Value) -> Vec<String> {
    list(value, "items").iter().filter_map(|item| id(item, "answer_id")).take(MOST).collect()
}

/// Fields of things that are about a post and none: votes, revisions, messages of the network.
const ABOUT: &[&str] = &[
    "timeline_type",
    "vote_type",
    "reputation_history_type",
    "revision_guid",
    "suggested_edit_id",
    "notification_type",
    "event_type",
    "badge_id",
];

/// Fields of which everything that Stack Exchange lists has one.
const OURS: &[&str] = &[
    "question_id",
    "answer_id",
    "comment_id",
    "post_id",
    "user_id",
    "account_id",
    "badge_id",
    "vote_type",
    "site_url",
    "api_site_parameter",
    "has_synonyms",
    "timeline_type",
    "event_type",
    "notification_type",
];

fn is_post(value: &Value) -> bool {
    !has(value, ABOUT)
        && has(value, &["question_id", "answer_id", "comment_id", "post_id"])
        && has(value, &["creation_date", "title", "body", "body_markdown", "excerpt", "owner", "score"])
}

fn one(value: &Value, host: Option<&str>, page: &mut Page, depth: u8) {
    if is_post(value) {
        let post = post(value, host);
        let own = text(value, "link").and_then(host_of);
        page.posts.push(post);
        if depth < DEPTH {
            for key in ["comments", "answers"] {
                for inner in list(value, key) {
                    one(inner, own.as_deref().or(host), page, depth + 1);
                }
            }
        }
    } else if has(value, &["user_id", "account_id"]) && has(value, &["display_name", "reputation"]) {
        page.accounts.extend(account(value, host));
    }
}

/// The host of the site that a request asked.
pub(super) fn asked_host(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let site = url.query_pairs().find(|(key, _)| key == "site").map(|(_, site)| site.into_owned())?;
    Some(host_of_site(&site))
}

/// The host of a site, by its name in the API.
fn host_of_site(site: &str) -> String {
    match site {
        "stackoverflow" | "superuser" | "serverfault" | "askubuntu" | "stackapps" => format!("{site}.com"),
        "meta" => "meta.stackexchange.com".to_owned(),
        "mathoverflow" | "mathoverflow.net" => "mathoverflow.net".to_owned(),
        "meta.stackoverflow" | "meta.superuser" | "meta.serverfault" | "meta.askubuntu" => {
            format!("{site}.com")
        }
        _ if site.ends_with(".com") || site.ends_with(".net") => site.to_owned(),
        _ if site.ends_with(".stackoverflow") => format!("{site}.com"),
        _ => match site.strip_prefix("meta.") {
            Some(rest) => format!("{rest}.meta.stackexchange.com"),
            None => format!("{site}.stackexchange.com"),
        },
    }
}

/// The site, by its name in the API, and the number that a native id names.
pub(super) fn placed(native_id: &str) -> (String, &str) {
    let (host, number) = native_id.split_once('/').unwrap_or((FIRST, native_id));
    let site = host.strip_suffix(".stackexchange.com").or_else(|| host.strip_suffix(".com")).unwrap_or(host);
    (site.to_owned(), number)
}

fn host_of(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    let host = url.host_str()?;
    Some(host.strip_prefix("www.").unwrap_or(host).to_owned())
}

/// The identity of a post or person, unique over all sites.
fn native(host: Option<&str>, number: &str) -> String {
    match host {
        None | Some(FIRST) => number.to_owned(),
        Some(host) => format!("{host}/{number}"),
    }
}

/// HTML in which `<` never starts a tag.
fn escaped(text: &str) -> Option<String> {
    clean::some_line(&html::decode(text), clean::LINE)
}

fn post(value: &Value, asked: Option<&str>) -> Post {
    let link = ["link", "share_link"].iter().find_map(|key| text(value, key)).and_then(address::kept);
    let writer = value.get("owner").and_then(|owner| text(owner, "link"));
    let host = link.as_deref().or(writer).and_then(host_of).or_else(|| asked.map(str::to_owned));
    let host = host.as_deref();
    let comment = id(value, "comment_id").filter(|_| value.get("answer_id").is_none());
    let said = |kind: &str| text(value, "item_type") == Some(kind) || text(value, "post_type") == Some(kind);
    let of_post = id(value, "post_id");
    let question = id(value, "question_id");
    let answer = id(value, "answer_id");
    let (kind, number) = match (&comment, answer.or_else(|| of_post.clone().filter(|_| said("answer")))) {
        (Some(comment), _) => (Kind::Comment, Some(format!("comment-{comment}"))),
        (None, Some(answer)) => (Kind::Answer, Some(answer)),
        (None, None) => (Kind::Question, question.clone().or_else(|| of_post.clone())),
    };
    let native_id = number.as_ref().map_or_else(|| forum::hash(value), |number| native(host, number));
    let mut post = Post::new(NAME, native_id);
    post.kind = kind;
    post.permalink = link.or_else(|| {
        let (host, number) = (host?, number?);
        Some(if let Some(comment) = &comment {
            let on = of_post.as_ref()?;
            format!("https://{host}/q/{on}#comment{comment}_{on}")
        } else {
            format!("https://{host}/{}/{number}", if kind == Kind::Answer { "a" } else { "q" })
        })
    });
    if kind != Kind::Question {
        post.root = question.map(|number| native(host, &number));
        let on = of_post.map(|number| native(host, &number));
        post.reply_to = if kind == Kind::Comment { on } else { post.root.clone() };
    }
    post.author = value.get("owner").and_then(|owner| author(owner, host));
    post.title = text(value, "title").and_then(escaped);
    words(value, &mut post);
    post.published = count(value, "creation_date").and_then(Time::from_seconds);
    post.edited = count(value, "last_edit_date").and_then(Time::from_seconds);
    post.counts = Counts {
        score: count(value, "score").or_else(|| count(value, "question_score")),
        views: count(value, "view_count"),
        replies: count(value, "answer_count").or_else(|| count(value, "comment_count")),
        ..Counts::default()
    };
    post.hashtags = list(value, "tags").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    post.named_accounts = value
        .get("reply_to_user")
        .and_then(|user| author(user, host))
        .map(|user| user.native_id)
        .into_iter()
        .collect();
    post
}

/// Text, markup, links and pictures. Search hits have no markup, only its entities.
fn words(value: &Value, post: &mut Post) {
    let hit = value.get("item_type").is_some();
    if let Some(body) = text(value, "body").filter(|_| !hit) {
        let plain = html::read(body);
        post.text = clean::text(&plain.text, clean::TEXT);
        post.html = Some(clean::text(body, clean::TEXT));
        let base = post.permalink.as_deref().and_then(|link| Url::parse(link).ok());
        post.links =
            plain.links.iter().filter_map(|link| address::resolve(base.as_ref(), link)).take(MOST).collect();
        let picture = |(source, alt): &(String, String)| {
            let url = address::resolve(base.as_ref(), source)?;
            Some(Media {
                url: Some(url),
                kind: Some("image".to_owned()),
                alt: clean::some_line(alt, clean::LINE),
            })
        };
        post.media = plain.images.iter().filter_map(picture).take(MOST).collect();
    } else if let Some(source) = text(value, "body_markdown") {
        // written with its entities, as titles are
        let marked = markdown::read(&html::decode(source));
        post.text = clean::text(&marked.text, clean::TEXT);
        post.links = marked.links.iter().filter_map(|link| address::kept(link)).collect();
    } else if let Some(said) = text(value, "body").or_else(|| text(value, "excerpt")) {
        post.text = clean::text(&html::to_text(said), clean::TEXT);
    }
}

/// Who wrote it. Of deleted accounts only the name is left.
fn author(value: &Value, host: Option<&str>) -> Option<Author> {
    let url = text(value, "link").and_then(address::kept);
    let host = url.as_deref().and_then(host_of).or_else(|| host.map(str::to_owned));
    let name = text(value, "display_name").and_then(escaped);
    let number = id(value, "user_id").or_else(|| id(value, "account_id").filter(|_| url.is_none()));
    let native_id = number.or_else(|| name.clone())?;
    Some(Author {
        native_id: native(host.as_deref(), &native_id),
        handle: name.clone(),
        display_name: name,
        bio: text(value, "about_me")
            .map(html::to_text)
            .map(|bio| clean::text(&bio, clean::LINE))
            .filter(|bio| !bio.is_empty()),
        avatar: text(value, "profile_image").and_then(address::kept),
        url,
        created: count(value, "creation_date").and_then(Time::from_seconds),
        posts: posts(value),
        ..Author::default()
    })
}

fn posts(value: &Value) -> Option<u64> {
    let (answers, questions) = (forum::many(value, "answer_count"), forum::many(value, "question_count"));
    (answers.is_some() || questions.is_some())
        .then(|| answers.unwrap_or_default().saturating_add(questions.unwrap_or_default()))
}

/// What is said of a person, on one site or (with `site_url`) on one of many.
fn account(value: &Value, host: Option<&str>) -> Option<Account> {
    let site = text(value, "site_url").and_then(host_of);
    let mut author = author(value, site.as_deref().or(host))?;
    if let (None, Some(site), Some(number)) = (&author.url, &site, id(value, "user_id")) {
        author.url = Some(format!("https://{site}/users/{number}"));
    }
    let status = (text(value, "user_type") == Some("does_not_exist"))
        .then(|| "deleted".to_owned())
        .or_else(|| count(value, "timed_penalty_date").map(|_| "suspended".to_owned()));
    author.verified = flag(value, "is_employee").then_some(true);
    Some(Account { network: NAME, author, status, at: None })
}
