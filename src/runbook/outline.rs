//! What is known of a runbook before it is read from top to bottom: whether it is one procedure, and where its pieces of
//! advice stand.

use super::headings::{self, Role};
use super::markdown::{Element, What};
use std::collections::BTreeSet;

/// Whether the headings below the first are parts and ways of one procedure only.
pub(super) fn is_one_topic(elements: &[Element]) -> bool {
    let headings = elements.iter().filter_map(|element| match &element.what {
        What::Heading { text, .. } => Some(headings::role(text)),
        _ => None,
    });
    !headings.skip(1).any(|role| role == Role::Topic)
}

/// Where the lines stand that are pieces of advice, each with a block below it, beside others below the same heading: each
/// is a topic of its own.
pub(super) fn advice(elements: &[Element]) -> BTreeSet<usize> {
    let below = elements.split(|element| matches!(element.what, What::Heading { .. }));
    let several = below.map(|elements| {
        let advice = elements.windows(2).filter_map(|pair| match &pair[0].what {
            What::Prose { text, .. } => (headings::is_advice(text)
                && matches!(pair[1].what, What::Block { .. }))
            .then_some(pair[0].bytes.start),
            _ => None,
        });
        advice.collect::<Vec<_>>()
    });
    several.filter(|advice| advice.len() > 1).flatten().collect()
}
