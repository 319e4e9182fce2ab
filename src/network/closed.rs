//! Networks that offer no legal way to listen: why, and what works instead.

use serde::Serialize;

/// A network that cannot be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// Its name.
    pub name: &'static str,
    /// Why, in plain words.
    pub why: &'static str,
    /// What works instead.
    pub instead: &'static str,
}

/// Networks that nobody may listen to with a tool like this one (state of November 2026).
pub const CLOSED: &[Closed] = &[
    Closed {
        name: "tiktok",
        why: "its research interface is open to researchers of non-profit institutions only, and its terms name advertisers and businesses as not eligible",
        instead: "import a CSV or JSON lines export of your social suite (`vigie import`), let another tool post to the webhook (`POST /ingest`), or follow the same account on YouTube, Instagram or X",
    },
    Closed {
        name: "snapchat",
        why: "its public profile interface is for partners and for profiles that log in themselves",
        instead: "import an export (`vigie import`), or follow the same brand on the networks that can be heard",
    },
    Closed {
        name: "wechat",
        why: "no interface reads other official accounts, Moments or search; a verified business account only reads its own articles",
        instead: "import the export of a monitoring provider in China (`vigie import`), or let it post to the webhook (`POST /ingest`)",
    },
];

/// The closed network of this name.
pub fn closed(name: &str) -> Option<&'static Closed> {
    CLOSED.iter().find(|closed| closed.name == name)
}
