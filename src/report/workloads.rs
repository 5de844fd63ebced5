//! Which workloads the release of a drill has, as its newest record names them.

use super::Graded;
use crate::release;
use crate::transcript::Label;

/// The kinds that serve.
const KINDS: [&str; 3] = ["Deployment", "StatefulSet", "DaemonSet"];

/// `deployment/web` for every Deployment, StatefulSet and DaemonSet of the release in its own namespace, in the steady state.
pub fn workloads(graded: &Graded) -> Vec<String> {
    let home = graded.plan.namespaces.first().map(String::as_str).unwrap_or_default();
    let Some(snapshot) = graded.transcript.snapshot(Label::Baseline) else { return Vec::new() };
    let driver = release::place_of(snapshot, home, &graded.plan.release);
    let history = release::history(snapshot, driver, home, &graded.plan.release);
    let mut records = history.into_iter().filter_map(|revision| revision.record.ok());
    let documents = records.next_back().and_then(|record| release::documents(&record.manifest).ok());
    let ours = documents.unwrap_or_default().into_iter().filter_map(|object| {
        let kind = object["kind"].as_str().filter(|kind| KINDS.contains(kind))?;
        let at_home = object["metadata"]["namespace"].as_str().is_none_or(|namespace| namespace == home);
        let name = object["metadata"]["name"].as_str()?;
        at_home.then(|| format!("{}/{name}", kind.to_lowercase()))
    });
    ours.collect()
}
