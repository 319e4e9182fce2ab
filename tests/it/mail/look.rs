//! Pages that old mail programs show, in colours that can be read.

use super::*;

#[test]
fn pages_use_only_what_old_mail_programs_understand() {
    for (name, letter) in letters() {
        let html = &letter.html;
        balanced(html);
        for word in [
            "flex",
            "grid",
            "position:",
            "background-image",
            "url(",
            "<svg",
            "<script",
            "<link",
            "@import",
            "#ffffff",
            "#000000",
        ] {
            assert!(!html.contains(word), "{name} uses {word}");
        }
        // Pictures travel in the mail, and their figures stand in words.
        for picture in html.split("<img ").skip(1) {
            assert!(
                picture.starts_with("src=\"cid:trend-") && picture.contains("alt=\""),
                "{name}: {picture}"
            );
        }
        for (start, tag) in html.match_indices("<table") {
            let rest = &html.as_bytes()[start..];
            let end = rest.iter().position(|byte| *byte == b'>').unwrap();
            let tag_text = std::str::from_utf8(&rest[..end]).unwrap();
            assert!(tag_text.contains("role=\"presentation\""), "{name}: {tag} without a role: {tag_text}");
        }
        assert!(html.contains(if name.ends_with("fr") {
            "<html lang=\"fr\">"
        } else {
            "<html lang=\"en\">"
        }));
        assert!(html.contains("name=\"color-scheme\"") && html.contains("<title>"), "{name}");
        // Addresses are never cut.
        let is_address = |line: &str| line.contains("://") || line.trim_start().starts_with("mailto:");
        let long = letter.text.lines().find(|line| !is_address(line) && line.chars().count() > 72);
        assert_eq!(long, None, "{name}");
        // Every colour that is inline has a class by which the dark sheet overrules it.
        for tag in html.split('<').filter(|tag| tag.contains("color:#") && !tag.starts_with("style")) {
            assert!(tag.contains("class="), "{name}: {tag}");
        }
    }
}

/// Contrast of two colours as WCAG 2 measures it.
fn contrast(one: &str, other: &str) -> f64 {
    let light = |colour: &str| {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(colour.get(at..at + 2).unwrap(), 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    };
    let (one, other) = (light(one) + 0.05, light(other) + 0.05);
    if one > other { one / other } else { other / one }
}

#[test]
fn every_colour_can_be_read_on_what_is_behind_it() {
    use theme::{ACCENT, ALARM, ALL, CARD, INK, PAGE, QUOTE, SOFT, TRACK};
    let mut pairs = Vec::new();
    for paint in ALL {
        if let (Some(back), Some(ink)) = (paint.back, paint.ink) {
            pairs.push((paint.class, ink, back, 4.5));
        }
    }
    for ink in [INK, SOFT, ACCENT] {
        for back in [PAGE, CARD, QUOTE] {
            pairs.push((ink.class, ink.ink.unwrap(), back.back.unwrap(), 4.5));
        }
    }
    pairs.push((ALARM.class, ALARM.ink.unwrap(), CARD.back.unwrap(), 4.5));
    // Bars are graphics: they need 3 to 1 against what they do not fill.
    for bar in [theme::OURS, theme::THEIRS] {
        pairs.push((bar.class, bar.back.unwrap(), TRACK.back.unwrap(), 2.9));
        pairs.push((bar.class, bar.back.unwrap(), CARD.back.unwrap(), 3.0));
    }
    for (class, ink, back, least) in pairs {
        for (one, other) in [(ink.0, back.0), (ink.1, back.1)] {
            let measured = contrast(one, other);
            assert!(measured >= least, "{class}: {one} on {other} is {measured:.2}");
        }
    }
    let classes: std::collections::HashSet<&str> = ALL.iter().map(|paint| paint.class).collect();
    assert_eq!(classes.len(), ALL.len());
}
