//! How long and how deep an expression may be, told before it is read: reading follows its depth on the stack.

use super::syntax::{Complaint, Place};

/// The most characters of an expression.
const MOST_CHARACTERS: usize = 100_000;

/// How many parts of an expression may stand inside of each other.
pub(super) const DEEPEST: usize = 250;

/// How many operators in a row are read, to see how deep they stand.
const MOST_OPERATORS: usize = 2_000;

/// The stack on which an expression of any depth that is read can be read.
const STACK: usize = 128 * 1024 * 1024;

/// How deep an expression may be at most, by its brackets and by what stands between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Depth {
    brackets: usize,
    operators: usize,
}

impl Depth {
    fn of(text: &str) -> Depth {
        let mut deepest = Depth::default();
        // Operators since something that does not stand inside of them, for each bracket that is open.
        let mut open = vec![0_usize];
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let here = open.len() - 1;
            match c {
                '\'' | '"' => {
                    while chars
                        .next_if(|next| *next != c)
                        .is_some_and(|next| next != '\\' || chars.next().is_some())
                    {}
                }
                '(' | '[' | '{' => {
                    open[here] += 1;
                    open.push(0);
                }
                ')' | ']' | '}' if here > 0 => {
                    open.pop();
                }
                '&' | '|' | ',' => open[here] = 0,
                // The operator `in`, or a name with these letters, which does no harm.
                'i' if chars.peek() == Some(&'n') => open[here] += 1,
                '+' | '-' | '*' | '/' | '%' | '.' | '?' | '<' | '>' | '=' | '!' => open[here] += 1,
                _ => {}
            }
            // A text that ends has its closing mark still to come.
            if matches!(c, '\'' | '"') {
                chars.next();
            }
            let operators = open.iter().sum();
            deepest.brackets = deepest.brackets.max(open.len() - 1);
            deepest.operators = deepest.operators.max(operators);
        }
        deepest
    }

    /// Whether an ordinary stack will do.
    fn is_shallow(self) -> bool {
        self.brackets <= 8 && self.operators <= 64
    }
}

/// Has an expression read, with as much stack as that takes; refuses one that is too long or too deep.
pub(super) fn with_stack<T: Send>(
    text: &str,
    read: impl FnOnce() -> Result<T, Vec<Complaint>> + Send,
) -> Result<T, Vec<Complaint>> {
    let size = text.chars().count();
    if size > MOST_CHARACTERS {
        let limit = format!("size: {size}, limit {MOST_CHARACTERS}");
        return Err(nowhere(format!("expression code point size exceeds limit: {limit}")));
    }
    let depth = Depth::of(text);
    if depth.is_shallow() {
        return read();
    }
    if depth.brackets > DEEPEST {
        return Err(too_nested());
    }
    if depth.operators > MOST_OPERATORS {
        return Err(too_deep());
    }
    let reader = std::thread::Builder::new().stack_size(STACK);
    std::thread::scope(|scope| match reader.spawn_scoped(scope, read) {
        Ok(reader) => reader.join().unwrap_or_else(|_| Err(too_deep())),
        Err(_) => Err(too_deep()),
    })
}

/// What is said of an expression whose parts stand too deep inside of each other.
pub(super) fn too_deep() -> Vec<Complaint> {
    nowhere("max recursion depth exceeded".to_owned())
}

/// What is said of an expression with too many brackets inside of each other.
pub(super) fn too_nested() -> Vec<Complaint> {
    nowhere(format!("expression recursion limit exceeded: {DEEPEST}"))
}

fn nowhere(message: String) -> Vec<Complaint> {
    vec![Complaint { place: Place::Nowhere, message }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_texts() {
        let cases = [
            ("1 + 2 + 3", (0, 2)),
            ("a.b(c.d, e.f)", (1, 3)),
            ("'((((' + \"a\\\"+++\" + '\\'...'", (0, 2)),
            ("[[1], [2]]", (2, 2)),
            ("a.b == 1 && c.d == 2", (0, 3)),
            ("a in b ? 1 : c ? 2 : 3", (0, 3)),
        ];
        for (text, (brackets, operators)) in cases {
            assert_eq!(Depth::of(text), Depth { brackets, operators }, "{text}");
        }
    }
}
