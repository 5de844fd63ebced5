//! An expression as a tree: what stands in it, and what can be told of it without types.

use super::Failure;
use super::value::Value;
use std::sync::Arc;

/// A part of an expression.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where it stands in the text, in bytes.
    pub(super) at: u32,
    /// Its number among the parts of the expression.
    pub(super) id: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Literal(Value),
    /// A variable, or the name of a type.
    Name(Arc<str>),
    /// `operand.field`.
    Select(Box<Node>, Arc<str>, Selection),
    /// A function, on a target or without one.
    Call(Arc<str>, Option<Box<Node>>, Vec<Node>),
    /// Items, each with whether it is left out where it is missing (`?item`).
    List(Vec<(Node, bool)>),
    /// Entries, likewise.
    Map(Vec<(Node, Node, bool)>),
    /// `Type{…}`, which nothing here can make.
    Object(Arc<str>),
    /// A walk over a list or map.
    Fold(Box<Fold>),
    /// `optional.optMap(name, body)`, or `optFlatMap` where the body is optional itself.
    OptionalMap {
        target: Box<Node>,
        name: Arc<str>,
        body: Box<Node>,
        flat: bool,
    },
}

/// What a selection asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// The field: `a.b`.
    Field,
    /// Whether it is there: `has(a.b)`.
    Presence,
    /// The field, if it is there: `a.?b`.
    Optional,
}

/// A walk over the items of a list or the entries of a map.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    pub(super) kind: FoldKind,
    pub(super) range: Node,
    pub(super) name: Arc<str>,
    /// The second name, where the walk has one.
    pub(super) second: Option<Arc<str>>,
    /// What must hold of an item for it to count, where that is asked.
    pub(super) filter: Option<Node>,
    pub(super) body: Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoldKind {
    All,
    Exists,
    ExistsOne,
    /// A list of what the body makes of each item.
    Map,
    /// A list of the items of which the body holds.
    Filter,
    /// A map with the keys of the range and what the body makes of each value.
    Values,
    /// A map of the entries that the body makes.
    Entries,
}

impl Node {
    /// The parts right below.
    fn parts(&self) -> Vec<&Node> {
        match &self.kind {
            Kind::Literal(_) | Kind::Name(_) | Kind::Object(_) => Vec::new(),
            Kind::Select(operand, _, _) => vec![operand],
            Kind::Call(_, target, args) => target.as_deref().into_iter().chain(args).collect(),
            Kind::List(items) => items.iter().map(|(item, _)| item).collect(),
            Kind::Map(entries) => entries.iter().flat_map(|(key, value, _)| [key, value]).collect(),
            Kind::Fold(fold) => [&fold.range, &fold.body].into_iter().chain(&fold.filter).collect(),
            Kind::OptionalMap { target, body, .. } => vec![target, body],
        }
    }

    /// Whether parts stand deeper inside of each other than that; conditions that are joined stand beside each other.
    pub(super) fn is_deeper_than(&self, most: usize) -> bool {
        let joined = matches!(&self.kind, Kind::Call(name, None, _) if matches!(&**name, "_&&_" | "_||_"));
        let left = if joined { Some(most) } else { most.checked_sub(1) };
        left.is_none_or(|left| self.parts().into_iter().any(|part| part.is_deeper_than(left)))
    }

    /// What is wrong with a conversion of a constant, wherever one stands.
    pub(super) fn unfit_constant(&self) -> Option<Failure> {
        if let Kind::Call(name, None, args) = &self.kind
            && let [Node { kind: Kind::Literal(value), .. }] = args.as_slice()
            && matches!(
                &**name,
                "bool" | "bytes" | "double" | "duration" | "int" | "string" | "timestamp" | "uint"
            )
        {
            return super::functions::call(name, std::slice::from_ref(value), None).err();
        }
        self.parts().into_iter().find_map(Node::unfit_constant)
    }

    /// Whether a variable of this name is named anywhere, other than as the own name of a walk.
    pub(super) fn names(&self, variable: &str) -> bool {
        let own = match &self.kind {
            Kind::Name(name) => return **name == *variable,
            Kind::Fold(fold) => *fold.name == *variable || fold.second.as_deref() == Some(variable),
            Kind::OptionalMap { name, .. } => **name == *variable,
            _ => false,
        };
        match (&self.kind, own) {
            (Kind::Fold(fold), true) => fold.range.names(variable),
            (Kind::OptionalMap { target, .. }, true) => target.names(variable),
            _ => self.parts().into_iter().any(|part| part.names(variable)),
        }
    }
}
