//! The explanation for a person.

use std::fmt::Write as _;

use super::{Subject, field_name, folded, reason, slice, tree, without};
use crate::cli::clean;
use crate::keyword::Brand;
use crate::matcher::{self, Branch, Decision, Field, Matcher, Tag, Verdict};
use crate::sentiment::Sentiment;

/// The explanation for a person.
pub(super) struct Page<'a> {
    pub(super) matcher: &'a Matcher,
    pub(super) subject: &'a Subject,
    pub(super) colour: bool,
}

impl Page<'_> {
    pub(super) fn write(&self, verdicts: &[Verdict]) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        self.head(&mut out)?;
        for (field, text) in matcher::fields(&self.subject.post) {
            writeln!(out, "{}: {}", field_name(field), self.marked(field, &text, verdicts))?;
            writeln!(out, "  compared as: {}", clean(&folded(&text)))?;
        }
        for verdict in verdicts {
            if let Some(brand) = self.matcher.brand(&verdict.brand) {
                self.brand(&mut out, brand, verdict)?;
            }
        }
        let nothing: Vec<&str> =
            without(self.matcher, verdicts).into_iter().map(|brand| brand.name.as_str()).collect();
        if !nothing.is_empty() {
            writeln!(out, "\nnothing found of: {}", clean(&nothing.join(", ")))?;
        }
        Ok(out)
    }

    fn head(&self, out: &mut String) -> std::fmt::Result {
        let Some(first) = self.subject.stored.first() else { return Ok(()) };
        let post = &first.post;
        let author = post.author.as_ref();
        let author = author.and_then(|author| author.handle.as_deref().or(author.display_name.as_deref()));
        let example = if first.example { " (example)" } else { "" };
        writeln!(
            out,
            "{} by {} via {}{example}",
            post.network,
            clean(author.unwrap_or("?")),
            clean(&first.source)
        )?;
        if let Some(link) = &post.permalink {
            writeln!(out, "{}", clean(link))?;
        }
        for mention in &self.subject.stored {
            let today = self.matcher.version(&mention.brand);
            let changed = match today {
                "" => "; the brand has no file any more".to_owned(),
                today if today == mention.version => String::new(),
                today => format!("; the brand's words have changed since, they are {today} now"),
            };
            writeln!(
                out,
                "stored as mention {} of {}, seen {}, decided by words {}{changed}",
                mention.id, mention.brand, mention.seen, mention.version
            )?;
            let apart = if mention.doubtful { "; kept apart as doubtful" } else { "" };
            let (share, rule) = (mention.relevance.share(), clean(&mention.relevance.rule));
            writeln!(out, "  relevance {share}: {rule}{apart}")?;
            let speaks = mention.sentiment.map_or("not understood", Sentiment::word);
            writeln!(out, "  sentiment: {speaks}")?;
        }
        out.push('\n');
        Ok(())
    }

    /// The text, harmless for a terminal, with every keyword found in brackets, and bold where there is colour.
    fn marked(&self, field: Field, text: &str, verdicts: &[Verdict]) -> String {
        let tags: Vec<Tag> = verdicts.iter().flat_map(|verdict| verdict.tags.iter().cloned()).collect();
        let mut shown = String::new();
        let mut at = 0;
        for tag in matcher::longest(&tags, field) {
            let (Some(before), Some(found)) = (text.get(at..tag.start), text.get(tag.start..tag.end)) else {
                continue;
            };
            shown += &clean(before);
            shown += &self.paint(&format!("[{}]", clean(found)), "1");
            at = tag.end;
        }
        shown + &clean(text.get(at..).unwrap_or_default())
    }

    fn brand(&self, out: &mut String, brand: &Brand, verdict: &Verdict) -> std::fmt::Result {
        let decided = if verdict.decision == Decision::Mention {
            self.paint("a mention", "1;32")
        } else {
            self.paint("not a mention", "1;33")
        };
        writeln!(out, "\n{}: {decided}: {}", clean(&brand.name), clean(&reason(brand, verdict)))?;
        let parts = [("keyword", &verdict.tags), ("context", &verdict.context), ("unless", &verdict.unless)];
        for (part, tags) in parts {
            for tag in tags {
                let found = slice(&self.subject.post, tag).replace('\n', " ");
                writeln!(
                    out,
                    "  {part} \"{}\" in {} {}..{}: \"{}\"",
                    clean(&tag.keyword),
                    field_name(tag.field),
                    tag.start,
                    tag.end,
                    clean(&found)
                )?;
            }
        }
        writeln!(out, "  query {}:", verdict.version)?;
        if let Some(tree) = tree(self.matcher, self.subject, &brand.id) {
            self.branch(out, &tree, 2)?;
        }
        Ok(())
    }

    /// One branch of the query and, deeper, what it is made of.
    fn branch(&self, out: &mut String, branch: &Branch, depth: usize) -> std::fmt::Result {
        let indent = "  ".repeat(depth.min(40));
        let mark = if branch.holds { self.paint("true ", "32") } else { self.paint("false", "31") };
        let group = matches!(branch.kind.as_str(), "and" | "or" | "not");
        let words = match branch.kind.as_str() {
            "and" => "all of".to_owned(),
            "or" => "one of".to_owned(),
            "not" => "not".to_owned(),
            _ => clean(&branch.query),
        };
        let times = match branch.places.len() {
            0 | 1 => String::new(),
            count => format!(" ({count} times)"),
        };
        let note = branch.note.as_ref().map(|note| format!(": {}", clean(note))).unwrap_or_default();
        writeln!(out, "{indent}{mark} {words}{times}{note}")?;
        if group || branch.kind == "near" {
            for inner in &branch.branches {
                self.branch(out, inner, depth + 1)?;
            }
            if branch.more > 0 {
                writeln!(
                    out,
                    "{indent}  {} {} more, none of which stands in it",
                    self.paint("false", "31"),
                    branch.more
                )?;
            }
        }
        Ok(())
    }

    fn paint(&self, text: &str, code: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
