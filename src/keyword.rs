//! Keyword files: one TOML file a brand, written by people who do not program.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use crate::document::{self, Faults, Reader, Section};
use crate::fold;
use crate::post::NetworkName;
use crate::query::{Query, Refused, Short};

pub use crate::query::term;

/// A brand's identity: the name of its file without `.toml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BrandId(pub Arc<str>);

impl fmt::Display for BrandId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// An account that the brand says is its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficialAccount {
    /// Where; `None` holds on every network.
    pub network: Option<NetworkName>,
    /// Its handle without the leading `@`.
    pub handle: String,
}

/// Whom we track: ourselves or a competitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// Its identity.
    pub id: BrandId,
    /// Its name as people know it.
    pub name: String,
    /// Whether it is ours; else it is a competitor.
    pub ours: bool,
    /// Strings to find; one of them is enough.
    pub keywords: Vec<String>,
    /// Words that mean something else: a post with one of them is no mention.
    pub unless: Vec<String>,
    /// Words of which one must stand in the post too, when there are any.
    pub context: Vec<String>,
    /// A query in the full language, instead of the three lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Its own accounts.
    pub official: Vec<OfficialAccount>,
    /// Accounts of others that it knows and that may bear its name: resellers, agencies, fan clubs.
    #[serde(default)]
    pub partners: Vec<OfficialAccount>,
    /// Its own domains.
    pub domains: Vec<String>,
    /// Whether its name is also a person's name, a place or a word, so that bearing it proves nothing.
    #[serde(default)]
    pub other_sense: bool,
    /// What it is, in one line, such as "Orange, the French telecom operator": tells it from others of that name.
    #[serde(default)]
    pub about: Option<String>,
    /// How sure it must be that a post is about it for the post to count, in thousandths.
    #[serde(default = "usual_threshold")]
    pub threshold: u16,
}

/// Under this a post that bears an ambiguous name is kept apart: what is missed costs more than what is told for nothing.
const THRESHOLD: u16 = 300;

fn usual_threshold() -> u16 {
    THRESHOLD
}

impl Brand {
    /// A brand known by its name alone, as `vigie watch --brand` makes it.
    pub fn named(name: &str, ours: bool) -> Brand {
        Brand {
            id: BrandId(slug(name).into()),
            name: name.to_owned(),
            ours,
            keywords: vec![name.to_owned()],
            unless: Vec::new(),
            context: Vec::new(),
            query: None,
            official: Vec::new(),
            partners: Vec::new(),
            domains: Vec::new(),
            other_sense: false,
            about: None,
            threshold: THRESHOLD,
        }
    }
}

impl Brand {
    /// What decides whether a post is a mention of it: its query, or the one that its lists stand for.
    ///
    /// # Errors
    /// What is wrong with its query, which [`parse`] would have said.
    pub fn query(&self) -> Result<Query, Refused> {
        let Brand { keywords, context, unless, .. } = self;
        self.query.as_deref().map_or_else(|| Ok(Short { keywords, context, unless }.query()), Query::parse)
    }
}

/// A name as a file name: folded, with hyphens for spaces.
pub fn slug(name: &str) -> String {
    let slug: String = fold::fold(name).chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let slug = slug.trim_matches('-').to_owned();
    if slug.is_empty() { "brand".to_owned() } else { slug }
}

/// Whether a name is also a common word in French or English, or the plural of one, a first or family name or a place.
pub fn is_common(name: &str) -> bool {
    static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        let lines = include_str!("keyword/common.txt").lines().filter(|line| !line.starts_with('#'));
        lines.flat_map(str::split_whitespace).collect()
    });
    let bare = bare(name);
    let one = bare.strip_suffix(['s', 'x']).filter(|one| one.chars().count() > 2);
    [Some(bare.as_str()), one, one.and_then(|one| one.strip_suffix('e'))]
        .into_iter()
        .flatten()
        .any(|word| COMMON.contains(word))
}

