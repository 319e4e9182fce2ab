//! What a person reads who has made a mistake in a file, and the shipped list of every setting.

use std::collections::BTreeSet;
use std::path::Path;

use vigie::config::Config;
use vigie::network;

use super::command::Place;

const BRAND: &str = "ours = true\nkeywords = [\"Molivelle\"]\n";

/// Mistakes in vigie.toml: what it is about, and the text.
const WRONG: &[(&str, &str)] = &[
    ("unknown key at the top, near one", "data_dirs = \"x\"\n"),
    ("unknown key at the top, near none", "zzz = 1\n"),
    ("unknown section", "[digests]\nevery = \"day\"\n"),
    ("unknown key of mail", "[mail]\ntoo = [\"a@b.example\"]\n"),
    ("unknown key of smtp", "[mail.smtp]\nhost = \"localhost\"\nprot = 25\n"),
    ("unknown key of alerts", "[alerts]\nwaits = \"30s\"\n"),
    ("unknown key of a rule", "[[rule]]\non = \"new_mention\"\nbrand = [\"molivelle\"]\n"),
    ("unknown key of digest", "[digest]\nday = \"monday\"\n"),
    ("unknown key of fetch", "[fetch]\nconect_timeout = \"10s\"\n"),
    ("unknown key of a source", "[[source]]\nnetwork = \"feed\"\nulr = \"https://a.example/f\"\n"),
    ("a key of another network", "[[source]]\nnetwork = \"feed\"\ntags = [\"a\"]\n"),
    ("a number for a text", "data_dir = 3\n"),
    ("an empty text", "data_dir = \"\"\nkeywords = \" \"\n"),
    ("a text for a section", "mail = \"ana@acme.example\"\n"),
    ("one section for a list of them", "[source]\nnetwork = \"feed\"\n"),
    ("a list of sections for one", "[[mail]]\nto = [\"a@b.example\"]\n"),
    ("a text for a list of sections", "source = \"feed\"\n"),
    ("a bad address", "[mail]\nto = [\"ana\", \"bob@b.example\", 3]\nfrom = \"Vigie <vigie>\"\n"),
    ("nobody to write to", "[mail]\nto = []\n"),
    ("a bad language", "[mail]\nlanguage = \"french\"\n"),
    ("a bad zone", "[mail]\nzone = \"Europe/Pari\"\n"),
    ("a zone that is none at all", "[mail]\nzone = \"12\"\n"),
    (
        "a folder and a server",
        "[mail]\nto = \"a@b.example\"\nfolder = \"out\"\n[mail.smtp]\nhost = \"mail.b.example\"\n",
    ),
    ("a server and nobody to write to", "[mail.smtp]\nhost = \"mail.b.example\"\n"),
    ("bad waits", "[mail]\nanswer = \"0s\"\nretry = [\"1m\", \"soon\", \"0s\"]\n"),
    ("no server", "[mail.smtp]\nport = 25\n"),
    ("a server with its port", "[mail]\nto = \"a@b.example\"\n[mail.smtp]\nhost = \"mail.b.example:25\"\n"),
    ("a bad port", "[mail.smtp]\nhost = \"localhost\"\nport = 70000\n"),
    ("a port as text", "[mail.smtp]\nhost = \"localhost\"\nport = \"25\"\n"),
    ("a bad tls", "[mail.smtp]\nhost = \"localhost\"\ntls = \"ssl\"\n"),
    (
        "no protection",
        "[mail]\nto = \"a@b.example\"\n[mail.smtp]\nhost = \"mail.b.example\"\ntls = \"none\"\n",
    ),
    ("a password in the file", "[mail.smtp]\nhost = \"localhost\"\nuser = \"ana\"\npassword = \"hunter2\"\n"),
    (
        "a token of a source in the file",
        "[[source]]\nnetwork = \"mastodon\"\nname = \"my server\"\naccess_token = \"hunter2\"\n",
    ),
    ("a secret at the top", "smtp_password = \"hunter2\"\n"),
    ("bad lengths of time", "[alerts]\nwait = \"30\"\nevery = 300\n"),
    ("a bad rule", "[[rule]]\non = \"new_mentions\"\n[[rule]]\nname = \"x\"\n"),
    ("two rules of one name", "[[rule]]\non = \"new_mention\"\n[[rule]]\non = \"new_mention\"\n"),
    (
        "a rule about a brand nobody described",
        "[[rule]]\non = \"new_mention\"\nbrands = [\"molivele\", \"zzz\"]\n",
    ),
    (
        "a rule about a network that is none",
        "[[rule]]\non = \"new_mention\"\nnetworks = [\"blusky\", \"x\", \"qqq\"]\n",
    ),
    ("a rule with a bad level", "[[rule]]\non = \"new_impostor\"\nlevel = \"high\"\nto = [\"nobody\"]\n"),
    ("a bad digest", "[digest]\nevery = \"weekly\"\non = \"lundi\"\nat = \"25:00\"\n"),
    ("an hour without quotes", "[digest]\nat = 08:00:00\n"),
    (
        "bad ranges of addresses",
        "[fetch]\nallow = [\"10.0.0.0/33\", \"10.0.0.1\", \"::1\", \"localhost\", 4]\n",
    ),
    (
        "bad limits",
        "[fetch]\nconnect_timeout = 10\nread_timeout = \"soon\"\ntotal_timeout = \"0s\"\npause = \"-1s\"\nbody_cap = -1\n",
    ),
    ("a contact that no header holds", "[fetch]\ncontact = \"ana@acmé.example\"\n"),
    (
        "a web door that is none",
        "[web]\nlisten = \"8717\"\nhosts = [\"a.example:80\"]\nenabled = 1\nport = 1\ntoken = \"hunter2\"\n",
    ),
    ("no network", "[[source]]\nname = \"a\"\nurl = \"https://a.example/f\"\n"),
    (
        "a network that is none",
        "[[source]]\nnetwork = \"mastadon\"\n[[source]]\nnetwork = \"zzz\"\n[[source]]\nnetwork = 1\n",
    ),
    (
        "two sources of one name",
        "[[source]]\nnetwork = \"hackernews\"\nname = \"a\"\n[[source]]\nnetwork = \"bluesky\"\nname = \"a\"\n",
    ),
    ("bad keys of a feed", "[[source]]\nnetwork = \"feed\"\nurl = \"a.example/f\"\nevery = \"1s\"\n"),
    ("wrong types in a feed", "[[source]]\nnetwork = \"feed\"\nurl = 3\nevery = true\n"),
    (
        "bad keys of Hacker News",
        "[[source]]\nnetwork = \"hackernews\"\nbase_url = \"ftp://a\"\nlook_back = \"long\"\n",
    ),
    (
        "bad keys of Bluesky",
        "[[source]]\nnetwork = \"bluesky\"\nhosts = [\"https://a.example\"]\nlook_back = \"x\"\ngap_after = 3\n",
    ),
    (
        "bad keys of Mastodon",
        "[[source]]\nnetwork = \"mastodon\"\ntags = [\"two words\"]\ntimeline = \"home\"\nbase_url = \"\"\n",
    ),
    ("wrong types in Mastodon", "[[source]]\nnetwork = \"mastodon\"\ntags = \"acme\"\nmin_id = 3\n"),
    ("a text without its end", "data_dir = \"x\nkeywords = \"keywords\"\n"),
    (
        "several things that are no TOML",
        "data_dir = x\n[mail\nto = [\"a@b.example\"\n[fetch]\npause = \"1s\" \"2s\"\n",
    ),
    ("a key twice", "data_dir = \"a\"\ndata_dir = \"b\"\n"),
    ("a section twice", "[mail]\nlanguage = \"fr\"\n[mail]\nlanguage = \"en\"\n"),
    ("a key without a value", "[mail]\nlanguage =\n"),
    ("an equals sign forgotten", "[mail]\nlanguage \"fr\"\n"),
    (
        "much at once",
        "data_dirs = 1\n[mail]\nto = [\"ana\"]\nzone = \"Paris\"\n[digest]\nevery = \"hourly\"\n[[source]]\nnetwork = \"feeed\"\n",
    ),
];

