//! A model made from posts that people labelled: logistic regression over three classes by `AdaGrad` (Duchi, Hazan and
//! Singer, 2011), every class weighing the same. The same cases give the same model.

use super::adjust::Confusion;
use super::features::{CUES, Features};
use super::model::{Model, softmax};
use super::{Lang, Sentiment};

/// How often every case is looked at.
const ROUNDS: u32 = 6;
/// How far one case moves a weight at first.
const STEP: f32 = 0.1;
/// How much weights are drawn to zero.
const DECAY: f32 = 1e-4;
/// Parts of the cases, each of which is judged by a model of the others to see how often such a model errs.
const FOLDS: usize = 5;
/// Of many cases one part says enough.
const FOLDS_OF_MANY: usize = 1;
/// The order in which cases are looked at.
const SEED: u64 = 7;
/// From this many cases on the larger table is filled.
const MANY: usize = 10_000;
/// Bits of hash: 384 KiB of weights, and 768.
const BITS: u8 = 17;
const BITS_OF_MANY: u8 = 18;
/// Fewer of a class teach nothing.
pub(super) const LEAST: usize = 20;

/// One labelled text.
#[derive(Debug, Clone, Copy)]
pub struct Case<'t> {
    /// What it says.
    pub text: &'t str,
    /// What people say that it is.
    pub label: Sentiment,
}

/// Cases of too few kinds.
#[derive(Debug, thiserror::Error)]
#[error(
    "only {count} cases are {label}: at least {LEAST} of each of negative, neutral and positive are needed"
)]
pub struct TooFew {
    /// Which kind.
    pub label: Sentiment,
    /// How many there are.
    pub count: usize,
}

/// Makes a model of `cases`. `told` hears of each of the parts of the work done, and how many there are.
///
/// # Errors
/// When a class has too few cases.
pub fn train(cases: &[Case<'_>], lang: Lang, mut told: impl FnMut(usize, usize)) -> Result<Model, TooFew> {
    for label in Sentiment::ALL {
        let count = cases.iter().filter(|case| case.label == label).count();
        if count < LEAST {
            return Err(TooFew { label, count });
        }
    }
    let (bits, tried) = if cases.len() >= MANY { (BITS_OF_MANY, FOLDS_OF_MANY) } else { (BITS, FOLDS) };
    let reader = super::Lexical::shipped(lang);
    let read: Vec<(Features, Sentiment)> = cases
        .iter()
        .map(|case| (Features::of(case.text, &reader.tone(case.text), bits), case.label))
        .collect();
    let mut confusion = Confusion::default();
    for fold in 0..tried {
        let held = |place: usize| place % FOLDS == fold;
        let others: Vec<&(Features, Sentiment)> =
            read.iter().enumerate().filter(|(place, _)| !held(*place)).map(|(_, case)| case).collect();
        let model = fit(&others, bits).quantised(lang, Confusion::default());
        for (_, (features, label)) in read.iter().enumerate().filter(|(place, _)| held(*place)) {
            confusion.count(*label, model.judge(features));
        }
        told(fold + 1, tried + 1);
    }
    let model = fit(&read.iter().collect::<Vec<_>>(), bits).quantised(lang, confusion);
    told(tried + 1, tried + 1);
    Ok(model)
}

/// Weights while they are learned.
#[derive(Debug)]
pub(super) struct Weights {
    pub(super) bits: u8,
    pub(super) cues: [[f32; 3]; CUES],
    pub(super) hashed: Vec<[f32; 3]>,
}

impl Weights {
    fn quantised(self, lang: Lang, confusion: Confusion) -> Model {
        Model::of(&self, lang, confusion)
    }
}

fn fit(cases: &[&(Features, Sentiment)], bits: u8) -> Weights {
    let size = 1_usize << bits;
    let mut weights = Weights { bits, cues: [[0.0; 3]; CUES], hashed: vec![[0.0; 3]; size] };
    let mut seen = (vec![[0.0_f32; 3]; size], [[0.0_f32; 3]; CUES]);
    let balance = balance(cases);
    let mut order: Vec<usize> = (0..cases.len()).collect();
    let mut random = fastrand::Rng::with_seed(SEED);
    for _ in 0..ROUNDS {
        random.shuffle(&mut order);
        for (features, label) in order.iter().filter_map(|place| cases.get(*place)) {
            let right = label.place();
            let parts = softmax(sums(&weights, features));
            let weight = balance.get(right).copied().unwrap_or(1.0);
            let mut error = parts.map(|part| part * weight);
            if let Some(error) = error.get_mut(right) {
                *error -= weight;
            }
            for ((value, weights), seen) in features.cues.iter().zip(&mut weights.cues).zip(&mut seen.1) {
                step(weights, seen, error, *value);
            }
            for (place, value) in &features.hashed {
                if let (Some(weights), Some(seen)) = (weights.hashed.get_mut(*place), seen.0.get_mut(*place))
                {
                    step(weights, seen, error, *value);
                }
            }
        }
    }
    weights
}

fn step(weights: &mut [f32; 3], seen: &mut [f32; 3], error: [f32; 3], value: f32) {
    for ((weight, seen), error) in weights.iter_mut().zip(seen).zip(error) {
        let slope = error * value + DECAY * *weight;
        *seen += slope * slope;
        *weight -= STEP * slope / (seen.sqrt() + 1e-6);
    }
}

/// What each class weighs, so that all weigh the same.
fn balance(cases: &[&(Features, Sentiment)]) -> [f32; 3] {
    let count = |label| cases.iter().filter(|(_, known)| *known == label).count();
    let wide = |count: usize| f32::from(u16::try_from(count / 8).unwrap_or(u16::MAX)).max(0.125) * 8.0;
    Sentiment::ALL.map(|label| wide(cases.len()) / (3.0 * wide(count(label))))
}

fn sums(weights: &Weights, features: &Features) -> [f32; 3] {
    let mut sums = [0.0; 3];
    let cues = features.cues.iter().zip(&weights.cues);
    let hashed =
        features.hashed.iter().filter_map(|(place, value)| Some((value, weights.hashed.get(*place)?)));
    for (value, weights) in cues.chain(hashed) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum += value * weight;
        }
    }
    sums
}
