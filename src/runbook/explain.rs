//! What would be run of a runbook, where it comes from, and what is passed over and why. For people; nothing is run.

use super::lower::{Fate, Prepared};
use super::model::{Alternative, Runbook, Section};

/// The line about the whole runbook: what there is, and what of it is no command.
pub fn overview(runbook: &Runbook) -> String {
    let ways: usize = runbook.sections.iter().map(|section| section.alternatives.len()).sum();
    let mut out = format!(
        "{}: {} with commands, {}\n",
        runbook.file,
        counted(runbook.sections.len(), "section"),
        counted(ways, "way")
    );
    let mut passed: Vec<String> = runbook
        .ignored
        .iter()
        .map(|(language, count)| counted(*count, &format!("block ({language})")))
        .collect();
    if runbook.output_lines > 0 {
        passed.push(counted(runbook.output_lines, "line of output"));
    }
    if !passed.is_empty() {
        out += &format!("not read as commands: {}\n", passed.join(", "));
    }
    out
}

/// One way through a section as it would be run.
pub fn explained(section: &Section, way: &Alternative, answers: &str, prepared: &Prepared) -> String {
    let mut out = format!("\n{} (line {})\n", section.title, section.place.line);
    if !way.name.is_empty() {
        out += &format!("  way      {}\n", way.name);
    }
    out += &format!("  answers  {answers}\n");
    for step in &prepared.steps {
        let (word, why) = match &step.fate {
            Fate::Run => ("run", None),
            Fate::Skipped(why) => ("skip", Some(why)),
            Fate::Refused(why) => ("refuse", Some(why)),
            Fate::Unbound(why) => ("unbound", Some(why)),
            Fate::Unreadable(why) => ("broken", Some(why)),
        };
        let line = if step.fate == Fate::Run { &step.line } else { &step.written };
        let indented = line.trim_end().replace('\n', "\n                 ");
        out += &format!("  {word:<8} {:>5}  {indented}\n", step.place.line);
        if let Some(why) = why {
            out += &format!("                 {why}\n");
        }
        for told in &step.told {
            out += &format!("                 {told}\n");
        }
    }
    out
}

/// `1 section`, `2 sections`.
pub fn counted(count: usize, what: &str) -> String {
    match (count, what.split_once(' ')) {
        (1, _) => format!("1 {what}"),
        (_, None) => format!("{count} {what}s"),
        (_, Some((first, rest))) => format!("{count} {first}s {rest}"),
    }
}
