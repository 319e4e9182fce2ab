//! Secrets and the few settings that come from the environment.

use std::path::PathBuf;

use crate::mail::Language;

/// A secret cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("failed to read the file that {variable} names")]
pub struct SecretError {
    /// The environment variable, such as `VIGIE_SMTP_PASSWORD_FILE`.
    pub variable: String,
    /// Why. The path is not shown.
    pub source: std::io::Error,
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The secret `VIGIE_<of>_<key>`, or the content of the file that `VIGIE_<of>_<key>_FILE` names.
///
/// # Errors
/// When the file cannot be read.
pub fn secret(of: &str, key: &str) -> Result<Option<String>, SecretError> {
    let name = secret_name(of, key);
    if let Some(value) = variable(&name) {
        return Ok(Some(value));
    }
    let file = format!("{name}_FILE");
    let Some(path) = variable(&file) else { return Ok(None) };
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned())),
        Err(source) => Err(SecretError { variable: file, source }),
    }
}

/// The environment variable of a secret: `VIGIE_<OF>_<KEY>`.
pub fn secret_name(of: &str, key: &str) -> String {
    format!("VIGIE_{of}_{key}").to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// The language of the person at this machine: French when `LC_ALL`, `LC_MESSAGES` or `LANG` says so.
pub fn language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable);
    if locale.is_some_and(|locale| locale.to_lowercase().starts_with("fr")) {
        Language::Fr
    } else {
        Language::En
    }
}

/// The name of the person at this machine, for the record of who decided what.
pub fn user() -> Option<String> {
    ["VIGIE_USER", "USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable)
}

/// Whether colours are unwelcome (`NO_COLOR`).
pub fn no_color() -> bool {
    variable("NO_COLOR").is_some()
}

/// The Chromium that `VIGIE_CHROMIUM` names, when it does.
pub fn chromium() -> Option<PathBuf> {
    variable("VIGIE_CHROMIUM").map(PathBuf::from)
}

/// The folders in which programs are looked for (`PATH`).
pub fn program_folders() -> Vec<PathBuf> {
    variable("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// The folder that `VIGIE_CONFIG` names, when it does.
pub fn config_file() -> Option<PathBuf> {
    variable("VIGIE_CONFIG").map(PathBuf::from)
}
