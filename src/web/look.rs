//! What the page shows, read from the store at one moment; and in which language.

use axum::http::{HeaderMap, header};

use super::Shown;
use crate::digest::{self, Digest};
use crate::impostor::Level;
use crate::mail::Language;
use crate::mention::{Mention, Suspect};
use crate::store::{self, StoreError, list};
use crate::time::Time;

/// Mentions listed, the newest.
pub(super) const MENTIONS: u32 = 50;
/// Suspects listed, the most likely.
const SUSPECTS: u32 = 20;

/// Everything on the page.
#[derive(Debug)]
pub(super) struct Look {
    /// The figures of the last days.
    pub(super) digest: Digest,
    /// The newest mentions.
    pub(super) mentions: Vec<Mention>,
    /// Accounts under suspicion.
    pub(super) suspects: Vec<Suspect>,
}

impl Look {
    /// Reads it.
    pub(super) fn gather(shown: &Shown, now: Time) -> Result<Look, StoreError> {
        let connection = store::reader(&shown.folder)?;
        let reading = connection.unchecked_transaction()?;
        let window = digest::default_window(&reading, now)?;
        let watched = shown.brands.borrow().clone();
        let brands: Vec<String> = watched.iter().map(|brand| brand.id.to_string()).collect();
        let newest =
            list::Filter { brands, limit: Some(MENTIONS), doubtful: Some(false), ..list::Filter::default() };
        let likely = list::Filter { limit: Some(SUSPECTS), ..newest.clone() };
        let mut suspects = list::suspects(&reading, &likely, Level::Review)?;
        suspects.retain(Suspect::is_open);
        Ok(Look {
            digest: digest::gather(&reading, &watched, window, now)?,
            mentions: list::mention_list(&reading, &newest)?,
            suspects,
        })
    }
}

/// The language asked for: by `?lang=`, else by what the browser prefers, else the usual one.
pub(super) fn language(query: Option<&str>, headers: &HeaderMap, usual: Language) -> Language {
    let said = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "lang")
        .and_then(|(_, value)| known(&value));
    let preferred = || {
        let list = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        let weighed = list.split(',').filter_map(|one| {
            let (tag, rest) = one.split_once(';').unwrap_or((one, ""));
            let weight = rest
                .trim()
                .strip_prefix("q=")
                .map_or(Some(1.0), |weight| weight.trim().parse::<f32>().ok())?;
            Some((known(tag.trim())?, weight))
        });
        // Of two as welcome the first counts.
        weighed.fold(None, |best: Option<(Language, f32)>, one| match best {
            Some((_, weight)) if weight >= one.1 => best,
            _ if one.1 > 0.0 => Some(one),
            _ => best,
        })
    };
    said.or_else(|| preferred().map(|(language, _)| language)).unwrap_or(usual)
}

fn known(tag: &str) -> Option<Language> {
    match tag.split('-').next()?.to_ascii_lowercase().as_str() {
        "fr" => Some(Language::Fr),
        "en" => Some(Language::En),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_chooses_the_language() {
        let chosen = |query: Option<&str>, accept: &str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accept.parse().unwrap())]);
            language(query, &headers, Language::En)
        };
        assert_eq!(chosen(Some("a=b&lang=fr"), "en"), Language::Fr);
        assert_eq!(chosen(Some("lang=de"), "fr-CH, fr;q=0.9, en;q=0.8"), Language::Fr);
        assert_eq!(chosen(None, "de, en;q=0.5, fr;q=0.7"), Language::Fr);
        assert_eq!(chosen(None, "fr;q=0, *;q=0.1"), Language::En);
        assert_eq!(chosen(None, ";;;,=q"), Language::En);
    }
}
