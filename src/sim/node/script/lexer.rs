//! Reads a shell script into tokens: quoting, parameters, substitutions, operators, here documents. What words are is
//! `words`' matter, the grammar is `parse`'s.

use super::words::{Part, Piece, Token, Unread, Word, is_name};

/// What stands within more brackets than this is not read, nor is a longer chain of operators.
pub(super) const NESTED: u32 = 50;

/// Whether brackets stand within each other deeper than that, wherever they stand.
fn is_too_deep(script: &str) -> bool {
    let mut depth = 0_u32;
    script.chars().any(|c| {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > NESTED
    })
}

/// Splits a script into tokens.
pub(super) fn split(script: &str) -> Result<Vec<Token>, Unread> {
    if is_too_deep(script) {
        return Err(Unread);
    }
    let mut lexer = Lexer::of(script);
    while let Some(c) = lexer.rest.next() {
        lexer.take(c)?;
    }
    lexer.end_word();
    if lexer.documents.is_empty() { Ok(lexer.tokens) } else { Err(Unread) }
}

/// A text as it stands between double quotes, or in `${x:-…}`, where quotes still count.
pub(super) fn word_of(text: &str, quotes: bool) -> Result<Word, Unread> {
    let mut lexer = Lexer::of(text);
    lexer.word = Some(Word::default());
    while let Some(c) = lexer.rest.next() {
        match c {
            '\'' if quotes => lexer.single()?,
            '"' if quotes => lexer.double()?,
            c => lexer.within(c, !quotes)?,
        }
    }
    Ok(lexer.word.unwrap_or_default())
}

struct Lexer<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    tokens: Vec<Token>,
    word: Option<Word>,
    /// Here documents whose text comes after the line: the token that takes it, its end, whether it is literal.
    documents: Vec<(usize, String, bool)>,
}

