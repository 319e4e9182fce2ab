//! The tests, one module a subject, through the doors people use.

mod fetch;
mod server;
mod source;
