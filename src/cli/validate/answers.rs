//! Which scenario a section answers, and who says so.

use super::super::exit::Failure;
use super::super::source::{Source, meant};
use super::{Args, Subject};
use crate::plan;
use crate::runbook::{Bindings, Section};

/// The scenario of a section.
pub(super) enum Answer {
    /// This one.
    Scenario {
        /// Which of the sources.
        source: usize,
        /// Its variant; empty where it has none.
        variant: String,
        /// Who says so.
        because: String,
    },
    /// None, and why.
    None(String),
}

/// Finds the scenario that a section answers: by what is said, else by its words.
pub(super) fn answer(
    subject: &Subject,
    section: &Section,
    said: &Bindings,
    args: &Args,
) -> Result<Answer, Failure> {
    if args.scenario.is_some() {
        let variant = variant(&subject.sources[0], subject.sources[0].variant.as_deref())?;
        return Ok(Answer::Scenario { source: 0, variant, because: "--scenario says so".to_owned() });
    }
    if let Some(bound) = said.scenario() {
        let (name, named) = bound
            .value
            .split_once('/')
            .map_or((bound.value.as_str(), None), |(name, variant)| (name, Some(variant)));
        if name == "none" {
            return Ok(Answer::None(format!("{} says so", bound.said_by)));
        }
        let names: Vec<&str> =
            subject.sources.iter().map(|source| source.scenario.metadata.name.text.as_str()).collect();
        let Some(source) = names.iter().position(|known| *known == name) else {
            let what = format!("{} names the scenario {name:?}, and there is none", bound.said_by);
            return Err(Failure::invalid(what).help(meant(
                name,
                &names,
                "; `none` means that it is not exercised",
            )));
        };
        let variant = variant(&subject.sources[source], named)?;
        return Ok(Answer::Scenario { source, variant, because: format!("{} says so", bound.said_by) });
    }
    Ok(match subject.index.propose(&section.title, &section.words, &section.around) {
        None => Answer::None("no scenario has enough of its words".to_owned()),
        Some(proposal) => Answer::Scenario {
            source: proposal.scenario,
            variant: variant(&subject.sources[proposal.scenario], None)?,
            because: format!("proposed by its words: {}", proposal.because.join(", ")),
        },
    })
}

/// The variant that was named, or the first.
fn variant(source: &Source, named: Option<&str>) -> Result<String, Failure> {
    let known = plan::variants(&source.scenario);
    let Some(name) = named else { return Ok(known.into_iter().next().unwrap_or_default()) };
    if known.iter().any(|variant| variant == name) {
        return Ok(name.to_owned());
    }
    let known: Vec<&str> = known.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    let failure = Failure::invalid(format!("{} has no variant {name:?}", source.scenario.metadata.name.text));
    Err(failure.help(meant(name, &known, "")))
}

/// `stuck-upgrade/before-the-deployment`.
pub(super) fn named(source: &Source, variant: &str) -> String {
    let name = &source.scenario.metadata.name.text;
    if variant.is_empty() { name.clone() } else { format!("{name}/{variant}") }
}
