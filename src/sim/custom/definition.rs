//! What the stored CustomResourceDefinitions define, read once and kept until the definition changes: the resources that
//! are served, their types, and what each version says of columns, subresources and selectable fields.

use super::rules::Rules;
use super::schema::Schema;
use crate::sim::resources::Resource;
use crate::sim::schema::{self, Type};
use crate::snapshot::{Object, Snapshot};
use imbl::OrdMap;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

const EVERY_VERB: [&str; 8] =
    ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/// Every definition of a cluster, by name. Copying it costs nothing.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Definitions(OrdMap<String, Arc<Definition>>);

impl Definitions {
    /// Reads anew what has changed in the store.
    pub(in crate::sim) fn refresh(&mut self, snapshot: &Snapshot) {
        let stored = snapshot.list("apiextensions.k8s.io", "customresourcedefinitions", None);
        let mut read = OrdMap::new();
        for (key, object) in stored {
            let kept = self.0.get(&*key.name).filter(|kept| Arc::ptr_eq(&kept.object, object)).cloned();
            let definition = kept.unwrap_or_else(|| Arc::new(Definition::read(object)));
            read.insert(key.name.to_string(), definition);
        }
        self.0 = read;
    }

    /// The definition of that name, such as `widgets.example.com`.
    pub(in crate::sim) fn get(&self, name: &str) -> Option<&Arc<Definition>> {
        self.0.get(name)
    }

    /// Every definition, served or not.
    pub(in crate::sim) fn all(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.0.values()
    }

    /// Every definition whose resource is served.
    pub(in crate::sim) fn served(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.0.values().filter(|definition| definition.established)
    }

    /// The version of a served resource, where there is one.
    pub(in crate::sim) fn find(
        &self,
        group: &str,
        version: &str,
        plural: &str,
    ) -> Option<(&Arc<Definition>, &Version)> {
        let definition = self.get(&format!("{plural}.{group}")).filter(|found| found.is_answered())?;
        Some((definition, definition.versions.iter().find(|v| v.name == version && v.served)?))
    }

    /// The version behind a resource that was found.
    pub(in crate::sim) fn of(&self, of: &Resource) -> Option<(&Arc<Definition>, &Version)> {
        if of.custom { self.find(&of.group, &of.version, &of.plural) } else { None }
    }
}

/// One definition.
#[derive(Debug)]
pub(in crate::sim) struct Definition {
    /// The stored object.
    pub(in crate::sim) object: Object,
    pub(in crate::sim) group: String,
    pub(in crate::sim) plural: String,
    pub(in crate::sim) singular: String,
    pub(in crate::sim) kind: String,
    pub(in crate::sim) list_kind: String,
    pub(in crate::sim) short_names: Vec<String>,
    pub(in crate::sim) categories: Vec<String>,
    pub(in crate::sim) namespaced: bool,
    /// Whether its conditions say that it is established.
    pub(in crate::sim) established: bool,
    /// Whether its conditions say that its names are accepted.
    accepted: bool,
    /// Whether its instances are being deleted.
    pub(in crate::sim) terminating: bool,
    /// The versions in the order in which the definition lists them.
    pub(in crate::sim) versions: Vec<Version>,
}

/// One version of a definition.
#[derive(Debug)]
pub(in crate::sim) struct Version {
    pub(in crate::sim) name: String,
    pub(in crate::sim) served: bool,
    pub(in crate::sim) storage: bool,
    /// What is told to whoever uses the version.
    pub(in crate::sim) warning: Option<String>,
    pub(in crate::sim) resource: Arc<Resource>,
    /// The type of its objects, for patches and ownership of fields.
    pub(in crate::sim) ty: Option<Arc<Type>>,
    pub(in crate::sim) columns: Arc<[Value]>,
    pub(in crate::sim) status: bool,
    pub(in crate::sim) scale: Option<Scale>,
    /// The paths of the fields that can be selected by, without the dot at their beginning.
    pub(in crate::sim) selectable: Vec<String>,
    schema: Value,
    /// The rules of the schema, compiled when they are asked for.
    rules: OnceLock<Option<Rules>>,
}

/// Where the scale of a custom resource stands, as paths with a dot at their beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Scale {
    pub(in crate::sim) spec: String,
    pub(in crate::sim) status: String,
    pub(in crate::sim) selector: Option<String>,
}

impl Version {
    /// The schema of its objects.
    pub(in crate::sim) fn schema(&self) -> Schema<'_> {
        Schema::new(&self.schema)
    }

    /// The rules of its schema, where it has any.
    pub(super) fn rules(&self) -> Option<&Rules> {
        self.rules.get_or_init(|| Rules::of(self.schema())).as_ref()
    }
}

impl Definition {
    /// Whether calls to the resource are answered: its names are its own.
    fn is_answered(&self) -> bool {
        self.established || self.accepted
    }

    /// The version in which its objects are stored.
    pub(in crate::sim) fn storage(&self) -> Option<&Version> {
        self.versions.iter().find(|version| version.storage)
    }

