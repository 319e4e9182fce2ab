//! The tree that a record is read from, whether it came as JSON or as DAG-CBOR. Strangers write records,
//! so anything nested deeper than [`DEPTH`] is left out instead of failing the whole answer.

use std::fmt;

use ipld_core::cid::{Cid, serde::BytesToCidVisitor};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::time::Time;

/// Levels read. Threads nest two a reply and one a parent; both decoders give up past 120.
const DEPTH: u8 = 100;
/// Digits of a second that every reader of dates takes.
const NANOSECONDS: usize = 9;

/// A value read to [`DEPTH`]; links of DAG-CBOR become `{"$link": …}` as in JSON, byte strings become null.
#[derive(Debug)]
pub(super) struct Tree(pub(super) Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Level(DEPTH).deserialize(input).map(Tree)
    }
}

/// How many levels may still open.
#[derive(Clone, Copy)]
struct Level(u8);

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        if self.0 == 0 {
            return input.deserialize_ignored_any(IgnoredAny).map(|_ignored| Value::Null);
        }
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i128<E>(self, _value: i128) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_bytes<E>(self, _value: &[u8]) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        let link: Cid = input.deserialize_bytes(BytesToCidVisitor)?;
        Ok(Value::Object(Map::from_iter([("$link".to_owned(), Value::String(link.to_string()))])))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = input.next_element_seed(Level(self.0.saturating_sub(1)))? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = input.next_key::<String>()? {
            fields.insert(key, input.next_value_seed(Level(self.0.saturating_sub(1)))?);
        }
        Ok(Value::Object(fields))
    }
}

/// The text at a path such as `/reply/root/uri`, unless empty.
pub(super) fn text<'v>(value: &'v Value, path: &str) -> Option<&'v str> {
    at(value, path)?.as_str().filter(|text| !text.is_empty())
}

/// What stands at a path: [`Value::pointer`] for plain keys, without memory of its own.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('/').skip(1).try_fold(value, |value, key| value.get(key))
}

/// The list at a path; nothing there is an empty list.
pub(super) fn list<'v>(value: &'v Value, path: &str) -> &'v [Value] {
    at(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The moment at a path, whatever the number of digits of its seconds (authors write twelve and more).
pub(super) fn time(value: &Value, path: &str) -> Option<Time> {
    moment(text(value, path)?)
}

/// The same, as it is written.
pub(super) fn moment(written: &str) -> Option<Time> {
    Time::parse(written).or_else(|| {
        let (before, after) = written.split_once('.')?;
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let kept = after.get(..digits.min(NANOSECONDS))?;
        Time::parse(&format!("{before}.{kept}{}", after.get(digits..)?))
    })
}
