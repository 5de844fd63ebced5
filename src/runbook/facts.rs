//! What a scenario offers for names and holes to stand for: its release, its namespaces, its chart, and, once it is
//! broken, its revisions and objects.

use crate::plan::Plan;
use crate::release::{Revision, history, place_of};
use crate::snapshot::Snapshot;
use crate::transcript::{Label, Transcript};
use std::collections::{BTreeMap, BTreeSet};

/// What there is in a broken scenario.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The release that is broken.
    pub release: String,
    /// Every release of the scenario.
    pub releases: BTreeSet<String>,
    /// The namespaces; commands run in the first.
    pub namespaces: Vec<String>,
    /// The chart, as commands name it.
    pub chart: String,
    /// The files of the folder in which commands run.
    pub files: BTreeSet<String>,
    /// The revision that was deployed before it broke; `None` before anything has run.
    pub good_revision: Option<u32>,
    /// The newest revision that is recorded.
    pub last_revision: Option<u32>,
    /// The values of the newest revision that can be read, as YAML.
    pub values: Option<String>,
    /// Objects of the release: kind in small letters → names, those that are not ready first.
    pub objects: BTreeMap<&'static str, Vec<String>>,
    /// Every object of these kinds in the drill's namespaces.
    pub present: BTreeSet<(&'static str, String)>,
    /// Every label of theirs: `key=value`.
    pub labels: BTreeSet<String>,
    /// The label by which everything of the release is found.
    pub mark: Option<String>,
    /// The containers of its workloads.
    pub containers: BTreeSet<String>,
    /// The good and the newest revision in the namespaces beside the first.
    pub elsewhere: BTreeMap<String, (Option<u32>, Option<u32>)>,
    /// The oldest revision that is recorded.
    pub first_revision: Option<u32>,
    /// The namespace and the name of the scenario's Application, where a GitOps controller has one.
    pub application: Option<(String, String)>,
    /// Whether it has been looked at: whether what is unknown is not there, or only not known yet.
    pub seen: bool,
}

/// Kinds that a hole may name.
const KINDS: [(&str, &str, &str); 8] = [
    ("deployment", "apps", "deployments"),
    ("statefulset", "apps", "statefulsets"),
    ("service", "", "services"),
    ("configmap", "", "configmaps"),
    ("job", "batch", "jobs"),
    ("pod", "", "pods"),
    ("pvc", "", "persistentvolumeclaims"),
    ("ingress", "networking.k8s.io", "ingresses"),
];

impl Facts {
    /// What is known before anything has run.
    pub fn of(plan: &Plan) -> Facts {
        let charts: Vec<&String> = plan
            .files
            .keys()
            .filter(|path| path.ends_with("/Chart.yaml") && path.matches('/').count() == 2)
            .collect();
        let named = plan.deploy.iter().chain(&plan.inject).find_map(|step| {
            charts.iter().find(|path| step.line.contains(path.trim_end_matches("/Chart.yaml"))).copied()
        });
        let chart = named.or_else(|| charts.first().copied());
        Facts {
            release: plan.release.clone(),
            releases: BTreeSet::from([plan.release.clone()]),
            namespaces: plan.namespaces.clone(),
            chart: chart
                .map_or_else(String::new, |path| format!("./{}", path.trim_end_matches("/Chart.yaml"))),
            files: plan.files.keys().cloned().collect(),
            application: plan
                .reconciler
                .as_ref()
                .map(|reconciler| (reconciler.namespace.clone(), reconciler.application.clone())),
            ..Facts::default()
        }
    }

