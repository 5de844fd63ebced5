//! A validation for people: what each way came to with each version of Helm, what each statement did, and what is to be
//! said of the lines of the runbook, with the lines shown.

use super::record::{Concern, Exercise, SectionRecord, StepVerdict, Validation, WayRecord, Weight};
use crate::scenario::{Finding, Place, Severe, render_as};
use comfy_table::{ContentArrangement, Table, presets};
use std::collections::BTreeMap;

/// The whole report. `sources` are the texts of the runbooks by file.
pub fn text(validation: &Validation, sources: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    for section in &validation.sections {
        out += &heading(section);
        if section.scenario.is_some() {
            out += &table(section, &validation.helm);
            for way in &section.ways {
                out += &steps(way, section.ways.len() > 1);
            }
        }
    }
    let shown = validation.concerns.iter().filter(|concern| concern.weight > Weight::Note);
    for concern in shown {
        out += &format!("\n{}\n", rendered(concern, sources));
    }
    let notes: Vec<&Concern> =
        validation.concerns.iter().filter(|concern| concern.weight == Weight::Note).collect();
    if !notes.is_empty() {
        out += "\nnotes\n";
        for note in notes {
            out +=
                &format!("  {}:{}:{}: {}{}\n", note.file, note.line, note.column, note.message, with(note));
        }
    }
    out + &totals(validation)
}

fn heading(section: &SectionRecord) -> String {
    let scenario = section.scenario.as_deref().unwrap_or("not exercised");
    let scenario = folded(&format!("{scenario}: {}", section.because), "  ", "    ");
    format!("\n{} (line {})\n{scenario}", section.title, section.line)
}

