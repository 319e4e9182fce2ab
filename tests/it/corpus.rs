//! Where recorded answers stand, and how answers break.

use std::path::{Path, PathBuf};

/// The files below `folder` of the corpus that `VIGIE_CORPUS` names, or `None`, said aloud.
pub(crate) fn files(folder: &str, extension: &str) -> Option<Vec<PathBuf>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told by the environment where the corpus stands"
    )]
    let Ok(corpus) = std::env::var("VIGIE_CORPUS") else {
        println!("skipped {folder}: VIGIE_CORPUS is not set");
        return None;
    };
    let mut files = Vec::new();
    collect(&Path::new(&corpus).join(folder), extension, &mut files);
    files.sort();
    assert!(!files.is_empty(), "nothing in {folder}");
    Some(files)
}

fn collect(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, extension, files);
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
}

/// The bytes cut off everywhere, and with one bit turned over: at some 1,500 places each.
pub(crate) fn broken(whole: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let step = whole.len() / 1500 + 1;
    let cut = (0..whole.len()).step_by(step).map(|end| whole[..end].to_vec());
    cut.chain((0..whole.len()).step_by(step).map(|at| {
        let mut flipped = whole.to_vec();
        flipped[at] ^= 1 << (at % 8);
        flipped
    }))
}
