//! Matching: one pass over a post finds every keyword of every brand, and the brand's query decides what is
//! a mention. Knows texts and brands; knows nothing of clocks, disks or networks.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::find::{Finder, Needle};
use crate::fold::{self, Folded};
use crate::keyword::{Brand, BrandId};
use crate::post::Post;

/// Tags kept of one brand in one post: more of them say nothing new, and a hostile post has thousands.
const TAGS: usize = 64;

/// Places noted in one post, whatever they are; beyond these, only the first of each further string is.
const HITS: usize = 2_048;

/// The part of a post in which something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// The title.
    Title,
    /// The text.
    Text,
    /// The summary beside the text.
    Summary,
    /// The texts that describe its pictures, one a line.
    Alt,
}

/// The parts of a post that are searched, with the text of each.
pub fn fields(post: &Post) -> impl Iterator<Item = (Field, std::borrow::Cow<'_, str>)> {
    use std::borrow::Cow;
    let alt = post.media.iter().any(|media| media.alt.is_some()).then(|| {
        let texts: Vec<&str> = post.media.iter().filter_map(|media| media.alt.as_deref()).collect();
        Cow::Owned(texts.join("\n"))
    });
    [
        post.title.as_deref().map(|title| (Field::Title, Cow::Borrowed(title))),
        Some((Field::Text, Cow::Borrowed(post.text.as_str()))),
        post.summary.as_deref().map(|summary| (Field::Summary, Cow::Borrowed(summary))),
        alt.map(|alt| (Field::Alt, alt)),
    ]
    .into_iter()
    .flatten()
}

/// One keyword found at one place of one post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// The keyword as it stands in the brand's file.
    pub keyword: String,
    /// The part of the post.
    pub field: Field,
    /// Where it starts in that part, in bytes of the original text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// Why a post is, or is not, a mention of a brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is one.
    Mention,
    /// No keyword of the brand stands in it.
    NoKeyword,
    /// A keyword does, but none of the words asked for beside it.
    NoContext,
    /// A word that means something else stands in it.
    Excluded,
}

/// What one brand's query says of a post, with everything it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The brand.
    pub brand: BrandId,
    /// The version of its query: the same words give the same version.
    pub version: String,
    /// What was decided.
    pub decision: Decision,
    /// Keywords found.
    pub tags: Vec<Tag>,
    /// Context words found.
    pub context: Vec<Tag>,
    /// Excluding words found.
    pub unless: Vec<Tag>,
}

/// What a string of the automaton is to a brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Keyword,
    Context,
    Unless,
}

#[derive(Debug, Clone, Copy)]
struct Role {
    brand: usize,
    part: Part,
    /// Its place in that list of the brand.
    place: usize,
}

/// The brands cannot be made into a matcher.
#[derive(Debug, Error)]
#[error("failed to build the matcher: {strings} keywords are more than it can number")]
pub struct BuildError {
    strings: usize,
}

/// Buffers that are used again from post to post.
#[derive(Debug, Default)]
pub struct Scratch {
    folded: Folded,
    hits: Vec<(Field, u32, std::ops::Range<usize>)>,
}

/// All brands, compiled.
#[derive(Debug)]
pub struct Matcher {
    finder: Finder,
    /// For each needle of the finder, whom it serves.
    roles: Vec<Vec<Role>>,
    brands: Vec<Brand>,
    versions: Vec<String>,
}

impl Matcher {
    /// Compiles the keywords, context and excluding words of all `brands` into one finder.
    ///
    /// # Errors
    /// When there are more keywords than a finder can number.
    pub fn new(brands: &[Brand]) -> Result<Matcher, BuildError> {
        let mut places: HashMap<Needle, usize> = HashMap::new();
        let mut needles: Vec<Needle> = Vec::new();
        let mut roles: Vec<Vec<Role>> = Vec::new();
        let mut folded = Folded::default();
        for (brand, of) in brands.iter().enumerate() {
            for (part, words) in
                [(Part::Keyword, &of.keywords), (Part::Context, &of.context), (Part::Unless, &of.unless)]
            {
                for (place, word) in words.iter().enumerate() {
                    let needle = Needle::of_folded(word, &mut folded);
                    let at = *places.entry(needle).or_insert_with_key(|needle| {
                        needles.push(needle.clone());
                        roles.push(Vec::new());
                        roles.len() - 1
                    });
                    if let Some(roles) = roles.get_mut(at) {
                        roles.push(Role { brand, part, place });
                    }
                }
            }
        }
        if needles.len() > Finder::LIMIT {
            return Err(BuildError { strings: needles.len() });
        }
        let versions = brands.iter().map(version).collect();
        Ok(Matcher { finder: Finder::new(&needles), roles, brands: brands.to_vec(), versions })
    }

