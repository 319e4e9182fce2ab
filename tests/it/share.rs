//! Shares of voice and the figures of a digest, through the store that the daemon writes.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stand outside test functions, where clippy does not allow them by itself"
)]

use proptest::prelude::*;
use vigie::digest;
use vigie::intake::Judge;
use vigie::keyword::Brand;
use vigie::share::{Heard, Permille, Share, Window, share_of_voice};
use vigie::store::{Durability, Store, figures};
use vigie::time::{DAY, HOUR, Time};

use super::filled::{Filled, brands, filled, now, post};

fn week() -> Window {
    Window::ending(now(), 7)
}

proptest! {
    #[test]
    fn shares_sum_to_a_thousand(counts in prop::collection::vec(0_u64..=u64::MAX / 1000, 0..40)) {
        match share_of_voice(&counts) {
            Some(parts) => {
                prop_assert_eq!(parts.iter().map(|part| u64::from(part.0)).sum::<u64>(), 1000);
                prop_assert_eq!(parts.len(), counts.len());
                // Nobody is more than one tenth of a percent away from the exact share, and order is kept.
                let all: u128 = counts.iter().map(|count| u128::from(*count)).sum();
                for (count, part) in counts.iter().zip(&parts) {
                    let exact = u128::from(*count) * 1000 / all;
                    prop_assert!((exact..=exact + 1).contains(&u128::from(part.0)));
                }
                for (a, x) in counts.iter().zip(&parts) {
                    for (b, y) in counts.iter().zip(&parts) {
                        prop_assert!(a <= b || x >= y);
                    }
                }
            }
            None => prop_assert!(counts.iter().all(|count| *count == 0)),
        }
    }
}

#[test]
fn silence_is_not_zero_percent() {
    assert_eq!(share_of_voice(&[0, 0]), None);
    assert_eq!(share_of_voice(&[]), None);
    assert_eq!(share_of_voice(&[1, 1, 1]), Some(vec![Permille(334), Permille(333), Permille(333)]));
    assert_eq!(share_of_voice(&[u64::MAX, u64::MAX]), Some(vec![Permille(500), Permille(500)]));
}

#[test]
fn a_post_about_two_brands_is_two_mentions_and_one_post() {
    let filled = Filled::new();
    let both = |id: &str, who: &str| post("mastodon", id, who, "Molivelle ou Érivolle pour la ville ?", 2);
    filled.hear(both("1", "lucie"), now());
    filled.hear(both("2", "marc"), now());
    filled.hear(post("bluesky", "3", "lucie", "Molivelle, sans hésiter", 1), now());
    let shares = digest::shares(filled.connection(), &brands(), week()).unwrap();
    assert_eq!(shares.totals, Heard { mentions: 5, authors: 3, posts: 2, stories: 3 });
    assert_eq!(shares.brands[0].counts, Heard { mentions: 3, authors: 3, posts: 2, stories: 3 });
    assert_eq!(shares.brands[0].permille, Some(Permille(600)));
    assert_eq!(shares.brands[1].counts, Heard { mentions: 2, authors: 2, posts: 1, stories: 2 });
    assert_eq!(shares.previous, None, "nobody listened a week before");
    assert_eq!(shares.examples, 5);
    assert!(!shares.enough());
}

/// A dispatch that many pass on.
const DISPATCH: &str = "Molivelle annonce un vélo cargo à trois roues fabriqué à Lormières, dont la batterie se change \
    sans outil et dont le cadre est garanti dix ans ; les premières livraisons sont prévues au printemps prochain";

