//! Addresses, compared as people mean them: without scheme, `www.`, final slash, case, escapes, punycode.

use percent_encoding::percent_decode_str;
use unicode_normalization::UnicodeNormalization as _;
use url::Url;

use crate::fold::visible;

/// The address of a link, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    host: String,
    path: String,
    query: Vec<(String, String)>,
}

impl Address {
    /// Reads an address as it stands in a post, with or without its scheme; `None` when it leads to no web page.
    pub fn read(text: &str) -> Option<Address> {
        let text: &str = &visible(text.trim()).nfc().collect::<String>();
        // `mailto:` and its like lead to no page; what follows the name of a server is a port.
        let scheme = text.split_once(':').filter(|(scheme, rest)| {
            let port = rest.starts_with(|c: char| c.is_ascii_digit()) && scheme.contains('.');
            !rest.starts_with("//") && !port && scheme.chars().all(|c| c.is_ascii_alphanumeric())
        });
        if scheme.is_some() {
            return None;
        }
        let url = if text.contains("://") {
            Url::parse(text).ok()?
        } else {
            Url::parse(&format!("http://{text}")).ok()?
        };
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let host = url.host_str()?.trim_end_matches('.').to_lowercase();
        let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
        let plain = |text: &str| {
            percent_decode_str(text).decode_utf8_lossy().nfc().collect::<String>().to_lowercase()
        };
        let path = plain(url.path()).trim_end_matches('/').to_owned();
        let query =
            url.query_pairs().map(|(key, value)| (key.to_lowercase(), value.to_lowercase())).collect();
        (!host.is_empty()).then_some(Address { host, path, query })
    }
}

/// What `link:` asks for: a host with everything under it, perhaps the start of a path, perhaps parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPattern {
    text: Box<str>,
    address: Address,
}

impl LinkPattern {
    /// Reads what stands after `link:`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<LinkPattern, String> {
        let (before, after) = text.split_once('?').unwrap_or((text, "="));
        // a mark with neither a path before it nor a parameter after it
        let is_wild = !before.rsplit("://").next().unwrap_or_default().contains('/') && !after.contains('=');
        if text.contains('*') || is_wild {
            return Err("link: takes no wildcard; it finds everything under the address anyway".to_owned());
        }
        let address = Address::read(text)
            .ok_or_else(|| "is no address; write link:acme.example or link:acme.example/shop".to_owned())?;
        let shown = text.split_once("://").map_or(text, |(_, rest)| rest);
        Ok(LinkPattern { text: shown.into(), address })
    }

    /// The address as it is written in a query.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether an address of a post is under it.
    pub fn holds(&self, of: &Address) -> bool {
        let Address { host, path, query } = &self.address;
        let under = of.host == *host
            || of.host.strip_suffix(host.as_str()).is_some_and(|before| before.ends_with('.'));
        let inside =
            of.path.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        under && inside && query.iter().all(|pair| of.query.contains(pair))
    }
}
