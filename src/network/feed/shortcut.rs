//! Named feeds: from a few words in the configuration to the address of the feed.
//!
//! Forms of addresses as seen between 2024 and 2026; the site of each may be replaced, for servers of one's own.

use url::Url;

use super::section::{web, wrong};
use crate::network::BuildError;

/// A base with this path and these parameters.
fn address(
    base: Option<&Url>,
    usual: &str,
    path: &[&str],
    query: &[(&str, &str)],
) -> Result<String, BuildError> {
    let usual = || Url::parse(usual).ok();
    let mut url = base.cloned().or_else(usual).ok_or_else(|| wrong("base_url", "not a web address"))?;
    url.set_query(None);
    url.set_fragment(None);
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url.into())
}

/// The site's own page given instead of the short form: what follows its host.
fn path_of<'a>(value: &'a str, hosts: &[&str]) -> Option<&'a str> {
    let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.to_lowercase();
    let known = hosts.iter().any(|known| host == *known || host.ends_with(&format!(".{known}")));
    known.then(|| path.split(['?', '#']).next().unwrap_or(path))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|one| one.is_alphanumeric() || matches!(one, '_' | '-' | '.'))
}

/// A search of Google News, in one of its editions.
pub(super) fn google_news(
    query: &str,
    edition: Option<&str>,
    base: Option<&Url>,
) -> Result<String, BuildError> {
    if query.is_empty() {
        return Err(wrong(
            "google_news",
            "nothing to search for; write the words, such as \"\\\"Acme Cloud\\\" -jobs\"",
        ));
    }
    let bad =
        || wrong("edition", "not an edition; write language and country, such as \"fr-FR\" or \"en-US\"");
    let edition = edition.unwrap_or("en-US").trim().replace('_', "-");
    let (language, country) = edition.rsplit_once('-').ok_or_else(bad)?;
    let (language, country) = (language.to_lowercase(), country.to_uppercase());
    let letters = |text: &str| text.bytes().all(|one| one.is_ascii_alphabetic());
    if !(2..=3).contains(&language.len()) || country.len() != 2 || !letters(&language) || !letters(&country) {
        return Err(bad());
    }
    // all three must agree, and each follows a custom of its own
    let tag = format!("{language}-{country}");
    let (hl, version) = match (language.as_str(), country.as_str()) {
        ("zh", "TW" | "HK") => (tag, "zh-Hant".to_owned()),
        ("zh", _) => (tag, "zh-Hans".to_owned()),
        ("pt", "BR") => (tag, "pt-419".to_owned()),
        ("pt", _) => (tag, "pt-150".to_owned()),
        ("es", "ES") => ("es".to_owned(), "es".to_owned()),
        ("es", _) => ("es-419".to_owned(), "es-419".to_owned()),
        ("en", _) | ("fr", "CA") => (tag, language.clone()),
        _ => (language.clone(), language.clone()),
    };
    let search = address(base, "https://news.google.com/", &["rss", "search"], &[("q", query)])?;
    Ok(format!("{search}&hl={hl}&gl={country}&ceid={country}:{version}"))
}

/// The address that Google Alerts shows for an alert delivered as a feed.
pub(super) fn google_alerts(value: &str) -> Result<String, BuildError> {
    let bad = || {
        wrong(
            "google_alerts",
            "not the address of an alert; at google.com/alerts choose \"Deliver to: RSS feed\", then copy the address \
             behind the feed's icon, https://www.google.com/alerts/feeds/NUMBER/NUMBER",
        )
    };
    let url = web("google_alerts", value).map_err(|_| bad())?;
    if url.path().contains("/alerts/feeds/") { Ok(value.to_owned()) } else { Err(bad()) }
}

/// The videos of a channel: by its id, or by its name, whose page leads to the feed.
pub(super) fn youtube_channel(value: &str, base: Option<&Url>) -> Result<String, BuildError> {
    const SITE: &str = "https://www.youtube.com/";
    let path = path_of(value, &["youtube.com"]).unwrap_or(value).trim_matches('/');
    let first = path.strip_prefix("channel/").unwrap_or(path).split('/').next().unwrap_or_default();
    if is_channel(first) {
        return address(base, SITE, &["feeds", "videos.xml"], &[("channel_id", first)]);
    }
    let name = first.strip_prefix('@').filter(|name| is_name(name));
    match (name, path.split_once('/')) {
        (Some(_), _) => address(base, SITE, &[first], &[]),
        (None, Some((kind @ ("c" | "user"), name))) if is_name(name) => {
            address(base, SITE, &[kind, name], &[])
        }
        _ => Err(wrong(
            "youtube_channel",
            "not a channel; write its id, \"UC\" and 22 signs (on its page under \"Share channel\"), or its name, \"@acme\"",
        )),
    }
}

