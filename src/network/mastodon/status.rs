//! One status or account as Mastodon and its kin write it. Only `id`, `content`, `created_at` and the
//! name of the account are counted on.

use serde_json::Value;
use url::Url;

use super::NAME;
use super::walk::Item;
use crate::html;
use crate::network::json::{id, list, many, number, text, time};
use crate::post::{Account, Author, Counts, Kind, Media, Post};
use crate::time::Time;

/// The server whose answer is read.
#[derive(Debug)]
pub(super) struct Server<'a> {
    /// Its address in the configuration.
    pub(super) base: &'a Url,
    /// The domain in the handles of its people, when that is known.
    pub(super) domain: Option<String>,
    /// Its host, when that is known: numbers of posts differ from server to server.
    pub(super) host: Option<String>,
    /// Whether posts count that are for everybody, but kept out of public timelines.
    pub(super) unlisted: bool,
}

/// Whether a value is a status, with its HTML or (when just deleted) with its source.
pub(super) fn is_status(value: &Value) -> bool {
    value.get("account").is_some_and(Value::is_object)
        && id(value, "id").is_some()
        && value.get("created_at").is_some()
        && ["content", "text", "reblog"].iter().any(|key| value.get(key).is_some())
}

/// Whether a status comes with its source instead of its HTML.
pub(super) fn is_source(value: &Value) -> bool {
    value.get("content").is_none() && value.get("text").is_some()
}

/// The id and date of a status in a list.
pub(super) fn item(value: &Value, seen: Time) -> Option<Item> {
    let id = id(value, "id").filter(|_| is_status(value))?;
    Some((id, time(value, "created_at").unwrap_or(seen)))
}

/// What a status says of the one that it quotes: itself, or among what Pleroma and Akkoma add.
fn quote(value: &Value) -> Option<&Value> {
    let added = || value.pointer("/pleroma/quote").or_else(|| value.pointer("/akkoma/quote"));
    let of = |quote: &&Value| quote.is_object();
    value.get("quote").filter(of).or_else(|| added().filter(of))
}

/// The status that this one quotes, if it is shown. Other software puts it there without a state.
pub(super) fn quoted(value: &Value) -> Option<&Value> {
    let quote = quote(value)?;
    let inner = quote.get("quoted_status").unwrap_or(quote);
    (is_accepted(quote) && is_status(inner) && !is_source(inner)).then_some(inner)
}

fn is_accepted(quote: &Value) -> bool {
    quote.get("state").is_none_or(|state| state == "accepted")
}

