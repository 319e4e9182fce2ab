//! Captures: recorded posts and answers, one JSON object a line, plain or zstd.

use super::{Answer, Ask, Cursor, Dates, Network, Page, ReadError, Spec};
use crate::post::NetworkName;
use crate::time::Time;

const NAME: NetworkName = NetworkName::known("capture");

pub(super) const SPEC: Spec = Spec {
    name: "capture",
    aliases: &[],
    about: "recorded posts and answers from a file",
    keys: &["path"],
    dates: Dates::Server,
    build: |section| Ok(Box::new(super::section::<Capture>(section)?)),
};

/// A capture as a source.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Capture {
    path: std::path::PathBuf,
}

impl Network for Capture {
    fn ask(&self, _cursor: Option<&Cursor>, _now: Time) -> Ask {
        Ask::Play(self.path.clone())
    }

    fn read(&self, _answer: &Answer, _cursor: Option<&Cursor>) -> Result<Page, ReadError> {
        Err(ReadError::new(&NAME, "lines", "not yet"))
    }
}
