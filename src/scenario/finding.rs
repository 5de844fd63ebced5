//! What is wrong with a scenario, and how it looks on a screen. Printing is the caller's.

use super::placed::Place;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, as it was named by whoever read it.
    pub file: String,
    /// Where in the file; a line of 0 means the file as a whole.
    pub place: Place,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
    /// What can be done about it.
    pub help: Option<String>,
}

/// `scenarios/x.yaml:12:5: unknown field "timelne"`.
impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.place.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}:{}: {}", self.file, self.place.column, self.message),
        }
    }
}

/// A finding as a compiler would show it, with the lines of the file that it speaks of; in colour where `coloured`.
pub fn render(finding: &Finding, text: &str, coloured: bool) -> String {
    render_as(Severe::Error, finding, text, coloured)
}

/// How a finding is headed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severe {
    /// `error`
    Error,
    /// `warning`
    Warning,
    /// `note`
    Note,
}

/// The same, headed as it weighs.
pub fn render_as(severe: Severe, finding: &Finding, text: &str, coloured: bool) -> String {
    let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
    let level = match severe {
        Severe::Error => Level::ERROR,
        Severe::Warning => Level::WARNING,
        Severe::Note => Level::NOTE,
    };
    let title = level.primary_title(finding.message.as_str());
    let group = match finding.place.line {
        0 => title.element(annotate_snippets::Origin::path(finding.file.as_str())),
        _ => {
            let from = finding.place.bytes.start.min(text.len());
            let to = end(text, from, finding.place.bytes.end);
            let span = AnnotationKind::Primary.span(from..to);
            title.element(Snippet::source(text).path(finding.file.as_str()).annotation(span))
        }
    };
    let group = match &finding.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    };
    renderer.render(&[group])
}

/// Where the mark ends: with the line, so that a block of YAML is not marked as a whole.
fn end(text: &str, from: usize, to: usize) -> usize {
    let to = to.clamp(from, text.len());
    let line = text[from..].find('\n').map_or(text.len(), |at| from + at);
    to.min(line).max((from + 1).min(line))
}

/// The closest of some words to one that was not among them, where one is close enough to be meant.
pub(crate) fn closest<'a>(word: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = among.into_iter().map(|candidate| (distance(word, candidate), candidate));
    let (distance, candidate) = scored.min()?;
    (distance <= (word.chars().count().max(3)) / 2).then_some(candidate)
}

/// How many letters must be put in, taken out or replaced.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_close_to_one_that_exists_is_taken_for_it() {
        let words = ["timeline", "symptoms", "story"];
        assert_eq!(closest("timelne", words), Some("timeline"));
        assert_eq!(closest("symptom", words), Some("symptoms"));
        assert_eq!(closest("colour", words), None);
    }
}
