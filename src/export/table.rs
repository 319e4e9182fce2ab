//! Mentions, shares, snapshots and suspects as rows of tables.

use std::borrow::Cow;

use super::Cell;
use crate::impostor::describe;
use crate::matcher::{Field, Tag};
use crate::mention::{Mention, Suspect};
use crate::share::{Heard, Shares};
use crate::snapshot::{BrandState, Snapshot};

/// The columns of mentions: one row a mention. `keywords` are those found, `tags` say in which field and from
/// which byte to which; `counted` decides the period.
pub const MENTION_HEADER: &[&str] = &[
    "id",
    "brand",
    "network",
    "native_id",
    "kind",
    "lang",
    "author_id",
    "author_handle",
    "author_name",
    "title",
    "text",
    "keywords",
    "tags",
    "permalink",
    "published",
    "edited",
    "seen",
    "matched",
    "counted",
    "reactions",
    "source",
    "example",
    "version",
    "trace",
    "declared_lang",
    "relevance",
    "relevance_rule",
    "doubtful",
    "sentiment",
];

/// The row of a mention.
pub fn mention_row(mention: &Mention) -> Vec<Cell<'_>> {
    let post = &mention.post;
    let author = post.author.as_ref();
    vec![
        Cell::plain(Some(mention.id)),
        Cell::text(Some(&mention.brand.0)),
        Cell::text(Some(post.network.as_str())),
        Cell::text(Some(&post.native_id)),
        Cell::plain(Some(post.kind.as_str())),
        Cell::text(mention.lang.as_deref()),
        Cell::text(author.map(|author| author.native_id.as_str())),
        Cell::text(author.and_then(|author| author.handle.as_deref())),
        Cell::text(author.and_then(|author| author.display_name.as_deref())),
        Cell::text(post.title.as_deref()),
        Cell::text(Some(&post.text)),
        Cell::Text(keywords(&mention.tags).into()),
        Cell::Text(tags(&mention.tags).into()),
        Cell::text(post.permalink.as_deref()),
        Cell::plain(post.published),
        Cell::plain(post.edited),
        Cell::plain(Some(mention.seen)),
        Cell::plain(Some(mention.matched)),
        Cell::plain(Some(mention.counted)),
        Cell::plain((!post.counts.is_empty()).then(|| post.counts.reactions())),
        Cell::text(Some(&mention.source)),
        Cell::plain(Some(mention.example)),
        Cell::plain(Some(&mention.version)),
        Cell::text(Some(mention.trace.as_str()).filter(|trace| !trace.is_empty())),
        Cell::text(post.lang.as_deref()),
        Cell::plain(Some(mention.relevance.share())),
        Cell::plain(Some(&mention.relevance.rule)),
        Cell::plain(Some(mention.doubtful)),
        Cell::plain(mention.sentiment),
    ]
}

fn keywords(tags: &[Tag]) -> String {
    let mut found: Vec<&str> = Vec::new();
    for tag in tags {
        if !found.contains(&tag.keyword.as_str()) {
            found.push(&tag.keyword);
        }
    }
    found.join("; ")
}

fn tags(tags: &[Tag]) -> String {
    let field = |field| match field {
        Field::Title => "title",
        Field::Text => "text",
        Field::Summary => "summary",
        Field::Alt => "alt",
    };
    let all: Vec<String> = tags
        .iter()
        .map(|tag| format!("{} {}-{} {}", field(tag.field), tag.start, tag.end, tag.keyword))
        .collect();
    all.join("; ")
}

/// The columns of suspects: one row an account and brand. `signals` are names with points, `reasons` the same
/// as sentences; points and score are hundredths.
pub const SUSPECT_HEADER: &[&str] = &[
    "id",
    "brand",
    "level",
    "score",
    "likeness",
    "claim",
    "network",
    "account_id",
    "handle",
    "display_name",
    "bio",
    "url",
    "followers",
    "created",
    "verified",
    "signals",
    "reasons",
    "raw",
    "folded",
    "state",
    "first_seen",
    "changed",
    "source",
    "example",
];

