//! Pictures as 64-bit perceptual hashes: how near two are.

mod decode;
#[cfg(test)]
mod rates;

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::post::{Author, NetworkName};

pub use decode::{LARGEST, Unreadable};

/// Bits by which a copy may differ. Measured (`rates`): one in a thousand of other marks is as near, one in a hundred of
/// those drawn alike; missed are 6 % of copies 48 pixels wide and 10 % of those cropped by 5 %. With 8 bits twice as many
/// are missed, with 12 three times as many others are taken for copies. A border or a mirror hides a copy from any.
const COPIED: u32 = 10;

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
    /// Reads a PNG, JPEG, GIF (its first frame) or WebP file.
    ///
    /// # Errors
    /// When it is none, is damaged, or would unfold to more than a profile picture ever is.
    pub fn read(bytes: &[u8]) -> Result<Picture, Unreadable> {
        decode::read(bytes)
    }

    /// Whether `other` is this picture, perhaps scaled or compressed anew. A picture of one colour is no picture.
    pub fn is_copied_by(self, other: Picture) -> bool {
        let plain = |picture: Picture| matches!(picture.0, 0 | u64::MAX);
        !plain(self) && !plain(other) && self.distance(other) <= COPIED
    }

    /// Bits in which two pictures differ.
    pub fn distance(self, other: Picture) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

/// As it is parsed.
impl fmt::Display for Picture {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

/// Pictures that have been read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Album {
    /// By their addresses.
    pub by_address: HashMap<String, Picture>,
    /// Of accounts that may be a brand's own.
    pub of_accounts: Vec<(NetworkName, Author, Picture)>,
}

/// Parts of addresses of pictures that networks give to whoever has none: many share them, nobody copied them.
const STOCK: [&str; 8] = [
    "missing.",
    "default",
    "letter_avatar",
    "identicon",
    "anonymous",
    "placeholder",
    "no-avatar",
    "noavatar",
];

/// Whether a network gives this picture to those who have none of their own.
pub fn is_stock(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    // The host may be called anything.
    let path =
        address.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    STOCK.iter().any(|part| path.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_told_from_others() {
        let own: Picture = "af9b189c3be880d6".parse().unwrap();
        assert!(own.is_copied_by("AF9B189C3BE880D1".parse().unwrap()));
        assert!(!own.is_copied_by("509b1f9c3be880d6".parse().unwrap()), "eleven bits");
        assert!(!Picture(0).is_copied_by(Picture(0)), "one colour");
        for wrong in ["", "af9b", "+f9b189c3be880d6", "af9b189c3be880dg"] {
            assert_eq!(wrong.parse::<Picture>(), Err(PictureError), "{wrong}");
        }
        assert_eq!(own.to_string().parse(), Ok(own));
    }

    #[test]
    fn pictures_of_those_who_have_none_are_known() {
        for (address, stock) in [
            ("https://social.example/avatars/original/missing.png", true),
            ("https://x.example/sticky/default_profile_images/default_profile_normal.png", true),
            ("https://default.example/a/1.png", false),
            ("https://social.example/avatars/111/molivelle.png", false),
        ] {
            assert_eq!(is_stock(address), stock, "{address}");
        }
    }
}
