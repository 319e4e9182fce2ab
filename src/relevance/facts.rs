//! What a post shows: facts that hold for any name, each with how strongly it holds.

use super::lexicon::{Kind, SECTORS, sectors_of};
use super::sense::{Sense, is_article, places};
use super::tokens::{Between, Form, Token, cut};

/// Facts of one post about one name: each by its name, with a strength, mostly 1.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    list: Vec<(&'static str, f32)>,
    /// The words around, folded, each once: what labels teach about.
    pub(super) words: Vec<String>,
}

impl Facts {
    /// The facts, each once.
    pub fn list(&self) -> &[(&'static str, f32)] {
        &self.list
    }

    fn set(&mut self, name: &'static str) {
        self.add(name, 1.0);
    }

    fn when(&mut self, holds: bool, name: &'static str) {
        if holds {
            self.set(name);
        }
    }

    /// Keeps the strongest.
    fn add(&mut self, name: &'static str, strength: f32) {
        match self.list.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = known.max(strength),
            None => self.list.push((name, strength)),
        }
    }
}

/// How a text uses capitals.
struct Style {
    /// Most words are in capitals.
    shouted: bool,
    /// Most words begin with a capital, as in a headline.
    titled: bool,
    /// Sentences begin with small letters, and no capital is used anywhere.
    careless: bool,
}

impl Style {
    fn of(tokens: &[Token], is_name: &[bool]) -> Style {
        let (mut long, mut upper, mut any) = (0_u32, 0_u32, 0_u32);
        let (mut inner, mut inner_capital) = (0_u32, 0_u32);
        for (token, name) in tokens.iter().zip(is_name) {
            if *name || token.form == Form::Number || token.sign.is_some() {
                continue;
            }
            if matches!(token.form, Form::Capital | Form::Upper | Form::Mixed)
                && token.folded != "i"
                && token.folded != "rt"
            {
                any += 1;
            }
            if token.folded.chars().count() < 2 {
                continue;
            }
            long += 1;
            upper += u32::from(token.form == Form::Upper);
            if !token.opens && !token.is(Kind::Stop) && token.folded.chars().count() > 3 {
                inner += 1;
                inner_capital += u32::from(matches!(token.form, Form::Capital | Form::Upper));
            }
        }
        Style {
            shouted: long >= 2 && upper * 2 > long,
            titled: inner >= 3 && inner_capital * 10 > inner * 6,
            careless: any == 0,
        }
    }
}

/// Words of a text that are looked at, around the first place of the name: a long article says by then what it is about.
const TOKENS: usize = 2_000;
/// Places of the name that are looked at.
const PLACES: usize = 32;
/// Words kept for what labels teach.
const WORDS: usize = 100;

/// The words of a text, of a long one those around the name.
fn window(sense: &Sense, text: &str) -> Vec<Token> {
    let tokens = cut(text);
    if tokens.len() <= TOKENS {
        return tokens;
    }
    let names = sense.names_in(&tokens);
    let first = names.iter().filter_map(|name| places(&tokens, name).into_iter().next()).min();
    let start = first.unwrap_or_default().saturating_sub(TOKENS / 2);
    tokens.into_iter().skip(start).take(TOKENS).collect()
}

/// The facts of `text` about the name whose sense is given.
pub fn facts(sense: &Sense, text: &str) -> Facts {
    read(sense, text, true)
}

/// The facts of `text`, with the words around only where labels have taught about some.
pub(super) fn read(sense: &Sense, text: &str, taught: bool) -> Facts {
    let tokens = window(sense, text);
    let mut is_name = vec![false; tokens.len()];
    let mut found: Vec<(usize, usize)> = Vec::new();
    for name in sense.names_in(&tokens) {
        for at in places(&tokens, name) {
            if is_name.get(at).copied().unwrap_or(true) {
                continue;
            }
            is_name.iter_mut().skip(at).take(name.len()).for_each(|place| *place = true);
            found.push((at, at + name.len()));
        }
    }
    let style = Style::of(&tokens, &is_name);
    let mut facts = Facts::default();
    facts.set("bias");
    facts.when(!sense.common, "rare name");
    facts.when(found.is_empty(), "name inside another word");
    facts.when(found.len() > 1, "name several times");
    found.truncate(PLACES);
    for (at, end) in &found {
        beside(&mut facts, sense, &style, &tokens, *at, *end);
    }
    around(&mut facts, sense, &tokens, &is_name, &found);
    if taught {
        facts.words = words(&tokens, &is_name);
    }
    whole(&mut facts, &tokens);
    facts
}

