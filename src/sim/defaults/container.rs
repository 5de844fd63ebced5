//! Defaults of one container: image pull policy, ports, probes, hooks, references of environment variables.

use super::gaps::{at, fill, fill_zero, is_zero, items, object, path, text};
use serde_json::{Map, Value, json};

/// Fills in one container of any of the three lists of a pod.
pub(super) fn container(container: &mut Value) {
    let policy = pull_policy(text(container, "image"));
    fill_zero(container, "imagePullPolicy", policy);
    fill_zero(container, "terminationMessagePath", "/dev/termination-log");
    fill_zero(container, "terminationMessagePolicy", "File");
    fill(container, "resources", Map::new());
    items(container, "ports").for_each(|port| fill_zero(port, "protocol", "TCP"));
    items(container, "env").for_each(env);
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = at(container, key) {
            fill_probe(probe);
        }
    }
    for hook in ["postStart", "preStop"] {
        if let Some(get) = path(container, &["lifecycle", hook, "httpGet"]) {
            http_get(get);
        }
    }
}

/// Requests that are not given take the value of the limit: only of pods themselves, never of templates.
pub(super) fn requests_from_limits(container: &mut Value) {
    let limits = container.pointer("/resources/limits").and_then(Value::as_object).cloned();
    let Some(limits) = limits.filter(|limits| !limits.is_empty()) else { return };
    let Some(requests) = at(container, "resources").and_then(|resources| object(resources, "requests"))
    else {
        return;
    };
    for (name, limit) in limits {
        fill(requests, &name, limit);
    }
}

/// Containers on the host's network open their ports on the host.
pub(super) fn host_ports(container: &mut Value) {
    for port in items(container, "ports") {
        if let Some(number) = port.get("containerPort").cloned() {
            fill_zero(port, "hostPort", number);
        }
    }
}

/// `fieldRef` and `resourceFieldRef` as environment variables and downward API files share them.
pub(super) fn references(holder: &mut Value) {
    if let Some(reference) = at(holder, "fieldRef") {
        fill_zero(reference, "apiVersion", "v1");
    }
    if let Some(reference) = at(holder, "resourceFieldRef") {
        fill_zero(reference, "divisor", "0");
    }
}

fn env(variable: &mut Value) {
    if let Some(source) = at(variable, "valueFrom") {
        references(source);
        if let Some(file) = at(source, "fileKeyRef") {
            fill(file, "optional", false);
        }
    }
}

fn fill_probe(probe: &mut Value) {
    let defaults =
        [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)];
    for (key, default) in defaults {
        fill_zero(probe, key, default);
    }
    if let Some(get) = at(probe, "httpGet") {
        http_get(get);
    }
    if let Some(grpc) = at(probe, "grpc") {
        fill(grpc, "service", "");
    }
}

fn http_get(get: &mut Value) {
    fill_zero(get, "path", "/");
    fill_zero(get, "scheme", "HTTP");
    for header in items(get, "httpHeaders") {
        if is_zero(header.get("value")) {
            header["value"] = json!("");
        }
    }
}

/// `Always` for the tag `latest` and for no tag at all, unless a digest pins the image. What is no reference to an
/// image has no tag.
pub(super) fn pull_policy(image: &str) -> &'static str {
    let (name, digest) = image.split_once('@').map_or((image, ""), |(name, digest)| (name, digest));
    let (path, last) = name.rsplit_once('/').map_or(("", name), |(path, last)| (path, last));
    let (last, tag) = last.split_once(':').map_or((last, None), |(last, tag)| (last, Some(tag)));
    let good = is_repository(path, last) && tag.is_none_or(is_tag);
    match tag {
        Some("latest") if good => "Always",
        None if good && digest.is_empty() => "Always",
        Some(_) | None => "IfNotPresent",
    }
}

fn is_repository(path: &str, last: &str) -> bool {
    let separated = |part: &str| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let ends = part.starts_with(inner) && part.ends_with(inner);
        ends && part.chars().all(|c| inner(c) || matches!(c, '.' | '_' | '-')) && !part.contains("..")
    };
    let mut parts = path.split('/').filter(|_| !path.is_empty()).peekable();
    let host =
        |part: &&str| part.contains(['.', ':']) || *part == "localhost" || part.to_lowercase() != **part;
    let _first = parts.next_if(host);
    parts.all(separated) && separated(last) && path.len() + last.len() < 255
}

fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (1..=128).contains(&tag.len())
        && tag.starts_with(word)
        && tag.chars().all(|c| word(c) || matches!(c, '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pull_policy_follows_the_tag() {
        let images = [
            ("busybox", "Always"),
            ("busybox:latest", "Always"),
            ("host:5000/a/busybox", "Always"),
            ("host:5000/a/busybox:1.36", "IfNotPresent"),
            ("busybox@sha256:0123", "IfNotPresent"),
            ("busybox:latest@sha256:0123", "Always"),
            ("docker.io/library/busybox", "Always"),
            ("Not_An_Image!", "IfNotPresent"),
        ];
        for (image, policy) in images {
            assert_eq!(pull_policy(image), policy, "{image}");
        }
    }
}
