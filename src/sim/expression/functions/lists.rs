//! Functions of lists: Kubernetes' own, those of the `lists` and `sets` extensions.

use super::{Answer, made, operators, whole};
use crate::sim::expression::Failure;
use crate::sim::expression::value::{List, Value};
use std::cmp::Ordering;

pub(super) fn call(name: &str, args: &[Value]) -> Answer {
    match (name, args) {
        ("lists.range", [Value::Int(end)]) => {
            // More than any expression can pay for.
            let end = (*end).clamp(0, 1_000_000);
            made(Value::list((0..end).map(Value::Int).collect()))
        }
        ("sets.contains", [Value::List(one), Value::List(other)]) => made(Value::Bool(holds(one, other))),
        ("sets.equivalent", [Value::List(one), Value::List(other)]) => {
            made(Value::Bool(holds(one, other) && holds(other, one)))
        }
        ("sets.intersects", [Value::List(one), Value::List(other)]) => {
            made(Value::Bool(other.items.iter().any(|item| has(&one.items, item))))
        }
        (_, [Value::List(list), rest @ ..]) => of(name, list, rest),
        _ => None,
    }
}

fn has(items: &[Value], wanted: &Value) -> bool {
    items.iter().any(|item| item.equals(wanted))
}

fn holds(list: &List, all: &List) -> bool {
    all.items.iter().all(|item| has(&list.items, item))
}

fn of(name: &str, list: &List, rest: &[Value]) -> Answer {
    let items = &list.items;
    let place = |index: Option<usize>| made(index.map_or(Value::Int(-1), whole));
    match (name, rest) {
        ("isSorted", []) => {
            let sorted =
                |pair: &[Value]| matches!(pair[0].compare(&pair[1]), Ok(Some(order)) if order.is_le());
            made(Value::Bool(items.windows(2).all(sorted)))
        }
        ("sum", []) => Some(sum(items)),
        ("max", []) => Some(extreme("max", items, Ordering::Greater)),
        ("min", []) => Some(extreme("min", items, Ordering::Less)),
        ("indexOf", [wanted]) => place(items.iter().position(|item| item.equals(wanted))),
        ("lastIndexOf", [wanted]) => place(items.iter().rposition(|item| item.equals(wanted))),
        ("slice", [Value::Int(from), Value::Int(to)]) => Some(slice(items, *from, *to)),
        ("flatten", []) => made(Value::list(flat(items, 1))),
        ("flatten", [Value::Int(depth)]) if *depth < 0 => {
            Some(Err(Failure::said("level must be non-negative")))
        }
        ("flatten", [Value::Int(depth)]) => made(Value::list(flat(items, *depth))),
        ("sort", []) => Some(sort(items)),
        ("reverse", []) => made(Value::list(items.iter().rev().cloned().collect())),
        ("distinct", []) => {
            let mut kept: Vec<Value> = Vec::new();
            for item in items.iter().filter(|item| !matches!(item, Value::Unfit(_))) {
                if !has(&kept, item) {
                    kept.push(item.clone());
                }
            }
            made(Value::list(kept))
        }
        _ => None,
    }
}

fn sum(items: &[Value]) -> Result<Value, Failure> {
    let Some((first, rest)) = items.split_first() else { return Ok(Value::Int(0)) };
    rest.iter().try_fold(first.clone(), |total, item| {
        operators::call("_+_", &[total, item.clone()]).unwrap_or_else(|| Err(Failure::overload()))
    })
}

fn extreme(name: &str, items: &[Value], wanted: Ordering) -> Result<Value, Failure> {
    let Some((first, rest)) = items.split_first() else {
        return Err(Failure::said(format!("{name} called on empty list")));
    };
    let mut best = first;
    for item in rest {
        match item.compare(best) {
            Ok(order) if order == Some(wanted) => best = item,
            Ok(_) => {}
            Err(()) => return Err(Failure::overload()),
        }
    }
    Ok(best.clone())
}

fn slice(items: &[Value], from: i64, to: i64) -> Result<Value, Failure> {
    let negative = || Failure::said(format!("cannot slice({from}, {to}), negative indexes not supported"));
    let (Ok(start), Ok(end)) = (usize::try_from(from), usize::try_from(to)) else { return Err(negative()) };
    if start > end {
        let why = "start index must be less than or equal to end index";
        return Err(Failure::said(format!("cannot slice({from}, {to}), {why}")));
    }
    match items.get(start..end) {
        Some(part) => Ok(Value::list(part.to_vec())),
        None => Err(Failure::said(format!("cannot slice({from}, {to}), list is length {}", items.len()))),
    }
}

fn flat(items: &[Value], depth: i64) -> Vec<Value> {
    items
        .iter()
        .flat_map(|item| match item {
            Value::List(inner) if depth > 0 => flat(&inner.items, depth - 1),
            other => vec![other.clone()],
        })
        .collect()
}

fn sort(items: &[Value]) -> Result<Value, Failure> {
    if items.windows(2).any(|pair| pair[0].compare(&pair[1]).is_err()) {
        return Err(Failure::said("list elements must have the same type"));
    }
    let mut sorted = items.to_vec();
    sorted.sort_by(|a, b| a.compare(b).ok().flatten().unwrap_or(Ordering::Equal));
    Ok(Value::list(sorted))
}
