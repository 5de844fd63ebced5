//! The canonical form of Endpoints subsets: addresses that answer on the same ports stand together, each once, in the
//! order that kube-controller-manager gives them.

use super::hash;
use crate::sim::controller::object::{list, text};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The address's text and the uid of its pod.
type Who = (String, String);

/// Which addresses answer on which ports, and whether they are ready.
#[derive(Default)]
pub(super) struct Addresses {
    known: BTreeMap<Who, Value>,
    /// By the port as text; `None` for Services without ports.
    by_port: BTreeMap<Option<String>, BTreeMap<Who, bool>>,
}

impl Addresses {
    /// Adds an address on one port. Where it is there twice, not being ready wins.
    pub(super) fn add(&mut self, port: Option<Value>, address: &Value, ready: bool) {
        let who = (text(address, "/ip").to_owned(), text(address, "/targetRef/uid").to_owned());
        self.known.entry(who.clone()).or_insert_with(|| address.clone());
        let held =
            self.by_port.entry(port.map(|port| port.to_string())).or_default().entry(who).or_insert(ready);
        *held &= ready;
    }

    /// Adds every address of stored subsets.
    pub(super) fn add_subset(&mut self, subset: &Value) {
        let ports: Vec<Option<Value>> = match list(subset, "/ports") {
            [] => vec![None],
            ports => ports.iter().cloned().map(Some).collect(),
        };
        for port in ports {
            for (field, ready) in [("/addresses", true), ("/notReadyAddresses", false)] {
                list(subset, field).iter().for_each(|address| self.add(port.clone(), address, ready));
            }
        }
    }

    /// How many addresses there are.
    pub(super) fn count(&self) -> usize {
        self.known.len()
    }
}

/// The subsets of `addresses`, with `most` addresses in all, ready ones before others.
pub(super) fn repack(addresses: Addresses, most: usize) -> Vec<Value> {
    let mut groups: BTreeMap<BTreeMap<Who, bool>, BTreeSet<Option<String>>> = BTreeMap::new();
    for (port, who) in addresses.by_port {
        groups.entry(who).or_default().insert(port);
    }
    let mut left = most;
    let mut subsets: Vec<Value> = Vec::new();
    for (who, ports) in groups {
        let mut subset = json!({});
        for (field, wanted) in [("addresses", true), ("notReadyAddresses", false)] {
            let chosen = who.iter().filter(|(_, ready)| **ready == wanted).take(left);
            let entries: Vec<Value> = chosen.map(|(who, _)| addresses.known[who].clone()).collect();
            left -= entries.len();
            if !entries.is_empty() {
                subset[field] = Value::Array(entries);
            }
        }
        let mut ports: Vec<Value> =
            ports.iter().flatten().filter_map(|port| serde_json::from_str(port).ok()).collect();
        ports.sort_by_cached_key(|port| hash("EndpointPort", port));
        if !ports.is_empty() {
            subset["ports"] = Value::Array(ports);
        }
        subsets.push(subset);
    }
    subsets.sort_by_cached_key(|subset| hash("EndpointSubset", subset));
    subsets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_on_the_same_ports_stand_together() {
        let address = |ip: &str| json!({ "ip": ip });
        let (http, side) = (json!({"port": 80, "protocol": "TCP"}), json!({"port": 81, "protocol": "TCP"}));
        let mut addresses = Addresses::default();
        addresses.add(Some(http.clone()), &address("10.0.0.2"), true);
        addresses.add(Some(http.clone()), &address("10.0.0.1"), false);
        addresses.add(Some(http.clone()), &address("10.0.0.1"), true);
        addresses.add(Some(side.clone()), &address("10.0.0.3"), true);
        let mut subsets = repack(addresses, 10);
        subsets.sort_by_key(|subset| subset["ports"][0]["port"].as_i64());
        assert_eq!(
            subsets,
            [
                json!({
                    "addresses": [address("10.0.0.2")], "notReadyAddresses": [address("10.0.0.1")],
                    "ports": [http],
                }),
                json!({"addresses": [address("10.0.0.3")], "ports": [side]}),
            ]
        );
    }
}
