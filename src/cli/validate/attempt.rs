//! Trying ways: a scenario is broken once for each version of Helm, and every way that answers it is tried on a fork of its
//! own.

use super::super::exit::Failure;
use super::super::surroundings;
use super::{Args, Subject};
use crate::drill::{self, Binaries, Ground};
use crate::grade;
use crate::plan::Plan;
use crate::runbook::{self, Circumstances, Facts, Fate, Prepared};
use crate::scenario;
use crate::transcript::{Recorder, Transcript};

/// A way that is to be tried: runbook, section, way.
pub(super) type At = (usize, usize, usize);

/// Ways that are tried on one broken scenario.
pub(super) struct Batch {
    pub(super) open: Plan,
    pub(super) binaries: Binaries,
    pub(super) ways: Vec<At>,
}

/// A way that was tried, or could not be.
pub(super) struct Tried {
    pub(super) at: At,
    pub(super) helm: String,
    pub(super) prepared: Prepared,
    pub(super) ended: Option<(Plan, Transcript, grade::Scorecard)>,
    pub(super) why: String,
}

/// The major version of Helm that a way is for, where its section has others for other versions: tabs `Helm 3`, `Helm 4`.
fn meant_for(section: &runbook::Section, way: usize) -> Option<u64> {
    let majors: Vec<Option<u64>> = section.alternatives.iter().map(|way| named_major(&way.name)).collect();
    let own = majors[way]?;
    majors.iter().flatten().any(|other| *other != own).then_some(own)
}

/// `Helm 3`, `Helm v4 (server-side apply)`.
fn named_major(name: &str) -> Option<u64> {
    let lower = name.to_lowercase();
    let (_, after) = lower.rsplit_once("helm")?;
    let after = after.trim_start_matches([' ', '-', 'v']);
    let number: String = after.chars().take_while(char::is_ascii_digit).collect();
    number.parse().ok().filter(|major| (2..=9).contains(major))
}

/// Breaks a scenario and tries its ways on forks of it.
pub(super) async fn try_all(
    subject: &Subject,
    args: &Args,
    ground: Ground,
    batch: Batch,
) -> Result<Vec<Tried>, Failure> {
    let Batch { open, ways, .. } = batch;
    let mut tried: Vec<Tried> = Vec::new();
    let recorder = Recorder::new(surroundings::now());
    let ended = drill::responses(
        &ground,
        &open,
        recorder,
        |broken| {
            let facts = Facts::seen(&open, broken);
            tried = ways.iter().map(|at| prepared(subject, args, &open, &facts, *at)).collect();
            tried.iter().filter(|one| one.runs()).map(|one| one.plan(subject, &open)).collect()
        },
        |(plan, _)| {
            super::super::say(&format!("  {} · helm {}: {}\n", plan.scenario, plan.helm, plan.procedure))
        },
    )
    .await
    .map_err(|error| Failure::environment(&error))?;
    let mut ended = ended.into_iter();
    for one in tried.iter_mut().filter(|one| one.runs()) {
        let Some((plan, transcript)) = ended.next() else { break };
        let transcript = transcript.map_err(|error| Failure::environment(&*error))?;
        let scorecard = grade::grade(&plan, &transcript);
        one.ended = Some((plan, transcript, scorecard));
    }
    Ok(tried)
}

fn prepared(subject: &Subject, args: &Args, open: &Plan, facts: &Facts, at: At) -> Tried {
    let runbook = &subject.runbooks[at.0];
    let section = &runbook.sections[at.1];
    let said = subject.said(runbook, section);
    let with = Circumstances { facts, said: &said, helm: &open.helm, limit: args.timeout };
    if let Some(major) = meant_for(section, at.2).filter(|major| *major != scenario::major(&open.helm)) {
        let why = format!("it is for Helm {major}");
        return Tried { at, helm: open.helm.clone(), prepared: Prepared::default(), ended: None, why };
    }
    let prepared = runbook::prepare(runbook, section, &section.alternatives[at.2], with);
    let why = "nothing in it can be run".to_owned();
    Tried { at, helm: open.helm.clone(), prepared, ended: None, why }
}

impl Tried {
    fn runs(&self) -> bool {
        self.prepared.steps.iter().any(|step| step.fate == Fate::Run)
    }

    /// The plan of this way.
    fn plan(&self, subject: &Subject, open: &Plan) -> Plan {
        let runbook = &subject.runbooks[self.at.0];
        let section = &runbook.sections[self.at.1];
        let way = &section.alternatives[self.at.2].name;
        let mut plan = open.clone();
        plan.procedure =
            if way.is_empty() { section.title.clone() } else { format!("{} › {way}", section.title) };
        plan.recover = self.prepared.recovery(&runbook.file);
        for (path, text) in &self.prepared.files {
            plan.files.entry(path.clone()).or_insert_with(|| text.clone());
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_for_another_major_of_helm_is_known_by_its_name() {
        let cases = [
            ("Helm 3", Some(3)),
            ("With Helm v4 (server-side apply)", Some(4)),
            ("Option A: helm rollback", None),
            ("helm 12 times", None),
        ];
        for (name, wanted) in cases {
            assert_eq!(named_major(name), wanted, "{name}");
        }
        let text = "# Stuck\n\n=== \"Helm 3\"\n\n    ```bash\n    helm list -a\n    ```\n\n=== \"Helm 4\"\n\n    \
                    ```bash\n    helm list\n    ```\n\n# Alone\n\n## Option A: Helm 3\n\n```bash\nhelm list\n```\n";
        let runbook = runbook::parse("guide.md", text);
        let told: Vec<Vec<Option<u64>>> = runbook
            .sections
            .iter()
            .map(|section| (0..section.alternatives.len()).map(|way| meant_for(section, way)).collect())
            .collect();
        assert_eq!(told, [vec![Some(3), Some(4)], vec![None]]);
    }
}
