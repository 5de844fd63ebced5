//! Runs every way of every section: a scenario is broken once for each version of Helm, and every way that answers it is
//! tried on a fork of its own.

use super::super::beside::{self, Others};
use super::super::exit::{Failure, chain};
use super::super::{Places, chosen, surroundings};
use super::answers::{self, Answer};
use super::{Args, Subject, findings, open};
use crate::behaviour::Pace;
use crate::cluster::{Backend, Provider};
use crate::drill::{self, Binaries, Ground, Workshop};
use crate::grade;
use crate::plan::{LowerError, Plan};
use crate::report::validation::{Exercise, FORMAT, SectionRecord, Validation, WayRecord};
use crate::runbook::{self, Circumstances, Facts, Fate, Prepared};
use crate::scenario;
use crate::tools::{Found, Tool, Tools};
use crate::transcript::{Recorder, Transcript};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A way that is to be tried: runbook, section, way.
type At = (usize, usize, usize);

/// Ways that are tried on one broken scenario.
struct Batch {
    open: Plan,
    binaries: Binaries,
    ways: Vec<At>,
}

/// A way that was tried, or could not be.
pub(super) struct Tried {
    pub(super) at: At,
    pub(super) helm: String,
    pub(super) prepared: Prepared,
    pub(super) ended: Option<(Plan, Transcript, grade::Scorecard)>,
    pub(super) why: String,
}

/// Exercises everything and writes down what it came to.
pub(super) async fn exercise(subject: &Subject, args: &Args, places: &Places) -> Result<Validation, Failure> {
    let wanted =
        args.helm.iter().map(|text| chosen::which(Tool::Helm, text)).collect::<Result<Vec<_>, _>>()?;
    let kubectl = chosen::which(Tool::Kubectl, &args.kubectl)?;
    let seed = args.seed.unwrap_or_else(surroundings::any_seed);
    let answers = answered(subject, args)?;
    let lease = surroundings::lease(places).await?;
    let tools = surroundings::tools(places, Some(&lease))?;
    let helms = chosen::helms(&tools, &wanted).await?;
    let kubectl = chosen::binary(&tools, Tool::Kubectl, &kubectl).await?;
    let jobs = args.jobs.map_or_else(surroundings::jobs, std::num::NonZeroUsize::get);
    let slots = Arc::new(Semaphore::new(jobs));
    let backend = Backend::Embedded { pace: Pace::Instant, rbac: false };
    let (batches, refused) = batches(subject, &answers, &tools, &helms, &kubectl, seed).await?;
    let running = batches.into_iter().map(|batch| {
        let workshop = Workshop { lease: lease.clone(), binaries: batch.binaries.clone() };
        let provider = Provider::new(backend.clone(), lease.clone());
        let ground = Ground { provider, workshop, slots: slots.clone() };
        try_all(subject, args, ground, batch)
    });
    let tried = together(running).await;
    let tried = tried.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut tried: Vec<Tried> = tried.into_iter().flatten().collect();
    tried.extend(refused);
    let mut validation = Validation {
        format: FORMAT,
        helmdrill: env!("CARGO_PKG_VERSION").to_owned(),
        seed: seed.0,
        met: true,
        runbooks: subject.runbooks.iter().map(|runbook| runbook.file.clone()).collect(),
        helm: helms.iter().map(|helm| helm.version.to_string()).collect(),
        sections: Vec::new(),
        concerns: findings::concerns(subject, &tried),
        ignored_blocks: BTreeMap::new(),
    };
    for (number, runbook) in subject.runbooks.iter().enumerate() {
        for (language, count) in &runbook.ignored {
            *validation.ignored_blocks.entry(language.clone()).or_default() += count;
        }
        for (at, section) in runbook.sections.iter().enumerate() {
            let (scenario, because) = told(subject, &answers[number][at]);
            let ways = section.alternatives.iter().enumerate().map(|(way, alternative)| WayRecord {
                name: alternative.name.clone(),
                exercises: exercises(&tried, (number, at, way), &validation.helm),
            });
            validation.sections.push(SectionRecord {
                runbook: runbook.file.clone(),
                title: section.title.clone(),
                line: section.place.line,
                scenario,
                because,
                ways: ways.collect(),
            });
        }
    }
    validation.met = validation.concerns.iter().all(|concern| concern.weight != findings::ERROR);
    Ok(validation)
}

