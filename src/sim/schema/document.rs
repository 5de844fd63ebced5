//! Reads OpenAPI v3 text and compiles it into a graph: definitions of one group version, or the one schema of a
//! custom resource. Only what patches, field ownership and decoding ask for is kept.

use super::graph::{Field, Graph, Kind, ListKind, Node, NodeId, Scalar, Strategy, Type};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A recorded `/openapi/v3/apis/GROUP/VERSION` document.
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    components: Components,
}

#[derive(Default, Deserialize)]
struct Components {
    #[serde(default)]
    schemas: BTreeMap<String, Schema>,
}

/// One schema object of OpenAPI v3, with Kubernetes' extensions.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Schema {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    format: Option<String>,
    properties: BTreeMap<String, Schema>,
    required: Vec<String>,
    items: Option<Box<Schema>>,
    #[serde(rename = "additionalProperties")]
    additional: Option<Additional>,
    #[serde(rename = "allOf")]
    all_of: Vec<Schema>,
    default: Option<Value>,
    #[serde(rename = "x-kubernetes-list-type")]
    list_type: Option<String>,
    #[serde(rename = "x-kubernetes-list-map-keys")]
    list_keys: Vec<String>,
    #[serde(rename = "x-kubernetes-map-type")]
    map_type: Option<String>,
    #[serde(rename = "x-kubernetes-patch-strategy")]
    strategy: Option<String>,
    #[serde(rename = "x-kubernetes-patch-merge-key")]
    merge_key: Option<String>,
    #[serde(rename = "x-kubernetes-preserve-unknown-fields")]
    preserve: Option<bool>,
    #[serde(rename = "x-kubernetes-embedded-resource")]
    embedded: Option<bool>,
    #[serde(rename = "x-kubernetes-int-or-string")]
    int_or_string: Option<bool>,
    #[serde(rename = "x-kubernetes-group-version-kind")]
    kinds: Vec<Gvk>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Additional {
    Allowed(bool),
    Typed(Box<Schema>),
}

#[derive(Deserialize)]
struct Gvk {
    group: String,
    version: String,
    kind: String,
}

/// The types of one document by kind, each with the group and version of that kind.
pub(super) type Kinds = HashMap<String, Vec<(String, String, Type)>>;

/// Compiles a recorded document.
pub(super) fn kinds(text: &str) -> Result<Kinds, serde_json::Error> {
    let document: Document = serde_json::from_str(text)?;
    let mut schemas = document.components.schemas;
    let mut roots = Vec::new();
    for (name, schema) in &mut schemas {
        roots.extend(schema.kinds.drain(..).map(|gvk| (name.clone(), gvk)));
    }
    let mut compiler = Compiler::new(schemas, true);
    let roots: Vec<(NodeId, Gvk)> =
        roots.into_iter().map(|(name, gvk)| (compiler.definition(&name), gvk)).collect();
    let graph = Arc::new(compiler.graph);
    let mut kinds = Kinds::new();
    for (root, Gvk { group, version, kind }) in roots {
        kinds.entry(kind).or_default().push((
            group,
            version,
            Type { graph: Arc::clone(&graph), root, status_apart: false },
        ));
    }
    Ok(kinds)
}

/// Compiles the `openAPIV3Schema` of a custom resource. `metadata` has the fields of every object's metadata.
pub(super) fn custom(schema: &Value, metadata: &str) -> Result<Type, serde_json::Error> {
    let schema = Schema::deserialize(schema)?;
    let document: Document = serde_json::from_str(metadata)?;
    let mut compiler = Compiler::new(document.components.schemas, false);
    let root = compiler.resource(&schema);
    Ok(Type { graph: Arc::new(compiler.graph), root, status_apart: false })
}

/// The name of the definition of every object's metadata.
const METADATA: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

struct Compiler {
    schemas: BTreeMap<String, Schema>,
    done: HashMap<String, NodeId>,
    graph: Graph,
}

impl Compiler {
    fn new(schemas: BTreeMap<String, Schema>, built_in: bool) -> Compiler {
        Compiler { schemas, done: HashMap::new(), graph: Graph { nodes: Vec::new(), built_in } }
    }

    fn add(&mut self, name: &str, kind: Kind, atomic: bool) -> NodeId {
        let id = NodeId::try_from(self.graph.nodes.len()).expect("a schema has fewer nodes than 2^32");
        self.graph.nodes.push(Node { name: name.into(), kind, atomic });
        id
    }

    /// The node of a named definition; reserved before it is filled, since definitions may refer to themselves.
    fn definition(&mut self, name: &str) -> NodeId {
        if let Some(id) = self.done.get(name) {
            return *id;
        }
        let id = self.add(&go_name(name), Kind::Any, false);
        self.done.insert(name.to_owned(), id);
        if let Some(schema) = self.schemas.remove(name) {
            let kind = self.kind(name, &schema);
            let node = &mut self.graph.nodes[id as usize];
            node.atomic = schema.atomic().unwrap_or(false);
            node.kind = kind;
        }
        id
    }

