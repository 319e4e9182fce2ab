//! Pictures as 64-bit perceptual hashes: how near two are.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Bits by which a copy may differ: scaling and compression change a few, another picture changes about half.
const COPIED: u32 = 8;

/// A picture, by its 64-bit perceptual hash (written as 16 hexadecimal digits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Picture(pub u64);

/// A text that is no hash of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a picture is written as 16 hexadecimal digits, its 64-bit perceptual hash")]
pub struct PictureError;

impl FromStr for Picture {
    type Err = PictureError;

    fn from_str(text: &str) -> Result<Picture, PictureError> {
        let text = text.trim();
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let read = digits.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        read.map(Picture).ok_or(PictureError)
    }
}

impl Picture {
    /// Whether `other` is this picture, perhaps scaled or compressed anew. A picture of one colour is no picture.
    pub fn is_copied_by(self, other: Picture) -> bool {
        let plain = |picture: Picture| matches!(picture.0, 0 | u64::MAX);
        !plain(self) && !plain(other) && (self.0 ^ other.0).count_ones() <= COPIED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_told_from_others() {
        let own: Picture = "af9b189c3be880d6".parse().unwrap();
        assert!(own.is_copied_by("AF9B189C3BE880D1".parse().unwrap()));
        assert!(!own.is_copied_by("509b199c3be880d6".parse().unwrap()), "nine bits");
        assert!(!Picture(0).is_copied_by(Picture(0)), "one colour");
        for wrong in ["", "af9b", "+f9b189c3be880d6", "af9b189c3be880dg"] {
            assert_eq!(wrong.parse::<Picture>(), Err(PictureError), "{wrong}");
        }
    }
}
