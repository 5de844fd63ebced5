//! Ports of the containers of a pod that get in each other's way.

use super::super::findings::Path;
use super::{entries, pod};
use crate::sim::look::{number, text};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn ports(spec_at: &Path, spec: &Value, found: &mut Vec<String>) {
    let containers = pod::containers(spec_at, spec);
    let all: Vec<(Path, &Value)> =
        containers.iter().flat_map(|(at, container)| entries(at, "ports", container)).collect();
    let mut taken: BTreeMap<(i64, &str), Vec<&(Path, &Value)>> = BTreeMap::new();
    for entry in &all {
        let (at, port) = entry;
        if !text(port, "/hostIP").is_empty() && number(port, "/hostPort") == 0 {
            found.push(format!("{at}: hostIP set without hostPort: {}", shown(port)));
        }
        let others = taken.entry((number(port, "/containerPort"), text(port, "/protocol"))).or_default();
        for (other_at, other) in others.iter() {
            if let Some(how) = clash(port, other) {
                found.push(format!("{at}: {how} port definition with {other_at}"));
            }
        }
        others.push(entry);
    }
    let mut named: BTreeMap<&str, &Path> = BTreeMap::new();
    for (at, port) in &all {
        match text(port, "/name") {
            "" => {}
            name => match named.get(name) {
                Some(other) => found.push(format!(
                    "{at}: duplicate port name {name:?} with {other}, services and probes that select ports by name \
                     will use {other}"
                )),
                None => drop(named.insert(name, at)),
            },
        }
    }
}

/// How two ports of one number and protocol get in each other's way.
fn clash(one: &Value, other: &Value) -> Option<&'static str> {
    let host = |port: &Value| (text(port, "/hostIP").to_owned(), number(port, "/hostPort"));
    let ((ip, port), (other_ip, other_port)) = (host(one), host(other));
    match (ip == other_ip, port == other_port) {
        (true, true) => Some("duplicate"),
        _ if port == 0 || other_port == 0 => Some("overlapping"),
        (_, true) if ip.is_empty() != other_ip.is_empty() => Some("dangerously ambiguous"),
        _apart => None,
    }
}

/// A port as Go prints a struct.
fn shown(port: &Value) -> String {
    format!(
        "{{Name:{} HostPort:{} ContainerPort:{} Protocol:{} HostIP:{}}}",
        text(port, "/name"),
        number(port, "/hostPort"),
        number(port, "/containerPort"),
        text(port, "/protocol"),
        text(port, "/hostIP"),
    )
}
