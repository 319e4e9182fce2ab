//! A round of questions: the most doubtful mention first, and what is said of one teaches which is next.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::{keywords, save};
use crate::cli::output::Out;
use crate::cli::{count, mentions, say};
use crate::config::Config;
use crate::export::MentionLine;
use crate::intake::weigh::{self, Scales};
use crate::keyword::Brand;
use crate::mention::Mention;
use crate::relevance::{self, Relevance};
use crate::store::labels::{self, Asked};
use crate::store::list::{self, Filter};
use crate::store::{Store, StoreError};

/// Mentions looked at of a brand, the newest: among these the most doubtful is found.
const MOST: u32 = 500;

/// What can be asked.
pub(super) struct Session<'b> {
    brands: &'b [Brand],
    /// Mentions of which nothing was said, newest first.
    open: Vec<Mention>,
    random: bool,
}

impl<'b> Session<'b> {
    pub(super) fn new(
        connection: &Connection,
        brands: &'b [Brand],
        wanted: &[String],
        random: bool,
    ) -> Result<Session<'b>, StoreError> {
        let mut open = Vec::new();
        for brand in wanted {
            let filter = Filter {
                brands: vec![brand.clone()],
                unlabelled: true,
                limit: Some(MOST),
                ..Filter::default()
            };
            open.extend(list::mention_list(connection, &filter)?);
        }
        open.retain(|mention| brands.iter().any(|brand| brand.id == mention.brand));
        let mut session = Session { brands, open, random };
        session.weigh(connection)?;
        if random {
            fastrand::shuffle(&mut session.open);
        }
        Ok(session)
    }

    /// Weighs what is open with what has been learned so far.
    fn weigh(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let scales = Scales::taught(labels::lessons(connection)?);
        for mention in &mut self.open {
            let Some(brand) = self.brands.iter().find(|brand| brand.id == mention.brand) else { continue };
            let weighed = scales.weigh(brand, &keywords(mention), &weigh::words(&mention.post));
            (mention.relevance, mention.doubtful) = (weighed.relevance, weighed.doubtful);
        }
        Ok(())
    }

    /// Takes the mention to ask about next.
    fn next(&mut self) -> Option<Mention> {
        if self.random {
            return self.open.pop();
        }
        let thought: Vec<&Relevance> = self.open.iter().map(|mention| &mention.relevance).collect();
        relevance::most_doubtful(thought).map(|place| self.open.remove(place))
    }

    /// Prints what would be asked, one line of JSON each.
    pub(super) fn list(&mut self, limit: usize) -> anyhow::Result<ExitCode> {
        let mut out = Out::standard();
        for _ in 0..limit {
            let Some(mention) = self.next() else { break };
            out.json(&MentionLine::new(&mention, Vec::new()))?;
        }
        out.done()
    }

    /// Asks until nothing is left, `limit` answers are given, or the person stops. Tells how many were given.
    pub(super) fn ask(&mut self, store: &Store, config: &Config, limit: usize) -> anyhow::Result<usize> {
        let zone = config.mail.zone.clone().unwrap_or(TimeZone::UTC);
        let names = self.brands.iter().map(|brand| (&*brand.id.0, brand.name.as_str())).collect();
        let asked = if self.random { Asked::Random } else { Asked::Doubtful };
        let mut said = 0;
        let mut stopped = false;
        while said < limit && !stopped {
            let Some(mention) = self.next() else {
                say(if said == 0 {
                    "nothing to ask: something was said of every mention"
                } else {
                    "nothing is left"
                })?;
                return Ok(said);
            };
            let mut out = Out::standard();
            mentions::show(&mut out, &mention, &names, &zone)?;
            out.done()?;
            let name = names.get(&*mention.brand.0).copied().unwrap_or(&mention.brand.0);
            match question(&format!("Is it about {name}? y(es), n(o), s(kip), q(uit): "))? {
                Reply::Said(relevant) => {
                    save(store, &mention, relevant, asked)?;
                    said += 1;
                    self.weigh(store.connection())?;
                }
                Reply::Skip => {}
                Reply::Quit => stopped = true,
            }
        }
        say(format!("{} kept", count(said, "answer", "answers")))?;
        Ok(said)
    }
}

/// What a person typed.
enum Reply {
    Said(bool),
    Skip,
    Quit,
}

/// Asks until the answer is understood. The end of the input is a stop.
fn question(text: &str) -> anyhow::Result<Reply> {
    let mut input = std::io::stdin().lock();
    loop {
        let mut out = std::io::stdout().lock();
        out.write_all(crate::cli::clean(text).as_bytes())?;
        out.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            out.write_all(b"\n")?;
            return Ok(Reply::Quit);
        }
        if !std::io::stdin().is_terminal() {
            out.write_all(b"\n")?;
        }
        match line.trim().to_lowercase().as_str() {
            "s" | "skip" | "" => return Ok(Reply::Skip),
            "q" | "quit" => return Ok(Reply::Quit),
            typed => {
                if let Ok(said) = super::answer(typed) {
                    return Ok(Reply::Said(said));
                }
            }
        }
    }
}
