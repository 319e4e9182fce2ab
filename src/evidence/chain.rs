//! The zip file and its chain of hashes: written in one form only, so that one byte that differs shows, wherever it
//! stands.

use std::io::{Cursor, Read as _, Write as _};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::stamp::{self, Flaw, Stamp};
use crate::time::Time;

/// The list of files with their hashes.
const MANIFEST: &str = "manifest.json";
/// The hash of that list.
const SEAL: &str = "manifest.sha256";
/// What a time-stamp server was asked, and what it answered (RFC 3161). They are over the last link, and so stand
/// outside of the chain.
const QUESTION: &str = "timestamp.tsq";
const ANSWER: &str = "timestamp.tsr";
/// The form of the list.
const SCHEMA: &str = "vigie.evidence/1";
/// A file of a pack larger than this is none of ours: captures are cut long before.
const LARGEST: u64 = 64 << 20;
/// Files in a pack: more are none of ours.
const MOST: usize = 1_000;

/// One file of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// When it was captured or written.
    pub at: Time,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// SHA-256 over the link before it, its name, its moment and its hash.
    pub link: String,
}

/// What stands in a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The form of this list.
    pub schema: String,
    /// The number of the case.
    pub case: i64,
    /// When the pack was put together.
    pub written: Time,
    /// The files, in the order of the chain.
    pub files: Vec<Entry>,
    /// The last link: the hash of everything. Whoever notes it elsewhere can tell later that this is the same pack.
    pub root: String,
}

