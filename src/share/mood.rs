//! How a brand is spoken of: shares of positive, neutral and negative posts, corrected for how often the judge errs, with
//! what nobody understood told apart.

use serde::{Deserialize, Serialize};

use super::{ENOUGH, Interval, share_of_voice};
use crate::sentiment::{Adjusted, Confusion, Lang, Measured, Sentiment};

/// How often the judges of both languages err, as far as that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errs {
    /// Of posts in English.
    pub english: Confusion,
    /// Of posts in French.
    pub french: Confusion,
    /// Whether each, in the order of [`Lang::ALL`], was measured among the posts that the judge was trained on.
    #[serde(default)]
    pub own: [bool; 2],
}

impl Errs {
    /// Of judges whose errors were measured elsewhere than on what they were made from.
    pub fn new(english: Confusion, french: Confusion) -> Errs {
        Errs { english, french, own: [false; 2] }
    }

    /// The same, measured so, in the order of [`Lang::ALL`].
    #[must_use]
    pub fn measured(self, measured: [Measured; 2]) -> Errs {
        Errs { own: measured.map(|measured| measured == Measured::AmongItsOwn), ..self }
    }

    /// The adjusted shares of posts in a language.
    fn adjusted(&self, lang: Lang, answers: [u64; 3]) -> Option<Adjusted> {
        let (confusion, own) = match lang {
            Lang::English => (&self.english, self.own[0]),
            Lang::French => (&self.french, self.own[1]),
        };
        confusion.adjusted(answers, if own { Measured::AmongItsOwn } else { Measured::Elsewhere })
    }
}

/// Distinct stories by how they were judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Judged {
    /// In the order negative, neutral, positive, for each language of [`Lang::ALL`].
    pub answers: [[u64; 3]; 2],
    /// Of which nothing was understood: not neutral, and in no share.
    pub not_understood: u64,
}

impl Judged {
    /// Counts stories in a language that were judged so.
    pub fn count(&mut self, lang: Option<Lang>, sentiment: Option<Sentiment>, stories: u64) {
        let Some((lang, sentiment)) = lang.zip(sentiment) else {
            self.not_understood += stories;
            return;
        };
        let place = usize::from(lang == Lang::French);
        if let Some(cell) = self.answers.get_mut(place).and_then(|row| row.get_mut(sentiment.place())) {
            *cell += stories;
        }
    }
}

/// How a brand is spoken of in one window. Its unit is the distinct story: copies of one text speak once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moods {
    /// Stories that were understood; shares are parts of them.
    pub understood: u64,
    /// Stories of which nothing was understood.
    pub not_understood: u64,
    /// Stories as they were judged: negative, neutral, positive.
    pub judged: [u64; 3],
    /// The shares corrected for how often the judge errs; `null` where fewer than 30 stories were understood.
    pub shares: Option<MoodShares>,
}

/// Shares of stories with their intervals at 95 %; together 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoodShares {
    /// Speak ill.
    pub negative: Interval,
    /// Neither.
    pub neutral: Interval,
    /// Speak well.
    pub positive: Interval,
    /// Net sentiment in thousandths, (positive - negative) / understood, of the corrected shares.
    pub net: i32,
}

impl MoodShares {
    /// In the order negative, neutral, positive.
    pub fn all(&self) -> [Interval; 3] {
        [self.negative, self.neutral, self.positive]
    }
}

impl Moods {
    /// The shares of what was judged, by judges who err so.
    ///
    /// Each language is corrected by itself; the interval of their mean takes the distances from share to end as
    /// independent (MOVER: Zou and Donner, 2008).
    pub fn of(judged: &Judged, errs: &Errs) -> Moods {
        let mut counts = [0_u64; 3];
        for row in judged.answers {
            for (sum, count) in counts.iter_mut().zip(row) {
                *sum += count;
            }
        }
        let understood = counts.iter().sum();
        let shares = if understood < ENOUGH { None } else { corrected(judged, errs) };
        Moods { understood, not_understood: judged.not_understood, judged: counts, shares }
    }
}

