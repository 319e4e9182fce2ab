//! Shares, snapshots and suspects as rows of tables.

use std::borrow::Cow;

use super::Cell;
use super::column::{Column, Kind, column};
use crate::impostor::describe;
use crate::mention::Suspect;
use crate::share::{Heard, Interval, Permille, Shares};
use crate::snapshot::{BrandState, Profile, Snapshot};
use crate::time::Time;

/// The columns of suspects: one row an account and brand. `signals` are names with points, `reasons` the same
/// as sentences; points and score are hundredths.
#[rustfmt::skip]
pub const SUSPECT_COLUMNS: &[Column] = &[
    column("id", Kind::Whole, "Number of the case in this data directory", "Numéro du cas dans ce dossier de données"),
    column("brand", Kind::Text, "The brand it may pose as", "La marque pour laquelle le compte se fait peut-être passer"),
    column("level", Kind::Text, "How sure: watch, review or alert", "Degré de certitude : watch (à surveiller), review (à examiner) ou alert (alerte)"),
    column("score", Kind::Whole, "Sum of the points, in hundredths", "Somme des points, en centièmes"),
    column("likeness", Kind::Flag, "Whether it looks like the brand", "S'il ressemble à la marque"),
    column("claim", Kind::Flag, "Whether it presents itself as the brand", "S'il se présente comme la marque"),
    column("network", Kind::Text, "The network", "Le réseau"),
    column("account_id", Kind::Text, "The network's own identifier of the account", "L'identifiant du compte sur son réseau"),
    column("handle", Kind::Text, "The name used there", "Le nom d'usage"),
    column("display_name", Kind::Text, "Name shown to readers", "Nom affiché"),
    column("bio", Kind::Text, "What the account says of itself", "Ce que le compte dit de lui-même"),
    column("url", Kind::Link, "Address of the profile", "Adresse du profil"),
    column("followers", Kind::Whole, "Followers", "Abonnés"),
    column("created", Kind::Moment, "When the account was made", "Date de création du compte"),
    column("verified", Kind::Flag, "Whether the network vouches for it", "Si le réseau s'en porte garant"),
    column("signals", Kind::Text, "Names of the signals with their points", "Noms des signaux avec leurs points"),
    column("reasons", Kind::Text, "The same as sentences", "Les mêmes en phrases"),
    column("raw", Kind::Text, "The strings as written", "Les textes tels qu'écrits"),
    column("folded", Kind::Text, "The strings as compared", "Les textes tels que comparés"),
    column("state", Kind::Text, "new; confirmed, dismissed or reported by a person; gone when removed at the source", "new (nouveau) ; confirmed (confirmé), dismissed (écarté) ou reported (signalé) par une personne ; gone (disparu) si retiré à la source"),
    column("first_seen", Kind::Moment, "When it was first suspected", "Date du premier soupçon"),
    column("changed", Kind::Moment, "When what is known of it last changed", "Date du dernier changement connu"),
    column("source", Kind::Text, "The source that brought it", "La source qui l'a apporté"),
    column("example", Kind::Flag, "Whether it comes from the shipped example", "S'il vient de l'exemple livré"),
];

/// The row of a suspect.
pub fn suspect_row(suspect: &Suspect) -> Vec<Cell<'_>> {
    let (account, suspicion) = (&suspect.author, &suspect.suspicion);
    let signals = |part: &dyn Fn(&crate::impostor::Signal) -> String| -> String {
        suspicion.signals.iter().map(part).collect::<Vec<_>>().join("; ")
    };
    vec![
        Cell::Whole(suspect.id),
        Cell::text(Some(&suspicion.brand.0)),
        Cell::word(suspicion.level.as_str()),
        Cell::whole(Some(suspicion.score)),
        Cell::Flag(suspicion.likeness),
        Cell::Flag(suspicion.claim),
        Cell::text(Some(suspect.network.as_str())),
        Cell::text(Some(&account.native_id)),
        Cell::text(account.handle.as_deref()),
        Cell::text(account.display_name.as_deref()),
        Cell::text(account.bio.as_deref()),
        Cell::link(account.url.as_deref()),
        Cell::whole(account.followers),
        Cell::moment(account.created),
        Cell::flag(account.verified),
        Cell::Text(signals(&|signal| format!("{} {}", signal.name, signal.points)).into()),
        Cell::Text(signals(&|signal| describe(signal, false)).into()),
        Cell::Text(signals(&|signal| signal.raw.clone()).into()),
        Cell::Text(signals(&|signal| signal.folded.clone()).into()),
        Cell::word(suspect.state.as_str()),
        Cell::Moment(suspect.first_seen),
        Cell::Moment(suspect.changed),
        Cell::text(Some(&suspect.source)),
        Cell::Flag(suspect.example),
    ]
}

