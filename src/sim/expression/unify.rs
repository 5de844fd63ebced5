//! Whether a type may stand where another one is asked for, and what that says of types that are not known yet. Follows
//! the checker of the Common Expression Language, whose messages depend on the order of these questions.

use super::types::Type;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of the types that were not known.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    types: BTreeMap<u32, Type>,
    next: u32,
}

impl Known {
    /// A type of which nothing is known.
    pub(super) fn fresh(&mut self) -> Type {
        self.next += 1;
        Type::Variable(self.next - 1)
    }

    /// Whether all of the first types fit the second ones; what follows from it is kept only where they do.
    pub(super) fn fit(&mut self, given: &[&Type], wanted: &[Type]) -> bool {
        let mut attempt = self.clone();
        let fits = given.len() == wanted.len()
            && given.iter().zip(wanted).all(|(given, wanted)| attempt.assignable(given, wanted));
        if fits {
            *self = attempt;
        }
        fits
    }

    fn assignable(&mut self, one: &Type, other: &Type) -> bool {
        if let Type::Variable(variable) = other {
            let (valid, bound) = self.substitutes(one, *variable);
            if valid || bound {
                return valid;
            }
        }
        if let Type::Variable(variable) = one {
            return self.substitutes(other, *variable).0;
        }
        if one.is_open() || other.is_open() {
            return true;
        }
        let nullable = |of: &Type| {
            matches!(
                of,
                Type::Null
                    | Type::Opaque(_)
                    | Type::Optional(_)
                    | Type::Object(_)
                    | Type::Duration
                    | Type::Timestamp
            )
        };
        match (one, other) {
            (Type::Null, other) => nullable(other),
            (one, Type::Null) => nullable(one),
            (Type::Kind(_), Type::Kind(_)) => true,
            (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => self.assignable(a, b),
            (Type::Map(a, x), Type::Map(b, y)) => self.assignable(a, b) && self.assignable(x, y),
            (Type::Object(a), Type::Object(b)) => a.name == b.name,
            (one, other) => one == other,
        }
    }

    /// Whether a type may stand for one that is not known, and whether something is known of that one.
    fn substitutes(&mut self, one: &Type, variable: u32) -> (bool, bool) {
        if *one == Type::Variable(variable) {
            return (true, true);
        }
        if let Some(bound) = self.types.get(&variable).cloned() {
            if *one == bound {
                return (true, true);
            }
            if self.assignable(one, &bound) {
                let general = general(one, &bound);
                if self.is_free_of(variable, &general) {
                    self.types.insert(variable, general);
                }
                return (true, true);
            }
            return (false, true);
        }
        let free = self.is_free_of(variable, one);
        if free {
            self.types.insert(variable, one.clone());
        }
        (free, false)
    }

    fn is_free_of(&self, variable: u32, within: &Type) -> bool {
        match within {
            Type::Variable(other) if *other == variable => false,
            Type::Variable(other) => self.types.get(other).is_none_or(|of| self.is_free_of(variable, of)),
            Type::List(of) | Type::Optional(of) | Type::Kind(Some(of)) => self.is_free_of(variable, of),
            Type::Map(key, value) => self.is_free_of(variable, key) && self.is_free_of(variable, value),
            _ => true,
        }
    }

    /// A type with everything put in that is known; what is not known is anything, where that is asked for.
    pub(super) fn resolve(&self, of: &Type, to_dyn: bool) -> Type {
        let inner = |of: &Arc<Type>| Arc::new(self.resolve(of, to_dyn));
        match of {
            Type::Variable(variable) => match self.types.get(variable) {
                Some(bound) => self.resolve(bound, to_dyn),
                None if to_dyn => Type::Dyn,
                None => of.clone(),
            },
            Type::List(of) => Type::List(inner(of)),
            Type::Optional(of) => Type::Optional(inner(of)),
            Type::Kind(Some(of)) => Type::Kind(Some(inner(of))),
            Type::Map(key, value) => Type::Map(inner(key), inner(value)),
            other => other.clone(),
        }
    }
}

/// The one of two types that fit each other which says less.
pub(super) fn general(one: &Type, other: &Type) -> Type {
    if says_less(one, other) { one.clone() } else { other.clone() }
}

fn says_less(one: &Type, other: &Type) -> bool {
    match (one, other) {
        (Type::Dyn | Type::Variable(_), _) => true,
        (_, Type::Dyn | Type::Variable(_)) => false,
        (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => says_less(a, b),
        (Type::Map(a, x), Type::Map(b, y)) => says_less(a, b) && says_less(x, y),
        (Type::Kind(_), Type::Kind(_)) => true,
        (one, other) => one == other,
    }
}
