//! The style sheet of the page: the colours of mails, for light and for dark screens.

use crate::mail::theme::{self, Paint, Pair};

/// The rules, which name colours.
const RULES: &str = include_str!("style.css");

/// The whole style sheet.
pub(super) fn sheet() -> String {
    let (light, dark) = (colours(|(light, _)| light), colours(|(_, dark)| dark));
    format!(":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}\n{RULES}")
}

/// Every colour under its name: `--qt` for what a thing is, `--qt-ink` for text on it, `--qt-line` round it.
fn colours(shade: fn(Pair) -> &'static str) -> String {
    theme::ALL
        .iter()
        .flat_map(|paint| named(paint, shade))
        .map(|(name, colour)| format!("--{name}:{colour};"))
        .collect()
}

fn named(paint: &Paint, shade: fn(Pair) -> &'static str) -> Vec<(String, &'static str)> {
    let Paint { class, back, ink, line } = *paint;
    let all = [(class.to_owned(), back), (format!("{class}-ink"), ink), (format!("{class}-line"), line)];
    let mut named: Vec<(String, &'static str)> =
        all.into_iter().filter_map(|(name, pair)| Some((name, shade(pair?)))).collect();
    // What is only a text or only a line goes by its name alone.
    if back.is_none()
        && let Some((name, _)) = named.first_mut()
    {
        class.clone_into(name);
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_that_is_used_is_there() {
        let sheet = sheet();
        let (colours, rules) = sheet.split_once('\n').unwrap();
        let mut used = 0;
        for part in rules.split("var(--").skip(1) {
            let name = part.split(')').next().unwrap();
            assert_eq!(colours.matches(&format!("--{name}:#")).count(), 2, "{name}");
            used += 1;
        }
        assert!(used > 20 && !rules.contains("url("));
    }
}