/// The columns of shares: one row a brand. `previous_` columns are empty when nobody listened before.
#[rustfmt::skip]
pub const SHARE_COLUMNS: &[Column] = &[
    column("from", Kind::Moment, "First moment of the period", "Premier moment de la période"),
    column("to", Kind::Moment, "Moment it ends at, no part of it", "Moment où elle finit, exclu"),
    column("unit", Kind::Text, "What permille is a part of", "Ce dont permille est une part"),
    column("brand", Kind::Text, "The brand: the name of its file", "La marque : le nom de son fichier"),
    column("name", Kind::Text, "Its name", "Son nom"),
    column("ours", Kind::Flag, "Whether it is ours", "Si elle est à nous"),
    column("mentions", Kind::Whole, "Mentions", "Mentions"),
    column("authors", Kind::Whole, "Distinct authors", "Auteurs distincts"),
    column("posts", Kind::Whole, "Distinct posts: the same text counts once", "Messages distincts : un même texte compte une fois"),
    column("permille", Kind::Whole, "Part of all mentions, in thousandths", "Part de toutes les mentions, en millièmes"),
    column("previous_mentions", Kind::Whole, "Mentions in the period before", "Mentions de la période précédente"),
    column("previous_authors", Kind::Whole, "Distinct authors in the period before", "Auteurs distincts de la période précédente"),
    column("previous_posts", Kind::Whole, "Distinct posts in the period before", "Messages distincts de la période précédente"),
    column("previous_permille", Kind::Whole, "Part of all mentions in the period before", "Part de toutes les mentions de la période précédente"),
    column("change_permille", Kind::Whole, "Part of mentions now less part before", "Part actuelle des mentions moins part précédente"),
    column("detectable", Kind::Flag, "Whether the part of all stories (story_change_permille) changed by more than chance", "Si la part des histoires (story_change_permille) a changé plus que par hasard"),
    column("query_changed", Kind::Flag, "Whether the query changed in between, which breaks the comparison", "Si la requête a changé entre-temps, ce qui rompt la comparaison"),
    column("stories", Kind::Whole, "Distinct stories: copies of one text count once", "Récits distincts : les copies d'un texte comptent une fois"),
    column("story_permille", Kind::Whole, "Part of all stories, in thousandths: the headline", "Part de toutes les histoires, en millièmes : le chiffre principal"),
    column("story_low", Kind::Whole, "Lower end of its interval at 95 %", "Borne basse de son intervalle à 95 %"),
    column("story_high", Kind::Whole, "Upper end of its interval at 95 %", "Borne haute de son intervalle à 95 %"),
    column("mention_low", Kind::Whole, "Lower end of the interval of permille at 95 %, less sure where mentions are copies or of one author", "Borne basse de l'intervalle de permille à 95 %, plus large là où les mentions sont des copies ou d'un seul auteur"),
    column("mention_high", Kind::Whole, "Its upper end", "Sa borne haute"),
    column("author_permille", Kind::Whole, "Part of all distinct authors, in thousandths", "Part de tous les auteurs distincts, en millièmes"),
    column("author_low", Kind::Whole, "Lower end of its interval at 95 %", "Borne basse de son intervalle à 95 %"),
    column("author_high", Kind::Whole, "Upper end of its interval at 95 %", "Borne haute de son intervalle à 95 %"),
    column("reactions", Kind::Whole, "Reactions to its posts, as the networks give them", "Réactions à ses messages, telles que données par les réseaux"),
    column("engagement_permille", Kind::Whole, "Part of all reactions, in thousandths", "Part de toutes les réactions, en millièmes"),
    column("engagement_low", Kind::Whole, "Lower end of its interval at 95 %", "Borne basse de son intervalle à 95 %"),
    column("engagement_high", Kind::Whole, "Upper end of its interval at 95 %", "Borne haute de son intervalle à 95 %"),
    column("reach_low", Kind::Whole, "Views, where networks tell them: the lower end of who may have read", "Vues, là où les réseaux les donnent : le bas de la fourchette de lecteurs possibles"),
    column("reach_high", Kind::Whole, "Views and the followers of the authors of the other posts: the upper end", "Vues et abonnés des auteurs des autres messages : le haut de la fourchette"),
    column("corrected_permille", Kind::Whole, "Part of all stories, corrected by what people labelled; empty under ten labels", "Part de toutes les histoires, corrigée selon les étiquettes données ; vide sous dix étiquettes"),
    column("corrected_low", Kind::Whole, "Lower end of its interval at 95 %", "Borne basse de son intervalle à 95 %"),
    column("corrected_high", Kind::Whole, "Upper end of its interval at 95 %", "Borne haute de son intervalle à 95 %"),
    column("labels", Kind::Whole, "Labelled posts that it is corrected by: those counted by what is learned from other labels", "Publications étiquetées qui servent à la corriger : celles que l’on compterait d’après les autres étiquettes"),
    column("labels_right", Kind::Whole, "Of those, about the brand", "Dont celles qui concernent la marque"),
    column("understood", Kind::Whole, "Stories whose sentiment was understood", "Récits dont la tonalité a été comprise"),
    column("not_understood", Kind::Whole, "Stories of which nothing was understood: in no share of sentiment", "Récits dont rien n'a été compris : dans aucune part de tonalité"),
    column("negative_permille", Kind::Whole, "Of the understood, negative ones, corrected for how often the judge errs; empty under thirty", "Parmi les compris, les défavorables, corrigés des erreurs du juge ; vide sous trente"),
    column("negative_low", Kind::Whole, "Lower end of its interval at 95 %", "Borne basse de son intervalle à 95 %"),
    column("negative_high", Kind::Whole, "Upper end of its interval at 95 %", "Borne haute de son intervalle à 95 %"),
    column("neutral_permille", Kind::Whole, "Of the understood, neutral ones", "Parmi les compris, les neutres"),
    column("neutral_low", Kind::Whole, "Lower end of its interval at 95 %", "Borne basse de son intervalle à 95 %"),
    column("neutral_high", Kind::Whole, "Upper end of its interval at 95 %", "Borne haute de son intervalle à 95 %"),
    column("positive_permille", Kind::Whole, "Of the understood, positive ones", "Parmi les compris, les favorables"),
    column("positive_low", Kind::Whole, "Lower end of its interval at 95 %", "Borne basse de son intervalle à 95 %"),
    column("positive_high", Kind::Whole, "Upper end of its interval at 95 %", "Borne haute de son intervalle à 95 %"),
    column("net_sentiment", Kind::Whole, "(positive - negative) / understood, in thousandths", "(favorables - défavorables) / compris, en millièmes"),
    column("per", Kind::Text, "What the talk is parted by: network, language, country, topic, day, week, month; empty where shares are of all of it", "Ce qui découpe les propos : network (réseau), language (langue), country (pays), topic (thème), day (jour), week (semaine), month (mois) ; vide si les parts portent sur l'ensemble"),
    column("part", Kind::Text, "Which part: shares are of this part alone", "Quelle partie : les parts ne portent que sur elle"),
    column("story_change_permille", Kind::Whole, "Part of all stories now less part before", "Part actuelle de toutes les histoires moins part précédente"),
];

