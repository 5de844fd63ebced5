//! LimitRanger: the defaults that a LimitRange gives to containers, and the minima, maxima and ratios that it holds
//! containers, pods and claims to.

use super::Write;
use crate::sim::World;
use crate::sim::amount::{Amount, Amounts, amounts};
use crate::sim::look::{list, text};
use crate::sim::object;
use crate::sim::quota::{pod_limits, pod_requests};
use crate::sim::status::Refusal;
use crate::snapshot::Object;
use serde_json::{Value, json};

const ANNOTATION: &str = "kubernetes.io/limit-ranger";

fn ranges(world: &World, namespace: &str) -> Vec<Object> {
    let held = world.store.snapshot().list("", "limitranges", Some(namespace));
    held.map(|(_, range)| range.clone()).collect()
}

/// Gives the containers of a new pod what they leave out.
pub(super) fn fill(world: &World, namespace: &str, pod: &mut Value) {
    for range in ranges(world, namespace) {
        let (mut requests, mut limits) = (json!({}), json!({}));
        for limit in list(&range, "/spec/limits").iter().filter(|limit| limit["type"] == "Container") {
            for (name, value) in limit["defaultRequest"].as_object().into_iter().flatten() {
                requests[name] = value.clone();
            }
            for (name, value) in limit["default"].as_object().into_iter().flatten() {
                limits[name] = value.clone();
            }
        }
        let mut told = Vec::new();
        for (field, what) in [("containers", "container"), ("initContainers", "init container")] {
            for container in pod["spec"].get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
                for (side, word, defaults) in
                    [("requests", "request", &requests), ("limits", "limit", &limits)]
                {
                    let set = complete(container, side, defaults);
                    if !set.is_empty() {
                        let name = text(container, "/name");
                        told.push(format!("{} {word} for {what} {name}", set.join(", ")));
                    }
                }
            }
        }
        if !told.is_empty() {
            let note = format!("LimitRanger plugin set: {}", told.join("; "));
            pod["metadata"]["annotations"][ANNOTATION] = json!(note);
        }
    }
}

/// Adds the amounts that a container leaves out; their names, sorted.
fn complete(container: &mut Value, side: &str, defaults: &Value) -> Vec<String> {
    let mut set = Vec::new();
    for (name, value) in defaults.as_object().into_iter().flatten() {
        if container["resources"][side].get(name).is_none() {
            container["resources"][side][name] = value.clone();
            set.push(name.clone());
        }
    }
    set.sort();
    set
}

/// Refuses what is out of the bounds of a LimitRange. A change of a pod is not looked at, other than a resize.
pub(super) fn judge(world: &World, write: &Write<'_, '_>, object: &Value) -> Result<(), Refusal> {
    let of = &write.asked.of;
    let subresource = write.asked.at.subresource.as_deref().unwrap_or_default();
    let pod = match (of.group.as_str(), of.kind.as_str(), subresource) {
        ("", "Pod", "") if write.old.is_none() => true,
        ("", "Pod", "resize") => true,
        ("", "PersistentVolumeClaim", "") => false,
        _ => return Ok(()),
    };
    if write.old.is_some_and(object::is_terminating) {
        return Ok(());
    }
    for range in ranges(world, write.asked.namespace()) {
        let mut wrong = Vec::new();
        for limit in list(&range, "/spec/limits") {
            match (text(limit, "/type"), pod) {
                ("Container", true) => {
                    let fields = ["/spec/containers", "/spec/initContainers"];
                    for container in fields.iter().flat_map(|field| list(object, field)) {
                        let side = |side: &str| amounts(&container["resources"][side]);
                        bounds(limit, &side("requests"), &side("limits"), &mut wrong);
                    }
                }
                ("Pod", true) => bounds(limit, &pod_requests(object), &pod_limits(object), &mut wrong),
                ("PersistentVolumeClaim", false) => claim(limit, object, &mut wrong),
                _ => {}
            }
        }
        // An aggregate names each error once.
        let mut once: Vec<String> = Vec::new();
        for line in wrong {
            if !once.contains(&line) {
                once.push(line);
            }
        }
        match once.as_slice() {
            [] => {}
            [one] => return Err(write.forbidden(object, one)),
            many => return Err(write.forbidden(object, &format!("[{}]", many.join(", ")))),
        }
    }
    Ok(())
}

