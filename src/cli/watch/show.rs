//! What `watch` prints: plain lines in a pipe, the same lines above a live count on a terminal.

use std::collections::HashMap;

use tokio::sync::mpsc;

use super::super::{clean, count, progress};
use crate::daemon::Told;
use crate::keyword::Brand;
use crate::matcher;
use crate::mention::{Mention, Suspect};
use crate::share::Shares;
use crate::source::State;
use crate::store::alerts::Outcome;
use crate::store::posts::Tally;

/// A line shows at most this many characters of a post.
const EXCERPT: usize = 100;

/// Prints what is told until nobody tells anything more.
pub(super) fn run(mut told: mpsc::Receiver<Told>, brands: &[Brand], quiet: bool) {
    let bar = progress::spinner(quiet);
    let names = brands.iter().map(|brand| (brand.id.to_string(), brand.name.clone())).collect();
    let mut shown = Shown { names, states: HashMap::new(), tally: Tally::default(), mails: 0 };
    while let Some(one) = told.blocking_recv() {
        let lines = shown.lines(&one);
        if !quiet {
            bar.suspend(|| {
                for line in lines {
                    // A closed pipe ends the output, not the watch.
                    drop(super::say(clean(&line)));
                }
            });
        }
        let Tally { posts, mentions, suspicions, .. } = shown.tally;
        bar.set_message(format!(
            "{}, {}, {}, {}",
            count(posts, "post", "posts"),
            count(mentions, "mention", "mentions"),
            count(suspicions, "suspect", "suspects"),
            count(shown.mails, "mail", "mails")
        ));
    }
    bar.finish_and_clear();
}

struct Shown {
    names: HashMap<String, String>,
    /// How each source fared last, so that a trouble is told once and not at every attempt.
    states: HashMap<String, std::mem::Discriminant<State>>,
    tally: Tally,
    mails: u64,
}

impl Shown {
    fn lines(&mut self, told: &Told) -> Vec<String> {
        match told {
            Told::Source { name, state } => self.source(name, state).into_iter().collect(),
            Told::Stored { source, tally, mentions, suspects } => {
                self.tally.add(*tally);
                self.stored(source, *tally, mentions, suspects)
            }
            Told::Shares(shares) => share_lines(shares),
            Told::Mail { kind, recipient, outcome, path } => {
                vec![self.mail(kind, recipient, outcome, path.as_deref())]
            }
            Told::Door { address, token_file } => {
                let token = match token_file {
                    Some(file) => format!("the token in {}", file.display()),
                    None => "the token of VIGIE_WEB_TOKEN".to_owned(),
                };
                vec![format!("page: {address}  (others push posts to {address}ingest with {token})")]
            }
            Told::Reloaded { new, changed, gone } => {
                let part = |word: &str, brands: &[String]| {
                    (!brands.is_empty()).then(|| format!("{} {word}", brands.join(", ")))
                };
                let parts: Vec<String> = [part("new", new), part("changed", changed), part("gone", gone)]
                    .into_iter()
                    .flatten()
                    .collect();
                let what = if parts.is_empty() {
                    "nothing that decides has changed".to_owned()
                } else {
                    parts.join("; ")
                };
                vec![format!("brand files read again: {what}")]
            }
            Told::Trouble(text) => vec![format!("warning: {text}")],
        }
    }

    fn source(&mut self, name: &str, state: &State) -> Option<String> {
        let line = match state {
            State::Listening { host } => format!("source {name}: listening to {host}"),
            State::Ok { .. } => format!("source {name}: answers"),
            State::CaughtUp => format!("source {name}: has caught up with the present"),
            State::Failed { reason, retry_at, .. } => {
                let again = if retry_at.is_some() { "; tries again" } else { "" };
                format!("warning: source {name}: {reason}{again}")
            }
            // what a host asked for, or the budget: it goes on by itself
            State::Paused { reason, until } => format!("source {name}: paused: {reason}, until {until}"),
            State::Stopped { reason } => format!("warning: source {name}: stopped: {reason}"),
        };
        let now = std::mem::discriminant(state);
        let before = self.states.insert(name.to_owned(), now);
        (before != Some(now)).then_some(line)
    }

