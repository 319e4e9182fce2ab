//! One step of a request: where it goes and what it carries. Redirects by strangers get no secrets.

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use url::{Host, Url};

use super::error::{Fault, FetchError};
use crate::network::{self, Request};

/// What another host may see of a redirected request. All else may be a credential.
const HARMLESS: &[HeaderName] = &[
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::USER_AGENT,
];

/// One step of a request.
#[derive(Clone)]
pub(super) struct Hop {
    pub(super) url: Url,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
}

impl Hop {
    /// The request as its network made it.
    pub(super) fn first(request: &Request) -> Result<Hop, FetchError> {
        let nameless = |reason| FetchError::new("an unreadable address", Fault::BadUrl(reason));
        let url = Url::parse(&request.url).map_err(|_| nameless("the address cannot be read"))?;
        if !is_web(&url) {
            return Err(nameless("the address is not http or https"));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let (Ok(name), Ok(mut value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
            else {
                let fault = Fault::BadUrl("a header or credential holds characters that cannot be sent");
                return Err(FetchError::new(host(&url), fault));
            };
            value.set_sensitive(!HARMLESS.contains(&name));
            headers.append(name, value);
        }
        let method = match request.method {
            network::Method::Get => Method::GET,
            network::Method::Post | network::Method::Talk(_) => Method::POST,
        };
        Ok(Hop { url, method, headers, body: request.body.clone() })
    }

    /// Where a redirect leads.
    pub(super) fn next(mut self, status: StatusCode, location: Option<&HeaderValue>) -> Result<Hop, Fault> {
        let location = location.ok_or(Fault::BadRedirect("it says not where to"))?;
        let location = std::str::from_utf8(location.as_bytes())
            .map_err(|_| Fault::BadRedirect("its address is no text"))?;
        let mut url =
            self.url.join(location).map_err(|_| Fault::BadRedirect("its address cannot be read"))?;
        if !is_web(&url) {
            return Err(Fault::BadRedirect("it leaves http and https"));
        }
        let keeps_body = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        if self.method == Method::POST && !keeps_body {
            self.method = Method::GET;
            self.body = None;
            self.headers.remove(header::CONTENT_TYPE);
        }
        let (user, password) = if trusts(&self.url, &url) {
            (self.url.username(), self.url.password())
        } else {
            if self.body.is_some() {
                return Err(Fault::BadRedirect("it would hand the request's body to another host"));
            }
            self.headers = self
                .headers
                .iter()
                .filter(|(name, _)| HARMLESS.contains(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            ("", None)
        };
        // both fail only on addresses without a host, which `is_web` refused
        if url.set_username(user).is_err() || url.set_password(password).is_err() {
            return Err(Fault::BadRedirect("its address has no host"));
        }
        self.url = url;
        Ok(self)
    }

    /// The host, for a person to read.
    pub(super) fn host(&self) -> String {
        host(&self.url)
    }

    /// The address without credentials.
    pub(super) fn shown_url(&self) -> String {
        let mut url = self.url.clone();
        if url.set_username("").is_err() || url.set_password(None).is_err() {
            return host(&url);
        }
        url.into()
    }
}

/// The host of an address.
pub(super) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// What has one pace: a host, whichever of the two schemes; a service on an unusual port has its own.
pub(super) fn pace_key(url: &Url) -> String {
    let host = url.host().map(|host| match host {
        Host::Domain(name) => name.trim_end_matches('.').to_owned(),
        Host::Ipv4(_) | Host::Ipv6(_) => host.to_string(),
    });
    match url.port() {
        Some(port) if !matches!(port, 80 | 443) => format!("{}:{port}", host.unwrap_or_default()),
        Some(_) | None => host.unwrap_or_default(),
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty())
}

/// Whether what was meant for `from` may be sent to `to`: the same service, or its safer twin.
fn trusts(from: &Url, to: &Url) -> bool {
    let same_place = from.scheme() == to.scheme() && from.port() == to.port();
    let upgrade =
        from.scheme() == "http" && to.scheme() == "https" && from.port().is_none() && to.port().is_none();
    from.host() == to.host() && (same_place || upgrade)
}
