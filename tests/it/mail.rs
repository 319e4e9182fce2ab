//! Mails: what they say in both languages, the bytes that are sent, and what strangers cannot do to them.
//!
//! The pages that the snapshots hold are left in `target/tmp/mail`, to be looked at in a browser.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside test functions, where clippy does not allow them by itself"
)]

use jiff::tz::TimeZone;
use mail_parser::{MessageParser, MimeHeaders as _};
use vigie::alert::{Content, On, SHOWN, Trouble};
use vigie::digest::{self, Digest};
use vigie::impostor::{Level, Signal, Suspicion};
use vigie::mail::{self, Envelope, Kind, Language, Letter, Unsubscribe, theme};
use vigie::matcher::{Field, Matcher, Scratch, Tag};
use vigie::mention::{Gap, Mention, Suspect};
use vigie::post::{Author, NetworkName, Post};
use vigie::relevance::Relevance;
use vigie::share::Window;
use vigie::time::Time;

use super::filled::{brands, filled, now};

mod hostile;
mod kinds;
mod look;
mod reasons;
mod sentences;

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

pub(super) fn at(text: &str) -> Time {
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
    let verdict = Matcher::new(&brands).unwrap().mentions(&post, "", &mut Scratch::default()).remove(0);
    Mention {
        id: 1,
        brand: verdict.brand,
        version: "0badcafe".to_owned(),
        tags: verdict.tags,
        trace: verdict.trace,
        lang: None,
        sentiment: None,
        relevance: Relevance::sure("the name means nothing else"),
        doubtful: false,
        source: "fediverse".to_owned(),
        example,
        seen: at("2026-10-20T15:30:05.120Z"),
        matched: at("2026-10-20T15:30:05.121Z"),
        counted: at("2026-10-20T15:30:02Z"),
        post,
        story: None,
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
        events: Vec::new(),
        asks: None,
        names: brands().iter().map(|brand| (brand.id.clone(), brand.name.clone())).collect(),
        gaps: Vec::new(),
        grouping: (30, 300),
        written: at("2026-10-20T15:30:36Z"),
        answer_to: Some("vigie@lookout.example".to_owned()),
        test: false,
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
            reason: "the stream jumped over it: the server holds no events of that time".to_owned(),
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
                signal("handle_support", "molivelle_support", "molivelle support"),
                signal("display_name_confusable", "Moliv\u{435}lle Support", "molivelle support"),
                signal("bio_contact", "Écrivez-nous en privé", "ecrivez nous en prive"),
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
        opened: None,
        ended: None,
    };
    Content {
        rule: "sources".to_owned(),
        troubles: vec![
            trouble("presse", "feed", "the server answered with HTTP status 503", false),
            trouble(
                "bluesky",
                "bluesky",
                "answers, but has brought nothing new for much longer than usual",
                true,
            ),
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
pub(super) fn letters() -> Vec<(String, Letter)> {
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
            let mut all = vec![
                (format!("mentions-{code}"), alert(mentions())),
                (format!("mention-{code}"), alert(one)),
                (format!("suspect-{code}"), alert(suspects())),
                (format!("sources-{code}"), alert(troubles())),
                (format!("digest-{code}"), mail::digest(&week, language, &paris())),
                (format!("quiet-{code}"), mail::digest(&quiet, language, &paris())),
            ];
            all.extend(kinds::letters(language, &week));
            for (name, letter) in &mut all {
                // The mail that asks says how to get no others: by doing nothing.
                if !name.starts_with("confirm") {
                    letter.leave(
                        &way_out(name.starts_with("mention-"), code),
                        "ana@molivelle.example",
                        language,
                    );
                }
            }
            all
        })
        .collect()
}

/// How mails are ended: by a mail, or at the web door.
fn way_out(by_mail: bool, code: &str) -> Unsubscribe {
    if by_mail {
        return Unsubscribe::Mail("vigie@lookout.example".to_owned());
    }
    let token = "0badcafe".repeat(5);
    Unsubscribe::Link(format!("https://vigie.lookout.example/unsubscribe/{token}?lang={code}"))
}

#[test]
fn every_mail_says_what_it_said() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, letter) in letters() {
        std::fs::write(folder.join(format!("{name}.html")), letter.twin()).unwrap();
        insta::assert_snapshot!(
            format!("{name}-text"),
            format!("Subject: {}\n\n{}", letter.subject, letter.text)
        );
        // One tag a line, so that a change shows as the line it is.
        insta::assert_snapshot!(format!("{name}-html"), letter.html.replace("><", ">\n<"));
    }
}

