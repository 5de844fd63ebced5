//! The order in which Go writes the fields of a struct: that of its declaration, which is the order of the protobuf
//! numbers except where a field was moved after it had its number.

use super::typed_fields::{self, Form, Item, Message};

/// One line per message whose Go struct has another order than its protobuf numbers: the message, a tab, the fields.
const ORDERS: &str = include_str!("go-order.txt");

/// The schema of a CustomResourceDefinition, whose fields are no matter of protobuf here.
const SCHEMA: &str = "apiextensions.v1.JSONSchemaProps";

/// Where a field stands in the JSON of its struct.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) at: usize,
    /// `None` for `kind` and `apiVersion`, which protobuf leaves out.
    pub(super) form: Option<Form>,
}

impl Message {
    /// The place of the field of a JSON name; `None` for what is no field of the struct.
    pub(super) fn place(self, name: &str) -> Option<&'static Place> {
        let places = self.places.get_or_init(|| places(self));
        places.binary_search_by_key(&name, |place| place.name).ok().map(|at| &places[at])
    }
}

/// All places of a message, sorted by name.
fn places(message: Message) -> Vec<Place> {
    let schema = |name| (message.name == SCHEMA).then(|| within_schema(name)).flatten();
    let form = |name| message.named(name).map(|field| field.form).or_else(|| schema(name));
    let names = order(message).into_iter().enumerate();
    let mut places: Vec<Place> = names.map(|(at, name)| Place { name, at, form: form(name) }).collect();
    places.sort_by_key(|place| place.name);
    places
}

/// What the fields of a schema hold that hold schemas, or what has an order, too.
fn within_schema(name: &str) -> Option<Form> {
    Some(match name {
        "properties" | "patternProperties" | "definitions" | "dependencies" => {
            Form::Map(Item::Message(SCHEMA))
        }
        "items" | "not" | "additionalProperties" | "additionalItems" => Form::One(Item::Message(SCHEMA)),
        "allOf" | "oneOf" | "anyOf" => Form::List(Item::Message(SCHEMA)),
        "x-kubernetes-validations" => Form::List(Item::Message("apiextensions.v1.ValidationRule")),
        _without_order => return None,
    })
}

/// The fields of a Go struct in their order. Those that protobuf leaves out, `kind` and `apiVersion`, come first.
fn order(message: Message) -> Vec<&'static str> {
    let own = |name: &str| message.named(name).is_some();
    let mut names = vec!["kind", "apiVersion"];
    names.retain(|name| !own(name));
    let line = ORDERS.lines().find_map(|line| line.strip_prefix(message.name)?.strip_prefix('\t'));
    match line {
        Some(fields) => names.extend(fields.split(' ')),
        None => {
            for field in message.fields() {
                match (field.inline, field.form) {
                    (true, Form::One(Item::Message(inner))) => {
                        names.extend(typed_fields::message(inner).map(order).unwrap_or_default());
                    }
                    _ => names.push(field.name),
                }
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_orders_names_the_fields_of_its_message() {
        for line in ORDERS.lines() {
            let (name, fields) = line.split_once('\t').expect("a message and its fields");
            if name == SCHEMA {
                continue;
            }
            let message = typed_fields::message(name).unwrap_or_else(|| panic!("{name} is no message"));
            for field in fields.split(' ') {
                let found = message.place(field).and_then(|place| place.form);
                assert!(found.is_some(), "{name} has no {field}");
            }
        }
    }
}
