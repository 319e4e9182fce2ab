//! Sentiment through the command: on posts written for this, and on a corpus where one is named.

use serde_json::Value;

use super::command::Place;

/// Posts written for this test, with what they are.
const FRENCH: &str = "\
positive\tLe nouveau Zorvex est superbe, bravo à toute l'équipe !
positive\tMerci Zorvex, service rapide et agréable 😍
negative\tZorvex en panne pour la troisième fois, c'est une honte
negative\tje n'aime pas du tout la nouvelle application Zorvex
neutral\tZorvex ouvre une boutique à Nantes le 3 mars
neutral\tLe siège de Zorvex est dans la même rue que la gare
";

#[test]
fn posts_are_judged_and_measured() {
    let place = Place::new("sentiment-written");
    place.write("fr.tsv", FRENCH);
    let told = place.ok(&["evaluate", "sentiment", "fr.tsv", "--lang", "fr", "--answers", "answers.txt"]);
    assert!(told.contains("macro recall 100.0") && told.contains("macro F1 100.0"), "{told}");
    let labels: Vec<&str> = FRENCH.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(place.read("answers.txt").lines().collect::<Vec<_>>(), labels);
    // texts alone: answers alone
    let texts: String =
        FRENCH.lines().map(|line| format!("{}\n", line.split('\t').nth(1).unwrap())).collect();
    place.write("texts.txt", texts);
    let told = place.ok(&["evaluate", "sentiment", "texts.txt", "--lang", "fr"]);
    assert_eq!(told.lines().collect::<Vec<_>>(), labels);
}

#[test]
fn a_model_is_trained_used_and_refused_for_another_language() {
    let place = Place::new("sentiment-trained");
    let mut cases = String::new();
    for number in 0..25 {
        for (label, word) in [("positive", "flopissime"), ("negative", "grunkesque"), ("neutral", "rond")] {
            cases.push_str(&format!("{label}\tle four numéro {number} est {word}\n"));
        }
    }
    place.write("cases.tsv", &cases);
    let told = place.ok(&["train", "sentiment", "cases.tsv", "--lang", "fr", "--out", "fr.model"]);
    assert!(told.contains("75 cases"), "{told}");
    let first = std::fs::read(place.0.join("fr.model")).unwrap();
    place.ok(&["train", "sentiment", "cases.tsv", "--lang", "fr", "--out", "again.model"]);
    assert_eq!(first, std::fs::read(place.0.join("again.model")).unwrap());
    let judge = ["evaluate", "sentiment", "cases.tsv", "--lang", "fr", "--model", "fr.model", "--json"];
    let scores: Value = serde_json::from_str(&place.ok(&judge)).unwrap();
    assert!(scores["macro_f1"].as_f64().unwrap() > 0.99, "{scores}");
    let ran = place.run(&["evaluate", "sentiment", "cases.tsv", "--lang", "en", "--model", "fr.model"]);
    assert!(
        ran.code == 2 && ran.err.contains("fr.model is a model of French, not of English"),
        "{}",
        ran.err
    );
    let ran = place.run(&["evaluate", "sentiment", "cases.tsv", "--lang", "fr", "--model", "cases.tsv"]);
    assert!(ran.code == 2 && ran.err.contains("is no model of sentiment"), "{}", ran.err);
    place.write("few.tsv", "positive\tbien\n");
    let ran = place.run(&["train", "sentiment", "few.tsv", "--lang", "fr", "--out", "few.model"]);
    assert!(ran.code == 2 && ran.err.contains("only 0 cases are negative"), "{}", ran.err);
    assert!(!place.0.join("few.model").exists());
}

#[test]
fn a_corpus_is_judged() {
    let Some(files) = super::corpus::files("sentiment", "tsv") else { return };
    let place = Place::new("sentiment-corpus");
    for (lang, measure, shipped, trained) in
        [("en", "macro_recall", 0.57, 0.63), ("fr", "macro_f1", 0.56, 0.60)]
    {
        let file = |part: &str| {
            let name = format!("{lang}.{part}.tsv");
            files.iter().find(|file| file.ends_with(&name)).unwrap().to_string_lossy().into_owned()
        };
        let evaluate = |more: &[&str]| -> Value {
            let dev = file("dev");
            let told = place.ok(&[&["evaluate", "sentiment", &dev, "--lang", lang, "--json"], more].concat());
            println!("{lang} {more:?}: {told}");
            serde_json::from_str(&told).unwrap()
        };
        let scores = evaluate(&[]);
        assert!(scores[measure].as_f64().unwrap() >= shipped, "{scores}");
        assert!(scores["share_error_corrected"].as_f64().unwrap() <= 0.06, "{scores}");
        place.ok(&["train", "sentiment", &file("train"), "--lang", lang, "--out", "model"]);
        let scores = evaluate(&["--model", "model"]);
        assert!(scores[measure].as_f64().unwrap() >= trained, "{scores}");
    }
}
