//! The compiled form of a type: a graph of small nodes in one arena, and the read-only view through which the
//! rest of the simulation walks it. Knows nothing of OpenAPI text; `document` makes it.

use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// The index of a node in its graph.
pub(super) type NodeId = u32;

/// One type: an object with fields, a map, a list or a scalar.
#[derive(Clone)]
pub struct Type {
    pub(super) graph: Arc<Graph>,
    pub(super) root: NodeId,
    /// Whether the status of a custom kind has an endpoint of its own.
    pub(super) status_apart: bool,
}

impl Type {
    /// The view of the type itself, from which fields and items are reached.
    pub fn shape(&self) -> Shape<'_> {
        self.graph.shape(self.root)
    }

    /// The same type of a custom kind whose status is written through an endpoint of its own, if that is so.
    pub fn with_status_apart(mut self, apart: bool) -> Type {
        self.status_apart = apart;
        self
    }

    /// Whether the status is written through an endpoint of its own.
    pub fn has_status_apart(&self) -> bool {
        match self.shape().built_in() {
            true => self.shape().field("status").is_some(),
            false => self.status_apart,
        }
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Type({})", self.shape().name())
    }
}

/// All nodes that one document, or one custom resource, gave rise to.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    /// Whether the types are Go structs of kube-apiserver (and not a custom resource's schema).
    pub(super) built_in: bool,
}

impl Graph {
    pub(super) fn shape(&self, id: NodeId) -> Shape<'_> {
        Shape { graph: self, node: &self.nodes[id as usize] }
    }
}

/// One type in the arena.
#[derive(Debug)]
pub(super) struct Node {
    /// `v1.DeploymentSpec`: the name that Go gives the type; empty for what has none.
    pub(super) name: Box<str>,
    pub(super) kind: Kind,
    /// Whether the value is replaced and owned as a whole (`x-kubernetes-map-type`, `x-kubernetes-list-type`).
    pub(super) atomic: bool,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Kind {
    /// Named fields, shorter names first; with `open`, unknown fields are kept.
    Struct { fields: Vec<Field>, open: bool },
    /// A map from strings to one type.
    Map { item: NodeId },
    /// A list of one type.
    List { item: NodeId, list: ListKind },
    /// Text, a number or a truth value.
    Scalar(Scalar),
    /// Anything: its structure is told from the value itself.
    Any,
}

/// How the items of a list are told apart (`x-kubernetes-list-type`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// The list is one value.
    Atomic,
    /// Items are scalars, each at most once.
    Set,
    /// Items are objects, each told by the values of these fields.
    Map(Box<[Box<str>]>),
}

/// The scalars of Kubernetes' types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Text.
    String,
    /// Base64 of bytes.
    Bytes,
    /// A `metav1.Time` or `metav1.MicroTime`.
    Time,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// `intstr.IntOrString`.
    IntOrString,
    /// `resource.Quantity`.
    Quantity,
}

/// How a strategic merge patch treats a field (`x-kubernetes-patch-strategy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strategy {
    /// Lists are merged item by item instead of being replaced.
    pub merge: bool,
    /// Objects lose what `$retainKeys` does not name.
    pub retain_keys: bool,
    /// Objects take the place of the one that is there.
    pub replace: bool,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: Box<str>,
    pub(super) node: NodeId,
    pub(super) required: bool,
    pub(super) strategy: Strategy,
    pub(super) merge_key: Option<Box<str>>,
    pub(super) default: Option<Box<Value>>,
    /// What the field itself says of `x-kubernetes-map-type`, against the type it refers to.
    pub(super) atomic: Option<bool>,
}

/// A view of one node: what a value at this place is.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    graph: &'a Graph,
    node: &'a Node,
}