pub(super) fn is_channel(text: &str) -> bool {
    text.len() == 24 && text.starts_with("UC") && text.bytes().all(is_id)
}

fn is_id(one: u8) -> bool {
    one.is_ascii_alphanumeric() || matches!(one, b'_' | b'-')
}

/// The videos of a playlist.
pub(super) fn youtube_playlist(value: &str, base: Option<&Url>) -> Result<String, BuildError> {
    let page = Url::parse(value).ok();
    let list = page.as_ref().and_then(|page| page.query_pairs().find(|(key, _)| key == "list"));
    let id = list.map_or_else(|| value.to_owned(), |(_, id)| id.into_owned());
    if id.len() < 12 || !id.bytes().all(is_id) || is_channel(&id) {
        return Err(wrong(
            "youtube_playlist",
            "not a playlist; write its id, such as \"PL...\", \"UU...\" or \"UULF...\" (what follows list= in its address)",
        ));
    }
    address(base, "https://www.youtube.com/", &["feeds", "videos.xml"], &[("playlist_id", &id)])
}

/// The part of Reddit that `value` names: `/r/sub`, `/r/a+b/comments`, `/user/name`.
fn reddit_path(value: &str) -> Result<Vec<String>, BuildError> {
    let path = path_of(value, &["reddit.com"]).unwrap_or(value).trim_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let subs = |text: &str| text.split('+').all(is_name);
    let found = match parts.as_slice() {
        ["r", sub] | ["r", sub, "new" | "hot" | "top"] if subs(sub) => vec!["r", sub, "new"],
        ["r", sub, "comments"] if subs(sub) => vec!["r", sub, "comments"],
        ["u" | "user", name, ..] if is_name(name) => vec!["user", name],
        _ => {
            return Err(wrong(
                "reddit",
                "not a part of Reddit; write \"r/NAME\", \"r/ONE+TWO\", \"r/NAME/comments\" or \"u/NAME\"",
            ));
        }
    };
    Ok(found.into_iter().map(str::to_owned).collect())
}

const REDDIT: &str = "https://www.reddit.com/";

/// New posts or comments of a subreddit, or what one person writes.
pub(super) fn reddit(value: &str, base: Option<&Url>) -> Result<String, BuildError> {
    let path = reddit_path(value)?;
    let path: Vec<&str> = path.iter().map(String::as_str).chain([".rss"]).collect();
    address(base, REDDIT, &path, &[("limit", "100")])
}

/// A search of Reddit, in all of it or in some subreddits.
pub(super) fn reddit_search(
    words: &str,
    within: Option<&str>,
    base: Option<&Url>,
) -> Result<String, BuildError> {
    if words.is_empty() {
        return Err(wrong("reddit_search", "nothing to search for"));
    }
    let newest = [("sort", "new"), ("limit", "100")];
    let Some(within) = within else {
        let query = [("q", words)].into_iter().chain(newest).collect::<Vec<_>>();
        return address(base, REDDIT, &["search.rss"], &query);
    };
    let path = reddit_path(within.trim())?;
    let [first, sub, ..] = path.as_slice() else { return Err(wrong("reddit", "not a subreddit")) };
    if first != "r" {
        return Err(wrong("reddit", "a search is held to subreddits only; write \"r/NAME\""));
    }
    let query = [("q", words), ("restrict_sr", "on")].into_iter().chain(newest).collect::<Vec<_>>();
    address(base, REDDIT, &["r", sub, "search.rss"], &query)
}

