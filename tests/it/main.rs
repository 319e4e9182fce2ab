//! The tests, one module a subject, through the doors people use.
mod bluesky;
mod example;

mod fetch;
mod server;
mod source;
mod mail;
mod share;
