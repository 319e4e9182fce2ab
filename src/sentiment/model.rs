//! A trained model and its file: a line that names the form and its version, a line of JSON, then weights of 8 bits.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::adjust::Confusion;
use super::features::{CUES, Features};
use super::train::Weights;
use super::{Lang, Sentiment};

/// How a file begins.
const NAME: &str = "vigie-sentiment";
/// The version of the form, of what a text becomes before it is weighed, and of the lists of words.
const VERSION: u32 = 1;
/// Bits of hash that a file may ask for: beyond is no model of a language.
const BITS: std::ops::RangeInclusive<u8> = 8..=22;
/// Bytes of the two lines at the head at most.
const HEAD: usize = 4_096;

/// A model of one language.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    lang: Lang,
    bits: u8,
    /// What one step of a weight is worth, of the cues and of the hashed.
    scales: (f32, f32),
    cues: Vec<i8>,
    hashed: Vec<i8>,
    confusion: Confusion,
}

/// Why a file is no model.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ModelError {
    /// Of another kind.
    #[error("is no model of sentiment; make one with `vigie train sentiment`")]
    Other,
    /// Of another version.
    #[error("has version {0} of the form, this Vigie reads version {VERSION}; train it again")]
    Version(u32),
    /// Cut off or changed.
    #[error("is damaged: {0}; train it again")]
    Damaged(&'static str),
    /// Of another language.
    #[error("is a model of {found}, not of {wanted}")]
    Language {
        /// What it is of.
        found: Lang,
        /// What was asked for.
        wanted: Lang,
    },
}

#[derive(Serialize, Deserialize)]
struct Head {
    lang: Lang,
    bits: u8,
    cues: usize,
    scales: (f32, f32),
    /// How often labels (rows) got answers (columns), negative, neutral, positive, where it was tried.
    confusion: Confusion,
    sha256: String,
}

impl Model {
    pub(super) fn of(weights: &Weights, lang: Lang, confusion: Confusion) -> Model {
        let cues: Vec<f32> = weights.cues.iter().flatten().copied().collect();
        let hashed: Vec<f32> = weights.hashed.iter().flatten().copied().collect();
        let (cue, cues) = quantise(&cues);
        let (hash, hashed) = quantise(&hashed);
        Model { lang, bits: weights.bits, scales: (cue, hash), cues, hashed, confusion }
    }

    /// Reads a file of one language.
    ///
    /// # Errors
    /// When it is something else, of another version or language, or damaged.
    pub fn read(bytes: &[u8], wanted: Lang) -> Result<Model, ModelError> {
        let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
        let first =
            lines.next().filter(|line| line.len() < HEAD).and_then(|line| std::str::from_utf8(line).ok());
        let version = first.and_then(|line| line.strip_prefix(NAME)).ok_or(ModelError::Other)?;
        let version: u32 = version.trim().parse().map_err(|_| ModelError::Other)?;
        if version != VERSION {
            return Err(ModelError::Version(version));
        }
        let head = lines
            .next()
            .filter(|line| line.len() < HEAD)
            .ok_or(ModelError::Damaged("its head is missing"))?;
        let head: Head =
            serde_json::from_slice(head).map_err(|_| ModelError::Damaged("its head cannot be read"))?;
        if head.lang != wanted {
            return Err(ModelError::Language { found: head.lang, wanted });
        }
        if !BITS.contains(&head.bits) || head.cues != CUES {
            return Err(ModelError::Damaged("its sizes are not those of a model"));
        }
        if ![head.scales.0, head.scales.1].into_iter().all(f32::is_finite) {
            return Err(ModelError::Damaged("its scales are no numbers"));
        }
        let weights = lines.next().unwrap_or_default();
        if weights.len() != (CUES + (1_usize << head.bits)) * 3 {
            return Err(ModelError::Damaged("weights are missing or left over"));
        }
        if hex(weights) != head.sha256 {
            return Err(ModelError::Damaged("its checksum does not fit"));
        }
        let mut weights = weights.iter().map(|byte| i8::from_le_bytes([*byte]));
        let cues = weights.by_ref().take(CUES * 3).collect();
        let Head { lang, bits, scales, confusion, .. } = head;
        Ok(Model { lang, bits, scales, cues, hashed: weights.collect(), confusion })
    }

    /// The bytes of its file.
    ///
    /// # Errors
    /// When the head cannot be written, which numbers that are none would cause.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let weights: Vec<u8> =
            self.cues.iter().chain(&self.hashed).flat_map(|weight| weight.to_le_bytes()).collect();
        let head = Head {
            lang: self.lang,
            bits: self.bits,
            cues: CUES,
            scales: self.scales,
            confusion: self.confusion,
            sha256: hex(&weights),
        };
        let mut bytes = format!("{NAME} {VERSION}\n{}\n", serde_json::to_string(&head)?).into_bytes();
        bytes.extend(weights);
        Ok(bytes)
    }

    /// The language that it judges.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// How often such a model erred on posts that it had not seen.
    pub fn confusion(&self) -> &Confusion {
        &self.confusion
    }

    pub(super) fn bits(&self) -> u8 {
        self.bits
    }

    /// The most likely class.
    pub(super) fn judge(&self, features: &Features) -> Sentiment {
        let mut sums = [0.0_f32; 3];
        for (value, weights) in features.cues.iter().zip(self.cues.chunks_exact(3)) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += value * self.scales.0 * f32::from(*weight);
            }
        }
        for (place, value) in &features.hashed {
            let weights = self.hashed.get(place * 3..place * 3 + 3).unwrap_or_default();
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += value * self.scales.1 * f32::from(*weight);
            }
        }
        let [negative, neutral, positive] = sums;
        if negative > neutral && negative > positive {
            Sentiment::Negative
        } else if positive > neutral {
            Sentiment::Positive
        } else {
            Sentiment::Neutral
        }
    }
}

/// Weights in 255 steps, and what a step is worth.
fn quantise(weights: &[f32]) -> (f32, Vec<i8>) {
    let most = weights.iter().fold(0.0_f32, |most, weight| most.max(weight.abs()));
    let scale = if most > 0.0 { most / 127.0 } else { 1.0 };
    let steps: Vec<f32> = (-127_i8..127).map(|step| (f32::from(step) + 0.5) * scale).collect();
    let quantised = weights.iter().map(|weight| {
        let step = steps.partition_point(|border| border < weight);
        i8::try_from(i64::try_from(step).unwrap_or_default() - 127).unwrap_or_default()
    });
    (scale, quantised.collect())
}

/// Sums of weights as probabilities.
pub(super) fn softmax(sums: [f32; 3]) -> [f32; 3] {
    let most = sums.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let powers = sums.map(|sum| (sum - most).exp());
    let all: f32 = powers.iter().sum();
    powers.map(|power| power / all)
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