fn table(section: &SectionRecord, helms: &[String]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let mut head = vec!["  way".to_owned()];
    head.extend(helms.iter().map(|helm| format!("helm {helm}")));
    table.set_header(head);
    for way in &section.ways {
        let name = if way.name.is_empty() { "the only one" } else { way.name.as_str() };
        let mut row = vec![format!("  {name}")];
        for helm in helms {
            let exercise = way.exercises.iter().find(|exercise| &exercise.helm == helm);
            row.push(exercise.map_or_else(String::new, came_to));
        }
        table.add_row(row);
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

/// `recovered 100`, `looked`.
pub(super) fn came_to(exercise: &Exercise) -> String {
    match exercise.verdict.as_str() {
        "recovered" | "degraded" | "failed" | "catastrophic" => {
            format!("{} {}", exercise.verdict, exercise.score)
        }
        other => other.replace('-', " "),
    }
}

/// The statements of a way; what both versions of Helm agree on is said once.
fn steps(way: &WayRecord, named: bool) -> String {
    let mut out = if named { format!("  {}\n", way.name) } else { String::new() };
    let Some(first) = way.exercises.first() else { return out };
    for (at, step) in first.steps.iter().enumerate() {
        let written = step.written.lines().next().unwrap_or_default();
        let more = if step.written.lines().count() > 1 { " …" } else { "" };
        out += &format!("    {:>4}  {written}{more}\n", step.line);
        let mut said: Vec<(String, Vec<&str>)> = Vec::new();
        for exercise in &way.exercises {
            let Some(step) = exercise.steps.get(at) else { continue };
            let told = match (step.verdict, step.told.as_str()) {
                (verdict, "") => verdict.word().to_owned(),
                (verdict, told) => format!("{}: {told}", verdict.word()),
            };
            match said.iter_mut().find(|(other, _)| *other == told) {
                Some((_, helms)) => helms.push(&exercise.helm),
                None => said.push((told, vec![&exercise.helm])),
            }
        }
        let differs = said.len() > 1;
        for (told, helms) in said {
            let helm = if differs { format!("helm {}: ", helms.join(", ")) } else { String::new() };
            out += &folded(&format!("{helm}{told}"), "          ", "            ");
        }
        for bound in &step.bound {
            out += &folded(bound, "          ", "            ");
        }
    }
    out + &evidence(way)
}

/// What was seen of a way that does not do what it says; what several versions of Helm have in common is said once.
fn evidence(way: &WayRecord) -> String {
    let mut seen: Vec<(Vec<&str>, String, Vec<String>)> = Vec::new();
    for exercise in way.exercises.iter().filter(|exercise| !exercise.evidence.is_empty()) {
        let without = |line: &String| line.replace(&format!(" by helm {}", exercise.helm), " by helm");
        let lines: Vec<String> = exercise.evidence.iter().map(without).collect();
        let came = came_to(exercise);
        match seen.iter_mut().find(|(_, other, same)| *other == came && *same == lines) {
            Some((helms, ..)) => helms.push(&exercise.helm),
            None => seen.push((vec![&exercise.helm], came, lines)),
        }
    }
    let mut out = String::new();
    for (helms, came, lines) in seen {
        out += &format!("    helm {}: {came}\n", helms.join(", "));
        for line in lines {
            out += &folded(&line, "          ", "            ");
        }
    }
    out
}

/// A text in lines of no more than 80 columns where its words allow it, the first after `first`, the others after `more`.
fn folded(text: &str, first: &str, more: &str) -> String {
    const WIDTH: usize = 80;
    let (mut out, mut line) = (String::new(), first.to_owned());
    let mut bare = true;
    for word in text.split_whitespace().filter(|word| *word != "\\") {
        if !bare && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out += &format!("{line}\n");
            (line, bare) = (more.to_owned(), true);
        }
        if !bare {
            line.push(' ');
        }
        line += word;
        bare = false;
    }
    out + &line + "\n"
}

/// A concern as a compiler would show it.
pub(super) fn rendered(concern: &Concern, sources: &BTreeMap<String, String>) -> String {
    let severe = match concern.weight {
        Weight::Error => Severe::Error,
        Weight::Warning => Severe::Warning,
        Weight::Note => Severe::Note,
    };
    let finding = Finding {
        file: concern.file.clone(),
        place: Place { line: concern.line, column: concern.column, bytes: concern.bytes.0..concern.bytes.1 },
        message: format!("{}{}", concern.message, with(concern)),
        help: (!concern.help.is_empty()).then(|| concern.help.clone()),
    };
    render_as(severe, &finding, sources.get(&concern.file).map_or("", String::as_str), false)
}

fn with(concern: &Concern) -> String {
    match (concern.helm.is_empty(), concern.message.contains("helm ")) {
        (false, false) => format!(" (helm {})", concern.helm.join(", ")),
        _ => String::new(),
    }
}

fn totals(validation: &Validation) -> String {
    let exercises: Vec<&Exercise> =
        validation.sections.iter().flat_map(|section| &section.ways).flat_map(|way| &way.exercises).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for exercise in &exercises {
        *counts.entry(exercise.verdict.as_str()).or_default() += 1;
    }
    let verdicts: Vec<String> =
        counts.iter().map(|(verdict, count)| format!("{count} {}", verdict.replace('-', " "))).collect();
    let skipped = exercises.iter().flat_map(|exercise| &exercise.steps);
    let skipped = skipped.filter(|step| step.verdict == StepVerdict::Skipped).count();
    let weigh = |weight| validation.concerns.iter().filter(|concern| concern.weight == weight).count();
    let mut out = format!("\n{}; {} passed over\n", verdicts.join(", "), many(skipped, "statement"));
    for (language, count) in &validation.ignored_blocks {
        out += &format!("not read as commands: {} ({language})\n", many(*count, "block"));
    }
    let weighed = [(Weight::Error, "error"), (Weight::Warning, "warning"), (Weight::Note, "note")];
    let weighed = weighed.map(|(weight, word)| many(weigh(weight), word));
    out + &format!("{}\n", weighed.join(", "))
}

/// `1 error`, `2 errors`.
fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