/// The rows of shares: of all talk, or of one part of it, which is named with what it is a part by.
pub fn share_rows<'a>(
    shares: &'a Shares,
    part: Option<(&'static str, &'a str)>,
) -> impl Iterator<Item = Vec<Cell<'a>>> {
    shares.brands.iter().map(move |share| {
        let change = share.change.as_ref();
        let before = |count: fn(&Heard) -> u64| Cell::whole(change.map(|change| count(&change.counts)));
        let stories = |part: fn(&Interval) -> Permille| {
            Cell::whole(share.by_stories.as_ref().map(|interval| part(interval).0))
        };
        let mut row = vec![
            Cell::Moment(shares.window.from),
            Cell::Moment(shares.window.to),
            Cell::word(shares.unit.as_str()),
            Cell::text(Some(&share.id.0)),
            Cell::text(Some(&share.name)),
            Cell::Flag(share.ours),
            Cell::whole(Some(share.counts.mentions)),
            Cell::whole(Some(share.counts.authors)),
            Cell::whole(Some(share.counts.posts)),
            Cell::whole(share.permille.map(|part| part.0)),
            before(|counts| counts.mentions),
            before(|counts| counts.authors),
            before(|counts| counts.posts),
            Cell::whole(change.and_then(|change| change.was).map(|part| part.0)),
            Cell::whole(change.and_then(|change| change.permille)),
            Cell::flag(change.map(|change| change.detectable)),
            Cell::Flag(share.query_changed),
            Cell::whole(Some(share.counts.stories)),
            stories(|interval| interval.permille),
            stories(|interval| interval.low),
            stories(|interval| interval.high),
        ];
        let ends = |of: Option<Interval>| -> [Cell<'a>; 2] {
            [of.map(|of| of.low.0), of.map(|of| of.high.0)].map(Cell::whole)
        };
        let whole = |of: Option<Interval>| -> [Cell<'a>; 3] {
            let [low, high] = ends(of);
            [Cell::whole(of.map(|of| of.permille.0)), low, high]
        };
        row.extend(ends(share.by_mentions));
        row.extend(whole(share.by_authors));
        row.push(Cell::whole(share.reactions));
        row.extend(whole(share.by_engagement));
        row.push(Cell::whole(share.reach.map(|reach| reach.views)));
        row.push(Cell::whole(share.reach.map(|reach| reach.views.saturating_add(reach.followers))));
        row.extend(whole(share.corrected.map(|corrected| corrected.share)));
        row.push(Cell::whole(share.corrected.map(|corrected| corrected.labels)));
        row.push(Cell::whole(share.corrected.map(|corrected| corrected.right)));
        let moods = share.sentiment;
        row.push(Cell::whole(moods.map(|moods| moods.understood)));
        row.push(Cell::whole(moods.map(|moods| moods.not_understood)));
        let spoken = moods.and_then(|moods| moods.shares);
        row.extend(whole(spoken.map(|shares| shares.negative)));
        row.extend(whole(spoken.map(|shares| shares.neutral)));
        row.extend(whole(spoken.map(|shares| shares.positive)));
        row.push(Cell::whole(spoken.map(|shares| shares.net)));
        row.push(part.map_or(Cell::Empty, |(per, _)| Cell::word(per)));
        row.push(Cell::text(part.map(|(_, name)| name)));
        row.push(Cell::whole(change.and_then(|change| change.by_stories)));
        row
    })
}

