//! Which part of this module answers which check, and how answers are put together.

use super::{
    Answer, Check, View, conduct, field, history, manifest, object, says, serving, storage, untouched,
    workload, workloads,
};

/// The answer to a check.
pub(super) fn of(check: &Check, view: &View<'_>) -> Answer {
    match check {
        Check::All(parts) => {
            let answers: Vec<Answer> = parts.iter().map(|part| of(part, view)).collect();
            together(answers.iter().all(|answer| answer.held), answers)
        }
        Check::Any(parts) => {
            let answers: Vec<Answer> = parts.iter().map(|part| of(part, view)).collect();
            together(answers.iter().any(|answer| answer.held), answers)
        }
        Check::Not(part) => {
            let Answer { held, evidence } = of(part, view);
            Answer { held: !held, evidence }
        }
        Check::In(within) => {
            let home = std::slice::from_ref(&within.environment);
            let Answer { held, evidence } = of(&within.check, &view.at_home_in(home));
            Answer { held, evidence: format!("{}: {evidence}", within.environment) }
        }
        Check::Everywhere(part) => {
            let each = view.namespaces.iter().map(|namespace| {
                let Answer { held, evidence } = of(part, &view.at_home_in(std::slice::from_ref(namespace)));
                Answer { held, evidence: format!("{namespace}: {evidence}") }
            });
            let answers: Vec<Answer> = each.collect();
            together(answers.iter().all(|answer| answer.held), answers)
        }
        Check::Release(asked) => history::release(asked, view),
        Check::History(asked) => history::history(asked, view),
        Check::Values(asked) => history::values(asked, view),
        Check::Available(asked) => workload::available(asked, view),
        Check::Replicas(asked) => field::replicas(asked, view),
        Check::Workloads(asked) => workloads::workloads(asked, view),
        Check::Reachable(asked) => serving::reachable(asked, view),
        Check::UniformTemplate(asked) => workload::uniform(asked, view),
        Check::Serves(asked) => serving::serves(asked, view),
        Check::ConfigMap(asked) => object::data("configmaps", asked, view),
        Check::Secret(asked) => object::data("secrets", asked, view),
        Check::Exists(asked) => object::exists(asked, view),
        Check::Absent(asked) => {
            let Answer { held, evidence } = object::exists(asked, view);
            Answer { held: !held, evidence }
        }
        Check::SameUid(asked) => object::same_uid(asked, view),
        Check::Field(asked) => field::field(asked, view),
        Check::Manages(asked) => field::managed(asked, view),
        Check::OwnedBy(asked) => manifest::owned_by(asked, view),
        Check::NoOrphans(asked) => manifest::no_orphans(asked, view),
        Check::DataKept(asked) => storage::data_kept(asked, view),
        Check::OwnedObjectsMatchManifest(asked) => manifest::matches(asked, view),
        Check::Untouched(asked) => untouched::untouched(asked, view),
        Check::Job(asked) => object::job(asked, view),
        Check::JobRuns(asked) => conduct::job_runs(asked, view),
        Check::NotPrinted(asked) => conduct::not_printed(asked, view),
        Check::Command(asked) => says::says(asked, view),
    }
}

/// Puts answers together: the evidence is that of the parts which decided it, each said once.
fn together(held: bool, answers: Vec<Answer>) -> Answer {
    let mut seen: Vec<String> = Vec::new();
    for answer in answers.into_iter().filter(|answer| answer.held == held) {
        if !seen.contains(&answer.evidence) {
            seen.push(answer.evidence);
        }
    }
    if seen.is_empty() {
        seen.push("nothing is asked".to_owned());
    }
    Answer { held, evidence: seen.join("; ") }
}

/// An answer of which the wrongs decide: none of them means that it holds, and then `well` is the evidence.
pub(super) fn unless(wrongs: Vec<String>, well: impl FnOnce() -> String) -> Answer {
    match wrongs.is_empty() {
        true => Answer { held: true, evidence: well() },
        false => Answer { held: false, evidence: some(&wrongs) },
    }
}

/// The first four of a list, and how many more there are: evidence is one line.
pub(super) fn some(items: &[String]) -> String {
    let shown: Vec<&str> = items.iter().take(4).map(String::as_str).collect();
    match items.len().saturating_sub(4) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}
