//! The types of Kubernetes' objects as its OpenAPI documents tell them: fields, list types, merge keys, patch
//! strategies. Compiled from the recorded documents at first use, one group version at a time; a custom resource's
//! schema is compiled into the same form. Also what decoding asks of a type: unknown and duplicate fields, values
//! of the wrong type. Fills in no defaults and validates no content.

mod document;
mod either;
mod graph;
mod literal;
mod mistyped;
mod named;
mod recorded;
mod strict;
mod time;
mod tree;
mod unknown;
mod unstructured;

pub use graph::{FieldView, ListKind, Scalar, Shape, Strategy, Type, View};
pub use mistyped::mistyped;
pub use strict::strict;
pub use unknown::{prune, unknown_fields};
pub use unstructured::convert;

use serde_json::Value;
use std::sync::Arc;

/// The type of a built-in kind, such as `("apps", "v1", "Deployment")`.
pub fn of(group: &str, version: &str, kind: &str) -> Option<&'static Type> {
    recorded::of(group, version, kind)
}

/// Why a custom resource's schema could not be compiled.
#[derive(Debug, thiserror::Error)]
#[error("not a schema of OpenAPI v3")]
pub struct SchemaError(#[from] serde_json::Error);

/// Compiles the `openAPIV3Schema` of one version of a CustomResourceDefinition. The type has `apiVersion`, `kind`
/// and `metadata` whether the schema names them or not.
pub fn compile(schema: &Value, status_apart: bool) -> Result<Arc<Type>, SchemaError> {
    Ok(Arc::new(document::custom(schema, recorded::core())?.with_status_apart(status_apart)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_recorded_kind_compiles_and_names_its_fields() {
        let deployment = of("apps", "v1", "Deployment").expect("apps/v1 is recorded").shape();
        let spec = deployment.field("spec").expect("a spec").shape();
        assert_eq!(spec.name(), "v1.DeploymentSpec");
        let strategy = spec.field("strategy").expect("a strategy");
        assert_eq!(strategy.strategy(), Strategy { retain_keys: true, ..Strategy::default() });
        let pod = spec.member("template").and_then(|t| t.member("spec")).expect("a pod spec");
        let containers = pod.field("containers").expect("containers");
        assert_eq!(containers.merge_key(), Some("name"));
        let View::List(container, ListKind::Map(keys)) = containers.shape().view() else {
            panic!("containers are a keyed list");
        };
        assert_eq!(keys.iter().map(|key| &**key).collect::<Vec<_>>(), ["name"]);
        let View::List(port, ListKind::Map(keys)) = container.member("ports").expect("ports").view() else {
            panic!("ports are a keyed list");
        };
        assert_eq!(keys.len(), 2);
        assert_eq!(port.field("protocol").and_then(|f| f.default().cloned()), Some(json!("TCP")));
        assert!(spec.field("selector").expect("a selector").atomic());
    }

    #[test]
    fn kinds_of_subresources_are_found_in_their_own_group() {
        for (group, version, kind) in [
            ("policy", "v1", "Eviction"),
            ("authentication.k8s.io", "v1", "TokenRequest"),
            ("autoscaling", "v1", "Scale"),
            ("", "v1", "DeleteOptions"),
            ("apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
        ] {
            assert!(of(group, version, kind).is_some(), "{group}/{version} {kind}");
        }
        assert!(of("apps", "v1", "Pod").is_none());
        assert!(of("example.com", "v1", "Pod").is_none());
    }

    #[test]
    fn a_custom_schema_compiles_into_the_same_form() {
        let ty = compile(
            &json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
            "items": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"],
                "items": {"type": "object", "properties": {"id": {"type": "string"}}}},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}),
            false,
        )
        .expect("a schema");
        let spec = ty.shape().member("spec").expect("a spec");
        assert!(matches!(spec.member("items").expect("items").view(), View::List(_, ListKind::Map(_))));
        assert!(matches!(spec.member("free").expect("free").view(), View::Any));
        let labels = ty.shape().member("metadata").and_then(|m| m.member("labels")).expect("labels");
        assert!(matches!(labels.view(), View::Map(_)));
        let mut object = json!({"spec": {"free": {"a": 1}, "gone": 1}, "gone": {}, "kind": "X"});
        prune(&ty, &mut object);
        assert_eq!(object, json!({"spec": {"free": {"a": 1}}, "kind": "X"}));
    }
}
