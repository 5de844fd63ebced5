//! The text of a label selector, word by word.

use super::{Requirement, Test};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    End,
    Mark(&'static str),
    Word(&'a str),
}

impl<'a> Token<'a> {
    pub(super) fn text(self) -> &'a str {
        match self {
            Token::End => "",
            Token::Mark(mark) => mark,
            Token::Word(word) => word,
        }
    }
}

const MARKS: [&str; 9] = ["==", "!=", "!", "=", "(", ")", ",", ">", "<"];

pub(super) struct Tokens<'a> {
    pub(super) rest: &'a str,
}

impl<'a> Tokens<'a> {
    pub(super) fn peek(&self) -> Token<'a> {
        Tokens { rest: self.rest }.next()
    }

    pub(super) fn next(&mut self) -> Token<'a> {
        self.rest = self.rest.trim_start();
        if self.rest.is_empty() {
            return Token::End;
        }
        if let Some(mark) = MARKS.into_iter().find(|mark| self.rest.starts_with(mark)) {
            self.rest = &self.rest[mark.len()..];
            return Token::Mark(mark);
        }
        let end = self.rest.find(|c: char| c.is_whitespace() || "=!(),><".contains(c));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        Token::Word(word)
    }
}

pub(super) fn requirement(tokens: &mut Tokens<'_>) -> Result<Requirement, String> {
    let refused = |why: String| Err(format!("unable to parse requirement: {why}"));
    let mut negated = false;
    if tokens.peek() == Token::Mark("!") {
        negated = true;
        tokens.next();
    }
    let Token::Word(key) = tokens.next() else { return refused("found '', expected: identifier".to_owned()) };
    let done = |test| Ok(Requirement { key: key.to_owned(), test });
    if negated {
        return done(Test::Missing);
    }
    match tokens.peek() {
        Token::End | Token::Mark(",") => done(Test::Exists),
        Token::Mark("=" | "==") => {
            tokens.next();
            done(Test::In(vec![exact(tokens)?]))
        }
        Token::Mark("!=") => {
            tokens.next();
            done(Test::NotIn(vec![exact(tokens)?]))
        }
        Token::Mark(sign @ (">" | "<")) => {
            tokens.next();
            let text = exact(tokens)?;
            match text.parse() {
                Ok(bound) if sign == ">" => done(Test::Above(bound)),
                Ok(bound) => done(Test::Below(bound)),
                Err(_) => refused(format!(
                    "values[0]: Invalid value: {text:?}: for 'Gt', 'Lt' operators, the value must be an integer"
                )),
            }
        }
        Token::Word("in") => {
            tokens.next();
            done(Test::In(set(tokens)?))
        }
        Token::Word("notin") => {
            tokens.next();
            done(Test::NotIn(set(tokens)?))
        }
        other => {
            let expected = "in, notin, =, ==, !=, gt, lt";
            refused(format!("found '{}', expected: {expected}", other.text()))
        }
    }
}

/// The value after `=`; nothing at all is the empty value.
fn exact(tokens: &mut Tokens<'_>) -> Result<String, String> {
    match tokens.peek() {
        Token::End | Token::Mark(",") => Ok(String::new()),
        Token::Word(word) => {
            tokens.next();
            Ok(word.to_owned())
        }
        other => Err(format!("unable to parse requirement: found '{}', expected: identifier", other.text())),
    }
}

/// `(a, b)`.
fn set(tokens: &mut Tokens<'_>) -> Result<Vec<String>, String> {
    let refused = |why: String| Err(format!("unable to parse requirement: {why}"));
    match tokens.next() {
        Token::Mark("(") => {}
        other => return refused(format!("found '{}' expected: '('", other.text())),
    }
    let mut values = Vec::new();
    loop {
        match tokens.next() {
            Token::Word(word) => {
                values.push(word.to_owned());
                match tokens.next() {
                    Token::Mark(",") => {}
                    Token::Mark(")") => return Ok(values),
                    other => return refused(format!("found '{}', expected: ',' or ')'", other.text())),
                }
            }
            Token::Mark(",") => values.push(String::new()),
            Token::Mark(")") => {
                values.push(String::new());
                return Ok(values);
            }
            other => return refused(format!("found '{}', expected: ',', ')' or identifier", other.text())),
        }
    }
}