pub(super) fn envelope(kind: Kind) -> Envelope {
    Envelope {
        from: "Vigie <vigie@lookout.example>".parse().unwrap(),
        to: "Ana Pérez <ana@molivelle.example>".parse().unwrap(),
        key: "mentions/2026-10-20T15:30:06Z/ana@molivelle.example".to_owned(),
        alert: "mentions/2026-10-20T15:30:06Z".to_owned(),
        rule: "mentions".to_owned(),
        kind,
        thread: None,
        unsubscribe: Some(Unsubscribe::Mail("stop@lookout.example".to_owned())),
        written: at("2026-10-20T15:30:36.789Z"),
    }
}

/// The lines of the header, unfolded.
fn headers(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
}

#[test]
fn a_mail_carries_exactly_these_headers() {
    let letter = mail::alert(&mentions(), Language::Fr, &paris());
    let bytes = mail::build(&letter, &envelope(Kind::Alert)).unwrap();
    insta::assert_snapshot!(headers(&bytes).join("\n"));
    let digest = mail::build(&letter, &envelope(Kind::Digest)).unwrap();
    let more: Vec<String> =
        headers(&digest).into_iter().filter(|line| !headers(&bytes).contains(line)).collect();
    assert_eq!(more, ["List-Id: <digests.vigie.lookout.example>", "Precedence: list"]);
    let mut quiet = envelope(Kind::Alert);
    quiet.unsubscribe = None;
    assert!(
        !headers(&mail::build(&letter, &quiet).unwrap()).iter().any(|line| line.starts_with("List-Unsub"))
    );
}

#[test]
fn every_mail_reads_back_as_it_was_written() {
    for (name, letter) in letters() {
        let bytes = mail::build(&letter, &envelope(Kind::Alert)).unwrap();
        assert_eq!(bytes, mail::build(&letter, &envelope(Kind::Alert)).unwrap(), "{name}");
        assert!(bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= 998), "{name}");
        let read = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(read.subject(), Some(letter.subject.as_str()), "{name}");
        if letter.pictures.is_empty() {
            assert_eq!(read.attachment_count(), 0, "{name}");
            assert_eq!(read.parts.len(), 3, "{name}: the frame, the text, the page");
        }
        for picture in &letter.pictures {
            let inside =
                read.parts.iter().find(|part| part.content_id() == Some(picture.id.as_str())).unwrap();
            assert_eq!(inside.contents(), picture.bytes, "{name}");
        }
        let lines = |text: &str| text.replace("\r\n", "\n");
        assert_eq!(lines(&read.body_text(0).unwrap()), letter.text, "{name}");
        assert_eq!(lines(&read.body_html(0).unwrap()), letter.html, "{name}");
        assert_eq!(
            read.message_id(),
            Some(mail::message_id(&envelope(Kind::Alert).key, "lookout.example").trim_matches(['<', '>']))
        );
        assert_eq!(read.date().unwrap().to_timestamp(), 1_792_510_236, "{name}");
        assert_eq!(read.header("Auto-Submitted").and_then(|value| value.as_text()), Some("auto-generated"));
    }
}

#[test]
fn how_mails_are_ended_stands_in_both_parts_and_leads_where_the_header_does() {
    for (name, letter) in letters() {
        let by_mail = name.starts_with("mention-");
        let way = way_out(by_mail, if name.ends_with("fr") { "fr" } else { "en" });
        let envelope = Envelope { unsubscribe: Some(way), ..envelope(Kind::Alert) };
        let bytes = mail::build(&letter, &envelope).unwrap();
        let header = headers(&bytes).into_iter().find(|line| line.starts_with("List-Unsubscribe:")).unwrap();
        let link = header.trim_start_matches("List-Unsubscribe: <").trim_end_matches('>');
        if name.starts_with("confirm") {
            assert!(!letter.html.contains(link) && !letter.text.contains(link), "{name}");
            continue;
        }
        assert_eq!(link.starts_with("mailto:"), by_mail, "{link}");
        let word = if name.ends_with("fr") { "Se\u{a0}désabonner" } else { "Unsubscribe" };
        let page = format!("href=\"{link}\" rel=\"noreferrer nofollow\">{word}");
        assert_eq!(letter.html.matches(&page).count(), 1, "{name}: {}", letter.html);
        assert!(letter.text.ends_with(&format!(":\n{link}\n")), "{name}: {}", letter.text);
    }
}

#[test]
fn only_the_key_makes_the_message_id() {
    let id = mail::message_id("a", "lookout.example");
    assert_eq!(id, mail::message_id("a", "lookout.example"));
    assert_ne!(id, mail::message_id("b", "lookout.example"));
    assert_eq!(id, "<ca978112ca1bbdcafac231b39a23dc4d@lookout.example>");
}

/// Every tag that opens closes again, in order: nothing of a stranger's is a tag.
fn balanced(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in html.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        let name = tag.split(char::is_whitespace).next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if ["!DOCTYPE", "meta", "br", "img"].contains(&name) => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}
