//! The tests, one module a subject, through the doors people use.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a test that panics has failed, and says what it measured"
)]

mod again;
mod appstore;
mod backup;
mod bluesky;
mod channel;
mod claims;
mod clusters;
mod command;
mod config;
mod corpus;
mod delivery;
mod discourse;
mod dkim;
mod driven;
mod duties;
mod example;
mod exports;
mod explain;
mod facebook;
mod faults;
mod feed;
mod filled;
mod fetch;
mod fuzz;
mod gdelt;
mod github;
mod hackernews;
mod home;
mod hostile;
mod import;
mod impostor;
mod init;
mod instagram;
mod jetstream;
mod kill;
mod kinds;
mod label;
mod language;
mod layers;
mod lemmy;
mod linkedin;
mod lists;
mod mail;
mod mastodon;
mod matching;
mod network;
mod names;
mod nostr;
mod pinterest;
mod podcastindex;
mod producthunt;
mod quiet;
mod recorded;
mod reload;
mod report;
mod rollups;
mod rule;
mod reddit;
mod sentiment;
mod server;
mod share;
mod sink;
mod sliced;
mod source;
mod snapshot;
mod spike;
mod spoken;
mod stackexchange;
mod story;
mod threads;
mod told;
mod tumblr;
mod walks;
mod watch;
mod web;
mod world;
mod x;
mod youtube;
