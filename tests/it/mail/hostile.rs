//! What strangers write reaches no further than their words.

use super::*;

/// Everything that a stranger may try, in one text.
const HOSTILE: &str = "Molivelle\r\nBcc: victim@other.example\r\n\r\n<script>alert(1)</script>\u{202e}<img src=x onerror=alert(1)>\
    \u{2066}\u{0}\u{1b}[31m</td></table>\"'&amp; e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301} {{x}} ]]>-->";

/// A post in which all is hostile, about 1 MB of it.
fn attack() -> Mention {
    let mut post = post("mastodon", HOSTILE);
    post.title = Some(HOSTILE.repeat(50));
    post.summary = Some(HOSTILE.to_owned());
    post.permalink = Some("javascript:alert(document.cookie)//https://social.example/".to_owned());
    post.author = Some(Author {
        native_id: HOSTILE.to_owned(),
        handle: Some(format!("x{HOSTILE}")),
        display_name: Some(HOSTILE.repeat(500)),
        bio: Some(HOSTILE.to_owned()),
        url: Some("data:text/html,<script>alert(1)</script>".to_owned()),
        ..Author::default()
    });
    let mut mention = mention(post, false);
    mention.post.text += &"Molivelle <b>\u{202e}x</b> ".repeat(40_000);
    mention.tags = mention
        .post
        .text
        .match_indices("Molivelle")
        .map(|(start, word)| Tag {
            keyword: word.to_owned(),
            field: Field::Text,
            start,
            end: start + word.len(),
        })
        .collect();
    mention
}

fn hostile() -> Vec<Letter> {
    let attack = attack();
    let mut named = suspects();
    named.rule = HOSTILE.to_owned();
    named.names = vec![(named.suspects[0].suspicion.brand.clone(), HOSTILE.to_owned())];
    let mut suspect = named.suspects[0].clone();
    suspect.author = attack.post.author.clone().unwrap();
    suspect.network = NetworkName(HOSTILE.into());
    suspect.suspicion.signals[0].raw = HOSTILE.repeat(100);
    named.suspects = vec![suspect; 300];
    named.by_brand = Vec::new();
    let many = Content {
        mentions: vec![attack.clone(); SHOWN],
        by_brand: vec![(HOSTILE.to_owned(), 337)],
        ..mentions()
    };
    let one =
        Content { mentions: vec![attack.clone()], by_brand: vec![("Molivelle".to_owned(), 1)], ..mentions() };
    let mut sources = troubles();
    sources.troubles[0].reason = HOSTILE.repeat(1000);
    sources.troubles[0].source = HOSTILE.to_owned();
    sources.troubles = vec![sources.troubles[0].clone(); 400];
    let mut week = week();
    for top in &mut week.top {
        top.name = HOSTILE.to_owned();
        for post in &mut top.posts {
            post.mention = attack.clone();
        }
    }
    week.top = std::iter::repeat_n(week.top, 20).flatten().collect();
    week.shares.brands[0].name = HOSTILE.to_owned();
    week.suspects.clone_from(&named.suspects);
    week.networks = std::iter::repeat_n(week.networks, 50).flatten().collect();
    week.networks[0].name = HOSTILE.to_owned();
    week.languages[0].name = HOSTILE.to_owned();
    week.coverage = std::iter::repeat_n(week.coverage, 500).flatten().collect();
    week.coverage[0].source = HOSTILE.to_owned();
    week.gaps =
        vec![Gap { source: HOSTILE.to_owned(), reason: HOSTILE.repeat(99), ..week.gaps[0].clone() }; 999];
    let mut letters = Vec::new();
    for language in [Language::En, Language::Fr] {
        for content in [&one, &many, &named, &sources] {
            letters.push(mail::alert(content, language, &paris()));
        }
        letters.push(mail::digest(&week, language, &paris()));
        for letter in &mut letters {
            letter.leave(&Unsubscribe::Mail(HOSTILE.to_owned()), HOSTILE, language);
        }
    }
    letters
}

#[test]
fn strangers_cannot_reach_out_of_their_words() {
    for letter in hostile() {
        assert!(!letter.subject.contains(char::is_control), "{}", letter.subject);
        assert!(letter.subject.chars().count() <= 121, "{}", letter.subject);
        for part in [&letter.text, &letter.html, &letter.subject] {
            assert!(!part.contains(|c: char| c.is_control() && c != '\n'), "a control sign");
            assert!(!part.contains(['\u{202e}', '\u{2066}', '\u{200b}']), "a sign of direction");
            assert!(!part.contains("e\u{301}\u{301}\u{301}\u{301}"), "a tower of accents");
        }
        assert!(!letter.text.lines().any(|line| line.starts_with("Bcc")), "a line of its own");
        assert!(!letter.html.contains("<script") && !letter.html.contains("<img"), "markup of strangers");
        assert!(!letter.html.contains("javascript:") && !letter.html.contains("data:"), "a link that runs");
        assert!(letter.html.len() <= 100_000, "{} bytes: {}", letter.html.len(), letter.subject);
        assert!(letter.html.ends_with("</html>"));
        balanced(&letter.html);
        let bytes = mail::build(&letter, &envelope(Kind::Alert)).unwrap();
        let read = MessageParser::default().parse(&bytes).unwrap();
        assert!(read.bcc().is_none() && read.parts.len() == 3);
        assert!(!headers(&bytes).iter().any(|line| line.to_lowercase().starts_with("bcc")));
        assert_eq!(
            headers(&bytes).len(),
            headers(
                &mail::build(&mail::alert(&mentions(), Language::En, &paris()), &envelope(Kind::Alert))
                    .unwrap()
            )
            .len()
        );
    }
}

#[test]
fn the_rest_is_counted() {
    let many = Content {
        mentions: vec![mentions().mentions[0].clone(); SHOWN],
        by_brand: vec![("Molivelle".to_owned(), 337)],
        ..mentions()
    };
    let letter = mail::alert(&many, Language::En, &paris());
    assert!(letter.text.contains("And 312 more"), "{}", letter.text);
    assert!(letter.html.contains("And 312 more"));
    // Long posts: fewer are shown, and more are counted.
    let many = Content { mentions: vec![attack(); SHOWN], ..many };
    let letter = mail::alert(&many, Language::En, &paris());
    let told = letter.html.matches("Why: ").count();
    assert!((10..=SHOWN).contains(&told), "{told}");
    assert!(letter.html.contains(&format!("And {} more", 337 - told)));
}
