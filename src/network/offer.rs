//! What a network can give, and on which terms: declared once a network, read by everything else, so that nothing
//! else decides behaviour by the name of a network.

use serde::Serialize;

/// What has to be passed before a network can be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// None: everyone may listen.
    Open,
    /// A free key that anyone gets.
    Key,
    /// A key that costs money.
    Paid,
    /// A review of the app by the network, which may take weeks or fail.
    Review,
    /// Only accounts of one's own can be heard.
    Own,
    /// There is no legal way to listen.
    Closed,
}

/// What a network can do for a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Can {
    /// Finds posts by words.
    Search,
    /// Brings posts as they are written.
    Stream,
    /// Finds posts by hashtag or tag.
    Tags,
    /// Lists the posts of a known account, page, feed or group.
    AccountPosts,
    /// Lists the comments on known posts.
    Comments,
    /// Lists posts that name one's own account.
    OwnMentions,
    /// Counts posts without giving them.
    Counts,
    /// Tells followers, name, bio and avatar of a known account.
    Snapshot,
    /// Finds accounts by name.
    UserSearch,
    /// Gives older posts for a stretch of time.
    Backfill,
}

/// How edits or deletions are learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// The stream tells.
    Stream,
    /// Asking for the post again tells.
    Reread,
    /// The network never tells.
    Never,
}

/// What it means when a post asked for again is not in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// It was deleted.
    Gone,
    /// Nothing.
    Unknown,
}

/// What a budget is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Requests.
    Requests,
    /// The network's own quota units.
    Quota,
    /// Millionths of a US dollar.
    MicroDollars,
}

/// What may leave Vigie in automatic exports and mails to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Export {
    /// Texts.
    Full,
    /// Identifiers, links and counts.
    Links,
    /// Nothing but counts.
    Counts,
}

/// A secret of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// Its name in the section and at the end of the environment variable: `token` for `VIGIE_<SOURCE>_TOKEN`.
    pub key: &'static str,
    /// Whether nothing works without it.
    pub needed: bool,
    /// What it is and where a person gets it.
    pub about: &'static str,
}

/// What a network can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// What has to be passed first.
    pub gate: Gate,
    /// What it can do.
    pub can: &'static [Can],
    /// How far back it reaches, in words.
    pub look_back: &'static str,
    /// How deletions are learnt.
    pub deletes: Told,
    /// How edits are learnt.
    pub edits: Told,
    /// Posts that one request of [`super::Network::reread`] may ask for; 0 where there is none.
    pub reread_batch: usize,
    /// What it means when one of them is not in the answer.
    pub absent: Absent,
    /// What a budget is counted in.
    pub unit: Unit,
    /// The budget a day when the source names none, in that unit; `None` for no limit of our own.
    pub daily: Option<u64>,
    /// What it costs and how much of it there is, in words, with the date of the figures.
    pub cost: &'static str,
    /// Days after which text must be read again or removed; `None` where the network sets no term.
    pub keep_days: Option<u16>,
    /// Hours after which a stored post must be read again before it is shown; `None` where there is no such duty.
    pub reread_hours: Option<u16>,
    /// What may leave Vigie.
    pub export: Export,
    /// What works instead where this does not, in one sentence; empty where nothing is needed.
    pub instead: &'static str,
}

impl Offer {
    /// An open network without duties, asked by requests: the others differ from it.
    pub const OPEN: Offer = Offer {
        gate: Gate::Open,
        can: &[],
        look_back: "what the newest answers hold",
        deletes: Told::Never,
        edits: Told::Never,
        reread_batch: 0,
        absent: Absent::Unknown,
        unit: Unit::Requests,
        daily: None,
        cost: "free",
        keep_days: None,
        reread_hours: None,
        export: Export::Full,
        instead: "",
    };

    /// Whether it can do this.
    pub fn can(&self, what: Can) -> bool {
        self.can.contains(&what)
    }
}
