//! Asks commands what they say, once a recovery is over, for the checks that want to know: of a copy of the cluster
//! where it can be copied, so that nothing of the drill is touched. What they say is written down; whether that is any
//! good is a matter of `check`.

use super::DrillError;
use super::commands::{Said, Shell};
use super::site::Endpoints;
use super::stand::Stand;
use crate::check::Inquiry;
use crate::plan::{Outcome, Plan, Span, Step};
use crate::transcript::{By, Event, Recorder, Transcript};

/// The time limit of a command, in seconds.
const LIMIT: u32 = 60;

/// A command that is asked, where it says so, and what it said.
struct Asked {
    step: Step,
    said: Said,
    /// The calls by which it changed something.
    changes: Vec<String>,
}

impl Stand {
    /// Runs every command that a check of the end asks and writes down what it said. The calls that it makes are not
    /// written down: they are none of the recovery.
    pub(super) async fn inquire(&self, plan: &Plan) -> Result<(), DrillError> {
        let steps = steps(plan);
        if steps.is_empty() {
            return Ok(());
        }
        let (before, at) = self.recorder.with(|transcript| {
            (transcript.entries.len(), transcript.entries.last().map_or(transcript.began, |entry| entry.at))
        });
        let aside = Recorder::new(self.cluster.now());
        let asked = match self.cluster.fork(&aside).await? {
            Some(cluster) => {
                let site = self.site.twin(&self.workshop, &Endpoints::of(&cluster), plan)?;
                let shell =
                    Shell { site: &site, cluster: &cluster, recorder: &aside, lease: &self.workshop.lease };
                let asked = ask(&shell, &aside, steps).await;
                cluster.close().await;
                asked?
            }
            None => {
                let shell = Shell { recorder: &aside, ..self.shell() };
                ask(&shell, &self.recorder, steps).await?
            }
        };
        // What went on meanwhile came after the end.
        self.recorder.with(|transcript| transcript.entries.truncate(before));
        for one in asked {
            one.events(self.shell().next_number()).for_each(|event| self.recorder.record(at, event));
        }
        Ok(())
    }
}

impl Asked {
    /// What is written down of it.
    fn events(self, command: u32) -> impl Iterator<Item = Event> {
        let Asked {
            step: Step { line, origin, namespace, .. },
            said: Said { exit, stdout, stderr },
            changes,
        } = self;
        let began = Event::Began { command, line, origin, namespace, by: By::Grade };
        let ended = Event::Ended { command, exit, stdout, stderr };
        let (check, evidence) = (Transcript::changed_by(command), changes.join(", "));
        let changed = (!changes.is_empty()).then_some(Event::Checked { check, held: false, evidence });
        [began, ended].into_iter().chain(changed)
    }
}

/// Runs commands one after another; `recorder` is the one that hears of their calls.
async fn ask(shell: &Shell<'_>, recorder: &Recorder, steps: Vec<Step>) -> Result<Vec<Asked>, DrillError> {
    let mut asked = Vec::new();
    for step in steps {
        let before = recorder.with(|transcript| transcript.entries.len());
        let said = shell.run_by(By::Grade, &step).await?;
        let changes = recorder.with(|transcript| {
            let since = transcript.entries[before..].iter();
            since.filter_map(|entry| changed(&entry.event)).collect()
        });
        asked.push(Asked { step, said, changes });
    }
    Ok(asked)
}

/// The call, where it is one that may have changed something.
fn changed(event: &Event) -> Option<String> {
    let Event::Call(call) = event else { return None };
    let changed = !call.actor.is_ours() && call.may_have_changed();
    changed.then(|| format!("{} {}", call.verb.http_method(), call.path))
}

/// The commands that the objectives and the safeguards of the end ask, each once.
fn steps(plan: &Plan) -> Vec<Step> {
    let objectives = plan.objectives.iter().map(|objective| (&objective.id, &objective.check));
    let asserts = plan.safeguards.iter().filter(|safeguard| safeguard.span == Span::Assert);
    let asserts = asserts.map(|safeguard| (&safeguard.id, &safeguard.check));
    let mut found: Vec<Step> = Vec::new();
    for (id, check) in objectives.chain(asserts) {
        for Inquiry { namespace, line } in check.inquiries(&plan.namespaces) {
            let namespace = (plan.namespaces.first() != Some(&namespace)).then_some(namespace);
            if found.iter().all(|step| step.line != line || step.namespace != namespace) {
                found.push(Step {
                    line,
                    origin: id.clone(),
                    fault: None,
                    namespace,
                    outcome: Outcome::Any,
                    timeout: LIMIT,
                    session: false,
                });
            }
        }
    }
    found
}
