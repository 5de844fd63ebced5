//! How a value is walked by its type: what is one value as a whole, and how list items are told apart.

use super::path::Step;
use crate::sim::schema::{ListKind, Scalar, Shape, View};
use serde_json::{Map, Value};

/// The structure of a place, as far as ownership goes.
#[derive(Clone, Copy)]
pub(super) enum Structure<'a> {
    /// One value as a whole: a scalar, or an atomic list or object.
    Leaf,
    /// Members by name.
    Object(Place<'a>),
    /// Items by key or value; the type of the items, and how they are told apart.
    Items(Place<'a>, &'a ListKind),
}

/// The type at a place, and what its field says against the type.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    shape: Option<Shape<'a>>,
    atomic: bool,
}

impl<'a> Place<'a> {
    pub(super) fn root(shape: Shape<'a>) -> Place<'a> {
        Place { shape: Some(shape), atomic: shape.atomic() }
    }

    /// The structure of the values at this place; where the type leaves it open, the values say it.
    pub(super) fn structure(self, values: [Option<&Value>; 2]) -> Structure<'a> {
        if self.atomic {
            return Structure::Leaf;
        }
        let deduced = || match values.into_iter().flatten().all(|value| value.is_object() || value.is_null())
        {
            true if values.into_iter().flatten().any(Value::is_object) => Structure::Object(self),
            _ => Structure::Leaf,
        };
        let Some(shape) = self.shape else { return deduced() };
        match shape.view() {
            View::Struct(_) | View::Map(_) => Structure::Object(self),
            View::List(_, ListKind::Atomic) => Structure::Leaf,
            View::List(item, kind) => Structure::Items(Place::root(item), kind),
            View::Scalar(_) => Structure::Leaf,
            // What Kubernetes itself leaves open is one value; a custom definition leaves open what it is.
            View::Any if shape.built_in() => Structure::Leaf,
            View::Any => deduced(),
        }
    }

    /// Whether the type is what the value is, which a custom definition leaves open.
    pub(super) fn is_open(self) -> bool {
        !self.atomic && self.shape.is_none_or(|shape| matches!(shape.view(), View::Any) && !shape.built_in())
    }

    /// The place of a member of an object.
    pub(super) fn member(self, name: &str) -> Place<'a> {
        let unknown = Place { shape: None, atomic: false };
        let Some(shape) = self.shape else { return unknown };
        match shape.view() {
            View::Struct(_) => match shape.field(name) {
                Some(field) => Place { shape: Some(field.shape()), atomic: field.atomic() },
                None => unknown,
            },
            View::Map(item) => Place::root(item),
            View::List(..) | View::Scalar(_) | View::Any => unknown,
        }
    }

    /// Whether the type says anything of what stands here.
    pub(super) fn is_known(self) -> bool {
        self.shape.is_some()
    }

    /// Whether the type declares a field of this name (and is not a map, whose members have no names of their own).
    pub(super) fn declares(self, name: &str) -> bool {
        self.shape.is_some_and(|shape| shape.field(name).is_some())
    }

    /// The place that a step leads to.
    pub(super) fn step(self, step: &Step<'_>) -> Place<'a> {
        match step {
            Step::Field(name) => self.member(name),
            Step::Key(_) | Step::Value(_) | Step::Index(_) => match self.shape.map(Shape::view) {
                Some(View::List(item, _)) => Place::root(item),
                _ => Place { shape: None, atomic: false },
            },
        }
    }

    pub(super) fn view(self) -> View<'a> {
        self.shape.map_or(View::Any, Shape::view)
    }

    /// The value that an item of a list has for one of its keys, which may be a default.
    fn key<'v>(self, name: &str, members: &'v Map<String, Value>) -> Option<&'v Value>
    where
        'a: 'v,
    {
        let field = self.shape.and_then(|shape| shape.field(name));
        members.get(name).or_else(|| field.and_then(|field| field.default()))
    }

    /// The step to an item of a list, or why it has none.
    pub(super) fn item_step(self, kind: &ListKind, item: &Value) -> Result<Step<'static>, String> {
        match kind {
            ListKind::Atomic => Err("an atomic list has no items of its own".to_owned()),
            ListKind::Set => match item {
                Value::Null => {
                    Err("associative list without keys has an element that's an explicit null".to_owned())
                }
                Value::Array(_) => Err("not supported: associative list with lists as elements".to_owned()),
                Value::Object(_) => {
                    Err("associative list without keys has an element that's a map type".to_owned())
                }
                Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(Step::value(item)),
            },
            ListKind::Map(_) if item.is_null() => {
                Err("associative list with keys may not have a null element".to_owned())
            }
            ListKind::Map(names) => {
                let Value::Object(members) = item else {
                    return Err("associative list with keys may not have non-map elements".to_owned());
                };
                let mut keys: Vec<(&str, &Value)> = Vec::with_capacity(names.len());
                for name in names {
                    keys.extend(self.key(name, members).map(|value| (&**name, value)));
                }
                if keys.is_empty() {
                    let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
                    return Err(format!(
                        "associative list with keys has an element that omits all key fields [{}] (and doesn't have \
                         default values for any key fields)",
                        names.join(" ")
                    ));
                }
                Ok(Step::key(&mut keys))
            }
        }
    }
}

