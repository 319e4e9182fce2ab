//! Pinterest: what pins say, refusals, and walks over one's own pins.

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Network, Page, Request, Trouble, recorded, spec};
use vigie::post::Gone;
use vigie::time::Time;

use crate::corpus;

mod walk;

const API: &str = "https://api.pinterest.com/v5";

fn build(section: &str) -> Box<dyn Network> {
    (spec("pinterest").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn answer(path: &str, status: u16, body: &str) -> Answer {
    let url = if path.is_empty() { String::new() } else { format!("{API}/{path}") };
    let seen = Time::parse("2026-10-20T10:00:00Z").unwrap();
    Answer { request: Request::get(url), status, body: body.into(), seen, ..Answer::default() }
}

fn understood(body: &str) -> Page {
    build("").read(&answer("", 200, body), None).unwrap()
}

#[test]
fn pins_are_read() {
    insta::assert_json_snapshot!(understood(include_str!("../fixtures/pinterest/pins.json")));
}

#[test]
fn the_account_and_figures_are_read() {
    insta::assert_json_snapshot!(understood(include_str!("../fixtures/pinterest/account.json")));
    let nothing = Page::default();
    assert_eq!(understood(include_str!("../fixtures/pinterest/figures.json")), nothing);
    assert_eq!(
        understood(
            r#"{"items":[{"id":"7","name":"board","owner":{"username":"a"},"pin_count":3}],"bookmark":null}"#
        ),
        nothing
    );
    assert_eq!(
        understood(r#"{"date_availability":{},"pins":[{"pin_id":"1","metrics":{}}],"sort_by":"SAVE"}"#),
        nothing
    );
    let hashed = understood(r#"{"title":"x","media":{},"board_id":"7"}"#);
    assert_eq!(hashed.posts[0].native_id.len(), 32);
}

#[test]
fn every_refusal_has_its_kind() {
    let network = build("token = 's3cret'");
    let refused = |status: u16, code: i64, message: &str, headers: &[(&str, &str)]| {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let body = json!({"code": code, "message": message}).to_string();
        let answer = Answer { headers, ..answer("pins?page_size=250", status, &body) };
        let error = network.refused(&answer, None).unwrap();
        assert_eq!(network.read(&answer, None).unwrap_err(), error);
        format!("{:?} {:?} {error}", error.trouble, error.until.map(|until| until.to_string()))
    };
    insta::assert_snapshot!(
        [
            refused(401, 2, "Authentication failed.", &[]),
            refused(403, 29, "You are not permitted to access that resource.", &[]),
            refused(
                429,
                8,
                "You have exceeded your rate limit. Try again later.",
                &[("x-ratelimit-reset", "300")]
            ),
            refused(429, 8, "You have exceeded your rate limit. Try again later.", &[]),
            refused(400, 1, "Invalid request", &[]),
            refused(500, 0, "Sorry", &[]),
            refused(200, 2, "Authentication failed.", &[]),
        ]
        .join("\n")
    );
    let trouble =
        |status: u16, body: &str| build("").read(&answer("pins", status, body), None).unwrap_err().trouble;
    assert_eq!(trouble(503, "<html></html>"), Trouble::BlockPage);
    assert_eq!(trouble(502, ""), Trouble::Transient);
    assert_eq!(trouble(200, r#"{"colour":"blue"}"#), Trouble::Unread);
}

#[test]
fn sections_and_requests() {
    let built = |section: &str| (spec("pinterest").unwrap().build)(&section.parse().unwrap());
    assert_eq!(built("").unwrap().ask(None, Time(0)), Ask::Done);
    assert_eq!(built("base_url = 'x'").unwrap_err().key, "base_url");
    assert_eq!(built("look_back = 'x'").unwrap_err().key, "look_back");
    let network = build("token = 's3cret'");
    let Ask::Fetch(request) = network.ask(None, Time(0)) else { panic!() };
    assert_eq!(request.url, format!("{API}/user_account"));
    assert!(request.headers.contains(&("authorization".to_owned(), "Bearer s3cret".to_owned())));
    assert!(!format!("{network:?}").contains("s3cret"));
    let again = network.reread(&["7".to_owned()]).unwrap();
    assert_eq!(again.url, format!("{API}/pins/7?pin_metrics=true"));
    assert_eq!(network.reread(&["7".to_owned(), "8".to_owned()]), None);
    let lost = Answer { request: again, ..answer("", 404, r#"{"code":50,"message":"Pin not found."}"#) };
    assert!(network.is_normal(&lost, None));
    assert_eq!(network.read(&lost, None).unwrap().deletions[0].gone, Gone::Post("7".to_owned()));
}

#[test]
fn every_recorded_body_is_read() {
    let Some(files) = corpus::files("recorded/pinterest", "json") else { return };
    let mut pins = 0;
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let (page, errors) = recorded::understand(build("").as_ref(), &recorded::answers(&bytes, None, &[]));
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        let expected = usize::from(whole.get("board_id").is_some());
        assert_eq!(page.posts.len(), expected, "{}", file.display());
        for post in &page.posts {
            assert_eq!(Some(post.native_id.as_str()), whole["id"].as_str());
            assert!(post.published.is_some() && post.author.is_some() && post.media.len() == 1, "{post:?}");
            assert_eq!(post.text, whole["description"].as_str().unwrap().trim());
        }
        pins += page.posts.len();
    }
    println!("pinterest: {} bodies, {pins} pins", files.len());
}
