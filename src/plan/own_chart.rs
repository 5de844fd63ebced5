//! The first thing that is done with a chart of somebody's own: it is rendered, installed and upgraded once, before any
//! scenario is run on it. What fails here is the chart's matter, and no drill.

use super::lower::TIMEOUT;
use super::{Expectation, Named, Outcome, Plan, Step, Verdict};
use crate::check::{Check, Workloads};

/// Where the steps of a try-out come from.
const ORIGIN: &str = "--chart";

/// The drill that tries out whether the two versions of a chart can be drilled on: `old` and `new` are what commands name
/// them by, with their values.
pub fn try_out(open: Plan, old: &str, new: &str) -> Plan {
    let release = open.release.clone();
    let lines = [
        format!("helm template {release} {old}"),
        format!("helm template {release} {new}"),
        format!("helm install {release} {old}"),
        format!("helm upgrade {release} {new}"),
    ];
    let ready =
        Check::Workloads(Workloads { release, namespace: None, driver: Default::default(), at_least: None });
    Plan {
        scenario: "your-chart".to_owned(),
        title: "Your chart, before anything is broken".to_owned(),
        variant: String::new(),
        procedure: "try-out".to_owned(),
        deploy: lines.map(step).to_vec(),
        steady_state: vec![Named { id: "workloads".to_owned(), check: ready }],
        inject: Vec::new(),
        symptoms: Vec::new(),
        objectives: Vec::new(),
        safeguards: Vec::new(),
        settle: 0,
        expect: Expectation { verdict: Verdict::Recovered, trips: Vec::new(), because: String::new() },
        ..open
    }
}

fn step(line: String) -> Step {
    Step {
        line,
        origin: ORIGIN.to_owned(),
        fault: None,
        namespace: None,
        outcome: Outcome::Succeeds,
        timeout: TIMEOUT,
        session: false,
    }
}
