//! Clocks that jump, days of 23 and 25 hours, and dates that cannot be.

use super::*;
fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

#[test]
fn a_daily_digest_comes_once_a_day_through_both_changes_of_the_clock() {
    let paris = TimeZone::get("Europe/Paris").unwrap();
    // Half past two comes never on one of these nights and twice on the other.
    for (from, to) in
        [("2026-03-27T12:00:00Z", "2026-03-31T12:00:00Z"), ("2026-10-23T12:00:00Z", "2026-10-27T12:00:00Z")]
    {
        let mut watch = Watch::new("clocks", Vec::new());
        let half_past_two = jiff::civil::Time::constant(2, 30, 0, 0);
        watch.keeper.set_schedule(Schedule { every: Every::Day, at: half_past_two, ..Schedule::default() });
        let mut days: BTreeMap<String, usize> = BTreeMap::new();
        let mut now = at(from);
        while now < at(to) {
            let written = watch.keeper.tick(now).unwrap();
            if written > 0 {
                let day = now.stamp().to_zoned(paris.clone()).date().to_string();
                *days.entry(day).or_default() += written;
            }
            now = now.plus(10 * MINUTE);
        }
        assert_eq!(days.values().copied().collect::<Vec<_>>(), [1, 1, 1, 1], "{days:?}");
    }
}

#[test]
fn a_clock_that_jumps_makes_no_flood_and_loses_nothing() {
    let mut watch = Watch::new("jumps", vec![rule(On::NewMention)]);
    watch.keeper.set_schedule(Schedule { every: Every::Day, ..Schedule::default() });
    let digests = |watch: &Watch| {
        let sql = "SELECT count(*) FROM notice WHERE kind = 'digest'";
        watch.keeper.store().connection().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    watch.keeper.tick(noon()).unwrap();
    // An hour back and forth over the moment of the digest, over and over.
    let eight = at("2026-06-11T06:00:00Z");
    for round in 0..6 {
        watch.keeper.tick(eight.plus(if round % 2 == 0 { 30 * MINUTE } else { -30 * MINUTE })).unwrap();
    }
    assert_eq!(digests(&watch), 1);
    // Ten days ahead: one digest, about the last day. Then back to where it was: none until that moment has passed.
    watch.keeper.tick(eight.plus(10 * DAY)).unwrap();
    assert_eq!(digests(&watch), 2);
    watch.hears("A Molivelle goes by", eight.plus(HOUR), by("lena", 3));
    watch.keeper.tick(eight.plus(HOUR + MINUTE)).unwrap();
    assert_eq!(watch.subjects().len(), 3, "an alert does not wait for a clock that was ahead");
    assert_eq!(digests(&watch), 2);
}

#[test]
fn posts_with_impossible_dates_are_kept_and_move_no_window() {
    let mut watch = Watch::new("dates", vec![rule(On::NewMention)]);
    watch.keeper.set_schedule(Schedule { every: Every::Day, ..Schedule::default() });
    watch.keeper.tick(noon()).unwrap();
    let cases = [
        ("long ago, says the server", Dates::Server, "1970-01-01T00:00:01Z", None),
        ("long ago, says the author", Dates::Author, "1970-01-01T00:00:01Z", Some(noon())),
        ("to come, says the server", Dates::Server, "2090-01-01T00:00:00Z", Some(noon())),
        ("to come, says the author", Dates::Author, "2090-01-01T00:00:00Z", Some(noon())),
    ];
    for (what, dates, published, counted) in cases {
        let mut post = Post::new(NETWORK, what);
        post.text = format!("Molivelle, {what}");
        post.published = Some(at(published));
        let page = Page { posts: vec![post], ..Page::default() };
        let origin = Origin { source: "stream", dates, look_back: false };
        let judged = watch.judge.judge(page, origin, noon(), &mut Scratch::default());
        watch.keeper.save(watch.source, &[judged], Clock::Live(noon())).unwrap();
        let sql = "SELECT post.published, mention.counted FROM mention JOIN post ON post.id = mention.post WHERE native_id = ?1";
        let kept: (i64, i64) = watch
            .keeper
            .store()
            .connection()
            .query_row(sql, [what], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(kept, (at(published).0, counted.unwrap_or(at(published)).0), "{what}");
    }
    // Nothing is told of the year 1970, and time has not moved: one mail about the two others, one digest a day.
    watch.keeper.tick(noon().plus(MINUTE)).unwrap();
    assert_eq!(watch.subjects(), ["Molivelle: 2 new mentions"]);
    for day in 1..=3 {
        assert_eq!(watch.keeper.tick(noon().plus(day * DAY)).unwrap(), 1, "day {day}");
    }
}

#[test]
fn quiet_hours_hold_through_the_short_night_and_the_long_one() {
    for (night, morning) in
        [("2026-03-28T21:00:00Z", "2026-03-29T05:00:00Z"), ("2026-10-24T20:00:00Z", "2026-10-25T06:00:00Z")]
    {
        let manners = Manners { quiet: Quiet::parse("22:00-07:00"), ..Manners::default() };
        let mut watch = Watch::mannered("quiet-clocks", vec![rule(On::NewMention)], manners);
        let mut now = at(night);
        let mut heard = 0;
        while now < at(morning) {
            watch.hears("A Molivelle goes by", now, by(&format!("a{heard}"), 3));
            heard += 1;
            now = now.plus(30 * MINUTE);
        }
        watch.passes(at(morning).plus(-1));
        assert_eq!(watch.subjects(), [] as [String; 0], "{night}");
        watch.passes(at(morning));
        let subjects = watch.subjects();
        assert_eq!(subjects, [format!("Molivelle: {heard} new mentions")], "{night}");
    }
}
