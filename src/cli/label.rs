//! `vigie label`: a person says which mentions are about the brand, the most doubtful first; and how often Vigie is right.

mod report;
mod session;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::select::Brands;
use super::{Common, PROBLEM, Usage, clean, say};
use crate::intake::weigh::{self, Scales};
use crate::keyword::Brand;
use crate::mention::Mention;
use crate::store::labels::{self, Asked};
use crate::store::list::{self, Filter};
use crate::store::{self, Durability, Store};

#[derive(Debug, Args)]
pub(super) struct Label {
    /// A brand; or the number of a mention, or the subject of the mail that "not about us" writes
    #[arg(value_name = "BRAND|ID|SUBJECT")]
    what: Option<String>,
    /// Whether the mention is about the brand: yes or no
    #[arg(value_name = "yes|no", value_parser = answer)]
    answer: Option<bool>,
    /// Take a mail that "not about us" wrote, from this file; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "what")]
    mail: Option<PathBuf>,
    /// Ask about any mention instead of the most doubtful: what a fair figure needs
    #[arg(long)]
    random: bool,
    /// Print how often mentions were about the brand, by keyword, with an interval of 95 %
    #[arg(long, conflicts_with_all = ["mail", "answer", "random"])]
    report: bool,
    /// Print JSON: mentions to ask about, the most doubtful first; or the report
    #[arg(long)]
    json: bool,
    /// At most this many questions, or lines with --json
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

/// `yes` and `no` in both languages, whole or by their first letter.
fn answer(text: &str) -> Result<bool, String> {
    match text.trim().to_lowercase().as_str() {
        "y" | "yes" | "o" | "oui" => Ok(true),
        "n" | "no" | "non" => Ok(false),
        _ => Err("write yes or no".to_owned()),
    }
}

impl Label {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = common.config()?;
        let brands = common.brands_for_reading(&config)?;
        if let Some(mail) = &self.mail {
            let subject = subject(mail)?;
            return self.one(&subject, Some(false), Asked::Mail, &config.data_dir, &brands);
        }
        if let Some(what) = &self.what {
            let number = what.trim().parse::<i64>().is_ok();
            if number || mark(what).is_some() {
                let asked = if number { Asked::Given } else { Asked::Mail };
                let answer = self.answer.or((!number).then_some(false));
                return self.one(what, answer, asked, &config.data_dir, &brands);
            }
            if self.answer.is_some() {
                return Err(Usage(format!(
                    "\"{what}\" is no number of a mention; `vigie mentions --json` lists them"
                ))
                .into());
            }
        }
        let reading = store::reader(&config.data_dir)?;
        let wanted = Brands::of(self.what.as_deref()).ids(&reading, &brands)?;
        if self.report {
            return report::print(&reading, &wanted, self.json);
        }
        let wanted = if wanted.is_empty() {
            brands.iter().map(|brand| brand.id.to_string()).collect()
        } else {
            wanted
        };
        let mut session = session::Session::new(&reading, &brands, &wanted, self.random)?;
        if self.json {
            return session.list(self.limit);
        }
        drop(reading);
        let store = writer(&config.data_dir)?;
        let said = session.ask(&store, &config, self.limit)?;
        if said > 0 {
            weigh_again(&store, &brands, &wanted)?;
            report::warn_of_falls(store.connection(), &wanted)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Takes what is said of one mention.
    fn one(
        &self,
        what: &str,
        answer: Option<bool>,
        asked: Asked,
        data_dir: &Path,
        brands: &[Brand],
    ) -> anyhow::Result<ExitCode> {
        let (id, check) = match what.trim().parse::<i64>() {
            Ok(id) => (id, None),
            Err(_) => mark(what).map(|(id, check)| (id, Some(check))).ok_or_else(|| {
                Usage("the subject names no mention; it ends with [mention NUMBER]".to_owned())
            })?,
        };
        let Some(relevant) = answer else {
            return Err(Usage(format!(
                "say whether mention {id} is about the brand: vigie label {id} yes, or no"
            ))
            .into());
        };
        let store = writer(data_dir)?;
        let found = list::mention_list(store.connection(), &Filter { ids: vec![id], ..Filter::default() })?;
        let Some(mention) =
            found.into_iter().find(|mention| check.is_none_or(|check| mention.check() == check))
        else {
            super::fault(&format!("no stored mention has the number {id}; its post may be gone"));
            return Ok(ExitCode::from(PROBLEM));
        };
        save(&store, &mention, relevant, asked)?;
        let wanted = [mention.brand.to_string()];
        weigh_again(&store, brands, &wanted)?;
        let verdict = if relevant { "is about" } else { "is not about" };
        say(clean(&format!("mention {id} {verdict} {}", mention.brand)))?;
        report::warn_of_falls(store.connection(), &wanted)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The number and the check of a subject such as `not about us [mention 12-3f9a]`.
fn mark(subject: &str) -> Option<(i64, &str)> {
    let (_, rest) = subject.rsplit_once("[mention ")?;
    let (id, check) = rest.split_once(']')?.0.trim().split_once('-')?;
    Some((id.parse().ok()?, check))
}

/// The subject of a mail as a mail program saves it.
fn subject(file: &Path) -> anyhow::Result<String> {
    let name = if file.as_os_str() == "-" { "standard input".to_owned() } else { file.display().to_string() };
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)
    } else {
        std::fs::File::open(file).and_then(|mut open| std::io::Read::read_to_end(&mut open, &mut bytes))
    };
    read.with_context(|| format!("failed to read {name}"))?;
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    let head = text.split("\n\n").next().unwrap_or_default().replace("\n ", " ").replace("\n\t", " ");
    let subject = head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case("subject").then(|| value.trim().to_owned())
    });
    subject.ok_or_else(|| Usage(format!("{name}: is no mail with a subject")).into())
}