/// The columns of a snapshot: one row a figure. Rows without a brand are about the whole document.
#[rustfmt::skip]
pub const SNAPSHOT_COLUMNS: &[Column] = &[
    column("brand", Kind::Text, "The brand; empty where a row is about the whole document", "La marque ; vide si la ligne concerne tout le document"),
    column("measure", Kind::Text, "What is measured", "Ce qui est mesuré"),
    column("key", Kind::Text, "Of what: a network, a day, a rank", "De quoi : un réseau, un jour, un rang"),
    column("value", Kind::Text, "The figure or word", "Le chiffre ou le mot"),
    column("number", Kind::Whole, "The value once more, where it is a whole number", "La valeur à nouveau, quand c'est un nombre entier"),
];

/// The rows of a snapshot. Measures without a brand: `schema`, `generated`, `window`, `previous`, `unit`, `examples`, `total`,
/// `coverage` (key: source/figure), `gap` (key: source/start, value: end). With one: `name`, `ours`, `count`,
/// `permille`, `change`, `query_changed`, `keywords_version`, `network`, `language`, `day` (mentions),
/// `top_post` (key: rank, value: address), `account` (key: network:handle, value: mentions), `suspect` (key:
/// network:handle, value: level), `story_share`, `network_share` (key: network/figure: its part of the stories there with its
/// interval, its stories there and those of all brands), `sentiment` (shares in thousandths, net, stories understood or not), `hashtag`
/// (posts), `campaign` (key: name/figure), `answering` (key: network/figure: how often and how soon its accounts answer),
/// `profile` (key: network:handle/figure), `best_post`, `worst_post` (key: network:handle/rank, value: address), `unusual_post` (key:
/// network:handle/what/address, value: reactions), `against_us` (key: network/measure/figure).
pub fn snapshot_rows(snapshot: &Snapshot) -> Vec<Vec<Cell<'_>>> {
    let mut rows = Rows { brand: "", rows: Vec::new() };
    rows.add("schema", "", Cell::word(snapshot.schema.as_str()));
    rows.moment("generated", "", Some(snapshot.generated));
    rows.moment("window", "from", Some(snapshot.window.from));
    rows.moment("window", "to", Some(snapshot.window.to));
    rows.moment("previous", "from", snapshot.previous.map(|window| window.from));
    rows.moment("previous", "to", snapshot.previous.map(|window| window.to));
    rows.add("unit", "", Cell::word(snapshot.unit.as_str()));
    rows.figure("examples", "", Some(snapshot.examples));
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
            rows.figure("coverage", format!("{}/{figure}", of.source), Some(value));
        }
        rows.add("coverage", format!("{}/state", of.source), Cell::word(of.state.as_str()));
    }
    for gap in &snapshot.gaps {
        rows.moment("gap", format!("{}/{}", gap.source, gap.from), Some(gap.to));
    }
    rows.rows
}

