//! The house in one picture, kept true: which module may name which, and how files are shaped.
//!
//! It reads `src/` as tokens, so that comments and texts may speak of anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Every module in the order in which data flows, and what its code may name: only modules above its line.
///
/// A new edge is one word here, seen in review; an edge that nobody uses any more goes. `*`: all above.
const LAYERS: &[(&str, &str)] = &[
    ("time", ""),
    ("html", ""),
    ("document", ""),
    ("post", "time"),
    ("fold", ""),
    ("word", "fold"),
    ("locale", "fold"),
    ("find", "fold"),
    ("query", "find fold post"),
    ("language", "fold word"),
    ("sentiment", "fold word"),
    ("keyword", "document fold post query"),
    ("network", "document html locale post time"),
    ("fetch", "network time"),
    ("source", "fetch network post time"),
    ("matcher", "find fold html keyword post query"),
    ("relevance", "fold keyword word"),
    ("story", "html word"),
    ("spike", ""),
    ("topic", "fold language"),
    ("impostor", "fold keyword post time"),
    ("mention", "impostor keyword matcher post relevance sentiment time"),
    ("intake", "fold impostor keyword language matcher network post query relevance sentiment story time"),
    ("share", "keyword sentiment time"),
    ("calendar", "share time"),
    ("alert", "impostor keyword matcher mention post query sentiment share time"),
    (
        "store",
        "alert fold impostor intake keyword matcher mention network post relevance sentiment share story time topic",
    ),
    ("digest", "keyword mention share store time"),
    ("snapshot", "alert digest fold impostor keyword mention share store time"),
    ("export", "impostor keyword matcher mention post sentiment share snapshot store time"),
    ("schedule", "share time"),
    ("mail", "alert digest impostor keyword matcher mention post sentiment share store time topic"),
    ("report", "calendar digest fold impostor keyword mail mention share snapshot store time"),
    ("evidence", "impostor keyword mail mention store time"),
    (
        "notice",
        "alert digest impostor keyword mail matcher mention post relevance schedule share spike store time",
    ),
    ("keeper", "alert intake keyword matcher network notice schedule share store time"),
    ("replay", "intake keeper matcher network notice time"),
    ("import", "document export fold html intake keeper locale matcher network notice post store time"),
    ("outbox", "store time"),
    ("deliver", "fetch mail network outbox store time"),
    ("web", "digest import impostor keyword mail mention network share store time"),
    (
        "config",
        "alert deliver document fetch fold impostor keyword mail network notice schedule sentiment share time web",
    ),
    // these two put the parts together
    ("daemon", "*"),
    ("cli", "*"),
];

/// Crates that touch the outside or draw for people, and the modules that may name them.
const HOMES: &[(&str, &[&str])] = &[
    ("axum", &["web"]),
    ("clap", &["cli"]),
    ("der", &["evidence"]),
    ("image", &["impostor", "mail"]),
    ("image_hasher", &["impostor"]),
    ("indicatif", &["cli"]),
    ("parquet", &["export"]),
    ("png", &["mail"]),
    ("rust_xlsxwriter", &["export"]),
    ("maud", &["mail", "report", "web"]),
    ("reqwest", &["fetch"]),
    ("ring", &["mail"]),
    ("rusqlite", &["cli", "digest", "report", "snapshot", "store"]),
];

/// A file longer than this is two files.
const LONGEST: usize = 800;
/// A big file: printed, to be looked at.
const BIG: usize = 400;
/// `main.rs` knows nothing.
const LONGEST_MAIN: usize = 60;

/// One file of `src/`.
struct File {
    /// Its path below `src/`.
    path: String,
    text: String,
}

impl File {
    /// The path of its module, from the root of the crate.
    fn module(&self) -> Vec<&str> {
        self.path.trim_end_matches(".rs").split('/').collect()
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files() -> Vec<File> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|found| found == "rs") {
                files.push(path);
            }
        }
    }
    let src = root().join("src");
    let mut paths = Vec::new();
    collect(&src, &mut paths);
    paths.sort();
    assert!(paths.len() > 50, "only {} files: the folder looks wrong", paths.len());
    let read = |path: &PathBuf| File {
        path: path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/"),
        text: std::fs::read_to_string(path).unwrap(),
    };
    paths.iter().map(read).collect()
}

