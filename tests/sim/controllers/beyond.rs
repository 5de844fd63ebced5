//! Behaviour of controllers that no recorded case shows, by what Kubernetes documents; and that a cluster is a value:
//! one seed, one outcome.

use super::play::Player;
use helmdrill::behaviour::Pace;
use helmdrill::seed::Seed;
use serde_json::{Value, json};

fn deployment(image: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{replicas: 2, selector: \
         {{matchLabels: {{app: d}}}}, template: {{metadata: {{labels: {{app: d}}}}, spec: {{containers: \
         [{{name: app, image: \"{image}\", command: [sleep, inf]}}]}}}}}}}}"
    )
}

fn revisions(player: &Player) -> Vec<(Value, Value)> {
    let mut found: Vec<(Value, Value)> = player
        .all("apps", "replicasets")
        .iter()
        .map(|set| {
            let note =
                |key: &str| set["metadata"]["annotations"][format!("deployment.kubernetes.io/{key}")].clone();
            (note("revision"), note("revision-history"))
        })
        .collect();
    found.sort_by_key(|(revision, _)| revision.to_string());
    found
}

#[test]
fn going_back_to_an_old_template_renumbers_its_replica_set() {
    let mut player = Player::new("back", Seed(1), Pace::Instant);
    for image in ["busybox:1.36", "busybox:1.37", "busybox:1.36"] {
        player.apply(&deployment(image));
        player.pass(60.0);
    }
    assert_eq!(revisions(&player), [(json!("2"), Value::Null), (json!("3"), json!("1"))]);
}

#[test]
fn a_rollout_without_progress_is_told_after_its_deadline() {
    let mut player = Player::new("late", Seed(1), Pace::Real);
    player.apply(&deployment("busybox:no-such-tag"));
    player.pass(590.0);
    let reason = |player: &Player| {
        let conditions = player.all("apps", "deployments")[0]["status"]["conditions"].clone();
        let conditions = conditions.as_array().cloned().unwrap_or_default();
        conditions.iter().find(|held| held["type"] == "Progressing").map(|held| held["reason"].clone())
    };
    assert_eq!(reason(&player), Some(json!("ReplicaSetUpdated")));
    player.pass(30.0);
    assert_eq!(reason(&player), Some(json!("ProgressDeadlineExceeded")));
}

#[test]
fn a_deleted_namespace_takes_everything_with_it() {
    let mut player = Player::new("gone", Seed(1), Pace::Real);
    player.apply(&deployment("busybox:1.36"));
    player.pass(10.0);
    player.delete_namespace();
    player.pass(60.0);
    let left: Vec<String> = player.left();
    assert_eq!(left, [""; 0]);
}

#[test]
fn a_deleted_namespace_is_left_alone_for_a_while_and_then_looked_at_in_passes() {
    const MAPS: &str = "/api/v1/namespaces/passes/configmaps";
    let mut player = Player::new("passes", Seed(1), Pace::Real);
    let map = |name: &str, finalizers: Value| json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name, "finalizers": finalizers}});
    player.post(MAPS, &map("plain", json!([])));
    player.post(MAPS, &map("held", json!(["example.com/hold"])));
    player.delete_namespace();
    player.pass(4.0);
    let is_there = |player: &Player, name: &str| player.find("", "configmaps", "passes", name).is_some();
    assert!(is_there(&player, "plain"));
    player.pass(2.0);
    assert!(!is_there(&player, "plain") && is_there(&player, "held"));
    // What is noted then leads to a pass five seconds later, and what is held to one eight seconds after that.
    player.pass(5.0);
    player.patch(&format!("{MAPS}/held"), &json!({"metadata": {"finalizers": null}}));
    player.pass(6.0);
    assert!(!is_there(&player, "held"));
    assert!(player.find("", "namespaces", "", "passes").is_some(), "the next pass is still to come");
    player.pass(3.0);
    assert!(player.find("", "namespaces", "", "passes").is_none());
}

#[test]
fn a_namespace_of_deaf_pods_goes_with_the_pass_after_their_grace() {
    let mut player = Player::new("deaf", Seed(1), Pace::Real);
    let spec = json!({"containers": [{"name": "a", "image": "busybox:1.36", "command": ["sleep", "3600"]}]});
    let pod = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p"}, "spec": spec});
    player.post("/api/v1/namespaces/deaf/pods", &pod);
    player.pass(10.0);
    player.delete_namespace();
    // 5 s, 5 s after the conditions came, and half of the grace twice: the pod is gone after 35 s.
    player.pass(38.0);
    assert!(player.find("", "pods", "deaf", "p").is_none());
    assert!(player.find("", "namespaces", "", "deaf").is_some());
    player.pass(6.0);
    assert!(player.find("", "namespaces", "", "deaf").is_none());
}

#[test]
fn a_cron_job_runs_at_its_times_and_keeps_its_history_short() {
    let mut player = Player::new("cron", Seed(1), Pace::Real);
    player.apply(
        "{apiVersion: batch/v1, kind: CronJob, metadata: {name: c}, spec: {schedule: '*/5 * * * *', jobTemplate: \
         {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: 'busybox:1.36', \
         command: ['true']}]}}}}}}",
    );
    player.pass(290.0);
    assert_eq!(player.all("batch", "jobs").len(), 0);
    player.pass(30.0);
    assert_eq!(player.all("batch", "jobs").len(), 1);
    player.pass(1800.0);
    assert_eq!(player.all("batch", "jobs").len(), 3);
}

#[test]
fn the_same_seed_gives_the_same_cluster() {
    let end = |seed| {
        let mut player = Player::new("same", Seed(seed), Pace::Real);
        for image in ["busybox:1.36", "busybox:1.37"] {
            player.apply(&deployment(image));
            player.pass(8.0);
        }
        player.objects()
    };
    assert_eq!(end(3), end(3));
    assert_ne!(end(3), end(4), "uids and suffixes are of the seed");
}

fn hooked(hook: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{selector: {{matchLabels: {{app: d}}}}, \
         template: {{metadata: {{labels: {{app: d}}}}, spec: {{containers: [{{name: app, image: 'busybox:1.36', command: \
         [sh, -c, 'httpd -f -p 8080'], lifecycle: {{postStart: {hook}}}}}]}}}}}}}}"
    )
}

