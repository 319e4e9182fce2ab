//! How much of its limits an app has used, as headers say: `X-App-Usage` in percent of the rolling hour,
//! `X-Business-Use-Case-Usage` by business, with minutes to wait.

use std::time::Duration;

use serde_json::Value;

use crate::network::Answer;

/// Percent from which Vigie goes slower, and from which it stops for a while.
const SLOW: f64 = 75.0;
const STOP: f64 = 95.0;
/// Five minutes between pages give an hour's limit time to recover by a twelfth.
const SLOWER: Duration = Duration::from_secs(5 * 60);
/// Half of the rolling hour.
const STOPPED: Duration = Duration::from_secs(30 * 60);
/// The longest wait believed: limits of Pages are counted over 24 hours.
const LONGEST_MINUTES: i64 = 24 * 60;

const HEADERS: [&str; 4] = ["x-app-usage", "x-business-use-case-usage", "x-page-usage", "x-ad-account-usage"];

/// The pause that the headers of an answer advise before the next request.
pub(in crate::network) fn slow_down(answer: &Answer) -> Option<Duration> {
    let mut most = 0.0_f64;
    each(answer, &mut |usage| {
        for key in ["call_count", "total_time", "total_cputime"] {
            most = usage.get(key).and_then(Value::as_f64).map_or(most, |percent| most.max(percent));
        }
    });
    let told = regain(answer).and_then(|millis| u64::try_from(millis).ok()).map(Duration::from_millis);
    let by_percent = if most >= STOP {
        Some(STOPPED)
    } else if most >= SLOW {
        Some(SLOWER)
    } else {
        None
    };
    told.or(by_percent)
}

/// Milliseconds until access is given back, where a header says so.
pub(super) fn regain(answer: &Answer) -> Option<i64> {
    let mut minutes = 0_i64;
    each(answer, &mut |usage| {
        if let Some(told) = super::count(usage, "estimated_time_to_regain_access") {
            minutes = minutes.max(told.min(LONGEST_MINUTES));
        }
    });
    (minutes > 0).then(|| minutes.saturating_mul(60_000))
}

/// Every object with figures in the headers: the header itself, or lists of them by business.
fn each(answer: &Answer, seen: &mut dyn FnMut(&Value)) {
    for header in HEADERS.iter().filter_map(|name| answer.header(name)) {
        let Ok(value) = serde_json::from_str::<Value>(header) else { continue };
        seen(&value);
        for list in value.as_object().into_iter().flat_map(|by_business| by_business.values()) {
            list.as_array().into_iter().flatten().for_each(&mut *seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_figure_counts() {
        let pause = |name: &str, value: &str| {
            let headers = vec![(name.to_owned(), value.to_owned())];
            slow_down(&Answer { headers, ..Answer::default() }).map(|pause| pause.as_secs())
        };
        assert_eq!(pause("x-app-usage", r#"{"call_count":28,"total_time":25,"total_cputime":25}"#), None);
        assert_eq!(
            pause("x-app-usage", r#"{"call_count":28,"total_time":80,"total_cputime":25}"#),
            Some(300)
        );
        assert_eq!(pause("x-app-usage", r#"{"call_count":99.5}"#), Some(1800));
        let business =
            r#"{"1":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":19}],"2":3}"#;
        assert_eq!(pause("x-business-use-case-usage", business), Some(19 * 60));
        assert_eq!(pause("x-app-usage", "soon"), None);
    }
}
