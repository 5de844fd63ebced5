//! Defaults of Secrets, and their write-only texts.

use super::gaps::{fill_zero, object};
use base64::Engine;
use serde_json::Value;

/// A Secret: `stringData` becomes part of `data` when it is read, and is never seen again.
pub(super) fn secret(secret: &mut Value) {
    fill_zero(secret, "type", "Opaque");
    let texts = secret.as_object_mut().and_then(|map| map.remove("stringData"));
    let Some(Value::Object(texts)) = texts else { return };
    if texts.is_empty() {
        return;
    }
    if let Some(data) = object(secret, "data") {
        for (key, text) in texts {
            let text = text.as_str().unwrap_or_default();
            data[&key] = base64::engine::general_purpose::STANDARD.encode(text).into();
        }
    }
}
