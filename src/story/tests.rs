//! What is one story, and what is not.

use super::*;

/// Which of the texts stand in one story: the same letter for the same story.
#[track_caller]
fn check(texts: &[&str], expected: &str) {
    let pieces: Vec<Piece<'_>> = texts.iter().map(|text| Piece { text, ..Piece::default() }).collect();
    check_pieces(&pieces, expected);
}

#[track_caller]
fn check_pieces(pieces: &[Piece<'_>], expected: &str) {
    let mut stories = Stories::default();
    let told: String = pieces
        .iter()
        .map(|piece| char::from(b'a' + u8::try_from(stories.place(Arc::new(Sketch::of(*piece)))).unwrap()))
        .collect();
    assert_eq!(told, expected);
}

const BEES: &str = "The town of Larkmere has put twelve hives on the roof of its library. The first jars were sold on \
    Saturday, within an hour, to people who had queued since dawn. A second roof is planned for spring.";

#[test]
fn copies_are_one_story() {
    let loud = BEES.to_uppercase();
    let cut =
        "RT @ana: The town of Larkmere has put twelve hives on the roof of its library. The first jars were…";
    let signed = format!("Hello @bo, {BEES} — Ana, Larkmere https://lnk.example/x #bees 🐝");
    check(
        &[BEES, &loud, cut, &signed, "I love honey from my own garden, nothing comes near to it, try it"],
        "aaaab",
    );
}

#[test]
fn a_whole_text_finds_its_cut_copy() {
    let dispatch =
        format!("{BEES} {}", (0..60).map(|word| format!("word{word}")).collect::<Vec<_>>().join(" "));
    let cut = "The town of Larkmere has put twelve hives on the roof of its library. Subscribe to continue reading.";
    let article = |text| Piece { title: Some("Honey from the library"), text, link: None };
    check_pieces(&[article(cut), article(&dispatch)], "aa");
}

#[test]
fn short_phrases_are_their_own_stories() {
    check(
        &[
            "Merci !",
            "Merci !",
            "Thank you so much to the whole team!",
            "Thank you so much to the whole team!",
        ],
        "abcd",
    );
    check(&["", "", "😂😂😂", "https://a.example/b"], "abcd");
}

#[test]
fn templates_with_other_words_are_other_stories() {
    check(
        &[
            "Water is cut off in Larkmere this morning. Our teams are on site and expect it back by 3 pm. Sorry for the trouble.",
            "Water is cut off in Oxbury this morning. Our teams are on site and expect it back by 6 pm. Sorry for the trouble.",
            "Water is cut off in Oxbury this morning. Our teams are on site and expect it back by 6 pm. Sorry for the trouble.",
        ],
        "abb",
    );
    check(
        &[
            "Prix du pain ce matin au marché couvert : baguette 1,10 €, miche 3,40 €, brioche 5,20 €. Bonne journée à tous !",
            "Prix du pain ce matin au marché couvert : baguette 1,15 €, miche 3,60 €, brioche 5,30 €. Bonne journée à tous !",
        ],
        "ab",
    );
}

#[test]
fn one_plain_word_filled_in_makes_another_story() {
    for of_one_form in [
        [
            "Nous embauchons un menuisier à l'atelier, débutants bienvenus, horaires souples, écrivez-nous avec un mot sur vous.",
            "Nous embauchons un soudeur à l'atelier, débutants bienvenus, horaires souples, écrivez-nous avec un mot sur vous.",
        ],
        [
            "Service notice: our booking page is down at the moment. The team is working on it and will write here once it is back.",
            "Service notice: our telephone desk is down at the moment. The team is working on it and will write here once it is back.",
        ],
        [
            "Cancer : la journée sera douce, une bonne nouvelle arrive par courrier, pensez à dormir un peu plus cette semaine.",
            "Poissons : la journée sera douce, une bonne nouvelle arrive par courrier, pensez à dormir un peu plus cette semaine.",
        ],
        [
            "Soup of the day: pumpkin. Peel the pumpkin, cook it gently in butter with an onion, add stock, blend and serve hot.",
            "Soup of the day: parsnip. Peel the parsnip, cook it gently in butter with an onion, add stock, blend and serve hot.",
        ],
    ] {
        check(&of_one_form, "ab");
    }
}

#[test]
fn slips_comments_and_greetings_leave_one_story() {
    check(
        &[
            "The ferry sat an hour in the harbour because a seal had gone to sleep on the ramp and nobody wanted to wake it",
            "The ferry sat an huor in the harbour because a seal had gone to sleep on teh ramp and nobody wnated to wake it",
            "Look: The ferry sat an hour in the harbour because a seal had gone to sleep on the ramp and nobody wanted to wake it",
            "Ha ha: The ferry sat an hour in the harbour because a seal had gone to sleep on the ramp and nobody wanted to wake it",
        ],
        "aaaa",
    );
    check(
        &[
            "Chère Inès, gardez ouverte la ligne de nuit : des milliers de soignants rentrent par elle et n'ont pas de voiture.",
            "Cher Malo, gardez ouverte la ligne de nuit : des milliers de soignants rentrent par elle et n'ont pas de voiture.",
        ],
        "aa",
    );
}

#[test]
fn a_dispatch_brought_up_to_date_stays_one_story() {
    let article = |text| Piece { title: Some("Honey"), text, link: None };
    let later = BEES.replace("twelve hives", "12 hives");
    let once = BEES.replace("twelve hives", "15 hives");
    check_pieces(&[article(&once), article(&later)], "aa");
}

#[test]
fn another_greeting_is_no_other_text() {
    check(
        &[
            "Cher Karim, le bus de la vallée part à 17 h et personne ne peut le prendre. Signez avec nous.",
            "Chère Odile, le bus de la vallée part à 17 h et personne ne peut le prendre. Signez avec nous.",
        ],
        "aa",
    );
}

#[test]
fn a_reply_that_says_more_than_it_quotes_is_its_own() {
    let quote = "« The first jars were sold on Saturday, within an hour, to people who had queued since dawn. » My \
        grandmother kept bees for forty years and sold her jars at the gate without anybody queueing, so I do wonder \
        what changed and whether those in town know what work there is in it.";
    check(&[BEES, quote], "ab");
}

#[test]
fn one_page_under_two_links_is_one_story() {
    let page = |link, text| Piece { title: Some("Larkmere"), text, link: Some(link) };
    check_pieces(
        &[
            page("https://larkmere.example/hives", "Hives."),
            page("https://www.larkmere.example/hives/?utm_source=feed", "More than hives."),
            page("https://larkmere.example/", "Hives."),
        ],
        "aab",
    );
}

#[test]
fn memory_is_bounded_and_the_newest_are_known() {
    let mut stories = Stories::holding(50);
    let text = |number: u32| {
        (0..30)
            .map(|word| format!("w{}", sketch::mix(u64::from(number * 64 + word))))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let place = |stories: &mut Stories, text: &str| {
        stories.place(Arc::new(Sketch::of(Piece { text, ..Piece::default() })))
    };
    let placed: Vec<u64> = (0..500).map(|number| place(&mut stories, &text(number))).collect();
    assert_eq!(stories.len(), 50);
    assert!(stories.places.len() < 50 * 250, "{}", stories.places.len());
    assert_eq!(place(&mut stories, &text(480)), placed[480]);
    assert!(!placed.contains(&place(&mut stories, &text(3))), "forgotten");
    for _ in 0..1000 {
        place(&mut stories, BEES);
    }
    assert_eq!(place(&mut stories, &text(490)), placed[490], "copies of one text do not push others out");
}

proptest::proptest! {
    #[test]
    fn any_text_finds_itself_and_the_same_order_gives_the_same(texts in proptest::collection::vec("\\PC{0,120}", 1..12)) {
        let run = || {
            let mut stories = Stories::holding(5);
            texts.iter().map(|text| stories.place(Arc::new(Sketch::of(Piece { text, title: Some(text), link: Some(text) })))).collect::<Vec<_>>()
        };
        proptest::prop_assert_eq!(run(), run());
    }
}
