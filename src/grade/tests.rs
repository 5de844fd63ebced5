//! Grades of hand-made drills: what is lost, by what evidence, and what is not.

use super::handmade::{at, check, drill, plan};
use super::*;
use crate::call::{Actor, Verb};
use crate::plan::Expectation;
use crate::transcript::{Aside, CallRecord, Entry, Recorder};
use proptest::prelude::*;
use serde_json::json;

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

#[test]
fn a_hold_that_the_fault_broke_counts_from_the_moment_at_which_it_held_again() {
    let mut plan = plan();
    plan.safeguards[0].check = check(json!({"config-map": {"name": "c", "data": {"state": "good"}}}));
    let repaired = grade(&plan, &drill(true, &[(100, Some("good"))], &[]));
    assert_eq!((repaired.verdict, repaired.longest_outage_seconds), (Verdict::Recovered, 0.098));
    let again = drill(true, &[(100, Some("good")), (200, Some("worse")), (600, Some("good"))], &[]);
    let again = grade(&plan, &again);
    assert_eq!((again.verdict, again.longest_outage_seconds), (Verdict::Degraded, 0.4));
}

#[test]
fn a_hold_that_is_broken_to_the_end_is_out_until_the_end() {
    let card = grade(&plan(), &drill(true, &[(100, Some("good"))], &[(1_200, None), (1_900, None)]));
    assert_eq!((card.verdict, card.longest_outage_seconds), (Verdict::Failed, 0.8));
    assert_eq!(
        card.losses.iter().map(|loss| loss.id.as_str()).collect::<Vec<_>>(),
        ["good", "stays-up"],
        "objectives come first"
    );
}

