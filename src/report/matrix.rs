//! The table of a whole run: every procedure of every scenario, a column for each Helm version, expected against
//! seen. Styled with ANSI; the printer strips it where there is no terminal.

use super::Graded;
use crate::plan::{Role, Verdict};
use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use std::collections::BTreeSet;

/// The table, the drills that came out otherwise than expected with their evidence, and one line of totals.
pub fn matrix(drills: &[Graded], not_exercised: &[String]) -> String {
    let mut out = String::new();
    let mut scenarios: Vec<String> = Vec::new();
    for drill in drills {
        if !scenarios.contains(&drill.scenario()) {
            scenarios.push(drill.scenario());
        }
    }
    for scenario in &scenarios {
        let of_it: Vec<&Graded> = drills.iter().filter(|drill| &drill.scenario() == scenario).collect();
        let Some(first) = of_it.first() else { continue };
        out += &format!("\n{}{scenario}{}  {}\n", BOLD.render(), BOLD.render_reset(), first.plan.title);
        out += &table(&of_it);
    }
    out += &surprises(drills);
    out += &totals(drills);
    for missing in not_exercised {
        out += &format!("not exercised: {missing}\n");
    }
    out
}

const BOLD: Style = Style::new().bold();

fn table(drills: &[&Graded]) -> String {
    let versions: BTreeSet<&str> = drills.iter().map(|drill| drill.plan.helm.as_str()).collect();
    let mut procedures: Vec<&str> = Vec::new();
    for drill in drills {
        if !procedures.contains(&drill.plan.procedure.as_str()) {
            procedures.push(&drill.plan.procedure);
        }
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let mut head = vec!["  procedure".to_owned()];
    head.extend(versions.iter().map(|version| format!("helm {version}")));
    table.set_header(head);
    for procedure in procedures {
        let of_it = |version: &str| {
            drills.iter().find(|drill| drill.plan.procedure == procedure && drill.plan.helm == version)
        };
        let mark = match drills
            .iter()
            .find(|drill| drill.plan.procedure == procedure)
            .map(|drill| drill.plan.role)
        {
            Some(Role::Reference) => "* ",
            Some(Role::Control) => "- ",
            Some(Role::Alternative) | None => "  ",
        };
        let mut row = vec![format!("{mark}{procedure}")];
        row.extend(
            versions.iter().map(|version| of_it(version).map_or_else(|| "–".to_owned(), |drill| cell(drill))),
        );
        table.add_row(row);
    }
    let text = table.to_string();
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// `recovered 100`, and what was expected where that is something else.
fn cell(drill: &Graded) -> String {
    let seen = drill.scorecard.verdict.word();
    let style = style(drill.scorecard.verdict);
    let told = format!("{}{seen}{} {:>3}", style.render(), style.render_reset(), drill.scorecard.score);
    match drill.scorecard.as_expected {
        true => told,
        false if drill.scorecard.verdict == drill.plan.expect.verdict => format!("{told}  lost otherwise"),
        false => format!("{told}  expected {}", drill.plan.expect.verdict.word()),
    }
}

/// The colour of a verdict.
pub(super) fn style(verdict: Verdict) -> Style {
    let colour = match verdict {
        Verdict::Recovered => AnsiColor::Green,
        Verdict::Degraded => AnsiColor::Yellow,
        Verdict::Failed => AnsiColor::Red,
        Verdict::Catastrophic => AnsiColor::Magenta,
        Verdict::Inconclusive => AnsiColor::Cyan,
    };
    Style::new().fg_color(Some(colour.into()))
}

fn surprises(drills: &[Graded]) -> String {
    let mut out = String::new();
    for drill in drills.iter().filter(|drill| !drill.scorecard.as_expected) {
        let expect = &drill.plan.expect;
        let trips = if expect.trips.is_empty() {
            String::new()
        } else {
            format!(", losing {}", expect.trips.join(", "))
        };
        out += &format!(
            "\nnot as expected: {} {} with helm {}\n  expected {}{trips}: {}\n",
            drill.scenario(),
            drill.plan.procedure,
            drill.plan.helm,
            expect.verdict.word(),
            expect.because.trim(),
        );
        for line in super::record::evidence(drill) {
            out += &format!("  seen     {line}\n");
        }
        let lost = |id: &String| drill.scorecard.losses.iter().any(|loss| &loss.id == id);
        let told = drill.scorecard.verdict != Verdict::Inconclusive;
        for id in expect.trips.iter().filter(|id| told && !lost(id)) {
            out += &format!("  unseen   {id} was to be lost, and was not\n");
        }
        out += &format!("  again    {}\n", drill.reproduce());
    }
    out
}

fn totals(drills: &[Graded]) -> String {
    let good = drills.iter().filter(|drill| drill.scorecard.as_expected).count();
    let scenarios: BTreeSet<&str> = drills.iter().map(|drill| drill.plan.scenario.as_str()).collect();
    let versions: BTreeSet<&str> = drills.iter().map(|drill| drill.plan.helm.as_str()).collect();
    format!(
        "\n{good} of {} drills as expected; {} scenarios, helm {}   (* reference, - control)\n",
        drills.len(),
        scenarios.len(),
        versions.into_iter().collect::<Vec<_>>().join(" and "),
    )
}