    /// The brands it was built from.
    pub fn brands(&self) -> &[Brand] {
        &self.brands
    }

    /// The brand with this identity.
    pub fn brand(&self, id: &BrandId) -> Option<&Brand> {
        self.brands.iter().find(|brand| brand.id == *id)
    }

    /// The version of a brand's query: the same words give the same version.
    pub fn version(&self, id: &BrandId) -> &str {
        self.brands
            .iter()
            .zip(&self.versions)
            .find(|(brand, _)| brand.id == *id)
            .map_or("", |(_, version)| version.as_str())
    }

    /// What every brand of which anything was found says of `post`; empty for nearly all posts, and then
    /// nothing was allocated.
    pub fn judge(&self, post: &Post, scratch: &mut Scratch) -> Vec<Verdict> {
        let Scratch { folded, hits } = scratch;
        hits.clear();
        for (field, text) in fields(post) {
            folded.fold(&text);
            self.finder.find(folded, |hit| {
                let known = || hits.iter().take(HITS).any(|(_, one, _)| *one == hit.needle);
                if hits.len() < HITS || !known() {
                    hits.push((field, hit.needle, hit.range()));
                }
                true
            });
        }
        if scratch.hits.is_empty() {
            return Vec::new();
        }
        self.verdicts(post, &scratch.hits)
    }

    /// Whether any keyword, context or excluding word of any brand stands in one of these texts.
    pub fn finds_any<'t>(&self, texts: impl Iterator<Item = &'t str>, scratch: &mut Scratch) -> bool {
        texts.into_iter().any(|text| {
            scratch.folded.fold(text);
            self.finder.finds_any(&scratch.folded)
        })
    }

    /// The brands that `post` is a mention of.
    pub fn mentions(&self, post: &Post, scratch: &mut Scratch) -> Vec<Verdict> {
        let mut verdicts = self.judge(post, scratch);
        verdicts.retain(|verdict| verdict.decision == Decision::Mention);
        verdicts
    }

    fn verdicts(&self, post: &Post, hits: &[(Field, u32, std::ops::Range<usize>)]) -> Vec<Verdict> {
        let mut verdicts: Vec<(usize, Verdict)> = Vec::new();
        // Made once a field, however often something stands in it.
        let mut places: Option<(Field, fold::Places)> = None;
        for (field, pattern, range) in hits {
            if places.as_ref().is_none_or(|(of, _)| of != field) {
                let text =
                    fields(post).find(|(name, _)| name == field).map(|(_, text)| text).unwrap_or_default();
                places = Some((*field, fold::Places::of(&text)));
            }
            let place = places.as_ref().map(|(_, places)| places.locate(range)).unwrap_or_default();
            for role in self.roles.get(usize::try_from(*pattern).unwrap_or(usize::MAX)).into_iter().flatten()
            {
                let Some(brand) = self.brands.get(role.brand) else { continue };
                let words = match role.part {
                    Part::Keyword => &brand.keywords,
                    Part::Context => &brand.context,
                    Part::Unless => &brand.unless,
                };
                let Some(keyword) = words.get(role.place) else { continue };
                let tag = Tag { keyword: keyword.clone(), field: *field, start: place.start, end: place.end };
                let at = verdicts.iter().position(|(known, _)| *known == role.brand).unwrap_or_else(|| {
                    verdicts.push((
                        role.brand,
                        Verdict {
                            brand: brand.id.clone(),
                            version: self.versions.get(role.brand).cloned().unwrap_or_default(),
                            decision: Decision::NoKeyword,
                            tags: Vec::new(),
                            context: Vec::new(),
                            unless: Vec::new(),
                        },
                    ));
                    verdicts.len() - 1
                });
                if let Some((_, verdict)) = verdicts.get_mut(at) {
                    let list = match role.part {
                        Part::Keyword => &mut verdict.tags,
                        Part::Context => &mut verdict.context,
                        Part::Unless => &mut verdict.unless,
                    };
                    if list.len() < TAGS {
                        list.push(tag);
                    }
                }
            }
        }
        verdicts.sort_by_key(|(brand, _)| *brand);
        for (brand, verdict) in &mut verdicts {
            let needs_context = self.brands.get(*brand).is_some_and(|brand| !brand.context.is_empty());
            verdict.decision = if verdict.tags.is_empty() {
                Decision::NoKeyword
            } else if !verdict.unless.is_empty() {
                Decision::Excluded
            } else if needs_context && verdict.context.is_empty() {
                Decision::NoContext
            } else {
                Decision::Mention
            };
        }
        verdicts.into_iter().map(|(_, verdict)| verdict).collect()
    }
}

