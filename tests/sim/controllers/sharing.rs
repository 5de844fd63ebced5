//! Volumes that the containers of a pod share: what init containers leave in them, and what containers that run beside
//! each other write for each other.

use super::play::Player;
use helmdrill::behaviour::Pace;
use helmdrill::seed::Seed;
use serde_json::{Value, json};

/// A pod whose containers all have the volume `shared` at `/shared`, and what its container `main` printed in ten seconds.
fn ran(pace: Pace, inits: &[&str], apps: &[(&str, &str)]) -> String {
    let mut player = Player::new("shop", Seed(3), pace);
    let settings = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"},
        "data": {"app.ini": "port = 80\n", "b.ini": "b\n"}});
    player.post("/api/v1/namespaces/shop/configmaps", &settings);
    player.pass(1.0);
    let container = |name: &str, script: &str| {
        json!({"name": name, "image": "busybox:1.36", "command": ["sh", "-c", script], "volumeMounts": [
            {"name": "shared", "mountPath": "/shared"}, {"name": "settings", "mountPath": "/settings"}]})
    };
    let inits: Vec<Value> = inits
        .iter()
        .enumerate()
        .map(|(number, script)| container(&format!("init-{number}"), script))
        .collect();
    let apps: Vec<Value> = apps.iter().map(|(name, script)| container(name, script)).collect();
    player.post(
        "/api/v1/namespaces/shop/pods",
        &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {
            "restartPolicy": "Never", "initContainers": inits, "containers": apps,
            "volumes": [{"name": "shared", "emptyDir": {}}, {"name": "settings", "configMap": {"name": "settings"}}]}}),
    );
    player.pass(15.0);
    player.log("/api/v1/namespaces/shop/pods/x/log?container=main").trim_end().replace('\n', "|")
}

#[test]
fn what_init_containers_leave_is_there_for_those_after_them() {
    let cases: [(&[&str], &str, &str); 6] = [
        (
            &["echo 1 > /shared/a", "cat /shared/a > /shared/b; echo 2 >> /shared/b; rm /shared/a"],
            "ls /shared; cat /shared/b",
            "b|1|2",
        ),
        (&["cp /settings/*.ini /shared"], "ls /shared; cat /shared/app.ini", "app.ini|b.ini|port = 80"),
        (&["cp /settings/app.ini /shared/own"], "cat /shared/own", "port = 80"),
        (&["cp -r /settings/. /shared"], "ls /shared", "app.ini|b.ini"),
        (
            &["cp -r /settings /shared; mv /shared/settings/b.ini /shared/c"],
            "ls /shared; ls /shared/settings",
            "c|settings|app.ini",
        ),
        (&[], "[ -d /shared ] && cat /shared/a", "cat: can't open '/shared/a': No such file or directory"),
    ];
    for pace in [Pace::Instant, Pace::Real] {
        for (inits, main, expected) in &cases {
            assert_eq!(ran(pace, inits, &[("main", main)]), *expected, "{inits:?}");
        }
    }
}

#[test]
fn what_is_written_beside_a_container_comes_to_it_in_its_time() {
    let wait = "until [ -f /shared/flag ]; do echo waiting; sleep 1; done; cat /shared/flag";
    let said =
        ran(Pace::Instant, &[], &[("main", wait), ("other", "sleep 3; echo up > /shared/flag; sleep 60")]);
    assert_eq!(said, "waiting|waiting|waiting|up");
    let never = ran(Pace::Instant, &[], &[("main", wait), ("other", "sleep 60")]);
    assert!(never.starts_with("waiting|waiting") && !never.contains("up"), "{never}");
}
