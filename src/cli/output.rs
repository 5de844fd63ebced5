//! What a run prints and writes once its drills are graded: the report, the transcripts, the exit code.

use super::exit::{Code, Failure};
use super::progress::Progress;
use super::setting::Keep;
use super::{regrade, surroundings};
use crate::plan::Verdict;
use crate::report::{self, Graded, Kept, Record, Sheet, document, matrix, story, truth_table};
use crate::seed::Seed;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How the report of a run is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Look {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// As a table in Markdown: failure by procedure by Helm version.
    TruthTable,
    /// One page that needs nothing else, for a browser.
    Html,
    /// For the summary of a job, or a wiki.
    Markdown,
    /// A test case for each drill.
    Junit,
}

/// What reports and snapshots need of drills, gathered while all of each is there.
#[derive(Default)]
pub(super) struct Gathered {
    sheets: RefCell<BTreeMap<Identity, Sheet>>,
    kept: RefCell<Vec<Kept>>,
}

/// Scenario with its variant, procedure, version of Helm, seed.
type Identity = (String, String, String, u64);

fn identity(drill: &Graded) -> Identity {
    (drill.scenario(), drill.plan.procedure.clone(), drill.plan.helm.clone(), drill.plan.seed.0)
}

impl Gathered {
    /// Takes what is needed of a drill.
    pub(super) fn take(&self, drill: &Graded, output: &Output, snapshots: bool) {
        if output.format.is_written() {
            self.sheets.borrow_mut().insert(identity(drill), Sheet::of(drill));
        }
        if snapshots {
            self.kept.borrow_mut().push(Kept::of(drill));
        }
    }

    /// The reports that are kept.
    pub(super) fn kept(self) -> Vec<Kept> {
        self.kept.into_inner()
    }

    /// The sheets in the order of the drills.
    fn sheets(&self, drills: &[Graded]) -> Vec<Sheet> {
        let sheets = self.sheets.borrow();
        drills.iter().filter_map(|drill| sheets.get(&identity(drill)).cloned()).collect()
    }
}

impl Look {
    /// Whether it is made of sheets.
    fn is_written(self) -> bool {
        match self {
            Look::Html | Look::Markdown | Look::Junit => true,
            Look::Text | Look::Json | Look::TruthTable => false,
        }
    }
}

/// The names of forms: those that commands here have, and `yaml`, which people of other tools ask for.
const FORMS: [&str; 9] =
    ["text", "json", "yaml", "html", "markdown", "junit", "github", "sarif", "truth-table"];

/// The file of a report. `--output json`, as other tools have it, asks for a form and not for a file of that name.
pub(super) fn report_file(text: &str) -> Result<PathBuf, String> {
    match FORMS.contains(&text) {
        true => Err(format!("a form is asked for with `--format {text}`; a file of that name is `./{text}`")),
        false => Ok(PathBuf::from(text)),
    }
}

/// Where the report goes, and how it looks.
#[derive(Debug, clap::Args)]
pub(super) struct Output {
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Look::Text)]
    format: Look,
    /// Show what differs between the steady, the broken and the recovered state of each drill
    #[arg(long)]
    diff: bool,
    /// Write the report to this file
    #[arg(long, value_parser = report_file, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the transcript of every drill into this folder, for `helmdrill regrade`
    #[arg(long, value_name = "DIR")]
    transcripts: Option<PathBuf>,
}

impl Output {
    /// Finds out before the run what would otherwise fail after minutes: a report that has no place.
    pub(super) fn foresee(&self) -> Result<(), Failure> {
        match self.format {
            Look::Json if self.diff => {
                return Err(Failure::invalid("--diff is text, and does not go with --format json"));
            }
            Look::TruthTable if self.diff => {
                return Err(Failure::invalid("--diff does not go with --format truth-table"));
            }
            Look::Html | Look::Markdown | Look::Junit if self.diff => {
                let message = "--diff is text, and goes with --format text alone";
                return Err(Failure::invalid(message).help("pages show what differs without it"));
            }
            Look::Text | Look::Json | Look::TruthTable | Look::Html | Look::Markdown | Look::Junit => {}
        }
        if let Some(file) = &self.output {
            surroundings::writable(file)?;
        }
        match &self.transcripts {
            None => Ok(()),
            Some(folder) => surroundings::writable_folder(folder)
                .map_err(|error| surroundings::unwritable(folder, &error)),
        }
    }

    /// What has to be kept of so many drills until the report is printed.
    pub(super) fn keeps<'a>(&'a self, drills: usize, seen: &'a dyn Fn(&Graded)) -> Keep<'a> {
        let (transcripts, whole) = (self.transcripts.as_deref(), self.diff || drills == 1);
        Keep { transcripts, whole, seen: Some(seen) }
    }

    /// Prints or writes the report.
    pub(super) fn publish(
        &self,
        seed: Seed,
        drills: &[Graded],
        not_exercised: &[String],
        progress: &Progress,
        gathered: &Gathered,
    ) -> Result<(), Failure> {
        // On a terminal that has shown the story of a single drill as it happened, only its end is missing.
        let told = progress.has_told() && self.format == Look::Text;
        let mut text = match (self.format, drills) {
            (Look::TruthTable, _) => truth_table(drills),
            (Look::Html, _) => report::html(&gathered.sheets(drills), not_exercised),
            (Look::Markdown, _) => report::markdown(&gathered.sheets(drills), not_exercised),
            (Look::Junit, _) => report::junit(&gathered.sheets(drills)),
            (Look::Json, _) => {
                let run = document(seed.0, drills, not_exercised.to_vec());
                format!("{}\n", serde_json::to_string_pretty(&run).expect("plain data"))
            }
            (Look::Text, []) => String::new(),
            (Look::Text, [drill]) if told && self.output.is_none() => report::verdict(drill),
            (Look::Text, [drill]) if not_exercised.is_empty() => story(drill),
            (Look::Text, _) => matrix(drills, not_exercised),
        };
        if self.format == Look::Text {
            let records: Vec<Record> = drills.iter().map(Record::of).collect();
            text.extend(report::passes(&records).iter().map(report::passes_told));
        }
        if self.diff {
            text.extend(drills.iter().map(regrade::differences));
        }
        match &self.output {
            Some(file) => {
                if let (true, [drill]) = (told, drills) {
                    super::say(&report::verdict(drill));
                }
                surroundings::write(file, &anstream::adapter::strip_str(&text).to_string())
            }
            None => super::print(&text),
        }
    }
}

/// How a run ends: 0 where every drill came out as expected.
pub(super) fn verdict(drills: &[Graded]) -> Code {
    let surprises = || drills.iter().filter(|drill| !drill.scorecard.as_expected);
    if surprises().next().is_none() {
        Code::Met
    } else if surprises().all(|drill| drill.scorecard.verdict == Verdict::Inconclusive) {
        Code::Inconclusive
    } else {
        Code::NotMet
    }
}

/// Writes a transcript for every drill.
pub(super) fn write(folder: &Path, drills: &[Graded]) -> Result<(), Failure> {
    for drill in drills {
        let name = format!("{}-{}-helm{}.json", drill.scenario(), drill.plan.procedure, drill.plan.helm);
        let file = folder.join(name.replace('/', "-"));
        surroundings::write(&file, &serde_json::to_string(drill).expect("plain data"))?;
        if let Some(said) = report::said(drill) {
            surroundings::write(&file.with_extension("responder.txt"), &said)?;
        }
    }
    Ok(())
}
