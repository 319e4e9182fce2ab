//! The text part of a digest.

use super::{SUSPECTS, Telling, excerpt};
use crate::mail::clean::{self, short};
use crate::mail::text::{self, Lines};
use crate::share::Permille;

/// Width of the bars of shares.
const BAR: usize = 40;
/// Width of the small bars.
const SMALL: usize = 28;
/// Width of a name before a bar.
const NAME: usize = 20;

impl Telling<'_> {
    pub(super) fn text(&self, headline: &str) -> String {
        let language = self.language;
        let mut lines = Lines::default();
        lines
            .heading(headline, '=')
            .say(&self.period())
            .say(&format!("{}.", self.totals()))
            .say(&self.before());
        if let Some(line) = self.example_line() {
            lines.say(&line);
        }
        if let Some(warning) = self.warning() {
            lines.gap().hang("! ", "  ", &warning);
        }
        lines.gap().heading(language.say("Share of voice", "Parts de voix"), '-');
        for row in self.rows() {
            let name = short(&row.share.name, 60);
            let ours = if row.share.ours { language.say(" (ours)", " (la nôtre)") } else { "" };
            lines.gap().say(&format!("{name}{ours}"));
            lines.raw(&format!("{}  {}", text::bar(row.bar, BAR), row.figure));
            lines.say(&row.counts);
            if let Some(change) = &row.change {
                lines.say(change);
            }
        }
        if let Some(rest) = self.other_brands() {
            lines.gap().say(&rest);
        }
        if let Some(why) = self.too_few() {
            lines.gap().say(why);
        }
        if let Some((heading, why, held)) = self.held_back() {
            lines.gap().heading(&heading, '-').gap().say(why).gap();
            for line in &held {
                lines.hang("- ", "  ", line);
            }
        }
        self.moods_text(&mut lines);
        self.topics_text(&mut lines);
        self.top_text(&mut lines);
        self.suspects_text(&mut lines);
        let networks = self.slices(&self.digest.networks, |name| language.network(name));
        if !networks.is_empty() {
            let languages = self.slices(&self.digest.languages, |name| language.language(name));
            lines
                .gap()
                .heading(language.say("Where, and in which language", "Où, et dans quelle langue"), '-')
                .gap();
            self.slices_text(&networks, &mut lines);
            lines.gap();
            self.slices_text(&languages, &mut lines);
        }
        lines.gap().heading(language.say("Quality of the data", "Qualité des données"), '-').gap();
        for line in self.missing().iter().chain(&self.quality()) {
            lines.hang("- ", "  ", line);
        }
        lines.gap().heading(self.rests_on(), '-').gap();
        for line in &self.label() {
            lines.hang("- ", "  ", line);
        }
        lines.gap().rule();
        for line in self.footer() {
            lines.say(&line);
        }
        lines.finish()
    }

    fn top_text(&self, lines: &mut Lines) {
        let language = self.language;
        if self.tops == 0 {
            return;
        }
        lines.gap().heading(language.say("Posts that stood out", "Ce qui a marqué"), '-');
        for brand in self.digest.top.iter().take(self.tops) {
            lines.gap().say(&short(&brand.name, 60));
            for post in &brand.posts {
                let (title, excerpt) = excerpt(post);
                lines.gap();
                if let Some(title) = title {
                    lines.hang("  ", "  ", &text::pieces(&title));
                }
                lines.hang("  ", "  ", &text::pieces(&excerpt));
                let example =
                    if post.mention.example { language.say(" · example", " · exemple") } else { "" };
                lines.hang("  ", "  ", &format!("{}{example}", self.about_post(post)));
                if let Some(link) = post.mention.post.permalink.as_deref().and_then(clean::link) {
                    lines.raw(&format!("  {}", link.href));
                }
            }
        }
    }

    fn suspects_text(&self, lines: &mut Lines) {
        let language = self.language;
        lines.gap().heading(language.say("New suspects", "Nouveaux suspects"), '-').gap();
        if self.digest.suspects.is_empty() {
            lines.say(language.say(
                "No account started to pose as one of the brands.",
                "Aucun compte ne s’est mis à passer pour une des marques.",
            ));
        }
        for suspect in self.digest.suspects.iter().take(SUSPECTS) {
            let (who, why) = self.suspect(suspect);
            let example = if suspect.example { language.say(" (example)", " (exemple)") } else { "" };
            lines.hang("- ", "  ", &format!("{who}{example} {why}"));
        }
        if let Some(more) = self.more_suspects() {
            lines.say(&more);
        }
    }

    fn slices_text(&self, slices: &[(String, u64, Permille)], lines: &mut Lines) {
        for (name, mentions, part) in slices {
            let (name, bar) = (text::column(name, NAME), text::bar(*part, SMALL));
            lines.raw(&format!("{name}{bar}  {}", self.language.number(*mentions)));
        }
    }
}