/// How the name is written, and what stands beside it.
fn beside(facts: &mut Facts, sense: &Sense, style: &Style, tokens: &[Token], at: usize, end: usize) {
    let Some(name) = tokens.get(at) else { return };
    let before = at.checked_sub(1).and_then(|at| tokens.get(at));
    let after = tokens.get(end);
    // an article that belongs to the name opens in its place
    let opens =
        name.opens || before.is_some_and(|before| before.opens && is_article(before) && sense.article);
    let lower = name.form == Form::Lower;
    let proper = match name.form {
        Form::Capital | Form::Mixed if style.titled => {
            facts.set("capital in a headline");
            false
        }
        Form::Capital | Form::Mixed if opens => {
            facts.set("capital opening a sentence");
            false
        }
        Form::Capital | Form::Mixed => {
            facts.set("capital inside a sentence");
            true
        }
        Form::Upper if style.shouted => {
            facts.set("capitals in a shouted text");
            false
        }
        Form::Upper => {
            facts.set("capitals in a quiet text");
            true
        }
        Form::Lower if style.careless => {
            facts.set("small letters, as all of the text");
            false
        }
        Form::Lower => {
            facts.set("small letters, in a text with capitals");
            false
        }
        Form::Number => false,
    };
    facts.when(lower && sense.common, "small letters of a common word");
    facts.when(lower && !sense.common, "small letters of a rare name");
    facts.when(name.sign == Some('#'), "as a hashtag");
    facts.when(name.sign == Some('@'), "as an account");
    facts.when(name.sign == Some('$'), "as a stock symbol");

    if let Some(before) = before.filter(|_| !name.opens || name.between == Between::Quote) {
        let word = before.folded.as_str();
        let kind = |kind| before.is(kind);
        let glued = matches!(name.between, Between::Nothing | Between::Apostrophe | Between::Quote);
        if glued && kind(Kind::Definite) {
            let article = is_article(before);
            let capital = before.form == Form::Capital && !before.opens;
            facts.when(sense.article && article && capital && !lower, "its article, with a capital");
            facts.when(sense.article && article && !lower, "its article");
            facts.when(sense.article && !lower, "article before the name of one with an article");
            facts.when(!sense.article && !lower, "the before a name without article");
            facts.when(lower, "the before small letters");
        }
        if glued && kind(Kind::Indefinite) {
            facts.set(if lower { "a before small letters" } else { "a before the name" });
        }
        if glued && (kind(Kind::Demonstrative) || kind(Kind::Possessive)) {
            facts.set(if lower { "this or my before small letters" } else { "this or my before the name" });
        }
        if glued && kind(Kind::Place) {
            facts.set(if lower { "at before small letters" } else { "at before the name" });
        }
        facts.when(glued && word == "chez", "chez");
        if glued && kind(Kind::From) {
            facts.set(if lower { "by before small letters" } else { "by before the name" });
        }
        if glued && kind(Kind::Of) {
            facts.set(if lower { "of before small letters" } else { "of before the name" });
        }
        if glued && (kind(Kind::Pronoun) || kind(Kind::Modal)) {
            facts.set(if lower { "used as a verb" } else { "pronoun before the name" });
        }
        // the capital of `L'Équipe` and `D'Orange` says nothing of the word before
        let proud = matches!(before.form, Form::Capital | Form::Upper | Form::Mixed)
            && before.sign.is_none()
            && name.between != Between::Apostrophe;
        let known = sense.before.contains(word);
        facts.when(glued && known, "its full name");
        if glued && proud && !known && !kind(Kind::Stop) && !lower && !style.titled && !style.shouted {
            facts.set(if before.opens { "after a word that opens" } else { "after a capitalised word" });
        }
        facts.when(glued && kind(Kind::First) && !lower && !known, "after a first name");
        facts.when(glued && kind(Kind::Title) && !lower && !known, "after a title of a person");
        facts.when(name.between == Between::Comma, "in a list");
        facts.when(name.between == Between::Comma && proper && proud, "in a list of names");
        facts.when(name.between == Between::Hyphen, "after a hyphen");
        facts.when(before.form == Form::Number, "after a number");
        facts.when(
            matches!(name.between, Between::Nothing)
                && !kind(Kind::Stop)
                && before.form == Form::Lower
                && lower,
            "small letters after a word",
        );
    }
    facts.when(before.is_none() || name.opens, "opens a sentence");

    match after {
        None => facts.set("ends the text"),
        Some(after) => {
            let word = after.folded.as_str();
            let kind = |kind| after.is(kind);
            let next = after.between == Between::Nothing && !after.opens;
            let known = sense.after.contains(word);
            facts.when(next && known, "its full name");
            facts.when(after.between == Between::Apostrophe && word == "s" && !lower, "possessive");
            facts.when(
                after.between == Between::Apostrophe && word == "s" && lower,
                "possessive in small letters",
            );
            facts.when(
                after.between == Between::Dot
                    && matches!(word, "com" | "fr" | "net" | "org" | "ca" | "uk" | "co"),
                "as a domain",
            );
            facts.when(next && kind(Kind::Be) && !lower, "is or has after the name");
            facts.when(next && kind(Kind::Be) && lower, "is or has after small letters");
            facts.when(next && kind(Kind::Does), "does what companies do");
            facts.when(next && kind(Kind::Company), "a word of companies right after");
            facts.when(next && after.form == Form::Number, "before a number");
            facts.when(next && kind(Kind::Of), "of after the name");
            let determined = [Kind::Indefinite, Kind::Definite, Kind::Demonstrative, Kind::Possessive]
                .into_iter()
                .any(kind);
            facts.when(next && determined && lower, "small letters with an object");
            facts.when(next && kind(Kind::Place), "at after the name");
            facts.when(after.between == Between::Comma, "in a list");
            facts.when(
                after.between == Between::Comma && proper && after.form != Form::Lower,
                "in a list of names",
            );
            facts.when(after.between == Between::Hyphen, "before a hyphen");
            let proud =
                matches!(after.form, Form::Capital | Form::Upper | Form::Mixed) && after.sign.is_none();
            if next && proud && !known && !kind(Kind::Stop) && !lower && !style.titled && !style.shouted {
                let telling = kind(Kind::Company)
                    || sense
                        .sectors
                        .iter()
                        .any(|place| SECTORS.get(*place).is_some_and(|sector| sector.words.has(word)));
                facts.set(if telling {
                    "before a capitalised word of its sector"
                } else {
                    "before a capitalised word"
                });
            }
            facts.when(
                next && after.form == Form::Lower && lower && !kind(Kind::Stop) && !kind(Kind::Company),
                "small letters before a word",
            );
            facts.when(
                after.opens || !matches!(after.between, Between::Nothing | Between::Apostrophe),
                "ends a part",
            );
        }
    }
}

