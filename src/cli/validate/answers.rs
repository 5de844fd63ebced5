//! Which scenario a section answers, and who says so.

use super::super::exit::Failure;
use super::super::source::{Source, meant};
use super::{Args, Subject};
use crate::plan;
use crate::runbook::{self, Bindings, Section};
use crate::scenario;
use regex::Regex;
use std::sync::LazyLock;

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
    // A binary that was named by its path may be of any version.
    let applies = |source: usize| {
        let version = |helm: &String| scenario::major(helm) == 0 || subject.sources[source].applies(helm);
        args.helm.iter().any(version)
    };
    // Who names several environments means a scenario that has as many.
    let most = subject.sources.iter().map(|source| source.scenario.environments.len()).max().unwrap_or(1);
    let needed = section.environments().len().min(most);
    let fits = |source: usize| {
        applies(source) && (needed < 2 || subject.sources[source].scenario.environments.len() >= needed)
    };
    if changes(section) && is_plain(&section.title) {
        let because = "it rolls back, and its heading names no other trouble";
        return Ok(plain(subject, fits, because)?.unwrap_or_else(nothing));
    }
    let proposal = subject.index.propose(&section.title, &section.words, &section.around, fits);
    // What looks ahead is tried where an upgrade fails, unless its heading names something else.
    let ahead = !section.promises() && changes(section);
    // What only looks is looked at where nothing is special, unless more than words speaks for something.
    let fits_it =
        |proposal: &runbook::Proposal| proposal.headed || (!ahead && (proposal.spoken || changes(section)));
    let Some(proposal) = proposal.filter(fits_it) else {
        let because = if needed > 1 {
            "it names several environments, and no scenario has enough of its words"
        } else if ahead {
            "its heading speaks of what is done beforehand, and of no trouble"
        } else if rolls_back(section) {
            "it rolls back, and no scenario has enough of its words"
        } else if only_looks(section) {
            "it only looks, and no scenario has enough of its words"
        } else {
            return Ok(nothing());
        };
        return Ok(plain(subject, fits, because)?.unwrap_or_else(nothing));
    };
    let source = &subject.sources[proposal.scenario];
    let variants = plan::variants(&source.scenario);
    let spoken_of = runbook::narrow(&source.scenario, &variants, &section.title, &section.words);
    Ok(Answer::Scenario {
        source: proposal.scenario,
        variant: variant(source, spoken_of.map(String::as_str))?,
        because: format!("proposed by its words: {}", proposal.because.join(", ")),
    })
}

fn nothing() -> Answer {
    Answer::None("no scenario has enough of its words".to_owned())
}

/// The scenario of somebody who says no more than that he rolls back or looks.
fn plain(subject: &Subject, fits: impl Fn(usize) -> bool, because: &str) -> Result<Option<Answer>, Failure> {
    let several = |source: usize| subject.sources[source].scenario.environments.len() > 1;
    let plain = |source: &Source| source.scenario.metadata.name.text == PLAIN;
    let plain = subject.sources.iter().position(plain).filter(|source| fits(*source));
    let Some(source) =
        plain.or_else(|| (0..subject.sources.len()).find(|source| fits(*source) && several(*source)))
    else {
        return Ok(None);
    };
    let variant = variant(&subject.sources[source], None)?;
    Ok(Some(Answer::Scenario { source, variant, because: format!("proposed, since {because}") }))
}

/// What somebody rolls back who says no more than that.
const PLAIN: &str = "failed-upgrade";

/// Words of a heading that name no trouble.
const ORDINARY: &str = "a an the to how of with using in by your helm release releases application app service deployment chart \
    revision version previous last specific earlier simple standard basic quick normal manual regular option scenario \
    emergency perform performing initiate execute do run roll rolling back rollback rollbacks procedure process steps \
    step production immediate fast safe min mins minute minutes kubernetes k8s cluster";

/// Something that has failed, and is no rollback: `failed upgrade`, `the deploy failed`.
static FAILED: LazyLock<Regex> = LazyLock::new(|| {
    let what = "(?:deploy(?:ment)?|upgrade|release|update|version)s?";
    Regex::new(&format!(
        r"\b(?:failed|failing|bad|broken|faulty)\s+{what}\b|\b{what}\s+(?:has\s+|is\s+|was\s+|went\s+)?(?:failed|fails|failing|failure|bad|broken|wrong)\b|\brecent\b"
    ))
    .expect("a pattern of ours is one")
});

/// Whether a heading says no more than that something is rolled back, or that a deploy failed and is: `2. Standard
/// rollback`, `Recent deploy failed: simple rollback`.
fn is_plain(title: &str) -> bool {
    let heading = title.rsplit(" › ").next().unwrap_or_default().to_lowercase();
    let heading = FAILED.replace_all(&heading, " ");
    let words = heading.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.filter(|word| !word.chars().all(|c| c.is_ascii_digit())).collect();
    words.iter().all(|word| ORDINARY.split_whitespace().any(|known| known == *word))
        && words.iter().any(|word| word.starts_with("roll"))
}

/// Whether something in a section changes something.
fn changes(section: &Section) -> bool {
    section.steps().any(runbook::Step::changes)
}

fn rolls_back(section: &Section) -> bool {
    section.steps().any(runbook::Step::rolls_back)
}

/// Whether nothing in a section changes anything, and it is not there to confirm that all is well again.
fn only_looks(section: &Section) -> bool {
    let heading = section.title.rsplit(" › ").next().unwrap_or_default().to_lowercase();
    let confirms = ["verif", "confirm", "valid", "smoke", "after", "post"];
    let mut steps = section.steps();
    !confirms.iter().any(|word| heading.contains(word)) && !steps.any(|step| step.changes())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_that_says_no_more_than_rollback_is_plain() {
        let plain = [
            "2. Standard rollback",
            "Runbook › Roll back",
            "How to roll back a Helm release",
            "2. Initiate Rollback (1 min)",
            "Scenario 1: Recent Deploy Failed - Simple Rollback",
        ];
        for title in plain {
            assert!(is_plain(title), "{title}");
        }
        for title in ["Failed rollback", "Rollback hangs", "Release", "Rollback hooks"] {
            assert!(!is_plain(title), "{title}");
        }
        let of =
            |line: &str| runbook::parse("x.md", &format!("# x\n\n```bash\n{line}\n```\n")).sections.remove(0);
        let rollback = of("if true; then helm -n x rollback web; fi");
        assert!(rolls_back(&rollback) && !rolls_back(&of("kubectl rollout undo x")));
        assert!(only_looks(&of("helm -n x list")) && !only_looks(&of("kubectl -n x delete pod y")));
    }
}
