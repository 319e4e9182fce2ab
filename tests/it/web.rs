//! The web door through HTTP, on the running program: the page, what is pushed, and who is kept out.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::home::{Daemon, Home, until};

mod page;
mod wishes;

/// A door on any free port, beside one small source.
const CONFIG: &str = "[web]\nlisten = \"127.0.0.1:0\"\nhosts = [\"vigie.acme.example\"]\n\
    [[source]]\nnetwork = \"capture\"\nname = \"old\"\npath = \"old.jsonl\"\n";

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// The program with its door open.
pub(crate) struct Open {
    pub(crate) home: Home,
    pub(crate) daemon: Daemon,
    address: String,
}

impl Open {
    pub(crate) async fn at(name: &str) -> Open {
        Open::with(name, |_| {}).await
    }

    async fn with(name: &str, prepare: impl FnOnce(&mut std::process::Command)) -> Open {
        Open::configured(name, CONFIG, prepare).await
    }

    async fn configured(name: &str, config: &str, prepare: impl FnOnce(&mut std::process::Command)) -> Open {
        let home = Home::configured(name, config);
        home.write(
            "old.jsonl",
            r#"{"network":"agora","id":"0","created_at":"2026-01-01","text":"Molivelle before"}"#,
        );
        let mut daemon = home.start_with(&["watch"], prepare);
        let said = daemon.says(&["page: http://", "source old: answers"]).await;
        let address =
            said.split("page: http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
        Open { home, daemon, address }
    }

    fn token(&self) -> String {
        self.home.read("vigie-data/ingest-token").trim().to_owned()
    }

    /// One exchange; `head` stands after the first line.
    fn ask(&self, line: &str, head: &[&str], body: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let head: String = head.iter().map(|line| format!("{line}\r\n")).collect();
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        stream
            .write_all(format!("{line} HTTP/1.1\r\nConnection: close\r\n{head}{length}\r\n").as_bytes())
            .unwrap();
        // An answer may come before all of it is sent.
        drop(stream.write_all(body));
        let mut bytes = Vec::new();
        // What was answered before the connection was cut counts.
        drop(stream.read_to_end(&mut bytes));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Reply { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    fn get(&self, path: &str, head: &[&str]) -> Reply {
        let host = format!("Host: {}", self.address);
        self.ask(&format!("GET {path}"), &[&[host.as_str()], head].concat(), b"")
    }

    pub(crate) fn push(&self, path: &str, head: &[&str], body: &Value) -> Reply {
        self.push_as(&self.token(), path, head, body.to_string().as_bytes())
    }

    fn push_as(&self, token: &str, path: &str, head: &[&str], body: &[u8]) -> Reply {
        let (host, token) = (format!("Host: {}", self.address), format!("Authorization: Bearer {token}"));
        self.ask(&format!("POST {path}"), &[&[host.as_str(), token.as_str()], head].concat(), body)
    }
}

pub(crate) fn post(id: &str, text: &str) -> Value {
    json!({"network": "agora", "id": id, "text": text, "created_at": "2026-03-01T10:00:00Z", "url": format!("https://agora.example/{id}"),
        "author": {"id": format!("by-{id}"), "handle": format!("@writer{id}"), "display_name": "Ana <b>Roux</b>"}})
}

pub(crate) fn figures(reply: &Reply) -> [u64; 4] {
    let told = reply.json();
    ["posts", "repeats", "mentions", "rejected"]
        .map(|key| told[key].as_u64().unwrap_or_else(|| panic!("{key} in {told}")))
}

#[tokio::test]
async fn what_is_pushed_is_stored_before_it_is_answered() {
    let open = Open::at("web-push").await;
    let reply = open.push("/ingest", &[], &post("1", "Molivelle pushed"));
    assert_eq!((reply.status, figures(&reply)), (200, [1, 0, 1, 0]), "{}", reply.body);
    let batch = json!([post("1", "Molivelle pushed"), post("2", "nothing"), {"id": "3"}, post("4", "Molivelle too"), 5, {"network": "agora", "text": "Molivelle without id", "created_at": "yesterday"}]);
    let reply = open.push("/ingest/forum.one", &[], &batch);
    assert_eq!((reply.status, figures(&reply)), (200, [3, 1, 1, 3]), "{}", reply.body);
    insta::assert_snapshot!(reply.json()["errors"].to_string());
    // In an object, as exports have it, without an id, and taken away again.
    let reply = open.push(
        "/ingest",
        &[],
        &json!({"posts": [{"network": "agora", "text": "Molivelle nameless", "created_at": "2026-03-02"}]}),
    );
    assert_eq!(figures(&reply), [1, 0, 1, 0], "{}", reply.body);
    let reply = open.push(
        "/ingest",
        &[],
        &json!([{"delete": {"network": "agora", "id": "4"}}, {"edit": post("2", "Molivelle now")}]),
    );
    assert_eq!(figures(&reply), [1, 0, 1, 0], "{}", reply.body);
    let Open { home, daemon, .. } = open;
    daemon.kill();
    let kept = "SELECT group_concat(native_id || '@' || name, ' ') FROM
        (SELECT native_id, name FROM post JOIN source ON source.id = source WHERE length(native_id) < 9 ORDER BY native_id)";
    let kept: String = home.database().query_row(kept, [], |row| row.get(0)).unwrap();
    assert_eq!(kept, "0@old 1@ingest 2@ingest");
    assert_eq!(home.number("SELECT count(*) FROM tombstone WHERE native_id = '4'"), 1);
}

#[tokio::test]
async fn a_request_made_again_changes_nothing() {
    let open = Open::at("web-again").await;
    let key = &["Idempotency-Key: abc-1"][..];
    let first = open.push("/ingest", key, &post("1", "Molivelle"));
    let again = open.push("/ingest", key, &post("1", "Molivelle"));
    assert_eq!((figures(&first), &first.json()["before"]), ([1, 0, 1, 0], &false.into()));
    assert_eq!((figures(&again), &again.json()["before"]), ([1, 0, 1, 0], &true.into()));
    assert_eq!(open.push("/ingest", key, &post("2", "Molivelle")).status, 422);
    assert_eq!(open.push("/ingest", &["Idempotency-Key: "], &post("2", "Molivelle")).status, 400);
    // Without a key the post itself is known again.
    assert_eq!(figures(&open.push("/ingest", &[], &post("1", "Molivelle"))), [1, 1, 0, 0]);
    assert_eq!(
        open.home
            .number("SELECT count(*) FROM post WHERE source = (SELECT id FROM source WHERE name = 'ingest')"),
        1
    );
    // The answer outlives a restart.
    let Open { home, daemon, .. } = open;
    daemon.kill();
    assert_eq!(home.number("SELECT count(*) FROM receipt"), 1);
}

#[tokio::test]
async fn nothing_is_taken_without_the_token_or_in_another_form() {
    let open = Open::at("web-refused").await;
    let file = open.home.folder.join("vigie-data/ingest-token");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let good = post("1", "Molivelle").to_string();
    let token = open.token();
    assert!(token.len() >= 64);
    let basic = format!(
        "Authorization: Basic {}",
        base64::engine::general_purpose::STANDARD.encode(format!("x:{token}"))
    );
    let host = format!("Host: {}", open.address);
    let refused = open.ask("POST /ingest", &[&host], good.as_bytes());
    assert_eq!(refused.status, 401);
    assert!(
        refused.head.contains("www-authenticate: bearer") && refused.body.contains("ingest-token"),
        "{}",
        refused.head
    );
    // What a browser may send by itself never pushes.
    assert_eq!(open.ask("POST /ingest", &[&host, &basic], good.as_bytes()).status, 401);
    for wrong in ["", "x", &token[1..], &format!("{token}0")] {
        assert_eq!(open.push_as(wrong, "/ingest", &[], good.as_bytes()).status, 401, "{wrong}");
    }
    for (body, status) in [
        (&b""[..], 400),
        (b"posts", 400),
        (b"{\"network\":", 400),
        (b"[1, 2", 400),
        (b"\xff\xfe", 400),
        (b"[]", 200),
        (b"[{}]", 422),
        (b"{\"network\":\"agora\",\"id\":\"1\"}", 422),
        (b"{\"network\":\"agora\",\"id\":\"1\",\"text\":\"a\",\"created_at\":\"soon\"}", 422),
    ] {
        let reply = open.push_as(&token, "/ingest", &[], body);
        assert_eq!(reply.status, status, "{:?}: {}", String::from_utf8_lossy(body), reply.body);
        assert!(reply.json().is_object());
    }
    let large = vec![b' '; (8 << 20) + 1];
    assert_eq!(open.push_as(&token, "/ingest", &[], &large).status, 413);
    let many = json!(vec![post("1", "Molivelle"); 5_001]);
    assert_eq!(open.push("/ingest", &[], &many).status, 400);
    assert_eq!(open.push("/ingest/old", &[], &post("1", "Molivelle")).status, 409);
    assert_eq!(open.push("/ingest/a%2fb", &[], &post("1", "Molivelle")).status, 400);
    assert_eq!(open.push("/nothing", &[], &post("1", "Molivelle")).status, 404);
    assert_eq!((open.get("/ingest", &[]).status, open.get("/nothing", &[]).status), (405, 404));
    assert_eq!(open.home.number("SELECT count(*) FROM post"), 1);
    assert!(!open.daemon.said().contains(&token));
}

#[tokio::test]
async fn only_this_machines_names_lead_in() {
    let open = Open::at("web-host").await;
    let port = open.address.rsplit(':').next().unwrap();
    for (hosts, status) in [
        (&[format!("Host: {}", open.address)][..], 200),
        (&[format!("Host: localhost:{port}")], 200),
        (&["Host: LOCALHOST".to_owned()], 200),
        (&[format!("Host: [::1]:{port}")], 200),
        (&["Host: vigie.acme.example".to_owned()], 200),
        (&[format!("Host: evil.example:{port}")], 421),
        (&["Host: 127.0.0.1.evil.example".to_owned()], 421),
        (&["Host: 192.168.1.1".to_owned()], 421),
        (&["Host: localhost".to_owned(), "Host: evil.example".to_owned()], 400),
    ] {
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        for path in ["/", "/healthz", "/style.css"] {
            let found = open.ask(&format!("GET {path}"), &hosts, b"").status;
            // Two names are refused by whoever sees them first.
            assert!(found == status || status == 400 && found == 421, "{hosts:?} {path}: {found}");
        }
    }
}

#[test]
fn other_machines_are_let_in_by_a_token_only() {
    let home = Home::configured("web-open", "[web]\nlisten = \"0.0.0.0:0\"\n");
    for args in [&["watch"][..], &["check", "--offline"]] {
        let (code, out, err) = home.run(args);
        assert!(matches!(code, 1 | 2), "{args:?}: {out}{err}");
        let said = format!("{out}{err}");
        assert!(said.contains("0.0.0.0:0") && said.contains("set VIGIE_WEB_TOKEN"), "{args:?}: {said}");
    }
    assert!(!home.folder.join("vigie-data/ingest-token").exists());
}

#[tokio::test]
async fn a_port_in_use_is_a_warning() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let config = CONFIG.replace("127.0.0.1:0", &address.to_string());
    let home = Home::configured("web-busy", &config);
    home.write(
        "old.jsonl",
        r#"{"network":"agora","id":"0","created_at":"2026-01-01","text":"Molivelle before"}"#,
    );
    let mut watch = home.start(&["watch"]);
    let said = watch.says(&["warning: no page and no /ingest", "source old: answers"]).await;
    assert!(said.contains(&format!("{address} is in use by another program")), "{said}");
    assert_eq!(watch.stop().await.0, 0);
    // A single run opens none at all.
    let (code, said, errors) = home.run(&["watch", "--once"]);
    assert_eq!(code, 0, "{said}{errors}");
    assert!(!said.contains("page") && !said.contains("warning"), "{said}");
}

#[tokio::test]
async fn connections_that_say_nothing_hold_nothing_up() {
    let open = Open::at("web-idle").await;
    let mut idle: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(&open.address).unwrap()).collect();
    for stream in &mut idle {
        stream.write_all(b"POST /ingest HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    }
    assert_eq!(open.push("/ingest", &[], &post("1", "Molivelle")).status, 200);
    let Open { daemon, home, .. } = open;
    let (code, took) = daemon.stop().await;
    assert!(code == 0 && took < Duration::from_secs(8), "{code}, {took:?}");
    until("the lock to be free", || vigie::store::holder(&home.folder.join("vigie-data")).is_none()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_stays_full_is_said_and_loses_nothing() {
    let open = Open::at("web-full").await;
    let token = open.token();
    // nothing can be stored: one request is at the desk, the others wait
    let holder = open.home.database();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (told, answers) = std::sync::mpsc::channel();
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        for number in 0..22 {
            let (open, token, told) = (&open, &token, told.clone());
            scope.spawn(move || {
                let text = format!("Molivelle in a crowd {number}");
                let body = post(&format!("c{number}"), &text).to_string();
                let reply = open.push_as(token, "/ingest", &[], body.as_bytes());
                told.send((number, reply)).unwrap();
            });
        }
        drop(told);
        let mut all = Vec::new();
        let mut refused = 0;
        while let Ok((number, reply)) = answers.recv_timeout(Duration::from_secs(60)) {
            if reply.status == 503 {
                refused += 1;
                assert!(reply.head.contains("retry-after: 10"), "{}", reply.head);
                assert!(reply.body.contains("nothing of this was"), "{}", reply.body);
                if refused == 1 {
                    // the disk is free again; whoever waits in the queue is stored
                    holder.execute_batch("COMMIT").unwrap();
                }
                let body = post(&format!("c{number}"), &format!("Molivelle in a crowd {number}")).to_string();
                until_stored(&open, &token, &body);
            } else {
                assert_eq!(reply.status, 200, "{}", reply.body);
            }
            all.push(reply);
        }
        assert!(refused >= 1, "nobody was told");
        all
    });
    assert_eq!(replies.len(), 22);
    let crowd = "SELECT count(*) FROM post WHERE native_id LIKE 'c%'";
    assert_eq!(open.home.number(crowd), 22);
    let mentions =
        "SELECT count(*) FROM mention JOIN post ON post.id = mention.post WHERE native_id LIKE 'c%'";
    assert_eq!(open.home.number(mentions), 22, "each once");
}

/// Sends the same again as it was told to, until it is stored.
fn until_stored(open: &Open, token: &str, body: &str) {
    for _ in 0..30 {
        if open.push_as(token, "/ingest", &[], body.as_bytes()).status == 200 {
            return;
        }
    }
    panic!("never stored");
}
