//! Hubs that push feeds (WebSub): noticed and noted, not used.

use url::Url;

use super::entry::Feed;
use crate::network::Answer;
use crate::network::clean;

/// The hub of the feed and the address it knows the feed by, from the HTTP header or the feed itself.
pub(super) fn of(feed: &Feed, answer: &Answer) -> (Option<String>, Option<String>) {
    let headers: Vec<&str> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("link"))
        .map(|(_, value)| value.as_str())
        .collect();
    let said = |relation: &str| headers.iter().find_map(|header| linked(header, relation));
    let absolute = |link: String| match Url::parse(answer.url()) {
        Ok(base) => base.join(&link).ok().map(String::from),
        Err(_) => Some(link),
    };
    let hub =
        said("hub").and_then(absolute).or_else(|| feed.hub.clone()).filter(|hub| hub.starts_with("http"));
    let topic = said("self").and_then(absolute).or_else(|| feed.own.clone()).filter(|_| hub.is_some());
    (hub.and_then(|hub| clean::some_line(&hub, 500)), topic.and_then(|topic| clean::some_line(&topic, 500)))
}

/// The target with this relation in a `Link` header: `<https://hub.example/>; rel="hub", <...>; rel=self`.
fn linked(header: &str, relation: &str) -> Option<String> {
    header.split('<').skip(1).find_map(|part| {
        let (target, parameters) = part.split_once('>')?;
        let matches = parameters.split([';', ',']).any(|parameter| {
            let Some((key, value)) = parameter.split_once('=') else { return false };
            let mut relations = value.trim().trim_matches('"').split_whitespace();
            key.trim().eq_ignore_ascii_case("rel") && relations.any(|one| one.eq_ignore_ascii_case(relation))
        });
        matches.then(|| target.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_headers_are_read() {
        let header = "<https://hub.example/?a=1,2>; rel=\"hub\", </flux>; rel=self; type=x";
        assert_eq!(linked(header, "hub").as_deref(), Some("https://hub.example/?a=1,2"));
        assert_eq!(linked(header, "self").as_deref(), Some("/flux"));
        assert_eq!(linked(header, "next"), None);
        assert_eq!(linked("<", "hub"), None);
    }
}
