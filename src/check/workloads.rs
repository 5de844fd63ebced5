//! The workloads of a release, as its own manifest names them: what is known to be well of any chart.

use super::answer::unless;
use super::manifest::is_at;
use super::waiting::reason;
use super::workload::condition;
use super::{Answer, View, Workloads};
use crate::release::{self, Driver, Record};
use crate::snapshot::{Object, Snapshot};
use serde_json::Value;

/// Every workload of the deployed revision is ready, or has at least so many ready pods. Where nothing is deployed, the
/// revision of the steady state says which they are.
pub(super) fn workloads(asked: &Workloads, view: &View<'_>) -> Answer {
    let namespace = view.namespace(&asked.namespace);
    let deployed = |at| deployed(at, asked.driver, namespace, &asked.release);
    let found = deployed(view.now);
    let Some(record) = found.or_else(|| deployed(view.baseline)) else {
        let evidence = format!("release {} has no deployed revision", asked.driver.shown(&asked.release));
        return Answer { held: false, evidence };
    };
    let documents = match release::documents(&record.manifest) {
        Ok(documents) => documents,
        Err(error) => return Answer { held: false, evidence: error.to_string() },
    };
    let mut count = 0;
    let mut wrongs = Vec::new();
    for wanted in &documents {
        let Some(kind) = Kind::of(wanted) else { continue };
        count += 1;
        let live = view.now.iter().find(|(key, object)| is_at(wanted, namespace, key, object));
        let why = match live {
            None => Some("is missing".to_owned()),
            Some((_, live)) => kind.lacks(live, asked.at_least).map(|lack| {
                let inside = live["metadata"]["namespace"].as_str().unwrap_or(namespace);
                let reason = reason(kind.word(), live, inside, view.now);
                format!("{lack}{}", reason.map(|reason| format!(" ({reason})")).unwrap_or_default())
            }),
        };
        let name = wanted["metadata"]["name"].as_str().unwrap_or_default();
        wrongs.extend(why.map(|why| format!("{}/{name} {why}", kind.word())));
    }
    let how = match asked.at_least {
        None => "all are ready".to_owned(),
        Some(pods) => format!("each has at least {pods} ready pods or all that it wants"),
    };
    unless(wrongs, || match count {
        0 => format!("revision {} of {} has no workloads", record.revision, asked.release),
        _ => format!("{count} workloads of revision {} of {}: {how}", record.revision, asked.release),
    })
}

/// The newest deployed revision that can be read.
fn deployed(now: &Snapshot, driver: Driver, namespace: &str, name: &str) -> Option<Record> {
    let history = release::history(now, driver, namespace, name);
    let newest = history.into_iter().rev().find(|revision| revision.status() == Some("deployed"))?;
    newest.record.ok()
}

/// What has pods of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Deployment,
    StatefulSet,
    DaemonSet,
    Job,
}

impl Kind {
    fn of(document: &Value) -> Option<Kind> {
        match document["kind"].as_str()? {
            "Deployment" => Some(Kind::Deployment),
            "StatefulSet" => Some(Kind::StatefulSet),
            "DaemonSet" => Some(Kind::DaemonSet),
            "Job" => Some(Kind::Job),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Kind::Deployment => "deployment",
            Kind::StatefulSet => "statefulset",
            Kind::DaemonSet => "daemonset",
            Kind::Job => "job",
        }
    }

