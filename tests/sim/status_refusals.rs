//! Refusals of what is told of pods and Jobs, in the words that kube-apiserver 1.36 has for them.

use super::content_refusals::{told, told_of_change, told_of_status};
use serde_json::{Value, json};
use std::fmt::Write as _;

fn listed(cases: Vec<(&str, Vec<String>)>) -> String {
    let mut text = String::new();
    for (what, found) in cases {
        writeln!(text, "{what}").expect("a text grows");
        for line in found {
            writeln!(text, "    {line}").expect("a text grows");
        }
    }
    text
}

fn with(mut object: Value, pointer: &str, more: Value) -> Value {
    let held = object.pointer_mut(pointer).expect("it is there").as_object_mut().expect("a map");
    held.extend(more.as_object().expect("a map").clone());
    object
}

fn job() -> Value {
    let pods = json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b:1"}]}});
    json!({"kind": "Job", "metadata": {"uid": "u"}, "spec": {"template": pods}})
}

fn is(conditions: &[&str]) -> Value {
    conditions.iter().map(|kind| json!({"type": kind, "status": "True"})).collect()
}

const EARLY: &str = "2026-11-22T11:00:00Z";
const LATE: &str = "2026-11-22T12:00:00Z";

#[test]
fn what_is_told_of_jobs_is_refused_where_it_cannot_be() {
    let cases = [
        ("done and failed", json!({"conditions": is(&["Complete", "Failed"])})),
        (
            "done, and not when",
            json!({"startTime": EARLY, "conditions": is(&["SuccessCriteriaMet", "Complete"])}),
        ),
        ("when, and not done", json!({"startTime": EARLY, "completionTime": LATE})),
        (
            "done before it began",
            json!({"startTime": LATE, "completionTime": EARLY, "conditions": is(&["SuccessCriteriaMet", "Complete"])}),
        ),
        ("failed out of nothing", json!({"startTime": EARLY, "conditions": is(&["Failed"])})),
        ("a success and a failure", json!({"conditions": is(&["SuccessCriteriaMet", "FailureTarget"])})),
        (
            "over, and at work",
            json!({"startTime": EARLY, "active": 1, "terminating": 2, "conditions": is(&["FailureTarget", "Failed"]),
                "uncountedTerminatedPods": {"failed": ["u"]}}),
        ),
        (
            "pods that are counted twice",
            json!({"uncountedTerminatedPods": {"succeeded": ["u", ""], "failed": ["u"]}}),
        ),
        ("indexes of a Job without", json!({"completedIndexes": "0"})),
        ("failed indexes of a Job without", json!({"failedIndexes": "0"})),
        ("more ready than there are", json!({"ready": 2, "active": 1})),
    ];
    let told =
        cases.into_iter().map(|(what, status)| (what, told_of_status("batch", job(), status))).collect();
    insta::assert_snapshot!(listed(told));
}

#[test]
fn what_was_told_of_jobs_is_not_taken_back() {
    let done = json!({"startTime": EARLY, "completionTime": LATE, "succeeded": 1,
        "conditions": is(&["SuccessCriteriaMet", "Complete"])});
    let held = |status: Value| {
        let mut job = job();
        job["status"] = status;
        job
    };
    let indexed = with(
        job(),
        "/spec",
        json!({"completionMode": "Indexed", "completions": 4, "backoffLimitPerIndex": 1}),
    );
    let cases = [
        ("an end", held(done.clone()), json!({"startTime": EARLY, "succeeded": 1})),
        ("counts", held(json!({"succeeded": 2, "failed": 2})), json!({"succeeded": 1, "failed": 1})),
        ("a time", held(done.clone()), with(done, "", json!({"completionTime": "2026-11-22T12:30:00Z"}))),
        ("a start", held(json!({"startTime": EARLY})), json!({})),
        ("indexes that are none", indexed.clone(), json!({"completedIndexes": "2,1", "failedIndexes": "9"})),
        ("indexes of both kinds", indexed, json!({"completedIndexes": "0-2", "failedIndexes": "1,3"})),
    ];
    let told =
        cases.into_iter().map(|(what, old, status)| (what, told_of_status("batch", old, status))).collect();
    insta::assert_snapshot!(listed(told));
}

