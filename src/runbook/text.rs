//! Texts that remember where they were taken from: a block of a list item without its indentation, a console's commands
//! without their prompts.

use crate::scenario::Place;
use std::ops::Range;

/// A text made of pieces of another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifted {
    /// The text.
    pub text: String,
    /// Where a piece begins in the text, and where in the other.
    pieces: Vec<(usize, usize)>,
}

impl Lifted {
    /// Adds a piece that stands at `from` in the other text.
    pub(super) fn add(&mut self, piece: &str, from: usize) {
        self.pieces.push((self.text.len(), from));
        self.text.push_str(piece);
    }

    /// Adds something that stands nowhere in the other text; it counts as being at its end so far.
    pub(super) fn put(&mut self, piece: &str) {
        let at = self.origin(self.text.len());
        self.add(piece, at);
    }

    /// A part of it.
    pub(super) fn part(&self, bytes: Range<usize>) -> Lifted {
        let mut part = Lifted::default();
        let inside = self.pieces.iter().map(|(at, _)| *at).filter(|at| bytes.contains(at));
        let mut cuts: Vec<usize> = std::iter::once(bytes.start).chain(inside).collect();
        cuts.push(bytes.end);
        for cut in cuts.windows(2).filter(|cut| cut[0] < cut[1]) {
            part.add(&self.text[cut[0]..cut[1]], self.origin(cut[0]));
        }
        part
    }

    /// Where a byte of it stands in the other text.
    pub fn origin(&self, at: usize) -> usize {
        let piece = self.pieces.iter().rev().find(|(start, _)| *start <= at);
        piece.map_or(0, |(start, from)| from + (at - start))
    }

    /// The bytes of the other text that a range of it was taken from.
    pub fn origins(&self, bytes: Range<usize>) -> Range<usize> {
        let from = self.origin(bytes.start);
        let last = bytes.end.saturating_sub(1).max(bytes.start);
        from..self.origin(last).max(from) + usize::from(bytes.end > bytes.start)
    }
}

/// The place of some bytes of a file.
pub(super) fn place(text: &str, bytes: Range<usize>) -> Place {
    let from = (0..=bytes.start.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let before = &text[..from];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    Place { line, column: text[start..from].chars().count() + 1, bytes: from..bytes.end.max(from) }
}
