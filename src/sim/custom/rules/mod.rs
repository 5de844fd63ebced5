//! The rules of a schema that are written as expressions (`x-kubernetes-validations`): what they may name, whether they
//! make sense, and what they say of an object. What expressions are is `expression`'s matter.

mod ask;
mod declare;
mod define;
mod extent;
mod field;
mod judge;
mod ratchet;
mod value;

pub(super) use define::check;
pub(super) use field::find as field_path;
pub(in crate::sim) use judge::Judgement;
pub(super) use judge::{judge, of_default};

use super::schema::{Additional, Schema};
use crate::sim::expression::{Expression, Type};
use crate::sim::look::{is_true, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// The keyword under which rules stand.
const KEYWORD: &str = "x-kubernetes-validations";

/// The rules of a schema and of the schemas in it that have any, compiled.
#[derive(Debug)]
pub(super) struct Rules {
    /// Whether the value is a whole object, with kind, version and metadata.
    whole: bool,
    own: Vec<Rule>,
    items: Option<Box<Rules>>,
    additional: Option<Box<Rules>>,
    properties: BTreeMap<String, Rules>,
}

/// One rule.
#[derive(Debug)]
struct Rule {
    document: Value,
    /// What must hold; `Err` with what is wrong with it.
    rule: Result<Expression, String>,
    /// What is said where it does not hold.
    message: Option<Result<Expression, String>>,
    /// Whether it compares with the value before.
    transition: bool,
    /// Whether it is asked where there is no value before, too.
    optional: bool,
    /// The field below that it is about.
    field: Option<String>,
}

impl Rules {
    /// The rules of the schema of whole objects; `None` where it has none.
    pub(super) fn of(schema: Schema<'_>) -> Option<Rules> {
        if is_there(schema) { Rules::compile(schema, true) } else { None }
    }

    fn compile(schema: Schema<'_>, whole: bool) -> Option<Rules> {
        let inner = |schema: Schema<'_>| Rules::compile(schema, schema.embedded());
        let items = schema.items().and_then(inner).map(Box::new);
        let additional = match schema.additional() {
            Some(Additional::Of(of)) => inner(of).map(Box::new),
            Some(Additional::Allowed(_)) | None => None,
        };
        let properties: BTreeMap<String, Rules> =
            schema.properties().filter_map(|(name, of)| Some((name.clone(), inner(of)?))).collect();
        let rules = schema.list(KEYWORD);
        let of = if rules.is_empty() { None } else { declare::declare(schema, whole, declare::SELF) };
        let own: Vec<Rule> =
            of.iter().flat_map(|of| rules.iter().map(|rule| Rule::compile(rule, schema, of))).collect();
        let some = !own.is_empty() || items.is_some() || additional.is_some() || !properties.is_empty();
        some.then_some(Rules { whole, own, items, additional, properties })
    }
}

/// Whether a schema has rules anywhere.
fn is_there(schema: Schema<'_>) -> bool {
    let additional = match schema.additional() {
        Some(Additional::Of(of)) => Some(of),
        Some(Additional::Allowed(_)) | None => None,
    };
    let inner = schema.properties().map(|(_, of)| of).chain(schema.items()).chain(additional);
    !schema.list(KEYWORD).is_empty() || inner.into_iter().any(is_there)
}

impl Rule {
    fn compile(document: &Value, schema: Schema<'_>, of: &Type) -> Rule {
        let optional = is_true(document, "/optionalOldSelf");
        let before = if optional { Type::optional(of.clone()) } else { of.clone() };
        let variables = [("self", of.clone()), ("oldSelf", before)];
        let rule = Expression::compile(text(document, "/rule"), &variables);
        let rule = rule.map_err(|why| format!("compilation failed: {why}")).and_then(|rule| match rule.of {
            Type::Bool => match rule.unfit_constant() {
                None => Ok(rule),
                Some(why) => Err(format!("program instantiation failed: {why}")),
            },
            _ => Err("cel expression must evaluate to a bool".to_owned()),
        });
        let told = text(document, "/messageExpression");
        let message = (!told.is_empty() && rule.is_ok()).then(|| {
            let told = Expression::compile(told, &variables);
            told.map_err(|why| format!("messageExpression compilation failed: {why}")).and_then(|told| {
                match told.of {
                    Type::String => match told.unfit_constant() {
                        None => Ok(told),
                        Some(why) => Err(format!("messageExpression instantiation failed: {why}")),
                    },
                    _ => Err("messageExpression must evaluate to a string".to_owned()),
                }
            })
        });
        let path = text(document, "/fieldPath");
        let field = if path.is_empty() { None } else { field::find(schema, path).ok() };
        Rule {
            transition: rule.as_ref().is_ok_and(|rule| rule.names("oldSelf")),
            document: document.clone(),
            rule,
            message,
            optional,
            field,
        }
    }
}
