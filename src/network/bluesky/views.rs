//! Answers of the AppView and of account servers: posts with their authors and counts, profiles, records.

use base64::Engine as _;
use serde_json::Value;

use super::NAME;
use super::event::{Event, what};
use super::record::{self, POST, PROFILE, Places, REPOST, parts};
use super::tree::{list, text, time};
use crate::network::{Page, ReadError, Trouble};
use crate::post::{Account, Author, Counts, Kind, Post};
use crate::time::Time;

/// Reads an answer by its shape into `page`; `false` when it has none that we know.
pub(super) fn tell(value: &Value, places: &Places, page: &mut Page) -> bool {
    let mut known = false;
    for (key, read) in LISTS {
        if let Some(items) = value.get(key).and_then(Value::as_array) {
            known = true;
            items.iter().for_each(|item| read(item, places, page));
        }
    }
    if let Some(thread) = value.get("thread").filter(|thread| thread.is_object()) {
        known = true;
        walk(thread, places, page);
    }
    known || one(value, places, page)
}

/// Reads one item of a list.
type Read = fn(&Value, &Places, &mut Page);

/// The lists that answers hold, and what stands in them.
const LISTS: [(&str, Read); 9] = [
    ("posts", view),
    ("feed", feed_item),
    ("thread", thread_item),
    ("records", stored),
    ("profiles", profile),
    ("actors", profile),
    ("follows", profile),
    ("followers", profile),
    ("repostedBy", profile),
];

/// Reads an answer that is one thing.
fn one(value: &Value, places: &Places, page: &mut Page) -> bool {
    let has = |path| text(value, path).is_some();
    if has("/uri") && value.get("record").is_some() {
        view(value, places, page);
    } else if has("/uri") && value.get("value").is_some() {
        stored(value, places, page);
    } else if has("/did") && value.get("active").is_some_and(Value::is_boolean) {
        let did = text(value, "/did").unwrap_or_default().to_owned();
        Event { did, micros: None, what: what("account", &mut value.clone()) }.tell(places, page);
    } else if has("/did") && has("/handle") {
        profile(value, places, page);
    } else {
        return false;
    }
    true
}

/// A thread from its first post down.
fn walk(thread: &Value, places: &Places, page: &mut Page) {
    if let Some(parent) = thread.get("parent") {
        walk(parent, places, page);
    }
    if let Some(post) = thread.get("post") {
        view(post, places, page);
    }
    for reply in list(thread, "/replies") {
        walk(reply, places, page);
    }
}

fn thread_item(item: &Value, places: &Places, page: &mut Page) {
    if let Some(post) = item.pointer("/value/post") {
        view(post, places, page);
    }
}

/// A post of a feed, then the repost that brought it there.
fn feed_item(item: &Value, places: &Places, page: &mut Page) {
    let Some(shown) = item.get("post") else { return };
    view(shown, places, page);
    let by = item.pointer("/reason/by").and_then(|by| author(by, places));
    let (Some(by), Some(uri)) = (by, text(item, "/reason/uri")) else { return };
    let mut post = Post::new(NAME, uri);
    post.permalink = page.posts.last().and_then(|original| original.permalink.clone());
    post.author = Some(by);
    post.published = time(item, "/reason/indexedAt");
    post.kind = Kind::Repost;
    post.repost_of = text(shown, "/uri").map(str::to_owned);
    page.posts.push(post);
}

/// A post with its author and counts.
fn view(view: &Value, places: &Places, page: &mut Page) {
    let Some(uri) = text(view, "/uri") else { return };
    let author = view.get("author").and_then(|view| author(view, places));
    let did = author.as_ref().map(|author| author.native_id.as_str()).or(parts(uri).map(|(did, ..)| did));
    let record = view.get("record").unwrap_or(&Value::Null);
    let mut post = places.post(did.unwrap_or_default(), uri, record, time(view, "/indexedAt"));
    let count = |path| view.pointer(path).and_then(Value::as_i64);
    post.counts = Counts {
        likes: count("/likeCount"),
        reposts: count("/repostCount"),
        replies: count("/replyCount"),
        quotes: count("/quoteCount"),
        ..Counts::default()
    };
    post.author = author.or(post.author);
    // "not to those who are signed out": shown to the owner of this account, and nobody else
    post.quiet = record::quiet(list(view, "/author/labels"));
    page.posts.push(post);
}

