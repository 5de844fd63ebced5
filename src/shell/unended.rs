//! What a script does not end, and where that begins: what bash says only at the end of a file.

use super::lex::{Inside, lex};
use super::statements::{Cut, Piece, pieces};
use std::ops::Range;

/// What is never ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unended {
    /// `"`, `'` or a backtick.
    Quote(char),
    /// `(` or `{`.
    Bracket(char),
    /// A heredoc without this line.
    Heredoc(String),
    /// `for` without `done`: the word that is missing.
    Compound(&'static str),
    /// An operator such as `|`, which nothing follows.
    Operator,
}

/// What a script does not end, and where that stands; `None` where it ends everything.
pub fn unended(script: &str) -> Option<(Range<usize>, Unended)> {
    let rest = pieces(script).into_iter().find_map(|piece| match piece {
        Piece::Unfinished(bytes) => Some(bytes),
        Piece::Statement(_) | Piece::Comment(_) | Piece::Blank => None,
    })?;
    let (from, text) = (rest.start, &script[rest.clone()]);
    let lexed = lex(text);
    let cut = Cut::of(&lexed);
    let (bytes, what) = match lexed.open {
        Some((at, Inside::Quote(mark))) => {
            let (at, mark) = odd_quote(text).unwrap_or((at, mark));
            (at..at + mark.len_utf8(), Unended::Quote(mark))
        }
        Some((at, Inside::Bracket(mark))) => {
            let end = text[at..].find(mark).map_or(at + 1, |end| at + end + 1);
            (at..end, Unended::Bracket(mark))
        }
        Some((at, Inside::Heredoc(word))) => (at..at + "<<".len(), Unended::Heredoc(word)),
        None => match (cut.open.last().cloned(), cut.goes_on) {
            (Some((bytes, ")")), _) => (bytes, Unended::Bracket('(')),
            (Some((bytes, end)), _) => (bytes, Unended::Compound(end)),
            (None, Some(operator)) => (operator, Unended::Operator),
            (None, None) => (0..0, Unended::Operator),
        },
    };
    Some((from + bytes.start..from + bytes.end, what))
}

/// The first quote that its own line does not close. Those of later lines go by pairs with it, so that the last one, which
/// bash names, is seldom the one that is wrong.
fn odd_quote(text: &str) -> Option<(usize, char)> {
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        if let Some((at, Inside::Quote(mark))) = lex(line).open {
            return Some((from + at, mark));
        }
        from += line.len();
    }
    None
}
