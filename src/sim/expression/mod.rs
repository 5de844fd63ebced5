//! Expressions of the Common Expression Language as Kubernetes 1.36 has them: rules of schemas, conditions of webhooks,
//! admission policies. Says whether an expression may be written, in kube-apiserver's words where it may not, and what
//! it makes of values. What is done with that is the matter of those who ask.

mod check;
mod evaluate;
mod functions;
mod signatures;
mod syntax;
mod types;
mod unify;
mod value;

#[cfg(test)]
mod tests;

pub(in crate::sim) use functions::{Check, Decision, duration, timestamp};
pub(in crate::sim) use types::{ObjectType, Type};
pub(in crate::sim) use value::{Key, List, ListKind, Map, Value};

use std::sync::Arc;
use syntax::{Complaint, Node, Place};

/// The type of the authorizer, which expressions may ask who may do what.
pub(in crate::sim) const AUTHORIZER: Type = Type::Opaque("kubernetes.authorization.Authorizer");

/// The type of a question to the authorizer that is about one resource.
pub(in crate::sim) const RESOURCE_CHECK: Type = Type::Opaque("kubernetes.authorization.ResourceCheck");

/// What one evaluation may cost in kube-apiserver.
pub(in crate::sim) const LIMIT_OF_ONE: u64 = 1_000_000;

/// An expression that makes sense.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Expression {
    node: Arc<Node>,
    /// The type of what it makes.
    pub(in crate::sim) of: Type,
}

/// Why an expression made nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::sim) enum Failure {
    /// It went wrong: `no such key: spec`, `division by zero`.
    #[error("{0}")]
    Said(String),
    /// It cost more than it may.
    #[error("operation cancelled: actual cost limit exceeded")]
    Exhausted,
}

impl Failure {
    fn said(why: impl Into<String>) -> Failure {
        Failure::Said(why.into())
    }

    /// No function of that name takes these arguments.
    fn overload(name: &str, args: &[Value]) -> Failure {
        let types: Vec<&str> = args.iter().map(Value::type_name).collect();
        Failure::Said(format!("no such overload: {name}({})", types.join(", ")))
    }
}

/// Who answers what an expression asks the authorizer: whether a verb is allowed.
pub(in crate::sim) type Authorizer<'a> = &'a dyn Fn(&Check, &str) -> Decision;

/// What the variables of an expression stand for.
#[derive(Clone, Default)]
pub(in crate::sim) struct Bindings<'a> {
    variables: Vec<(&'static str, Value)>,
    authorizer: Option<Authorizer<'a>>,
}

impl<'a> Bindings<'a> {
    /// The same, and one variable more.
    #[must_use]
    pub(in crate::sim) fn with(mut self, name: &'static str, value: Value) -> Bindings<'a> {
        self.variables.push((name, value));
        self
    }

    /// The same, and somebody who answers for the authorizer.
    #[must_use]
    pub(in crate::sim) fn authorized_by(self, authorizer: Authorizer<'a>) -> Bindings<'a> {
        Bindings { authorizer: Some(authorizer), ..self }
    }

    fn find(&self, name: &str) -> Option<&Value> {
        self.variables.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl Expression {
    /// Reads an expression and checks it; `Err` with all that is wrong, in the words and the form of kube-apiserver.
    pub(in crate::sim) fn compile(text: &str, variables: &[(&str, Type)]) -> Result<Expression, String> {
        let told = |wrong: Vec<Complaint>| {
            let told: Vec<String> = wrong.iter().map(|complaint| complaint.shown(text)).collect();
            told.join("\n")
        };
        let node = syntax::read(text).map_err(told)?;
        let of = check::check(&node, variables).map_err(told)?;
        Ok(Expression { node: Arc::new(node), of })
    }

    /// What it makes of these variables within a limit, and what that cost.
    pub(in crate::sim) fn evaluate(&self, bindings: &Bindings<'_>, limit: u64) -> (Result<Value, Failure>, u64) {
        evaluate::evaluate(&self.node, bindings, limit)
    }

    /// Whether it names a variable.
    pub(in crate::sim) fn names(&self, variable: &str) -> bool {
        self.node.names(variable)
    }
}

impl Complaint {
    /// The message with the line that it is about, and a mark below what it is about.
    fn shown(&self, text: &str) -> String {
        let (line, column) = match self.place {
            Place::Line(line, column) => (line, column),
            Place::Offset(offset) => {
                let before = text.get(..offset as usize).unwrap_or(text);
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
                (before.matches('\n').count() + 1, column + 1)
            }
        };
        let shown = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
        let dots = ".".repeat(column.saturating_sub(1));
        format!("ERROR: <input>:{line}:{column}: {}\n | {shown}\n | {dots}^", self.message)
    }
}
