//! What genuine events say: posts, profiles, requests to delete. Everything in them is their author's word.

use std::collections::HashSet;

use serde_json::Value;

use super::NAME;
use super::address;
use super::event::{Event, bytes, genuine};
use crate::network::{Page, clean, json};
use crate::post::{Account, Author, Deletion, Gone, Kind, Media, Post};
use crate::time::Time;

/// A profile.
pub(super) const PROFILE: u16 = 0;
/// A short text.
pub(super) const NOTE: u16 = 1;
/// A request to delete.
pub(super) const DELETION: u16 = 5;
/// A long text, which a later one replaces.
pub(super) const ARTICLE: u16 = 30_023;
const REPOSTS: [u16; 2] = [6, 16];
const COMMENT: u16 = 1_111;
const VIDEOS: [u16; 4] = [21, 22, 34_235, 34_236];
/// Further kinds whose content is words for everybody: threads, pictures, polls, highlights, drafts aside.
const TEXTS: [u16; 4] = [11, 20, 1_068, 9_802];
/// Links taken from one text.
const LINKS: usize = 50;

/// Where people open what we link to.
#[derive(Debug)]
pub(super) struct Places<'a> {
    pub(super) web: &'a str,
}

/// Whether events of this kind are posts.
pub(super) fn is_text(kind: u16) -> bool {
    matches!(kind, NOTE | ARTICLE | COMMENT)
        || REPOSTS.contains(&kind)
        || VIDEOS.contains(&kind)
        || TEXTS.contains(&kind)
}

impl Places<'_> {
    /// Adds to `page` what the event says. `text`: its kind counts as a post.
    pub(super) fn tell(&self, event: &Event, text: bool, page: &mut Page) {
        match event.kind {
            PROFILE => page.accounts.extend(self.profile(event)),
            DELETION => page.deletions.extend(deletions(event)),
            kind if REPOSTS.contains(&kind) => self.repost(event, page),
            _ if text => page.posts.push(self.post(event)),
            _ => {}
        }
    }

    /// What is known of an account from its key alone.
    fn author(&self, key: &str) -> Author {
        Author {
            native_id: key.to_owned(),
            url: address::account(key).map(|name| format!("{}/{name}", self.web)),
            ..Author::default()
        }
    }

    fn bare(&self, event: &Event) -> Post {
        let place = event.address();
        let mut post = Post::new(NAME, place.clone().unwrap_or_else(|| event.id.clone()));
        post.local_id = place.map(|_| event.id.clone());
        post.permalink = address::event(event).map(|name| format!("{}/{name}", self.web));
        post.author = Some(self.author(&event.author));
        post.published = Time::from_seconds(event.at);
        post
    }

    fn post(&self, event: &Event) -> Post {
        let mut post = self.bare(event);
        post.text = clean::text(&event.content, clean::TEXT);
        let titles = ["title", "subject", "content-warning"];
        let line = |name: &str| event.value(name).and_then(|text| clean::some_line(text, clean::LINE));
        post.title = titles.iter().find_map(|name| line(name));
        post.summary = summary(event);
        post.lang = event
            .tags("l")
            .find(|tag| tag.get(2).is_some_and(|system| system.eq_ignore_ascii_case("ISO-639-1")))
            .and_then(|tag| tag.get(1).cloned());
        if let Some(first) = event.value("published_at").and_then(|at| at.parse::<i64>().ok())
            && event.address().is_some()
            && (1..event.at).contains(&first)
        {
            // an article that was published before: this is a later version of it
            post.edited = post.published;
            post.published = Time::from_seconds(first);
        }
        (post.reply_to, post.root) = answered(event);
        post.quote_of = event.value("q").map(str::to_owned);
        post.kind = match event.kind {
            ARTICLE => Kind::Article,
            COMMENT => Kind::Comment,
            kind if VIDEOS.contains(&kind) => Kind::Video,
            _ if post.reply_to.is_some() => Kind::Reply,
            _ if post.quote_of.is_some() => Kind::Quote,
            _ => Kind::Post,
        };
        post.media = media(event);
        post.hashtags = distinct(event.values("t").map(|tag| tag.trim_start_matches('#')));
        let marked = event.values("r").filter(|link| is_web(link));
        let links = distinct(marked.chain(links(&event.content)));
        let attached = |link: &String| post.media.iter().any(|media| media.url.as_ref() == Some(link));
        post.links = links.into_iter().filter(|link| !attached(link)).take(LINKS).collect();
        post.named_accounts = distinct(event.values("p").filter(|key| bytes::<32>(key).is_some()));
        post
    }

    /// A repost, after what it passes on where that is in it.
    fn repost(&self, event: &Event, page: &mut Page) {
        if let Some(inner) = serde_json::from_str::<Value>(&event.content).ok().as_ref().and_then(genuine)
            && is_text(inner.kind)
            && !REPOSTS.contains(&inner.kind)
        {
            page.posts.push(self.post(&inner));
        }
        let Some(of) = event.value("a").or_else(|| event.value("e")) else { return };
        let mut post = self.bare(event);
        post.kind = Kind::Repost;
        post.repost_of = Some(of.to_owned());
        page.posts.push(post);
    }

    fn profile(&self, event: &Event) -> Option<Account> {
        let said: Value = serde_json::from_str(&event.content).ok().filter(Value::is_object)?;
        let line = |key: &str| json::text(&said, key).and_then(|text| clean::some_line(text, clean::LINE));
        let author = Author {
            handle: line("name").or_else(|| line("username")).or_else(|| {
                line("nip05").map(|name| name.strip_prefix("_@").map(str::to_owned).unwrap_or(name))
            }),
            display_name: line("display_name").or_else(|| line("displayName")).or_else(|| line("name")),
            bio: json::text(&said, "about")
                .map(|text| clean::text(text, clean::TEXT))
                .filter(|text| !text.is_empty()),
            avatar: line("picture"),
            bot: said.get("bot").and_then(Value::as_bool),
            ..self.author(&event.author)
        };
        Some(Account { network: NAME, author, status: None, at: Time::from_seconds(event.at) })
    }

    /// The accounts of a domain that vouches for them (NIP-05).
    pub(super) fn vouched(&self, names: &Value, domain: Option<&str>, page: &mut Page) {
        for (name, key) in names.as_object().into_iter().flatten() {
            let Some(key) = key.as_str().filter(|key| bytes::<32>(key).is_some()) else { continue };
            let handle = match domain {
                Some(domain) if name == "_" => domain.to_owned(),
                Some(domain) => format!("{name}@{domain}"),
                None => name.clone(),
            };
            let author = Author {
                handle: clean::some_line(&handle, clean::LINE),
                verified: Some(true),
                ..self.author(key)
            };
            page.accounts.push(Account { network: NAME, author, status: None, at: None });
        }
    }
}

