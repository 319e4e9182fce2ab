//! Whether one text is a copy of another.

use super::SHORTEST;
use super::differ::{Change, Changes, changes};
use super::reading::{Kind, Reading, Word};

/// How much of the shorter text must stand in the other: parts of its word pairs.
const CONTAINED: f64 = 0.6;
/// A longer stretch was moved or rewritten, not filled in.
const FILLED: usize = 6;
/// Words this alike are one word and a slip of the pen; so are those of which one letter is another or elsewhere.
const SLIP: f64 = 0.7;
/// A greeting ends within as many words.
const GREETING: usize = 4;
/// A signature is at most as long, in words.
const SIGNATURE: usize = 5;
/// The closeness of two that are one page: more than any text can have.
const ONE_PAGE: f64 = 2.0;

/// How much of the shorter one stands in the other, more being closer; `None` when it is too little for a copy.
pub(super) fn closeness(one: &Reading, other: &Reading) -> Option<f64> {
    if one.page.is_some() && one.page == other.page {
        return Some(ONE_PAGE);
    }
    if one.len().min(other.len()) < SHORTEST {
        return None;
    }
    let (short, long) = if one.pairs.len() <= other.pairs.len() { (one, other) } else { (other, one) };
    let shared = in_both(&short.pairs, &long.pairs);
    // a post that says more of its own than it shares answers to the other, unless the other is cut
    let cut = short.cut && !short.article;
    if !long.article && !cut && long.pairs.len() > 2 * shared {
        return None;
    }
    let part = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let contained = part(shared) / part(short.pairs.len().max(1));
    (contained >= CONTAINED).then_some(contained)
}

/// Whether one of two that are this close is a copy of the other, and not the next text of one form.
pub(super) fn is_copy(one: &Reading, other: &Reading) -> bool {
    let one_page = one.page.is_some() && one.page == other.page;
    one_page || !Filled::of(one, other).is_template()
}

/// How many numbers stand in both of two lists in order, each once.
fn in_both(one: &[u64], other: &[u64]) -> usize {
    let (mut left, mut right, mut count) = (one, other, 0);
    while let ([first, others @ ..], [second, rest @ ..]) = (left, right) {
        count += usize::from(first == second);
        left = if first <= second { others } else { left };
        right = if second <= first { rest } else { right };
    }
    count
}

/// What stands in the place of what, by kind.
#[derive(Debug, Default, Clone, Copy)]
struct Filled {
    numbers: u32,
    names: u32,
    others: u32,
    /// Whether both are articles: these are updated, posts are not.
    articles: bool,
}

impl Filled {
    fn of(one: &Reading, other: &Reading) -> Filled {
        let mut filled = Filled { articles: one.article && other.article, ..Filled::default() };
        let Changes { before, between } = changes(one, other);
        filled.others += u32::from(labelled(one, other, &before));
        for (left, right) in between {
            let change = (left.clone(), right.clone());
            let (Some(first), Some(second)) = (one.words.get(left), other.words.get(right)) else { continue };
            if first.len().max(second.len()) > FILLED
                || addressed(one, other, &change)
                || (!figures(first) && !figures(second) && slip(one, other, &change))
            {
                continue;
            }
            let has = |words: &[Word], kind: Kind| words.iter().any(|word| word.kind == kind);
            let numbers = figures(first) && figures(second);
            let named = |reading: &Reading, words| reading.capitals || has(words, Kind::Name);
            let names = named(one, first) && named(other, second) && !(one.capitals && other.capitals);
            filled.numbers += u32::from(numbers);
            filled.names += u32::from(names);
            filled.others += u32::from(!numbers && !names);
        }
        filled
    }

    /// Whether both were made by filling in one form. A dispatch that is brought up to date changes up to three
    /// figures and no name, and an editor changes a word or two; who passes a post on leaves its words alone.
    fn is_template(self) -> bool {
        let (figures, words) = if self.articles { (3, 2) } else { (1, 0) };
        self.names > 0
            || self.numbers > figures
            || self.others > words
            || (self.numbers >= 2 && self.others > 0)
            || (self.numbers > 0 && self.others >= 2)
    }
}

/// Whether both begin with the name of what they are about, each with another: `Lion :`, `Leeds:`.
fn labelled(one: &Reading, other: &Reading, before: &Change) -> bool {
    let labels = |reading: &Reading, end: usize| {
        end <= GREETING
            && end.checked_sub(1).and_then(|last| reading.words.get(last)).is_some_and(|word| word.label)
    };
    labels(one, before.0.end) && labels(other, before.1.end) && !slip(one, other, before)
}

/// Whether it is who is greeted, or who signed.
fn addressed(one: &Reading, other: &Reading, change: &Change) -> bool {
    let greets = |reading: &Reading, end: usize| {
        end <= GREETING
            && end.checked_sub(1).and_then(|last| reading.words.get(last)).is_some_and(|word| word.pause)
    };
    let signs = |reading: &Reading, start: usize| {
        let tail = reading.words.get(start.saturating_sub(1)..).unwrap_or_default();
        tail.len() <= SIGNATURE && tail.iter().take(2).any(|word| word.dash)
    };
    (greets(one, change.0.end) && greets(other, change.1.end))
        || (signs(one, change.0.start) && signs(other, change.1.start))
}

fn figures(words: &[Word]) -> bool {
    words.iter().any(|word| word.kind == Kind::Number)
}

/// Whether it is the same, written otherwise.
fn slip(one: &Reading, other: &Reading, change: &Change) -> bool {
    let (first, second) = (one.letters(change.0.clone()), other.letters(change.1.clone()));
    strsim::normalized_damerau_levenshtein(first, second) >= SLIP
        || strsim::damerau_levenshtein(first, second) <= 1
}