/// The releases of a project on GitHub, GitLab, or a server of the Forgejo and Gitea family.
pub(super) fn releases(value: &str, base: Option<&Url>) -> Result<String, BuildError> {
    let bad = || {
        wrong(
            "releases",
            "not a project; write \"OWNER/NAME\" for GitHub, or with the server, \"codeberg.org/OWNER/NAME\"",
        )
    };
    let path = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://")).unwrap_or(value);
    let path = path.split(['?', '#']).next().unwrap_or(path).trim_matches('/');
    let mut parts: Vec<&str> = path.split('/').collect();
    // owners have no dot in their names, servers have
    let host =
        parts.first().copied().filter(|first| parts.len() > 2 && first.contains('.')).map(str::to_lowercase);
    if host.is_some() {
        parts.remove(0);
    }
    let host = host.unwrap_or_else(|| "github.com".to_owned());
    let lab = host.split('.').any(|part| part == "gitlab");
    if let Some(end) = parts.iter().position(|part| matches!(*part, "-" | "releases" | "tree" | "blob")) {
        parts.truncate(end);
    }
    // GitLab has groups in groups
    let fits = if lab { parts.len() >= 2 } else { parts.len() == 2 };
    if !fits || !parts.iter().all(|part| is_name(part)) {
        return Err(bad());
    }
    if let Some(last) = parts.last_mut() {
        *last = last.strip_suffix(".git").unwrap_or(last);
    }
    if lab {
        parts.push("-");
    }
    // Forgejo and Gitea write the same feed as `.rss` and `.atom`
    parts.push("releases.atom");
    address(base, &format!("https://{host}/"), &parts, &[])
}

/// All new posts of a Discourse forum, or those of a category, tag or topic of it.
pub(super) fn discourse(value: &str, base: Option<&Url>) -> Result<String, BuildError> {
    let whole = if value.contains("://") { value.to_owned() } else { format!("https://{value}") };
    let page = web("discourse", &whole).ok().filter(|page| {
        page.domain().is_some_and(|host| host.contains('.') || host == "localhost") || value.contains("://")
    });
    let page = page.ok_or_else(|| {
        wrong(
            "discourse",
            "not a forum; write its host, \"forum.acme.example\", or with a part of it, \"/c/support\"",
        )
    })?;
    let parts: Vec<&str> = page.path().trim_matches('/').split('/').filter(|part| !part.is_empty()).collect();
    let (last, before) = match parts.split_last() {
        None => ("posts.rss".to_owned(), Vec::new()),
        Some((last, before)) => {
            let last = last.trim_end_matches(".rss").trim_end_matches(".json");
            (format!("{last}.rss"), before.to_vec())
        }
    };
    let path: Vec<&str> = before.into_iter().chain([last.as_str()]).collect();
    let mut site = page.clone();
    site.set_path("/");
    address(base, site.as_str(), &path, &[])
}

