//! From a scenario to one drill of it: the variant and the procedure are chosen, placeholders bound, calls read.
//! What it says of the state of things is lowered in `stated`.

use super::{ControllerError, Expectation, Outcome, Plan, Role, Step, Verdict};
use crate::fault::{self, Matcher, MatcherError, Refusal, Rule, Side};
use crate::scenario::{
    self, Bindings, Command, Fault, Item, Judgement, Placed, Procedure, RangeError, Scenario, Unbound,
};
use crate::seed::Seed;
use std::collections::BTreeMap;

/// The time limit of a command that states none, in seconds.
pub(super) const TIMEOUT: u32 = 120;

/// What is left open in a scenario, decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice<'a> {
    /// The variant; the seed draws one where `None`.
    pub variant: Option<&'a str>,
    /// How it is recovered from.
    pub way: Way<'a>,
    /// The version of Helm, such as `4.3.1`.
    pub helm: &'a str,
    /// Where every draw comes from.
    pub seed: Seed,
}

/// How a drill is recovered from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way<'a> {
    /// By the procedure that the scenario teaches.
    Reference,
    /// By the procedure or control of this name.
    Named(&'a str),
    /// By somebody who decides on the way: the plan has no steps for it.
    Open,
}

/// Why a scenario cannot be lowered so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// The scenario has no such variant.
    #[error("{scenario} has no variant {name:?}; it has: {known}")]
    Variant {
        /// Name of the scenario.
        scenario: String,
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The scenario has no such procedure in this variant.
    #[error("{scenario} has no procedure {name:?} in this variant; it has: {known}")]
    Procedure {
        /// Name of the scenario.
        scenario: String,
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The scenario does not apply to the version of Helm.
    #[error("{scenario} applies to Helm {range}, not to {helm}")]
    Helm {
        /// Name of the scenario.
        scenario: String,
        /// The range that it states.
        range: String,
        /// What was asked for.
        helm: String,
    },
    /// The range of versions cannot be read.
    #[error(transparent)]
    Range(#[from] RangeError),
    /// A placeholder means nothing.
    #[error(transparent)]
    Unbound(#[from] Unbound),
    /// The reconciler is run by something that is no workload.
    #[error(transparent)]
    Controller(#[from] ControllerError),
    /// A fault waits for something that is no call.
    #[error("{origin}: {error}")]
    Call {
        /// Where it was written.
        origin: String,
        /// Why it is none.
        error: MatcherError,
    },
}

/// One drill of a scenario. `files` are those of the working directory: [`super::files`] for what comes with the
/// program.
pub fn lower(
    scenario: &Scenario,
    choice: &Choice<'_>,
    files: BTreeMap<String, String>,
) -> Result<Plan, LowerError> {
    fits(scenario, choice.helm)?;
    let variant = super::listing::variant(scenario, choice)?;
    let lowering = Lowering { scenario, bindings: Bindings::of(scenario, &variant) };
    let procedure = super::listing::procedure(scenario, &variant, choice.way)?;
    let mark = scenario.timeline.iter().position(|item| item.command().is_none()).unwrap_or_default();
    let (deploy, inject) = scenario.timeline.split_at(mark);
    let reconciler = super::reconciler::reconciler(scenario)?;
    let mut files = files;
    let mut first = Vec::new();
    if let (Some(reconciler), Some(declared)) = (&reconciler, &scenario.reconciler) {
        files.extend(reconciler.files(declared));
        first.push(reconciler.begin());
    }
    first.extend(lowering.steps(deploy, &Outcome::Succeeds)?);
    let steps = procedure.map_or(&[] as &[Item], |procedure| &procedure.steps);
    Ok(Plan {
        scenario: scenario.metadata.name.text.clone(),
        title: scenario.metadata.title.clone(),
        variant: variant.clone(),
        procedure: procedure.map(|procedure| procedure.name.text.clone()).unwrap_or_default(),
        role: procedure
            .map_or(Role::Alternative, |procedure| super::listing::role(scenario, procedure, &variant)),
        helm: choice.helm.to_owned(),
        other_helm: other_helm(scenario, choice.helm),
        database: scenario.database,
        seed: choice.seed,
        namespaces: scenario.environments.iter().map(|name| name.text.clone()).collect(),
        release: scenario.release.name.text.clone(),
        files,
        behaviours: scenario.behaviours.clone(),
        reconciler,
        deploy: first,
        steady_state: lowering.steady_state()?,
        inject: lowering.steps(inject, &Outcome::Succeeds)?,
        symptoms: lowering.symptoms()?,
        recover: lowering.steps(steps, &Outcome::Any)?,
        own_chart: None,
        responder: None,
        objectives: lowering.objectives()?,
        safeguards: lowering.safeguards()?,
        settle: u64::from(scenario.settle) * 1000,
        expect: procedure.map_or_else(open, |procedure| expectation(procedure, &variant, choice.helm)),
    })
}

/// The second Helm. Where the drill's own is one that the scenario means, it is that one.
fn other_helm(scenario: &Scenario, helm: &str) -> Option<String> {
    let named = &scenario.other_helm.as_ref()?.text;
    Some(if scenario::begins(helm, named) { helm.to_owned() } else { named.clone() })
}

fn fits(scenario: &Scenario, helm: &str) -> Result<(), LowerError> {
    let Some(range) = &scenario.helm else { return Ok(()) };
    match scenario::allows(&range.text, helm)? {
        true => Ok(()),
        false => Err(LowerError::Helm {
            scenario: scenario.metadata.name.text.clone(),
            range: range.text.clone(),
            helm: helm.to_owned(),
        }),
    }
}

/// What is expected of somebody who decides on the way.
fn open() -> Expectation {
    Expectation { verdict: Verdict::Recovered, trips: Vec::new(), because: String::new() }
}

/// What a procedure comes to in a variant with a version of Helm.
pub(super) fn expectation(procedure: &Procedure, variant: &str, helm: &str) -> Expectation {
    let differs = procedure.differs(variant);
    let expect = differs.and_then(|differs| differs.expect.as_ref()).unwrap_or(&procedure.expect);
    let because = differs.and_then(|differs| differs.because.as_ref()).unwrap_or(&procedure.because);
    let judgement = expect.with(helm);
    let verdict = match judgement {
        Judgement::Recovered => Verdict::Recovered,
        Judgement::Degraded(_) => Verdict::Degraded,
        Judgement::Failed(_) => Verdict::Failed,
        Judgement::Catastrophic(_) => Verdict::Catastrophic,
    };
    Expectation { verdict, trips: judgement.trips().to_vec(), because: because.clone() }
}

/// A scenario and what its placeholders stand for.
pub(super) struct Lowering<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) bindings: Bindings,
}

impl Lowering<'_> {
    fn steps(&self, items: &[Item], otherwise: &Outcome) -> Result<Vec<Step>, LowerError> {
        let commands = items.iter().filter_map(Item::command);
        let ours = commands.filter(|command| self.bindings.applies(&command.only));
        ours.map(|command| self.step(command, otherwise)).collect()
    }

    fn step(&self, command: &Command, otherwise: &Outcome) -> Result<Step, LowerError> {
        let origin = self.origin(&command.run);
        let fault =
            command.fault.as_ref().map(|fault| self.rule(fault, command.bites, &origin)).transpose()?;
        let outcome = match (&command.outcome, &command.fault) {
            (Some(outcome), _) => self.outcome(outcome)?,
            (None, Some(Fault::Kill(_))) => Outcome::Killed,
            (None, Some(_)) => Outcome::Any,
            (None, None) => otherwise.clone(),
        };
        let line = self.bindings.within(command.environment.as_ref()).text(&command.run.text)?;
        let first = self.scenario.environments.first();
        let other = command.environment.as_ref().filter(|name| Some(*name) != first);
        let namespace = other.map(|name| name.text.clone());
        let timeout = command.timeout.unwrap_or(TIMEOUT);
        Ok(Step { line, origin, fault, namespace, outcome, timeout, session: false })
    }

    /// Where something was written.
    pub(super) fn origin(&self, at: &Placed) -> String {
        format!("{}:{}", self.scenario.file, at.place.line)
    }

    fn outcome(&self, outcome: &scenario::Outcome) -> Result<Outcome, LowerError> {
        Ok(match outcome {
            scenario::Outcome::Succeeds => Outcome::Succeeds,
            scenario::Outcome::Fails => Outcome::Fails,
            scenario::Outcome::FailsWith(text) => Outcome::FailsWith(self.bindings.text(text)?),
            scenario::Outcome::Killed => Outcome::Killed,
            scenario::Outcome::Any => Outcome::Any,
        })
    }

    fn rule(&self, fault: &Fault, bites: Option<scenario::Bites>, origin: &str) -> Result<Rule, LowerError> {
        let call = self.bindings.text(fault.call())?;
        let when: Matcher =
            call.parse().map_err(|error| LowerError::Call { origin: origin.to_owned(), error })?;
        let (what, verdict) = match fault {
            Fault::Kill(scenario::Side::Before(_)) => ("kill before", fault::Verdict::Kill(Side::Before)),
            Fault::Kill(scenario::Side::After(_)) => ("kill after", fault::Verdict::Kill(Side::After)),
            Fault::Sever(_) => ("sever", fault::Verdict::Sever),
            Fault::LoseReply(_) => ("lose reply of", fault::Verdict::LoseReply),
            Fault::CutWatch(_) => ("cut", fault::Verdict::CutWatch),
            Fault::Delay(delay) => ("delay", fault::Verdict::Forward { after: delay.milliseconds }),
            Fault::Reject(reject) => {
                let (reason, message) = (reject.reason.clone(), reject.message.clone());
                ("reject", fault::Verdict::Reject(Refusal { code: reject.code, reason, message }))
            }
        };
        let bites = match bites {
            None | Some(scenario::Bites::Times(1)) => fault::Bites::Once,
            Some(scenario::Bites::Times(times)) => fault::Bites::Times(times),
            Some(scenario::Bites::While(scenario::Always::Always)) => fault::Bites::Always,
        };
        Ok(Rule { id: format!("{what} {when}"), when, verdict, bites })
    }
}
