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

mod appstore;
mod backup;
mod bluesky;
mod command;
mod config;
mod corpus;
mod delivery;
mod duties;
mod driven;
mod example;
mod explain;
mod facebook;
mod feed;
mod fetch;
mod fuzz;
mod hackernews;
mod home;
mod hostile;
mod import;
mod impostor;
mod init;
mod instagram;
mod jetstream;
mod kill;
mod layers;
mod linkedin;
mod lists;
mod mail;
mod mastodon;
mod network;
mod nostr;
mod podcastindex;
mod producthunt;
mod pinterest;
mod recorded;
mod reddit;
mod server;
mod share;
mod sink;
mod source;
mod threads;
mod tumblr;
mod watch;
mod world;
mod youtube;
mod web;
mod x;
