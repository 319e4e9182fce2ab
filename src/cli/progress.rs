//! Progress on a terminal; silence in a pipe.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Whether somebody looks.
pub(super) fn is_seen(hidden: bool) -> bool {
    !hidden && std::io::stderr().is_terminal()
}

/// A spinner with a message, hidden where nobody looks.
pub(super) fn spinner(hidden: bool) -> ProgressBar {
    if !is_seen(hidden) {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// A bar over the bytes of a file, with a message, hidden where nobody looks.
pub(super) fn bytes(size: u64, hidden: bool) -> ProgressBar {
    if !is_seen(hidden) {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(size);
    if let Ok(style) = ProgressStyle::with_template("{bar:30.cyan} {percent}% {eta} {msg}") {
        bar.set_style(style);
    }
    bar
}

/// A bar over things that are counted, with a message, hidden where nobody looks.
pub(super) fn count(size: usize, hidden: bool) -> ProgressBar {
    if !is_seen(hidden) {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(size).unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template("{bar:30.cyan} {pos}/{len} {eta} {msg}") {
        bar.set_style(style);
    }
    bar
}
