//! What operators typed on a real cluster, typed again on an embedded one with the same helm and kubectl: exit codes,
//! what was printed, and the calls that changed something are the recorded ones. Owns the comparison and the known
//! differences; playing is in `play`, what is masked in `mask`, the recordings are read in `recording`.
#![allow(clippy::disallowed_methods, reason = "a test reads recordings and the environment")]

mod mask;
mod play;
mod recording;

use helmdrill::tools::{self, Settings, Tool, Tools, Version};
use mask::{masked, masked_calls};
use play::{Binaries, Said};
use recording::{Flow, Step};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How many flows are played at a time: they wait for pods more than they compute.
const AT_ONCE: usize = 8;

/// The kubectl that the recordings were made with.
const KUBECTL: Version = Version::new(1, 36, 3);

/// What of a step is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Exit,
    Output,
    Calls,
}

/// Flow, step, and what of it is not as recorded, with the reason. What is listed must differ.
const KNOWN_DIFFERENCES: &[(&str, usize, Part, &str)] = &[(
    "basics.helm4",
    8,
    Part::Output,
    "the recorded machine's distribution mounts a ConfigMap of its own into every pod, and the mask leaves nothing \
     of a line that names it; a Kubernetes as it is published has none",
)];

/// One part of one step that is not as recorded.
struct Difference {
    flow: String,
    step: usize,
    part: Part,
    told: String,
}

fn differences(name: &str, number: usize, step: &Step, said: &Said) -> Vec<Difference> {
    let printed = masked(&(step.stdout.clone() + &step.stderr));
    let calls = masked_calls(step.api.iter().filter_map(|exchange| exchange.call.as_deref()));
    let compared = [
        (Part::Exit, step.rc.to_string(), said.exit.to_string()),
        (Part::Output, printed, masked(&said.output)),
        (Part::Calls, calls.join("\n"), masked_calls(said.calls.iter().map(String::as_str)).join("\n")),
    ];
    let differ = compared.into_iter().filter(|(_, want, got)| want != got);
    differ
        .map(|(part, want, got)| Difference {
            flow: name.to_owned(),
            step: number,
            part,
            told: format!(
                "{name} step {number} $ {} differs in {part:?}\nrecorded:\n{want}\nhere:\n{got}\n",
                step.command
            ),
        })
        .collect()
}

/// Where fetched tools lie: where the user says, or where helmdrill itself keeps them.
fn tools() -> Tools {
    let named = std::env::var_os("HELMDRILL_CACHE_DIR").map(PathBuf::from);
    let cache = named.or_else(tools::default_cache).expect("a home folder, or HELMDRILL_CACHE_DIR");
    Tools::new(Settings::new(cache, std::env::vars_os().collect()))
}

async fn binaries(tools: &Tools, flow: &Flow) -> Binaries {
    let helm = match flow.helm.as_str() {
        "helm3" => Version::new(3, 17, 3),
        "helm4" => Version::new(4, 3, 1),
        other => panic!("no recording was made with {other}"),
    };
    let path = async |tool, version| tools.install(tool, version).await.expect("is fetched or cached").path;
    Binaries { helm: path(Tool::Helm, helm).await, kubectl: path(Tool::Kubectl, KUBECTL).await }
}

async fn compare(flow: &Flow, binaries: &Binaries) -> Vec<Difference> {
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/charts/myapp");
    let said = play::play(flow, binaries, &chart).await;
    let name = format!("{}.{}", flow.flow, flow.helm);
    let pairs = flow.steps.iter().zip(&said).zip(1..);
    pairs.flat_map(|((step, said), number)| differences(&name, number, step, said)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_typed_ends_as_it_ended_on_the_recorded_cluster() {
    let tools = tools();
    let seats = Arc::new(Semaphore::new(AT_ONCE));
    let mut playing = JoinSet::new();
    for flow in recording::flows() {
        let (binaries, seats) = (binaries(&tools, &flow).await, seats.clone());
        playing.spawn(async move {
            let _seat = seats.acquire_owned().await.expect("it is never closed");
            compare(&flow, &binaries).await
        });
    }
    let mut found: Vec<Difference> = playing.join_all().await.into_iter().flatten().collect();
    found.sort_by(|a, b| (&a.flow, a.step, a.part).cmp(&(&b.flow, b.step, b.part)));
    let stands = |(flow, step, part, _): &&(&str, usize, Part, &str)| {
        found.iter().any(|one| (one.flow.as_str(), one.step, one.part) == (*flow, *step, *part))
    };
    let gone: Vec<_> = KNOWN_DIFFERENCES.iter().filter(|known| !stands(known)).collect();
    assert!(gone.is_empty(), "no longer different: {gone:?}");
    found.retain(|one| {
        let same = |known: &(&str, usize, Part, &str)| {
            (known.0, known.1, known.2) == (one.flow.as_str(), one.step, one.part)
        };
        !KNOWN_DIFFERENCES.iter().any(same)
    });
    let told: Vec<&str> = found.iter().map(|one| one.told.as_str()).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}
