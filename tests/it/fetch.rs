//! Fetching: what a hostile or tired host can do to Vigie, and what Vigie does to hosts.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::io::Write as _;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use vigie::fetch::{Advice, Fault, Fetch, FetchConfig, FetchError, MOVED};
use vigie::network::{Answer, Method, Request};
use vigie::time::Time;

use crate::server::{Reply, Server};

/// What time it is.
pub(crate) fn clock() -> Time {
    Time(jiff::Timestamp::now().as_millisecond())
}

/// Limits for tests: loopback is allowed and hosts are not spared.
pub(crate) fn config() -> FetchConfig {
    FetchConfig {
        allow: vec!["127.0.0.0/8".parse().unwrap()],
        pause: Duration::ZERO,
        body_cap: 1_000_000,
        ..FetchConfig::default()
    }
}

/// The same for hosts that are meant to be too slow.
fn impatient() -> FetchConfig {
    let (read_timeout, total_timeout) = (Duration::from_millis(500), Duration::from_millis(1_200));
    FetchConfig { read_timeout, total_timeout, ..config() }
}

async fn fetch_with(config: FetchConfig, url: &str) -> Result<Answer, FetchError> {
    Fetch::new(config, clock).unwrap().fetch(&Request::get(url)).await
}

async fn fault_of(reply: Reply) -> Fault {
    let server = Server::start(move |_| reply.clone()).await;
    fetch_with(impatient(), &server.url("/")).await.unwrap_err().fault
}

fn gzip_of_zeros(size: usize) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&vec![0; size]).unwrap();
    packer.finish().unwrap()
}

#[tokio::test]
async fn an_answer_comes_whole_with_its_headers_in_lower_case() {
    let body = gzip_of_zeros(5_000);
    let server = Server::start(move |_| {
        Reply::ok(body.clone()).header("Content-Encoding", "gzip").header("ETag", "\"1\"")
    })
    .await;
    let mut config = config();
    config.contact = Some("ops@lookout.example".to_owned());
    let request = Request::get(server.url("/feed?a=b")).header("x-api-key", "canary");
    let answer = Fetch::new(config, clock).unwrap().fetch(&request).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 5_000));
    assert_eq!(answer.header("etag"), Some("\"1\""));
    assert_eq!((answer.url(), &answer.request), (server.url("/feed?a=b").as_str(), &request));
    let asked = server.asked().remove(0);
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/feed?a=b"));
    assert_eq!(asked.header("x-api-key"), Some("canary"));
    let agent = asked.header("user-agent").unwrap();
    assert!(agent.starts_with("Vigie/") && agent.ends_with(" (+ops@lookout.example)"), "{agent}");
}

#[tokio::test]
async fn a_post_carries_its_body_and_not_modified_is_an_answer() {
    let server = Server::start(|_| Reply::status(304)).await;
    let request = Request {
        method: Method::Post,
        url: server.url("/"),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: Some(b"{}".to_vec()),
    };
    let answer = Fetch::new(config(), clock).unwrap().fetch(&request).await.unwrap();
    assert_eq!(answer.status, 304);
    assert_eq!((server.asked()[0].method.as_str(), &*server.asked()[0].body), ("POST", &b"{}"[..]));
}

#[tokio::test]
async fn bombs_and_endless_bodies_stop_at_the_cap() {
    let cap = Fault::TooLarge { cap: 1_000_000 };
    let zeros = vec![0; 8_000_000];
    let zstd = zstd::encode_all(&*zeros, 1).unwrap();
    assert!(zstd.len() < 100_000);
    assert_eq!(fault_of(Reply::ok(zstd).header("content-encoding", "zstd")).await, cap);
    let gzip = gzip_of_zeros(zeros.len());
    assert!(gzip.len() < 300_000);
    assert_eq!(fault_of(Reply::ok(gzip).header("content-encoding", "gzip")).await, cap);

    let server = Server::start(|_| Reply::ok(vec![b'x'; 65_536]).endless()).await;
    let error = fetch_with(config(), &server.url("/")).await.unwrap_err();
    assert_eq!(error.fault, cap);
    // what both kernels hold in their buffers, beside the cap
    assert!(server.bytes_sent() < 12_000_000, "{}", server.bytes_sent());
}

