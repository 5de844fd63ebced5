//! Who owns which field: `metadata.managedFields`, for updates and for server-side apply.

use super::schema::Type;
use crate::clock::Moment;
use serde_json::Value;

/// Who writes: one entry of `managedFields`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manager {
    /// `fieldManager`, or the first word of the user agent.
    pub name: String,
    /// `apps/v1`: the version of the object as it was written.
    pub api_version: String,
    /// `status` or `scale`, where the write went to one; else empty.
    pub subresource: String,
    /// When.
    pub at: Moment,
}

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
    /// The applied configuration does not fit the type; the text is what kube-apiserver says.
    Invalid(String),
}

/// Records in `after` that `manager` wrote what differs from `before`, as an update (create, PUT or patch) does.
pub fn track(_ty: &Type, _before: Option<&Value>, _after: &mut Value, _manager: &Manager) {}

/// Server-side apply: merges `config` into `live` and moves the ownership.
pub fn apply(
    _ty: &Type,
    _live: Option<&Value>,
    _config: &Value,
    _manager: &Manager,
    _force: bool,
) -> Result<Value, ApplyError> {
    Err(ApplyError::Invalid("not built".to_owned()))
}
