//! Feeds of every kind and quality, read as the daemon reads them.

mod conformance;

use vigie::network::{Answer, Page, ReadError, Request};
use vigie::time::Time;

/// What Vigie understands of a body found at `url`.
fn read(body: &[u8], headers: &[(String, String)], url: &str) -> Result<Page, ReadError> {
    let spec = vigie::network::spec("feed").expect("the table has feeds");
    let network = (spec.build)(&toml::Table::new()).expect("no key is needed to read");
    let answer = Answer {
        request: Request::get(url),
        status: 200,
        headers: headers.to_vec(),
        final_url: url.to_owned(),
        body: body.to_vec(),
        seen: Time(1_767_571_200_000),
    };
    network.read(&answer, None)
}
