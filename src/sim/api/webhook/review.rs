//! What a webhook is asked: the AdmissionReview, and where it is sent.

use crate::sim::api::Asked;
use crate::sim::hooks::HookCall;
use crate::sim::resources::Resource;
use crate::sim::{World, convert, names};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// What a call does to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim::api) enum Operation {
    Create,
    Update,
    Delete,
}

impl Operation {
    /// `CREATE`, as rules name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Operation::Create => "CREATE",
            Operation::Update => "UPDATE",
            Operation::Delete => "DELETE",
        }
    }

    fn options(self, asked: &Asked<'_>) -> Value {
        let kind = match self {
            Operation::Create => "CreateOptions",
            Operation::Update => "UpdateOptions",
            Operation::Delete => "DeleteOptions",
        };
        let mut options = json!({"kind": kind, "apiVersion": "meta.k8s.io/v1"});
        for field in ["fieldManager", "fieldValidation"] {
            if let Some(value) = asked.call.query.get(field).filter(|_| self != Operation::Delete) {
                options[field] = json!(value);
            }
        }
        if is_dry_run(asked) {
            options["dryRun"] = json!(["All"]);
        }
        options
    }
}

fn is_dry_run(asked: &Asked<'_>) -> bool {
    asked.call.query.get("dryRun").is_some_and(|value| value == "All")
}

/// What is told of a call of whose objects is spoken as objects of `of`: the `request` of an AdmissionReview.
pub(in crate::sim::api) fn request(
    world: &World,
    asked: &Asked<'_>,
    operation: Operation,
    (old, object): (Option<&Value>, Option<&Value>),
    of: &Resource,
) -> Value {
    let converted = |object: Option<&Value>| match object {
        None => Value::Null,
        Some(object) if of.api_version() == asked.of.api_version() => object.clone(),
        Some(object) => (*convert::to_version(of, Arc::new(object.clone()))).clone(),
    };
    let kind = |of: &Resource| json!({"group": of.group, "version": of.version, "kind": of.kind});
    let resource = |of: &Resource| json!({"group": of.group, "version": of.version, "resource": of.plural});
    let name = [object, old].into_iter().flatten().find_map(|object| object["metadata"]["name"].as_str());
    let mut request = json!({
        "uid": names::uid(world.config.seed, world.version()),
        "kind": kind(of), "resource": resource(of),
        "requestKind": kind(&asked.of), "requestResource": resource(&asked.of),
        "operation": operation.name(),
        "userInfo": asked.user.info(),
        "object": converted(object), "oldObject": converted(old),
        "dryRun": is_dry_run(asked), "options": operation.options(asked),
    });
    let texts = [
        ("name", name.unwrap_or(asked.name())),
        ("namespace", asked.namespace()),
        ("subResource", asked.at.subresource.as_deref().unwrap_or_default()),
        ("requestSubResource", asked.at.subresource.as_deref().unwrap_or_default()),
    ];
    for (field, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        request[field] = json!(text);
    }
    request
}

/// The call to a webhook that is told of this request.
pub(super) fn call(webhook: &Value, request: &Value) -> HookCall {
    let seconds = webhook["timeoutSeconds"].as_u64().unwrap_or(10);
    let client = &webhook["clientConfig"];
    let roots = client["caBundle"].as_str().and_then(|bundle| STANDARD.decode(bundle).ok());
    HookCall {
        webhook: webhook["name"].as_str().unwrap_or_default().to_owned(),
        url: format!("{}?timeout={seconds}s", address(client)),
        roots: String::from_utf8(roots.unwrap_or_default()).unwrap_or_default(),
        timeout: Duration::from_secs(seconds),
        review: json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}),
    }
}

/// The address without a query, its path in the shortest form, as clients of Kubernetes write one.
fn address(client: &Value) -> String {
    if let Some(url) = client["url"].as_str() {
        let host_from = url.find("://").map_or(0, |at| at + 3);
        let path_from = url[host_from..].find('/').map_or(url.len(), |at| host_from + at);
        return format!("{}{}", &url[..path_from], shortest(&url[path_from..]));
    }
    let service = &client["service"];
    let text = |field: &str| service[field].as_str().unwrap_or_default();
    let port = service["port"].as_u64().unwrap_or(443);
    format!("https://{}.{}.svc:{port}{}", text("name"), text("namespace"), shortest(text("path")))
}

fn shortest(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    format!("/{}", parts.join("/"))
}

/// Whether the Service that a webhook stands behind leads anywhere, in the words of kube-apiserver where it does not.
/// Containers of this cluster do not listen, so it never does.
pub(super) fn reach(world: &World, client: &Value) -> Result<(), String> {
    if client["url"].is_string() {
        return Ok(());
    }
    let service = &client["service"];
    let text = |field: &str| service[field].as_str().unwrap_or_default();
    let (name, port) = (text("name"), service["port"].as_u64().unwrap_or(443));
    let found = world.store.snapshot().find("", "services", text("namespace"), name);
    let Some(found) = found else { return Err(format!("service {name:?} not found")) };
    let mut ports = found["spec"]["ports"].as_array().into_iter().flatten();
    if !ports.any(|one| one["port"].as_u64() == Some(port)) {
        return Err(format!("no service port {port} found for service {name:?}"));
    }
    let address = found["spec"]["clusterIP"].as_str().unwrap_or_default();
    Err(format!("dial tcp {address}:{port}: connect: connection refused"))
}

#[test]
fn the_path_of_an_address_has_no_slash_too_many() {
    let addresses = [
        (json!({"url": "https://h:1"}), "https://h:1/"),
        (json!({"url": "https://h:1/a/"}), "https://h:1/a"),
        (json!({"url": "https://h:1//a"}), "https://h:1/a"),
        (json!({"service": {"name": "s", "namespace": "n"}}), "https://s.n.svc:443/"),
        (
            json!({"service": {"name": "s", "namespace": "n", "path": "/a/", "port": 8}}),
            "https://s.n.svc:8/a",
        ),
    ];
    for (client, expected) in addresses {
        assert_eq!(address(&client), expected);
    }
}
