//! What the kinds of Kubernetes and their fields are for, as `kubectl explain` prints it. The words are Kubernetes' own, as
//! the k8s-openapi crate carries them for version 1.36; they are put into a recorded OpenAPI v3 document when it is first
//! asked for. Knows nothing of the kinds' structure, which is the documents' matter. What a value of an enumeration means
//! is not told there, and the lists of objects are not described.

use super::documents;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{LazyLock, OnceLock};

/// Where the documents of OpenAPI v3 stand, one of each group version.
const PLACE: &str = "/openapi/v3/";

/// The words about one type.
#[derive(Debug, Default)]
struct Words {
    own: Option<String>,
    fields: BTreeMap<String, String>,
}

/// The document at a path with the words in it; `None` where none stands there.
pub(super) fn document(path: &str) -> Option<&'static [u8]> {
    static DESCRIBED: LazyLock<BTreeMap<&'static str, OnceLock<Vec<u8>>>> = LazyLock::new(|| {
        documents::paths()
            .filter(|path| path.starts_with(PLACE))
            .map(|path| (path, OnceLock::new()))
            .collect()
    });
    let recorded = documents::document(path)?;
    let Some(described) = DESCRIBED.get(path) else { return Some(recorded) };
    Some(described.get_or_init(|| {
        let mut document: Value = serde_json::from_slice(recorded).expect("it is JSON");
        if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
            describe(schemas);
        }
        document.to_string().into_bytes()
    }))
}

/// What is said of `apiVersion`, `kind` and `metadata`, which every kind has.
pub(super) fn of_every_kind(field: &str) -> Option<&'static str> {
    WORDS.get("io.k8s.api.core.v1.ConfigMap")?.fields.get(field).map(String::as_str)
}

fn describe(schemas: &mut Map<String, Value>) {
    for (name, schema) in schemas {
        let words = WORDS.get(name);
        if let Some(own) = words.and_then(|words| words.own.as_deref()) {
            schema["description"] = own.into();
        }
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (field, property) in properties.into_iter().flatten() {
            let told = match words {
                Some(words) => words.fields.get(field).map(String::as_str),
                // Of the type of a list is told what is told of every type.
                None if matches!(field.as_str(), "apiVersion" | "kind") => of_every_kind(field),
                None => None,
            };
            if let Some(told) = told {
                property["description"] = format!("{told}{}", choices(property)).into();
            }
        }
    }
}

/// The values that a field may have, as they follow its description.
fn choices(property: &Value) -> String {
    let values = property["enum"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut told = String::new();
    for (index, value) in values.iter().enumerate() {
        let title = if index == 0 { "\n\nPossible enum values:" } else { "" };
        write!(told, "{title}\n - `{value}`").expect("a text takes all");
    }
    told
}

static WORDS: LazyLock<BTreeMap<String, Words>> = LazyLock::new(|| {
    let mut generator = SchemaSettings::openapi3().into_generator();
    all(&mut generator);
    let definitions = generator.take_definitions(true).into_iter();
    definitions.map(|(name, schema)| (name, words(&schema))).collect()
});

fn words(schema: &Value) -> Words {
    let told = |schema: &Value| schema["description"].as_str().map(str::to_owned);
    let properties = schema["properties"].as_object().into_iter().flatten();
    Words {
        own: told(schema),
        fields: properties.filter_map(|(field, schema)| Some((field.clone(), told(schema)?))).collect(),
    }
}

/// Has the generator describe kinds of one group version, with all that they hold.
macro_rules! kinds {
    ($generator:ident, $group:path, $($kind:ident)*) => {{
        use $group as group;
        $($generator.subschema_for::<group::$kind>();)*
    }};
}

/// Every kind that is built in.
fn all(generator: &mut SchemaGenerator) {
    use k8s_openapi::api;
    use k8s_openapi::apimachinery::pkg as machinery;
    kinds!(generator, api::admissionregistration::v1,
        MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration
        ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration);
    kinds!(generator, api::apps::v1, ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet);
    kinds!(generator, api::authentication::v1, SelfSubjectReview TokenRequest TokenReview);
    kinds!(generator, api::authorization::v1,
        LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview);
    kinds!(generator, api::autoscaling::v1, HorizontalPodAutoscaler Scale);
    kinds!(generator, api::autoscaling::v2, HorizontalPodAutoscaler);
    kinds!(generator, api::batch::v1, CronJob Job);
    kinds!(generator, api::certificates::v1, CertificateSigningRequest);
    kinds!(generator, api::coordination::v1, Lease);
    kinds!(generator, api::core::v1,
        Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume
        PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount);
    kinds!(generator, api::discovery::v1, EndpointSlice);
    kinds!(generator, api::events::v1, Event);
    kinds!(generator, api::flowcontrol::v1, FlowSchema PriorityLevelConfiguration);
    kinds!(generator, api::networking::v1, Ingress IngressClass IPAddress NetworkPolicy ServiceCIDR);
    kinds!(generator, api::node::v1, RuntimeClass);
    kinds!(generator, api::policy::v1, Eviction PodDisruptionBudget);
    kinds!(generator, api::rbac::v1, ClusterRole ClusterRoleBinding Role RoleBinding);
    kinds!(generator, api::resource::v1, DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice);
    kinds!(generator, api::scheduling::v1, PriorityClass);
    kinds!(generator, api::storage::v1,
        CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass);
    kinds!(
        generator,
        k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1,
        CustomResourceDefinition
    );
    kinds!(generator, k8s_openapi::kube_aggregator::pkg::apis::apiregistration::v1, APIService);
    kinds!(generator, machinery::apis::meta::v1, APIGroupList APIResourceList APIVersions Patch Status);
    kinds!(generator, machinery::version, Info);
    generator.subschema_for::<machinery::apis::meta::v1::WatchEvent<api::core::v1::Pod>>();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_tells_what_its_kinds_and_their_fields_are_for() {
        let document: Value = serde_json::from_slice(document("/openapi/v3/apis/apps/v1").expect("recorded"))
            .expect("it is JSON");
        let schemas = &document["components"]["schemas"];
        let deployment = &schemas["io.k8s.api.apps.v1.Deployment"];
        assert_eq!(
            deployment["description"],
            "Deployment enables declarative updates for Pods and ReplicaSets."
        );
        let strategy = &schemas["io.k8s.api.apps.v1.DeploymentStrategy"]["properties"]["type"]["description"];
        let strategy = strategy.as_str().expect("it is described");
        assert!(
            strategy.ends_with("Possible enum values:\n - `\"Recreate\"`\n - `\"RollingUpdate\"`"),
            "{strategy}"
        );
    }

    #[test]
    fn every_type_that_is_not_a_list_is_described() {
        let places = documents::paths().filter(|path| path.starts_with(PLACE));
        let mut bare: Vec<String> = Vec::new();
        for place in places {
            let document: Value =
                serde_json::from_slice(document(place).expect("recorded")).expect("it is JSON");
            let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
            let undescribed = schemas.filter(|(name, schema)| {
                schema.get("description").is_none()
                    && !name.ends_with("List")
                    && schema.get("properties").is_some()
            });
            bare.extend(undescribed.map(|(name, _)| name.clone()));
        }
        bare.sort_unstable();
        bare.dedup();
        assert_eq!(bare, Vec::<String>::new());
    }
}