fn bounds(limit: &Value, requests: &Amounts, limits: &Amounts, wrong: &mut Vec<String>) {
    let of = text(limit, "/type");
    for (name, bound) in amounts(&limit["min"]) {
        wrong.extend(minimum(of, &name, bound, requests.get(&name), limits.get(&name)));
    }
    for (name, bound) in amounts(&limit["max"]) {
        wrong.extend(maximum(of, &name, bound, requests.get(&name), limits.get(&name)));
    }
    for (name, bound) in amounts(&limit["maxLimitRequestRatio"]) {
        wrong.extend(ratio(of, &name, bound, requests.get(&name), limits.get(&name)));
    }
}

fn minimum(
    of: &str,
    name: &str,
    bound: Amount,
    request: Option<&Amount>,
    limit: Option<&Amount>,
) -> Option<String> {
    let told = format!("minimum {name} usage per {of} is {bound}");
    match (request, limit) {
        (None, _) => Some(format!("{told}.  No request is specified")),
        (Some(request), _) if below(*request, bound) => Some(format!("{told}, but request is {request}")),
        (_, Some(limit)) if below(*limit, bound) => Some(format!("{told}, but limit is {limit}")),
        (Some(_), _) => None,
    }
}

fn maximum(
    of: &str,
    name: &str,
    bound: Amount,
    request: Option<&Amount>,
    limit: Option<&Amount>,
) -> Option<String> {
    let told = format!("maximum {name} usage per {of} is {bound}");
    match (request, limit) {
        (_, None) => Some(format!("{told}.  No limit is specified")),
        (_, Some(limit)) if below(bound, *limit) => Some(format!("{told}, but limit is {limit}")),
        (Some(request), _) if below(bound, *request) => Some(format!("{told}, but request is {request}")),
        (_, Some(_)) => None,
    }
}

fn ratio(
    of: &str,
    name: &str,
    bound: Amount,
    request: Option<&Amount>,
    limit: Option<&Amount>,
) -> Option<String> {
    let told = format!("{name} max limit to request ratio per {of} is {bound}");
    let Some(request) = request.filter(|request| !request.is_zero()) else {
        return Some(format!("{told}, but no request is specified or request is 0"));
    };
    let Some(limit) = limit.filter(|limit| !limit.is_zero()) else {
        return Some(format!("{told}, but no limit is specified or limit is 0"));
    };
    #[expect(clippy::cast_precision_loss, reason = "a ratio is told to six places")]
    let given = limit.thousandths() as f64 / request.thousandths() as f64;
    let too_much = limit.thousandths() * 1_000 > bound.thousandths() * request.thousandths();
    too_much.then(|| format!("{told}, but provided ratio is {given:.6}"))
}

/// Amounts are compared in thousandths.
fn below(one: Amount, other: Amount) -> bool {
    one.thousandths() < other.thousandths()
}

/// Claims are measured by what they ask for.
fn claim(limit: &Value, claim: &Value, wrong: &mut Vec<String>) {
    let of = text(limit, "/type");
    let requests = amounts(&claim["spec"]["resources"]["requests"]);
    for (name, bound) in amounts(&limit["min"]) {
        wrong.extend(minimum(of, &name, bound, requests.get(&name), None));
    }
    for (name, bound) in amounts(&limit["max"]) {
        let told = format!("maximum {name} usage per {of} is {bound}");
        match requests.get(&name) {
            None => wrong.push(format!("{told}.  No request is specified")),
            Some(request) if below(bound, *request) => {
                wrong.push(format!("{told}, but request is {request}"))
            }
            Some(_) => {}
        }
    }
}
