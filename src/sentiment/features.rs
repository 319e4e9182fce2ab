//! A text as numbers for the trained model: hashed words and groups of letters, and what the lists of words say.

use super::tone::Tone;

/// Numbers that the lists of words give, the first of them always one.
pub(super) const CUES: usize = 15;
/// Groups of letters have this many, a blank at each end of a word among them.
const GROUPS: std::ops::RangeInclusive<usize> = 3..=5;
/// Letters of a word looked at: an endless word is no word.
const LONGEST_WORD: usize = 40;
/// Words of a text looked at: a post has fewer, of an article the beginning says enough.
const MOST_WORDS: usize = 600;

/// A text as numbers.
#[derive(Debug, Default)]
pub(super) struct Features {
    /// Places in a table of `1 << bits` weights a class, and values; each place once, in order.
    pub(super) hashed: Vec<(usize, f32)>,
    /// What the lists of words say.
    pub(super) cues: [f32; CUES],
}

impl Features {
    /// The numbers of `text`, read as `tone`, with `bits` bits of hash.
    pub(super) fn of(text: &str, tone: &Tone, bits: u8) -> Features {
        let words = words(text);
        let mask = (1_u64 << bits.min(32)) - 1;
        let place = |hash: u64| usize::try_from((hash ^ (hash >> 32)) & mask).unwrap_or_default();
        let mut of_words = Vec::new();
        let mut of_letters = Vec::new();
        let mut before = "";
        for word in &words {
            of_words.push(place(hash(&[b"w", word.as_bytes()])));
            of_words.push(place(hash(&[b"b", before.as_bytes(), b" ", word.as_bytes()])));
            before = word;
            let padded = format!(" {word} ");
            let ends: Vec<usize> = padded.char_indices().map(|(at, _)| at).chain([padded.len()]).collect();
            for size in GROUPS {
                for (start, end) in ends.iter().zip(ends.iter().skip(size)) {
                    let group = padded.get(*start..*end).unwrap_or_default();
                    of_letters.push(place(hash(&[b"c", group.as_bytes()])));
                }
            }
        }
        let mut hashed = weighed(of_words);
        hashed.extend(weighed(of_letters));
        hashed.sort_unstable_by_key(|(place, _)| *place);
        hashed.dedup_by(|one, kept| {
            let same = one.0 == kept.0;
            if same {
                kept.1 += one.1;
            }
            same
        });
        Features { hashed, cues: cues(tone) }
    }
}

/// Each place once, so that all of them together have length one: a long text weighs what a short one does.
fn weighed(mut places: Vec<usize>) -> Vec<(usize, f32)> {
    places.sort_unstable();
    places.dedup();
    let count = u16::try_from(places.len()).unwrap_or(u16::MAX);
    let weight = 1.0 / f32::from(count.max(1)).sqrt();
    places.into_iter().map(|place| (place, weight)).collect()
}

fn cues(tone: &Tone) -> [f32; CUES] {
    let log = |count: u16| f32::from(count).ln_1p();
    [
        1.0,
        tone.compound(),
        tone.good.ln_1p(),
        tone.bad.ln_1p(),
        log(tone.turning),
        log(tone.valued),
        log(tone.known),
        log(tone.words),
        log(tone.exclamations),
        log(tone.questions),
        log(tone.links),
        log(tone.accounts),
        log(tone.hashtags),
        log(tone.points),
        log(tone.figures),
    ]
}

/// Words in small letters, marks as words of their own; links and accounts as what they are, not which.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for chunk in text.split_whitespace() {
        if words.len() >= MOST_WORDS {
            break;
        }
        if chunk.starts_with("http") || chunk.contains("://") {
            words.push("http".to_owned());
        } else if chunk.starts_with('@') && chunk.len() > 1 {
            words.push("@".to_owned());
        } else {
            let mut word = String::new();
            for c in chunk.chars() {
                if c.is_alphanumeric() || c == '\'' || c == '’' {
                    if word.chars().count() < LONGEST_WORD {
                        word.extend(if c == '’' { '\'' } else { c }.to_lowercase());
                    }
                } else {
                    if !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                    words.push(c.to_string());
                }
            }
            if !word.is_empty() {
                words.push(word);
            }
        }
    }
    words
}

/// FNV-1a of parts end to end, stirred so that low bits depend on all.
fn hash(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().copied().flatten() {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}
