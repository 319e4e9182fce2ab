//! `[mail.smtp.dkim]`: what mails are signed with. The key stays in its own file, and no word of it is told.

use std::path::Path;

use lettre::message::Mailbox;

use super::parts::filled;
use crate::document::{Section, unreadable};
use crate::mail::dkim::Signer;

/// A larger file is no key, and is not read.
const MOST: u64 = 64 << 10;

/// Reads the section; `file` is the configuration it stands in, `from` in whose name mails are sent.
pub(super) fn signer(section: &Section<'_, '_>, file: &Path, from: &Mailbox) -> Option<Signer> {
    let domain = domain(section, from);
    let selector = filled(section, "selector").filter(|selector| {
        let good = is_name(selector);
        if !good {
            let reason = "is no name in the DNS: letters, digits and hyphens, such as \"vigie\"";
            section.fault("selector", reason);
        }
        good
    });
    if section.value("selector").is_none() {
        section.missing("selector", "the name of the key in the DNS, such as selector = \"vigie\"");
    }
    let named = filled(section, "key_file");
    if section.value("key_file").is_none() {
        section.missing("key_file", "the file of the private key, such as key_file = \"dkim.pem\"");
    }
    section.finish(&[], "SMTP");
    let (domain, selector, named) = (domain?, selector?, named?);
    // Whoever pastes the key itself does not want to read it here.
    if named.contains(['\n', '\r']) || named.contains("-----") || named.len() > 1024 {
        section
            .fault("key_file", "holds the key itself: write that into a file of its own, and its path here");
        return None;
    }
    // What the text says of files is looked at when it stands in a file itself.
    if !file.is_file() {
        return None;
    }
    let path = file.parent().unwrap_or(Path::new("")).join(&named);
    let signer =
        read(&path).and_then(|pem| Signer::new(&domain, &selector, &pem).map_err(|error| error.to_string()));
    signer.map_err(|why| section.fault("key_file", format!("{} {why}", path.display()))).ok()
}

/// The domain of the signature: that of the sender, or one above or below it. Others would count for nothing: DMARC wants
/// both to agree.
fn domain(section: &Section<'_, '_>, from: &Mailbox) -> Option<String> {
    let sender = from.email.domain().to_lowercase();
    let named = filled(section, "domain");
    if named.is_none() && section.value("domain").is_some() {
        return None;
    }
    // The address that stands where none is configured is nobody's.
    let nobody = sender == "localhost";
    if nobody && named.is_none() {
        section.missing("domain", &format!("mails come from {}; set from under [mail]", from.email));
        return None;
    }
    let domain = named.unwrap_or_else(|| sender.clone()).to_lowercase();
    let ascii =
        |name: &str| idna::domain_to_ascii(name).ok().filter(|name| is_name(name) && name.contains('.'));
    let Some(domain) = ascii(&domain) else {
        section.fault("domain", "is no domain: write it as in mail addresses, such as \"acme.example\"");
        return None;
    };
    let sender = if nobody { domain.clone() } else { ascii(&sender).unwrap_or(sender) };
    let below = |one: &str, other: &str| one.strip_suffix(other).is_some_and(|rest| rest.ends_with('.'));
    if domain != sender && !below(&domain, &sender) && !below(&sender, &domain) {
        let reason =
            format!("mails come from {sender}, and a signature for another domain counts for nothing");
        section.fault("domain", reason);
        return None;
    }
    Some(domain)
}

/// Whether this can be the name of something in the DNS.
fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    name.len() <= 253 && name.split('.').all(label)
}

/// The file of the key, if it is one that nobody else can read.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let about = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    if about.len() > MOST {
        return Err("is too large for a key".to_owned());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if about.permissions().mode() & 0o007 != 0 {
            return Err(
                "can be used by everybody on this machine; take that away with `chmod 600`".to_owned()
            );
        }
    }
    std::fs::read(path).map_err(|error| unreadable(&error))
}
