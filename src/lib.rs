//! Vigie, the lookout: public posts in, alert mails and share-of-voice digests out.
//!
//! One sentence a module, in the order in which data flows. `ARCHITECTURE.md` has the picture.

/// A moment: UTC milliseconds.
pub mod time;
/// HTML of posts to plain text.
pub mod html;
/// TOML that people write, with every fault named.
pub mod document;
/// Posts, authors, deletions, accounts.
pub mod post;
/// Texts brought to one form.
pub mod fold;
/// Words of texts, and lists in which they are looked up.
pub mod word;
/// Countries and languages by their names.
pub mod locale;
/// Words and phrases found in folded texts, all in one pass.
pub mod find;
/// The query language: text to a tree.
pub mod query;
/// The language of a text.
pub mod language;
/// Whether a post speaks well or ill.
pub mod sentiment;
/// Brand files.
pub mod keyword;
/// What to ask each network, and what its answer said.
pub mod network;
/// The only HTTP client.
pub mod fetch;
/// Follows one network: waits, retries, hands over pages.
pub mod source;
/// Keywords of every brand found in one pass; what is a mention.
pub mod matcher;
/// Whether a post with an ambiguous name is about the brand.
pub mod relevance;
/// Which posts and articles are copies of one text.
pub mod story;
/// Whether an hour brought more mentions than chance explains.
pub mod spike;
/// Words and hashtags that rise by more than chance.
pub mod topic;
/// Accounts that pose as a brand.
pub mod impostor;
/// Mentions, suspects and gaps as kept and shown.
pub mod mention;
/// A page becomes steps for the store.
pub mod intake;
/// Shares of voice: counts to parts of a thousand.
pub mod share;
/// Days, weeks and months of the calendar.
pub mod calendar;
/// Rules, and what a group of alerts says.
pub mod alert;
/// All SQL.
pub mod store;
/// What a period brought, gathered from the store.
pub mod digest;
/// Every brand's state over a period, as one document.
pub mod snapshot;
/// Mentions, shares, snapshots and suspects as tables and lines.
pub mod export;
/// When digests fall due.
pub mod schedule;
/// Mails: what they say, and the bytes that are sent.
pub mod mail;
/// A period as one page that can be defended.
pub mod report;
/// One case as a file that can be handed in.
pub mod evidence;
/// Changes become notices.
pub mod notice;
/// The one place that writes.
pub mod keeper;
/// A recorded capture through the same pipeline.
pub mod replay;
/// Files of others become posts: CSV and JSON lines.
pub mod import;
/// Mails as files in a folder.
pub mod outbox;
/// A finished mail handed to a server or a folder.
pub mod deliver;
/// One page to read, and a place where posts are pushed to.
pub mod web;
/// `vigie.toml` and the environment.
pub mod config;
/// Starts every task, stops every task.
pub mod daemon;
/// The command line.
pub mod cli;
