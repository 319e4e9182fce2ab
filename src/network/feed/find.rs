//! From the address of a page to the address of its feed: what the page names, what its site is known for, and
//! where feeds usually stand.

use url::Url;

use super::page::Hints;
use super::shortcut;

/// Where feeds stand when nobody says so, most usual first.
const USUAL: &[&str] =
    &["feed", "rss", "atom.xml", "rss.xml", "feed.xml", "index.xml", "feed/", "?feed=rss2"];
/// Most addresses tried for one page: each is a request to a host that owes us nothing.
const MOST: usize = 16;
/// Parameters of addresses that hold the key of one reader.
const KEYS: &[&str] = &[
    "access_token",
    "api_key",
    "apikey",
    "auth",
    "auth_token",
    "authuser",
    "feed_token",
    "hash",
    "key",
    "password",
    "private_token",
    "rss_token",
    "secret",
    "sig",
    "signature",
    "token",
    "user_token",
];

/// Whether an address holds the key of its reader.
pub(super) fn is_secret(url: &Url) -> bool {
    let named = |name: &str| url.query_pairs().any(|(key, _)| key == name);
    let credentials = !url.username().is_empty() || url.password().is_some();
    let key = url.query_pairs().any(|(key, _)| KEYS.contains(&key.to_lowercase().as_str()));
    let reddit = named("feed") && named("user");
    credentials || key || reddit || url.path().contains("/alerts/feeds/") || url.path().contains("/private/")
}

pub(super) fn is_at(url: &Url, site: &str) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == site || host.strip_suffix(site).is_some_and(|before| before.ends_with('.'))
}

/// The parts of the path, empty ones left out.
fn parts(url: &Url) -> Vec<&str> {
    url.path().split('/').filter(|part| !part.is_empty()).collect()
}

/// The feed of a page of a site whose feeds have known addresses; `None` when it is no such page.
pub(super) fn known(url: &Url) -> Option<String> {
    let parts = parts(url);
    let host = url.host_str()?;
    let at = |path: &str| url.join(path).ok().map(String::from);
    if is_at(url, "youtube.com") {
        let list = || url.query_pairs().find(|(key, _)| key == "list").map(|(_, list)| list.into_owned());
        return match parts.as_slice() {
            ["channel", id, ..] => shortcut::youtube_channel(id, None).ok(),
            ["playlist"] => shortcut::youtube_playlist(&list()?, None).ok(),
            _ => None,
        };
    }
    if is_at(url, "reddit.com") {
        return match parts.as_slice() {
            [.., last] if last.ends_with(".rss") || *last == "search" => None,
            ["r" | "u" | "user", _, "comments", ..] if parts.len() > 3 => {
                at(&format!("{}/.rss", url.path().trim_end_matches('/')))
            }
            ["r" | "u" | "user", _, ..] => shortcut::reddit(&parts.join("/"), None).ok(),
            _ => None,
        };
    }
    match (host, parts.as_slice()) {
        ("github.com", [owner, name] | [owner, name, "releases" | "tags"])
            if !matches!(*owner, "orgs" | "topics" | "search" | "settings" | "marketplace" | "sponsors") =>
        {
            match parts.last() {
                Some(&"tags") => Some(format!("https://github.com/{owner}/{name}/tags.atom")),
                _ if name.ends_with(".atom") => None,
                _ => shortcut::releases(&format!("{owner}/{name}"), None).ok(),
            }
        }
        ("github.com", [owner, name, "commits", ..]) if !url.path().ends_with(".atom") => {
            let path = url.path().trim_end_matches('/');
            let whole = path.ends_with("/commits");
            at(&if whole { format!("/{owner}/{name}/commits.atom") } else { format!("{path}.atom") })
        }
        ("medium.com", [writer, ..]) if *writer != "feed" => at(&format!("/feed/{writer}")),
        ("bsky.app", ["profile", handle]) => at(&format!("/profile/{handle}/rss")),
        (
            "stackoverflow.com" | "superuser.com" | "serverfault.com" | "askubuntu.com",
            ["questions", "tagged", tag],
        ) => at(&format!("/feeds/tag/{tag}")),
        ("podcasts.apple.com", [.., id]) => {
            let number = id.strip_prefix("id").filter(|id| id.bytes().all(|one| one.is_ascii_digit()))?;
            Some(format!("https://itunes.apple.com/lookup?id={number}&entity=podcast"))
        }
        (_, ["questions", "tagged", tag]) if is_at(url, "stackexchange.com") => {
            at(&format!("/feeds/tag/{tag}"))
        }
        (_, []) if is_at(url, "substack.com") && host != "substack.com" => at("/feed"),
        (_, []) if is_at(url, "tumblr.com") && !matches!(host, "tumblr.com" | "www.tumblr.com") => at("/rss"),
        _ => None,
    }
}

