//! Mails about what became so, of every kind and at every stage, and the mails that are neither alert nor digest.

use std::time::Duration;

use vigie::alert::{Content, Course, Event, On, Phase, Rule, Trouble, What};
use vigie::digest::Digest;
use vigie::mail::{self, Held, Language, Letter};
use vigie::mention::Mention;
use vigie::share::{Permille, Window};
use vigie::store::vitals::Vitals;
use vigie::time::{HOUR, Time};

use super::{at, author, brands, content, mention, paris, post, suspects, troubles};

/// How the alerts of these rules are gathered.
const WAIT: Duration = Duration::from_secs(30);
const EVERY: Duration = Duration::from_secs(300);

/// Their names, each with the letter; `week` is the digest that held-back alerts stand in.
pub(super) fn letters(language: Language, week: &Digest) -> Vec<(String, Letter)> {
    let alert = |content: Content| mail::alert(&content, language, &paris());
    let code = if language == Language::En { "en" } else { "fr" };
    let mut letters: Vec<(String, Letter)> =
        events().into_iter().map(|(name, content)| (format!("{name}-{code}"), alert(content))).collect();
    for on in [On::HighRisk, On::BigAuthor, On::FirstAuthor, On::OfficialPost] {
        let rule = on.word().to_owned();
        let content = Content { rule, mentions: vec![angry()], ..content(on) };
        letters.push((format!("{}-{code}", on.word()), alert(content)));
    }
    let rule = On::ImpostorChanged.word().to_owned();
    let changed = Content { rule, on: On::ImpostorChanged, ..suspects() };
    letters.push((format!("impostor_changed-{code}"), alert(changed)));
    letters.push((format!("recovered-{code}"), alert(recovered())));
    let held = held();
    let (window, now) = (day(), at("2026-10-20T15:30:36Z"));
    letters.push((format!("held-{code}"), mail::held(&held, now, language, &paris())));
    letters.push((format!("digest_held-{code}"), mail::digest_with(week, &held, language, &paris())));
    let vitals = Vitals {
        posts: 1_204_311,
        mentions: 312,
        sent: 14,
        well: 5,
        unwell: vec!["presse".to_owned(), "bluesky".to_owned()],
    };
    letters.push((format!("on_watch-{code}"), mail::on_watch(&vitals, window, language, &paris())));
    let link = "https://vigie.lookout.example/confirm/0badcafe0badcafe0badcafe0badcafe0badcafe";
    let asked = mail::confirm("ana@dest.example", Some(link), "vigie@lookout.example", language);
    letters.push((format!("confirm-{code}"), asked));
    let asked = mail::confirm("ana@dest.example", None, "vigie@lookout.example", language);
    letters.push((format!("confirm_by_hand-{code}"), asked));
    letters
}

fn day() -> Window {
    Window { from: at("2026-10-19T15:00:00Z"), to: at("2026-10-20T15:00:00Z") }
}

/// Three days of a dozen mentions by day and hardly one at night, and a last hour of forty.
fn course() -> Course {
    let by_day = |hour: u32| (6..20).contains(&(hour % 24));
    let hours = (0..72_u32).map(|hour| match hour {
        71 => Some(41),
        // Nobody listened.
        30..34 => None,
        hour if by_day(hour) => Some(8 + hour * 7 % 6),
        hour => Some(hour % 2),
    });
    let usual = (0..72).map(|hour| if by_day(hour) { (6, 15) } else { (0, 2) });
    Course { to: day().to, hours: hours.collect(), usual: usual.collect() }
}

/// The same days, at the end of which hardly anything is said for `hours`.
fn dry(hours: usize) -> Course {
    let mut course = course();
    let end = course.hours.len();
    for (hour, count) in course.hours.iter_mut().enumerate() {
        let few = u32::from(hour % 2 == 0);
        *count = count.map(|count| if hour + hours >= end { few } else { count.min(15) });
    }
    course
}

fn angry() -> Mention {
    let text = "Rappel des freins Molivelle : le mien a cassé net dans une descente, et personne ne répond.";
    let mut post = post("mastodon", text);
    post.author = Some(author("Jeanne Roux", "jeanne@social.example", Some(48_200)));
    mention(post, false)
}

fn admired() -> Mention {
    let text = "Érivolle sort un vélo cargo à moins de 2\u{202f}000 euros : qui l’a essayé en ville ?";
    let mut post = post("bluesky", text);
    post.permalink = Some("https://social.example/profile/erivolle.example/post/7".to_owned());
    post.author = Some(author("Érivolle", "erivolle.example", Some(9_310)));
    mention(post, false)
}

