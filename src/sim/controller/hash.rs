//! The hash in the names of controller revisions, and the alphabet without vowels that it shares with other hashes.
//! Follows Kubernetes' FNV-1 over the bytes that Go's `encoding/json` writes. The hash of pod templates is in
//! `template`.

use serde_json::Value;
use std::fmt::Write as _;

/// The hash of a ControllerRevision's data and of how often its name has collided, in the alphabet of generated
/// names: the very hash that kube-controller-manager computes.
pub(super) fn hash(document: &Value, collisions: Option<i64>) -> String {
    let mut text = canonical(document);
    if let Some(count) = collisions {
        write!(text, "{count}").expect("writing to a String cannot fail");
    }
    let sum =
        text.bytes().fold(0x811c_9dc5_u32, |hash, byte| hash.wrapping_mul(0x0100_0193) ^ u32::from(byte));
    safe(&sum.to_string())
}

/// `rand.SafeEncodeString` of k8s.io/apimachinery.
pub(super) fn safe(text: &str) -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    text.bytes().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])).collect()
}

/// JSON as Go writes it: keys sorted, no spaces, `<`, `>` and `&` escaped.
fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                out.push(if i == 0 { '[' } else { ',' });
                write(item, out);
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| key.as_str());
            for (i, (key, field)) in sorted.into_iter().enumerate() {
                out.push(if i == 0 { '{' } else { ',' });
                write_text(key, out);
                out.push(':');
                write(field, out);
            }
            out.push_str(if fields.is_empty() { "{}" } else { "}" });
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    let quoted = Value::String(text.to_owned()).to_string();
    for c in quoted.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("writing to a String cannot fail");
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_revision_hashes_as_the_recorded_cluster_hashed_it() {
        let template = json!({"spec": {"template": {
            "$patch": "replace",
            "metadata": {"labels": {"app": "s"}},
            "spec": {
                "containers": [{
                    "command": ["sh", "-c", "httpd -f -p 8080 -h /www"], "image": "busybox:1.36",
                    "imagePullPolicy": "IfNotPresent", "name": "app",
                    "readinessProbe": {
                        "failureThreshold": 3, "httpGet": {"path": "/index.html", "port": 8080, "scheme": "HTTP"},
                        "periodSeconds": 1, "successThreshold": 1, "timeoutSeconds": 1
                    },
                    "resources": {}, "terminationMessagePath": "/dev/termination-log",
                    "terminationMessagePolicy": "File"
                }],
                "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
                "securityContext": {}, "terminationGracePeriodSeconds": 1
            }
        }}});
        assert_eq!(hash(&template, Some(0)), "7ff7c46bd");
    }

    #[test]
    fn documents_are_written_as_go_writes_them() {
        let document = json!({"b": [1, null, "<&>"], "a": {}, "c": []});
        assert_eq!(canonical(&document), r#"{"a":{},"b":[1,null,"\u003c\u0026\u003e"],"c":[]}"#);
    }
}
