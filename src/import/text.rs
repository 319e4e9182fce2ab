//! The bytes of a file as text: which encoding they are in, and their characters in a flow that fits in memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use sha2::{Digest as _, Sha256};

use super::ImportError;

/// Bytes read at a time.
const CHUNK: usize = 1 << 16;
/// The beginning that is looked at to tell what a file is.
const HEAD: usize = 1 << 12;
/// With this many sound letters beyond ASCII to a broken one, a text is UTF-8 with faults, and not in another
/// encoding.
const SOUND: u64 = 10;

/// What a first look at all of a file tells.
#[derive(Debug)]
pub(super) struct Survey {
    /// SHA-256 of its content.
    pub(super) hash: String,
    /// Its size in bytes.
    pub(super) size: u64,
    /// Its encoding.
    pub(super) encoding: &'static Encoding,
    /// Faults in that encoding; each is read as a sign that stands for "unknown".
    pub(super) broken: u64,
    /// Whether the encoding was guessed.
    pub(super) guessed: bool,
}

/// Reads all of a file once, to know it again and to tell its encoding. `said` is the encoding that a person named.
pub(super) fn survey(
    path: &Path,
    said: Option<&'static Encoding>,
    read: &Arc<AtomicU64>,
) -> Result<Survey, ImportError> {
    let failed = |source| ImportError::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(ImportError::wrong(
            path,
            "is no regular file, and it is read twice: write its content to a file first",
        ));
    }
    let mut hashed = Hashed { from: file, hash: Sha256::new(), read: Arc::clone(read) };
    let (mut utf8, mut head) = (Utf8::default(), Vec::with_capacity(HEAD));
    {
        let mut plain = unpacked(BufReader::with_capacity(CHUNK, &mut hashed)).map_err(failed)?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let length = plain.read(&mut chunk).map_err(failed)?;
            let bytes = chunk.get(..length).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            if head.len() < HEAD {
                head.extend(bytes.iter().take(HEAD - head.len()));
                if let Some(reason) = foreign(&head) {
                    return Err(ImportError::wrong(path, reason));
                }
            }
            utf8.look_at(bytes);
        }
    }
    // What stands behind a packed stream belongs to the file too.
    io::copy(&mut hashed, &mut io::sink()).map_err(failed)?;
    utf8.end();
    if head.iter().all(u8::is_ascii_whitespace) {
        return Err(ImportError::wrong(path, "is empty: there is nothing to import"));
    }
    let size = read.swap(0, Ordering::Relaxed);
    let hash = hashed.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let told = Encoding::for_bom(&head).map(|(encoding, _)| encoding).or_else(|| wide(&head));
    let encoding = match said.or(told) {
        Some(encoding) => encoding,
        None if utf8.broken == 0 || utf8.sound > utf8.broken.saturating_mul(SOUND) => UTF_8,
        None => WINDOWS_1252,
    };
    if said.is_none() && !matches!(encoding, e if e == UTF_16LE || e == UTF_16BE) && head.contains(&0) {
        return Err(ImportError::wrong(
            path,
            "holds bytes that no text has: import a CSV or JSON lines file",
        ));
    }
    let broken = if encoding == UTF_8 { utf8.broken } else { 0 };
    let guessed = said.is_none() && told.is_none() && encoding != UTF_8;
    Ok(Survey { hash, size, encoding, broken, guessed })
}

/// Other kinds of file, by how they begin, and what to do with them.
fn foreign(head: &[u8]) -> Option<&'static str> {
    const KINDS: &[(&[u8], &str)] = &[
        (
            b"PK\x03\x04",
            "is a spreadsheet (or a zip file), not a CSV: save it as \"CSV UTF-8\" there, and import that",
        ),
        (
            b"\xd0\xcf\x11\xe0",
            "is an old spreadsheet, not a CSV: save it as \"CSV UTF-8\" there, and import that",
        ),
        (b"\x1f\x8b", "is packed with gzip: unpack it with `gunzip -k`, and import that"),
        (b"%PDF", "is a PDF: export the posts as CSV or JSON lines instead"),
        (b"SQLite format 3\0", "is a database: a backup of Vigie goes back with `vigie restore`"),
    ];
    KINDS.iter().find(|(begin, _)| head.starts_with(begin)).map(|(_, reason)| *reason)
}

/// UTF-16 without a mark: every other byte of mostly Latin text is zero.
fn wide(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    let most = |count: usize| half >= 4 && count * 10 >= half * 4;
    if most(odd) && even * 20 <= half {
        return Some(UTF_16LE);
    }
    (most(even) && odd * 20 <= half).then_some(UTF_16BE)
}

/// Looks whether bytes that come in pieces are UTF-8.
#[derive(Debug, Default)]
struct Utf8 {
    rest: Vec<u8>,
    /// Letters beyond ASCII that are well written.
    sound: u64,
    /// Places that are not UTF-8.
    broken: u64,
}

