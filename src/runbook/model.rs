//! What a runbook holds once it is read: sections, the alternatives that each offers, and the steps of those.

use super::bind::FOREIGN;
use super::bindings::Bindings;
use super::roles::{self, Role};
use super::text::Lifted;
use crate::scenario::{Finding, Place};
use crate::shell::{self, Simple, Unended, commands};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

/// A runbook.
#[derive(Clone, Debug)]
pub struct Runbook {
    /// The file, as it was named by whoever read it.
    pub file: String,
    /// Its text.
    pub source: String,
    /// The sections with something to run, in order.
    pub sections: Vec<Section>,
    /// What front matter and comments before the first heading say.
    pub said: Bindings,
    /// Blocks that are not run: language → how many.
    pub ignored: BTreeMap<String, usize>,
    /// Lines of output and of comments inside of blocks that are run.
    pub output_lines: usize,
    /// What is wrong with it as it stands.
    pub remarks: Vec<Remark>,
}

/// A part of a runbook that stands for itself: a heading with the headings below it that are parts or alternatives.
#[derive(Clone, Debug)]
pub struct Section {
    /// `Stuck release`, with what it stands below: `Recovery › Stuck release`.
    pub title: String,
    /// Where its heading stands.
    pub place: Place,
    /// Its own words: heading, prose, comments, messages; what a scenario is proposed by.
    pub words: String,
    /// The words of what it stands below.
    pub around: String,
    /// What its comments say.
    pub said: Bindings,
    /// What it offers; one without a name where there is no choice.
    pub alternatives: Vec<Alternative>,
}

/// One way through a section.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// `Option A: roll back`; empty where there is no choice.
    pub name: String,
    /// What is typed, in order.
    pub steps: Vec<Step>,
}

/// A statement of a block.
#[derive(Clone, Debug)]
pub struct Step {
    /// As it is written, without its prompt.
    pub script: Lifted,
    /// Where it is written.
    pub place: Place,
    /// What a comment above the block says of it.
    pub mark: Mark,
    /// Whether it ends nowhere, so that bash cannot read it.
    pub unended: bool,
}

/// What a comment above a block says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// It is not run.
    pub skip: bool,
    /// It is run although its language does not say that it is shell.
    pub run: bool,
    /// What follows is reached only if it succeeds.
    pub require: bool,
    /// It must fail.
    pub expect_failure: bool,
    /// Its time limit in seconds.
    pub timeout: Option<u32>,
}

/// How much a remark weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Note,
    /// It may not do what it says.
    Warning,
    /// It cannot be run, or does not do what it says.
    Error,
}

/// Something to say of a place in a runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How much it weighs.
    pub level: Level,
    /// The rule that it comes from, a stable word: `unbound`, `network`.
    pub rule: &'static str,
    /// Where and what.
    pub finding: Finding,
}

/// Headings of what is done beforehand, or looked up: nobody says that it recovers anything.
static AHEAD: LazyLock<Regex> = LazyLock::new(|| {
    let what = r"prevent\w*|best practices?|habits?\b|tips\b|avoid\w*|pre-?(?:upgrade|deploy\w*|flight)\b|before (?:every|each|an|the|you|any) upgrade|back-?ups?\b|monitor\w*|progressive\w*|practi[cs]e\b|practi[cs]ing|drills?\b|document\w*|limit(?:ing)?\b|clean(?:ing)? ?up old|quick reference|cheat ?sheets?|command reference|useful commands|handy commands|common commands|communicat\w*|post-?mortem|appendix|roll out in steps|test(?:ing)? (?:rollback|recovery|in)\b|prepar\w*|enable\b|set ?up\b|alert\w*|atomic (?:deploy\w*|upgrades?|flag|install\w*)|history management|vorbeug\w*|präventi\w*|vor (?:jedem|dem|einem) upgrade|sicherung\w*|vorbereit\w*|aufräumen\b";
    Regex::new(&format!(r"(?i)\b(?:{what})")).expect("a pattern of ours is one")
});

