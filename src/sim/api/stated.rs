//! Which object a written one says that it is: its name, its uid and its version beside those of the path and of the
//! store.

use super::part::Part;
use super::write::Author;
use super::{Asked, create};
use crate::sim::object;
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;
use serde_json::Value;

/// Refuses a change of nothing in particular, which a path of custom objects may ask for.
pub(super) fn named(asked: &Asked<'_>) -> Result<(), Refusal> {
    match asked.name() {
        "" => Err(Refusal::bad_request("name must be provided")),
        _named => Ok(()),
    }
}

/// What is wrong with the name or namespace that an object states.
pub(super) fn check_identity(asked: &Asked<'_>, name: &str, object: &Value) -> Result<(), Refusal> {
    create::same_namespace(asked, object)?;
    match object::name(object) {
        given if given == name => Ok(()),
        given => Err(wrong_name(given, name)),
    }
}

/// 409 for an object that names another uid than the stored one has.
pub(super) fn check_uid(
    asked: &Asked<'_>,
    old: &Value,
    object: &Value,
    author: &Author<'_>,
) -> Result<(), Refusal> {
    let (uid, present) = (object::meta(object, "uid"), object::meta(old, "uid"));
    if uid.is_empty() || uid == present {
        return Ok(());
    }
    let key = asked.of.registry_key(asked.namespace(), asked.name());
    let root = if author.options.dry_run { "" } else { "/registry" };
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {root}{key}, ResourceVersion: 0, AdditionalErrorMsg: \
         Precondition failed: UID in precondition: {uid}, UID in object meta: {present}"
    );
    Err(Refusal::conflict(&asked.of, asked.name(), &why))
}

/// 409 for an object that names a uid where none is stored.
pub(super) fn check_unborn(asked: &Asked<'_>, object: &Value) -> Result<(), Refusal> {
    match object::meta(object, "uid") {
        "" => Ok(()),
        uid => {
            let why = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            );
            Err(Refusal::conflict(&asked.of, asked.name(), &why))
        }
    }
}

/// The resourceVersion that an object names as a number; 0 where it names none.
pub(super) fn version_of(object: &Value) -> Result<u64, Refusal> {
    match object::meta(object, "resourceVersion") {
        "" => Ok(0),
        text => text.parse().map_err(|_| {
            Refusal::unexplained(format!("strconv.ParseUint: parsing {text:?}: invalid syntax"))
        }),
    }
}

/// Refuses another resourceVersion than the stored object has, and none where the kind asks for one.
pub(super) fn check_version(of: &Resource, old: &Value, object: &Value) -> Result<(), Refusal> {
    let name = object::name(old);
    match version_of(object)? {
        0 if must_name_version(of) => {
            let violation = Violation {
                reason: "FieldValueInvalid",
                field: "metadata.resourceVersion".to_owned(),
                message: "Invalid value: 0: must be specified for an update".to_owned(),
            };
            Err(Refusal::invalid(&of.group, &of.plural, name, &[violation]))
        }
        0 => Ok(()),
        version if version.to_string() == object::meta(old, "resourceVersion") => Ok(()),
        _ => Err(Refusal::modified(of, name)),
    }
}

/// The kinds that kube-apiserver does not update without a resourceVersion.
fn must_name_version(of: &Resource) -> bool {
    match of.group.as_str() {
        "admissionregistration.k8s.io" | "apiextensions.k8s.io" | "apiregistration.k8s.io" => true,
        "coordination.k8s.io" | "node.k8s.io" | "policy" => true,
        "storage.k8s.io" => {
            matches!(of.kind.as_str(), "CSIDriver" | "CSINode" | "CSIStorageCapacity" | "VolumeAttachment")
        }
        _ => of.custom,
    }
}

/// The kinds that a PUT creates where they are not there.
pub(super) fn is_created_by_put(of: &Resource) -> bool {
    match of.group.as_str() {
        "" => matches!(of.kind.as_str(), "Endpoints" | "Event" | "LimitRange" | "Service"),
        "coordination.k8s.io" | "events.k8s.io" | "node.k8s.io" | "rbac.authorization.k8s.io" => true,
        _ => false,
    }
}

/// The kinds that an apply to their status creates where they are not there.
pub(super) fn is_created_by_applied_status(of: &Resource, part: Part) -> bool {
    let policy = (of.group.as_str(), of.kind.as_str())
        == ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy");
    part == Part::Status && (policy || is_created_by_put(of))
}

/// 400 for an object whose name is not the one of the path.
pub(super) fn wrong_name(given: &str, name: &str) -> Refusal {
    if given.is_empty() {
        return Refusal::bad_request(format!(
            "the name of the object ({name} based on URL) was undeterminable: name must be provided"
        ));
    }
    Refusal::bad_request(format!(
        "the name of the object ({given}) does not match the name on the URL ({name})"
    ))
}
