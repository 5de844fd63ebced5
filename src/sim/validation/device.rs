//! What may be asked of devices: ResourceClaims and their templates, and DeviceClasses. Lists that are too long are not
//! looked into. What is allocated to a claim is in `device_status`, what there is of devices in `device_slice`, what
//! all of them have in common in `device_parts`.

use super::device_parts::{TEXT, each, name, opaque, tolerations, twice};
use super::findings::{Findings, Path, same};
use super::{claim_template, internal, names};
use crate::sim::expression::{Unfit, chooses_devices};
use crate::sim::look::{list, number, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// So many requests, constraints, configurations and selectors each.
const MOST: usize = 32;
const ALTERNATIVES: usize = 8;

const UNNAMED: &str = "must be the name of a request in the claim or the name of a request and a subrequest separated \
                       by '/'";

/// An object of the group whose metadata has been checked; `old` is what it was, of a changed one.
pub(super) fn content(kind: &str, object: &Value, old: Option<&Value>, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    match (kind, old) {
        ("ResourceClaim", None) => claim(&Path::new("spec"), spec, found),
        ("ResourceClaimTemplate", _) => {
            claim_template::metadata(&Path::new("spec.metadata"), spec, found);
            claim(&Path::new("spec.spec"), spec.get("spec").unwrap_or(&Value::Null), found);
        }
        ("DeviceClass", _) => class(spec, found),
        ("ResourceSlice", old) => super::device_slice::slice(object, old, found),
        _claims_never_change => {}
    }
}

/// What of a claim, or of a template of claims, never changes: all that it asks for.
pub(super) fn update(kind: &str, old: &Value, new: &Value, found: &mut Findings) {
    let of = match kind {
        "ResourceClaim" => "ResourceClaimSpec",
        "ResourceClaimTemplate" => "ResourceClaimTemplateSpec",
        _others_change => return,
    };
    if !same(old.get("spec"), new.get("spec")) {
        let spec = new.get("spec").unwrap_or(&Value::Null);
        let shown = match of {
            "ResourceClaimSpec" => internal::print(of, spec),
            _template => {
                let mut shown = spec.get("metadata").filter(|meta| meta.is_object()).cloned();
                let shown = shown.get_or_insert_with(|| serde_json::json!({}));
                shown["spec"] = spec["spec"].clone();
                internal::print(of, shown)
            }
        };
        found.invalid_printed(&Path::new("spec"), &shown, "field is immutable");
    }
}

fn class(spec: &Value, found: &mut Findings) {
    let path = Path::new("spec");
    each(&path.child("selectors"), list(spec, "/selectors"), MOST, found, selector);
    each(&path.child("config"), list(spec, "/config"), MOST, found, |path, config, found| {
        opaque(path, config, found);
    });
    if let Some(name) = spec.get("extendedResourceName").and_then(Value::as_str)
        && !is_extended(name)
    {
        found.invalid(&path.child("extendedResourceName"), name, "must be a valid extended resource name");
    }
}

/// A name with a domain that is not Kubernetes' own, and that may be asked for in a quota.
fn is_extended(name: &str) -> bool {
    let own = name.split('/').next().is_some_and(|domain| domain.ends_with("kubernetes.io"));
    name.contains('/')
        && !own
        && !name.starts_with("requests.")
        && names::qualified(&format!("requests.{name}")).is_empty()
}

fn claim(path: &Path, spec: &Value, found: &mut Findings) {
    let path = path.child("devices");
    let devices = spec.get("devices").unwrap_or(&Value::Null);
    let names = Names::of(devices);
    let (at, requests) = (path.child("requests"), list(devices, "/requests"));
    each(&at, requests, MOST, found, request);
    twice(&at, requests, MOST, found, |request| text(request, "/name").into());
    let constraints = list(devices, "/constraints");
    each(&path.child("constraints"), constraints, MOST, found, |path, constraint, found| {
        references(path, constraint, &names, found);
        let attribute = ["matchAttribute", "distinctAttribute"]
            .into_iter()
            .find_map(|key| Some((key, constraint.get(key)?.as_str()?)));
        match attribute {
            Some((key, name)) => full_name(&path.child(key), name, found),
            None => {
                let detail = "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple \
                              fields are set";
                found.required(path, detail);
            }
        }
    });
    each(&path.child("config"), list(devices, "/config"), MOST, found, |path, config, found| {
        references(path, config, &names, found);
        opaque(path, config, found);
    });
}

/// The requests of a claim by name, and those that stand in for one.
pub(super) struct Names<'a>(Vec<(&'a str, BTreeSet<&'a str>)>);

impl<'a> Names<'a> {
    /// Those of `spec.devices`.
    pub(super) fn of(devices: &'a Value) -> Names<'a> {
        let below = |request: &'a Value| {
            list(request, "/firstAvailable").iter().map(|one| text(one, "/name")).collect()
        };
        let requests = list(devices, "/requests").iter();
        Names(requests.map(|request| (text(request, "/name"), below(request))).collect())
    }

    fn has(&self, name: &str) -> bool {
        let (first, second) = name.split_once('/').map_or((name, None), |(a, b)| (a, Some(b)));
        let request = self.0.iter().rfind(|(request, _)| *request == first);
        request.is_some_and(|(_, below)| second.is_none_or(|second| below.contains(second)))
    }

    /// A reference to one of them.
    pub(super) fn check(&self, path: &Path, name: &str, found: &mut Findings) {
        if name.matches('/').count() > 1 {
            return found.invalid(path, name, UNNAMED);
        }
        for part in name.split('/') {
            found.invalid_each(path, part, names::label(part));
        }
        if !self.has(name) {
            found.invalid(path, name, UNNAMED);
        }
    }
}

/// `requests`: which requests something is about.
pub(super) fn references(path: &Path, holder: &Value, names: &Names<'_>, found: &mut Findings) {
    let (at, given) = (path.child("requests"), list(holder, "/requests"));
    each(&at, given, MOST, found, |path, name, found| {
        names.check(path, name.as_str().unwrap_or_default(), found);
    });
    twice(&at, given, MOST, found, Value::clone);
}

fn request(path: &Path, request: &Value, found: &mut Findings) {
    let name = text(request, "/name");
    found.invalid_each(&path.child("name"), name, names::label(name));
    let (first, exact) = (list(request, "/firstAvailable"), request.get("exactly"));
    let detail = "exactly one of `exactly` or `firstAvailable` is required";
    match (first, exact.filter(|exact| exact.is_object())) {
        ([], None) => found.required(path, detail),
        ([], Some(exact)) => demand(&path.child("exactly"), exact, found),
        (_, Some(_)) => {
            found.invalid(path, Value::Null, &format!("{detail}, but multiple fields are set"));
        }
        (first, None) => {
            let at = path.child("firstAvailable");
            each(&at, first, ALTERNATIVES, found, |path, one, found| {
                let name = text(one, "/name");
                found.invalid_each(&path.child("name"), name, names::label(name));
                demand(path, one, found);
            });
            twice(&at, first, ALTERNATIVES, found, |one| text(one, "/name").into());
        }
    }
}

/// What one request asks for: devices of a class, how many, and with which properties.
fn demand(path: &Path, request: &Value, found: &mut Findings) {
    match text(request, "/deviceClassName") {
        "" => found.required(&path.child("deviceClassName"), ""),
        name => found.invalid_each(&path.child("deviceClassName"), name, names::subdomain(name)),
    }
    each(&path.child("selectors"), list(request, "/selectors"), MOST, found, selector);
    let count = number(request, "/count");
    let at = path.child("count");
    match text(request, "/allocationMode") {
        "All" if count != 0 => {
            found.invalid(&at, count, "must not be specified when allocationMode is 'All'");
        }
        "ExactCount" if count <= 0 => found.invalid(&at, count, "must be greater than zero"),
        "All" | "ExactCount" => {}
        other => found.unsupported(&path.child("allocationMode"), other, &["All", "ExactCount"]),
    }
    tolerations(path, request, found);
}

fn selector(path: &Path, selector: &Value, found: &mut Findings) {
    let at = path.child("cel");
    match selector.get("cel").filter(|cel| cel.is_object()) {
        None => found.required(&at, ""),
        Some(cel) if text(cel, "/expression").len() > TEXT => found.too_long(&at.child("expression"), TEXT),
        Some(cel) => {
            let (at, expression) = (at.child("expression"), text(cel, "/expression"));
            match chooses_devices(expression) {
                Ok(()) => {}
                Err(Unfit::Invalid(why)) => found.invalid(&at, expression, &why),
                Err(Unfit::TooDear) => found.forbidden(&at, "too complex, exceeds cost limit"),
            }
        }
    }
}

fn full_name(path: &Path, given: &str, found: &mut Findings) {
    name(path, given, found);
    if !given.contains('/') {
        let detail = "a fully qualified name must be a domain and a name separated by a slash";
        found.invalid(path, given, detail);
    }
}
