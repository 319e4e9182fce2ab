//! How a brand is spoken of, in words: for mails and for pages.

use super::words::Language;
use crate::share::{Interval, MoodShares, Moods};

/// The three words, in the order negative, neutral, positive.
pub(crate) fn words(language: Language) -> [&'static str; 3] {
    language.say(["negative", "neutral", "positive"], ["négatif", "neutre", "positif"])
}

/// A share with its interval: `12.3% (9.1 to 16.0)`.
pub(crate) fn interval(of: Interval, language: Language) -> String {
    let [part, low, high] = [of.permille, of.low, of.high].map(|part| language.percent(part));
    language.say(format!("{part} ({low} to {high})"), format!("{part} ({low} à {high})"))
}

/// The shares in a line, the positive ones first; counts where there are too few for shares, and then what was not
/// understood.
pub(crate) fn line(moods: &Moods, language: Language) -> String {
    let [negative, neutral, positive] = words(language);
    let colon = language.colon();
    let told = match &moods.shares {
        Some(shares) => [(positive, shares.positive), (neutral, shares.neutral), (negative, shares.negative)]
            .map(|(word, of)| format!("{word}{colon}{}", interval(of, language)))
            .join(" · "),
        None => {
            let [ill, none, well] = moods.judged.map(|count| language.number(count));
            [(positive, well), (neutral, none), (negative, ill)]
                .map(|(word, count)| format!("{word}{colon}{count}"))
                .join(" · ")
        }
    };
    format!("{told} · {}", not_understood(moods, language))
}

/// How many stories nobody understood.
pub(crate) fn not_understood(moods: &Moods, language: Language) -> String {
    language.count(
        moods.not_understood,
        ["story not understood", "stories not understood"],
        ["histoire non comprise", "histoires non comprises"],
    )
}

/// The net sentiment, in points of a hundred: `+12.3`.
pub(crate) fn net(shares: &MoodShares, language: Language) -> String {
    let points = language.points(shares.net);
    language.say(format!("net {points}"), format!("solde {points}"))
}

/// How the shares are made, in a sentence.
pub(crate) fn how(language: Language) -> &'static str {
    language.say(
        "Of distinct stories in English and French, judged by word lists or a model of yours; shares are corrected for how often the judge errs, with intervals at 95%. Net = (positive − negative) / understood. What is not understood is in no share; under 30 stories counts are shown, as judged.",
        "Sur les histoires distinctes en français et en anglais, jugées par des listes de mots ou par votre modèle\u{202f}; les parts sont corrigées des erreurs du juge, avec des intervalles à 95\u{a0}%. Solde = (positif − négatif) / compris. Ce qui n’est pas compris n’entre dans aucune part\u{202f}; sous 30 histoires, voici les nombres, tels que jugés.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::{Interval, Permille};

    #[test]
    fn shares_and_counts_are_told_in_both_languages() {
        let of =
            |part, low, high| Interval { permille: Permille(part), low: Permille(low), high: Permille(high) };
        let shares = MoodShares {
            negative: of(200, 150, 260),
            neutral: of(500, 430, 560),
            positive: of(300, 240, 370),
            net: 100,
        };
        let moods = Moods { understood: 120, not_understood: 1, judged: [20, 60, 40], shares: Some(shares) };
        assert_eq!(
            line(&moods, Language::En),
            "positive: 30.0% (24.0% to 37.0%) · neutral: 50.0% (43.0% to 56.0%) · negative: 20.0% (15.0% to 26.0%) · 1\u{a0}story not understood"
        );
        assert_eq!(net(&shares, Language::Fr), "solde +10,0\u{a0}pts");
        let few = Moods { shares: None, judged: [1, 2, 3], ..moods };
        assert_eq!(
            line(&few, Language::Fr),
            "positif\u{a0}: 3 · neutre\u{a0}: 2 · négatif\u{a0}: 1 · 1\u{a0}histoire non comprise"
        );
    }
}
