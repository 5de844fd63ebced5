//! A node of a custom resource's `openAPIV3Schema`, read where it stands in its definition. Says what the schema
//! says; what follows from it for a value is the matter of the files beside this one.

use serde_json::{Map, Value};

/// One schema object.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Schema<'a>(&'a Value);

/// What a schema says of fields that it does not name.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) enum Additional<'a> {
    /// They may be there or not.
    Allowed(bool),
    /// They are of this schema.
    Of(Schema<'a>),
}

impl<'a> Schema<'a> {
    /// The schema that a document holds.
    pub(in crate::sim) fn new(document: &'a Value) -> Schema<'a> {
        Schema(document)
    }

    /// The document itself.
    pub(in crate::sim) fn document(self) -> &'a Value {
        self.0
    }

    /// A keyword whose value is text; empty where it is not given.
    pub(in crate::sim) fn text(self, keyword: &str) -> &'a str {
        self.0[keyword].as_str().unwrap_or_default()
    }

    /// Whether a keyword is given as true.
    pub(in crate::sim) fn flag(self, keyword: &str) -> bool {
        self.0[keyword] == true
    }

    /// A keyword whose value is a number.
    pub(in crate::sim) fn number(self, keyword: &str) -> Option<f64> {
        self.0[keyword].as_f64()
    }

    /// A keyword whose value is a whole number.
    pub(in crate::sim) fn whole(self, keyword: &str) -> Option<i64> {
        self.0[keyword].as_i64()
    }

    /// A keyword whose value is a list; empty where it is not given.
    pub(in crate::sim) fn list(self, keyword: &str) -> &'a [Value] {
        self.0[keyword].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a keyword is given at all.
    pub(in crate::sim) fn has(self, keyword: &str) -> bool {
        self.0.get(keyword).is_some_and(|value| !value.is_null())
    }

    /// `type`; empty where it is not given.
    pub(in crate::sim) fn kind(self) -> &'a str {
        self.text("type")
    }

    /// Whether null is a value of its own here.
    pub(in crate::sim) fn nullable(self) -> bool {
        self.flag("nullable")
    }

    /// Whether unknown fields are kept.
    pub(in crate::sim) fn preserves(self) -> bool {
        self.flag("x-kubernetes-preserve-unknown-fields")
    }

    /// Whether the value is an object with kind, version and metadata.
    pub(in crate::sim) fn embedded(self) -> bool {
        self.flag("x-kubernetes-embedded-resource")
    }

    /// Whether the value is a whole number or text.
    pub(in crate::sim) fn int_or_string(self) -> bool {
        self.flag("x-kubernetes-int-or-string")
    }

    /// The named fields.
    pub(in crate::sim) fn properties(self) -> impl Iterator<Item = (&'a String, Schema<'a>)> {
        let fields: Option<&Map<String, Value>> = self.0["properties"].as_object();
        fields.into_iter().flatten().map(|(name, schema)| (name, Schema(schema)))
    }

    /// One named field.
    pub(in crate::sim) fn property(self, name: &str) -> Option<Schema<'a>> {
        self.0["properties"].get(name).map(Schema)
    }

    /// The schema of the items of a list.
    pub(in crate::sim) fn items(self) -> Option<Schema<'a>> {
        self.0.get("items").filter(|items| items.is_object()).map(Schema)
    }

    /// What is said of fields that are not named.
    pub(in crate::sim) fn additional(self) -> Option<Additional<'a>> {
        match self.0.get("additionalProperties")? {
            Value::Bool(allowed) => Some(Additional::Allowed(*allowed)),
            schema @ Value::Object(_) => Some(Additional::Of(Schema(schema))),
            Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
        }
    }

    /// The schema of a field, named or not.
    pub(in crate::sim) fn member(self, name: &str) -> Option<Schema<'a>> {
        self.property(name).or_else(|| match self.additional() {
            Some(Additional::Of(schema)) => Some(schema),
            Some(Additional::Allowed(_)) | None => None,
        })
    }

    /// The value of a field that is not given.
    pub(in crate::sim) fn default(self) -> Option<&'a Value> {
        self.0.get("default").filter(|default| !default.is_null())
    }

    /// `not`.
    pub(in crate::sim) fn not(self) -> Option<Schema<'a>> {
        self.0.get("not").filter(|not| not.is_object()).map(Schema)
    }

    /// The schemas under `allOf`, `anyOf` or `oneOf`.
    pub(in crate::sim) fn junction(self, keyword: &str) -> impl Iterator<Item = Schema<'a>> {
        self.list(keyword).iter().map(Schema)
    }

    /// The names of the fields that must be there.
    pub(in crate::sim) fn required(self) -> impl Iterator<Item = &'a str> {
        self.list("required").iter().filter_map(Value::as_str)
    }

    /// `set`, `map`, `atomic`; empty where it is not given.
    pub(in crate::sim) fn list_type(self) -> &'a str {
        self.text("x-kubernetes-list-type")
    }

    /// The fields that tell the items of a list of the type `map` apart.
    pub(in crate::sim) fn list_keys(self) -> impl Iterator<Item = &'a str> {
        self.list("x-kubernetes-list-map-keys").iter().filter_map(Value::as_str)
    }
}
