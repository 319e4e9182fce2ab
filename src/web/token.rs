//! Tokens: the configured one, which guards everything, or else one made here, which guards what is written.

use std::fmt;
use std::fs::{File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::WebError;

/// The file in the data directory that holds the token made here.
const FILE: &str = "ingest-token";
/// Bytes of chance in it.
const LENGTH: usize = 32;
/// A shorter token in the file was not made here.
const SHORTEST: u64 = 16;
/// A longer one neither.
const LONGEST: u64 = 1_024;

/// What lets in. Only hashes are kept.
pub struct Tokens {
    write: [u8; 32],
    read: Option<[u8; 32]>,
    file: Option<PathBuf>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Tokens(file: {:?})", self.file)
    }
}

impl Tokens {
    /// The configured token; else the one in `folder`, made when there is none.
    pub(super) fn new(folder: &Path, configured: Option<&str>) -> Result<Tokens, WebError> {
        if let Some(token) = configured {
            let hash = digest(token.as_bytes());
            return Ok(Tokens { write: hash, read: Some(hash), file: None });
        }
        let path = folder.join(FILE);
        let token = kept(&path).map_err(|source| WebError::Token { path: path.clone(), source })?;
        Ok(Tokens { write: digest(token.as_bytes()), read: None, file: Some(path) })
    }

    /// The file of a token made here.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Whether a request may push: it carries the token as a bearer. Never by what a browser sends by itself.
    pub(super) fn lets_write(&self, headers: &HeaderMap) -> bool {
        authorization(headers, "bearer").is_some_and(|token| same(&digest(token.as_bytes()), &self.write))
    }

    /// Whether a request may read: with a configured token it carries it, as a password or a bearer.
    pub(super) fn lets_read(&self, headers: &HeaderMap) -> bool {
        let Some(wanted) = &self.read else { return true };
        let password = || {
            let bytes = STANDARD.decode(authorization(headers, "basic")?).ok()?;
            let colon = bytes.iter().position(|byte| *byte == b':')?;
            Some(digest(bytes.get(colon + 1..)?))
        };
        let given = authorization(headers, "bearer").map(|token| digest(token.as_bytes())).or_else(password);
        given.is_some_and(|given| same(&given, wanted))
    }
}

/// What stands behind a scheme in the one `Authorization` header.
fn authorization<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    let (said, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    said.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Compares hashes in a time that does not depend on where they differ.
fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.iter().zip(other).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// The token in a file that only its owner reads; made by chance when there is none.
fn kept(path: &Path) -> io::Result<String> {
    match File::options().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            let mut bytes = [0; LENGTH];
            let chance = rustls::crypto::ring::default_provider().secure_random;
            chance.fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random numbers"))?;
            let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            file.write_all(format!("{token}\n").as_bytes())?;
            file.sync_all()?;
            Ok(token)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let file = File::open(path)?;
            let known = file.metadata()?;
            if known.permissions().mode() & 0o077 != 0 {
                std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
            }
            let mut token = String::new();
            file.take(LONGEST).read_to_string(&mut token)?;
            let token = token.trim().to_owned();
            if !(SHORTEST..LONGEST).contains(&u64::try_from(token.len()).unwrap_or(0)) {
                return Err(io::Error::other("it holds no token; remove it, and a new one is made"));
            }
            Ok(token)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(authorization: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, authorization.parse().unwrap())])
    }

    #[test]
    fn a_configured_token_guards_reading_and_writing() {
        let tokens = Tokens::new(Path::new("/nowhere"), Some("s:ecret é")).unwrap();
        let basic = format!("basic {}", STANDARD.encode("anyone:s:ecret é"));
        assert!(tokens.lets_read(&headers(&basic)) && !tokens.lets_write(&headers(&basic)));
        for wrong in ["Bearer s:ecret", "Bearer ", "Bearer", "Basic !!", "Basic bm9jb2xvbg==", "s:ecret"] {
            assert!(!tokens.lets_read(&headers(wrong)) && !tokens.lets_write(&headers(wrong)), "{wrong}");
        }
        let plain = Tokens::new(Path::new("/nowhere"), Some("secret")).unwrap();
        assert!(plain.lets_read(&headers("bearer secret")) && plain.lets_write(&headers("Bearer secret")));
        assert!(!plain.lets_read(&HeaderMap::new()) && !plain.lets_write(&HeaderMap::new()));
        assert!(!format!("{plain:?}").contains("secret"));
    }
}
