//! What is read of small texts, in both languages.

use proptest::prelude::*;

use super::*;

fn lean(reader: &Reader, text: &str) -> f32 {
    reader.lexical.tone(text).sum
}

#[test]
fn both_languages_tell_good_from_bad() {
    let (english, french) = (Reader::shipped(Lang::English), Reader::shipped(Lang::French));
    for (reader, text, expected) in [
        (&english, "The new Zorvex oven is excellent, I love it!", Some(Sentiment::Positive)),
        (&english, "The new Zorvex oven is awful. Worst purchase ever.", Some(Sentiment::Negative)),
        (&english, "The Zorvex shop is at the end of the street", Some(Sentiment::Neutral)),
        (&english, "I do not like the Zorvex oven", Some(Sentiment::Negative)),
        (&english, "can't wait for the Zorvex launch", Some(Sentiment::Positive)),
        (&english, "Zorvex 👍👍", Some(Sentiment::Positive)),
        (&english, "Zorvex :-( again", Some(Sentiment::Negative)),
        (&french, "Le four Zorvex est excellent, je l'adore !", Some(Sentiment::Positive)),
        (&french, "Le four Zorvex est nul. Une arnaque.", Some(Sentiment::Negative)),
        (&french, "La boutique Zorvex est au bout de la rue", Some(Sentiment::Neutral)),
        (&french, "Je n’aime pas du tout ce four", Some(Sentiment::Negative)),
        (&french, "j'aime pas ce four", Some(Sentiment::Negative)),
        (&french, "ça marche pas, encore une panne", Some(Sentiment::Negative)),
        (&french, "Zorvex 😡", Some(Sentiment::Negative)),
        (&french, "Merciiiii Zorvex, génial", Some(Sentiment::Positive)),
    ] {
        assert_eq!(reader.judge(text), expected, "{text}");
    }
}

#[test]
fn not_understood_is_not_neutral() {
    let (english, french) = (Reader::shipped(Lang::English), Reader::shipped(Lang::French));
    for text in [
        "",
        "Zorvex",
        "http://zorvex.example/a @someone",
        "これはすばらしい製品です",
        "12 000 3.5",
        "#zorvex",
    ] {
        assert_eq!((english.judge(text), french.judge(text)), (None, None), "{text}");
    }
    assert_eq!((Lang::of("de"), Lang::of("fr")), (None, Some(Lang::French)));
}

#[test]
fn words_around_turn_strengthen_and_outweigh() {
    let (english, french) = (Reader::shipped(Lang::English), Reader::shipped(Lang::French));
    for (reader, less, more) in [
        (&english, "it is not good", "it is good"),
        (&english, "it is good", "it is very good"),
        (&english, "it is good", "it is GOOD"),
        (&english, "it is good", "it is good!!"),
        (&english, "it is good but awful", "it is awful but good"),
        (&english, "a good day without joy", "a good day with joy"),
        (&french, "ce n'est pas bon", "c'est bon"),
        (&french, "c'est magnifique", "c'est vraiment magnifique"),
        (&french, "c'est magnifique", "c'est MAGNIFIQUE"),
        (&french, "c'est magnifique", "c'est magnifique !!"),
        (&french, "magnifique mais horrible", "horrible mais magnifique"),
        (&french, "ce n'est plus agréable", "c'est plus agréable"),
        (&french, "sans plaisir", "avec plaisir"),
        (&french, "il n'aime jamais", "il aime"),
        (&french, "c'est mal", "c'est pas mal"),
    ] {
        assert!(lean(reader, less) < lean(reader, more), "{less} < {more}");
    }
    // accents left out
    assert!((lean(&french, "degouté et decu") - lean(&french, "dégouté et déçu")).abs() < 1e-6);
}

/// Cases of invented texts, of which a model can learn that "florp" is good and "grunk" bad.
fn invented() -> Vec<(String, Sentiment)> {
    let things = ["oven", "kettle", "lamp", "door", "shop", "app", "seat", "train", "pen", "book"];
    let mut cases = Vec::new();
    for round in 0..5 {
        for thing in things {
            cases.push((format!("the {thing} number {round} is florp"), Sentiment::Positive));
            cases.push((format!("the {thing} number {round} is grunk"), Sentiment::Negative));
            cases.push((format!("the {thing} number {round} is here"), Sentiment::Neutral));
        }
    }
    cases
}

fn model() -> Model {
    let cases = invented();
    let cases: Vec<Case<'_>> = cases.iter().map(|(text, label)| Case { text, label: *label }).collect();
    train(&cases, Lang::English, |_, _| {}).unwrap()
}

