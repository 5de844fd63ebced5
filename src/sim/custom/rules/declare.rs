//! What a rule may name of the value that it is about: the schema as a type, and the names of fields that could not
//! stand in an expression as they are.

use crate::sim::custom::schema::{Additional, Schema};
use crate::sim::expression::{ObjectType, RESERVED, Type};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the type of `self` is called.
pub(super) const SELF: &str = "selfType";

/// The type of values of a schema; `None` where rules do not see them.
pub(super) fn declare(schema: Schema<'_>, whole: bool, name: &str) -> Option<Type> {
    if schema.int_or_string() {
        return Some(Type::Dyn);
    }
    match schema.kind() {
        "array" => {
            let items = schema.items()?;
            declare(items, items.embedded(), &format!("{name}.@idx")).map(Type::list)
        }
        "object" => match schema.additional() {
            Some(Additional::Of(of)) => declare(of, of.embedded(), &format!("{name}.@elem")).map(Type::map),
            Some(Additional::Allowed(_)) | None => Some(object(schema, whole, name)),
        },
        "string" => Some(match schema.text("format") {
            "byte" => Type::Bytes,
            "duration" => Type::Duration,
            "date" | "date-time" => Type::Timestamp,
            _ => Type::String,
        }),
        "boolean" => Some(Type::Bool),
        "number" => Some(Type::Double),
        "integer" => Some(Type::Int),
        _ => None,
    }
}

fn object(schema: Schema<'_>, whole: bool, name: &str) -> Type {
    let mut fields = BTreeMap::new();
    for (field, of) in schema.properties() {
        let Some(escaped) = escape(field) else { continue };
        if let Some(of) = declare(of, of.embedded(), &format!("{name}.{escaped}")) {
            fields.insert(escaped.into_owned(), of);
        }
    }
    if whole && !has_identity(schema) {
        for field in ["kind", "apiVersion"] {
            fields.insert(field.to_owned(), Type::String);
        }
        let names = [("name", Type::String), ("generateName", Type::String)];
        fields.insert("metadata".to_owned(), Type::object(&format!("{name}.metadata"), names));
    }
    Type::Object(Arc::new(ObjectType { name: name.to_owned(), fields }))
}

/// Whether the schema of a whole object says itself what kind, version and the names in metadata are.
pub(super) fn has_identity(schema: Schema<'_>) -> bool {
    let of = |schema: Schema<'_>, field: &str, kind: &str| {
        schema.property(field).is_some_and(|field| field.kind() == kind)
    };
    of(schema, "kind", "string")
        && of(schema, "apiVersion", "string")
        && schema.property("metadata").is_some_and(|metadata| {
            metadata.kind() == "object"
                && of(metadata, "name", "string")
                && of(metadata, "generateName", "string")
        })
}

/// The name of a field as expressions spell it: `foo-bar` is `foo__dash__bar`; `None` where they cannot.
pub(super) fn escape(name: &str) -> Option<Cow<'_, str>> {
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__").into());
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte)) {
        return None;
    }
    if !name.contains(['-', '.', '/']) && !name.contains("__") {
        return Some(name.into());
    }
    let underscored = name.replace("__", "\0");
    let escaped = underscored.replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__");
    Some(escaped.replace('\0', "__underscores__").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields_are_escaped_as_the_documentation_of_kubernetes_says() {
        let cases = [
            ("namespace", Some("__namespace__")),
            ("x-prop", Some("x__dash__prop")),
            ("redact__d", Some("redact__underscores__d")),
            ("string", Some("string")),
            ("a.b/c", Some("a__dot__b__slash__c")),
            ("0a", None),
            ("a$", None),
        ];
        for (name, expected) in cases {
            assert_eq!(escape(name).as_deref(), expected, "{name}");
        }
    }
}