#[test]
fn copies_are_one_story_through_a_restart_and_without_their_first() {
    let mut filled = Filled::new();
    filled.hear(post("feed", "1", "agence", DISPATCH, 5), now());
    filled.hear(post("mastodon", "2", "lucie", &format!("À lire : {DISPATCH}"), 4), now());
    filled.hear(post("mastodon", "3", "marc", "Molivelle, merci !", 3), now());
    filled.hear(post("mastodon", "4", "anne", "Molivelle, merci !", 3), now());
    let heard = |filled: &Filled| digest::shares(filled.connection(), &brands(), week()).unwrap().totals;
    assert_eq!(heard(&filled), Heard { mentions: 4, authors: 4, posts: 3, stories: 3 });
    let copies = |filled: &Filled| -> Vec<Option<i64>> {
        let mut statement = filled.connection().prepare("SELECT story FROM post ORDER BY id").unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    assert_eq!(copies(&filled), [None, Some(1), None, None]);
    // after a restart the texts are read back
    filled.store = None;
    filled.store = Some(Store::open(&filled.folder, Durability::Again).unwrap());
    filled.hear(post("reddit", "5", "zoe", DISPATCH, 2), now());
    assert_eq!(copies(&filled), [None, Some(1), None, None, Some(1)]);
    // seen again it stays; said otherwise it leaves the story
    filled.hear(post("reddit", "5", "zoe", DISPATCH, 2), now());
    assert_eq!(heard(&filled).stories, 3);
    filled.hear(
        post("reddit", "5", "zoe", "Ma Molivelle grince depuis que je l’ai laissée dehors sous la neige", 2),
        now(),
    );
    assert_eq!(copies(&filled), [None, Some(1), None, None, None]);
    // a unit of work that is given up leaves nothing behind
    filled.store().begin().unwrap();
    filled.save(post("feed", "6", "agence", &DISPATCH.replace("Molivelle", "Érivolle"), 1), now());
    filled.store().roll_back();
    filled.hear(post("feed", "7", "autre", DISPATCH, 1), now());
    assert_eq!(copies(&filled).last(), Some(&Some(1)));
}

#[test]
fn shares_by_stories_sum_to_all_and_lie_in_their_intervals() {
    let filled = filled();
    let brands = brands();
    let shares = digest::shares(filled.connection(), &brands, week()).unwrap();
    for by in [
        |share: &Share| share.by_stories,
        |share: &Share| share.by_mentions,
        |share: &Share| share.by_authors,
    ] {
        let intervals: Vec<_> = shares.brands.iter().map(|share| by(share).unwrap()).collect();
        assert_eq!(intervals.iter().map(|interval| interval.permille.0).sum::<u16>(), 1000);
        for interval in intervals {
            assert!(interval.low <= interval.permille && interval.permille <= interval.high, "{interval:?}");
            assert!(interval.low < interval.high || interval.permille.0 == 0, "{interval:?}");
        }
    }
    assert_eq!(shares, digest::shares(filled.connection(), &brands, week()).unwrap());
}

#[test]
fn a_window_holds_its_first_moment_and_not_its_last() {
    let filled = Filled::new();
    let window = Window { from: now().plus(-DAY), to: now() };
    for (id, back) in [("first", 24), ("last", 0), ("inside", 3), ("before", 25)] {
        filled.hear(post("mastodon", id, id, &format!("Molivelle {id}"), back), now());
    }
    let count =
        |window: Window| digest::shares(filled.connection(), &brands(), window).unwrap().totals.mentions;
    assert_eq!(count(window), 2);
    assert_eq!(
        count(window.previous()) + count(window) + count(Window { from: now(), to: now().plus(DAY) }),
        4
    );
    assert_eq!(count(Window::ending(now(), 1)), 2, "the last moment is in, the one a day before is not");
}

#[test]
fn the_default_window_ends_at_the_newest_post_of_a_replay_else_now() {
    let filled = Filled::new();
    filled.hear(post("mastodon", "1", "a", "Molivelle", 50), now());
    let window = |now: Time| digest::default_window(filled.connection(), now).unwrap();
    assert_eq!(window(now()), Window { from: now().plus(-7 * DAY), to: now() });
    filled.store().set_meta("replayed", "1").unwrap();
    let newest = now().plus(-50 * HOUR);
    assert!(window(now()).holds(newest) && !window(now()).holds(newest.plus(1)));
    assert_eq!(window(now()), window(now().plus(400 * DAY)));
}

#[test]
fn a_change_is_one_of_stories_and_no_copies_make_it() {
    const DISPATCH: &str =
        "Molivelle ouvre un atelier à Brest, avec douze emplois et une piste d’essai au bord de l’eau.";
    let told = |copies: bool| {
        let filled = Filled::new();
        for (brand, count, back) in
            [("Molivelle", 40, 330), ("Érivolle", 40, 331), ("Molivelle", 90, 20), ("Érivolle", 40, 21)]
        {
            for place in 0..count {
                let copied = copies && brand == "Molivelle" && back < 100 && place >= 40;
                let text =
                    if copied { DISPATCH.to_owned() } else { format!("{brand}, avis numéro {place}") };
                let id = format!("{brand}-{back}-{place}");
                filled.hear(post("mastodon", &id, &id, &text, back), now().plus(-back * HOUR));
            }
        }
        let shares = digest::shares(filled.connection(), &brands(), week()).unwrap();
        (shares.brands[0].counts, shares.brands[0].change.unwrap())
    };
    let (counts, change) = told(false);
    assert_eq!((counts.mentions, counts.stories), (90, 90));
    assert!(change.detectable);
    assert_eq!((change.permille, change.by_stories), (Some(692 - 500), Some(692 - 500)));
    let (counts, change) = told(true);
    assert_eq!((counts.mentions, counts.stories), (90, 41));
    assert!(!change.detectable);
    assert_eq!((change.permille, change.by_stories), (Some(692 - 500), Some(506 - 500)));
    assert_eq!(change.detected(), None);
}

#[test]
fn periods_are_compared_only_when_both_were_heard() {
    let filled = filled();
    let shares = digest::shares(filled.connection(), &brands(), Window::ending(now(), 7)).unwrap();
    assert_eq!(shares.previous, Some(week().previous()));
    let ours = &shares.brands[0];
    let change = ours.change.unwrap();
    assert_eq!((change.counts.mentions, ours.counts.mentions), (31, 75));
    let (now_part, was) = (i32::from(ours.permille.unwrap().0), i32::from(change.was.unwrap().0));
    assert_eq!(change.permille, Some(now_part - was));
    // more mentions, and hardly any other text: that is no change
    assert!(!change.detectable && ours.counts.stories < 15, "{:?}", ours.counts);
    assert_eq!(shares.brands.iter().map(|share| u32::from(share.permille.unwrap().0)).sum::<u32>(), 1000);
    // Two weeks were heard, so the second week has nothing to be held against.
    let before = digest::shares(filled.connection(), &brands(), week().previous()).unwrap();
    assert_eq!((before.previous, before.brands[0].change), (None, None));
    // A changed query breaks the comparison.
    assert!(!ours.query_changed);
    filled
        .connection()
        .execute_batch(&format!(
            "INSERT INTO word (name) VALUES ('other');
            UPDATE kept_mention SET version = (SELECT id FROM word WHERE name = 'other')
                WHERE counted < {} AND brand = (SELECT id FROM word WHERE name = 'molivelle')",
            week().from.0
        ))
        .unwrap();
    let shares = digest::shares(filled.connection(), &brands(), week()).unwrap();
    assert!(shares.brands[0].query_changed && !shares.brands[1].query_changed);
}

#[test]
fn the_json_of_shares_names_its_window_and_unit() {
    let shares = digest::shares(filled().connection(), &brands(), week()).unwrap();
    insta::assert_json_snapshot!(shares);
    let read: vigie::share::Shares = serde_json::from_str(&serde_json::to_string(&shares).unwrap()).unwrap();
    assert_eq!(read, shares);
}

#[test]
fn copies_are_one_top_post_and_the_loudest_comes_first() {
    let filled = Filled::new();
    for (id, text, likes) in [
        ("1", "Molivelle rappelle ses vélos", 3),
        ("2", "MOLIVELLE rappelle ses vélos !", 9),
        ("3", "Molivelle rappelle ses velos", 1),
        ("4", "Ma Molivelle chante", 5),
        ("5", "Molivelle sans réaction", 0),
        ("6", "Érivolle aussi", 99),
    ] {
        let mut post = post("mastodon", id, id, text, 2);
        post.counts.likes = Some(likes);
        filled.hear(post, now());
    }
    let heard = figures::OfBrands::in_window(filled.connection(), week(), &brands()).unwrap();
    let top = figures::top_posts(filled.connection(), &heard, &brands()[0].id, 2).unwrap();
    let told: Vec<(&str, u64)> =
        top.iter().map(|top| (top.mention.post.native_id.as_str(), top.copies)).collect();
    assert_eq!(told, [("2", 2), ("4", 0)]);
}

#[test]
fn a_digest_tells_what_it_missed() {
    let filled = filled();
    let gathered = digest::gather(filled.connection(), &brands(), week(), now()).unwrap();
    assert_eq!(gathered.gaps.len(), 1);
    let unwell: Vec<&str> = gathered.unwell().map(|of| of.source.as_str()).collect();
    assert_eq!(unwell, ["bluesky"]);
    let stream = gathered.coverage.iter().find(|of| of.source == "bluesky").unwrap();
    // The thirteenth hour is the one that has just begun.
    assert_eq!((stream.hours_due, stream.hours_done, stream.failed), (13, 3, 10));
    assert_eq!(gathered.days.iter().map(|day| day.mentions).sum::<u64>(), gathered.shares.totals.mentions);
    assert_eq!(gathered.days.len(), 7);
    assert_eq!(
        gathered.networks.iter().map(|slice| slice.mentions).sum::<u64>(),
        gathered.shares.totals.mentions
    );
    assert_eq!(
        gathered.languages.iter().map(|slice| slice.mentions).sum::<u64>(),
        gathered.shares.totals.mentions
    );
    // Outside the window there is nothing to tell of.
    let later = digest::gather(
        filled.connection(),
        &brands(),
        Window { from: now().plus(DAY), to: now().plus(2 * DAY) },
        now(),
    )
    .unwrap();
    let earlier = Window { from: now().plus(-9 * DAY), to: now().plus(-8 * DAY) };
    let earlier = digest::gather(filled.connection(), &brands(), earlier, now()).unwrap();
    assert_eq!(earlier.unwell().count(), 0, "it was well then");
    assert!(later.gaps.is_empty() && later.shares.brands.iter().all(|share| share.permille.is_none()));
}

#[test]
fn series_are_marked_where_a_query_changed_and_where_a_brand_joined() {
    let filled = filled();
    let all = brands();
    let note = |brands: &[Brand], at: Time| {
        filled.store().note_queries(&Judge::new(brands).unwrap().matcher, at).unwrap();
    };
    let window = Window::ending(now(), 7);
    note(&all[..3], window.from.plus(-20 * DAY));
    assert!(marks_of(&filled, window).iter().all(|(what, _)| what == "gap" || what == "source"));
    let mut changed = all.clone();
    changed[0].unless = vec!["freins".to_owned()];
    let at = window.from.plus(DAY);
    note(&changed[..3], at);
    note(&changed, at.plus(DAY));
    let marks = marks_of(&filled, window);
    assert!(marks.contains(&("query".to_owned(), "Molivelle".to_owned())), "{marks:?}");
    assert!(marks.contains(&("brand".to_owned(), "Galvorine".to_owned())), "{marks:?}");
    assert!(!marks.contains(&("query".to_owned(), "Érivolle".to_owned())), "{marks:?}");
    assert!(marks.iter().any(|(what, _)| what == "gap"), "{marks:?}");
    assert_eq!(marks_of(&filled, Window { from: window.to, to: window.to.plus(DAY) }), []);
}

fn marks_of(filled: &Filled, window: Window) -> Vec<(String, String)> {
    let marks = figures::marks(filled.connection(), window, &brands()).unwrap();
    marks.into_iter().map(|mark| (mark.what.to_owned(), mark.name)).collect()
}
