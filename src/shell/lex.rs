//! From text to tokens: operators, ends of lines (the bodies of heredocs belong to the end of the line that begins them),
//! comments, and words, which `word` reads.

use super::word::{hole, skip_parens};
use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Operator,
    Newline,
    Comment,
}

/// A piece of the text.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) bytes: Range<usize>,
    /// A word without its quotes; other tokens as they stand.
    pub(super) text: String,
    /// The scripts inside of it: `$(…)`, backticks, `<(…)`.
    pub(super) inner: Vec<Range<usize>>,
}

/// The tokens of a text, and inside of what it ends, and where that begins.
#[derive(Debug, Default)]
pub(super) struct Lexed {
    pub(super) tokens: Vec<Token>,
    pub(super) open: Option<(usize, Inside)>,
}

/// What a text ends inside of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// A quote or backtick.
    Quote(char),
    /// A heredoc, which this line would end.
    Heredoc(String),
    /// `(` or `{`.
    Bracket(char),
}

/// Longest first.
const OPERATORS: [&str; 19] = [
    "<<<", "<<-", "&>>", "&&", "||", ";;", "|&", "<<", ">>", "<&", ">&", "&>", ">|", ";", "&", "|", "(", ")",
    "<",
];

pub(super) fn lex(text: &str) -> Lexed {
    Lexer { text, at: 0, heredocs: Vec::new(), awaits: None, lexed: Lexed::default() }.run()
}

pub(super) struct Lexer<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// Heredocs whose bodies begin with the next line: where each begins, the word that ends it, and whether tabs before it
    /// count.
    pub(super) heredocs: Vec<(usize, String, bool)>,
    /// The next word names the end of a heredoc, which begins there.
    pub(super) awaits: Option<(usize, bool)>,
    pub(super) lexed: Lexed,
}

impl<'a> Lexer<'a> {
    fn run(mut self) -> Lexed {
        while let Some(c) = self.peek() {
            let from = self.at;
            match c {
                b'(' if self.rest().starts_with("((") && self.sum() => self.push(Kind::Word, from),
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.rest()[1..].starts_with(['\n', '\r']) => self.pass_line_end(),
                b'\n' => {
                    self.at += 1;
                    self.pass_heredocs();
                    self.push(Kind::Newline, from);
                }
                b'#' => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                    self.push(Kind::Comment, from);
                }
                _ => self.operator_or_word(),
            }
        }
        if let Some((from, word, _)) = self.heredocs.first().cloned() {
            self.ends_inside(from, Inside::Heredoc(word));
        }
        self.lexed
    }

    pub(super) fn ends_inside(&mut self, from: usize, what: Inside) {
        self.lexed.open.get_or_insert((from, what));
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn push(&mut self, kind: Kind, from: usize) {
        let text = self.text[from..self.at].to_owned();
        self.lexed.tokens.push(Token { kind, bytes: from..self.at, text, inner: Vec::new() });
    }

    /// Passes `((…))`, in which `<<` shifts and begins no heredoc; a shell within a shell (`((a); b)`) is none.
    fn sum(&mut self) -> bool {
        let end = skip_parens(self.text, self.at).filter(|end| self.text[..*end].ends_with("))"));
        self.at = end.unwrap_or(self.at);
        end.is_some()
    }

    pub(super) fn pass_line_end(&mut self) {
        let rest = &self.rest()[1..];
        self.at += 1 + rest.find('\n').map_or(rest.len(), |end| end + 1);
    }

    fn pass_heredocs(&mut self) {
        for (from, word, tabs) in std::mem::take(&mut self.heredocs) {
            loop {
                if self.at >= self.text.len() {
                    self.ends_inside(from, Inside::Heredoc(word));
                    return;
                }
                let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
                self.at += line.len();
                let line = line.trim_end_matches(['\n', '\r']);
                if (if tabs { line.trim_start_matches('\t') } else { line }) == word {
                    break;
                }
            }
        }
    }

    fn operator_or_word(&mut self) {
        let from = self.at;
        let digits = self.rest().len() - self.rest().trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let after = &self.rest()[digits..];
        let hole = hole(self.rest()) > 0;
        let substitution = self.rest().starts_with("<(") || self.rest().starts_with(">(");
        let operator = OPERATORS.iter().chain([&">"]).find(|operator| after.starts_with(**operator));
        match operator {
            Some(operator) if !hole && !substitution && (digits == 0 || operator.contains(['<', '>'])) => {
                self.at += digits + operator.len();
                self.push(Kind::Operator, from);
                match *operator {
                    "<<" => self.awaits = Some((from, false)),
                    "<<-" => self.awaits = Some((from, true)),
                    _ => {}
                }
            }
            _ => self.word(),
        }
    }
}
