//! Every check on snapshots made by hand: what holds, what does not, and what it says it saw.

use super::world::{NS, World, claim, deployment, owned, pod, record, replica_set};
use super::{Check, View};
use crate::clock::Moment;
use crate::snapshot::{Key, Snapshot};
use crate::transcript::{Entry, Event, Exit, Label};
use serde_json::json;
use std::sync::Arc;

/// `yes: evidence` or `no: evidence` of a check, written as in a scenario.
fn asked(check: &str, baseline: &World, now: &World) -> String {
    let check: Check = serde_saphyr::from_str(check).unwrap_or_else(|error| panic!("{check}: {error}"));
    let namespaces = [NS.to_owned(), "q".to_owned()];
    let (baseline, now) = (&baseline.0, &now.0);
    let view = View { namespaces: &namespaces, baseline, now, at: Moment::default(), record: &[] };
    let answer = check.answer(&view);
    assert!(!answer.evidence.is_empty() && !answer.evidence.contains('\n'), "{:?}", answer.evidence);
    format!("{}: {}", if answer.held { "yes" } else { "no" }, answer.evidence)
}

fn table(now: &World, checks: &[&str]) -> String {
    let lines: Vec<String> =
        checks.iter().map(|check| format!("{check}\n  {}", asked(check, &World::healthy(), now))).collect();
    lines.join("\n")
}

