//! The words of a shell script: quoting, expansion of plain variables, operators. Owns the lexer; the grammar is
//! `parse`'s. What a simulated shell does not read (command substitution, globbing, here documents) is
//! [`Unread`], never guessed.

use std::collections::BTreeMap;

/// The script uses something that is not interpreted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unread;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word in its parts, expanded when it is run.
    Word(Word),
    /// `;`, `&&`, `||`, `|`, `&`, `(`, `)`, a line end as `;`, or a redirection such as `>` or `2>&1`.
    Sign(String),
}

/// A word before expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    parts: Vec<Part>,
    quoted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
}

impl Word {
    /// The word with its variables filled in.
    pub(super) fn expand(&self, variables: &BTreeMap<String, String>) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Variable(name) => variables.get(name).map_or("", String::as_str),
        });
        parts.collect()
    }

    /// The word where it is one unquoted text: a reserved word is only then one.
    pub(super) fn bare(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] if !self.quoted => Some(text),
            _ => None,
        }
    }

    /// `NAME=value` before a command.
    pub(super) fn assignment(&self) -> Option<(String, Word)> {
        let Some(Part::Text(first)) = self.parts.first() else { return None };
        let (name, rest) = first.split_once('=')?;
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let mut value = self.clone();
        value.parts[0] = Part::Text(rest.to_owned());
        (plain && !name.starts_with(|c: char| c.is_ascii_digit())).then(|| (name.to_owned(), value))
    }

    fn push(&mut self, c: char) {
        match self.parts.last_mut() {
            Some(Part::Text(text)) => text.push(c),
            _ => self.parts.push(Part::Text(c.to_string())),
        }
    }
}

/// Splits a script into tokens.
pub(super) fn split(script: &str) -> Result<Vec<Token>, Unread> {
    let mut lexer = Lexer { rest: script.chars().peekable(), tokens: Vec::new(), word: None };
    while let Some(c) = lexer.rest.next() {
        lexer.take(c)?;
    }
    lexer.end_word();
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    tokens: Vec<Token>,
    word: Option<Word>,
}

impl Lexer<'_> {
    fn take(&mut self, c: char) -> Result<(), Unread> {
        match c {
            ' ' | '\t' | '\r' => self.end_word(),
            '\n' => self.sign(";"),
            '#' if self.word.is_none() => while self.rest.next_if(|c| *c != '\n').is_some() {},
            ';' | '(' | ')' => self.sign(&c.to_string()),
            '&' | '|' => {
                let sign = if self.rest.next_if_eq(&c).is_some() { format!("{c}{c}") } else { c.to_string() };
                self.sign(&sign);
            }
            '<' | '>' => self.redirection(c)?,
            '\\' => match self.rest.next() {
                Some('\n') | None => {}
                Some(next) => self.word().push(next),
            },
            '\'' => self.single()?,
            '"' => self.double()?,
            '$' => self.dollar()?,
            '`' | '*' | '?' => return Err(Unread),
            c => self.word().push(c),
        }
        Ok(())
    }

    fn redirection(&mut self, c: char) -> Result<(), Unread> {
        let stream = self.word.take_if(|word| matches!(word.bare(), Some("1" | "2")));
        let mut sign = stream.and_then(|word| word.bare().map(str::to_owned)).unwrap_or_default();
        self.end_word();
        sign.push(c);
        if self.rest.next_if_eq(&c).is_some() {
            sign.push(c);
        }
        if self.rest.next_if_eq(&'&').is_some() {
            sign.push('&');
            sign.extend(self.rest.next());
        }
        if sign.contains("<<") {
            return Err(Unread);
        }
        self.tokens.push(Token::Sign(sign));
        Ok(())
    }

    fn single(&mut self) -> Result<(), Unread> {
        self.quote();
        loop {
            match self.rest.next() {
                Some('\'') => return Ok(()),
                Some(c) => self.word().push(c),
                None => return Err(Unread),
            }
        }
    }

    fn double(&mut self) -> Result<(), Unread> {
        self.quote();
        loop {
            match self.rest.next() {
                Some('"') => return Ok(()),
                Some('$') => self.dollar()?,
                Some('`') | None => return Err(Unread),
                Some('\\') => match self.rest.next() {
                    Some(c @ ('"' | '\\' | '$' | '`')) => self.word().push(c),
                    Some(c) => {
                        self.word().push('\\');
                        self.word().push(c);
                    }
                    None => return Err(Unread),
                },
                Some(c) => self.word().push(c),
            }
        }
    }

    fn dollar(&mut self) -> Result<(), Unread> {
        let name: String = match self.rest.peek() {
            Some('(') => return Err(Unread),
            Some('{') => {
                self.rest.next();
                let name: String = std::iter::from_fn(|| self.rest.next_if(|c| *c != '}')).collect();
                self.rest.next();
                name
            }
            Some('?' | '$' | '#' | '@' | '!') => self.rest.next().into_iter().collect(),
            _ => {
                std::iter::from_fn(|| self.rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_')).collect()
            }
        };
        if name.is_empty() {
            self.word().push('$');
        } else if name == "?" || name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            self.word().parts.push(Part::Variable(name));
        } else {
            return Err(Unread);
        }
        Ok(())
    }

    fn quote(&mut self) {
        let word = self.word();
        word.quoted = true;
        if word.parts.is_empty() {
            word.parts.push(Part::Text(String::new()));
        }
    }

    fn word(&mut self) -> &mut Word {
        self.word.get_or_insert_default()
    }

    fn end_word(&mut self) {
        self.tokens.extend(self.word.take().map(Token::Word));
    }

    fn sign(&mut self, sign: &str) {
        self.end_word();
        self.tokens.push(Token::Sign(sign.to_owned()));
    }
}
