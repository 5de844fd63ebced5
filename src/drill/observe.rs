//! Looks at the cluster during a drill: takes the snapshots that the transcript keeps, asks the checks that must be
//! decided while the drill runs, and gives the cluster the time that it needs to come to rest.

use super::DrillError;
use crate::check::{Answer, Check, View};
use crate::cluster::Cluster;
use crate::plan::{Named, Plan};
use crate::snapshot::Snapshot;
use crate::transcript::{Event, Label, Recorder};
use std::time::Duration;

/// For how long a cluster may go on moving before it is judged as it is, and how often it is looked at.
const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_secs(1);

/// A drill's eyes.
pub(super) struct Eyes<'a> {
    pub(super) plan: &'a Plan,
    pub(super) cluster: &'a Cluster,
    pub(super) recorder: &'a Recorder,
}

impl Eyes<'_> {
    /// Takes a snapshot and keeps it.
    pub(super) async fn keep(&self, label: Label) -> Result<Snapshot, DrillError> {
        let snapshot = self.cluster.snapshot().await?;
        self.recorder.record(self.cluster.now(), Event::Snapshot { label, snapshot: snapshot.clone() });
        Ok(snapshot)
    }

    /// Asks every check and writes down the answers; the first that does not hold is returned.
    pub(super) fn decide(&self, checks: &[Named], baseline: &Snapshot, now: &Snapshot) -> Option<Answer> {
        let mut failed = None;
        for named in checks {
            let answer = self.answer(&named.check, baseline, now);
            self.say(&named.id, &answer);
            if !answer.held && failed.is_none() {
                failed = Some(answer);
            }
        }
        failed
    }

    /// Writes down an answer.
    pub(super) fn say(&self, check: &str, answer: &Answer) {
        let Answer { held, evidence } = answer.clone();
        self.recorder.record(self.cluster.now(), Event::Checked { check: check.to_owned(), held, evidence });
    }

    fn answer(&self, check: &Check, baseline: &Snapshot, now: &Snapshot) -> Answer {
        let (namespaces, at) = (self.plan.namespaces.as_slice(), self.cluster.now());
        self.recorder.with(|transcript| {
            check.answer(&View { namespaces, baseline, now, at, record: transcript.since_baseline() })
        })
    }

    /// Lets time pass until all checks hold, the cluster is at rest, or patience ends. `baseline` is what the
    /// checks compare with; the present where there is none yet.
    pub(super) async fn converge(
        &self,
        checks: &[&Check],
        baseline: Option<&Snapshot>,
    ) -> Result<(), DrillError> {
        let mut waited = Duration::ZERO;
        loop {
            let now = self.cluster.snapshot().await?;
            let holds = |check: &&Check| self.answer(check, baseline.unwrap_or(&now), &now).held;
            if checks.iter().all(holds) || waited >= PATIENCE || self.cluster.is_at_rest() {
                return Ok(());
            }
            self.cluster.advance(GLANCE).await;
            waited += GLANCE;
        }
    }
}
