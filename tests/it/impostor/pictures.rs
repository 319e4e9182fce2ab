//! Pictures of suspects and of brands: looked at by the daemon, once each, and kept in evidence packs; against a small
//! server that plays a network and its pictures.

use std::io::{Cursor, Read as _};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops};

use crate::home::{Home, until};
use crate::server::{Asked, Reply, Server};

/// The brand's mark: a disc and a bar on its own ground.
fn mark() -> RgbImage {
    RgbImage::from_fn(300, 300, |x, y| {
        let (dx, dy) = (f64::from(x) - 130.0, f64::from(y) - 120.0);
        let bar = (60..270).contains(&x) && (210..250).contains(&y);
        if dx.hypot(dy) < 70.0 || bar { Rgb([250, 240, 10]) } else { Rgb([20, 30, 120]) }
    })
}

/// A person in front of a wall, perhaps.
fn other() -> RgbImage {
    RgbImage::from_fn(300, 300, |x, y| {
        let (dx, dy) = (f64::from(x) - 220.0, f64::from(y) - 220.0);
        let stripe = (x / 50 + y / 90) % 2 == 0;
        if dx.hypot(dy) < 90.0 {
            Rgb([5, 5, 5])
        } else if stripe {
            Rgb([230, 230, 230])
        } else {
            Rgb([120, 60, 60])
        }
    })
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture.clone()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn account(id: u32, name: &str, shown: &str, avatar: &str) -> String {
    format!(
        r#"{{"id":"{id}","username":"{name}","acct":"{name}","display_name":"{shown}","note":"<p>Hello</p>","url":"https://social.example/@{name}","uri":"https://social.example/users/{name}","created_at":"2020-01-01T00:00:00Z","followers_count":300,"avatar":"{avatar}"}}"#
    )
}

/// Those who write about the brand, and their pictures.
const WRITERS: [(u32, &str, &str); 6] = [
    (7, "m0livelle", "/copied.jpg"),
    (8, "molivelle9", "/other.png"),
    (9, "molivelle_x", "/drawing.svg"),
    (10, "molivelle22", "/gone.png"),
    (11, "molivelle_33", "/huge.png"),
    (12, "molivelle44", "/missing.png"),
];

fn network(asked: &Asked) -> Reply {
    let host = asked.header("host").unwrap_or_default();
    let json = |body: String| Reply::ok(body).header("content-type", "application/json");
    let path = asked.path.split('?').next().unwrap_or_default();
    match path {
        "/own.png" => Reply::ok(encoded(&mark(), ImageFormat::Png)),
        "/copied.jpg" => {
            let small = imageops::resize(&mark(), 96, 96, imageops::FilterType::Triangle);
            Reply::ok(encoded(&small, ImageFormat::Jpeg))
        }
        "/other.png" => Reply::ok(encoded(&other(), ImageFormat::Png)),
        "/drawing.svg" => Reply::ok("<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>"),
        "/huge.png" => Reply::ok(vec![0x89; 3 << 20]),
        "/gone.png" => Reply::status(404),
        _ if path.ends_with("/accounts/lookup") && asked.path.contains("m0livelle") => {
            json(account(7, "m0livelle", "Molivelle", &format!("http://{host}/copied.jpg")))
        }
        _ if path.ends_with("/accounts/lookup") => {
            json(account(1, "molivelle", "Molivelle", &format!("http://{host}/own.png")))
        }
        _ if path.contains("/timelines/tag/")
            && !asked.path.contains("since_id")
            && !asked.path.contains("max_id") =>
        {
            let written = WRITERS.iter().map(|(id, name, avatar)| {
                let account = account(*id, name, "Molivelle", &format!("http://{host}{avatar}"));
                format!(
                    r#"{{"id":"11500000000000{id:04}","created_at":"2026-03-02T09:15:00.000Z","visibility":"public","content":"<p>Molivelle {id}</p>","uri":"https://social.example/{id}","url":"https://social.example/@{name}/{id}","account":{account}}}"#
                )
            });
            json(format!("[{}]", written.collect::<Vec<_>>().join(",")))
        }
        _ if path.contains("/timelines/") => json("[]".to_owned()),
        _ => Reply::status(404),
    }
}

fn configured(server: &Server) -> Home {
    let config = format!(
        "[fetch]\nallow = [\"127.0.0.0/8\"]\npause = \"0s\"\n[web]\nenabled = false\n[[source]]\nnetwork = \"mastodon\"\nname = \"fedi\"\nbase_url = \"{}\"\ntags = [\"molivelle\"]\n",
        server.url("")
    );
    let home = Home::configured("pictures", &config);
    let official = format!("official = [\"mastodon:@molivelle@{}\"]\n", server.address);
    home.write(
        "keywords/molivelle.toml",
        "brand = \"Molivelle\"\nours = true\nkeywords = [\"Molivelle\"]\n".to_owned() + &official,
    );
    home
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_picture_is_found_and_no_picture_is_asked_for_twice() {
    let server = Server::start(network).await;
    let home = configured(&server);
    let daemon = home.start(&["watch"]);
    until("suspects", || home.number("SELECT count(*) FROM suspicion") >= 6).await;
    let signals = || home.number("SELECT count(*) FROM suspicion WHERE signals LIKE '%picture_copied%'");
    assert_eq!(signals(), 0, "nothing was looked at yet");
    until("the brand's account", || home.number("SELECT count(*) FROM account_day") == 1).await;
    until("the brand's picture", || home.number("SELECT count(*) FROM picture") >= 1).await;
    until("a copied picture", || signals() == 1).await;
    until("every picture", || home.number("SELECT count(*) FROM picture") == 7).await;
    daemon.stop().await;
    assert_eq!(signals(), 1);
    assert_eq!(
        home.number(
            "SELECT count(*) FROM suspicion JOIN author ON author.id = author WHERE signals LIKE '%picture_copied%' AND handle LIKE 'm0livelle%'"
        ),
        1
    );
    let notes = |like: &str| {
        home.number(&format!("SELECT count(*) FROM picture WHERE note LIKE '%{like}%' AND again IS NULL"))
    };
    for note in ["SVG", "404", "bytes", "who have none"] {
        assert_eq!(notes(note), 1, "{note}");
    }
    let paths: Vec<String> = server.asked().into_iter().map(|asked| asked.path).collect();
    for (path, times) in [
        ("/own.png", 1),
        ("/copied.jpg", 1),
        ("/other.png", 1),
        ("/drawing.svg", 1),
        ("/huge.png", 1),
        ("/gone.png", 1),
        ("/missing.png", 0),
    ] {
        assert_eq!(paths.iter().filter(|asked| *asked == path).count(), times, "{path}");
    }
    let (_, list, _) = home.run(&["impostors", "--level", "watch"]);
    assert!(list.contains("the picture is a copy of the brand's ("), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_run_looks_at_pictures_too_and_the_next_asks_for_none_again() {
    let server = Server::start(network).await;
    let home = configured(&server);
    let (code, out, err) = home.run(&["watch", "--once"]);
    assert_eq!(code, 0, "{out}{err}");
    let copied = "SELECT count(*) FROM suspicion WHERE signals LIKE '%picture_copied%'";
    assert_eq!(home.number(copied), 1, "{out}{err}");
    assert_eq!(home.number("SELECT count(*) FROM picture"), 7);
    // What the picture says is in the mail of the same run.
    let outbox = home.folder.join("vigie-data/outbox");
    let mails: String = std::fs::read_dir(&outbox)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "html"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    assert!(mails.contains("The picture is a copy of the brand"), "{mails}");
    let looked = || {
        let path = |asked: Asked| asked.path;
        let is_look = |path: &String| path.contains("/accounts/lookup") || !path.starts_with("/api/");
        server.asked().into_iter().map(path).filter(is_look).collect::<Vec<_>>()
    };
    let before = looked();
    assert!(before.iter().filter(|path| *path == "/own.png").count() == 1, "{before:?}");
    let (code, out, err) = home.run(&["watch", "--once"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(looked(), before, "asked again within a day");
    // A day later the account is looked up once more; its picture is the same.
    home.database()
        .execute("UPDATE meta SET value = value - 86400001 WHERE key LIKE 'looked up|%'", [])
        .unwrap();
    home.run(&["watch", "--once"]);
    assert_eq!(looked().len(), before.len() + 1);
    assert_eq!(home.number("SELECT count(*) FROM account_day"), 1);
}

/// What stands in a file of a zip file.
fn content(home: &Home, pack: &str, name: &str) -> Option<Vec<u8>> {
    let bytes = std::fs::read(home.folder.join(pack)).unwrap();
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut file = zip.by_name(name).ok()?;
    let mut content = Vec::new();
    file.read_to_end(&mut content).unwrap();
    Some(content)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evidence_pack_holds_the_picture_as_it_came_or_says_why_not() {
    let server = Server::start(network).await;
    let home = configured(&server);
    let (code, out, err) = home.run(&["watch", "--once"]);
    assert_eq!(code, 0, "{out}{err}");
    let id = |name: &str| {
        let sql = format!(
            "SELECT suspicion.id FROM suspicion JOIN author ON author.id = author WHERE handle LIKE '{name}%'"
        );
        home.number(&sql).to_string()
    };
    let (code, out, err) = home.run(&["impostors", "evidence", &id("m0livelle"), "--out", "e.zip"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("captured picture from 127.0.0.1/copied.jpg"), "{out}");
    let small = imageops::resize(&mark(), 96, 96, imageops::FilterType::Triangle);
    assert_eq!(content(&home, "e.zip", "captures/picture.jpg").unwrap(), encoded(&small, ImageFormat::Jpeg));
    let conditions = String::from_utf8(content(&home, "e.zip", "conditions.json").unwrap()).unwrap();
    assert!(conditions.contains("captures/picture.jpg"), "{conditions}");
    let list = String::from_utf8(content(&home, "e.zip", "manifest.json").unwrap()).unwrap();
    assert!(list.contains("captures/picture.jpg"), "{list}");
    assert!(home.run(&["impostors", "verify", "e.zip"]).1.contains("is whole"));
    // One byte of the picture.
    let mut bytes = std::fs::read(home.folder.join("e.zip")).unwrap();
    let start = bytes.windows(3).position(|three| three == [0xff, 0xd8, 0xff]).unwrap();
    bytes[start + 40] ^= 1;
    home.write("broken.zip", bytes);
    let (code, _, err) = home.run(&["impostors", "verify", "broken.zip"]);
    assert!(code == 1 && err.contains("captures/picture.jpg"), "{code} {err}");
}