    fn name<'n>(&'n self, brand: &'n str) -> &'n str {
        self.names.get(brand).map_or(brand, String::as_str)
    }

    fn stored(&self, source: &str, tally: Tally, mentions: &[Mention], suspects: &[Suspect]) -> Vec<String> {
        let mut lines = Vec::new();
        for mention in mentions {
            let mark = if mention.example { " (example)" } else { "" };
            let who = mention.post.author_name();
            lines.push(format!(
                "mention  {}  {}{mark}  {}{who}: {}",
                self.name(&mention.brand.0),
                mention.post.network,
                if who.is_empty() { "" } else { "@" },
                excerpt(mention)
            ));
        }
        let more = tally.mentions.saturating_sub(u64::try_from(mentions.len()).unwrap_or(u64::MAX));
        if more > 0 {
            lines.push(format!("         and {more} more mentions from {source}"));
        }
        for suspect in suspects {
            let mark = if suspect.example { " (example)" } else { "" };
            let level = format!("{:?}", suspect.suspicion.level).to_lowercase();
            let handle = suspect.author.handle.as_deref().unwrap_or(&suspect.author.native_id);
            let shown = suspect.author.display_name.as_deref().unwrap_or_default();
            lines.push(format!(
                "suspect  {}  {}{mark}  @{handle} \"{shown}\" ({level})",
                self.name(&suspect.suspicion.brand.0),
                suspect.network
            ));
        }
        lines
    }

    fn mail(
        &mut self,
        kind: &str,
        recipient: &str,
        outcome: &Outcome,
        path: Option<&std::path::Path>,
    ) -> String {
        match outcome {
            Outcome::Sent(answer) => {
                self.mails += 1;
                match path {
                    Some(path) => format!("{kind}  {} (and its .html twin)", path.display()),
                    None => format!("{kind}  sent to {recipient}: {answer}"),
                }
            }
            Outcome::Retry(answer, next) => {
                format!("warning: {kind} to {recipient} waits until {next}: {answer}")
            }
            Outcome::Failed(answer) => format!("warning: {kind} to {recipient} was refused: {answer}"),
        }
    }
}

/// The first keyword in brackets, with what stands around it.
fn excerpt(mention: &Mention) -> String {
    let Some(first) = mention.tags.first() else { return String::new() };
    let fields: Vec<_> = matcher::fields(&mention.post).collect();
    let text = fields
        .iter()
        .find(|(field, _)| *field == first.field)
        .map(|(_, text)| text.as_ref())
        .unwrap_or_default();
    let tag = matcher::longest(&mention.tags, first.field)
        .first()
        .map_or(first.start..first.end, |tag| tag.start..tag.end);
    bracket(text, tag)
}

fn bracket(text: &str, tag: std::ops::Range<usize>) -> String {
    let (Some(before), Some(found), Some(after)) =
        (text.get(..tag.start), text.get(tag.clone()), text.get(tag.end..))
    else {
        return String::new();
    };
    let flat = |text: &str| text.replace(['\n', '\r'], " ");
    let length = before.chars().count();
    let cut: String = before.chars().skip(length.saturating_sub(EXCERPT / 2)).collect();
    let dots = if length > EXCERPT / 2 { "…" } else { "" };
    let left = EXCERPT.saturating_sub(cut.chars().count() + found.chars().count());
    let rest: String = after.chars().take(left).collect();
    let more = if after.chars().count() > left { "…" } else { "" };
    format!("{dots}{}[{}]{}{more}", flat(&cut), flat(found), flat(&rest))
}

/// Shares of voice in a few lines.
pub(super) fn share_lines(shares: &Shares) -> Vec<String> {
    super::super::share::lines(shares, super::super::share::By::Stories)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyword_stands_in_brackets() {
        assert_eq!(bracket("l’Éclair est là", 4..11), "l’[Éclair] est là");
        assert_eq!(bracket("a\nb", 2..3), "a [b]");
        assert_eq!(bracket("é", 1..2), "");
    }
}
