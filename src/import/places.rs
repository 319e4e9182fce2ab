//! Networks, languages and kinds of posts as other programs name them. Tables only.

use url::Url;

use crate::locale;
use crate::post::Kind;

/// Names of networks in exports, folded, and the name here.
const NETWORKS: &[(&str, &str)] = &[
    ("twitter", "x"),
    ("x twitter", "x"),
    ("twitter x", "x"),
    ("tweet", "x"),
    ("x com", "x"),
    ("facebook page", "facebook"),
    ("facebook pages", "facebook"),
    ("facebook public", "facebook"),
    ("fb", "facebook"),
    ("instagram public", "instagram"),
    ("ig", "instagram"),
    ("you tube", "youtube"),
    ("yt", "youtube"),
    ("linked in", "linkedin"),
    ("tik tok", "tiktok"),
    ("hacker news", "hackernews"),
    ("stack exchange", "stackexchange"),
    ("stack overflow", "stackexchange"),
    ("blue sky", "bluesky"),
    ("product hunt", "producthunt"),
    ("app store", "appstore"),
    ("git hub", "github"),
    ("rss", "feed"),
    ("feeds", "feed"),
];

/// Hosts and the network whose posts they show.
const HOSTS: &[(&str, &str)] = &[
    ("x.com", "x"),
    ("twitter.com", "x"),
    ("facebook.com", "facebook"),
    ("fb.com", "facebook"),
    ("instagram.com", "instagram"),
    ("linkedin.com", "linkedin"),
    ("tiktok.com", "tiktok"),
    ("youtube.com", "youtube"),
    ("youtu.be", "youtube"),
    ("reddit.com", "reddit"),
    ("redd.it", "reddit"),
    ("pinterest.com", "pinterest"),
    ("bsky.app", "bluesky"),
    ("threads.net", "threads"),
    ("threads.com", "threads"),
    ("tumblr.com", "tumblr"),
    ("news.ycombinator.com", "hackernews"),
    ("github.com", "github"),
    ("stackoverflow.com", "stackexchange"),
    ("stackexchange.com", "stackexchange"),
    ("producthunt.com", "producthunt"),
    ("apps.apple.com", "appstore"),
];

/// Longest name of a network kept.
const NAME: usize = 40;

/// The name here of what another program calls a network; `None` when nothing is left of it.
pub(super) fn network(said: &str) -> Option<String> {
    let words = super::columns::simple(said);
    if let Some((_, name)) = NETWORKS.iter().find(|(known, _)| *known == words) {
        return Some((*name).to_owned());
    }
    let name: String = words.replace(' ', "-").chars().take(NAME).collect();
    let known = crate::network::spec(&name).or_else(|| crate::network::spec(&words.replace(' ', "")));
    known.map(|spec| spec.name.to_owned()).or_else(|| (!name.is_empty()).then_some(name))
}

/// The network that an address leads to: `web` where it is none that is known here.
pub(super) fn network_of(address: &str) -> Option<&'static str> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?.to_ascii_lowercase();
    let under =
        |known: &str| host == known || host.strip_suffix(known).is_some_and(|rest| rest.ends_with('.'));
    Some(HOSTS.iter().find(|(known, _)| under(known)).map_or("web", |(_, network)| network))
}

/// The code of a language, from its code or its name.
pub(super) fn language(said: &str) -> Option<String> {
    let said = said.trim();
    let words = super::columns::simple(said);
    if let Some(code) = locale::language(said) {
        return Some(code.to_owned());
    }
    let is_code = (2..=12).contains(&said.len())
        && said.split(['-', '_']).all(|part| {
            !part.is_empty() && part.len() <= 8 && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
        && said.split(['-', '_']).next().is_some_and(|first| first.len() <= 3);
    (is_code && !matches!(words.as_str(), "und" | "na" | "n a" | "zxx")).then(|| said.replace('_', "-"))
}

/// The code of a country, from its code or its name. `NA`, by which tables say that they do not know, is no Namibia.
pub(super) fn country(said: &str) -> Option<String> {
    locale::country(said).filter(|_| said.trim() != "NA").map(str::to_owned)
}

/// The kind of a post, from another program's word for it.
pub(super) fn kind(said: &str) -> Option<Kind> {
    Some(match super::columns::simple(said).as_str() {
        "post" | "tweet" | "status" | "original" | "photo" | "image" | "link" | "publication" => Kind::Post,
        "reply" | "replied to" | "replies" | "reponse" => Kind::Reply,
        "repost" | "retweet" | "retweeted" | "share" | "reblog" | "boost" | "partage" => Kind::Repost,
        "quote" | "quoted" | "quote tweet" | "citation" => Kind::Quote,
        "comment" | "commentaire" => Kind::Comment,
        "article" | "news" | "blog" | "online news" | "story" | "actualite" => Kind::Article,
        "question" => Kind::Question,
        "answer" => Kind::Answer,
        "issue" | "ticket" | "discussion" => Kind::Issue,
        "video" | "reel" | "short" | "shorts" => Kind::Video,
        "review" | "avis" => Kind::Review,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_programs_names_are_known() {
        let named = |said: &str| network(said).unwrap_or_default();
        assert_eq!(
            [
                "Twitter",
                "X (Twitter)",
                "Facebook Page",
                "YouTube",
                "TikTok",
                "Hacker News",
                "Mastodon",
                "Online News",
                "--"
            ]
            .map(named),
            ["x", "x", "facebook", "youtube", "tiktok", "hackernews", "mastodon", "online-news", ""]
        );
        let of = |address: &str| network_of(address).unwrap_or_default();
        assert_eq!(
            [
                "https://mobile.twitter.com/a/status/1",
                "https://www.lemonde.example/a",
                "https://notx.com/a",
                "x.com/a",
                "ftp://x.com"
            ]
            .map(of),
            ["x", "web", "web", "", ""]
        );
        let code = |said: &str| language(said).unwrap_or_default();
        assert_eq!(
            ["fr", "Français", "en_GB", "English", "Polonais", "Klingon", "und", "pt-BR"].map(code),
            ["fr", "fr", "en-GB", "en", "pl", "", "", "pt-BR"]
        );
        assert_eq!(
            ["fra", "Royaume-Uni", "NA", "Namibia", "worldwide"]
                .map(|said| country(said).unwrap_or_default()),
            ["FR", "GB", "", "NA", ""]
        );
        assert_eq!(
            (kind("Retweet"), kind("Commentaire"), kind("?")),
            (Some(Kind::Repost), Some(Kind::Comment), None)
        );
    }
}
