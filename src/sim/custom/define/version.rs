//! What a version of a definition says, or what all of them say alike: schema, subresources, printer columns and
//! selectable fields.

use super::{complete, defaults, keywords, printed, structure};
use crate::sim::custom::rules;
use crate::sim::custom::schema::Schema;
use crate::sim::look::{is_true, list, text};
use crate::sim::validation::{Findings, Path};
use serde_json::Value;

/// Which parts all versions have alike; they are spoken of once, as parts of the spec.
pub(super) struct Common {
    pub(super) schema: bool,
    pub(super) subresources: bool,
    pub(super) columns: bool,
    pub(super) selectable: bool,
}

impl Common {
    pub(super) fn of(spec: &Value) -> Common {
        let versions = list(spec, "/versions");
        let alike = |part: &str| versions.windows(2).all(|pair| pair[0].get(part) == pair[1].get(part));
        Common {
            schema: alike("schema"),
            subresources: alike("subresources"),
            columns: alike("additionalPrinterColumns"),
            selectable: alike("selectableFields"),
        }
    }

    /// What is wrong with one version.
    pub(super) fn check_version(&self, version: &Value, path: &Path, found: &mut Findings) {
        deprecation(version, path, found);
        if !self.schema {
            schema(version, has_status(version), &path.child("schema"), found);
        }
        if !self.subresources {
            subresources(version, &path.child("subresources"), found);
        }
        if !self.columns {
            columns(version, &path.child("additionalPrinterColumns"), found);
        }
        if !self.selectable {
            selectable(version, &path.child("selectableFields"), found);
        }
    }

    /// What is wrong with what all versions have alike.
    pub(super) fn check(&self, spec: &Value, path: &Path, found: &mut Findings) {
        let versions = list(spec, "/versions");
        let Some(first) = versions.first() else { return };
        if self.schema {
            let status = versions.iter().any(has_status);
            schema(first, status, &path.child("validation"), found);
        }
        if self.subresources {
            subresources(first, &path.child("subresources"), found);
        }
        if self.columns {
            columns(first, &path.child("additionalPrinterColumns"), found);
        }
        if self.selectable {
            selectable(first, &path.child("selectableFields"), found);
        }
    }
}

fn has_status(version: &Value) -> bool {
    version.pointer("/subresources/status").is_some_and(|status| !status.is_null())
}

fn deprecation(version: &Value, path: &Path, found: &mut Findings) {
    let Some(warning) = version.get("deprecationWarning").and_then(Value::as_str) else { return };
    let at = path.child("deprecationWarning");
    if !is_true(version, "/deprecated") {
        return found.invalid(&at, warning, "can only be set for deprecated versions");
    }
    if warning.len() > 256 {
        found.invalid(&at, warning, "must be <= 256 characters long");
    }
    if warning.is_empty() {
        found.invalid(&at, warning, "must not be an empty string");
    }
    if let Some((index, _)) = warning.char_indices().find(|(_, c)| c.is_control()) {
        let detail = format!(
            "must only contain printable UTF-8 characters; non-printable character found at index {index}"
        );
        found.invalid(&at, warning, &detail);
    }
}

/// A schema: its structure, its defaults, its keywords and its rules.
fn schema(version: &Value, status: bool, path: &Path, found: &mut Findings) {
    let Some(document) = version.pointer("/schema/openAPIV3Schema").filter(|schema| !schema.is_null()) else {
        return;
    };
    let schema = Schema::new(document);
    let at = path.child("openAPIV3Schema");
    let before = found.len();
    if status {
        root(schema, &at, found);
    }
    if schema.nullable() {
        found.forbidden(&at.child("nullable"), "nullable cannot be true at the root");
    }
    let unsupported = structure::unsupported(schema);
    let mut structural = unsupported.is_none();
    if structural {
        let mut broken = Findings::default();
        structure::check(schema, &at, &mut broken);
        complete::check(schema, &at, &mut broken);
        structural = broken.len() == 0;
        found.sorted(broken);
        if structural {
            let count = found.len();
            defaults::check(schema, &at, found);
            structural = found.len() == count;
        }
    }
    let count = found.len();
    keywords::check(schema, &at, found);
    if structural && found.len() == count {
        rules::check(schema, &at, found);
    }
    if let Some(why) = unsupported.filter(|_| found.len() == before) {
        found.invalid(&at, "", &why);
    }
}

/// The keywords that the root of a schema may have where the status is a subresource.
const AT_ROOT: [&str; 22] = [
    "description",
    "type",
    "format",
    "title",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "multipleOf",
    "required",
    "items",
    "properties",
    "externalDocs",
    "example",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
];