    /// What it lacks; `None` where it is as it should be.
    fn lacks(self, live: &Object, at_least: Option<u64>) -> Option<String> {
        let number = |at: &str| live.pointer(at).and_then(Value::as_u64);
        let (wanted, ready, updated) = match self {
            Kind::Job => return lacks_end(live, at_least),
            Kind::Deployment | Kind::StatefulSet => {
                (number("/spec/replicas").unwrap_or(1), "/status/readyReplicas", "/status/updatedReplicas")
            }
            Kind::DaemonSet => (
                number("/status/desiredNumberScheduled").unwrap_or(0),
                "/status/numberReady",
                "/status/updatedNumberScheduled",
            ),
        };
        let (ready, updated) = (number(ready).unwrap_or(0), number(updated).unwrap_or(0));
        if let Some(pods) = at_least {
            return (ready < wanted.min(pods))
                .then(|| format!("has {ready} ready pods, expected at least {}", wanted.min(pods)));
        }
        let (seen, meant) = (number("/status/observedGeneration"), number("/metadata/generation"));
        if seen != meant {
            return Some("was changed, and its controller has not seen it yet".to_owned());
        }
        if ready < wanted {
            return Some(format!("has {ready} of {wanted} pods ready"));
        }
        let by_hand = live.pointer("/spec/updateStrategy/type").and_then(Value::as_str) == Some("OnDelete")
            || number("/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0) > 0;
        (updated < wanted && !by_hand)
            .then(|| format!("has {updated} of {wanted} pods of its current template"))
    }
}

/// What a Job lacks: its end. While only some pods are asked for it lacks nothing, since it serves nobody.
fn lacks_end(job: &Object, at_least: Option<u64>) -> Option<String> {
    if at_least.is_some() || condition(job, "Complete") {
        return None;
    }
    Some(match condition(job, "Failed") {
        true => "has failed".to_owned(),
        false => "is not complete".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::snapshot::Key;
    use serde_json::json;
    use std::sync::Arc;

    /// A release of one workload, which says this of itself.
    fn told(kind: &str, at_least: Option<u64>, says: Value) -> String {
        let manifest = format!("kind: {kind}\napiVersion: apps/v1\nmetadata: {{name: a}}\n");
        let record = Record {
            name: "web".into(),
            namespace: "p".into(),
            revision: 1,
            status: "deployed".into(),
            manifest,
            ..Record::default()
        };
        let mut object = says;
        object["kind"] = json!(kind);
        object["metadata"] = json!({"name": "a", "namespace": "p", "generation": 2, "uid": "a"});
        let resource = format!("{}s", kind.to_lowercase());
        let pod = json!({
            "kind": "Pod",
            "metadata": {"name": "a-1", "ownerReferences": [{"uid": "a"}]},
            "spec": {"volumes": [{"secret": {"secretName": "tls", "optional": true}}, {"configMap": {"name": "c"}}]},
            "status": {"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]},
        });
        let now = Snapshot::default()
            .with(
                1,
                Key::new("", "secrets", "p", "sh.helm.release.v1.web.v1"),
                Some(Arc::new(release::secret(&record))),
            )
            .with(2, Key::new("apps", &resource, "p", "a"), Some(Arc::new(object)))
            .with(3, Key::new("", "pods", "p", "a-1"), Some(Arc::new(pod)));
        let namespaces = ["p".to_owned()];
        let view =
            View { namespaces: &namespaces, baseline: &now, now: &now, at: Moment::default(), record: &[] };
        let Answer { held, evidence } = workloads(
            &Workloads { release: "web".to_owned(), namespace: None, driver: Driver::Secret, at_least },
            &view,
        );
        format!("{held}: {evidence}")
    }

    #[test]
    fn each_kind_says_in_its_own_fields_whether_it_is_ready() {
        let ready = "true: 1 workloads of revision 1 of web: all are ready";
        let status = |ready: u64, updated: u64| json!({"spec": {"replicas": 2}, "status": {"observedGeneration": 2, "readyReplicas": ready, "updatedReplicas": updated}});
        assert_eq!(told("Deployment", None, status(2, 2)), ready);
        assert_eq!(told("StatefulSet", None, status(2, 2)), ready);
        assert_eq!(
            told("Deployment", None, status(1, 2)),
            "false: deployment/a has 1 of 2 pods ready (pod a-1: ContainerCreating, configmap/c does not exist)"
        );
        assert!(told("StatefulSet", None, status(2, 1)).contains("has 1 of 2 pods of its current template"));
        let late = json!({"spec": {"replicas": 0}, "status": {"observedGeneration": 1}});
        assert!(told("Deployment", None, late).contains("its controller has not seen it yet"));
        let every = |ready: u64| json!({"status": {"observedGeneration": 2, "desiredNumberScheduled": 1, "numberReady": ready, "updatedNumberScheduled": 1}});
        assert_eq!(told("DaemonSet", None, every(1)), ready);
        assert!(told("DaemonSet", None, every(0)).contains("daemonset/a has 0 of 1 pods ready"));
        let ended = |how: &str| json!({"status": {"conditions": [{"type": how, "status": "True"}]}});
        assert_eq!(told("Job", None, ended("Complete")), ready);
        assert!(told("Job", None, ended("Failed")).contains("job/a has failed"));
        assert!(told("Job", None, json!({})).contains("job/a is not complete"));
    }

    #[test]
    fn so_many_pods_are_enough_where_that_is_asked() {
        let one = json!({"spec": {"replicas": 2}, "status": {"readyReplicas": 1}});
        assert!(told("Deployment", Some(1), one.clone()).starts_with("true"));
        assert!(told("Deployment", Some(2), one).contains("has 1 ready pods, expected at least 2"));
        assert!(told("Deployment", Some(1), json!({"spec": {"replicas": 0}})).starts_with("true"));
        assert!(told("Job", Some(1), json!({})).starts_with("true"));
    }

    #[test]
    fn what_has_no_workload_lacks_none() {
        assert_eq!(told("ConfigMap", None, json!({})), "true: revision 1 of web has no workloads");
    }
}
