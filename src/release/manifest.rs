//! The documents of a rendered manifest as objects.

use serde_json::Value;

/// A manifest that is no YAML.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the manifest is no YAML: {0}")]
pub struct ManifestError(String);

/// Every document of a manifest that holds an object, in order. Comments and empty documents are left out; a `List`
/// is taken apart, as Helm's own reader does.
pub fn documents(manifest: &str) -> Result<Vec<Value>, ManifestError> {
    let options = serde_saphyr::options! { with_snippet: false, legacy_octal_numbers: true };
    let found: Vec<Value> = serde_saphyr::from_multiple_with_options(manifest, options)
        .map_err(|error| ManifestError(error.to_string()))?;
    let mut objects = Vec::new();
    for document in found.into_iter().filter(Value::is_object) {
        match document["items"].as_array() {
            Some(items) if document["kind"] == "List" => objects.extend(items.iter().cloned()),
            _ => objects.push(document),
        }
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_helm_is_read_document_by_document() {
        let manifest = "---\n# Source: web/templates/a.yaml\nkind: ConfigMap\ndata: {a: \"1\", b: 'yes'}\n---\n# empty\n\
                        ---\napiVersion: v1\nkind: List\nitems:\n- {kind: Secret}\n- {kind: Service}\n";
        let kinds: Vec<_> =
            documents(manifest).expect("YAML").iter().map(|d| d["kind"].to_string()).collect();
        assert_eq!(kinds, [r#""ConfigMap""#, r#""Secret""#, r#""Service""#]);
        assert_eq!(documents("").expect("nothing"), [Value::Null; 0]);
    }

    #[test]
    fn a_manifest_that_is_no_yaml_says_so() {
        assert!(
            documents("a: [1").expect_err("open bracket").to_string().starts_with("the manifest is no YAML")
        );
    }
}
