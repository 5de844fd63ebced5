//! What Endpoints and EndpointSlices may say: addresses that traffic can be sent to, and ports.

use super::container::port_number;
use super::findings::{Findings, Path, same};
use super::{addresses, meta, names};
use crate::sim::look::{list, map, number, text};
use serde_json::Value;
use std::net::IpAddr;

/// Endpoints.
pub(super) fn endpoints(object: &Value, old: Option<&Value>, found: &mut Findings) {
    if old.is_some_and(|old| same(old.get("subsets"), object.get("subsets"))) {
        return;
    }
    for (index, subset) in list(object, "/subsets").iter().enumerate() {
        let at = Path::new("subsets").index(index);
        let (ready, waiting) = (list(subset, "/addresses"), list(subset, "/notReadyAddresses"));
        if ready.is_empty() && waiting.is_empty() {
            found.required(&at, "must specify `addresses` or `notReadyAddresses`");
        }
        for (key, addresses) in [("addresses", ready), ("notReadyAddresses", waiting)] {
            for (index, address) in addresses.iter().enumerate() {
                endpoint(&at.child(key).index(index), address, found);
            }
        }
        for (index, port) in list(subset, "/ports").iter().enumerate() {
            let at = at.child("ports").index(index);
            match text(port, "/name") {
                "" if list(subset, "/ports").len() > 1 => found.required(&at.child("name"), ""),
                "" => {}
                name => found.invalid_each(&at.child("name"), name, names::label(name)),
            }
            port_number(&at.child("port"), number(port, "/port"), found);
            found.one_of(&at.child("protocol"), text(port, "/protocol"), &["SCTP", "TCP", "UDP"]);
            if let Some(protocol) = port.get("appProtocol").and_then(Value::as_str) {
                found.invalid_each(&at.child("appProtocol"), protocol, names::qualified(protocol));
            }
        }
    }
}

fn endpoint(path: &Path, endpoint: &Value, found: &mut Findings) {
    let ip = text(endpoint, "/ip");
    addresses::address(&path.child("ip"), ip, found);
    let hostname = text(endpoint, "/hostname");
    if !hostname.is_empty() {
        found.invalid_each(&path.child("hostname"), hostname, names::label(hostname));
    }
    if let Some(node) = endpoint.get("nodeName").and_then(Value::as_str) {
        found.invalid_each(&path.child("nodeName"), node, names::subdomain(node));
    }
    reachable(&path.child("ip"), ip, found);
}

