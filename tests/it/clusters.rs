//! Intervals of shares where counts hang together: copies of one text, posts of one author.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside test functions, where clippy does not allow them by itself"
)]

use vigie::digest;
use vigie::post::{Author, NetworkName, Post};
use vigie::share::{Interval, Shares, Window};
use vigie::store::figures::{self, Per};
use vigie::time::HOUR;

use super::filled::{DEEDS, Filled, THINGS, brands, now};

/// A text of its own for each number up to 144.
fn text(brand: &str, number: usize) -> String {
    let (thing, deed) = (THINGS[number % 12], DEEDS[number / 12 % 12]);
    format!("La {thing} de ma {brand} {deed} depuis jeudi, quelqu’un aurait-il une idée ?")
}

fn post(id: &str, author: &str, text: &str, hours: i64) -> Post {
    let mut post = Post::new(NetworkName::known("mastodon"), id);
    text.clone_into(&mut post.text);
    post.published = Some(now().plus(-hours * HOUR));
    post.author = Some(Author { native_id: author.to_owned(), ..Author::default() });
    post
}

fn week() -> Window {
    Window::ending(now(), 7)
}

fn shares(filled: &Filled) -> Shares {
    digest::shares(filled.connection(), &brands(), week()).unwrap()
}

fn hear(filled: &Filled, post: Post) {
    let seen = post.published.unwrap_or(now());
    filled.hear(post, seen);
}

fn ends(interval: Option<Interval>) -> (u16, u16, u16) {
    let interval = interval.unwrap();
    (interval.low.0, interval.permille.0, interval.high.0)
}

/// Wilson's interval of `part` of `all`, worked out by itself, rounded outwards to thousandths.
fn wilson(part: f64, all: f64) -> (f64, f64) {
    let (z, p) = (1.96_f64, part / all);
    let centre = p + z * z / (2.0 * all);
    let half = z * (p * (1.0 - p) / all + z * z / (4.0 * all * all)).sqrt();
    let low = (centre - half) / (1.0 + z * z / all);
    let high = (centre + half) / (1.0 + z * z / all);
    ((low * 1000.0).floor(), (high * 1000.0).ceil())
}

#[test]
fn copies_widen_the_interval_of_mentions_and_not_that_of_stories() {
    let filled = Filled::new();
    for number in 0..20 {
        hear(&filled, post(&format!("m{number}"), &format!("a{number}"), &text("Molivelle", number), 20));
        hear(&filled, post(&format!("e{number}"), &format!("b{number}"), &text("Érivolle", number), 20));
    }
    for copy in 0..40 {
        hear(&filled, post(&format!("copy{copy}"), &format!("c{copy}"), &text("Molivelle", 0), 10));
    }
    let ours = &shares(&filled).brands[0];
    assert_eq!((ours.counts.stories, ours.counts.mentions), (20, 60));
    let (low, high) = wilson(20.0, 40.0);
    let (from, part, to) = ends(ours.by_stories);
    assert_eq!((f64::from(from), part, f64::from(to)), (low, 500, high));
    // by hand: 39 stories of one and one of 41 are worth 80² / (39 + 41²) mentions by themselves
    let worth = 80.0 * 80.0 / (39.0 + 41.0 * 41.0);
    let (low, high) = wilson(0.75 * worth, worth);
    let (from, part, to) = ends(ours.by_mentions);
    assert_eq!((f64::from(from), part, f64::from(to)), (low, 750, high));
    // authors are as many as there are, each of one brand
    let (low, high) = wilson(60.0, 80.0);
    let (from, part, to) = ends(ours.by_authors);
    assert_eq!((f64::from(from), part, f64::from(to)), (low, 750, high));
}

#[test]
fn one_author_of_many_stories_widens_the_headline_and_makes_no_change() {
    let told = |one_author: bool| {
        let filled = Filled::new();
        for number in 0..40 {
            let who = |brand: &str| {
                if one_author && number >= 10 { brand.to_owned() } else { format!("{brand}{number}") }
            };
            let back = 330 - i64::try_from(number).unwrap();
            let then = |text: &str, id: String, who: String| hear(&filled, post(&id, &who, text, back));
            then(&text("Molivelle", number), format!("m{number}"), format!("x{number}"));
            then(&text("Érivolle", number), format!("e{number}"), format!("y{number}"));
            let now = |text: &str, id: String, who: String| hear(&filled, post(&id, &who, text, 20));
            now(&text("Molivelle", number + 50), format!("M{number}"), who("m"));
            now(&text("Molivelle", number + 100), format!("N{number}"), who("m"));
            if number < 25 {
                now(&text("Érivolle", number + 50), format!("E{number}"), who("e"));
            }
        }
        let share = shares(&filled).brands.remove(0);
        (ends(share.by_stories), share.change.unwrap())
    };
    let (alone, change) = told(false);
    assert_eq!(alone.1, 762);
    assert!(change.detectable);
    let (one, change) = told(true);
    assert_eq!(one.1, 762);
    assert!(one.0 < 300 && one.2 > 850, "{one:?}, by many authors {alone:?}");
    assert!(!change.detectable, "sixty stories of one author and fifteen of another are two voices");
}

#[test]
fn what_was_deleted_leaves_the_same_figures_as_what_never_was() {
    let kept = |filled: &Filled, number: usize| {
        let brand = if number.is_multiple_of(3) { "Érivolle" } else { "Molivelle" };
        let who = format!("a{}", number % 7);
        hear(filled, post(&format!("p{number}"), &who, &text(brand, number / 2), 30));
    };
    let (never, deleted) = (Filled::new(), Filled::new());
    for number in 0..60 {
        kept(&never, number);
    }
    for number in 0..60 {
        hear(&deleted, post(&format!("gone{number}"), "loud", &text("Molivelle", number / 5), 31));
        kept(&deleted, number);
    }
    assert_ne!(shares(&never), shares(&deleted));
    for number in 0..60 {
        deleted.withdraw("mastodon", &format!("gone{number}"));
    }
    let (mut never_had, mut had) = (shares(&never), shares(&deleted));
    assert_eq!(never_had.brands[0].counts, had.brands[0].counts);
    for share in never_had.brands.iter_mut().chain(&mut had.brands) {
        assert!(share.counts.mentions == 0 || share.by_mentions.is_some());
        share.change = None;
    }
    assert_eq!(never_had, had);
    let parts = |filled: &Filled| {
        let windows = (week(), week().previous());
        figures::sliced(filled.connection(), Per::Network, windows, &brands()).unwrap()
    };
    let network = &parts(&never)[0];
    assert_eq!(network.now.brands, parts(&deleted)[0].now.brands);
    let inside = Shares::new(&brands(), &network.now, &network.before);
    assert_eq!(inside.brands[0].by_stories, never_had.brands[0].by_stories, "one network is all there is");
}
