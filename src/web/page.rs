//! The page: who is talked about, the newest mentions, suspects, and what was listened to. Markup alone; all that
//! strangers wrote goes in as text.

use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, html};

use super::Shown;
use super::look::{Look, MENTIONS};
use crate::impostor::{Level, describe};
use crate::mail::clean::{evidence, link, short};
use crate::mail::draw::{bar, pieces, unbroken};
use crate::mail::post::{self, Parts};
use crate::mail::words::local;
use crate::mail::{Language, reason};
use crate::mention::{Mention, Suspect};
use crate::share::{Interval, Share};
use crate::store::doors::{IMPORT, INGEST};
use crate::store::figures::Coverage;

/// Characters of a post, of a name, of a reason.
const EXCERPT: usize = 300;
const NAME: usize = 60;
const REASON: usize = 160;
/// Signals told of one suspect.
const SIGNALS: usize = 4;
/// Gaps told one by one.
const GAPS: usize = 5;

/// The whole page.
pub(super) fn render(look: &Look, (shown, name): (&Shown, &str), language: Language) -> String {
    Telling { look, shown, name, language, zone: &shown.zone }.page().into_string()
}

struct Telling<'a> {
    look: &'a Look,
    shown: &'a Shown,
    name: &'a str,
    language: Language,
    zone: &'a TimeZone,
}

/// What every page says of itself to browsers and search engines.
pub(super) fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width,initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="robots" content="noindex,nofollow";
            title { (title) }
            link rel="stylesheet" href="/style.css";
        }
    }
}

