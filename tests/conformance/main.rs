//! Conformance: what was recorded of a real Kubernetes 1.36.2 is asked again, and every answer must be the recorded
//! one. The same suite runs on the embedded cluster and on any real one that the environment names; what is played
//! and how it is compared is one and the same. Owns the known differences, each with its reason.
//!
//! - [`api`]: requests and their whole answers, over the wire
//! - [`controllers`]: what kubectl is told, and every object, status and event that comes of it
//! - [`flows`]: what operators type with helm and kubectl: exit codes, outputs, changing calls
#![allow(
    clippy::disallowed_methods,
    reason = "reads recordings and the environment; a real cluster has its own time"
)]

mod api;
mod controllers;
mod controllers_mask;
mod difference;
mod flows;
mod flows_mask;
mod guard;
mod recordings;
mod subject;

/// What helmdrill itself has: the clusters live in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use difference::{Difference, Known, On, judge};
use flows::{Binaries, Flow};
use helmdrill::behaviour::Pace;
use helmdrill::seed::Seed;
use helmdrill::tools::{self, Settings, Tool, Tools, Version};
use recordings::{Recording, Recordings};
use std::collections::BTreeSet;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use subject::{Crew, Subject};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The kubectl that the recordings were made with.
const KUBECTL: Version = Version::new(1, 36, 3);

const KNOWN_ANSWERS: &[Known] = &[
    Known {
        on: On::Every,
        place: "accept-headers 2",
        why: "the answer is YAML text, and the resourceVersion that stands in it is not masked",
    },
    Known {
        on: On::Outside,
        place: "access-review 3",
        why: "/version says with which Go, when and from which commit the server was built",
    },
    Known {
        on: On::Every,
        place: "owners 2",
        why: "the uid of the owner stands in a key of managedFields, which is not masked",
    },
];

const KNOWN_ENDS: &[Known] = &[Known {
    on: On::Embedded,
    place: "rollout-good",
    why: "one probe of a stopping container timed out on the recorded machine: luck, not behaviour",
}];

const KNOWN_STEPS: &[Known] = &[Known {
    on: On::Embedded,
    place: "basics.helm4 8 Output",
    why: "the recorded machine's distribution mounts a ConfigMap of its own into every pod, and the mask leaves nothing \
          of a line that names it; a Kubernetes as it is published has none",
}];

/// Plays all, so many at a time, and gives what came of them in the order of the recordings.
async fn each<T, F>(seats: usize, recordings: Vec<Recording>, play: impl Fn(Recording) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let seats = Arc::new(Semaphore::new(seats));
    let mut playing = JoinSet::new();
    for (at, recording) in recordings.into_iter().enumerate() {
        let (played, seats) = (play(recording), seats.clone());
        playing.spawn(async move {
            let _seat = seats.acquire_owned().await.expect("it is never closed");
            (at, played.await)
        });
    }
    let mut all = playing.join_all().await;
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, played)| played).collect()
}

/// Where fetched tools lie: where the user says, or where helmdrill itself keeps them.
fn tools() -> Tools {
    let named = std::env::var_os("HELMDRILL_CACHE_DIR").map(PathBuf::from);
    let cache = named.or_else(tools::default_cache).expect("a home folder, or HELMDRILL_CACHE_DIR");
    Tools::new(Settings::new(cache, std::env::vars_os().collect()))
}

async fn binary(tool: Tool, version: Version) -> PathBuf {
    tools().install(tool, version).await.expect("is fetched or cached").path
}

