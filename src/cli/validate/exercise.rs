//! Runs every way of every section: finds out which scenario each answers, has all that answer one tried together, and
//! writes down what it came to.

use super::super::beside::{self, Others};
use super::super::exit::{Failure, chain};
use super::super::{Places, chosen, surroundings};
use super::answers::{self, Answer};
use super::attempt::{At, Batch, Tried, try_all};
use super::{Args, Subject, findings, open};
use crate::behaviour::Pace;
use crate::cluster::{Backend, Provider};
use crate::drill::{Binaries, Ground, Workshop};
use crate::plan::LowerError;
use crate::report::validation::{Exercise, FORMAT, SectionRecord, Validation, WayRecord};
use crate::runbook::{self, Prepared};
use crate::tools::{Found, Tool, Tools};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

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