static HOOK: LazyLock<Regex> = LazyLock::new(|| {
    let what = r"(?i)\bpre-?(?:install|upgrade|rollback|delete)[ -](?:hook|job)";
    Regex::new(what).expect("a pattern of ours is one")
});

impl Section {
    /// The statements of all its ways, as they stand.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.alternatives.iter().flat_map(|way| &way.steps)
    }

    /// Whether its heading lets one expect that it recovers something.
    pub fn promises(&self) -> bool {
        // A hook that runs before an upgrade is a part of it.
        !AHEAD.is_match(&HOOK.replace_all(&self.title, "hook"))
    }

    /// The namespaces that its commands name, those of other people's things left out; `prod` and `production` are one.
    pub fn environments(&self) -> BTreeSet<String> {
        let steps = self.alternatives.iter().flat_map(|way| &way.steps).filter(|step| !step.unended);
        let scripts = steps.map(|step| step.script.text.as_str());
        let mut all: BTreeSet<String> = scripts
            .flat_map(commands)
            .flat_map(|simple| roles::positions(&simple))
            .filter(|position| position.role == Role::Namespace && roles::is_literal(&position.text))
            .map(|position| position.text)
            .filter(|name| !FOREIGN.contains(&name.as_str()))
            .collect();
        let longer =
            |name: &String| all.iter().any(|other| other != name && other.starts_with(name.as_str()));
        let short: Vec<String> = all.iter().filter(|name| longer(name)).cloned().collect();
        all.retain(|name| !short.contains(name));
        all
    }
}

impl Step {
    /// Whether it asks for a change, as its text tells.
    pub fn changes(&self) -> bool {
        !self.unended && super::roles::changes(&self.script.text)
    }

    /// Whether it calls `helm rollback`.
    pub fn rolls_back(&self) -> bool {
        let rollback =
            |simple: &Simple| simple.program() == "helm" && simple.arguments().any(|word| word == "rollback");
        !self.unended && commands(&self.script.text).iter().any(rollback)
    }
}

impl Runbook {
    /// A remark about some bytes of it.
    pub(super) fn remark(
        &self,
        level: Level,
        rule: &'static str,
        bytes: Range<usize>,
        message: impl Into<String>,
    ) -> Remark {
        let place = super::text::place(&self.source, bytes);
        let finding = Finding { file: self.file.clone(), place, message: message.into(), help: None };
        Remark { level, rule, finding }
    }

    /// What is to be said of a statement that ends nowhere; `None` of any other, and of one that a comment passes over.
    pub fn unended(&self, step: &Step) -> Option<Remark> {
        let (bytes, what) = shell::unended(&step.script.text).filter(|_| step.unended && !step.mark.skip)?;
        let why = match what {
            Unended::Quote(mark) => format!("this quote ({mark}) is never closed"),
            Unended::Bracket(mark) => format!("this bracket ({mark}) is never closed"),
            Unended::Heredoc(word) => format!("no line ends this heredoc: {word}"),
            Unended::Compound(end) => format!("no `{end}` ends this"),
            Unended::Operator => "nothing follows this".to_owned(),
        };
        let help = match step.script.text.trim_end().lines().count() {
            0 | 1 => "close it; bash cannot read the line, and it is not run".to_owned(),
            lines => {
                let first = step.place.line;
                let last = first + lines - 1;
                format!(
                    "close it; to bash, lines {first} to {last} are one statement without an end, and none of them is run"
                )
            }
        };
        Some(self.remark(Level::Error, "unfinished", step.script.origins(bytes), why).help(help))
    }

    /// Whether there is anything that could be run.
    pub fn has_steps(&self) -> bool {
        self.steps().any(|step| !step.unended)
    }

    /// The statements of all its sections, as they stand.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.sections.iter().flat_map(Section::steps)
    }
}

impl Remark {
    /// The same with a word on what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Remark {
        self.finding.help = Some(help.into());
        self
    }
}
