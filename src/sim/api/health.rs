//! `/healthz`, `/livez` and `/readyz`: every check of kube-apiserver by name, and all of them together. Nothing in this
//! server can be unwell, so a check that there is passes.

use crate::call::{Call, Reply};

/// The checks that all three endpoints share, in their order; each endpoint has a few of its own before them.
const HOOKS: [&str; 32] = [
    "start-apiserver-admission-initializer",
    "generic-apiserver-start-informers",
    "priority-and-fairness-config-consumer",
    "priority-and-fairness-filter",
    "storage-object-count-tracker-hook",
    "start-apiextensions-informers",
    "start-apiextensions-controllers",
    "crd-informer-synced",
    "start-system-namespaces-controller",
    "peer-endpoint-reconciler-controller",
    "start-cluster-authentication-info-controller",
    "start-kube-apiserver-identity-lease-controller",
    "start-kube-apiserver-identity-lease-garbage-collector",
    "storage-readiness",
    "start-legacy-token-tracking-controller",
    "start-service-ip-repair-controllers",
    "rbac/bootstrap-roles",
    "scheduling/bootstrap-system-priority-classes",
    "priority-and-fairness-config-producer",
    "bootstrap-controller",
    "start-kubernetes-service-cidr-controller",
    "aggregator-reload-proxy-client-cert",
    "start-kube-aggregator-informers",
    "apiservice-status-local-available-controller",
    "apiservice-status-remote-available-controller",
    "apiservice-registration-controller",
    "apiservice-wait-for-first-sync",
    "apiservice-discovery-controller",
    "kube-apiserver-autoregistration",
    "autoregister-completion",
    "apiservice-openapi-controller",
    "apiservice-openapiv3-controller",
];

/// The endpoints.
pub(super) const ENDPOINTS: [&str; 3] = ["healthz", "livez", "readyz"];

/// The checks of an endpoint, in their order.
pub(super) fn checks(endpoint: &str) -> Vec<String> {
    let (first, last): (&[&str], &[&str]) = match endpoint {
        "readyz" => (&["ping", "log", "informer-sync"], &["shutdown"]),
        _ => (&["ping", "log", "loopback-serving-certificate", "etcd"], &[]),
    };
    let hooks = HOOKS.iter().map(|hook| match *hook {
        "autoregister-completion" => (*hook).to_owned(),
        hook => format!("poststarthook/{hook}"),
    });
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    own(first).into_iter().chain(hooks).chain(own(last)).collect()
}

/// Answers a path below `/healthz`, `/livez` or `/readyz`; `None` where it is no such path or no such check.
pub(super) fn answer(call: &Call, path: &str) -> Option<Reply> {
    let (endpoint, check) = match path.strip_prefix('/')?.split_once('/') {
        Some((endpoint, check)) => (endpoint, Some(check)),
        None => (path.strip_prefix('/')?, None),
    };
    if !ENDPOINTS.contains(&endpoint) {
        return None;
    }
    let checks = checks(endpoint);
    let text = match check {
        Some(check) => checks.iter().any(|known| known == check).then(|| "ok".to_owned())?,
        None if call.query.get("verbose").is_some() => told(call, endpoint, &checks),
        None => "ok".to_owned(),
    };
    Some(Reply::raw(200, "text/plain; charset=utf-8", text))
}

/// A line for each check, and what is to be said of checks that were to be left out.
fn told(call: &Call, endpoint: &str, checks: &[String]) -> String {
    let excluded: Vec<&str> =
        call.query.iter().filter(|(name, _)| *name == "exclude").map(|(_, value)| value).collect();
    let lines = checks.iter().map(|check| match excluded.contains(&check.as_str()) {
        true => format!("[+]{check} excluded: ok\n"),
        false => format!("[+]{check} ok\n"),
    });
    let mut text: String = lines.collect();
    let mut unknown: Vec<String> = excluded
        .iter()
        .filter(|name| !checks.iter().any(|check| check == *name))
        .map(|name| format!("{name:?}"))
        .collect();
    unknown.sort();
    if !unknown.is_empty() {
        let unknown = unknown.join(",");
        text += &format!("warn: some health checks cannot be excluded: no matches for {unknown}\n");
    }
    text + &format!("{endpoint} check passed\n")
}
