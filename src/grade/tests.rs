//! Grades of hand-made drills: one Deployment and one ConfigMap tell the whole story.

use super::*;
use crate::call::{Actor, Verb};
use crate::check::Check;
use crate::clock::Moment;
use crate::plan::{Expectation, Named, Objective, Role, Safeguard};
use crate::seed::Seed;
use crate::snapshot::Key;
use crate::transcript::{CallRecord, Exit, Recorder};
use serde_json::{Value, json};
use std::sync::Arc;

fn at(millis: i64) -> Moment {
    Moment::from_micros(millis * 1_000)
}

fn check(text: Value) -> Check {
    serde_json::from_value(text).expect("a check")
}

/// The service is good when the ConfigMap says so; it is up while the ConfigMap is there.
fn plan() -> Plan {
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
        seed: Seed(1),
        namespaces: vec!["prod".to_owned()],
        release: "r".to_owned(),
        files: Default::default(),
        behaviours: Vec::new(),
        deploy: Vec::new(),
        steady_state: Vec::new(),
        inject: Vec::new(),
        symptoms: vec![Symptom::State(Named { id: "bad".to_owned(), check: symptom })],
        recover: Vec::new(),
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
fn drill(symptom: bool, recovery: &[(i64, Option<&str>)], verify: &[(i64, Option<&str>)]) -> Transcript {
    let recorder = Recorder::new(at(0));
    let baseline = Snapshot::default().with(1, key(), config("good"));
    let broken = Snapshot::default().with(2, key(), config("bad"));
    recorder.record(at(1), Event::Snapshot { label: Label::Baseline, snapshot: baseline });
    recorder.record(at(2), Event::Snapshot { label: Label::Broken, snapshot: broken });
    let evidence = "as seen".to_owned();
    recorder.record(at(2), Event::Checked { check: "bad".to_owned(), held: symptom, evidence });
    recorder.record(at(10), Event::Phase { phase: Phase::Recover });
    let (line, origin) = ("helm rollback r".to_owned(), "s.yaml:9".to_owned());
    recorder.record(at(10), Event::Began { command: 1, line, origin });
    changes(&recorder, recovery);
    let (stdout, stderr) = (String::new(), String::new());
    recorder.record(at(1_000), Event::Ended { command: 1, exit: Exit::Code(0), stdout, stderr });
    recorder.record(at(1_000), Event::Phase { phase: Phase::Verify });
    changes(&recorder, verify);
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

fn told(card: &Scorecard) -> String {
    let lost: Vec<String> =
        card.losses.iter().map(|loss| format!("{} -{}: {}", loss.id, loss.points, loss.evidence)).collect();
    format!(
        "{:?} {} {} outage {}\n{}",
        card.verdict,
        card.letter,
        card.score,
        card.longest_outage_seconds,
        lost.join("\n")
    )
}

#[test]
fn a_recovery_that_lasts_gets_full_marks() {
    let card = grade(&plan(), &drill(true, &[(100, Some("good"))], &[]));
    assert_eq!((card.verdict, card.score, card.letter), (Verdict::Recovered, 100, 'A'));
    assert!(card.as_expected);
    assert_eq!((card.seconds, card.commands, card.calls), (0.99, 1, 1));
}

#[test]
fn an_outage_on_the_way_degrades_and_names_command_and_call() {
    let card = grade(&plan(), &drill(true, &[(100, None), (350, Some("good"))], &[]));
    insta::assert_snapshot!(told(&card), @r"
    Degraded B 80 outage 0.25
    stays-up -20: configmap/c does not exist; after DELETE /api/v1/namespaces/prod/configmaps/c by helm 4.3.1; in command 1 `helm rollback r` (s.yaml:9)
    ");
}

#[test]
fn a_recovery_that_does_not_last_is_no_recovery() {
    let card = grade(&plan(), &drill(true, &[(100, Some("good"))], &[(1_500, Some("bad"))]));
    assert_eq!(card.verdict, Verdict::Failed);
    assert_eq!(card.losses.iter().map(|loss| loss.id.as_str()).collect::<Vec<_>>(), ["good"]);
}

#[test]
fn doing_nothing_fails_and_loses_the_objective() {
    let card = grade(&plan(), &drill(true, &[], &[]));
    assert_eq!((card.verdict, card.score), (Verdict::Failed, 0));
    assert!(!card.as_expected);
}

#[test]
fn a_catastrophic_safeguard_takes_everything() {
    let mut plan = plan();
    plan.safeguards[0].severity = Severity::Catastrophic;
    let card = grade(&plan, &drill(true, &[(100, None), (350, Some("good"))], &[]));
    assert_eq!((card.verdict, card.score), (Verdict::Catastrophic, 0));
}

#[test]
fn without_its_symptom_a_drill_says_nothing() {
    let card = grade(&plan(), &drill(false, &[(100, Some("good"))], &[]));
    assert_eq!((card.verdict, card.score), (Verdict::Inconclusive, 0));
    assert_eq!(card.losses[0].evidence, "as seen");
}

#[test]
fn a_transcript_that_ends_early_is_inconclusive() {
    let card = grade(&plan(), &Recorder::new(at(0)).transcript());
    assert_eq!(card.verdict, Verdict::Inconclusive);
}

#[test]
fn what_was_to_be_lost_must_be_lost() {
    let mut plan = plan();
    plan.expect =
        Expectation { verdict: Verdict::Failed, trips: vec!["stays-up".to_owned()], because: String::new() };
    assert!(!grade(&plan, &drill(true, &[], &[])).as_expected, "it failed, but by another gate");
    assert!(grade(&plan, &drill(true, &[(100, None)], &[])).as_expected);
}
