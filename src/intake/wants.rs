//! Whether a post may concern anybody: asked of every post of a stream before it is read whole.

use std::sync::Arc;

use super::Judge;
use crate::impostor::Own;
use crate::impostor::conduct::Said;
use crate::matcher::{Matcher, Scratch};
use crate::network::Skim;
use crate::post::{Author, NetworkName};

/// Whether the words of an answer ask for something that a help desk might ask for: such answers are looked at even
/// where no keyword stands in them.
pub fn is_telling(text: &str) -> bool {
    Said::tells(text)
}

/// Whether a post with these texts may concern anybody: an anchor of some brand stands in one of them, or it is an
/// answer that is looked at all the same ([`is_telling`]). Of all others nothing is kept but that they were heard.
pub fn may_concern<'t>(
    matcher: &Matcher,
    mut texts: impl Iterator<Item = &'t str> + Clone,
    is_answer: bool,
    scratch: &mut Scratch,
) -> bool {
    matcher.finds_any(texts.clone(), scratch) || is_answer && texts.any(is_telling)
}

/// What says whether a post may concern anybody, shared with those who read streams.
#[derive(Debug, Clone)]
pub struct Wants {
    matcher: Arc<Matcher>,
    own: Arc<Own>,
}

impl Judge {
    /// What of a stream it wants to see.
    pub fn wants(&self) -> Wants {
        Wants { matcher: Arc::clone(&self.matcher), own: Arc::clone(&self.own) }
    }
}

impl Wants {
    /// Whether a post of `network`, read as far as its words, may concern anybody: as [`may_concern`] says, or because a
    /// brand's own account answers somebody.
    pub fn may_concern(&self, network: &NetworkName, post: &Skim<'_>, scratch: &mut Scratch) -> bool {
        let by_own = || {
            let author = Author { native_id: post.author.to_string(), ..Author::default() };
            !self.own.is_empty() && !self.own.brands(network, &author).is_empty()
        };
        may_concern(&self.matcher, std::iter::once(&*post.text), post.is_answer, scratch)
            || post.is_answer && by_own()
    }
}
