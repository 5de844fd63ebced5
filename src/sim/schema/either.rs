//! The fields of a JSON schema that hold a schema or something else, which Go reads by a decoder of their own: OpenAPI
//! says nothing of what they may be.

use super::graph::Shape;
use super::tree::Tree;
use serde_json::Value;

/// What such a field may hold beside a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Either {
    /// `JSONSchemaPropsOrBool`: true or false, and nothing else.
    Bool,
    /// `JSONSchemaPropsOrArray`: schemas; what is neither is passed over.
    Array,
}

/// What Go says of a value that is neither.
pub(super) const NEITHER: &str = "boolean or JSON schema expected";

impl Either {
    pub(super) fn of(shape: Shape<'_>) -> Option<Either> {
        match shape.name().rsplit('.').next() {
            Some("JSONSchemaPropsOrBool") => Some(Either::Bool),
            Some("JSONSchemaPropsOrArray") => Some(Either::Array),
            Some(_) | None => None,
        }
    }

    /// The schemas that a value holds; the error is a value that the field does not take.
    pub(super) fn schemas(self, value: &Value) -> Result<Vec<&Value>, ()> {
        match (self, value) {
            (_, Value::Object(_)) => Ok(vec![value]),
            (Either::Array, Value::Array(items)) => Ok(items.iter().collect()),
            (_, Value::Null) | (Either::Bool, Value::Bool(_)) | (Either::Array, _) => Ok(Vec::new()),
            (Either::Bool, Value::Number(_) | Value::String(_) | Value::Array(_)) => Err(()),
        }
    }

    /// The same of a value as it was written.
    pub(super) fn written(self, value: &Tree) -> Result<Vec<&Tree>, ()> {
        match (self, value) {
            (_, Tree::Object(_)) => Ok(vec![value]),
            (Either::Array, Tree::List(items)) => Ok(items.iter().collect()),
            (_, Tree::Null) | (Either::Bool, Tree::Bool) | (Either::Array, _) => Ok(Vec::new()),
            (Either::Bool, Tree::Number(_) | Tree::Text(_) | Tree::List(_)) => Err(()),
        }
    }
}
