//! The JSON of an object, made when somebody asks for it first and shared by everybody who is told of it: the one who
//! wrote it, those who read it, lists, watchers.

use super::typed_print::{is_typed, write_members, write_object};
use bytes::Bytes;
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// The JSON of one object in one version. It knows no object: whoever asks says which it is, always the same.
#[derive(Clone, Debug, Default)]
pub struct Text(Arc<OnceLock<Told>>);

#[derive(Debug)]
struct Told {
    whole: Bytes,
    /// Where the members behind kind and version begin, if those two come first.
    rest: Option<usize>,
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

    /// Writes the object without its kind and version, as it stands in typed lists.
    pub(super) fn write_bare(&self, object: &Value, out: &mut Vec<u8>) {
        let told = self.told(object);
        out.push(b'{');
        match told.rest {
            Some(rest) => out.extend_from_slice(&told.whole[rest..]),
            None => {
                write_members(object, |name| !is_head(name), out);
                out.push(b'}');
            }
        }
    }

    fn told(&self, object: &Value) -> &Told {
        self.0.get_or_init(|| tell(object))
    }
}

fn tell(object: &Value) -> Told {
    let mut out = Vec::with_capacity(1024);
    if !is_typed(object) {
        write_object(object, &mut out);
        return Told { whole: Bytes::from(out), rest: None };
    }
    out.push(b'{');
    write_members(object, is_head, &mut out);
    // The comma before the first of the rest belongs to the head.
    let head = out.len();
    write_members(object, |name| !is_head(name), &mut out);
    let rest = head + usize::from(head > 1 && out.len() > head);
    out.push(b'}');
    out.shrink_to_fit();
    Told { whole: Bytes::from(out), rest: Some(rest) }
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
            json!({"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "x"}, "data": {"a": "\"\n"}}),
            json!({"kind": "Secret", "apiVersion": "v1"}),
            json!({"kind": "K", "apiVersion": "example.com/v1", "metadata": {"name": "x"}, "data": {"a": "<"}}),
            json!({"metadata": {}}),
            json!({}),
        ] {
            let text = Text::default();
            assert_eq!(serde_json::from_slice::<Value>(text.whole(&object)).expect("JSON"), object);
            let mut bare = Vec::new();
            text.write_bare(&object, &mut bare);
            let mut expected = object.clone();
            expected.as_object_mut().expect("an object").retain(|name, _| !is_head(name));
            assert_eq!(serde_json::from_slice::<Value>(&bare).expect("JSON"), expected, "{object}");
        }
    }
}
