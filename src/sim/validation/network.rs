//! What NetworkPolicies, IPAddresses and ServiceCIDRs may say, and what of them never changes.

use super::container::{port_number, port_or_name};
use super::findings::{Findings, Path, same};
use super::{addresses, internal, names, selectors};
use crate::sim::look::{list, text};
use serde_json::Value;

/// A NetworkPolicy; `old` is what it was, of a changed one.
pub(super) fn policy(object: &Value, old: Option<&Value>, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    let held = old.map(blocks).unwrap_or_default();
    selectors::selector(&path.child("podSelector"), spec.get("podSelector"), found);
    for (direction, peers) in DIRECTIONS {
        for (index, rule) in list(spec, &format!("/{direction}")).iter().enumerate() {
            let at = path.child(direction).index(index);
            for (index, port) in list(rule, "/ports").iter().enumerate() {
                self::port(&at.child("ports").index(index), port, found);
            }
            for (index, peer) in list(rule, &format!("/{peers}")).iter().enumerate() {
                self::peer(&at.child(peers).index(index), peer, &held, found);
            }
        }
    }
    let (at, kinds) = (path.child("policyTypes"), list(spec, "/policyTypes"));
    if kinds.len() > 2 {
        return found.invalid(&at, kinds.to_vec(), "may not specify more than two policyTypes");
    }
    for (index, kind) in kinds.iter().filter_map(Value::as_str).enumerate() {
        if !matches!(kind, "Ingress" | "Egress") {
            found.unsupported(&at.index(index), kind, &["Ingress", "Egress"]);
        }
    }
}

const DIRECTIONS: [(&str, &str); 2] = [("ingress", "from"), ("egress", "to")];

/// All blocks that a policy names.
fn blocks(policy: &Value) -> Vec<&str> {
    let rules = DIRECTIONS.iter().flat_map(|(direction, peers)| {
        let rules = list(policy, &format!("/spec/{direction}")).iter();
        rules.flat_map(move |rule| list(rule, &format!("/{peers}")))
    });
    rules
        .flat_map(|peer| {
            let except = list(peer, "/ipBlock/except").iter().filter_map(Value::as_str);
            std::iter::once(text(peer, "/ipBlock/cidr")).chain(except)
        })
        .collect()
}

fn port(path: &Path, port: &Value, found: &mut Findings) {
    let protocols = ["TCP", "UDP", "SCTP"];
    if let Some(protocol) = port.get("protocol").and_then(Value::as_str)
        && !protocols.contains(&protocol)
    {
        found.unsupported(&path.child("protocol"), protocol, &protocols);
    }
    let (at, last) = (path.child("endPort"), port.get("endPort").and_then(Value::as_i64));
    match (port.get("port").filter(|given| !given.is_null()), last) {
        (Some(Value::String(name)), last) => {
            if let Some(last) = last {
                found.invalid(&at, last, "may not be specified when `port` is non-numeric");
            }
            found.invalid_each(&path.child("port"), name, names::port_name(name));
        }
        (Some(first), last) => {
            port_or_name(&path.child("port"), Some(first), found);
            let first = first.as_i64().unwrap_or(0);
            if let Some(last) = last {
                if last < first {
                    found.invalid(&at, first, "must be greater than or equal to `port`");
                }
                port_number(&at, last, found);
            }
        }
        (None, Some(last)) => found.invalid(&at, last, "may not be specified when `port` is not specified"),
        (None, None) => {}
    }
}

fn peer(path: &Path, peer: &Value, held: &[&str], found: &mut Findings) {
    for key in ["podSelector", "namespaceSelector"] {
        selectors::selector(&path.child(key), peer.get(key), found);
    }
    let given = |key: &str| peer.get(key).is_some_and(Value::is_object);
    let selects = given("podSelector") || given("namespaceSelector");
    if given("ipBlock") {
        block(&path.child("ipBlock"), &peer["ipBlock"], held, found);
    }
    match (given("ipBlock"), selects) {
        (true, true) => found.forbidden(path, "may not specify both ipBlock and another peer"),
        (false, false) => found.required(path, "must specify a peer"),
        (true, false) | (false, true) => {}
    }
}