/// A record as its account server keeps it.
fn stored(item: &Value, places: &Places, page: &mut Page) {
    let Some(uri) = text(item, "/uri") else { return };
    let (Some((did, collection, _)), Some(record)) = (parts(uri), item.get("value")) else { return };
    match collection {
        POST => page.posts.push(places.post(did, uri, record, None)),
        REPOST => page.posts.extend(places.repost(did, uri, record, None)),
        PROFILE => page.accounts.push(places.profile(did, record, None)),
        _ => {}
    }
}

fn profile(view: &Value, places: &Places, page: &mut Page) {
    if let Some(author) = author(view, places) {
        page.accounts.push(Account { network: NAME, author, status: None, at: None });
    }
}

/// An account as the AppView shows it.
fn author(view: &Value, places: &Places) -> Option<Author> {
    let did = text(view, "/did")?;
    let own = |path| text(view, path).map(str::to_owned);
    let vouched = view.get("verification").filter(|said| said.is_object()).map(|said| {
        ["/verifiedStatus", "/trustedVerifierStatus"].iter().any(|path| text(said, path) == Some("valid"))
    });
    Some(Author {
        handle: record::handle(view),
        display_name: own("/displayName"),
        bio: own("/description"),
        avatar: own("/avatar"),
        followers: view.get("followersCount").and_then(Value::as_u64),
        posts: view.get("postsCount").and_then(Value::as_u64),
        created: time(view, "/createdAt"),
        verified: vouched,
        bot: record::bot(list(view, "/labels")),
        quiet: Some(record::quiet(list(view, "/labels"))),
        ..places.author(did)
    })
}

/// What a refusal (`{"error", "message"}`) means, and what to do about it. `account`: it was asked with one.
pub(super) fn refusal(value: &Value, account: bool) -> ReadError {
    let error = text(value, "/error").unwrap_or("an error without a name");
    let message = text(value, "/message").unwrap_or_default();
    let (trouble, advice) = match error {
        "AccountDeactivated" | "RepoDeactivated" => {
            (Trouble::Gone, "the account is deactivated: what it wrote is no longer public")
        }
        "AccountTakedown" | "RepoTakendown" | "AccountSuspended" | "RepoSuspended" => {
            (Trouble::Gone, "the network took the account down: what it wrote is no longer public")
        }
        "AuthenticationRequired" if message.to_lowercase().contains("identifier or password") => {
            (Trouble::Auth, "handle or app password is wrong: set `identifier` and `password` again")
        }
        "AuthFactorTokenRequired" => {
            (Trouble::Auth, "this password needs a second factor: set an app password as `password`")
        }
        "AuthMissing" | "AuthenticationRequired" => (
            if account { Trouble::Auth } else { Trouble::NotApproved },
            "this needs an account: set the secrets `identifier` and `password` (an app password), or do without",
        ),
        "ExpiredToken" | "InvalidToken" => (Trouble::Auth, "the session ended: log in again"),
        "RateLimitExceeded" => (Trouble::Rate, "too many requests: wait until RateLimit-Reset"),
        "HandleNotFound" | "ActorNotFound" | "RepoNotFound" | "NotFound" | "RecordNotFound" => {
            (Trouble::Unread, "there is nothing of that name: check the handle or address")
        }
        "MethodNotImplemented" | "XRPCNotSupported" => {
            (Trouble::BadQuery, "this server does not offer that: check `appview` and `service`")
        }
        "InvalidRequest" | "UnknownZstdDictionary" => {
            (Trouble::BadQuery, "the server refuses the request as written")
        }
        "ConsumerTooSlow" => (Trouble::Transient, "we read too slowly: connect again from the cursor"),
        "FutureCursor" => {
            (Trouble::Transient, "the cursor is later than the server's clock: connect again without it")
        }
        "CursorTooOld" => (
            Trouble::Transient,
            "the server no longer holds what the cursor asks for: connect again without it",
        ),
        "InternalServerError" | "UpstreamFailure" | "UpstreamTimeout" | "NotEnoughResources" => {
            (Trouble::Transient, "the server failed: try again later")
        }
        _ => (Trouble::Unread, "see what the server says"),
    };
    let short = |text: &str| text.chars().filter(|sign| !sign.is_control()).take(QUOTED).collect::<String>();
    let said = match text(value, "/message") {
        Some(message) => format!("{}: {advice} (it said: {})", short(error), short(message)),
        None => format!("{}: {advice}", short(error)),
    };
    ReadError { trouble, ..ReadError::new(&NAME, "an answer", said) }
}

/// Characters of a server's own message that are repeated.
const QUOTED: usize = 80;

/// When a session ends, by its token itself. Its signature is not ours to check.
pub(super) fn session_end(token: &str) -> Option<Time> {
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    Time::from_seconds(claims.get("exp")?.as_i64()?)
}
