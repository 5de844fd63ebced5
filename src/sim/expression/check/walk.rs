//! The types of walks: what they go over, what their names stand for, and what they make.

use super::super::node::{Fold, FoldKind, Node};
use super::super::typing::Type;
use super::Checker;
use std::sync::Arc;

impl Checker<'_> {
    pub(super) fn fold(&mut self, at: u32, fold: &Fold) -> Type {
        let range = self.check(&fold.range);
        let range = self.known.resolve(&range, false);
        let (first, second) = match &range {
            Type::List(of) => match fold.second {
                Some(_) => (Type::Int, (**of).clone()),
                None => ((**of).clone(), Type::Dyn),
            },
            Type::Map(key, value) => ((**key).clone(), (**value).clone()),
            Type::Dyn | Type::Error | Type::Variable(_) => {
                self.known.fit(&[&Type::Dyn], std::slice::from_ref(&range));
                (Type::Dyn, Type::Dyn)
            }
            other => {
                let why = "cannot be range of a comprehension (must be list, map, or dynamic)";
                self.complain(fold.range.at, format!("expression of type '{other}' {why}"));
                (Type::Error, Type::Error)
            }
        };
        let depth = self.scopes.len();
        self.scopes.push((fold.name.clone(), first.clone()));
        if let Some(name) = &fold.second {
            self.scopes.push((name.clone(), second));
        }
        let condition = fold.filter.as_ref().map(|filter| self.check(filter));
        let body = self.check(&fold.body);
        self.scopes.truncate(depth);
        let made = self.folded(at, fold, first, body);
        if let Some(of) = condition {
            self.conditional(at, &of, &made);
        }
        made
    }

    /// The type of a walk whose body is of this type.
    fn folded(&mut self, at: u32, fold: &Fold, first: Type, body: Type) -> Type {
        match fold.kind {
            FoldKind::All | FoldKind::Exists => {
                self.expect(fold.body.at, &Type::Bool, &body);
                Type::Bool
            }
            FoldKind::ExistsOne => {
                self.conditional(at, &body, &Type::Int);
                Type::Bool
            }
            FoldKind::Filter => {
                let made = Type::list(self.known.resolve(&first, false));
                self.conditional(at, &body, &made);
                made
            }
            FoldKind::Map => Type::list(self.known.resolve(&body, false)),
            FoldKind::Values => Type::Map(Arc::new(first), Arc::new(self.known.resolve(&body, false))),
            FoldKind::Entries => match self.known.resolve(&body, false) {
                of @ (Type::Map(..) | Type::Dyn | Type::Error) => of,
                of => {
                    let wanted = Type::Map(Arc::new(Type::Dyn), Arc::new(Type::Dyn));
                    self.expect(fold.body.at, &wanted, &of);
                    Type::Error
                }
            },
        }
    }

    /// A condition inside of a walk is the first part of a `?:`, and is told as one.
    fn conditional(&mut self, at: u32, of: &Type, made: &Type) {
        if !self.known.fit(&[of], &[Type::Bool]) {
            let (of, made) = (self.known.resolve(of, true), self.known.resolve(made, true));
            self.complain(
                at,
                format!("found no matching overload for '_?_:_' applied to '({of}, {made}, {made})'"),
            );
        }
    }

    pub(super) fn optional(&mut self, target: &Node, name: &Arc<str>, body: &Node, flat: bool) -> Type {
        let of = self.check(target);
        let inner = self.known.fresh();
        if !self.known.fit(&[&of], &[Type::optional(inner.clone())]) {
            let of = self.known.resolve(&of, true);
            let told = format!("found no matching overload for 'hasValue' applied to '{of}.()'");
            self.complain(target.at, told);
        }
        let inner = self.known.resolve(&inner, false);
        self.scopes.push((name.clone(), inner));
        let made = self.check(body);
        self.scopes.pop();
        let made = self.known.resolve(&made, false);
        if !flat {
            return Type::optional(made);
        }
        let wanted = Type::optional(self.known.fresh());
        if !self.known.fit(&[&made], std::slice::from_ref(&wanted)) {
            let told = format!(
                "found no matching overload for '_?_:_' applied to '(bool, {made}, optional_type(dyn))'"
            );
            self.complain(body.at, told);
        }
        made
    }
}
