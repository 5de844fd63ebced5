//! What counts against a ResourceQuota: which resources a quota limits for an object, and how much of each the object
//! uses. Admission (which refuses) and the controller (which counts) both ask here.
//! Follows `pkg/quota/v1/evaluator/core` of Kubernetes.

mod pod;
mod scope;

pub(crate) use pod::{limits as pod_limits, missing, requests as pod_requests};

use super::amount::{Amount, Amounts, add, amounts};
use super::look::{list, text};
use crate::clock::Moment;
use crate::snapshot::Snapshot;
use serde_json::Value;
use std::collections::BTreeSet;

const BY_CLASS: &str = ".storageclass.storage.k8s.io/";

/// How a resource is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meter {
    Pods,
    Services,
    Claims,
    /// Objects are counted, and nothing more.
    Objects,
}

/// The kind of thing that is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) meter: Meter,
}

impl Measured {
    /// How objects of this resource are measured.
    pub(crate) fn of(group: &str, resource: &str) -> Measured {
        let meter = match (group, resource) {
            ("", "pods") => Meter::Pods,
            ("", "services") => Meter::Services,
            ("", "persistentvolumeclaims") => Meter::Claims,
            _ => Meter::Objects,
        };
        Measured { group: group.to_owned(), resource: resource.to_owned(), meter }
    }

    /// `count/deployments.apps`.
    fn count_name(&self) -> String {
        match self.group.as_str() {
            "" => format!("count/{}", self.resource),
            group => format!("count/{}.{group}", self.resource),
        }
    }

    /// The older name of a count, where there is one: `secrets`.
    fn alias(&self) -> Option<&str> {
        let old = ["configmaps", "resourcequotas", "replicationcontrollers", "secrets"];
        old.into_iter().find(|name| self.group.is_empty() && self.resource == *name)
    }

    /// Whether a quota's resource of that name is about such objects.
    pub(crate) fn concerns(&self, name: &str) -> bool {
        if name == self.count_name() {
            return true;
        }
        match self.meter {
            Meter::Pods => pod::concerns(name),
            Meter::Services => matches!(name, "services" | "services.nodeports" | "services.loadbalancers"),
            Meter::Claims => {
                let bare = name.rsplit_once(BY_CLASS).map_or(name, |(_, bare)| bare);
                matches!(bare, "persistentvolumeclaims" | "requests.storage")
            }
            Meter::Objects => self.alias() == Some(name),
        }
    }

    /// What one object uses.
    pub(crate) fn usage(&self, object: &Value, now: Moment) -> Amounts {
        let mut used = Amounts::from([(self.count_name(), Amount::whole(1))]);
        match self.meter {
            Meter::Pods => pod::usage(object, now, &mut used),
            Meter::Services => service(object, &mut used),
            Meter::Claims => claim(object, &mut used),
            Meter::Objects => {
                used.extend(self.alias().map(|alias| (alias.to_owned(), Amount::whole(1))));
            }
        }
        used
    }

    /// Whether the object is within every scope of the quota.
    pub(crate) fn in_scope(&self, quota: &Value, object: &Value) -> bool {
        let plain = list(quota, "/spec/scopes").iter().filter_map(Value::as_str);
        plain.into_iter().all(|name| scope::holds(self.meter, name, "Exists", &[], object))
            && list(quota, "/spec/scopeSelector/matchExpressions").iter().all(|expression| {
                let values: Vec<&str> =
                    list(expression, "/values").iter().filter_map(Value::as_str).collect();
                let (name, operator) = (text(expression, "/scopeName"), text(expression, "/operator"));
                scope::holds(self.meter, name, operator, &values, object)
            })
    }
}

fn service(object: &Value, used: &mut Amounts) {
    let ports = list(object, "/spec/ports");
    let count = |number: usize| Amount::whole(i64::try_from(number).unwrap_or(i64::MAX));
    let (ports, balancers) = match text(object, "/spec/type") {
        "NodePort" => (ports.len(), 0),
        "LoadBalancer" if object["spec"]["allocateLoadBalancerNodePorts"] == false => {
            (ports.iter().filter(|port| port["nodePort"].as_i64().unwrap_or(0) != 0).count(), 1)
        }
        "LoadBalancer" => (ports.len(), 1),
        _ => (0, 0),
    };
    used.insert("services".to_owned(), Amount::whole(1));
    used.insert("services.nodeports".to_owned(), count(ports));
    used.insert("services.loadbalancers".to_owned(), count(balancers));
}

