//! Mails: what they say in both languages, the bytes that are sent, and what strangers cannot do to them.
//!
//! The pages that the snapshots hold are left in `target/tmp/mail`, to be looked at in a browser.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside test functions, where clippy does not allow them by itself"
)]

use jiff::tz::TimeZone;
use mail_parser::{HeaderName, MessageParser};
use vigie::alert::{Content, On, SHOWN, Trouble};
use vigie::digest::{self, Digest};
use vigie::impostor::{Level, Signal, Suspicion};
use vigie::keyword::Brand;
use vigie::mail::{self, Envelope, Kind, Language, Letter, theme};
use vigie::matcher::{Matcher, Scratch};
use vigie::mention::{Gap, Mention, Suspect};
use vigie::post::{Author, NetworkName, Post};
use vigie::share::Window;
use vigie::time::Time;

use super::share::{brands, filled, now};

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn author(name: &str, handle: &str, followers: Option<u64>) -> Author {
    Author {
        native_id: handle.to_owned(),
        handle: Some(handle.to_owned()),
        display_name: Some(name.to_owned()),
        followers,
        ..Author::default()
    }
}

/// What the matcher makes of a post about the first of our brands.
fn mention(post: Post, example: bool) -> Mention {
    let brands = brands();
    let verdict = Matcher::new(&brands).unwrap().mentions(&post, &mut Scratch::default()).remove(0);
    Mention {
        id: 1,
        brand: verdict.brand,
        version: "0badcafe".to_owned(),
        tags: verdict.tags,
        source: "fediverse".to_owned(),
        example,
        seen: at("2026-10-20T15:30:05.120Z"),
        matched: at("2026-10-20T15:30:05.121Z"),
        counted: at("2026-10-20T15:30:02Z"),
        post,
    }
}

fn post(network: &'static str, text: &str) -> Post {
    let mut post = Post::new(NetworkName::known(network), "1");
    text.clone_into(&mut post.text);
    post.permalink = Some("https://social.example/@lucie/1".to_owned());
    post.published = Some(at("2026-10-20T15:30:02Z"));
    post
}

fn content(on: On) -> Content {
    Content {
        rule: "mentions".to_owned(),
        on,
        mentions: Vec::new(),
        by_brand: Vec::new(),
        suspects: Vec::new(),
        troubles: Vec::new(),
        names: brands().iter().map(|brand| (brand.id.clone(), brand.name.clone())).collect(),
        gaps: Vec::new(),
        grouping: (30, 300),
        written: at("2026-10-20T15:30:36Z"),
    }
}

fn mentions() -> Content {
    let mut praise = post(
        "mastodon",
        "Trois semaines avec mon vélo Molivelle : l’assistance est douce, la béquille tient. #molivelle \
         Et le service client m’a rappelée en dix minutes, un dimanche !",
    );
    praise.author = Some(author("Lucie Martin", "lucie@social.example", Some(1234)));
    let mut question =
        post("reddit", "Moving to an old town, every street is cobbled. The MOLIVELLE looks sturdy. Anyone?");
    question.title = Some("How is the Mo\u{200b}livelle on cobbles?".to_owned());
    question.permalink = Some("https://forum.example/r/ebikes/comments/li76jta".to_owned());
    question.published = Some(at("2026-10-19T21:58:40Z"));
    question.author = Some(author("", "lars_ish", None));
    let mut article = post("feed", "Le comparatif de la rédaction : autonomie, freins, prix.");
    article.title = Some("Érivolle devance ses concurrents en ville".to_owned());
    article.permalink = Some("https://presse.example/velo/comparatif".to_owned());
    article.published = None;
    Content {
        mentions: vec![mention(praise, true), mention(question, false), mention(article, false)],
        by_brand: vec![("Molivelle".to_owned(), 1312), ("Érivolle".to_owned(), 2)],
        gaps: vec![Gap {
            source: "bluesky".to_owned(),
            from: at("2026-10-20T12:00:00Z"),
            to: at("2026-10-20T14:20:00Z"),
            reason: "the stream was cut and its cursor is too old".to_owned(),
            closed: None,
        }],
        ..content(On::NewMention)
    }
}