/// The row of a suspect.
pub fn suspect_row(suspect: &Suspect) -> Vec<Cell<'_>> {
    let (account, suspicion) = (&suspect.author, &suspect.suspicion);
    let signals = |part: &dyn Fn(&crate::impostor::Signal) -> String| -> String {
        suspicion.signals.iter().map(part).collect::<Vec<_>>().join("; ")
    };
    vec![
        Cell::plain(Some(suspect.id)),
        Cell::text(Some(&suspicion.brand.0)),
        Cell::plain(Some(suspicion.level.as_str())),
        Cell::plain(Some(suspicion.score)),
        Cell::plain(Some(suspicion.likeness)),
        Cell::plain(Some(suspicion.claim)),
        Cell::text(Some(suspect.network.as_str())),
        Cell::text(Some(&account.native_id)),
        Cell::text(account.handle.as_deref()),
        Cell::text(account.display_name.as_deref()),
        Cell::text(account.bio.as_deref()),
        Cell::text(account.url.as_deref()),
        Cell::plain(account.followers),
        Cell::plain(account.created),
        Cell::plain(account.verified),
        Cell::Text(signals(&|signal| format!("{} {}", signal.name, signal.points)).into()),
        Cell::Text(signals(&|signal| describe(signal, false)).into()),
        Cell::Text(signals(&|signal| signal.raw.clone()).into()),
        Cell::Text(signals(&|signal| signal.folded.clone()).into()),
        Cell::plain(Some(&suspect.state)),
        Cell::plain(Some(suspect.first_seen)),
        Cell::plain(Some(suspect.changed)),
        Cell::text(Some(&suspect.source)),
        Cell::plain(Some(suspect.example)),
    ]
}

/// The columns of shares: one row a brand. `previous_` columns are empty when nobody listened before.
pub const SHARE_HEADER: &[&str] = &[
    "from",
    "to",
    "unit",
    "brand",
    "name",
    "ours",
    "mentions",
    "authors",
    "posts",
    "permille",
    "previous_mentions",
    "previous_authors",
    "previous_posts",
    "previous_permille",
    "change_permille",
    "detectable",
    "query_changed",
];

/// The rows of shares.
pub fn share_rows(shares: &Shares) -> impl Iterator<Item = Vec<Cell<'_>>> {
    shares.brands.iter().map(|share| {
        let change = share.change.as_ref();
        let before = |count: fn(&Heard) -> u64| Cell::plain(change.map(|change| count(&change.counts)));
        vec![
            Cell::plain(Some(shares.window.from)),
            Cell::plain(Some(shares.window.to)),
            Cell::plain(Some(&shares.unit)),
            Cell::text(Some(&share.id.0)),
            Cell::text(Some(&share.name)),
            Cell::plain(Some(share.ours)),
            Cell::plain(Some(share.counts.mentions)),
            Cell::plain(Some(share.counts.authors)),
            Cell::plain(Some(share.counts.posts)),
            Cell::plain(share.permille.map(|part| part.0)),
            before(|counts| counts.mentions),
            before(|counts| counts.authors),
            before(|counts| counts.posts),
            Cell::plain(change.and_then(|change| change.was).map(|part| part.0)),
            Cell::plain(change.and_then(|change| change.permille)),
            Cell::plain(change.map(|change| change.detectable)),
            Cell::plain(Some(share.query_changed)),
        ]
    })
}

/// The columns of a snapshot: one row a figure. Rows without a brand are about the whole document.
pub const SNAPSHOT_HEADER: &[&str] = &["brand", "measure", "key", "value"];

