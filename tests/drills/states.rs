//! What the fault does, what the reference procedure repairs, and what is left: the states of every variant as
//! differences fit for review.

use super::course;
use helmdrill::plan::{Role, variants};
use helmdrill::report::States;

#[test]
fn the_differences_of_every_reference_procedure() {
    for name in course::closely() {
        let scenario = course::scenario(name);
        for variant in variants(&scenario) {
            let told = course::helms(&scenario).into_iter().map(|helm| (helm, told(name, &variant, helm)));
            let text = match told.collect::<Vec<_>>().as_slice() {
                [(_, three), (_, four)] if three == four => format!("with every helm\n{three}"),
                each => {
                    let each = each.iter().map(|(helm, text)| format!("with helm {helm}\n{text}"));
                    each.collect::<Vec<_>>().join("\n")
                }
            };
            let title = if variant.is_empty() { name.to_owned() } else { format!("{name}_{variant}") };
            insta::assert_snapshot!(format!("states_{title}"), text);
        }
    }
}

fn told(name: &str, variant: &str, helm: &str) -> String {
    let drills = course::of(name);
    let reference = drills.iter().find(|drill| {
        let plan = &drill.plan;
        plan.role == Role::Reference && plan.variant == variant && plan.helm == helm
    });
    let reference = reference.unwrap_or_else(|| panic!("{name}/{variant} has no reference"));
    let differences = States::of(&reference.transcript).differences();
    format!(
        "=== what the fault did\n{}=== what {} did\n{}=== what is not as it was\n{}",
        differences.broke, reference.plan.procedure, differences.repaired, differences.left
    )
}

#[test]
fn a_state_names_nothing_that_was_drawn_or_measured() {
    let wrong = regex::Regex::new(
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}|\d\d:\d\d:\d\d|resourceVersion|\b10\.\d+\.\d+\.\d+\b",
    )
    .expect("a pattern");
    for drill in course::all() {
        for label in super::again::LABELS {
            let state = drill.transcript.snapshot(label).map(helmdrill::report::normalise);
            for (title, text) in state.expect("every drill comes to its end") {
                // The cluster's name server, which has the same address in every cluster, stands in what a pull says.
                let seen = wrong.find_iter(&text).map(|found| found.as_str()).find(|at| *at != "10.96.0.10");
                assert_eq!(seen, None, "{} {} {title}\n{text}", drill.scenario(), drill.plan.procedure);
            }
        }
    }
}