struct Rows<'a> {
    brand: &'a str,
    rows: Vec<Vec<Cell<'a>>>,
}

impl<'a> Rows<'a> {
    fn add(&mut self, measure: &'static str, key: impl Into<Cow<'a, str>>, value: Cell<'a>) {
        let brand = Cell::text(Some(self.brand));
        let number = if let Cell::Whole(number) = value { Cell::Whole(number) } else { Cell::Empty };
        self.rows.push(vec![brand, Cell::word(measure), Cell::Text(key.into()), value, number]);
    }

    fn figure(
        &mut self,
        measure: &'static str,
        key: impl Into<Cow<'a, str>>,
        value: Option<impl TryInto<i64>>,
    ) {
        self.add(measure, key, Cell::whole(value));
    }

    fn flag(&mut self, measure: &'static str, key: &'static str, value: Option<bool>) {
        self.add(measure, key, Cell::flag(value));
    }

    fn moment(&mut self, measure: &'static str, key: impl Into<Cow<'a, str>>, value: Option<Time>) {
        self.add(measure, key, Cell::moment(value));
    }

    fn heard(&mut self, measure: &'static str, heard: Heard) {
        self.figure(measure, "mentions", Some(heard.mentions));
        self.figure(measure, "authors", Some(heard.authors));
        self.figure(measure, "posts", Some(heard.posts));
    }

    fn state(&mut self, brand: &'a BrandState) {
        self.add("name", "", Cell::text(Some(&brand.name)));
        self.flag("ours", "", Some(brand.ours));
        self.heard("count", brand.counts);
        self.figure("permille", "", brand.permille.map(|part| part.0));
        self.figure("change", "permille", brand.change.and_then(|change| change.permille));
        self.flag("change", "detectable", brand.change.map(|change| change.detectable));
        self.flag("query_changed", "", Some(brand.query_changed));
        for (place, version) in brand.keywords_versions.iter().enumerate() {
            self.add("keywords_version", (place + 1).to_string(), Cell::word(version.as_str()));
        }
        for slice in &brand.networks {
            self.figure("network", slice.name.as_str(), Some(slice.mentions));
        }
        for slice in &brand.languages {
            self.figure("language", slice.name.as_str(), Some(slice.mentions));
        }
        for day in &brand.days {
            self.figure("day", day.from.to_string(), Some(day.mentions));
        }
        for (place, post) in brand.top_posts.iter().enumerate() {
            let address = post.permalink.as_deref().unwrap_or(&post.native_id);
            self.add("top_post", (place + 1).to_string(), Cell::text(Some(address)));
        }
        for account in &brand.accounts {
            let handle = account.handle.as_deref().unwrap_or(&account.native_id);
            self.figure("account", format!("{}:{handle}", account.network), Some(account.posts));
        }
        for suspect in &brand.suspects {
            let handle = suspect.handle.as_deref().unwrap_or(&suspect.native_id);
            let level = Cell::word(suspect.level.as_str());
            self.add("suspect", format!("{}:{handle}", suspect.network), level);
        }
        self.spoken(brand);
        self.campaigns(brand);
        for profile in &brand.profiles {
            self.profile(profile);
        }
        self.against_us(brand);
    }

