//! Tumblr: what its posts say in blocks and in older forms, its refusals, and walks that lose nothing.

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Network, Page, Request, recorded, spec};
use vigie::post::{Kind, Post};
use vigie::time::Time;

use crate::corpus;

mod walk;

const TAGGED: &str = include_str!("../fixtures/tumblr/tagged.json");
const BLOG: &str = include_str!("../fixtures/tumblr/blog.json");
const API: &str = "https://api.tumblr.com/v2";

fn build(section: &str) -> Box<dyn Network> {
    (spec("tumblr").unwrap().build)(&section.parse().unwrap()).unwrap()
}

fn answer(path: &str, status: u16, body: &str) -> Answer {
    let url = if path.is_empty() { String::new() } else { format!("{API}/{path}") };
    let seen = Time::parse("2026-10-20T10:00:00Z").unwrap();
    Answer { request: Request::get(url), status, body: body.into(), seen, ..Answer::default() }
}

fn understood(body: &Value) -> Page {
    build("").read(&answer("", 200, &body.to_string()), None).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "reads well with json!")]
fn post(value: Value) -> Post {
    understood(&value).posts.pop().unwrap()
}

#[test]
fn posts_in_blocks_are_read() {
    insta::assert_json_snapshot!(understood(&serde_json::from_str(TAGGED).unwrap()));
}

#[test]
fn posts_of_older_forms_are_read() {
    insta::assert_json_snapshot!(understood(&serde_json::from_str(BLOG).unwrap()));
}

#[test]
fn only_the_last_words_of_a_chain_are_the_authors() {
    let trail = |id: &str, words: &str| json!({"post": {"id": id}, "blog": {"name": "a"}, "content": [{"type": "text", "text": words}], "layout": []});
    let reblog = |content: Value| {
        post(json!({"id_string": "3", "blog_name": "b", "timestamp": 1, "content": content, "layout": [],
            "trail": [trail("1", "first"), trail("2", "second")]}))
    };
    let quote = reblog(json!([{"type": "text", "text": "mine"}]));
    assert_eq!((quote.kind, quote.text.as_str()), (Kind::Quote, "mine"));
    assert_eq!((quote.quote_of.as_deref(), quote.root.as_deref()), (Some("2"), Some("1")));
    let repost = reblog(json!([]));
    assert_eq!((repost.kind, repost.text.as_str()), (Kind::Repost, "second"));
    assert_eq!((repost.repost_of.as_deref(), repost.quote_of), (Some("2"), None));
}

#[test]
fn a_post_of_the_type_of_a_block_is_a_whole_post() {
    let link = post(json!({"type": "link", "id_string": "7", "blog_name": "c", "timestamp": 1_772_359_200,
        "url": "https://l.example/x", "title": "Molivelle", "description": "<p>a <b>page</b></p>", "tags": ["t"]}));
    assert_eq!(
        (link.native_id.as_str(), link.title.as_deref(), link.text.as_str()),
        ("7", Some("Molivelle"), "a page")
    );
    assert_eq!((link.links, link.hashtags), (vec!["https://l.example/x".to_owned()], vec!["t".to_owned()]));
    let own = |key: &str| {
        let mut part = json!({"blog": {"name": "z"}, "post": {"id": "2"}, "is_current_item": true});
        part[key] = json!("<p>mine</p>");
        post(
            json!({"type": "photo", "id_string": "2", "blog_name": "z", "timestamp": 1, "caption": "<p>mine</p>",
            "reblogged_from_id": "1", "trail": [{"post": {"id": "0"}, "content_raw": "<p>theirs</p>"}, part]}),
        )
    };
    for key in ["content", "content_raw"] {
        let quote = own(key);
        assert_eq!(
            (quote.kind, quote.text.as_str(), quote.quote_of.as_deref()),
            (Kind::Quote, "mine", Some("1"))
        );
    }
}

#[test]
fn what_stands_alone_is_a_post_too() {
    let alone = post(json!({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        "layout": [{"type": "rows", "display": [{"blocks": [1, 0]}]}]}));
    assert_eq!((alone.text.as_str(), alone.native_id.len()), ("b\na", 32));
    let same = json!({"content": [{"type": "text", "text": "a"}]});
    assert_eq!(post(same.clone()).native_id, post(same).native_id);
    let block =
        post(json!({"type": "image", "media": [{"type": "image/gif", "url": "https://m.example/a.gif"}],
        "attribution": {"type": "post", "url": "https://b.example/1"}}));
    assert_eq!(block.media[0].url.as_deref(), Some("https://m.example/a.gif"));
    assert_eq!(block.links, ["https://b.example/1"]);
    let one =
        post(json!({"content": {"type": "link", "url": "https://l.example", "title": "t"}, "layout": []}));
    assert_eq!((one.links, one.summary.as_deref()), (vec!["https://l.example".to_owned()], Some("t")));
    let odd = [
        json!({"content": [4, null, {"type": "hologram", "text": "new"}]}),
        json!({"content": [], "layout": [4]}),
    ];
    assert_eq!(odd.map(|odd| post(odd).text), ["new", ""]);
}

