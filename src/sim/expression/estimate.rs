//! What an expression costs at most, before it is evaluated: kube-apiserver does not take a rule that could cost too
//! much for the largest object that its schema allows.

use super::node::{Fold, FoldKind, Kind, Node, Selection};
use super::typing::Type;
use super::value::Value;
use std::sync::Arc;

/// A step from a variable to a value below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Step {
    Field(Arc<str>),
    Items,
    Keys,
    Values,
    /// The places of a list, whose sizes nobody asks for.
    Indices,
}

/// Who knows how large a value can be.
pub(in crate::sim) trait Extents {
    /// The most characters, items or entries of the value at a path, whose first step is a variable.
    fn most(&self, path: &[Step]) -> Option<u64>;
}

/// The most that an expression costs.
pub(super) fn most(node: &Node, types: &[Type], extents: &dyn Extents) -> u64 {
    Estimator { types, extents, scopes: Vec::new() }.part(node).cost
}

/// How large a value is at least and at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) min: u64,
    pub(super) max: u64,
}

impl Size {
    pub(super) const UNKNOWN: Size = Size { min: 0, max: u64::MAX };

    pub(super) fn fixed(size: u64) -> Size {
        Size { min: size, max: size }
    }

    pub(super) fn plus(self, other: Size) -> Size {
        Size { min: self.min.saturating_add(other.min), max: self.max.saturating_add(other.max) }
    }

    pub(super) fn times(self, other: Size) -> Size {
        Size { min: self.min.saturating_mul(other.min), max: self.max.saturating_mul(other.max) }
    }

    pub(super) fn union(self, other: Size) -> Size {
        Size { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}

/// What is known of a part of an expression.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    pub(super) cost: u64,
    path: Vec<Step>,
    pub(super) size: Option<Size>,
    /// The size of what it holds, where it was made here.
    entry: Option<Size>,
}

impl Part {
    pub(super) fn size(&self) -> Size {
        self.size.unwrap_or(Size::UNKNOWN)
    }
}

/// A name of a walk.
struct Local {
    name: Arc<str>,
    path: Vec<Step>,
    size: Option<Size>,
    entry: Option<Size>,
}

struct Estimator<'a> {
    types: &'a [Type],
    extents: &'a dyn Extents,
    scopes: Vec<Local>,
}

