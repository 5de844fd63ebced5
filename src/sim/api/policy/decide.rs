//! What one policy says of a call: its conditions, its variables, its validations and the annotations that it would
//! have audited.

use crate::sim::api::seen::{Conditions, RAN_OUT, Seen, Stop, evaluated};
use crate::sim::expression::{Bindings, Sight, Type, Value};
use crate::sim::look::{list, text};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What all validations of a policy together may cost.
const LIMIT: u64 = 10_000_000;

/// The longest message that an expression may make.
const LONGEST_MESSAGE: usize = 5 * 1024;

/// What a policy has against a call.
pub(super) struct Denial {
    pub(super) message: String,
    /// The reason of the status that says so.
    pub(super) reason: &'static str,
}

impl Denial {
    /// One for which the policy gives no reason.
    pub(super) fn invalid(message: String) -> Denial {
        Denial { message, reason: "Invalid" }
    }
}

/// What a policy says.
#[derive(Default)]
pub(super) struct Said {
    /// What its binding decides about.
    pub(super) denials: Vec<Denial>,
    /// What refuses the call whatever its binding says.
    pub(super) failed: Vec<Denial>,
}

/// Asks a policy about a call.
pub(super) fn decide(policy: &Json, seen: &Seen<'_>) -> Said {
    let mut said = Said::default();
    let fails_open = policy["failurePolicy"] == "Ignore";
    match Conditions::of(policy).hold(seen) {
        Ok(true) => {}
        Ok(false) => return said,
        Err(_) if fails_open => return said,
        Err(why) => {
            said.denials.push(Denial::invalid(why));
            return said;
        }
    }
    seen.look(|bindings| {
        let mut sight = Sight { params: seen.has_params(), authorizer: true, variables: None };
        let mut left = LIMIT;
        let bindings = with_variables(policy, &mut sight, bindings, &mut left);
        let asked = Asked { policy, sight, bindings, fails_open };
        asked.validations(&mut left, &mut said.denials);
        asked.annotations(&mut said.failed);
    });
    said
}

/// The variables of a policy. One that cannot be evaluated is an error for whoever reads it.
fn with_variables<'a>(
    policy: &Json,
    sight: &mut Sight,
    bindings: Bindings<'a>,
    left: &mut u64,
) -> Bindings<'a> {
    let variables = list(policy, "/variables");
    if variables.is_empty() {
        return bindings;
    }
    let (mut types, mut values): (BTreeMap<String, Type>, BTreeMap<String, Value>) = Default::default();
    for variable in variables {
        let (name, expression) = (text(variable, "/name"), text(variable, "/expression"));
        sight.variables = Some(types.clone());
        let of = sight.compile(expression, &[]).map_or(Type::Dyn, |compiled| compiled.of);
        let known = bindings.clone().with("variables", Value::map(values.clone()));
        let value = match evaluated(expression, sight, &[], &known, left) {
            Ok(value) => value,
            Err(stop) => {
                let why = match stop {
                    Stop::Failed(why) => why,
                    Stop::RanOut => RAN_OUT.to_owned(),
                };
                let prefix = format!("expression '{expression}' resulted in error: ");
                let why = why.strip_prefix(&prefix).unwrap_or(&why);
                Value::Unfit(format!("composited variable {name:?} fails to evaluate: {why}").into())
            }
        };
        types.insert(name.to_owned(), of);
        values.insert(name.to_owned(), value);
    }
    sight.variables = Some(types);
    bindings.with("variables", Value::map(values))
}

struct Asked<'a> {
    policy: &'a Json,
    sight: Sight,
    bindings: Bindings<'a>,
    fails_open: bool,
}

impl Asked<'_> {
    fn validations(&self, left: &mut u64, denials: &mut Vec<Denial>) {
        for validation in list(self.policy, "/validations") {
            let expression = text(validation, "/expression");
            let failed = match evaluated(expression, &self.sight, &[Type::Bool], &self.bindings, left) {
                Ok(Value::Bool(true)) => continue,
                Ok(_) => {
                    denials.push(self.denial(validation, left));
                    continue;
                }
                Err(Stop::Failed(why)) => why,
                Err(Stop::RanOut) => {
                    if !self.fails_open {
                        *denials = vec![Denial::invalid(RAN_OUT.to_owned())];
                    }
                    return;
                }
            };
            if !self.fails_open {
                denials.push(Denial::invalid(failed));
            }
        }
    }

    fn denial(&self, validation: &Json, left: &mut u64) -> Denial {
        let made = match text(validation, "/messageExpression") {
            "" => None,
            told => {
                let sight = Sight { authorizer: false, ..self.sight.clone() };
                match evaluated(told, &sight, &[Type::String], &self.bindings, left) {
                    Ok(Value::String(told)) => Some(told.trim().to_owned()),
                    Ok(_) | Err(Stop::Failed(_) | Stop::RanOut) => None,
                }
            }
        };
        let fit = |told: &String| !told.is_empty() && !told.contains('\n') && told.len() <= LONGEST_MESSAGE;
        let message = made.filter(fit).unwrap_or_else(|| match text(validation, "/message").trim() {
            "" => format!("failed expression: {}", text(validation, "/expression").trim()),
            message => message.to_owned(),
        });
        let reason = match text(validation, "/reason") {
            "Forbidden" => "Forbidden",
            "RequestEntityTooLarge" => "RequestEntityTooLarge",
            _ => "Invalid",
        };
        Denial { message, reason }
    }

    /// Annotations that cannot be made refuse the call; those that can are seen by no client.
    fn annotations(&self, failed: &mut Vec<Denial>) {
        let mut left = LIMIT;
        for annotation in list(self.policy, "/auditAnnotations") {
            let expression = text(annotation, "/valueExpression").trim();
            let wanted = [Type::String, Type::Null];
            let why = match evaluated(expression, &self.sight, &wanted, &self.bindings, &mut left) {
                Ok(_) => continue,
                Err(Stop::Failed(why)) => why,
                Err(Stop::RanOut) => RAN_OUT.to_owned(),
            };
            if !self.fails_open {
                failed.push(Denial::invalid(why));
            }
        }
    }
}