/// The rows of a snapshot. Measures without a brand: `schema`, `generated`, `window`, `previous`, `unit`, `examples`, `total`,
/// `coverage` (key: source/figure), `gap` (key: source/start, value: end). With one: `name`, `ours`, `count`,
/// `permille`, `change`, `query_changed`, `keywords_version`, `network`, `language`, `day` (mentions),
/// `top_post` (key: rank, value: address), `account` (key: network:handle, value: mentions), `suspect` (key:
/// network:handle, value: level).
pub fn snapshot_rows(snapshot: &Snapshot) -> Vec<Vec<Cell<'_>>> {
    let mut rows = Rows { brand: "", rows: Vec::new() };
    rows.plain("schema", "", Some(snapshot.schema));
    rows.plain("generated", "", Some(snapshot.generated));
    rows.plain("window", "from", Some(snapshot.window.from));
    rows.plain("window", "to", Some(snapshot.window.to));
    rows.plain("previous", "from", snapshot.previous.map(|window| window.from));
    rows.plain("previous", "to", snapshot.previous.map(|window| window.to));
    rows.plain("unit", "", Some(&snapshot.unit));
    rows.plain("examples", "", Some(snapshot.examples));
    rows.heard("total", snapshot.totals);
    for brand in &snapshot.brands {
        rows.brand = &brand.id.0;
        rows.state(brand);
    }
    rows.brand = "";
    for of in &snapshot.coverage {
        for (figure, value) in [
            ("hours_due", of.hours_due),
            ("hours_done", of.hours_done),
            ("failed", of.failed),
            ("posts", of.posts),
        ] {
            rows.plain("coverage", format!("{}/{figure}", of.source), Some(value));
        }
        rows.plain("coverage", format!("{}/state", of.source), Some(&of.state));
    }
    for gap in &snapshot.gaps {
        rows.plain("gap", format!("{}/{}", gap.source, gap.from), Some(gap.to));
    }
    rows.rows
}

struct Rows<'a> {
    brand: &'a str,
    rows: Vec<Vec<Cell<'a>>>,
}

impl<'a> Rows<'a> {
    fn add(&mut self, measure: &str, key: impl Into<Cow<'a, str>>, value: Cell<'a>) {
        let brand = Cell::text(Some(self.brand));
        self.rows.push(vec![brand, Cell::Plain(measure.to_owned()), Cell::Text(key.into()), value]);
    }

    fn plain(&mut self, measure: &str, key: impl Into<Cow<'a, str>>, value: Option<impl ToString>) {
        self.add(measure, key, Cell::plain(value));
    }

    fn heard(&mut self, measure: &str, heard: Heard) {
        self.plain(measure, "mentions", Some(heard.mentions));
        self.plain(measure, "authors", Some(heard.authors));
        self.plain(measure, "posts", Some(heard.posts));
    }

    fn state(&mut self, brand: &'a BrandState) {
        self.add("name", "", Cell::text(Some(&brand.name)));
        self.plain("ours", "", Some(brand.ours));
        self.heard("count", brand.counts);
        self.plain("permille", "", brand.permille.map(|part| part.0));
        self.plain("change", "permille", brand.change.and_then(|change| change.permille));
        self.plain("change", "detectable", brand.change.map(|change| change.detectable));
        self.plain("query_changed", "", Some(brand.query_changed));
        for (place, version) in brand.keywords_versions.iter().enumerate() {
            self.plain("keywords_version", (place + 1).to_string(), Some(version));
        }
        for slice in &brand.networks {
            self.plain("network", slice.name.as_str(), Some(slice.mentions));
        }
        for slice in &brand.languages {
            self.plain("language", slice.name.as_str(), Some(slice.mentions));
        }
        for day in &brand.days {
            self.plain("day", day.from.to_string(), Some(day.mentions));
        }
        for (place, post) in brand.top_posts.iter().enumerate() {
            let address = post.permalink.as_deref().unwrap_or(&post.native_id);
            self.add("top_post", (place + 1).to_string(), Cell::text(Some(address)));
        }
        for account in &brand.accounts {
            let handle = account.handle.as_deref().unwrap_or(&account.native_id);
            self.plain("account", format!("{}:{handle}", account.network), Some(account.posts));
        }
        for suspect in &brand.suspects {
            let handle = suspect.handle.as_deref().unwrap_or(&suspect.native_id);
            self.plain("suspect", format!("{}:{handle}", suspect.network), Some(suspect.level.as_str()));
        }
    }
}
