//! The JSON of an object, made when somebody asks for it first and shared by everybody who is told of it: the one who
//! wrote it, those who read it, lists, watchers.

use bytes::Bytes;
use serde_json::{Map, Value};
use std::sync::{Arc, OnceLock};

/// The JSON of one object in one version. It knows no object: whoever asks says which it is, always the same.
#[derive(Clone, Debug, Default)]
pub struct Text(Arc<OnceLock<Told>>);

#[derive(Debug)]
struct Told {
    whole: Bytes,
    /// Where the members behind kind and version begin.
    rest: usize,
}

/// Texts go with their objects, which are compared; nothing is left for them to differ in.
impl PartialEq for Text {
    fn eq(&self, _other: &Text) -> bool {
        true
    }
}

impl Text {
    /// The object with its kind and version, which stand first as they do in Kubernetes' answers.
    pub fn whole(&self, object: &Value) -> &Bytes {
        &self.told(object).whole
    }

    /// The object without its kind and version, as it stands in typed lists: what follows the opening brace.
    pub(super) fn bare(&self, object: &Value) -> &[u8] {
        let told = self.told(object);
        &told.whole[told.rest..]
    }

    fn told(&self, object: &Value) -> &Told {
        self.0.get_or_init(|| match object {
            Value::Object(members) => tell(members),
            other => Told { whole: Bytes::from(json(other, Vec::new())), rest: 0 },
        })
    }
}

fn tell(members: &Map<String, Value>) -> Told {
    let mut out = Vec::with_capacity(1024);
    out.push(b'{');
    for name in ["kind", "apiVersion"] {
        if let Some(value) = members.get(name) {
            out = member(name, value, out);
        }
    }
    let mut rest = out.len();
    for (name, value) in members {
        if !is_head(name) {
            out = member(name, value, out);
        }
    }
    out.push(b'}');
    // The comma before the first of the rest belongs to the head.
    rest += usize::from(rest > 1 && out[rest] == b',');
    out.shrink_to_fit();
    Told { whole: Bytes::from(out), rest }
}

fn member(name: &str, value: &Value, mut out: Vec<u8>) -> Vec<u8> {
    if out.len() > 1 {
        out.push(b',');
    }
    out = json(name, out);
    out.push(b':');
    json(value, out)
}

fn json(value: &(impl serde::Serialize + ?Sized), mut out: Vec<u8>) -> Vec<u8> {
    serde_json::to_writer(&mut out, value).expect("JSON values are written to memory");
    out
}

/// Whether a member names the kind or the version of an object.
pub(super) fn is_head(name: &str) -> bool {
    matches!(name, "kind" | "apiVersion")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_is_told_with_and_without_its_kind() {
        for object in [
            json!({"kind": "K", "apiVersion": "v1", "metadata": {"name": "x"}, "data": {"a": "\"\n"}}),
            json!({"kind": "K", "apiVersion": "v1"}),
            json!({"metadata": {}}),
            json!({}),
        ] {
            let text = Text::default();
            assert_eq!(serde_json::from_slice::<Value>(text.whole(&object)).expect("JSON"), object);
            let bare = [b"{", text.bare(&object)].concat();
            let mut expected = object.clone();
            expected.as_object_mut().expect("an object").retain(|name, _| !is_head(name));
            assert_eq!(serde_json::from_slice::<Value>(&bare).expect("JSON"), expected, "{object}");
        }
    }
}
