//! Addresses: those of servers in a section, and those that strangers write, freed of secrets.

use url::Url;

use super::fault;
use crate::network::BuildError;
use crate::network::clean;

/// Longest address kept, in characters.
const LONGEST: usize = 4_000;
/// Parameters that are secrets wherever they stand.
const SECRETS: &[&str] = &[
    "access_token",
    "api_key",
    "apikey",
    "api-key",
    "auth",
    "auth_token",
    "client_secret",
    "jwt",
    "oauth_signature",
    "oauth_token",
    "passwd",
    "password",
    "private_token",
    "refresh_token",
    "secret",
    "session_token",
    "sessionid",
    "token",
];

/// The address of a server, as its section says it.
pub(crate) fn base(key: &str, text: &str) -> Result<Url, BuildError> {
    Url::parse(text.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| fault(key, format!("`{text}` is not an address like https://server")))
}

/// An address below `base`, with parameters.
pub(crate) fn under(base: &Url, path: &[&str], pairs: &[(&str, &str)]) -> String {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url.set_query(None);
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    url.into()
}

/// Host and port, as people name a server.
pub(crate) fn host(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// An address that a person can open, without credentials; `None` for anything else.
pub(crate) fn kept(address: &str) -> Option<String> {
    resolve(None, address)
}

/// The same, of an address that may be relative to `base`.
pub(crate) fn resolve(base: Option<&Url>, address: &str) -> Option<String> {
    let address = clean::some_line(address, LONGEST)?;
    let mut url = Url::parse(&address).ok().or_else(|| base?.join(&address).ok())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return None;
    }
    let bare = url.username().is_empty() && url.password().is_none();
    let told = |key: &str| SECRETS.iter().any(|secret| key.eq_ignore_ascii_case(secret));
    let secret = url.query_pairs().any(|(key, _)| told(&key));
    let own = address.starts_with("http://") || address.starts_with("https://");
    if bare && !secret && own {
        return Some(address); // as it was written
    }
    if !bare && (url.set_username("").is_err() || url.set_password(None).is_err()) {
        return None;
    }
    if secret {
        let safe: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(key, _)| !told(key))
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        url.set_query(None);
        if !safe.is_empty() {
            url.query_pairs_mut().extend_pairs(safe);
        }
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_no_secret() {
        for (address, expected) in [
            ("https://a.example/x?b=1", Some("https://a.example/x?b=1")),
            ("https://u:p@a.example/x", Some("https://a.example/x")),
            ("https://a.example/x?access_token=s&b=1&API_KEY=t", Some("https://a.example/x?b=1")),
            ("https://a.example/x?token=s", Some("https://a.example/x")),
            ("/t/5", Some("https://f.example/t/5")),
            ("//cdn.example/a.png", Some("https://cdn.example/a.png")),
            ("javascript:alert(1)", None),
            ("mailto:a@b.example", None),
            ("", None),
        ] {
            let base = Url::parse("https://f.example/x/").unwrap();
            assert_eq!(resolve(Some(&base), address).as_deref(), expected, "{address}");
        }
        assert_eq!(kept("relative/path"), None);
    }
}
