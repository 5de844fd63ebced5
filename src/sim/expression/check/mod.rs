//! Whether an expression makes sense before it is evaluated: every name is declared, every field is there, and every
//! function is called with types that it takes. Says what does not in the words of the Common Expression Language.

mod walk;

use super::functions::Mistake;
use super::node::{Kind, Node, Selection};
use super::signatures;
use super::syntax::{Complaint, Place};
use super::typing::{self, ObjectType, Type};
use super::unify::{Known, general};
use super::value::Value;
use regex::Regex;
use std::sync::Arc;

/// The variables that an expression may name.
pub(super) type Variables<'a> = &'a [(&'a str, Type)];

/// The types of all parts of an expression by their numbers, or all that is wrong with it.
pub(super) fn check(node: &Node, variables: Variables<'_>) -> Result<Vec<Type>, Vec<Complaint>> {
    let mut checker = Checker {
        variables,
        scopes: Vec::new(),
        known: Known::default(),
        types: Vec::new(),
        wrong: Vec::new(),
    };
    checker.check(node);
    if !checker.wrong.is_empty() {
        return Err(checker.wrong);
    }
    let known = &checker.known;
    Ok(checker.types.iter().map(|of| known.resolve(of, true)).collect())
}

struct Checker<'a> {
    variables: Variables<'a>,
    /// The names of the walks that one stands in, the innermost last.
    scopes: Vec<(Arc<str>, Type)>,
    known: Known,
    /// The types of the parts by their numbers.
    types: Vec<Type>,
    wrong: Vec<Complaint>,
}

impl Checker<'_> {
    fn check(&mut self, node: &Node) -> Type {
        let of = self.part(node);
        if self.types.len() <= node.id {
            self.types.resize(node.id + 1, Type::Dyn);
        }
        self.types[node.id] = of.clone();
        of
    }

    fn part(&mut self, node: &Node) -> Type {
        let at = node.at;
        match &node.kind {
            Kind::Literal(value) => literal(value),
            Kind::Name(name) => match self.named(name) {
                Some(of) => of,
                None => self.undeclared(at, name),
            },
            Kind::Select(operand, field, selection) => self.select(at, operand, field, *selection),
            Kind::Call(name, target, args) => self.call(at, name, target.as_deref(), args),
            Kind::List(items) => {
                let mut of = None;
                for (item, optional) in items {
                    let given = self.check(item);
                    let given = self.present(item, given, *optional);
                    of = Some(self.join(item, of, given));
                }
                Type::list(of.unwrap_or_else(|| self.known.fresh()))
            }
            Kind::Map(entries) => self.map(entries),
            Kind::Object(name) => self.undeclared(at, name),
            Kind::Fold(fold) => self.fold(at, fold),
            Kind::OptionalMap { target, name, body, flat } => self.optional(target, name, body, *flat),
        }
    }

    fn named(&self, name: &str) -> Option<Type> {
        let local = self.scopes.iter().rev().find(|(known, _)| **known == *name);
        let variable = || self.variables.iter().find(|(known, _)| *known == name).map(|(_, of)| of.clone());
        local.map(|(_, of)| of.clone()).or_else(variable).or_else(|| typing::named(name))
    }

    fn select(&mut self, at: u32, operand: &Node, field: &str, selection: Selection) -> Type {
        let of = self.check(operand);
        let of = self.known.resolve(&of, false);
        let (target, was_optional) = of.unwrapped();
        let found = match target {
            Type::Map(_, value) => (**value).clone(),
            Type::Object(object) => match field_of(object, field) {
                Some(of) => of.clone(),
                None => {
                    self.complain(at, format!("undefined field '{field}'"));
                    Type::Error
                }
            },
            Type::Variable(_) => {
                self.known.fit(&[&Type::Dyn], std::slice::from_ref(target));
                Type::Dyn
            }
            target if target.is_open() => Type::Dyn,
            target => {
                self.complain(at, format!("type '{target}' does not support field selection"));
                Type::Dyn
            }
        };
        match selection {
            Selection::Presence => Type::Bool,
            Selection::Optional => Type::optional(found),
            Selection::Field if was_optional => Type::optional(found),
            Selection::Field => self.known.resolve(&found, false),
        }
    }

    fn call(&mut self, at: u32, name: &str, target: Option<&Node>, args: &[Node]) -> Type {
        let mut given: Vec<(u32, Type)> = Vec::new();
        for arg in args {
            given.push((arg.at, self.check(arg)));
        }
        if let Some(target) = target {
            let of = self.check(target);
            given.insert(0, (target.at, of));
        }
        let Some(signatures) = signatures::of(name) else { return self.undeclared(at, name) };
        if matches!(name, "_&&_" | "_||_") {
            return self.logic(&given);
        }
        let of = self.resolve(at, name, target.is_some(), signatures, &given);
        self.constants(name, target.is_some(), args);
        if let ("format", Some(Node { kind: Kind::Literal(Value::String(template)), .. }), [list]) =
            (name, target, args)
        {
            self.template(at, template, list);
        }
        of
    }

    /// The type of a call: that of the way to call the function which its arguments fit, or anything where several of
    /// different types do.
    fn resolve(
        &mut self,
        at: u32,
        name: &str,
        method: bool,
        signatures: &[signatures::Signature],
        given: &[(u32, Type)],
    ) -> Type {
        let types: Vec<&Type> = given.iter().map(|(_, of)| of).collect();
        let mut result: Option<Type> = None;
        for signature in signatures.iter().filter(|signature| signature.method == method) {
            let (wanted, of) = signature.instance(&mut self.known);
            if !self.known.fit(&types, &wanted) {
                continue;
            }
            let of = self.known.resolve(&of, false);
            result = Some(match result {
                None => of,
                Some(before) if before == of => before,
                Some(_) => Type::Dyn,
            });
        }
        if let Some(of) = result {
            return of;
        }
        let mut told: Vec<String> = types.iter().map(|of| self.known.resolve(of, true).to_string()).collect();
        let target = if method { format!("{}.", told.remove(0)) } else { String::new() };
        let told = told.join(", ");
        self.complain(at, format!("found no matching overload for '{name}' applied to '{target}({told})'"));
        Type::Error
    }

    fn logic(&mut self, given: &[(u32, Type)]) -> Type {
        let count = self.wrong.len();
        for (at, of) in given {
            self.expect(*at, &Type::Bool, of);
        }
        if self.wrong.len() > count { Type::Error } else { Type::Bool }
    }

    fn expect(&mut self, at: u32, wanted: &Type, given: &Type) {
        if !self.known.fit(&[given], std::slice::from_ref(wanted)) {
            self.complain(at, format!("expected type '{wanted}' but found '{given}'"));
        }
    }

    fn map(&mut self, entries: &[(Node, Node, bool)]) -> Type {
        let (mut key, mut value) = (None, None);
        for (name, held, optional) in entries {
            let given = self.check(name);
            key = Some(self.join(name, key, given));
            let given = self.check(held);
            let given = self.present(held, given, *optional);
            value = Some(self.join(held, value, given));
        }
        let key = key.unwrap_or_else(|| self.known.fresh());
        Type::Map(Arc::new(key), Arc::new(value.unwrap_or_else(|| self.known.fresh())))
    }

    /// What an optional item is, where it is there.
    fn present(&mut self, node: &Node, of: Type, optional: bool) -> Type {
        if !optional {
            return of;
        }
        let (inner, is_optional) = of.unwrapped();
        if !is_optional && *inner != Type::Dyn {
            let wanted = Type::optional(inner.clone());
            self.complain(node.at, format!("expected type '{wanted}' but found '{inner}'"));
        }
        inner.clone()
    }

    /// The type of all items together.
    fn join(&mut self, node: &Node, before: Option<Type>, of: Type) -> Type {
        let Some(before) = before else { return of };
        if self.known.fit(&[&before], std::slice::from_ref(&of)) {
            return general(&before, &of);
        }
        self.complain(node.at, format!("expected type '{before}' but found '{of}'"));
        Type::Error
    }

    /// A template that is written down, and the arguments that are written down for it.
    fn template(&mut self, at: u32, template: &str, list: &Node) {
        let Kind::List(items) = &list.kind else { return };
        let types: Vec<Type> = items.iter().map(|(item, _)| self.types[item.id].clone()).collect();
        let types: Vec<Type> = types.iter().map(|of| self.known.resolve(of, true)).collect();
        match super::functions::mistake(template, &types.iter().collect::<Vec<_>>()) {
            None => {}
            Some(Mistake::Template(why)) => self.complain(at, why),
            Some(Mistake::List(why)) => self.complain(list.at, why),
            Some(Mistake::Argument(index, why)) => self.complain(items[index].0.at, why),
        }
    }

    /// Arguments that are written down and that could never be read.
    fn constants(&mut self, name: &str, method: bool, args: &[Node]) {
        let place = usize::from(name == "matches" && !method);
        let Some(Node { at, kind: Kind::Literal(Value::String(text)), .. }) = args.get(place) else { return };
        let broken = match name {
            "matches" => Regex::new(text).is_err(),
            "duration" => super::functions::duration(text).is_none(),
            "timestamp" => super::functions::timestamp(text).is_none(),
            _ => false,
        };
        if broken {
            self.complain(*at, format!("invalid {name} argument"));
        }
    }

    fn undeclared(&mut self, at: u32, name: &str) -> Type {
        self.complain(at, format!("undeclared reference to '{name}' (in container '')"));
        Type::Error
    }

    fn complain(&mut self, at: u32, message: String) {
        self.wrong.push(Complaint { place: Place::Offset(at), message });
    }
}

fn field_of<'a>(object: &'a ObjectType, field: &str) -> Option<&'a Type> {
    object.fields.get(field).or_else(|| object.fields.get(&super::kept(field)?))
}

fn literal(value: &Value) -> Type {
    match value {
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Uint(_) => Type::Uint,
        Value::Double(_) => Type::Double,
        Value::String(_) => Type::String,
        Value::Bytes(_) => Type::Bytes,
        _ => Type::Null,
    }
}
