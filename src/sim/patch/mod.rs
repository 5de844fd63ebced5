//! JSON patch, merge patch and strategic merge patch on plain documents.

use super::schema::Type;
use serde_json::Value;

/// Why a patch could not be applied; the text is what kube-apiserver says.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// The patch does not fit the document.
    #[error("{0}")]
    Invalid(String),
}

/// RFC 6902.
pub fn json(_document: &Value, _patch: &Value) -> Result<Value, PatchError> {
    Err(PatchError::Invalid("not built".to_owned()))
}

/// RFC 7386.
pub fn merge(_document: &Value, _patch: &Value) -> Value {
    Value::Null
}

/// Kubernetes' strategic merge patch, by the patch strategies and merge keys of `ty`.
pub fn strategic(_ty: &Type, _document: &Value, _patch: &Value) -> Result<Value, PatchError> {
    Err(PatchError::Invalid("not built".to_owned()))
}
