//! Values of the wrong JSON type, told in the words of Go's JSON decoder as kube-apiserver passes them on.

use super::graph::{Scalar, Shape, Type, View};
use super::named::{self, Named};
use serde_json::{Number, Value};

/// What Go's decoder says of the first value that does not fit `ty`: `json: cannot unmarshal string into Go struct
/// field DeploymentSpec.spec.replicas of type int32`. The caller puts `Deployment in version "v1" cannot be handled
/// as a Deployment: ` before it. Content (ranges, enums) is not looked at.
pub fn mistyped(ty: &Type, value: &Value) -> Option<String> {
    let root = ty.shape();
    let place = Place { owner: short(root.name()), path: "", named: None };
    check(root, value, place).err()
}

#[derive(Clone, Copy)]
struct Place<'a> {
    /// The Go struct whose field is being read.
    owner: &'a str,
    /// The fields on the way, without indices and map keys.
    path: &'a str,
    /// How Go names the type of the field, where OpenAPI does not tell it.
    named: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// An element of the list or map that stands here.
    fn element(self) -> Place<'a> {
        Place { named: self.named.and_then(named::element), ..self }
    }
}

fn check(shape: Shape<'_>, value: &Value, at: Place<'_>) -> Result<(), String> {
    match (shape.view(), value) {
        (View::Any, _) | (_, Value::Null) => Ok(()),
        (View::Scalar(scalar), _) => check_scalar(scalar, value, at),
        (View::Struct(_), Value::Object(members)) => {
            let owner = match short(shape.name()) {
                "" => at.owner,
                name => name,
            };
            for (name, member) in members {
                if let Some(inner) = shape.member(name) {
                    let Named { within, go } = named::field(owner, name);
                    let steps = [at.path, within.unwrap_or_default(), name];
                    let path =
                        steps.into_iter().filter(|step| !step.is_empty()).collect::<Vec<_>>().join(".");
                    check(inner, member, Place { owner, path: &path, named: go })?;
                }
            }
            Ok(())
        }
        (View::Map(item), Value::Object(members)) => {
            members.values().try_for_each(|member| check(item, member, at.element()))
        }
        (View::List(item, _), Value::Array(items)) => {
            items.iter().try_for_each(|element| check(item, element, at.element()))
        }
        (View::Struct(_) | View::Map(_) | View::List(..), _) => Err(refuse(value, at, &go_type(shape))),
    }
}

/// The same for one scalar alone.
pub(super) fn scalar(scalar: Scalar, value: &Value) -> Result<(), String> {
    check_scalar(scalar, value, Place { owner: "", path: "", named: None })
}

fn check_scalar(scalar: Scalar, value: &Value, at: Place<'_>) -> Result<(), String> {
    let fits = match (scalar, value) {
        (Scalar::String, Value::String(_))
        | (Scalar::Boolean, Value::Bool(_))
        | (Scalar::IntOrString, Value::String(_))
        | (Scalar::Number, Value::Number(_)) => true,
        (Scalar::Int32 | Scalar::IntOrString, Value::Number(n)) => {
            n.as_i64().is_some_and(|n| i32::try_from(n).is_ok())
        }
        (Scalar::Int64, Value::Number(n)) => n.as_i64().is_some(),
        (Scalar::Bytes, Value::String(text)) => return check_base64(text),
        (Scalar::Time, Value::String(text)) => return check_time(text, at),
        (Scalar::Quantity, Value::String(text)) => return check_quantity(text),
        (Scalar::Quantity, Value::Number(n)) => return check_quantity(&n.to_string()),
        (
            Scalar::String
            | Scalar::Boolean
            | Scalar::IntOrString
            | Scalar::Number
            | Scalar::Int32
            | Scalar::Int64
            | Scalar::Bytes
            | Scalar::Time
            | Scalar::Quantity,
            _,
        ) => false,
    };
    match (fits, scalar) {
        (true, _) => Ok(()),
        (false, Scalar::Quantity) => Err(QUANTITY.to_owned()),
        // These read themselves, as a text and as a number.
        (false, Scalar::Time) => Err(refuse(value, Place { named: None, ..at }, "string")),
        (false, Scalar::IntOrString) => Err(refuse(value, at, "int32")),
        (false, _) => Err(refuse(value, at, go_scalar(scalar))),
    }
}

