//! Why an apply is refused, in the words of kube-apiserver: fields that others own, and what does not fit the type.

use super::Manager;
use serde_json::Value;

/// One field that somebody else owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// `kubectl-scale`.
    pub manager: String,
    /// `conflict with "kubectl" with subresource "scale" using apps/v1`.
    pub message: String,
    /// `.spec.replicas`.
    pub field: String,
}

/// Why an apply was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyError {
    /// Others own fields that the applied configuration would change.
    Conflicts(Vec<Conflict>),
    /// The applied configuration does not fit the type; the text is what kube-apiserver says (500).
    Invalid(String),
}

/// The message of a refused apply: `Apply failed with 1 conflict: conflict with "helm": .data.a`, or each manager's
/// fields on lines of their own.
pub fn conflict_message(conflicts: &[Conflict]) -> String {
    if let [only] = conflicts {
        return format!("Apply failed with 1 conflict: {}: {}", only.message, only.field);
    }
    let mut lines: Vec<String> = Vec::new();
    let mut last = "";
    for conflict in conflicts {
        if conflict.message != last {
            let with = conflict.message.strip_prefix("conflict with ").unwrap_or(&conflict.message);
            lines.push(format!("conflicts with {with}:"));
            last = &conflict.message;
        }
        lines.push(format!("- {}", conflict.field));
    }
    format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
}

/// A kind as Go prints it: `apps/v1, Kind=Deployment`, `/v1, Kind=ConfigMap`.
pub fn go_kind(api_version: &str, kind: &str) -> String {
    let slash = if api_version.contains('/') { "" } else { "/" };
    format!("{slash}{api_version}, Kind={kind}")
}

/// `failed to create typed patch object (/d; apps/v1, Kind=Deployment): .spec.bogus: field not declared in schema`.
pub(super) fn told_faults(
    config: &Value,
    manager: &Manager,
    faults: &[String],
    what: &str,
    to: &str,
) -> String {
    let text = |pointer: &str| config.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
    let kind = go_kind(&manager.api_version, text("/kind"));
    let faults = match faults {
        [only] => only.clone(),
        many => format!("errors:\n  {}", many.join("\n  ")),
    };
    let to = if to.is_empty() { String::new() } else { format!(" {to}") };
    format!("failed to {what} ({namespace}/{name}; {kind}){to}: {faults}")
}
