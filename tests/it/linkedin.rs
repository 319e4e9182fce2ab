//! LinkedIn: what its posts and comments say in all three forms, its refusals, and rounds over one's own pages.

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Network, Page, Request, Trouble, recorded, spec};
use vigie::post::{Gone, Kind};
use vigie::time::Time;

use crate::corpus;

mod walk;

const API: &str = "https://api.linkedin.com/rest";

fn build(section: &str) -> Box<dyn Network> {
    (spec("linkedin").unwrap().build)(&section.parse().unwrap()).unwrap()
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
fn posts_are_read() {
    insta::assert_json_snapshot!(understood(include_str!("../fixtures/linkedin/posts.json")));
}

#[test]
fn comments_are_read() {
    insta::assert_json_snapshot!(understood(include_str!("../fixtures/linkedin/comments.json")));
}

#[test]
fn older_forms_pages_and_batches_are_read() {
    insta::assert_json_snapshot!(
        [
            include_str!("../fixtures/linkedin/share.json"),
            include_str!("../fixtures/linkedin/ugc.json"),
            include_str!("../fixtures/linkedin/organization.json"),
            include_str!("../fixtures/linkedin/batch.json"),
        ]
        .map(understood)
    );
    let followers =
        answer("networkSizes/urn%3Ali%3Aorganization%3A4242?edgeType=x", 200, r#"{"firstDegreeSize":1050}"#);
    let page = build("").read(&followers, None).unwrap();
    assert_eq!(page.accounts[0].author.native_id, "urn:li:organization:4242");
    assert_eq!(page.accounts[0].author.followers, Some(1050));
    assert_eq!(page.cursor, None, "this page is not configured");
    let old = understood(
        &json!({"id": 5, "name": "Molivelle", "website-url": "https://molivelle.example",
        "logo-url": "https://img.example/l.png", "num-followers": 7})
        .to_string(),
    );
    let author = &old.accounts[0].author;
    assert_eq!((author.display_name.as_deref(), author.followers), (Some("Molivelle"), Some(7)));
    assert_eq!(author.avatar.as_deref(), Some("https://img.example/l.png"));
}

#[test]
fn what_is_not_for_everybody_is_left_out() {
    let post = |key: &str, value: &str| {
        let mut post = json!({"id": "urn:li:share:1", "commentary": "x", "author": "urn:li:organization:1"});
        post[key] = value.into();
        understood(&post.to_string()).posts.len()
    };
    assert_eq!([post("visibility", "PUBLIC"), post("visibility", "LOGGED_IN")], [1, 1]);
    assert_eq!([post("visibility", "CONNECTIONS"), post("lifecycleState", "DRAFT")], [0, 0]);
}

#[test]
fn every_refusal_has_its_kind() {
    let network = build("organizations = ['1']\ntoken = 's3cret'");
    let refused = |status: u16, code: &str, message: &str| {
        let body =
            json!({"status": status, "serviceErrorCode": 1, "code": code, "message": message}).to_string();
        let answer = answer("posts?q=author&author=urn%3Ali%3Aorganization%3A1&start=0", status, &body);
        let error = network.refused(&answer, None).unwrap();
        assert_eq!(network.read(&answer, None).unwrap_err(), error);
        error
    };
    insta::assert_snapshot!(
        [
            refused(401, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired"),
            refused(
                403,
                "ACCESS_DENIED",
                "Not enough permissions to access: partnerApiPosts.FINDER-author.20260801"
            ),
            refused(404, "NOT_FOUND", "Not Found"),
            refused(426, "NONEXISTENT_VERSION", "Requested version 20240101 is not active"),
            refused(400, "VERSION_MISSING", "A version must be present."),
            refused(400, "ILLEGAL_ARGUMENT", "Invalid value"),
            refused(429, "TOO_MANY_REQUESTS", "Resource level throttle APPLICATION DAY limit is reached"),
            refused(500, "INTERNAL_SERVER_ERROR", "Internal Server Error"),
        ]
        .map(|error| format!("{:?} {:?} {error}", error.trouble, error.until.map(|until| until.to_string())))
        .join("\n")
    );
    let trouble =
        |status: u16, body: &str| build("").read(&answer("posts", status, body), None).unwrap_err().trouble;
    assert_eq!(trouble(502, "<html></html>"), Trouble::BlockPage);
    assert_eq!(trouble(503, ""), Trouble::Transient);
    assert_eq!(trouble(200, r#"{"status":401,"message":"Unauthorized"}"#), Trouble::Auth);
    assert_eq!(trouble(200, r#"{"colour":"blue"}"#), Trouble::Unread);
}

#[test]
fn sections_and_requests() {
    let built = |section: &str| (spec("linkedin").unwrap().build)(&section.parse().unwrap());
    assert_eq!(built("").unwrap().ask(None, Time(0)), Ask::Done);
    assert_eq!(built("organizations = ['molivelle']").unwrap_err().key, "organizations");
    assert_eq!(built("version = '2026-08'").unwrap_err().key, "version");
    assert_eq!(built("base_url = 'x'").unwrap_err().key, "base_url");
    let network = build("organizations = ['urn:li:organization:4242']\ntoken = 's3cret'\nversion = '202701'");
    let Ask::Fetch(request) = network.ask(None, Time(0)) else { panic!() };
    assert!(request.headers.contains(&("linkedin-version".to_owned(), "202701".to_owned())));
    assert!(request.headers.contains(&("authorization".to_owned(), "Bearer s3cret".to_owned())));
    assert!(!format!("{network:?}").contains("s3cret"));
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let comment = "urn:li:comment:(urn:li:activity:11,12)";
    insta::assert_snapshot!(
        [
            request,
            network.account("4242").unwrap(),
            network.account("https://www.linkedin.com/company/molivelle/").unwrap(),
            network.reread(&ids(&["urn:li:share:1", "urn:li:ugcPost:2"])).unwrap(),
            network.reread(&ids(&[comment])).unwrap(),
        ]
        .map(|request| request.url)
        .join("\n")
    );
    assert_eq!(network.reread(&ids(&[comment, "urn:li:share:1"])), None);
    let lost =
        Answer { request: network.reread(&ids(&[comment])).unwrap(), status: 404, ..answer("", 404, "{}") };
    assert!(network.is_normal(&lost, None));
    assert_eq!(network.read(&lost, None).unwrap().deletions[0].gone, Gone::Post(comment.to_owned()));
}

#[test]
fn every_recorded_body_is_read() {
    let Some(files) = corpus::files("recorded/linkedin", "json") else { return };
    let (mut posts, mut comments) = (0, 0);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let (page, errors) = recorded::understand(build("").as_ref(), &recorded::answers(&bytes, None, &[]));
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        for post in &page.posts {
            let words = [
                &whole["message"]["text"],
                &whole["text"]["text"],
                &whole["specificContent"]["com.linkedin.ugc.ShareContent"]["shareCommentary"]["text"],
            ];
            assert!(words.iter().any(|words| words.as_str() == Some(&post.text)), "{post:?}");
            assert!(post.author.is_some());
            if post.kind == Kind::Comment { comments += 1 } else { posts += 1 }
        }
    }
    println!("linkedin: {} bodies, {posts} posts, {comments} comments", files.len());
    assert_eq!((posts, comments), (2, 1));
}
