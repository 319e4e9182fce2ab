//! What labels of a person teach about one brand: likeness to posts that they judged.

use super::facts::Facts;
use super::solve;

/// How far facts, words and the brand as a whole may move from what holds for names in general: the smaller, the
/// farther. Chosen by leaving whole names out.
const FACTS: f64 = 3.0;
const WORDS: f64 = 1.0;
const BRAND: f64 = 1.0;
/// What the words of a post weigh together, beside its facts.
const LENGTH: f64 = 2.25;

/// Labels used at most, the newest: more would make judging slow and change little.
pub(super) const MOST: usize = 300;

/// Labelled posts, each with how it pulls those like it.
#[derive(Debug, Clone, Default)]
pub(super) struct Lesson {
    posts: Vec<(Facts, f64)>,
}

impl Lesson {
    /// Learns from posts with what is thought of each without labels, in logits, and their labels.
    pub(super) fn learn(posts: Vec<(Facts, f64, bool)>) -> Lesson {
        let kernel: Vec<Vec<f64>> =
            posts.iter().map(|(a, ..)| posts.iter().map(|(b, ..)| likeness(a, b)).collect()).collect();
        let logits: Vec<f64> = posts.iter().map(|(_, logit, _)| *logit).collect();
        let labels: Vec<bool> = posts.iter().map(|(_, _, label)| *label).collect();
        let pulls = solve::dual(&kernel, &logits, &labels);
        Lesson { posts: posts.into_iter().map(|(facts, ..)| facts).zip(pulls).collect() }
    }

    /// Whether there is any label.
    pub(super) fn is_any(&self) -> bool {
        !self.posts.is_empty()
    }

    /// How far labels move a post, in logits.
    pub(super) fn pull(&self, facts: &Facts) -> f64 {
        self.posts.iter().map(|(post, pull)| pull * likeness(post, facts)).sum()
    }
}

/// How alike two posts are.
fn likeness(a: &Facts, b: &Facts) -> f64 {
    let strength = |of: &Facts, fact: &str| {
        of.list().iter().find(|(known, _)| *known == fact).map_or(0.0, |(_, strength)| f64::from(*strength))
    };
    let facts: f64 = a.list().iter().map(|(fact, one)| f64::from(*one) * strength(b, fact)).sum();
    let count = |words: &[String]| {
        let mut count = 0.0_f64;
        words.iter().for_each(|_| count += 1.0);
        count
    };
    let shared: Vec<String> = a.words.iter().filter(|word| b.words.contains(word)).cloned().collect();
    let length = (count(&a.words) * count(&b.words)).sqrt().max(1.0);
    1.0 / BRAND + facts / FACTS + LENGTH * count(&shared) / length / WORDS
}