/// What an author asks to delete: events by their ids, whoever wrote them, and places of the author's own.
fn deletions(event: &Event) -> impl Iterator<Item = Deletion> {
    let at = Time::from_seconds(event.at);
    let gone = move |gone| Deletion { network: NAME, gone, at };
    let ids = event.values("e").filter(|id| bytes::<32>(id).is_some());
    let own = |place: &&str| place.split(':').nth(1) == Some(event.author.as_str());
    let places = event.values("a").filter(own);
    let ids = ids.map(move |id| gone(Gone::PostBy(id.to_owned(), event.author.clone())));
    ids.chain(places.map(move |place| gone(Gone::Post(place.to_owned()))))
}

/// What an event answers, and the first of its thread.
fn answered(event: &Event) -> (Option<String>, Option<String>) {
    if event.kind == COMMENT {
        // small letters point to what is answered, capitals to where it began
        let place = |names: [&str; 3]| names.iter().find_map(|name| event.value(name)).map(str::to_owned);
        return (place(["e", "a", "i"]), place(["E", "A", "I"]));
    }
    let marked = |mark: &str| {
        let is_marked = |tag: &&Vec<String>| tag.get(3).is_some_and(|found| found == mark);
        event.tags("e").find(is_marked).and_then(|tag| tag.get(1).cloned())
    };
    let (reply, root) = (marked("reply"), marked("root"));
    if reply.is_some() || root.is_some() {
        let root = root.or_else(|| reply.clone());
        return (reply.or_else(|| root.clone()), root);
    }
    // before there were marks, the first was the root and the last what is answered
    let unmarked: Vec<&String> = event
        .tags("e")
        .filter(|tag| tag.get(3).is_none_or(String::is_empty))
        .filter_map(|tag| tag.get(1))
        .collect();
    (unmarked.last().map(|id| (*id).clone()), unmarked.first().map(|id| (*id).clone()))
}

/// Words beside the text: the summary of an article, options of a poll, descriptions of pictures.
fn summary(event: &Event) -> Option<String> {
    let options = event.tags("option").filter_map(|tag| tag.get(2)).map(String::as_str);
    let alts = event.tags("imeta").flat_map(|tag| field(tag, "alt"));
    let words: Vec<&str> = event.values("summary").chain(options).chain(alts).collect();
    Some(clean::text(&words.join("\n"), clean::TEXT)).filter(|words| !words.is_empty())
}

/// What a tag of the form `["imeta", "url …", "m …"]` says under this name.
fn field<'a>(tag: &'a [String], name: &'a str) -> Option<&'a str> {
    tag.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix(' ')).map(str::trim)
}

fn media(event: &Event) -> Vec<Media> {
    let owned = |text: Option<&str>| text.and_then(|text| clean::some_line(text, clean::LINE));
    let attached = event.tags("imeta").map(|tag| Media {
        url: owned(field(tag, "url").filter(|url| is_web(url))),
        kind: owned(field(tag, "m")),
        alt: owned(field(tag, "alt")),
    });
    let cover = event.values("image").filter(|url| is_web(url)).map(|url| Media {
        url: owned(Some(url)),
        kind: Some("image".to_owned()),
        alt: None,
    });
    attached.chain(cover).collect()
}

fn is_web(address: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| {
        address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && address.len() > scheme.len()
    })
}

/// The addresses that stand in a text, without the marks that end a sentence or surround them.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let breaks = |sign: char| sign.is_whitespace() || matches!(sign, '<' | '>' | '"' | '|');
    text.split(breaks).filter_map(|word| {
        let start = ["https://", "http://"].iter().filter_map(|scheme| word.find(scheme)).min()?;
        let mut link = word.get(start..)?;
        loop {
            let ends = ['.', ',', ';', ':', '!', '?', '\'', '’', ']', '*', '…', '»'];
            let mut shorter = link.trim_end_matches(ends);
            if shorter.matches(')').count() > shorter.matches('(').count() {
                shorter = shorter.strip_suffix(')').unwrap_or(shorter);
            }
            if shorter == link {
                return is_web(link).then_some(link);
            }
            link = shorter;
        }
    })
}

/// Every text once, in order.
fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut known = HashSet::new();
    texts.filter(|text| !text.is_empty() && known.insert(*text)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_end_where_people_end_them() {
        let found = |text: &'static str| links(text).collect::<Vec<_>>();
        assert_eq!(
            found("(see https://a.example/x_(y)), or http://b.example."),
            ["https://a.example/x_(y)", "http://b.example"]
        );
        assert_eq!(found("[moka](https://a.example/b)!"), ["https://a.example/b"]);
        assert_eq!(found("https:// ftp://a.example «https://a.example»"), ["https://a.example"]);
    }
}
