//! The phases as values: what one leaves is what the next begins with.

use super::DrillError;
use super::commands::Shell;
use super::observe::Eyes;
use super::reconcile::{Memory, Reconciling};
use super::site::{Site, Workshop};
use crate::check::Answer;
use crate::cluster::{Cluster, Provider};
use crate::plan::{Plan, Step, Symptom};
use crate::snapshot::Snapshot;
use crate::transcript::{Event, Label, Phase, Recorder, Transcript};
use std::time::Duration;

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

/// A cluster, a place to run commands in, and the transcript of both.
#[derive(Debug)]
struct Stand {
    workshop: Workshop,
    cluster: Cluster,
    site: Site,
    recorder: Recorder,
    memory: Memory,
}

impl Stand {
    fn shell(&self) -> Shell<'_> {
        Shell {
            site: &self.site,
            cluster: &self.cluster,
            recorder: &self.recorder,
            lease: &self.workshop.lease,
        }
    }

    fn eyes<'a>(&'a self, plan: &'a Plan) -> Eyes<'a> {
        Eyes { plan, cluster: &self.cluster, recorder: &self.recorder }
    }

    /// Gives the reconciler its turn, where there is one.
    async fn reconcile(&mut self, plan: &Plan) -> Result<(), DrillError> {
        let mut memory = std::mem::take(&mut self.memory);
        if let Some(plan) = &plan.reconciler {
            Reconciling { plan, shell: self.shell(), memory: &mut memory }.turn().await?;
        }
        self.memory = memory;
        Ok(())
    }

    /// Lets the settle window pass, with what a reconciler does meanwhile.
    async fn settle(&mut self, plan: &Plan) -> Result<(), DrillError> {
        let window = Duration::from_millis(plan.settle);
        let mut memory = std::mem::take(&mut self.memory);
        match &plan.reconciler {
            Some(plan) => {
                let mut reconciling = Reconciling { plan, shell: self.shell(), memory: &mut memory };
                reconciling.watch_over(window).await?;
            }
            None => self.cluster.advance(window).await,
        }
        self.memory = memory;
        Ok(())
    }

    fn enter(&self, phase: Phase) {
        self.recorder.record(self.cluster.now(), Event::Phase { phase });
    }
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
        let cluster = provider.provide(plan.seed, &plan.namespaces, &plan.behaviours, &recorder).await?;
        let site = Site::prepare(workshop, cluster.kubeconfig(), plan)?;
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
            let said = stand.shell().run(step).await?;
            if let Some(told) = said.misses(&step.outcome) {
                let evidence = format!("`{}` was to end otherwise: {told}", step.line);
                stand.eyes(plan).say("injection", &Answer { held: false, evidence });
            }
            stand.reconcile(plan).await?;
        }
        stand.evidence(plan, &baseline).await?;
        Ok(Damage { stand, baseline })
    }
}

impl Stand {
    /// Decides the symptoms and keeps the broken state.
    async fn evidence(&self, plan: &Plan, baseline: &Snapshot) -> Result<(), DrillError> {
        let eyes = self.eyes(plan);
        let mut states = Vec::new();
        for (at, symptom) in plan.symptoms.iter().enumerate() {
            match symptom {
                Symptom::State(named) => states.push(named.clone()),
                Symptom::Says(step) => {
                    let said = self.shell().run(step).await?;
                    let missed = said.misses(&step.outcome);
                    let held = missed.is_none();
                    let evidence = missed.unwrap_or_else(|| "it says what it must".to_owned());
                    eyes.say(&format!("symptom {}: {}", at + 1, step.line), &Answer { held, evidence });
                }
            }
        }
        let checks: Vec<_> = states.iter().map(|named| &named.check).collect();
        eyes.converge(&checks, Some(baseline)).await?;
        // Recoveries may have to wait for their turn; the broken release does not change meanwhile.
        self.cluster.stop_time();
        let now = eyes.keep(Label::Broken).await?;
        eyes.decide(&states, baseline, &now);
        Ok(())
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
        let site = self.stand.site.twin(&self.stand.workshop, cluster.kubeconfig(), plan)?;
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
        let eyes = stand.eyes(plan);
        let checks: Vec<_> = plan.objectives.iter().map(|objective| &objective.check).collect();
        eyes.converge(&checks, Some(&baseline)).await?;
        stand.enter(Phase::Verify);
        stand.settle(plan).await?;
        let eyes = stand.eyes(plan);
        eyes.keep(Label::Recovered).await?;
        let transcript = stand.recorder.transcript();
        stand.cluster.close().await;
        Ok(transcript)
    }
}

impl Stand {
    /// Whether the recovery goes on after this step.
    async fn carry_out(&self, plan: &Plan, step: &Step) -> Result<bool, DrillError> {
        let said = self.shell().run(step).await?;
        let Some(told) = said.misses(&step.outcome) else { return Ok(true) };
        let evidence = format!("the procedure stops here: {told}");
        self.eyes(plan).say(&format!("step `{}`", step.line), &Answer { held: false, evidence });
        Ok(false)
    }
}