/// Mistakes in a brand file.
const WRONG_BRANDS: &[(&str, &str)] = &[
    ("no keywords", "brand = \"Acme\"\n"),
    ("no keyword in the list", "keywords = []\n"),
    ("a misspelt key", "keyword = [\"Acme\"]\n"),
    ("a key that is none", "keywords = [\"Acme\"]\nzzz = 1\n"),
    ("the wrong kinds", "brand = 3\nours = \"yes\"\nkeywords = 4\nunless = [1, \"a\"]\ncontext = true\n"),
    ("nothing to find", "keywords = [\"!!\", \"\", \"https://acme.example\"]\nunless = [\"...\"]\n"),
    ("a name that excludes itself", "keywords = [\"Acme\", \"Acme Cloud\"]\nunless = [\"ACMÉ\"]\n"),
    (
        "no account",
        "keywords = [\"Acme\"]\nofficial = [\"mastodon:\", \"two words\", \"https://x.example/acme\"]\n",
    ),
    ("no domain", "keywords = [\"Acme\"]\ndomains = [\"acme\", \"acme.example/shop\"]\n"),
    ("no TOML", "keywords = [\"Acme\", \"Acme Cloud\nours = true\n"),
    ("quotes forgotten", "keywords = [Acme, Acme Cloud]\n"),
    ("curly quotes", "keywords = [“Acme”]\n"),
    ("a secret", "keywords = [\"Acme\"]\napi_token = \"hunter2\"\n"),
];