fn told(what: What, phase: Phase, course: Option<Course>) -> Content {
    let hour = Window { from: day().to.plus(-HOUR), to: day().to };
    let lasts = matches!(what, What::Drop { .. } | What::Surge { .. } | What::Sentiment { .. });
    let half_a_day = Window { from: day().to.plus(-11 * HOUR), to: day().to };
    let window = match what {
        What::Silence { .. } => half_a_day,
        _ if lasts || phase == Phase::Ended => day(),
        _ => hour,
    };
    // What Molivelle watches of others is about Érivolle.
    let theirs = matches!(what, What::AccountChanged { .. } | What::Reactions { .. } | What::Surge { .. });
    let brand = brands()[usize::from(theirs)].clone();
    let event = Event::new(brand.id.clone(), (window.from, window.to), what);
    let event = Event { phase, course, opened: Some(window.from), ..event };
    let shown =
        matches!(event.kind(), On::Spike | On::Sentiment | On::Surge | On::TakesOff) && phase != Phase::Ended;
    let mentions = match (shown, theirs) {
        (true, false) => vec![angry()],
        (true, true) => vec![admired()],
        (false, _) => Vec::new(),
    };
    let rule = Rule { brands: vec![brand.id], ..Rule::new(event.kind(), WAIT, EVERY) };
    let asks = [Language::En, Language::Fr].map(|language| mail::describe(&rule, &brands(), language));
    let (rule, on) = (event.kind().word().to_owned(), event.kind());
    Content { rule, mentions, asks: Some(asks), events: vec![event], ..content(on) }
}

fn events() -> Vec<(&'static str, Content)> {
    let (network, handle) = ("bluesky".to_owned(), "erivolle.example".to_owned());
    let spike = |count, all| What::Spike { count, usual: 910, all };
    let quiet = || What::Silence { longest: 5 * HOUR };
    let drop = |count| What::Drop { count, usual: 14_820 };
    let sour = |now, count| What::Sentiment { now: Permille(now), before: Permille(140), count, all: 120 };
    let surge = What::Surge { now: Permille(431), before: Permille(288), count: 164 };
    let reactions =
        |count| What::Reactions { network: network.clone(), handle: handle.clone(), count, usual: 36 };
    let changed = What::AccountChanged {
        network: network.clone(),
        handle: handle.clone(),
        field: "bio".to_owned(),
        before: Some("Vélos pour la ville".to_owned()),
        after: Some("Vélos, et maintenant cargos, pour la ville".to_owned()),
    };
    let fallen =
        What::PrecisionFallen { keyword: "molivelle".to_owned(), lately: (11, 20), before: (38, 40) };
    vec![
        ("spike", told(spike(41, None), Phase::Opened, Some(course()))),
        ("spike_grew", told(spike(95, None), Phase::Grew, Some(course()))),
        ("spike_over", told(spike(95, Some(404)), Phase::Ended, Some(course()))),
        ("drop", told(drop(12), Phase::Opened, Some(dry(24)))),
        ("drop_over", told(drop(131), Phase::Ended, Some(dry(0)))),
        ("silence", told(quiet(), Phase::Opened, None)),
        ("silence_over", told(quiet(), Phase::Ended, None)),
        ("sentiment", told(sour(483, 58), Phase::Opened, None)),
        ("sentiment_grew", told(sour(612, 73), Phase::Grew, None)),
        ("sentiment_over", told(sour(612, 73), Phase::Ended, None)),
        ("surge", told(surge, Phase::Opened, Some(course()))),
        ("account_changed", told(changed, Phase::Opened, None)),
        ("takes_off", told(reactions(512), Phase::Opened, None)),
        ("flops", told(reactions(4), Phase::Opened, None)),
        ("precision_fallen", told(fallen, Phase::Opened, None)),
    ]
}

/// A source that failed for some hours and works again.
fn recovered() -> Content {
    let failed = troubles();
    let first = failed.troubles.first().cloned().unwrap();
    let ended = Some(at("2026-10-20T14:20:00Z"));
    let over = Trouble { opened: Some(first.since), ended, ..first };
    Content { troubles: vec![over], ..failed }
}

fn held() -> Vec<Held> {
    let line = |minute: i64, subject: &str, rule: &str| Held {
        subject: subject.to_owned(),
        rule: rule.to_owned(),
        written: Time(at("2026-10-20T12:00:00Z").0 + minute * 60_000),
    };
    vec![
        line(1, "Molivelle: new mention by @lucie@social.example on Mastodon", "new_mention"),
        line(4, "Molivelle : nouvelle mention de @théo@social.example sur Mastodon", "new_mention"),
        line(31, "Érivolle: share of voice rising – started", "surge"),
    ]
}

#[test]
fn a_picture_is_small_however_restless_the_days_were() {
    let mut random = fastrand::Rng::with_seed(3);
    for most in [2, 10, 100, 100_000] {
        let hours = (0..72).map(|_| Some(random.u32(0..most))).collect();
        let course = Course { to: day().to, hours, usual: vec![(most / 5, most / 2); 72] };
        let spike = What::Spike { count: 41, usual: 910, all: None };
        let letter = mail::alert(&told(spike, Phase::Opened, Some(course)), Language::Fr, &paris());
        let picture = &letter.pictures[0];
        println!("{} bytes for up to {most} an hour", picture.bytes.len());
        assert!(picture.bytes.len() < 15_000, "{}", picture.bytes.len());
        let read = image::load_from_memory(&picture.bytes).unwrap();
        assert_eq!((read.width(), read.height()), (1080, 240), "twice as large as it is shown");
    }
}
