//! Helm's SQL driver at the database beside the embedded cluster: the life of a release with every pinned Helm, who is let
//! in, and that the records go where the cluster goes.

use crate::stand::{Stand, pinned};
use helmdrill::call::Actor;
use helmdrill::check::Check;
use helmdrill::clock::Moment;
use helmdrill::cluster::Cluster;
use helmdrill::snapshot::Snapshot;
use helmdrill::tools::{Tool, pins};
use helmdrill::transcript::{Event, Recorder};
use std::path::PathBuf;

/// A newest Helm and kubectl.
async fn binaries() -> [PathBuf; 2] {
    let newest = |tool| pins(tool).last().expect("a pinned version");
    [pinned(newest(Tool::Helm)).await, pinned(newest(Tool::Kubectl)).await]
}

/// A cluster with a database, and what is written down of both.
async fn with_database() -> (Stand, Recorder) {
    let recorder = Recorder::new(Moment::default());
    let mut stand = Stand::new().await;
    stand.cluster.open_database(&recorder).await.expect("it listens");
    (stand, recorder)
}

fn line(connection: &str, rest: &str) -> String {
    format!("export HELM_DRIVER_SQL_CONNECTION_STRING='{connection}'; {rest}")
}

/// What the checks say of the release `web`, as a scenario asks them.
fn recorded(snapshot: &Snapshot) -> String {
    let asked = r#"{"release": {"name": "web", "namespace": "production", "driver": "sql"}}"#;
    let check: Check = serde_json::from_str(asked).expect("a check");
    check.answer_of(snapshot, Moment::default()).evidence
}

async fn upgrade(stand: &Stand, cluster: &Cluster, version: &str) {
    let [helm, _] = binaries().await;
    let connection = cluster.connection().expect("a database");
    let rest = format!(
        "KUBECONFIG={} HELM_DRIVER=sql helm upgrade --install web ../../../fixtures/charts/web --set version={version} \
         --wait > /dev/null",
        cluster.kubeconfig().display()
    );
    assert_eq!(stand.run_with(&[&helm], &line(connection, &rest)).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_lives_in_the_database_with_every_helm() {
    let [_, kubectl] = binaries().await;
    for pin in pins(Tool::Helm) {
        let (stand, _) = with_database().await;
        let helm = pinned(pin).await;
        let connection = stand.cluster.connection().expect("a database");
        let told = stand.run_with(&[&helm, &kubectl], &line(connection, "bash sql.sh")).await;
        let filters = [
            (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000 UTC", "TIME"),
            (r"[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4}", "TIME"),
            (r" *\t", "\t"),
        ];
        insta::with_settings!({filters => filters}, {
            insta::assert_snapshot!(format!("life-{}", pin.version), told);
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_without_the_password_or_without_tls() {
    let (stand, _) = with_database().await;
    let [helm, _] = binaries().await;
    let connection = stand.cluster.connection().expect("a database").to_owned();
    let (before, after) = connection.split_once('@').expect("a password before the host");
    let list = "HELM_DRIVER=sql helm list";
    for (changed, complaint) in [
        (format!("{before}x@{after}"), "password authentication failed for user \"helm\""),
        (
            connection.replace("//helm:", "//postgres:"),
            "password authentication failed for user \"postgres\"",
        ),
        (
            connection.replace("verify-full", "disable"),
            "no pg_hba.conf entry for host \"127.0.0.1\", no encryption",
        ),
    ] {
        let told = stand.run_with(&[&helm], &line(&changed, list)).await;
        let told = told.replace('\\', "");
        assert!(told.contains(complaint) && told.contains("[exited with 1]"), "{told}");
    }
    assert!(stand.run_with(&[&helm], &line(&connection, list)).await.starts_with("NAME"));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_go_into_forks_and_back_to_what_was() {
    let (stand, recorder) = with_database().await;
    assert_eq!(
        recorded(&stand.cluster.snapshot().await.expect("a value")),
        "release web in SQL has no record"
    );
    upgrade(&stand, &stand.cluster, "1.0").await;
    let mark = stand.cluster.mark().expect("a value can be kept");
    let fork =
        stand.cluster.fork(&Recorder::new(Moment::default())).await.expect("it listens").expect("a value");
    upgrade(&stand, &stand.cluster, "1.1").await;
    for (cluster, expected) in [(&stand.cluster, 2), (&fork, 1)] {
        let seen = recorded(&cluster.snapshot().await.expect("a value"));
        assert_eq!(seen, format!("release web in SQL is deployed at revision {expected}"));
    }
    let written = recorder.with(|transcript| {
        let of_rows = |event: &Event| match event {
            Event::Object { key, object } => {
                (&*key.group == "postgresql").then(|| (key.to_string(), object.is_some()))
            }
            _ => None,
        };
        transcript.entries.iter().filter_map(|entry| of_rows(&entry.event)).collect::<Vec<_>>()
    });
    let row = |revision: u8| {
        (format!("releases_v1.postgresql production/sh.helm.release.v1.web.v{revision}"), true)
    };
    // Pending and deployed; pending, superseded and deployed.
    assert_eq!(written, [row(1), row(1), row(2), row(1), row(2)]);

    stand.cluster.turn_back(&mark, || ());
    upgrade(&stand, &stand.cluster, "1.2").await;
    upgrade(&stand, &fork, "1.3").await;
    upgrade(&stand, &fork, "1.4").await;
    for (cluster, expected) in [(&stand.cluster, 2), (&fork, 3)] {
        let seen = recorded(&cluster.snapshot().await.expect("a value"));
        assert_eq!(seen, format!("release web in SQL is deployed at revision {expected}"));
    }
    let address =
        fork.connection().and_then(|text| text.split(['@', '/']).nth(3)).expect("an address").to_owned();
    assert!(std::net::TcpStream::connect(&address).is_ok(), "{address}");
    drop(fork.client(Actor::Drill));
    fork.close().await;
    assert!(std::net::TcpStream::connect(&address).is_err(), "nothing is left behind");
}