    fn interval(&mut self, measure: &'static str, key: &str, of: Option<Interval>) {
        let Some(Interval { permille, low, high }) = of else { return };
        for (end, value) in [("permille", permille), ("low", low), ("high", high)] {
            let key = if key.is_empty() { end.to_owned() } else { format!("{key}/{end}") };
            self.figure(measure, key, Some(value.0));
        }
    }

    fn spoken(&mut self, brand: &'a BrandState) {
        self.interval("story_share", "", brand.by_stories);
        for of in brand.by_network.iter().flatten() {
            self.interval("network_share", &of.network, of.by_stories);
            self.figure("network_share", format!("{}/stories", of.network), Some(of.counts.stories));
            self.figure("network_share", format!("{}/of_stories", of.network), Some(of.of_stories));
        }
        let Some(moods) = brand.sentiment else { return };
        self.figure("sentiment", "understood", Some(moods.understood));
        self.figure("sentiment", "not_understood", Some(moods.not_understood));
        if let Some(shares) = moods.shares {
            self.interval("sentiment", "negative", Some(shares.negative));
            self.interval("sentiment", "neutral", Some(shares.neutral));
            self.interval("sentiment", "positive", Some(shares.positive));
            self.figure("sentiment", "net", Some(shares.net));
        }
    }

    fn campaigns(&mut self, brand: &'a BrandState) {
        for tag in &brand.hashtags {
            self.figure("hashtag", tag.name.as_str(), Some(tag.posts));
        }
        for campaign in &brand.campaigns {
            let key = |figure: &str| format!("{}/{figure}", campaign.name);
            self.figure("campaign", key("posts"), Some(campaign.posts));
            self.moment("campaign", key("first"), Some(campaign.first));
            self.moment("campaign", key("last"), Some(campaign.last));
        }
        for of in &brand.answering {
            let key = |figure: &str| format!("{}/{figure}", of.network);
            self.figure("answering", key("addressed"), Some(of.addressed));
            self.figure("answering", key("answered"), Some(of.answered));
            self.figure("answering", key("unanswered"), Some(of.unanswered));
            self.figure("answering", key("median_seconds"), of.median_seconds);
        }
    }

    fn profile(&mut self, profile: &'a Profile) {
        let account =
            format!("{}:{}", profile.network, profile.handle.as_deref().unwrap_or(&profile.native_id));
        let followers = profile.days.iter().rev().find_map(|day| day.followers);
        let median = profile.engagement.as_ref().map(|of| of.median);
        self.figure("profile", format!("{account}/followers"), followers);
        self.figure("profile", format!("{account}/posts_a_week_tenths"), profile.posts_a_week);
        self.figure("profile", format!("{account}/heard"), Some(profile.heard));
        self.figure("profile", format!("{account}/median_reactions"), median);
        for (measure, posts) in [("best_post", &profile.best), ("worst_post", &profile.worst)] {
            for (place, post) in posts.iter().enumerate() {
                let address = post.permalink.as_deref().unwrap_or(&post.native_id);
                self.add(measure, format!("{account}/{}", place + 1), Cell::text(Some(address)));
            }
        }
        for unusual in &profile.unusual {
            let address = unusual.post.permalink.as_deref().unwrap_or(&unusual.post.native_id);
            let key = format!("{account}/{}/{address}", unusual.what);
            self.figure("unusual_post", key, Some(unusual.post.reactions));
        }
    }

    fn against_us(&mut self, brand: &'a BrandState) {
        for held in &brand.against_us {
            let of = held.network.as_deref().map(|network| format!("{network}/")).unwrap_or_default();
            let key = |figure: &str| format!("{of}{}/{figure}", held.measure);
            self.figure("against_us", key("ours"), held.ours);
            self.figure("against_us", key("theirs"), held.theirs);
            self.add("against_us", key("verdict"), Cell::word(held.verdict.as_str()));
        }
    }
}