const QUANTITY: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/// The shape of a quantity: a sign, digits with at most one point, and a suffix or an exponent.
fn check_quantity(text: &str) -> Result<(), String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let digits = number.chars().any(|c| c.is_ascii_digit()) && number.matches('.').count() <= 1;
    let exponent = suffix.strip_prefix(['e', 'E']).is_some_and(|power| {
        let power = power.strip_prefix(['+', '-']).unwrap_or(power);
        !power.is_empty() && power.chars().all(|c| c.is_ascii_digit())
    });
    let known = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if digits && (exponent || known.contains(&suffix)) { Ok(()) } else { Err(QUANTITY.to_owned()) }
}

/// Where Go's decoder stops reading base64.
fn check_base64(text: &str) -> Result<(), String> {
    use base64::Engine as _;
    let plain: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    match base64::engine::general_purpose::STANDARD.decode(&plain) {
        Ok(_) => Ok(()),
        Err(_) => {
            let alphabet = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
            let at = text.find(|c: char| !alphabet(c)).unwrap_or(text.len() / 4 * 4);
            Err(format!("illegal base64 data at input byte {at}"))
        }
    }
}

fn check_time(text: &str, at: Place<'_>) -> Result<(), String> {
    if crate::clock::Moment::parse(text).is_some() {
        return Ok(());
    }
    let layout = match at.named {
        Some("v1.MicroTime") => "2006-01-02T15:04:05.000000Z07:00",
        Some(_) | None => "2006-01-02T15:04:05Z07:00",
    };
    Err(format!("parsing time {text:?} as {layout:?}: cannot parse {text:?} as \"2006\""))
}

fn refuse(value: &Value, at: Place<'_>, go_type: &str) -> String {
    if at.path.is_empty() {
        return format!("json: cannot unmarshal {} into Go value of type {go_type}", told(value));
    }
    let Place { owner, path, named } = at;
    let go_type = named.unwrap_or(go_type);
    format!("json: cannot unmarshal {} into Go struct field {owner}.{path} of type {go_type}", told(value))
}

/// How Go's decoder names what it found; a number that is out of range is shown.
fn told(value: &Value) -> String {
    let whole = |n: &Number| n.as_i64().is_some_and(|n| i32::try_from(n).is_ok());
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Number(n) if whole(n) => "number".to_owned(),
        Value::Number(n) => format!("number {n}"),
        Value::String(_) => "string".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
    }
}

fn go_type(shape: Shape<'_>) -> String {
    match shape.view() {
        View::Struct(_) => shape.name().to_owned(),
        View::Map(item) => format!("map[string]{}", go_type(item)),
        View::List(item, _) => format!("[]{}", go_type(item)),
        View::Scalar(scalar) => go_scalar(scalar).to_owned(),
        View::Any => "interface {}".to_owned(),
    }
}

fn go_scalar(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::String => "string",
        Scalar::Bytes => "[]uint8",
        Scalar::Time => "v1.Time",
        Scalar::Int32 => "int32",
        Scalar::Int64 => "int64",
        Scalar::Number => "float64",
        Scalar::Boolean => "bool",
        Scalar::IntOrString => "intstr.IntOrString",
        Scalar::Quantity => "resource.Quantity",
    }
}

fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::schema;
    use serde_json::json;

    #[test]
    fn a_value_of_the_wrong_type_is_told_as_go_tells_it() {
        let deployment = |spec: Value| {
            mistyped(schema::of("apps", "v1", "Deployment").expect("recorded"), &json!({"spec": spec}))
        };
        let container =
            |container: Value| deployment(json!({"template": {"spec": {"containers": [container]}}}));
        let cases = [
            (
                deployment(json!({"replicas": "two"})),
                "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                deployment(json!({"replicas": 1.5})),
                "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                deployment(json!({"template": {"spec": {"containers": {}}}})),
                "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
            ),
            (
                container(json!({"env": [{"name": "A", "value": 1}]})),
                "json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string",
            ),
            (container(json!({"resources": {"limits": {"cpu": "much"}}})), QUANTITY),
        ];
        for (told, expected) in cases {
            assert_eq!(told.as_deref(), Some(expected));
        }
        assert_eq!(
            container(json!({"name": "a", "resources": {"limits": {"cpu": 1, "memory": "1.5Gi"}}})),
            None
        );
        let labels = json!({"metadata": {"labels": {"a": 1}}});
        assert_eq!(
            mistyped(schema::of("", "v1", "ConfigMap").expect("recorded"), &labels).as_deref(),
            Some(
                "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"
            )
        );
    }
}
