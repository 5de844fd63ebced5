//! Evaluates an expression that was checked. Every step costs what it costs in kube-apiserver, and one that costs more
//! than it may ends there, so that no expression runs for long.

use super::functions;
use super::node::{Fold, Kind, Node, Selection};
use super::typing;
use super::value::{Map, Value, type_value};
use super::walk::{Walk, key_of, truth};
use super::{Bindings, Failure};
use std::sync::Arc;

/// What one evaluation made, and what it cost.
pub(super) fn evaluate(node: &Node, bindings: &Bindings<'_>, limit: u64) -> (Result<Value, Failure>, u64) {
    let mut evaluation = Evaluation { bindings, scopes: Vec::new(), spent: 0, limit };
    let made = evaluation.value(node);
    (made, evaluation.spent)
}

struct Evaluation<'a> {
    bindings: &'a Bindings<'a>,
    scopes: Vec<(Arc<str>, Value)>,
    spent: u64,
    limit: u64,
}

pub(super) type Made = Result<Value, Failure>;

impl Evaluation<'_> {
    fn spend(&mut self, cost: u64) -> Result<(), Failure> {
        self.spent = self.spent.saturating_add(cost);
        if self.spent > self.limit { Err(Failure::Exhausted) } else { Ok(()) }
    }

    fn value(&mut self, node: &Node) -> Made {
        match &node.kind {
            Kind::Literal(value) => Ok(value.clone()),
            Kind::Name(name) => self.named(name),
            Kind::Select(operand, field, selection) => self.select(operand, field, *selection),
            Kind::Call(name, target, args) => self.call(name, target.as_deref(), args),
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::Object(name) => Err(Failure::said(format!("unknown type: {name}"))),
            Kind::Fold(fold) => self.fold(fold),
            Kind::OptionalMap { target, name, body, flat } => match self.value(target)? {
                Value::Optional(None) => Ok(Value::Optional(None)),
                Value::Optional(Some(inner)) => {
                    self.scopes.push((name.clone(), (*inner).clone()));
                    let made = self.value(body);
                    self.scopes.pop();
                    Ok(if *flat { made? } else { Value::optional(Some(made?)) })
                }
                _ => Err(Failure::overload()),
            },
        }
    }

    fn named(&mut self, name: &str) -> Made {
        self.spend(1)?;
        let local =
            self.scopes.iter().rev().find(|(known, _)| **known == *name).map(|(_, value)| value.clone());
        if let Some(value) = local {
            return fit(value);
        }
        if let Some(value) = self.bindings.find(name) {
            return fit(value.clone());
        }
        match typing::named(name) {
            Some(typing::Type::Kind(Some(of))) => Ok(type_value(&of)),
            Some(_) | None => Err(Failure::said(format!("no such attribute(s): {name}"))),
        }
    }

    fn select(&mut self, operand: &Node, field: &str, selection: Selection) -> Made {
        let held = self.value(operand)?;
        if selection != Selection::Presence {
            self.spend(1)?;
        }
        let (held, was_optional) = match held {
            Value::Optional(None) if selection == Selection::Presence => return Ok(Value::Bool(false)),
            Value::Optional(None) => return Ok(Value::Optional(None)),
            Value::Optional(Some(inner)) => ((*inner).clone(), true),
            other => (other, false),
        };
        let found = match &held {
            Value::Map(map) => map.get(field).or_else(|| map.get(&super::kept(field)?)).cloned(),
            _ => None,
        };
        match (selection, found) {
            (Selection::Presence, found) => Ok(Value::Bool(found.is_some())),
            (Selection::Optional, found) => Ok(Value::optional(found.map(fit).transpose()?)),
            (Selection::Field, found) if was_optional => Ok(Value::optional(found.map(fit).transpose()?)),
            (Selection::Field, Some(found)) => fit(found),
            (Selection::Field, None) if matches!(held, Value::List(_)) => {
                Err(Failure::said("unsupported index type 'string' in list"))
            }
            (Selection::Field, None) => Err(Failure::said(format!("no such key: {field}"))),
        }
    }

    fn call(&mut self, name: &str, target: Option<&Node>, args: &[Node]) -> Made {
        match (name, args) {
            ("_&&_", [one, other]) => return self.logic(one, other, false),
            ("_||_", [one, other]) => return self.logic(one, other, true),
            ("_?_:_", [condition, yes, no]) => {
                return match self.value(condition)? {
                    Value::Bool(true) => self.value(yes),
                    Value::Bool(false) => self.value(no),
                    _ => Err(Failure::overload()),
                };
            }
            ("orValue", [other]) | ("or", [other]) if target.is_some() => {
                let held = target.map(|target| self.value(target)).transpose()?;
                self.spend(1)?;
                return match (held, name) {
                    (Some(Value::Optional(Some(inner))), "orValue") => Ok((*inner).clone()),
                    (Some(held @ Value::Optional(Some(_))), _) => Ok(held),
                    (Some(Value::Optional(None)), _) => self.value(other),
                    _ => Err(Failure::overload()),
                };
            }
            _ => {}
        }
        let mut given = Vec::with_capacity(args.len() + 1);
        if let Some(target) = target {
            given.push(self.value(target)?);
        }
        for arg in args {
            given.push(self.value(arg)?);
        }
        self.spend(functions::cost(name, &given))?;
        let made = functions::call(name, &given, self.bindings.authorizer)?;
        fit(made)
    }

    /// `&&` and `||`, for which an error does not matter where the other side decides.
    fn logic(&mut self, one: &Node, other: &Node, decisive: bool) -> Made {
        let first = match self.value(one) {
            Err(Failure::Exhausted) => return Err(Failure::Exhausted),
            Ok(Value::Bool(truth)) if truth == decisive => return Ok(Value::Bool(truth)),
            first => first,
        };
        let second = match self.value(other) {
            Err(Failure::Exhausted) => return Err(Failure::Exhausted),
            Ok(Value::Bool(truth)) if truth == decisive => return Ok(Value::Bool(truth)),
            second => second,
        };
        match (first?, second?) {
            (Value::Bool(_), Value::Bool(truth)) => Ok(Value::Bool(truth)),
            _ => Err(Failure::overload()),
        }
    }

    fn list(&mut self, items: &[(Node, bool)]) -> Made {
        self.spend(10)?;
        let mut made = Vec::with_capacity(items.len());
        for (item, optional) in items {
            match (self.value(item)?, optional) {
                (Value::Optional(inner), true) => made.extend(inner.map(|inner| (*inner).clone())),
                (value, _) => made.push(value),
            }
        }
        Ok(Value::list(made))
    }

    fn map(&mut self, entries: &[(Node, Node, bool)]) -> Made {
        self.spend(30)?;
        let mut made = Map::default();
        for (key, value, optional) in entries {
            let key = key_of(&self.value(key)?)?;
            let value = match (self.value(value)?, optional) {
                (Value::Optional(None), true) => continue,
                (Value::Optional(Some(inner)), true) => (*inner).clone(),
                (value, _) => value,
            };
            made.entries.insert(key, value);
        }
        Ok(Value::Map(Arc::new(made)))
    }

    fn fold(&mut self, fold: &Fold) -> Made {
        let range = self.value(&fold.range)?;
        let steps = match &range {
            Value::List(list) => {
                let items = list.items.iter().enumerate();
                let index = |at: usize| Value::Int(i64::try_from(at).unwrap_or(i64::MAX));
                items
                    .map(|(at, item)| match fold.second {
                        Some(_) => (index(at), item.clone()),
                        None => (item.clone(), Value::Null),
                    })
                    .collect::<Vec<_>>()
            }
            Value::Map(map) => map.entries.iter().map(|(key, value)| (key.value(), value.clone())).collect(),
            _ => return Err(Failure::overload()),
        };
        let depth = self.scopes.len();
        let made = self.walk(fold, steps);
        self.scopes.truncate(depth);
        made
    }

    fn walk(&mut self, fold: &Fold, steps: Vec<(Value, Value)>) -> Made {
        let mut walk = Walk::default();
        for (first, second) in steps {
            self.spend(fold.kind.cost())?;
            let depth = self.scopes.len();
            self.scopes.push((fold.name.clone(), first.clone()));
            if let Some(name) = &fold.second {
                self.scopes.push((name.clone(), second));
            }
            let chosen = match &fold.filter {
                Some(filter) => truth(self.value(filter)?)?,
                None => true,
            };
            let made = if chosen { Some(self.value(&fold.body)) } else { None };
            self.scopes.truncate(depth);
            if let Some(made) = made
                && walk.step(fold.kind, first, made)?
            {
                break;
            }
        }
        self.spend(1)?;
        walk.result(fold.kind)
    }
}

/// Data that does not fit its schema is an error for whoever reads it.
fn fit(value: Value) -> Made {
    match value {
        Value::Unfit(why) => Err(Failure::said(&*why)),
        value => Ok(value),
    }
}
