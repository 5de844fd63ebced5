//! Nodes that fall silent and come back, nodes that are tainted, and what becomes of their pods, by what Kubernetes
//! documents: recordings are made on one node, which has to stay.

use super::play::Player;
use helmdrill::behaviour::Pace;
use helmdrill::seed::Seed;
use serde_json::{Value, json};

const NODES: &str = "/api/v1/nodes";
const PODS: &str = "/api/v1/namespaces/lost/pods";

fn player() -> Player {
    Player::new("lost", Seed(1), Pace::Real)
}

fn node2() -> Value {
    json!({"kind": "Node", "apiVersion": "v1", "metadata": {
        "name": "node2", "annotations": {"helmdrill.dev/kubelet": "running"},
    }})
}

fn kubelet(player: &mut Player, node: &str, does: &str) {
    let patch = json!({"metadata": {"annotations": {"helmdrill.dev/kubelet": does}}});
    player.patch(&format!("{NODES}/{node}"), &patch);
}

const DEPLOYMENT: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: 2, selector: \
     {matchLabels: {app: d}}, template: {metadata: {labels: {app: d}}, spec: {terminationGracePeriodSeconds: 1, \
     containers: [{name: app, image: \"busybox:1.36\", command: [sleep, inf]}]}}}}";

/// The pods by the node that they are on, each with whether it is ready and whether it is on its way out.
fn placed(player: &Player) -> Vec<String> {
    let mut placed: Vec<String> = player
        .all("", "pods")
        .iter()
        .map(|pod| {
            let conditions = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
            let holds =
                |kind: &str| conditions.iter().any(|held| held["type"] == kind && held["status"] == "True");
            let node = pod["spec"]["nodeName"].as_str().unwrap_or("nowhere");
            let ready = if holds("Ready") { "ready" } else { "unready" };
            let leaving = if pod["metadata"].get("deletionTimestamp").is_some() { ", leaving" } else { "" };
            let disrupted = if holds("DisruptionTarget") { ", disrupted" } else { "" };
            format!("{node}: {ready}{leaving}{disrupted}")
        })
        .collect();
    placed.sort();
    placed
}

/// The taints of a node as kubectl writes them.
fn taints(player: &Player, node: &str) -> Vec<String> {
    let node = player.find("", "nodes", "", node).expect("a node");
    let taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
    let text = |taint: &Value, field: &str| taint[field].as_str().unwrap_or_default().to_owned();
    taints.iter().map(|taint| format!("{}:{}", text(taint, "key"), text(taint, "effect"))).collect()
}

#[test]
fn a_node_that_falls_silent_is_tainted_and_loses_its_pods_after_five_minutes() {
    let mut player = player();
    player.post(NODES, &node2());
    player.pass(1.0);
    player.apply(DEPLOYMENT);
    player.pass(10.0);
    assert_eq!(placed(&player), ["node1: ready", "node2: ready"]);
    kubelet(&mut player, "node2", "stopped");
    player.pass(49.0);
    assert_eq!(taints(&player, "node2"), [""; 0]);
    player.pass(2.0);
    let unreachable =
        ["NoSchedule", "NoExecute"].map(|effect| format!("node.kubernetes.io/unreachable:{effect}"));
    assert_eq!(taints(&player, "node2"), unreachable);
    assert_eq!(placed(&player), ["node1: ready", "node2: unready"]);
    assert!(
        player.told("node2").contains(&"NodeNotReady: Node node2 status is now: NodeNotReady".to_owned())
    );
    player.pass(290.0);
    assert_eq!(placed(&player), ["node1: ready", "node2: unready"]);
    player.pass(20.0);
    assert_eq!(placed(&player), ["node1: ready", "node1: ready", "node2: unready, leaving, disrupted"]);
    kubelet(&mut player, "node2", "running");
    player.pass(10.0);
    assert_eq!(placed(&player), ["node1: ready", "node1: ready"]);
    assert_eq!(taints(&player, "node2"), [""; 0]);
}

#[test]
fn no_pod_is_evicted_while_no_node_is_ready() {
    let mut player = player();
    player.apply(DEPLOYMENT);
    player.pass(10.0);
    kubelet(&mut player, "node1", "stopped");
    player.pass(600.0);
    assert_eq!(taints(&player, "node1"), ["node.kubernetes.io/unreachable:NoSchedule"]);
    assert_eq!(placed(&player), ["node1: unready", "node1: unready"]);
    kubelet(&mut player, "node1", "running");
    player.pass(5.0);
    assert_eq!(taints(&player, "node1"), [""; 0]);
    assert_eq!(placed(&player), ["node1: ready", "node1: ready"]);
}

#[test]
fn a_taint_by_hand_evicts_at_once_what_does_not_tolerate_it() {
    let mut player = player();
    let pod = |name: &str, tolerations: Value| {
        json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name}, "spec": {
            "terminationGracePeriodSeconds": 1, "tolerations": tolerations,
            "containers": [{"name": "app", "image": "busybox:1.36", "command": ["sleep", "3600"]}],
        }})
    };
    let tolerates = |more: Value| {
        let mut toleration = json!({"key": "gone", "operator": "Exists", "effect": "NoExecute"});
        toleration.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        json!([toleration])
    };
    player.post(PODS, &pod("plain", json!([])));
    player.post(PODS, &pod("patient", tolerates(json!({"tolerationSeconds": 30}))));
    player.post(PODS, &pod("firm", tolerates(json!({}))));
    player.pass(10.0);
    player.patch(
        &format!("{NODES}/node1"),
        &json!({"spec": {"taints": [{"key": "gone", "effect": "NoExecute"}]}}),
    );
    player.pass(10.0);
    let left = |player: &Player| -> Vec<String> {
        player
            .all("", "pods")
            .iter()
            .map(|pod| pod["metadata"]["name"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(left(&player), ["firm", "patient"]);
    assert!(
        player
            .told("plain")
            .contains(&"TaintManagerEviction: Marking for deletion Pod lost/plain".to_owned())
    );
    player.pass(30.0);
    assert_eq!(left(&player), ["firm"]);
    player.post(PODS, &pod("late", json!([])));
    player.pass(5.0);
    assert_eq!(
        player.told("late"),
        [
            "FailedScheduling: 0/1 nodes are available: 1 node(s) had untolerated taint(s). no new claims to deallocate, \
          preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
        ]
    );
}

#[test]
fn a_node_without_a_kubelet_is_never_heard_of() {
    let mut player = player();
    player.post(NODES, &json!({"kind": "Node", "apiVersion": "v1", "metadata": {"name": "ghost"}}));
    player.pass(70.0);
    let ghost = player.find("", "nodes", "", "ghost").expect("a node");
    let reasons: Vec<&Value> =
        ghost["status"]["conditions"].as_array().into_iter().flatten().map(|held| &held["reason"]).collect();
    assert_eq!(reasons, ["NodeStatusNeverUpdated"; 4]);
}
