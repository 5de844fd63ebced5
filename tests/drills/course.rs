//! Where the drills are run: tools, lease, runtime, and the one run that most tests look at.
#![expect(clippy::disallowed_methods, reason = "a test reads its environment")]

use helmdrill::behaviour::Pace;
use helmdrill::clock::Moment;
use helmdrill::cluster::{Backend, Provider};
use helmdrill::drill::{self, Binaries, Ground, Workshop};
use helmdrill::grade::grade;
use helmdrill::lease::Lease;
use helmdrill::plan::{self, Choice, Plan, Way};
use helmdrill::report::Graded;
use helmdrill::scenario::{self, Scenario};
use helmdrill::seed::Seed;
use helmdrill::tools::{Settings, Tool, Tools, Which, default_cache};
use helmdrill::transcript::Recorder;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub(super) const HELMS: [&str; 2] = ["3.17.3", "4.3.1"];
const KUBECTL: &str = "1.36";

/// The seed of the one run.
pub(super) const SEED: Seed = Seed(0x5eed);

/// The scenarios that are run: all that come along, or those that `HELMDRILL_DRILLS_ONLY` names, for whoever writes one.
pub(super) fn names() -> Vec<&'static str> {
    let only = std::env::var("HELMDRILL_DRILLS_ONLY").unwrap_or_default();
    let only: Vec<&str> = only.split_whitespace().collect();
    scenario::names().filter(|name| only.is_empty() || only.contains(name)).collect()
}

/// Those of them whose evidence and states are kept as snapshots.
pub(super) fn closely() -> Vec<&'static str> {
    names().into_iter().filter(|name| ["corrupted-history", "failing-hook"].contains(name)).collect()
}

/// Every drill, in the order of scenarios, variants, Helm versions and procedures.
pub(super) fn all() -> &'static [Graded] {
    static ALL: LazyLock<Vec<Graded>> = LazyLock::new(|| run(&names(), SEED));
    &ALL
}

/// The drills of one scenario out of [`all`].
pub(super) fn of(name: &str) -> Vec<&'static Graded> {
    all().iter().filter(|drill| drill.plan.scenario == name).collect()
}

/// Runs every drill of these scenarios.
pub(super) fn run(names: &[&str], seed: Seed) -> Vec<Graded> {
    static COURSE: LazyLock<Course> = LazyLock::new(Course::lay_out);
    COURSE.run(names, seed)
}

pub(super) fn scenario(name: &str) -> Scenario {
    let text = scenario::text(name).expect("listed");
    let (scenario, findings) = scenario::parse(&format!("scenarios/{name}.yaml"), text);
    assert!(findings.is_empty(), "{name} has findings");
    scenario.expect("without findings there is a scenario")
}

/// The versions of Helm to which a scenario applies.
pub(super) fn helms(scenario: &Scenario) -> Vec<&'static str> {
    let range = scenario.helm.as_ref().map_or(">=0", |range| range.text.as_str());
    HELMS.into_iter().filter(|helm| scenario::allows(range, helm).expect("a range")).collect()
}

/// What all runs share.
struct Course {
    runtime: Runtime,
    lease: Lease,
    helms: Vec<(&'static str, PathBuf)>,
    kubectl: PathBuf,
    slots: Arc<Semaphore>,
    _folder: tempfile::TempDir,
}

impl Course {
    fn lay_out() -> Course {
        let runtime = Runtime::new().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let lease = Lease::acquire(&folder.path().join("leases")).expect("a lease");
        let cache = std::env::var_os("HELMDRILL_CACHE_DIR").map(PathBuf::from);
        let cache = cache.or_else(default_cache).expect("a home, or HELMDRILL_CACHE_DIR");
        let tools = Tools::new(Settings::new(cache, std::env::vars_os().collect()));
        let find = |tool, version: &str| {
            let which = Which::parse(tool, version).expect("a version");
            runtime.block_on(tools.find(tool, &which)).expect("is fetched or cached").path
        };
        let helms = HELMS.map(|version| (version, find(Tool::Helm, version))).to_vec();
        let kubectl = find(Tool::Kubectl, KUBECTL);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        // Twice as many, since a command that waits for a rollout computes nothing.
        let slots = Arc::new(Semaphore::new(2 * cores));
        Course { runtime, lease, helms, kubectl, slots, _folder: folder }
    }

    fn run(&self, names: &[&str], seed: Seed) -> Vec<Graded> {
        self.runtime.block_on(async {
            let mut running = JoinSet::new();
            for name in names {
                let scenario = scenario(name);
                let applies = helms(&scenario);
                for variant in plan::variants(&scenario) {
                    for (helm, path) in self.helms.iter().filter(|(helm, _)| applies.contains(helm)) {
                        let plans = plans(&scenario, &variant, helm, seed);
                        let (at, ground) = (running.len(), self.ground(path, &plans));
                        running.spawn(async move { (at, batch(&ground, plans).await) });
                    }
                }
            }
            let mut ended = running.join_all().await;
            ended.sort_by_key(|(at, _)| *at);
            ended.into_iter().flat_map(|(_, drills)| drills).collect()
        })
    }

    fn ground(&self, helm: &std::path::Path, plans: &[Plan]) -> Ground {
        let other = plans.first().and_then(|plan| plan.other_helm.as_deref());
        let other_helm = other.map(|version| {
            let (_, path) = self.helms.iter().find(|(known, _)| *known == version).expect("it is pinned");
            (scenario::beside(version), path.clone())
        });
        let binaries = Binaries { helm: helm.to_owned(), kubectl: self.kubectl.clone(), other_helm };
        let backend = Backend::Embedded { pace: Pace::Instant, rbac: false };
        Ground {
            provider: Provider::new(backend, self.lease.clone()),
            workshop: Workshop { lease: self.lease.clone(), binaries },
            slots: self.slots.clone(),
        }
    }
}

fn plans(scenario: &Scenario, variant: &str, helm: &str, seed: Seed) -> Vec<Plan> {
    let drills = plan::drills(scenario, helm).into_iter().filter(|drill| drill.variant == variant);
    let plans = drills.map(|drill| {
        let choice = Choice { variant: Some(variant), way: Way::Named(&drill.procedure), helm, seed };
        let plan = plan::lower(scenario, &choice, plan::files(scenario)).expect("it can be lowered");
        let other_helm = plan.other_helm.as_deref().map(pinned);
        Plan { other_helm, ..plan }
    });
    plans.collect()
}

/// The version that a scenario means by a second Helm.
fn pinned(named: &str) -> String {
    match Which::parse(Tool::Helm, named) {
        Ok(Which::Version(version)) => version.to_string(),
        other => panic!("{named} is no pinned version: {other:?}"),
    }
}

async fn batch(ground: &Ground, plans: Vec<Plan>) -> Vec<Graded> {
    let recorder = || Recorder::new(Moment::default());
    let attempts = drill::attempts(ground, plans, recorder, |_| ()).await;
    let graded = attempts.into_iter().map(|(plan, ended)| {
        let transcript =
            ended.unwrap_or_else(|error| panic!("{} {}: {error:?}", plan.scenario, plan.procedure));
        let scorecard = grade(&plan, &transcript);
        Graded { plan, cluster: "embedded".to_owned(), transcript, scorecard }
    });
    graded.collect()
}
