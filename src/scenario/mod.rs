//! The YAML that people write: its model, parsed with places, what is wrong with it, and the scenarios that come with
//! the program.

mod bind;
mod catalogue;
mod command;
mod dice;
mod finding;
mod lint;
mod model;
mod parse;
mod placed;
mod reconciler;
mod steps;
mod verdicts;
mod versions;

pub use bind::{Bindings, Unbound};
pub use catalogue::{chart, charts, names, of_any_chart, text};
pub(crate) use command::{is_bare, second_helms};
pub use dice::{Parameter, combinations};
pub(crate) use finding::closest;
pub use finding::{Finding, Severe, render, render_as};
pub use lint::{lint, lint_charts, lint_helm};
pub use model::{
    Differs, Metadata, Objective, Order, Procedure, Release, Safeguard, Scenario, Severity, Stated, Symptom,
    Variant,
};
pub use parse::parse;
pub use placed::{Place, Placed};
pub use reconciler::{Reconciler, Retry, Sync};
pub use steps::{Always, Bites, Command, Delay, Fault, Item, Outcome, Reject, Side};
pub use verdicts::{Expect, Judgement, Trips};
pub use versions::{RangeError, allows, begins, beside, major};

/// The JSON Schema of a scenario, for editors.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Scenario).to_value()
}
