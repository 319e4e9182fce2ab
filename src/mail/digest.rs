//! The digest mail: who was talked about, how that changed, what stood out, and what may be missing.

use jiff::tz::TimeZone;

use super::clean::{Piece, short};
use super::held::{self, Held};
use super::page::{self, Page};
use super::post::{self, Parts};
use super::words::Language;
use super::{Letter, SUBJECT};
use crate::digest::Digest;
use crate::impostor::describe;
use crate::mention::Suspect;
use crate::share::{Change, Interval, Permille, Share};
use crate::store::figures::{Slice, TopPost};

mod html;
mod label;
mod mood;
mod quality;
mod topic;
mod text;

/// Brands shown with a bar; the rest are counted.
const BRANDS: usize = 12;
/// Characters of a top post.
const TOP: usize = 200;
/// Suspects told one by one.
const SUSPECTS: usize = 6;
/// Networks, and languages, shown with a bar.
const SLICES: usize = 6;
/// Days that fit side by side.
const DAYS: usize = 31;

/// The mail of one digest.
pub fn digest(digest: &Digest, language: Language, zone: &TimeZone) -> Letter {
    digest_with(digest, &[], language, zone)
}

/// The mail of one digest, with the alerts that were held back from its recipient.
pub fn digest_with(digest: &Digest, held: &[Held], language: Language, zone: &TimeZone) -> Letter {
    let mut tops = digest.top.len().min(BRANDS);
    loop {
        let letter = Telling { digest, held, language, zone, tops }.letter();
        if letter.html.len() <= page::LIMIT || tops == 0 {
            return letter;
        }
        tops -= 1;
    }
}

struct Telling<'a> {
    digest: &'a Digest,
    held: &'a [Held],
    language: Language,
    zone: &'a TimeZone,
    /// Brands whose top posts are shown.
    tops: usize,
}

/// One brand of the table of shares.
struct Row<'a> {
    share: &'a Share,
    /// The bar, out of all stories.
    bar: Permille,
    /// The large figure: a share, or a count when too little was heard for one.
    figure: String,
    /// Its interval and the counts.
    counts: String,
    /// The change since the window before.
    change: Option<String>,
}

