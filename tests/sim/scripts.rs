//! Scripts of containers, and what must hold of a pod that runs any of them: shared by the fuzz target, which makes the
//! scripts up, and the test that keeps those that once broke something.

use helmdrill::call::{Actor, Body, Call, ReplyBody};
use helmdrill::clock::Moment;
use helmdrill::sim::controller::settle;
use helmdrill::sim::{Config, World};
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::Duration;

const BEGIN: Moment = Moment::from_micros(1_763_810_803_000_000);
const POD: &str = "/api/v1/namespaces/default/pods/x";
/// As often as the clock is moved on at most before a pod must have settled, and after it was told to go.
const MOMENTS: usize = 60;
/// How far the clock is moved on at most.
const STEP: Duration = Duration::from_secs(30);

/// A cluster at rest, with what a script may read.
static CLUSTER: LazyLock<(World, Moment)> = LazyLock::new(|| {
    let mut world = World::new(Config { controllers: true, ..Config::default() }, BEGIN);
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "page"},
        "data": {"index.html": "hello\n", "run.sh": "echo a\n"}});
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"},
        "spec": {"selector": {"app": "x"}, "ports": [{"port": 80, "targetPort": 8080}]}});
    for (resource, object) in [("configmaps", config), ("services", service)] {
        let path = format!("/api/v1/namespaces/default/{resource}");
        assert_eq!(ask(&mut world, &http::Method::POST, &path, &object, BEGIN).0, 201);
    }
    let now = rest(&mut world, BEGIN, |_| false);
    (world, now)
});

/// Runs a pod with this script, reads its log, and tells it to go. Panics where something is not as of any pod.
pub(crate) fn run(bytes: &[u8]) {
    let script = String::from_utf8_lossy(bytes);
    let (mut world, now) = CLUSTER.clone();
    let (status, _) =
        ask(&mut world, &http::Method::POST, "/api/v1/namespaces/default/pods", &pod(&script), now);
    // Some texts are no argument of a program: they are refused, and nothing runs.
    if status != 201 {
        assert_eq!(status, 422, "{script:?}");
        return;
    }
    let now = rest(&mut world, now, |_| false);
    let (status, pod) = ask(&mut world, &http::Method::GET, POD, &Value::Null, now);
    assert_eq!(status, 200, "{script:?}");
    let phase = pod["status"]["phase"].as_str().unwrap_or_default();
    assert!(["Running", "Succeeded", "Failed"].contains(&phase), "{script:?}: {}", pod["status"]);
    let (status, _) = ask(&mut world, &http::Method::GET, &format!("{POD}/log"), &Value::Null, now);
    assert!(status == 200 || status == 400, "{script:?}: the log is answered with {status}");
    let (status, _) = ask(&mut world, &http::Method::DELETE, POD, &Value::Null, now);
    assert_eq!(status, 200, "{script:?}");
    let gone = |world: &World| world.snapshot().find("", "pods", "default", "x").is_none();
    rest(&mut world, now, gone);
    assert!(gone(&world), "{script:?}: it does not go");
}

fn pod(script: &str) -> Value {
    let container = json!({"name": "x", "image": "busybox:1.36", "command": ["sh", "-c", script],
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/index.html", "port": 8080}},
        "volumeMounts": [{"name": "page", "mountPath": "/www"}, {"name": "shared", "mountPath": "/shared"}]});
    let first = json!({"name": "first", "image": "busybox:1.36", "command": ["sh", "-c", "echo a > /shared/a"],
        "volumeMounts": [{"name": "shared", "mountPath": "/shared"}]});
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "labels": {"app": "x"}}, "spec": {
        "terminationGracePeriodSeconds": 2, "restartPolicy": "OnFailure",
        "initContainers": [first], "containers": [container],
        "volumes": [{"name": "page", "configMap": {"name": "page"}}, {"name": "shared", "emptyDir": {}}]}})
}

/// Moves the clock on until nothing is due, it is over, or enough is seen; when that is.
fn rest(world: &mut World, mut now: Moment, over: impl Fn(&World) -> bool) -> Moment {
    for _ in 0..MOMENTS {
        match settle(world, now) {
            Some(due) if !over(world) => {
                now = due.max(now.after(Duration::from_millis(1))).min(now.after(STEP))
            }
            Some(_) | None => break,
        }
    }
    now
}

fn ask(world: &mut World, method: &http::Method, path: &str, body: &Value, now: Moment) -> (u16, Value) {
    let mut call = Call::from_http(method, path, "", Actor::Other("fuzz".to_owned()), "fuzz/1");
    call.body = (!body.is_null()).then(|| Body::json(body));
    let reply = world.handle(&call, now);
    let told = match &reply.body {
        ReplyBody::Object(object, _) => (**object).clone(),
        ReplyBody::Json(_) | ReplyBody::Raw(_) | ReplyBody::List(_) => Value::Null,
    };
    (reply.status, told)
}