/// Whether a way (members by name, items without one) leads into an item of a list that is one value, or is part of one.
pub(super) fn enters_item_of_value<'a>(shape: Shape<'_>, way: impl Iterator<Item = Option<&'a str>>) -> bool {
    let (mut place, mut whole) = (Place::root(shape), false);
    for step in way {
        whole |= matches!(place.structure([None, None]), Structure::Leaf);
        place = match step {
            Some(name) => place.member(name),
            None if whole => return true,
            None => place.step(&Step::Index(0)),
        };
    }
    false
}

/// Whether every item of a list with keys has one.
pub(super) fn is_keyed(shape: Shape<'_>, value: &Value) -> bool {
    match (shape.view(), value) {
        (View::Struct(_) | View::Map(_), Value::Object(members)) => members
            .iter()
            .all(|(name, member)| shape.member(name).is_none_or(|inner| is_keyed(inner, member))),
        (View::List(item, kind), Value::Array(items)) => {
            let place = Place::root(item);
            let keyed = |value: &Value| match kind {
                ListKind::Map(names) => value
                    .as_object()
                    .is_some_and(|members| names.iter().any(|name| place.key(name, members).is_some())),
                ListKind::Set | ListKind::Atomic => true,
            };
            items.iter().all(|value| keyed(value) && is_keyed(item, value))
        }
        (View::Struct(_) | View::Map(_) | View::List(..) | View::Scalar(_) | View::Any, _) => true,
    }
}

/// What is wrong with the type of a value that an applied configuration gives, in Kubernetes' words.
pub(super) fn scalar_fault(scalar: Scalar, value: &Value) -> Option<String> {
    match (scalar, value) {
        (_, Value::Null)
        | (Scalar::String | Scalar::Bytes, Value::String(_))
        | (Scalar::Int32 | Scalar::Int64 | Scalar::Number, Value::Number(_))
        | (Scalar::Boolean, Value::Bool(_))
        | (
            Scalar::IntOrString | Scalar::Quantity | Scalar::Time,
            Value::String(_) | Value::Number(_) | Value::Bool(_),
        ) => None,
        (Scalar::String | Scalar::Bytes, value) => {
            Some(format!("expected string, got &value.valueUnstructured{{Value:{}}}", go_syntax(value)))
        }
        (Scalar::Int32 | Scalar::Int64 | Scalar::Number, value) => {
            Some(format!("expected numeric (int or float), got {}", go_type(value)))
        }
        (Scalar::Boolean, value) => Some(format!("expected boolean, got &{{{}}}", go_plain(value))),
        (Scalar::IntOrString | Scalar::Quantity | Scalar::Time, value) => {
            Some(format!("expected any scalar, got &{{{}}}", go_plain(value)))
        }
    }
}

/// As Go's `%#v` prints a value.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name:?}:{}", go_syntax(value))).collect();
            format!("map[string]interface {{}}{{{}}}", members.join(", "))
        }
    }
}

/// As Go's `%v` prints a value.
pub(super) fn go_plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_plain).collect::<Vec<_>>().join(" ")),
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name}:{}", go_plain(value))).collect();
            format!("map[{}]", members.join(" "))
        }
    }
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}