impl Telling<'_> {
    fn letter(&self) -> Letter {
        let language = self.language;
        let period = language.span(self.digest.shares.window, self.zone);
        let headline = self.headline();
        let example = if self.all_example() { language.say(" (example)", " (exemple)") } else { "" };
        let subject = short(&format!("{}, {period}{example}", self.subject()), SUBJECT);
        let page = Page {
            language,
            title: &subject,
            preheader: &self.totals(),
            label: language.say("Digest", "Synthèse"),
            body: self.html(&headline),
            footer: &self.footer(),
        };
        let html = page.render();
        Letter::alone(subject, self.text(&headline), html)
    }

    fn all_example(&self) -> bool {
        let shares = &self.digest.shares;
        shares.totals.mentions > 0 && shares.examples == shares.totals.mentions
    }

    /// The brand the digest is for: ours, else the one most talked about. Shares come in that order.
    fn first(&self) -> Option<&Share> {
        self.digest.shares.brands.first()
    }

    /// The headline of the mail's list: the share without its interval.
    fn subject(&self) -> String {
        self.standing(|language, share| language.percent(share.permille))
    }

    fn headline(&self) -> String {
        self.standing(|language, share| {
            let (part, ends) = (language.percent(share.permille), ends(language, share));
            format!("{part} ({ends})")
        })
    }

    /// How much of all that is said is said of the first brand, its share told by `tell`.
    fn standing(&self, tell: impl Fn(Language, &Interval) -> String) -> String {
        let (language, shares) = (self.language, &self.digest.shares);
        let Some(first) = self.first().filter(|_| shares.totals.mentions > 0) else {
            let length = language.length(shares.window);
            return language.say(format!("0 mentions in {length}"), format!("0 mention en {length}"));
        };
        let (name, colon) = (short(&first.name, 50), language.colon());
        match first.by_stories.filter(|_| shares.enough()) {
            Some(share) => {
                let part = tell(language, &share);
                language.say(
                    format!("{name}{colon}{part} of all stories"),
                    format!("{name}{colon}{part} des histoires"),
                )
            }
            None => {
                let (part, all) =
                    (language.number(first.counts.mentions), language.mentions(shares.totals.mentions));
                language
                    .say(format!("{name}{colon}{part} of {all}"), format!("{name}{colon}{part} sur {all}"))
            }
        }
    }

    /// The period, with its length and clock.
    fn period(&self) -> String {
        let (language, window) = (self.language, self.digest.shares.window);
        let zone = super::words::local(window.to, self.zone).strftime("%Z").to_string();
        let (span, length) = (language.span(window, self.zone), language.length(window));
        let end = language.short_moment(window.to, self.zone);
        language.say(
            format!("{} · {length} up to {end} {zone}", super::words::capital(&span)),
            format!("{} · {length} jusqu’au {end} ({zone})", super::words::capital(&span)),
        )
    }

    /// All that was heard, in the three units.
    fn totals(&self) -> String {
        let (language, totals) = (self.language, self.digest.shares.totals);
        let brands = u64::try_from(self.digest.shares.brands.len()).unwrap_or(u64::MAX);
        let mentions = language.mentions(totals.mentions);
        let authors = language.count(totals.authors, ["author", "authors"], ["auteur", "auteurs"]);
        let stories = told(language, totals.stories);
        let brands = language.count(brands, ["brand", "brands"], ["marque", "marques"]);
        language.say(
            format!("{mentions} of {brands} by {authors}, in {stories}"),
            format!("{mentions} de {brands} par {authors}, en {stories}"),
        )
    }

    /// How the whole compares with the window before.
    fn before(&self) -> String {
        let language = self.language;
        let length = language.length(self.digest.shares.window);
        match self.digest.shares.previous_totals {
            None => language.say(
                format!("Nobody listened yet in the {length} before: there is nothing to compare with."),
                format!("Personne n’écoutait encore les {length} d’avant\u{a0}: rien à comparer."),
            ),
            Some(before) => {
                let mentions = language.mentions(before.mentions);
                language.say(
                    format!("The {length} before: {mentions}."),
                    format!("Les {length} d’avant\u{a0}: {mentions}."),
                )
            }
        }
    }

    /// Why counts stand where shares are expected.
    fn too_few(&self) -> Option<&'static str> {
        (!self.digest.shares.enough()).then(|| {
            self.language.say(
                "Fewer than 30 stories: too few for percentages, so counts are shown.",
                "Moins de 30 histoires\u{a0}: trop peu pour des pourcentages, voici les nombres.",
            )
        })
    }

    /// The alerts that were held back: how many, why, and a line each.
    fn held_back(&self) -> Option<(String, &'static str, Vec<String>)> {
        (!self.held.is_empty()).then(|| {
            (
                held::count(self.held, self.language),
                held::why(self.language),
                held::lines(self.held, self.language, self.zone),
            )
        })
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let shares = &self.digest.shares;
        let enough = shares.enough();
        shares
            .brands
            .iter()
            .take(BRANDS)
            .map(|share| {
                let mentions = self.language.mentions(share.counts.mentions);
                let interval = share.by_stories.filter(|_| enough);
                Row {
                    share,
                    bar: share.by_stories.map(|share| share.permille).unwrap_or_default(),
                    counts: self.counts(share, interval.as_ref()),
                    figure: interval.map_or(mentions, |share| self.language.percent(share.permille)),
                    change: share
                        .change
                        .filter(|change| change.counts.mentions + share.counts.mentions > 0)
                        .map(|change| self.change(share, &change, enough)),
                }
            })
            .collect()
    }

    /// The interval of a share where there is one, and the three counts less the one that stands large.
    fn counts(&self, share: &Share, interval: Option<&Interval>) -> String {
        let (language, counts) = (self.language, share.counts);
        let mut said: Vec<String> = interval.map(|share| ends(language, share)).into_iter().collect();
        said.push(told(language, counts.stories));
        said.extend(interval.map(|_| language.mentions(counts.mentions)));
        said.push(language.count(counts.authors, ["author", "authors"], ["auteur", "auteurs"]));
        said.join(" · ")
    }

    /// The change of one brand; called a change only when it is more than chance.
    fn change(&self, share: &Share, change: &Change, enough: bool) -> String {
        let language = self.language;
        let was = match share.was().filter(|_| enough) {
            Some(was) => language.percent(was),
            None => told(language, change.counts.stories),
        };
        let text = match change.detected() {
            Some(difference) if enough => language.say(
                format!("{} (was {was})", language.points(difference)),
                format!("{} (avant\u{a0}: {was})", language.points(difference)),
            ),
            _ => language.say(
                format!("no detectable change (was {was})"),
                format!("pas de changement décelable (avant\u{a0}: {was})"),
            ),
        };
        if share.query_changed {
            text + language.say(
                "; its query changed in between, so the two do not compare",
                "\u{202f}; sa requête a changé entre-temps, les deux ne se comparent pas",
            )
        } else {
            text
        }
    }

    /// Brands beyond those with a bar.
    fn other_brands(&self) -> Option<String> {
        let rest = self.digest.shares.brands.get(BRANDS..).filter(|rest| !rest.is_empty())?;
        let language = self.language;
        let count = u64::try_from(rest.len()).unwrap_or(u64::MAX);
        let brands = language.count(count, ["more brand", "more brands"], ["autre marque", "autres marques"]);
        let mentions = language.mentions(rest.iter().map(|share| share.counts.mentions).sum());
        Some(format!("{brands}{}{mentions}", language.colon()))
    }

    /// Author, network, reactions and copies of a top post.
    fn about_post(&self, top: &TopPost) -> String {
        let (language, post) = (self.language, &top.mention.post);
        let mut about = vec![
            post::by(&top.mention, language),
            language.network(post.network.as_str()),
            language.short_moment(post.published.unwrap_or(top.mention.counted), self.zone),
        ];
        if let Ok(reactions @ 1..) = u64::try_from(post.counts.reactions()) {
            about.push(language.count(reactions, ["reaction", "reactions"], ["réaction", "réactions"]));
        }
        if top.copies > 0 {
            let copies = language.count(top.copies, ["copy", "copies"], ["copie", "copies"]);
            about.push(language.say(format!("and {copies}"), format!("et {copies}")));
        }
        about.join(" · ")
    }

    /// One suspect in a line: who, where, which brand, and the strongest signal.
    fn suspect(&self, suspect: &Suspect) -> (String, String) {
        let language = self.language;
        let brand = self
            .digest
            .shares
            .brands
            .iter()
            .find(|share| share.id == suspect.suspicion.brand)
            .map_or(&*suspect.suspicion.brand.0, |share| share.name.as_str());
        let who = post::who(Some(&suspect.author), language);
        let strongest = suspect.suspicion.signals.iter().max_by_key(|signal| signal.points);
        let why = strongest
            .map(|signal| short(&describe(signal, language == Language::Fr), 200))
            .unwrap_or_default();
        let network = language.network(suspect.network.as_str());
        let (brand, colon) = (short(brand, 50), language.colon());
        (
            who,
            language.say(
                format!("may be posing as {brand} on {network}{colon}{why}"),
                format!("passe peut-être pour {brand} sur {network}{colon}{why}"),
            ),
        )
    }

    fn more_suspects(&self) -> Option<String> {
        let more = self.digest.suspects.len().checked_sub(SUSPECTS).filter(|more| *more > 0)?;
        Some(self.language.say(
            format!("And {more} more: see them with “vigie impostors”."),
            format!("Et {more} de plus\u{a0}: voyez-les avec «\u{a0}vigie impostors\u{a0}»."),
        ))
    }

    /// The largest slices with their bars, the rest as one.
    fn slices(&self, slices: &[Slice], name: impl Fn(&str) -> String) -> Vec<(String, u64, Permille)> {
        let mut shown: Vec<(String, u64)> =
            slices.iter().take(SLICES).map(|slice| (name(&slice.name), slice.mentions)).collect();
        let rest: u64 = slices.iter().skip(SLICES).map(|slice| slice.mentions).sum();
        if rest > 0 {
            shown.push((self.language.say("Others", "Autres").to_owned(), rest));
        }
        let all = shown.iter().map(|(_, mentions)| *mentions).sum();
        shown.into_iter().map(|(name, mentions)| (name, mentions, part_of(mentions, all))).collect()
    }

    fn example_line(&self) -> Option<String> {
        let (language, shares) = (self.language, &self.digest.shares);
        (shares.examples > 0).then(|| {
            if self.all_example() {
                return language
                    .say(
                        "All of this comes from the shipped example, not from the world.",
                        "Tout ceci vient de l’exemple fourni et non du monde réel.",
                    )
                    .to_owned();
            }
            let (some, all) = (language.number(shares.examples), language.mentions(shares.totals.mentions));
            language.say(
                format!("{some} of {all} come from the shipped example, not from the world."),
                format!("{some} sur {all} viennent de l’exemple fourni et non du monde réel."),
            )
        })
    }

    fn footer(&self) -> Vec<String> {
        let language = self.language;
        vec![
            language.say(
                "How to read it: a mention is one post about one brand; copies of one text, cut or with additions, are one story. Shares are of stories and sum to 100%; the true share lies between the two ends given in 95 of 100 cases. A change is called one only when chance alone would seldom make it (95%).",
                "Comment lire\u{a0}: une mention est une publication au sujet d’une marque\u{202f}; les copies d’un texte, coupées ou complétées, font une seule histoire. Les parts sont celles des histoires et font 100\u{a0}% ensemble\u{202f}; la vraie part se trouve entre les deux bornes indiquées dans 95 cas sur 100. On ne parle de changement que si le hasard seul le produirait rarement (95\u{a0}%).",
            ).to_owned(),
            language.say(
                "To stop or change this digest, edit [digest] in vigie.toml. Nothing is fetched, tracked or counted: opening this mail tells nobody.",
                "Pour arrêter ou changer cette synthèse, modifiez [digest] dans vigie.toml. Rien n’est téléchargé, suivi ni compté\u{a0}: ouvrir ce message n’avertit personne.",
            ).to_owned(),
        ]
    }
}

/// Stories with their word.
fn told(language: Language, stories: u64) -> String {
    language.count(stories, ["story", "stories"], ["histoire", "histoires"])
}

/// Both ends of a share.
fn ends(language: Language, share: &Interval) -> String {
    let (low, high) = (language.percent(share.low), language.percent(share.high));
    language.say(format!("{low} to {high}"), format!("{low} à {high}"))
}

/// `part` of `whole`, for the length of a bar.
fn part_of(part: u64, whole: u64) -> Permille {
    let scaled = (u128::from(part) * 1000).checked_div(u128::from(whole)).unwrap_or(0);
    Permille(u16::try_from(scaled.min(1000)).unwrap_or(1000))
}

/// The beginning of a top post around its first keyword, with its title.
fn excerpt(top: &TopPost) -> (Option<Vec<Piece>>, Vec<Piece>) {
    let alt = Parts::alt(&top.mention);
    let parts = Parts::of(&top.mention, alt.as_deref());
    (parts.title(), parts.excerpt(TOP))
}