#[track_caller]
fn complaint(place: &Place, what: &str) -> String {
    let ran = place.run(&["check", "--offline"]);
    assert_eq!(ran.code, 2, "{what}: {}{}", ran.out, ran.err);
    assert!(!ran.err.contains("hunter2"), "{what} shows the secret: {}", ran.err);
    format!("== {what}\n{}\n", ran.err)
}

#[test]
fn every_mistake_in_the_configuration_is_told_with_its_place() {
    let place = Place::new("wrong-config");
    place.write("keywords/molivelle.toml", BRAND);
    let mut told = String::new();
    for (what, text) in WRONG {
        place.write("vigie.toml", text);
        told += &complaint(&place, what);
    }
    insta::assert_snapshot!(told);
}

#[test]
fn every_mistake_in_a_brand_file_is_told_with_its_place() {
    let place = Place::new("wrong-brand");
    let mut told = String::new();
    for (what, text) in WRONG_BRANDS {
        place.write("keywords/acme.toml", text);
        told += &complaint(&place, what);
    }
    insta::assert_snapshot!(told);
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let place = Place::new("unreadable");
    let mut told = complaint(&place, "no folder of brand files");
    std::fs::create_dir(place.0.join("keywords")).unwrap();
    told += &complaint(&place, "an empty folder");
    place.write("keywords/a.toml", b"ours = true\nkeywords = [\"Caf\xe9\"]\n");
    told += &complaint(&place, "no UTF-8");
    place.write("keywords/a.toml", vec![b'#'; 17 << 20]);
    told += &complaint(&place, "a huge file");
    place.write("keywords/a.toml", "");
    told += &complaint(&place, "an empty file");
    std::fs::remove_file(place.0.join("keywords/a.toml")).unwrap();
    std::fs::create_dir(place.0.join("keywords/a.toml")).unwrap();
    told += &complaint(&place, "a folder called like a file");
    std::fs::remove_dir(place.0.join("keywords/a.toml")).unwrap();
    place.write("keywords/a.toml", "keyword = 1\n");
    place.write("keywords/b.toml", "ours = 1\nkeywords = [\"b\"]\n");
    place.write("vigie.toml", "data_dirs = 1\n");
    told += &complaint(&place, "two brand files and the configuration");
    place.write("vigie.toml", b"\xff\xfe\n");
    told += &complaint(&place, "a configuration that is no text");
    let ran = place.run(&["check", "--offline", "--config", "nowhere.toml"]);
    told += &format!("== no such file ({})\n{}\n", ran.code, ran.err);
    insta::assert_snapshot!(told);
}

#[test]
fn other_commands_tell_every_fault_too() {
    let place = Place::new("wrong-watch");
    place.write("vigie.toml", "data_dirs = 1\n");
    place.write("keywords/a.toml", "keyword = 1\n");
    for command in [&["watch", "--once"][..], &["share"], &["replay", "x.jsonl"], &["backup", "b.db"]] {
        let ran = place.run(command);
        assert_eq!(ran.code, 2, "{command:?}: {}", ran.err);
        assert!(
            ran.err.contains("vigie.toml:1: data_dirs: unknown key; did you mean `data_dir`?"),
            "{}",
            ran.err
        );
        assert!(ran.err.contains("keywords/a.toml:1: keyword: unknown key"), "{}", ran.err);
    }
}

