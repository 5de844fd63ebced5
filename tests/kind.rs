//! The way of a kind cluster, with a stand-in for `kind` whose cluster is `helmdrill serve`: made, reached through the
//! gate, observed, and deleted however it ends. First as a value, then by `helmdrill run` as a process.
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
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};

/// Folders of one test, and what the stand-ins are told.
struct Stand {
    state: tempfile::TempDir,
    environment: BTreeMap<OsString, OsString>,
    recorder: Recorder,
}

fn stand(told: &[(&str, &str)]) -> Stand {
    let state = tempfile::tempdir().expect("a folder");
    let bin = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bin");
    let path = std::env::var_os("PATH").expect("a PATH with bash and python3 on it");
    let path = std::iter::once(bin).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path).expect("folders without colons");
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

/// A drill that is killed half way and recovered.
const DRILL: [&str; 3] = ["stuck-upgrade/before-the-deployment", "--procedure", "rollback-to-last-good"];

impl Stand {
    /// `helmdrill run` on a cluster, as a process that is given the stand-ins.
    fn run(&self, cluster: &str, args: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_helmdrill"))
            .args(["run", "--cluster", cluster, "--seed", "7", "--state-dir"])
            .arg(self.state.path().join("leases"))
            .arg("--transcripts")
            .arg(self.state.path().join(cluster))
            .args(args)
            .envs(&self.environment)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("helmdrill starts")
    }

    /// The transcript of the drill with some helm.
    fn transcript(&self, cluster: &str, helm: &str) -> Vec<Value> {
        let name = format!("{}-{}-helm{helm}.json", DRILL[0].replace('/', "-"), DRILL[2]);
        let text = std::fs::read_to_string(self.state.path().join(cluster).join(name)).expect("a transcript");
        let file: Value = serde_json::from_str(&text).expect("JSON");
        file["transcript"]["entries"].as_array().expect("entries").clone()
    }

    /// How often kind was told to make a cluster, and to delete one.
    fn made_and_deleted(&self) -> (usize, usize) {
        let said = self.said();
        let count = |words: &str| said.iter().filter(|line| *line == words).count();
        (count("create cluster"), count("delete cluster"))
    }
}

fn words(ended: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr))
}

/// What the commands of a drill wrote, in order, with the faults between.
fn writes(entries: &[Value]) -> Vec<String> {
    let told = entries.iter().filter_map(|entry| match entry["event"].as_str() {
        Some("call") if !["drill", "chaos"].contains(&entry["actor"].as_str().unwrap_or_default()) => {
            let verb = entry["verb"].as_str().expect("a verb");
            let writes = ["create", "update", "patch", "delete"].contains(&verb);
            writes.then(|| format!("{verb} {} {}", entry["path"], entry["status"]))
        }
        Some("fault") => Some(format!("{} {}", entry["rule"], entry["verdict"])),
        Some("ended") => Some(format!("ended {}", entry["exit"])),
        _ => None,
    });
    told.collect()
}

