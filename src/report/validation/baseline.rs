//! A validation beside a former one: what got worse. A runbook that moved, or a line that went elsewhere, is no news.

use super::record::{Concern, Validation, Weight};
use std::collections::BTreeSet;

/// The errors that the former validation did not have.
pub fn worsened<'a>(former: &Validation, now: &'a Validation) -> Vec<&'a Concern> {
    let known: BTreeSet<_> = errors(former).flat_map(keys).collect();
    errors(now).filter(|concern| keys(concern).into_iter().any(|key| !known.contains(&key))).collect()
}

fn errors(validation: &Validation) -> impl Iterator<Item = &Concern> {
    validation.concerns.iter().filter(|concern| concern.weight == Weight::Error)
}

/// What makes two concerns the same: everything but where the line is and which evidence there is for a verdict.
fn keys(concern: &Concern) -> Vec<(String, String, String, String, String)> {
    let verdicts = ["failed", "catastrophic", "inconclusive"];
    let message =
        if verdicts.contains(&concern.rule.as_str()) { String::new() } else { concern.message.clone() };
    let helms = if concern.helm.is_empty() { vec![String::new()] } else { concern.helm.clone() };
    let one =
        |helm| (concern.rule.clone(), concern.section.clone(), concern.way.clone(), message.clone(), helm);
    helms.into_iter().map(one).collect()
}
