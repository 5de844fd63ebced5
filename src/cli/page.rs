//! A scenario as a page in Markdown: what happened, what breaks inside Helm, which procedure works with which Helm, and
//! why. Everything on it is read from the scenario file.

use super::catalogue::VERSIONS;
use super::source::Source;
use crate::plan::{self, Drill, Role};
use crate::scenario::{Fault, Item, Placed, Procedure, Scenario, Side, beside};

/// The whole page.
pub(super) fn page(scenario: &Scenario) -> String {
    let metadata = &scenario.metadata;
    let mut out = format!("# {}\n\n", metadata.title);
    let mut helm = scenario.helm.as_ref().map_or(String::new(), |range| format!(" · Helm {range}"));
    if let Some(other) = &scenario.other_helm {
        helm += &format!(", and Helm {other} beside it as `{}`", beside(&other.text));
    }
    if scenario.database {
        helm += " · with a PostgreSQL for `HELM_DRIVER=sql`";
    }
    out += &format!(
        "`{}` · {} · difficulty {} of 5{helm}\n\n{}\n",
        metadata.name,
        metadata.family,
        metadata.difficulty,
        scenario.story.trim()
    );
    out += &variants(scenario);
    out += &timeline(scenario);
    out += &symptoms(scenario);
    out += &graded(scenario);
    out += &procedures(scenario);
    if !scenario.hints.is_empty() {
        out += "\n## Hints\n\n";
        out.extend(
            scenario.hints.iter().enumerate().map(|(at, hint)| format!("{}. {}\n", at + 1, line(hint))),
        );
    }
    if !scenario.debrief.is_empty() {
        out += &format!("\n## Debrief\n\n{}\n", scenario.debrief.trim());
    }
    if !metadata.references.is_empty() {
        out += "\n## References\n\n";
        out.extend(metadata.references.iter().map(|reference| format!("- {}\n", link(reference))));
    }
    out
}

/// The list of all pages.
pub(super) fn contents(sources: &[Source], any_chart: &[Source]) -> String {
    let mut out =
        "# Scenarios\n\nWritten by `helmdrill show --into docs/scenarios` from the scenario files.\n\n"
            .to_owned();
    out += &table(sources);
    if !any_chart.is_empty() {
        out += "\nThese are run on a chart of your own, with `helmdrill run --chart` ([your-chart.md](../your-chart.md)):\n\n";
        out += &table(any_chart);
    }
    out
}

fn table(sources: &[Source]) -> String {
    let mut out =
        "| scenario | what happened | family | difficulty |\n| --- | --- | --- | --- |\n".to_owned();
    for Source { scenario, .. } in sources {
        let metadata = &scenario.metadata;
        let (name, family, title) = (&metadata.name, &metadata.family, cell(&metadata.title));
        out += &format!("| [{name}]({name}.md) | {title} | {family} | {} |\n", metadata.difficulty);
    }
    out
}

fn variants(scenario: &Scenario) -> String {
    if scenario.variants.is_empty() {
        return String::new();
    }
    let mut out = "\n## Variants\n\n".to_owned();
    for variant in &scenario.variants {
        out += &format!("- `{}`: {}\n", variant.name, line(&variant.about));
    }
    out
}

/// What was typed, and what was done to it.
fn timeline(scenario: &Scenario) -> String {
    let mut out = "\n## What breaks it\n\n".to_owned();
    for item in &scenario.timeline {
        let Item::Run(command) = item else {
            out += "\nHere everything is well. Then:\n\n";
            continue;
        };
        let place = command.environment.as_ref().map_or(String::new(), |name| format!(" in {name}"));
        let fault = command.fault.as_ref().map_or(String::new(), |fault| format!(" ({})", done(fault)));
        out += &format!("- {}{place}{fault}{}\n", code(&command.run.text), within(&command.only));
    }
    out
}

/// What is done to a call, in words.
fn done(fault: &Fault) -> String {
    let call = code(fault.call());
    match fault {
        Fault::Kill(Side::Before(_)) => format!("killed before {call}"),
        Fault::Kill(Side::After(_)) => format!("killed after {call}"),
        Fault::Sever(_) => format!("{call} is lost on the way"),
        Fault::LoseReply(_) => format!("the answer to {call} is lost"),
        Fault::CutWatch(_) => format!("{call} is cut off"),
        Fault::Delay(delay) => format!("{call} takes {} ms", delay.milliseconds),
        Fault::Reject(reject) => format!("{call} is refused with {}", reject.code),
    }
}

