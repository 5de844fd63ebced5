//! What headings and labels are to a procedure: a topic of its own, a part of one, or one of several ways.

use regex::Regex;
use std::sync::LazyLock;

/// What a heading, a label or the first words of an item are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Something of its own.
    Topic,
    /// A part of what it stands below: symptoms, diagnosis, a step, verification.
    Part,
    /// One of several ways.
    Alternative,
}

static ALTERNATIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?:option|alternative|method|approach|variant|choice|solution|strategy|path|plan|fix|way|case|variante|methode|möglichkeit|weg|lösung)s?\s*#?\s*(?:(?-i:[A-H]\b|I{1,3}\b)|[a-h]\s*[:.)–—-]|\d{1,2}\b|one\b|two\b|three\b|four\b)|alternative(?:ly)?\b(?:\s*[:,–—-]|$)|(?:first|second|third|fourth|another|other)\s+(?:option|alternative|method|approach|way)\b|[a-h][.)]\s)",
    )
});
static PART: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?:symptoms?|signs?|diagnos(?:is|e|tics?)|problem|cause|causes|root causes?|background|description|overview|context|impact|prerequisites?|preparations?|before you (?:start|begin)|(?:the )?(?:solutions?|resolution|fix|recovery|procedure|steps?|commands?|recovery steps|resolution steps|remediation|mitigation|actions?|how to fix(?: it)?|what to do|examples?|usage|output|expected (?:output|result)s?|verification|validation|confirmation|clean[- ]?up|follow[- ]?up|post[- ]?(?:recovery|rollback|checks?)\w*|prevention|notes?|symptome?|diagnose|ursachen?|voraussetzungen|überblick|vorgehen|lösung|behebung|wiederherstellung|prüfung|überprüfung|kontrolle|hintergrund|hinweise?|alternativen|beispiele?|ausgabe|when to use(?: it)?|alternatives?|options?|triage|investigation|detection|assessment|check|verify))\s*:?$|(?:click|show|expand|unfold|see|more|full)\b[^:]*$|details?$|step\s*#?\d|phase\s*#?\d|schritt\s*#?\d|(?:über)?prüfen\b|kontrollieren\b|(?:verify|confirm|check|inspect|identify|diagnose|validate|investigate|look)\b)",
    )
});
static OR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:or|alternatively|or,? alternatively|or else|another (?:way|option)|oder(?: aber)?|alternativ)\b[^.!?]{0,120}[:.,…]*$",
    )
});
static CHOICE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:one of (?:the following|these)|eine[rs]? der folgenden|entweder|either|any of (?:the following|these)|choose|pick (?:one|the)|(?:two|three|four|several|some) (?:options|ways|alternatives|approaches|methods))\b",
    )
});
static OUTPUT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^#+\s*(?:(?:expected|example|sample|typical)\s+)?(?:output|result|response|returns|prints|you (?:should|will) see|shows?)\b[^A-Za-z]*$|^#+\s*(?:expected|example|sample) (?:output|result)\b",
    )
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern of ours is one")
}

/// What a heading is, or a bold line that stands for one.
pub(super) fn role(text: &str) -> Role {
    let text = bare(text);
    if ALTERNATIVE.is_match(text) {
        Role::Alternative
    } else if PART.is_match(text) {
        Role::Part
    } else {
        Role::Topic
    }
}

/// Whether prose says that what follows may be done instead of what came before.
pub(super) fn is_or(text: &str) -> bool {
    OR.is_match(bare(text))
}

/// Whether prose says that one of what follows is enough.
pub(super) fn is_choice(text: &str) -> bool {
    CHOICE.is_match(text)
}

/// Whether a comment goes on to a step of its own: `2. Roll back`, `Step 3`, `Verify it`.
pub(super) fn is_step(comment: &str) -> bool {
    let text = comment.trim_start();
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < text.len() && rest.starts_with(['.', ')', ':'])) || role(text) == Role::Part
}

/// Whether a comment says that what follows is what a command prints.
pub(super) fn is_output(comment: &str) -> bool {
    OUTPUT.is_match(comment)
}

/// Whether a label is one of several pieces of advice, each with a sign before it: `✅ **Do** …`, `❌ **Don't** …`.
pub(super) fn is_advice(text: &str) -> bool {
    let signed = text
        .trim_start()
        .starts_with(['✅', '☑', '✔', '✓', '❌', '❎', '✖', '✗', '✘', '👍', '👎', '🚫', '⛔']);
    signed && text.chars().count() < 120 && role(text) == Role::Topic
}

/// Without the signs before it: `### `, `✅ `, `1. ` stays.
pub(super) fn bare(text: &str) -> &str {
    text.trim_start_matches(|c: char| !c.is_alphanumeric()).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_a_topic_a_part_or_one_of_several_ways() {
        let cases = [
            ("Option A: roll back", Role::Alternative),
            ("Option 2 – delete the Secret", Role::Alternative),
            ("Method #1", Role::Alternative),
            ("Alternative: reinstall", Role::Alternative),
            ("✅ Solution B", Role::Alternative),
            ("b) Delete the record", Role::Alternative),
            ("Options for a stuck release", Role::Topic),
            ("Alternative registries", Role::Topic),
            ("Solution", Role::Part),
            ("Symptoms:", Role::Part),
            ("Step 3: check it", Role::Part),
            ("Verify the rollback", Role::Part),
            ("Recovery procedures", Role::Topic),
            ("1. Simple rollback", Role::Topic),
            ("Rollback hangs", Role::Topic),
            ("Variante A: Rollback", Role::Alternative),
            ("Möglichkeit 2", Role::Alternative),
            ("Prüfen", Role::Part),
            ("Schritt 2: Rollback", Role::Part),
            ("Release hängt", Role::Topic),
        ];
        for (text, wanted) in cases {
            assert_eq!(role(text), wanted, "{text}");
        }
        assert!(is_or("Or, if that does not help:") && is_or("OR") && is_or("Alternatively:"));
        assert!(!is_or("Order matters here.") && !is_or("Or wait. It may end by itself, which takes long."));
        assert!(is_advice("✅ **Do**: use --wait") && is_advice("❌ Don't delete the Secret"));
        assert!(!is_advice("✅ Solution B") && !is_advice("✅ Verification") && !is_advice("Use --wait"));
        assert!(is_step("2. Roll back") && is_step("Step 3") && is_step("Verify it") && !is_step("2 pods"));
        assert!(
            is_output("# Output:") && is_output("# Expected output") && !is_output("# output the history")
        );
    }
}
