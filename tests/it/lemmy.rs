//! Lemmy: both generations of its interface, and a walk down its lists that loses nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vigie::network::{Answer, Ask, Request, Trouble};
use vigie::time::{DAY, HOUR, Time};

use crate::walks::{Walk, answer, bare, build, fault, path, query, request};

const NAME: &str = "lemmy";
/// 19 October 2026.
const NOW: i64 = 1_792_410_000_000;
const SEEN: Time = Time(NOW);
const SECTION: &str =
    "base_url = 'https://lem.example'\ncommunities = ['!coffee@other.example']\nlook_back = '1d'";

fn fixture(file: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/fixtures/{NAME}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn both_generations_are_read() {
    for file in ["v3_posts", "v3_comments", "v3_user", "v3_site", "v4_posts", "v4_comments", "v4_search"] {
        let page = bare(NAME, &fixture(&format!("{file}.json"))).unwrap();
        insta::assert_json_snapshot!(file, page);
    }
}

#[test]
fn every_wrapping_is_taken_off() {
    let person = json!({"id": 1, "name": "lea", "actor_id": "https://l.example/u/lea", "bot_account": false, "deleted": true});
    let post = |id: u32| json!({"post": {"id": id, "name": "n", "creator_id": 1, "ap_id": format!("https://l.example/post/{id}"), "published": "2026-10-01T00:00:00"}, "creator": person, "community": {}});
    let comment = |id: u32| json!({"comment": {"id": id, "content": "c", "path": format!("0.{id}"), "ap_id": format!("https://l.example/comment/{id}")}, "creator": person, "post": post(9)["post"]});
    let check = |body: Value, posts: &[&str], accounts: usize| {
        let page = bare(NAME, &body.to_string()).unwrap();
        let ids: Vec<String> =
            page.posts.iter().map(|post| post.native_id.replace("https://l.example/", "")).collect();
        assert_eq!(
            (ids, page.accounts.len(), page.cursor),
            (posts.iter().map(|&id| id.to_owned()).collect(), accounts, None),
            "{body}"
        );
    };
    check(
        json!({"post_view": post(1), "community_view": {}, "moderators": [], "cross_posts": [post(2)]}),
        &["post/1", "post/2"],
        0,
    );
    check(json!({"comment_view": comment(3), "recipient_ids": []}), &["comment/3"], 0);
    check(json!({"post": post(4)}), &["post/4"], 0);
    check(json!({"comment": comment(5)}), &["comment/5"], 0);
    check(json!({"person": {"person": person, "counts": {"post_count": 3}}}), &[], 1);
    check(
        json!({"resolve": {"type_": "post", "post": post(6)["post"], "creator": person}, "search": []}),
        &["post/6"],
        0,
    );
    check(
        json!({"type_": "All", "comments": [comment(7)], "posts": [post(8)], "communities": [], "users": [{"person": person, "counts": {}}]}),
        &["post/8", "comment/7"],
        1,
    );
    check(post(10), &["post/10"], 0);
    check(comment(11), &["comment/11"], 0);
    check(post(12)["post"].clone(), &["post/12"], 0);
    check(json!([post(13), comment(14)]), &["post/13", "comment/14"], 0);
    check(json!({"communities": []}), &[], 0);
    let status = bare(NAME, &json!({"person": {"person": person, "counts": {}}}).to_string()).unwrap();
    assert_eq!(status.accounts[0].status.as_deref(), Some("deleted"));
    for odd in ["{\"colour\": 1}", "0", "\"x\"", "<html>"] {
        bare(NAME, odd).unwrap_err();
    }
}

#[test]
fn refusals_are_told_apart() {
    let network = build(NAME, &format!("{SECTION}\napi = 'v3'"));
    let mut said = Vec::new();
    for (status, body, trouble, wait) in [
        (400, r#"{"error":"rate_limit_error"}"#, Trouble::Rate, Some(60)),
        (429, "", Trouble::Rate, Some(60)),
        (400, r#"{"error":"instance_is_private"}"#, Trouble::NotApproved, None),
        (401, r#"{"error":"incorrect_login"}"#, Trouble::NotApproved, None),
        (400, r#"{"error":"couldnt_find_community"}"#, Trouble::BadQuery, None),
        (400, "Query deserialize error: unknown variant `new`", Trouble::BadQuery, None),
        (400, r#"{"error":"couldnt_get_posts"}"#, Trouble::Transient, None),
        (400, r#"{"error":"unknown","message":"connection closed"}"#, Trouble::Transient, None),
        (200, r#"{"error":"rate_limit_error"}"#, Trouble::Rate, Some(60)),
        (403, "<html>blocked</html>", Trouble::BlockPage, None),
        (502, "<html>bad gateway</html>", Trouble::Transient, None),
        (410, "", Trouble::Gone, None),
    ] {
        let got = answer(request(network.as_ref(), None, SEEN), status, body, SEEN);
        let error = network.read(&got, None).unwrap_err();
        if status >= 400 {
            assert_eq!(network.refused(&got, None).as_ref(), Some(&error));
        }
        assert_eq!(
            (error.trouble, error.until.map(|until| until.since(SEEN) / 1000)),
            (trouble, wait),
            "{status} {body}"
        );
        said.push(error.to_string());
    }
    insta::assert_snapshot!("refusals", said.join("\n"));
    // what is not there is for the source to judge
    assert_eq!(network.refused(&answer(request(network.as_ref(), None, SEEN), 404, "", SEEN), None), None);
    let words = build(NAME, "query = 'x'\napi = 'v3'");
    let got = answer(request(words.as_ref(), None, SEEN), 429, "", SEEN);
    assert_eq!(words.refused(&got, None).unwrap().until, Some(SEEN.plus(600_000)), "searches rest longer");
}

#[test]
fn sections_are_checked() {
    assert_eq!(build(NAME, "").ask(None, SEEN), Ask::Done);
    assert!(fault(NAME, "communities = ['a b']").starts_with("communities"));
    assert!(fault(NAME, "timeline = 'home'").starts_with("timeline"));
    assert!(fault(NAME, "api = 'v5'").starts_with("api"));
    assert!(fault(NAME, "base_url = 'lem'").starts_with("base_url"));
    let first = |section: &str| request(build(NAME, section).as_ref(), None, SEEN).url;
    insta::assert_snapshot!([
        first("timeline = 'all'"),
        first("timeline = 'local'\napi = 'v3'"),
        first("timeline = 'local'\napi = 'v4'"),
        first("query = 'galvorine \"E20\"'\napi = 'v3'"),
        first("query = 'galvorine'\napi = 'v4'"),
        first("communities = ['coffee']\napi = 'v4'\nbase_url = 'https://lem.example/'"),
    ].join("\n"), @r#"
    https://lemmy.world/api/v4/site
    https://lemmy.world/api/v3/post/list?sort=New&limit=50&type_=Local
    https://lemmy.world/api/v4/post/list?sort=new&limit=50&type_=local
    https://lemmy.world/api/v3/search?sort=New&limit=50&q=galvorine+%22E20%22&type_=Posts&listing_type=All
    https://lemmy.world/api/v4/post/list?sort=new&limit=50&search_term=galvorine&type_=all
    https://lem.example/api/v4/post/list?sort=new&limit=50&type_=all&community_name=coffee
    "#);
    let network = build(NAME, SECTION);
    assert_eq!(path(&network.account("lea@other.example").unwrap().url), "/api/v3/user");
    let again = network.reread(&["https://other.example/comment/9034".to_owned()]).unwrap();
    assert_eq!(query(&again.url)["q"], "https://other.example/comment/9034");
    assert_eq!(query(&network.find_accounts("galvorine").unwrap().url)["type_"], "Users");
}

/// A server with posts and comments, in lists newest first.
struct Server {
    v4: bool,
    /// Minutes before [`NOW`], and a number; in the order of the list.
    posts: Vec<(i64, u32)>,
    comments: Vec<(i64, u32)>,
    gone: BTreeSet<u32>,
    /// Refuses the next token.
    forgets: bool,
    asked: Vec<String>,
}

impl Server {
    fn of(v4: bool, posts: u32, comments: u32) -> Server {
        let list = |from: u32, count: u32| (0..count).map(|at| (i64::from(at) * 3, from + at)).collect();
        Server {
            v4,
            posts: list(0, posts),
            comments: list(10_000, comments),
            gone: BTreeSet::new(),
            forgets: false,
            asked: Vec::new(),
        }
    }

    fn serve(&mut self, request: Request) -> Answer {
        let (place, asked) = (path(&request.url), query(&request.url));
        self.asked.push(request.url.clone());
        let api = if self.v4 { "/api/v4" } else { "/api/v3" };
        let Some(place) = place.strip_prefix(api) else { return answer(request, 404, "", SEEN) };
        if place == "/site" {
            let body =
                json!({"site_view": {}, "admins": [], "version": if self.v4 { "1.0.0" } else { "0.19.12" }});
            return answer(request, 200, body.to_string(), SEEN);
        }
        let comments = place == "/comment/list";
        let list = if comments { &self.comments } else { &self.posts };
        let limit: usize = asked["limit"].parse().unwrap();
        let tokens = self.v4 || !comments;
        let start = match (asked.get("page_cursor"), asked.get("page")) {
            (Some(_), _) if std::mem::take(&mut self.forgets) => {
                return answer(request, 400, r#"{"error":"couldnt_parse_pagination_token"}"#, SEEN);
            }
            // after the item whose number it is, which may have moved
            (Some(token), _) => {
                let last: u32 = token.strip_prefix("after-").unwrap().parse().unwrap();
                list.iter().position(|(_, id)| *id == last).map_or(0, |at| at + 1)
            }
            (None, page) => page.map_or(0, |page| (page.parse::<usize>().unwrap() - 1) * limit),
        };
        let page: Vec<(i64, u32)> = list.iter().skip(start).take(limit).copied().collect();
        let items: Vec<Value> = page.iter().map(|(minutes, id)| self.item(comments, *minutes, *id)).collect();
        let name = if self.v4 {
            "items"
        } else if comments {
            "comments"
        } else {
            "posts"
        };
        let next = page.last().filter(|_| tokens && page.len() == limit).map(|(_, id)| format!("after-{id}"));
        answer(request, 200, json!({name: items, "next_page": next}).to_string(), SEEN)
    }

    fn item(&self, comment: bool, minutes: i64, id: u32) -> Value {
        let at = Time(NOW - minutes * 60_000).to_string();
        let kind = if comment { "comment" } else { "post" };
        let mut inner = json!({"id": id, "ap_id": format!("{id}"), "deleted": self.gone.contains(&id), "removed": false, "creator_id": 1});
        inner[if self.v4 { "published_at" } else { "published" }] = json!(at);
        if comment {
            (inner["content"], inner["path"]) = (json!("c"), json!(format!("0.{id}")));
        } else {
            inner["name"] = json!("n");
            inner["featured_community"] = json!(id == 999);
        }
        json!({kind: inner, "creator": {"id": 1, "name": "lea", "actor_id": "https://l.example/u/lea"}})
    }

    fn all(&self) -> BTreeSet<String> {
        self.posts
            .iter()
            .chain(&self.comments)
            .filter(|(_, id)| !self.gone.contains(id))
            .map(|(_, id)| id.to_string())
            .collect()
    }
}

#[test]
fn the_generation_is_found_out_and_kept() {
    for v4 in [true, false] {
        let mut server = Server::of(v4, 5, 5);
        let mut walk = Walk::new(NAME, SECTION);
        walk.round(SEEN, &mut |request| server.serve(request));
        assert_eq!(walk.posts, server.all());
        let sites = |server: &Server| server.asked.iter().filter(|url| url.ends_with("/site")).count();
        assert_eq!(sites(&server), if v4 { 1 } else { 2 });
        walk.round(SEEN.plus(60_000), &mut |request| server.serve(request));
        assert_eq!(sites(&server), if v4 { 1 } else { 2 }, "asked once");
        // moved to the other generation: found out again, and nothing forgotten
        server.v4 = !v4;
        server.posts.insert(0, (-10, 700));
        walk.step(SEEN.plus(60_000), &mut |request| server.serve(request)).unwrap_err();
        walk.round(SEEN.plus(2 * HOUR), &mut |request| server.serve(request));
        assert!(walk.posts.contains("700"), "{v4}");
    }
    // neither: it is no such server
    let mut walk = Walk::new(NAME, SECTION);
    walk.step(SEEN, &mut |request| answer(request, 404, "", SEEN)).unwrap();
    let error = walk.step(SEEN, &mut |request| answer(request, 404, "", SEEN)).unwrap_err();
    assert!(error.detail.contains("base_url"), "{error}");
    // a front page instead of the newer interface
    let mut server = Server::of(false, 3, 3);
    let mut walk = Walk::new(NAME, SECTION);
    let mut serve = |request: Request| match request.url.contains("/api/v4/") {
        true => answer(request, 200, "<!DOCTYPE html><html></html>", SEEN),
        false => server.serve(request),
    };
    walk.round(SEEN, &mut serve);
    assert_eq!(walk.posts.len(), 6);
}

#[test]
fn a_round_goes_back_to_what_is_known_and_a_page_further() {
    for v4 in [true, false] {
        let mut server = Server::of(v4, 400, 700);
        let mut walk = Walk::new(NAME, SECTION);
        walk.round(SEEN, &mut |request| server.serve(request));
        let day: BTreeSet<String> =
            server.all().into_iter().filter(|id| id.parse::<i64>().unwrap() % 10_000 < 480).collect();
        assert!(day.is_subset(&walk.posts), "{v4}: a day back");
        assert!(walk.missed.is_empty(), "{:?}", walk.missed);
        // a night later, and a post of another server that arrives late
        for at in 0..200_u32 {
            server.posts.insert(0, (-i64::from(at), 1_000 + at));
            server.comments.insert(0, (-i64::from(at), 20_000 + at));
        }
        server.posts.insert(230, (30, 5_000));
        let later = SEEN.plus(13 * HOUR);
        walk.round(later, &mut |request| server.serve(request));
        let new = |walk: &Walk, from: u32| {
            (from..from + 200).filter(|id| walk.posts.contains(&id.to_string())).count()
        };
        assert_eq!((new(&walk, 1_000), new(&walk, 20_000)), (200, 200), "{v4}");
        assert!(walk.posts.contains("5000"), "{v4}");
        // at rest two pages a list
        assert_eq!(walk.round(later.plus(60_000), &mut |request| server.serve(request)), 4, "{v4}");
    }
}

#[test]
fn lists_that_change_while_they_are_read_lose_nothing() {
    for v4 in [true, false] {
        let mut server = Server::of(v4, 400, 400);
        let mut walk = Walk::new(NAME, SECTION);
        let mut turn = 0_u32;
        loop {
            walk.step(SEEN, &mut |request| server.serve(request)).unwrap();
            if !walk.more {
                break;
            }
            turn += 1;
            server.posts.insert(0, (-i64::from(turn), 2_000 + turn));
            server.comments.insert(0, (-i64::from(turn), 30_000 + turn));
            // what vanishes above the place moves everything up; of what is at the place itself a token would be lost
            server.posts.remove(usize::try_from(turn).unwrap() * 7);
            server.comments.remove(usize::try_from(turn).unwrap() * 11);
        }
        walk.round(SEEN.plus(600_000), &mut |request| server.serve(request));
        let day: BTreeSet<String> = server
            .all()
            .into_iter()
            .filter(|id| {
                id.parse::<i64>().unwrap() % 10_000 < 330 || id.parse::<i64>().unwrap() % 10_000 >= 2_000
            })
            .collect();
        let lost: Vec<&String> = day.difference(&walk.posts).collect();
        assert!(lost.is_empty(), "{v4}: {lost:?}");
    }
}

#[test]
fn a_refused_token_begins_the_list_again() {
    let mut server = Server::of(true, 300, 10);
    let mut walk = Walk::new(NAME, SECTION);
    for _ in 0..3 {
        walk.step(SEEN, &mut |request| server.serve(request)).unwrap();
    }
    server.forgets = true;
    // stopped and started again: all that is left is the cursor
    walk.round(SEEN, &mut |request| server.serve(request));
    assert!(!server.forgets);
    assert_eq!(walk.posts, server.all());
    assert!(walk.missed.is_empty());
}

#[test]
fn a_page_of_one_moment_and_a_list_that_stands_still() {
    let mut server = Server::of(true, 0, 0);
    server.posts = (0..230).map(|id| (5, id)).collect();
    let mut walk = Walk::new(NAME, SECTION);
    walk.round(SEEN, &mut |request| server.serve(request));
    assert_eq!((walk.posts.len(), walk.missed.len()), (230, 0));
    // a server that gives the same page for ever
    let same = fixture("v4_posts.json").replace("2026-10-19T1", "2026-10-19T0");
    let mut page = 0;
    let mut walk = Walk::new(NAME, "timeline = 'all'\napi = 'v4'\nlook_back = '30d'");
    let mut serve = |request: Request| {
        page += 1;
        let body = if request.url.contains("/comment/") {
            "{\"items\":[]}".to_owned()
        } else {
            same.replace("ahV_9-x", &page.to_string())
        };
        answer(request, 200, body, SEEN)
    };
    assert!(walk.round(SEEN, &mut serve) < 12);
    assert_eq!(walk.missed.len(), 1);
}

#[test]
fn once_a_day_it_looks_further_down_for_what_was_taken_away() {
    let mut server = Server::of(true, 300, 20);
    let mut walk = Walk::new(NAME, SECTION);
    walk.round(SEEN, &mut |request| server.serve(request));
    server.gone = BTreeSet::from([3, 240, 10_005]);
    walk.round(SEEN.plus(HOUR), &mut |request| server.serve(request));
    assert!(walk.gone.contains("3") && !walk.gone.contains("240"));
    walk.round(SEEN.plus(DAY + HOUR), &mut |request| server.serve(request));
    assert!(walk.gone.contains("240") && walk.gone.contains("10005"), "{:?}", walk.gone);
    assert_eq!(walk.round(SEEN.plus(DAY + 2 * HOUR), &mut |request| server.serve(request)), 3);
}

#[test]
fn pinned_posts_are_not_taken_for_the_end() {
    let mut server = Server::of(true, 120, 0);
    server.posts.insert(0, (1_000_000, 999));
    let mut walk = Walk::new(NAME, SECTION);
    walk.round(SEEN, &mut |request| server.serve(request));
    assert_eq!(walk.posts.len(), 121);
}