#[test]
fn what_is_told_of_claims_is_refused_where_it_cannot_be() {
    let claim = json!({"kind": "PersistentVolumeClaim", "metadata": {"annotations":
        {"volume.beta.kubernetes.io/storage-class": "a"}}, "spec": {"accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}}}});
    let cases = [
        (
            "amounts",
            json!({"capacity": {"storage": "-1"}, "allocatedResources": {"storage": "-2", "a b": "1", "cpu": "1"}}),
        ),
        (
            "how far a resize has come",
            json!({"allocatedResourceStatuses": {"storage": "NodeResizePending", "example.com/a": "Odd", "cpu":
                "NodeResizePending"}}),
        ),
    ];
    let mut told: Vec<(&str, Vec<String>)> =
        cases.into_iter().map(|(what, status)| (what, told_of_status("", claim.clone(), status))).collect();
    told.push(("another class", told_of_change("", claim, &[("/metadata/annotations", json!({}))])));
    insta::assert_snapshot!(listed(told));
}

fn pod(policy: &str) -> Value {
    json!({"kind": "Pod", "metadata": {}, "spec": {"restartPolicy": policy, "containers": [{"name": "a", "image": "b:1"}]},
        "status": {"qosClass": "BestEffort", "phase": "Running"}})
}

#[test]
fn what_is_told_of_pods_is_refused_where_it_cannot_be() {
    let ended = |code: i64| json!([{"name": "a", "state": {"terminated": {"exitCode": code}}}]);
    let lives = json!([{"name": "a", "state": {"running": {}}}]);
    let after =
        |policy: &str, code: i64| with(pod(policy), "/status", json!({"containerStatuses": ended(code)}));
    let cases = [
        ("another class", pod("Always"), json!({"qosClass": "Guaranteed"})),
        ("no class", pod("Always"), json!({"phase": "Running"})),
        (
            "conditions",
            pod("Always"),
            json!({"conditions": [{"type": "a b", "status": "True"}, {"type": "Ready"}]}),
        ),
        ("a node", pod("Always"), json!({"nominatedNodeName": "N"})),
        ("addresses", pod("Always"), json!({"podIP": "x", "podIPs": [{"ip": "x"}]})),
        ("two of a family", pod("Always"), json!({"podIPs": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.1"}]})),
        ("one of each family", pod("Always"), json!({"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]})),
        ("hosts", pod("Always"), json!({"hostIP": "10.0.0.2", "hostIPs": [{"ip": "10.0.0.1"}]})),
        (
            "claims",
            pod("Always"),
            json!({"resourceClaimStatuses": [{"name": "c", "resourceClaimName": "C"}]}),
        ),
        (
            "users",
            pod("Always"),
            json!({"containerStatuses": [{"name": "a", "user": {"linux": {"uid": -1, "gid": 0, "supplementalGroups": [-2]}}}]}),
        ),
        ("an end that is taken back", after("Never", 0), json!({"containerStatuses": lives})),
        ("a success that is taken back", after("OnFailure", 0), json!({"containerStatuses": lives})),
        ("a failure that is tried again", after("OnFailure", 1), json!({"containerStatuses": lives})),
        ("what always runs", after("Always", 0), json!({"containerStatuses": lives})),
    ];
    let told = cases.into_iter().map(|(what, old, status)| (what, told_of_status("", old, status))).collect();
    insta::assert_snapshot!(listed(told));
}

#[test]
fn annotations_of_pods_are_refused_for_what_is_wrong_with_them() {
    let noted = |annotations: Value, context: Value| {
        let mut pod = pod("Always");
        pod["metadata"]["annotations"] = annotations;
        pod["spec"]["containers"][0]["securityContext"] = context;
        pod
    };
    let seccomp = "container.seccomp.security.alpha.kubernetes.io/a";
    let armor = "container.apparmor.security.beta.kubernetes.io/";
    let cases = [
        (
            "a profile that is none",
            noted(json!({"seccomp.security.alpha.kubernetes.io/pod": "odd"}), json!({})),
        ),
        ("a profile elsewhere", noted(json!({seccomp: "localhost/../a"}), json!({}))),
        (
            "another profile than the field's",
            noted(json!({seccomp: "unconfined"}), json!({"seccompProfile": {"type": "RuntimeDefault"}})),
        ),
        (
            "another file than the field's",
            noted(
                json!({seccomp: "localhost/a"}),
                json!({"seccompProfile": {"type": "Localhost", "localhostProfile": "b"}}),
            ),
        ),
        ("no such container", noted(json!({format!("{armor}b"): "runtime/default"}), json!({}))),
        ("no such profile", noted(json!({format!("{armor}a"): "odd"}), json!({}))),
        (
            "another type than the field's",
            noted(
                json!({format!("{armor}a"): "unconfined"}),
                json!({"appArmorProfile": {"type": "RuntimeDefault"}}),
            ),
        ),
    ];
    let mut told: Vec<(&str, Vec<String>)> =
        cases.into_iter().map(|(what, object)| (what, told("", object))).collect();
    let old = noted(json!({format!("{armor}a"): "unconfined"}), json!({}));
    let mirror = "kubernetes.io/config.mirror";
    told.push((
        "annotations that never change",
        told_of_change(
            "",
            old,
            &[("/metadata/annotations", json!({mirror: "m", format!("{armor}c"): "unconfined"}))],
        ),
    ));
    insta::assert_snapshot!(listed(told));
}
