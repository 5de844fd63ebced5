//! Values of the wrong JSON type, told in the words of Go's JSON decoder as kube-apiserver passes them on.

use super::either::{self, Either};
use super::graph::{Scalar, Shape, Type, View};
use super::literal;
use super::named::{self, Named};
use super::time;
use super::tree::Tree;
use serde_json::Value;

/// What Go's decoder says of a value that does not fit `ty`: `json: cannot unmarshal string into Go struct field
/// DeploymentSpec.spec.replicas of type int32`. The caller puts `Deployment in version "v1" cannot be handled as a
/// Deployment: ` before it. Content (ranges, enums) is not looked at. Of several such values it is the first one in the
/// order of the text, if there is one.
pub fn mistyped(ty: &Type, value: &Value, text: impl FnOnce() -> Option<Vec<u8>>) -> Option<String> {
    let root = ty.shape();
    if fits(root, value, (short(root.name()), "")) {
        return None;
    }
    let told = first(ty, &Tree::from(value))?;
    match text().and_then(|text| Tree::read(&text)) {
        Some(written) => first(ty, &written).or(Some(told)),
        None => Some(told),
    }
}

/// Whether everything fits, which is so of almost every object. Whose field a value is decides how its time is written.
fn fits(shape: Shape<'_>, value: &Value, (owner, field): (&str, &str)) -> bool {
    match (shape.view(), value) {
        (View::Any, _) | (_, Value::Null) => true,
        (View::Scalar(Scalar::Time), Value::String(text)) => {
            let micro = named::field(owner, field).go == Some("v1.MicroTime");
            time::fault(text, micro).is_none()
        }
        (View::Scalar(Scalar::String), value) => value.is_string(),
        (View::Scalar(Scalar::Boolean), value) => value.is_boolean(),
        (View::Scalar(kind), value) => scalar(kind, value, None).is_ok(),
        (View::Struct(_), Value::Object(members)) => members.iter().all(|(name, member)| {
            let owner = Some(short(shape.name())).filter(|own| !own.is_empty()).unwrap_or(owner);
            shape.member(name).is_none_or(|inner| match Either::of(inner) {
                Some(either) => {
                    let schemas = either.schemas(member);
                    schemas.is_ok_and(|all| all.into_iter().all(|one| fits(shape, one, (owner, name))))
                }
                None => fits(inner, member, (owner, name)),
            })
        }),
        (View::Map(item), Value::Object(members)) => {
            members.values().all(|member| fits(item, member, (owner, field)))
        }
        (View::List(item, _), Value::Array(items)) => {
            items.iter().all(|element| fits(item, element, (owner, field)))
        }
        (View::Struct(_) | View::Map(_) | View::List(..), _) => false,
    }
}

fn first(ty: &Type, tree: &Tree) -> Option<String> {
    let root = ty.shape();
    let place = Place { owner: short(root.name()), path: "", named: None };
    let mut found = None;
    check(root, tree, place, &mut found).err().or(found)
}

/// Go goes on after a value that does not fit, and keeps the first; a type that reads itself ends it (the error).
type Checked = Result<(), String>;

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

fn check(shape: Shape<'_>, value: &Tree, at: Place<'_>, found: &mut Option<String>) -> Checked {
    match (shape.view(), value) {
        (View::Any, _) | (_, Tree::Null) => Ok(()),
        (View::Scalar(scalar), _) => check_scalar(scalar, value, at, found),
        (View::Struct(_), Tree::Object(members)) => {
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
                    let place = Place { owner, path: &path, named: go };
                    match Either::of(inner) {
                        Some(either) => schemas(shape, either, member, place)?,
                        None => check(inner, member, place, found)?,
                    }
                }
            }
            Ok(())
        }
        (View::Map(item), Tree::Object(members)) => {
            members.iter().try_for_each(|(_, member)| check(item, member, at.element(), found))
        }
        (View::List(item, _), Tree::List(items)) => {
            items.iter().try_for_each(|element| check(item, element, at.element(), found))
        }
        (View::Struct(_) | View::Map(_) | View::List(..), _) => {
            found.get_or_insert_with(|| refuse(told(value), at, &go_type(shape)));
            Ok(())
        }
    }
}