/// A pack could not be written.
#[derive(Debug, Error)]
pub enum PackError {
    /// A document cannot be written.
    #[error("failed to write a document of the pack")]
    Write(#[source] serde_json::Error),
    /// The zip file cannot be written.
    #[error("failed to write the pack")]
    Zip(#[from] zip::result::ZipError),
    /// Neither can its bytes.
    #[error("failed to write the pack")]
    Io(#[from] std::io::Error),
}

/// Why a file is not a whole pack.
#[derive(Debug, Error)]
pub enum Fault {
    /// It is no zip file, or too damaged to be read as one.
    #[error("it cannot be read as a zip file: {0}")]
    NoZip(String),
    /// It is a zip file of something else.
    #[error("it is no evidence pack: {0}")]
    NoPack(String),
    /// A file was changed.
    #[error("{0} is not what it was when the pack was written: its hash differs")]
    Changed(String),
    /// A file is not there, or one too many is.
    #[error("the files are not those of the list: {0}")]
    Files(String),
    /// The chain does not hold.
    #[error("the chain of hashes breaks at {0}")]
    Chain(String),
    /// The time stamp is none of this pack.
    #[error("every file is what it was, but its time stamp does not hold: {0}")]
    Stamp(#[from] Flaw),
    /// The content is whole; what is around it was changed.
    #[error("every file is what it was, but the zip file around them was changed or written anew")]
    Around,
}

/// A pack that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// What stands in it.
    pub manifest: Manifest,
    /// Its time stamp, when it has one.
    pub stamp: Option<Stamp>,
}

/// The bytes that a hash in hexadecimal stands for.
pub(super) fn bytes_of(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len() / 2).filter_map(|at| hex.get(2 * at..2 * at + 2));
    pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn link(before: &str, name: &str, at: Time, sha256: &str) -> String {
    hash(format!("{before}\n{name}\n{}\n{sha256}", at.0).as_bytes())
}

/// Chains files and writes them as a zip file.
pub(super) fn write(
    files: &[(String, Vec<u8>, Time)],
    case: i64,
    written: Time,
) -> Result<(Vec<u8>, Manifest), PackError> {
    let mut root = hash(format!("{SCHEMA}\n{case}\n{}", written.0).as_bytes());
    let mut entries = Vec::new();
    for (name, bytes, at) in files {
        let sha256 = hash(bytes);
        root = link(&root, name, *at, &sha256);
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        entries.push(Entry { name: name.clone(), at: *at, size, sha256, link: root.clone() });
    }
    let manifest = Manifest { schema: SCHEMA.to_owned(), case, written, files: entries, root };
    let mut list = serde_json::to_vec_pretty(&manifest).map_err(PackError::Write)?;
    list.push(b'\n');
    let content = files.iter().map(|(name, bytes, _)| (name.as_str(), bytes.as_slice()));
    Ok((pack(content, &list, None)?, manifest))
}

/// The same pack with a time stamp.
pub(super) fn stamped(bytes: &[u8], question: &[u8], answer: &[u8]) -> Result<Vec<u8>, Fault> {
    let files = unpack(bytes)?;
    let list = files.iter().find(|(name, _)| name == MANIFEST).map(|(_, list)| list.as_slice());
    let list = list.ok_or_else(|| Fault::NoPack(format!("it holds no {MANIFEST}")))?;
    let own = [MANIFEST, SEAL, QUESTION, ANSWER];
    let content = files.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let content = content.map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    pack(content, list, Some([question, answer])).map_err(|error| Fault::NoZip(error.to_string()))
}

/// The one form in which a pack is written: files in their order, then the list, then its hash, then the question
/// and the answer of a time stamp; nothing compressed, no dates.
fn pack<'a>(
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
    list: &'a [u8],
    stamp: Option<[&'a [u8]; 2]>,
) -> Result<Vec<u8>, PackError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let seal = format!("{}  {MANIFEST}\n", hash(list));
    let mut files: Vec<(&str, &[u8])> = files.collect();
    files.extend([(MANIFEST, list), (SEAL, seal.as_bytes())]);
    if let Some([question, answer]) = stamp {
        files.extend([(QUESTION, question), (ANSWER, answer)]);
    }
    for (name, bytes) in files {
        zip.start_file(name, options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Checks a pack: every file, the chain, the time stamp as far as [`Stamp`] says, and every byte around them.
///
/// # Errors
/// What is wrong with it.
pub fn verify(bytes: &[u8]) -> Result<Whole, Fault> {
    let files = unpack(bytes)?;
    let find =
        |wanted: &str| files.iter().find(|(name, _)| name == wanted).map(|(_, bytes)| bytes.as_slice());
    let list = find(MANIFEST).ok_or_else(|| Fault::NoPack(format!("it holds no {MANIFEST}")))?;
    let seal = find(SEAL).ok_or_else(|| Fault::NoPack(format!("it holds no {SEAL}")))?;
    if seal != format!("{}  {MANIFEST}\n", hash(list)).as_bytes() {
        return Err(Fault::Changed(MANIFEST.to_owned()));
    }
    let manifest: Manifest = serde_json::from_slice(list)
        .map_err(|error| Fault::NoPack(format!("{MANIFEST} cannot be read: {error}")))?;
    if manifest.schema != SCHEMA {
        return Err(Fault::NoPack(format!("its form is not {SCHEMA}; update vigie")));
    }
    let mut root = hash(format!("{SCHEMA}\n{}\n{}", manifest.case, manifest.written.0).as_bytes());
    for entry in &manifest.files {
        let content = find(&entry.name).ok_or_else(|| Fault::Files(format!("{} is missing", entry.name)))?;
        if hash(content) != entry.sha256 || u64::try_from(content.len()).ok() != Some(entry.size) {
            return Err(Fault::Changed(entry.name.clone()));
        }
        root = link(&root, &entry.name, entry.at, &entry.sha256);
        if root != entry.link {
            return Err(Fault::Chain(entry.name.clone()));
        }
    }
    if root != manifest.root {
        return Err(Fault::Chain("its end".to_owned()));
    }
    let pair = match (find(QUESTION), find(ANSWER)) {
        (Some(question), Some(answer)) => Some([question, answer]),
        (None, None) => None,
        (Some(_), None) => return Err(Fault::Files(format!("{ANSWER} is missing"))),
        (None, Some(_)) => return Err(Fault::Files(format!("{QUESTION} is missing"))),
    };
    let listed = manifest.files.len() + if pair.is_some() { 4 } else { 2 };
    if files.len() != listed {
        return Err(Fault::Files(format!("{listed} are listed, {} are there", files.len())));
    }
    let stamp = pair.map(|[question, answer]| stamp::check(&bytes_of(&manifest.root), question, answer));
    let stamp = stamp.transpose()?;
    // Nothing may hide between the files either: written again, it must be the same to the last byte.
    let content = manifest.files.iter().filter_map(|entry| Some((entry.name.as_str(), find(&entry.name)?)));
    let again = pack(content, list, pair).map_err(|error| Fault::NoZip(error.to_string()))?;
    if again == bytes { Ok(Whole { manifest, stamp }) } else { Err(Fault::Around) }
}

fn unpack(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let broken = |error: &dyn std::fmt::Display| Fault::NoZip(error.to_string());
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if zip.len() > MOST {
        return Err(Fault::NoPack(format!("it holds {} files", zip.len())));
    }
    let mut files = Vec::new();
    for place in 0..zip.len() {
        let mut file = zip.by_index(place).map_err(|error| broken(&error))?;
        let name = file.name().map_err(|error| broken(&error))?.into_owned();
        if file.compression() != CompressionMethod::Stored || file.size() > LARGEST {
            return Err(Fault::Around);
        }
        let mut content = Vec::new();
        file.by_ref()
            .take(LARGEST)
            .read_to_end(&mut content)
            .map_err(|_damaged| Fault::Changed(name.clone()))?;
        files.push((name, content));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let files = [
            ("letter.en.txt".to_owned(), b"Dear all".to_vec(), Time(5)),
            ("captures/profile.json".to_owned(), vec![0, 1, 2, 255], Time(7)),
        ];
        write(&files, 3, Time(9)).unwrap().0
    }

    #[test]
    fn one_flipped_bit_shows_wherever_it_stands() {
        let whole = sample();
        assert_eq!(verify(&whole).unwrap().manifest.files.len(), 2);
        for place in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[place] ^= 1;
            assert!(verify(&flipped).is_err(), "byte {place}");
        }
        for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
            assert!(verify(&whole[..cut]).is_err());
        }
        let more = [whole, b"x".to_vec()].concat();
        assert!(verify(&more).is_err());
    }
}
