//! Drills made by hand, for the tests of grades: one Deployment and one ConfigMap tell the whole story.

use super::{Plan, Severity, Span, Symptom, Verdict};
use crate::call::{Actor, Verb};
use crate::check::Check;
use crate::clock::Moment;
use crate::plan::{Expectation, Named, Objective, Role, Safeguard};
use crate::seed::Seed;
use crate::snapshot::{Key, Snapshot};
use crate::transcript::{By, CallRecord, Event, Exit, Label, Phase, Recorder, Transcript};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn at(millis: i64) -> Moment {
    Moment::from_micros(millis * 1_000)
}

pub(super) fn check(text: Value) -> Check {
    serde_json::from_value(text).expect("a check")
}

/// The service is good when the ConfigMap says so; it is up while the ConfigMap is there.
pub(super) fn plan() -> Plan {
    let good = check(json!({"config-map": {"name": "c", "data": {"state": "good"}}}));
    let there = check(json!({"exists": {"object": "configmap/c"}}));
    let symptom = check(json!({"not": {"config-map": {"name": "c", "data": {"state": "good"}}}}));
    Plan {
        scenario: "s".to_owned(),
        title: "t".to_owned(),
        variant: String::new(),
        procedure: "p".to_owned(),
        role: Role::Reference,
        helm: "4.3.1".to_owned(),
        other_helm: None,
        database: false,
        seed: Seed(1),
        namespaces: vec!["prod".to_owned()],
        release: "r".to_owned(),
        files: Default::default(),
        behaviours: Vec::new(),
        reconciler: None,
        deploy: Vec::new(),
        steady_state: Vec::new(),
        inject: Vec::new(),
        symptoms: vec![Symptom::State(Named { id: "bad".to_owned(), check: symptom })],
        recover: Vec::new(),
        own_chart: None,
        responder: None,
        objectives: vec![Objective { id: "good".to_owned(), weight: 100, check: good }],
        safeguards: vec![Safeguard {
            id: "stays-up".to_owned(),
            severity: Severity::Recoverable,
            penalty: 20,
            span: Span::Hold,
            check: there,
        }],
        settle: 1_000,
        expect: Expectation {
            verdict: Verdict::Recovered,
            trips: Vec::new(),
            because: "it works".to_owned(),
        },
    }
}

fn key() -> Key {
    Key::new("", "configmaps", "prod", "c")
}

fn config(state: &str) -> Option<crate::snapshot::Object> {
    let meta = json!({"name": "c", "namespace": "prod", "uid": "1"});
    Some(Arc::new(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"state": state}}),
    ))
}

/// A drill whose ConfigMap takes these states at these milliseconds after the fault; `None` is deleted.
pub(super) fn drill(
    symptom: bool,
    recovery: &[(i64, Option<&str>)],
    verify: &[(i64, Option<&str>)],
) -> Transcript {
    let recorder = Recorder::new(at(0));
    let baseline = Snapshot::default().with(1, key(), config("good"));
    let broken = Snapshot::default().with(2, key(), config("bad"));
    recorder.record(at(1), Event::Snapshot { label: Label::Baseline, snapshot: baseline });
    recorder.record(at(2), Event::Snapshot { label: Label::Broken, snapshot: broken.clone() });
    let evidence = "as seen".to_owned();
    recorder.record(at(2), Event::Checked { check: "bad".to_owned(), held: symptom, evidence });
    recorder.record(at(10), Event::Phase { phase: Phase::Recover });
    let (line, origin) = ("helm rollback r".to_owned(), "s.yaml:9".to_owned());
    recorder.record(at(10), Event::Began { command: 1, line, origin, namespace: None, by: By::People });
    changes(&recorder, recovery);
    let (stdout, stderr) = (String::new(), String::new());
    recorder.record(at(1_000), Event::Ended { command: 1, exit: Exit::Code(0), stdout, stderr });
    recorder.record(at(1_000), Event::Phase { phase: Phase::Verify });
    changes(&recorder, verify);
    let last = recovery.iter().chain(verify).last().map_or(Some("bad"), |(_, state)| *state);
    let snapshot = broken.with(3, key(), last.and_then(config));
    recorder.record(at(2_000), Event::Snapshot { label: Label::Recovered, snapshot });
    recorder.transcript()
}

fn changes(recorder: &Recorder, states: &[(i64, Option<&str>)]) {
    for (millis, state) in states {
        let call = CallRecord {
            id: 1,
            actor: Actor::Helm("4.3.1".to_owned()),
            verb: if state.is_some() { Verb::Patch } else { Verb::Delete },
            path: "/api/v1/namespaces/prod/configmaps/c".to_owned(),
            query: String::new(),
            status: Some(200),
        };
        recorder.record(at(*millis), Event::Call(call));
        recorder.record(at(*millis), Event::Object { key: key(), object: state.and_then(config) });
    }
}
