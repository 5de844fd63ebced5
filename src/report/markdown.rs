//! Drills as Markdown, for the summary of a job or a page of a wiki: the matrix, what was lost and why, and for a drill
//! alone its story and what differs between its states.

use super::sheet::Sheet;
use crate::plan::Role;
use std::collections::BTreeSet;

/// The whole text.
pub fn markdown(sheets: &[Sheet], not_exercised: &[String]) -> String {
    let mut out = match sheets {
        [sheet] => alone(sheet),
        _ => several(sheets),
    };
    if !not_exercised.is_empty() {
        out += "\n### Not exercised\n\n";
        out.extend(not_exercised.iter().map(|why| format!("- {}\n", plain(why))));
    }
    out
}

fn several(sheets: &[Sheet]) -> String {
    let good = sheets.iter().filter(|sheet| sheet.scorecard.as_expected).count();
    let versions: BTreeSet<&str> = sheets.iter().map(|sheet| sheet.helm.as_str()).collect();
    let mut out = format!("## {good} of {} drills as expected\n\n", sheets.len());
    out += &format!(
        "| failure | procedure |{}\n",
        versions.iter().map(|version| format!(" Helm {} |", plain(version))).collect::<String>()
    );
    out += &format!("| --- | --- |{}\n", " --- |".repeat(versions.len()));
    let mut seen = BTreeSet::new();
    for sheet in sheets {
        if !seen.insert((&sheet.failure, &sheet.procedure)) {
            continue;
        }
        let same = |other: &&Sheet| other.failure == sheet.failure && other.procedure == sheet.procedure;
        let came: String = versions
            .iter()
            .map(|version| {
                let found = sheets.iter().filter(same).find(|other| other.helm == *version);
                format!(" {} |", found.map_or("–".to_owned(), cell))
            })
            .collect();
        out += &format!("| {} | {}{} |{came}\n", plain(&sheet.failure), role(sheet), plain(&sheet.procedure));
    }
    out += "\n`*` reference, `-` control, which must lose; **bold**: not as expected.\n";
    let surprises: Vec<&Sheet> = sheets.iter().filter(|sheet| !sheet.scorecard.as_expected).collect();
    if !surprises.is_empty() {
        out += "\n### Not as expected\n";
        out.extend(surprises.into_iter().map(told));
    }
    let lost = sheets.iter().filter(|sheet| sheet.scorecard.as_expected && !sheet.record.evidence.is_empty());
    let lost: String = lost.map(told).collect();
    if !lost.is_empty() {
        out += &format!("\n### What was lost, as expected\n{lost}");
    }
    out
}

fn cell(sheet: &Sheet) -> String {
    let came = format!("{} {}", sheet.scorecard.verdict.word(), sheet.scorecard.score);
    if sheet.scorecard.as_expected { came } else { format!("**{came}, {}**", plain(&sheet.expected())) }
}

fn role(sheet: &Sheet) -> &'static str {
    match sheet.role {
        Role::Reference => "\\* ",
        Role::Control => "- ",
        Role::Alternative => "",
    }
}

/// One drill with its losses and the way to run it again.
fn told(sheet: &Sheet) -> String {
    let card = &sheet.scorecard;
    let mut out = format!(
        "\n**{}**: {} {}, {}\n\n",
        plain(&sheet.name()),
        card.verdict.word(),
        card.score,
        sheet.expected()
    );
    out.extend(sheet.record.evidence.iter().map(|line| format!("- {}\n", plain(line))));
    out + &format!("- again: {}\n", code(&sheet.reproduce))
}

fn alone(sheet: &Sheet) -> String {
    let card = &sheet.scorecard;
    let expected = if card.as_expected { "as expected" } else { "**not as expected**" };
    let mut out = format!("## {}\n\n{}\n\n", plain(&sheet.name()), plain(&sheet.title));
    out += &format!(
        "**{} {}** ({}), {expected}: {}\n\n",
        card.verdict.word(),
        card.score,
        card.letter,
        plain(sheet.expect.because.trim())
    );
    out += "| to recover | commands | API calls | longest outage |\n| --- | --- | --- | --- |\n";
    out += &format!(
        "| {:.1} s | {} | {} | {:.1} s |\n",
        card.seconds, card.commands, card.calls, card.longest_outage_seconds
    );
    if !card.losses.is_empty() {
        out += "\n### What was lost\n\n| what | points | what was seen |\n| --- | --- | --- |\n";
        for loss in &card.losses {
            out += &format!("| {} | {} | {} |\n", plain(&loss.id), loss.points, plain(&loss.evidence));
        }
    }
    out += &format!("\n### What happened\n\n{}", fenced("text", &sheet.story()));
    let differences = &sheet.differences;
    for (title, text) in [
        ("What the fault did", &differences.broke),
        ("What the recovery did", &differences.repaired),
        ("What is not as it was", &differences.left),
    ] {
        out += &match text.as_str() {
            "" => format!("\n### {title}\n\nNothing.\n"),
            text => format!("\n### {title}\n\n{}", fenced("diff", text)),
        };
    }
    out
}

/// A text as a block that nothing in it can end.
fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}{}{fence}\n", if text.ends_with('\n') { "" } else { "\n" })
}

/// A text as code on one line, whatever is in it.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("{fence}{text}{fence}") } else { format!("{fence} {text} {fence}") }
}

/// A text that is text: it ends no cell, and begins no markup.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => out.push(' '),
            '<' => out += "&lt;",
            '&' => out += "&amp;",
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '!' | '~' => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}
