//! Values that do not fit their type, told in the words of Kubernetes' converter from plain maps to Go types: a
//! strategic merge patch and a server-side apply end in it, where other requests end in a JSON decoder.

use super::graph::{Scalar, Shape, Type, View};
use super::{mistyped, named};
use serde_json::Value;

/// Converts a value to `ty`. What the converter says of the first value that does not fit: `cannot restore map from slice`,
/// `cannot convert float64 to int32`, `unrecognized type: int32`. Of a number that is too large for its field it leaves the
/// lowest 32 bits.
pub fn convert(ty: &Type, value: &mut Value) -> Result<(), String> {
    check(ty.shape(), value, Go::Plain)
}

/// What Go calls the type of a value. It is looked up where something does not fit.
#[derive(Clone, Copy)]
enum Go<'a> {
    /// What OpenAPI calls it.
    Plain,
    /// As the field of this name of a struct of that type has it.
    Field(Shape<'a>, &'a str),
    /// As the elements of a list or map have it.
    Element(&'a Go<'a>),
}

impl Go<'_> {
    /// The name, where that is no plain one.
    fn name(self) -> Option<&'static str> {
        match self {
            Go::Plain => None,
            Go::Field(owner, name) => {
                named::field(owner.name().rsplit('.').next().unwrap_or_default(), name).go
            }
            Go::Element(of) => of.name().and_then(named::element),
        }
    }
}

fn check(shape: Shape<'_>, value: &mut Value, go: Go<'_>) -> Result<(), String> {
    match (shape.view(), value) {
        (View::Any, _) | (_, Value::Null) => Ok(()),
        (View::Scalar(scalar), value) => {
            check_scalar(scalar, value, go)?;
            if let (Scalar::Int32, Some(number)) = (scalar, value.as_i64()) {
                #[expect(clippy::cast_possible_truncation, reason = "this is what it is about")]
                let kept = number as i32;
                *value = kept.into();
            }
            Ok(())
        }
        (View::Struct(_), Value::Object(members)) => {
            members.iter_mut().try_for_each(|(name, value)| match shape.member(name) {
                Some(inner) => check(inner, value, Go::Field(shape, name)),
                None => Ok(()),
            })
        }
        (View::Map(item), Value::Object(members)) => {
            members.values_mut().try_for_each(|value| check(item, value, Go::Element(&go)))
        }
        (View::List(item, _), Value::Array(items)) => {
            items.iter_mut().try_for_each(|value| check(item, value, Go::Element(&go)))
        }
        (View::Struct(_), value) => Err(format!("cannot restore struct from: {}", go_kind(value))),
        (View::Map(_), value) => Err(format!("cannot restore map from {}", go_kind(value))),
        (View::List(..), value) => Err(format!("cannot restore slice from {}", go_kind(value))),
    }
}

fn check_scalar(scalar: Scalar, value: &Value, go: Go<'_>) -> Result<(), String> {
    let target = match scalar {
        Scalar::String => "string",
        Scalar::Boolean => "bool",
        Scalar::Int32 => "int32",
        Scalar::Int64 => "int64",
        Scalar::Number => "float64",
        Scalar::Bytes if value.is_array() => return check_bytes(value),
        Scalar::Bytes if !value.is_string() => {
            return Err(format!("cannot restore slice from {}", go_kind(value)));
        }
        Scalar::Bytes => {
            return mistyped::scalar(scalar, value, go.name())
                .map_err(|why| format!("error decoding from json: {why}"));
        }
        // These types read their own JSON.
        Scalar::IntOrString | Scalar::Time | Scalar::Quantity => {
            return mistyped::scalar(scalar, value, go.name());
        }
    };
    let whole = matches!(value, Value::Number(number) if number.as_f64().is_some_and(|n| n.fract() == 0.0));
    match (scalar, value) {
        (Scalar::String, Value::String(_)) | (Scalar::Boolean, Value::Bool(_)) => Ok(()),
        (Scalar::Number, Value::Number(_)) => Ok(()),
        (Scalar::Int32 | Scalar::Int64, Value::Number(_)) if whole => Ok(()),
        (Scalar::Int32 | Scalar::Int64, Value::Number(_)) => {
            Err(format!("cannot convert float64 to {target}"))
        }
        (Scalar::String, Value::Number(number)) if !number.is_f64() => {
            Err(format!("cannot convert int64 to {}", go.name().unwrap_or(target)))
        }
        (_, _) => Err(format!("unrecognized type: {target}")),
    }
}

/// Bytes that are given as a list of numbers.
fn check_bytes(value: &Value) -> Result<(), String> {
    value.as_array().into_iter().flatten().try_for_each(|byte| match byte {
        Value::Null => Ok(()),
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => Ok(()),
        Value::Number(_) => Err("cannot convert float64 to uint8".to_owned()),
        Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Err("unrecognized type: uint8".to_owned())
        }
    })
}

/// The kind of a Go value that was read from JSON.
fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_does_not_convert_is_told_as_the_converter_tells_it() {
        let told = |kind: &str, value: &Value| {
            let (group, version) = if kind == "Deployment" { ("apps", "v1") } else { ("", "v1") };
            convert(super::super::of(group, version, kind).expect("a kind"), &mut value.clone()).err()
        };
        for (kind, value, expected) in [
            ("ConfigMap", json!({"data": [1]}), "cannot restore map from slice"),
            ("ConfigMap", json!({"data": {"a": 5}}), "cannot convert int64 to string"),
            ("ConfigMap", json!({"data": {"a": {}}}), "unrecognized type: string"),
            (
                "ConfigMap",
                json!({"binaryData": {"a": "!!"}}),
                "error decoding from json: illegal base64 data at input byte 0",
            ),
            ("Deployment", json!({"spec": {"replicas": "x"}}), "unrecognized type: int32"),
            ("Deployment", json!({"spec": {"replicas": 1.5}}), "cannot convert float64 to int32"),
            ("Deployment", json!({"spec": {"template": []}}), "cannot restore struct from: slice"),
            (
                "Deployment",
                json!({"spec": {"strategy": {"type": 5}}}),
                "cannot convert int64 to v1.DeploymentStrategyType",
            ),
        ] {
            assert_eq!(told(kind, &value).as_deref(), Some(expected), "{value}");
        }
        assert_eq!(told("Deployment", &json!({"spec": {"replicas": 2.0, "bogus": 1}})), None);
    }

    #[test]
    fn of_a_number_that_is_too_large_the_lowest_bits_are_left() {
        let ty = super::super::of("apps", "v1", "Deployment").expect("a kind");
        let mut object = json!({"spec": {"replicas": 2_147_483_648_i64, "minReadySeconds": 7}});
        assert_eq!(convert(ty, &mut object), Ok(()));
        assert_eq!(object, json!({"spec": {"replicas": -2_147_483_648_i64, "minReadySeconds": 7}}));
    }
}