    fn read(object: &Object) -> Definition {
        let spec = &object["spec"];
        let names = &object["status"]["acceptedNames"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let words = |value: &Value| value.as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
        let mut definition = Definition {
            object: object.clone(),
            group: text(&spec["group"]),
            plural: text(&spec["names"]["plural"]),
            singular: text(&names["singular"]),
            kind: text(&spec["names"]["kind"]),
            list_kind: text(&spec["names"]["listKind"]),
            short_names: words(&names["shortNames"]),
            categories: words(&names["categories"]),
            namespaced: spec["scope"] == "Namespaced",
            established: has_condition(object, "Established"),
            accepted: has_condition(object, "NamesAccepted"),
            terminating: has_condition(object, "Terminating"),
            versions: Vec::new(),
        };
        let listed = spec["versions"].as_array().into_iter().flatten();
        definition.versions = listed.map(|version| definition.version(version)).collect();
        definition
    }

    fn version(&self, version: &Value) -> Version {
        let schema = version["schema"]["openAPIV3Schema"].clone();
        let name = version["name"].as_str().unwrap_or_default().to_owned();
        let subresources = &version["subresources"];
        let status = subresources.get("status").is_some();
        let scale = subresources.get("scale").filter(|scale| scale.is_object()).map(|scale| {
            let path = |field: &str| scale[field].as_str().unwrap_or_default().to_owned();
            let selector = Some(path("labelSelectorPath")).filter(|path| !path.is_empty());
            Scale { spec: path("specReplicasPath"), status: path("statusReplicasPath"), selector }
        });
        let subs = [("status", status), ("scale", scale.is_some())];
        let subresources: BTreeMap<String, Vec<String>> = subs
            .iter()
            .filter(|(_, there)| *there)
            .map(|(sub, _)| ((*sub).to_owned(), ["get", "patch", "update"].map(str::to_owned).to_vec()))
            .collect();
        let resource = Resource {
            group: self.group.clone(),
            version: name.clone(),
            plural: self.plural.clone(),
            kind: self.kind.clone(),
            namespaced: self.namespaced,
            verbs: EVERY_VERB.map(str::to_owned).to_vec(),
            subresources,
            custom: true,
        };
        let fields = version["selectableFields"].as_array().into_iter().flatten();
        let path = |field: &Value| field["jsonPath"].as_str().unwrap_or_default().to_owned();
        Version {
            warning: (version["deprecated"] == true).then(|| self.deprecation(version)),
            served: version["served"] == true,
            storage: version["storage"] == true,
            resource: Arc::new(resource),
            ty: schema::compile(&schema, status).ok(),
            columns: version["additionalPrinterColumns"].as_array().cloned().unwrap_or_default().into(),
            status,
            scale,
            selectable: fields.map(|field| path(field).trim_start_matches('.').to_owned()).collect(),
            schema,
            rules: OnceLock::new(),
            name,
        }
    }

    /// What is told of a deprecated version: its own words, or which version to use instead.
    fn deprecation(&self, version: &Value) -> String {
        if let Some(own) = version["deprecationWarning"].as_str() {
            return own.to_owned();
        }
        let name = version["name"].as_str().unwrap_or_default();
        let (group, kind) = (&self.group, &self.kind);
        let told = format!("{group}/{name} {kind} is deprecated");
        let versions = self.object["spec"]["versions"].as_array().into_iter().flatten();
        let fresh = versions.filter(|v| v["served"] == true && v["deprecated"] != true);
        let names = fresh.filter_map(|v| v["name"].as_str());
        match names
            .filter(|other| newer_first(other, name) == Ordering::Less)
            .min_by(|a, b| newer_first(a, b))
        {
            Some(newest) => format!("{told}; use {group}/{newest} {kind}"),
            None => told,
        }
    }
}

/// Whether a definition has a condition that is `True`.
pub(in crate::sim) fn has_condition(definition: &Value, condition: &str) -> bool {
    let conditions = definition["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|c| c["type"] == condition && c["status"] == "True")
}

/// The order in which Kubernetes lists versions: `v2`, `v1`, `v2beta1`, `v1alpha2`, and then all other names by letter.
pub(in crate::sim) fn newer_first(one: &str, other: &str) -> Ordering {
    match (rank(one), rank(other)) {
        (Some(a), Some(b)) => b.cmp(&a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => one.cmp(other),
    }
}

/// Maturity, major and minor number of a version's name.
fn rank(name: &str) -> Option<(u8, u64, u64)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = name.strip_prefix('v')?;
    let (major, rest) = rest.split_at(digits(rest));
    let major: u64 = major.parse().ok().filter(|_| !major.starts_with('0'))?;
    if rest.is_empty() {
        return Some((2, major, 0));
    }
    let (maturity, minor) = match (rest.strip_prefix("beta"), rest.strip_prefix("alpha")) {
        (Some(minor), _) => (1, minor),
        (None, Some(minor)) => (0, minor),
        (None, None) => return None,
    };
    let minor = minor.parse().ok().filter(|_| digits(minor) == minor.len() && !minor.starts_with('0'))?;
    Some((maturity, major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_listed_newest_and_most_mature_first() {
        let mut names = ["foo1", "v1", "v1beta1", "v10", "v2", "v11alpha2", "v3beta1", "v12alpha1", "foo10"];
        names.sort_by(|a, b| newer_first(a, b));
        assert_eq!(
            names,
            ["v10", "v2", "v1", "v3beta1", "v1beta1", "v12alpha1", "v11alpha2", "foo1", "foo10"]
        );
    }
}
