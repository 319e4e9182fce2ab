//! How an event looks over time: bars of its figures, and a picture of the hours before it.

use maud::{Markup, html};

use super::Telling;
use super::event::mean;
use crate::alert::{Course, Event, Phase, What};
use crate::mail::theme::{OURS, THEIRS};
use crate::mail::{Picture, page, trend};
use crate::share::Permille;

/// Pictures in one mail.
const PICTURES: usize = 3;

impl Telling<'_> {
    /// The events that have a picture, each with its name in the mail.
    fn pictured(&self) -> impl Iterator<Item = (String, &Event, &Course)> {
        let events = self.content.events.iter().take(self.shown).enumerate();
        events
            .filter_map(|(place, event)| {
                Some((format!("trend-{place}@vigie"), event, event.course.as_ref()?))
            })
            .take(PICTURES)
    }

    pub(super) fn pictures(&self) -> Vec<Picture> {
        self.pictured()
            .filter_map(|(id, _, course)| {
                Some(Picture { id, kind: "image/png", bytes: trend::draw(course)? })
            })
            .collect()
    }

    /// Bars of an event's figures, then its picture with words for what is drawn.
    pub(super) fn trend_html(&self, event: &Event) -> Markup {
        let picture = self.pictured().find(|(_, one, _)| std::ptr::eq(*one, event));
        html! {
            @let rows = self.bars(event);
            @if !rows.is_empty() { (page::bars(&rows)) }
            @if let Some((id, _, course)) = picture {
                (page::picture(&id, &self.course_figures(course), (trend::SHOWN_WIDTH, trend::SHOWN_HEIGHT)))
                (page::soft(html! { (self.legend(course)) }))
            }
        }
    }

    /// The figures of a course, for those who see no picture.
    pub(super) fn course_figures(&self, course: &Course) -> String {
        let language = self.language;
        let heard = || course.hours.iter().flatten().copied();
        let number = |count: u32| language.number(u64::from(count));
        let (last, most) = (heard().next_back().unwrap_or(0), heard().max().unwrap_or(0));
        let least = course.usual.iter().map(|(least, _)| *least).min().unwrap_or(0);
        let usual = course.usual.iter().map(|(_, most)| *most).max().unwrap_or(0);
        let (last, most, least, usual) =
            (language.mentions(u64::from(last)), number(most), number(least), number(usual));
        language.say(
            format!("Hour by hour over three days: {last} in the last hour, {most} at most; usually {least} to {usual}."),
            format!("Heure par heure sur trois jours\u{a0}: {last} dans la dernière heure, {most} au plus\u{202f}; d’habitude de {least} à {usual}."),
        )
    }

    fn legend(&self, course: &Course) -> String {
        let language = self.language;
        let to = language.short_moment(course.to, self.zone);
        language.say(
            format!("Line: mentions an hour over three days, up to {to}. Band: what is usual at that time of day."),
            format!("Ligne\u{a0}: mentions par heure sur trois jours, jusqu’au {to}. Bande\u{a0}: l’habitude à cette heure du jour."),
        )
    }

    fn bars(&self, event: &Event) -> Vec<(String, String, Permille, &'static crate::mail::theme::Paint)> {
        let language = self.language;
        let own = |en: &str, fr: &str| language.say(en, fr).to_owned();
        let usual_name = own("Usual", "D’habitude");
        // What ended is told by how it stood at its worst.
        let last = match event.phase {
            Phase::Ended => own("In the last mail", "Au dernier message"),
            Phase::Opened | Phase::Grew => own("Last 24 hours", "Dernières 24 heures"),
        };
        match &event.what {
            What::Spike { count, usual, all } => {
                let name = match all {
                    Some(_) => own("Largest hour", "Heure la plus forte"),
                    None => own("Last hour", "Dernière heure"),
                };
                let (now, then) = (count.saturating_mul(100), *usual);
                vec![
                    (name, language.number(*count), part(now, now.max(then)), &OURS),
                    (usual_name, mean(then, language), part(then, now.max(then)), &THEIRS),
                ]
            }
            What::Drop { count, usual } => {
                let (now, then) = (count.saturating_mul(100), *usual);
                vec![
                    (
                        own("Last 24 hours", "Dernières 24 heures"),
                        language.number(*count),
                        part(now, now.max(then)),
                        &OURS,
                    ),
                    (usual_name, mean(then, language), part(then, now.max(then)), &THEIRS),
                ]
            }
            What::Surge { now, before, .. } => vec![
                (own("Last 24 hours", "Dernières 24 heures"), language.percent(*now), *now, &OURS),
                (own("Week before", "Semaine d’avant"), language.percent(*before), *before, &THEIRS),
            ],
            What::Sentiment { now, before, .. } => vec![
                (last, language.percent(*now), *now, &OURS),
                (
                    own("Two weeks before", "Deux semaines d’avant"),
                    language.percent(*before),
                    *before,
                    &THEIRS,
                ),
            ],
            What::Reactions { count, usual, .. } => {
                let (now, then) = (count.max(&0).unsigned_abs(), usual.max(&0).unsigned_abs());
                vec![
                    (
                        own("This post", "Cette publication"),
                        language.number(now),
                        part(now, now.max(then)),
                        &OURS,
                    ),
                    (usual_name, language.number(then), part(then, now.max(then)), &THEIRS),
                ]
            }
            What::Silence { .. } | What::AccountChanged { .. } | What::PrecisionFallen { .. } => Vec::new(),
        }
    }
}

fn part(part: u64, whole: u64) -> Permille {
    let scaled = (u128::from(part) * 1000).checked_div(u128::from(whole)).unwrap_or(0);
    Permille(u16::try_from(scaled.min(1000)).unwrap_or(1000))
}
