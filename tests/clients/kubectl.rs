//! Tours of kubectl commands (`tours/*.txt`, one command a line), each on a cluster of its own, in every pinned version.
//! The snapshot of a tour is what one version says; for each other there is one more of how it says it differently,
//! which has to be kubectl's own doing.

use crate::mask::mask;
use crate::stand::{Stand, pinned};
use helmdrill::tools::{Pin, Tool, pins};
use similar::TextDiff;
use std::path::Path;

/// The version whose words are shown whole.
const SHOWN: &str = "1.36.3";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_offers() {
    tour("discovery").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_made() {
    tour("making").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_read_in_every_form() {
    tour("reading").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_described() {
    tour("describing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_applied() {
    tour("applying").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_changed() {
    tour("changing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deployments_are_rolled_out() {
    tour("rolling").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_waited_for_and_read() {
    tour("following").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_deleted() {
    tour("deleting").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_emptied_and_what_needs_containers_is_refused() {
    tour("node").await;
}

/// Takes one tour with every version and holds what they said against the snapshots.
async fn tour(name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/clients/tours/{name}.txt"));
    let script = std::fs::read_to_string(&file).expect("a tour");
    let mut shown = None;
    let mut others = Vec::new();
    for pin in pins(Tool::Kubectl) {
        let version = pin.version.to_string();
        let said = taken(&script, pin).await;
        match version == SHOWN {
            true => shown = Some(said),
            false => others.push((version, said)),
        }
    }
    let shown = shown.expect("it is pinned");
    assert!(!others.is_empty(), "more than one version is pinned");
    insta::assert_snapshot!(name, shown);
    for (version, said) in others {
        let differs = TextDiff::from_lines(&shown, &said).unified_diff().context_radius(1).to_string();
        insta::assert_snapshot!(format!("{name}-{version}"), differs);
    }
}

/// Every command of a tour and what it said.
async fn taken(script: &str, pin: &Pin) -> String {
    let kubectl = pinned(pin).await;
    let stand = Stand::new().await;
    let mut told = String::new();
    for line in script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let said = stand.run(&kubectl, line).await;
        told += &format!("$ {line}\n{}", mask(&said));
    }
    stand.cluster.close().await;
    told
}
