//! What a name means to its brand.

use foldhash::{HashMap, HashMapExt as _, HashSet};

use super::lexicon::{Kind, SECTORS, Words};
use super::tokens::{Between, Form, Token, cut};
use crate::keyword;

/// What a brand's name stands for: made once a brand, asked for every post.
#[derive(Debug, Clone, Default)]
pub struct Sense {
    /// The forms in which the name is looked for, word by word, folded.
    pub(super) names: Vec<Vec<String>>,
    /// The places of those in their list, by their first words.
    firsts: HashMap<String, Vec<usize>>,
    /// Sectors named by the description, by their place.
    pub(super) sectors: Vec<usize>,
    /// Words of the description that are names: `Amazon` of "Amazon Echo".
    pub(super) own: HashSet<String>,
    /// Words that stand before the name in its full form: `amazon`, `manchester`.
    pub(super) before: HashSet<String>,
    /// Words that stand after it: `news`, `airlines`.
    pub(super) after: HashSet<String>,
    /// Whether an article belongs to the name, as in "Le Monde".
    pub(super) article: bool,
    /// Whether the name is also a word, a first name or a place.
    pub(super) common: bool,
    /// Words that the user says stand beside it.
    pub(super) context: HashSet<String>,
}

impl Sense {
    /// The sense of `names` (keywords as tracked) of a brand described by `about`, such as "Orange, the French telecom
    /// operator", with the words that its owner expects beside it.
    pub fn new(names: &[&str], about: &str, context: &[&str]) -> Sense {
        let bare = |name: &str| -> Vec<String> {
            let words: Vec<Token> = cut(name);
            let skip = usize::from(words.len() > 1 && words.first().is_some_and(is_article));
            words.into_iter().skip(skip).map(|token| token.folded).collect()
        };
        let mut sense = Sense {
            names: names.iter().map(|name| bare(name)).filter(|name| !name.is_empty()).collect(),
            common: names.iter().any(|name| keyword::is_ambiguous(name)),
            context: context.iter().flat_map(|word| cut(word)).map(|token| token.folded).collect(),
            article: names.iter().any(|name| {
                let words = cut(name);
                words.len() > 1 && words.first().is_some_and(is_article)
            }),
            ..Sense::default()
        };
        let mut firsts: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, name) in sense.names.iter().enumerate() {
            if let Some(first) = name.first() {
                firsts.entry(first.clone()).or_default().push(place);
            }
        }
        sense.firsts = firsts;
        sense.describe(about);
        sense
    }

    /// The names of which the first word stands among `tokens`, in their order: all others stand nowhere.
    pub(super) fn names_in(&self, tokens: &[Token]) -> Vec<&[String]> {
        let begun = tokens.iter().filter_map(|token| self.firsts.get(&token.folded));
        let mut begun: Vec<usize> = begun.flatten().copied().collect();
        begun.sort_unstable();
        begun.dedup();
        begun.into_iter().filter_map(|place| self.names.get(place).map(Vec::as_slice)).collect()
    }

    fn describe(&mut self, about: &str) {
        let tokens = cut(about);
        let names = self.names.clone();
        let mut of_name = vec![false; tokens.len()];
        for name in &names {
            for at in places(&tokens, name) {
                let end = at + name.len();
                for place in of_name.iter_mut().take(end).skip(at) {
                    *place = true;
                }
                let joined = |token: &Token| matches!(token.between, Between::Nothing | Between::Hyphen);
                let elided =
                    |before: &Token, name: &Token| is_article(before) && name.between == Between::Apostrophe;
                if let (Some(before), Some(name)) =
                    (at.checked_sub(1).and_then(|at| tokens.get(at)), tokens.get(at))
                    && (joined(name) || elided(before, name))
                {
                    if is_article(before) {
                        self.article = true;
                    } else if !before.is(Kind::Stop) {
                        self.before.insert(before.folded.clone());
                    }
                }
                if let Some(after) = tokens.get(end).filter(|after| joined(after))
                    && !after.is(Kind::Stop)
                {
                    self.after.insert(after.folded.clone());
                }
            }
        }
        let rest: Vec<(usize, &Token)> =
            tokens.iter().enumerate().filter(|(at, _)| !of_name.get(*at).copied().unwrap_or(false)).collect();
        let named = |peers: bool| -> Vec<usize> {
            SECTORS
                .iter()
                .enumerate()
                .filter(|(_, sector)| {
                    let words = if peers { &sector.peers } else { &sector.is };
                    rest.iter().any(|(at, _)| words.find(&tokens, *at).is_some())
                })
                .map(|(place, _)| place)
                .collect()
        };
        self.sectors = named(false);
        // "Microsoft Windows" says by its maker what it is.
        if self.sectors.is_empty() {
            self.sectors = named(true);
        }
        // "Orange" alone, or with nothing but names beside it, is what is best known by that name.
        let bare = |token: &Token| token.form != Form::Lower || token.is(Kind::Company);
        if self.sectors.is_empty() && rest.iter().all(|(_, token)| bare(token)) {
            let known =
                |words: &Words| names.iter().any(|name| matches!(name.as_slice(), [one] if words.has(one)));
            let sectors = SECTORS.iter().enumerate().filter(|(_, sector)| known(&sector.known));
            self.sectors = sectors.map(|(place, _)| place).collect();
        }
        for (_, token) in rest {
            let word = &token.folded;
            let telling = token.form != Form::Lower && word.chars().count() > 2;
            if telling && !token.is(Kind::Stop) {
                self.own.insert(word.clone());
            }
        }
    }
}

/// Whether a word is a definite article.
pub(super) fn is_article(token: &Token) -> bool {
    matches!(token.folded.as_str(), "the" | "le" | "la" | "les" | "l")
}

/// Where `name` stands among `tokens`.
pub(super) fn places(tokens: &[Token], name: &[String]) -> Vec<usize> {
    let Some(first) = name.first() else { return Vec::new() };
    (0..tokens.len())
        .filter(|at| {
            tokens.get(*at).is_some_and(|token| token.folded == *first)
                && name
                    .iter()
                    .zip(*at..)
                    .all(|(part, at)| tokens.get(at).is_some_and(|token| token.folded == *part))
        })
        .collect()
}
