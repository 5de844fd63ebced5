//! Quantities of resources: `quantity('1.5Gi').isGreaterThan(quantity('1G'))`.

use super::{Answer, made};
use crate::sim::amount::Amount;
use crate::sim::expression::Failure;
use crate::sim::expression::value::Value;
use std::cmp::Ordering;

pub(super) fn call(name: &str, args: &[Value]) -> Answer {
    match (name, args) {
        ("quantity", [Value::String(text)]) => Some(match read(text) {
            Some(amount) => Ok(Value::Quantity(amount)),
            None => Err(Failure::said(
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            )),
        }),
        ("isQuantity", [Value::String(text)]) => made(Value::Bool(read(text).is_some())),
        (_, [Value::Quantity(amount)]) => of(name, *amount),
        (_, [Value::Quantity(one), Value::Quantity(other)]) => between(name, *one, *other),
        ("add" | "sub", [Value::Quantity(one), Value::Int(number)]) => {
            between(name, *one, Amount::whole(*number))
        }
        _ => None,
    }
}

fn read(text: &str) -> Option<Amount> {
    Amount::read(&serde_json::Value::from(text))
}

fn of(name: &str, amount: Amount) -> Answer {
    let whole = amount == amount.rounded_up();
    let number = i64::try_from(amount.thousandths() / 1000).ok().filter(|_| whole);
    match name {
        "sign" if amount.is_zero() => made(Value::Int(0)),
        "sign" => made(Value::Int(if amount.is_negative() { -1 } else { 1 })),
        "isInteger" => made(Value::Bool(number.is_some())),
        "asInteger" => {
            Some(number.map(Value::Int).ok_or_else(|| Failure::said("cannot convert value to integer")))
        }
        "asApproximateFloat" => made(Value::Double(amount.thousandths() as f64 / 1000.0)),
        _ => None,
    }
}

fn between(name: &str, one: Amount, other: Amount) -> Answer {
    let order = one.cmp(&other);
    match name {
        "isGreaterThan" => made(Value::Bool(order == Ordering::Greater)),
        "isLessThan" => made(Value::Bool(order == Ordering::Less)),
        "compareTo" => made(Value::Int(order as i64)),
        "add" => made(Value::Quantity(one.plus(other))),
        "sub" => made(Value::Quantity(one.minus(other))),
        _ => None,
    }
}