/// Host and port, as they stand in handles.
pub(super) fn domain(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn owned(value: &Value, key: &str) -> Option<String> {
    text(value, key).map(str::to_owned)
}

fn plain(html: &str) -> Option<String> {
    Some(html::read(html).text).filter(|text| !text.is_empty())
}

impl Server<'_> {
    /// The id that a status has on all servers.
    pub(super) fn native_id(&self, value: &Value) -> String {
        owned(value, "uri").or_else(|| owned(value, "url")).unwrap_or_else(|| {
            let id = id(value, "id").unwrap_or_default();
            format!("{}/statuses/{id}", self.base.as_str().trim_end_matches('/'))
        })
    }

    /// A number that this server gave, told apart from those of others.
    pub(super) fn local_id(&self, id: &str) -> String {
        self.host.as_ref().map_or_else(|| id.to_owned(), |host| format!("{host}/{id}"))
    }

    /// The post of a status, unless it is not for everybody.
    pub(super) fn post(&self, value: &Value) -> Option<Post> {
        let shown = |visibility| visibility == "public" || (visibility == "unlisted" && self.unlisted);
        if text(value, "visibility").is_some_and(|visibility| !shown(visibility)) {
            return None;
        }
        let content = value.get("content").and_then(Value::as_str).unwrap_or_default();
        let mut body = html::read(content);
        if body.text.is_empty() {
            // photo networks beside Mastodon's give the words without markup, too
            text(value, "content_text")
                .or_else(|| text(value, "text"))
                .unwrap_or_default()
                .clone_into(&mut body.text);
        }
        let mut post = Post::new(NAME, self.native_id(value));
        post.local_id = id(value, "id").map(|id| self.local_id(&id)).filter(|id| *id != post.native_id);
        post.permalink = owned(value, "url").or_else(|| owned(value, "uri"));
        post.author = value.get("account").and_then(|account| self.author(account));
        post.title = owned(value, "spoiler_text");
        post.text = body.text;
        post.html = Some(content.to_owned()).filter(|content| !content.is_empty());
        post.lang = owned(value, "language");
        post.published = time(value, "created_at");
        post.edited = time(value, "edited_at");
        post.reply_to = id(value, "in_reply_to_id");
        post.quote_of = quote_of(self, value);
        post.kind = if post.reply_to.is_some() {
            Kind::Reply
        } else if post.quote_of.is_some() {
            Kind::Quote
        } else {
            Kind::Post
        };
        post.counts = Counts {
            likes: number(value, "favourites_count"),
            reposts: number(value, "reblogs_count"),
            replies: number(value, "replies_count"),
            quotes: number(value, "quotes_count"),
            ..Counts::default()
        };
        post.media = list(value, "media_attachments").iter().map(media).collect();
        post.links = body.links;
        let card = value.get("card").unwrap_or(&Value::Null);
        post.links.extend(owned(card, "url").filter(|url| !post.links.contains(url)));
        post.summary = summary(value, card);
        post.hashtags = list(value, "tags").iter().filter_map(|tag| owned(tag, "name")).collect();
        post.named_accounts = list(value, "mentions").iter().filter_map(|named| self.handle(named)).collect();
        let asked =
            |key: &str| value.get("account").and_then(|account| account.get(key)).and_then(Value::as_bool);
        // older servers do not say
        post.quiet = asked("indexable") == Some(false) || asked("noindex") == Some(true);
        Some(post)
    }

    /// The name with its domain, which servers leave out for their own people.
    fn handle(&self, account: &Value) -> Option<String> {
        let acct = text(account, "acct").or_else(|| text(account, "username"))?.trim_start_matches('@');
        if acct.contains('@') {
            return Some(acct.to_owned());
        }
        let profile = || domain(&Url::parse(text(account, "url")?).ok()?);
        let domain = self.domain.clone().or_else(profile).or_else(|| domain(self.base));
        Some(domain.map_or_else(|| acct.to_owned(), |domain| format!("{acct}@{domain}")))
    }

    fn author(&self, account: &Value) -> Option<Author> {
        let handle = self.handle(account)?;
        let fields = account.get("fields").and_then(Value::as_array);
        let checked = || fields.into_iter().flatten().filter(|field| text(field, "verified_at").is_some());
        Some(Author {
            // `id` differs from server to server, `uri` is one for all
            native_id: owned(account, "uri").unwrap_or_else(|| handle.clone()),
            handle: Some(handle),
            display_name: owned(account, "display_name"),
            bio: text(account, "note").and_then(plain),
            avatar: owned(account, "avatar"),
            url: owned(account, "url"),
            followers: many(account, "followers_count"),
            posts: many(account, "statuses_count"),
            created: time(account, "created_at"),
            verified: fields.map(|_| checked().next().is_some()),
            bot: account.get("bot").and_then(Value::as_bool),
            quiet: None, // said of every post
            lang: None,
            verified_links: checked().filter_map(|field| link(text(field, "value")?)).collect(),
        })
    }

    /// What an account says of itself, apart from any post.
    pub(super) fn account(&self, value: &Value) -> Option<Account> {
        let state = ["suspended", "limited", "memorial"]
            .into_iter()
            .find(|state| value.get(*state).and_then(Value::as_bool) == Some(true))
            .or_else(|| value.get("moved").filter(|moved| moved.is_object()).map(|_| "moved"));
        Some(Account {
            network: NAME,
            author: self.author(value)?,
            status: state.map(str::to_owned),
            at: None,
        })
    }
}

fn link(field: &str) -> Option<String> {
    html::read(field).links.into_iter().next().or_else(|| Url::parse(field).ok().map(|_| field.to_owned()))
}

fn quote_of(server: &Server<'_>, value: &Value) -> Option<String> {
    let Some(quote) = quote(value) else {
        // where the quoted status is not shown, its id may be
        return id(value, "quote_id")
            .or_else(|| value.get("pleroma").and_then(|added| id(added, "quote_id")));
    };
    let accepted = || id(quote, "quoted_status_id").filter(|_| is_accepted(quote));
    quoted(value).map(|inner| server.native_id(inner)).or_else(accepted)
}

fn media(value: &Value) -> Media {
    Media {
        url: owned(value, "url").or_else(|| owned(value, "remote_url")),
        kind: owned(value, "type"),
        alt: owned(value, "description"),
    }
}

/// Words of a post that stand beside its text: options of its poll, descriptions of its pictures, the
/// title of the page it links to.
fn summary(value: &Value, card: &Value) -> Option<String> {
    let options = value.get("poll").map_or(&[][..], |poll| list(poll, "options"));
    let words: Vec<&str> = options
        .iter()
        .filter_map(|option| text(option, "title"))
        .chain(list(value, "media_attachments").iter().filter_map(|media| text(media, "description")))
        .chain(text(card, "title"))
        .collect();
    Some(words.join("\n")).filter(|words| !words.is_empty())
}

/// Whether the author asked to be left out of what is collected: of search engines, or in so many words.
pub(super) fn wants_no_index(value: &Value) -> bool {
    let account = value.get("account").unwrap_or(&Value::Null);
    let said = |words: &str| ["#nobot", "#noindex"].iter().any(|word| words.contains(word));
    account.get("noindex").and_then(Value::as_bool) == Some(true)
        || text(account, "note").and_then(plain).is_some_and(|bio| said(&bio.to_lowercase()))
}
