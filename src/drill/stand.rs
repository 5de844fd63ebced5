//! Where a drill stands: a cluster, a private place, and the transcript, with what is done to them in more than one
//! phase. In which order, the phases say.

use super::DrillError;
use super::commands::Shell;
use super::observe::Eyes;
use super::reconcile::{Memory, Reconciling};
use super::site::{Site, Workshop};
use crate::call::{ResourcePath, Target};
use crate::check::Answer;
use crate::cluster::Cluster;
use crate::plan::{Plan, Step, Symptom};
use crate::snapshot::Snapshot;
use crate::transcript::{Event, Label, Phase, Recorder, Transcript};
use std::time::Duration;

/// `PATCH deployments/web`, where that is what somebody else than the drill asked for.
fn written_by(event: &Event) -> Option<String> {
    let Event::Call(call) = event else { return None };
    let Target::Resource(ResourcePath { resource, name, .. }) = Target::parse(&call.path) else {
        return None;
    };
    let ours = call.actor.is_ours() || !call.verb.mutates();
    let name = name.map_or(String::new(), |name| format!("/{name}"));
    (!ours).then(|| format!("{} {resource}{name}", call.verb.http_method()))
}

/// A cluster, a place to run commands in, and the transcript of both.
#[derive(Debug)]
pub(super) struct Stand {
    pub(super) workshop: Workshop,
    pub(super) cluster: Cluster,
    pub(super) site: Site,
    pub(super) recorder: Recorder,
    pub(super) memory: Memory,
}

impl Stand {
    pub(super) fn shell(&self) -> Shell<'_> {
        Shell {
            site: &self.site,
            cluster: &self.cluster,
            recorder: &self.recorder,
            lease: &self.workshop.lease,
        }
    }

    pub(super) fn eyes<'a>(&'a self, plan: &'a Plan) -> Eyes<'a> {
        Eyes { plan, cluster: &self.cluster, recorder: &self.recorder }
    }

    /// Gives the reconciler its turn, where there is one.
    pub(super) async fn reconcile(&mut self, plan: &Plan) -> Result<(), DrillError> {
        let mut memory = std::mem::take(&mut self.memory);
        if let Some(plan) = &plan.reconciler {
            Reconciling { plan, shell: self.shell(), memory: &mut memory }.turn().await?;
        }
        self.memory = memory;
        Ok(())
    }

    /// Lets the settle window pass, with what a reconciler does meanwhile.
    pub(super) async fn settle(&mut self, plan: &Plan) -> Result<(), DrillError> {
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

    pub(super) fn enter(&self, phase: Phase) {
        self.recorder.record(self.cluster.now(), Event::Phase { phase });
    }

    /// Why the fault of a step, whose entries begin there, did not bite: no call that the command made was the one that it
    /// waits for. `None` where it bit, or there is none.
    pub(super) fn toothless(&self, step: &Step, from: usize) -> Option<String> {
        let rule = step.fault.as_ref()?;
        self.recorder.with(|transcript| {
            let entries = &transcript.entries[from..];
            if entries.iter().any(|entry| matches!(entry.event, Event::Fault { .. })) {
                return None;
            }
            let mut written: Vec<String> = Vec::new();
            for call in entries.iter().filter_map(|entry| written_by(&entry.event)) {
                if !written.contains(&call) {
                    written.push(call);
                }
            }
            let all = if written.is_empty() { "nothing".to_owned() } else { written.join(", ") };
            Some(format!(
                "the fault `{}` did not bite: `{}` made no such call; it wrote {all}",
                rule.id, step.line
            ))
        })
    }

    /// Decides the symptoms and keeps the broken state.
    pub(super) async fn evidence(&self, plan: &Plan, baseline: &Snapshot) -> Result<(), DrillError> {
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

    /// Whether the recovery goes on after this step.
    pub(super) async fn carry_out(&self, plan: &Plan, step: &Step) -> Result<bool, DrillError> {
        let said = self.shell().run(step).await?;
        let Some(told) = said.misses(&step.outcome) else { return Ok(true) };
        let evidence = format!("the procedure stops here: {told}");
        self.eyes(plan).say(&format!("step `{}`", step.line), &Answer { held: false, evidence });
        Ok(false)
    }

    /// Watches over the end state for the settle window, and closes the transcript.
    pub(super) async fn conclude(
        mut self,
        plan: &Plan,
        baseline: &Snapshot,
    ) -> Result<Transcript, DrillError> {
        let checks = plan.objectives.iter().map(|objective| &objective.check);
        let checks: Vec<_> = checks.filter(|check| !check.waits_for_the_end()).collect();
        self.eyes(plan).converge(&checks, Some(baseline)).await?;
        self.enter(Phase::Verify);
        self.settle(plan).await?;
        self.eyes(plan).keep(Label::Recovered).await?;
        self.inquire(plan).await?;
        let transcript = self.recorder.transcript();
        self.cluster.close().await;
        Ok(transcript)
    }
}