async fn binaries(flow: &Flow) -> Binaries {
    let helm = match flow.helm.as_str() {
        "helm3" => Version::new(3, 17, 3),
        "helm4" => Version::new(4, 3, 1),
        other => panic!("no recording is made with {other}"),
    };
    Binaries { helm: binary(Tool::Helm, helm).await, kubectl: binary(Tool::Kubectl, KUBECTL).await }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_answered_as_it_was_recorded() {
    let subject = Subject::chosen("api-cases", Crew::None);
    let recordings = Recordings::of("api-cases", &subject);
    let (mut all, mut found) = (0, Vec::new());
    let played = each(subject.seats(), recordings.all(), |recording| {
        let subject = subject.clone();
        async move {
            // What a case leaves beyond its namespace must not meet the next one: an embedded cluster is for one case.
            let reached = subject.reach(Crew::None, Pace::Real, Seed(7)).await;
            let answers = api::play(&reached, &recording.case).await;
            reached.close().await;
            (recording, answers)
        }
    })
    .await;
    for (mut recording, answers) in played {
        if recordings.open {
            api::written(&mut recording.case, &answers);
            recording.write();
        } else {
            all += answers.len();
            found.extend(api::differences(&recording.case, &answers));
        }
    }
    if !recordings.open {
        judge(&subject, "api-cases", all, &found, KNOWN_ANSWERS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_yaml_differs_from_the_real_one_in_its_resource_version_alone() {
    let mut all = Recordings::shipped("api-cases").all();
    all.retain(|recording| recording.case["name"] == "accept-headers");
    let case = &all.first().expect("HELMDRILL_CONFORMANCE_ONLY does not ask for it").case;
    let reached = Subject::Embedded.reach(Crew::None, Pace::Real, Seed(7)).await;
    let answers = api::play(&reached, case).await;
    let unversioned = |text: &str| {
        let text = api::masked_text(text);
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("resourceVersion:"));
        lines.map(str::to_owned).collect::<Vec<String>>()
    };
    let recorded = case["steps"][1]["response"]["body"].as_str().expect("YAML text");
    let answered = answers[1].as_ref().expect("it is asked").body.as_str().expect("YAML text");
    assert_eq!(unversioned(recorded), unversioned(answered));
}

/// Plays every controller case; what differs, line by line, beside the name of the case.
async fn ends(
    subject: &Subject,
    recordings: Vec<Recording>,
    pace: Pace,
    seed: Seed,
) -> Vec<(String, Vec<String>)> {
    let kubectl = binary(Tool::Kubectl, KUBECTL).await;
    each(subject.seats(), recordings, |recording| {
        let (subject, kubectl) = (subject.clone(), kubectl.clone());
        async move {
            let play = || async {
                let reached = subject.reach(Crew::All, pace, seed).await;
                controllers::differences(
                    &recording.case,
                    &controllers::play(reached, &kubectl, &recording.case).await,
                )
            };
            let name = recording.case["name"].as_str().expect("a case has a name").to_owned();
            let mut told = play().await;
            if controllers::drew_a_short_hash(&told) {
                difference::tell(&format!(
                    "{name}: a hash of the time is too short to be masked, so it is played again"
                ));
                told = play().await;
            }
            (name, told)
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_of_controllers_ends_as_it_was_recorded() {
    let subject = Subject::chosen("controller-cases", Crew::All);
    let recordings = Recordings::of("controller-cases", &subject);
    if recordings.open {
        return record_ends(&subject, &recordings).await;
    }
    let ended = ends(&subject, recordings.all(), Pace::Real, Seed(7)).await;
    let all = ended.len();
    let differ = ended.into_iter().filter(|(_, told)| !told.is_empty());
    let found: Vec<Difference> = differ.map(|(place, told)| Difference { place, told }).collect();
    judge(&subject, "controller-cases", all, &found, KNOWN_ENDS);
}

async fn record_ends(subject: &Subject, recordings: &Recordings) {
    let kubectl = binary(Tool::Kubectl, KUBECTL).await;
    each(subject.seats(), recordings.all(), |mut recording| {
        let (subject, kubectl) = (subject.clone(), kubectl.clone());
        async move {
            let reached = subject.reach(Crew::All, Pace::Real, Seed(7)).await;
            let played = controllers::play(reached, &kubectl, &recording.case).await;
            recording.case["answers"] = played.answers;
            recording.case["final"] = played.last;
            recording.write();
        }
    })
    .await;
}

/// Cases whose objects come out the same where pods start at once: one of each controller.
const AT_ONCE: [&str; 12] = [
    "cronjob-trigger",
    "daemonset",
    "deploy-bad-image",
    "deploy-ready",
    "endpoints-follow-readiness",
    "init-ok",
    "job-fails",
    "pdb",
    "rollout-good",
    "rollout-recreate",
    "sts-bad-update",
    "sts-ordered",
];

#[tokio::test(flavor = "multi_thread")]
async fn pods_of_the_embedded_cluster_that_start_at_once_come_to_the_same_objects() {
    let mut recorded = Recordings::shipped("controller-cases").all();
    recorded.retain(|recording| AT_ONCE.iter().any(|name| recording.case["name"] == *name));
    let mut ended = ends(&Subject::Embedded, recorded, Pace::Instant, Seed(7)).await;
    for (_, told) in &mut ended {
        told.retain(|line| line.starts_with("objects"));
    }
    ended.retain(|(_, told)| !told.is_empty());
    assert_eq!(ended, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_case_on_the_embedded_cluster_does_not_depend_on_the_seed() {
    let wanted = ["rollout-good", "sts-bad-update", "job-parallel"];
    let mut recorded = Recordings::shipped("controller-cases").all();
    recorded.retain(|recording| wanted.iter().any(|name| recording.case["name"] == *name));
    let mut told = BTreeSet::new();
    for seed in 1..4 {
        told.insert(ends(&Subject::Embedded, recorded.clone(), Pace::Real, Seed(seed)).await);
    }
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_typed_ends_as_it_was_recorded() {
    let subject = Subject::chosen("flows", Crew::All);
    let recordings = Recordings::of("flows", &subject);
    let open = recordings.open;
    let played = each(subject.seats(), recordings.all(), |mut recording| {
        let subject = subject.clone();
        async move {
            let flow: Flow = serde_json::from_value(recording.case.clone()).expect("a recording is a flow");
            let binaries = binaries(&flow).await;
            let play = || async {
                flows::play(subject.reach(Crew::All, Pace::Real, Seed(7)).await, &flow, &binaries).await
            };
            let mut said = play().await;
            if flows::raced(&said) {
                difference::tell(&format!(
                    "{}: a client raced with itself, so it is played again",
                    flow.name()
                ));
                said = play().await;
            }
            if open {
                flows::written(&mut recording.case, &said);
                recording.write();
                return (0, Vec::new());
            }
            (flow.steps.len() * flows::PARTS, flows::differences(&flow, &said))
        }
    })
    .await;
    let all = played.iter().map(|(parts, _)| parts).sum();
    let found: Vec<Difference> = played.into_iter().flat_map(|(_, found)| found).collect();
    if !open {
        judge(&subject, "flows", all, &found, KNOWN_STEPS);
    }
}