/// All addresses at which the feed of a page may be, most likely first. `guess` allows those that nobody named.
pub(super) fn candidates(hints: Hints, address: &Url, guess: bool) -> Vec<String> {
    let mut all = hints.feeds;
    let channel = hints.channel.filter(|_| is_at(address, "youtube.com"));
    all.extend(channel.and_then(|channel| shortcut::youtube_channel(&channel, None).ok()));
    if guess {
        all.extend(by_program(&hints.generator, address));
        let root = address.join("/").ok();
        let mut page = address.clone();
        page.set_query(None);
        page.set_fragment(None);
        let is_folder = page.path().ends_with('/');
        if !is_folder {
            page.set_path(&format!("{}/", page.path()));
        }
        // the feed of a part of the site stands below it
        let below = Some(page).filter(|page| root.as_ref() != Some(page) && parts(page).len() < 3);
        let places = [(below, 3), (root, USUAL.len())];
        for (place, most) in places {
            let usual = USUAL.iter().take(most);
            all.extend(usual.filter_map(|path| place.as_ref()?.join(path).ok()).map(String::from));
        }
    }
    let own = address.as_str();
    let mut found: Vec<String> = Vec::new();
    for one in all {
        if one != own && !found.contains(&one) && found.len() < MOST {
            found.push(one);
        }
    }
    found
}

/// What the program behind a page, or the form of its address, promises.
fn by_program(generator: &str, address: &Url) -> Vec<String> {
    let path = address.path().trim_end_matches('/');
    let at = |path: &str| address.join(path).ok().map(String::from);
    let mut found = Vec::new();
    let parts = parts(address);
    match parts.as_slice() {
        // people and hashtags of Mastodon and its kin
        [person] if person.starts_with('@') && person.len() > 1 => {
            found.extend(at(&format!("{path}.rss")));
            found.extend(at(&format!("{path}.atom")));
        }
        ["tags", _] => found.extend(at(&format!("{path}.rss"))),
        // categories, tags and topics of Discourse
        ["c" | "tag" | "t", _, ..] => found.extend(at(&format!("{path}.rss"))),
        // projects on servers of GitLab, Forgejo and Gitea
        [.., "releases"] if parts.len() > 2 => found.extend(at(&format!("{path}.atom"))),
        ["questions", "tagged", tag] => found.extend(at(&format!("/feeds/tag/{tag}"))),
        _ => {}
    }
    if generator.contains("discourse") {
        found.extend(at("/posts.rss"));
        found.extend(at("/latest.rss"));
    }
    if generator.contains("wordpress")
        && let Some((_, words)) = address.query_pairs().find(|(key, _)| key == "s")
    {
        let mut search = address.clone();
        search.query_pairs_mut().clear().append_pair("s", &words).append_pair("feed", "rss2");
        found.push(search.into());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_well_known_sites_are_not_asked() {
        for (page, feed) in [
            (
                "https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv/videos",
                "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv",
            ),
            ("https://www.youtube.com/@velora", ""),
            ("https://github.com/velora/app", "https://github.com/velora/app/releases.atom"),
            ("https://github.com/velora/app/tags", "https://github.com/velora/app/tags.atom"),
            (
                "https://github.com/velora/app/commits/main/",
                "https://github.com/velora/app/commits/main.atom",
            ),
            ("https://github.com/velora/app/releases.atom", ""),
            ("https://github.com/velora", ""),
            ("https://www.reddit.com/r/velora", "https://www.reddit.com/r/velora/new/.rss?limit=100"),
            (
                "https://www.reddit.com/r/velora/comments/1a2b/titre/",
                "https://www.reddit.com/r/velora/comments/1a2b/titre/.rss",
            ),
            ("https://www.reddit.com/r/velora/new/.rss", ""),
            ("https://medium.com/@velora", "https://medium.com/feed/@velora"),
            ("https://velora.substack.com/", "https://velora.substack.com/feed"),
            ("https://velora.tumblr.com", "https://velora.tumblr.com/rss"),
            ("https://bsky.app/profile/velora.example", "https://bsky.app/profile/velora.example/rss"),
            (
                "https://stackoverflow.com/questions/tagged/velora",
                "https://stackoverflow.com/feeds/tag/velora",
            ),
            (
                "https://podcasts.apple.com/fr/podcast/velora/id42",
                "https://itunes.apple.com/lookup?id=42&entity=podcast",
            ),
            ("https://velora.example/", ""),
        ] {
            assert_eq!(known(&Url::parse(page).unwrap()).unwrap_or_default(), feed, "{page}");
        }
    }

    #[test]
    fn what_the_page_names_comes_first_and_guesses_last() {
        let address = Url::parse("https://social.example/@ana").unwrap();
        let hints = Hints { feeds: vec!["https://social.example/flux".to_owned()], ..Hints::default() };
        let all = candidates(hints, &address, true);
        let expected = [
            "https://social.example/flux",
            "https://social.example/@ana.rss",
            "https://social.example/@ana.atom",
            "https://social.example/@ana/feed",
        ];
        assert_eq!(all.get(..4).unwrap(), expected);
        assert!(
            all.len() <= MOST && all.contains(&"https://social.example/?feed=rss2".to_owned()),
            "{all:?}"
        );
        let known = Hints { feeds: vec![address.to_string()], ..Hints::default() };
        assert!(candidates(known, &address, false).is_empty());
    }

    #[test]
    fn keys_in_addresses_are_recognised() {
        for (address, secret) in [
            ("https://velora.example/feed?lang=fr", false),
            ("https://velora.example/feed?token=x", true),
            ("https://ana:pass@velora.example/feed", true),
            ("https://www.reddit.com/.rss?feed=x&user=ana", true),
            ("https://www.google.com/alerts/feeds/1/2", true),
        ] {
            assert_eq!(is_secret(&Url::parse(address).unwrap()), secret, "{address}");
        }
    }
}