impl<'a> Lexer<'a> {
    fn of(text: &'a str) -> Lexer<'a> {
        Lexer { rest: text.chars().peekable(), tokens: Vec::new(), word: None, documents: Vec::new() }
    }

    fn take(&mut self, c: char) -> Result<(), Unread> {
        match c {
            ' ' | '\t' | '\r' => self.end_word(),
            '\n' => {
                self.sign(";");
                self.documents()?;
            }
            '#' if self.word.is_none() => while self.rest.next_if(|c| *c != '\n').is_some() {},
            '(' | ')' => self.sign(&c.to_string()),
            ';' | '&' | '|' => {
                let sign = if self.rest.next_if_eq(&c).is_some() { format!("{c}{c}") } else { c.to_string() };
                self.sign(&sign);
            }
            '<' | '>' => self.redirection(c)?,
            '\'' => self.single()?,
            '"' => self.double()?,
            c => self.within(c, false)?,
        }
        Ok(())
    }

    /// What means the same in and out of double quotes.
    fn within(&mut self, c: char, quoted: bool) -> Result<(), Unread> {
        match c {
            '$' => self.dollar(quoted)?,
            '`' => {
                let script = self.until_backquote()?;
                self.word().add(Part::Command(script), quoted);
            }
            '\\' => match self.rest.next() {
                Some('\n') | None => {}
                Some(c) if quoted && !matches!(c, '"' | '\\' | '$' | '`') => {
                    self.word().push('\\', true);
                    self.word().push(c, true);
                }
                Some(c) => self.word().push(c, true),
            },
            c => self.word().push(c, quoted),
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
        if sign == "<<" {
            return self.document();
        }
        if self.rest.next_if_eq(&'&').is_some() {
            sign.push('&');
            sign.extend(self.rest.next());
        }
        self.tokens.push(Token::Sign(sign));
        Ok(())
    }

    /// `<<END`: its text follows the line.
    fn document(&mut self) -> Result<(), Unread> {
        let tabs = self.rest.next_if_eq(&'-').is_some();
        while self.rest.next_if(|c| *c == ' ').is_some() {}
        let end = |c: &char| !c.is_whitespace() && !matches!(c, ';' | '|' | '&' | '<' | '>' | ')');
        let end: String = std::iter::from_fn(|| self.rest.next_if(end)).collect();
        let bare: String = end.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
        if tabs || bare.is_empty() {
            return Err(Unread);
        }
        self.tokens.push(Token::Sign("<<".to_owned()));
        self.tokens.push(Token::Word(Word::default()));
        self.documents.push((self.tokens.len() - 1, bare.clone(), bare != end));
        Ok(())
    }

    fn documents(&mut self) -> Result<(), Unread> {
        for (token, end, literal) in std::mem::take(&mut self.documents) {
            let mut text = String::new();
            loop {
                let line: String = std::iter::from_fn(|| self.rest.next_if(|c| *c != '\n')).collect();
                let ended = self.rest.next().is_none();
                if line == end {
                    break;
                }
                if ended {
                    return Err(Unread);
                }
                text += &line;
                text.push('\n');
            }
            let whole = Piece { part: Part::Text(text.clone()), quoted: true };
            self.tokens[token] =
                Token::Word(if literal { Word { pieces: vec![whole] } } else { word_of(&text, false)? });
        }
        Ok(())
    }

    fn single(&mut self) -> Result<(), Unread> {
        self.word().add(Part::Text(String::new()), true);
        loop {
            match self.rest.next() {
                Some('\'') => return Ok(()),
                Some(c) => self.word().push(c, true),
                None => return Err(Unread),
            }
        }
    }

    fn double(&mut self) -> Result<(), Unread> {
        self.word().add(Part::Text(String::new()), true);
        loop {
            match self.rest.next() {
                Some('"') => return Ok(()),
                Some(c) => self.within(c, true)?,
                None => return Err(Unread),
            }
        }
    }

    fn dollar(&mut self, quoted: bool) -> Result<(), Unread> {
        let part = match self.rest.peek() {
            Some('(') => {
                self.rest.next();
                let inner = self.until(')')?;
                match inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
                    Some(sum) => Part::Arithmetic(word_of(sum, false)?),
                    None => Part::Command(inner),
                }
            }
            Some('{') => {
                self.rest.next();
                braced(&self.until('}')?)?
            }
            Some('?' | '#' | '@' | '*' | '0'..='9') => {
                Part::Parameter(self.rest.next().into_iter().collect(), String::new())
            }
            Some('$' | '!' | '-') => return Err(Unread),
            _ => {
                let letter = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
                let name: String = std::iter::from_fn(|| self.rest.next_if(letter)).collect();
                if name.is_empty() {
                    self.word().push('$', quoted);
                    return Ok(());
                }
                Part::Parameter(name, String::new())
            }
        };
        self.word().add(part, quoted);
        Ok(())
    }

    /// The text up to the closing sign that belongs to the opening one just read.
    fn until(&mut self, close: char) -> Result<String, Unread> {
        let open = if close == ')' { '(' } else { '{' };
        let (mut text, mut depth, mut quote) = (String::new(), 0, None);
        loop {
            let c = self.rest.next().ok_or(Unread)?;
            match (c, quote) {
                ('\\', None | Some('"')) => {
                    text.push(c);
                    text.push(self.rest.next().ok_or(Unread)?);
                    continue;
                }
                ('\'' | '"', None) => quote = Some(c),
                (c, Some(mark)) if c == mark => quote = None,
                (c, None) if c == open => depth += 1,
                (c, None) if c == close && depth == 0 => return Ok(text),
                (c, None) if c == close => depth -= 1,
                _ => {}
            }
            text.push(c);
        }
    }

    fn until_backquote(&mut self) -> Result<String, Unread> {
        let mut text = String::new();
        loop {
            match self.rest.next().ok_or(Unread)? {
                '`' => return Ok(text),
                '\\' => match self.rest.next().ok_or(Unread)? {
                    c @ ('`' | '\\' | '$') => text.push(c),
                    c => text.extend(['\\', c]),
                },
                c => text.push(c),
            }
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

/// What stands between the braces of `${…}`.
fn braced(text: &str) -> Result<Part, Unread> {
    if let Some(name) = text.strip_prefix('#').filter(|name| is_name(name)) {
        return Ok(Part::Length(name.to_owned()));
    }
    let special = text.starts_with(['?', '#', '@', '*']) || text.starts_with(|c: char| c.is_ascii_digit());
    let letters = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(if special && letters == 0 { 1 } else { letters });
    if name.is_empty() { Err(Unread) } else { Ok(Part::Parameter(name.to_owned(), rest.to_owned())) }
}
