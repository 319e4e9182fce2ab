//! What each fact says, for names in general: a small table, learned on labelled posts of many names.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt as _};

use super::facts::Facts;
use super::solve;

/// How strongly weights are held near nought: chosen by leaving whole names out.
const PENALTY: f64 = 3.0;

/// A weight a fact, in logits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights(HashMap<String, f64>);

/// One labelled post to learn from.
#[derive(Debug, Clone)]
pub struct Example {
    /// The name that stands in it: names count alike, however many posts they have.
    pub name: String,
    /// Its facts.
    pub facts: Facts,
    /// Whether it is about the brand.
    pub relevant: bool,
}

/// The table that is shipped.
static SHIPPED: LazyLock<Weights> = LazyLock::new(|| Weights::read(include_str!("weights.txt")));

impl Weights {
    /// The table that is shipped: it holds no name and no text.
    pub fn shipped() -> &'static Weights {
        &SHIPPED
    }

    /// Reads what [`Weights::write`] wrote. A line that is none is passed over.
    pub fn read(table: &str) -> Weights {
        let lines = table.lines().filter(|line| !line.starts_with('#'));
        let pairs = lines.filter_map(|line| {
            let (weight, fact) = line.trim().split_once(' ')?;
            Some((fact.trim().to_owned(), weight.parse().ok()?))
        });
        Weights(pairs.collect())
    }

    /// The table as text, the heaviest last.
    pub fn write(&self) -> String {
        let mut lines: Vec<(&String, &f64)> = self.0.iter().collect();
        lines.sort_by(|(a, x), (b, y)| x.total_cmp(y).then_with(|| a.cmp(b)));
        lines.iter().map(|(fact, weight)| format!("{weight:+.3} {fact}\n")).collect()
    }

    /// What a fact says.
    pub(super) fn of(&self, fact: &str) -> f64 {
        self.0.get(fact).copied().unwrap_or_default()
    }

    /// What all facts of a post say together, in logits.
    pub(super) fn logit(&self, facts: &Facts) -> f64 {
        facts.list().iter().map(|(fact, strength)| self.of(fact) * f64::from(*strength)).sum()
    }

    /// Learns the table from labelled posts of several names. Of a name with many posts each counts less, by the root of
    /// their number.
    pub fn learn(examples: &[&Example]) -> Weights {
        let mut names: HashMap<&str, u32> = HashMap::new();
        let mut order: Vec<&'static str> = Vec::new();
        for example in examples {
            *names.entry(&example.name).or_default() += 1;
            for (fact, _) in example.facts.list() {
                if !order.contains(fact) {
                    order.push(fact);
                }
            }
        }
        let count = |name: &str| 1.0 / f64::from(names.get(name).copied().unwrap_or(1)).sqrt();
        let all: f64 = examples.iter().map(|example| count(&example.name)).sum();
        let mut cases = 0.0;
        examples.iter().for_each(|_| cases += 1.0);
        let even = cases / all.max(f64::MIN_POSITIVE);
        let rows: Vec<(Vec<f64>, bool, f64)> = examples
            .iter()
            .map(|example| {
                let strength = |fact: &&str| {
                    let known = example.facts.list().iter().find(|(known, _)| known == fact);
                    known.map_or(0.0, |(_, strength)| f64::from(*strength))
                };
                (order.iter().map(strength).collect(), example.relevant, count(&example.name) * even)
            })
            .collect();
        let weights = solve::primal(&rows, PENALTY);
        Weights(order.iter().map(|fact| (*fact).to_owned()).zip(weights).collect())
    }
}
