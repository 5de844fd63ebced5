//! How pods end that are not deleted, and what is told of claims that wait, by what the kubelet and the volume controller
//! of Kubernetes 1.36 do: containers are given their grace, and what keeps a claim from a volume is told again.

use super::play::Player;
use helmdrill::behaviour::Pace;
use helmdrill::seed::Seed;
use serde_json::{Value, json};

const PODS: &str = "/api/v1/namespaces/ends/pods";
const CLAIMS: &str = "/api/v1/namespaces/ends/persistentvolumeclaims";
const DEAF: [&str; 2] = ["sleep", "3600"];

fn player() -> Player {
    Player::new("ends", Seed(1), Pace::Real)
}

fn pod(spec: &Value) -> Value {
    json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p"}, "spec": spec})
}

fn container(name: &str, command: &[&str]) -> Value {
    json!({"name": name, "image": "busybox:1.36", "command": command})
}

/// Phase, reason, why it is not ready, and what each container does.
fn state(player: &Player) -> String {
    let pod = player.find("", "pods", "ends", "p").expect("it stays");
    let status = &pod["status"];
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
    let ready = conditions.iter().find(|held| held["type"] == "Ready").expect("it is told");
    let mut parts = vec![word(&status["phase"]), word(&status["reason"]), word(&ready["reason"])];
    for field in ["initContainerStatuses", "containerStatuses"] {
        for held in status[field].as_array().into_iter().flatten() {
            let does = match held["state"].get("terminated") {
                Some(ended) => format!("{} {}", word(&ended["reason"]), ended["exitCode"]),
                None => held["state"].as_object().expect("a state").keys().cloned().collect(),
            };
            parts.push(format!("{}: {does}, {} restarts", word(&held["name"]), held["restartCount"]));
        }
    }
    parts.join(" | ")
}

#[test]
fn a_pod_past_its_deadline_fails_once_its_containers_have_ended() {
    let mut player = player();
    player.post(
        PODS,
        &pod(&json!({
            "activeDeadlineSeconds": 5, "terminationGracePeriodSeconds": 20, "containers": [container("app", &DEAF)],
        })),
    );
    player.pass(4.0);
    assert_eq!(state(&player), "Running | - | - | app: running, 0 restarts");
    player.pass(10.0);
    assert_eq!(state(&player), "Running | - | PodFailed | app: running, 0 restarts");
    player.pass(20.0);
    assert_eq!(state(&player), "Failed | DeadlineExceeded | PodFailed | app: Error 137, 0 restarts");
    let told = player.told("p");
    let deadline = "DeadlineExceeded: Pod was active on the node longer than the specified deadline";
    assert_eq!(told.iter().filter(|told| *told == deadline).count(), 1, "{told:?}");
    assert!(told.contains(&"Killing: Stopping container app".to_owned()), "{told:?}");
}

#[test]
fn a_sidecar_that_does_not_listen_has_its_grace_when_the_last_container_has_ended() {
    let mut player = player();
    let sidecar = |name: &str, command: &[&str]| {
        let mut sidecar = container(name, command);
        sidecar["restartPolicy"] = json!("Always");
        sidecar
    };
    let listens = ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 1; done"];
    player.post(
        PODS,
        &pod(&json!({
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 20,
            "initContainers": [sidecar("deaf", &DEAF), sidecar("heeds", &listens)],
            "containers": [container("app", &["sleep", "5"])],
        })),
    );
    player.pass(18.0);
    assert_eq!(
        state(&player),
        "Running | - | ContainersNotReady | deaf: running, 0 restarts | heeds: Completed 0, 0 restarts | \
         app: Completed 0, 0 restarts"
    );
    player.pass(20.0);
    assert_eq!(
        state(&player),
        "Succeeded | - | PodCompleted | deaf: Error 137, 0 restarts | heeds: Completed 0, 0 restarts | \
         app: Completed 0, 0 restarts"
    );
}

/// How often it was told why a claim is not bound, by reason.
fn told(player: &Player, claim: &str) -> Vec<(String, i64)> {
    let of = player.all("", "events").into_iter().filter(|event| event["involvedObject"]["name"] == claim);
    let told = of.map(|event| {
        (event["reason"].as_str().unwrap_or_default().to_owned(), event["count"].as_i64().unwrap_or(0))
    });
    told.collect()
}

fn claim(name: &str, class: &Value) -> Value {
    let mut spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
    if class.is_string() {
        spec["storageClassName"] = class.clone();
    }
    json!({"kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": {"name": name}, "spec": spec})
}

#[test]
fn what_keeps_a_claim_from_a_volume_is_told_every_fifteen_seconds() {
    let mut player = player();
    let class = json!({
        "kind": "StorageClass", "apiVersion": "storage.k8s.io/v1", "metadata": {"name": "late"},
        "provisioner": "example.com/disks", "volumeBindingMode": "WaitForFirstConsumer",
    });
    player.post("/apis/storage.k8s.io/v1/storageclasses", &class);
    player.post(CLAIMS, &claim("none", &Value::Null));
    player.post(CLAIMS, &claim("late", &json!("late")));
    player.post(CLAIMS, &claim("absent", &json!("absent")));
    player.pass(40.0);
    assert_eq!(told(&player, "none"), [("FailedBinding".to_owned(), 3)]);
    assert_eq!(told(&player, "late"), [("WaitForFirstConsumer".to_owned(), 3)]);
    assert_eq!(told(&player, "absent"), [("ProvisioningFailed".to_owned(), 3)]);
}

#[test]
fn a_claim_that_got_its_volume_is_told_of_no_more() {
    let mut player = player();
    player.post(CLAIMS, &claim("c", &Value::Null));
    player.pass(20.0);
    let volume = json!({
        "kind": "PersistentVolume", "apiVersion": "v1", "metadata": {"name": "v"},
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/data"}},
    });
    player.post("/api/v1/persistentvolumes", &volume);
    player.pass(60.0);
    assert_eq!(told(&player, "c"), [("FailedBinding".to_owned(), 2)]);
    let claim = player.find("", "persistentvolumeclaims", "ends", "c").expect("it stays");
    assert_eq!(claim["status"]["phase"], "Bound");
}
