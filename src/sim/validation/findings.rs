//! Where something is wrong and how kube-apiserver words it: field paths and the kinds of field errors.

use super::Violation;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// A field path: `spec.template.spec.containers[0].ports[1].name`, `data[a.b]`.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Path(Cow<'static, str>);

impl Path {
    /// The object itself, which has no path.
    pub(in crate::sim) fn root() -> Path {
        Path(Cow::Borrowed(""))
    }

    /// A path of one step, or of steps joined with dots.
    pub(in crate::sim) fn new(root: &'static str) -> Path {
        Path(Cow::Borrowed(root))
    }

    /// The same of one that is not known before.
    pub(in crate::sim) fn of(root: &str) -> Path {
        Path(Cow::Owned(root.to_owned()))
    }

    /// The field `name` below; a name with dots is several steps.
    pub(in crate::sim) fn child(&self, name: &str) -> Path {
        if self.0.is_empty() { Path::of(name) } else { Path(Cow::Owned([&self.0, ".", name].concat())) }
    }

    /// The element at an index.
    pub(in crate::sim) fn index(&self, index: usize) -> Path {
        Path(Cow::Owned(format!("{}[{index}]", self.0)))
    }

    /// The entry of a map.
    pub(in crate::sim) fn key(&self, key: &str) -> Path {
        Path(Cow::Owned([&self.0, "[", key, "]"].concat()))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The violations found so far, in the order in which kube-apiserver reports them.
#[derive(Debug, Default)]
pub(in crate::sim) struct Findings(Vec<Violation>);

impl Findings {
    /// All of them.
    pub(in crate::sim) fn into_inner(self) -> Vec<Violation> {
        self.0
    }

    /// How many there are.
    pub(in crate::sim) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds what somebody else found.
    pub(in crate::sim) fn extend(&mut self, violations: Vec<Violation>) {
        self.0.extend(violations);
    }

    /// Adds what was found elsewhere, in the order of its text.
    pub(in crate::sim) fn sorted(&mut self, mut others: Findings) {
        others.0.sort_by_key(|violation| format!("{}: {}", violation.field, violation.message));
        self.0.extend(others.0);
    }

    /// There are more than there may be.
    pub(in crate::sim) fn too_many(&mut self, path: &Path, given: usize, most: usize) {
        let items = if most == 1 { "item" } else { "items" };
        let message = format!("Too many: {given}: must have at most {most} {items}");
        self.add("FieldValueTooMany", path, message);
    }

    /// The value does not do, for reasons that are told together; none at all is fine.
    pub(in crate::sim) fn invalid_joined(&mut self, path: &Path, value: &str, details: &[String]) {
        if !details.is_empty() {
            self.invalid(path, value, &details.join(","));
        }
    }

    fn add(&mut self, reason: &'static str, path: &Path, message: String) {
        self.0.push(Violation { reason, field: path.to_string(), message });
    }

    /// Something must be there; `detail` may be empty.
    pub(in crate::sim) fn required(&mut self, path: &Path, detail: &str) {
        let colon = if detail.is_empty() { "" } else { ": " };
        self.add("FieldValueRequired", path, format!("Required value{colon}{detail}"));
    }

    /// The value does not do, as text that is printed already (see [`Findings::invalid`]).
    pub(in crate::sim) fn invalid_printed(&mut self, path: &Path, printed: &str, detail: &str) {
        let colon = if detail.is_empty() { "" } else { ": " };
        self.add("FieldValueInvalid", path, format!("Invalid value: {printed}{colon}{detail}"));
    }

    /// The same of a value that is not shown.
    pub(in crate::sim) fn invalid_unshown(&mut self, path: &Path, detail: &str) {
        self.add("FieldValueInvalid", path, format!("Invalid value: {detail}"));
    }

    /// The value does not do: texts print quoted, numbers bare, everything else as JSON.
    pub(in crate::sim) fn invalid(&mut self, path: &Path, value: impl Into<Value>, detail: &str) {
        self.invalid_printed(path, &value.into().to_string(), detail);
    }

    /// The same for every message that a check gave.
    pub(super) fn invalid_each(
        &mut self,
        path: &Path,
        value: &str,
        details: impl IntoIterator<Item = String>,
    ) {
        details.into_iter().for_each(|detail| self.invalid(path, value, &detail));
    }

    /// The value is none of those that there are; they print in the order given.
    pub(in crate::sim) fn unsupported(&mut self, path: &Path, value: &str, supported: &[&str]) {
        self.unsupported_printed(path, &Value::from(value).to_string(), supported);
    }

    /// The same with text that is printed already.
    pub(super) fn unsupported_printed(&mut self, path: &Path, printed: &str, supported: &[&str]) {
        let supported: Vec<String> = supported.iter().map(|value| format!("{value:?}")).collect();
        let message = format!("Unsupported value: {printed}: supported values: {}", supported.join(", "));
        self.add("FieldValueNotSupported", path, message);
    }

    /// The value must be one of these: empty is required, anything else is unsupported.
    pub(in crate::sim) fn one_of(&mut self, path: &Path, value: &str, supported: &[&str]) {
        match value {
            "" => self.required(path, ""),
            value if supported.contains(&value) => {}
            value => self.unsupported(path, value, supported),
        }
    }

    /// The same where nothing need be given.
    pub(super) fn one_of_if_any(&mut self, path: &Path, value: &str, supported: &[&str]) {
        if !value.is_empty() && !supported.contains(&value) {
            self.unsupported(path, value, supported);
        }
    }

    /// A text must be there.
    pub(super) fn needs(&mut self, path: &Path, holder: &Value, keys: &[&str]) {
        for key in keys {
            if crate::sim::look::text(holder, &format!("/{key}")).is_empty() {
                self.required(&path.child(key), "");
            }
        }
    }

    /// The field may not be there, or may not change.
    pub(in crate::sim) fn forbidden(&mut self, path: &Path, detail: &str) {
        let colon = if detail.is_empty() { "" } else { ": " };
        self.add("FieldValueForbidden", path, format!("Forbidden{colon}{detail}"));
    }

    /// The value is there twice.
    pub(in crate::sim) fn duplicate(&mut self, path: &Path, value: impl Into<Value>) {
        self.add("FieldValueDuplicate", path, format!("Duplicate value: {}", value.into()));
    }

    /// The same of a value that is not shown.
    pub(in crate::sim) fn duplicate_unshown(&mut self, path: &Path) {
        self.add("FieldValueDuplicate", path, "Duplicate value".to_owned());
    }

    /// Something that kube-apiserver itself cannot do.
    pub(in crate::sim) fn internal(&mut self, path: &Path, why: &str) {
        self.add("InternalError", path, format!("Internal error: {why}"));
    }

    /// The same with text that is printed already, and a detail that may be empty.
    pub(super) fn duplicate_printed(&mut self, path: &Path, printed: &str, detail: &str) {
        let colon = if detail.is_empty() { "" } else { ": " };
        self.add("FieldValueDuplicate", path, format!("Duplicate value: {printed}{colon}{detail}"));
    }

    /// The value names something that is not there; `detail` may be empty.
    pub(super) fn not_found(&mut self, path: &Path, value: &str, detail: &str) {
        let colon = if detail.is_empty() { "" } else { ": " };
        self.add("FieldValueNotFound", path, format!("Not found: {value:?}{colon}{detail}"));
    }

    /// The value is longer than `most` bytes.
    pub(super) fn too_long(&mut self, path: &Path, most: usize) {
        let bytes = if most == 1 { "byte" } else { "bytes" };
        self.add("FieldValueTooLong", path, format!("Too long: may not be more than {most} {bytes}"));
    }

    /// A number, where there is one, is 0 or more.
    pub(super) fn nonnegative(&mut self, path: &Path, value: Option<&Value>) {
        if let Some(number) = value.and_then(Value::as_i64).filter(|number| *number < 0) {
            self.invalid(path, number, "must be greater than or equal to 0");
        }
    }

    /// A number, where there is one, is more than 0.
    pub(super) fn positive(&mut self, path: &Path, value: Option<&Value>) {
        if let Some(number) = value.and_then(Value::as_i64).filter(|number| *number <= 0) {
            self.invalid(path, number, "must be greater than zero");
        }
    }

    /// A field stays what it was; absent, null and empty are the same.
    pub(super) fn immutable(&mut self, path: &Path, old: Option<&Value>, new: Option<&Value>) {
        if !same(old, new) {
            let new = new.unwrap_or(&Value::Null);
            let printed = match new.get("matchLabels").or_else(|| new.get("matchExpressions")) {
                Some(_) => super::internal::print("LabelSelector", new),
                None => new.to_string(),
            };
            self.invalid_printed(path, &printed, "field is immutable");
        }
    }
}

/// Whether two values mean the same: absent, null and an empty list do. An object without fields is something else
/// than none, and so is an empty text, which only a pointer holds.
pub(in crate::sim) fn same(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            a.iter().all(|(key, value)| same(Some(value), b.get(key)))
                && b.iter().all(|(key, value)| a.contains_key(key) || is_empty(Some(value)))
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(Some(a), Some(b)))
        }
        (a, b) if is_empty(a) && is_empty(b) => true,
        (a, b) => a == b,
    }
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(_) | Value::String(_) | Value::Bool(_) | Value::Number(_)) => false,
    }
}
