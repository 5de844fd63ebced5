//! What a scenario states of the state of things, lowered: the steady state, symptoms, objectives and safeguards.

use super::lower::{LowerError, Lowering, TIMEOUT};
use super::{Named, Objective, Outcome, Safeguard, Severity, Span, Step, Symptom};
use crate::check::{Check, History, Manifest, ReleaseIs};
use crate::scenario;

impl Lowering<'_> {
    /// What holds before anything is broken.
    pub(super) fn steady_state(&self) -> Result<Vec<Named>, LowerError> {
        if self.scenario.steady_state.is_empty() {
            return Ok(self.healthy());
        }
        let ours = self.scenario.steady_state.iter().filter(|stated| self.bindings.applies(&stated.only));
        ours.map(|stated| {
            Ok(Named { id: stated.id.text.clone(), check: self.bindings.check(&stated.check)? })
        })
        .collect()
    }

    /// The steady state of a scenario that states none: one deployed revision, nothing pending, every object as its
    /// manifest says.
    fn healthy(&self) -> Vec<Named> {
        let release = self.scenario.release.name.text.clone();
        let named = |id: &str, check| Named { id: id.to_owned(), check };
        let status = Some("deployed".to_owned());
        let is = ReleaseIs { name: release.clone(), status, ..ReleaseIs::default() };
        let history = History {
            release: release.clone(),
            deployed: Some(1),
            pending: Some(0),
            undecodable: Some(0),
            ..History::default()
        };
        vec![
            named("deployed", Check::Release(is)),
            named("history", Check::History(history)),
            named(
                "objects",
                Check::OwnedObjectsMatchManifest(Manifest {
                    release,
                    namespace: None,
                    driver: Default::default(),
                }),
            ),
        ]
    }

    /// What is seen when it is broken.
    pub(super) fn symptoms(&self) -> Result<Vec<Symptom>, LowerError> {
        let ours = self.scenario.symptoms.iter().filter(|symptom| self.bindings.applies(&symptom.only));
        let mut lowered = Vec::new();
        for symptom in ours {
            if let Some(check) = &symptom.check {
                let id = symptom.id.as_ref().map(|id| id.text.clone()).unwrap_or_default();
                lowered.push(Symptom::State(Named { id, check: self.bindings.check(check)? }));
            }
            if let Some(run) = &symptom.run {
                let outcome = match &symptom.fails_with {
                    Some(text) => Outcome::FailsWith(self.bindings.text(text)?),
                    None => Outcome::Fails,
                };
                let line = self.bindings.text(&run.text)?;
                let origin = self.origin(run);
                let timeout = TIMEOUT;
                let step =
                    Step { line, origin, fault: None, namespace: None, outcome, timeout, session: false };
                lowered.push(Symptom::Says(step));
            }
        }
        Ok(lowered)
    }

    /// What a recovery is to bring about.
    pub(super) fn objectives(&self) -> Result<Vec<Objective>, LowerError> {
        let ours = self.scenario.objectives.iter().filter(|objective| self.bindings.applies(&objective.only));
        ours.map(|objective| {
            let check = self.bindings.check(&objective.check)?;
            Ok(Objective { id: objective.id.text.clone(), weight: objective.weight, check })
        })
        .collect()
    }

    /// What must not happen meanwhile.
    pub(super) fn safeguards(&self) -> Result<Vec<Safeguard>, LowerError> {
        let ours = self.scenario.safeguards.iter().filter(|safeguard| self.bindings.applies(&safeguard.only));
        let mut lowered = Vec::new();
        for safeguard in ours {
            let severity = match safeguard.severity {
                scenario::Severity::Recoverable => Severity::Recoverable,
                scenario::Severity::Catastrophic => Severity::Catastrophic,
            };
            let order = safeguard.order.as_ref().map(|order| {
                let then = order.then.iter().map(|name| name.text.clone()).collect();
                (Span::Before(then), &order.first)
            });
            let hold = safeguard.hold.as_ref().map(|check| (Span::Hold, check));
            let assert = safeguard.assert.as_ref().map(|check| (Span::Assert, check));
            for (span, check) in hold.into_iter().chain(assert).chain(order) {
                let (id, check) = (safeguard.id.text.clone(), self.bindings.check(check)?);
                lowered.push(Safeguard { id, severity, penalty: safeguard.penalty, span, check });
            }
        }
        Ok(lowered)
    }
}
