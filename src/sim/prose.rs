//! What the OpenAPI documents say in words, which `kubectl explain` prints. The recorded documents came without it;
//! the words are those of the types of Kubernetes v1.36.2 (Apache-2.0), kept once (`recorded/prose.json`: definition
//! → field → text, with the empty field for the definition itself) and put into a document when it is asked for.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static PROSE: LazyLock<BTreeMap<String, BTreeMap<String, String>>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("recorded/prose.json"))
        .expect("prose.json is part of the program and valid")
});

/// The OpenAPI v3 document with its descriptions; as it came, where it defines nothing.
pub(crate) fn described(document: &'static [u8]) -> Vec<u8> {
    let Ok(mut read) = serde_json::from_slice::<Value>(document) else { return document.to_vec() };
    let Some(definitions) = read.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return document.to_vec();
    };
    for (name, definition) in definitions {
        if let (Some(words), Some(definition)) = (PROSE.get(name), definition.as_object_mut()) {
            describe(definition, words);
        }
    }
    read.to_string().into_bytes()
}

fn describe(definition: &mut Map<String, Value>, words: &BTreeMap<String, String>) {
    if let Some(text) = words.get("") {
        definition.insert("description".to_owned(), text.as_str().into());
    }
    let fields = definition.get_mut("properties").and_then(Value::as_object_mut);
    for (field, schema) in fields.into_iter().flatten() {
        let (Some(text), Some(schema)) = (words.get(field), schema.as_object_mut()) else { continue };
        // What stands beside a reference is not read, so a described reference is the one part of an `allOf`.
        if let Some(reference) = schema.remove("$ref") {
            schema.insert("allOf".to_owned(), serde_json::json!([{"$ref": reference}]));
        }
        schema.insert("description".to_owned(), text.as_str().into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::documents;

    #[test]
    fn a_field_is_described_in_the_words_that_a_recorded_explanation_printed() {
        let document = documents::document("/openapi/v3/apis/apps/v1").expect("it is recorded");
        let read: Value = serde_json::from_slice(&described(document)).expect("JSON");
        let replicas =
            &read["components"]["schemas"]["io.k8s.api.apps.v1.DeploymentSpec"]["properties"]["replicas"];
        assert_eq!(
            replicas["description"],
            "Number of desired pods. This is a pointer to distinguish between explicit zero and not specified. \
             Defaults to 1."
        );
        assert_eq!(replicas["format"], "int32");
    }

    #[test]
    fn every_definition_that_there_are_words_for_is_in_a_document() {
        let versions = documents::group_versions().map(|group| format!("/openapi/v3/apis/{group}"));
        let others = ["api", "api/v1", "apis", "apis/apps"].map(|path| format!("/openapi/v3/{path}"));
        let paths = versions.chain(others);
        let read = |path: String| serde_json::from_slice::<Value>(documents::document(&path)?).ok();
        let mut without: Vec<&String> = PROSE.keys().collect();
        for document in paths.filter_map(read) {
            without.retain(|name| document["components"]["schemas"].get(name.as_str()).is_none());
        }
        assert!(without.is_empty(), "{without:?}");
    }
}
