//! What a scenario says, as the YAML spells it.

use super::dice::Parameter;
use super::placed::Placed;
use super::reconciler::Reconciler;
use super::steps::{Command, Item};
use super::verdicts::Expect;
use crate::behaviour::Behaviour;
use crate::check::Check;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One failure, how it comes about, how it is recovered from and how not.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Scenario {
    /// `helmdrill.dev/v1`.
    pub api_version: Placed,
    /// `Scenario`.
    pub kind: Placed,
    /// What it is called and where it comes from.
    pub metadata: Metadata,
    /// What somebody who is called at night would be told.
    pub story: String,
    /// The Helm versions to which it applies, such as `>=3.12, <5`.
    #[serde(default)]
    pub helm: Option<Placed>,
    /// A second Helm, which commands find as `helm3` or `helm4`: its version, or the beginning of one, such as `"3"`.
    #[serde(default)]
    pub other_helm: Option<Placed>,
    /// Whether a database for Helm's SQL driver is served beside the cluster: commands then find
    /// `HELM_DRIVER_SQL_CONNECTION_STRING` in their environment.
    #[serde(default)]
    pub database: bool,
    /// The namespaces of the drill; commands run in the first where they name none.
    pub environments: Vec<Placed>,
    /// The release that is broken.
    pub release: Release,
    /// More charts, which commands find at `./charts/NAME`.
    #[serde(default)]
    pub charts: Vec<Placed>,
    /// Values that commands and checks name as `{name}`; a variant may give others. One with several values is a die.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
    /// Ways in which it can come about; none means one, without a name.
    #[serde(default)]
    pub variants: Vec<Variant>,
    /// Words of variants and dice that do not go together.
    #[serde(default)]
    pub never: Vec<Vec<Placed>>,
    /// What stands in for a GitOps controller: it applies a state of Git again and again.
    #[serde(default)]
    pub reconciler: Option<Reconciler>,
    /// What containers do.
    #[serde(default)]
    pub behaviours: Vec<Behaviour>,
    /// How it came to this: commands in order. The item `steady-state` marks where the baseline is taken; what follows
    /// is the injection.
    pub timeline: Vec<Item>,
    /// What must hold in the steady state; where absent, the release is deployed.
    #[serde(default)]
    pub steady_state: Vec<Stated>,
    /// What must hold once it is broken: proof that the fault bit.
    #[serde(default)]
    pub symptoms: Vec<Symptom>,
    /// What the end state must be; the weights add up to 100.
    pub objectives: Vec<Objective>,
    /// What must not happen on the way.
    #[serde(default)]
    pub safeguards: Vec<Safeguard>,
    /// For how many seconds the end state must hold.
    #[serde(default = "default_settle")]
    pub settle: u32,
    /// Ways to recover, good and bad.
    pub procedures: Vec<Procedure>,
    /// What must lose, so that the grade can be trusted: doing nothing, and at least one plausible wrong fix.
    #[serde(default)]
    pub controls: Vec<Procedure>,
    /// What may be said to somebody who is stuck, one after another.
    #[serde(default)]
    pub hints: Vec<String>,
    /// What there is to learn.
    #[serde(default)]
    pub debrief: String,
    /// The file as it is named in findings; set by whoever read it.
    #[serde(skip)]
    pub file: String,
}

/// What a scenario is called and where it comes from.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Metadata {
    /// Its name, the same as that of its file.
    pub name: Placed,
    /// One line.
    pub title: String,
    /// The family of failures to which it belongs; none where it is empty.
    #[serde(default)]
    pub family: String,
    /// From 1, well known, to 5, rare and subtle.
    #[serde(default = "well_known")]
    pub difficulty: u8,
    /// Phrases in which people speak of it: by these a runbook is known to be about it.
    #[serde(default)]
    pub phrases: Vec<String>,
    /// Public reports: `helm/helm#7476` or an address.
    #[serde(default)]
    pub references: Vec<String>,
}

