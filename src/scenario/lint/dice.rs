//! Variants and dice: words that mean something and can be told apart, combinations that make sense, and values that say
//! what they are meant to say.

use super::super::bind::next;
use super::super::dice::{JOINT, Parameter, combinations, words};
use super::super::finding::closest;
use super::super::model::Scenario;
use super::Findings;
use std::collections::BTreeSet;

/// Every word of variants and dice.
pub(super) fn known(scenario: &Scenario) -> Vec<&str> {
    let variants = scenario.variants.iter().map(|variant| variant.name.text.as_str());
    variants.chain(sides(scenario)).collect()
}

/// The words of all dice.
fn sides(scenario: &Scenario) -> impl Iterator<Item = &str> {
    scenario.parameters.values().flat_map(|parameter| match parameter {
        Parameter::Fixed(_) => Vec::new(),
        Parameter::OneOf(values) => values.keys().map(String::as_str).collect(),
    })
}

/// What stands for a placeholder is not looked at again, so a parameter in the value of another would stay as it is written.
pub(super) fn nested(found: &mut Findings<'_>) {
    let scenario = found.scenario;
    let own = scenario.parameters.iter().flat_map(|(name, parameter)| match parameter {
        Parameter::Fixed(value) => vec![(name, value)],
        Parameter::OneOf(sides) => sides.values().map(|value| (name, value)).collect(),
    });
    let others = scenario.variants.iter().flat_map(|variant| &variant.with);
    for (name, value) in own.chain(others) {
        let mut rest = value.as_str();
        while let Some((_, inner, after)) = next(rest) {
            if scenario.parameters.contains_key(inner) {
                let message = format!(
                    "the parameter `{name}` names the parameter `{inner}`, which is not put in there"
                );
                let help = format!(
                    "write out its value, or name both where they are used: `{{{inner}}} {{{name}}}`"
                );
                found.whole(message, Some(help));
            }
            rest = after;
        }
    }
}

/// Dice have sides that can be told apart, and every one of them can come up.
pub(super) fn dice(found: &mut Findings<'_>) {
    let scenario = found.scenario;
    for word in known(scenario) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if word.is_empty() || !word.chars().all(plain) {
            let help = "use lower-case letters, digits and `-`".to_owned();
            found.whole(format!("the word `{word}` of a variant or die is none"), Some(help));
        }
    }
    let mut seen: BTreeSet<&str> =
        scenario.variants.iter().map(|variant| variant.name.text.as_str()).collect();
    for word in sides(scenario).filter(|word| !seen.insert(word)).collect::<Vec<_>>() {
        found.whole(format!("the side `{word}` of a die is the name of something else too"), None);
    }
    for (name, parameter) in &scenario.parameters {
        match parameter {
            Parameter::OneOf(values) if values.len() < 2 => {
                let help = format!("state two words, or its value alone: `{name}: VALUE`");
                found.whole(format!("the die `{name}` has {} sides", values.len()), Some(help));
            }
            Parameter::OneOf(_) | Parameter::Fixed(_) => {}
        }
    }
    never(found);
}

/// What does not go together names what there is, and leaves something over.
fn never(found: &mut Findings<'_>) {
    let scenario = found.scenario;
    let known = known(scenario);
    for apart in &scenario.never {
        for word in apart.iter().filter(|word| !known.contains(&word.text.as_str())) {
            let help =
                closest(&word.text, known.iter().copied()).map(|close| format!("did you mean `{close}`?"));
            found.at(word, format!("unknown variant or side of a die `{word}`"), help);
        }
        if let [word] = apart.as_slice() {
            found.at(
                word,
                format!("`{word}` alone never comes up"),
                Some("leave it out altogether".to_owned()),
            );
        }
    }
    let all = combinations(scenario);
    if all.is_empty() {
        found.whole("no combination of variants and dice is left".to_owned(), Some("see `never`".to_owned()));
    }
    let given =
        |word: &str| scenario.variants.iter().any(|variant| variant.with.values().any(|side| side == word));
    let rolled = |word: &str| all.iter().any(|name| words(name).contains(word));
    for word in sides(scenario).filter(|word| !given(word) && !rolled(word)) {
        found.whole(format!("the side `{word}` of a die never comes up"), None);
    }
}

/// Of what is stated for a combination, one is meant.
pub(super) fn differences(found: &mut Findings<'_>, combination: &str) {
    let scenario = found.scenario;
    for procedure in scenario.procedures.iter().chain(&scenario.controls) {
        let stated = procedure.differing(combination);
        let most = stated.iter().map(|(count, _)| *count).max().unwrap_or_default();
        if stated.iter().filter(|(count, _)| *count == most).count() > 1 {
            let message = format!("`{}` differs in two ways in `{combination}`", procedure.name);
            let help = format!("state the combination by more words, joined by `{JOINT}`");
            found.at(&procedure.name, message, Some(help));
        }
    }
}
