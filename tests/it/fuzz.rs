//! The fuzz corpus, replayed: files that people wrote or a fuzzer found, and broken forms of them.

use std::path::Path;

use crate::corpus::broken;

#[path = "../fuzz/targets.rs"]
mod targets;

/// Runs a target over its corpus. A crash found by fuzzing becomes a file there.
#[track_caller]
fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 3, "{name}: {files:?}");
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        target(&bytes);
        broken(&bytes).step_by(11).for_each(|bytes| target(&bytes));
    }
}

#[test]
fn networks_read_anything() {
    replay("network", targets::network);
}

#[test]
fn brand_files_are_read_or_refused() {
    replay("keyword", targets::keyword);
}

#[test]
fn what_is_found_can_be_sliced() {
    replay("matcher", targets::matcher);
}

#[test]
fn queries_are_run_or_refused() {
    replay("query", targets::query);
}
