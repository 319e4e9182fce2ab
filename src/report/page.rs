//! The page of a report: one HTML file with everything in it, for screens and for paper. No script, and nothing is
//! fetched; all that strangers wrote goes in as text.

use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Report, days, summary};
use crate::impostor::Level;
use crate::mail::Language;
use crate::mail::clean::{link, short};
use crate::mail::draw::{bar, pieces};
use crate::mail::post::{self, Parts};
use crate::mail::{look, theme, words::local};
use crate::share::{Permille, Share};
use crate::store::figures::{Slice, TopPost};
use crate::time::HOUR;

/// Characters of a post and of a name.
const EXCERPT: usize = 280;
pub(super) const NAME: usize = 60;
/// Networks, and languages, listed.
const SLICES: usize = 8;
/// Suspects listed.
const SUSPECTS: usize = 20;

/// How a report looks and speaks.
#[derive(Debug, Clone)]
pub struct Look {
    /// French or English.
    pub language: Language,
    /// The zone in which days and hours are told.
    pub zone: TimeZone,
    /// Who it is from, in the place of "Vigie".
    pub name: Option<String>,
    /// A picture in the place of the name, as a `data:` address.
    pub logo: Option<String>,
    /// The colour of what is ours, `#rrggbb`.
    pub colour: Option<String>,
    /// Whether the period goes on: its end had not come when the page was made.
    pub running: bool,
}

/// The page of `report`.
pub fn page(report: &Report, look: &Look) -> String {
    Telling { report, look, language: look.language, zone: &look.zone }.page().into_string()
}

pub(super) struct Telling<'a> {
    pub(super) report: &'a Report,
    look: &'a Look,
    pub(super) language: Language,
    pub(super) zone: &'a TimeZone,
}

