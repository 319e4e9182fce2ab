//! Spikes through the command: on series made for this, and on a corpus where one is named.

use std::fmt::Write as _;

use serde_json::Value;

use super::command::Place;

/// Four weeks from a Monday, a line every five minutes, of a name with quiet nights; from bucket 5,000 on there is an hour
/// with many more.
fn series(usual: u32) -> (String, Vec<String>) {
    let start: jiff::civil::DateTime = "2026-03-02 00:00:00".parse().unwrap();
    let mut random = fastrand::Rng::with_seed(11);
    let (mut text, mut times) = ("timestamp,count\n".to_owned(), Vec::new());
    for at in 0..8064_u32 {
        let time = start.saturating_add(jiff::Span::new().minutes(i64::from(at) * 5));
        let day = (96..264).contains(&(at % 288));
        let event = (5000..5012).contains(&at);
        let count = random.u32(0..=usual * if day { 2 } else { 1 }) + if event { 4 + usual * 6 } else { 0 };
        let time = time.strftime("%Y-%m-%d %H:%M:%S").to_string();
        writeln!(text, "{time},{count}").unwrap();
        times.push(time);
    }
    (text, times)
}

#[test]
fn an_event_is_told_and_the_rest_is_quiet() {
    let place = Place::new("spike-written");
    let (busy, times) = series(60);
    place.write("counts/busy.csv", busy);
    place.write("counts/rare.csv", series(1).0);
    let told = place.ok(&["evaluate", "spikes", "counts", "--answers", "counts/alerts.csv"]);
    assert_eq!(told, "busy: 8064 buckets, 1 alerts\nrare: 8064 buckets, 1 alerts\n");
    let alerts = place.read("counts/alerts.csv");
    let lines: Vec<&str> = alerts.lines().collect();
    assert_eq!(lines.len(), 3, "{alerts}");
    assert_eq!(lines[0], "series,timestamp");
    for (line, name) in lines[1..].iter().zip(["busy", "rare"]) {
        let (series, time) = line.split_once(',').unwrap();
        let at = times.iter().position(|known| known == time).unwrap();
        assert!(series == name && (5000..5012).contains(&at), "{line} is bucket {at}");
    }
    let windows = format!(
        "{{\"busy\":[[\"{}\",\"{}\"]],\"rare\":[[\"{}\",\"{}\"]]}}",
        times[4990], times[5100], times[6000], times[6100]
    );
    place.write("counts/windows.json", windows);
    let told = place.ok(&["evaluate", "spikes", "counts"]);
    assert!(told.contains("busy: 8064 buckets, 1 alerts; caught 1 of 1, 0.00 false alerts a week"), "{told}");
    assert!(told.contains("rare: 8064 buckets, 1 alerts; caught 0 of 1, 0.28 false alerts a week"), "{told}");
    let json = place.ok(&["evaluate", "spikes", "counts", "--json"]);
    let all: Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert_eq!((&all["series"], &all["score"]["caught"]), (&"all".into(), &1.into()));
}

#[test]
fn series_that_are_none_are_told_with_their_lines() {
    let place = Place::new("spike-wrong");
    for (text, told) in [
        ("timestamp,count\n2026-03-02 00:00:00,1\nyesterday,2\n", "a.csv:3: \"yesterday\" is no time"),
        ("2026-03-02 00:00:00,-1\n", "a.csv:1: \"-1\" is no count"),
        ("2026-03-02 00:00:00\n", "a.csv:1: no comma"),
        (
            "2026-03-02 00:05:00,1\n2026-03-02 00:00:00,1\n",
            "a.csv:2: 2026-03-02 00:00:00 does not come after",
        ),
    ] {
        place.write("counts/a.csv", text);
        let ran = place.run(&["evaluate", "spikes", "counts"]);
        assert!(ran.code == 2 && ran.err.contains(told), "{}", ran.err);
    }
    place.write("counts/a.csv", "2026-03-02 00:05:00,1\n");
    place.write("counts/windows.json", "{\"b\":[]}");
    assert!(place.run(&["evaluate", "spikes", "counts"]).err.contains("b has no b.csv beside it"));
    place.write("empty/a.txt", "");
    assert!(place.run(&["evaluate", "spikes", "empty"]).err.contains("holds no series"));
    assert!(place.run(&["evaluate", "spikes", "nowhere"]).err.contains("failed to read nowhere"));
}

#[test]
fn a_corpus_is_told_early_and_seldom() {
    let Some(files) = super::corpus::files("spikes", "csv") else { return };
    let folder = files[0].parent().unwrap().to_string_lossy().into_owned();
    let told = Place::new("spike-corpus").ok(&["evaluate", "spikes", &folder, "--json"]);
    println!("{told}");
    let all: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    let score = &all["score"];
    let rate = score["false_alerts"].as_f64().unwrap() / score["weeks"].as_f64().unwrap();
    assert!(score["nab"].as_f64().unwrap() >= 75.0 && rate <= 1.0, "{score}");
}
