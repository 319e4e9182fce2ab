//! The scale on which posts about one brand are weighed.

use serde::{Deserialize, Serialize};

use super::facts::{Facts, facts, read};
use super::lesson::{self, Lesson};
use super::sense::Sense;
use super::solve;
use super::weights::Weights;

/// What a word that the owner expects beside the name says, in logits: as much as anything short of a label.
const CONTEXT: f64 = 3.0;

/// How sure it is that a post is about a brand, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relevance {
    /// From 0 to 1000.
    pub permille: u16,
    /// The rule that gave it: the weightiest fact, or the labels, or that the name means nothing else.
    pub rule: String,
}

impl Relevance {
    /// Beyond doubt.
    pub fn sure(rule: &str) -> Relevance {
        Relevance { permille: 1000, rule: rule.to_owned() }
    }

    /// From 0 to 1.
    pub fn share(&self) -> f64 {
        f64::from(self.permille) / 1000.0
    }
}

/// One label: what a person said of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The text.
    pub text: String,
    /// Whether it is about the brand.
    pub relevant: bool,
}

/// Weighs posts about one brand.
#[derive(Debug, Clone)]
pub struct Scale {
    sense: Sense,
    weights: Weights,
    /// What is thought of any post before its facts are looked at, where that is all that counts.
    trusted: Option<f64>,
    lesson: Lesson,
}

impl Scale {
    /// For an ambiguous name: facts decide, by `weights`.
    pub fn new(sense: Sense, weights: Weights) -> Scale {
        Scale { sense, weights, trusted: None, lesson: Lesson::default() }
    }

    /// For a name that means nothing else: nothing but labels can bring doubt.
    #[must_use]
    pub fn trusting(mut self) -> Scale {
        /// 0.95: some labels against it, of posts that are alike, are needed to go under a half.
        const TRUST: f64 = 3.0;
        self.trusted = Some(TRUST);
        self
    }

    /// Learns from labels, oldest first; what was learned before is forgotten.
    #[must_use]
    pub fn taught(mut self, labels: &[Label]) -> Scale {
        let newest = labels.iter().skip(labels.len().saturating_sub(lesson::MOST));
        let posts = newest.map(|label| {
            let facts = facts(&self.sense, &label.text);
            let logit = self.logit(&facts);
            (facts, logit, label.relevant)
        });
        let posts: Vec<_> = posts.collect();
        self.lesson = Lesson::learn(posts);
        self
    }

    /// Whether anything has been learned.
    pub fn is_taught(&self) -> bool {
        self.lesson.is_any()
    }

    /// The facts of a text, to be weighed several times.
    pub fn facts(&self, text: &str) -> Facts {
        facts(&self.sense, text)
    }

    /// Weighs a text.
    pub fn weigh(&self, text: &str) -> Relevance {
        if self.trusted.is_some() && !self.is_taught() {
            return Relevance::sure("the name means nothing else");
        }
        self.weigh_facts(&read(&self.sense, text, self.is_taught()))
    }

    /// Weighs facts of a text.
    pub fn weigh_facts(&self, facts: &Facts) -> Relevance {
        let pull = self.lesson.pull(facts);
        let probability = solve::probability(self.logit(facts) + pull);
        let relevant = probability >= 0.5;
        Relevance { permille: permille(probability), rule: self.rule(facts, pull, relevant) }
    }

    fn logit(&self, facts: &Facts) -> f64 {
        if let Some(trusted) = self.trusted {
            return trusted;
        }
        let context = facts.list().iter().any(|(fact, _)| *fact == "a context word");
        self.weights.logit(facts) + if context { CONTEXT } else { 0.0 }
    }

    /// The weightiest reason for what was decided.
    fn rule(&self, facts: &Facts, pull: f64, relevant: bool) -> String {
        let sign = if relevant { 1.0 } else { -1.0 };
        let weight = |fact: &str| match (fact, self.trusted) {
            ("a context word", None) => CONTEXT,
            (_, None) => self.weights.of(fact),
            (_, Some(_)) => 0.0,
        };
        let best = facts
            .list()
            .iter()
            .filter(|(fact, _)| *fact != "bias")
            .map(|(fact, strength)| (*fact, sign * weight(fact) * f64::from(*strength)))
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
            .filter(|(_, weight)| *weight > 0.0);
        match best {
            Some((fact, weight)) if weight >= sign * pull => fact.to_owned(),
            _ if sign * pull > 0.0 && relevant => "labels: like posts that are about it".to_owned(),
            _ if sign * pull > 0.0 => "labels: like posts that are not about it".to_owned(),
            _ => "nothing speaks for the other sense".to_owned(),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a probability is 0 to 1")]
fn permille(probability: f64) -> u16 {
    (probability.clamp(0.0, 1.0) * 1000.0).round() as u16
}
