//! Time stamps of evidence packs, by a server of our own that signs with openssl, where that is installed.

use std::path::Path;
use std::process::Command;

use crate::home::Home;
use crate::server::{Asked, Reply, Server};

const TSA: &str = "[tsa]\ndefault_tsa = one\n[one]\nserial = serial\ndefault_policy = 1.3.6.1.4.1.99999.1\nsigner_digest = sha256\ndigests = sha256\naccuracy = secs:1\nordering = yes\ntsa_name = yes\n[ext]\nkeyUsage = critical,digitalSignature\nextendedKeyUsage = critical,timeStamping\n";

fn openssl(folder: &Path, args: &str) -> bool {
    let run = Command::new("openssl").args(args.split(' ')).current_dir(folder).output();
    run.is_ok_and(|output| output.status.success())
}

/// A home with a suspect, and beside it what a time-stamp server needs; `None` without openssl.
fn prepared(name: &str) -> Option<Home> {
    let home = Home::new(name);
    let folder = &home.folder;
    home.write("tsa.conf", TSA);
    home.write("serial", "41\n");
    let ready = openssl(
        folder,
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=Root -days 2",
    ) && openssl(
        folder,
        "req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=Clock",
    ) && openssl(
        folder,
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 2 -extfile tsa.conf -extensions ext",
    );
    if !ready {
        println!("skipped: openssl is not there, or cannot make certificates");
        return None;
    }
    Some(home)
}

/// Answers as a time-stamp server does.
fn stamped(folder: &Path, asked: &Asked) -> Reply {
    if asked.header("content-type") != Some("application/timestamp-query") {
        return Reply::status(415);
    }
    std::fs::write(folder.join("in.tsq"), &asked.body).unwrap();
    let done = openssl(
        folder,
        "ts -reply -config tsa.conf -queryfile in.tsq -signer tsa.pem -inkey tsa.key -out out.tsr",
    );
    assert!(done, "openssl signs");
    Reply::ok(std::fs::read(folder.join("out.tsr")).unwrap())
}

fn suspected(home: &Home, server: &str) {
    home.write("keywords/molivelle.toml", "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\n");
    home.write("vigie.toml", format!("[fetch]\nallow = [\"127.0.0.0/8\"]\npause = \"0s\"\n[evidence]\ntimestamp = \"{server}\"\n[[source]]\nnetwork = \"capture\"\nname = \"played\"\npath = \"capture.jsonl\"\n"));
    home.write("capture.jsonl", "{\"network\":\"x\",\"id\":\"1\",\"text\":\"Molivelle\",\"created_at\":\"2026-01-05T00:00:00Z\",\"author\":{\"id\":\"a\",\"handle\":\"molivelle_help\",\"display_name\":\"Molivelle Support\"}}\n");
    let (code, out, err) = home.run(&["watch", "--once"]);
    assert_eq!(code, 0, "{out}{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_stamped_and_the_stamp_is_checked() {
    let Some(home) = prepared("stamp") else { return };
    let folder = home.folder.clone();
    let server = Server::start(move |asked| stamped(&folder, asked)).await;
    suspected(&home, &server.url("/tsa"));
    let (code, out, err) = home.run(&["impostors", "evidence", "1", "--out", "e.zip"]);
    assert!(
        code == 0 && out.contains("time stamp 20") && out.contains("policy 1.3.6.1.4.1.99999.1"),
        "{out}{err}"
    );
    let (code, out, err) = home.run(&["impostors", "verify", "e.zip"]);
    assert!(
        code == 0 && out.contains("is whole") && out.contains("time stamp of this root: 20"),
        "{out}{err}"
    );
    // As --help says, and openssl agrees.
    let root = out.split("root ").nth(1).unwrap()[..64].to_owned();
    assert!(openssl(
        &home.folder,
        &format!("ts -verify -digest {root} -in out.tsr -CAfile ca.pem -untrusted tsa.pem")
    ));

    // The stamp of another pack, put in by somebody who can write zip files.
    let first = std::fs::read(home.folder.join("out.tsr")).unwrap();
    let (code, ..) = home.run(&["impostors", "evidence", "1", "--out", "f.zip"]);
    assert_eq!(code, 0);
    let second = std::fs::read(home.folder.join("out.tsr")).unwrap();
    let mut zip = std::fs::read(home.folder.join("f.zip")).unwrap();
    assert_eq!(first.len(), second.len(), "the same fields");
    let start = zip.windows(second.len()).position(|window| window == second).unwrap();
    zip[start..start + first.len()].copy_from_slice(&first);
    let sum = |bytes: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum().to_le_bytes()
    };
    while let Some(at) = zip.windows(4).position(|four| four == sum(&second)) {
        zip[at..at + 4].copy_from_slice(&sum(&first));
    }
    home.write("swapped.zip", zip);
    let (code, _, err) = home.run(&["impostors", "verify", "swapped.zip"]);
    assert!(code == 1 && err.contains("its time stamp does not hold"), "{code} {err}");
    // One byte anywhere in the answer.
    let whole = std::fs::read(home.folder.join("f.zip")).unwrap();
    for at in [start, start + 60, start + second.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        home.write("flipped.zip", flipped);
        let (code, _, err) = home.run(&["impostors", "verify", "flipped.zip"]);
        assert!(code == 1 && err.contains("timestamp.tsr"), "{code} {err}");
    }
    // Asked for offline, nobody is asked.
    let before = server.asked().len();
    assert_eq!(home.run(&["impostors", "evidence", "1", "--offline", "--out", "g.zip"]).0, 0);
    assert_eq!(server.asked().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_stamp_is_told_and_the_pack_is_written() {
    let home = Home::new("no-stamp");
    let server = Server::start(|asked| match asked.path.as_str() {
        "/broken" => Reply::ok("<html>no</html>"),
        _ => Reply::status(503),
    })
    .await;
    for (path, reason) in [("/broken", "the answer cannot be read"), ("/away", "503")] {
        suspected(&home, &server.url(path));
        let (code, out, err) = home.run(&["impostors", "evidence", "1", "--out", "e.zip"]);
        assert!(
            code == 0 && out.contains("root ") && err.contains("no time stamp: ") && err.contains(reason),
            "{out}{err}"
        );
        let (code, out, _) = home.run(&["impostors", "verify", "e.zip"]);
        assert!(code == 0 && !out.contains("time stamp"), "{out}");
    }
    let text = home.read("vigie.toml").replace(&server.url("/away"), "tsa.acme.example");
    home.write("vigie.toml", text);
    let (code, _, err) = home.run(&["impostors", "evidence", "1"]);
    assert!(code == 2 && err.contains("is no web address"), "{err}");
}
