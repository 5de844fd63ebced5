//! What becomes of words when a command is run: parameters, sums, the output of commands, fields and patterns. Owns
//! expansion; reading words is `words`' matter.

use super::arithmetic;
use super::lexer::word_of;
use super::shell::{Flow, Shell};
use super::words::{Part, Unread, Word, is_name};

/// Folders of an image whose files are not known, so that a pattern in them is not read.
const IMAGE: [&str; 9] = ["bin", "dev", "etc", "home", "lib", "proc", "sbin", "sys", "usr"];

/// A field on its way: its characters, and whether each may be part of a pattern.
type Field = Vec<(char, bool)>;

impl Shell {
    /// A word as one text: values of assignments, targets of redirections.
    pub(super) fn text(&mut self, word: &Word) -> Result<String, Unread> {
        let mut text = String::new();
        for piece in &word.pieces {
            text += &self.part(&piece.part)?;
        }
        Ok(text)
    }

    /// The fields that a word becomes as an argument: none, one or several.
    pub(super) fn fields(&mut self, word: &Word) -> Result<Vec<String>, Unread> {
        let mut fields: Vec<Field> = Vec::new();
        let mut open = false;
        for piece in &word.pieces {
            let literal = matches!(piece.part, Part::Text(_));
            let each = matches!(&piece.part, Part::Parameter(name, _) if name == "@");
            if each && piece.quoted {
                for (place, value) in self.arguments().into_iter().enumerate() {
                    let chars = value.chars().map(|c| (c, false));
                    match fields.last_mut().filter(|_| open && place == 0) {
                        Some(field) => field.extend(chars),
                        None => fields.push(chars.collect()),
                    }
                    open = true;
                }
                continue;
            }
            for (place, part) in self.split(&piece.part, piece.quoted || literal)?.into_iter().enumerate() {
                let Some(part) = part else {
                    open = false;
                    continue;
                };
                let chars = part.chars().map(|c| (c, !piece.quoted));
                match fields.last_mut().filter(|_| open && place == 0) {
                    Some(field) => field.extend(chars),
                    None => fields.push(chars.collect()),
                }
                open = true;
            }
        }
        let mut all = Vec::new();
        for field in fields {
            all.extend(self.matching(&field)?);
        }
        Ok(all)
    }

    /// A word as a pattern of `case`: its characters, and whether each may mean more than itself.
    pub(super) fn pattern(&mut self, word: &Word) -> Result<Field, Unread> {
        let mut pattern = Vec::new();
        for piece in &word.pieces {
            pattern.extend(self.part(&piece.part)?.chars().map(|c| (c, !piece.quoted)));
        }
        Ok(pattern)
    }

    /// The arguments of the script or function, `$1` and on.
    pub(super) fn arguments(&self) -> Vec<String> {
        (1..).map_while(|place: usize| self.variables.get(&place.to_string()).cloned()).collect()
    }

    /// A part's value; where it is to be split, its fields, with `None` where one ends at an edge.
    fn split(&mut self, part: &Part, whole: bool) -> Result<Vec<Option<String>>, Unread> {
        let value = self.part(part)?;
        if whole {
            return Ok(vec![Some(value)]);
        }
        let mut all: Vec<Option<String>> = Vec::new();
        if value.starts_with(char::is_whitespace) {
            all.push(None);
        }
        all.extend(value.split_whitespace().map(|field| Some(field.to_owned())));
        if value.ends_with(char::is_whitespace) {
            all.push(None);
        }
        Ok(all)
    }

    fn part(&mut self, part: &Part) -> Result<String, Unread> {
        let text = match part {
            Part::Text(text) => text.clone(),
            Part::Parameter(name, rest) => self.parameter(name, rest)?,
            Part::Length(name) => {
                self.variables.get(name).map_or(0, |value| value.chars().count()).to_string()
            }
            Part::Arithmetic(sum) => {
                let sum = self.text(sum)?;
                arithmetic::evaluate(&sum, &mut self.variables)?.to_string()
            }
            Part::Command(script) => self.substituted(script)?,
        };
        self.pay(&text)?;
        Ok(text)
    }

