//! Mentions of long windows from the rollups: whole days and whole hours are read there, what is left at both ends from the
//! rows. What these give is what the rows give.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, named_params};

use super::{Day, Slice, ids};
use crate::keyword::Brand;
use crate::share::Window;
use crate::store::StoreError;
use crate::time::{DAY, HOUR, Time};

/// A window in parts, each from its first to the one after its last.
struct Parts {
    /// Moments, for the rows.
    moments: [(i64, i64); 2],
    /// Hours since 1970.
    hours: [(i64, i64); 2],
    /// Days since 1970.
    days: (i64, i64),
}

/// `window` with its whole hours apart, and whole days where `days` are kept.
fn parts(window: Window, days: bool) -> Parts {
    let (from, to) = (window.from.0, window.to.0.max(window.from.0));
    let up = |time: i64, unit: i64| time.div_euclid(unit) + i64::from(time.rem_euclid(unit) != 0);
    let (first, last) = (up(from, HOUR), to.div_euclid(HOUR));
    if first >= last {
        return Parts { moments: [(from, to), (to, to)], hours: [(0, 0); 2], days: (0, 0) };
    }
    let moments = [(from, first.saturating_mul(HOUR)), (last.saturating_mul(HOUR), to)];
    let (begin, end) = (up(first, DAY / HOUR), last.div_euclid(DAY / HOUR));
    if !days || begin >= end {
        return Parts { moments, hours: [(first, last), (last, last)], days: (0, 0) };
    }
    let hours = [(first, begin * (DAY / HOUR)), (end * (DAY / HOUR), last)];
    Parts { moments, hours, days: (begin, end) }
}

/// Three queries that give name and mentions of `:brands` from `:from` to before `:to`: of moments, hours and days.
struct Queries {
    rows: &'static str,
    hours: &'static str,
    days: Option<&'static str>,
}

const BRANDS: Queries = Queries {
    rows: "SELECT brand, COUNT(*) FROM clear_mention
        WHERE counted >= :from AND counted < :to AND brand IN (SELECT value FROM json_each(:brands)) GROUP BY brand",
    hours: "SELECT word.name, SUM(mentions) FROM rollup_hour JOIN word ON word.id = rollup_hour.brand
        WHERE hour >= :from AND hour < :to AND word.name IN (SELECT value FROM json_each(:brands)) GROUP BY rollup_hour.brand",
    // A sum for each brand by itself: a join would sort every row by brand once more.
    days: Some(
        "SELECT word.name, (SELECT COALESCE(SUM(mentions), 0) FROM rollup_day
                WHERE rollup_day.brand = word.id AND day >= :from AND day < :to)
            FROM json_each(:brands) AS asked CROSS JOIN word ON word.name = asked.value",
    ),
};

const NETWORKS: Queries = Queries {
    rows: "SELECT post.network, COUNT(*) FROM clear_mention AS mention JOIN post ON post.id = mention.post
        WHERE mention.counted >= :from AND mention.counted < :to
          AND mention.brand IN (SELECT value FROM json_each(:brands)) GROUP BY post.network",
    hours: "SELECT word.name, SUM(mentions) FROM rollup_hour JOIN word ON word.id = rollup_hour.network
        WHERE hour >= :from AND hour < :to
          AND rollup_hour.brand IN (SELECT id FROM word WHERE name IN (SELECT value FROM json_each(:brands)))
        GROUP BY rollup_hour.network",
    days: Some(
        "SELECT network.name, SUM(mentions) FROM json_each(:brands) AS asked CROSS JOIN word ON word.name = asked.value
            CROSS JOIN rollup_day ON rollup_day.brand = word.id AND day >= :from AND day < :to
            CROSS JOIN word AS network ON network.id = rollup_day.network GROUP BY network.id",
    ),
};

const LANGUAGES: Queries = Queries {
    rows: "SELECT COALESCE(NULLIF(COALESCE(post.language, post.lang), ''), 'unknown') AS name, COUNT(*)
        FROM clear_mention AS mention JOIN post ON post.id = mention.post
        WHERE mention.counted >= :from AND mention.counted < :to
          AND mention.brand IN (SELECT value FROM json_each(:brands)) GROUP BY name",
    hours: "SELECT word.name, SUM(mentions) FROM rollup_hour JOIN word ON word.id = rollup_hour.language
        WHERE hour >= :from AND hour < :to
          AND rollup_hour.brand IN (SELECT id FROM word WHERE name IN (SELECT value FROM json_each(:brands)))
        GROUP BY rollup_hour.language",
    days: None,
};