fn claim(object: &Value, used: &mut Amounts) {
    let class = match text(object, "/metadata/annotations/volume.beta.kubernetes.io~1storage-class") {
        "" => text(object, "/spec/storageClassName"),
        older => older,
    };
    let mut charge = |name: &str, amount: Amount| {
        used.insert(name.to_owned(), amount);
        if !class.is_empty() {
            used.insert(format!("{class}{BY_CLASS}{name}"), amount);
        }
    };
    charge("persistentvolumeclaims", Amount::whole(1));
    let asked = object.pointer("/spec/resources/requests/storage").and_then(Amount::read);
    let given = object.pointer("/status/allocatedResources/storage").and_then(Amount::read);
    if let Some(asked) = asked {
        charge("requests.storage", given.map_or(asked, |given| given.max(asked)).rounded_up());
    }
}

/// How much of what the quota limits is used in its namespace, as the controller counts it.
pub(crate) fn used(snapshot: &Snapshot, quota: &Value, now: Moment) -> Amounts {
    let hard = amounts(&quota["spec"]["hard"]);
    let namespace = text(quota, "/metadata/namespace");
    let mut total = Amounts::new();
    for measured in measured(&hard) {
        let mut sum = Amounts::new();
        for name in hard.keys().filter(|name| measured.concerns(name)) {
            sum.insert(name.clone(), Amount::whole(0));
        }
        for (_, object) in snapshot.list(&measured.group, &measured.resource, Some(namespace)) {
            if measured.in_scope(quota, object) {
                add(&mut sum, &measured.usage(object, now));
            }
        }
        add(&mut total, &sum);
    }
    total.retain(|name, _| hard.contains_key(name));
    total
}

/// The resources that a quota with these limits is about, each once.
fn measured(hard: &Amounts) -> Vec<Measured> {
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    for name in hard.keys() {
        if let Some(counted) = name.strip_prefix("count/") {
            let (resource, group) = counted.split_once('.').unwrap_or((counted, ""));
            found.insert((group.to_owned(), resource.to_owned()));
            continue;
        }
        let old = [
            "pods",
            "services",
            "persistentvolumeclaims",
            "configmaps",
            "resourcequotas",
            "replicationcontrollers",
            "secrets",
        ];
        let core = old.iter().find(|resource| Measured::of("", resource).concerns(name));
        found.extend(core.map(|resource| (String::new(), (*resource).to_owned())));
    }
    found.into_iter().map(|(group, resource)| Measured::of(&group, &resource)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_load_balancer_without_node_ports_counts_those_it_names() {
        let measured = Measured::of("", "services");
        let ports = json!([{"port": 80, "nodePort": 30001}, {"port": 81}]);
        let now = Moment::from_micros(0);
        let count = |spec: Value| {
            let used = measured.usage(&json!({ "spec": spec }), now);
            (used["services.nodeports"].to_string(), used["services.loadbalancers"].to_string())
        };
        let told = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(count(json!({"type": "LoadBalancer", "ports": ports})), told("2", "1"));
        let without = json!({"type": "LoadBalancer", "ports": ports, "allocateLoadBalancerNodePorts": false});
        assert_eq!(count(without), told("1", "1"));
        assert_eq!(count(json!({"type": "ClusterIP", "ports": ports})), told("0", "0"));
    }

    #[test]
    fn a_claim_counts_for_its_class_too() {
        let measured = Measured::of("", "persistentvolumeclaims");
        let claim =
            json!({"spec": {"storageClassName": "gold", "resources": {"requests": {"storage": "2Gi"}}}});
        let used = measured.usage(&claim, Moment::from_micros(0));
        assert_eq!(used["gold.storageclass.storage.k8s.io/requests.storage"].to_string(), "2Gi");
        assert!(measured.concerns("gold.storageclass.storage.k8s.io/persistentvolumeclaims"));
        assert!(!measured.concerns("requests.cpu"));
    }
}
