//! Signed mails (DKIM), checked as a receiver checks them: with the record of the DNS alone, by a reader that shares nothing
//! with what signs. And what is said of keys that are none. `scripts/peers/postfix.py` has dkimpy check the same.

use std::collections::HashMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::MessageParser;
use regex::Regex;
use ring::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};
use vigie::mail::dkim::Signer;
use vigie::mail::{self, Kind};

use super::command::Place;
use super::home::{Home, until};
use super::mail::{at, envelope, letters};
use super::server::{Reply, Server};
use super::sink::{Act, Sink, arrivals};

fn pem(name: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/dkim/{name}.pem"));
    std::fs::read(file).unwrap()
}

fn signer(name: &str) -> Signer {
    Signer::new("lookout.example", "vigie", &pem(name)).unwrap()
}

fn tags(text: &str) -> HashMap<String, String> {
    let pairs = text.split(';').filter_map(|tag| tag.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.split_whitespace().collect())).collect()
}

/// What a receiver thinks of a mail, who finds `record` in the DNS.
fn verdict(mail: &[u8], record: &str) -> Result<(), String> {
    let message = MessageParser::default().parse(mail).ok_or("no mail")?;
    let mut fields: Vec<(String, &str)> =
        message.headers_raw().map(|(name, value)| (name.to_lowercase(), value)).collect();
    let place = fields.iter().position(|(name, _)| name == "dkim-signature").ok_or("no signature")?;
    let (_, value) = fields.remove(place);
    let (of_mail, of_key) = (tags(value), tags(record));
    for (tag, wanted) in [("v", "1"), ("c", "relaxed/relaxed"), ("d", "lookout.example"), ("s", "vigie")] {
        assert_eq!(of_mail[tag], wanted);
    }
    let body = &mail[usize::try_from(message.parts[0].raw_body_offset()).unwrap()..];
    let body =
        Regex::new("[ \t]+").unwrap().replace_all(std::str::from_utf8(body).unwrap(), " ").into_owned();
    let body = body.replace(" \r\n", "\r\n").trim_end_matches("\r\n").to_owned() + "\r\n";
    if STANDARD.encode(Sha256::digest(body)) != of_mail["bh"] {
        return Err("the body was changed".to_owned());
    }
    let canonical = |name: &str, value: &str| {
        format!("{name}:{}", value.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
    };
    let mut signed = String::new();
    for name in of_mail["h"].to_lowercase().split(':') {
        if let Some(place) = fields.iter().rposition(|(found, _)| found == name) {
            let (_, value) = fields.remove(place);
            signed += &format!("{}\r\n", canonical(name, value));
        }
    }
    let (before, _) = value.rsplit_once("b=").unwrap();
    signed += &canonical("dkim-signature", &format!("{before}b="));
    let (key, signature) = (STANDARD.decode(&of_key["p"]).unwrap(), STANDARD.decode(&of_mail["b"]).unwrap());
    let good = match of_mail["a"].as_str() {
        // Before the key of 2,048 bits stand 24 bytes that say what it is.
        "rsa-sha256" => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &key[24..])
            .verify(signed.as_bytes(), &signature),
        "ed25519-sha256" => {
            UnparsedPublicKey::new(&ED25519, &key).verify(&Sha256::digest(signed), &signature)
        }
        other => panic!("signed by {other}"),
    };
    good.map_err(|_unspecified| "the signature does not fit".to_owned())
}

#[test]
fn every_mail_is_signed_so_that_receivers_agree() {
    for key in ["rsa", "rsa_traditional", "ed25519"] {
        let signer = signer(key);
        let (name, record) = signer.record();
        assert_eq!(name, "vigie._domainkey.lookout.example");
        let kind = if key == "ed25519" { "ed25519" } else { "rsa" };
        assert!(record.starts_with(&format!("v=DKIM1; k={kind}; p=")), "{record}");
        for (name, letter) in letters() {
            let plain = mail::build(&letter, &envelope(Kind::Digest)).unwrap();
            let signed = signer.sign(&plain, at("2026-10-20T15:30:36Z")).unwrap();
            assert!(signed.ends_with(&plain), "{name}: the mail itself is not changed");
            assert_eq!(signed, signer.sign(&plain, at("2026-10-20T15:30:36Z")).unwrap(), "{name}");
            assert!(signed.split(|byte| *byte == b'\n').all(|line| line.len() <= 79), "{name}");
            assert_eq!(verdict(&signed, &record), Ok(()), "{name}");
        }
    }
    // The public half that openssl writes is the one that the DNS is to have.
    let public = String::from_utf8(pem("public")).unwrap();
    let public: String = public.lines().filter(|line| !line.starts_with('-')).collect();
    assert_eq!(tags(&signer("rsa").record().1)["p"], public);
    assert_eq!(signer("rsa"), signer("rsa_traditional"), "one key in two forms");
    assert!(!format!("{:?}", signer("rsa")).contains("KeyPair"));
}

