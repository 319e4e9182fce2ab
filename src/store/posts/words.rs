//! The hash of a post's words, by which copies of one text are counted once.

use sha2::{Digest as _, Sha256};

use crate::fold::Folded;
use crate::post::Post;

/// Hashes words; its room is used again from post to post.
#[derive(Debug, Default)]
pub(in crate::store) struct Words {
    folded: Folded,
    written: Vec<u8>,
}

impl Words {
    /// The hash of title and text, folded.
    pub(super) fn hash(&mut self, post: &Post) -> [u8; 8] {
        let Words { folded, written } = self;
        written.clear();
        if let Some(title) = &post.title {
            folded.fold(title);
            folded.write_text(written);
        }
        written.push(0);
        folded.fold(&post.text);
        folded.write_text(written);
        let mut short = [0; 8];
        for (place, byte) in short.iter_mut().zip(Sha256::digest(written)) {
            *place = byte;
        }
        short
    }
}