#[test]
fn what_comes_first_must_be_whole_before_what_waits_is_changed() {
    let mut plan = plan();
    plan.safeguards[0].check = check(json!({"config-map": {"name": "c", "data": {"state": "good"}}}));
    plan.safeguards[0].span = Span::Before(vec!["staging".to_owned()]);
    let touching = |millis: i64, verb, path: &str, query: &str, status| {
        let mut transcript = drill(true, &[(100, Some("bad")), (500, Some("good"))], &[]);
        let (actor, path, query) = (Actor::Helm("4.3.1".to_owned()), path.to_owned(), query.to_owned());
        let event = Event::Call(CallRecord { id: 9, actor, verb, path, query, status: Some(status) });
        let place = transcript.entries.iter().position(|entry| entry.at > at(millis)).expect("later entries");
        transcript.entries.insert(place, crate::transcript::Entry { at: at(millis), event });
        grade(&plan, &transcript)
    };
    let web = "/apis/apps/v1/namespaces/staging/deployments/web";
    let early = touching(300, Verb::Patch, web, "", 200);
    insta::assert_snapshot!(told(&early), @r#"
    Degraded B 80 outage 0
    stays-up -20: staging was changed too early: state of configmap/c is "bad", expected "good"; after PATCH /apis/apps/v1/namespaces/staging/deployments/web by helm 4.3.1; in command 1 `helm rollback r` (s.yaml:9)
    "#);
    let kept = [
        touching(700, Verb::Patch, web, "", 200),
        touching(300, Verb::Get, web, "", 200),
        touching(300, Verb::Patch, web, "fieldManager=x&dryRun=All", 200),
        touching(300, Verb::Patch, web, "", 409),
        touching(300, Verb::Patch, "/apis/apps/v1/namespaces/dev/deployments/web", "", 200),
    ];
    assert!(kept.iter().all(|card| card.verdict == Verdict::Recovered), "{kept:?}");
    let deleted = touching(300, Verb::Delete, "/api/v1/namespaces/staging", "", 200);
    assert_eq!(deleted.verdict, Verdict::Degraded, "deleting it is a change too");
}

#[test]
fn an_assert_looks_at_the_end_alone() {
    let mut plan = plan();
    plan.safeguards[0].span = Span::Assert;
    let outage = drill(true, &[(100, None), (350, Some("good"))], &[]);
    assert_eq!(grade(&plan, &outage).verdict, Verdict::Recovered);
    let gone = grade(&plan, &drill(true, &[(100, Some("good"))], &[(1_500, None)]));
    assert_eq!(gone.losses.len(), 2, "{gone:?}");
    assert_eq!(gone.longest_outage_seconds, 0.0, "nobody held it");
}

#[test]
fn an_injection_that_ended_otherwise_than_planned_makes_a_drill_inconclusive() {
    let mut transcript = drill(true, &[(100, Some("good"))], &[]);
    let (check, evidence) = (INJECTION.to_owned(), "`helm` was to end otherwise".to_owned());
    let event = Event::Checked { check, held: false, evidence };
    transcript.entries.insert(1, crate::transcript::Entry { at: at(2), event });
    let card = grade(&plan(), &transcript);
    assert_eq!((card.verdict, card.losses[0].id.as_str()), (Verdict::Inconclusive, "injection"));
}

#[test]
fn help_costs_points_and_what_was_taken_back_has_not_happened() {
    let mut helped = drill(true, &[(20, Some("good"))], &[]);
    let lost = drill(true, &[(15, None)], &[]);
    let mut undone: Vec<Entry> = lost.entries[4..].to_vec();
    let second = Aside::Hint { number: 2, text: "look again".to_owned() };
    undone.push(Entry { at: at(12), event: Event::Aside(second) });
    let place = helped.entries.iter().position(|entry| matches!(entry.event, Event::Began { .. }));
    let asides = [
        Aside::Note { text: "so it is".to_owned() },
        Aside::Hint { number: 1, text: "look at the ConfigMap".to_owned() },
        Aside::Rewound { commands: 1, undone },
    ];
    for aside in asides {
        helped.entries.insert(place.expect("it begins"), Entry { at: at(10), event: Event::Aside(aside) });
    }
    let written = serde_json::to_string(&helped).expect("plain data");
    let read: Transcript = serde_json::from_str(&written).expect("a transcript");
    let card = grade(&plan(), &read);
    insta::assert_snapshot!(told(&card), @r"
    Recovered B 80 outage 0
    hint -5: hint 2 was taken: look again
    rewind -10: 1 taken back: `helm rollback r`
    hint -5: hint 1 was taken: look at the ConfigMap
    ");
    assert_eq!((card.commands, card.calls), (1, 1), "what was taken back counts nowhere");
}

#[test]
fn a_letter_is_a_band_of_ten_points() {
    let bands =
        [(0, 'A'), (10, 'A'), (11, 'B'), (20, 'B'), (21, 'C'), (30, 'C'), (31, 'D'), (40, 'D'), (41, 'F')];
    for (penalty, letter) in bands {
        let mut plan = plan();
        plan.safeguards[0].penalty = penalty;
        let card = grade(&plan, &drill(true, &[(100, None), (350, Some("good"))], &[]));
        assert_eq!((card.score, card.letter), (100 - penalty, letter));
    }
}

/// What happens in a recovery: at which millisecond the ConfigMap takes which state.
fn happening() -> impl Strategy<Value = Vec<(i64, Option<&'static str>)>> {
    let state = prop_oneof![Just(None), Just(Some("bad")), Just(Some("good"))];
    proptest::collection::btree_map(11_i64..900, state, 0..8).prop_map(|states| states.into_iter().collect())
}

proptest! {
    /// To lose the object once more, or to spoil it once more, never pays.
    #[test]
    fn a_worse_event_never_raises_the_score(
        before in happening(),
        worse in prop_oneof![Just(None), Just(Some("bad"))],
        when in any::<prop::sample::Index>(),
        late in any::<bool>(),
    ) {
        let score = |recovery: &[_], verify: &[_]| grade(&plan(), &drill(true, recovery, verify)).score;
        let better = score(&before, &[]);
        let worsened = if late {
            score(&before, &[(1_500, worse)])
        } else {
            let mut states = before.clone();
            let place = when.index(states.len() + 1);
            let millis = states.get(place).map_or(900, |(millis, _)| *millis);
            states.insert(place, (millis, worse));
            score(&states, &[])
        };
        prop_assert!(worsened <= better, "{worsened} > {better}");
    }

    /// A verdict says no more and no less than the losses.
    #[test]
    fn full_marks_are_a_recovery_without_loss(recovery in happening(), verify in happening()) {
        let verify: Vec<_> = verify.into_iter().map(|(millis, state)| (millis + 1_000, state)).collect();
        let card = grade(&plan(), &drill(true, &recovery, &verify));
        let lost: u32 = card.losses.iter().map(|loss| loss.points).sum();
        prop_assert_eq!(card.score, 100_u32.saturating_sub(lost));
        prop_assert_eq!(card.verdict == Verdict::Recovered, card.losses.is_empty());
        prop_assert_eq!(card.losses.is_empty(), card.score == 100);
        prop_assert_eq!(card.longest_outage_seconds > 0.0, recovery.iter().chain(&verify).any(|(_, s)| s.is_none()));
    }
}
