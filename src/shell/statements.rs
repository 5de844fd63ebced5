//! A script cut into its statements: what can be run one after another. A loop, a function, a heredoc and what goes on
//! over the end of a line stay whole.

use super::commands::{ENDS, LEADS};
use super::lex::{Kind, Token, lex};
use std::ops::Range;

/// A piece of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Something that can be run.
    Statement(Range<usize>),
    /// A line that says something to whoever reads it.
    Comment(Range<usize>),
    /// A line without anything on it.
    Blank,
    /// The rest, which is not complete: a quote, a heredoc or a loop that nobody ends.
    Unfinished(Range<usize>),
}

/// Cuts a script into its pieces.
pub fn pieces(text: &str) -> Vec<Piece> {
    let lexed = lex(text);
    let mut cut = Cut::default();
    for token in &lexed.tokens {
        cut.token(token);
    }
    if let Some(from) = cut.from {
        let rest = from..cut.end;
        cut.pieces.push(match lexed.open || !cut.open.is_empty() || cut.goes_on {
            true => Piece::Unfinished(rest),
            false => Piece::Statement(rest),
        });
    }
    // A heredoc that nobody ends reaches to the end of the text.
    if lexed.open
        && let Some(Piece::Statement(rest)) = cut.pieces.last().cloned()
    {
        cut.pieces.pop();
        cut.pieces.push(Piece::Unfinished(rest));
    }
    cut.pieces
}

#[derive(Default)]
struct Cut {
    pieces: Vec<Piece>,
    from: Option<usize>,
    end: usize,
    /// What is open: the words that end it.
    open: Vec<&'static str>,
    /// The line ends with an operator that wants more.
    goes_on: bool,
    /// Whether the words that follow belong to a command.
    within_command: bool,
    blank: bool,
    /// A function is being named.
    function: bool,
}

impl Cut {
    fn token(&mut self, token: &Token) {
        match token.kind {
            Kind::Newline => {
                if token.bytes.len() > 1 {
                    // The bodies of heredocs.
                    self.end = token.bytes.end - usize::from(token.text.ends_with('\n'));
                }
                let done = self.open.is_empty() && !self.goes_on;
                match self.from.filter(|_| done) {
                    Some(from) => {
                        self.pieces.push(Piece::Statement(from..self.end));
                        self.from = None;
                    }
                    None if self.from.is_none() && self.blank => self.pieces.push(Piece::Blank),
                    None => {}
                }
                self.blank = true;
                self.within_command = false;
                return;
            }
            Kind::Comment if self.from.is_none() => self.pieces.push(Piece::Comment(token.bytes.clone())),
            Kind::Comment => {}
            Kind::Operator => self.operator(token),
            Kind::Word => self.word(token),
        }
        self.blank = false;
        if token.kind != Kind::Comment {
            self.from.get_or_insert(token.bytes.start);
            self.end = token.bytes.end;
        }
    }

    fn operator(&mut self, token: &Token) {
        match token.text.as_str() {
            "(" => self.open.push(")"),
            ")" if self.open.last() == Some(&")") => drop(self.open.pop()),
            _ => {}
        }
        let redirects = token.text.contains(['<', '>']);
        self.goes_on = matches!(token.text.as_str(), "&&" | "||" | "|" | "|&");
        self.within_command = redirects && self.within_command;
    }

    fn word(&mut self, token: &Token) {
        self.goes_on = false;
        let word = token.text.as_str();
        if self.within_command && !(self.function && word == "{") {
            return;
        }
        self.function = word == "function";
        match word {
            "if" => self.open.push("fi"),
            "for" | "while" | "until" | "select" => self.open.push("done"),
            "case" => self.open.push("esac"),
            "{" => self.open.push("}"),
            _ if ENDS.contains(&word) && self.open.last() == Some(&word) => drop(self.open.pop()),
            _ => {}
        }
        self.within_command = !LEADS.contains(&word);
    }
}