#[test]
fn a_hook_after_the_start_fails_where_nobody_answers_it_or_its_program_is_not_there() {
    let cases = [
        ("{httpGet: {port: 8080, path: /gone}}", true),
        ("{httpGet: {port: 8081}}", false),
        ("{tcpSocket: {port: 8080}}", false),
        ("{exec: {command: ['true']}}", true),
        ("{exec: {command: [no-such-program]}}", false),
    ];
    for (hook, passes) in cases {
        let mut player = Player::new("hooks", Seed(1), Pace::Real);
        player.apply(&hooked(hook));
        player.pass(10.0);
        let pods = player.all("", "pods");
        let container = &pods[0]["status"]["containerStatuses"][0];
        assert_eq!(container["ready"], passes, "{hook}: {container}");
    }
}

fn served() -> Player {
    let mut player = Player::new("served", Seed(1), Pace::Real);
    player.apply("{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: {app: p}, ports: [{port: 80}]}}");
    let pod = json!({
        "kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p", "labels": {"app": "p"}},
        "spec": {
            "restartPolicy": "Never",
            "containers": [{"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", "exit 0"]}],
        },
    });
    player.post("/api/v1/namespaces/served/pods", &pod);
    player.pass(10.0);
    player
}

fn addresses(player: &Player) -> usize {
    let slices = player.all("discovery.k8s.io", "endpointslices");
    slices[0]["endpoints"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_pod_that_ended_without_ever_being_ready_is_listed_until_its_service_is_looked_at_again() {
    let mut player = served();
    assert_eq!(addresses(&player), 1);
    player.patch("/api/v1/namespaces/served/services/s", &json!({"metadata": {"labels": {"looked": "at"}}}));
    assert_eq!(addresses(&player), 0);
}
