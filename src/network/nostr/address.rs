//! Names of Nostr that people paste (NIP-19): `npub1…`, `note1…`, `naddr1…`, in bech32.

use super::event::{Event, bytes};

const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// Longest name read; those with many relays in them are longer than any use we have for them.
const LONGEST: usize = 200;

/// `npub1…` of a key in hexadecimal.
pub(super) fn account(author: &str) -> Option<String> {
    bytes::<32>(author).map(|key| encode("npub", &key))
}

/// The name under which an event is opened: `note1…`, or `naddr1…` where a later one replaces it.
pub(super) fn event(event: &Event) -> Option<String> {
    if event.address().is_none() {
        return bytes::<32>(&event.id).map(|id| encode("note", &id));
    }
    let name = event.value("d").unwrap_or_default().as_bytes();
    let mut fields = vec![0, u8::try_from(name.len()).ok()?];
    fields.extend_from_slice(name);
    fields.extend_from_slice(&[2, 32]);
    fields.extend_from_slice(&bytes::<32>(&event.author)?);
    fields.extend_from_slice(&[3, 4]);
    fields.extend_from_slice(&u32::from(event.kind).to_be_bytes());
    Some(encode("naddr", &fields))
}

/// The key in hexadecimal that a person wrote: as that, or as `npub1…`.
pub(super) fn key(written: &str) -> Option<String> {
    let written = written.trim().trim_start_matches("nostr:");
    if bytes::<32>(written).is_some() {
        return Some(written.to_ascii_lowercase());
    }
    let bytes = decode("npub", written)?;
    (bytes.len() == 32).then(|| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn checksum(kind: &str, values: impl Iterator<Item = u8>) -> u32 {
    const STEPS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let high = kind.bytes().map(|letter| letter >> 5);
    let low = kind.bytes().map(|letter| letter & 31);
    high.chain([0]).chain(low).chain(values).fold(1_u32, |sum, value| {
        let top = sum >> 25;
        let shifted = ((sum & 0x01ff_ffff) << 5) ^ u32::from(value);
        STEPS.iter().enumerate().fold(
            shifted,
            |sum, (bit, step)| {
                if (top >> bit) & 1 == 1 { sum ^ step } else { sum }
            },
        )
    })
}

/// The same bits in groups of another size.
fn regroup(values: impl Iterator<Item = u8>, from: u32, to: u32) -> (Vec<u8>, u32, u32) {
    let (mut held, mut bits, mut groups) = (0_u32, 0, Vec::new());
    for value in values {
        held = (held << from) | u32::from(value);
        bits += from;
        while bits >= to {
            bits -= to;
            groups.push(u8::try_from((held >> bits) & ((1 << to) - 1)).unwrap_or_default());
        }
        held &= (1 << bits) - 1;
    }
    (groups, held, bits)
}

fn encode(kind: &str, data: &[u8]) -> String {
    let (mut values, held, bits) = regroup(data.iter().copied(), 8, 5);
    if bits > 0 {
        values.push(u8::try_from((held << (5 - bits)) & 31).unwrap_or_default());
    }
    let sum = checksum(kind, values.iter().copied().chain([0; 6])) ^ 1;
    values.extend((0..6).rev().map(|place| u8::try_from((sum >> (5 * place)) & 31).unwrap_or_default()));
    let letter = |value: &u8| LETTERS.get(usize::from(*value)).map(|letter| char::from(*letter));
    format!("{kind}1{}", values.iter().filter_map(letter).collect::<String>())
}

fn decode(kind: &str, written: &str) -> Option<Vec<u8>> {
    let lower = written.to_ascii_lowercase();
    // bech32 is written in capitals or without, never mixed
    if written != lower && written != written.to_ascii_uppercase() {
        return None;
    }
    let letters = lower.strip_prefix(kind)?.strip_prefix('1').filter(|letters| letters.len() <= LONGEST)?;
    let value = |letter: u8| LETTERS.iter().position(|known| *known == letter);
    let values: Vec<u8> =
        letters.bytes().map(|letter| u8::try_from(value(letter)?).ok()).collect::<Option<_>>()?;
    if checksum(kind, values.iter().copied()) != 1 {
        return None;
    }
    let data = values.len().checked_sub(6).and_then(|end| values.get(..end))?;
    Some(regroup(data.iter().copied(), 5, 8).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_specification_are_read_and_written() {
        // the examples of NIP-19
        let hex = "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e";
        let npub = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg";
        assert_eq!(account(hex).as_deref(), Some(npub));
        assert_eq!(key(npub).as_deref(), Some(hex));
        assert_eq!(key(&format!("nostr:{}", npub.to_uppercase())).as_deref(), Some(hex));
        assert_eq!(key(&npub.replacen("npub", "Npub", 1)), None, "mixed case is no name");
        assert_eq!(key(hex).as_deref(), Some(hex));
        assert_eq!(key("npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptq"), None);
        assert_eq!((key(""), key("npub1"), key("npub1é")), (None, None, None));
    }
}
