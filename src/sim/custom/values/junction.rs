//! Schemas that are joined: `anyOf`, `oneOf`, `allOf`, `not`.

use super::{Outcome, check as check_one};
use crate::sim::custom::schema::Schema;
use serde_json::Value;

/// Holds a value against every junction of a schema.
pub(super) fn check(schema: Schema<'_>, value: &Value, old: Option<&Value>, path: &str) -> Outcome {
    let mut main = Outcome::default();
    any_of(&mut main, schema, value, old, path);
    one_of(&mut main, schema, value, old, path);
    all_of(&mut main, schema, value, old, path);
    if let Some(not) = schema.not()
        && check_one(not, value, old, path).is_fine()
    {
        main.general(format!("{path:?} must not validate the schema (not)"));
    }
    main.matched += 1;
    main
}

fn any_of(main: &mut Outcome, schema: Schema<'_>, value: &Value, old: Option<&Value>, path: &str) {
    let mut best: Option<Outcome> = None;
    let mut any = false;
    for inner in schema.junction("anyOf") {
        any = true;
        let outcome = check_one(inner, value, old, path);
        if outcome.is_fine() {
            main.merge(outcome);
            return;
        }
        if best.as_ref().is_none_or(|best| outcome.matched > best.matched) {
            best = Some(outcome);
        }
    }
    if any {
        main.general(format!("{path:?} must validate at least one schema (anyOf)"));
        main.merge(best.unwrap_or_default());
    }
}

fn one_of(main: &mut Outcome, schema: Schema<'_>, value: &Value, old: Option<&Value>, path: &str) {
    let (mut best, mut first): (Option<Outcome>, Option<Outcome>) = (None, None);
    let (mut any, mut valid) = (false, 0);
    for inner in schema.junction("oneOf") {
        any = true;
        let outcome = check_one(inner, value, old, path);
        if outcome.is_fine() {
            valid += 1;
            best = None;
            first.get_or_insert(outcome);
        } else if valid == 0 && best.as_ref().is_none_or(|best| outcome.matched > best.matched) {
            best = Some(outcome);
        }
    }
    match (any, valid) {
        (false, _) => {}
        (true, 1) => main.merge(first.unwrap_or_default()),
        (true, valid) => {
            let found = match valid {
                0 => "Found none valid".to_owned(),
                several => format!("Found {several} valid alternatives"),
            };
            main.general(format!("{path:?} must validate one and only one schema (oneOf). {found}"));
            main.merge(best.unwrap_or_default());
        }
    }
}

fn all_of(main: &mut Outcome, schema: Schema<'_>, value: &Value, old: Option<&Value>, path: &str) {
    let (mut count, mut valid) = (0, 0);
    for inner in schema.junction("allOf") {
        count += 1;
        let outcome = check_one(inner, value, old, path);
        valid += usize::from(outcome.is_fine());
        main.merge(outcome);
    }
    if valid != count {
        let none = if valid == 0 { ". None validated" } else { "" };
        main.general(format!("{path:?} must validate all the schemas (allOf){none}"));
    }
}