impl Telling<'_> {
    pub(super) fn say(&self, en: &'static str, fr: &'static str) -> &'static str {
        self.language.say(en, fr)
    }

    fn page(&self) -> Markup {
        let title = self.title();
        let own = self.look.colour.as_deref().map(|colour| {
            let light = look::lightened(colour);
            format!(":root{{--own:{colour}}}@media screen and (prefers-color-scheme:dark){{:root{{--own:{light}}}}}")
        });
        html! {
            (DOCTYPE)
            html lang=(self.language.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                    title { (title) }
                    style { (PreEscaped(theme::variables())) (PreEscaped(include_str!("style.css"))) (PreEscaped(own.unwrap_or_default())) }
                }
                body {
                    main {
                        (self.masthead())
                        (self.hero(&title))
                        (self.shares())
                        (self.weights())
                        (self.moods())
                        (self.days())
                        div class="two" {
                            (self.slices(self.say("Networks", "Réseaux"), &self.report.digest.networks, |name| self.language.network(name)))
                            (self.slices(self.say("Languages", "Langues"), &self.report.digest.languages, |name| self.language.language(name)))
                        }
                        (self.inside())
                        (self.hours())
                        (self.topics())
                        (self.answering())
                        (self.unusual())
                        (self.voices())
                        (self.posts())
                        (self.suspects())
                        (self.label())
                    }
                    (PreEscaped(self.report.figures.embedded()))
                }
            }
        }
    }

    fn title(&self) -> String {
        let shares = &self.report.digest.shares;
        let period = self.language.span(shares.window, self.zone);
        match shares.brands.first() {
            Some(first) => {
                let name = short(&first.name, NAME);
                self.language.say(
                    format!("{name}: what was said, {period}"),
                    format!("{name}\u{a0}: ce qui s’est dit, {period}"),
                )
            }
            None => period,
        }
    }

    fn masthead(&self) -> Markup {
        let name = self.look.name.as_deref().unwrap_or("Vigie");
        html! {
            header {
                @if let Some(logo) = &self.look.logo { img src=(logo) alt=(name); } @else { p class="name" { (name) } }
                p class="soft" { (self.say("Report", "Rapport")) }
            }
        }
    }

    fn hero(&self, title: &str) -> Markup {
        let shares = &self.report.digest.shares;
        html! {
            section class="hero" {
                p class="soft" { (days::length(&self.report.days, self.language)) " · " (local(shares.window.to, self.zone).strftime("%Z").to_string()) }
                h1 { (title) }
                ul class="summary" { @for sentence in summary::sentences(self.report, self.language, self.zone) { li { (sentence) } } }
                @if self.look.running { p class="soft" style="margin-top:10px" { (self.running()) } }
                @if shares.examples > 0 {
                    p class="soft" style="margin-top:10px" {
                        span class="tag example" { (self.say("example", "exemple")) } " "
                        (self.language.mentions(shares.examples)) " "
                        (self.say("come from the shipped example, not from the world", "viennent de l’exemple fourni, pas du monde"))
                    }
                }
            }
        }
    }

    /// That the period is not over.
    fn running(&self) -> String {
        let end = self.language.moment(self.report.digest.shares.window.to, self.zone);
        self.language.say(
            format!("This period is not over, it ends on {end}: these figures will change."),
            format!(
                "Cette période n’est pas finie, elle se termine le {end}\u{a0}: ces chiffres vont changer."
            ),
        )
    }

    fn shares(&self) -> Markup {
        let shares = &self.report.digest.shares;
        html! {
            section {
                h2 { (self.say("Share of voice", "Part de voix")) }
                table {
                    thead { tr {
                        th { (self.say("Brand", "Marque")) } th class="wide opt" {}
                        th class="num" { (self.say("Share of stories", "Part des histoires")) } th class="num opt" { (self.say("Stories", "Histoires")) }
                        th class="num" { (self.say("Mentions", "Mentions")) }
                        th class="num opt" { (self.say("Authors", "Auteurs")) } th class="num opt" { (self.say("Distinct posts", "Publications distinctes")) }
                        th class="num" { (self.say("Change", "Évolution")) }
                    } }
                    tbody { @for share in &shares.brands { (self.share(share, shares.enough())) } }
                }
                p class="soft" style="margin-top:10px" { (self.say(
                    "A story is one text, however often it was copied; shares of stories stand with their 95% interval (Wilson, for as many stories as those of few authors are worth) and add up to 100%, and so do the shares of mentions beside them. A change is only told where the 95% interval of the difference of the shares of stories leaves zero.",
                    "Une histoire est un texte, si souvent copié soit-il\u{a0}; les parts des histoires, avec leur intervalle à 95\u{a0}% (Wilson, pour autant d’histoires que valent celles de peu d’auteurs), font 100\u{a0}%, comme celles des mentions à côté. Une évolution n’est annoncée que si l’intervalle à 95\u{a0}% de la différence des parts des histoires exclut zéro."
                )) }
            }
        }
    }

    fn share(&self, share: &Share, enough: bool) -> Markup {
        let language = self.language;
        let stories = share.by_stories.filter(|_| enough);
        let percent = |part: Option<Permille>| part.map_or("–".to_owned(), |part| language.percent(part));
        let between = stories.map(|of| {
            let [low, high] = [of.low, of.high].map(|part| language.percent(part));
            language.say(format!("{low} to {high}"), format!("{low} à {high}"))
        });
        let change = match share.change {
            None => self.say("not compared", "sans comparaison").to_owned(),
            Some(_) if share.query_changed => self.say("query changed", "requête modifiée").to_owned(),
            Some(change) => match change.by_stories.filter(|_| change.detectable && enough) {
                Some(points) => language.points(points),
                None => self.say("no detectable change", "pas de changement décelable").to_owned(),
            },
        };
        html! {
            tr {
                td { (short(&share.name, NAME)) @if share.ours { " " span class="tag brand" { (self.say("ours", "nous")) } } }
                td class="wide opt" { (bar(stories.map_or_else(|| share.permille.unwrap_or_default(), |of| of.permille), if share.ours { "ours" } else { "theirs" })) }
                td class="num" { span class="figure" { (percent(stories.map(|of| of.permille))) } @if let Some(between) = between { br; span class="change" { (between) } } }
                td class="num opt" { (language.number(share.counts.stories)) }
                td class="num" { (language.number(share.counts.mentions)) @if enough { br; span class="change" { (percent(share.permille)) } } }
                td class="num opt" { (language.number(share.counts.authors)) }
                td class="num opt" { (language.number(share.counts.posts)) }
                td class="change" { (change) }
            }
        }
    }

    fn slices(&self, heading: &str, slices: &[Slice], name: impl Fn(&str) -> String) -> Markup {
        let all: u64 = slices.iter().map(|slice| slice.mentions).sum();
        let permille = |count: u64| {
            let part = count.saturating_mul(1000).saturating_add(all / 2).checked_div(all).unwrap_or(0);
            Permille(u16::try_from(part).unwrap_or(1000))
        };
        let rest: u64 = slices.iter().skip(SLICES).map(|slice| slice.mentions).sum();
        let more = u64::try_from(slices.len().saturating_sub(SLICES)).unwrap_or(u64::MAX);
        html! {
            section {
                h2 { (heading) }
                @if slices.is_empty() { p class="soft" { "–" } }
                table { tbody {
                    @for slice in slices.iter().take(SLICES) { tr {
                        td { (name(&slice.name)) (bar(permille(slice.mentions), "theirs")) }
                        td class="num" { (self.language.number(slice.mentions)) }
                        td class="num soft" { (self.language.percent(permille(slice.mentions))) }
                    } }
                    @if rest > 0 { tr {
                        td { (self.language.count(more, ["other", "others"], ["autre", "autres"])) (bar(permille(rest), "theirs")) }
                        td class="num" { (self.language.number(rest)) }
                        td class="num soft" { (self.language.percent(permille(rest))) }
                    } }
                } }
            }
        }
    }

    /// Hours by weekday: the more was said, the stronger the colour.
    fn hours(&self) -> Markup {
        let mut grid = [[0_u64; 24]; 7];
        for (hour, mentions) in &self.report.hours {
            let at = local(hour.plus(HOUR / 2), self.zone);
            let day = usize::try_from(at.weekday().to_monday_zero_offset()).unwrap_or(0);
            let cell = grid.get_mut(day).and_then(|day| day.get_mut(usize::try_from(at.hour()).unwrap_or(0)));
            if let Some(cell) = cell {
                *cell += mentions;
            }
        }
        let most = grid.iter().flatten().copied().max().unwrap_or(0).max(1);
        // A Monday, for the names of days.
        let monday = jiff::civil::date(2024, 1, 1).to_zoned(TimeZone::UTC).ok();
        let name = |day: usize| {
            let span = jiff::Span::new().days(i64::try_from(day).unwrap_or(0));
            let at = monday.as_ref().and_then(|monday| monday.checked_add(span).ok());
            at.map(|at| self.language.short_weekday(&at)).unwrap_or_default()
        };
        html! {
            @if !self.report.hours.is_empty() { section {
                h2 { (self.say("When it was said", "Quand cela s’est dit")) }
                svg class="heat" viewBox="0 0 660 166" role="img" aria-label=(self.say("Mentions by weekday and hour", "Mentions par jour de la semaine et par heure")) {
                    @for (day, row) in grid.iter().enumerate() {
                        text x="0" y=(day * 20 + 14) { (name(day)) }
                        @for (hour, count) in row.iter().enumerate() {
                            rect class=(if *count == 0 { "none" } else { "cell" }) x=(36 + hour * 26) y=(day * 20) width="24" height="18" rx="3"
                                fill-opacity=[(*count > 0).then(|| format!("0.{:02}", (25 + count * 74 / most).min(99)))] {
                                title { (name(day)) " " (hour) " h: " (count) }
                            }
                        }
                    }
                    @for hour in (0..24_usize).step_by(3) { text x=(36 + hour * 26) y="160" { (hour) " h" } }
                }
                p class="soft" { (self.say("Strongest: ", "Le plus fort\u{a0}: ")) (self.language.mentions(most)) (self.say(" in one of these hours", " dans une de ces heures")) "." }
            } }
        }
    }

    fn voices(&self) -> Markup {
        let language = self.language;
        html! {
            @if self.report.digest.shares.totals.mentions > 0 { section class="long" {
                h2 { (self.say("Who spoke most", "Qui a le plus parlé")) }
                @if self.report.voices.is_empty() { p class="soft" { (self.say("No author of these posts is known by name.", "Aucun auteur de ces publications n’est connu de nom.")) } }
                @else { table {
                    thead { tr {
                        th { (self.say("Author", "Auteur")) } th { (self.say("Network", "Réseau")) }
                        th class="num opt" { (self.say("Followers", "Abonnés")) }
                        th class="num" { (self.say("Stories", "Histoires")) }
                        th class="num" { (self.say("Reactions", "Réactions")) }
                    } }
                    tbody { @for voice in &self.report.voices { tr {
                        td { bdi { (short(&voice.name, NAME)) } }
                        td { (language.network(voice.network.as_str())) }
                        td class="num opt" { (voice.followers.map_or("–".to_owned(), |count| language.number(count))) }
                        td class="num" { (language.number(voice.posts)) }
                        td class="num" { (language.number(voice.reactions)) }
                    } } }
                } }
            } }
        }
    }

    fn posts(&self) -> Markup {
        html! {
            @if !self.report.digest.top.is_empty() {
                section class="long" {
                    h2 { (self.say("Posts that stood out", "Publications marquantes")) }
                    @for top in &self.report.digest.top {
                        @for post in &top.posts { (self.post(&top.name, post)) }
                    }
                }
            }
        }
    }

    fn post(&self, brand: &str, top: &TopPost) -> Markup {
        let (language, mention) = (self.language, &top.mention);
        let alt = Parts::alt(mention);
        let parts = Parts::of(mention, alt.as_deref());
        let (title, text) = (parts.title(), parts.excerpt(EXCERPT));
        let reactions = u64::try_from(mention.post.counts.reactions()).ok().filter(|count| *count > 0);
        let reactions = reactions
            .map(|count| language.count(count, ["reaction", "reactions"], ["réaction", "réactions"]));
        html! {
            div class="post" {
                p {
                    span class="tag brand" { (short(brand, NAME)) } " "
                    @if mention.example { span class="tag example" { (self.say("example", "exemple")) } " " }
                    bdi { (post::by(mention, language)) } " · " (language.network(mention.post.network.as_str()))
                    " · " (language.short_moment(mention.counted, self.zone))
                    @if let Some(reactions) = reactions { " · " (reactions) }
                }
                @if title.is_some() || !text.is_empty() {
                    div class="said" dir="auto" {
                        @if let Some(title) = &title { strong { (pieces(title)) } }
                        (pieces(&text))
                    }
                } @else { p class="soft" { (self.say("Its words may not be passed on by the terms of its network.", "Ses mots ne peuvent pas être transmis, selon les conditions de son réseau.")) } }
                @if let Some(link) = mention.post.permalink.as_deref().and_then(link) { p class="soft" { a href=(link.href) rel="noreferrer noopener nofollow" { (short(&link.href, 120)) } } }
            }
        }
    }

    fn suspects(&self) -> Markup {
        let suspects = &self.report.digest.suspects;
        let language = self.language;
        html! {
            @if !suspects.is_empty() {
                section class="long" {
                    h2 { (self.say("Accounts that may be posing as a brand", "Comptes qui se font peut-être passer pour une marque")) }
                    table { tbody { @for suspect in suspects.iter().take(SUSPECTS) { tr {
                        td { @if suspect.suspicion.level == Level::Alert { span class="tag danger" { (self.say("likely", "probable")) } } @else { span class="tag warn" { (self.say("to look at", "à regarder")) } } }
                        td { bdi { (post::who(Some(&suspect.author), language)) } }
                        td { (language.network(suspect.network.as_str())) }
                        td class="num soft" { (language.short_moment(suspect.first_seen, self.zone)) }
                    } } } }
                    @if suspects.len() > SUSPECTS { p class="soft" { "+ " (suspects.len() - SUSPECTS) } }
                }
            }
        }
    }
}
