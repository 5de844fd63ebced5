//! What a shell script is made of: tokens, and words in their parts. How they are read is `lexer`'s matter, the grammar
//! is `parse`'s, and what becomes of a word is `expand`'s. What a simulated shell does not read is [`Unread`], never
//! guessed.

/// The script uses something that is not interpreted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unread;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word in its parts, expanded when it is run.
    Word(Word),
    /// `;`, `;;`, `&&`, `||`, `|`, `&`, `(`, `)`, a line end as `;`, or a redirection such as `>` or `2>&1`.
    Sign(String),
}

/// A word before expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// What it is put together of.
    pub(super) pieces: Vec<Piece>,
}

/// A part of a word, and whether it stands in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The part.
    pub(super) part: Part,
    /// Whether it is neither split into fields nor a pattern.
    pub(super) quoted: bool,
}

/// What a part of a word stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Itself.
    Text(String),
    /// `$x`, `${x}` and `${x:-word}`: a name, and what else stands in the braces.
    Parameter(String, String),
    /// `${#x}`.
    Length(String),
    /// `$((1 + 2))`.
    Arithmetic(Word),
    /// `$(command)`: the script in it.
    Command(String),
}

impl Word {
    /// The word where it is one unquoted text: a reserved word is only then one.
    pub(super) fn bare(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece { part: Part::Text(text), quoted: false }] => Some(text),
            _ => None,
        }
    }

    /// `NAME=value` before a command.
    pub(super) fn assignment(&self) -> Option<(String, Word)> {
        let Some(Piece { part: Part::Text(first), quoted: false }) = self.pieces.first() else { return None };
        let (name, rest) = first.split_once('=')?;
        let mut value = self.clone();
        value.pieces[0].part = Part::Text(rest.to_owned());
        is_name(name).then(|| (name.to_owned(), value))
    }

    /// Adds a character.
    pub(super) fn push(&mut self, c: char, quoted: bool) {
        match self.pieces.last_mut() {
            Some(Piece { part: Part::Text(text), quoted: same }) if *same == quoted => text.push(c),
            _ => self.add(Part::Text(c.to_string()), quoted),
        }
    }

    /// Adds a part.
    pub(super) fn add(&mut self, part: Part, quoted: bool) {
        self.pieces.push(Piece { part, quoted });
    }
}

/// Whether a variable may be called so.
pub(super) fn is_name(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain && !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit())
}
