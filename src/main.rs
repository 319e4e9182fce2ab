//! Starts Vigie.
fn main() {}