fn root(schema: Schema<'_>, path: &Path, found: &mut Findings) {
    if !schema.kind().is_empty() && schema.kind() != "object" {
        let detail = "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled";
        found.invalid(&path.child("type"), schema.kind(), detail);
        return;
    }
    let given = schema.document().as_object().into_iter().flatten();
    let mut strange =
        given.filter(|(keyword, value)| !AT_ROOT.contains(&keyword.as_str()) && !is_zero(value));
    if strange.next().is_some() {
        let detail = "only [Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength \
            MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example \
            XPreserveUnknownFields XValidations] fields are allowed at the root of the schema if the status \
            subresource is enabled";
        found.invalid_printed(path, &printed::schema(schema.document()).to_string(), detail);
    }
}

fn is_zero(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(false)) || value.as_str() == Some("")
}

const TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
const FORMATS: [&str; 8] = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

fn columns(version: &Value, path: &Path, found: &mut Findings) {
    for (index, column) in list(version, "/additionalPrinterColumns").iter().enumerate() {
        let at = path.index(index);
        if text(column, "/name").is_empty() {
            found.required(&at.child("name"), "");
        }
        let types = format!("must be one of {}", TYPES.join(","));
        match text(column, "/type") {
            "" => found.required(&at.child("type"), &types),
            known if TYPES.contains(&known) => {}
            other => found.invalid(&at.child("type"), other, &types),
        }
        let format = text(column, "/format");
        if !format.is_empty() && !FORMATS.contains(&format) {
            let detail = format!("must be one of {}", FORMATS.join(","));
            found.invalid(&at.child("format"), format, &detail);
        }
        match text(column, "/jsonPath") {
            "" => found.required(&at.child("JSONPath"), ""),
            json_path => {
                simple_path(json_path, &at.child("JSONPath"), found);
            }
        }
    }
}

/// Whether a path begins with a dot; says so where it does not.
fn simple_path(path: &str, at: &Path, found: &mut Findings) -> bool {
    let fine = path.starts_with('.');
    if !fine {
        found.invalid(at, path, "must be a simple json path starting with .");
    }
    fine
}

fn subresources(version: &Value, path: &Path, found: &mut Findings) {
    let Some(scale) = version.pointer("/subresources/scale").filter(|scale| !scale.is_null()) else { return };
    for (field, below) in [("specReplicasPath", ".spec"), ("statusReplicasPath", ".status")] {
        let at = path.child("scale").child(field);
        let given = text(scale, &format!("/{field}"));
        if given.is_empty() {
            found.required(&at, "");
        } else if simple_path(given, &at, found) && !given.starts_with(&format!("{below}.")) {
            found.invalid(&at, given, &format!("should be a json path under {below}"));
        }
    }
    let (given, at) = (text(scale, "/labelSelectorPath"), path.child("scale.labelSelectorPath"));
    let inside = given.starts_with(".spec.") || given.starts_with(".status.");
    if !given.is_empty() && simple_path(given, &at, found) && !inside {
        found.invalid(&at, given, "should be a json path under either .spec or .status");
    }
}

fn selectable(version: &Value, path: &Path, found: &mut Findings) {
    let fields = list(version, "/selectableFields");
    let document = version.pointer("/schema/openAPIV3Schema").unwrap_or(&Value::Null);
    let mut seen: Vec<&str> = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let at = path.index(index).child("jsonPath");
        let given = text(field, "/jsonPath");
        if given.is_empty() {
            found.required(&at, "");
            continue;
        }
        let target = match field_at(Schema::new(document), given) {
            Ok(target) => target,
            Err(why) => {
                found.invalid(&at, given, &format!("is an invalid path: {why}"));
                continue;
            }
        };
        if given.starts_with(".metadata") {
            found.invalid(&at, given, "must not point to fields in metadata");
        }
        if !matches!(target.kind(), "string" | "boolean" | "integer") {
            let detail = "must point to a field of type string, boolean or integer. Enum string fields and strings with \
                formats are allowed.";
            found.invalid(&at, given, detail);
        }
        if seen.contains(&given) {
            found.duplicate(&at, given);
        } else {
            seen.push(given);
        }
    }
    if seen.len() > 8 {
        found.too_many(path, seen.len(), 8);
    }
}

/// The schema that a path of fields leads to.
fn field_at<'a>(schema: Schema<'a>, path: &str) -> Result<Schema<'a>, &'static str> {
    let Some(rest) = path.strip_prefix('.') else {
        return Err("expected [ or . but got: ");
    };
    let missing = "does not refer to a valid field";
    rest.split('.').try_fold(schema, |here, step| here.member(step).ok_or(missing))
}