#[test]
fn what_is_changed_on_the_way_shows_and_what_mail_servers_may_do_does_not() {
    let (_, letter) = letters().remove(0);
    let signer = signer("rsa");
    let record = signer.record().1;
    let plain = mail::build(&letter, &envelope(Kind::Digest)).unwrap();
    let signed = String::from_utf8(signer.sign(&plain, at("2026-10-20T15:30:36Z")).unwrap()).unwrap();
    let check = |text: String| verdict(text.as_bytes(), &record);
    for name in [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Auto-Submitted",
        "Precedence",
        "List-Id",
        "List-Unsubscribe",
    ] {
        let field = format!("\r\n{name}: ");
        assert!(signed.contains(&field), "{name}");
        assert!(check(signed.replacen(&field, &format!("{field}x"), 1)).is_err(), "{name}");
    }
    assert!(check(signed.replacen("\r\n\r\n", "\r\n\r\nx", 1)).is_err());
    for more in ["From: eve@other.example", "Subject: other", "Reply-To: eve@other.example"] {
        assert!(check(format!("{more}\r\n{signed}")).is_err(), "{more} before");
        assert!(
            check(signed.replacen("\r\n\r\n", &format!("\r\n{more}\r\n\r\n"), 1)).is_err(),
            "{more} after"
        );
    }
    let received = "Received: by relay.example; Tue, 20 Oct 2026 15:30:37 +0000\r\nX-Spam-Status: No\r\n";
    assert_eq!(check(format!("{received}{signed}")), Ok(()));
    assert_eq!(check(signed.replace("\r\n ", "\r\n\t ")), Ok(()), "lines folded otherwise");
    assert_eq!(check(format!("{signed}\r\n\r\n")), Ok(()), "empty lines at the end");
    assert!(
        verdict(signed.as_bytes(), &self::signer("ed25519").record().1.replace("ed25519", "rsa")).is_err()
    );
}

/// A configuration with `[mail.smtp.dkim]`, and the key beside it as only its owner can read it.
fn configured(place: &Path, port: u16, more: &str, key: &str) -> String {
    std::fs::write(place.join("dkim.pem"), pem(key)).unwrap();
    only_ours(&place.join("dkim.pem"));
    format!(
        "[mail]\nto = [\"ana@dest.example\"]\nfrom = \"Vigie <vigie@lookout.example>\"\nlanguage = \"en\"\nretry = [\"1s\"]\n\
        [mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
        [mail.smtp.dkim]\nselector = \"vigie\"\nkey_file = \"dkim.pem\"\n{more}"
    )
}