impl Queries {
    /// The sums of a window by name.
    fn sums(
        &self,
        connection: &Connection,
        window: Window,
        brands: &[Brand],
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        let parts = parts(window, self.days.is_some());
        let asked = ids(brands);
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        let mut add = |sql: &str, (from, to): (i64, i64)| -> Result<(), StoreError> {
            if from >= to {
                return Ok(());
            }
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(named_params! { ":from": from, ":to": to, ":brands": &asked })?;
            while let Some(row) = rows.next()? {
                *sums.entry(row.get(0)?).or_default() += row.get::<_, u64>(1)?;
            }
            Ok(())
        };
        for part in parts.moments {
            add(self.rows, part)?;
        }
        for part in parts.hours {
            add(self.hours, part)?;
        }
        if let Some(days) = self.days {
            add(days, parts.days)?;
        }
        Ok(sums)
    }
}

/// Mentions of each of `brands` in `window`, in their order: the counts behind shares of voice by mentions.
///
/// # Errors
/// When SQLite refuses.
pub fn mentions_of(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
) -> Result<Vec<u64>, StoreError> {
    let sums = BRANDS.sums(connection, window, brands)?;
    Ok(brands.iter().map(|brand| sums.get(&*brand.id.0).copied().unwrap_or_default()).collect())
}

/// Mentions by network, most first.
///
/// # Errors
/// When SQLite refuses.
pub fn by_network(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
) -> Result<Vec<Slice>, StoreError> {
    Ok(slices(NETWORKS.sums(connection, window, brands)?))
}

/// Mentions by language (`unknown` where nobody can say), most first.
///
/// # Errors
/// When SQLite refuses.
pub fn by_language(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
) -> Result<Vec<Slice>, StoreError> {
    Ok(slices(LANGUAGES.sums(connection, window, brands)?))
}

fn slices(sums: BTreeMap<String, u64>) -> Vec<Slice> {
    let sums = sums.into_iter().filter(|(_, mentions)| *mentions > 0);
    let mut slices: Vec<Slice> = sums.map(|(name, mentions)| Slice { name, mentions }).collect();
    slices.sort_by(|a, b| b.mentions.cmp(&a.mentions).then_with(|| a.name.cmp(&b.name)));
    slices
}

/// Mentions by day, in whole days back from the end of the window; days without any are listed too.
///
/// # Errors
/// When SQLite refuses.
pub fn by_day(connection: &Connection, window: Window, brands: &[Brand]) -> Result<Vec<Day>, StoreError> {
    let of_brands = by_brand_and_day(connection, window, brands)?;
    let mut days = empty(window);
    for row in of_brands {
        for (day, mentions) in days.iter_mut().zip(row) {
            day.mentions += mentions;
        }
    }
    Ok(days)
}

/// The days of a window, without anything.
fn empty(window: Window) -> Vec<Day> {
    /// A longer window is not shown by day.
    const MOST: i64 = 92;
    let days = (window.to.since(window.from).saturating_add(DAY - 1) / DAY).clamp(0, MOST);
    let from = |back: i64| window.to.plus(-(back + 1) * DAY).max(window.from);
    (0..days).rev().map(|back| Day { from: from(back), mentions: 0 }).collect()
}