/// A short hash of everything that decides what is a mention of `brand`.
fn version(brand: &Brand) -> String {
    let mut hash = Sha256::new();
    for words in [&brand.keywords, &brand.context, &brand.unless] {
        for word in words {
            hash.update(word.as_bytes());
            hash.update([0]);
        }
        hash.update([1]);
    }
    hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Of tags that overlap, the longest: what is shown in brackets or in bold. In order of place.
pub fn longest(tags: &[Tag], field: Field) -> Vec<&Tag> {
    let mut kept: Vec<&Tag> = Vec::new();
    let mut inside: Vec<&Tag> = tags.iter().filter(|tag| tag.field == field && tag.start < tag.end).collect();
    inside.sort_by_key(|tag| (std::cmp::Reverse(tag.end - tag.start), tag.start));
    for tag in inside {
        if kept.iter().all(|other| tag.end <= other.start || other.end <= tag.start) {
            kept.push(tag);
        }
    }
    kept.sort_by_key(|tag| tag.start);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::NetworkName;

    fn brand(keywords: &[&str], unless: &[&str], context: &[&str]) -> Brand {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let mut brand = Brand::named("x", true);
        (brand.keywords, brand.unless, brand.context) = (own(keywords), own(unless), own(context));
        brand
    }

    fn judge(brand: Brand, text: &str) -> Option<Verdict> {
        let mut post = Post::new(NetworkName::known("test"), "1");
        text.clone_into(&mut post.text);
        Matcher::new(&[brand]).unwrap().judge(&post, &mut Scratch::default()).pop()
    }

    /// Puts brackets around what the matcher found.
    #[track_caller]
    fn check(keywords: &[&str], text: &str, expected: &str) {
        let tags = judge(brand(keywords, &[], &[]), text).map(|verdict| verdict.tags).unwrap_or_default();
        let mut shown = text.to_owned();
        for tag in longest(&tags, Field::Text).iter().rev() {
            shown.insert(tag.end, ']');
            shown.insert(tag.start, '[');
        }
        assert_eq!(shown, expected);
    }

    #[test]
    fn whole_words_only_and_the_longest_is_shown() {
        check(&["acme", "acme cloud"], "I left Acme Cloud.", "I left [Acme Cloud].");
        check(&["acme"], "Acmeware, acme_x, Acme's", "Acmeware, acme_x, [Acme]'s");
        check(&["l'oréal"], "chez L’OREAL !", "chez [L’OREAL] !");
        check(&["nescafe"], "un Nescafe\u{301} svp", "un [Nescafe\u{301}] svp");
        check(&["oeuvre"], "l'œuvre", "l'[œuvre]");
        check(
            &["acme"],
            "ac\u{200b}me #Acme @acme @acme.example.net",
            "[ac\u{200b}me] #[Acme] @[acme] @acme.example.net",
        );
        check(&["#acme"], "acme #ACME #acmeday", "acme [#ACME] #acmeday");
        check(&["@acme"], "acme @Acme @acme@s.example", "acme [@Acme] [@acme]@s.example");
        check(
            &["acme"],
            "https://acme.example/acme and acme.example",
            "https://acme.example/acme and [acme].example",
        );
        check(&["トヨタ"], "私はトヨタ車が好き", "私は[トヨタ]車が好き");
        check(&["h&m"], "chez H & M ou h&m", "chez [H & M] ou [h&m]");
        check(&["🍊"], "une 🍊!", "une [🍊]!");
    }

    #[test]
    fn context_and_exclusion_look_at_the_whole_post() {
        let decide = |text: &str| {
            judge(brand(&["orange"], &["jus"], &["réseau", "forfait"]), text).map(|verdict| verdict.decision)
        };
        assert_eq!(decide("Orange en panne de reseau"), Some(Decision::Mention));
        assert_eq!(decide("une orange"), Some(Decision::NoContext));
        assert_eq!(decide("forfait orange et jus"), Some(Decision::Excluded));
        assert_eq!(decide("le forfait"), Some(Decision::NoKeyword));
        assert_eq!(decide("rien"), None);
    }

    #[test]
    fn a_post_full_of_keywords_costs_little_and_keeps_few_tags() {
        let text = "acme ".repeat(100_000);
        let tags = judge(brand(&["acme"], &[], &[]), &text).unwrap().tags;
        assert_eq!(tags.len(), TAGS);
        assert_eq!((tags[1].start, tags[1].end), (5, 9));
    }

    proptest::proptest! {
        #[test]
        fn found_places_can_be_sliced(text in "(acme|ACMÉ|a\u{301}cme|é|\u{200b}|#|@|l'|\\PC| ){0,12}") {
            for tag in judge(brand(&["acme", "a", "é"], &[], &[]), &text).map(|verdict| verdict.tags).unwrap_or_default() {
                proptest::prop_assert!(text.get(tag.start..tag.end).is_some_and(|found| !found.is_empty()));
            }
        }
    }
}