/// The first names of every path in the code: modules of the crate, and crates.
#[derive(Default)]
struct Names {
    modules: BTreeSet<String>,
    crates: BTreeSet<String>,
}

impl Names {
    /// What the code of a module at `depth` below the root names.
    fn of(text: &str, depth: usize) -> Names {
        let mut names = Names::default();
        names.scan(&text.parse::<TokenStream>().unwrap().into_iter().collect::<Vec<_>>(), depth);
        names
    }

    fn scan(&mut self, tokens: &[TokenTree], depth: usize) {
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => {
                    // an inline module is one level further from the root
                    let inline =
                        at >= 2 && is(&tokens[at - 2], "mod") && group.delimiter() == Delimiter::Brace;
                    self.scan(&inside(group), depth + usize::from(inline));
                    at += 1;
                }
                TokenTree::Ident(word) if word == "use" => at += 1,
                TokenTree::Ident(_) => at = self.path(tokens, at, depth, None),
                TokenTree::Punct(_) | TokenTree::Literal(_) => at += 1,
            }
        }
    }

    /// Follows the path that begins at `at`, and returns where it ends. `above`: how many levels below the
    /// root the path stands, once it has begun with `crate` or `super`.
    fn path(&mut self, tokens: &[TokenTree], mut at: usize, depth: usize, mut above: Option<usize>) -> usize {
        let mut first = above.is_none();
        loop {
            match tokens.get(at) {
                Some(TokenTree::Ident(ident)) => {
                    let name = ident.to_string();
                    match (name.as_str(), above) {
                        ("crate", _) => above = Some(0),
                        ("super", _) => above = Some(above.unwrap_or(depth).saturating_sub(1)),
                        (_, Some(0)) => {
                            self.modules.insert(name);
                            above = Some(1);
                        }
                        _ => {
                            if first && follows(tokens, at + 1) {
                                self.crates.insert(name);
                            }
                            above = above.map(|above| above.saturating_add(1));
                        }
                    }
                }
                Some(TokenTree::Group(group)) if !first && group.delimiter() == Delimiter::Brace => {
                    let inside = inside(group);
                    for one in inside.split(|token| is(token, ",")) {
                        self.path(one, 0, depth, above.or(Some(usize::MAX)));
                    }
                }
                Some(token) if !first && is(token, "*") && above == Some(0) => {
                    self.modules.insert("*".to_owned());
                }
                _ => return at,
            }
            first = false;
            at += 1;
            if !follows(tokens, at) {
                return at;
            }
            at += 2;
        }
    }
}

