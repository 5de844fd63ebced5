//! Room for pods and what they keep: preemption, volumes and their claims, owners, namespaces that end. What is expected
//! here was seen on a kube-apiserver, kube-controller-manager and kube-scheduler 1.36.2; the recorded cases hold no
//! objects of the whole cluster.

use super::play::Player;
use helmdrill::behaviour::Pace;
use helmdrill::seed::Seed;
use serde_json::{Value, json};

fn player() -> Player {
    Player::new("room", Seed(1), Pace::Instant)
}

fn pod(name: &str, more: &Value) -> Value {
    let mut spec = json!({"terminationGracePeriodSeconds": 1, "containers": [{
        "name": "app", "image": "busybox:1.36", "command": ["sleep", "3600"],
        "ports": [{"containerPort": 80, "hostPort": 23999}],
    }]});
    let fields = spec.as_object_mut().expect("an object");
    fields.extend(more.as_object().cloned().unwrap_or_default());
    json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name}, "spec": spec})
}

const PODS: &str = "/api/v1/namespaces/room/pods";
const MAPS: &str = "/api/v1/namespaces/room/configmaps";
const CLAIMS: &str = "/api/v1/namespaces/room/persistentvolumeclaims";
const VOLUMES: &str = "/api/v1/persistentvolumes";

#[test]
fn a_pod_of_higher_priority_takes_the_place_of_another() {
    let mut player = player();
    let class = json!({"kind": "PriorityClass", "apiVersion": "scheduling.k8s.io/v1", "metadata": {"name": "high"}, "value": 9});
    player.post("/apis/scheduling.k8s.io/v1/priorityclasses", &class);
    player.post(PODS, &pod("low", &json!({})));
    player.pass(5.0);
    let high = player.post(PODS, &pod("high", &json!({"priorityClassName": "high"})));
    player.pass(30.0);
    assert!(player.find("", "pods", "room", "low").is_none());
    let uid = high["metadata"]["uid"].as_str().expect("a uid");
    let preempted = format!("Preempted: Preempted by pod {uid} on node node1");
    assert!(player.told("low").contains(&preempted), "{:?}", player.told("low"));
    let refused = "FailedScheduling: 0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";
    assert_eq!(player.told("high")[0], refused);
    let high = player.find("", "pods", "room", "high").expect("it stays");
    assert_eq!(high["status"]["phase"], "Running");
    assert_eq!(high["status"].get("nominatedNodeName"), None);
}

fn volume(name: &str, size: &str, more: &Value) -> Value {
    let mut spec = json!({
        "capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/data"},
        "storageClassName": "kept",
    });
    let fields = spec.as_object_mut().expect("an object");
    fields.extend(more.as_object().cloned().unwrap_or_default());
    json!({"kind": "PersistentVolume", "apiVersion": "v1", "metadata": {"name": name}, "spec": spec})
}

fn claim(name: &str, more: &Value) -> Value {
    let mut spec = json!({
        "accessModes": ["ReadWriteOnce"], "storageClassName": "kept",
        "resources": {"requests": {"storage": "1Gi"}},
    });
    let fields = spec.as_object_mut().expect("an object");
    fields.extend(more.as_object().cloned().unwrap_or_default());
    json!({"kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": {"name": name}, "spec": spec})
}

/// Phase and volume of a claim.
fn state(player: &Player, name: &str) -> (Value, Value) {
    let claim = player.find("", "persistentvolumeclaims", "room", name).expect("the claim");
    (claim["status"]["phase"].clone(), claim["spec"].get("volumeName").cloned().unwrap_or_default())
}

fn phase(player: &Player, volume: &str) -> Value {
    player
        .find("", "persistentvolumes", "", volume)
        .map_or(Value::Null, |volume| volume["status"]["phase"].clone())
}

#[test]
fn a_claim_is_bound_to_the_smallest_volume_that_fits_or_to_the_one_that_is_meant_for_it() {
    let mut player = player();
    player.post(VOLUMES, &volume("large", "5Gi", &json!({})));
    player.post(VOLUMES, &volume("small", "2Gi", &json!({})));
    let meant = json!({"claimRef": {"namespace": "room", "name": "meant"}});
    player.post(VOLUMES, &volume("reserved", "1Gi", &meant));
    player.pass(1.0);
    for name in ["meant", "first", "taken", "none"] {
        let more = match name {
            "taken" => json!({"volumeName": "small"}),
            "none" => json!({"volumeMode": "Block"}),
            _ => json!({}),
        };
        player.post(CLAIMS, &claim(name, &more));
        player.pass(1.0);
    }
    assert_eq!(state(&player, "meant"), (json!("Bound"), json!("reserved")));
    assert_eq!(state(&player, "first"), (json!("Bound"), json!("small")));
    assert_eq!(state(&player, "taken"), (json!("Pending"), json!("small")));
    assert_eq!(player.told("taken"), ["FailedBinding: volume \"small\" already bound to a different claim."]);
    assert_eq!(state(&player, "none").0, "Pending");
    assert_eq!(player.told("none"), ["ProvisioningFailed: storageclass.storage.k8s.io \"kept\" not found"]);
}