#[test]
fn a_model_learns_new_words_and_its_file_gives_it_back() {
    let model = model();
    let bytes = model.bytes().unwrap();
    assert_eq!(bytes, self::model().bytes().unwrap(), "the same cases give the same bytes");
    assert_eq!(Model::read(&bytes, Lang::English).unwrap(), model);
    let reader = Reader::trained(model);
    assert_eq!(reader.judge("that chair is florp"), Some(Sentiment::Positive));
    assert_eq!(reader.judge("that chair is grunk"), Some(Sentiment::Negative));
    assert_eq!(reader.judge("that chair is here"), Some(Sentiment::Neutral));
    assert_eq!(reader.judge(""), None);
    let right: u32 = (0..3).map(|place| reader.confusion().0[place][place]).sum();
    assert!(right > 140, "{:?}", reader.confusion());
    // cut, flipped, of another version or language
    let read = |bytes: &[u8]| Model::read(bytes, Lang::English).unwrap_err();
    assert_eq!(read(b"label\ttext\n"), ModelError::Other);
    assert_eq!(read(b"vigie-sentiment 9\n{}\n"), ModelError::Version(9));
    assert!(matches!(read(&bytes[..bytes.len() - 1]), ModelError::Damaged(_)));
    for at in [20, 200, bytes.len() / 2, bytes.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 4;
        assert!(Model::read(&flipped, Lang::English).is_err() || flipped[..400] != bytes[..400]);
    }
    let other = Model::read(&bytes, Lang::French).unwrap_err();
    assert_eq!(other.to_string(), "is a model of English, not of French");
    let none = train(&[], Lang::French, |_, _| {}).unwrap_err();
    assert!(none.to_string().starts_with("only 0 cases are negative"), "{none}");
}

#[test]
fn adjusted_shares_undo_what_a_judge_gets_wrong() {
    // says "positive" of half of what is neutral
    let errs = Confusion([[80, 15, 5], [5, 45, 50], [2, 8, 90]]);
    // 200 negative, 600 neutral, 200 positive, answered as it errs
    let adjusted = errs.adjusted([194, 316, 490], Measured::Elsewhere).unwrap();
    for (share, truth) in adjusted.shares.iter().zip([0.2, 0.6, 0.2]) {
        assert!((share - truth).abs() < 0.07, "{adjusted:?}");
    }
    assert!((adjusted.raw[2] - 0.49).abs() < 1e-9);
    for ((low, share), high) in adjusted.low.iter().zip(adjusted.shares).zip(adjusted.high) {
        assert!(*low <= share && share <= high && *low >= 0.0 && high <= 1.0, "{adjusted:?}");
    }
    assert!(adjusted.low[1] <= 0.6 && 0.6 <= adjusted.high[1]);
    assert_eq!(errs.adjusted([0, 0, 0], Measured::Elsewhere), None);
    // ten times the posts narrow the interval
    let more = errs.adjusted([19_400, 31_600, 49_000], Measured::Elsewhere).unwrap();
    assert!(more.high[0] - more.low[0] < adjusted.high[0] - adjusted.low[0]);
    // what a judge got wrong among its own is trusted less: a wider interval, and a share between both
    let errs = Confusion(errs.0.map(|row| row.map(|count| count * 10)));
    let more = errs.adjusted([19_400, 31_600, 49_000], Measured::Elsewhere).unwrap();
    let own = errs.adjusted([19_400, 31_600, 49_000], Measured::AmongItsOwn).unwrap();
    assert!(own.high[0] - own.low[0] > more.high[0] - more.low[0]);
    assert!(more.shares[2] < own.shares[2] && own.shares[2] < own.raw[2], "{own:?}");
    assert!((own.shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
        for lang in Lang::ALL {
            let reader = Reader::shipped(lang);
            prop_assert_eq!(reader.judge(&text), reader.judge(&text));
            prop_assert!(lean(&reader, &text).is_finite());
        }
    }

    #[test]
    fn adjusted_shares_sum_to_one(answers in prop::array::uniform3(0_u64..1_000_000)) {
        let adjusted = Reader::shipped(Lang::French).confusion().adjusted(answers, Measured::Elsewhere);
        prop_assert_eq!(adjusted.is_none(), answers.iter().sum::<u64>() == 0);
        if let Some(adjusted) = adjusted {
            prop_assert!((adjusted.shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }
}
