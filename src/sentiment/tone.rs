//! How good or bad the words of a text are together: VADER's rules (Hutto and Gilbert, 2014) for two languages.

use super::Lang;
use super::lexicon::{Lexicon, Small};
use super::words::Words;

/// What a strengthening word adds, a weakening one takes away.
const BOOST: f32 = 0.293;
/// How much of that is left for each word between.
const FADE: [f32; 3] = [1.0, 0.95, 0.9];
/// What capitals add.
const CAPITALS: f32 = 0.733;
/// What a turned word is worth of itself.
const TURNED: f32 = -0.74;
/// What is left of a word before "but", and what one after it is worth.
const BEFORE: f32 = 0.5;
const AFTER: f32 = 1.5;
/// What an exclamation mark adds, up to four of them.
const EXCLAMATION: f32 = 0.292;

/// What was read of a text. Sums of valences from -4 to 4 a word.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Tone {
    /// All together.
    pub(super) sum: f32,
    /// Of good words.
    pub(super) good: f32,
    /// Of bad ones, as a positive number.
    pub(super) bad: f32,
    /// Words and signs that the lists value.
    pub(super) valued: u16,
    /// Words that the lists know: valued or small.
    pub(super) known: u16,
    /// All words.
    pub(super) words: u16,
    /// Words that turn others.
    pub(super) turning: u16,
    pub(super) exclamations: u16,
    pub(super) questions: u16,
    pub(super) links: u16,
    pub(super) accounts: u16,
    pub(super) hashtags: u16,
    pub(super) points: u16,
    pub(super) quotes: u16,
    pub(super) figures: u16,
}

impl Tone {
    pub(super) fn of(text: &str, lang: Lang, lexicon: &Lexicon) -> Tone {
        let words = Words::of(text, lang, lexicon);
        let smalls: Vec<Option<Small>> = words.tokens.iter().map(|token| token.entry.small).collect();
        let mut tone = Tone {
            exclamations: words.exclamations,
            questions: words.questions,
            links: words.links,
            accounts: words.accounts,
            hashtags: words.hashtags,
            points: words.points,
            quotes: words.quotes,
            figures: words.figures,
            ..Tone::default()
        };
        let mut values = vec![0.0_f32; words.tokens.len()];
        let mut at = 0;
        while let Some(token) = words.tokens.get(at) {
            let here = at;
            at += 1;
            tone.words += u16::from(!token.is_sign);
            let after = words.tokens.iter().skip(at).map(|token| words.word(token));
            let (valence, phrase) = match lexicon.phrase(words.word(token), &token.entry, after) {
                Some((valence, taken)) => {
                    at += taken;
                    tone.words += u16::try_from(taken).unwrap_or_default();
                    (Some(valence), true)
                }
                None => (token.entry.valence, false),
            };
            let small = smalls.get(here).copied().flatten();
            tone.known += u16::from(small.is_some() || valence.is_some());
            if matches!(small, Some(Small::Not | Small::Pas)) {
                tone.turning += 1;
            }
            let Some(mut valence) =
                valence.filter(|_| phrase || small.is_none() || small == Some(Small::Plain))
            else {
                continue;
            };
            tone.valued += 1;
            if token.capitals && words.mixed {
                valence += CAPITALS.copysign(valence);
            }
            if !token.is_sign {
                valence = around(valence, here, at, &smalls);
            }
            if let Some(value) = values.get_mut(here) {
                *value = valence;
            }
        }
        if let Some(but) = smalls.iter().rposition(|small| *small == Some(Small::But)) {
            for (place, value) in values.iter_mut().enumerate() {
                *value *= if place < but { BEFORE } else { AFTER };
            }
        }
        for value in values {
            tone.sum += value;
            tone.good += value.max(0.0);
            tone.bad += (-value).max(0.0);
        }
        if tone.sum != 0.0 {
            let marks = f32::from(words.exclamations.min(4));
            tone.sum += (marks * EXCLAMATION).copysign(tone.sum);
        }
        tone
    }

    /// All together from -1 to 1.
    pub(super) fn compound(&self) -> f32 {
        self.sum / (self.sum * self.sum + 15.0).sqrt()
    }
}

/// What the small words around a word at `here`, whose phrase ends before `end`, make of its valence.
fn around(mut valence: f32, here: usize, end: usize, smalls: &[Option<Small>]) -> f32 {
    let small = |place: usize| smalls.get(place).copied().flatten();
    let mut turned = false;
    for (distance, fade) in (1_usize..).zip(FADE) {
        let Some(place) = here.checked_sub(distance) else { break };
        // what stands before "but" says nothing of what stands after it
        if small(place) == Some(Small::But) {
            break;
        }
        let ne =
            (1..=4).any(|back| place.checked_sub(back).is_some_and(|place| small(place) == Some(Small::Ne)));
        match small(place) {
            Some(Small::More) => valence += (BOOST * fade).copysign(valence),
            Some(Small::Less) => valence -= (BOOST * fade).copysign(valence),
            Some(Small::Plus) if !ne => valence += (BOOST * fade).copysign(valence),
            Some(Small::Not | Small::Pas | Small::Plus) => turned = true,
            Some(Small::Ne | Small::But | Small::Plain) | None => {}
        }
    }
    // ne + verb + pas, and what is said without ne: "j'aime pas", "ça marche pas"
    let ne = (1..=3).any(|back| here.checked_sub(back).is_some_and(|place| small(place) == Some(Small::Ne)));
    let next = small(end);
    if next == Some(Small::Pas) || (ne && (next == Some(Small::Plus) || small(end + 1) == Some(Small::Pas))) {
        turned = true;
    }
    if turned { valence * TURNED } else { valence }
}
