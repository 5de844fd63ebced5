//! What a call costs before it is made, in the units of kube-apiserver: a step for most, more for what grows with its
//! arguments.

use crate::sim::expression::value::Value;

/// The cost of calling a function with these arguments.
pub(in crate::sim::expression) fn cost(name: &str, args: &[Value]) -> u64 {
    let size = |index: usize| args.get(index).map_or(0, |arg| as_cost(arg.size().unwrap_or(1)));
    let first = size(0);
    match name {
        "check" => 350_000,
        "_==_" | "_!=_" | "_<_" | "_<=_" | "_>_" | "_>=_" => tenth(first.min(size(1))).max(1),
        "_+_" if matches!(args, [Value::String(_) | Value::Bytes(_), _]) => tenth(first + size(1)),
        // Lists are copied here.
        "_+_" if matches!(args, [Value::List(_), _]) => 1 + tenth(first + size(1)),
        "@in" if matches!(args, [_, Value::List(_)]) => size(1),
        "startsWith" | "endsWith" | "bytes" | "string" | "strings.quote" | "format" => tenth(first),
        "matches" | "find" | "findAll" => tenth(first + 1) * quarter(size(1)),
        "validate" => tenth(size(1) + 1) * 32,
        "contains" => tenth(first) * tenth(size(1)),
        "url" | "lowerAscii" | "upperAscii" | "substring" | "trim" => tenth(first),
        "quantity" | "isQuantity" | "semver" | "isSemver" | "cidr" | "ip" | "isIP" | "isCIDR" => tenth(first),
        "replace" | "split" => tenth(first * 2),
        "ip.isCanonical" => tenth(first * 2),
        "join" => args.first().map_or(0, traversal) + 1,
        "lists.range" => match args {
            [Value::Int(end)] => as_cost(usize::try_from(*end).unwrap_or(0)),
            _ => 1,
        },
        "isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" | "slice" | "flatten" | "reverse" => {
            args.first().map_or(0, traversal)
        }
        "sort" => args.first().map_or(0, traversal) * 4,
        "distinct" | "sets.contains" | "sets.equivalent" | "sets.intersects" => {
            1 + first.saturating_mul(if name == "distinct" { first } else { size(1) })
        }
        _ => 1,
    }
}

fn as_cost(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

fn tenth(size: u64) -> u64 {
    size.div_ceil(10)
}

fn quarter(size: u64) -> u64 {
    size.div_ceil(4)
}

/// The cost of looking at every part of a value.
fn traversal(value: &Value) -> u64 {
    match value {
        Value::String(text) => as_cost(text.len()) / 10,
        Value::Bytes(bytes) => as_cost(bytes.len()) / 10,
        Value::List(list) => list.items.iter().map(traversal).sum(),
        Value::Map(map) => map.entries.values().map(traversal).sum(),
        _ => 1,
    }
}