/// Words of the brand's sector, of other sectors, of companies, and of the brand itself.
fn around(facts: &mut Facts, sense: &Sense, tokens: &[Token], is_name: &[bool], found: &[(usize, usize)]) {
    let distance = |at: usize| {
        found
            .iter()
            .map(|(start, end)| if at < *start { *start - at } else { (at + 1).saturating_sub(*end) })
            .min()
            .unwrap_or(usize::MAX)
    };
    let mut hits: Vec<(usize, usize)> = Vec::new(); // sector, entry
    let (mut near_hits, mut peers, mut own, mut company, mut context) = (0_u32, 0_u32, 0_u32, 0_u32, 0_u32);
    let mut other_peers = 0_u32;
    for (at, token) in tokens.iter().enumerate() {
        if is_name.get(at).copied().unwrap_or(true) {
            continue;
        }
        let beside = distance(at);
        let mut sectors = sectors_of(&token.folded);
        while sectors != 0 {
            let place = usize::try_from(sectors.trailing_zeros()).unwrap_or_default();
            sectors &= sectors - 1;
            let Some(sector) = SECTORS.get(place) else { continue };
            let ours = sense.sectors.contains(&place);
            if let Some(entry) = sector.words.find(tokens, at)
                && !hits.contains(&(place, entry))
            {
                hits.push((place, entry));
                near_hits += u32::from(ours && beside <= 2);
            }
            if sector.peers.find(tokens, at).is_some() {
                if ours {
                    peers += 1;
                } else {
                    other_peers += 1;
                }
            }
        }
        own += u32::from(sense.own.contains(&token.folded));
        company += u32::from(token.is(Kind::Company));
        context += u32::from(sense.context.contains(&token.folded));
    }
    let mut entries: Vec<usize> = Vec::new();
    let ours = hits
        .iter()
        .filter(|(place, _)| sense.sectors.contains(place))
        .map(|(_, entry)| *entry)
        .filter(|entry| {
            let new = !entries.contains(entry);
            entries.push(*entry);
            new
        })
        .count();
    let others = (0..SECTORS.len())
        .filter(|place| !sense.sectors.contains(place))
        .map(|place| hits.iter().filter(|(one, _)| *one == place).count())
        .max()
        .unwrap_or(0);
    if sense.sectors.is_empty() {
        facts.set("sector unknown");
        facts.when(others == 0, "sector unknown, no word of any");
    } else {
        facts.when(ours == 0, "no word of its sector");
        facts.when(ours >= 1, "a word of its sector");
        facts.when(ours >= 2, "two words of its sector");
        facts.when(ours >= 3, "three words of its sector");
        facts.when(near_hits > 0, "a word of its sector beside");
        facts.when(others >= 2 && others > ours, "more words of another sector");
        facts.when(others >= 2 && ours == 0, "only words of another sector");
        facts.when(others >= 3 && others > ours + 1, "many more words of another sector");
    }
    facts.when(peers > 0, "a competitor");
    facts.when(other_peers > 0 && peers == 0, "a company of another sector");
    facts.when(own > 0, "a name of its description");
    facts.when(company > 0, "a word of companies");
    facts.when(company > 1, "two words of companies");
    facts.when(context > 0, "a context word");
}

