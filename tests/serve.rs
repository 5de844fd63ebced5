//! `helmdrill serve` as a process, with the real kubectl, and embedded clusters as values.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their files")]

use helmdrill::behaviour::Pace;
use helmdrill::call::Actor;
use helmdrill::clock::Moment;
use helmdrill::cluster::{Cluster, EmbeddedSpec, Place};
use helmdrill::exec::{self, Exit};
use helmdrill::lease::Lease;
use helmdrill::seed::Seed;
use helmdrill::tools::{Settings, Tool, Tools, default_cache, pins};
use helmdrill::transcript::{Event, Recorder};
use http_body_util::BodyExt;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::api::{Api, ListParams, ObjectMeta, PostParams};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A served cluster and the folder with its kubeconfig.
struct Served {
    child: Child,
    folder: tempfile::TempDir,
}

impl Served {
    async fn start(more: &[&str]) -> Served {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_helmdrill"))
            .args(["serve", "--kubeconfig"])
            .arg(folder.path().join("kubeconfig"))
            .args(more)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("helmdrill starts");
        let mut said = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        assert_eq!(said.next_line().await.expect("it says something").as_deref(), Some("ready"));
        Served { child, folder }
    }

    fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    async fn stop(&mut self, signal: Signal) -> Option<i32> {
        let pid = i32::try_from(self.child.id().expect("it runs")).expect("a pid");
        kill(Pid::from_raw(pid), signal).expect("it runs");
        self.child.wait().await.expect("it ends").code()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_served_cluster_ends_cleanly_on_either_signal() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut served = Served::start(&[]).await;
        let mode = std::fs::metadata(served.kubeconfig()).expect("it is written").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(served.stop(signal).await, Some(0), "{signal}");
        assert!(!served.kubeconfig().exists(), "{signal}: what it wrote is removed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_said_with_exit_code_3() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_helmdrill"));
    command.args(["serve", "--port", &port, "--kubeconfig"]).arg(folder.path().join("kubeconfig"));
    let ended = command.output().await.expect("helmdrill starts");
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(3), "{told}");
    assert!(told.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{told}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_kubectl_reads_the_kubeconfig_and_writes_through_it() {
    let served = Served::start(&["--no-controllers"]).await;
    let cache = std::env::var_os("HELMDRILL_CACHE_DIR").map(PathBuf::from).or_else(default_cache);
    let tools = Tools::new(Settings::new(cache.expect("a home folder"), std::env::vars_os().collect()));
    let pin = pins(Tool::Kubectl).next().expect("a pinned kubectl");
    let kubectl = tools.install(pin.tool, pin.version).await.expect("is fetched or cached").path;
    let run = async |args: &[&str]| {
        let command = exec::Command::program(&kubectl).args(args);
        let command = command.env("KUBECONFIG", served.kubeconfig()).env("HOME", served.folder.path());
        let said = command.run().await.expect("kubectl starts");
        assert_eq!(said.exit, Exit::Code(0), "{args:?}: {}", said.stderr.text());
        said.stdout.text()
    };
    assert_eq!(run(&["create", "configmap", "c", "--from-literal=a=1"]).await, "configmap/c created\n");
    assert_eq!(run(&["get", "configmap", "c", "-o", "jsonpath={.data.a}"]).await, "1");
}

async fn embedded(recorder: &Recorder, folder: &Path) -> Cluster {
    let spec = EmbeddedSpec {
        seed: Seed(7),
        pace: Pace::Real,
        behaviours: Arc::default(),
        rbac: false,
        controllers: true,
        load_balancers: false,
        namespaces: vec!["production".to_owned()],
        port: 0,
    };
    let lease = Lease::acquire(&folder.join("leases")).expect("a lease");
    Cluster::embedded(&spec, Some(recorder.clone()), Place::Leased(lease)).await.expect("it listens")
}

fn named(name: &str) -> ConfigMap {
    let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
    ConfigMap { metadata, ..ConfigMap::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_inside_the_process_lists_watches_and_gets_typed_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new(Moment::default());
    let cluster = embedded(&recorder, folder.path()).await;
    let client = cluster.client(Actor::Chaos);
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let version = maps.list(&ListParams::default()).await.expect("a list").metadata.resource_version;
    match maps.get("none").await {
        Err(kube::Error::Api(status)) => assert_eq!((status.code, status.reason.as_str()), (404, "NotFound")),
        other => panic!("{other:?}"),
    }
    let version = version.expect("lists have a version");
    let path = format!("/api/v1/namespaces/production/configmaps?watch=true&resourceVersion={version}");
    let request = http::Request::get(path).body(kube::client::Body::empty()).expect("a request");
    let mut events = client.send(request).await.expect("a watch").into_body();
    maps.create(&PostParams::default(), &named("c")).await.expect("created");
    let frame = tokio::time::timeout(Duration::from_secs(10), events.frame()).await.expect("an event comes");
    let bytes = frame.expect("the watch goes on").expect("it is whole").into_data().expect("data");
    let event: serde_json::Value = serde_json::from_slice(&bytes).expect("one event a line");
    assert_eq!(
        (event["type"].as_str(), event["object"]["metadata"]["name"].as_str()),
        (Some("ADDED"), Some("c"))
    );
    let by_chaos = recorder.transcript().entries.into_iter().filter(
        |entry| matches!(&entry.event, Event::Call(call) if call.actor == Actor::Chaos && call.status.is_some()),
    );
    assert_eq!(by_chaos.count(), 4, "list, get, watch, create");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_call_changed_stands_behind_the_call() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new(Moment::default());
    let cluster = embedded(&recorder, folder.path()).await;
    let maps: Api<ConfigMap> = Api::default_namespaced(cluster.client(Actor::Drill));
    for name in ["x", "y"] {
        maps.create(&PostParams::default(), &named(name)).await.expect("created");
    }
    let told = recorder.transcript().entries.into_iter().filter_map(|entry| match entry.event {
        Event::Call(call) if call.path.ends_with("/configmaps") => Some(format!("call {:?}", call.status)),
        Event::Object { key, .. } if ["x", "y"].contains(&&*key.name) => Some(format!("object {}", key.name)),
        _ => None,
    });
    let told: Vec<String> = told.collect();
    assert_eq!(told, ["call Some(201)", "object x", "call Some(201)", "object y"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_sees_the_past_and_not_what_its_twin_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new(Moment::default());
    let cluster = embedded(&recorder, folder.path()).await;
    let here: Api<ConfigMap> = Api::default_namespaced(cluster.client(Actor::Drill));
    here.create(&PostParams::default(), &named("past")).await.expect("created");
    let past = Recorder::resume(recorder.transcript());
    let twin = cluster.fork(&past).await.expect("it listens").expect("an embedded cluster is a value");
    let there: Api<ConfigMap> = Api::default_namespaced(twin.client(Actor::Drill));
    here.create(&PostParams::default(), &named("here")).await.expect("created");
    there.create(&PostParams::default(), &named("there")).await.expect("created");
    let names = async |maps: &Api<ConfigMap>| {
        let items = maps.list(&ListParams::default()).await.expect("a list").items;
        let names = items.into_iter().filter_map(|map| map.metadata.name);
        names.filter(|name| name != "kube-root-ca.crt").collect::<Vec<_>>()
    };
    assert_eq!(names(&here).await, ["here", "past"]);
    assert_eq!(names(&there).await, ["past", "there"]);
    assert_ne!((cluster.address(), cluster.kubeconfig()), (twin.address(), twin.kubeconfig()));
    assert!(twin.now() >= cluster.now() || cluster.now().since(twin.now()) < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn time_that_nobody_waits_for_passes_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new(Moment::default());
    let cluster = embedded(&recorder, folder.path()).await;
    let pods: Api<Pod> = Api::default_namespaced(cluster.client(Actor::Drill));
    let pod = serde_json::json!({
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "image": "busybox:1.36", "command": ["sleep", "3600"]}]},
    });
    let pod: Pod = serde_json::from_value(pod).expect("a pod");
    pods.create(&PostParams::default(), &pod).await.expect("created");
    let before = cluster.now();
    cluster.advance(Duration::from_secs(60)).await;
    assert!(cluster.now().since(before) >= Duration::from_secs(60));
    let phase = pods.get("p").await.expect("it is there").status.and_then(|status| status.phase);
    assert_eq!(phase.as_deref(), Some("Running"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_followed_until_its_container_ends_and_time_passes_for_who_waits() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new(Moment::default());
    let cluster = embedded(&recorder, folder.path()).await;
    let client = cluster.client(Actor::Drill);
    let pods: Api<Pod> = Api::default_namespaced(client.clone());
    let says = "echo one; sleep 1; echo two; sleep 1; printf three";
    let pod = serde_json::json!({
        "metadata": {"name": "p"},
        "spec": {"restartPolicy": "Never", "containers": [
            {"name": "c", "image": "busybox:1.36", "command": ["sh", "-c", says]},
        ]},
    });
    let pod: Pod = serde_json::from_value(pod).expect("a pod");
    pods.create(&PostParams::default(), &pod).await.expect("created");
    cluster.advance(Duration::from_secs(3)).await;
    cluster.stop_time_unless_awaited();
    let stood = cluster.now();
    pods.get("p").await.expect("it is there");
    assert_eq!(cluster.now(), stood, "nobody waits");
    let path = "/api/v1/namespaces/production/pods/p/log?follow=true&limitBytes=10";
    let request = http::Request::get(path).body(kube::client::Body::empty()).expect("a request");
    let log = client.send(request).await.expect("a log").into_body().collect().await.expect("it is whole");
    assert_eq!(log.to_bytes(), "one\ntwo\nth");
    assert!(cluster.now() > stood);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_cluster_ends_its_watches_and_leaves_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new(Moment::default());
    let cluster = embedded(&recorder, folder.path()).await;
    let kubeconfig = cluster.kubeconfig().to_owned();
    assert!(kubeconfig.exists());
    let request = http::Request::get("/api/v1/pods?watch=true").body(kube::client::Body::empty());
    let client = cluster.client(Actor::Drill);
    let watching = client.send(request.expect("a request")).await.expect("a watch").into_body();
    cluster.close().await;
    let end = tokio::time::timeout(Duration::from_secs(10), watching.collect()).await;
    end.expect("the watch ends").expect("and not by an error");
    assert!(!kubeconfig.exists());
}
