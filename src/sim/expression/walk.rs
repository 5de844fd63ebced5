//! What a walk over a list or a map makes, step by step, and what a step costs.

use super::evaluate::Made;
use super::node::FoldKind;
use super::value::{Key, List, ListKind, Map, Value};
use super::{Failure, functions};
use std::collections::BTreeMap;
use std::sync::Arc;

impl FoldKind {
    /// What one step costs beside its body.
    pub(super) fn cost(self) -> u64 {
        match self {
            FoldKind::All => 3,
            FoldKind::Exists => 4,
            FoldKind::ExistsOne => 3,
            FoldKind::Map | FoldKind::Filter => 13,
            FoldKind::Values | FoldKind::Entries => 33,
        }
    }
}

/// What a walk has made so far.
#[derive(Default)]
pub(super) struct Walk {
    items: Vec<Value>,
    entries: Map,
    count: usize,
    /// The first error of a question that a later item may still answer.
    failed: Option<Failure>,
    decided: bool,
}

impl Walk {
    /// Takes what the body made of one item; whether that decides the walk.
    pub(super) fn step(&mut self, kind: FoldKind, first: Value, made: Made) -> Result<bool, Failure> {
        match kind {
            FoldKind::All | FoldKind::Exists => {
                let decisive = kind == FoldKind::Exists;
                match made {
                    Err(Failure::Exhausted) => return Err(Failure::Exhausted),
                    Ok(Value::Bool(truth)) => self.decided = truth == decisive,
                    Ok(_) => self.failed = self.failed.take().or(Some(Failure::overload())),
                    Err(failure) => self.failed = self.failed.take().or(Some(failure)),
                }
            }
            FoldKind::ExistsOne => self.count += usize::from(truth(made?)?),
            FoldKind::Filter => {
                if truth(made?)? {
                    self.items.push(first);
                }
            }
            FoldKind::Map => self.items.push(made?),
            FoldKind::Values => insert(&mut self.entries, key_of(&first)?, made?)?,
            FoldKind::Entries => match made? {
                Value::Map(map) => {
                    for (key, value) in &map.entries {
                        insert(&mut self.entries, key.clone(), value.clone())?;
                    }
                }
                _ => return Err(Failure::overload()),
            },
        }
        Ok(self.decided)
    }

    pub(super) fn result(self, kind: FoldKind) -> Made {
        match kind {
            FoldKind::All | FoldKind::Exists => match self.failed {
                Some(failure) if !self.decided => Err(failure),
                Some(_) | None => Ok(Value::Bool(self.decided == (kind == FoldKind::Exists))),
            },
            FoldKind::ExistsOne => Ok(Value::Bool(self.count == 1)),
            FoldKind::Map | FoldKind::Filter => {
                Ok(Value::List(Arc::new(List { items: self.items, kind: ListKind::Atomic })))
            }
            FoldKind::Values | FoldKind::Entries => Ok(Value::Map(Arc::new(self.entries))),
        }
    }
}

pub(super) fn truth(value: Value) -> Result<bool, Failure> {
    match value {
        Value::Bool(truth) => Ok(truth),
        _ => Err(Failure::overload()),
    }
}

pub(super) fn key_of(value: &Value) -> Result<Key, Failure> {
    Key::of(value).ok_or_else(|| Failure::said(format!("unsupported key type: {}", value.type_name())))
}

pub(super) fn insert(map: &mut Map, key: Key, value: Value) -> Result<(), Failure> {
    let entries: &mut BTreeMap<Key, Value> = &mut map.entries;
    match entries.insert(key.clone(), value) {
        None => Ok(()),
        Some(_) => Err(Failure::said(format!(
            "insert failed: key {} already exists",
            functions::shown(&key.value())
        ))),
    }
}
