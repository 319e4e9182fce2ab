//! The style sheet of the page: the colours of mails, for light and for dark screens.

use crate::mail::theme;

/// The rules, which name colours.
const RULES: &str = include_str!("style.css");

/// The whole style sheet.
pub(super) fn sheet() -> String {
    format!("{}\n{RULES}", theme::variables())
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
