//! What a CustomResourceDefinition may say, and what kube-apiserver says of one that says something else. What its
//! versions have in common is spoken of as `spec.validation`, `spec.subresources` and so on, as kube-apiserver does.

mod complete;
mod conversion;
mod defaults;
mod keywords;
mod printed;
mod structure;
mod tidy;
mod version;

use super::format;
use super::schema::{Additional, Schema};
use crate::sim::look::{is_true, list, text};
use crate::sim::validation::{Findings, Path, old_label as label, same, subdomain};
pub(super) use printed::rule as print_rule;
use serde_json::Value;
pub(in crate::sim) use tidy::tidy;
use version::Common;

/// The content of a definition, `status.storedVersions` included.
pub(in crate::sim) fn content(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    let group = text(spec, "/group");
    if group.is_empty() {
        found.required(&path.child("group"), "");
    } else if let wrong @ [_, ..] = subdomain(group).as_slice() {
        found.invalid(&path.child("group"), group, &wrong.join(","));
    } else if !group.contains('.') {
        found.invalid(&path.child("group"), group, "should be a domain with at least one dot");
    }
    found.one_of(&path.child("scope"), text(spec, "/scope"), &["Cluster", "Namespaced"]);
    versions(spec, &path, found);
    names(spec, &path.child("names"), found);
    Common::of(spec).check(spec, &path, found);
    conversion::check(spec, &path.child("conversion"), found);
    stored_versions(object, found);
    approval(object, group, found);
    if is_true(spec, "/preserveUnknownFields") {
        let detail = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
        found.invalid(&path.child("preserveUnknownFields"), true, detail);
    }
}

/// The name of a definition says what it defines.
pub(in crate::sim) fn name(object: &Value, name: &str) -> Option<String> {
    let (plural, group) = (text(object, "/spec/names/plural"), text(object, "/spec/group"));
    let fits = name == format!("{plural}.{group}");
    (!fits).then(|| "must be spec.names.plural+\".\"+spec.group".to_owned())
}

/// What never changes in a definition: its resource, and once it is established its scope and kind.
pub(in crate::sim) fn immutable(old: &Value, object: &Value, found: &mut Findings) {
    let mut fields = vec!["group", "names.plural"];
    if super::definition::has_condition(old, "Established") {
        fields.splice(0..0, ["scope", "names.kind"]);
    }
    for field in fields {
        let pointer = format!("/spec/{}", field.replace('.', "/"));
        let (was, is) = (old.pointer(&pointer), object.pointer(&pointer));
        if !same(was, is) {
            let shown = is.cloned().unwrap_or(Value::Null);
            found.invalid(&Path::new("spec").child(field), shown, "field is immutable");
        }
    }
}

/// The formats that a definition names and that mean nothing, unless an older form of it named them too.
pub(in crate::sim) fn unknown_formats(old: Option<&Value>, object: &Value) -> Vec<String> {
    let named = |definition: &Value| {
        let common = Common::of(&definition["spec"]);
        let schemas = list(definition, "/spec/versions").iter().map(|v| &v["schema"]["openAPIV3Schema"]);
        let mut told = Vec::new();
        for schema in schemas.take(if common.schema { 1 } else { usize::MAX }) {
            formats(Schema::new(schema), &mut told);
        }
        told
    };
    let before = old.map(named).unwrap_or_default();
    let fresh = named(object).into_iter().filter(|format| !before.contains(format));
    let mut warnings: Vec<String> = fresh.map(|format| format!("unrecognized format {format:?}")).collect();
    warnings.dedup();
    warnings
}

fn formats(schema: Schema<'_>, told: &mut Vec<String>) {
    let format = schema.text("format");
    if !format.is_empty() && !format::is_known(schema.kind(), format) {
        told.push(format.to_owned());
    }
    let additional = match schema.additional() {
        Some(Additional::Of(inner)) => Some(inner),
        Some(Additional::Allowed(_)) | None => None,
    };
    let named = schema.properties().map(|(_, inner)| inner);
    named.chain(schema.items()).chain(additional).for_each(|inner| formats(inner, told));
}