/// What a value is, and where its parts are described.
#[derive(Clone, Copy, Debug)]
pub enum View<'a> {
    /// Named fields; with `true`, unknown fields are kept.
    Struct(bool),
    /// A map whose values all have this type.
    Map(Shape<'a>),
    /// A list of this type.
    List(Shape<'a>, &'a ListKind),
    /// A scalar.
    Scalar(Scalar),
    /// Anything.
    Any,
}

impl<'a> Shape<'a> {
    /// What the value is.
    pub fn view(self) -> View<'a> {
        match &self.node.kind {
            Kind::Struct { open, .. } => View::Struct(*open),
            Kind::Map { item } => View::Map(self.graph.shape(*item)),
            Kind::List { item, list } => View::List(self.graph.shape(*item), list),
            Kind::Scalar(scalar) => View::Scalar(*scalar),
            Kind::Any => View::Any,
        }
    }

    /// `v1.DeploymentSpec`; empty where the type has no name.
    pub fn name(self) -> &'a str {
        &self.node.name
    }

    /// Whether the value is replaced and owned as a whole.
    pub fn atomic(self) -> bool {
        self.node.atomic
    }

    /// Whether the type is one of kube-apiserver's own, not a custom resource's.
    pub fn built_in(self) -> bool {
        self.graph.built_in
    }

    /// The field of that name, where the type has named fields and this one among them.
    pub fn field(self, name: &str) -> Option<FieldView<'a>> {
        let fields = self.node.fields();
        let at = fields.binary_search_by(|field| rank(&field.name).cmp(&rank(name))).ok()?;
        Some(FieldView { graph: self.graph, field: &fields[at] })
    }

    /// All named fields.
    pub fn fields(self) -> impl Iterator<Item = FieldView<'a>> {
        self.node.fields().iter().map(move |field| FieldView { graph: self.graph, field })
    }

    /// The type of a member of an object: a named field's, or a map's item type.
    pub fn member(self, name: &str) -> Option<Shape<'a>> {
        match self.view() {
            View::Struct(_) => self.field(name).map(FieldView::shape),
            View::Map(item) => Some(item),
            View::List(..) | View::Scalar(_) | View::Any => None,
        }
    }
}

impl Kind {
    /// Named fields.
    pub(super) fn of_fields(mut fields: Vec<Field>, open: bool) -> Kind {
        fields.sort_by(|a, b| rank(&a.name).cmp(&rank(&b.name)));
        Kind::Struct { fields, open }
    }
}

/// The order of fields: few names have the same length, so that hardly any are compared letter by letter.
fn rank(name: &str) -> (usize, &str) {
    (name.len(), name)
}

impl Node {
    fn fields(&self) -> &[Field] {
        match &self.kind {
            Kind::Struct { fields, .. } => fields,
            Kind::Map { .. } | Kind::List { .. } | Kind::Scalar(_) | Kind::Any => &[],
        }
    }
}

/// A view of one named field.
#[derive(Clone, Copy, Debug)]
pub struct FieldView<'a> {
    graph: &'a Graph,
    field: &'a Field,
}

impl<'a> FieldView<'a> {
    /// Its name in JSON.
    pub fn name(self) -> &'a str {
        &self.field.name
    }

    /// Its type.
    pub fn shape(self) -> Shape<'a> {
        self.graph.shape(self.field.node)
    }

    /// Whether the field must be given.
    pub fn required(self) -> bool {
        self.field.required
    }

    /// How a strategic merge patch treats it.
    pub fn strategy(self) -> Strategy {
        self.field.strategy
    }

    /// The field by which a strategic merge patch tells the items of this list apart.
    pub fn merge_key(self) -> Option<&'a str> {
        self.field.merge_key.as_deref()
    }

    /// The default that the schema names.
    pub fn default(self) -> Option<&'a Value> {
        self.field.default.as_deref()
    }

    /// Whether the value is replaced and owned as a whole.
    pub fn atomic(self) -> bool {
        self.field.atomic.unwrap_or_else(|| self.shape().atomic())
    }
}