#[test]
fn a_healthy_world_answers_yes() {
    let told = table(
        &World::healthy(),
        &[
            "release: {name: web, revision: 2, status: deployed, app-version: '1.1', chart-version: 1.0.0}",
            "release: {name: shop, status: absent}",
            "history: {release: web, deployed: 1, pending: 0, undecodable: 0, revisions: 2, labels-agree: true}",
            "available: {workload: deploy/web, at-least: 2}",
            "reachable: {service: web, at-least: 2}",
            "uniform-template: {workload: deployment/web}",
            "serves: {service: web, labels: {version: '1.1'}, env: {VERSION: '1.1'}, config: {version: '1.1'}, image: 'busybox:1.36'}",
            "serves: {workload: deployment/web, labels: {version: '1.1'}}",
            "config-map: {name: other, data: {a: '1'}}",
            "exists: {object: svc/web}",
            "absent: {object: pvc/none}",
            "same-uid: {object: configmap/other}",
            "owned-objects-match-manifest: {release: web}",
            "untouched: {other-than: web}",
            "untouched: {other-than: [p/web, q/web], within: p}",
            "in: {environment: q, check: {absent: {object: svc/web}}}",
            "everywhere: {absent: {object: pvc/none}}",
            "job: {name: migrate, is: absent}",
            "history: {release: web, superseded: 1, failed: 0, revisions-at-most: 2}",
            "values: {release: web, values: {image.tag: '1.1', replicas: '2'}, absent: [banner]}",
            "replicas: {workload: deployment/web, desired: 2, ready: 2}",
            "field: {object: deployment/web, path: 'metadata.annotations[deployment.kubernetes.io/revision]', is: 2}",
            "field: {object: deployment/web, path: spec, is: {replicas: 2}, same: true}",
            "field: {object: deployment/web, path: spec.paused, there: false}",
            "manages: {object: deployment/web, manager: helm, path: spec.replicas, operation: Apply}",
            "owned-by: {object: configmap/page, release: web}",
            "no-orphans: {release: web}",
            "data-kept: {claim: data}",
            "job-runs: {job: migrate, times: 0}",
            "not-printed: {secret: login}",
            "not: {exists: {object: pvc/none}}",
            "any: [{exists: {object: svc/web}}, {exists: {object: svc/shop}}]",
        ],
    );
    assert!(!told.contains("\n  no: "), "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn a_broken_world_answers_no_and_says_what_it_saw() {
    let mut third = record(3, "pending-upgrade", "1.2");
    third["metadata"]["labels"]["status"] = json!("failed");
    let broken = World::healthy()
        .put("", "secrets", third)
        .put(
            "",
            "secrets",
            json!({"metadata": {"name": "sh.helm.release.v1.web.v4"}, "data": {"release": "eA=="}}),
        )
        .put("", "configmaps", owned("ConfigMap", "page", json!({"data": {"version": "1.2\n"}})))
        .put("", "configmaps", owned("ConfigMap", "left-behind", json!({})))
        .put("", "configmaps", json!({"kind": "ConfigMap", "metadata": {"name": "other", "uid": "new"}}))
        .put("apps", "deployments", deployment("3"))
        .put("", "persistentvolumeclaims", claim("made-anew"))
        .put("apps", "replicasets", replica_set("third", "3"))
        .put("", "pods", pod("b", "old", "1.0", true))
        .put(
            "batch",
            "jobs",
            json!({
                "kind": "Job",
                "metadata": {"name": "migrate", "ownerReferences": []},
                "status": {"conditions": [{"type": "Failed", "status": "True"}]},
            }),
        );
    let told = table(
        &broken,
        &[
            "release: {name: web, status: deployed}",
            "release: {name: shop, status: deployed}",
            "history: {release: web, deployed: 1, pending: 0, undecodable: 0, labels-agree: true}",
            "available: {workload: deployment/web, at-least: 3}",
            "available: {workload: deployment/shop}",
            "reachable: {service: web, at-least: 3}",
            "reachable: {service: shop}",
            "uniform-template: {workload: deployment/web}",
            "serves: {service: web, labels: {version: '1.1'}, env: {VERSION: '1.1'}, config: {version: '1.1'}, image: 'nginx'}",
            "serves: {service: shop, labels: {version: '1.1'}}",
            "serves: {labels: {version: '1.1'}}",
            "config-map: {name: other, data: {a: '1'}}",
            "secret: {name: none, data: {a: '1'}}",
            "exists: {object: pvc/none}",
            "absent: {object: svc/web}",
            "same-uid: {object: configmap/other}",
            "same-uid: {object: configmap/none}",
            "owned-objects-match-manifest: {release: web}",
            "owned-objects-match-manifest: {release: shop}",
            "untouched: {other-than: web}",
            "untouched: {within: p}",
            "history: {release: web, superseded: 0, failed: 2, revisions-at-most: 2}",
            "values: {release: web, values: {image.tag: '1.2', color: red}, absent: [replicas]}",
            "replicas: {workload: deployment/web, desired: 3, ready: 1}",
            "replicas: {workload: deployment/shop, desired: 3}",
            "field: {object: deployment/web, path: spec.replicas, is: 3}",
            "field: {object: deployment/web, path: spec.paused}",
            "field: {object: deployment/web, path: 'metadata.annotations[deployment.kubernetes.io/revision]', same: true}",
            "manages: {object: deployment/web, manager: kubectl-edit, path: spec.replicas}",
            "manages: {object: deployment/web, manager: helm, path: spec.template}",
            "owned-by: {object: configmap/other, release: web}",
            "owned-by: {object: configmap/page, release: shop}",
            "no-orphans: {release: web}",
            "data-kept: {claim: data}",
            "data-kept: {claim: none}",
            "job-runs: {job: migrate, times: 1}",
            "not-printed: {secret: none}",
            "in: {environment: q, check: {exists: {object: svc/web}}}",
            "everywhere: {exists: {object: svc/web}}",
            "job: {name: migrate, is: complete}",
            "not: {exists: {object: svc/web}}",
            "all: [{exists: {object: svc/web}}, {exists: {object: svc/shop}}, {exists: {object: pvc/none}}]",
            "any: []",
        ],
    );
    assert!(!told.contains("\n  yes: "), "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn a_pod_on_its_way_out_answers_for_nothing() {
    let mut leaving = pod("b", "new", "1.1", true);
    leaving["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let now = World::healthy().put("", "pods", leaving);
    assert_eq!(
        asked("available: {workload: deployment/web, at-least: 2}", &World::healthy(), &now),
        "no: deployment/web has 1 of 1 pods ready, expected at least 2"
    );
}

#[test]
fn objects_of_the_release_may_change_and_others_may_not() {
    let with_job =
        World::healthy().put("batch", "jobs", json!({"kind": "Job", "metadata": {"name": "migrate"}}));
    let with_other = World::healthy().put("", "secrets", {
        let mut other = record(1, "deployed", "1.0");
        other["metadata"]["name"] = json!("sh.helm.release.v1.shop.v1");
        other
    });
    let check = "untouched: {other-than: web}";
    let gone = World::healthy().without("", "configmaps", "page").without("apps", "replicasets", "web-old");
    assert!(asked(check, &World::healthy(), &gone).starts_with("yes"), "what the release owns is its own");
    assert!(asked(check, &with_job, &World::healthy()).starts_with("yes"), "its hooks are its own");
    assert_eq!(
        asked(check, &World::healthy(), &with_other),
        "no: secrets p/sh.helm.release.v1.shop.v1 is new"
    );
    assert_eq!(
        asked(check, &with_other, &World::healthy()),
        "no: secrets p/sh.helm.release.v1.shop.v1 is gone"
    );
}

#[test]
fn a_text_that_names_no_object_is_refused() {
    let error = "web".parse::<super::ObjectRef>().expect_err("no kind").to_string();
    assert_eq!(error, "expected KIND/NAME, such as deployment/web, not \"web\"");
}

/// The course of a drill: the steady state, the broken state, a Job made twice, and what a command printed.
fn course(printed: &str) -> Vec<Entry> {
    let job = |uid: &str| json!({"kind": "Job", "metadata": {"name": "migrate", "uid": uid}});
    let made = |uid: &str| Event::Object {
        key: Key::new("batch", "jobs", NS, "migrate"),
        object: Some(Arc::new(job(uid))),
    };
    let kept = |label, uid: &str| Event::Snapshot {
        label,
        snapshot: World(Snapshot::default()).put("batch", "jobs", job(uid)).0,
    };
    let (exit, stderr) = (Exit::Code(0), String::new());
    let said = Event::Ended { command: 4, exit, stdout: printed.to_owned(), stderr };
    let events = [
        kept(Label::Baseline, "1"),
        made("2"),
        kept(Label::Broken, "2"),
        made("2"),
        made("3"),
        made("3"),
        made("4"),
        said,
    ];
    events.into_iter().map(|event| Entry { at: Moment::default(), event }).collect()
}

#[test]
fn what_happened_on_the_way_is_read_from_the_record() {
    let world = World::healthy();
    let namespaces = [NS.to_owned()];
    let told = |check: &str, printed: &str| {
        let check: Check = serde_saphyr::from_str(check).unwrap_or_else(|error| panic!("{check}: {error}"));
        let (baseline, now, at) = (&world.0, &world.0, Moment::default());
        let record = course(printed);
        let answer = check.answer(&View { namespaces: &namespaces, baseline, now, at, record: &record });
        format!("{}: {}", answer.held, answer.evidence)
    };
    assert_eq!(
        told("job-runs: {job: migrate, times: 2}", ""),
        "true: job migrate ran 2 times since it was broken"
    );
    assert_eq!(
        told("job-runs: {job: migrate, since: steady-state, at-least: 4}", ""),
        "false: job migrate ran 3 times since the steady state, expected at least 4"
    );
    let quiet = "not-printed: {secret: login}";
    assert_eq!(told(quiet, "password: ***"), "true: no command printed a value of secret/login");
    for leak in ["it is hunter2!", "password: aHVudGVyMg=="] {
        assert_eq!(told(quiet, leak), "false: command 4 printed password of secret/login");
    }
}
