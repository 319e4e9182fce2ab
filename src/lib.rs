//! Vigie, the lookout: public posts in, alert mails and share-of-voice digests out.
//!
//! One sentence a module, in the order in which data flows. `ARCHITECTURE.md` has the picture.

/// Rules, and what a group of alerts says.
pub mod alert;
/// What a period brought, gathered from the store.
pub mod digest;
/// TOML that people write, with every fault named.
pub mod document;
/// Texts brought to one form.
pub mod fold;
/// HTML of posts to plain text.
pub mod fetch;
pub mod html;
/// Accounts that pose as a brand.
pub mod impostor;
/// A page becomes steps for the store.
pub mod intake;
/// Brand files.
pub mod keyword;
/// Letters and the bytes that are sent.
pub mod mail;
/// Keywords of every brand found in one pass; what is a mention.
pub mod matcher;
/// Mentions, suspects and gaps as kept and shown.
pub mod mention;
/// What to ask each network, and what its answer said.
pub mod network;
/// Posts, authors, deletions, accounts.
pub mod post;
/// Shares of voice: counts to parts of a thousand.
pub mod share;
/// All SQL.
pub mod store;
/// A moment: UTC milliseconds.
pub mod source;
pub mod time;
