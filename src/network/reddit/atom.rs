//! The Atom feeds of Reddit: what the writer wrote stands between marks, the rest is a frame with links.

use super::thing::{self, SITE, by_name};
use super::{Listed, NAME};
use crate::html;
use crate::network::{Answer, Page, ReadError, Trouble, clean, feed};
use crate::post::{Account, Author, Deletion, Gone, Kind, Post};

/// What a writer wrote stands between these.
const START: &str = "<!-- SC_OFF -->";
const END: &str = "<!-- SC_ON -->";

/// Reads a feed.
pub(super) fn read(answer: &Answer, page: &mut Page) -> Result<Listed, ReadError> {
    // relative links are resolved against the address, which may hold a key
    let mut open = answer.clone();
    for address in [&mut open.request.url, &mut open.final_url] {
        address.truncate(address.find(['?', '#']).unwrap_or(address.len()));
    }
    let entries = feed::posts(&NAME, &open).map_err(|mut error| {
        if error.detail.contains("web page") {
            error.trouble = Trouble::BlockPage;
            "a web page came instead of a feed: Reddit refuses this address, as it does many data centres"
                .clone_into(&mut error.detail);
        }
        error
    })?;
    let mut items = Vec::new();
    for entry in entries {
        items.push((entry.native_id.clone(), entry.published.map(|at| at.0.div_euclid(1000))));
        if entry.native_id.starts_with("t5_") {
            page.accounts.push(subreddit(entry));
            continue;
        }
        let post = post(entry);
        if thing::is_removed(&post.text) {
            page.deletions.push(Deletion { network: NAME, gone: Gone::Post(post.native_id), at: None });
        } else {
            page.posts.push(post);
        }
    }
    Ok(Listed { items, after: None, is_list: true })
}

/// The writer; an entry of somebody who left has none, and the feed reader names the feed instead.
fn author(entry: &Post) -> Option<Author> {
    let said = entry.author.as_ref()?;
    let shown = said.display_name.as_deref().and_then(|name| name.trim().strip_prefix("/u/"));
    let address = said.native_id.rsplit_once("/user/").map(|(_, name)| name.trim_end_matches('/'));
    let name = shown.or(address).filter(|name| !name.is_empty() && *name != "[deleted]")?;
    Some(by_name(name))
}

fn post(mut entry: Post) -> Post {
    let author = author(&entry);
    let whole = entry.html.take().unwrap_or_default();
    let (body, frame) =
        match whole.split_once(START).map(|(_, rest)| rest.split_once(END).unwrap_or((rest, ""))) {
            Some((body, frame)) => (body.trim(), frame),
            None => ("", whole.as_str()),
        };
    let written = html::read(body);
    let frame = html::read(frame);
    let mut post = Post::new(NAME, entry.native_id);
    let is_comment = post.native_id.starts_with("t1_");
    post.permalink = entry.permalink;
    post.author = author;
    post.text = clean::text(&written.text, clean::TEXT);
    post.html = Some(body.to_owned()).filter(|body| !body.is_empty());
    post.published = entry.published;
    post.edited = entry.edited.filter(|edited| Some(*edited) != entry.published);
    post.media = entry.media;
    if is_comment {
        post.kind = Kind::Comment;
        post.root = post.permalink.as_deref().and_then(root);
    } else {
        // a comment's title only says under what it stands
        post.title = entry.title;
        // the frame ends with the target and the comments
        if frame.text.trim_end().ends_with("[comments]")
            && let [.., target, comments] = frame.links.as_slice()
            && target != comments
        {
            thing::link(&mut post, target);
        }
    }
    for target in &written.links {
        thing::link(&mut post, target);
    }
    post
}

/// The post under which a comment stands, from its address `/r/SUB/comments/POST/TITLE/COMMENT/`.
fn root(permalink: &str) -> Option<String> {
    let (_, rest) = permalink.split_once("/comments/")?;
    let id = rest.split('/').next().filter(|id| !id.is_empty())?;
    id.bytes().all(|one| one.is_ascii_alphanumeric()).then(|| format!("t3_{id}"))
}

/// A subreddit that a search for subreddits found.
fn subreddit(entry: Post) -> Account {
    let url = entry.permalink.filter(|link| link.starts_with("http"));
    let name =
        url.as_deref().and_then(|url| url.split_once("/r/")).map(|(_, name)| name.trim_end_matches('/'));
    let author = Author {
        handle: name.map(|name| format!("r/{name}")),
        display_name: entry.title,
        bio: Some(entry.text).filter(|bio| !bio.is_empty()),
        url: url.clone().or_else(|| Some(SITE.to_owned())),
        native_id: entry.native_id,
        ..Author::default()
    };
    Account { network: NAME, author, status: None, at: None }
}