/// The store to write to: beside the program that watches, where one does.
fn writer(data_dir: &Path) -> anyhow::Result<Store> {
    Ok(match store::holder(data_dir) {
        Some(_) => Store::join(data_dir)?,
        None if data_dir.join(store::FILE).is_file() => Store::open(data_dir, Durability::Full)?,
        None => Store::join(data_dir)?, // says that there is none
    })
}

/// Keeps what was said, in one transaction.
fn save(store: &Store, mention: &Mention, relevant: bool, asked: Asked) -> anyhow::Result<()> {
    store.begin()?;
    if let Err(error) = store.label(mention, relevant, asked, super::now()) {
        store.roll_back();
        return Err(error.into());
    }
    Ok(store.commit()?)
}

/// Weighs every mention of these brands again that no person has spoken of, with what has been learned.
fn weigh_again(store: &Store, brands: &[Brand], wanted: &[String]) -> anyhow::Result<()> {
    /// Written in one transaction: a program that watches waits for no longer.
    const PART: usize = 500;
    let scales = Scales::taught(labels::lessons(store.connection())?);
    let mut changed = Vec::new();
    let filter = Filter { brands: wanted.to_vec(), unlabelled: true, ..Filter::default() };
    list::mentions(store.connection(), &filter, |mention| {
        if let Some(brand) = brands.iter().find(|brand| brand.id == mention.brand) {
            let weighed = scales.weigh(brand, &keywords(&mention), &weigh::words(&mention.post));
            if weighed.relevance != mention.relevance || weighed.doubtful != mention.doubtful {
                changed.push((mention.id, weighed));
            }
        }
        Ok::<(), anyhow::Error>(())
    })?;
    for part in changed.chunks(PART) {
        store.begin()?;
        for (id, weighed) in part {
            if let Err(error) = store.reweigh(*id, weighed) {
                store.roll_back();
                return Err(error.into());
            }
        }
        store.commit()?;
    }
    Ok(())
}

/// The keywords found in a mention.
fn keywords(mention: &Mention) -> Vec<&str> {
    mention.tags.iter().map(|tag| tag.keyword.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_lead_to_mentions() {
        assert_eq!(mark("Re: Vigie: not about us [mention 12-3f9a]"), Some((12, "3f9a")));
        assert_eq!(mark("[mention x-3f9a]"), None);
        assert_eq!(mark("not about us"), None);
        assert_eq!(answer("OUI"), Ok(true));
        assert!(answer("maybe").is_err());
    }
}