#[test]
fn faults_can_be_read_by_programs() {
    let place = Place::new("wrong-json");
    place.write("keywords/molivelle.toml", BRAND);
    place.write("vigie.toml", "\n[mail]\nzone = \"x\"\n");
    let ran = place.run(&["check", "--offline", "--json"]);
    assert_eq!(ran.code, 2);
    let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&told["ok"], &told["faults"][0]["line"]), (&false.into(), &3.into()));
    assert_eq!(
        (&told["faults"][0]["file"], &told["faults"][0]["key"]),
        (&"vigie.toml".into(), &"mail.zone".into())
    );
}

fn example() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/vigie.toml")).unwrap()
}

/// Takes the # away from every line that is a setting.
fn uncommented(text: &str) -> String {
    let setting = |line: &str| {
        let rest = line.strip_prefix('#')?;
        (rest.starts_with('[')
            || rest.split(' ').next().is_some_and(|key| {
                !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            }) && rest.contains(" = "))
        .then(|| rest.to_owned())
    };
    text.lines().map(|line| setting(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

fn read(text: &str) -> Config {
    let (config, faults) = Config::parse(Path::new("vigie.toml"), text);
    assert!(faults.0.is_empty(), "{faults}");
    config
}

#[test]
fn the_example_holds_the_defaults() {
    let mut usual = Config::default_in(Path::new(""));
    usual.file = Some("vigie.toml".into());
    assert_eq!(format!("{:#?}", read(&example())), format!("{usual:#?}"));
}

#[test]
fn the_example_names_every_key() {
    let all = uncommented(&example()).replace("folder = \"vigie-data/outbox\"\n", "");
    read(&all);
    // The folder excludes the server, so it was taken out; it is active in the file itself.
    let mut written: BTreeSet<String> = keys(&all.parse().unwrap(), "");
    written.insert("mail.folder".to_owned());
    let missing: Vec<String> = Config::keys(&all).into_iter().filter(|key| !written.contains(key)).collect();
    assert_eq!(missing, Vec::<String>::new(), "keys that examples/vigie.toml does not show");
}

/// Every key of a table and of the tables in it, lists of tables taken together.
fn keys(table: &toml::Table, prefix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (key, value) in table {
        let key = format!("{prefix}{key}");
        let inside = |table: &toml::Table| keys(table, &format!("{key}."));
        match value {
            toml::Value::Table(table) => found.extend(inside(table)),
            toml::Value::Array(list) => {
                found.extend(list.iter().filter_map(toml::Value::as_table).flat_map(inside))
            }
            _ => {}
        }
        found.insert(key);
    }
    found
}

#[test]
fn the_example_shows_every_network_with_its_keys_and_their_defaults() {
    let text = uncommented(&example());
    let sections: Vec<&str> = text.split("[[source]]\n").skip(1).collect();
    for spec in network::ALL {
        let network = format!("network = \"{}\"", spec.name);
        // keys that exclude one another stand in sections of their own
        let of_network: Vec<&&str> = sections.iter().filter(|section| section.contains(&network)).collect();
        assert!(!of_network.is_empty(), "examples/vigie.toml has no source of {}", spec.name);
        let mut shown: BTreeSet<String> = BTreeSet::new();
        for section in of_network {
            let mut own: toml::Table = section.parse().unwrap();
            own.retain(|key, _| !["network", "name", "budget"].contains(&key));
            shown.extend(own.keys().cloned());
            (spec.build)(&own).unwrap_or_else(|fault| panic!("{}: {fault}", spec.name));
            let is_default = |key: &str| {
                section
                    .lines()
                    .any(|line| line.starts_with(&format!("{key} = ")) && line.contains("# default"))
            };
            let defaults = own.iter().filter(|(key, _)| is_default(key));
            let defaults: toml::Table = defaults.map(|(key, value)| (key.clone(), value.clone())).collect();
            let (with, without) =
                ((spec.build)(&defaults).unwrap(), (spec.build)(&toml::Table::new()).unwrap());
            assert_eq!(format!("{with:?}"), format!("{without:?}"), "the defaults of {}", spec.name);
        }
        let all: BTreeSet<String> = spec.keys.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(shown, all, "the keys of {}", spec.name);
    }
}
