//! A validation as Markdown, for the summary of a job.

use super::record::{Validation, Weight};
use super::text::came_to;

/// The summary.
pub fn markdown(validation: &Validation) -> String {
    let mut out = format!(
        "## {} {}\n\n",
        validation.runbooks.join(", "),
        if validation.met { "does what it says" } else { "does not do what it says" }
    );
    out += &format!(
        "| section | way | scenario |{}\n",
        validation.helm.iter().map(|helm| format!(" helm {helm} |")).collect::<String>()
    );
    out += &format!("| --- | --- | --- |{}\n", " --- |".repeat(validation.helm.len()));
    for section in &validation.sections {
        for way in &section.ways {
            out += &format!(
                "| {} | {} | {} |",
                cell(&section.title),
                cell(&way.name),
                cell(section.scenario.as_deref().unwrap_or("–"))
            );
            for helm in &validation.helm {
                let exercise = way.exercises.iter().find(|exercise| &exercise.helm == helm);
                out += &format!(" {} |", exercise.map_or_else(String::new, came_to));
            }
            out += "\n";
        }
    }
    for (weight, title) in [(Weight::Error, "Errors"), (Weight::Warning, "Warnings")] {
        let concerns: Vec<_> =
            validation.concerns.iter().filter(|concern| concern.weight == weight).collect();
        if !concerns.is_empty() {
            out += &format!("\n### {title}\n\n");
            for concern in concerns {
                let helm = if concern.helm.is_empty() {
                    String::new()
                } else {
                    format!(" (helm {})", concern.helm.join(", "))
                };
                out += &format!("- `{}:{}` {}{helm}\n", concern.file, concern.line, cell(&concern.message));
            }
        }
    }
    out
}

/// A text that does not end its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ").replace('<', "&lt;")
}
