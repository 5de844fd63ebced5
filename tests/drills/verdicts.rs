//! What every drill comes to: all as expected, the table that people read, and one line a drill with its evidence.

use super::course;
use super::masks::masked;
use helmdrill::grade::Scorecard;
use helmdrill::plan::{Plan, Role, Verdict};
use helmdrill::report::{Graded, matrix};
use std::fmt::Write;

#[test]
fn every_drill_comes_out_as_its_scenario_expects() {
    let mut surprises = String::new();
    for drill in course::all().iter().filter(|drill| !drill.scorecard.as_expected) {
        let Graded { plan, scorecard, .. } = drill;
        writeln!(
            surprises,
            "{} {} with helm {}: expected {:?} {:?}, seen {scorecard:#?}",
            drill.scenario(),
            plan.procedure,
            plan.helm,
            plan.expect.verdict,
            plan.expect.trips
        )
        .expect("text");
    }
    assert!(surprises.is_empty(), "{surprises}");
}

#[test]
fn every_procedure_of_every_variant_was_run_with_both_versions_of_helm() {
    for name in course::names() {
        let scenario = course::scenario(name);
        for helm in course::helms(&scenario) {
            let ran = course::of(name).into_iter().filter(|drill| drill.plan.helm == helm);
            let ran = ran.map(|drill| (drill.plan.variant.as_str(), drill.plan.procedure.as_str()));
            let wanted = helmdrill::plan::drills(&scenario, helm);
            let wanted = wanted.iter().map(|drill| (drill.variant.as_str(), drill.procedure.as_str()));
            assert!(ran.eq(wanted), "{name} with helm {helm}");
        }
    }
}

#[test]
fn every_reference_gets_full_marks_and_no_control_does() {
    for Graded { plan: Plan { scenario, variant, procedure, role, .. }, scorecard, .. } in course::all() {
        let Scorecard { verdict, score, losses, .. } = scorecard;
        let full = (*verdict, *score, losses.len()) == (Verdict::Recovered, 100, 0);
        match role {
            Role::Reference => assert!(full, "{scenario}/{variant} {procedure}: {scorecard:?}"),
            Role::Control => assert!(*score < 100, "{scenario}/{variant} {procedure}: {scorecard:?}"),
            Role::Alternative => {}
        }
    }
}

#[test]
fn the_tables_of_the_scenarios() {
    for name in course::names() {
        let drills: Vec<Graded> = course::of(name).into_iter().cloned().collect();
        let table = anstream::adapter::strip_str(&matrix(&drills, &[])).to_string();
        insta::assert_snapshot!(format!("table_{name}"), table);
    }
}

#[test]
fn the_evidence_of_every_drill_that_is_looked_at_closely() {
    for name in course::closely() {
        let mut lines = String::new();
        for drill in course::of(name) {
            let Graded { plan, scorecard, .. } = drill;
            let Scorecard { verdict, score, losses, .. } = scorecard;
            writeln!(
                lines,
                "{} {} helm {}: {verdict:?} {score}",
                drill.scenario(),
                plan.procedure,
                plan.helm
            )
            .expect("text");
            for loss in losses {
                writeln!(lines, "    {} -{}: {}", loss.id, loss.points, masked(&loss.evidence))
                    .expect("text");
            }
        }
        insta::assert_snapshot!(format!("evidence_{name}"), lines);
    }
}