/// The words around a name that labels may teach about, each once.
fn words(tokens: &[Token], is_name: &[bool]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for (token, _) in tokens.iter().zip(is_name).filter(|(_, is_name)| !**is_name) {
        let word = &token.folded;
        if token.sign != Some('@')
            && word.chars().count() > 2
            && !token.is(Kind::Stop)
            && !word.chars().all(|c| c.is_numeric())
            && word != "http"
            && word != "https"
            && word != "user"
            && words.len() < WORDS
            && !words.contains(word)
        {
            words.push(word.clone());
        }
    }
    words
}

/// What the text is as a whole.
fn whole(facts: &mut Facts, tokens: &[Token]) {
    let accounts = tokens.iter().filter(|token| token.sign == Some('@')).count();
    let tags = tokens.iter().filter(|token| token.sign == Some('#')).count();
    facts.when(accounts > 0, "names an account");
    facts.when(tokens.first().is_some_and(|first| first.sign == Some('@')), "answers an account");
    facts.when(tags > 0, "has a hashtag");
    facts.when(tags > 2, "has many hashtags");
    facts.when(tokens.iter().any(|token| token.folded.starts_with("http")), "has a link");
    facts.when(tokens.first().is_some_and(|first| first.folded == "rt"), "is passed on");
    facts.when(tokens.len() < 9, "is short");
    facts.when(tokens.len() > 25, "is long");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, about: &str, text: &str) -> Vec<&'static str> {
        let facts = facts(&Sense::new(&[name], about, &["forfait"]), text);
        facts.list().iter().map(|(fact, _)| *fact).collect()
    }

    #[track_caller]
    fn shows(name: &str, about: &str, text: &str, fact: &str) {
        let found = of(name, about, text);
        assert!(found.contains(&fact), "{text}: {found:?}");
    }

    #[test]
    fn capitals_and_neighbours_are_seen() {
        shows("Meadow", "Meadow (airline)", "I love Meadow", "capital inside a sentence");
        shows("Meadow", "Meadow (airline)", "I saw a meadow", "a before small letters");
        shows("Meadow", "Meadow (airline)", "Anna Meadow sings", "after a first name");
        shows("Meadow", "Meadow Air Lines", "with Meadow Air to Rome", "its full name");
        shows("Meadow", "Meadow (airline)", "the flight with Meadow", "a word of its sector");
        shows("Meadow", "Meadow (airline)", "#Meadow never again", "as a hashtag");
        shows("Meadow", "Meadow (airline)", "Meadow’s new plan", "possessive");
        shows(
            "Gazette",
            "La Gazette (journal)",
            "lu dans La Gazette ce matin",
            "its article, with a capital",
        );
        shows("Cabane", "Cabane", "mon forfait chez Cabane", "a context word");
        shows("Cabane", "Cabane", "CABANE EN PANNE PARTOUT", "capitals in a shouted text");
        shows("Cabane", "Cabane", "rien", "name inside another word");
    }

    #[test]
    fn long_and_strange_texts_cost_little() {
        let text = "meadow x ".repeat(100_000) + "\u{301}\u{200d}'’#@$";
        assert!(of("Meadow", "Meadow (airline)", &text).contains(&"name several times"));
        assert!(of("", "", "").contains(&"bias"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_facts(text in "(Meadow|meadow|\\PC|'|’|#|@| |\\.|\n){0,20}") {
            proptest::prop_assert!(!of("Meadow", "Meadow (airline)", &text).is_empty());
        }
    }
}
