//! Logistic regression with a penalty, in the two forms that are needed: many cases and few facts, few cases and many
//! words. Newton's method; its linear systems are solved by conjugate gradients.

/// Steps of Newton's method; it settles in under ten.
const STEPS: usize = 30;
/// A change this small ends it.
const SETTLED: f64 = 1e-6;

/// A logit as a probability.
pub(super) fn probability(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn times(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| dot(row, vector)).collect()
}

/// The `x` of `matrix` x = `right`, where `matrix` is symmetric and positive.
fn solve(matrix: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let mut x = vec![0.0; right.len()];
    let mut rest = right.to_vec();
    let mut way = rest.clone();
    let mut size = dot(&rest, &rest);
    for _ in 0..2 * right.len() {
        if size < 1e-18 {
            break;
        }
        let moved = times(matrix, &way);
        let step = size / dot(&way, &moved).max(f64::MIN_POSITIVE);
        x.iter_mut().zip(&way).for_each(|(x, way)| *x += step * way);
        rest.iter_mut().zip(&moved).for_each(|(rest, moved)| *rest -= step * moved);
        let next = dot(&rest, &rest);
        let keep = next / size;
        way.iter_mut().zip(&rest).for_each(|(way, rest)| *way = rest + keep * *way);
        size = next;
    }
    x
}

/// The weights of facts that tell `cases` (facts, right answer, how much it counts) best, held near nought by `penalty`.
pub(super) fn primal(cases: &[(Vec<f64>, bool, f64)], penalty: f64) -> Vec<f64> {
    let size = cases.first().map_or(0, |(facts, _, _)| facts.len());
    let mut weights = vec![0.0; size];
    for _ in 0..STEPS {
        let mut slope: Vec<f64> = weights.iter().map(|weight| penalty * weight).collect();
        let mut bend: Vec<Vec<f64>> = vec![vec![0.0; size]; size];
        for (at, row) in bend.iter_mut().enumerate() {
            if let Some(place) = row.get_mut(at) {
                *place = penalty;
            }
        }
        for (facts, right, count) in cases {
            let said = probability(dot(facts, &weights));
            let fault = count * (said - f64::from(u8::from(*right)));
            let doubt = count * said * (1.0 - said);
            for ((slope, fact), row) in slope.iter_mut().zip(facts).zip(&mut bend) {
                if *fact != 0.0 {
                    *slope += fault * fact;
                    row.iter_mut().zip(facts).for_each(|(place, other)| *place += doubt * fact * other);
                }
            }
        }
        let step = solve(&bend, &slope);
        weights.iter_mut().zip(&step).for_each(|(weight, step)| *weight -= step);
        if step.iter().all(|step| step.abs() < SETTLED) {
            break;
        }
    }
    weights
}

/// How much each labelled case pulls, given how alike they are to each other (`kernel`), what is thought of each
/// without labels (`logits`) and the labels.
pub(super) fn dual(kernel: &[Vec<f64>], logits: &[f64], labels: &[bool]) -> Vec<f64> {
    let mut pulls = vec![0.0; labels.len()];
    for _ in 0..STEPS {
        let moved = times(kernel, &pulls);
        let mut system = kernel.to_vec();
        let mut right = Vec::with_capacity(labels.len());
        for (at, (((row, moved), logit), label)) in
            system.iter_mut().zip(&moved).zip(logits).zip(labels).enumerate()
        {
            let said = probability(moved + logit);
            let doubt = (said * (1.0 - said)).max(1e-6);
            if let Some(place) = row.get_mut(at) {
                *place += 1.0 / doubt;
            }
            right.push(moved + (f64::from(u8::from(*label)) - said) / doubt);
        }
        let next = solve(&system, &right);
        let change = next.iter().zip(&pulls).map(|(next, pull)| (next - pull).abs()).fold(0.0, f64::max);
        pulls = next;
        if change < SETTLED {
            break;
        }
    }
    pulls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_learn_the_same() {
        let cases = [
            (vec![1.0, 0.0, 1.0], true, 1.0),
            (vec![1.0, 1.0, 0.0], false, 1.0),
            (vec![1.0, 1.0, 1.0], true, 1.0),
            (vec![1.0, 0.0, 0.0], false, 1.0),
        ];
        let weights = primal(&cases, 0.5);
        let kernel: Vec<Vec<f64>> =
            cases.iter().map(|(a, ..)| cases.iter().map(|(b, ..)| dot(a, b) / 0.5).collect()).collect();
        let pulls = dual(&kernel, &[0.0; 4], &[true, false, true, false]);
        for ((facts, ..), row) in cases.iter().zip(&kernel) {
            assert!((dot(facts, &weights) - dot(row, &pulls)).abs() < 1e-4);
        }
        assert!(weights[2] > 0.5 && weights[1].abs() < 0.5);
    }
}
