//! Faults in the words of people who are no programmers, and keys that they may have meant.

/// The one of `known` that `typed` most likely stands for.
pub fn nearest<'k>(typed: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|known| {
            // Of a short word one slip is a large part: `ulr` is `url` all the same.
            let slip = known.len() >= 3 && strsim::osa_distance(typed, known) == 1;
            let likeness = strsim::jaro_winkler(typed, known);
            (if slip { likeness.max(0.8) } else { likeness }, *known)
        })
        .filter(|(likeness, _)| *likeness >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

/// The environment variable that holds the secret `key` of a section or source.
pub fn variable(of: &str, key: &str) -> String {
    let of = if of.is_empty() { String::new() } else { format!("{of}_") };
    format!("VIGIE_{of}{key}").to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// What TOML, or a deserializer, calls a kind of value, in plain words.
pub(super) fn article(kind: &str) -> String {
    match kind {
        "string" => "a text".to_owned(),
        "integer" => "a whole number".to_owned(),
        "float" | "floating point" => "a number with a point".to_owned(),
        "boolean" => "true or false".to_owned(),
        "array" | "sequence" => "a list".to_owned(),
        "table" | "map" => "a section".to_owned(),
        other => format!("a {other}"),
    }
}

/// What a deserializer says of a value, in plain words.
pub fn in_words(message: &str) -> String {
    let types = message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "));
    let Some((found, wanted)) = types else { return message.trim().to_owned() };
    let found = found
        .split([' ', '`', '"'])
        .next()
        .map_or(found, |kind| if kind == "floating" { "float" } else { kind });
    let wanted = match wanted.trim() {
        "a string" | "a borrowed string" | "path string" => "a text in quotes",
        "a sequence" => "a list such as [\"one\", \"two\"]",
        "a boolean" => "true or false",
        "usize" | "u64" | "i64" | "u32" => "a whole number",
        other => other,
    };
    format!("must be {wanted}, not {}", article(found))
}

/// The key that a line starts with.
pub(super) fn key_of(line: &str) -> &str {
    let key = line.split_once('=').map_or("", |(key, _)| key.trim());
    if key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) { key } else { "" }
}

/// What the parser says of text that is no TOML, in the words of people who are no programmers.
pub(super) fn syntax(message: &str, line: &str) -> String {
    /// What the parser says, and what it means.
    const MEANS: &[(&str, &str)] = &[
        ("invalid basic string, expected `\"`", "a text is not closed: write \" after it"),
        ("invalid literal string, expected `'`", "a text is not closed: write ' after it"),
        (
            "string values must be quoted",
            "a value is missing, or is a text without its quotes: write \"text\"",
        ),
        ("missing comma between array elements", "a comma is missing between two entries of a list"),
        ("unexpected `=` in array", "a list above is not closed: write ] after it"),
        ("unclosed array", "a list is not closed: write ] after it"),
        ("unclosed table", "the name of a section is not closed: write ] after it"),
        ("duplicate key", "stands twice: write it once"),
        ("key with no value", "a key without a value: write key = value"),
    ];
    if line.contains(['“', '”', '„', '«', '»', '‘', '’']) && !line.contains('"') {
        return "curly quotes are no quotes here: write straight ones, as in \"text\"".to_owned();
    }
    let known = MEANS.iter().find(|(says, _)| message.trim().starts_with(says));
    known.map_or_else(|| message.trim().replace('\n', "; "), |(_, means)| (*means).to_owned())
}
