//! Time stamps of a pack (RFC 3161): what a time-stamp server is asked, and whether its answer is for this pack.
//!
//! What is checked: that the server granted it; that it stamps this very hash and answers this very question; and that
//! what is signed (CMS, RFC 5652) is this time stamp, by its digest. The signature itself and the certificates are not:
//! whom to trust is for a person to say, with `openssl ts -verify`.

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode as _, Encode as _, Reader as _, SliceReader, Tag};
use serde::Serialize;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use thiserror::Error;

use crate::time::Time;

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
/// CMS: something signed.
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// The time stamp that is signed.
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// Signed attributes: of what kind the content is, and its digest.
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");

/// The largest answer of a time-stamp server that is read, in bytes: with a chain of certificates it has ten thousand.
pub const LARGEST: usize = 256 << 10;

/// A time stamp, as far as it was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stamp {
    /// The moment that the server set.
    pub time: Time,
    /// The policy under which it did, as an object identifier.
    pub policy: String,
    /// The number of the time stamp at its server, in hexadecimal.
    pub serial: String,
}

/// Why an answer is no time stamp of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Flaw {
    /// It cannot be read.
    #[error("{0} cannot be read")]
    Unreadable(&'static str),
    /// The server refused.
    #[error("the time-stamp server refused it (status {status}{})", said(.text))]
    Refused {
        /// Its status.
        status: u64,
        /// Its words.
        text: String,
    },
    /// It stamps something else.
    #[error("it is a time stamp of something else")]
    OtherHash,
    /// It answers another question.
    #[error("it answers another question: its nonce differs")]
    OtherNonce,
    /// What is signed is something else.
    #[error("what its server signed is not this time stamp: the digest differs")]
    Digest,
    /// The digest is of a kind that is not known here.
    #[error("its server signed with a digest that is not known here ({0})")]
    UnknownDigest(String),
}

