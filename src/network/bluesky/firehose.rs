//! The raw firehose: binary frames of `com.atproto.sync.subscribeRepos`, each a DAG-CBOR header and body,
//! whose records lie in a CAR archive. Signatures are not checked.

use std::collections::HashMap;

use ipld_core::cid::Cid;
use serde::Deserialize;
use serde_ipld_dagcbor::de::Deserializer;
use serde_json::Value;

use super::NAME;
use super::event::{Event, What, micros, what};
use super::record::{POST, PROFILE, REPOST};
use super::tree::{Tree, text, time};
use crate::network::{Missed, ReadError};

/// Groups of seven bits in the longest number of a CAR archive.
const VARINT: u32 = 9;

#[derive(Deserialize)]
struct Header {
    op: i64,
    #[serde(default)]
    t: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Commit<'a> {
    repo: String,
    time: String,
    #[serde(default)]
    too_big: bool,
    #[serde(default, borrow)]
    blocks: &'a [u8],
    ops: Vec<Op>,
}

#[derive(Deserialize)]
struct Op {
    action: String,
    path: String,
    #[serde(default)]
    cid: Option<Cid>,
}

/// What one frame says.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// Its events, in order.
    pub(super) events: Vec<Event>,
    /// Records that it announces but does not carry.
    pub(super) missed: Option<Missed>,
}

/// Reads one frame; an error is in plain words.
pub(super) fn frame(bytes: &[u8]) -> Result<Frame, ReadError> {
    let mut input = Deserializer::from_slice(bytes);
    // what the decoder says of it ("Mismatch { .. }") helps nobody
    let broken = |_| ReadError::new(&NAME, "an answer", "a frame that is neither JSON nor of the firehose");
    let header = Header::deserialize(&mut input).map_err(broken)?;
    if header.op == 1 && header.t.as_deref() == Some("#commit") {
        return Ok(commit(&Commit::deserialize(&mut input).map_err(broken)?));
    }
    let Tree(mut body) = Tree::deserialize(&mut input).map_err(broken)?;
    if header.op != 1 {
        return Err(super::views::refusal(&body, false));
    }
    let micros = micros(&body);
    let what = match header.t.as_deref().unwrap_or_default() {
        "#identity" | "#handle" => what("identity", &mut body),
        "#account" => what("account", &mut body),
        "#tombstone" => What::Status { active: false, status: Some("deleted".to_owned()) },
        _ => What::Other,
    };
    let did = text(&body, "/did").unwrap_or_default().to_owned();
    Ok(Frame { events: vec![Event { did, micros, what }], missed: None })
}

fn commit(commit: &Commit<'_>) -> Frame {
    let body = Value::from_iter([("time", commit.time.as_str())]);
    let (at, micros) = (time(&body, "/time"), micros(&body));
    let event = |what| Event { did: commit.repo.clone(), micros, what };
    let blocks = archive(commit.blocks);
    let mut absent = commit.too_big;
    let mut events = vec![event(What::Other)]; // moves the cursor even when nothing else concerns us
    for op in &commit.ops {
        let Some((collection, rkey)) = op.path.split_once('/') else { continue };
        if ![POST, REPOST, PROFILE].contains(&collection) {
            continue;
        }
        let (collection, rkey) = (collection.to_owned(), rkey.to_owned());
        if op.action == "delete" {
            events.push(event(What::Deleted { collection, rkey }));
            continue;
        }
        let block = op.cid.as_ref().and_then(|cid| blocks.get(cid));
        match block.map(|block| serde_ipld_dagcbor::from_slice::<Tree>(block)) {
            Some(Ok(Tree(record))) if record.is_object() => {
                let again = op.action == "update";
                events.push(event(What::Written { collection, rkey, record, again }));
            }
            _ => absent = true,
        }
    }
    let missed = at.filter(|_at| absent).map(|at| Missed {
        from: at,
        to: at,
        reason: "a commit came without its records".to_owned(),
    });
    Frame { events, missed }
}

/// The blocks of a CAR archive by their address, as far as it can be read.
fn archive(bytes: &[u8]) -> HashMap<Cid, &[u8]> {
    let mut blocks = HashMap::new();
    let mut rest = section(bytes).map_or(&[][..], |(_header, rest)| rest);
    while let Some((mut block, after)) = section(rest) {
        if let Ok(cid) = Cid::read_bytes(&mut block) {
            blocks.insert(cid, block);
        }
        rest = after;
    }
    blocks
}

/// One section of a CAR archive, preceded by its length, and what follows it.
fn section(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_u64;
    for (place, byte) in (0..VARINT).zip(bytes) {
        length |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let start = usize::try_from(place).ok()? + 1;
            return bytes.get(start..)?.split_at_checked(usize::try_from(length).ok()?);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_end_where_they_say() {
        assert_eq!(section(&[2, 7, 8, 9]), Some((&[7, 8][..], &[9][..])));
        assert_eq!(section(&[0x80, 1, 7]), None, "128 bytes announced, one there");
        assert_eq!(section(&[0xff; 12]), None);
        assert_eq!(section(&[]), None);
    }
}
