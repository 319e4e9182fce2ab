//! Scripts that settle a language by themselves.

use super::Code;
use crate::word::is_letter;

/// Of Japanese at least one sign in this many is kana; Chinese has none.
const KANA: usize = 12;

/// Scripts of one language, by the range of their letters.
const ONE: &[(char, char, Code)] = &[
    ('\u{370}', '\u{3ff}', "el"),
    ('\u{1f00}', '\u{1fff}', "el"),
    ('\u{531}', '\u{58f}', "hy"),
    ('\u{591}', '\u{5f4}', "he"),
    ('\u{900}', '\u{97f}', "hi"),
    ('\u{980}', '\u{9ff}', "bn"),
    ('\u{a00}', '\u{a7f}', "pa"),
    ('\u{a80}', '\u{aff}', "gu"),
    ('\u{b80}', '\u{bff}', "ta"),
    ('\u{c00}', '\u{c7f}', "te"),
    ('\u{c80}', '\u{cff}', "kn"),
    ('\u{d00}', '\u{d7f}', "ml"),
    ('\u{d80}', '\u{dff}', "si"),
    ('\u{e00}', '\u{e7f}', "th"),
    ('\u{e80}', '\u{eff}', "lo"),
    ('\u{f00}', '\u{fff}', "bo"),
    ('\u{1000}', '\u{109f}', "my"),
    ('\u{10a0}', '\u{10ff}', "ka"),
    ('\u{1200}', '\u{139f}', "am"),
    ('\u{1780}', '\u{17ff}', "km"),
    ('\u{1100}', '\u{11ff}', "ko"),
    ('\u{3130}', '\u{318f}', "ko"),
    ('\u{ac00}', '\u{d7af}', "ko"),
];

/// Scripts of several languages, each with letters that only one of them has; without these it is the last.
const CYRILLIC: &[(&str, Code)] = &[("іїєґ", "uk"), ("ў", "be"), ("ђјљњћџ", "sr"), ("", "ru")];
const ARABIC: &[(&str, Code)] = &[("ٹڈڑںےھ", "ur"), ("پچژگ", "fa"), ("", "ar")];

/// Whether texts in this language are recognised by their script.
pub(super) fn is_known(code: &str) -> bool {
    ONE.iter().any(|(_, _, one)| *one == code)
        || CYRILLIC.iter().chain(ARABIC).any(|(_, one)| *one == code)
        || matches!(code, "ja" | "zh")
}

/// Whether two languages are written with the same letters, as far as they are told apart here.
pub(super) fn share(one: &str, other: &str) -> bool {
    let both =
        |list: &[(&str, Code)]| [one, other].iter().all(|code| list.iter().any(|(_, known)| known == code));
    one == other
        || both(CYRILLIC)
        || both(ARABIC)
        || [one, other].iter().all(|code| matches!(*code, "ja" | "zh"))
}

/// The language that the script of most letters of `text` belongs to; none for Latin letters, and none without letters.
pub(super) fn settled(text: &str) -> Option<Code> {
    if text.is_ascii() {
        return None;
    }
    let (mut all, mut latin, mut kana, mut han, mut cyrillic, mut arabic) = (0, 0, 0, 0, 0, 0);
    let mut ones: Vec<(Code, usize)> = Vec::new();
    // letters of one script stand together
    let mut one: Option<&(char, char, Code)> = None;
    for c in text.chars().filter(|c| is_letter(*c)) {
        all += 1;
        match c {
            '\u{0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => latin += 1,
            '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' => kana += 1,
            '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{323af}' => {
                han += 1;
            }
            '\u{400}'..='\u{52f}' => cyrillic += 1,
            '\u{600}'..='\u{6ff}'
            | '\u{750}'..='\u{77f}'
            | '\u{fb50}'..='\u{fdff}'
            | '\u{fe70}'..='\u{feff}' => {
                arabic += 1;
            }
            c => {
                let is_in = |(first, last, _): &&(char, char, Code)| (*first..=*last).contains(&c);
                one = one.filter(is_in).or_else(|| ONE.iter().find(is_in));
                let Some((_, _, code)) = one else { continue };
                match ones.iter_mut().find(|(known, _)| known == code) {
                    Some((_, count)) => *count += 1,
                    None => ones.push((code, 1)),
                }
            }
        }
    }
    // Names of products are Latin everywhere; and a sign that stands for a syllable or a word says more than a letter.
    let east = kana + han;
    let weigh = |code: Code, count: usize| if code == "ko" { 3 * count } else { 2 * count };
    let japanese = kana * KANA >= east && kana > 0;
    let (code, most) = ones
        .into_iter()
        .map(|(code, count)| (code, weigh(code, count)))
        .chain([
            ("ja", if japanese { 3 * east } else { 0 }),
            ("zh", if japanese { 0 } else { 3 * east }),
            (if cyrillic > 0 { only(text, CYRILLIC) } else { "" }, 2 * cyrillic),
            (if arabic > 0 { only(text, ARABIC) } else { "" }, 2 * arabic),
        ])
        .max_by_key(|(_, count)| *count)?;
    (most > latin && all > 0).then_some(code)
}

/// The language of which a letter stands in `text`, else the last.
fn only(text: &str, of: &[(&str, Code)]) -> Code {
    of.iter()
        .find(|(letters, _)| letters.is_empty() || text.chars().any(|c| letters.contains(c)))
        .map_or("", |(_, code)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_settle_what_they_can() {
        for (text, code) in [
            ("東京は雨です", Some("ja")),
            ("今天下雨", Some("zh")),
            ("новый телефон iphone", Some("ru")),
            ("нова їжа", Some("uk")),
            ("مرحبا بكم", Some("ar")),
            ("این کتاب گران است", Some("fa")),
            ("ดีมาก", Some("th")),
            ("galaxy 정말 좋다", Some("ko")),
            ("galaxy 정", None),
            ("καλημέρα", Some("el")),
            ("bonjour", None),
            ("", None),
            ("🍊 12", None),
        ] {
            assert_eq!(settled(text), code, "{text}");
        }
    }
}