impl Telling<'_> {
    fn say(&self, en: &'static str, fr: &'static str) -> &'static str {
        self.language.say(en, fr)
    }

    fn number(&self, count: usize) -> String {
        self.language.number(u64::try_from(count).unwrap_or(u64::MAX))
    }

    fn brand(&self, id: &str) -> String {
        let brands = self.shown.brands.borrow();
        let known = brands.iter().find(|brand| *brand.id.0 == *id);
        short(known.map_or(id, |brand| &brand.name), NAME)
    }

    fn page(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.language.code()) {
                (head(self.name))
                body {
                    div class="wrap" {
                        header class="top" {
                            p class="name" { (self.name) }
                            (self.languages())
                        }
                        main {
                            (self.hero())
                            (self.warning())
                            div class="cols" {
                                div { (self.shares()) (self.mentions()) }
                                div { (self.days()) (self.suspects()) (self.coverage()) }
                            }
                        }
                        footer class="soft" {
                            (self.say(
                                "This page only shows what is kept. Reload it to see what came since.",
                                "Cette page montre seulement ce qui est gardé. Rechargez-la pour voir la suite."
                            ))
                        }
                    }
                }
            }
        }
    }

    fn languages(&self) -> Markup {
        html! {
            nav class="langs" aria-label=(self.say("Language", "Langue")) {
                @for (language, code, name) in [(Language::Fr, "fr", "Français"), (Language::En, "en", "English")] {
                    @if language == self.language { b lang=(code) { (name) } }
                    @else { a href={ "/?lang=" (code) } lang=(code) hreflang=(code) { (name) } }
                }
            }
        }
    }

    fn hero(&self) -> Markup {
        let (language, digest) = (self.language, &self.look.digest);
        let shares = &digest.shares;
        let heading = match shares.brands.first().filter(|_| shares.totals.mentions > 0) {
            None => self.say("Nothing was heard yet", "Rien n’a été entendu").to_owned(),
            Some(first) => {
                let name = short(&first.name, NAME);
                match first.by_stories.filter(|_| shares.enough()) {
                    Some(share) => {
                        let part = language.percent(share.permille);
                        let colon = language.colon();
                        language.say(
                            format!("{name}{colon}{part} of all stories"),
                            format!("{name}{colon}{part} des histoires"),
                        )
                    }
                    None => {
                        let (part, all) = (
                            language.number(first.counts.mentions),
                            language.mentions(shares.totals.mentions),
                        );
                        let colon = language.colon();
                        language.say(
                            format!("{name}{colon}{part} of {all}"),
                            format!("{name}{colon}{part} sur {all}"),
                        )
                    }
                }
            }
        };
        let figures = [
            (self.say("mentions", "mentions"), shares.totals.mentions),
            (self.say("authors", "auteurs"), shares.totals.authors),
            (self.say("stories", "histoires"), shares.totals.stories),
            (
                self.say("suspects", "comptes suspects"),
                u64::try_from(self.look.suspects.len()).unwrap_or(u64::MAX),
            ),
        ];
        html! {
            section class="card hero" {
                p class="soft" {
                    (language.length(shares.window)) " · "
                    (self.say("up to ", "jusqu’au ")) (language.moment(digest.written, self.zone))
                }
                h1 { (heading) }
                @if shares.examples > 0 {
                    p class="soft" {
                        (self.example())
                        " " (language.mentions(shares.examples)) " "
                        (self.say("of the shipped example, not of the world", "de l’exemple fourni, pas du monde"))
                    }
                }
                dl class="figures" {
                    @for (name, figure) in figures { div { dt { (name) } dd { (language.number(figure)) } } }
                }
            }
        }
    }

    fn example(&self) -> Markup {
        html! { span class="tag example" { (self.say("example", "exemple")) } }
    }

    fn warning(&self) -> Markup {
        let digest = &self.look.digest;
        html! {
            @if !digest.gaps.is_empty() || digest.unwell().next().is_some() {
                p class="note" role="status" {
                    (self.say("The figures may be low: something was missed. ", "Les chiffres sont peut-être trop bas\u{a0}: il a manqué quelque chose. "))
                    a href="#sources" { (self.say("What was listened to", "Ce qui a été écouté")) }
                }
            }
        }
    }

    fn shares(&self) -> Markup {
        let shares = &self.look.digest.shares;
        html! {
            section class="card at-shares" {
                h2 { (self.say("Shares of voice", "Parts de voix")) }
                @if shares.brands.is_empty() { p class="soft" { (self.say("No brand is watched.", "Aucune marque n’est suivie.")) } }
                ul class="shares" { @for share in &shares.brands { (self.share(share, shares.enough())) } }
                @if !shares.enough() && shares.totals.mentions > 0 {
                    p class="soft" { (self.say(
                        "Too little was heard for percentages.",
                        "Trop peu a été entendu pour des pourcentages."
                    )) }
                }
            }
        }
    }

    fn share(&self, share: &Share, enough: bool) -> Markup {
        let language = self.language;
        let interval = share.by_stories.filter(|_| enough);
        let figure = interval.map(|share| language.percent(share.permille));
        let figure = figure.unwrap_or_else(|| language.mentions(share.counts.mentions));
        let change = share.change.filter(|_| enough && !share.query_changed);
        let change = change.and_then(|change| change.detected()).map(|points| language.points(points));
        let ends = interval.map(|Interval { low, high, .. }| {
            let (low, high) = (language.percent(low), language.percent(high));
            language.say(format!("{low} to {high} · "), format!("{low} à {high} · "))
        });
        let counts = format!(
            "{}{} · {} · {}",
            ends.unwrap_or_default(),
            language.count(share.counts.stories, ["story", "stories"], ["histoire", "histoires"]),
            language.mentions(share.counts.mentions),
            language.count(share.counts.authors, ["author", "authors"], ["auteur", "auteurs"]),
        );
        html! {
            li {
                div class="line" { b { (short(&share.name, NAME)) } span class="big" { (figure) } }
                (bar(share.by_stories.map(|share| share.permille).unwrap_or_default(), if share.ours { "ours" } else { "theirs" }))
                div class="line soft" {
                    span { (counts) }
                    @if let Some(change) = change { span { (change) " " (self.say("in a week", "en une semaine")) } }
                }
            }
        }
    }

    /// Mentions by day, as columns.
    fn days(&self) -> Markup {
        let days = &self.look.digest.days;
        let most = days.iter().map(|day| day.mentions).max().unwrap_or(0).max(1);
        let wide = 100_usize;
        html! {
            section class="card at-days" {
                h2 { (self.say("Mentions by day", "Mentions par jour")) }
                svg class="days" viewBox={ "0 0 " (days.len().max(1) * wide) " 80" } preserveAspectRatio="none" aria-hidden="true" {
                    @for (place, day) in days.iter().enumerate() {
                        @let height = if day.mentions == 0 { 1 } else { (day.mentions * 80 / most).max(3) };
                        rect class=(if day.mentions == 0 { "track" } else { "ours" }) x=(place * wide + 12) y=(80 - height) width=(wide - 24) height=(height) {}
                    }
                }
                div class="feet" {
                    @for day in days {
                        span { b { (self.language.number(day.mentions)) } (self.language.short_weekday(&local(day.from.plus(crate::time::DAY / 2), self.zone))) }
                    }
                }
            }
        }
    }

    fn mentions(&self) -> Markup {
        let mentions = &self.look.mentions;
        html! {
            section class="card at-mentions" {
                h2 {
                    (self.say("Mentions", "Mentions"))
                    @if mentions.len() >= usize::try_from(MENTIONS).unwrap_or(usize::MAX) {
                        small { (self.say("the newest ", "les ")) (MENTIONS) (self.say("", " plus récentes")) }
                    }
                }
                @if mentions.is_empty() {
                    p class="soft" { (self.say(
                        "None yet. They come here as soon as they are heard.",
                        "Aucune pour l’instant. Elles arrivent ici dès qu’elles sont entendues."
                    )) }
                }
                ol class="list" { @for mention in mentions { (self.mention(mention)) } }
            }
        }
    }

    fn mention(&self, mention: &Mention) -> Markup {
        let language = self.language;
        let alt = Parts::alt(mention);
        let parts = Parts::of(mention, alt.as_deref());
        let (title, text) = (parts.title(), parts.excerpt(EXCERPT));
        html! {
            li {
                div class="head" {
                    span class="tag brand" { (self.brand(&mention.brand.0)) }
                    @if mention.example { (self.example()) }
                    span class="soft" { (language.short_moment(mention.counted, self.zone)) }
                }
                p class="by" { b { (post::by(mention, language)) } " · " (language.network(mention.post.network.as_str())) }
                div class="said" dir="auto" lang=[declared(mention)] {
                    @if let Some(title) = &title { strong class="title" { (pieces(title)) } }
                    (pieces(&text))
                }
                @if let Some(link) = mention.post.permalink.as_deref().and_then(link) {
                    a class="open" href=(link.href) rel="noreferrer noopener nofollow" { (self.say("Open on ", "Ouvrir sur ")) (short(&link.host, NAME)) }
                }
            }
        }
    }

    fn suspects(&self) -> Markup {
        let suspects = &self.look.suspects;
        html! {
            section class="card at-suspects" {
                h2 {
                    (self.say("Accounts that may pose as a brand", "Comptes qui se font peut-être passer pour une marque"))
                }
                @if suspects.is_empty() { p class="soft" { (self.say("None.", "Aucun.")) } }
                ul class="list" { @for suspect in suspects { (self.suspect(suspect)) } }
            }
        }
    }

    fn suspect(&self, suspect: &Suspect) -> Markup {
        let language = self.language;
        let (class, level) = match suspect.suspicion.level {
            Level::Alert => ("danger", self.say("likely", "probable")),
            Level::Review | Level::Watch => ("warn", self.say("to look at", "à regarder")),
        };
        let french = language == Language::Fr;
        let signals = suspect.suspicion.signals.iter().filter(|signal| signal.points > 0).take(SIGNALS);
        html! {
            li {
                div class="head" {
                    span class={ "tag " (class) } { (level) }
                    span class="tag brand" { (self.brand(&suspect.suspicion.brand.0)) }
                    @if suspect.example { (self.example()) }
                }
                p class="by" { b { (post::who(Some(&suspect.author), language)) } " · " (language.network(suspect.network.as_str())) }
                ul class="why" { @for signal in signals { li { (unbroken(&evidence(&describe(signal, french), REASON))) } } }
                @if let Some(link) = suspect.author.url.as_deref().and_then(link) {
                    a class="open" href=(link.href) rel="noreferrer noopener nofollow" { (self.say("Profile on ", "Profil sur ")) (short(&link.host, NAME)) }
                }
            }
        }
    }

    fn coverage(&self) -> Markup {
        let digest = &self.look.digest;
        let mut gaps: Vec<_> = digest.gaps.iter().collect();
        gaps.sort_by_key(|gap| std::cmp::Reverse(gap.to));
        html! {
            section class="card at-coverage" id="sources" {
                h2 { (self.say("What was listened to", "Ce qui a été écouté")) }
                @if digest.coverage.is_empty() { p class="soft" { (self.say("No source is followed.", "Aucune source n’est suivie.")) } }
                ul class="sources" { @for of in &digest.coverage { (self.source(of)) } }
                @if !gaps.is_empty() {
                    ul class="why" {
                        @for gap in gaps.iter().take(GAPS) {
                            li {
                                (short(&gap.source, NAME)) (self.language.colon())
                                (self.say("nothing ", "rien ")) (self.language.between(gap.from, gap.to, self.zone))
                                ", " (short(&reason(&gap.reason, self.language), REASON))
                            }
                        }
                        @if gaps.len() > GAPS { li { (self.number(gaps.len() - GAPS)) (self.say(" more gaps", " autres lacunes")) } }
                    }
                }
            }
        }
    }

    fn source(&self, of: &Coverage) -> Markup {
        let language = self.language;
        let brought = matches!(of.network.as_str(), IMPORT | INGEST);
        let (dot, state) = match of.state.as_str() {
            _ if of.network == IMPORT => ("ok", self.say("imported", "importée")),
            _ if of.network == INGEST => ("ok", self.say("pushed", "poussée")),
            "ok" => ("ok", self.say("listens", "à l’écoute")),
            "failing" => ("bad", self.say("fails", "en échec")),
            "paused" => ("", self.say("paused", "en pause")),
            "stopped" => ("bad", self.say("stopped", "arrêtée")),
            "silent" => ("bad", self.say("silent", "muette")),
            _ => ("", self.say("not yet heard", "pas encore entendue")),
        };
        let posts = language.count(
            of.posts,
            ["post heard", "posts heard"],
            ["publication entendue", "publications entendues"],
        );
        let (done, due) = (language.number(of.hours_done), language.number(of.hours_due));
        let hours = (of.hours_due > 0 && !brought).then(|| {
            language.say(format!("{done} of {due}\u{a0}h · "), format!("{done}\u{a0}h sur {due} · "))
        });
        let failed =
            (of.failed > 0).then(|| language.count(of.failed, ["failure", "failures"], ["échec", "échecs"]));
        html! {
            li {
                div class="line" {
                    b { (short(&of.source, NAME)) @if of.example { " " (self.example()) } }
                    span class="state" { span class={ "dot " (dot) } {} (state) }
                }
                p class="soft" { (hours.unwrap_or_default()) (posts) @if let Some(failed) = failed { " · " (failed) } }
                @if let Some(why) = of.reason.as_deref().filter(|_| dot != "ok") { p class="soft alarm" { (short(&reason(why, language), REASON)) } }
            }
        }
    }
}

/// The language that a post declares, when it can be one.
fn declared(mention: &Mention) -> Option<&str> {
    let lang = mention.lang.as_deref()?;
    let sound = (2..=12).contains(&lang.len())
        && lang.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    sound.then_some(lang)
}
