//! The types of expressions: what a variable, a field or a function's argument may be, and how messages spell it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A type, as the checker of the Common Expression Language knows it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::sim) enum Type {
    /// Anything; what it is shows when it is evaluated.
    Dyn,
    /// What something is that is wrong already.
    Error,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Duration,
    Timestamp,
    List(Arc<Type>),
    Map(Arc<Type>, Arc<Type>),
    /// An object whose fields are declared.
    Object(Arc<ObjectType>),
    /// A value of Kubernetes' own: `net.IP`, `kubernetes.URL`.
    Opaque(&'static str),
    Optional(Arc<Type>),
    /// The type of types; of one type, where it is known which.
    Kind(Option<Arc<Type>>),
    /// Not known yet.
    Variable(u32),
}

/// The fields that an object has.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::sim) struct ObjectType {
    pub(in crate::sim) name: String,
    pub(in crate::sim) fields: BTreeMap<String, Type>,
}

impl Type {
    /// A list of something.
    pub(in crate::sim) fn list(of: Type) -> Type {
        Type::List(Arc::new(of))
    }

    /// A map from texts.
    pub(in crate::sim) fn map(of: Type) -> Type {
        Type::Map(Arc::new(Type::String), Arc::new(of))
    }

    /// Something that may be missing.
    pub(in crate::sim) fn optional(of: Type) -> Type {
        Type::Optional(Arc::new(of))
    }

    /// An object with these fields.
    pub(in crate::sim) fn object<const N: usize>(name: &str, fields: [(&str, Type); N]) -> Type {
        let fields = fields.into_iter().map(|(name, of)| (name.to_owned(), of)).collect();
        Type::Object(Arc::new(ObjectType { name: name.to_owned(), fields }))
    }

    /// Whether it may be anything, or is wrong already.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Type::Dyn | Type::Error)
    }

    /// The type of what an optional value holds, and whether it was one.
    pub(super) fn unwrapped(&self) -> (&Type, bool) {
        match self {
            Type::Optional(inner) => (inner, true),
            other => (other, false),
        }
    }
}

/// The names that expressions give to types.
pub(super) const NAMES: [(&str, Type); 19] = [
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("uint", Type::Uint),
    ("double", Type::Double),
    ("string", Type::String),
    ("bytes", Type::Bytes),
    ("null_type", Type::Null),
    ("google.protobuf.Duration", Type::Duration),
    ("google.protobuf.Timestamp", Type::Timestamp),
    ("net.IP", Type::Opaque("net.IP")),
    ("net.CIDR", Type::Opaque("net.CIDR")),
    ("kubernetes.Quantity", Type::Opaque("kubernetes.Quantity")),
    ("kubernetes.Semver", Type::Opaque("kubernetes.Semver")),
    ("kubernetes.URL", Type::Opaque("kubernetes.URL")),
    ("kubernetes.NamedFormat", Type::Opaque("kubernetes.NamedFormat")),
    ("list", Type::Opaque("list")),
    ("map", Type::Opaque("map")),
    ("optional_type", Type::Opaque("optional_type")),
    ("type", Type::Kind(None)),
];

/// The type of the name of a type.
pub(super) fn named(name: &str) -> Option<Type> {
    let (_, of) = NAMES.iter().find(|(known, _)| *known == name)?;
    let of = match name {
        "list" => Type::list(Type::Dyn),
        "map" => Type::Map(Arc::new(Type::Dyn), Arc::new(Type::Dyn)),
        "optional_type" => Type::optional(Type::Dyn),
        _ => of.clone(),
    };
    Some(Type::Kind(Some(Arc::new(of))))
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::Dyn => "dyn",
            Type::Error => "!error!",
            Type::Null => "null",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Uint => "uint",
            Type::Double => "double",
            Type::String => "string",
            Type::Bytes => "bytes",
            Type::Duration => "duration",
            Type::Timestamp => "timestamp",
            Type::Kind(None) => "type",
            Type::Opaque(name) => name,
            Type::Object(of) => &of.name,
            Type::List(of) => return write!(f, "list({of})"),
            Type::Map(key, value) => return write!(f, "map({key}, {value})"),
            Type::Optional(of) => return write!(f, "optional_type({of})"),
            Type::Kind(Some(of)) => return write!(f, "type({of})"),
            Type::Variable(number) => return write!(f, "_var{number}"),
        })
    }
}