#[test]
fn a_volume_outlives_its_claim_unless_it_is_to_be_deleted() {
    let mut player = player();
    let policies =
        [("kept", "Retain", "/data"), ("gone", "Delete", "/tmp/data"), ("stuck", "Delete", "/data")];
    for (name, policy, path) in policies {
        let more = json!({"persistentVolumeReclaimPolicy": policy, "hostPath": {"path": path}, "storageClassName": name});
        player.post(VOLUMES, &volume(name, "1Gi", &more));
        player.pass(1.0);
        player.post(CLAIMS, &claim(name, &json!({"storageClassName": name})));
        player.pass(1.0);
        assert_eq!(state(&player, name).0, "Bound");
        player.remove(&format!("{CLAIMS}/{name}"), "Background");
        player.pass(1.0);
    }
    assert_eq!(phase(&player, "kept"), "Released");
    assert_eq!(phase(&player, "gone"), Value::Null);
    assert_eq!(phase(&player, "stuck"), "Failed");
    let told = "VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /data";
    assert_eq!(player.told("stuck").last().map(String::as_str), Some(told));
}

fn owned(name: &str, kind: &str, owners: &[&Value], block: bool) -> Value {
    let owners: Vec<Value> = owners
        .iter()
        .map(|owner| {
            let of = &owner["metadata"];
            json!({"apiVersion": "v1", "kind": kind, "name": of["name"], "uid": of["uid"], "blockOwnerDeletion": block})
        })
        .collect();
    json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name, "ownerReferences": owners}})
}

#[test]
fn all_dependents_go_before_an_owner_in_the_foreground_whether_they_block_it_or_not() {
    let mut player = player();
    let map = |name: &str| json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name}});
    let (first, second) = (player.post(MAPS, &map("first")), player.post(MAPS, &map("second")));
    player.post(MAPS, &owned("free", "ConfigMap", &[&first], false));
    player.post(MAPS, &owned("shared", "ConfigMap", &[&first, &second], false));
    let mut held = owned("held", "ConfigMap", &[&first], true);
    held["metadata"]["finalizers"] = json!(["example.com/x"]);
    player.post(MAPS, &held);
    player.remove(&format!("{MAPS}/first"), "Foreground");
    player.pass(5.0);
    let find = |player: &Player, name: &str| player.find("", "configmaps", "room", name);
    assert!(find(&player, "free").is_none());
    assert!(find(&player, "first").is_some(), "what blocks it is still there");
    let shared = find(&player, "shared").expect("its other owner stays");
    assert_eq!(shared["metadata"]["ownerReferences"].as_array().map(Vec::len), Some(1));
}

#[test]
fn an_owner_is_absent_by_its_kind_and_namespace_and_unknown_where_its_kind_is_not_served() {
    let mut player = player();
    let owner = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "owner"}});
    let owner = player.post(MAPS, &owner);
    player.post(MAPS, &owned("wrong-kind", "Secret", &[&owner], false));
    player.post(MAPS, &owned("unknown-kind", "Nothing", &[&owner], false));
    let far = owned("far", "ConfigMap", &[&owner], false);
    player.post("/api/v1/namespaces/default/configmaps", &far);
    player.pass(5.0);
    assert!(player.find("", "configmaps", "room", "wrong-kind").is_none());
    assert!(player.find("", "configmaps", "room", "unknown-kind").is_some());
    assert!(player.find("", "configmaps", "default", "far").is_none());
    let uid = owner["metadata"]["uid"].as_str().expect("a uid");
    let told = format!(
        "OwnerRefInvalidNamespace: ownerRef [v1/ConfigMap, namespace: default, name: owner, uid: {uid}] does not exist \
         in namespace \"default\""
    );
    assert_eq!(player.told("far"), [told]);
}

#[test]
fn a_namespace_says_nothing_of_what_is_left_while_pods_are() {
    let mut player = player();
    let map = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "kept"}});
    player.post(MAPS, &map);
    let mut held = pod("held", &json!({}));
    held["metadata"]["finalizers"] = json!(["example.com/kept"]);
    player.post(PODS, &held);
    player.delete_namespace();
    player.pass(60.0);
    assert!(player.find("", "configmaps", "room", "kept").is_some(), "pods go first");
    let namespace = player.find("", "namespaces", "", "room").expect("it waits");
    let conditions = namespace["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let states: Vec<&Value> = conditions.iter().map(|held| &held["status"]).collect();
    assert_eq!(states, ["False"; 5]);
    player.patch(&format!("{PODS}/held"), &json!({"metadata": {"finalizers": null}}));
    player.pass(60.0);
    assert!(player.find("", "namespaces", "", "room").is_none());
}

#[test]
fn a_namespace_says_what_it_waits_for() {
    let mut player = player();
    let held = |name: &str| json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name, "finalizers": ["example.com/kept"]}});
    player.post(MAPS, &held("held"));
    player.delete_namespace();
    player.pass(6.0);
    let namespace = player.find("", "namespaces", "", "room").expect("it waits");
    let conditions = namespace["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let said = |kind: &str| {
        conditions.iter().find(|entry| entry["type"] == kind).map(|entry| entry["message"].clone())
    };
    assert_eq!(
        said("NamespaceContentRemaining"),
        Some(json!("Some resources are remaining: configmaps. has 1 resource instances"))
    );
    assert_eq!(
        said("NamespaceFinalizersRemaining"),
        Some(json!(
            "Some content in the namespace has finalizers remaining: example.com/kept in 1 resource instances"
        ))
    );
}
