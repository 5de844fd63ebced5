//! What a call costs at most, from how large its arguments can be.

use crate::sim::expression::estimate::{Part, Size};
use crate::sim::expression::node::{Kind, Node};
use crate::sim::expression::typing::Type;
use crate::sim::expression::value::Value;

/// A call whose arguments are estimated.
pub(in crate::sim::expression) struct Called<'a> {
    pub(in crate::sim::expression) name: &'a str,
    pub(in crate::sim::expression) method: bool,
    /// The target, where there is one.
    pub(in crate::sim::expression) on: Option<&'a Part>,
    pub(in crate::sim::expression) args: &'a [Part],
    /// The types of target and arguments.
    pub(in crate::sim::expression) types: &'a [&'a Type],
    /// What the target holds, where it is a list: the size of its items, where they are texts.
    pub(in crate::sim::expression) element: Option<Option<Size>>,
    pub(in crate::sim::expression) nodes: &'a [Node],
}

const ONE: (u64, Option<Size>) = (1, None);

impl Called<'_> {
    /// The most that it costs beside its arguments, and how large what it makes can be.
    pub(in crate::sim::expression) fn estimate(&self) -> (u64, Option<Size>) {
        let arg = |index: usize| self.args.get(index).map_or(Size::UNKNOWN, Part::size);
        let on = self.on.map_or(Size::UNKNOWN, Part::size);
        let tenth = |size: Size| factor(size.max, 0.1);
        match (self.name, self.method) {
            ("check", true) => (350_000, None),
            ("isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf", true) => {
                (self.traversal(on), None)
            }
            ("url", false) => (tenth(arg(0)), Some(arg(0))),
            ("lowerAscii" | "upperAscii" | "substring" | "trim", true) => (tenth(on), Some(on)),
            ("replace", true) => (factor(on.max, 0.2), Some(replaced(on, arg(0), arg(1)))),
            ("split", true) => {
                let most = match self.nodes.get(1).map(|node| &node.kind) {
                    Some(Kind::Literal(Value::Int(most))) => u64::try_from(*most).unwrap_or(u64::MAX),
                    _ => on.max,
                };
                (factor(on.max, 0.2), Some(Size { min: 0, max: most }))
            }
            ("join", true) => {
                let items = self.element.flatten().map_or(Size::fixed(0), |each| on.times(each));
                let between = Size { min: on.min.saturating_sub(1), max: on.max.saturating_sub(1) };
                let made = if self.args.is_empty() { items } else { items.plus(arg(0).times(between)) };
                (tenth(made), Some(made))
            }
            ("matches", method) => {
                let (text, pattern) = if method { (on, arg(0)) } else { (arg(0), arg(1)) };
                // Only the method is told from what costs nothing much.
                (if method { searched(text, pattern) } else { 1 }, None)
            }
            ("find" | "findAll", true) => (searched(on, arg(0)), Some(Size { min: 0, max: on.max })),
            ("cidr" | "isIP" | "isCIDR" | "quantity" | "isQuantity" | "semver" | "isSemver", false) => {
                (tenth(arg(0)), None)
            }
            ("ip", false) => (tenth(arg(0)), None),
            ("ip.isCanonical", _) => (factor(arg(0).max, 0.2), None),
            ("containsIP", true) => (4_u64.saturating_add(self.parsed(arg(0))), None),
            ("containsCIDR", true) => (7_u64.saturating_add(self.parsed(arg(0))), None),
            ("validate", true) => (tenth(arg(0)).saturating_mul(32), None),
            ("format", true) => (tenth(on), None),
            ("strings.quote", _) => {
                let size = arg(0);
                (
                    tenth(size),
                    Some(Size { min: size.min + 2, max: size.max.saturating_mul(2).saturating_add(2) }),
                )
            }
            ("bytes", false) if self.is(0, &Type::String) => {
                (tenth(arg(0)), Some(Size { max: arg(0).max.saturating_mul(4), ..arg(0) }))
            }
            ("string", false) if self.is(0, &Type::Bytes) => {
                (tenth(arg(0)), Some(Size { min: arg(0).min / 4, ..arg(0) }))
            }
            ("startsWith" | "endsWith", true) => (tenth(arg(0)), None),
            ("contains", true) => (tenth(on).saturating_mul(tenth(arg(0))), None),
            ("@in", _) if matches!(self.types.get(1), Some(Type::List(_))) => (arg(1).max, None),
            ("_==_" | "_!=_", _) => self.equality(arg(0), arg(1)),
            ("_<_" | "_<=_" | "_>_" | "_>=_", _) if self.is_text() => {
                (tenth(Size { min: 0, max: arg(0).max.min(arg(1).max) }), None)
            }
            ("_+_", _) if self.is_text() => {
                let made = arg(0).plus(arg(1));
                (tenth(made), Some(made))
            }
            ("_+_", _) if self.types.iter().any(|of| matches!(of, Type::List(_))) => {
                (1, Some(arg(0).plus(arg(1))))
            }
            _ => ONE,
        }
    }

    fn is(&self, index: usize, of: &Type) -> bool {
        self.types.get(index).is_some_and(|given| *given == of || **given == Type::Dyn)
    }

    /// Whether an operator is, or may be, about texts.
    fn is_text(&self) -> bool {
        let text = |of: &&&Type| matches!(**of, Type::String | Type::Bytes);
        let others = self.types.iter().filter(|of| ***of != Type::Dyn && !text(of)).count();
        others == 0
    }

    /// The cost of reading an argument that is a text.
    fn parsed(&self, arg: Size) -> u64 {
        if self.types.get(1).is_some_and(|of| **of == Type::String) { factor(arg.max, 0.1) } else { 0 }
    }

    fn equality(&self, one: Size, other: Size) -> (u64, Option<Size>) {
        match self.types {
            [Type::Opaque(a), Type::Opaque(b)] if a == b => ONE,
            _ => (factor(one.max.min(other.max), 0.1), None),
        }
    }

    /// The cost of looking at every item of a list, or at all of a text.
    fn traversal(&self, on: Size) -> u64 {
        match self.element {
            None => factor(on.max, 0.1),
            Some(None) => on.max,
            Some(Some(each)) => on.max.saturating_mul(factor(each.max, 0.1).saturating_add(1)),
        }
    }
}

/// A size times a factor, rounded up.
fn factor(size: u64, by: f64) -> u64 {
    let made = (size as f64 * by).ceil();
    if made >= 18_446_744_073_709_551_616.0 { u64::MAX } else { made as u64 }
}

/// The cost of looking for a pattern.
fn searched(text: Size, pattern: Size) -> u64 {
    factor(text.max.saturating_add(1), 0.1).saturating_mul(factor(pattern.max, 0.25))
}

/// The size of a text in which parts are replaced.
fn replaced(text: Size, part: Size, with: Size) -> Size {
    let (most, kept) = if part.min == 0 {
        (text.max.saturating_add(1), text.max)
    } else if with.max <= part.min {
        (0, text.max)
    } else {
        (text.max.div_ceil(part.min), 0)
    };
    let (least, held) = if part.max == 0 {
        (text.min.saturating_add(1), text.min)
    } else if part.max <= with.min {
        (0, text.min)
    } else {
        (text.min.div_ceil(part.max), 0)
    };
    Size { min: least, max: most }.times(with).plus(Size { min: held, max: kept })
}
