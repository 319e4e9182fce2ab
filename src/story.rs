//! Stories: which posts and articles are copies of one text, settled as they arrive.
//!
//! A story is a text that was copied, not an event: own words, translations, the next text from the same template
//! and the same short phrase by different people are other stories. `sketch` finds the texts that may be copies,
//! `verdict` says which are. It knows nothing of clocks, disks or networks.

mod differ;
mod index;
mod reading;
mod sketch;
mod verdict;

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::Arc;

use index::Index;
use reading::Reading;

/// A shorter text is never a copy: people say the same things in few words. In words.
pub const SHORTEST: usize = 10;
/// Texts held to be compared with, by default: about 8 KB each.
pub const HELD: usize = 10_000;
/// Texts compared with a new one, those that share most of its sketch first.
const COMPARED: usize = 64;
/// Of these the closest are looked at word for word, until one is copied.
const LOOKED_AT: usize = 16;

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

impl<'a> Piece<'a> {
    /// A post as it is stored: only articles, which have a title, are known by their page.
    pub fn new(title: Option<&'a str>, text: &'a str, link: Option<&'a str>) -> Piece<'a> {
        Piece { title, text, link: link.filter(|_| title.is_some()) }
    }
}

/// A piece read once: all that is needed to find what it copies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sketch {
    reading: Reading,
    /// What it is found by, in order, each once; nothing where it is nobody's copy.
    keys: Vec<u64>,
}

impl Sketch {
    /// Reads a piece.
    pub fn of(piece: Piece<'_>) -> Sketch {
        let reading = Reading::of(piece);
        let mut keys = Vec::new();
        keys.extend(reading.page);
        if reading.len() >= SHORTEST {
            keys.reserve(sketch::BANDS + reading.len());
            keys.push(reading.whole);
            sketch::add_keys(&reading, &mut keys);
        }
        keys.sort_unstable();
        keys.dedup();
        Sketch { reading, keys }
    }
}

/// The stories of a stream, as far back as `held` different texts.
#[derive(Debug)]
pub struct Stories {
    held: usize,
    /// The texts held, the oldest first.
    texts: VecDeque<Text>,
    /// The number of the oldest text held; numbers go round.
    oldest: u32,
    /// From keys of sketches, canonical links and whole texts to the numbers of texts.
    places: Index,
    /// The number of the next story.
    next: u64,
    /// How many keys each text held shares with the piece at hand, by its place; nothing between two pieces.
    shared: Vec<u16>,
}

#[derive(Debug)]
struct Text {
    /// The number that its story would have had, had it copied none.
    own: u64,
    story: u64,
    sketch: Arc<Sketch>,
    /// Its first link in the index.
    link: u32,
}

impl Default for Stories {
    fn default() -> Stories {
        Stories::holding(HELD)
    }
}

impl Stories {
    /// No stories yet; at most `held` different texts are remembered, the oldest of them forgotten first.
    pub fn holding(held: usize) -> Stories {
        Stories {
            held: held.max(1),
            texts: VecDeque::new(),
            oldest: 0,
            places: Index::default(),
            next: 0,
            shared: Vec::new(),
        }
    }

    /// How many texts are held.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The number of the story that a piece belongs to: that of the text it copies, else a new one.
    ///
    /// The same pieces in the same order give the same numbers. Copies of a text that is no longer held begin a new
    /// story.
    pub fn place(&mut self, sketch: Arc<Sketch>) -> u64 {
        if sketch.keys.is_empty() {
            return self.begin();
        }
        if let Some(story) = self.held_already(&sketch) {
            return story;
        }
        let own = self.next;
        let story = self.copied(&sketch).unwrap_or_else(|| self.begin());
        self.keep(own, story, sketch);
        story
    }

    /// As [`Stories::place`], where a story that begins with this piece is called `own`: larger than any before.
    pub fn place_as(&mut self, sketch: Arc<Sketch>, own: u64) -> u64 {
        self.next = own;
        self.place(sketch)
    }

