//! Every renderer over drills made by hand: what a person reads of one, the table of several, what differs between its
//! states, and what a program reads.

use super::*;
use crate::call::{Actor, Verb};
use crate::clock::Moment;
use crate::grade::grade;
use crate::snapshot::{Key, Object, Snapshot};
use crate::transcript::{By, CallRecord, Event, Exit, Label, Phase, Recorder};
use serde_json::{Value, json};
use std::sync::Arc;

fn at(millis: i64) -> Moment {
    Moment::from_micros(millis * 1_000)
}

fn plan(procedure: &str, role: &str, helm: &str) -> Plan {
    let good = json!({"config-map": {"name": "c", "data": {"state": "good"}}});
    let step = json!({"line": "helm upgrade r ./charts/c", "origin": "s.yaml:8", "fault": null,
                      "outcome": "killed", "timeout": 60});
    let plan = json!({
        "scenario": "stuck", "title": "A release is stuck", "variant": "early", "procedure": procedure,
        "role": role, "helm": helm, "seed": 7, "namespaces": ["prod"], "release": "r", "files": {},
        "behaviours": [], "deploy": [], "steady-state": [], "inject": [step],
        "symptoms": [{"state": {"id": "bad", "check": {"not": good}}}], "recover": [],
        "objectives": [{"id": "good", "weight": 100, "check": good}],
        "safeguards": [{"id": "stays-up", "severity": "recoverable", "penalty": 20, "span": "hold",
                        "check": {"exists": {"object": "configmap/c"}}}],
        "settle": 2000,
        "expect": {"verdict": "recovered", "trips": [], "because": "rollback does not look at the lock"},
    });
    serde_json::from_value(plan).expect("a plan")
}

fn config(state: &str, uid: &str) -> Option<Object> {
    Some(Arc::new(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"state": state},
        "metadata": {"name": "c", "namespace": "prod", "uid": uid, "resourceVersion": "9",
                     "creationTimestamp": "2026-01-02T03:04:05Z"},
    })))
}

/// A drill whose ConfigMap is deleted and comes back as `state` says, where it says something.
pub(super) fn drill(procedure: &str, role: &str, helm: &str, state: Option<&str>) -> Graded {
    let key = || Key::new("", "configmaps", "prod", "c");
    let recorder = Recorder::new(at(0));
    let say = |millis, event| recorder.record(at(millis), event);
    let began = |command, line: &str| Event::Began {
        command,
        line: line.to_owned(),
        origin: "s.yaml:12".to_owned(),
        namespace: None,
        by: By::People,
    };
    let ended = |command, exit, stderr: &str| Event::Ended {
        command,
        exit,
        stdout: String::new(),
        stderr: stderr.to_owned(),
    };
    let good = Snapshot::default().with(1, key(), config("good", "u1"));
    let bad = good.with(2, key(), config("bad", "u1"));
    say(0, Event::Phase { phase: Phase::Provision });
    say(100, Event::Phase { phase: Phase::Deploy });
    say(110, Event::Snapshot { label: Label::Baseline, snapshot: good });
    say(110, Event::Phase { phase: Phase::Inject });
    say(120, began(1, "helm upgrade r ./charts/c"));
    let verdict = "kill before".to_owned();
    say(130, Event::Fault { rule: "WRITE configmaps".to_owned(), call: 3, verdict });
    say(140, ended(1, Exit::Signal(9), ""));
    say(150, Event::Snapshot { label: Label::Broken, snapshot: bad.clone() });
    let evidence = "configmap/c has state: bad".to_owned();
    say(150, Event::Checked { check: "bad".to_owned(), held: true, evidence });
    say(160, Event::Phase { phase: Phase::Recover });
    let mut last = bad;
    if let Some(state) = state {
        say(160, began(2, "helm rollback r"));
        for (millis, verb, object) in [(200, Verb::Delete, None), (1_450, Verb::Create, config(state, "u2"))]
        {
            let call = CallRecord {
                id: 4,
                actor: Actor::Helm(helm.to_owned()),
                verb,
                path: "/api/v1/namespaces/prod/configmaps/c".to_owned(),
                query: String::new(),
                status: Some(200),
            };
            say(millis, Event::Call(call));
            last = last.with(last.version + 1, key(), object.clone());
            say(millis, Event::Object { key: key(), object });
        }
        say(1_500, ended(2, Exit::Code(1), "W: something\nError: timed out\n"));
    }
    say(1_500, Event::Phase { phase: Phase::Verify });
    say(3_500, Event::Snapshot { label: Label::Recovered, snapshot: last });
    let (plan, transcript) = (plan(procedure, role, helm), recorder.transcript());
    let scorecard = grade(&plan, &transcript);
    Graded { plan, cluster: "embedded".to_owned(), transcript, scorecard }
}

