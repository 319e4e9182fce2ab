//! DKIM (RFC 6376): a mail signed in the name of its sender's domain, for those whose mail server does not sign. The
//! signature is part of the mail: made once, when it is put together, with the moment at which it was written, so that it
//! is sent with the same bytes at every attempt. Both canonical forms are the relaxed ones, the hash is SHA-256, the key
//! RSA, or Ed25519 (RFC 8463). Knows nothing of files and servers.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair as RsaKeyPair;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::BuildError;
use crate::time::Time;

/// What is signed of the header, where it is there: all that is shown, sorted or threaded by, and both headers that end
/// mails, as RFC 8058 asks.
const SIGNED: [&str; 16] = [
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Reply-To",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Auto-Submitted",
    "Precedence",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];
/// Of these one more is signed than is there: somebody on the way who adds a second one breaks the signature.
const ONLY_ONE: [&str; 6] = ["From", "To", "Cc", "Subject", "Date", "Reply-To"];
/// Lines of the header are this long.
const COLUMNS: usize = 72;

/// A key is none that mails can be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct KeyError(&'static str);

const MAKE: &str = "holds no private key in PEM form; make one with `openssl genrsa -out FILE 2048`";
const LOCKED: &str =
    "is locked by a passphrase, and nobody is there to type it: write it without one, by `openssl pkey`";
const PUBLIC: &str = "holds a public key; mails are signed with the private one";
const KIND: &str = "holds a key of another kind; DKIM knows RSA of 2,048 to 4,096 bits and Ed25519";

/// Signs mails for one domain.
#[derive(Clone)]
pub struct Signer {
    domain: String,
    selector: String,
    key: Arc<Key>,
}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("domain", &self.domain)
            .field("selector", &self.selector)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Signer {
    fn eq(&self, other: &Signer) -> bool {
        self.domain == other.domain
            && self.selector == other.selector
            && self.key.public() == other.key.public()
    }
}

impl Eq for Signer {}

impl Key {
    fn read(pem: &[u8]) -> Result<Key, KeyError> {
        let text = String::from_utf8_lossy(pem);
        if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
            return Err(KeyError(LOCKED));
        }
        let Ok(key) = PrivateKeyDer::from_pem_slice(pem) else {
            let public = text.contains("BEGIN PUBLIC KEY") || text.contains("BEGIN RSA PUBLIC KEY");
            return Err(KeyError(if public { PUBLIC } else { MAKE }));
        };
        let of_another_kind = |_refused| KeyError(KIND);
        match &key {
            PrivateKeyDer::Pkcs1(key) => {
                RsaKeyPair::from_der(key.secret_pkcs1_der()).map(Key::Rsa).map_err(of_another_kind)
            }
            PrivateKeyDer::Pkcs8(key) => {
                let der = key.secret_pkcs8_der();
                // openssl leaves the public half out, so there is nothing to check it against.
                let short = || Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Key::Ed25519);
                RsaKeyPair::from_pkcs8(der).map(Key::Rsa).or_else(|_rsa| short()).map_err(of_another_kind)
            }
            PrivateKeyDer::Sec1(_) | _ => Err(KeyError(KIND)),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Key::Rsa(_) => "rsa",
            Key::Ed25519(_) => "ed25519",
        }
    }

    /// The public half, as it stands in the DNS: for RSA with its kind before it (a `SubjectPublicKeyInfo`).
    fn public(&self) -> Vec<u8> {
        match self {
            Key::Rsa(key) => {
                const RSA: [u8; 15] = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
                let bits = [&[0_u8][..], key.public_key().as_ref()].concat();
                der(0x30, &[&RSA[..], &der(3, &bits)].concat())
            }
            Key::Ed25519(key) => key.public_key().as_ref().to_vec(),
        }
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, BuildError> {
        match self {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
                    .map_err(|_unspecified| BuildError("it could not be signed".to_owned()))?;
                Ok(signature)
            }
            // RFC 8463: of the hash, not of the text.
            Key::Ed25519(key) => Ok(key.sign(&Sha256::digest(text)).as_ref().to_vec()),
        }
    }
}

/// A value of DER with its kind and length before it.
fn der(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut out = vec![kind];
    match (length.as_slice(), u8::try_from(length.len())) {
        ([short], _) if *short < 0x80 => out.push(*short),
        (bytes, Ok(many)) => {
            out.push(0x80 | many);
            out.extend_from_slice(bytes);
        }
        (_, Err(_)) => {}
    }
    out.extend_from_slice(value);
    out
}