    /// What was seen in the broken release.
    pub fn seen(plan: &Plan, transcript: &Transcript) -> Facts {
        let mut facts = Facts { seen: true, ..Facts::of(plan) };
        let namespace = plan.namespaces.first().map_or("default", String::as_str);
        if let Some(baseline) = transcript.snapshot(Label::Baseline) {
            facts.good_revision = deployed(baseline, namespace, &plan.release);
            for other in plan.namespaces.iter().skip(1) {
                facts.elsewhere.insert(other.clone(), (deployed(baseline, other, &plan.release), None));
            }
            for namespace in &plan.namespaces {
                facts.releases.extend(crate::release::releases(baseline, namespace));
            }
        }
        if let Some(broken) = transcript.snapshot(Label::Broken) {
            let revisions = revisions_of(broken, namespace, &plan.release);
            facts.last_revision = revisions.last().map(|revision| revision.number);
            facts.first_revision = revisions.first().map(|revision| revision.number);
            for (other, (_, last)) in &mut facts.elsewhere {
                *last = revisions_of(broken, other, &plan.release).last().map(|revision| revision.number);
            }
            let readable = revisions.iter().rev().find_map(|revision| revision.record.as_ref().ok());
            facts.values = readable.and_then(|record| serde_saphyr::to_string(&record.config).ok());
            facts.objects(broken, namespace);
            facts.names(broken, &plan.namespaces);
        }
        facts
    }

    fn objects(&mut self, broken: &Snapshot, namespace: &str) {
        for (kind, group, resource) in KINDS {
            let ours = broken.list(group, resource, Some(namespace)).filter(|(key, object)| {
                let annotated = &object["metadata"]["annotations"]["meta.helm.sh/release-name"];
                annotated.as_str() == Some(self.release.as_str()) || key.name.starts_with(&*self.release)
            });
            let mut all: Vec<(bool, String)> =
                ours.map(|(key, object)| (ready(object), key.name.to_string())).collect();
            all.sort();
            self.objects.insert(kind, all.into_iter().map(|(_, name)| name).collect());
        }
    }

    /// What is there under which name and label, whoever it belongs to.
    fn names(&mut self, broken: &Snapshot, namespaces: &[String]) {
        for (kind, group, resource) in KINDS {
            for namespace in namespaces {
                for (key, object) in broken.list(group, resource, Some(namespace)) {
                    self.present.insert((kind, key.name.to_string()));
                    for (key, value) in object["metadata"]["labels"].as_object().into_iter().flatten() {
                        self.labels.insert(format!("{key}={}", value.as_str().unwrap_or_default()));
                    }
                }
            }
        }
        for (kind, group, resource) in
            [("deployment", "apps", "deployments"), ("statefulset", "apps", "statefulsets")]
        {
            let ours = self.objects.get(kind).cloned().unwrap_or_default();
            for name in ours {
                let found =
                    namespaces.iter().find_map(|namespace| broken.find(group, resource, namespace, &name));
                let Some(object) = found else { continue };
                let containers =
                    object["spec"]["template"]["spec"]["containers"].as_array().into_iter().flatten();
                self.containers.extend(containers.filter_map(|one| Some(one["name"].as_str()?.to_owned())));
                let chosen = &object["spec"]["selector"]["matchLabels"];
                let marks = ["app.kubernetes.io/instance", "app.kubernetes.io/name", "app"];
                let mark = marks.iter().find_map(|mark| Some(format!("{mark}={}", chosen[*mark].as_str()?)));
                self.mark = self.mark.take().or(mark);
            }
        }
    }

    /// Whether a path leads to a chart in the folder.
    pub(super) fn has_chart(&self, path: &str) -> bool {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        self.files.contains(&format!("{path}/Chart.yaml"))
    }
}

/// The revisions of a release, wherever they are recorded.
fn revisions_of(snapshot: &Snapshot, namespace: &str, release: &str) -> Vec<Revision> {
    history(snapshot, place_of(snapshot, namespace, release), namespace, release)
}

/// The newest revision that a snapshot calls deployed.
fn deployed(snapshot: &Snapshot, namespace: &str, release: &str) -> Option<u32> {
    let revisions = revisions_of(snapshot, namespace, release);
    revisions.iter().rev().find(|one| one.status() == Some("deployed")).map(|one| one.number)
}

/// Whether an object says that it is ready.
fn ready(object: &serde_json::Value) -> bool {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    let mut ready = conditions.filter(|condition| condition["type"] == "Ready");
    ready.any(|condition| condition["status"] == "True")
}
