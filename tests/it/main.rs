//! The tests, one module a subject, through the doors people use.
mod bluesky;
mod example;
mod fetch;
mod impostor;
mod server;
mod source;