/// A hashtag as one server of the fediverse sees it.
pub(super) fn mastodon_tag(value: &str, base: Option<&Url>) -> Result<String, BuildError> {
    let plain = value.strip_prefix("https://").unwrap_or(value).trim_matches('/');
    let (server, tag) = match plain.split_once('@') {
        Some((tag, server)) if !plain.contains('/') => (server, tag),
        _ => plain.split_once('/').unwrap_or(("", plain)),
    };
    let tag = tag.strip_prefix("tags/").unwrap_or(tag).trim_start_matches('#').trim_end_matches(".rss");
    let is_tag = !tag.is_empty() && tag.chars().all(|one| one.is_alphanumeric() || one == '_');
    let is_server = is_name(server) && server.contains('.');
    if !is_tag || !(is_server || (server.is_empty() && base.is_some())) {
        return Err(wrong(
            "mastodon_tag",
            "not a hashtag of a server; write \"#acme@mastodon.example\" or \"mastodon.example/tags/acme\"",
        ));
    }
    address(base, &format!("https://{server}/"), &["tags", &format!("{tag}.rss")], &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_agree_with_themselves() {
        for (edition, end) in [
            ("fr-FR", "&hl=fr&gl=FR&ceid=FR:fr"),
            ("fr_be", "&hl=fr&gl=BE&ceid=BE:fr"),
            ("fr-CA", "&hl=fr-CA&gl=CA&ceid=CA:fr"),
            ("en-GB", "&hl=en-GB&gl=GB&ceid=GB:en"),
            ("pt-BR", "&hl=pt-BR&gl=BR&ceid=BR:pt-419"),
            ("es-MX", "&hl=es-419&gl=MX&ceid=MX:es-419"),
            ("zh-TW", "&hl=zh-TW&gl=TW&ceid=TW:zh-Hant"),
        ] {
            let address = google_news("\"Velora\" -emploi", Some(edition), None).unwrap();
            let expected = format!("https://news.google.com/rss/search?q=%22Velora%22+-emploi{end}");
            assert_eq!(address, expected);
        }
        for bad in ["fr", "français", "fr-FRA", "-", "1-22"] {
            assert_eq!(google_news("x", Some(bad), None).unwrap_err().key, "edition", "{bad}");
        }
    }

    #[track_caller]
    fn check(read: fn(&str, Option<&Url>) -> Result<String, BuildError>, cases: &[(&str, &str)]) {
        for (value, expected) in cases {
            let read = read(value, None).unwrap_or_default();
            assert_eq!(read, *expected, "{value}");
        }
    }

    #[test]
    fn short_forms_and_pages_lead_to_the_same_feed() {
        let channel = "UCabcdefghijklmnopqrstuv";
        let feed = format!("https://www.youtube.com/feeds/videos.xml?channel_id={channel}");
        check(
            youtube_channel,
            &[
                (channel, &feed),
                (&format!("https://www.youtube.com/channel/{channel}/videos"), &feed),
                ("@velora", "https://www.youtube.com/@velora"),
                ("https://youtube.com/@velora/videos", "https://www.youtube.com/@velora"),
                ("https://www.youtube.com/c/Velora", "https://www.youtube.com/c/Velora"),
                ("velora", ""),
                ("UCshort", ""),
                ("https://velora.example/@x", ""),
            ],
        );
        let list = "https://www.youtube.com/feeds/videos.xml?playlist_id=PLabcdefghijkl";
        check(
            youtube_playlist,
            &[
                ("PLabcdefghijkl", list),
                ("https://www.youtube.com/watch?v=x&list=PLabcdefghijkl", list),
                (channel, ""),
                ("PL", ""),
            ],
        );
        check(
            reddit,
            &[
                ("r/velora", "https://www.reddit.com/r/velora/new/.rss?limit=100"),
                ("/r/velora+brume/", "https://www.reddit.com/r/velora+brume/new/.rss?limit=100"),
                ("r/velora/comments", "https://www.reddit.com/r/velora/comments/.rss?limit=100"),
                ("u/ana", "https://www.reddit.com/user/ana/.rss?limit=100"),
                ("https://old.reddit.com/r/velora/?x", "https://www.reddit.com/r/velora/new/.rss?limit=100"),
                ("velora", ""),
                ("r/", ""),
                ("r/a b", ""),
            ],
        );
        check(
            releases,
            &[
                ("velora/app", "https://github.com/velora/app/releases.atom"),
                ("https://github.com/velora/app.git", "https://github.com/velora/app/releases.atom"),
                ("https://github.com/velora/app/releases", "https://github.com/velora/app/releases.atom"),
                ("gitlab.com/velora/tools/app", "https://gitlab.com/velora/tools/app/-/releases.atom"),
                ("codeberg.org/velora/app", "https://codeberg.org/velora/app/releases.atom"),
                ("velora", ""),
                ("velora/app/x", ""),
            ],
        );
        check(
            discourse,
            &[
                ("forum.velora.example", "https://forum.velora.example/posts.rss"),
                ("https://forum.velora.example/c/aide/7", "https://forum.velora.example/c/aide/7.rss"),
                ("forum.velora.example/latest.rss", "https://forum.velora.example/latest.rss"),
                ("velora", ""),
            ],
        );
        check(
            mastodon_tag,
            &[
                ("#velora@social.example", "https://social.example/tags/velora.rss"),
                ("social.example/tags/Élan", "https://social.example/tags/%C3%89lan.rss"),
                ("https://social.example/tags/velora", "https://social.example/tags/velora.rss"),
                ("velora", ""),
            ],
        );
        let words = reddit_search("velora \"brume\"", Some("r/velora"), None).unwrap();
        assert_eq!(
            words,
            "https://www.reddit.com/r/velora/search.rss?q=velora+%22brume%22&restrict_sr=on&sort=new&limit=100"
        );
        assert_eq!(reddit_search("x", Some("u/ana"), None).unwrap_err().key, "reddit");
        let own = Url::parse("https://git.velora.example/forge").unwrap();
        assert_eq!(
            releases("a/b", Some(&own)).unwrap(),
            "https://git.velora.example/forge/a/b/releases.atom"
        );
    }
}
