//! Stories: which posts and articles are copies of one text, settled as they arrive.
//!
//! A story is a text that was copied, not an event: own words, translations, the next text from the same template
//! and the same short phrase by different people are other stories. `sketch` finds the texts that may be copies,
//! `verdict` says which are. It knows nothing of clocks, disks or networks.

mod differ;
mod reading;
mod sketch;
mod verdict;

use std::collections::{HashMap, VecDeque};

use reading::Reading;

/// A shorter text is never a copy: people say the same things in few words. In words.
pub const SHORTEST: usize = 10;
/// Texts held to be compared with, by default: about 8 KB each.
pub const HELD: usize = 10_000;
/// Texts remembered under one key of a sketch: what everybody writes would otherwise fill it.
const IN_BUCKET: usize = 32;
/// Texts compared with a new one, those that share most of its sketch first.
const COMPARED: usize = 64;

/// A post or an article as stories see it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Piece<'a> {
    /// The headline: only articles have one.
    pub title: Option<&'a str>,
    /// The body: plain text; entities may stand in it.
    pub text: &'a str,
    /// Its own page.
    pub link: Option<&'a str>,
}

/// The stories of a stream, as far back as `held` different texts.
#[derive(Debug)]
pub struct Stories {
    held: usize,
    /// The texts held, the oldest first.
    texts: VecDeque<Text>,
    /// The number of the oldest text held.
    oldest: u64,
    /// From keys of sketches, canonical links and whole texts to the numbers of texts.
    places: HashMap<u64, Vec<u64>>,
    /// The number of the next story.
    next: u64,
}

#[derive(Debug)]
struct Text {
    /// The number that its story would have had, had it copied none.
    own: u64,
    story: u64,
    keys: Vec<u64>,
    reading: Reading,
}

impl Default for Stories {
    fn default() -> Stories {
        Stories::holding(HELD)
    }
}

impl Stories {
    /// No stories yet; at most `held` different texts are remembered, the oldest of them forgotten first.
    pub fn holding(held: usize) -> Stories {
        Stories { held: held.max(1), texts: VecDeque::new(), oldest: 0, places: HashMap::new(), next: 0 }
    }

    /// How many texts are held.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The number of the story that `piece` belongs to: that of the text it copies, else a new one.
    ///
    /// The same pieces in the same order give the same numbers. Copies of a text that is no longer held begin a new
    /// story.
    pub fn place(&mut self, piece: Piece<'_>) -> u64 {
        let reading = Reading::of(piece);
        let comparable = reading.len() >= SHORTEST;
        if !comparable && reading.page.is_none() {
            return self.begin();
        }
        let mut keys = Vec::new();
        keys.extend(reading.page);
        if comparable {
            if let Some(story) = self.same_words(&reading) {
                // nothing new to compare with, unless it is another page
                if reading.page.is_none_or(|page| self.places.contains_key(&page)) {
                    return story;
                }
            }
            keys.push(reading.whole);
            keys.extend(sketch::keys(&reading));
        }
        keys.sort_unstable();
        keys.dedup();
        let own = self.next;
        let story = self.copied(&reading, &keys).unwrap_or_else(|| self.begin());
        self.keep(Text { own, story, keys, reading });
        story
    }

    /// As [`Stories::place`], where a story that begins with `piece` is called `own`: larger than any before.
    pub fn place_as(&mut self, piece: Piece<'_>, own: u64) -> u64 {
        self.next = own;
        self.place(piece)
    }

    /// Holds a text again whose story is known.
    pub fn recall(&mut self, piece: Piece<'_>, own: u64, story: u64) {
        let reading = Reading::of(piece);
        let comparable = reading.len() >= SHORTEST;
        let mut keys: Vec<u64> = reading.page.into_iter().collect();
        if comparable {
            // one of the same words is held already, as when it first came
            if self.same_words(&reading).is_some()
                && reading.page.is_none_or(|page| self.places.contains_key(&page))
            {
                return;
            }
            keys.push(reading.whole);
            keys.extend(sketch::keys(&reading));
        }
        if keys.is_empty() {
            return;
        }
        keys.sort_unstable();
        keys.dedup();
        self.keep(Text { own, story, keys, reading });
    }

    /// Takes the words of the text of this number out of memory; its story goes on.
    pub fn forget_of(&mut self, own: u64) {
        let Some(place) = self.texts.iter().position(|text| text.own == own) else { return };
        let number = self.oldest.saturating_add(u64::try_from(place).unwrap_or(u64::MAX));
        if let Some(text) = self.texts.get_mut(place) {
            text.reading = Reading::of(Piece::default());
            for key in std::mem::take(&mut text.keys) {
                if let Some(numbers) = self.places.get_mut(&key) {
                    numbers.retain(|known| *known != number);
                    if numbers.is_empty() {
                        self.places.remove(&key);
                    }
                }
            }
        }
    }

    fn begin(&mut self) -> u64 {
        let story = self.next;
        self.next = self.next.saturating_add(1);
        story
    }

    fn text(&self, number: u64) -> Option<&Text> {
        self.texts.get(usize::try_from(number.checked_sub(self.oldest)?).ok()?)
    }

    /// The story of a text of exactly these words.
    fn same_words(&self, reading: &Reading) -> Option<u64> {
        let numbers = self.places.get(&reading.whole)?;
        numbers.iter().find_map(|number| {
            let text = self.text(*number)?;
            text.reading.same_words(reading).then_some(text.story)
        })
    }

    /// The story of the text that this one is the closest copy of; of equals, the longest, then the oldest.
    fn copied(&self, reading: &Reading, keys: &[u64]) -> Option<u64> {
        let mut shared: HashMap<u64, usize> = HashMap::new();
        for number in keys.iter().filter_map(|key| self.places.get(key)).flatten() {
            *shared.entry(*number).or_default() += 1;
        }
        let mut candidates: Vec<(usize, u64)> =
            shared.into_iter().map(|(number, keys)| (keys, number)).collect();
        candidates.sort_unstable_by(|one, other| other.cmp(one));
        candidates.truncate(COMPARED);
        let mut best: Option<((f64, usize), u64, u64)> = None;
        for (_, number) in candidates {
            let Some(text) = self.text(number) else { continue };
            let Some(close) = verdict::closeness(reading, &text.reading) else { continue };
            let rank = (close, text.reading.len());
            let better = best.is_none_or(|(best, of, _)| rank > best || (rank == best && number < of));
            if better {
                best = Some((rank, number, text.story));
            }
        }
        best.map(|(_, _, story)| story)
    }

    fn keep(&mut self, text: Text) {
        while self.texts.len() >= self.held {
            self.forget();
        }
        let number = self.oldest.saturating_add(u64::try_from(self.texts.len()).unwrap_or(u64::MAX));
        for key in &text.keys {
            let numbers = self.places.entry(*key).or_default();
            if numbers.len() >= IN_BUCKET {
                numbers.remove(0);
            }
            numbers.push(number);
        }
        self.texts.push_back(text);
    }

    /// Forgets the oldest text.
    fn forget(&mut self) {
        let Some(text) = self.texts.pop_front() else { return };
        for key in text.keys {
            if let Some(numbers) = self.places.get_mut(&key) {
                numbers.retain(|number| *number != self.oldest);
                if numbers.is_empty() {
                    self.places.remove(&key);
                }
            }
        }
        self.oldest = self.oldest.saturating_add(1);
    }
}

#[cfg(test)]
mod tests;
