//! `vigie backup` and `vigie restore`: consistent copies, nothing lost on the way back.

use std::sync::atomic::{AtomicBool, Ordering};

use vigie::store::{Durability, Store};

use super::command::Place;

fn place(name: &str) -> Place {
    let place = Place::new(name);
    place.write("keywords/molivelle.toml", "ours = true\nkeywords = [\"Molivelle\"]\n");
    let line = |id: u32| {
        format!(
            "{{\"network\":\"x\",\"id\":\"{id}\",\"text\":\"Molivelle {id}\",\"created_at\":\"2026-01-05T00:00:00Z\"}}\n"
        )
    };
    place.write("capture.jsonl", (1..=20).map(line).collect::<String>());
    place.ok(&["replay", "capture.jsonl", "--data", "live"]);
    place
}

fn mentions(place: &Place, data: &str) -> i64 {
    let connection = vigie::store::reader(&place.0.join(data)).unwrap();
    connection.query_row("SELECT count(*) FROM mention", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_backup_comes_back_whole() {
    let place = place("backup-whole");
    let told = place.ok(&["backup", "copies/", "--data", "live"]);
    let [name] = <[String; 1]>::try_from(place.list("copies")).unwrap();
    assert!(name.starts_with("vigie-20") && name.ends_with(".db"), "{name}");
    assert!(told.contains("20 mentions") && told.contains("checked"), "{told}");
    let copy = format!("copies/{name}");
    let told = place.ok(&["restore", &copy, "--data", "again"]);
    assert!(told.contains("restored, 20 mentions"), "{told}");
    assert_eq!(mentions(&place, "again"), 20);
    let shares = |data: &str| place.ok(&["share", "--json", "--data", data]);
    assert_eq!(shares("again"), shares("live"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(place.0.join(&copy)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "only its owner may read what people wrote");
    }
}

#[test]
fn a_backup_of_a_busy_store_is_consistent() {
    let place = place("backup-busy");
    let store = Store::open(&place.0.join("live"), Durability::Again).unwrap();
    store.set_meta("left", "0").unwrap();
    store.set_meta("right", "0").unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (store, stop) = (store, &stop);
        let _end = Stop(stop);
        scope.spawn(move || {
            // Two values that always change together: a copy that tears a transaction shows them apart.
            for count in 1.. {
                store.begin().unwrap();
                store.set_meta("left", &count.to_string()).unwrap();
                store.set_meta("right", &count.to_string()).unwrap();
                store.commit().unwrap();
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        for round in 0..5 {
            let file = format!("copy-{round}.db");
            place.ok(&["backup", &file, "--data", "live"]);
            let data = format!("data-{round}");
            place.ok(&["restore", &file, "--data", &data]);
            let copy = Store::join(&place.0.join(&data)).unwrap();
            assert_eq!(copy.meta("left").unwrap(), copy.meta("right").unwrap());
        }
    });
}

/// Ends the writing thread, even when the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn backup_refuses_what_it_cannot_do() {
    let place = place("backup-refuses");
    let ran = place.run(&["backup", "b.db", "--data", "nowhere"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("holds no data yet"), "{}", ran.err);
    assert!(!place.0.join("nowhere").exists());
    place.write("b.db", "mine");
    let ran = place.run(&["backup", "b.db", "--data", "live"]);
    assert_eq!((ran.code, place.read("b.db").as_str()), (2, "mine"), "{}", ran.err);
    place.ok(&["backup", "b.db", "--data", "live", "--force"]);
    let ran = place.run(&["backup", "live/vigie.db", "--data", "live", "--force"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert_eq!(mentions(&place, "live"), 20);
    let ran = place.run(&["backup", "no/such/folder.db", "--data", "live"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("no/such/folder.db"), "{}", ran.err);
}

#[test]
fn restore_refuses_before_it_touches_anything() {
    let place = place("restore-refuses");
    place.ok(&["backup", "good.db", "--data", "live"]);
    let bytes = std::fs::read(place.0.join("good.db")).unwrap();
    place.write("cut.db", &bytes[..bytes.len() / 2]);
    place.write(
        "text.db",
        "this is no database at all, and long enough to be read as one by mistake, is it not",
    );
    place.write("empty.db", "");
    let newer = rusqlite_at(&place, "newer.db", &bytes);
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    drop(rusqlite_at(&place, "other.db", b""));
    let other = rusqlite_at(&place, "other.db", b"");
    other.execute_batch("CREATE TABLE t (x); PRAGMA user_version = 1").unwrap();
    drop(other);
    for (file, says) in [
        ("cut.db", "damaged"),
        ("text.db", "no backup of Vigie"),
        ("empty.db", "no backup of Vigie"),
        ("newer.db", "update vigie"),
        ("other.db", "no backup of Vigie"),
        ("missing.db", "no such file"),
    ] {
        let ran = place.run(&["restore", file, "--data", "fresh", "--force"]);
        assert_eq!(ran.code, 1, "{file}: {}", ran.err);
        assert!(ran.err.contains(says), "{file}: {}", ran.err);
        assert!(!place.0.join("fresh").exists(), "{file}");
    }
    let before = place.list("live");
    let ran = place.run(&["restore", "good.db", "--data", "live"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("--force"), "{}", ran.err);
    assert_eq!(place.list("live"), before);
    let held = Store::open(&place.0.join("live"), Durability::Full).unwrap();
    let ran = place.run(&["restore", "good.db", "--data", "live", "--force"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains(&format!("in use by process {}", std::process::id())), "{}", ran.err);
    drop(held);
    assert_eq!(mentions(&place, "live"), 20);
}

fn rusqlite_at(place: &Place, name: &str, bytes: &[u8]) -> rusqlite::Connection {
    place.write(name, bytes);
    rusqlite::Connection::open(place.0.join(name)).unwrap()
}

#[test]
fn what_is_replaced_is_kept() {
    let place = place("restore-keeps");
    place.ok(&["backup", "good.db", "--data", "live"]);
    let store = Store::open(&place.0.join("live"), Durability::Full).unwrap();
    store.connection().execute("DELETE FROM kept_mention WHERE id > 5", []).unwrap();
    drop(store);
    let told = place.ok(&["restore", "good.db", "--data", "live", "--force"]);
    assert!(told.contains("the replaced store is kept as live/replaced-"), "{told}");
    assert_eq!(mentions(&place, "live"), 20);
    let kept =
        place.list("live").into_iter().find(|name| name.starts_with("replaced-") && name.ends_with(".db"));
    let kept = rusqlite::Connection::open(place.0.join("live").join(kept.unwrap())).unwrap();
    let left: i64 = kept.query_row("SELECT count(*) FROM mention", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 5);
}