fn well_known() -> u8 {
    1
}

/// The release that is broken.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Release {
    /// Its name.
    pub name: Placed,
    /// The name of its chart, which commands find at `{chart}`.
    pub chart: Placed,
}

/// One way in which it can come about.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Variant {
    /// Its name, which `only` refers to.
    pub name: Placed,
    /// One line.
    #[serde(default)]
    pub about: String,
    /// Parameters that differ from the defaults.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
}

/// Something that must hold.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stated {
    /// Its name.
    pub id: Placed,
    /// What is asked.
    pub check: Check,
    /// The variants to which it applies; all where empty.
    #[serde(default)]
    pub only: Vec<Placed>,
}

/// Proof that the fault bit: a check of the cluster, or a command and how it fails. Such a command changes nothing.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Symptom {
    /// Its name; for a command, the command where absent.
    #[serde(default)]
    pub id: Option<Placed>,
    /// What is asked.
    #[serde(default)]
    pub check: Option<Check>,
    /// A command that must fail.
    #[serde(default)]
    pub run: Option<Placed>,
    /// What it must say.
    #[serde(default)]
    pub fails_with: Option<String>,
    /// The variants to which it applies; all where empty.
    #[serde(default)]
    pub only: Vec<Placed>,
}

/// One part of the end state.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Objective {
    /// Its name.
    pub id: Placed,
    /// Its share of the score.
    pub weight: u32,
    /// What is asked.
    pub check: Check,
    /// The variants to which it applies; all where empty.
    #[serde(default)]
    pub only: Vec<Placed>,
}

/// Something that must not happen on the way: `hold` all the time, `assert` at the end, or `order` on the way.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Safeguard {
    /// Its name.
    pub id: Placed,
    /// What it means when it breaks.
    pub severity: Severity,
    /// Points lost when a recoverable one breaks.
    #[serde(default = "default_penalty")]
    pub penalty: u32,
    /// What must hold all the time.
    #[serde(default)]
    pub hold: Option<Check>,
    /// What must hold at the end.
    #[serde(default)]
    pub assert: Option<Check>,
    /// What must hold before something else is changed.
    #[serde(default)]
    pub order: Option<Order>,
    /// The variants to which it applies; all where empty.
    #[serde(default)]
    pub only: Vec<Placed>,
}

/// What comes first in a recovery, and which environments are left alone until then.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Order {
    /// What must hold when whoever recovers changes the first thing in one of these environments.
    pub first: Check,
    /// The environments.
    pub then: Vec<Placed>,
}

/// What a broken safeguard means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The recovery is degraded.
    Recoverable,
    /// The score is 0.
    Catastrophic,
}

/// A way to recover, or a control.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Procedure {
    /// Its name.
    pub name: Placed,
    /// Whether it is the one that the scenario teaches.
    #[serde(default)]
    pub reference: bool,
    /// What is typed, in order.
    #[serde(default)]
    pub steps: Vec<Item>,
    /// What it comes to.
    pub expect: Expect,
    /// Why.
    #[serde(default)]
    pub because: String,
    /// The variants to which it applies; all where empty.
    #[serde(default)]
    pub only: Vec<Placed>,
    /// Where a variant differs.
    #[serde(default)]
    pub variants: BTreeMap<String, Differs>,
}

/// How a procedure differs in one variant.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Differs {
    /// Whether it is the reference there.
    #[serde(default)]
    pub reference: Option<bool>,
    /// What it comes to.
    #[serde(default)]
    pub expect: Option<Expect>,
    /// Why.
    #[serde(default)]
    pub because: Option<String>,
}

impl Item {
    /// The command of an item, where it is one.
    pub fn command(&self) -> Option<&Command> {
        match self {
            Item::SteadyState(_) => None,
            Item::Run(command) => Some(command),
        }
    }
}

fn default_settle() -> u32 {
    2
}

fn default_penalty() -> u32 {
    15
}