fn inside(group: &proc_macro2::Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

fn is(token: &TokenTree, text: &str) -> bool {
    !matches!(token, TokenTree::Group(_) | TokenTree::Literal(_)) && token.to_string() == text
}

/// Whether `::` stands at `at`.
fn follows(tokens: &[TokenTree], at: usize) -> bool {
    tokens.get(at..at + 2).is_some_and(|pair| pair.iter().all(|token| is(token, ":")))
}

/// What every module names, except itself.
fn named() -> BTreeMap<String, Names> {
    let mut all = BTreeMap::<String, Names>::new();
    for file in files().iter().filter(|file| !matches!(file.path.as_str(), "lib.rs" | "main.rs")) {
        let module = file.module();
        let found = Names::of(&file.text, module.len());
        let names = all.entry(module[0].to_owned()).or_default();
        names.modules.extend(found.modules.into_iter().filter(|name| name != module[0]));
        names.crates.extend(found.crates);
    }
    all
}

#[test]
fn the_table_lists_every_module_in_the_order_of_the_map() {
    let map = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let modules: Vec<&str> =
        map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let table: Vec<&str> = LAYERS.iter().map(|(module, _)| *module).collect();
    assert_eq!(table, modules, "the table and src/lib.rs list the same modules in the same order");
    let written: BTreeSet<String> = named().into_keys().collect();
    assert_eq!(written, modules.into_iter().map(str::to_owned).collect(), "every file belongs to the map");
}

#[test]
fn data_flows_one_way() {
    for (at, (module, upstream)) in LAYERS.iter().enumerate() {
        assert!(upstream.split(' ').is_sorted(), "{module}: keep its line in order");
        for name in upstream.split_whitespace().filter(|name| *name != "*") {
            assert!(LAYERS[..at].iter().any(|(above, _)| *above == name), "{module} may not name {name}");
        }
    }
    let mut faults = Vec::new();
    for (module, names) in named() {
        let Some((_, upstream)) = LAYERS.iter().find(|(known, _)| **known == module) else { continue };
        if *upstream == "*" {
            continue; // what stands below it does not exist, or the first test fails
        }
        let upstream: BTreeSet<String> = upstream.split_whitespace().map(str::to_owned).collect();
        if upstream != names.modules {
            let new: Vec<_> = names.modules.difference(&upstream).collect();
            let gone: Vec<_> = upstream.difference(&names.modules).collect();
            faults.push(format!("{module}: not in the table {new:?}, in the table for nothing {gone:?}"));
        }
    }
    assert!(faults.is_empty(), "edges between modules:\n{}", faults.join("\n"));
}

#[test]
fn each_tool_has_one_home() {
    let mut faults = Vec::new();
    for (module, names) in named() {
        for (tool, homes) in HOMES {
            if names.crates.contains(*tool) && !homes.contains(&module.as_str()) {
                faults.push(format!("{module} names {tool}, which belongs to {homes:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let modules =
        |text: &str, depth: usize| Names::of(text, depth).modules.into_iter().collect::<Vec<_>>().join(" ");
    for (text, depth, expected) in [
        ("use crate::store::Store;", 1, "store"),
        ("use crate::{mail::{Mail, html}, store};", 1, "mail store"),
        ("use {crate::mail, serde::Serialize};", 1, "mail"),
        ("use super::{mail, super::store};", 2, "store"),
        ("use super::super::{self, store as kept};", 2, "self store"),
        ("fn f() { g(crate::store::open(super::mail::send)) }", 1, "mail store"),
        ("mod tests { use super::*; use super::super::store; }", 1, "store"),
        ("use crate::*;", 1, "*"),
        ("println!(\"{}\", crate::time::now());", 1, "time"),
        ("pub(in crate::network) fn f() {}", 2, "network"),
        ("/// [`crate::mail`]\n// crate::store\n/* crate::web */ const A: &str = \"crate::x\";", 1, ""),
        ("impl a::super_store::B for c::store::D {}", 1, ""),
    ] {
        assert_eq!(modules(text, depth), expected, "{text}");
    }
    let crates = Names::of("use std::fs; use ::reqwest::get; fn f() { rusqlite::open(a::b::c()) }", 1).crates;
    assert_eq!(crates.into_iter().collect::<Vec<_>>(), ["a", "reqwest", "rusqlite", "std"]);
}

#[test]
fn files_are_small_and_say_what_they_are_for() {
    let mut faults = Vec::new();
    for file in files() {
        let lines = file.text.lines().count();
        if lines > BIG {
            println!("{lines} lines: src/{}", file.path);
        }
        let most = if file.path == "main.rs" { LONGEST_MAIN } else { LONGEST };
        if lines > most {
            faults.push(format!("src/{} has {lines} lines; at {most} a file is split", file.path));
        }
        if !file.text.starts_with("//! ") {
            faults.push(format!("src/{} does not open with what it is for (`//! `)", file.path));
        }
        if file.path.ends_with("mod.rs") {
            faults.push(format!("src/{}: modules are name.rs and name/, never mod.rs", file.path));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn folder_and_table_list_the_same_networks() {
    /// Files that serve all networks and are none.
    const HELPERS: &[&str] = &[
        "clean", "closed", "exchange", "forum", "graph", "json", "link", "offer", "plain", "recorded",
        "refusal", "skim", "status", "trouble",
    ];
    let files = files();
    let mut found: Vec<&str> = files
        .iter()
        .filter_map(|file| file.path.strip_prefix("network/")?.strip_suffix(".rs"))
        .filter(|name| !name.contains('/') && !HELPERS.contains(name))
        .collect();
    let mut table: Vec<&str> = vigie::network::ALL.iter().map(|spec| spec.name).collect();
    found.sort_unstable();
    table.sort_unstable();
    assert_eq!(found, table);
}