/// Whether a name is likely to stand in posts that mean something else: a common word, or very short.
pub fn is_ambiguous(name: &str) -> bool {
    /// Names this short are also abbreviations, units and parts of other names.
    const SHORT: usize = 3;
    let bare = bare(name);
    is_common(name) || bare.chars().count() <= SHORT && bare.chars().all(|c| c.is_ascii_alphanumeric())
}

/// A name folded, without its article or sign.
fn bare(name: &str) -> String {
    let folded = fold::fold(name);
    let bare = ["the ", "le ", "la ", "les ", "l "].iter().find_map(|the| folded.strip_prefix(the));
    bare.unwrap_or(&folded).trim_start_matches(['@', '#']).to_owned()
}

/// Reads every `*.toml` of a folder, in the order of their names.
///
/// # Errors
/// Every fault of every file.
pub fn read_folder(folder: &Path) -> Result<Vec<Brand>, Faults> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        let reason = document::unreadable(&error);
        document::whole(
            folder,
            format!("{reason}; `vigie init` writes brand files, --keywords names another folder"),
        )
    })?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .filter(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')))
        .collect();
    files.sort();
    let mut brands = Vec::new();
    let mut faults = Vec::new();
    for file in files {
        match read_file(&file) {
            Ok(brand) => brands.push(brand),
            Err(Faults(more)) => faults.extend(more),
        }
    }
    if brands.is_empty() && faults.is_empty() {
        return Err(document::whole(folder, "holds no brand file (*.toml); `vigie init` writes one"));
    }
    if faults.is_empty() { Ok(brands) } else { Err(Faults(faults)) }
}

/// Reads one brand file.
///
/// # Errors
/// Every fault of the file.
pub fn read_file(file: &Path) -> Result<Brand, Faults> {
    let text = document::read_text(file)?;
    let id = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    parse(file, &id, &text)
}

/// Reads the text of a brand file.
///
/// # Errors
/// Every fault of the text.
pub fn parse(file: &Path, id: &str, text: &str) -> Result<Brand, Faults> {
    let reader = Reader::new(file, text.strip_prefix('\u{feff}').unwrap_or(text));
    let table = reader.parse();
    let section = Section::whole(&reader, &table);
    let brand = Brand {
        id: BrandId(id.into()),
        name: section.text("brand").filter(|name| !name.trim().is_empty()).unwrap_or_else(|| id.to_owned()),
        ours: section.flag("ours").unwrap_or(false),
        keywords: words(&section, "keywords"),
        unless: words(&section, "unless"),
        context: words(&section, "context"),
        query: query(&section),
        official: accounts(&section, "official"),
        partners: accounts(&section, "partners"),
        domains: section.texts("domains").iter().filter_map(|text| domain(&section, text)).collect(),
        other_sense: section.flag("other_sense").unwrap_or(false),
        about: section.text("about").map(|about| about.trim().to_owned()).filter(|about| !about.is_empty()),
        threshold: section.thousandths("threshold").unwrap_or(THRESHOLD),
    };
    if table.get("query").is_some() {
        for list in ["keywords", "unless", "context"].into_iter().filter(|list| table.get(*list).is_some()) {
            section.fault(
                list,
                "stands beside query, which decides alone: write it into the query (`vigie explain --query` prints lists as one)",
            );
        }
    } else if table.get("keywords").is_none() {
        section.missing("keywords", "list the names to find, such as keywords = [\"Acme\"]");
    } else if table
        .get("keywords")
        .is_some_and(|list| list.get_ref().as_array().is_some_and(|list| list.is_empty()))
    {
        section.fault("keywords", "lists no name to find");
    }
    for word in &brand.unless {
        let folded = fold::fold(word);
        if brand.keywords.iter().any(|keyword| fold::fold(keyword) == folded) {
            let word = word.escape_debug();
            section.fault(
                "unless",
                format!("\"{word}\" stands in keywords too: no post could be a mention by it"),
            );
        }
    }
    section.finish(&[], id);
    let faults = reader.into_faults();
    if faults.is_empty() { Ok(brand) } else { Err(Faults(faults)) }
}