    /// Holds a text again whose story is known.
    pub fn recall(&mut self, sketch: Arc<Sketch>, own: u64, story: u64) {
        if !sketch.keys.is_empty() && self.held_already(&sketch).is_none() {
            self.keep(own, story, sketch);
        }
    }

    /// Takes the words of the text of this number out of memory; its story goes on.
    pub fn forget_of(&mut self, own: u64) {
        let Some(place) = self.texts.iter().position(|text| text.own == own) else { return };
        if let Some(text) = self.texts.get_mut(place) {
            let gone = std::mem::take(&mut text.sketch);
            self.places.remove(&gone.keys, text.link);
        }
    }

    /// The story of a text of the same words, where a piece brings nothing new to compare with.
    fn held_already(&self, sketch: &Sketch) -> Option<u64> {
        let reading = &sketch.reading;
        let known = reading.page.is_none_or(|page| self.places.has(page));
        (reading.len() >= SHORTEST && known).then(|| self.same_words(reading)).flatten()
    }

    fn begin(&mut self) -> u64 {
        let story = self.next;
        self.next = self.next.saturating_add(1);
        story
    }

    /// Where the text of a number stands among those held.
    fn place_of(&self, number: u32) -> usize {
        usize::try_from(number.wrapping_sub(self.oldest)).unwrap_or(usize::MAX)
    }

    /// The story of the oldest text of exactly these words.
    fn same_words(&self, reading: &Reading) -> Option<u64> {
        let texts = self.places.at(reading.whole).filter_map(|number| self.texts.get(self.place_of(number)));
        texts.filter(|text| text.sketch.reading.same_words(reading)).last().map(|text| text.story)
    }

    /// The story of the text that this one is the closest copy of; of equals, the longest, then the oldest.
    fn copied(&mut self, sketch: &Sketch) -> Option<u64> {
        let mut alike: Vec<_> = self
            .candidates(sketch)
            .into_iter()
            .filter_map(|place| {
                let text = self.texts.get(place)?;
                let close = verdict::closeness(&sketch.reading, &text.sketch.reading)?;
                Some((close, text.sketch.reading.len(), Reverse(place), text))
            })
            .collect();
        alike.sort_unstable_by(|one, other| {
            other.0.total_cmp(&one.0).then_with(|| (other.1, other.2).cmp(&(one.1, one.2)))
        });
        let mut looked_at = alike.into_iter().take(LOOKED_AT);
        let copied = looked_at.find(|(.., text)| verdict::is_copy(&sketch.reading, &text.sketch.reading));
        copied.map(|(.., text)| text.story)
    }

    /// The places of the texts that share most keys with a piece; of equals, the newest.
    fn candidates(&mut self, sketch: &Sketch) -> Vec<usize> {
        let mut met = Vec::new();
        for number in self.places.at_all(&sketch.keys) {
            let place = self.place_of(number);
            let Some(shared) = self.shared.get_mut(place) else { continue };
            if *shared == 0 {
                met.push(place);
            }
            *shared = shared.saturating_add(1);
        }
        let mut candidates: Vec<(u16, usize)> = met
            .into_iter()
            .filter_map(|place| Some((std::mem::take(self.shared.get_mut(place)?), place)))
            .collect();
        if candidates.len() > COMPARED {
            candidates.select_nth_unstable_by(COMPARED, |one, other| other.cmp(one));
            candidates.truncate(COMPARED);
        }
        candidates.into_iter().map(|(_, place)| place).collect()
    }

    fn keep(&mut self, own: u64, story: u64, sketch: Arc<Sketch>) {
        while self.texts.len() >= self.held && self.texts.pop_front().is_some() {
            self.oldest = self.oldest.wrapping_add(1);
        }
        let number = self.oldest.wrapping_add(u32::try_from(self.texts.len()).unwrap_or_default());
        let link = self.places.add(&sketch.keys, number);
        self.texts.push_back(Text { own, story, sketch, link });
        self.shared.resize(self.texts.len(), 0);
        self.places.forget(self.texts.front().map_or(link, |oldest| oldest.link));
    }
}

#[cfg(test)]
mod tests;