/// The objects of the releases that changed, by resource and name.
fn changed(entries: &[Value]) -> BTreeSet<String> {
    let objects = entries.iter().filter(|entry| entry["event"] == "object").map(|entry| &entry["key"]);
    let of_charts = objects.filter(|key| {
        ["deployments", "services", "configmaps", "secrets"]
            .contains(&key["resource"].as_str().unwrap_or_default())
    });
    of_charts.map(|key| format!("{} {}", key["resource"], key["name"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_on_a_kind_cluster_goes_as_on_an_embedded_one() {
    let stand = stand(&[("IMAGES", "busybox:1.36")]);
    for cluster in ["kind", "embedded"] {
        let ended = stand.run(cluster, &DRILL).wait_with_output().await.expect("it ends");
        assert_eq!(ended.status.code(), Some(0), "{}", words(&ended));
        assert!(words(&ended).contains("2 of 2 drills as expected"), "{}", words(&ended));
    }
    for helm in ["3.17.3", "4.3.1"] {
        let [kind, embedded] = ["kind", "embedded"].map(|cluster| stand.transcript(cluster, helm));
        assert!(writes(&kind).iter().any(|told| told.contains("kill before")), "{:?}", writes(&kind));
        assert_eq!(writes(&kind), writes(&embedded), "helm {helm}");
        assert!(changed(&kind).contains(r#""deployments" "myapp""#), "{:?}", changed(&kind));
        assert_eq!(changed(&kind), changed(&embedded), "helm {helm}");
    }
    assert_eq!(stand.made_and_deleted(), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_responder_and_a_chart_of_ones_own_are_drilled_on_a_kind_cluster_too() {
    let stand = stand(&[("IMAGES", "busybox:1.36")]);
    let responds =
        ["--helm", "4.3.1", "--responder", "exec:helm rollback myapp 2 --wait", "--budget-calls", "500"];
    let ended =
        stand.run("kind", &[&DRILL[..1], &responds].concat()).wait_with_output().await.expect("it ends");
    assert_eq!(ended.status.code(), Some(0), "{}", words(&ended));
    assert!(words(&ended).contains("A 100  recovered"), "{}", words(&ended));
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/charts/web");
    let own = [
        "locked-upgrade/half-way",
        "--procedure",
        "rollback-to-last-good",
        "--helm",
        "4.3.1",
        "--chart",
        chart.to_str().expect("a text"),
    ];
    let ended = stand.run("kind", &own).wait_with_output().await.expect("it ends");
    assert_eq!(ended.status.code(), Some(0), "{}", words(&ended));
    assert!(words(&ended).contains("GRADE A 100  recovered"), "{}", words(&ended));
    assert_eq!(
        stand.made_and_deleted(),
        (3, 3),
        "one for each drill, and one in which the chart is tried out"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_with_a_database_has_one_beside_a_kind_cluster_too() {
    let stand = stand(&[("IMAGES", "busybox:1.36")]);
    let drill = ["wrong-driver/sql", "--procedure", "drop-the-fork-and-deploy", "--helm", "4.3.1"];
    let ended = stand.run("kind", &drill).wait_with_output().await.expect("it ends");
    assert_eq!(ended.status.code(), Some(0), "{}", words(&ended));
    assert!(words(&ended).contains("GRADE A 100  recovered"), "{}", words(&ended));
}

/// A scenario whose release never comes up.
const UNSTEADY: &str = r"apiVersion: helmdrill.dev/v1
kind: Scenario
metadata: { name: unsteady, title: Never steady, difficulty: 1 }
story: The release that never came up.
environments: [production]
release: { name: web, chart: web }
timeline:
  - helm install {release} {chart} --set nothing.here=1 --no-such-flag
  - steady-state
  - helm upgrade {release} {chart}
symptoms:
  - id: there
    check: { release: { name: web, status: deployed } }
objectives:
  - id: deployed
    weight: 100
    check: { history: { release: web, deployed: 1 } }
procedures:
  - name: rollback
    reference: true
    steps: [ 'helm rollback {release} 1' ]
    expect: recovered
controls:
  - name: do-nothing
    expect: { failed: { trips: [deployed] } }
  - name: retry
    steps: [ 'helm upgrade {release} {chart}' ]
    expect: { failed: { trips: [deployed] } }
";

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_without_a_steady_state_deletes_its_cluster() {
    let stand = stand(&[("IMAGES", "busybox:1.36")]);
    let file = stand.state.path().join("unsteady.yaml");
    std::fs::write(&file, UNSTEADY).expect("a writable folder");
    let args = [file.to_str().expect("text"), "--procedure", "rollback", "--helm", "4.3.1"];
    let ended = stand.run("kind", &args).wait_with_output().await.expect("it ends");
    assert_eq!(ended.status.code(), Some(3), "{}", words(&ended));
    assert!(words(&ended).contains("unknown flag: --no-such-flag"), "{}", words(&ended));
    assert_eq!(stand.made_and_deleted(), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_drill_deletes_its_cluster() {
    let stand = stand(&[("IMAGES", "busybox:1.36")]);
    let drill = stand.run("kind", &[&DRILL[..], &["--helm", "4.3.1"]].concat());
    let at_work = async {
        while !stand.said().contains(&"load docker-image".to_owned()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), at_work).await.expect("the cluster is made");
    let pid = i32::try_from(drill.id().expect("it runs")).expect("a pid");
    kill(Pid::from_raw(pid), Signal::SIGINT).expect("it runs");
    let ended = drill.wait_with_output().await.expect("it ends");
    assert_eq!(ended.status.code(), Some(130), "{}", words(&ended));
    assert!(words(&ended).contains("stopped; nothing is left behind"), "{}", words(&ended));
    assert_eq!(stand.made_and_deleted(), (1, 1));
}
