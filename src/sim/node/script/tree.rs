//! The syntax tree of a shell script, and what can be said of a piece of it without running it. How it is read is
//! `parse`'s matter.

use super::words::Word;

/// A piece of script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A command with its assignments and redirections.
    Simple(Simple),
    /// `a; b`.
    Sequence(Vec<Node>),
    /// `a && b`.
    And(Box<Node>, Box<Node>),
    /// `a || b`.
    Or(Box<Node>, Box<Node>),
    /// `! a`.
    Not(Box<Node>),
    /// `a | b`.
    Pipe(Vec<Node>),
    /// `a &`.
    Background(Box<Node>),
    /// `( a )`.
    Subshell(Box<Node>),
    /// `while a; do b; done`; `until` where `negated`.
    While {
        /// What is asked before each round.
        condition: Box<Node>,
        /// What a round does.
        body: Box<Node>,
        /// Whether the loop ends when the condition holds.
        negated: bool,
    },
    /// `for x in a b; do c; done`.
    For {
        /// The variable.
        variable: String,
        /// Its values.
        values: Vec<Word>,
        /// What a round does.
        body: Box<Node>,
    },
    /// `if a; then b; else c; fi`.
    If(Box<Node>, Box<Node>, Option<Box<Node>>),
    /// `case a in b) c ;; esac`.
    Case(Word, Vec<(Vec<Word>, Node)>),
    /// `name() { a; }`.
    Define(String, Box<Node>),
    /// `{ a; } > file`: anything but a simple command, with its redirections.
    Redirected(Box<Node>, Vec<(String, Word)>),
}

impl Node {
    /// Whether it is a condition that cannot fail.
    pub(super) fn always(&self) -> bool {
        match self {
            Node::Simple(simple) => {
                matches!(simple.words.as_slice(), [word] if matches!(word.bare(), Some("true" | ":")))
            }
            Node::Sequence(nodes) => nodes.len() == 1 && nodes[0].always(),
            Node::And(..)
            | Node::Or(..)
            | Node::Not(_)
            | Node::Pipe(_)
            | Node::Background(_)
            | Node::Subshell(_)
            | Node::While { .. }
            | Node::For { .. }
            | Node::If(..)
            | Node::Case(..)
            | Node::Define(..)
            | Node::Redirected(..) => false,
        }
    }

    /// Whether something in it may leave the loop or the shell; functions count, as what they do is not looked into.
    pub(super) fn leaves(&self) -> bool {
        const INNOCENT: [&str; 11] =
            ["[", "cat", "continue", "date", "echo", "printf", "sleep", "test", "touch", "true", "wget"];
        match self {
            Node::Simple(simple) => simple
                .words
                .first()
                .is_some_and(|word| word.bare().is_none_or(|name| !INNOCENT.contains(&name))),
            Node::Sequence(nodes) | Node::Pipe(nodes) => nodes.iter().any(Node::leaves),
            Node::And(left, right) | Node::Or(left, right) => left.leaves() || right.leaves(),
            Node::Not(inner)
            | Node::Background(inner)
            | Node::Subshell(inner)
            | Node::Redirected(inner, _) => inner.leaves(),
            Node::While { condition, body, .. } => condition.leaves() || body.leaves(),
            Node::For { body, .. } => body.leaves(),
            Node::If(condition, then, otherwise) => {
                condition.leaves() || then.leaves() || otherwise.as_ref().is_some_and(|node| node.leaves())
            }
            Node::Case(_, arms) => arms.iter().any(|(_, node)| node.leaves()),
            Node::Define(..) => true,
        }
    }
}

/// A command with its assignments and redirections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Simple {
    /// `NAME=value` before the command.
    pub(super) assignments: Vec<(String, Word)>,
    /// The command and its arguments.
    pub(super) words: Vec<Word>,
    /// Operator and target: `(">", word)`.
    pub(super) redirections: Vec<(String, Word)>,
}