fn corrected(judged: &Judged, errs: &Errs) -> Option<MoodShares> {
    let wide = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let all: f64 = judged.answers.iter().flatten().copied().map(wide).sum();
    let (mut shares, mut below, mut above) = ([0.0; 3], [0.0; 3], [0.0; 3]);
    for (lang, answers) in Lang::ALL.into_iter().zip(judged.answers) {
        let Some(adjusted) = errs.adjusted(lang, answers) else { continue };
        let weight = answers.into_iter().map(wide).sum::<f64>() / all;
        for (to, from) in shares.iter_mut().zip(adjusted.shares) {
            *to += weight * from;
        }
        let distance = |sum: &mut [f64; 3], ends: [f64; 3]| {
            for ((sum, end), share) in sum.iter_mut().zip(ends).zip(adjusted.shares) {
                *sum += (weight * (share - end)).powi(2);
            }
        };
        distance(&mut below, adjusted.low);
        distance(&mut above, adjusted.high);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to a million")]
    let parts = share_of_voice(&shares.map(|share| (share.clamp(0.0, 1.0) * 1e6).round() as u64))?;
    let mut intervals = parts.into_iter().zip(shares).zip(below.into_iter().zip(above)).map(
        |((part, share), (below, above))| {
            Interval::around(part, ((share - below.sqrt()).max(0.0), (share + above.sqrt()).min(1.0)))
        },
    );
    let (negative, neutral, positive) = (intervals.next()?, intervals.next()?, intervals.next()?);
    let net = i32::from(positive.permille.0) - i32::from(negative.permille.0);
    Some(MoodShares { negative, neutral, positive, net })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A judge who calls half of what is neutral positive, and is right otherwise.
    fn errs() -> Errs {
        let confusion = Confusion([[400, 0, 0], [0, 200, 200], [0, 0, 400]]);
        Errs::new(confusion, Confusion([[400, 0, 0], [0, 400, 0], [0, 0, 400]]))
    }

    #[test]
    fn shares_are_corrected_by_language_and_sum_to_all() {
        let mut judged = Judged::default();
        // truly 100 negative, 400 neutral, 100 positive in English
        for (sentiment, count) in
            [(Sentiment::Negative, 100), (Sentiment::Neutral, 200), (Sentiment::Positive, 300)]
        {
            judged.count(Some(Lang::English), Some(sentiment), count);
        }
        judged.count(Some(Lang::French), Some(Sentiment::Negative), 300);
        judged.count(Some(Lang::French), None, 20);
        judged.count(None, Some(Sentiment::Positive), 7);
        let moods = Moods::of(&judged, &errs());
        assert_eq!((moods.understood, moods.not_understood, moods.judged), (900, 27, [400, 200, 300]));
        let shares = moods.shares.unwrap();
        assert_eq!(shares.all().iter().map(|of| of.permille.0).sum::<u16>(), 1000);
        // by hand: 400, 400 and 100 of 900
        for (of, true_share) in shares.all().into_iter().zip([444_u16, 444, 111]) {
            assert!(of.permille.0.abs_diff(true_share) < 30, "{shares:?}");
            assert!(of.low.0 <= true_share && true_share <= of.high.0, "{shares:?}");
        }
        assert!(shares.positive.permille.0 < 200, "as answered it would be 333");
        assert_eq!(shares.net, i32::from(shares.positive.permille.0) - i32::from(shares.negative.permille.0));
    }

    #[test]
    fn of_few_stories_counts_are_told_and_no_shares() {
        let mut judged = Judged::default();
        judged.count(Some(Lang::French), Some(Sentiment::Positive), 29);
        let moods = Moods::of(&judged, &errs());
        assert_eq!((moods.understood, moods.shares), (29, None));
        judged.count(Some(Lang::French), Some(Sentiment::Positive), 1);
        assert!(Moods::of(&judged, &errs()).shares.is_some());
        assert_eq!(Moods::of(&Judged::default(), &errs()).shares, None);
    }
}
