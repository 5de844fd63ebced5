//! A script cut into its statements: what can be run one after another. A loop, a function, a heredoc and what goes on
//! over the end of a line stay whole.

use super::commands::{ENDS, LEADS};
use super::lex::{Kind, Lexed, Token, lex};
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
    let mut cut = Cut::of(&lexed);
    if let Some(from) = cut.from {
        let rest = from..cut.end;
        cut.pieces.push(match lexed.open.is_some() || !cut.open.is_empty() || cut.goes_on.is_some() {
            true => Piece::Unfinished(rest),
            false => Piece::Statement(rest),
        });
    }
    // A heredoc that nobody ends reaches to the end of the text.
    if lexed.open.is_some()
        && let Some(Piece::Statement(rest)) = cut.pieces.last().cloned()
    {
        cut.pieces.pop();
        cut.pieces.push(Piece::Unfinished(rest));
    }
    cut.pieces
}

#[derive(Default)]
pub(super) struct Cut {
    pieces: Vec<Piece>,
    from: Option<usize>,
    end: usize,
    /// What is open: where it begins, and the word that ends it.
    pub(super) open: Vec<(Range<usize>, &'static str)>,
    /// The operator at the end of the line, which wants more.
    pub(super) goes_on: Option<Range<usize>>,
    /// Whether the words that follow belong to a command.
    within_command: bool,
    blank: bool,
    /// A function is being named.
    function: bool,
}

impl Cut {
    pub(super) fn of(lexed: &Lexed) -> Cut {
        let mut cut = Cut::default();
        for token in &lexed.tokens {
            cut.token(token);
        }
        cut
    }

    /// The word that would end what was opened last.
    fn wanted(&self) -> Option<&'static str> {
        self.open.last().map(|(_, end)| *end)
    }

    fn token(&mut self, token: &Token) {
        match token.kind {
            Kind::Newline => {
                if token.bytes.len() > 1 {
                    // The bodies of heredocs.
                    self.end = token.bytes.end - usize::from(token.text.ends_with('\n'));
                }
                let done = self.open.is_empty() && self.goes_on.is_none();
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
            "(" => self.open.push((token.bytes.clone(), ")")),
            ")" if self.wanted() == Some(")") => drop(self.open.pop()),
            _ => {}
        }
        let redirects = token.text.contains(['<', '>']);
        let goes_on = matches!(token.text.as_str(), "&&" | "||" | "|" | "|&");
        self.goes_on = goes_on.then(|| token.bytes.clone());
        self.within_command = redirects && self.within_command;
    }

    fn word(&mut self, token: &Token) {
        self.goes_on = None;
        let word = token.text.as_str();
        if self.within_command && !(self.function && word == "{") {
            return;
        }
        self.function = word == "function";
        let end = match word {
            "if" => Some("fi"),
            "for" | "while" | "until" | "select" => Some("done"),
            "case" => Some("esac"),
            "{" => Some("}"),
            _ => None,
        };
        if let Some(end) = end {
            self.open.push((token.bytes.clone(), end));
        } else if ENDS.contains(&word) && self.wanted() == Some(word) {
            self.open.pop();
        }
        self.within_command = !LEADS.contains(&word);
    }
}
