//! The simple commands of a script, those inside of `$(…)`, loops and functions among them.

use super::lex::{Kind, Token, lex};
use std::ops::Range;

/// A word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Without its quotes; what the shell would put in for `$X` is not known.
    pub text: String,
    /// Where it stands.
    pub bytes: Range<usize>,
}

/// A program with its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simple {
    /// The program and its arguments; empty where there are assignments only.
    pub words: Vec<Word>,
    /// `NAME=value` before it.
    pub assigned: Vec<(String, Word)>,
    /// Operator and target: `>`, `out.txt`.
    pub redirected: Vec<(String, Word)>,
    /// Whether it is left running (`&`).
    pub background: bool,
    /// Whether it reads what the command before it prints (`|`).
    pub piped: bool,
}

/// Words after which another command begins, and which are none themselves.
pub(super) const LEADS: [&str; 10] = ["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"];
/// Words that end something.
pub(super) const ENDS: [&str; 4] = ["fi", "done", "esac", "}"];

/// Every simple command of a script.
pub fn commands(text: &str) -> Vec<Simple> {
    within(text, 0..text.len())
}

fn within(text: &str, bytes: Range<usize>) -> Vec<Simple> {
    let shift = bytes.start;
    let mut found = Vec::new();
    let mut inner = Vec::new();
    let mut simple = Simple::default();
    let mut target: Option<String> = None;
    for token in lex(&text[bytes]).tokens {
        inner.extend(token.inner.iter().map(|range| range.start + shift..range.end + shift));
        match token.kind {
            Kind::Comment => {}
            // A pipe goes on in the next line.
            Kind::Newline if simple.is_empty() => {}
            Kind::Newline => end(&mut found, &mut simple),
            Kind::Operator if token.text.contains(['<', '>']) => {
                target = Some(token.text.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned());
            }
            Kind::Operator => {
                simple.background = token.text == "&";
                end(&mut found, &mut simple);
                simple.piped = token.text == "|" || token.text == "|&";
            }
            Kind::Word => word(&mut simple, &mut target, token, shift),
        }
    }
    end(&mut found, &mut simple);
    for range in inner {
        found.extend(within(text, range));
    }
    found
}

fn word(simple: &mut Simple, target: &mut Option<String>, token: Token, shift: usize) {
    let bytes = token.bytes.start + shift..token.bytes.end + shift;
    let word = Word { text: token.text, bytes };
    if let Some(operator) = target.take() {
        simple.redirected.push((operator, word));
        return;
    }
    if simple.words.is_empty() {
        if LEADS.contains(&word.text.as_str()) || ENDS.contains(&word.text.as_str()) {
            return;
        }
        if let Some((name, value)) = word.text.split_once('=').filter(|(name, _)| is_name(name)) {
            let from = word.bytes.start + name.len() + 1;
            let value = Word { text: value.to_owned(), bytes: from.min(word.bytes.end)..word.bytes.end };
            simple.assigned.push((name.to_owned(), value));
            return;
        }
    }
    simple.words.push(word);
}

fn end(found: &mut Vec<Simple>, simple: &mut Simple) {
    let ended = std::mem::take(simple);
    if !ended.is_empty() {
        found.push(ended);
    }
}

/// Whether a word can be the name of a variable.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Simple {
    /// The program; empty where there is none.
    pub fn program(&self) -> &str {
        self.words.first().map_or("", |word| word.text.as_str())
    }

    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.assigned.is_empty() && self.redirected.is_empty()
    }

    /// The arguments as they are.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        self.words.iter().skip(1).map(|word| word.text.as_str())
    }

    /// Whether one of these is an argument, with a value after `=` or without.
    pub fn has(&self, flags: &[&str]) -> bool {
        self.arguments().any(|word| flags.contains(&word.split_once('=').map_or(word, |(flag, _)| flag)))
    }
}
