//! Countries and languages by the names that people and programs give them, in English and French. Tables only: it guesses
//! nothing, and what stands in none of them is none.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::fold::fold;

/// Names brought to one form, each with the code that it stands for.
type Names = HashMap<String, &'static str>;

/// Lines of a code, a second one and names.
const COUNTRIES_LIST: &str = include_str!("locale/countries.txt");
/// Lines of a code and names.
const LANGUAGES_LIST: &str = include_str!("locale/languages.txt");

static COUNTRIES: LazyLock<Names> = LazyLock::new(|| table(COUNTRIES_LIST, 2));
static LANGUAGES: LazyLock<Names> = LazyLock::new(|| table(LANGUAGES_LIST, 1));

/// Longer than any name.
const LONGEST: usize = 100;

fn table(text: &'static str, codes: usize) -> Names {
    let mut names = Names::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.splitn(codes.saturating_add(1), ' ');
        let Some(code) = words.next() else { continue };
        let said = words.skip(codes.saturating_sub(1)).flat_map(|names| names.split(", "));
        names.extend(said.map(|name| (key(name), code)));
    }
    names
}

/// The country with this code of two or three letters.
fn coded(said: &str) -> Option<&'static str> {
    if !(2..=3).contains(&said.len()) || !said.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    COUNTRIES_LIST.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut codes = line.split(' ').take(2);
        let first = codes.next()?;
        (first.eq_ignore_ascii_case(said) || codes.next()?.eq_ignore_ascii_case(said)).then_some(first)
    })
}

/// A name as letters alone: `Côte d’Ivoire`, `COTE D'IVOIRE` and `CoteDIvoire` are one.
fn key(name: &str) -> String {
    fold(name).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The code of a country (ISO 3166, two capital letters) from either of its codes or its name, also turned round
/// (`Korea, South`) or with its kind of state behind it (`Iran (Islamic Republic of)`).
pub fn country(said: &str) -> Option<&'static str> {
    let said = said.trim();
    if said.len() > LONGEST {
        return None;
    }
    let known = |name: &str| {
        let plain = ["the ", "la ", "le ", "les ", "l'", "l’"];
        let lower = name.trim().to_lowercase();
        let bare = plain.iter().find_map(|article| lower.strip_prefix(article));
        COUNTRIES.get(&key(name)).or_else(|| COUNTRIES.get(&key(bare?))).copied()
    };
    coded(said).or_else(|| known(said)).or_else(|| {
        let (name, rest) = said.split_once([',', '('])?;
        let rest = rest.trim_end().trim_end_matches(')');
        known(&format!("{rest} {name}")).or_else(|| known(name).filter(|_| names_a_state(rest)))
    })
}

/// Whether what stands behind a name only says what kind of state it is, or is empty: `France, Germany` is no country.
fn names_a_state(rest: &str) -> bool {
    const STATES: &[&str] = &["republic", "republique", "the"];
    let folded = fold(rest);
    folded.trim().is_empty() || folded.split(' ').any(|word| STATES.contains(&word))
}

/// The code of a language (ISO 639, mostly two small letters) from its name.
pub fn language(name: &str) -> Option<&'static str> {
    if name.len() > LONGEST { None } else { LANGUAGES.get(&key(name)).copied() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_known_by_codes_and_names() {
        for (said, code) in [
            ("FR", "FR"),
            ("fr", "FR"),
            ("FRA", "FR"),
            ("France", "FR"),
            (" FRANCE ", "FR"),
            ("UK", "GB"),
            ("United Kingdom", "GB"),
            ("United States", "US"),
            ("U.S.A.", "US"),
            ("États-Unis", "US"),
            ("les États-Unis", "US"),
            ("Etats Unis", "US"),
            ("South Korea", "KR"),
            ("SouthKorea", "KR"),
            ("Korea, South", "KR"),
            ("Korea, Republic of", "KR"),
            ("Korea (the Democratic People's Republic of)", "KP"),
            ("Iran (Islamic Republic of)", "IR"),
            ("Moldova, Republic of", "MD"),
            ("Bahamas, The", "BS"),
            ("The Gambia", "GM"),
            ("Virgin Islands, British", "VG"),
            ("Cote D'Ivoire", "CI"),
            ("Côte d’Ivoire", "CI"),
            ("Ivory Coast", "CI"),
            ("Democratic Republic of the Congo", "CD"),
            ("Congo, Democratic Republic of the", "CD"),
            ("Congo", "CG"),
            ("Burma", "MM"),
            ("Czech Republic", "CZ"),
            ("Tchéquie", "CZ"),
            ("Trinidad & Tobago", "TT"),
            ("Gaza Strip", "PS"),
            ("Kosovo", "XK"),
            ("La Réunion", "RE"),
            ("Guinea-Bissau", "GW"),
            ("Namibia", "NA"),
        ] {
            assert_eq!(country(said), Some(code), "{said}");
        }
        for said in [
            "",
            " ",
            "XX",
            "EU",
            "Atlantis",
            "France, Germany",
            "France (Paris)",
            "Georgia, United States",
            "fr-FR",
            "n/a",
            "N.A.",
            "-",
            "42",
        ] {
            assert_eq!(country(said), None, "{said}");
        }
        assert_eq!(country(&"x".repeat(1_000_000)), None);
    }

    #[test]
    fn languages_are_known_by_their_names() {
        for (said, code) in [
            ("French", "fr"),
            ("Français", "fr"),
            ("NorwegianNynorsk", "nn"),
            ("Haitian Creole", "ht"),
            ("tchèque", "cs"),
            ("ESPAÑOL", "es"),
            ("Persian", "fa"),
        ] {
            assert_eq!(language(said), Some(code), "{said}");
        }
        assert_eq!(["", "fr", "Klingon"].map(language), [None; 3]);
    }

    #[test]
    fn every_name_stands_for_one_code() {
        for (text, codes) in [(COUNTRIES_LIST, 2), (LANGUAGES_LIST, 1)] {
            let mut seen: HashMap<String, &str> = HashMap::new();
            let mut before = "";
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let words: Vec<&str> = line.splitn(codes + 1, ' ').collect();
                assert!(words.len() == codes + 1 && before < words[0], "{line}");
                before = words[0];
                for name in
                    words[codes].split(", ").chain(words[..codes].iter().copied().filter(|_| codes > 1))
                {
                    assert!(!key(name).is_empty(), "{line}: {name}");
                    let other = seen.insert(key(name), words[0]);
                    assert!(
                        other.is_none_or(|other| other == words[0]),
                        "{name}: {other:?} and {}",
                        words[0]
                    );
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn anything_may_be_asked(said in "\\PC{0,30}|[A-Za-z ,()]{0,30}") {
            let _known = (country(&said), language(&said));
        }
    }
}