/// The schemas in a field that may hold something else, too: what reads itself ends it all with its first fault.
fn schemas(schema: Shape<'_>, either: Either, value: &Tree, place: Place<'_>) -> Checked {
    let held = either.written(value).map_err(|()| either::NEITHER.to_owned())?;
    let mut found = None;
    held.into_iter().try_for_each(|one| check(schema, one, place, &mut found))?;
    found.map_or(Ok(()), Err)
}

/// The same for one scalar alone, by the name that Go has for its type.
pub(super) fn scalar(scalar: Scalar, value: &Value, go: Option<&str>) -> Result<(), String> {
    let mut found = None;
    check_scalar(scalar, &value.into(), Place { owner: "", path: "", named: go }, &mut found)?;
    found.map_or(Ok(()), Err)
}

fn check_scalar(scalar: Scalar, value: &Tree, at: Place<'_>, found: &mut Option<String>) -> Checked {
    let wide = |value: &Tree| match value {
        Tree::Number(number) => format!("number {number}"),
        other => told(other).to_owned(),
    };
    let whole = |value: &Tree| if let Tree::Number(number) = value { number.as_i64() } else { None };
    let small = |value: &Tree| whole(value).is_some_and(|n| i32::try_from(n).is_ok());
    let mut keep = |told: String| {
        found.get_or_insert(told);
        Ok(())
    };
    match (scalar, value) {
        (Scalar::String, Tree::Text(_))
        | (Scalar::Boolean, Tree::Bool)
        | (Scalar::IntOrString, Tree::Text(_))
        | (Scalar::Number, Tree::Number(_)) => Ok(()),
        (Scalar::Int32 | Scalar::IntOrString, value) if small(value) => Ok(()),
        (Scalar::Int64, value) if whole(value).is_some() => Ok(()),
        (Scalar::Bytes, Tree::Text(text)) => literal::base64(text).map_or_else(keep, Ok),
        // Bytes may be given as a list of numbers.
        (Scalar::Bytes, Tree::List(items)) => {
            let at = Place { named: None, ..at };
            for item in items {
                let byte = whole(item).is_some_and(|number| u8::try_from(number).is_ok());
                if !byte && *item != Tree::Null {
                    keep(refuse(&wide(item), at, "uint8"))?;
                }
            }
            Ok(())
        }
        (Scalar::Time, Tree::Text(text)) => {
            time::fault(text, at.named == Some("v1.MicroTime")).map_or(Ok(()), Err)
        }
        (Scalar::Quantity, Tree::Text(text)) => literal::quantity(text.trim()),
        (Scalar::Quantity, Tree::Number(n)) => literal::quantity(&n.to_string()),
        (Scalar::Quantity, _) => Err(literal::QUANTITY.to_owned()),
        // These read themselves, as a text and as a number.
        (Scalar::Time, _) => Err(refuse(told(value), Place { named: None, ..at }, "string")),
        (Scalar::IntOrString, _) => Err(refuse(&wide(value), at, "int32")),
        // A number that is out of range is shown.
        (Scalar::Int32 | Scalar::Int64, _) => keep(refuse(&wide(value), at, go_scalar(scalar))),
        (Scalar::String | Scalar::Boolean | Scalar::Number | Scalar::Bytes, _) => {
            keep(refuse(told(value), at, go_scalar(scalar)))
        }
    }
}

fn refuse(found: &str, at: Place<'_>, go_type: &str) -> String {
    if at.path.is_empty() {
        return format!("json: cannot unmarshal {found} into Go value of type {go_type}");
    }
    let Place { owner, path, named } = at;
    let go_type = named.unwrap_or(go_type);
    format!("json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {go_type}")
}

/// How Go's decoder names what it found.
fn told(value: &Tree) -> &'static str {
    match value {
        Tree::Null => "null",
        Tree::Bool => "bool",
        Tree::Number(_) => "number",
        Tree::Text(_) => "string",
        Tree::List(_) => "array",
        Tree::Object(_) => "object",
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
            mistyped(
                schema::of("apps", "v1", "Deployment").expect("recorded"),
                &json!({"spec": spec}),
                || None,
            )
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
            (container(json!({"resources": {"limits": {"cpu": "much"}}})), literal::QUANTITY),
            (container(json!({"resources": {"limits": {"cpu": "1i"}}})), literal::SUFFIX),
            (
                container(json!({"image": 1.5})),
                "json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.image of type string",
            ),
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
            mistyped(schema::of("", "v1", "ConfigMap").expect("recorded"), &labels, || None).as_deref(),
            Some(
                "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"
            )
        );
    }
}
