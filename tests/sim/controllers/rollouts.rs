//! Rollouts that no recording holds: many pods at once, a slow DaemonSet, Jobs whose policies end them, by what the
//! controllers of Kubernetes 1.36 do.

use super::play::Player;
use helmdrill::behaviour::Pace;
use helmdrill::seed::Seed;
use serde_json::{Value, json};

fn player() -> Player {
    Player::new("rolls", Seed(1), Pace::Real)
}

fn workload(kind: &str, name: &str, fields: &Value, container: &Value) -> String {
    let mut held = json!({"name": "app", "image": "busybox:1.36", "command": ["sleep", "3600"]});
    held.as_object_mut().expect("an object").extend(container.as_object().cloned().unwrap_or_default());
    let mut spec = json!({
        "selector": {"matchLabels": {"app": name}},
        "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [held]},
        },
    });
    spec.as_object_mut().expect("an object").extend(fields.as_object().cloned().unwrap_or_default());
    json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}).to_string()
}

/// How many pods each ReplicaSet is to have, the largest number first.
fn shares(player: &Player) -> Vec<i64> {
    let sets = player.all("apps", "replicasets");
    let mut shares: Vec<i64> = sets.iter().filter_map(|set| set["spec"]["replicas"].as_i64()).collect();
    shares.sort_unstable_by(|one, other| other.cmp(one));
    shares
}

#[test]
fn a_deployment_that_is_scaled_while_it_is_stuck_shares_what_is_new_in_proportion() {
    let mut player = player();
    let of = |replicas: i64, image: &str| {
        let strategy =
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}});
        let fields = json!({"replicas": replicas, "strategy": strategy});
        workload("Deployment", "d", &fields, &json!({"image": image}))
    };
    player.apply(&of(10, "busybox:1.36"));
    player.pass(15.0);
    player.apply(&of(10, "busybox:broken"));
    player.pass(15.0);
    assert_eq!(shares(&player), [8, 5]);
    // Eighteen pods at most: five more, by the size of each.
    player.apply(&of(15, "busybox:broken"));
    player.pass(15.0);
    assert_eq!(shares(&player), [11, 7]);
}

#[test]
fn a_daemon_set_that_surges_goes_on_when_its_new_pod_has_been_ready_long_enough() {
    let mut player = player();
    let of = |value: &str| {
        let strategy =
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}});
        let fields = json!({"minReadySeconds": 8, "updateStrategy": strategy});
        workload("DaemonSet", "ds", &fields, &json!({"env": [{"name": "A", "value": value}]}))
    };
    player.apply(&of("1"));
    player.pass(20.0);
    player.apply(&of("2"));
    player.pass(8.0);
    assert_eq!(player.all("", "pods").len(), 2);
    player.pass(12.0);
    let pods = player.all("", "pods");
    let values: Vec<&Value> =
        pods.iter().map(|pod| &pod["spec"]["containers"][0]["env"][0]["value"]).collect();
    assert_eq!(values, ["2"]);
    let status = player.all("apps", "daemonsets")[0]["status"].clone();
    assert_eq!((&status["updatedNumberScheduled"], &status["numberAvailable"]), (&json!(1), &json!(1)));
}

fn job(fields: &Value, script: &str) -> String {
    let container = json!({"name": "a", "image": "busybox:1.36", "command": ["sh", "-c", script]});
    let pod =
        json!({"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [container]});
    let mut spec = json!({"template": {"spec": pod}});
    spec.as_object_mut().expect("an object").extend(fields.as_object().cloned().unwrap_or_default());
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": spec}).to_string()
}

/// The conditions of the one Job in their order, each with its reason, and its counts of pods.
fn ended(player: &Player) -> (Vec<String>, [i64; 3]) {
    let status = player.all("batch", "jobs")[0]["status"].clone();
    let text = |held: &Value, field: &str| held[field].as_str().unwrap_or_default().to_owned();
    let conditions = status["conditions"].as_array().into_iter().flatten();
    let count = |field: &str| status[field].as_i64().unwrap_or(0);
    (
        conditions.map(|held| format!("{}: {}", text(held, "type"), text(held, "reason"))).collect(),
        ["active", "succeeded", "failed"].map(count),
    )
}

#[test]
fn a_job_whose_success_policy_is_met_stops_the_rest_of_its_pods() {
    let mut player = player();
    let policy = json!({"rules": [{"succeededIndexes": "0"}]});
    let fields =
        json!({"completions": 3, "parallelism": 3, "completionMode": "Indexed", "successPolicy": policy});
    player.apply(&job(&fields, "test $JOB_COMPLETION_INDEX = 0 || sleep 600"));
    player.pass(20.0);
    let met = ["SuccessCriteriaMet: SuccessPolicy", "Complete: SuccessPolicy"].map(str::to_owned).to_vec();
    assert_eq!(ended(&player), (met, [0, 1, 0]));
    assert_eq!(player.all("", "pods").len(), 1);
}

#[test]
fn a_job_with_too_many_failed_indexes_is_to_fail_before_it_has_failed() {
    let mut player = player();
    let fields = json!({
        "completions": 3, "parallelism": 3, "completionMode": "Indexed", "backoffLimitPerIndex": 0,
        "maxFailedIndexes": 0,
    });
    player.apply(&job(&fields, "test $JOB_COMPLETION_INDEX = 0 && exit 1; sleep 600"));
    player.pass(20.0);
    let reason = "MaxFailedIndexesExceeded";
    let (conditions, [active, succeeded, _]) = ended(&player);
    assert_eq!(conditions, [format!("FailureTarget: {reason}"), format!("Failed: {reason}")]);
    assert_eq!((active, succeeded), (0, 0));
}

#[test]
fn a_job_that_replaces_failed_pods_alone_waits_for_the_end_of_a_deleted_one() {
    let mut player = player();
    player.apply(&job(&json!({"podReplacementPolicy": "Failed", "backoffLimit": 3}), "sleep 600"));
    player.pass(5.0);
    let first = player.all("", "pods")[0]["metadata"]["name"].as_str().expect("a name").to_owned();
    player.remove(&format!("/api/v1/namespaces/rolls/pods/{first}"), "Background");
    let status = player.all("batch", "jobs")[0]["status"].clone();
    assert_eq!((&status["terminating"], status["active"].as_i64().unwrap_or(0)), (&json!(1), 0));
    assert_eq!(player.all("", "pods").len(), 1);
    player.pass(30.0);
    let pods = player.all("", "pods");
    assert_eq!(pods.len(), 1);
    assert_ne!(pods[0]["metadata"]["name"], json!(first));
    assert_eq!(ended(&player).1, [1, 0, 1]);
}
