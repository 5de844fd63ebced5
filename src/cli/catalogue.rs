//! `helmdrill list` and `helmdrill show`: what there is to drill, and what a scenario tells.

use super::exit::{Code, Failure};
use super::output::Format;
use super::source::{self, Source};
use crate::plan::{self, Drill, Role};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The Helm versions whose expectations are shown.
pub(super) const VERSIONS: [&str; 2] = ["3.17.3", "4.3.1"];

/// The arguments of `list`.
#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// How to print it
    #[arg(long, alias = "output", value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The arguments of `show`.
#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    /// Scenarios by name or file
    #[arg(value_name = "SCENARIO", required_unless_present = "into")]
    scenarios: Vec<String>,
    /// Show the hints and the debrief as well; a page in Markdown always does
    #[arg(long)]
    spoil: bool,
    /// How to print it
    #[arg(long, alias = "output", value_enum, default_value_t = Telling::Text)]
    format: Telling,
    /// Write a page in Markdown for each of them, or for all that come with helmdrill, into this folder
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

/// How a scenario is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Telling {
    /// For people in a terminal.
    Text,
    /// For programs.
    Json,
    /// As a page for people.
    Markdown,
}

/// Lists scenarios with their variants and procedures.
pub(super) fn list(args: &ListArgs) -> Result<Code, Failure> {
    let (sources, of_any_chart) = (source::read(&[])?, source::of_any_chart());
    let text = match args.format {
        Format::Json => {
            let rows = sources.iter().map(|source| row(source, false));
            let rows = rows.chain(of_any_chart.iter().map(|source| row(source, true)));
            format!("{:#}\n", Value::Array(rows.collect()))
        }
        Format::Text => {
            let of_any_chart: String = of_any_chart.iter().map(lines).collect();
            let all: String = sources.iter().map(lines).collect();
            format!(
                "{all}\nOn a chart of your own, with `helmdrill run --chart DIR|TGZ|OCI`:\n\n{of_any_chart}"
            )
        }
    };
    super::print(&text)?;
    Ok(Code::Met)
}

/// A scenario as data.
fn row(source: &Source, any_chart: bool) -> Value {
    let drills = plan::drills(&source.scenario, VERSIONS[1]);
    json!({
        "name": source.scenario.metadata.name.text,
        "title": source.scenario.metadata.title,
        "any_chart": any_chart,
        "variants": plan::variants(&source.scenario),
        "procedures": names(&drills, |role| role != Role::Control),
        "controls": names(&drills, |role| role == Role::Control),
    })
}

fn lines(source: &Source) -> String {
    let drills = plan::drills(&source.scenario, VERSIONS[1]);
    let variants: Vec<String> =
        plan::variants(&source.scenario).into_iter().filter(|variant| !variant.is_empty()).collect();
    let mut out = format!("{:<20} {}\n", source.scenario.metadata.name.text, source.scenario.metadata.title);
    if !variants.is_empty() {
        out += &format!("{:<20}   variants    {}\n", "", variants.join(", "));
    }
    out += &format!("{:<20}   procedures  {}\n", "", names(&drills, |role| role != Role::Control).join(", "));
    out + &format!("{:<20}   controls    {}\n", "", names(&drills, |role| role == Role::Control).join(", "))
}

/// The names of the procedures that play such a part, each once.
fn names(drills: &[Drill], part: impl Fn(Role) -> bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for drill in drills.iter().filter(|drill| part(drill.role)) {
        if !names.contains(&drill.procedure) {
            names.push(drill.procedure.clone());
        }
    }
    names
}

/// Tells one scenario.
pub(super) fn show(args: &ShowArgs) -> Result<Code, Failure> {
    let sources = source::read_to_show(&args.scenarios)?;
    if let Some(folder) = &args.into {
        // Who names none means all, those for any chart as well.
        let any_chart = if args.scenarios.is_empty() { source::of_any_chart() } else { Vec::new() };
        for source in sources.iter().chain(&any_chart) {
            let file = folder.join(format!("{}.md", source.scenario.metadata.name));
            super::surroundings::write(&file, &super::page::page(&source.scenario))?;
        }
        super::surroundings::write(&folder.join("README.md"), &super::page::contents(&sources, &any_chart))?;
        return Ok(Code::Met);
    }
    for source in &sources {
        variants(source)?;
        match args.format {
            Telling::Json => super::print(&format!("{:#}\n", document(source, args.spoil)?))?,
            Telling::Text => super::print(&told(source, args.spoil)?)?,
            Telling::Markdown => super::print(&super::page::page(&source.scenario))?,
        }
    }
    Ok(Code::Met)
}

