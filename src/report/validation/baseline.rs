//! A validation beside a former one: what got worse. A runbook that moved, a line that went elsewhere, other words for the
//! same, or another version of the same major of Helm, is no news.

use super::record::{Concern, Validation, Weight};
use std::collections::BTreeMap;

/// What makes two concerns the same: section, way, statement, rule, and the major of Helm with which it is so.
type Key = (String, String, String, String, String);

/// The errors that the former validation did not have. Where a statement has more of the same rule than it had, the last
/// ones are new.
pub fn worsened<'a>(former: &Validation, now: &'a Validation) -> Vec<&'a Concern> {
    let mut known: BTreeMap<Key, usize> = BTreeMap::new();
    for key in errors(former).flat_map(|concern| keys(former, concern)) {
        *known.entry(key).or_default() += 1;
    }
    let mut is_new = |concern: &&Concern| {
        let mut new = false;
        for key in keys(now, concern) {
            let left = known.entry(key).or_default();
            new |= *left == 0;
            *left = left.saturating_sub(1);
        }
        new
    };
    errors(now).filter(|concern| is_new(concern)).collect()
}

fn errors(validation: &Validation) -> impl Iterator<Item = &Concern> {
    validation.concerns.iter().filter(|concern| concern.weight == Weight::Error)
}

fn keys(of: &Validation, concern: &Concern) -> Vec<Key> {
    let mut majors: Vec<String> = concern.helm.iter().map(|helm| major(helm)).collect();
    majors.dedup();
    if majors.is_empty() {
        majors.push(String::new());
    }
    let step = match concern.rule.as_str() {
        // A verdict is about the way, whichever statement it is shown at.
        "failed" | "catastrophic" | "inconclusive" => String::new(),
        _ => statement(of, concern),
    };
    let one =
        |major| (concern.section.clone(), concern.way.clone(), step.clone(), concern.rule.clone(), major);
    majors.into_iter().map(one).collect()
}

/// The statement that a concern is about, as it is written: the last one that begins before it in its way.
fn statement(of: &Validation, concern: &Concern) -> String {
    let sections = of.sections.iter().filter(|section| section.title == concern.section);
    let ways = sections.flat_map(|section| &section.ways).filter(|way| way.name == concern.way);
    let steps = ways.flat_map(|way| &way.exercises).flat_map(|exercise| &exercise.steps);
    let before = steps.filter(|step| (step.line, step.column) <= (concern.line, concern.column));
    before.max_by_key(|step| (step.line, step.column)).map(|step| step.written.clone()).unwrap_or_default()
}

/// `4` of `4.3.1`; what is no version stays.
fn major(helm: &str) -> String {
    helm.trim_start_matches('v').split('.').next().unwrap_or_default().to_owned()
}
