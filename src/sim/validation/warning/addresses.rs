//! Addresses and blocks of addresses that are written in another way than they should be.

use super::super::addresses;
use super::super::findings::Path;
use super::entries;
use crate::sim::look::{map, text};
use serde_json::Value;
use std::net::IpAddr;

/// One address that is valid.
pub(super) fn address(path: &Path, value: &str, found: &mut Vec<String>) {
    let Some(meant) = addresses::sloppy(value) else { return };
    match value.parse::<IpAddr>() {
        Ok(IpAddr::V6(strict)) if strict.to_ipv4_mapped().is_none() => {
            if strict.to_string() != value {
                found.push(format!(
                    "{path}: IPv6 address {value:?} should be in RFC 5952 canonical format ({:?})",
                    strict.to_string()
                ));
            }
        }
        Ok(IpAddr::V4(_)) => {}
        Ok(IpAddr::V6(_)) | Err(_) => {
            let meant = plain(meant);
            found.push(format!("{path}: non-standard IP address {value:?} is invalid: use {meant:?}"));
        }
    }
}

/// An address as Go prints it: one of IPv4 that is mapped into IPv6 as what it is.
fn plain(address: IpAddr) -> String {
    match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or_else(|| six.to_string(), |four| four.to_string()),
        IpAddr::V4(four) => four.to_string(),
    }
}

/// One block of addresses that is valid.
pub(super) fn block(path: &Path, value: &str, found: &mut Vec<String>) {
    let Some((address, bits)) = addresses::sloppy_block(value) else { return };
    let masked = addresses::masked(address, bits);
    let mut fine = true;
    if masked != address {
        let most = if address.is_ipv4() { 32 } else { 128 };
        found.push(format!(
            "{path}: CIDR value {value:?} is ambiguous in this context (should be \"{}/{bits}\" or \"{}/{most}\"?)",
            plain(masked),
            plain(address)
        ));
        fine = false;
    }
    let strict = value.split_once('/').and_then(|(address, bits)| {
        let is_number = bits == "0" || !bits.starts_with('0');
        address.parse::<IpAddr>().ok().filter(|_| is_number)
    });
    match strict {
        Some(IpAddr::V4(_)) => {}
        Some(IpAddr::V6(six)) if six.to_ipv4_mapped().is_none() => {
            let canonical = format!("{six}/{bits}");
            if fine && canonical != value {
                found.push(format!(
                    "{path}: IPv6 CIDR value {value:?} should be in RFC 5952 canonical format ({canonical:?})"
                ));
            }
        }
        Some(IpAddr::V6(_)) | None => found.push(format!(
            "{path}: non-standard CIDR value {value:?} is invalid: use \"{}/{bits}\"",
            plain(masked)
        )),
    }
}

fn is_managed(object: &Value, managers: &[&str]) -> bool {
    let key = |key: &str| map(object, "/metadata/labels").and_then(|all| all.get(key)?.as_str());
    ["endpoints.kubernetes.io/managed-by", "endpointslice.kubernetes.io/managed-by"]
        .iter()
        .any(|label| key(label).is_some_and(|manager| managers.contains(&manager)))
}

/// Endpoints that no controller wrote.
pub(super) fn endpoints(object: &Value, found: &mut Vec<String>) {
    if is_managed(object, &["endpoint-controller"]) {
        return;
    }
    for (at, subset) in entries(&Path::root(), "subsets", object) {
        for field in ["addresses", "notReadyAddresses"] {
            for (at, entry) in entries(&at, field, subset) {
                address(&at.child("ip"), text(entry, "/ip"), found);
            }
        }
    }
}

/// An EndpointSlice that no controller wrote.
pub(super) fn slice(object: &Value, found: &mut Vec<String>) {
    let managers = ["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"];
    if is_managed(object, &managers) {
        return;
    }
    for (at, endpoint) in entries(&Path::root(), "endpoints", object) {
        for (at, value) in entries(&at, "addresses", endpoint) {
            address(&at, value.as_str().unwrap_or_default(), found);
        }
    }
}

/// A NetworkPolicy.
pub(super) fn policy(object: &Value, found: &mut Vec<String>) {
    for (rules, peers) in [("spec.ingress", "from"), ("spec.egress", "to")] {
        for (at, rule) in entries(&Path::root(), rules, object) {
            for (at, peer) in entries(&at, peers, rule).filter(|(_, peer)| peer.get("ipBlock").is_some()) {
                let at = at.child("ipBlock");
                block(&at.child("cidr"), text(peer, "/ipBlock/cidr"), found);
                for (at, except) in entries(&at, "except", &peer["ipBlock"]) {
                    block(&at, except.as_str().unwrap_or_default(), found);
                }
            }
        }
    }
}