impl Utf8 {
    fn look_at(&mut self, bytes: &[u8]) {
        let carried;
        let mut rest = if self.rest.is_empty() {
            bytes
        } else {
            carried = [self.rest.as_slice(), bytes].concat();
            carried.as_slice()
        };
        let mut kept = Vec::new();
        loop {
            match std::str::from_utf8(rest) {
                Ok(_) => {
                    self.count(rest);
                    break;
                }
                Err(error) => {
                    let (sound, after) = rest.split_at(error.valid_up_to());
                    self.count(sound);
                    let Some(length) = error.error_len() else {
                        kept = after.to_vec();
                        break;
                    };
                    self.broken += 1;
                    rest = after.get(length..).unwrap_or_default();
                }
            }
        }
        self.rest = kept;
    }

    fn count(&mut self, sound: &[u8]) {
        let letters = sound.iter().filter(|byte| **byte >= 0xc0).count();
        self.sound += u64::try_from(letters).unwrap_or(0);
    }

    fn end(&mut self) {
        self.broken += u64::from(!self.rest.is_empty());
    }
}

struct Hashed {
    from: File,
    hash: Sha256,
    read: Arc<AtomicU64>,
}

impl Read for Hashed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.from.read(into)?;
        self.hash.update(into.get(..length).unwrap_or_default());
        self.read.fetch_add(u64::try_from(length).unwrap_or(0), Ordering::Relaxed);
        Ok(length)
    }
}

struct Counted {
    from: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.from.read(into)?;
        self.read.fetch_add(u64::try_from(length).unwrap_or(0), Ordering::Relaxed);
        Ok(length)
    }
}

/// The bytes of a plain file, or those packed in a zstd file.
fn unpacked<'r>(mut from: impl BufRead + 'r) -> io::Result<Box<dyn Read + 'r>> {
    if from.fill_buf()?.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return Ok(Box::new(zstd::stream::read::Decoder::with_buffer(from)?));
    }
    Ok(Box::new(from))
}

/// A file as UTF-8, whatever it is in; a mark at its start is taken off, what cannot be read becomes U+FFFD.
pub(super) struct Text {
    from: Box<dyn Read>,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Text {
    /// Opens `path`; `read` counts the bytes of the file read so far.
    pub(super) fn open(
        path: &Path,
        encoding: &'static Encoding,
        read: &Arc<AtomicU64>,
    ) -> Result<Text, ImportError> {
        let failed = |source| ImportError::File { path: path.to_owned(), source };
        let file = Counted { from: File::open(path).map_err(failed)?, read: Arc::clone(read) };
        let from = unpacked(BufReader::with_capacity(CHUNK, file)).map_err(failed)?;
        let decoder = encoding.new_decoder_with_bom_removal();
        Ok(Text { from, decoder, raw: vec![0; CHUNK], text: Vec::new(), at: 0, ended: false })
    }
}

impl BufRead for Text {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.at >= self.text.len() && !self.ended {
            let length = self.from.read(&mut self.raw)?;
            self.ended = length == 0;
            let raw = self.raw.get(..length).unwrap_or_default();
            let room = self.decoder.max_utf8_buffer_length(raw.len()).unwrap_or(CHUNK * 4);
            self.text.clear();
            self.text.resize(room, 0);
            let (_, _, written, _) = self.decoder.decode_to_utf8(raw, &mut self.text, self.ended);
            self.text.truncate(written);
            self.at = 0;
        }
        Ok(self.text.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, length: usize) {
        self.at = self.at.saturating_add(length).min(self.text.len());
    }
}

impl Read for Text {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(into)?;
        self.consume(length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_is_known_across_pieces() {
        for size in 1..5 {
            let mut utf8 = Utf8::default();
            "déjà vu — ok\u{1f600}".as_bytes().chunks(size).for_each(|piece| utf8.look_at(piece));
            utf8.end();
            assert_eq!((utf8.sound, utf8.broken), (4, 0), "{size}");
            let mut latin = Utf8::default();
            b"d\xe9j\xe0 vu \xe9".chunks(size).for_each(|piece| latin.look_at(piece));
            latin.end();
            assert_eq!((latin.sound, latin.broken), (0, 3), "{size}");
        }
    }

    #[test]
    fn wide_text_is_known_without_a_mark() {
        let wide_of = |text: &str, big: bool| -> Vec<u8> {
            text.encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect()
        };
        assert_eq!(wide(&wide_of("date;texte;lien", false)), Some(UTF_16LE));
        assert_eq!(wide(&wide_of("date;texte;lien", true)), Some(UTF_16BE));
        assert_eq!(wide(b"date;texte;lien"), None);
    }
}