fn said(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

/// The question to a time-stamp server about this SHA-256 (32 bytes); `nonce` is any number, new each time.
///
/// # Errors
/// When it cannot be written.
pub(super) fn query(hash: &[u8], nonce: u64) -> Result<Vec<u8>, Flaw> {
    let failed = |_| Flaw::Unreadable("the question");
    let algorithm = sequence(&[SHA256.to_der().map_err(failed)?, vec![5, 0]])?;
    let digest = OctetStringRef::new(hash).and_then(|digest| digest.to_der()).map_err(failed)?;
    let imprint = sequence(&[algorithm, digest])?;
    let version = 1_u8.to_der().map_err(failed)?;
    // The certificates come along, so that the answer can be checked alone.
    let certificates = true.to_der().map_err(failed)?;
    sequence(&[version, imprint, nonce.to_der().map_err(failed)?, certificates])
}

fn sequence(parts: &[Vec<u8>]) -> Result<Vec<u8>, Flaw> {
    let content = parts.concat();
    let whole = AnyRef::new(Tag::Sequence, &content).and_then(|any| any.to_der());
    whole.map_err(|_| Flaw::Unreadable("the question"))
}

/// Checks that `answer` is the time stamp of this SHA-256 that `question` asked for.
///
/// # Errors
/// Why it is not.
pub(super) fn check(hash: &[u8], question: &[u8], answer: &[u8]) -> Result<Stamp, Flaw> {
    let asked = parts(any(question, "the question")?, "the question")?;
    let (imprint, nonce) = match asked.as_slice() {
        [_, imprint, nonce, ..] if nonce.header().tag() == Tag::Integer => (*imprint, nonce.value()),
        _ => return Err(Flaw::Unreadable("the question")),
    };
    is_of(imprint, hash)?;

    let answered = parts(any(answer, "the answer")?, "the answer")?;
    let (status, token) = match answered.as_slice() {
        [status, token] => (*status, Some(*token)),
        [status] => (*status, None),
        _ => return Err(Flaw::Unreadable("the answer")),
    };
    granted(status)?;
    let (info, signer) = signed(token.ok_or(Flaw::Unreadable("the answer"))?)?;
    is_signed(info, signer)?;

    let what = "the time stamp";
    let fields = parts(any(info, what)?, what)?;
    let [_, policy, imprint, serial, time, rest @ ..] = fields.as_slice() else {
        return Err(Flaw::Unreadable(what));
    };
    is_of(*imprint, hash)?;
    if rest.iter().find(|one| one.header().tag() == Tag::Integer).map(|nonce| nonce.value()) != Some(nonce) {
        return Err(Flaw::OtherNonce);
    }
    let policy = policy.decode_as::<ObjectIdentifier>().map_err(|_| Flaw::Unreadable("its policy"))?;
    let general = time.header().tag() == Tag::GeneralizedTime;
    let time = if general { moment(time.value()) } else { None };
    Ok(Stamp {
        time: time.ok_or(Flaw::Unreadable("its time"))?,
        policy: policy.to_string(),
        serial: serial.value().iter().take(32).map(|byte| format!("{byte:02x}")).collect(),
    })
}

/// One value that fills `bytes`.
fn any<'b>(bytes: &'b [u8], what: &'static str) -> Result<AnyRef<'b>, Flaw> {
    AnyRef::from_der(bytes).map_err(|_| Flaw::Unreadable(what))
}

/// What stands in a sequence, a set, or something tagged.
fn parts<'b>(whole: AnyRef<'b>, what: &'static str) -> Result<Vec<AnyRef<'b>>, Flaw> {
    if !whole.header().tag().is_constructed() {
        return Err(Flaw::Unreadable(what));
    }
    let failed = |_| Flaw::Unreadable(what);
    let mut reader = SliceReader::new(whole.value()).map_err(failed)?;
    let mut parts = Vec::new();
    while !reader.is_finished() {
        parts.push(reader.decode::<AnyRef<'b>>().map_err(failed)?);
    }
    Ok(parts)
}

fn is_object(value: &AnyRef<'_>, wanted: ObjectIdentifier) -> bool {
    value.decode_as::<ObjectIdentifier>().is_ok_and(|object| object == wanted)
}

/// Whether an imprint is of this SHA-256.
fn is_of(imprint: AnyRef<'_>, hash: &[u8]) -> Result<(), Flaw> {
    let what = "the imprint";
    let fields = parts(imprint, what)?;
    let [algorithm, digest] = fields.as_slice() else { return Err(Flaw::Unreadable(what)) };
    let same = parts(*algorithm, what)?.first().is_some_and(|object| is_object(object, SHA256))
        && digest.header().tag() == Tag::OctetString
        && digest.value() == hash;
    if same { Ok(()) } else { Err(Flaw::OtherHash) }
}

/// Whether the server granted what it was asked.
fn granted(status: AnyRef<'_>) -> Result<(), Flaw> {
    let what = "the status of the answer";
    let fields = parts(status, what)?;
    let number = fields.first().and_then(|number| number.decode_as::<u64>().ok());
    match number.ok_or(Flaw::Unreadable(what))? {
        // granted, granted with changes
        0 | 1 => Ok(()),
        status => {
            let texts = fields.get(1).filter(|texts| texts.header().tag() == Tag::Sequence);
            let texts = texts.and_then(|texts| parts(*texts, what).ok()).unwrap_or_default();
            let words = |text: &AnyRef<'_>| String::from_utf8_lossy(text.value()).into_owned();
            let text: String = texts.iter().map(words).collect::<Vec<_>>().join("; ");
            let text = text.chars().filter(|c| !c.is_control()).take(160).collect();
            Err(Flaw::Refused { status, text })
        }
    }
}

/// The bytes of the time stamp inside of what is signed, and its one signer.
fn signed(token: AnyRef<'_>) -> Result<(&[u8], AnyRef<'_>), Flaw> {
    let what = "what its server signed";
    let flaw = || Flaw::Unreadable(what);
    let content = parts(token, what)?;
    let [kind, tagged] = content.as_slice() else { return Err(flaw()) };
    if !is_object(kind, SIGNED_DATA) {
        return Err(flaw());
    }
    let data = *parts(*tagged, what)?.first().ok_or_else(flaw)?;
    let data = parts(data, what)?;
    let [_, _, held, .., signers] = data.as_slice() else { return Err(flaw()) };
    let held = parts(*held, what)?;
    let [kind, tagged] = held.as_slice() else { return Err(flaw()) };
    let info = *parts(*tagged, what)?.first().ok_or_else(flaw)?;
    if !is_object(kind, TST_INFO) || info.header().tag() != Tag::OctetString {
        return Err(flaw());
    }
    if signers.header().tag() != Tag::Set {
        return Err(flaw());
    }
    match parts(*signers, what)?.as_slice() {
        [signer] => Ok((info.value(), *signer)),
        _ => Err(flaw()),
    }
}

/// Whether the signer's attributes, which the signature is over, are of this time stamp.
fn is_signed(info: &[u8], signer: AnyRef<'_>) -> Result<(), Flaw> {
    let what = "its signer";
    let flaw = || Flaw::Unreadable(what);
    let fields = parts(signer, what)?;
    let [_, _, algorithm, attributes, _, signature, ..] = fields.as_slice() else { return Err(flaw()) };
    if !attributes.header().tag().is_context_specific() || signature.header().tag() != Tag::OctetString {
        return Err(flaw());
    }
    let algorithm = parts(*algorithm, what)?;
    let algorithm = algorithm.first().and_then(|object| object.decode_as::<ObjectIdentifier>().ok());
    let digest = match algorithm.ok_or_else(flaw)? {
        SHA1 => Sha1::digest(info).to_vec(),
        SHA256 => Sha256::digest(info).to_vec(),
        SHA384 => Sha384::digest(info).to_vec(),
        SHA512 => Sha512::digest(info).to_vec(),
        other => return Err(Flaw::UnknownDigest(other.to_string())),
    };
    let attributes = parts(*attributes, what)?;
    let value = |wanted: ObjectIdentifier| {
        let found = attributes.iter().find_map(|attribute| {
            let fields = parts(*attribute, what).ok()?;
            let [kind, values] = fields.as_slice() else { return None };
            is_object(kind, wanted).then(|| parts(*values, what).ok()?.first().copied())?
        });
        found.ok_or_else(flaw)
    };
    if !is_object(&value(CONTENT_TYPE)?, TST_INFO) || value(MESSAGE_DIGEST)?.value() != digest.as_slice() {
        return Err(Flaw::Digest);
    }
    Ok(())
}

/// `20261126094500Z`, perhaps with a part of a second before the Z.
fn moment(text: &[u8]) -> Option<Time> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let written = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", whole).ok()?;
    let millis: String = part.chars().chain("000".chars()).take(3).collect();
    let at = written.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
    Some(Time(at).plus(millis.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_as_the_standard_has_it() {
        let question = query(&[7; 32], 0x8000_0000_0000_0001).unwrap();
        let mut expected = vec![
            0x30, 0x44, 2, 1, 1, 0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0,
            4, 32,
        ];
        expected.extend([7; 32]);
        expected.extend([2, 9, 0, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0xff]);
        assert_eq!(question, expected);
    }

    #[test]
    fn times_are_read() {
        assert_eq!(moment(b"20260102030405Z").unwrap().to_string(), "2026-01-02T03:04:05.000Z");
        assert_eq!(moment(b"20260102030405.5Z").unwrap().0 % 1_000, 500);
        for wrong in ["20260102030405", "20261302030405Z", "2026Z", "", "20260102030405.xZ"] {
            assert_eq!(moment(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn refusals_are_told() {
        let question = query(&[7; 32], 5).unwrap();
        // status 2 with words, as RFC 3161 has it
        let refused = [0x30, 0x0f, 0x30, 0x0d, 2, 1, 2, 0x30, 8, 0x0c, 6, b'n', b'o', b' ', b'w', b'a', b'y'];
        assert_eq!(
            check(&[7; 32], &question, &refused).unwrap_err().to_string(),
            "the time-stamp server refused it (status 2: no way)"
        );
        assert_eq!(check(&[8; 32], &question, &refused), Err(Flaw::OtherHash));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_refused(bytes in proptest::collection::vec(0_u8.., 0..200)) {
            let question = query(&[7; 32], 5).unwrap();
            proptest::prop_assert!(check(&[7; 32], &question, &bytes).is_err());
            proptest::prop_assert!(check(&[7; 32], &bytes, &question).is_err());
        }
    }
}
