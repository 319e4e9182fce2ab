//! The hash of a document, and two documents held against each other.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{SCHEMA, Snapshot};
use crate::share::Window;

/// What depends on when a document is made, or how a source fares now, and is no figure of the period.
const OF_THE_MOMENT: &[&str] = &["generated", "hash", "vigie", "state", "reason", "since"];

/// SHA-256 of the canonical form: JSON without spaces, keys in the order of their bytes, without the hash itself.
pub(super) fn hash(document: &Value) -> String {
    let mut text = String::new();
    canonical(document, true, &mut text);
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn canonical(value: &Value, top: bool, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> =
                fields.iter().filter(|(key, _)| !(top && *key == "hash")).collect();
            fields.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (place, (key, value)) in fields.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(value, false, out);
            }
            out.push('}');
        }
        Value::Array(values) => {
            out.push('[');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                canonical(value, false, out);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string())
        }
    }
}

impl Snapshot {
    /// Writes the hash of all the rest into the document: the last thing that is done to it.
    #[must_use]
    pub fn seal(mut self) -> Snapshot {
        // What this crate serialises does not fail to.
        self.hash = hash(&serde_json::to_value(&self).unwrap_or_default());
        self
    }

    /// Reads a document and checks its hash.
    ///
    /// # Errors
    /// In words: it is no snapshot, of another version, was changed, or holds what this version does not know.
    pub fn read(text: &str) -> Result<Snapshot, String> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("it is no JSON document: {error}"))?;
        match value.get("schema").and_then(Value::as_str) {
            Some(SCHEMA) => {}
            Some(other) => return Err(format!("it is of the form {other}, this program reads {SCHEMA}")),
            None => return Err("it is no snapshot: it names no schema".to_owned()),
        }
        let (kept, is) = (value.get("hash").and_then(Value::as_str).unwrap_or_default(), hash(&value));
        if kept != is {
            return Err(format!("it was changed: its hash says {kept}, its content gives {is}"));
        }
        let snapshot: Snapshot =
            serde_json::from_str(text).map_err(|error| format!("it cannot be read: {error}"))?;
        for window in std::iter::once(snapshot.window).chain(snapshot.previous) {
            if window.from >= window.to {
                let Window { from, to } = window;
                return Err(format!("its period begins at {from} and ends at {to}"));
            }
        }
        let again = serde_json::to_value(&snapshot).map_err(|error| error.to_string())?;
        if hash(&again) != is {
            return Err("it holds fields that this version does not know and would lose".to_owned());
        }
        Ok(snapshot)
    }

    /// Where this document and another of the same period say different things: a path with both values, a line each.
    /// What this one was made too early to tell is no difference.
    pub fn differences(&self, other: &Snapshot) -> Vec<String> {
        let mut lines = Vec::new();
        let mut other = other.clone();
        for brand in &mut other.brands {
            if self.brands.iter().any(|known| known.id == brand.id && known.by_network.is_none()) {
                brand.by_network = None;
            }
        }
        if let (Ok(one), Ok(other)) = (serde_json::to_value(self), serde_json::to_value(&other)) {
            differ("", &one, &other, &mut lines);
        }
        lines
    }
}

fn differ(path: &str, one: &Value, other: &Value, lines: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(fields), Value::Object(others)) => {
            let mut keys: Vec<&String> = fields.keys().chain(others.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys.into_iter().filter(|key| !OF_THE_MOMENT.contains(&key.as_str())) {
                let of =
                    |fields: &serde_json::Map<String, Value>| fields.get(key).cloned().unwrap_or_default();
                differ(&format!("{path}/{key}"), &of(fields), &of(others), lines);
            }
        }
        (Value::Array(values), Value::Array(others)) if values.len() == others.len() => {
            for (place, (one, other)) in values.iter().zip(others).enumerate() {
                let name = one.get("id").and_then(Value::as_str).map_or(place.to_string(), str::to_owned);
                differ(&format!("{path}/{name}"), one, other, lines);
            }
        }
        (one, other) if one != other => {
            let short = |value: &Value| match value {
                Value::Array(values) => format!("{} entries", values.len()),
                Value::Object(_) => "an entry".to_owned(),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                    value.to_string().chars().take(80).collect()
                }
            };
            lines.push(format!("{path}: {} in the file, {} in the store", short(one), short(other)));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_of_what_is_said_and_not_of_how_it_is_written() {
        let one: Value = serde_json::from_str(r#"{"b":[1,{"d":"é","c":null}],"a":2,"hash":"x"}"#).unwrap();
        let other: Value = serde_json::from_str(
            "{ \"hash\": \"y\", \"a\": 2,\n \"b\": [1, {\"c\": null, \"d\": \"\\u00e9\"}] }",
        )
        .unwrap();
        assert_eq!(hash(&one), hash(&other));
        let mut text = String::new();
        canonical(&one, true, &mut text);
        assert_eq!(text, r#"{"a":2,"b":[1,{"c":null,"d":"é"}]}"#);
        let changed: Value = serde_json::from_str(r#"{"b":[1,{"d":"e","c":null}],"a":2}"#).unwrap();
        assert_ne!(hash(&one), hash(&changed));
    }

    #[test]
    fn what_is_no_snapshot_is_told_apart() {
        for (text, said) in [
            ("x", "no JSON"),
            ("{}", "names no schema"),
            (r#"{"schema":"vigie.snapshot/0"}"#, "vigie.snapshot/0"),
            (r#"{"schema":"vigie.snapshot/2"}"#, "was changed"),
        ] {
            let told = Snapshot::read(text).unwrap_err();
            assert!(told.contains(said), "{told}");
        }
    }
}
