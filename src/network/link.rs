//! Addresses from strangers, made safe to keep: no credentials and no keys in them.
//!
//! An address without any comes back as it was written, letter by letter.

use url::Url;

/// Longest address kept, in bytes: browsers stop at about as much.
const LONGEST: usize = 4_096;
/// Parameters that hold keys, as the networks name them.
const SECRETS: &[&str] = &[
    "access_token",
    "api_key",
    "apikey",
    "appsecret_proof",
    "auth_token",
    "client_secret",
    "key",
    "refresh_token",
    "token",
];

/// A web address that may be stored and shown; `None` for anything else.
pub(super) fn kept(raw: &str) -> Option<String> {
    clean(raw, |_| false)
}

/// The same, without the parameters that only count visits (`utm_source` and its like).
pub(super) fn untracked(raw: &str) -> Option<String> {
    clean(raw, |name| name.starts_with("utm_"))
}

/// Markup that may be kept beside its text: some, and no address with a key in it.
pub(super) fn markup(raw: &str) -> Option<String> {
    let lower = raw.to_lowercase();
    let named = SECRETS.iter().filter(|name| name.len() > "token".len());
    let leaks = named.into_iter().any(|name| lower.contains(&format!("{name}=")));
    (raw.contains('<') && !leaks).then(|| raw.to_owned())
}

fn clean(raw: &str, noise: impl Fn(&str) -> bool) -> Option<String> {
    let raw = raw.trim();
    let mut url = Url::parse(raw).ok().filter(|_| raw.len() <= LONGEST)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return None;
    }
    let drop = |name: &str| {
        let name = name.to_lowercase();
        SECRETS.contains(&name.as_str()) || noise(&name)
    };
    let named = |pairs: Option<&str>| {
        let pairs = pairs.unwrap_or_default();
        url::form_urlencoded::parse(pairs.as_bytes()).any(|(name, _)| drop(&name))
    };
    let (in_query, in_fragment) = (named(url.query()), named(url.fragment()));
    let credentials = !url.username().is_empty() || url.password().is_some();
    if !in_query && !in_fragment && !credentials {
        // line ends and tabs inside are passed over by the parser, and would be kept by us
        let plain = !raw.chars().any(|one| one.is_control() || one.is_whitespace());
        return Some(if plain { raw.to_owned() } else { url.into() });
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    if in_fragment {
        url.set_fragment(None);
    }
    if in_query {
        let left: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| !drop(name))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.set_query(None);
        if !left.is_empty() {
            url.query_pairs_mut().extend_pairs(left);
        }
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expected: Option<&str>) {
        assert_eq!(kept(raw).as_deref(), expected, "{raw}");
    }

    #[test]
    fn keys_and_credentials_go_and_the_rest_stays_as_written() {
        check("http://Moka.example/A?b=c%20d#e", Some("http://Moka.example/A?b=c%20d#e"));
        check("https://me:pw@a.example/x", Some("https://a.example/x"));
        check("https://a.example/x?access_token=s&page=2", Some("https://a.example/x?page=2"));
        check("https://a.example/x?API_KEY=s", Some("https://a.example/x"));
        check("https://a.example/x#access_token=s", Some("https://a.example/x"));
        check("https://a.example/x?monkey=1", Some("https://a.example/x?monkey=1"));
        check("https://a.exa\nmple/x", Some("https://a.example/x"));
        for nothing in ["javascript:alert(1)", "data:text/plain,x", "a.example", "", "https://"] {
            check(nothing, None);
        }
    }

    #[test]
    fn markup_with_a_key_in_it_is_not_kept() {
        assert_eq!(markup("plain"), None);
        assert_eq!(markup("<a href='https://a.example/?api_key=s'>x</a>"), None);
        assert!(markup("<a href='https://a.example/?monkey=s'>x</a>").is_some());
    }

    #[test]
    fn visits_are_not_counted() {
        assert_eq!(
            untracked("https://a.example/r?utm_source=Vigie+%28ID%3A+1%29&utm_medium=api&x=1").as_deref(),
            Some("https://a.example/r?x=1")
        );
    }
}
