//! Families of addresses of a Service on a cluster that gives out IPv4 alone: what follows where they are not said, and
//! what such a cluster cannot give. How addresses and families fit each other is `service_address`' matter.

use super::addresses;
use super::findings::{Findings, Path};
use super::service::is_headless;
use crate::sim::look::{list, map, text};
use serde_json::{Value, json};

/// Says the policy and the families where the Service does not; `before` is the spec as it was.
pub(super) fn fill(before: Option<&Value>, spec: &mut Value) {
    if external(spec) {
        return;
    }
    if spec.get("ipFamilyPolicy").is_none_or(Value::is_null) {
        let held = before.map(|before| text(before, "/ipFamilyPolicy")).unwrap_or_default();
        let policy = match held {
            "" if any(spec) => "RequireDualStack",
            "" => "SingleStack",
            held => held,
        };
        spec["ipFamilyPolicy"] = json!(policy);
    }
    let single = text(spec, "/ipFamilyPolicy") == "SingleStack";
    if let Some(before) = before.filter(|_| single)
        && list(before, "/ipFamilies") == list(spec, "/ipFamilies")
        && let Some(families) = spec.get_mut("ipFamilies").and_then(Value::as_array_mut)
    {
        families.truncate(1);
    }
    if list(spec, "/ipFamilies").is_empty() {
        let given = list(spec, "/clusterIPs").iter().take_while(|address| !is_six(address)).count();
        if given < list(spec, "/clusterIPs").len() && given == 0 {
            return;
        }
        spec["ipFamilies"] = json!(["IPv4"]);
    }
    if any(spec)
        && !single
        && let Some(families) = spec.get_mut("ipFamilies").and_then(Value::as_array_mut)
        && let [only] = families.as_slice()
    {
        let other = if *only == "IPv4" { "IPv6" } else { "IPv4" };
        families.push(json!(other));
    }
}

/// What of a Service's families cannot be had, once they are all said.
pub(super) fn check(path: &Path, spec: &Value, before: Option<&Value>, found: &mut Findings) {
    if external(spec) {
        return;
    }
    let policy = text(spec, "/ipFamilyPolicy");
    let (addresses, families) = (list(spec, "/clusterIPs"), list(spec, "/ipFamilies"));
    let at = path.child("ipFamilyPolicy");
    let start = found.len();
    if let Some(before) = before.filter(|_| policy != "SingleStack") {
        for (key, what) in [("/clusterIPs", "cluster IP"), ("/ipFamilies", "IP family")] {
            let (had, has) = (list(before, key).len(), list(spec, key).len());
            if has > 0 && has < had {
                let detail = format!("must be 'SingleStack' to release the secondary {what}");
                found.invalid(&at, policy, &detail);
            }
        }
    }
    for (several, what) in [(addresses.len() == 2, "cluster IPs"), (families.len() == 2, "IP families")] {
        if policy == "SingleStack" && several {
            let detail =
                format!("must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified");
            found.invalid(&at, policy, &detail);
        }
    }
    for (index, _) in addresses.iter().enumerate().skip(families.len()).filter(|(_, address)| is_six(address))
    {
        let at = path.child("clusterIPs").index(index);
        found.invalid(&at, addresses.to_vec(), "IPv6 is not configured on this cluster");
    }
    if found.len() > start || any(spec) {
        return;
    }
    if policy == "RequireDualStack" {
        found.invalid(&at, policy, "this cluster is not configured for dual-stack services");
    }
    for (index, _) in families.iter().enumerate().filter(|(_, family)| **family == "IPv6") {
        found.invalid(&path.child("ipFamilies").index(index), "IPv6", "not configured on this cluster");
    }
}

fn external(spec: &Value) -> bool {
    text(spec, "/type") == "ExternalName"
}

/// Who has no address and selects nothing is of whichever family its endpoints are.
fn any(spec: &Value) -> bool {
    is_headless(spec) && map(spec, "/selector").is_none_or(serde_json::Map::is_empty)
}

fn is_six(address: &Value) -> bool {
    address.as_str().and_then(addresses::sloppy).is_some_and(|address| address.is_ipv6())
}