/// A procedure that works with one Helm and not with the other, and a control.
pub(super) fn drills() -> Vec<Graded> {
    vec![
        drill("rollback", "reference", "3.17.3", Some("good")),
        drill("do-nothing", "control", "3.17.3", None),
        drill("rollback", "reference", "4.3.1", Some("bad")),
    ]
}

#[test]
fn what_is_read_of_drills() {
    let drills = drills();
    let differences = States::of(&drills[0].transcript).differences();
    let run: Value =
        serde_json::to_value(document(7, &drills[..1], vec!["helm 5: no such version".to_owned()]))
            .expect("plain data");
    let told = format!(
        "{}\n{}\n=== what the fault did\n{}=== what the recovery did\n{}=== what is left\n{}\n{run:#}\n",
        story(&drills[0]),
        matrix(&drills, &["helm 5: no such version".to_owned()]),
        differences.broke,
        differences.repaired,
        differences.left,
    );
    insta::assert_snapshot!(anstream::adapter::strip_str(&told).to_string());
}

#[test]
fn what_is_told_while_a_drill_runs_is_what_is_told_of_it_afterwards() {
    let drill = &drills()[0];
    let mut teller = Teller::new(drill.transcript.began);
    let live: String = drill.transcript.entries.iter().filter_map(|entry| teller.tell(entry)).collect();
    assert_eq!(story(drill), heading(&drill.plan, &drill.cluster) + &live + &verdict(drill));
}

#[test]
fn a_state_shows_what_a_release_record_says_and_no_drawn_name() {
    let pod = |name: &str| {
        let uid = "0da0c38e-7b18-47d6-a495-4840e49df5f6";
        let meta = json!({"name": name, "generateName": "web-7c9-", "namespace": "prod", "uid": uid});
        let message = format!("back-off 10s restarting pod={name}_prod({uid})");
        let volumes = json!([{"name": format!("kube-api-access-{}", &name[8..])}]);
        let pod = json!({"kind": "Pod", "metadata": meta, "spec": {"volumes": volumes},
                         "status": {"podIP": "10.244.0.9", "message": message}});
        (Key::new("", "pods", "prod", name), Some(Arc::new(pod)))
    };
    let secret = json!({"kind": "Secret", "type": "helm.sh/release.v1", "data": {"release": "AAAA"},
                        "metadata": {"name": "sh.helm.release.v1.r.v1", "namespace": "prod"}});
    let key = Key::new("", "secrets", "prod", "sh.helm.release.v1.r.v1");
    let mut snapshot = Snapshot::default().with(1, key, Some(Arc::new(secret)));
    for (key, object) in [pod("web-7c9-x2kq4"), pod("web-7c9-b8vwz")] {
        snapshot = snapshot.with(2, key, object);
    }
    let shown: String =
        normalise(&snapshot).iter().map(|(title, text)| format!("# {title}\n{text}")).collect();
    insta::assert_snapshot!(shown);
}

#[test]
fn a_template_that_was_restarted_has_the_same_name_whenever_that_was() {
    let shown = |hash: &str, at: &str| {
        let template = json!({"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": at}}});
        let meta = json!({"name": format!("web-{hash}"), "namespace": "prod", "labels": {"pod-template-hash": hash}});
        let set = json!({"kind": "ReplicaSet", "metadata": meta, "spec": {"template": template}});
        let key = Key::new("apps", "replicasets", "prod", &format!("web-{hash}"));
        normalise(&Snapshot::default().with(1, key, Some(Arc::new(set))))
    };
    let (one, other) =
        (shown("5b77f5bf9", "2026-01-02T03:04:05Z"), shown("66f689c57b", "2026-01-03T03:04:05Z"));
    assert_eq!(one, other);
    assert_eq!(one.keys().collect::<Vec<_>>(), ["replicasets.apps prod/web-RESTARTED-1"]);
}
