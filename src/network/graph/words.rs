//! Hashtags, names and links in plain text, where the network marks none of them.

use url::Url;

use crate::network::clean;

/// Most of each kind kept of one text.
const MOST: usize = 100;
/// Parameters of an address that open doors.
const SECRETS: [&str; 6] =
    ["access_token", "appsecret_proof", "app_secret", "client_secret", "api_key", "apikey"];
/// Hosts that only pass a click on to the address in `u`.
const SHIMS: [&str; 4] = ["l.facebook.com", "lm.facebook.com", "l.instagram.com", "l.threads.com"];

/// The words that follow `sign` at the start of a word, as far as `fits` goes.
fn marked(text: &str, sign: char, fits: impl Fn(char) -> bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(one) = rest.next() {
        if one == sign && !(before.is_alphanumeric() || matches!(before, '_' | '&' | '/' | '#' | '@')) {
            let mut word = String::new();
            while let Some(next) = rest.next_if(|next| fits(*next)) {
                word.push(next);
            }
            word.truncate(word.trim_end_matches('.').len());
            before = word.chars().last().unwrap_or(one);
            if !word.is_empty() && found.len() < MOST && !found.contains(&word) {
                found.push(word);
            }
        } else {
            before = one;
        }
    }
    found
}

/// The hashtags of a text, without the sign; a number alone is none.
pub(in crate::network) fn hashtags(text: &str) -> Vec<String> {
    // marks belong to letters: accents written apart, vowels of Indic scripts, joiners
    let fits = |one: char| one.is_alphanumeric() || one == '_' || is_mark(one);
    let mut tags = marked(text, '#', fits);
    tags.retain(|tag| tag.chars().any(|one| !one.is_ascii_digit()));
    tags
}

fn is_mark(one: char) -> bool {
    matches!(one, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{d7f}' | '\u{e31}'..='\u{e4e}' | '\u{200c}' | '\u{200d}')
}

/// The accounts that a text names with `@`.
pub(in crate::network) fn named(text: &str) -> Vec<String> {
    marked(text, '@', |one| one.is_ascii_alphanumeric() || matches!(one, '_' | '.'))
}

/// The web addresses that stand in a text.
pub(in crate::network) fn links_in(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(|one: char| one.is_whitespace() || matches!(one, '<' | '>' | '"' | '(' | ')')) {
        let start = word.find("https://").or_else(|| word.find("http://"));
        let address = start.and_then(|start| word.get(start..)).unwrap_or_default();
        let address = address.trim_end_matches(['.', ',', ';', ':', '!', '?', '…', '\'', '’', '»', ']', '}']);
        if let Some(link) = link(address)
            && found.len() < MOST
            && !found.contains(&link)
        {
            found.push(link);
        }
    }
    found
}

/// An address as it may be kept: of the web, without secrets, and where a click on it leads.
pub(in crate::network) fn link(address: &str) -> Option<String> {
    let address = clean::some_line(address, clean::LINE)?;
    let mut url = Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    if url.host_str().is_some_and(|host| SHIMS.contains(&host)) && url.path() == "/l.php" {
        let target = url.query_pairs().find(|(key, _)| key == "u").map(|(_, target)| target.into_owned());
        if let Some(target) = target.and_then(|target| Url::parse(&target).ok()) {
            url = target;
        }
    }
    let is_secret = |key: &str| SECRETS.iter().any(|secret| key.eq_ignore_ascii_case(secret));
    let open = url.username().is_empty()
        && url.password().is_none()
        && !url.query_pairs().any(|(key, _)| is_secret(&key));
    if open {
        // as written: a sign escaped otherwise may be another address
        return Some(if url.as_str().starts_with(address.trim_end_matches('/')) {
            address
        } else {
            url.into()
        });
    }
    url.set_password(None).ok()?;
    url.set_username("").ok()?;
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| !is_secret(key))
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_in_captions_are_found() {
        assert_eq!(
            hashtags("#Été à la #plage_2026, #2026 a#b &#39; #क्रीम #a"),
            ["Été", "plage_2026", "क्रीम", "a"]
        );
        assert_eq!(named("Avec @lea.martin. et (@sam_) mail@x.example @"), ["lea.martin", "sam_"]);
        assert_eq!(
            links_in("Voir (https://a.example/x?y=1), http://b.example. fin"),
            ["https://a.example/x?y=1", "http://b.example"]
        );
    }

    #[test]
    fn links_lose_secrets_and_shims() {
        assert_eq!(
            link("https://g.example/a?access_token=x&b=1").as_deref(),
            Some("https://g.example/a?b=1")
        );
        assert_eq!(
            link("https://l.facebook.com/l.php?u=https%3A%2F%2Fa.example%2Fp%3Fq%3D1&h=AT1").as_deref(),
            Some("https://a.example/p?q=1")
        );
        assert_eq!(link("fb://feed/"), None);
        assert_eq!(link("<image url>"), None);
    }
}