fn suspects() -> Content {
    let signal = |name: &str, raw: &str, folded: &str| Signal {
        name: name.to_owned(),
        points: 250,
        raw: raw.to_owned(),
        folded: folded.to_owned(),
    };
    let suspect = Suspect {
        id: 3,
        network: NetworkName::known("mastodon"),
        author: Author {
            bio: Some(
                "Service client officiel. Écrivez-nous en privé pour votre remboursement 🎁".to_owned(),
            ),
            created: Some(at("2026-10-19T08:00:00Z")),
            url: Some("https://social.example/@molivelle_support".to_owned()),
            ..author("Molivеlle Support", "molivelle_support@social.example", Some(12))
        },
        suspicion: Suspicion {
            brand: brands()[0].id.clone(),
            level: Level::Alert,
            score: 720,
            likeness: true,
            claim: true,
            signals: vec![
                signal("name_same", "Moliv\u{435}lle Support", "molivelle"),
                signal("support_word", "Support", "support"),
                signal("hidden", "mo\u{200b}livelle", "molivelle"),
            ],
        },
        state: "new".to_owned(),
        source: "fediverse".to_owned(),
        example: true,
        first_seen: at("2026-10-20T15:30:05Z"),
        changed: at("2026-10-20T15:30:05Z"),
    };
    Content { rule: "impostors".to_owned(), suspects: vec![suspect], ..content(On::NewImpostor) }
}

fn troubles() -> Content {
    let trouble = |source: &str, network: &str, reason: &str, silent| Trouble {
        source: source.to_owned(),
        network: network.to_owned(),
        reason: reason.to_owned(),
        since: at("2026-10-20T12:00:00Z"),
        silent,
    };
    Content {
        rule: "sources".to_owned(),
        troubles: vec![
            trouble("presse", "feed", "www.example answered 503 (service unavailable)", false),
            trouble("bluesky", "bluesky", "no post for 3 h, usually one every 2 min", true),
        ],
        ..content(On::SourceDegraded)
    }
}

fn week() -> Digest {
    let store = filled();
    let window = digest::default_window(store.connection(), now()).unwrap();
    digest::gather(store.connection(), &brands(), window, now()).unwrap()
}

/// Every kind of mail, in both languages.
fn letters() -> Vec<(String, Letter)> {
    let store = filled();
    let quiet = Window { from: at("2020-01-01"), to: at("2020-01-08") };
    let quiet = digest::gather(store.connection(), &brands(), quiet, now()).unwrap();
    let week = week();
    [Language::En, Language::Fr]
        .into_iter()
        .flat_map(|language| {
            let code = if language == Language::En { "en" } else { "fr" };
            let alert = |content: Content| mail::alert(&content, language, &paris());
            let one = Content {
                mentions: vec![mentions().mentions.remove(0)],
                by_brand: vec![("Molivelle".to_owned(), 1)],
                ..content(On::NewMention)
            };
            [
                (format!("mentions-{code}"), alert(mentions())),
                (format!("mention-{code}"), alert(one)),
                (format!("suspect-{code}"), alert(suspects())),
                (format!("sources-{code}"), alert(troubles())),
                (format!("digest-{code}"), mail::digest(&week, language, &paris())),
                (format!("quiet-{code}"), mail::digest(&quiet, language, &paris())),
            ]
        })
        .collect()
}

#[test]
fn every_mail_says_what_it_said() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, letter) in letters() {
        std::fs::write(folder.join(format!("{name}.html")), &letter.html).unwrap();
        insta::assert_snapshot!(
            format!("{name}-text"),
            format!("Subject: {}\n\n{}", letter.subject, letter.text)
        );
        // One tag a line, so that a change shows as the line it is.
        insta::assert_snapshot!(format!("{name}-html"), letter.html.replace("><", ">\n<"));
    }
}
