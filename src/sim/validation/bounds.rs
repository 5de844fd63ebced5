//! What ResourceQuotas and LimitRanges may say: names, amounts, scopes, and what follows from what.

use super::findings::{Findings, Path};
use super::{amounts, internal, names};
use crate::sim::amount;
use crate::sim::look::{list, map, plain, text};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

const SCOPES: [&str; 7] = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "VolumeAttributesClass",
    "CrossNamespacePodAffinity",
];

const OPPOSED: [[&str; 2]; 2] = [["BestEffort", "NotBestEffort"], ["NotTerminating", "Terminating"]];

/// A ResourceQuota.
pub(super) fn quota(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    let hard = map(spec, "/hard");
    amounts::quota(&path.child("hard"), hard, found);
    let scopes: Vec<&str> = list(spec, "/scopes").iter().filter_map(Value::as_str).collect();
    let shown = || Value::from(list(spec, "/scopes").to_vec());
    let at = path.child("scopes");
    for scope in &scopes {
        if !SCOPES.contains(scope) {
            found.invalid(&at, shown(), "unsupported scope");
        }
        for _ in out_of_scope(scope, hard) {
            found.invalid(&at, shown(), "unsupported scope applied to resource");
        }
    }
    conflicts(&at, &scopes, &shown(), found);
    selector(&path.child("scopeSelector.matchExpressions"), spec, found);
}

fn conflicts(path: &Path, scopes: &[&str], shown: &Value, found: &mut Findings) {
    for pair in OPPOSED {
        if pair.iter().all(|scope| scopes.contains(scope)) {
            found.invalid(path, shown.clone(), "conflicting scopes");
        }
    }
}

/// The resources that a scope does not apply to.
fn out_of_scope<'a>(scope: &str, hard: Option<&'a Map<String, Value>>) -> Vec<&'a str> {
    let pods = |name: &str| name == "pods";
    let computed = |name: &str| {
        matches!(name, "cpu" | "memory" | "limits.cpu" | "limits.memory" | "requests.cpu" | "requests.memory")
    };
    let fits = |name: &str| match scope {
        "Terminating"
        | "NotTerminating"
        | "NotBestEffort"
        | "PriorityClass"
        | "CrossNamespacePodAffinity" => pods(name) || computed(name),
        "BestEffort" => pods(name),
        "VolumeAttributesClass" => matches!(name, "persistentvolumeclaims" | "requests.storage"),
        _unknown => true,
    };
    let names = hard.into_iter().flatten().map(|(name, _)| name.as_str());
    names.filter(|name| amounts::is_of_quota(name) && !fits(name)).collect()
}

fn selector(path: &Path, spec: &Value, found: &mut Findings) {
    let hard = map(spec, "/hard");
    let selector = &spec["scopeSelector"];
    let mut scopes: Vec<&str> = Vec::new();
    for requirement in list(selector, "/matchExpressions") {
        let (scope, operator) = (text(requirement, "/scopeName"), text(requirement, "/operator"));
        let values = list(requirement, "/values");
        if !SCOPES.contains(&scope) {
            found.invalid(&path.child("scopeName"), scope, "unsupported scope");
        }
        for _ in out_of_scope(scope, hard) {
            let printed = internal::print("ScopeSelector", selector);
            found.invalid_printed(path, &printed, "unsupported scope applied to resource");
        }
        if SCOPES.contains(&scope)
            && !matches!(scope, "PriorityClass" | "VolumeAttributesClass")
            && operator != "Exists"
        {
            let detail = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, \
                ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or \
                ResourceQuotaScopeCrossNamespacePodAffinity";
            found.invalid(&path.child("operator"), operator, detail);
        }
        match operator {
            "In" | "NotIn" if values.is_empty() => {
                let detail =
                    "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
                found.required(&path.child("values"), detail);
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let detail =
                    "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
                found.invalid(&path.child("values"), values.to_vec(), detail);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => found.invalid(&path.child("operator"), other, "not a valid selector operator"),
        }
        scopes.push(scope);
    }
    let shown = spec.get("scopes").cloned().unwrap_or(Value::Null);
    conflicts(path, &scopes, &shown, found);
}

/// What of a ResourceQuota never changes.
pub(super) fn quota_update(old: &Value, new: &Value, found: &mut Findings) {
    let scopes =
        |quota: &Value| -> BTreeSet<String> { list(quota, "/spec/scopes").iter().map(plain).collect() };
    if scopes(old) != scopes(new) {
        let shown = new.pointer("/spec/scopes").cloned().unwrap_or(Value::Null);
        found.invalid(&Path::new("spec.scopes"), shown, "field is immutable");
    }
}

/// A LimitRange.
pub(super) fn limits(object: &Value, found: &mut Findings) {
    let mut taken: Vec<&str> = Vec::new();
    for (index, limit) in list(object, "/spec/limits").iter().enumerate() {
        let at = Path::new("spec.limits").index(index);
        let kind = text(limit, "/type");
        let wrong = names::qualified(kind);
        let standard = matches!(kind, "Pod" | "Container" | "PersistentVolumeClaim");
        if wrong.is_empty() && !kind.contains('/') && !standard {
            found.invalid(&at.child("type"), kind, "must be a standard limit type or fully qualified");
        }
        found.invalid_each(&at.child("type"), kind, wrong);
        if taken.contains(&kind) {
            found.duplicate(&at.child("type"), kind);
        }
        taken.push(kind);
        limit_names(&at, kind, limit, found);
        let keys = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];
        let held = keys.iter().flat_map(|key| map(limit, &format!("/{key}")).into_iter().flatten());
        let resources: BTreeSet<&String> = held.map(|(resource, _)| resource).collect();
        for resource in resources {
            one_limit(&at, resource, kind, limit, found);
        }
    }
}

