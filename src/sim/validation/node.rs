//! What nodes may say of themselves, and what of them never changes.

use super::findings::{Findings, Path};
use super::{addresses, affinity, amounts, internal, meta, names};
use crate::sim::look::{list, map, text};
use regex::Regex;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// A node whose metadata has been checked, new or changed.
pub(super) fn node(object: &Value, found: &mut Findings) {
    affinity::taints(&Path::new("metadata.taints"), list(object, "/spec/taints"), found);
    capacities(object, found);
    let swap = "/status/nodeInfo/swap/capacity";
    found.positive(&Path::new("metadata.nodeSwapStatus.capacity"), object.pointer(swap));
    features(object, found);
    let (path, blocks) = (Path::new("spec.podCIDRs"), list(object, "/spec/podCIDRs"));
    for (index, block) in blocks.iter().filter_map(Value::as_str).enumerate() {
        addresses::block(&path.index(index), block, found);
    }
    let family = |block: &Value| block.as_str().and_then(addresses::sloppy_block).map(|(a, _)| a.is_ipv4());
    let mixed = blocks.iter().any(|block| family(block) != blocks.first().and_then(family));
    if blocks.len() > 1 && (!mixed || blocks.len() > 2) {
        let detail = "may specify no more than one CIDR for each IP family";
        found.invalid(&path, blocks.to_vec(), detail);
    }
}

fn capacities(object: &Value, found: &mut Findings) {
    for key in ["capacity", "allocatable"] {
        for (name, value) in map(object, &format!("/status/{key}")).into_iter().flatten() {
            amounts::amount(&Path::new("status").child(key).child(name), name, value, found);
        }
    }
}

/// The features that a node declares are sorted, and each there once.
fn features(object: &Value, found: &mut Findings) {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("^[A-Z][a-zA-Z0-9]*(/[a-zA-Z][a-zA-Z0-9]*)*$").expect("a valid expression")
    });
    let path = Path::new("status.declaredFeatures");
    let declared: Vec<&str> =
        list(object, "/status/declaredFeatures").iter().filter_map(Value::as_str).collect();
    for (index, name) in declared.iter().enumerate() {
        let wrong = match name {
            name if name.len() > 253 => Some("must be no more than 253 characters"),
            name if !NAME.is_match(name) => Some(
                "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., \
                 MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes",
            ),
            _fine => None,
        };
        if let Some(why) = wrong {
            found.invalid(&path.index(index), *name, &format!("invalid feature name {name:?}: {why}"));
        }
        if let Some(next) = declared.get(index + 1) {
            let at = path.index(index + 1);
            match name.cmp(next) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => found.duplicate(&at, *next),
                std::cmp::Ordering::Greater => {
                    found.invalid(&at, *next, "list must be sorted alphabetically");
                }
            }
        }
    }
}

/// What a changed node, or the changed status of one, may say beside what was stored.
pub(super) fn changed(old: &Value, new: &Value, found: &mut Findings) {
    meta::own_update("", old, new, found);
    capacities(new, found);
    features(new, found);
    let addresses = list(new, "/status/addresses");
    for (index, address) in addresses.iter().enumerate().filter(|(i, a)| addresses[..*i].contains(a)) {
        let printed = internal::print("NodeAddress", address);
        found.duplicate_printed(&Path::new("status.addresses").index(index), &printed, "");
    }
    blocks(old, new, found);
    let provider = |node: &Value| text(node, "/spec/providerID").to_owned();
    if !provider(old).is_empty() && provider(old) != provider(new) {
        let detail = "node updates may not change providerID except from \"\" to valid";
        found.forbidden(&Path::new("spec.providerID"), detail);
    }
    configurations(new, found);
    affinity::taints(&Path::new("metadata.taints"), list(new, "/spec/taints"), found);
    if text(old, "/spec/externalID") != text(new, "/spec/externalID") {
        found.forbidden(&Path::new("spec.externalID"), "may not be updated");
    }
}

/// The blocks of addresses of a node are given to it once.
fn blocks(old: &Value, new: &Value, found: &mut Findings) {
    let (was, is) = (list(old, "/spec/podCIDRs"), list(new, "/spec/podCIDRs"));
    let changes = match was.len() == is.len() {
        _ if was.is_empty() => 0,
        true => was.iter().zip(is).filter(|(was, is)| was != is).count(),
        false => 1,
    };
    for _ in 0..changes {
        let detail = "node updates may not change podCIDR except from \"\" to valid";
        found.forbidden(&Path::new("spec.podCIDRs"), detail);
    }
}

/// Where a kubelet had its configuration from, which no kubelet asks any more.
fn configurations(new: &Value, found: &mut Findings) {
    for key in ["assigned", "active", "lastKnownGood"] {
        let Some(source) = new.pointer(&format!("/status/config/{key}")).filter(|one| one.is_object()) else {
            continue;
        };
        let path = Path::new("status.config").child(key);
        let Some(map) = source.get("configMap").filter(|map| map.is_object()) else {
            let printed = json!({"ConfigMap": null}).to_string();
            found.invalid_printed(&path, &printed, "exactly one reference subfield must be non-nil");
            continue;
        };
        let path = path.child("configMap");
        found.needs(&path, map, &["uid", "resourceVersion"]);
        let mut named = |key: &str, check: fn(&str) -> Vec<String>| match text(map, &format!("/{key}")) {
            "" => found.required(&path.child(key), ""),
            name => found.invalid_each(&path.child(key), name, check(name)),
        };
        named("namespace", names::label);
        named("name", names::subdomain);
        named("kubeletConfigKey", names::config_key);
    }
}
