//! Whether a post speaks well or ill, in English and French. Knows texts; knows nothing of brands, clocks or disks.
//!
//! Two judges: lists of words with VADER's rules, which are shipped, and a model that an owner trains on posts that
//! people labelled (`train`). A text that is in no language known here, or of which nothing is understood, has no
//! sentiment: not understood is not neutral. Shares are corrected for how often a judge errs (`adjust`).
//!
//! The lists are those of VADER and of its French version, under the MIT licence (`VADER-LICENSE.txt`), and our own.

mod adjust;
mod features;
mod lexicon;
mod model;
#[cfg(test)]
mod tests;
mod tone;
mod train;
mod words;

use std::fmt;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

pub(crate) use adjust::gamma;
pub use adjust::{Adjusted, Confusion, Measured};
use features::Features;
use lexicon::Lexicon;
pub use model::{Model, ModelError};
use tone::Tone;
pub use train::{Case, TooFew, train};

/// A language in which moods are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lang {
    /// English.
    #[serde(rename = "en")]
    English,
    /// French.
    #[serde(rename = "fr")]
    French,
}

impl Lang {
    /// All of them.
    pub const ALL: [Lang; 2] = [Lang::English, Lang::French];

    /// Of an ISO 639-1 code.
    pub fn of(code: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// Its ISO 639-1 code.
    pub fn code(self) -> &'static str {
        match self {
            Lang::English => "en",
            Lang::French => "fr",
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lang::English => "English",
            Lang::French => "French",
        })
    }
}

/// How a text speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sentiment {
    /// Ill.
    Negative,
    /// Neither.
    Neutral,
    /// Well.
    Positive,
}

impl Sentiment {
    /// All of them, in the order of tables.
    pub const ALL: [Sentiment; 3] = [Sentiment::Negative, Sentiment::Neutral, Sentiment::Positive];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Sentiment::Negative => "negative",
            Sentiment::Neutral => "neutral",
            Sentiment::Positive => "positive",
        }
    }

    /// Of its word.
    pub fn of(word: &str) -> Option<Sentiment> {
        Sentiment::ALL.into_iter().find(|sentiment| sentiment.word() == word)
    }

    /// Its place in `ALL`.
    pub fn place(self) -> usize {
        match self {
            Sentiment::Negative => 0,
            Sentiment::Neutral => 1,
            Sentiment::Positive => 2,
        }
    }
}

impl fmt::Display for Sentiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// From good, bad and turning words to a lean: what they weigh, and between which leans a text is neutral.
///
/// Set by hand, in tenths, by what holds on labelled posts of other people's collections. Bad words are rarer than
/// good ones and mean more.
#[derive(Debug)]
struct Rule {
    bad: f32,
    turning: f32,
    exclamations: f32,
    questions: f32,
    negative_below: f32,
    positive_above: f32,
    /// How it errs: labels by answers on labelled posts.
    confusion: Confusion,
}

const ENGLISH: Rule = Rule {
    bad: 1.7,
    turning: 0.3,
    exclamations: 0.5,
    questions: 0.0,
    negative_below: 0.0,
    positive_above: 1.0,
    confusion: Confusion([[5970, 1261, 532], [7038, 10857, 4329], [3079, 5833, 10747]]),
};

const FRENCH: Rule = Rule {
    bad: 1.7,
    turning: 0.2,
    exclamations: 0.0,
    questions: 0.2,
    negative_below: -0.4,
    positive_above: 0.75,
    confusion: Confusion([[530, 145, 40], [105, 462, 153], [102, 268, 347]]),
};

/// Small words that show that a text is understood even where none is good or bad.
const UNDERSTOOD: u16 = 2;

impl Rule {
    fn judge(&self, tone: &Tone) -> Option<Sentiment> {
        if tone.valued == 0 && tone.known < UNDERSTOOD {
            return None;
        }
        let log = |count: u16| f32::from(count).ln_1p();
        let lean = tone.good.ln_1p() - self.bad * tone.bad.ln_1p() - self.turning * log(tone.turning)
            + self.exclamations * log(tone.exclamations)
            - self.questions * log(tone.questions);
        Some(if lean < self.negative_below {
            Sentiment::Negative
        } else if lean > self.positive_above {
            Sentiment::Positive
        } else {
            Sentiment::Neutral
        })
    }
}

/// The lists of words of one language.
#[derive(Debug)]
struct Lexical {
    lang: Lang,
    lexicon: Lexicon,
}

impl Lexical {
    fn shipped(lang: Lang) -> Lexical {
        Lexical { lang, lexicon: Lexicon::shipped(lang) }
    }

    fn tone(&self, text: &str) -> Tone {
        Tone::of(text, self.lang, &self.lexicon)
    }
}

/// Judges texts of one language: by the shipped lists, or by a trained model beside them.
#[derive(Debug)]
pub struct Reader {
    lexical: Lexical,
    model: Option<Model>,
}

impl Reader {
    /// By the shipped lists.
    pub fn shipped(lang: Lang) -> Reader {
        Reader { lexical: Lexical::shipped(lang), model: None }
    }

    /// By a trained model.
    pub fn trained(model: Model) -> Reader {
        Reader { lexical: Lexical::shipped(model.lang()), model: Some(model) }
    }

    /// How `text` speaks; `None` when nothing of it is understood.
    pub fn judge(&self, text: &str) -> Option<Sentiment> {
        let tone = self.lexical.tone(text);
        let said = self.rule().judge(&tone);
        match &self.model {
            None => said,
            Some(_) if said.is_none() && tone.words < UNDERSTOOD => None,
            Some(model) => Some(model.judge(&Features::of(text, &tone, model.bits()))),
        }
    }

    /// How often it errs, as far as that was measured.
    pub fn confusion(&self) -> &Confusion {
        match &self.model {
            Some(model) => model.confusion(),
            None => &self.rule().confusion,
        }
    }

    /// On which posts that was measured.
    pub fn measured(&self) -> Measured {
        if self.model.is_some() { Measured::AmongItsOwn } else { Measured::Elsewhere }
    }

    fn rule(&self) -> &'static Rule {
        match self.lexical.lang {
            Lang::English => &ENGLISH,
            Lang::French => &FRENCH,
        }
    }
}

/// The judges of all languages. What is shipped is read once.
#[derive(Debug, Clone)]
pub struct Moods {
    english: Arc<Reader>,
    french: Arc<Reader>,
}

impl Default for Moods {
    /// By the shipped lists.
    fn default() -> Moods {
        static SHIPPED: LazyLock<Moods> = LazyLock::new(|| Moods {
            english: Arc::new(Reader::shipped(Lang::English)),
            french: Arc::new(Reader::shipped(Lang::French)),
        });
        SHIPPED.clone()
    }
}

impl Moods {
    /// With a trained model for its language.
    #[must_use]
    pub fn with(mut self, model: Model) -> Moods {
        let lang = model.lang();
        let reader = Arc::new(Reader::trained(model));
        match lang {
            Lang::English => self.english = reader,
            Lang::French => self.french = reader,
        }
        self
    }

    /// The judge of a language.
    pub fn reader(&self, lang: Lang) -> &Reader {
        match lang {
            Lang::English => &self.english,
            Lang::French => &self.french,
        }
    }

    /// How a text in the language of this ISO 639-1 code speaks; `None` where nobody here understands it.
    pub fn judge(&self, text: &str, lang: Option<&str>) -> Option<Sentiment> {
        self.reader(Lang::of(lang?)?).judge(text)
    }
}