fn block(path: &Path, block: &Value, held: &[&str], found: &mut Findings) {
    let cidr = text(block, "/cidr");
    if cidr.is_empty() {
        return found.required(&path.child("cidr"), "");
    }
    if !held.contains(&cidr) {
        addresses::block(&path.child("cidr"), cidr, found);
    }
    let Some((outer, bits)) = addresses::sloppy_block(cidr) else { return };
    for (index, except) in list(block, "/except").iter().filter_map(Value::as_str).enumerate() {
        let at = path.child("except").index(index);
        if except.is_empty() || !held.contains(&except) {
            addresses::block(&at, except, found);
        }
        let Some((inner, length)) = addresses::sloppy_block(except) else { continue };
        let same_family = inner.is_ipv4() == outer.is_ipv4();
        let inside = same_family && addresses::masked(inner, bits) == addresses::masked(outer, bits);
        if !inside || bits >= length {
            found.invalid(&at, except, "must be a strict subset of `cidr`");
        }
    }
}

/// An IPAddress.
pub(super) fn address(object: &Value, found: &mut Findings) {
    let path = Path::new("spec.parentRef");
    let Some(parent) = object.pointer("/spec/parentRef").filter(|parent| parent.is_object()) else {
        return found.required(&path, "");
    };
    let group = text(parent, "/group");
    if !group.is_empty() {
        found.invalid_each(&path.child("group"), group, names::subdomain(group));
    }
    for key in ["resource", "name"] {
        match text(parent, &format!("/{key}")) {
            "" => found.required(&path.child(key), ""),
            name => found.invalid_each(&path.child(key), name, names::path_segment(name)),
        }
    }
    let namespace = text(parent, "/namespace");
    if !namespace.is_empty() {
        found.invalid_each(&path.child("namespace"), namespace, names::path_segment(namespace));
    }
}

/// What of an IPAddress never changes.
pub(super) fn address_update(old: &Value, new: &Value, found: &mut Findings) {
    let (was, is) = (old.pointer("/spec/parentRef"), new.pointer("/spec/parentRef"));
    if !same(was, is) {
        let printed = is.map_or_else(|| "null".to_owned(), |is| internal::print("ParentReference", is));
        found.invalid_printed(&Path::new("spec.parentRef"), &printed, "field is immutable");
    }
}

/// A ServiceCIDR.
pub(super) fn service_blocks(object: &Value, found: &mut Findings) {
    let (path, blocks) = (Path::new("spec.cidrs"), list(object, "/spec/cidrs"));
    match blocks.len() {
        0 => return found.required(&path, "at least one CIDR required"),
        1 | 2 => {}
        _more => {
            let printed = serde_json::json!({"CIDRs": blocks});
            return found.invalid(&path, printed, "may only hold up to 2 values");
        }
    }
    for (index, block) in blocks.iter().filter_map(Value::as_str).enumerate() {
        addresses::canonical_block(&path.index(index), block, found);
    }
    let family = |block: &Value| {
        block.as_str().and_then(addresses::sloppy_block).map(|(address, _)| address.is_ipv4())
    };
    if let [one, other] = blocks
        && family(one).is_some()
        && family(one) == family(other)
    {
        let detail =
            "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
        found.invalid(&path, blocks.to_vec(), detail);
    }
}

/// What of a ServiceCIDR never changes: all but a second block that is added.
pub(super) fn service_blocks_update(old: &Value, new: &Value, found: &mut Findings) {
    let path = Path::new("spec.cidrs");
    let (was, is) = (list(old, "/spec/cidrs"), list(new, "/spec/cidrs"));
    let once = "field is immutable";
    if was.len() == is.len() || (was.len(), is.len()) == (1, 2) {
        for (index, (_, is)) in was.iter().zip(is).enumerate().filter(|(_, (was, is))| was != is) {
            found.invalid(&path.index(index), is.clone(), once);
        }
        if was.len() != is.len() {
            service_blocks(new, found);
        }
        return;
    }
    let shown = new.pointer("/spec/cidrs").cloned().unwrap_or_default();
    found.invalid(&path, shown, once);
}