/// The words of a list; one without letters or digits is a fault.
fn words<'r>(section: &Section<'r, '_>, key: &'r str) -> Vec<String> {
    let mut words = section.texts(key);
    words.retain(|word| match term(word) {
        Ok(_) => true,
        Err(reason) => {
            section.fault(key, format!("\"{}\": {reason}", word.escape_debug()));
            false
        }
    });
    words
}

/// The query, if there is one that can be read.
fn query(section: &Section<'_, '_>) -> Option<String> {
    let text = section.text("query")?;
    match Query::parse(&text) {
        Ok(_) => Some(text),
        Err(refused) => {
            section.fault("query", format!("cannot be run\n{refused}"));
            None
        }
    }
}

/// The accounts of a list; what is none is a fault.
fn accounts<'r>(section: &Section<'r, '_>, key: &'r str) -> Vec<OfficialAccount> {
    section.texts(key).iter().filter_map(|text| account(section, key, text)).collect()
}

fn account<'r>(section: &Section<'r, '_>, key: &'r str, text: &str) -> Option<OfficialAccount> {
    let text = text.trim();
    let (network, handle) = match text.split_once(':') {
        Some((network, handle)) => (Some(network.trim().to_lowercase()), handle.trim()),
        None => (None, text),
    };
    let handle = handle.trim_start_matches('@');
    if handle.is_empty() || handle.contains(char::is_whitespace) || handle.contains("//") {
        section.fault(key, format!("\"{}\" is no account; write \"network:@name\"", text.escape_debug()));
        return None;
    }
    Some(OfficialAccount { network: network.map(|name| NetworkName(name.into())), handle: handle.to_owned() })
}

fn domain(section: &Section<'_, '_>, text: &str) -> Option<String> {
    let bare = text.trim().trim_start_matches("https://").trim_start_matches("http://");
    let bare = bare.trim_start_matches("www.").trim_end_matches('/').to_lowercase();
    match url::Host::parse(&bare) {
        Ok(url::Host::Domain(domain)) if domain.contains('.') => Some(domain),
        Ok(_) | Err(_) => {
            section.fault(
                "domains",
                format!("\"{}\" is no domain; write \"acme.example\"", text.escape_debug()),
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Brand, String> {
        parse(Path::new("acme.toml"), "acme", text).map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_small_file_is_enough() {
        let brand = read("keywords = [\"Acme\"]").unwrap();
        assert_eq!((brand.name.as_str(), brand.ours), ("acme", false));
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let faults = read(
            "brand = \"Acme\"\nkeyword = [\"acme\"]\nours = \"yes\"\nunless = [\"!!\", 3]\nofficial = [\"mastodon:\"]\ndomains = [\"acme\"]\n",
        )
        .unwrap_err();
        insta::assert_snapshot!(faults, @r#"
        acme.toml: keywords: is missing: list the names to find, such as keywords = ["Acme"]
        acme.toml:2: keyword: unknown key; did you mean `keywords`?
        acme.toml:3: ours: must be true or false, not a text
        acme.toml:4: unless: every entry must be a text in quotes, not a whole number
        acme.toml:4: unless: "!!": has no letter, digit or emoji to find
        acme.toml:5: official: "mastodon:" is no account; write "network:@name"
        acme.toml:6: domains: "acme" is no domain; write "acme.example"
        "#);
    }

    #[test]
    fn broken_toml_names_its_line() {
        let faults = read("brand = \"Acme\nkeywords = [\"a\"]\n").unwrap_err();
        assert!(faults.starts_with("acme.toml:1: "), "{faults}");
    }
}