/// Mentions of each of `brands`, in their order, by the days of [`by_day`].
///
/// # Errors
/// When SQLite refuses.
pub fn by_brand_and_day(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
) -> Result<Vec<Vec<u64>>, StoreError> {
    const BY_ROWS: &str = "SELECT brand, (:to - 1 - counted) / :unit AS back, COUNT(*) FROM clear_mention
        WHERE counted >= :from AND counted < :to AND brand IN (SELECT value FROM json_each(:brands))
        GROUP BY brand, back";
    const BY_HOURS: &str = "SELECT word.name, (:to - 1 - hour) / :unit AS back, SUM(mentions)
        FROM rollup_hour JOIN word ON word.id = rollup_hour.brand
        WHERE hour >= :from AND hour < :to
          AND rollup_hour.brand IN (SELECT id FROM word WHERE name IN (SELECT value FROM json_each(:brands)))
        GROUP BY rollup_hour.brand, back";
    const BY_DAYS: &str = "SELECT word.name, (:to - 1 - day) / :unit AS back, SUM(mentions)
        FROM json_each(:brands) AS asked CROSS JOIN word ON word.name = asked.value
            CROSS JOIN rollup_day ON rollup_day.brand = word.id AND day >= :from AND day < :to
        GROUP BY word.id, back";
    let days = empty(window).len();
    let whole = |unit: i64| window.from.0.rem_euclid(unit) == 0 && window.to.0.rem_euclid(unit) == 0;
    let (sql, unit) = if whole(DAY) {
        (BY_DAYS, DAY)
    } else if whole(HOUR) {
        (BY_HOURS, HOUR)
    } else {
        (BY_ROWS, 1)
    };
    let places: HashMap<&str, usize> =
        brands.iter().enumerate().map(|(place, brand)| (&*brand.id.0, place)).collect();
    let mut all = vec![vec![0; days]; brands.len()];
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(named_params! {
        ":from": window.from.0.div_euclid(unit), ":to": window.to.0.div_euclid(unit), ":unit": DAY / unit,
        ":brands": ids(brands)
    })?;
    while let Some(row) = rows.next()? {
        let brand: String = row.get(0)?;
        let back: usize = row.get(1)?;
        let day = places
            .get(brand.as_str())
            .and_then(|place| all.get_mut(*place))
            .and_then(|of| of.get_mut(days.checked_sub(back + 1)?));
        if let Some(mentions) = day {
            *mentions = row.get(2)?;
        }
    }
    Ok(all)
}

/// Mentions by hour: each hour that has any, by its beginning.
///
/// # Errors
/// When SQLite refuses.
pub fn by_hour(
    connection: &Connection,
    window: Window,
    brands: &[Brand],
) -> Result<Vec<(Time, u64)>, StoreError> {
    const BY_ROWS: &str = "SELECT counted, COUNT(*) FROM clear_mention
        WHERE counted >= :from AND counted < :to AND brand IN (SELECT value FROM json_each(:brands)) GROUP BY counted";
    const BY_HOURS: &str = "SELECT hour, SUM(mentions) FROM rollup_hour
        WHERE hour >= :from AND hour < :to
          AND brand IN (SELECT id FROM word WHERE name IN (SELECT value FROM json_each(:brands))) GROUP BY hour";
    let parts = parts(window, false);
    let asked = ids(brands);
    let mut hours: BTreeMap<i64, u64> = BTreeMap::new();
    let mut add = |sql: &str, unit: i64, (from, to): (i64, i64)| -> Result<(), StoreError> {
        if from >= to {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(named_params! { ":from": from, ":to": to, ":brands": &asked })?;
        while let Some(row) = rows.next()? {
            *hours.entry(row.get::<_, i64>(0)?.div_euclid(unit)).or_default() += row.get::<_, u64>(1)?;
        }
        Ok(())
    };
    for part in parts.moments {
        add(BY_ROWS, HOUR, part)?;
    }
    for part in parts.hours {
        add(BY_HOURS, 1, part)?;
    }
    Ok(hours.into_iter().map(|(hour, mentions)| (Time(hour.saturating_mul(HOUR)), mentions)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_make_up_the_window(from in -100 * HOUR..100 * HOUR, long in 0..100 * HOUR, whole: bool, days: bool) {
            let from = if whole { from.div_euclid(HOUR) * HOUR } else { from };
            let parts = parts(Window { from: Time(from), to: Time(from + long) }, days);
            let mut all: Vec<(i64, i64)> = parts.moments.to_vec();
            all.extend(parts.hours.map(|(from, to)| (from * HOUR, to * HOUR)));
            all.push((parts.days.0 * DAY, parts.days.1 * DAY));
            all.retain(|(from, to)| from < to);
            all.sort_unstable();
            prop_assert_eq!(all.iter().map(|(from, to)| to - from).sum::<i64>(), long);
            prop_assert!(all.windows(2).all(|pair| pair[0].1 == pair[1].0));
            prop_assert!(all.first().is_none_or(|first| first.0 == from));
        }
    }
}
