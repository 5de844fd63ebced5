//! The addresses of a Service inside the cluster and the families that they are of; what of them may change.

use super::addresses;
use super::findings::{Findings, Path};
use super::service::{is_headless, needs_health_check};
use super::service_families;
use crate::sim::look::{list, number, text};
use serde_json::{Value, json};

/// Whether the addresses of a Service are such that none can be given to it: then nothing else is looked at.
pub(super) fn unfit(object: &Value, old: Option<&Value>, found: &mut Findings) -> bool {
    let (path, spec) = (Path::new("spec"), object.get("spec").unwrap_or(&Value::Null));
    cluster(&path, spec, old, found);
    if found.len() == 0 {
        service_families::check(&path, spec, old.and_then(|old| old.get("spec")), found);
    }
    found.len() > 0
}

/// The cluster addresses of a Service; `old` is the whole Service as it was.
pub(super) fn cluster(path: &Path, spec: &Value, old: Option<&Value>, found: &mut Findings) {
    if text(spec, "/type") == "ExternalName" {
        return;
    }
    let (at, all) = (path.child("clusterIPs"), list(spec, "/clusterIPs"));
    let shown = || Value::from(all.to_vec());
    match (text(spec, "/clusterIP"), all) {
        ("", []) => {}
        ("", _) => found.invalid(&at, shown(), "must be empty when `clusterIP` is not specified"),
        (_, []) => found.required(&at, ""),
        (single, [first, ..]) if first.as_str() != Some(single) => {
            found.invalid(&at, shown(), "first value must match `clusterIP`");
        }
        (_, _) => {}
    }
    families(path, spec, found);
    if addresses_in(&at, all, old, found) {
        return;
    }
    let is_six = |address: &Value| address.as_str().and_then(addresses::sloppy).is_some_and(|a| a.is_ipv6());
    if let [first, rest @ ..] = all
        && !rest.is_empty()
        && rest.iter().all(|other| is_six(other) == is_six(first))
    {
        found.invalid(&at, shown(), "may specify no more than one IP for each IP family");
    }
    if is_headless(spec) {
        return;
    }
    for (index, (address, family)) in all.iter().zip(list(spec, "/ipFamilies")).enumerate() {
        let family = family.as_str().unwrap_or_default();
        if (family == "IPv4" && is_six(address)) || (family == "IPv6" && !is_six(address)) {
            let detail = format!("expected an {family} value as indicated by `ipFamilies[{index}]`");
            found.invalid(&at.index(index), address.clone(), &detail);
        }
    }
}

fn families(path: &Path, spec: &Value, found: &mut Findings) {
    let at = path.child("ipFamilies");
    let mut taken: Vec<&str> = Vec::new();
    for (index, family) in list(spec, "/ipFamilies").iter().filter_map(Value::as_str).enumerate() {
        if !matches!(family, "IPv4" | "IPv6") {
            found.unsupported(&at.index(index), family, &["IPv4", "IPv6"]);
        }
        if taken.contains(&family) {
            found.duplicate(&at.index(index), family);
        }
        taken.push(family);
    }
    let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    if let Some(policy) = spec.get("ipFamilyPolicy").and_then(Value::as_str)
        && !policies.contains(&policy)
    {
        found.unsupported(&path.child("ipFamilyPolicy"), policy, &policies);
    }
}

/// Whether one of the addresses is none.
fn addresses_in(path: &Path, all: &[Value], old: Option<&Value>, found: &mut Findings) -> bool {
    let held = old.map(|old| list(old, "/spec/clusterIPs")).unwrap_or_default();
    let mut bad = false;
    for (index, address) in all.iter().enumerate() {
        let written = address.as_str().unwrap_or_default();
        if index == 0 && written == "None" {
            if all.len() > 1 {
                bad = true;
                found.invalid(path, all.to_vec(), "'None' must be the first and only value");
            }
            continue;
        }
        let before = found.len();
        if !held.contains(address) {
            addresses::address(&path.index(index), written, found);
        }
        bad |= found.len() != before;
    }
    if all.len() > 2 {
        found.invalid(path, all.to_vec(), "may only hold up to 2 values");
    }
    bad
}

/// What of the addresses of a Service never changes.
pub(super) fn update(old: &Value, new: &Value, found: &mut Findings) {
    let empty = json!({});
    let (before, after) = (old.get("spec").unwrap_or(&empty), new.get("spec").unwrap_or(&empty));
    let external = |spec: &Value| text(spec, "/type") == "ExternalName";
    if !external(before) && !external(after) {
        let headless = (is_headless(before), is_headless(after));
        if headless != (true, true) {
            kept(before, after, "clusterIPs", "clusterIP", found);
        }
        if headless == (false, false) {
            kept(before, after, "ipFamilies", "ipFamily", found);
        }
    }
    let (was, is) = (before.get("loadBalancerClass"), after.get("loadBalancerClass"));
    let balances = |spec: &Value| text(spec, "/type") == "LoadBalancer";
    if balances(before) && balances(after) && was != is {
        let shown = is.cloned().unwrap_or(Value::Null);
        found.invalid(&Path::new("spec.loadBalancerClass"), shown, "may not change once set");
    }
    super::service::balancer_class(after, found);
    let port = |spec: &Value| number(spec, "/healthCheckNodePort");
    if needs_health_check(before) && needs_health_check(after) && port(before) != port(after) {
        found.forbidden(&Path::new("spec.healthCheckNodePort"), "field is immutable");
    }
}

/// The first address and family stay; a second may come and go.
fn kept(before: &Value, after: &Value, key: &str, singular: &str, found: &mut Findings) {
    let field = format!("/{key}");
    let (old, new) = (list(before, &field), list(after, &field));
    let path = Path::new("spec").child(key);
    let shown = || if new.is_empty() { Value::Null } else { Value::from(new.to_vec()) };
    let once = "may not change once set";
    if old.len() == new.len() {
        for (index, _) in old.iter().zip(new).enumerate().filter(|(_, (old, new))| old != new) {
            let at = if key == "clusterIPs" { path.index(index) } else { path.index(0) };
            found.invalid(&at, shown(), once);
        }
        return;
    }
    if new.is_empty() && old.len() > new.len() {
        let detail = format!("primary {singular} can not be unset");
        found.invalid(&path.index(0), shown(), &detail);
    }
    if let ([first, ..], [now, ..]) = (old, new)
        && first != now
    {
        let addresses = list(after, "/clusterIPs").to_vec();
        found.invalid(&path.index(0), addresses, once);
    }
    let policy = after.get("ipFamilyPolicy").and_then(Value::as_str);
    if old.len() > new.len() && new.len() == 1 && policy != Some("SingleStack") {
        let detail = format!("must be set to 'SingleStack' when releasing the secondary {singular}");
        let shown = after.get("ipFamilyPolicy").cloned().unwrap_or(Value::Null);
        found.invalid(&Path::new("spec.ipFamilyPolicy"), shown, &detail);
    }
}