impl Estimator<'_> {
    fn of(&self, node: &Node) -> &Type {
        self.types.get(node.id).unwrap_or(&Type::Dyn)
    }

    fn part(&mut self, node: &Node) -> Part {
        match &node.kind {
            Kind::Literal(value) => {
                let size = match value {
                    Value::String(_) | Value::Bytes(_) => value.size().unwrap_or(0) as u64,
                    _ => 1,
                };
                Part { size: Some(Size::fixed(size)), ..Part::default() }
            }
            Kind::Name(name) => self.name(node, name),
            Kind::Select(operand, field, selection) => self.select(node, operand, field, *selection),
            Kind::Call(name, target, args) => self.call(node, name, target.as_deref(), args),
            Kind::List(items) => {
                let parts: Vec<Part> = items.iter().map(|(item, _)| self.part(item)).collect();
                let first = if parts.is_empty() { Size::fixed(0) } else { Size { min: u64::MAX, max: 0 } };
                let entry = parts.iter().fold(first, |all, part| all.union(part.size()));
                let cost = parts.iter().fold(10, |all: u64, part| all.saturating_add(part.cost));
                Part {
                    cost,
                    size: Some(Size::fixed(parts.len() as u64)),
                    entry: Some(entry),
                    ..Part::default()
                }
            }
            Kind::Map(entries) => {
                let mut cost = 30_u64;
                for (key, value, _) in entries {
                    cost = cost.saturating_add(self.part(key).cost).saturating_add(self.part(value).cost);
                }
                Part { cost, size: Some(Size::fixed(entries.len() as u64)), ..Part::default() }
            }
            Kind::Object(_) => Part { cost: 40, ..Part::default() },
            Kind::Fold(fold) => self.fold(fold),
            Kind::OptionalMap { target, name, body, flat } => self.optional(target, name, body, *flat),
        }
    }

    /// A part whose size is that of its place in the schema, or else of its type.
    fn placed(&self, node: &Node, cost: u64, path: Vec<Step>) -> Part {
        let most = if path.is_empty() { None } else { self.extents.most(&path) };
        let size = most.map(|max| Size { min: 0, max }).or_else(|| self.scalar(node));
        Part { cost, path, size, entry: None }
    }

    fn scalar(&self, node: &Node) -> Option<Size> {
        let scalar = matches!(
            self.of(node),
            Type::Bool
                | Type::Int
                | Type::Uint
                | Type::Double
                | Type::Duration
                | Type::Timestamp
                | Type::Null
        );
        scalar.then(|| Size::fixed(1))
    }

    fn name(&self, node: &Node, name: &Arc<str>) -> Part {
        match self.scopes.iter().rev().find(|local| local.name == *name) {
            Some(local) => {
                let part = self.placed(node, 1, local.path.clone());
                Part { size: part.size.or(local.size), entry: local.entry, ..part }
            }
            None => self.placed(node, 1, vec![Step::Field(name.clone())]),
        }
    }

    fn select(&mut self, node: &Node, operand: &Node, field: &Arc<str>, selection: Selection) -> Part {
        let held = self.part(operand);
        match selection {
            Selection::Presence => Part { size: Some(Size::fixed(1)), cost: held.cost, ..Part::default() },
            Selection::Optional => Part { cost: held.cost.saturating_add(1), ..Part::default() },
            Selection::Field => {
                let declared = matches!(self.of(operand), Type::Map(..) | Type::Object(_));
                let cost = held.cost.saturating_add(u64::from(declared));
                let mut path = held.path;
                path.push(Step::Field(field.clone()));
                self.placed(node, cost, path)
            }
        }
    }

    fn call(&mut self, node: &Node, name: &str, target: Option<&Node>, args: &[Node]) -> Part {
        let parts: Vec<Part> = args.iter().map(|arg| self.part(arg)).collect();
        let on = target.map(|target| self.part(target));
        let sum = parts.iter().chain(&on).fold(0, |all: u64, part| all.saturating_add(part.cost));
        match (name, parts.as_slice()) {
            ("dyn", [one]) => {
                return Part { cost: one.cost.saturating_add(1), path: Vec::new(), ..one.clone() };
            }
            ("_&&_" | "_||_", _) => {
                return Part { cost: sum, size: Some(Size::fixed(1)), ..Part::default() };
            }
            ("_?_:_", [condition, yes, no]) => {
                let cost = condition.cost.saturating_add(yes.cost.max(no.cost));
                let entry = yes.entry.zip(no.entry).map(|(a, b)| a.union(b));
                return Part { cost, size: Some(yes.size().union(no.size())), path: Vec::new(), entry };
            }
            ("_[_]", [held, _]) => {
                let step = match self.of(&args[0]) {
                    Type::Map(..) => Step::Values,
                    _ => Step::Items,
                };
                let mut path = held.path.clone();
                path.push(step);
                let part = self.placed(node, sum.saturating_add(1), path);
                return Part { size: held.entry.or(part.size), ..part };
            }
            _ => {}
        }
        let types: Vec<&Type> = target.iter().copied().chain(args).map(|one| self.of(one)).collect();
        let element = target.map(|target| self.element(target, on.as_ref()));
        let called = super::functions::Called {
            name,
            method: target.is_some(),
            on: on.as_ref(),
            args: &parts,
            types: &types,
            element: element.flatten(),
            nodes: args,
        };
        let (cost, size) = called.estimate();
        let entry = match (name, parts.as_slice()) {
            ("_+_", [one, other]) => one.entry.zip(other.entry).map(|(a, b)| a.union(b)),
            _ => None,
        };
        let size = size.or_else(|| self.scalar(node));
        Part { cost: sum.saturating_add(cost), size, path: Vec::new(), entry }
    }

    /// The size of the items of a list, where they are texts.
    fn element(&self, node: &Node, part: Option<&Part>) -> Option<Option<Size>> {
        let Type::List(of) = self.of(node) else { return None };
        if !matches!(**of, Type::String | Type::Bytes) {
            return Some(None);
        }
        let mut path = part.map(|part| part.path.clone()).unwrap_or_default();
        path.push(Step::Items);
        let most = if path.len() > 1 { self.extents.most(&path) } else { None };
        Some(Some(most.map_or(Size::UNKNOWN, |max| Size { min: 0, max })))
    }

    fn fold(&mut self, fold: &Fold) -> Part {
        let range = self.part(&fold.range);
        let listed = matches!(self.of(&fold.range), Type::List(_));
        let below = |step: Step| {
            let mut path = range.path.clone();
            path.push(step);
            path
        };
        let (one, two) = match (listed, fold.second.is_some()) {
            (true, false) => (Step::Items, None),
            (true, true) => (Step::Indices, Some(Step::Items)),
            (false, false) => (Step::Keys, None),
            (false, true) => (Step::Keys, Some(Step::Values)),
        };
        let size = |step: &Step| range.entry.filter(|_| matches!(step, Step::Items | Step::Values));
        let depth = self.scopes.len();
        self.scopes.push(Local { name: fold.name.clone(), size: size(&one), path: below(one), entry: None });
        if let (Some(name), Some(step)) = (&fold.second, two) {
            self.scopes.push(Local { name: name.clone(), size: size(&step), path: below(step), entry: None });
        }
        let filter = fold.filter.as_ref().map_or(0, |filter| self.part(filter).cost);
        let body = self.part(&fold.body);
        self.scopes.truncate(depth);
        let (before, step, after) = fold.kind.most();
        let each = step.saturating_add(filter).saturating_add(body.cost);
        let count = range.size();
        let cost = range.cost.saturating_add(before + after).saturating_add(count.max.saturating_mul(each));
        let (size, entry) = match fold.kind {
            FoldKind::All | FoldKind::Exists | FoldKind::ExistsOne => (Size::fixed(1), None),
            FoldKind::Map | FoldKind::Values => (count, Some(Size { min: 0, ..body.size() })),
            FoldKind::Filter | FoldKind::Entries => (count, None),
        };
        Part { cost, size: Some(size), path: Vec::new(), entry }
    }

    fn optional(&mut self, target: &Node, name: &Arc<str>, body: &Node, flat: bool) -> Part {
        let held = self.part(target);
        self.scopes.push(Local { name: name.clone(), path: Vec::new(), size: None, entry: None });
        let made = self.part(body);
        self.scopes.pop();
        let around = if flat { 12 } else { 13 };
        let cost = held.cost.saturating_mul(2).saturating_add(made.cost).saturating_add(around);
        Part { cost, ..Part::default() }
    }
}

impl FoldKind {
    /// What a walk costs before its first step, each step beside filter and body, and after the last.
    fn most(self) -> (u64, u64, u64) {
        match self {
            FoldKind::All => (0, 3, 1),
            FoldKind::Exists => (0, 4, 1),
            FoldKind::ExistsOne => (0, 2, 2),
            FoldKind::Map => (10, 12, 1),
            FoldKind::Filter => (10, 13, 1),
            FoldKind::Values => (30, 3, 1),
            FoldKind::Entries => (30, 2, 1),
        }
    }
}