impl Signer {
    /// Signs for `domain` with the private key in `pem` (RSA in either form of openssl, or Ed25519); the public one stands in
    /// the DNS under `selector`.
    ///
    /// # Errors
    /// When there is no such key in `pem`; never with a word of it.
    pub fn new(domain: &str, selector: &str, pem: &[u8]) -> Result<Signer, KeyError> {
        let key = Arc::new(Key::read(pem)?);
        Ok(Signer { domain: domain.to_lowercase(), selector: selector.to_lowercase(), key })
    }

    /// The domain that it signs for.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The name and the text of the TXT record that receivers look for.
    pub fn record(&self) -> (String, String) {
        let name = format!("{}._domainkey.{}", self.selector, self.domain);
        (name, format!("v=DKIM1; k={}; p={}", self.key.word(), STANDARD.encode(self.key.public())))
    }

    /// The message with its signature before it, made at `now`. The same message at the same moment gives the same bytes.
    ///
    /// # Errors
    /// When the key refuses, or the message has no header.
    pub fn sign(&self, message: &[u8], now: Time) -> Result<Vec<u8>, BuildError> {
        let text = std::str::from_utf8(message).map_err(|error| BuildError(error.to_string()))?;
        let (head, body) =
            text.split_once("\r\n\r\n").ok_or_else(|| BuildError("it has no body".to_owned()))?;
        let fields = fields(head);
        let mut names: Vec<&str> = Vec::new();
        let mut signed = String::new();
        for name in SIGNED {
            // From the last up, as receivers count them.
            for (_, value) in fields.iter().rev().filter(|(found, _)| found.eq_ignore_ascii_case(name)) {
                names.push(name);
                signed += &relaxed(name, value);
                signed += "\r\n";
            }
        }
        names.extend(ONLY_ONE);
        let hash = STANDARD.encode(Sha256::digest(body_relaxed(body)));
        let mut value = format!(
            "v=1; a={}-sha256; c=relaxed/relaxed; d={};\r\n s={}; t={}; bh={hash};\r\n",
            self.key.word(),
            self.domain,
            self.selector,
            now.0.div_euclid(1000)
        );
        value += &folded(" h=", &names.iter().map(|name| format!("{name}:")).collect::<Vec<_>>());
        // The last name has no colon behind it.
        value.pop();
        value += ";\r\n b=";
        signed += &relaxed("DKIM-Signature", &value);
        let signature: Vec<char> = STANDARD.encode(self.key.sign(signed.as_bytes())?).chars().collect();
        let lines: Vec<String> = signature.chunks(COLUMNS).map(|line| line.iter().collect()).collect();
        Ok(format!("DKIM-Signature: {value}{}\r\n{text}", lines.join("\r\n ")).into_bytes())
    }
}

/// Words one after the other, in lines that begin with a space.
fn folded(first: &str, words: &[String]) -> String {
    let (mut text, mut column) = (first.to_owned(), first.len());
    for word in words {
        if column + word.len() > COLUMNS {
            text += "\r\n ";
            column = 1;
        }
        text += word;
        column += word.len();
    }
    text
}

/// The fields of a header: names and values, these still in their lines.
fn fields(head: &str) -> Vec<(&str, String)> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in head.split("\r\n") {
        match (line.starts_with([' ', '\t']), fields.last_mut()) {
            (true, Some((_, value))) => {
                value.push_str("\r\n");
                value.push_str(line);
            }
            _ => fields.extend(line.split_once(':').map(|(name, value)| (name.trim_end(), value.to_owned()))),
        }
    }
    fields
}

/// A field of the header in its relaxed form, without an end of line.
fn relaxed(name: &str, value: &str) -> String {
    format!("{}:{}", name.to_lowercase(), narrow(&value.replace("\r\n", "")).trim_matches(' '))
}

/// The body in its relaxed form: white space narrowed, none at the ends of lines, no empty lines at its end.
fn body_relaxed(body: &str) -> String {
    let lines: Vec<String> =
        body.split("\r\n").map(|line| narrow(line).trim_end_matches(' ').to_owned()).collect();
    let full = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines.iter().take(full).map(|line| format!("{line}\r\n")).collect()
}

/// Spaces and tabs in a row become one space.
fn narrow(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            ' ' | '\t' if out.ends_with(' ') => {}
            ' ' | '\t' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
