//! The view: what people and programs read of graded drills. Pure functions from plan, transcript and scorecard to
//! text; who prints it, and where, is the command line's business.

mod comparison;
mod course;
mod drift;
mod html;
mod junit;
mod kept;
mod markdown;
mod matrix;
mod normal;
mod record;
mod responding;
mod sheet;
mod states;
mod story;
#[cfg(test)]
mod tests;
mod truth;
pub mod validation;
mod workloads;
#[cfg(test)]
mod written;

pub use comparison::{
    COMPARISON_FORMAT, Changed, Comparison, Outcome, Side, compare, comparison, comparison_schema,
};
pub use drift::{Drift, drifts};
pub use html::html;
pub use junit::junit;
pub use kept::{Kept, MARK};
pub use markdown::markdown;
pub use matrix::matrix;
pub use normal::normalise;
pub use record::{FORMAT, Record, Run, document, schema};
pub use responding::{Passes, Responding, Tally, passes, said, told as passes_told};
pub use sheet::{Sheet, data};
pub use states::{Differences, States};
pub use story::{Teller, heading, story, verdict};
pub use truth::truth_table;
pub use workloads::workloads;

use crate::grade::Scorecard;
use crate::plan::Plan;
use crate::shell::quoted;
use crate::transcript::{Event, Transcript};
use serde::{Deserialize, Serialize};

/// A drill that ran and was graded: all that any report is made of.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Graded {
    /// What was to be run.
    pub plan: Plan,
    /// `embedded` or `kind`.
    pub cluster: String,
    /// What happened.
    pub transcript: Transcript,
    /// What it is worth.
    pub scorecard: Scorecard,
}

impl Graded {
    /// `stuck-upgrade/before-first-write`, or the scenario's name alone where it has no variants.
    pub fn scenario(&self) -> String {
        match self.plan.variant.as_str() {
            "" => self.plan.scenario.clone(),
            variant => format!("{}/{variant}", self.plan.scenario),
        }
    }

    /// Lets go of what only a story or a second grade needs: the objects and what commands said. Many drills are held
    /// until a report is made of them.
    pub fn let_go(&mut self) {
        let figures =
            |event: &Event| matches!(event, Event::Phase { .. } | Event::Began { .. } | Event::Ended { .. });
        self.transcript.entries.retain(|entry| figures(&entry.event));
        for entry in &mut self.transcript.entries {
            if let Event::Ended { stdout, stderr, .. } = &mut entry.event {
                (*stdout, *stderr) = (String::new(), String::new());
            }
        }
        self.transcript.entries.shrink_to_fit();
        self.plan.files.clear();
    }

    /// The command that runs this drill again.
    pub fn reproduce(&self) -> String {
        let Plan { procedure, helm, seed, .. } = &self.plan;
        if procedure.is_empty() {
            // Somebody decided on the way.
            return format!("helmdrill practice {} --helm {helm} --seed {seed}", self.source());
        }
        let cluster =
            if self.cluster == "embedded" { String::new() } else { format!(" --cluster {}", self.cluster) };
        let who = match &self.plan.responder {
            None => format!("--procedure {}", quoted(procedure)),
            Some(responder) => {
                let calls = responder.calls.map(|calls| format!(" --budget-calls {calls}"));
                let command = quoted(&format!("exec:{}", responder.command));
                let (seconds, calls) = (responder.seconds, calls.unwrap_or_default());
                format!("--responder {command} --budget-seconds {seconds}{calls}")
            }
        };
        format!("helmdrill run {} {who} --helm {helm}{cluster} --seed {seed}", self.source())
    }

    /// As which the scenario is named on the command line: one that does not come with helmdrill by its file, which
    /// the origins of its steps name.
    fn source(&self) -> String {
        if let Some(own) = &self.plan.own_chart {
            return format!("{} {own}", self.scenario());
        }
        let steps = self.plan.deploy.iter().chain(&self.plan.inject);
        let file = steps.filter_map(|step| step.origin.rsplit_once(':')).map(|(file, _)| file).next();
        match file {
            Some(file) if file != format!("scenarios/{}.yaml", self.plan.scenario) => {
                match self.plan.variant.as_str() {
                    "" => quoted(file),
                    variant => quoted(&format!("{file}/{variant}")),
                }
            }
            Some(_) | None => self.scenario(),
        }
    }
}