#[tokio::test]
async fn a_drip_is_ended_by_the_total_deadline() {
    let every = Duration::from_millis(50); // never silent for as long as the read timeout
    let started = Instant::now();
    let expected = Fault::Timeout { what: "no whole answer", after: impatient().total_timeout };
    assert_eq!(fault_of(Reply::ok("x".repeat(1_000)).drip(every)).await, expected);
    // the head has to be whole within the read timeout
    let fault = fault_of(Reply::ok("x").drip_head(every)).await;
    assert!(matches!(fault, Fault::Timeout { .. }), "{fault:?}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn silence_cuts_and_broken_answers_are_told_apart() {
    let silent = Fault::Timeout { what: "nothing more arrived", after: impatient().read_timeout };
    assert_eq!(fault_of(Reply::hang()).await, silent);
    assert_eq!(fault_of(Reply::ok("hello").drip(Duration::from_secs(1))).await, silent);
    for reply in [
        Reply::reset(),
        Reply::ok("hello").cut(2),
        Reply::ok("hello").header("content-length", "900"),
        Reply::ok("no gzip").header("content-encoding", "gzip"),
        (0..200).fold(Reply::ok("x"), |reply, n| reply.header(&format!("x-{n}"), &"v".repeat(8_000))),
    ] {
        let fault = fault_of(reply).await;
        assert!(matches!(fault, Fault::Cut(_)), "{fault:?}");
    }
    let plain = Server::start(|_| Reply::ok("no TLS")).await.url("/").replace("http", "https");
    let fault = fetch_with(config(), &plain).await.unwrap_err().fault;
    assert!(matches!(fault, Fault::Connect(_)), "{fault:?}");
    let closed = { Server::start(|_| Reply::status(200)).await.url("/") };
    let fault = fetch_with(config(), &closed).await.unwrap_err().fault;
    assert!(matches!(fault, Fault::Connect(_)), "{fault:?}");
}

#[tokio::test]
async fn each_status_has_its_advice() {
    for (status, fault, advice) in [
        (400, Fault::Unexpected(400), Advice::Retry),
        (401, Fault::Unauthorised(401), Advice::AskHuman),
        (403, Fault::Unauthorised(403), Advice::AskHuman),
        (404, Fault::NotFound, Advice::Retry),
        (410, Fault::Gone, Advice::AskHuman),
        (429, Fault::RateLimited { status: 429, retry_after: None }, Advice::Retry),
        (500, Fault::Server(500), Advice::Retry),
        (503, Fault::Server(503), Advice::Retry),
    ] {
        let server = Server::start(move |_| Reply::status(status)).await;
        let error = fetch_with(config(), &server.url("/")).await.unwrap_err();
        assert_eq!((error.advice(), error.fault), (advice, fault), "{status}");
    }
}

#[tokio::test]
async fn a_host_that_asks_for_a_pause_gets_it_from_everybody() {
    let date = |ahead: i64| {
        let then = std::time::UNIX_EPOCH + Duration::from_millis(clock().plus(ahead).0.unsigned_abs());
        httpdate::fmt_http_date(then)
    };
    let soon = clock().plus(100_000);
    for (case, reply) in [
        ("seconds", Reply::status(429).header("retry-after", "100")),
        ("date", Reply::status(429).header("Retry-After", &date(100_000))),
        ("503", Reply::status(503).header("retry-after", "100")),
        ("403", Reply::status(403).header("retry-after", "100")),
        ("reset by epoch", {
            let reset = (soon.0 / 1000).to_string();
            Reply::status(429).header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", &reset)
        }),
        ("reset by date", {
            let reset = soon.to_string();
            Reply::status(403).header("X-RateLimit-Remaining", "0").header("X-RateLimit-Reset", &reset)
        }),
    ] {
        let server = Server::start(move |_| reply.clone()).await;
        let fetch = Fetch::new(config(), clock).unwrap();
        let error = fetch.fetch(&Request::get(server.url("/a"))).await.unwrap_err();
        let Advice::RetryAfter(pause) = error.advice() else { panic!("{case}: {error:?}") };
        assert!((95..=101).contains(&pause.as_secs()), "{case}: {pause:?}");
        let error = fetch.fetch(&Request::get(server.url("/b"))).await.unwrap_err();
        assert!(matches!(error.fault, Fault::RateLimited { status: 0, .. }), "{case}: {error:?}");
        assert_eq!(server.asked().len(), 1, "{case}");
    }
}

#[tokio::test]
async fn the_last_answer_of_a_budget_is_kept_and_the_next_request_waits() {
    let server =
        Server::start(|_| Reply::ok("x").header("ratelimit-remaining", "0").header("ratelimit-reset", "1"))
            .await;
    let fetch = Fetch::new(config(), clock).unwrap();
    for _ in 0..2 {
        assert_eq!(fetch.fetch(&Request::get(server.url("/"))).await.unwrap().status, 200);
    }
    let asked = server.asked();
    assert!(asked[1].at - asked[0].at > Duration::from_millis(950));
}

#[tokio::test]
async fn one_host_is_asked_at_its_pace_by_few_at_once() {
    let server = Server::start(|_| Reply::ok("x").after(Duration::from_millis(5))).await;
    let pause = Duration::from_millis(20);
    let fetch = std::sync::Arc::new(Fetch::new(FetchConfig { pause, ..config() }, clock).unwrap());
    let mut tasks = JoinSet::new();
    for n in 0..50 {
        let (fetch, url) = (std::sync::Arc::clone(&fetch), server.url(&format!("/{n}")));
        tasks.spawn(async move { fetch.fetch(&Request::get(url)).await.unwrap().status });
    }
    assert!(tasks.join_all().await.iter().all(|status| *status == 200));
    let asked = server.asked();
    assert_eq!(asked.len(), 50);
    assert!(server.most_in_flight() <= 3, "{}", server.most_in_flight());
    let took = asked[49].at - asked[0].at;
    assert!(took >= pause * 47, "{took:?}");
}

#[tokio::test]
async fn one_slow_answer_does_not_hold_up_the_others_of_its_host() {
    let slow = |asked: &crate::server::Asked| {
        let wait = if asked.path.starts_with("/slow") { 5_000 } else { 1 };
        Reply::ok("x").after(Duration::from_millis(wait))
    };
    let server = Server::start(slow).await;
    let fetch = std::sync::Arc::new(Fetch::new(config(), clock).unwrap());
    let mut waiting = JoinSet::new();
    let (slowly, url) = (std::sync::Arc::clone(&fetch), server.url("/slow"));
    waiting.spawn(async move { slowly.fetch(&Request::get(url)).await.map(|answer| answer.status) });
    let start = std::time::Instant::now();
    for n in 0..5 {
        assert_eq!(fetch.fetch(&Request::get(server.url(&format!("/{n}")))).await.unwrap().status, 200);
    }
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_request_that_is_given_up_does_not_block_its_host() {
    let server = Server::script(vec![Reply::hang(), Reply::ok("x")]).await;
    let fetch = Fetch::new(config(), clock).unwrap();
    let request = Request::get(server.url("/"));
    tokio::time::timeout(Duration::from_millis(100), fetch.fetch(&request)).await.unwrap_err();
    assert_eq!(fetch.fetch(&request).await.unwrap().status, 200);
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_written() {
    let strict = Fetch::new(FetchConfig { allow: Vec::new(), ..config() }, clock).unwrap();
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "0x7f.1",
        "0.0.0.0",
        "0",
        "10.0.0.8",
        "100.64.0.1",
        "169.254.169.254",
        "192.168.0.1",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::169.254.169.254]",
        "[64:ff9b:1::808:808]",
        "[2002:7f00:1::]",
        "[fc00::1]",
        "[fe80::1]",
        "１２７.0.0.1",
    ] {
        let error = strict.fetch(&Request::get(format!("http://{host}:9/"))).await.unwrap_err();
        assert!(matches!(error.fault, Fault::Refused { literal: true, .. }), "{host}: {error:?}");
        assert_eq!(error.advice(), Advice::AskHuman);
        let error = strict.open_socket(&Request::get(format!("ws://{host}:9/"))).await.unwrap_err();
        assert!(matches!(error.fault, Fault::Refused { literal: true, .. }), "{host}: {error:?}");
        let error = strict.connect(host, 9).await.unwrap_err();
        assert!(matches!(error.fault, Fault::Refused { literal: true, .. }), "{host}: {error:?}");
    }
}

#[tokio::test]
async fn a_name_is_judged_by_what_it_leads_to() {
    let server = Server::start(|_| Reply::ok("home")).await;
    let url = format!("http://localhost:{}/", server.address.port());
    let strict = Fetch::new(FetchConfig { allow: Vec::new(), ..config() }, clock).unwrap();
    for error in [
        strict.fetch(&Request::get(&url)).await.unwrap_err(),
        strict.connect("localhost", server.address.port()).await.unwrap_err(),
        strict.open_socket(&Request::get(url.replace("http", "ws"))).await.unwrap_err(),
    ] {
        assert!(matches!(error.fault, Fault::Refused { literal: false, .. }), "{error:?}");
        assert_eq!(error.advice(), Advice::Retry);
    }
    assert_eq!(server.asked().len(), 0);

    let open = Fetch::new(config(), clock).unwrap();
    assert_eq!(open.fetch(&Request::get(&url)).await.unwrap().body, b"home");
    assert!(open.connect("localhost", server.address.port()).await.is_ok());
}

#[tokio::test]
async fn redirects_are_checked_one_by_one() {
    let refused = |fault: &Fault| matches!(fault, Fault::Refused { literal: true, .. });
    for (location, expected) in [
        ("http://10.0.0.1/", refused as fn(&Fault) -> bool),
        ("http://[::1]/", refused),
        ("http://169.254.169.254/latest/meta-data/", refused),
        ("http://0xa000001/", refused),
        ("//192.168.1.1/", refused),
        ("file:///etc/passwd", |fault| matches!(fault, Fault::BadRedirect(_))),
        ("ftp://a.example/", |fault| matches!(fault, Fault::BadRedirect(_))),
        ("data:text/plain,x", |fault| matches!(fault, Fault::BadRedirect(_))),
        ("http://", |fault| matches!(fault, Fault::BadRedirect(_))),
        ("/again", |fault| matches!(fault, Fault::TooManyRedirects(5))),
    ] {
        let fault = fault_of(Reply::redirect(302, location)).await;
        assert!(expected(&fault), "{location}: {fault:?}");
    }
    assert!(matches!(fault_of(Reply::status(301)).await, Fault::BadRedirect(_)));
    assert_eq!(fault_of(Reply::status(300)).await, Fault::Unexpected(300));
}

#[tokio::test]
async fn five_redirects_are_followed_and_permanent_ones_are_told() {
    for (last, moved) in [(301, Some("permanently")), (302, None)] {
        let server = Server::start(move |asked| match asked.path.trim_start_matches('/').parse::<u16>() {
            Ok(1) => Reply::redirect(last, "/0"),
            Ok(0) => Reply::ok("there").header(MOVED, "forged"),
            Ok(n) => Reply::redirect(308, &format!("/{}", n - 1)),
            Err(_) => Reply::status(404),
        })
        .await;
        let answer = fetch_with(config(), &server.url("/5")).await.unwrap();
        assert_eq!((answer.header(MOVED), answer.url()), (moved, server.url("/0").as_str()));
        assert_eq!(answer.request.url, server.url("/5"));
        assert_eq!(server.asked().len(), 6);
        let direct = fetch_with(config(), &server.url("/0")).await.unwrap();
        assert_eq!(direct.header(MOVED), None);
    }
}

#[tokio::test]
async fn credentials_do_not_follow_to_another_host() {
    let thief = Server::start(|_| Reply::ok("x")).await;
    let target = thief.url("/");
    let server = Server::start(move |asked| match asked.path.as_str() {
        "/home" => Reply::redirect(307, "/here"),
        "/here" => Reply::ok("x"),
        _ => Reply::redirect(307, &target),
    })
    .await;
    let fetch = Fetch::new(config(), clock).unwrap();
    let ask = |path: &str| {
        let url = server.url(path).replace("http://", "http://user:canary@");
        let request = Request::get(url).header("accept", "text/x").header("x-api-key", "canary");
        request.header("cookie", "canary")
    };
    let answer = fetch.fetch(&ask("/away")).await.unwrap();
    assert_eq!(answer.url(), thief.url("/"));
    let stolen = thief.asked().remove(0);
    assert!(!format!("{stolen:?}").contains("canary"), "{stolen:?}");
    assert!(stolen.header("authorization").is_none());
    assert_eq!(stolen.header("accept"), Some("text/x"));

    let answer = fetch.fetch(&ask("/home")).await.unwrap();
    assert_eq!(answer.final_url, server.url("/here"), "shown without credentials");
    let kept = server.asked().pop().unwrap();
    assert!(kept.header("authorization").is_some() && kept.header("x-api-key") == Some("canary"));

    let post = Request { method: Method::Post, body: Some(b"canary".to_vec()), ..ask("/away") };
    let error = fetch.fetch(&post).await.unwrap_err();
    assert!(matches!(error.fault, Fault::BadRedirect(_)), "{error:?}");
    assert_eq!(thief.asked().len(), 1);
}

#[tokio::test]
async fn no_error_tells_a_secret() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/canary-cut?token=canary" => Reply::ok("hello").cut(1),
        "/canary-hang?token=canary" => Reply::hang(),
        "/canary-loop?token=canary" => Reply::redirect(302, "/canary-loop?token=canary"),
        "/canary-file?token=canary" => Reply::redirect(302, "file:///canary"),
        "/canary-big?token=canary" => Reply::ok("x").endless(),
        _ => Reply::status(500),
    })
    .await;
    let fetch = Fetch::new(impatient(), clock).unwrap();
    for kind in ["cut", "hang", "loop", "file", "big", "500"] {
        let url =
            server.url(&format!("/canary-{kind}?token=canary")).replace("http://", "http://canary:canary@");
        let request = Request::get(url).header("authorization", "Bearer canary");
        let error = fetch.fetch(&request).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error} {error:?}");
        assert!(error.to_string().starts_with("fetch from 127.0.0.1: "), "{error}");
    }
    for url in ["http://canary canary/", "canary", "file:///canary", "http://canary:canary@/x", "http:///"] {
        let error = fetch.fetch(&Request::get(url)).await.unwrap_err();
        assert_eq!(error.advice(), Advice::AskHuman, "{url}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    let request = Request::get(server.url("/")).header("authorization", "canary\n");
    let error = fetch.fetch(&request).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
}

#[test]
fn the_section_is_read_with_its_units_and_refuses_unknown_keys() {
    let text = r#"
        allow = ["127.0.0.0/8", "fd00::/8"]
        contact = "ops@lookout.example"
        connect_timeout = "5 s"
        total_timeout = "2 min"
        pause = "250ms"
        body_cap = 5000
    "#;
    let config: FetchConfig = toml::from_str(text).unwrap();
    assert_eq!(config.allow.len(), 2);
    assert_eq!(config.connect_timeout, Duration::from_secs(5));
    assert_eq!(config.total_timeout, Duration::from_secs(120));
    assert_eq!((config.pause, config.read_timeout), (Duration::from_millis(250), Duration::from_secs(15)));
    assert_eq!(toml::from_str::<FetchConfig>("").unwrap(), FetchConfig::default());
    assert!(toml::from_str::<FetchConfig>("alow = []").is_err());
    assert!(toml::from_str::<FetchConfig>("allow = [\"10.0.0.0/40\"]").is_err());
    assert!(Fetch::new(FetchConfig { contact: Some("a\nb".to_owned()), ..config }, clock).is_err());
}
