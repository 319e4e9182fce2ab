//! Precision and recall over a labelled set, when `VIGIE_CORPUS` names the folder that holds one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use vigie::keyword::BrandId;

use super::*;

#[derive(serde::Deserialize)]
struct Known {
    display_name: String,
    official: Vec<String>,
    domains: Vec<String>,
    name_has_other_sense: bool,
}

#[derive(serde::Deserialize)]
struct Row {
    brand: String,
    candidate: Candidate,
    label: String,
    class: String,
}

#[derive(serde::Deserialize)]
struct Candidate {
    network: String,
    handle: String,
    display_name: String,
    bio: Option<String>,
    instance: Option<String>,
    #[serde(default)]
    verified_links: Vec<String>,
}

#[derive(Default, Debug)]
struct Tally {
    classes: BTreeMap<(String, String), (u32, u32)>,
}

impl Tally {
    fn share(&self, label: &str, classes: &[&str]) -> f64 {
        let (flagged, all) = self
            .classes
            .iter()
            .filter(|((of, class), _)| {
                of == label && (classes.is_empty() || classes.contains(&class.as_str()))
            })
            .fold((0, 0), |sum, (_, count)| (sum.0 + count.0, sum.1 + count.1));
        f64::from(flagged) / f64::from(all.max(1))
    }

    fn precision(&self) -> f64 {
        let count = |label: &str| {
            self.classes.iter().filter(|((of, _), _)| of == label).map(|(_, count)| count.0).sum::<u32>()
        };
        f64::from(count("impostor")) / f64::from((count("impostor") + count("legit")).max(1))
    }

    fn macro_recall(&self) -> f64 {
        let shares: Vec<f64> = self
            .classes
            .iter()
            .filter(|((of, _), _)| of == "impostor")
            .map(|(_, (flagged, all))| f64::from(*flagged) / f64::from(*all))
            .collect();
        shares.iter().sum::<f64>() / f64::from(u32::try_from(shares.len()).unwrap_or(0).max(1))
    }
}

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("VIGIE_CORPUS").map(PathBuf::from)?.join("impostors");
    folder.is_dir().then_some(folder)
}

#[test]
fn a_labelled_set_is_judged_well() {
    let Some(folder) = folder() else {
        println!("skipped: VIGIE_CORPUS names no folder with impostors/");
        return;
    };
    let known: BTreeMap<String, Known> =
        serde_json::from_str(&std::fs::read_to_string(folder.join("brands_dev.json")).unwrap()).unwrap();
    let brands: Vec<Brand> = known
        .iter()
        .map(|(id, known)| Brand {
            official: known
                .official
                .iter()
                .map(|handle| OfficialAccount { network: None, handle: handle.clone() })
                .collect(),
            domains: known.domains.clone(),
            other_sense: known.name_has_other_sense,
            id: BrandId(id.as_str().into()),
            ..Brand::named(&known.display_name, true)
        })
        .collect();
    // Weights were set on the mistakes of the other two thirds; the sentences of profiles are alike in all three.
    let held_out: BTreeSet<&String> = known.keys().skip(2).step_by(3).collect();
    let single: BTreeMap<&str, Lookout> =
        brands.iter().map(|brand| (&*brand.id.0, Lookout::new(std::slice::from_ref(brand)))).collect();
    let all = Lookout::new(&brands);
    let mut tallies: BTreeMap<(&str, Level), Tally> = BTreeMap::new();
    let text = std::fs::read_to_string(folder.join("dev.jsonl")).unwrap();
    let mut rows = Vec::new();
    for line in text.lines() {
        let row: Row = serde_json::from_str(line).unwrap();
        let handle = match &row.candidate.instance {
            Some(instance) => format!("{}@{instance}", row.candidate.handle),
            None => row.candidate.handle.clone(),
        };
        let author = Author {
            handle: Some(handle),
            display_name: Some(row.candidate.display_name.clone()),
            bio: row.candidate.bio.clone(),
            verified_links: row.candidate.verified_links.clone(),
            ..Author::default()
        };
        let network = NetworkName(row.candidate.network.clone().into());
        let found = single[row.brand.as_str()].judge(&network, &author);
        let level = found.first().map(|suspicion| suspicion.level);
        let held = held_out.contains(&row.brand);
        for least in [Level::Review, Level::Alert] {
            for group in ["all", if held { "held-out" } else { "tuned" }] {
                let tally = tallies.entry((group, least)).or_default();
                let count = tally.classes.entry((row.label.clone(), row.class.clone())).or_default();
                count.0 += u32::from(level >= Some(least));
                count.1 += 1;
            }
        }
        rows.push((network, author, row));
    }
    for ((group, least), tally) in &tallies {
        println!(
            "{group} {least:?}: precision {:.4} recall {:.4} macro recall {:.4} random per 10k {:.2} homonym {:.3} third party {:.3} labelled {:.4} staff {:.4} official {:.4}",
            tally.precision(),
            tally.share("impostor", &[]),
            tally.macro_recall(),
            tally.share("legit", &["random_real_handle"]) * 1e4,
            tally.share("legit", &["homonym"]),
            tally.share("legit", &["third_party_descriptive"]),
            tally.share("legit", &["labelled_parody_fan"]),
            tally.share("legit", &["employee_journalist"]),
            tally.share("legit", &["official_allowlisted", "official_domain_handle"]),
        );
        if *group != "all" || *least == Level::Review {
            let list = |label: &str| {
                tally
                    .classes
                    .iter()
                    .filter(|((of, _), _)| of == label)
                    .map(|((_, class), (flagged, all))| format!("{class} {flagged}/{all}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            println!(
                "  impostor: {}\n  legit: {}\n  grey: {}",
                list("impostor"),
                list("legit"),
                list("grey")
            );
        }
    }
    for group in ["tuned", "held-out"] {
        let (review, alert) = (&tallies[&(group, Level::Review)], &tallies[&(group, Level::Alert)]);
        assert!(review.precision() >= 0.995 && alert.precision() >= 0.998, "{group}: precision");
        assert!(review.share("impostor", &[]) >= 0.97 && review.macro_recall() >= 0.96, "{group}: recall");
        assert!(alert.share("impostor", &[]) >= 0.85, "{group}: recall of alerts");
        assert!(review.share("legit", &["random_real_handle"]) * 1e4 <= 2.5, "{group}: strangers");
        assert!(review.share("legit", &["homonym"]) <= 0.05, "{group}: homonyms");
        assert!(
            review.share("legit", &["third_party_descriptive", "critic_community"]) <= 0.05,
            "{group}: third parties"
        );
        assert!(
            review.share("legit", &["labelled_parody_fan", "employee_journalist"]) <= 0.01,
            "{group}: labelled, staff, press"
        );
        for class in ["official_allowlisted", "official_domain_handle"] {
            assert!(review.share("legit", &[class]) <= 0.0, "{group}: {class}");
        }
    }
    // Against all brands at once, as the daemon does it.
    let strangers: Vec<_> = rows.iter().filter(|(_, _, row)| row.class == "random_real_handle").collect();
    let start = std::time::Instant::now();
    let (mut any, mut review) = (0, 0);
    for (network, author, _) in &strangers {
        let found = all.judge(network, author);
        any += u32::from(!found.is_empty());
        review += u32::from(found.first().is_some_and(|s| s.level >= Level::Review));
    }
    println!(
        "strangers: {} ns each, {any} watched, {review} to review, of {}",
        start.elapsed().as_nanos() / strangers.len() as u128,
        strangers.len()
    );
}