/// The answers of every section of every runbook.
fn answered(subject: &Subject, args: &Args) -> Result<Vec<Vec<Answer>>, Failure> {
    let of_runbook = |runbook: &runbook::Runbook| {
        let sections = runbook.sections.iter();
        sections
            .map(|section| answers::answer(subject, section, &subject.said(runbook, section), args))
            .collect::<Result<Vec<_>, _>>()
    };
    subject.runbooks.iter().map(of_runbook).collect()
}

fn told(subject: &Subject, answer: &Answer) -> (Option<String>, String) {
    match answer {
        Answer::None(why) => (None, why.clone()),
        Answer::Scenario { source, variant, because } => {
            (Some(answers::named(&subject.sources[*source], variant)), because.clone())
        }
    }
}

fn exercises(tried: &[Tried], at: At, helms: &[String]) -> Vec<Exercise> {
    let of = |helm: &String| {
        let found = tried.iter().find(|one| one.at == at && one.helm == *helm);
        match found {
            Some(one) => findings::record(one),
            None => Exercise::none(helm, "no scenario", Vec::new()),
        }
    };
    helms.iter().map(of).collect()
}

/// The batches, and the ways whose scenario does not apply to a version of Helm.
async fn batches(
    subject: &Subject,
    answers: &[Vec<Answer>],
    tools: &Tools,
    helms: &[Found],
    kubectl: &Found,
    seed: crate::seed::Seed,
) -> Result<(Vec<Batch>, Vec<Tried>), Failure> {
    let mut wanted: BTreeMap<(usize, String), Vec<At>> = BTreeMap::new();
    for (runbook, sections) in answers.iter().enumerate() {
        for (section, answer) in sections.iter().enumerate() {
            if let Answer::Scenario { source, variant, .. } = answer {
                let ways = 0..subject.runbooks[runbook].sections[section].alternatives.len();
                let all = wanted.entry((*source, variant.clone())).or_default();
                all.extend(ways.map(|way| (runbook, section, way)));
            }
        }
    }
    let (mut batches, mut refused, mut others) = (Vec::new(), Vec::new(), Others::default());
    for ((source, variant), ways) in wanted {
        for helm in helms {
            let version = helm.version.to_string();
            match open(&subject.sources[source], &variant, &version, seed) {
                Ok(mut open) => {
                    let lines = ways.iter().flat_map(|at| subject.lines(*at));
                    open.other_helm = open.other_helm.or_else(|| beside::called(lines, &version));
                    let other_helm = others.find(tools, &open, helms).await?;
                    let (helm, kubectl) = (helm.path.clone(), kubectl.path.clone());
                    let binaries = Binaries { helm, kubectl, other_helm };
                    batches.push(Batch { open, binaries, ways: ways.clone() });
                }
                Err(why @ LowerError::Helm { .. }) => {
                    refused.extend(ways.iter().map(|at| Tried {
                        at: *at,
                        helm: version.clone(),
                        prepared: Prepared::default(),
                        ended: None,
                        why: why.to_string(),
                    }));
                }
                Err(why) => return Err(Failure::invalid(chain(&why))),
            }
        }
    }
    Ok((batches, refused))
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
async fn try_all(
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

/// Waits for all, which go on side by side.
async fn together<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<std::pin::Pin<Box<F>>> = all.map(Box::pin).collect();
    let mut ended: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut open = false;
        for (one, ended) in waiting.iter_mut().zip(&mut ended).filter(|(_, ended)| ended.is_none()) {
            match one.as_mut().poll(context) {
                std::task::Poll::Ready(output) => *ended = Some(output),
                std::task::Poll::Pending => open = true,
            }
        }
        if open { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    ended.into_iter().flatten().collect()
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
