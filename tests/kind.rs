//! The way of a kind cluster, with a stand-in for `kind` whose cluster is `helmdrill serve`: made, reached through the
//! gate, observed, and deleted however it ends.
#![allow(clippy::disallowed_methods, reason = "a test reads its environment and lays out files")]

use helmdrill::behaviour::Behaviour;
use helmdrill::call::Actor;
use helmdrill::clock::Moment;
use helmdrill::cluster::{Backend, Cluster, ClusterError, KindTool, Provider};
use helmdrill::lease::Lease;
use helmdrill::seed::Seed;
use helmdrill::transcript::{Event, Recorder};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DeleteParams, ObjectMeta, PostParams};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// Folders of one test, and what the stand-ins are told.
struct Stand {
    state: tempfile::TempDir,
    environment: BTreeMap<OsString, OsString>,
    recorder: Recorder,
}

fn stand(told: &[(&str, &str)]) -> Stand {
    let state = tempfile::tempdir().expect("a folder");
    let bin = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bin");
    let path =
        std::env::join_paths([bin.as_path(), Path::new("/usr/bin"), Path::new("/bin")]).expect("a PATH");
    let mut environment = BTreeMap::from([
        (OsString::from("PATH"), path),
        (OsString::from("HELMDRILL"), OsString::from(env!("CARGO_BIN_EXE_helmdrill"))),
        (OsString::from("STATE"), state.path().as_os_str().to_owned()),
    ]);
    environment.extend(told.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))));
    Stand { state, environment, recorder: Recorder::new(Moment::default()) }
}

impl Stand {
    async fn provide(&self) -> Result<Cluster, ClusterError> {
        let lease = Lease::acquire(&self.state.path().join("leases")).expect("a lease");
        let tool = KindTool { environment: self.environment.clone() };
        let provider = Provider::new(Backend::Kind(tool), lease);
        let nothing: [Behaviour; 0] = [];
        provider.provide(Seed(0), &["production".to_owned()], &nothing, &self.recorder).await
    }

    /// The first two words of what kind was told, in order.
    fn said(&self) -> Vec<String> {
        let said = std::fs::read_to_string(self.state.path().join("said")).unwrap_or_default();
        said.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
    }

    /// What became of the ConfigMap `c`, in order: its data, or `gone`.
    fn changes(&self) -> Vec<String> {
        let entries = self.recorder.transcript().entries;
        let changes = entries.into_iter().filter_map(|entry| match entry.event {
            Event::Object { key, object } if &*key.name == "c" => {
                Some(object.map_or("gone".to_owned(), |object| object["data"]["a"].to_string()))
            }
            _ => None,
        });
        changes.collect()
    }
}

fn config_map(value: &str) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta { name: Some("c".to_owned()), ..ObjectMeta::default() },
        data: Some(BTreeMap::from([("a".to_owned(), value.to_owned())])),
        ..ConfigMap::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_cluster_is_used_through_the_gate_and_deleted_at_the_end() {
    let stand = stand(&[("IMAGES", "busybox:1.36")]);
    let cluster = stand.provide().await.expect("the stand-in makes a cluster");
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client(Actor::Drill), "production");
    maps.create(&PostParams::default(), &config_map("1")).await.expect("created");
    maps.replace("c", &PostParams::default(), &config_map("2")).await.expect("replaced");
    let snapshot = cluster.snapshot().await.expect("it answers");
    let stored = snapshot.find("", "configmaps", "production", "c").expect("is in the snapshot");
    assert_eq!((stored["kind"].as_str(), stored["data"]["a"].as_str()), (Some("ConfigMap"), Some("2")));
    assert!(snapshot.find("", "configmaps", "kube-system", "kube-root-ca.crt").is_none());
    maps.delete("c", &DeleteParams::default()).await.expect("deleted");
    let told = async {
        while stand.changes().len() < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("the changes are observed");
    assert_eq!(stand.changes(), ["\"1\"", "\"2\"", "gone"]);
    assert!(cluster.fork(&stand.recorder).await.expect("no trouble").is_none(), "a kind cluster is no value");
    assert_eq!(cluster.notes(), [""; 0]);
    cluster.close().await;
    assert_eq!(stand.said(), ["create cluster", "load docker-image", "delete cluster"]);
    assert_eq!(
        std::fs::read_dir(stand.state.path().join("leases")).expect("the root").count(),
        1,
        "its lock"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_kind_cluster_is_deleted_and_a_missing_image_is_said() {
    let stand = stand(&[]);
    let cluster = stand.provide().await.expect("the stand-in makes a cluster");
    assert_eq!(
        cluster.notes(),
        ["busybox:1.36 is not on this machine, so the cluster pulls it when it needs it"]
    );
    drop(cluster);
    assert_eq!(stand.said(), ["create cluster", "delete cluster"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_cluster_that_cannot_be_made_says_why_and_leaves_nothing() {
    let stand = stand(&[("FAILS", "yes")]);
    let error = stand.provide().await.expect_err("the stand-in fails").to_string();
    assert!(error.contains("no space left on device"), "{error}");
    assert_eq!(stand.said(), ["create cluster", "delete cluster"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_kind_or_docker_the_error_says_what_to_install() {
    let mut stand = stand(&[]);
    let bin = tempfile::tempdir().expect("a folder");
    stand.environment.insert("PATH".into(), bin.path().as_os_str().to_owned());
    let told = stand.provide().await.expect_err("there is no kind").to_string();
    assert!(told.starts_with("kind is not on the PATH; install kind"), "{told}");
    let kind = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bin/kind");
    std::os::unix::fs::symlink(kind, bin.path().join("kind")).expect("a link");
    let told = stand.provide().await.expect_err("there is no docker").to_string();
    assert!(told.starts_with("docker is not on the PATH; install docker"), "{told}");
}
