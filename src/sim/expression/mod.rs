//! Expressions of the Common Expression Language as Kubernetes 1.36 has them: rules of schemas, conditions of webhooks,
//! admission policies. Says whether an expression may be written, in kube-apiserver's words where it may not, and what
//! it makes of values. What is done with that is the matter of those who ask.

mod admission;
mod check;
mod compare;
mod depth;
mod device;
mod estimate;
mod evaluate;
mod functions;
mod node;
mod signatures;
mod syntax;
mod typing;
mod unify;
mod value;
mod walk;

#[cfg(test)]
mod tests;

pub(in crate::sim) use admission::Sight;
pub(in crate::sim) use device::{Unfit, chooses_devices};
pub(in crate::sim) use estimate::{Extents, Step};
pub(in crate::sim) use functions::{Check, Decision, duration, timestamp};
pub(in crate::sim) use typing::{ObjectType, Type};
pub(in crate::sim) use value::{Key, List, ListKind, Map, Value};

use node::Node;
use std::sync::Arc;
use syntax::{Complaint, Place};

/// The type of the authorizer, which expressions may ask who may do what.
pub(in crate::sim) const AUTHORIZER: Type = Type::Opaque("kubernetes.authorization.Authorizer");

/// The type of a question to the authorizer that is about one resource.
pub(in crate::sim) const RESOURCE_CHECK: Type = Type::Opaque("kubernetes.authorization.ResourceCheck");

/// A value that may be missing.
pub(in crate::sim) fn maybe(value: Option<Value>) -> Value {
    Value::optional(value)
}

/// The words that expressions keep for themselves. A field that is called like one is `__namespace__`, and as a field of
/// something `namespace` does too.
pub(in crate::sim) const RESERVED: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The other name of a field that is called like a reserved word.
fn kept(field: &str) -> Option<String> {
    RESERVED.contains(&field).then(|| format!("__{field}__"))
}

/// What one evaluation may cost in kube-apiserver.
pub(in crate::sim) const LIMIT_OF_ONE: u64 = 1_000_000;

/// An expression that makes sense.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Expression {
    node: Arc<Node>,
    /// The types of its parts by their numbers.
    types: Arc<[Type]>,
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
    fn overload() -> Failure {
        Failure::said("no such overload")
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
            let mut told: Vec<((usize, usize), String)> =
                wrong.iter().map(|complaint| (complaint.place(text), complaint.shown(text))).collect();
            told.sort_by_key(|(place, _)| *place);
            told.into_iter().map(|(_, told)| told).collect::<Vec<_>>().join("\n")
        };
        let node = syntax::read(text).map_err(told)?;
        let types = check::check(&node, variables).map_err(told)?;
        let of = types.get(node.id).cloned().unwrap_or(Type::Dyn);
        Ok(Expression { node: Arc::new(node), types: types.into(), of })
    }

    /// What it makes of these variables within a limit, and what that cost.
    pub(in crate::sim) fn evaluate(
        &self,
        bindings: &Bindings<'_>,
        limit: u64,
    ) -> (Result<Value, Failure>, u64) {
        evaluate::evaluate(&self.node, bindings, limit)
    }

    /// What it costs at most to evaluate it about values that are as large as they may be.
    pub(in crate::sim) fn most(&self, extents: &dyn Extents) -> u64 {
        estimate::most(&self.node, &self.types, extents)
    }

    /// What is wrong with a conversion of something that is written down, which kube-apiserver carries out at once.
    pub(in crate::sim) fn unfit_constant(&self) -> Option<Failure> {
        self.node.unfit_constant()
    }

    /// Whether it names a variable.
    pub(in crate::sim) fn names(&self, variable: &str) -> bool {
        self.node.names(variable)
    }
}

impl Complaint {
    /// Line and column, from 1.
    fn place(&self, text: &str) -> (usize, usize) {
        match self.place {
            Place::Line(line, column) => (line, column),
            Place::Nowhere => (0, 0),
            Place::Offset(offset) => {
                let before = text.get(..offset as usize).unwrap_or(text);
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
                (before.matches('\n').count() + 1, column + 1)
            }
        }
    }

    /// The message with the line that it is about, and a mark below what it is about.
    fn shown(&self, text: &str) -> String {
        let (line, column) = self.place(text);
        if matches!(self.place, Place::Nowhere) {
            return format!("ERROR: <input>:-1:0: {}", self.message);
        }
        if text.is_empty() {
            return format!("ERROR: <input>:1:0: {}", self.message);
        }
        let shown = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
        // What is not ASCII is taken to be twice as wide.
        let wide = |c: &char| !c.is_ascii();
        let before = shown.chars().take(column.saturating_sub(1));
        let dots: String = before.map(|c| if wide(&c) { '．' } else { '.' }).collect();
        let mark =
            if shown.chars().nth(column.saturating_sub(1)).is_some_and(|c| wide(&c)) { '＾' } else { '^' };
        format!("ERROR: <input>:{line}:{column}: {}\n | {shown}\n | {dots}{mark}", self.message)
    }
}
