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

mod backup;
mod bluesky;
mod command;
mod config;
mod corpus;
mod delivery;
mod example;
mod explain;
mod feed;
mod fetch;
mod fuzz;
mod hackernews;
mod home;
mod hostile;
mod impostor;
mod init;
mod jetstream;
mod kill;
mod layers;
mod linkedin;
mod lists;
mod mail;
mod mastodon;
mod network;
mod pinterest;
mod recorded;
mod server;
mod share;
mod sink;
mod source;
mod tumblr;
mod watch;
mod youtube;
