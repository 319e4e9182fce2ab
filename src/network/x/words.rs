//! Words of brands as queries and rules of X: as few as fit, each within the length that X takes.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Words of the query language, which must be quoted to be looked for.
const OPERATORS: &[&str] = &["OR", "AND", "NOT"];

/// One word or name as it stands in a query; `None` when nothing of it can be looked for.
fn term(word: &str) -> Option<String> {
    let word: String = word.trim().chars().filter(|one| *one != '"' && !one.is_control()).collect();
    let body = word.strip_prefix(['#', '@', '$']).unwrap_or(&word);
    if !body.chars().any(char::is_alphanumeric) {
        return None;
    }
    let plain = body.chars().all(|one| one.is_alphanumeric() || one == '_');
    Some(if plain && !OPERATORS.contains(&word.as_str()) { word } else { format!("\"{word}\"") })
}

/// The same word without accents.
pub(super) fn unaccented(word: &str) -> String {
    word.nfd().filter(|one| !is_combining_mark(*one)).nfc().collect()
}

/// The words, each followed by its form without accents: rules of streams find only what they spell.
pub(super) fn both_spellings(words: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in words {
        for form in [word.clone(), unaccented(word)] {
            if !all.contains(&form) {
                all.push(form);
            }
        }
    }
    all
}

/// Queries of at most `limit` characters that find any of `words`, each narrowed by `also`.
///
/// # Errors
/// The word that does not fit, or says nothing.
pub(super) fn pack(words: &[String], also: &str, limit: usize) -> Result<Vec<String>, String> {
    let also = also.trim();
    let beside = if also.is_empty() { 0 } else { also.chars().count().saturating_add(1) };
    let mut queries = Vec::new();
    let mut terms: Vec<String> = Vec::new();
    // two parentheses, and " OR " before every term but the first
    let mut length = beside.saturating_add(2);
    for word in words {
        let term = term(word).ok_or_else(|| word.clone())?;
        let more = term.chars().count().saturating_add(4);
        if !terms.is_empty() && length.saturating_add(more) > limit {
            queries.push(query(&terms, also));
            terms.clear();
            length = beside.saturating_add(2);
        }
        length = length.saturating_add(if terms.is_empty() { more.saturating_sub(4) } else { more });
        if length > limit {
            return Err(word.clone());
        }
        terms.push(term);
    }
    if !terms.is_empty() {
        queries.push(query(&terms, also));
    }
    Ok(queries)
}

fn query(terms: &[String], also: &str) -> String {
    let any = match terms {
        [one] => one.clone(),
        more => format!("({})", more.join(" OR ")),
    };
    if also.is_empty() { any } else { format!("{any} {also}") }
}

/// What the account search takes: letters without accents, digits, `_`, `'` and spaces, 50 at most.
pub(super) fn for_account_search(words: &str) -> Option<String> {
    let plain = unaccented(words);
    let kept: String = plain
        .chars()
        .map(|one| if one.is_ascii_alphanumeric() || matches!(one, '_' | '\'') { one } else { ' ' })
        .collect();
    let kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept: String = kept.chars().take(50).collect();
    let kept = kept.trim().to_owned();
    (!kept.is_empty()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn words_become_as_few_queries_as_fit() {
        let pack = |words: &[&str], also: &str, limit| pack(&owned(words), also, limit);
        assert_eq!(pack(&["Molivelle"], "", 512).unwrap(), ["Molivelle"]);
        assert_eq!(
            pack(&["Molivelle", "Ostrel Vane", "#moka", "OR", "it's \"so\""], "lang:fr", 512).unwrap(),
            [r##"(Molivelle OR "Ostrel Vane" OR #moka OR "OR" OR "it's so") lang:fr"##]
        );
        let many: Vec<String> = (0..100).map(|number| format!("brand{number}")).collect();
        let queries = super::pack(&many, "-is:retweet", 64).unwrap();
        assert!(queries.iter().all(|query| query.chars().count() <= 64), "{queries:?}");
        let found: usize = queries.iter().map(|query| query.matches("brand").count()).sum();
        assert_eq!(found, 100);
        assert_eq!(pack(&["a", "…"], "", 64).unwrap_err(), "…");
        assert_eq!(pack(&["abcdefgh"], "lang:fr", 15).unwrap_err(), "abcdefgh");
    }

    #[test]
    fn rules_spell_both_ways() {
        assert_eq!(both_spellings(&owned(&["Société", "moka"])), ["Société", "Societe", "moka"]);
    }

    #[test]
    fn the_account_search_takes_no_accents() {
        assert_eq!(for_account_search("Société d'été & Cie!").as_deref(), Some("Societe d'ete Cie"));
        assert_eq!(for_account_search("日本"), None);
    }
}