#[test]
fn blogs_and_replies_are_read() {
    let files = ["info.json", "notes.json"];
    let read = |file: &str| {
        let path = format!("{}/tests/fixtures/tumblr/{file}", env!("CARGO_MANIFEST_DIR"));
        build("")
            .read(&answer("blog/x/notes?id=77", 200, &std::fs::read_to_string(path).unwrap()), None)
            .unwrap()
    };
    insta::assert_json_snapshot!(files.map(read));
    let page = understood(
        &json!({"response": {"total_blogs": 1, "blogs": [{"name": "a", "url": "https://a.example"}]}}),
    );
    assert_eq!(page.accounts[0].author.handle.as_deref(), Some("a"));
}

#[test]
fn every_refusal_has_its_kind_and_its_end() {
    let network = build("tags = ['moka']\napi_key = 's3cret'");
    let refused = |status: u16, headers: &[(&str, &str)], body: &str| {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = Answer { headers, ..answer("tagged?tag=moka&api_key=s3cret", status, body) };
        let error = network.refused(&answer, None).unwrap();
        assert_eq!(network.read(&answer, None).unwrap_err(), error);
        assert!(!error.to_string().contains("s3cret"));
        error
    };
    let body = |status: u16, said: &str| {
        json!({"meta": {"status": status, "msg": "x"}, "response": [], "errors": [{"title": said}]})
            .to_string()
    };
    insta::assert_snapshot!(
        [
            refused(401, &[], &body(401, "Unauthorized")),
            refused(403, &[], &body(403, "Forbidden")),
            refused(404, &[], &body(404, "Not Found")),
            refused(400, &[], &body(400, "Bad Request")),
            refused(
                429,
                &[("x-ratelimit-perhour-remaining", "0"), ("x-ratelimit-perhour-reset", "120")],
                &body(429, "Limit Exceeded")
            ),
            refused(429, &[], ""),
            refused(503, &[], "{}"),
            refused(502, &[], "<html></html>"),
            build("").read(&answer("", 200, &body(401, "Unauthorized")), None).unwrap_err(),
            build("").read(&answer("", 200, "{\"colour\":\"blue\"}"), None).unwrap_err(),
        ]
        .map(|error| format!("{:?} {:?} {error}", error.trouble, error.until.map(|until| until.to_string())))
        .join("\n")
    );
}

#[test]
fn sections_and_requests() {
    let build = |section: &str| (spec("tumblr").unwrap().build)(&section.parse().unwrap());
    assert_eq!(build("").unwrap().ask(None, Time(0)), Ask::Done);
    assert_eq!(build("tags = ['#']").unwrap_err().key, "tags");
    assert_eq!(build("tags = ['a, b']").unwrap_err().key, "tags");
    assert_eq!(build("blogs = ['a b']").unwrap_err().key, "blogs");
    assert_eq!(build("base_url = 'x'").unwrap_err().key, "base_url");
    assert_eq!(build("look_back = 'x'").unwrap_err().key, "look_back");
    let asked = |section: &str| match build(section).unwrap().ask(None, Time(0)) {
        Ask::Fetch(request) => request.url,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        asked("tags = ['#coca cola']\napi_key = 'k'"),
        format!("{API}/tagged?tag=coca+cola&limit=20&npf=true&before=86400&api_key=k")
    );
    for blog in [
        "molivelle",
        "@molivelle",
        "https://molivelle.tumblr.com/",
        "https://www.tumblr.com/molivelle/1/x",
        "molivelle.tumblr.com",
    ] {
        assert_eq!(
            asked(&format!("blogs = ['{blog}']")),
            format!("{API}/blog/molivelle/posts?limit=20&npf=true&before=86400&reblog_info=true")
        );
    }
    assert_eq!(build("").unwrap().account("molivelle").unwrap().url, format!("{API}/blog/molivelle/info"));
    assert!(!format!("{:?}", build("api_key = 's3cret'").unwrap()).contains("s3cret"));
}

#[test]
fn every_recorded_sample_is_read() {
    let Some(files) = corpus::files("recorded/tumblr", "json") else { return };
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let (page, errors) = recorded::understand(build("").as_ref(), &recorded::answers(&bytes, None, &[]));
        assert!(errors.is_empty(), "{errors:?}");
        let whole: Value = serde_json::from_slice(&bytes).unwrap();
        let blocks = whole["content"].as_array().unwrap();
        let [post] = page.posts.as_slice() else { panic!("{page:?}") };
        for block in blocks.iter().filter(|block| block["type"] == "text") {
            assert!(post.text.contains(block["text"].as_str().unwrap()), "{post:?}");
        }
        assert_eq!(post.media.len(), blocks.iter().filter(|block| block["type"] == "image").count());
    }
    println!("tumblr: {} samples read", files.len());
}