/// An address that traffic can be sent to: none of this machine, of this link, or of many.
pub(super) fn reachable(path: &Path, written: &str, found: &mut Findings) {
    let Some(address) = addresses::sloppy(written) else {
        return found.invalid(path, written, "must be a valid IP address");
    };
    let (link, many) = match address {
        IpAddr::V4(address) => (address.is_link_local(), address.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(address) => {
            let first = address.segments()[0];
            (first & 0xffc0 == 0xfe80, first & 0xff0f == 0xff02)
        }
    };
    if address.is_unspecified() {
        found.invalid(path, written, &format!("may not be unspecified ({written})"));
    }
    if address.is_loopback() {
        found.invalid(path, written, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    if link {
        found.invalid(path, written, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if many {
        let detail = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";
        found.invalid(path, written, detail);
    }
}

/// An EndpointSlice.
pub(super) fn slice(object: &Value, old: Option<&Value>, found: &mut Findings) {
    let family = text(object, "/addressType");
    found.one_of(&Path::new("addressType"), family, &["FQDN", "IPv4", "IPv6"]);
    slice_ports(&Path::new("ports"), list(object, "/ports"), found);
    if old.is_some_and(|old| same(old.get("endpoints"), object.get("endpoints"))) {
        return;
    }
    let (path, endpoints) = (Path::new("endpoints"), list(object, "/endpoints"));
    if endpoints.len() > 1000 {
        return found.too_many(&path, endpoints.len(), 1000);
    }
    for (index, endpoint) in endpoints.iter().enumerate() {
        let at = path.index(index);
        let held = list(endpoint, "/addresses");
        match held.len() {
            0 => found.required(&at.child("addresses"), "must contain at least 1 address"),
            held if held > 100 => found.too_many(&at.child("addresses"), held, 100),
            _some => {}
        }
        for (index, address) in held.iter().filter_map(Value::as_str).enumerate() {
            slice_address(&at.child("addresses"), index, family, address, found);
        }
        if let Some(node) = endpoint.get("nodeName").and_then(Value::as_str) {
            found.invalid_each(&at.child("nodeName"), node, names::subdomain(node));
        }
        let topology = map(endpoint, "/deprecatedTopology");
        let place = at.child("deprecatedTopology");
        if let Some(held) = topology.map(serde_json::Map::len).filter(|held| *held > 16) {
            found.too_many(&place, held, 16);
        }
        meta::labels(&place, topology, found);
        if let Some(hostname) = endpoint.get("hostname").and_then(Value::as_str) {
            found.invalid_each(&at.child("hostname"), hostname, names::label(hostname));
        }
        hints(&at.child("hints"), endpoint, found);
    }
}

fn slice_address(path: &Path, index: usize, family: &str, address: &str, found: &mut Findings) {
    let at = path.index(index);
    let before = found.len();
    match family {
        "IPv4" => addresses::address(&at, address, found),
        "IPv6" => addresses::canonical_address(&at, address, found),
        "FQDN" => return names::full_domain(&at, address, found),
        _unknown => return,
    }
    if found.len() > before {
        return;
    }
    let is_four = addresses::sloppy(address).is_some_and(|address| address.is_ipv4());
    if is_four != (family == "IPv4") {
        found.invalid(path, address, &format!("must be an {family} address"));
    }
    reachable(&at, address, found);
}

fn slice_ports(path: &Path, ports: &[Value], found: &mut Findings) {
    if ports.len() > 20_000 {
        return found.too_many(path, ports.len(), 20_000);
    }
    let mut taken: Vec<&str> = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let (at, name) = (path.index(index), text(port, "/name"));
        if !name.is_empty() {
            found.invalid_each(&at.child("name"), name, names::label(name));
        }
        if taken.contains(&name) {
            found.duplicate(&at.child("name"), name);
        }
        taken.push(name);
        let protocols = ["SCTP", "TCP", "UDP"];
        match port.get("protocol").and_then(Value::as_str) {
            None => found.required(&at.child("protocol"), ""),
            Some(given) if !protocols.contains(&given) => {
                found.unsupported(&at.child("protocol"), given, &protocols);
            }
            Some(_) => {}
        }
        if let Some(protocol) = port.get("appProtocol").and_then(Value::as_str) {
            found.invalid_each(&at.child("appProtocol"), protocol, names::qualified(protocol));
        }
    }
}

fn hints(path: &Path, endpoint: &Value, found: &mut Findings) {
    type Check = fn(&str) -> Vec<String>;
    let kinds: [(&str, Check); 2] = [("forZones", names::label_value), ("forNodes", names::subdomain)];
    for (key, check) in kinds {
        let (at, held) = (path.child(key), list(endpoint, &format!("/hints/{key}")));
        if held.len() > 8 {
            return found.too_many(&at, held.len(), 8);
        }
        let mut taken: Vec<&str> = Vec::new();
        for (index, hint) in held.iter().enumerate() {
            let (at, name) = (at.index(index).child("name"), text(hint, "/name"));
            if taken.contains(&name) {
                found.duplicate(&at, name);
            }
            taken.push(name);
            found.invalid_each(&at, name, check(name));
        }
    }
}

/// What of an EndpointSlice never changes.
pub(super) fn slice_update(old: &Value, new: &Value, found: &mut Findings) {
    let key = "addressType";
    found.immutable(&Path::of(key), old.get(key), new.get(key));
}