fn symptoms(scenario: &Scenario) -> String {
    let mut out = "\n## What is seen then\n\n".to_owned();
    for symptom in &scenario.symptoms {
        let told = match (&symptom.check, &symptom.run) {
            (Some(check), _) => code(&json(check)),
            (None, Some(run)) => {
                let said = symptom.fails_with.as_deref().unwrap_or_default();
                format!("{} fails: {}", code(&run.text), code(said))
            }
            (None, None) => continue,
        };
        out += &format!("- {told}{}\n", within(&symptom.only));
    }
    out
}

fn graded(scenario: &Scenario) -> String {
    let mut out = "\n## What counts as recovered\n\n".to_owned();
    for objective in &scenario.objectives {
        let (id, weight, check) = (&objective.id, objective.weight, code(&json(&objective.check)));
        out += &format!("- {id} ({weight} points): {check}{}\n", within(&objective.only));
    }
    for safeguard in &scenario.safeguards {
        let asked = match (&safeguard.hold, &safeguard.assert, &safeguard.order) {
            (Some(check), _, _) => format!("all the time {}", code(&json(check))),
            (None, Some(check), _) => format!("at the end {}", code(&json(check))),
            (None, None, Some(order)) => {
                let then: Vec<&str> = order.then.iter().map(|name| name.text.as_str()).collect();
                format!("before anything in {} is changed {}", then.join(" or "), code(&json(&order.first)))
            }
            (None, None, None) => continue,
        };
        let severity = format!("{:?}", safeguard.severity).to_lowercase();
        out += &format!("- {} ({severity} if it breaks): {asked}{}\n", safeguard.id, within(&safeguard.only));
    }
    out
}

/// What is typed, and what it comes to in which variant with which Helm.
fn procedures(scenario: &Scenario) -> String {
    let mut out = "\n## What works and what does not\n\n".to_owned();
    let [three, four] = VERSIONS.map(|version| plan::drills(scenario, version));
    for variant in plan::variants(scenario) {
        if !variant.is_empty() {
            out += &format!("### {variant}\n\n");
        }
        out += "| procedure | Helm 3 | Helm 4 | why |\n| --- | --- | --- | --- |\n";
        for (one, other) in three.iter().zip(&four).filter(|(one, _)| one.variant == variant) {
            out += &row(one, other);
        }
        out += "\n";
    }
    out += "`*` is the procedure that this scenario teaches, `-` a control that must lose.\n\n";
    for procedure in scenario.procedures.iter().chain(&scenario.controls) {
        out += &steps(procedure);
    }
    out
}

fn row(three: &Drill, four: &Drill) -> String {
    let mark = match three.role {
        Role::Reference => "\\* ",
        Role::Control => "- ",
        Role::Alternative => "",
    };
    let came = |drill: &Drill| match drill.expect.trips.as_slice() {
        [] => drill.expect.verdict.word().to_owned(),
        trips => format!("{}: {}", drill.expect.verdict.word(), trips.join(", ")),
    };
    let why = match three.expect.because == four.expect.because {
        true => cell(&three.expect.because),
        false => format!("{}; with Helm 4 {}", cell(&three.expect.because), cell(&four.expect.because)),
    };
    format!("| {mark}{} | {} | {} | {why} |\n", three.procedure, came(three), came(four))
}

fn steps(procedure: &Procedure) -> String {
    let commands: Vec<_> = procedure.steps.iter().filter_map(Item::command).collect();
    if commands.is_empty() {
        return format!("**{}**: nothing is done.\n\n", procedure.name);
    }
    let mut out = format!("**{}**\n\n```console\n", procedure.name);
    for command in commands {
        let place = command.environment.as_ref().map_or(String::new(), |name| format!("# in {name}\n"));
        out += &format!("{place}$ {}\n", command.run.text.trim());
    }
    out + "```\n\n"
}

/// ` (late, early)`: the variants to which something applies, where those are not all.
fn within(only: &[Placed]) -> String {
    let names: Vec<&str> = only.iter().map(|name| name.text.as_str()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(" — {}", names.join(", ")),
    }
}

fn json(check: &impl serde::Serialize) -> String {
    serde_json::to_string(check).expect("a check is plain data")
}

/// A text as code on one line, whatever is in it.
fn code(text: &str) -> String {
    let text = line(text);
    match text.contains('`') {
        true => format!("`` {text} ``"),
        false => format!("`{text}`"),
    }
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text inside a table.
fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

/// `helm/helm#7476` as a link.
fn link(reference: &str) -> String {
    match reference.split_once('#') {
        Some((repository, number)) if !reference.contains("://") && repository.contains('/') => {
            format!("[{reference}](https://github.com/{repository}/issues/{number})")
        }
        Some(_) | None => format!("<{reference}>"),
    }
}
