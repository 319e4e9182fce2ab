//! The tests, one module a subject, through the doors people use.
mod bluesky;
mod example;
mod feed;

mod fetch;
mod server;
mod source;