/// The variants that were asked for: those that have every word that was named, or all.
pub(super) fn variants(source: &Source) -> Result<Vec<String>, Failure> {
    let known = plan::variants(&source.scenario);
    match &source.variant {
        None => Ok(known),
        Some(name) if known.contains(name) => Ok(vec![name.clone()]),
        Some(name) if known.iter().any(|variant| has_words(variant, name)) => {
            Ok(known.into_iter().filter(|variant| has_words(variant, name)).collect())
        }
        Some(name) => {
            let scenario = &source.scenario.metadata.name.text;
            let failure = Failure::invalid(format!("{scenario} has no variant {name:?}"));
            let known: Vec<&str> = known.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
            Err(match known.is_empty() {
                true => failure.help("it has no variants at all"),
                false => failure.help(source::meant(name, &known, "")),
            })
        }
    }
}

/// Whether a variant, joined of words by `+`, has every word that was named.
fn has_words(variant: &str, named: &str) -> bool {
    named.split('+').all(|word| variant.split('+').any(|own| own == word))
}

/// The same as data.
fn document(source: &Source, spoil: bool) -> Result<Value, Failure> {
    let scenario = &source.scenario;
    let [three, four] = VERSIONS.map(|version| plan::drills(scenario, version));
    let expected = |drill: &Drill| json!({"verdict": drill.expect.verdict, "trips": drill.expect.trips, "because": drill.expect.because});
    let mut rows = Vec::new();
    for variant in variants(source)? {
        let about = scenario.variants.iter().find(|known| has_words(&variant, &known.name.text));
        let ours = three.iter().zip(&four).filter(|(one, _)| one.variant == variant);
        let procedures = ours.map(|(one, other)| {
            json!({"name": one.procedure, "role": one.role,
                   "expected": {"helm3": expected(one), "helm4": expected(other)}})
        });
        rows.push(json!({"name": variant, "about": about.map(|known| known.about.as_str()),
                         "procedures": procedures.collect::<Vec<_>>()}));
    }
    let mut told = json!({"name": scenario.metadata.name.text, "title": scenario.metadata.title,
                          "story": scenario.story, "variants": rows});
    if spoil {
        told["hints"] = json!(scenario.hints);
        told["debrief"] = json!(scenario.debrief);
    }
    Ok(told)
}

fn told(source: &Source, spoil: bool) -> Result<String, Failure> {
    let scenario = &source.scenario;
    let mut out = format!(
        "{}: {}\n\n{}\n",
        scenario.metadata.name.text,
        scenario.metadata.title,
        scenario.story.trim()
    );
    for variant in variants(source)? {
        if !variant.is_empty() {
            out += &format!("\nvariant {variant}\n");
        }
        let [first, second] = VERSIONS.map(|version| plan::drills(scenario, version));
        for (one, other) in first.iter().zip(&second).filter(|(one, _)| one.variant == variant) {
            out += &procedure(one, other);
        }
    }
    if spoil {
        out += "\nhints\n";
        for hint in &scenario.hints {
            out += &format!("  - {}\n", hint.trim());
        }
        out += &format!("\ndebrief\n{}\n", scenario.debrief.trim());
    }
    Ok(out)
}

/// A procedure with what is expected of it, once where both versions agree.
fn procedure(three: &Drill, four: &Drill) -> String {
    let expected = |drill: &Drill, version: &str| {
        let verdict = serde_json::to_value(drill.expect.verdict).expect("a word");
        let verdict = verdict.as_str().unwrap_or_default().to_owned();
        let because = drill.expect.because.trim().replace('\n', " ");
        format!("    {version:<12} {verdict}: {because}\n")
    };
    let role = match three.role {
        Role::Reference => " (reference)",
        Role::Control => " (control)",
        Role::Alternative => "",
    };
    let mut out = format!("\n  {}{role}\n", three.procedure);
    if three.expect == four.expect {
        out += &expected(three, "helm 3 and 4");
    } else {
        out += &expected(three, "helm 3");
        out += &expected(four, "helm 4");
    }
    out
}