fn versions(spec: &Value, path: &Path, found: &mut Findings) {
    let versions = list(spec, "/versions");
    let common = Common::of(spec);
    for (index, version) in versions.iter().enumerate() {
        if version.pointer("/schema/openAPIV3Schema").is_none_or(Value::is_null) {
            let at = path.child("versions").index(index);
            found.required(&at.child("schema.openAPIV3Schema"), "");
        }
    }
    for (index, version) in versions.iter().enumerate() {
        let at = path.child("versions").index(index);
        let name = text(version, "/name");
        found.invalid_joined(&at.child("name"), name, &label(name));
        common.check_version(version, &at, found);
    }
    let mut names: Vec<&str> = versions.iter().map(|version| text(version, "/name")).collect();
    names.sort_unstable();
    let at = path.child("versions");
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        found.invalid_printed(
            &at,
            &printed::versions(versions, &common),
            "must contain unique version names",
        );
    }
    if versions.iter().filter(|version| is_true(version, "/storage")).count() != 1 {
        let detail = "must have exactly one version marked as storage version";
        let shown = spec.get("versions").filter(|versions| versions.is_array());
        let shown = shown.map_or_else(|| "null".to_owned(), |_| printed::versions(versions, &common));
        found.invalid_printed(&at, &shown, detail);
    }
    if let Some(first) = versions.first() {
        let name = text(first, "/name");
        found.invalid_joined(&path.child("version"), name, &label(name));
    }
}

fn names(spec: &Value, path: &Path, found: &mut Findings) {
    let name = |key: &str| text(spec, &format!("/names/{key}"));
    for key in ["plural", "singular", "kind", "listKind"] {
        if name(key).is_empty() {
            found.required(&path.child(key), "");
        }
    }
    for key in ["plural", "singular"] {
        if !name(key).is_empty() {
            found.invalid_joined(&path.child(key), name(key), &label(name(key)));
        }
    }
    for key in ["kind", "listKind"] {
        let wrong = label(&name(key).to_lowercase());
        if !name(key).is_empty() && !wrong.is_empty() {
            let detail = format!("may have mixed case, but should otherwise match: {}", wrong.join(","));
            found.invalid(&path.child(key), name(key), &detail);
        }
    }
    let several = |key: &str, found: &mut Findings| {
        for (index, short) in list(spec, &format!("/names/{key}")).iter().enumerate() {
            let short = short.as_str().unwrap_or_default();
            found.invalid_joined(&path.child(key).index(index), short, &label(short));
        }
    };
    several("shortNames", found);
    if !name("kind").is_empty() && name("kind") == name("listKind") {
        found.invalid(&path.child("listKind"), name("listKind"), "kind and listKind may not be the same");
    }
    several("categories", found);
}

fn stored_versions(object: &Value, found: &mut Findings) {
    let path = Path::new("status.storedVersions");
    let stored = list(object, "/status/storedVersions");
    if stored.is_empty() {
        return found.invalid(&path, Value::Null, "must have at least one stored version");
    }
    let versions = list(object, "/spec/versions");
    for version in versions.iter().filter(|version| is_true(version, "/storage")) {
        if !stored.contains(&version["name"]) {
            let detail = format!("must have the storage version {}", text(version, "/name"));
            found.invalid(&path, stored.to_vec(), &detail);
        }
    }
    for (index, name) in stored.iter().enumerate() {
        if !versions.iter().any(|version| version["name"] == *name) {
            let shown = name.as_str().unwrap_or_default();
            let detail = format!(
                "missing from spec.versions; {shown} was previously a storage version, and must remain in \
                 spec.versions until a storage migration ensures no data remains persisted in {shown} and removes \
                 {shown} from status.storedVersions"
            );
            found.invalid(&path.index(index), shown, &detail);
        }
    }
}

/// Groups of Kubernetes' own are defined with an approval.
fn approval(object: &Value, group: &str, found: &mut Findings) {
    let protected = ["k8s.io", "kubernetes.io"];
    if !protected.iter().any(|own| group == *own || group.ends_with(&format!(".{own}"))) {
        return;
    }
    let key = "api-approved.kubernetes.io";
    let path = Path::new("metadata.annotations").key(key);
    let given = object["metadata"]["annotations"][key].as_str().unwrap_or_default();
    let wanted = "see https://github.com/kubernetes/enhancements/pull/1111";
    if given.is_empty() {
        let detail = format!("protected groups must have approval annotation {key:?}, {wanted}");
        found.required(&path, &detail);
    } else if !given.starts_with("unapproved") && !is_address(given) {
        let detail = format!(
            "protected groups must have approval annotation {key:?} with either a URL or a reason starting with \
             \"unapproved\", {wanted}"
        );
        found.invalid(&path, given, &detail);
    }
}

fn is_address(text: &str) -> bool {
    text.split_once("://")
        .is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.starts_with('/') && !rest.is_empty())
}
