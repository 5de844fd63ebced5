//! Comparisons of drills made by hand: what counts as a change, what is held against what, and how it is told.

use super::super::tests::{drill, drills};
use super::*;

fn sides(drills: &[Graded]) -> Vec<Side> {
    drills.iter().map(Side::of).collect()
}

#[test]
fn a_set_is_the_same_as_itself_however_long_it_took() {
    let mut later = drills();
    for drill in &mut later {
        drill.scorecard.seconds += 7.0;
        drill.scorecard.calls += 3;
    }
    let compared = compare(sides(&drills()), sides(&later));
    assert_eq!((compared.same, compared.compared), (true, 3));
    assert_eq!(comparison(&compared), "0 of 3 drills changed, 0 only before, 0 only now\n");
}

#[test]
fn what_changed_is_told_drill_by_drill() {
    let old = [
        drill("rollback", "reference", "3.17.3", Some("good")),
        drill("rollback", "reference", "4.3.1", Some("good")),
        drill("gone", "control", "4.3.1", None),
    ];
    let new = [
        drill("rollback", "reference", "3.17.3", Some("bad")),
        drill("rollback", "reference", "4.4.0", Some("good")),
        drill("new", "control", "4.3.1", None),
    ];
    insta::assert_snapshot!(comparison(&compare(sides(&old), sides(&new))));
}

#[test]
fn two_drills_alone_are_held_against_one_another_and_calls_are_counted() {
    let (one, other) =
        (drill("wait", "control", "3.17.3", None), drill("rollback", "reference", "4.3.1", Some("bad")));
    let compared = compare(vec![Side::of(&one)], vec![Side::of(&other)]);
    assert_eq!(compared.changed[0].calls_added, ["DELETE configmaps/c", "POST configmaps/c"]);
    let back = compare(vec![Side::of(&other)], vec![Side::of(&one)]);
    assert_eq!(back.changed[0].calls_gone, compared.changed[0].calls_added);
    let reported = Side { changes: None, ..Side::of(&other) };
    assert_eq!(compare(vec![Side::of(&one)], vec![reported]).changed[0].calls_added, [""; 0]);
}
