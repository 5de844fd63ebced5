//! The certificates of webhooks in their configurations: no bytes and none at all are told apart by the server, which
//! stores them as protobuf and counts a generation when one becomes the other; every answer leaves both out.

use crate::sim::look::list;
use crate::sim::resources::Resource;
use serde_json::{Map, Value, json};

/// Whether the objects of a resource are configurations of webhooks.
pub(in crate::sim) fn concerns(of: &Resource) -> bool {
    of.group == "admissionregistration.k8s.io" && of.kind.ends_with("WebhookConfiguration")
}

/// Which webhooks have no bytes as their certificates.
pub(in crate::sim) fn held(configuration: &Value) -> Vec<usize> {
    let empty = |webhook: &Value| match webhook.pointer("/clientConfig/caBundle") {
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(bytes)) => bytes.is_empty(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => false,
    };
    let webhooks = list(configuration, "/webhooks").iter().enumerate();
    webhooks.filter(|(_, webhook)| empty(webhook)).map(|(index, _)| index).collect()
}

/// Gives these webhooks no bytes as their certificates, as they are stored.
pub(in crate::sim) fn hold(configuration: &mut Value, held: &[usize]) {
    for index in held {
        if let Some(client) = client(configuration, *index) {
            client.entry("caBundle").or_insert_with(|| json!(""));
        }
    }
}

/// Takes them away, as in every answer.
pub(super) fn hide(configuration: &mut Value) {
    for index in held(configuration) {
        if let Some(client) = client(configuration, index) {
            client.remove("caBundle");
        }
    }
}

/// How a webhook is called.
fn client(configuration: &mut Value, index: usize) -> Option<&mut Map<String, Value>> {
    configuration.pointer_mut(&format!("/webhooks/{index}/clientConfig"))?.as_object_mut()
}
