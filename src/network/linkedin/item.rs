//! Posts, comments and pages as LinkedIn writes them, in the versioned form and in two older ones.

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::{NAME, words};
use crate::network::json::{id, list, text};
use crate::network::{Page, clean, plain};
use crate::post::{Account, Author, Counts, Deletion, Gone, Kind, Media, Post};
use crate::time::Time;

const SITE: &str = "https://www.linkedin.com";
const NOTHING: &Value = &Value::Null;

/// Takes in an answer by its shape. `page_of`: the page that the address names. `false`: it is nothing of these.
pub(super) fn everything(value: &Value, page_of: Option<&str>, page: &mut Page) -> bool {
    match value {
        Value::Array(all) => {
            for one in all {
                read(one, page);
            }
            true
        }
        Value::Object(fields) => {
            if let (Some(size), Some(urn)) = (plain::size(value, "firstDegreeSize"), page_of) {
                let author = Author { followers: Some(size), ..company(urn) };
                page.accounts.push(Account { network: NAME, author, status: None, at: None });
                return true;
            }
            for one in list(value, "elements") {
                read(one, page);
            }
            for one in value.get("results").and_then(Value::as_object).into_iter().flatten() {
                read(one.1, page);
            }
            // figures, which say nothing in public
            let figures = [
                "elements",
                "results",
                "paging",
                "firstDegreeSize",
                "totalPageStatistics",
                "followerCountsByFunction",
                "followerCountsByAssociationType",
                "likesSummary",
                "commentsSummary",
                "reactionSummaries",
                "totalShareStatistics",
            ];
            read(value, page) || figures.iter().any(|key| fields.contains_key(*key))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Takes in one post, comment or page.
fn read(value: &Value, page: &mut Page) -> bool {
    if !value.is_object() {
        return false;
    }
    if is_comment(value) {
        page.posts.push(comment(value));
    } else if is_post(value) {
        match text(value, "lifecycleState") {
            Some("DELETED" | "DELETED_BY_AUTHOR") => {
                let gone = Gone::Post(post_id(value).unwrap_or_else(|| plain::hashed(value)));
                page.deletions.push(Deletion { network: NAME, gone, at: None });
            }
            None | Some("PUBLISHED" | "PUBLISHED_EDITED" | "ARCHIVED") if is_public(value) => {
                page.posts.push(post(value))
            }
            _ => {} // a draft, or not for everybody
        }
    } else if is_page(value) {
        page.accounts.extend(organization(value));
    } else {
        return false;
    }
    true
}

fn is_comment(value: &Value) -> bool {
    let urn = text(value, "$URN").or_else(|| text(value, "commentUrn")).unwrap_or_default();
    urn.starts_with("urn:li:comment:")
        || (value.get("actor").is_some() && value.get("object").is_some() && value.get("message").is_some())
}

fn is_post(value: &Value) -> bool {
    let has = |key: &str| value.get(key).is_some();
    let urn = text(value, "id").unwrap_or_default();
    has("commentary")
        || has("specificContent")
        || (has("owner") && (has("text") || has("content")))
        || (has("author") && has("lifecycleState"))
        || urn.starts_with("urn:li:share:")
        || urn.starts_with("urn:li:ugcPost:")
}

fn is_page(value: &Value) -> bool {
    let has = |keys: &[&str]| keys.iter().any(|key| value.get(*key).is_some());
    let of_companies = [
        "organizationType",
        "companyType",
        "company-type",
        "website-url",
        "websiteUrl",
        "staffCountRange",
        "employeeCountRange",
        "employee-count-range",
        "foundedOn",
        "locations",
        "logoV2",
        "logo-url",
        "specialties",
        "industries",
        "num-followers",
    ];
    has(&["localizedName", "vanityName", "primaryOrganizationType", "universalName", "universal-name"])
        || (has(&["name"]) && has(&of_companies))
}

fn is_public(value: &Value) -> bool {
    let visibility = value.get("visibility").unwrap_or(NOTHING);
    let told = visibility.as_str().or_else(|| text(visibility, "com.linkedin.ugc.MemberNetworkVisibility"));
    told.is_none_or(|told| matches!(told, "PUBLIC" | "LOGGED_IN"))
}

/// A moment in milliseconds since 1970.
fn millis(value: &Value, key: &str) -> Option<Time> {
    plain::count(value, key).and_then(|at| Time(at).valid())
}

/// A moment beside who acted then.
fn stamped(value: &Value, key: &str) -> Option<Time> {
    millis(value.get(key)?, "time")
}

fn encoded(urn: &str) -> String {
    byte_serialize(urn.as_bytes()).collect()
}

/// The URN of a post: its id, which older forms write as a number.
pub(super) fn post_id(value: &Value) -> Option<String> {
    let native_id = id(value, "id")?;
    Some(if native_id.starts_with("urn:") { native_id } else { format!("urn:li:share:{native_id}") })
}

/// When a post was last changed, in milliseconds: the order in which posts are asked for.
pub(super) fn changed(value: &Value) -> Option<i64> {
    let told = millis(value, "lastModifiedAt").or_else(|| stamped(value, "lastModified"));
    told.or_else(|| published(value)).map(|at| at.0)
}

pub(super) fn published(value: &Value) -> Option<Time> {
    millis(value, "publishedAt")
        .or_else(|| millis(value, "firstPublishedAt"))
        .or_else(|| millis(value, "createdAt"))
        .or_else(|| stamped(value, "created"))
}

/// When it was changed after it was published. LinkedIn says outright whether its author did.
fn edited(value: &Value, published: Option<Time>) -> Option<Time> {
    let told = value.pointer("/lifecycleStateInfo/isEditedByAuthor").and_then(Value::as_bool);
    let changed = millis(value, "lastModifiedAt").or_else(|| stamped(value, "lastModified"));
    match told {
        Some(false) => None,
        Some(true) => changed,
        None => changed.filter(|changed| Some(*changed) > published),
    }
}

/// Who acted: `who` is the URN, and what is known of it stands beside under a name with `~`.
fn author(value: &Value, key: &str) -> Option<Author> {
    let urn = text(value, key)?;
    let mut author = company(urn);
    if let Some(beside) = value.get(format!("{key}~")) {
        let full = || {
            let parts = [text(beside, "localizedFirstName"), text(beside, "localizedLastName")];
            Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" ")).filter(|name| !name.is_empty())
        };
        author.display_name = text(beside, "localizedName").map(str::to_owned).or_else(full);
        author.handle = text(beside, "vanityName").map(str::to_owned);
        author.bio = text(beside, "localizedHeadline").map(str::to_owned);
    }
    Some(author)
}

/// The author of this URN; of people LinkedIn gives no address.
fn company(urn: &str) -> Author {
    let page = urn.strip_prefix("urn:li:organization:").or_else(|| urn.strip_prefix("urn:li:company:"));
    Author {
        native_id: urn.to_owned(),
        url: page.map(|page| format!("{SITE}/company/{page}")),
        ..Author::default()
    }
}

fn say(post: &mut Post, words: &str) {
    post.text = clean::text(&plain::without_secrets(words.to_owned()), clean::TEXT);
    for link in plain::links(&post.text) {
        plain::add(&mut post.links, link);
    }
}

/// A text with a list of what its parts are, as older forms have it.
fn attributed(value: &Value, post: &mut Post) {
    say(post, text(value, "text").unwrap_or_default());
    for tag in plain::hashtags(&post.text) {
        plain::add(&mut post.hashtags, tag);
    }
    for attribute in list(value, "attributes") {
        let entity = attribute.get("value").and_then(Value::as_object).into_iter().flatten();
        for (_, urn) in entity.filter_map(|(_, one)| one.as_object()).flatten() {
            match urn.as_str() {
                Some(tag) if tag.starts_with("urn:li:hashtag:") => {
                    plain::add(&mut post.hashtags, tag.replacen("urn:li:hashtag:", "", 1));
                }
                Some(urn) => plain::add(&mut post.named_accounts, urn.to_owned()),
                None => {}
            }
        }
    }
}

fn post(value: &Value) -> Post {
    let native_id = post_id(value);
    let mut post = Post::new(NAME, native_id.clone().unwrap_or_else(|| plain::hashed(value)));
    post.permalink = native_id.map(|urn| format!("{SITE}/feed/update/{urn}"));
    post.author = author(value, "author").or_else(|| author(value, "owner"));
    post.published = published(value);
    post.edited = edited(value, post.published);
    let shared = value.pointer("/specificContent/com.linkedin.ugc.ShareContent").unwrap_or(NOTHING);
    if let Some(commentary) = text(value, "commentary") {
        let words = words::read(commentary);
        say(&mut post, &words.text);
        post.hashtags = words.hashtags;
        post.named_accounts = words.named;
    } else if let Some(commentary) = shared.get("shareCommentary") {
        attributed(commentary, &mut post);
    } else if let Some(words) = value.get("text") {
        attributed(words, &mut post);
    }
    let mut aside = Vec::new();
    attached(value.get("content").unwrap_or(NOTHING), &mut post, &mut aside);
    for media in list(shared, "media") {
        old_media(media, &mut post, &mut aside);
    }
    post.summary = Some(aside.join("\n")).filter(|words| !words.is_empty());
    let parent = value
        .get("reshareContext")
        .and_then(|shared| text(shared, "parent"))
        .or_else(|| value.get("responseContext").and_then(|shared| text(shared, "parent")))
        .or_else(|| text(value, "resharedShare"));
    let root = value.get("reshareContext").or_else(|| value.get("responseContext"));
    if let Some(parent) = parent.map(str::to_owned) {
        post.root = root
            .and_then(|shared| text(shared, "root"))
            .or_else(|| text(value, "originalShare"))
            .map(str::to_owned);
        if post.text.is_empty() {
            post.kind = Kind::Repost;
            post.repost_of = Some(parent);
        } else {
            post.kind = Kind::Quote;
            post.quote_of = Some(parent);
        }
    }
    post.counts = counts(value);
    post
}

fn aside_words(value: &Value, keys: &[&str], aside: &mut Vec<String>) {
    for key in keys {
        // older forms have the words one level further down
        let words = text(value, key).or_else(|| text(value.get(key)?, "text"));
        if let Some(words) =
            words.map(|words| clean::text(words, clean::TEXT)).filter(|words| !aside.contains(words))
        {
            aside.push(words);
        }
    }
}

/// What a post shows below its words, in the versioned form and in that of shares.
fn attached(content: &Value, post: &mut Post, aside: &mut Vec<String>) {
    let article = content.get("article").unwrap_or(NOTHING);
    if let Some(link) = text(article, "source").and_then(plain::address) {
        plain::add(&mut post.links, link);
    }
    aside_words(article, &["title", "description"], aside);
    let one = content.get("media").into_iter();
    let many = content.get("multiImage").map_or(&[][..], |images| list(images, "images")).iter();
    for media in one.chain(many).filter(|media| media.is_object()) {
        post.media.push(by_urn(media));
        aside_words(media, &["title"], aside);
    }
    if let Some(poll) = content.get("poll") {
        aside_words(poll, &["question"], aside);
        for option in list(poll, "options") {
            aside_words(option, &["text"], aside);
        }
    }
    for card in content.get("carousel").map_or(&[][..], |carousel| list(carousel, "cards")) {
        if let Some(link) = text(card, "landingPage").and_then(plain::address) {
            plain::add(&mut post.links, link);
        }
        post.media.extend(card.get("media").map(by_urn));
        aside_words(card.get("media").unwrap_or(NOTHING), &["title"], aside);
    }
    aside_words(content, &["title", "description"], aside);
    for entity in list(content, "contentEntities") {
        if let Some(link) = text(entity, "entityLocation").and_then(plain::address) {
            plain::add(&mut post.links, link);
        }
        for thumbnail in list(entity, "thumbnails") {
            if let Some(url) = text(thumbnail, "resolvedUrl").and_then(plain::address) {
                post.media.push(Media { url: Some(url), kind: Some("image".to_owned()), alt: None });
            }
        }
    }
}

fn old_media(media: &Value, post: &mut Post, aside: &mut Vec<String>) {
    if let Some(link) = text(media, "originalUrl").and_then(plain::address) {
        plain::add(&mut post.links, link);
    }
    aside_words(media, &["title", "description"], aside);
    let before = post.media.len();
    for thumbnail in list(media, "thumbnails") {
        if let Some(url) =
            text(thumbnail, "url").or_else(|| text(thumbnail, "resolvedUrl")).and_then(plain::address)
        {
            post.media.push(Media { url: Some(url), kind: Some("image".to_owned()), alt: None });
        }
    }
    if post.media.len() == before && text(media, "media").is_some() {
        post.media.push(by_urn(media));
    }
}

/// A picture, video or document that LinkedIn names by a URN only.
fn by_urn(media: &Value) -> Media {
    let urn = text(media, "id").or_else(|| text(media, "media")).unwrap_or_default();
    let kind = ["image", "video", "document"]
        .into_iter()
        .find(|kind| urn.starts_with(&format!("urn:li:{kind}:")))
        .unwrap_or("image");
    Media { url: None, kind: Some(kind.to_owned()), alt: text(media, "altText").map(str::to_owned) }
}

fn counts(value: &Value) -> Counts {
    let likes = value.get("likesSummary").unwrap_or(NOTHING);
    let comments = value.get("commentsSummary").unwrap_or(NOTHING);
    let first = |value: &Value, keys: [&str; 2]| keys.iter().find_map(|key| plain::count(value, key));
    Counts {
        likes: first(likes, ["aggregatedTotalLikes", "totalLikes"]),
        replies: first(comments, ["aggregatedTotalComments", "totalFirstLevelComments"]),
        ..Counts::default()
    }
}

/// The URN of a comment, the post or comment it stands under, and the number of answers it has.
pub(super) fn comment_place(value: &Value) -> Option<(String, i64)> {
    let answers = value.get("commentsSummary").and_then(|all| plain::count(all, "totalFirstLevelComments"));
    Some((comment_id(value)?, answers.unwrap_or(0)))
}

fn comment_id(value: &Value) -> Option<String> {
    let urn = text(value, "$URN").or_else(|| text(value, "commentUrn")).map(str::to_owned);
    urn.or_else(|| {
        let native_id = id(value, "id")?;
        if native_id.starts_with("urn:") {
            return Some(native_id);
        }
        Some(format!("urn:li:comment:({},{native_id})", text(value, "object")?))
    })
}

fn comment(value: &Value) -> Post {
    let native_id = comment_id(value);
    let mut post = Post::new(NAME, native_id.clone().unwrap_or_else(|| plain::hashed(value)));
    let object = text(value, "object").map(str::to_owned);
    post.permalink = object.as_ref().map(|object| match &native_id {
        Some(urn) => format!("{SITE}/feed/update/{object}?commentUrn={}", encoded(urn)),
        None => format!("{SITE}/feed/update/{object}"),
    });
    post.author = author(value, "actor");
    post.published = published(value);
    post.edited = edited(value, post.published);
    attributed(value.get("message").unwrap_or(NOTHING), &mut post);
    for content in list(value, "content") {
        let url = text(content, "url").and_then(plain::address);
        match text(content, "type") {
            Some("ARTICLE") => post.links.extend(url),
            kind => {
                let kind = kind.unwrap_or("image").to_lowercase();
                post.media.push(Media { url, kind: Some(kind), alt: None });
            }
        }
    }
    post.kind = Kind::Comment;
    post.reply_to = text(value, "parentComment").map(str::to_owned).or_else(|| object.clone());
    post.root = object;
    post.counts = counts(value);
    post
}

fn organization(value: &Value) -> Option<Account> {
    let urn = text(value, "$URN").map(str::to_owned).or_else(|| {
        id(value, "id")
            .map(|id| if id.starts_with("urn:") { id } else { format!("urn:li:organization:{id}") })
    })?;
    let localized = |key: &str| {
        value.get(key)?.get("localized")?.as_object()?.values().find_map(Value::as_str).map(str::to_owned)
    };
    let first = |keys: &[&str]| keys.iter().find_map(|key| text(value, key));
    let vanity = first(&["vanityName", "universalName", "universal-name"]);
    let mut author = company(&urn);
    author.handle = vanity.map(str::to_owned);
    author.display_name = text(value, "localizedName")
        .or_else(|| text(value, "name"))
        .map(str::to_owned)
        .or_else(|| localized("name"));
    author.bio = first(&["localizedDescription", "description"])
        .map(|bio| clean::text(bio, clean::TEXT))
        .or_else(|| localized("description"));
    author.followers = plain::size(value, "followerCount").or_else(|| plain::size(value, "num-followers"));
    let versions =
        value.pointer("/logoV2/original~/elements").or_else(|| value.pointer("/logoV2/cropped~/elements"));
    let told = versions.and_then(Value::as_array).into_iter().flatten();
    author.avatar = told
        .filter_map(|one| text(one.pointer("/identifiers/0")?, "identifier"))
        .chain(first(&["logoUrl", "logo-url", "square-logo-url"]))
        .find_map(plain::address);
    author.created = stamped(value, "created");
    Some(Account { network: NAME, author, status: None, at: None })
}