fn only_ours(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn a_key_that_is_none_is_told_with_what_to_do_and_no_word_of_it() {
    let place = Place::new("dkim-wrong");
    place.write("keywords/molivelle.toml", "ours = true\nkeywords = [\"Molivelle\"]\n");
    let good = configured(&place.0, 25, "", "rsa");
    let secret = String::from_utf8(pem("rsa")).unwrap();
    let inside: Vec<&str> = secret.lines().filter(|line| !line.starts_with('-')).collect();
    let mut told = String::new();
    let mut complain = |what: &str, config: &str| {
        place.write("vigie.toml", config);
        let ran = place.run(&["check", "--offline"]);
        assert_eq!(ran.code, 2, "{what}: {}{}", ran.out, ran.err);
        assert!(inside.iter().all(|line| !ran.err.contains(line)), "{what} shows the key: {}", ran.err);
        told += &format!("== {what}\n{}\n", ran.err);
    };
    for key in ["short", "other_kind", "public", "locked"] {
        place.write("other.pem", pem(key));
        only_ours(&place.0.join("other.pem"));
        complain(key, &good.replace("dkim.pem", "other.pem"));
    }
    place.write("other.pem", "nothing of the kind");
    only_ours(&place.0.join("other.pem"));
    complain("no key", &good.replace("dkim.pem", "other.pem"));
    place.write("other.pem", vec![b'x'; 100_000]);
    complain("a large file", &good.replace("dkim.pem", "other.pem"));
    complain("no such file", &good.replace("dkim.pem", "nowhere.pem"));
    complain("a folder", &good.replace("dkim.pem", "keywords"));
    place.write("other.pem", pem("rsa"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let everybody = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(place.0.join("other.pem"), everybody).unwrap();
    }
    complain("everybody may read it", &good.replace("dkim.pem", "other.pem"));
    complain("the key itself", &good.replace("\"dkim.pem\"", &format!("\"\"\"{secret}\"\"\"")));
    complain("the key itself, in one line", &good.replace("dkim.pem", &inside.concat()));
    complain("no key named", &good.replace("key_file = \"dkim.pem\"\n", ""));
    complain("no selector", &good.replace("selector = \"vigie\"\n", ""));
    complain("a bad selector", &good.replace("selector = \"vigie\"", "selector = \"vi gie\""));
    complain("another domain", &format!("{good}domain = \"other.example\"\n"));
    complain("no domain", &format!("{good}domain = \"lookout\"\n"));
    complain("nobody sends", &good.replace("from = \"Vigie <vigie@lookout.example>\"\n", ""));
    complain("a misspelt key", &good.replace("key_file", "keyfile"));
    insta::assert_snapshot!(told);
}

#[test]
fn check_shows_what_the_dns_must_have_and_never_the_key() {
    let place = Place::new("dkim-check");
    place.write("keywords/molivelle.toml", "ours = true\nkeywords = [\"Molivelle\"]\n");
    place.write("vigie.toml", configured(&place.0, 25, "domain = \"example\"\n", "ed25519"));
    let ran = place.run(&["check", "--offline"]);
    assert_eq!(ran.code, 2, "a domain of one word: {}", ran.out);
    place.write("vigie.toml", configured(&place.0, 25, "domain = \"mail.lookout.example\"\n", "ed25519"));
    let out = place.ok(&["check", "--offline"]);
    let record = Signer::new("mail.lookout.example", "vigie", &pem("ed25519")).unwrap().record();
    let wanted = format!(
        "ok      mail signature (DKIM): for mail.lookout.example, once the DNS has the TXT record {}: {}",
        record.0, record.1
    );
    assert!(out.contains(&wanted), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_mail_is_sent_again_with_the_same_signature() {
    let sink = Sink::start(|_, attempt| match attempt {
        1 => Act::Answer("451 4.3.0 try later"),
        2 => Act::Cut,
        _ => Act::Accept,
    })
    .await;
    let now = jiff::Timestamp::now();
    let body = format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Blog</title><id>blog</id><entry><id>a</id>\
        <title>Ma Molivelle grimpe à l’été</title><updated>{now}</updated></entry></feed>"
    );
    let server =
        Server::start(move |_| Reply::ok(body.clone()).header("content-type", "application/atom+xml")).await;
    let home = Home::configured("dkim", "");
    let more = format!(
        "[alerts]\nwait = \"0s\"\nevery = \"0s\"\n[digest]\nevery = \"never\"\n[fetch]\nallow = [\"127.0.0.0/8\"]\n\
        [web]\nenabled = false\n[[source]]\nnetwork = \"feed\"\nurl = \"{}\"\n",
        server.url("/feed")
    );
    home.write("vigie.toml", configured(&home.folder, sink.port(), &more, "rsa"));
    let daemon = home.start(&["watch"]);
    until("it to be sent", || home.number("SELECT count(*) FROM notice WHERE state = 'sent'") == 1).await;
    let mails = sink.mails();
    assert_eq!(arrivals(&mails).into_values().collect::<Vec<_>>(), [3], "the same bytes three times");
    for mail in &mails {
        assert_eq!(verdict(&mail.bytes, &signer("rsa").record().1), Ok(()));
    }
    let said = daemon.said();
    let secret = String::from_utf8(pem("rsa")).unwrap();
    assert!(secret.lines().all(|line| !said.contains(line)), "{said}");
    assert_eq!(daemon.stop().await.0, 0);
}
