//! One word of a script: its quotes taken away, and what the shell would put in for it kept as it stands.

use super::lex::{Inside, Kind, Lexer, Token};
use std::ops::Range;

impl Lexer<'_> {
    /// Reads a word.
    pub(super) fn word(&mut self) {
        let from = self.at;
        let mut text = String::new();
        let mut inner = Vec::new();
        while let Some(c) = self.peek() {
            let hole = hole(self.rest());
            if hole > 0 {
                text += &self.rest()[..hole];
                self.at += hole;
                continue;
            }
            match c {
                b'(' if text.ends_with('=') => {
                    self.copy_to(&mut text, skip_parens(self.text, self.at), Inside::Bracket('('));
                }
                b'<' | b'>' if self.rest()[1..].starts_with('(') && self.at == from => {
                    self.script(&mut text, &mut inner, 2);
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' => break,
                b'\\' if self.rest()[1..].starts_with(['\n', '\r']) => self.pass_line_end(),
                b'\\' => {
                    self.at += 1;
                    self.take(&mut text);
                }
                b'\'' => {
                    let end = self.rest()[1..].find('\'');
                    if end.is_none() {
                        self.ends_inside(self.at, Inside::Quote('\''));
                    }
                    let end = end.map_or(self.text.len(), |end| self.at + 1 + end);
                    text += &self.text[self.at + 1..end];
                    self.at = (end + 1).min(self.text.len());
                }
                b'"' => self.double(&mut text, &mut inner),
                b'$' | b'`' => self.expansion(&mut text, &mut inner),
                _ => self.take(&mut text),
            }
        }
        if self.at == from {
            self.take(&mut text); // Nothing that we know: one character, so that we come to an end.
        }
        if let Some((from, tabs)) = self.awaits.take() {
            self.heredocs.push((from, text.clone(), tabs));
        }
        self.lexed.tokens.push(Token { kind: Kind::Word, bytes: from..self.at, text, inner });
    }

    fn take(&mut self, text: &mut String) {
        if let Some(c) = self.rest().chars().next() {
            text.push(c);
            self.at += c.len_utf8();
        }
    }

    fn copy_to(&mut self, text: &mut String, end: Option<usize>, what: Inside) {
        if end.is_none() {
            self.ends_inside(self.at, what);
        }
        let end = end.unwrap_or(self.text.len());
        text.push_str(&self.text[self.at..end]);
        self.at = end;
    }

    fn double(&mut self, text: &mut String, inner: &mut Vec<Range<usize>>) {
        let from = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => {
                    self.ends_inside(from, Inside::Quote('"'));
                    return;
                }
                Some(b'"') => {
                    self.at += 1;
                    return;
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.take(text);
                }
                Some(b'$' | b'`') => self.expansion(text, inner),
                Some(_) => self.take(text),
            }
        }
    }

    /// `$X`, `${X}`, `$(…)`, `$((…))`, backticks: kept as they stand.
    fn expansion(&mut self, text: &mut String, inner: &mut Vec<Range<usize>>) {
        let rest = self.rest();
        if rest.starts_with("$((") {
            self.copy_to(text, skip_parens(self.text, self.at + 1), Inside::Bracket('('));
        } else if rest.starts_with("$(") {
            self.script(text, inner, 2);
        } else if rest.starts_with("${") {
            let end = rest.find('}').map(|end| self.at + end + 1);
            self.copy_to(text, end, Inside::Bracket('{'));
        } else if let Some(script) = rest.strip_prefix('`') {
            let end = script.find('`').map(|end| self.at + end + 2);
            let close = end.map_or(self.text.len(), |end| end - 1);
            inner.push(self.at + 1..close);
            self.copy_to(text, end, Inside::Quote('`'));
        } else {
            self.take(text);
        }
    }

    /// A script in parentheses that begin `lead` bytes from here.
    fn script(&mut self, text: &mut String, inner: &mut Vec<Range<usize>>, lead: usize) {
        let end = skip_parens(self.text, self.at + lead - 1);
        inner.push(self.at + lead..end.map_or(self.text.len(), |end| end - 1));
        self.copy_to(text, end, Inside::Bracket('('));
    }
}

/// How long the hole is that a text for people leaves at its start: `<release>`, `{{ release }}`; 0 where there is none.
pub(super) fn hole(text: &str) -> usize {
    let inside = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    if let Some(rest) = text.strip_prefix('<') {
        let Some(end) = rest.find('>') else { return 0 };
        let name = &rest[..end];
        let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.ends_with(|c: char| c.is_ascii_alphanumeric())
            && inside(name, " _-./");
        return if plain { end + 2 } else { 0 };
    }
    if let Some(rest) = text.strip_prefix("{{") {
        let Some(end) = rest.find("}}") else { return 0 };
        return if inside(&rest[..end], " _-.$") && !rest[..end].trim().is_empty() { end + 4 } else { 0 };
    }
    0
}

/// Where the parenthesis that stands at `open` is closed: the byte behind it.
pub(super) fn skip_parens(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text[open..].char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (Some(mark), _) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth -= 1;
                if depth == 0 {
                    return Some(open + at + 1);
                }
            }
            (None, _) => {}
        }
    }
    None
}
