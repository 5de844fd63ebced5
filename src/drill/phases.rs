//! The phases as values: what one leaves is what the next begins with.

use super::DrillError;
use super::attended::Attended;
use super::reconcile::Memory;
use super::site::{Endpoints, Site, Workshop};
use super::stand::Stand;
use crate::check::Answer;
use crate::cluster::Provider;
use crate::plan::Plan;
use crate::snapshot::Snapshot;
use crate::transcript::{Event, Label, Phase, Recorder, Transcript};

/// A release in its steady state.
#[derive(Debug)]
pub struct Baseline {
    stand: Stand,
    snapshot: Snapshot,
}

/// A broken release: where every recovery begins.
#[derive(Debug)]
pub struct Damage {
    stand: Stand,
    baseline: Snapshot,
}

impl Baseline {
    /// Provides a cluster and brings the release to its steady state.
    ///
    /// # Errors
    /// Where the cluster cannot be provided, or the steady state is not reached: no healthy baseline, no drill.
    pub async fn reach(
        plan: &Plan,
        provider: &Provider,
        workshop: &Workshop,
        recorder: Recorder,
    ) -> Result<Baseline, DrillError> {
        let began = recorder.with(|transcript| transcript.began);
        recorder.record(began, Event::Phase { phase: Phase::Provision });
        let mut cluster = provider.provide(plan.seed, &plan.namespaces, &plan.behaviours, &recorder).await?;
        if plan.database {
            cluster.open_database(&recorder).await?;
        }
        let site = Site::prepare(workshop, &Endpoints::of(&cluster), plan)?;
        let mut stand =
            Stand { workshop: workshop.clone(), cluster, site, recorder, memory: Memory::default() };
        stand.enter(Phase::Deploy);
        for step in &plan.deploy {
            let said = stand.shell().run(step).await?;
            if let Some(told) = said.misses(&step.outcome) {
                let told = said.complaint().unwrap_or(&told);
                return Err(DrillError::Unsteady {
                    what: format!("{}: `{}`: {told}", step.origin, step.line),
                });
            }
            stand.reconcile(plan).await?;
        }
        let eyes = stand.eyes(plan);
        let checks: Vec<_> = plan.steady_state.iter().map(|named| &named.check).collect();
        eyes.converge(&checks, None).await?;
        let snapshot = eyes.keep(Label::Baseline).await?;
        if let Some(answer) = eyes.decide(&plan.steady_state, &snapshot, &snapshot) {
            return Err(DrillError::Unsteady { what: answer.evidence });
        }
        Ok(Baseline { stand, snapshot })
    }

    /// Breaks the release and takes the evidence that it is broken. That the fault did not bite is no error: the
    /// transcript says so, and the grade is inconclusive.
    ///
    /// # Errors
    /// Where a command cannot be started or the cluster does not answer.
    pub async fn inject(self, plan: &Plan) -> Result<Damage, DrillError> {
        let Baseline { mut stand, snapshot: baseline } = self;
        stand.enter(Phase::Inject);
        for step in &plan.inject {
            let before = stand.recorder.with(|transcript| transcript.entries.len());
            let said = stand.shell().run(step).await?;
            if let Some(told) = said.misses(&step.outcome) {
                let evidence = stand
                    .toothless(step, before)
                    .unwrap_or_else(|| format!("`{}` was to end otherwise: {told}", step.line));
                stand.eyes(plan).say("injection", &Answer { held: false, evidence });
            }
            stand.reconcile(plan).await?;
        }
        stand.evidence(plan, &baseline).await?;
        Ok(Damage { stand, baseline })
    }
}

impl Damage {
    /// What has happened up to here.
    pub fn transcript(&self) -> Transcript {
        self.stand.recorder.transcript()
    }

    /// Whether it can be forked: where it cannot, it is broken anew for every recovery.
    pub fn can_fork(&self) -> bool {
        self.stand.cluster.can_fork()
    }

    /// Another broken release, the same in everything, that lives its own life from here. `None` where the cluster
    /// cannot be forked.
    ///
    /// # Errors
    /// Where the fork cannot listen or its folder cannot be made.
    pub async fn fork(&self, plan: &Plan) -> Result<Option<Damage>, DrillError> {
        let recorder = self.stand.recorder.fork();
        let Some(cluster) = self.stand.cluster.fork(&recorder).await? else { return Ok(None) };
        let site = self.stand.site.twin(&self.stand.workshop, &Endpoints::of(&cluster), plan)?;
        let (workshop, memory) = (self.stand.workshop.clone(), self.stand.memory.clone());
        let stand = Stand { workshop, cluster, site, recorder, memory };
        Ok(Some(Damage { stand, baseline: self.baseline.clone() }))
    }

    /// Runs the recovery and watches over the end state for the settle window.
    ///
    /// # Errors
    /// Where a command cannot be started or the cluster does not answer.
    pub async fn recover(self, plan: &Plan) -> Result<Transcript, DrillError> {
        let Damage { mut stand, baseline } = self;
        stand.cluster.go_on();
        stand.enter(Phase::Recover);
        if let Some(responder) = &plan.responder {
            for (check, answer) in stand.shell().hand_over(plan, responder).await? {
                stand.eyes(plan).say(check, &answer);
            }
            stand.reconcile(plan).await?;
        }
        for step in &plan.recover {
            let goes_on = stand.carry_out(plan, step).await?;
            stand.reconcile(plan).await?;
            if !goes_on {
                break;
            }
        }
        stand.conclude(plan, &baseline).await
    }

    /// Begins a recovery by somebody who decides on the way.
    pub fn attend(self, plan: Plan) -> Attended {
        let Damage { stand, baseline } = self;
        stand.cluster.go_on();
        stand.enter(Phase::Recover);
        Attended::begin(stand, baseline, plan)
    }
}
