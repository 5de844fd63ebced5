//! The truth table of a run: failure by procedure by Helm version, as Markdown, one table a failure.

use super::Graded;
use crate::plan::{Plan, Role};
use std::collections::BTreeSet;
use std::fmt::Write;

/// What stands above the tables.
const HEAD: &str = "\
# What recovers and what does not

Every procedure and control of every scenario, as it came out with the real Helm on the embedded Kubernetes: the verdict
and the score. `*` is the procedure that a scenario teaches, `-` a control that must lose. A scenario that has variants
has a table for each of them; `–` stands where a version of Helm knows no such thing. Written by

```console
$ helmdrill run --helm 3.17.3,4.2.3,4.3.1 --format truth-table --output docs/truth-table.md
```
";

/// The tables of these drills, in their order.
pub fn truth_table(drills: &[Graded]) -> String {
    let versions: BTreeSet<&str> = drills.iter().map(|drill| drill.plan.helm.as_str()).collect();
    let mut out = HEAD.to_owned();
    let mut told = "";
    for drills in drills.chunk_by(|one, next| failure(&one.plan) == failure(&next.plan)) {
        let Some(Graded { plan, .. }) = drills.first() else { continue };
        if plan.scenario != told {
            write!(out, "\n## {}\n\n[{name}](scenarios/{name}.md)\n", plan.title, name = plan.scenario)
                .expect("text");
            told = &plan.scenario;
        }
        if !plan.variant.is_empty() {
            write!(out, "\n### {}\n", failure_name(plan)).expect("text");
        }
        out.push('\n');
        table(&mut out, &versions, drills);
    }
    out
}

/// Which failure a drill is about.
fn failure(plan: &Plan) -> (&str, &str) {
    (&plan.scenario, &plan.variant)
}

fn failure_name(plan: &Plan) -> String {
    format!("{}/{}", plan.scenario, plan.variant)
}

/// The table of one failure.
fn table(out: &mut String, versions: &BTreeSet<&str>, drills: &[Graded]) {
    let head: String = versions.iter().map(|version| format!(" Helm {version} |")).collect();
    let rule: String = versions.iter().map(|_| " --- |").collect();
    write!(out, "| | procedure |{head}\n| --- | --- |{rule}\n").expect("text");
    let mut seen = BTreeSet::new();
    for Graded { plan, .. } in drills {
        if !seen.insert(&plan.procedure) {
            continue;
        }
        let came: String =
            versions.iter().map(|version| format!(" {} |", cell(drills, &plan.procedure, version))).collect();
        writeln!(out, "| {} | {} |{came}", mark(plan.role), plan.procedure).expect("text");
    }
}

/// What a procedure came to with a version of Helm.
fn cell(drills: &[Graded], procedure: &str, version: &str) -> String {
    let this = drills.iter().find(|drill| drill.plan.procedure == procedure && drill.plan.helm == version);
    this.map_or("–".to_owned(), |Graded { scorecard, .. }| {
        format!("{} {}", scorecard.verdict.word(), scorecard.score)
    })
}

fn mark(role: Role) -> &'static str {
    match role {
        Role::Reference => "\\*",
        Role::Control => "-",
        Role::Alternative => "",
    }
}
