//! Accounts of a forum: as authors of posts, and as profiles.

use serde_json::Value;

use super::NAME;
use super::item::Forum;
use crate::html;
use crate::network::clean;
use crate::network::forum::{flag, many, markdown};
use crate::network::json::{id, text, time};
use crate::post::{Account, Author};

/// The size of pictures asked for, in pixels.
const PICTURE: &str = "240";

/// Whether a value is an account.
pub(super) fn is_account(value: &Value) -> bool {
    text(value, "username").is_some()
        && ["topic_id", "post_number", "cooked", "raw", "topic_slug", "notification_type"]
            .iter()
            .all(|key| value.get(key).is_none())
}

impl Forum {
    /// The author that fields with this prefix tell of.
    pub(super) fn author(&self, value: &Value, prefix: &str) -> Option<Author> {
        let key = |name: &str| format!("{prefix}{name}");
        let handle = text(value, &key("username"))?;
        let number =
            id(value, &key("user_id")).or_else(|| id(value, &key("id")).filter(|_| is_account(value)));
        let official = ["staff", "moderator", "admin"];
        let told = official.iter().any(|flag| value.get(*flag).is_some_and(Value::is_boolean));
        Some(Author {
            bot: number.as_ref().filter(|number| number.starts_with('-')).map(|_| true),
            native_id: self.native(&number.unwrap_or_else(|| handle.to_lowercase())),
            handle: Some(handle.to_owned()),
            display_name: text(value, &key("name")).and_then(|name| clean::some_line(name, clean::LINE)),
            avatar: text(value, &key("avatar_template"))
                .map(|path| self.place(&path.replace("{size}", PICTURE))),
            url: Some(self.place(&format!("/u/{handle}"))),
            verified: told.then(|| official.iter().any(|name| flag(value, name))),
            ..Author::default()
        })
    }

    /// A profile.
    pub(super) fn account(&self, value: &Value) -> Option<Account> {
        let mut author = self.author(value, "")?;
        let cooked = ["bio_cooked", "bio_excerpt"].iter().find_map(|key| text(value, key)).map(html::to_text);
        let bio = cooked.or_else(|| text(value, "bio_raw").map(|bio| markdown::read(bio).text));
        author.bio = bio.map(|bio| clean::text(&bio, clean::LINE)).filter(|bio| !bio.is_empty());
        author.created = time(value, "created_at");
        author.followers = many(value, "total_followers").or_else(|| many(value, "follower_count"));
        author.posts = many(value, "post_count");
        let status = ["suspended_till", "suspended_at"]
            .iter()
            .any(|key| value.get(*key).is_some_and(|till| !till.is_null()))
            .then(|| "suspended".to_owned())
            .or_else(|| flag(value, "silenced").then(|| "silenced".to_owned()));
        Some(Account { network: NAME, author, status, at: None })
    }
}
