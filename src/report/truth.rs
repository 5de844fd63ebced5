//! The truth table of a run: failure by procedure by Helm version, as Markdown.

use super::Graded;
use crate::plan::Role;
use std::collections::BTreeSet;

/// What stands above the rows.
const HEAD: &str = "\
# What recovers and what does not

Every procedure and control of every scenario, as it came out with the real Helm on the embedded Kubernetes: the verdict
and the score. `*` is the procedure that a scenario teaches, `-` a control that must lose. Written by

```console
$ helmdrill run --helm 3.17.3,4.2.3,4.3.1 --format truth-table --output docs/truth-table.md
```

";

/// The table of these drills, in their order.
pub fn truth_table(drills: &[Graded]) -> String {
    let versions: BTreeSet<&str> = drills.iter().map(|drill| drill.plan.helm.as_str()).collect();
    let mut out = HEAD.to_owned();
    out += &format!(
        "| failure | procedure |{}\n",
        cells(versions.iter().map(|version| format!("Helm {version}")))
    );
    out += &format!("| --- | --- |{}\n", cells(versions.iter().map(|_| "---".to_owned())));
    let mut seen = BTreeSet::new();
    for drill in drills {
        let (failure, procedure) = (drill.scenario(), drill.plan.procedure.as_str());
        if !seen.insert((failure.clone(), procedure)) {
            continue;
        }
        let came = versions.iter().map(|version| {
            let same = |other: &&Graded| {
                other.scenario() == failure
                    && other.plan.procedure == procedure
                    && other.plan.helm == *version
            };
            drills.iter().find(same).map_or("–".to_owned(), |drill| {
                format!("{} {}", drill.scorecard.verdict.word(), drill.scorecard.score)
            })
        });
        let mark = match drill.plan.role {
            Role::Reference => "\\* ",
            Role::Control => "- ",
            Role::Alternative => "",
        };
        let page = format!("[{failure}](scenarios/{}.md)", drill.plan.scenario);
        out += &format!("| {page} | {mark}{procedure} |{}\n", cells(came));
    }
    out
}

fn cells(texts: impl Iterator<Item = String>) -> String {
    texts.map(|text| format!(" {text} |")).collect()
}
