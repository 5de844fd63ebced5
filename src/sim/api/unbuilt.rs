//! What a real API server would carry out and this one does not: it is refused, in words that say so.

use super::{definition, webhook};
use crate::sim::object;
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use serde_json::Value;

/// Refuses what Kubernetes would carry out at every call and this cluster would not: policies that change objects, and
/// conversion through webhooks.
pub(super) fn is_carried_out(of: &Resource, object: &Value) -> Result<(), Refusal> {
    let name = object::name(object);
    let versions = object["spec"]["versions"].as_array().map_or(0, Vec::len);
    if definition::is_definition(of) && object["spec"]["conversion"]["strategy"] == "Webhook" && versions > 1
    {
        let why =
            "helmdrill does not convert versions through a webhook; use the strategy None in this drill";
        return Err(Refusal::forbidden(of, name, why));
    }
    if of.group != webhook::GROUP || !of.kind.starts_with("MutatingAdmissionPolicy") {
        return Ok(());
    }
    let why = format!(
        "helmdrill does not carry out policies that change objects, so it does not take a {}; use a webhook \
         configuration, or leave it out of this drill",
        of.kind
    );
    Err(Refusal::forbidden(of, name, &why))
}
