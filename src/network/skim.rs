//! Messages of streams that are read only far enough to see that nothing stands in them: most of most streams.

use std::borrow::Cow;

use crate::post::NetworkName;
use crate::time::Time;

/// How far a stream has been read, in the network's own measure. 0: nothing was read yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark(pub i64);

/// A native id as it stands in a message: parts, to be read end to end.
pub type Parts<'b> = [&'b str; 4];

/// As much of a message of a stream as shows whether anything stands in it: one new post.
#[derive(Debug)]
pub struct Skim<'b> {
    /// The post's native id.
    pub native_id: Parts<'b>,
    /// Native id of its author.
    pub author: &'b str,
    /// All its words.
    pub text: Cow<'b, str>,
    /// Whether it answers another post.
    pub is_answer: bool,
    /// How far the stream has been read with it.
    pub mark: Mark,
    /// The moment up to which the stream has been read.
    pub until: Option<Time>,
}

/// Networks and native ids of posts in which nothing stands, in memory of their own together: hundreds of thousands a
/// second are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passed {
    /// Networks and native ids, end to end.
    names: String,
    /// For each where its network and its native id end.
    ends: Vec<(usize, usize)>,
}

impl Passed {
    /// Adds a post: its network, and its native id in parts.
    pub fn push<'p>(&mut self, network: &str, native_id: impl IntoIterator<Item = &'p str>) {
        self.names.push_str(network);
        let middle = self.names.len();
        native_id.into_iter().for_each(|part| self.names.push_str(part));
        self.ends.push((middle, self.names.len()));
    }

    /// Adds a post that was skimmed.
    pub fn push_skimmed(&mut self, network: &NetworkName, skim: &Skim<'_>) {
        self.push(network.as_str(), skim.native_id);
    }

    /// Adds all of others.
    pub fn append(&mut self, others: &Passed) {
        others.iter().for_each(|(network, native_id)| self.push(network, [native_id]));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The network and native id of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |(middle, end)| {
            let network = self.names.get(start..*middle).unwrap_or_default();
            let native_id = self.names.get(*middle..*end).unwrap_or_default();
            start = *end;
            (network, native_id)
        })
    }
}