fn limit_names(path: &Path, kind: &str, limit: &Value, found: &mut Findings) {
    for key in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
        let held = map(limit, &format!("/{key}"));
        if kind == "Pod" && matches!(key, "default" | "defaultRequest") {
            if held.is_some_and(|held| !held.is_empty()) {
                found.forbidden(&path.child(key), "may not be specified when `type` is 'Pod'");
            }
            continue;
        }
        if key == "maxLimitRequestRatio" && kind == "PersistentVolumeClaim" {
            let has = |key: &str| limit.pointer(&format!("/{key}/storage")).is_some();
            if !has("min") && !has("max") {
                let detail = "either minimum or maximum storage value is required, but neither was provided";
                found.required(&path.child("limits"), detail);
            }
        }
        for (resource, _) in held.into_iter().flatten() {
            let at = path.child(key).key(resource);
            match kind {
                "Pod" | "Container" => amounts::container_name(&at, resource, found),
                _other => drop(amounts::name(&at, resource, found)),
            }
        }
    }
}

fn one_limit(path: &Path, resource: &str, kind: &str, limit: &Value, found: &mut Findings) {
    let held: BTreeMap<&str, (String, i128)> =
        ["min", "max", "default", "defaultRequest", "maxLimitRequestRatio"]
            .into_iter()
            .filter(|key| kind != "Pod" || !matches!(*key, "default" | "defaultRequest"))
            .filter_map(|key| {
                let shown = plain(map(limit, &format!("/{key}"))?.get(resource)?);
                let amount = amount::nanos(&shown)?;
                Some((key, (shown, amount)))
            })
            .collect();
    let rules = [
        ("min", "max", "min", "min", "min value {} is greater than max value {}"),
        (
            "min",
            "defaultRequest",
            "defaultRequest",
            "defaultRequest",
            "min value {} is greater than default request value {}",
        ),
        (
            "defaultRequest",
            "max",
            "defaultRequest",
            "defaultRequest",
            "default request value {} is greater than max value {}",
        ),
        (
            "defaultRequest",
            "default",
            "defaultRequest",
            "defaultRequest",
            "default request value {} is greater than default limit value {}",
        ),
        ("min", "default", "default", "min", "min value {} is greater than default value {}"),
        ("default", "max", "default", "max", "default value {} is greater than max value {}"),
    ];
    for (small, large, at, shown, words) in rules {
        let (Some(one), Some(other)) = (held.get(small), held.get(large)) else { continue };
        if one.1 > other.1 {
            let detail = words.replacen("{}", &one.0, 1).replacen("{}", &other.0, 1);
            found.invalid(&path.child(at).key(resource), held[shown].0.as_str(), &detail);
        }
    }
    ratio(path, resource, &held, found);
    let (default, request) = (held.get("default"), held.get("defaultRequest"));
    if let (Some(default), Some(request)) = (default, request)
        && !amounts::may_overcommit(resource)
        && default.1 != request.1
    {
        let detail = format!(
            "default value {} must equal to defaultRequest value {} in {resource}",
            default.0, request.0
        );
        found.invalid(&path.child("defaultRequest").key(resource), request.0.as_str(), &detail);
    }
}

fn ratio(path: &Path, resource: &str, held: &BTreeMap<&str, (String, i128)>, found: &mut Findings) {
    let Some((shown, ratio)) = held.get("maxLimitRequestRatio") else { return };
    let at = path.child("maxLimitRequestRatio").key(resource);
    if *ratio < 1_000_000_000 {
        found.invalid(&at, shown.as_str(), &format!("ratio {shown} is less than 1"));
    }
    let (Some((_, min)), Some((_, max))) = (held.get("min"), held.get("max")) else { return };
    // Amounts of a cluster are far below where a float of 64 bits loses whole numbers.
    #[expect(clippy::cast_precision_loss, reason = "the real server compares floats, and prints one")]
    let (ratio, most) = (*ratio as f64 / 1e9, *max as f64 / *min as f64);
    if ratio > most {
        let detail = format!("ratio {shown} is greater than max/min = {most:.6}");
        found.invalid(&at, shown.as_str(), &detail);
    }
}