    fn parameter(&mut self, name: &str, rest: &str) -> Result<String, Unread> {
        let value = match name {
            "#" => Some(self.arguments().len().to_string()),
            "@" | "*" => Some(self.arguments().join(" ")),
            "?" => Some(self.variables.get("?").cloned().unwrap_or_else(|| "0".to_owned())),
            name => self.variables.get(name).cloned(),
        };
        if rest.is_empty() {
            return Ok(value.unwrap_or_default());
        }
        let (colon, operation) = match rest.strip_prefix(':') {
            Some(operation) => (true, operation),
            None => (false, rest),
        };
        let there = value.filter(|value| !(colon && value.is_empty()));
        let mut given = |from: &str| word_of(from, true).and_then(|word| self.text(&word));
        match (operation.chars().next(), colon) {
            (Some('-'), _) => there.map_or_else(|| given(&operation[1..]), Ok),
            (Some('+'), _) => there.map_or(Ok(String::new()), |_| given(&operation[1..])),
            (Some('='), _) if is_name(name) => match there {
                Some(value) => Ok(value),
                None => {
                    let value = given(&operation[1..])?;
                    self.variables.insert(name.to_owned(), value.clone());
                    Ok(value)
                }
            },
            (Some('#' | '%'), false) => {
                let trimmed = there.unwrap_or_default();
                self.trimmed(&trimmed, operation)
            }
            _ => Err(Unread),
        }
    }

    /// `${x#pattern}`, `${x##pattern}`, `${x%pattern}`, `${x%%pattern}`.
    fn trimmed(&mut self, value: &str, operation: &str) -> Result<String, Unread> {
        let front = operation.starts_with('#');
        let pattern = operation.trim_start_matches(if front { '#' } else { '%' });
        let longest = operation.len() - pattern.len() == 2;
        let pattern = word_of(pattern, true).and_then(|word| self.pattern(&word))?;
        let cuts = value.char_indices().map(|(at, _)| at).chain([value.len()]);
        let mut fits = Vec::new();
        for cut in cuts {
            let (head, tail) = value.split_at(cut);
            if fit(&pattern, if front { head } else { tail })? {
                fits.push(if front { tail } else { head });
            }
        }
        // The first cut is the shortest piece at the front, and the longest at the end.
        let kept = if front == longest { fits.last() } else { fits.first() };
        Ok((*kept.unwrap_or(&value)).to_owned())
    }

    /// What a command prints, without the line ends at its end.
    fn substituted(&mut self, script: &str) -> Result<String, Unread> {
        let (variables, guarded) = (self.variables.clone(), std::mem::take(&mut self.guarded));
        let (flow, out) = self.captured(|shell| shell.script(script))?;
        self.variables = variables;
        self.guarded = guarded;
        let Flow::Code(code) = flow else { return Err(Unread) };
        self.variables.insert("?".to_owned(), code.to_string());
        Ok(out.trim_end_matches('\n').to_owned())
    }

    /// The files that a field names, where it is a pattern that fits any; else the field.
    fn matching(&self, field: &Field) -> Result<Vec<String>, Unread> {
        let text: String = field.iter().map(|(c, _)| c).collect();
        if !field.iter().any(|(c, special)| *special && matches!(c, '*' | '?')) {
            return Ok(vec![text]);
        }
        let first = text.trim_start_matches('/').split('/').next().unwrap_or_default();
        let absolute = text.starts_with('/');
        if !absolute && first.starts_with(['*', '?']) || absolute && IMAGE.contains(&first) {
            return Err(Unread);
        }
        let depth = text.matches('/').count();
        let mut found = Vec::new();
        for path in self.timeline.files_at(self.now).into_keys() {
            let path = path.trim_end_matches('/');
            if path.matches('/').count() == depth && fit(field, path)? {
                found.push(path.to_owned());
            }
        }
        Ok(if found.is_empty() { vec![text] } else { found })
    }
}

/// Whether a text fits a pattern of `*`, `?` and plain characters. Where a piece does not fit, the last `*` takes one
/// character more.
pub(super) fn fit(pattern: &[(char, bool)], text: &str) -> Result<bool, Unread> {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut place, mut star) = (0, 0, None);
    while let Some(found) = text.get(place) {
        match pattern.get(at) {
            Some(('*', true)) => {
                star = Some((at, place));
                at += 1;
            }
            Some(('[', true)) => return Err(Unread),
            Some((c, special)) if c == found || (*c == '?' && *special) => {
                at += 1;
                place += 1;
            }
            Some(_) | None => {
                let Some((begun, taken)) = star else { return Ok(false) };
                star = Some((begun, taken + 1));
                (at, place) = (begun + 1, taken + 1);
            }
        }
    }
    match pattern[at..].iter().find(|piece| **piece != ('*', true)) {
        None => Ok(true),
        Some(('[', true)) => Err(Unread),
        Some(_) => Ok(false),
    }
}
