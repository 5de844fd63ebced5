//! Ranges and multiples of numbers, as Go's integers and floats meet them.

use super::{Outcome, Types};
use crate::sim::custom::schema::Schema;
use serde_json::{Number, Value};

/// Holds a number against range and multiple.
pub(super) fn check(schema: Schema<'_>, number: &Number, types: &Types<'_>, path: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let value = Value::Number(number.clone());
    if let Some(told) = beyond(number, types, path, "Checked") {
        outcome.general(told);
    }
    if let Some(factor) = schema.number("multipleOf") {
        match number.as_i64() {
            Some(whole) if factor.trunc() > 0.0 => {
                if whole % truncated(factor) != 0 {
                    outcome.invalid(path, &value, &format!("should be a multiple of {}", truncated(factor)));
                }
            }
            Some(_) => {
                let sentence =
                    format!("factor MultipleOf declared for {path} must be positive: {}", truncated(factor));
                let message = format!("Invalid value: {}: {sentence}", truncated(factor));
                outcome.told("FieldValueInvalid", path, sentence, message);
            }
            None => {
                let given = number.as_f64().unwrap_or_default();
                let times = if factor < 1.0 { 1.0 / factor * given } else { given / factor };
                if !is_whole(times) {
                    outcome.invalid(path, &value, &format!("should be a multiple of {}", shown(factor)));
                }
            }
        }
    }
    limit(&mut outcome, schema, number, path, &MAXIMUM);
    limit(&mut outcome, schema, number, path, &MINIMUM);
    outcome.matched += 1;
    outcome
}

/// One end of a range.
struct End {
    keyword: &'static str,
    exclusive: &'static str,
    words: [&'static str; 2],
    /// Whether a number is on the wrong side of the end by this much.
    beyond: fn(f64, f64) -> bool,
    whole_beyond: fn(i64, i64) -> bool,
}

const MAXIMUM: End = End {
    keyword: "maximum",
    exclusive: "exclusiveMaximum",
    words: ["less than or equal to", "less than"],
    beyond: |number, end| number > end,
    whole_beyond: |number, end| number > end,
};
const MINIMUM: End = End {
    keyword: "minimum",
    exclusive: "exclusiveMinimum",
    words: ["greater than or equal to", "greater than"],
    beyond: |number, end| number < end,
    whole_beyond: |number, end| number < end,
};

fn limit(outcome: &mut Outcome, schema: Schema<'_>, number: &Number, path: &str, end: &End) {
    let Some(at) = schema.number(end.keyword) else { return };
    let exclusive = schema.flag(end.exclusive);
    let (wrong, shown) = match number.as_i64() {
        // Go turns the end into an integer first.
        Some(whole) => {
            let at = truncated(at);
            ((end.whole_beyond)(whole, at) || exclusive && whole == at, at.to_string())
        }
        None => {
            let given = number.as_f64().unwrap_or_default();
            #[expect(clippy::float_cmp, reason = "Go compares them so")]
            let equal = given == at;
            ((end.beyond)(given, at) || exclusive && equal, shown(at))
        }
    };
    if wrong {
        let words = end.words[usize::from(exclusive)];
        outcome.invalid(path, &Value::Number(number.clone()), &format!("should be {words} {shown}"));
    }
}

/// What is said of a number that its type or format cannot hold.
fn beyond(number: &Number, types: &Types<'_>, path: &str, prefix: &str) -> Option<String> {
    let [name] = types.names.as_slice() else { return None };
    let held = match (*name, types.format) {
        ("integer", "int32") => number.as_i64().is_some_and(|whole| i32::try_from(whole).is_ok()),
        ("integer", _) => number.as_i64().is_some(),
        (_, "float" | "float32") => number.as_f64().is_some_and(|float| float.abs() <= f64::from(f32::MAX)),
        (_, _) => true,
    };
    if held {
        return None;
    }
    let format = match types.format {
        "" => "(default format)".to_owned(),
        format => format!("with format {format}"),
    };
    Some(format!("{prefix} value must be of type {name} {format} in {path}"))
}

#[expect(clippy::cast_possible_truncation, reason = "Go's conversion of a float to an integer")]
fn truncated(float: f64) -> i64 {
    float as i64
}

fn is_whole(float: f64) -> bool {
    float.is_finite() && (float - float.round()).abs() <= 1e-9 * float.abs().max(1.0)
}

/// A float as Go's `%v` prints it.
fn shown(float: f64) -> String {
    format!("{float}")
}
