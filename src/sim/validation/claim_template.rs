//! The metadata of templates of claims, of storage and of devices.

use super::findings::{Findings, Path};
use super::meta;
use crate::sim::look::map;
use serde_json::Value;

/// What else there is of metadata, as Go's struct has it and names it, than labels and annotations.
const NOT_OF_TEMPLATES: [(&str, &str); 13] = [
    ("name", "name"),
    ("generateName", "generateName"),
    ("namespace", "namespace"),
    ("selfLink", "selfLink"),
    ("uid", "uID"),
    ("resourceVersion", "resourceVersion"),
    ("generation", "generation"),
    ("creationTimestamp", "creationTimestamp"),
    ("deletionTimestamp", "deletionTimestamp"),
    ("deletionGracePeriodSeconds", "deletionGracePeriodSeconds"),
    ("ownerReferences", "ownerReferences"),
    ("finalizers", "finalizers"),
    ("managedFields", "managedFields"),
];

/// The metadata of a template of claims, which has labels and annotations alone.
pub(super) fn metadata(path: &Path, template: &Value, found: &mut Findings) {
    meta::annotations(&path.child("annotations"), map(template, "/metadata/annotations"), found);
    meta::labels(&path.child("labels"), map(template, "/metadata/labels"), found);
    for (key, named) in NOT_OF_TEMPLATES {
        if template["metadata"].get(key).is_some_and(|value| !value.is_null()) {
            found.forbidden(&path.child(named), "cannot be set");
        }
    }
}
