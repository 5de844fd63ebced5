//! Before, broken, recovered: the three states of a drill as normalised YAML, and what differs between them.

use super::normal::normalise;
use crate::transcript::{Label, Transcript};
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};

/// The three states; empty where the drill did not come that far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct States {
    baseline: BTreeMap<String, String>,
    broken: BTreeMap<String, String>,
    recovered: BTreeMap<String, String>,
}

/// What differs from one state to the next, as unified diffs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differences {
    /// What the fault did.
    pub broke: String,
    /// What the recovery did.
    pub repaired: String,
    /// What is not as it was in the steady state.
    pub left: String,
}

impl States {
    /// The states that a transcript keeps.
    pub fn of(transcript: &Transcript) -> States {
        let state = |label| transcript.snapshot(label).map(normalise).unwrap_or_default();
        States {
            baseline: state(Label::Baseline),
            broken: state(Label::Broken),
            recovered: state(Label::Recovered),
        }
    }

    /// What differs between them.
    pub fn differences(&self) -> Differences {
        Differences {
            broke: difference(&self.baseline, &self.broken),
            repaired: difference(&self.broken, &self.recovered),
            left: difference(&self.baseline, &self.recovered),
        }
    }
}

fn difference(from: &BTreeMap<String, String>, to: &BTreeMap<String, String>) -> String {
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let mut out = String::new();
    for name in names {
        match (from.get(name), to.get(name)) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old), Some(new)) => {
                let diff = TextDiff::from_lines(old.as_str(), new.as_str());
                out += &format!("~ {name}\n{}", diff.unified_diff().context_radius(1));
            }
            (Some(_), None) => out += &format!("- {name}\n"),
            (None, Some(_)) => out += &format!("+ {name}\n"),
            (None, None) => {}
        }
    }
    out
}
