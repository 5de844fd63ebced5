//! The published truth table: what it says of the versions of Helm that are run here is what came out, and what it says
//! of others is what the scenarios expect.

use super::course;
use helmdrill::plan::{self, Choice, Way};
use helmdrill::report::truth_table;
use std::collections::BTreeMap;

/// Verdict and score by scenario, variant, procedure and version of Helm.
type Table<'a> = BTreeMap<(&'a str, &'a str, &'a str, &'a str), &'a str>;

/// Reads a truth table; rows of scenarios that are not run are left out.
fn read(text: &str) -> Table<'_> {
    let names = course::names();
    let (mut scenario, mut variant, mut versions) = ("", "", Vec::new());
    let mut table = Table::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        match cells.as_slice() {
            [link] if link.starts_with('[') => {
                (scenario, variant) = (link[1..].split(']').next().expect("a name"), "");
            }
            [title] if title.starts_with("### ") => variant = title.rsplit('/').next().expect("a name"),
            ["", "procedure", helms @ ..] => {
                versions = helms.iter().map(|helm| helm.trim_start_matches("Helm ")).collect();
            }
            [_, procedure, came @ ..] if *procedure != "---" => {
                for (version, came) in versions.iter().zip(came).filter(|_| names.contains(&scenario)) {
                    table.insert((scenario, variant, procedure, version), came);
                }
            }
            _ => {}
        }
    }
    table
}

/// The table that is published.
const PUBLISHED: &str = include_str!("../../docs/truth-table.md");

#[test]
fn the_published_truth_table_is_what_came_out() {
    let (mut published, came) = (read(PUBLISHED), truth_table(course::all()));
    published.retain(|(.., helm), _| course::HELMS.contains(helm));
    let came = read(&came);
    let wrong: Vec<String> = came
        .iter()
        .filter(|(place, cell)| published.get(*place) != Some(cell))
        .map(|(place, cell)| format!("{place:?}: {cell}, published {:?}", published.get(place)))
        .chain(
            published
                .keys()
                .filter(|place| !came.contains_key(*place))
                .map(|place| format!("{place:?}: gone")),
        )
        .collect();
    assert!(wrong.is_empty(), "docs/truth-table.md says how to write it anew:\n{}", wrong.join("\n"));
}

#[test]
fn what_the_truth_table_says_of_other_versions_is_what_the_scenarios_expect() {
    let published = read(PUBLISHED);
    let mut others = 0;
    for ((name, variant, procedure, helm), cell) in
        published.iter().filter(|((.., helm), cell)| !course::HELMS.contains(helm) && **cell != "–")
    {
        let scenario = course::scenario(name);
        let choice = Choice { variant: Some(variant), way: Way::Named(procedure), helm, seed: course::SEED };
        let plan = plan::lower(&scenario, &choice, plan::files(&scenario)).expect("it can be lowered");
        let verdict = cell.split(' ').next();
        assert_eq!(
            verdict,
            Some(plan.expect.verdict.word()),
            "{name}/{variant} {procedure} with helm {helm}"
        );
        others += 1;
    }
    assert!(others > 0, "the table tells of no other version");
}