    /// The node of a schema where it stands; one that only refers to a definition is the definition's.
    fn schema(&mut self, schema: &Schema) -> NodeId {
        let reference = schema.reference.as_deref().or(match schema.all_of.as_slice() {
            [only] if schema.properties.is_empty() => only.reference.as_deref(),
            _ => None,
        });
        match reference {
            Some(path) => self.definition(path.rsplit('/').next().unwrap_or(path)),
            None => {
                let kind = self.kind("", schema);
                self.add("", kind, schema.atomic().unwrap_or(false))
            }
        }
    }

    fn kind(&mut self, name: &str, schema: &Schema) -> Kind {
        if let Some(scalar) = schema.scalar(name) {
            return Kind::Scalar(scalar);
        }
        if schema.kind.as_deref() == Some("array") {
            let item = match &schema.items {
                Some(items) => self.schema(items),
                None => self.add("", Kind::Any, false),
            };
            return Kind::List { item, list: schema.list_kind() };
        }
        if schema.embedded == Some(true) {
            return self.embedded(schema);
        }
        match &schema.additional {
            Some(Additional::Typed(item)) if schema.properties.is_empty() => {
                let item = self.schema(item);
                Kind::Map { item }
            }
            _ if schema.properties.is_empty() && !self.closed_when_empty(schema) => Kind::Any,
            additional => {
                let open = schema.preserve == Some(true)
                    || matches!(additional, Some(Additional::Allowed(true) | Additional::Typed(_)));
                Kind::of_fields(self.fields(schema), open)
            }
        }
    }

    /// An object without properties: a custom resource's is pruned to nothing, a built-in's holds anything.
    fn closed_when_empty(&self, schema: &Schema) -> bool {
        !self.graph.built_in
            && schema.kind.as_deref() == Some("object")
            && schema.preserve != Some(true)
            && schema.additional.is_none()
    }

    fn fields(&mut self, schema: &Schema) -> Vec<Field> {
        let mut fields = Vec::with_capacity(schema.properties.len());
        for (name, property) in &schema.properties {
            let node = self.schema(property);
            fields.push(Field {
                name: name.as_str().into(),
                node,
                required: schema.required.contains(name),
                strategy: property.patch_strategy(),
                merge_key: property.merge_key.as_deref().map(Into::into),
                default: property.default.clone().map(Box::new),
                atomic: property.atomic(),
            });
        }
        fields
    }

    /// The root of a custom resource: its own fields, and those that every object has.
    fn resource(&mut self, schema: &Schema) -> NodeId {
        let kind = self.embedded(schema);
        self.add("", kind, false)
    }

    fn embedded(&mut self, schema: &Schema) -> Kind {
        let open = schema.preserve == Some(true);
        let mut fields = self.fields(schema);
        fields.retain(|field| !matches!(&*field.name, "apiVersion" | "kind" | "metadata"));
        let text = self.add("", Kind::Scalar(Scalar::String), false);
        let metadata = self.definition(METADATA);
        for (name, node) in [("apiVersion", text), ("kind", text), ("metadata", metadata)] {
            fields.push(Field {
                name: name.into(),
                node,
                required: false,
                strategy: Strategy::default(),
                merge_key: None,
                default: None,
                atomic: None,
            });
        }
        Kind::of_fields(fields, open)
    }
}

impl Schema {
    fn scalar(&self, name: &str) -> Option<Scalar> {
        if name.ends_with(".Quantity") {
            return Some(Scalar::Quantity);
        }
        if self.format.as_deref() == Some("int-or-string") || self.int_or_string == Some(true) {
            return Some(Scalar::IntOrString);
        }
        match (self.kind.as_deref()?, self.format.as_deref()) {
            ("string", Some("byte")) => Some(Scalar::Bytes),
            ("string", Some("date-time")) => Some(Scalar::Time),
            // Of a text in any other form the type says nothing but that it is no object and no list.
            ("string", Some(format)) if !format.is_empty() => Some(Scalar::IntOrString),
            ("string", _) => Some(Scalar::String),
            ("integer", Some("int32")) => Some(Scalar::Int32),
            ("integer", _) => Some(Scalar::Int64),
            ("number", _) => Some(Scalar::Number),
            ("boolean", _) => Some(Scalar::Boolean),
            _ => None,
        }
    }

    fn list_kind(&self) -> ListKind {
        match self.list_type.as_deref() {
            Some("set") => ListKind::Set,
            Some("map") => ListKind::Map(self.list_keys.iter().map(|key| key.as_str().into()).collect()),
            _ => ListKind::Atomic,
        }
    }

    fn atomic(&self) -> Option<bool> {
        self.map_type.as_deref().map(|kind| kind == "atomic")
    }

    fn patch_strategy(&self) -> Strategy {
        let words = self.strategy.as_deref().unwrap_or_default();
        Strategy {
            merge: words.split(',').any(|word| word == "merge"),
            retain_keys: words.split(',').any(|word| word == "retainKeys"),
            replace: words.split(',').any(|word| word == "replace"),
        }
    }
}

/// `io.k8s.api.apps.v1.DeploymentSpec` → `v1.DeploymentSpec`.
fn go_name(definition: &str) -> String {
    let mut parts = definition.rsplit('.');
    match (parts.next(), parts.next()) {
        (Some(name), Some(package)) => format!("{package}.{name}"),
        _ => definition.to_owned(),
    }
}
