//! What a section takes from those before it: an alias, a function or a variable that somebody who reads from the top has
//! set once (*Setup, once per shell*), and that a way calls without setting it itself.

use super::bindings::plain;
use super::holes::{assigned, variables};
use super::model::{Alternative, Runbook, Section, Step};
use super::roles::Role;
use crate::shell::commands;
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static FUNCTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:function\s+)?([A-Za-z_][\w-]*)\s*\(\)\s*\{|^function\s+([A-Za-z_][\w-]*)\s*\{")
        .expect("a pattern of ours is one")
});

/// The statements of earlier sections that one way needs, in their order.
pub(super) fn lent<'a>(runbook: &'a Runbook, section: &Section, way: &Alternative) -> Vec<&'a Step> {
    let before = runbook.sections.iter().take_while(|other| other.place != section.place);
    let before: Vec<&Step> = before.flat_map(Section::steps).filter(may_be_lent).collect();
    let own = way.steps.iter().filter(|step| !step.unended).map(|step| step.script.text.as_str());
    let own: Vec<&str> = own.collect();
    let mut known: BTreeSet<String> = own.iter().flat_map(|script| defined(script)).collect();
    let mut wanted: Vec<String> = own.iter().flat_map(|script| called(script)).collect();
    // A variable whose name says what it is about stands for what the scenario has.
    let nameless = |name: &String| Role::of(&plain(name)).is_none();
    wanted.extend(own.iter().flat_map(|script| variables(script)).filter(nameless));
    let mut taken: Vec<&Step> = Vec::new();
    while let Some(name) = wanted.pop() {
        if !known.insert(name.clone()) {
            continue;
        }
        let Some(step) = before.iter().rfind(|step| defined(&step.script.text).contains(&name)) else {
            continue;
        };
        let script = &step.script.text;
        wanted.extend(within(script));
        if !taken.iter().any(|other| other.place == step.place) {
            taken.push(step);
        }
    }
    taken.sort_by_key(|step| step.place.bytes.start);
    taken
}

/// Whether a statement does no more than set something, whatever the cluster looks like.
fn may_be_lent(step: &&Step) -> bool {
    let script = &step.script.text;
    let sets = |script: &str| {
        commands(script).iter().all(|simple| match simple.program() {
            "" => simple.redirected.is_empty(),
            "alias" | "export" | "readonly" | "declare" => true,
            _ => false,
        })
    };
    !step.unended && !step.mark.skip && (FUNCTION.is_match(script) || sets(script))
}

/// The names that a statement sets: of aliases, functions, variables.
fn defined(script: &str) -> BTreeSet<String> {
    if let Some(name) = FUNCTION.captures(script).and_then(|found| found.get(1).or_else(|| found.get(2))) {
        return BTreeSet::from([name.as_str().to_owned()]);
    }
    let mut names = assigned(script);
    names.extend(aliases(script).into_iter().map(|(name, _)| name));
    names
}

fn aliases(script: &str) -> Vec<(String, String)> {
    let all = commands(script);
    let words = all.iter().filter(|simple| simple.program() == "alias").flat_map(|simple| simple.arguments());
    words.filter_map(|word| word.split_once('=')).map(|(name, to)| (name.to_owned(), to.to_owned())).collect()
}

/// The programs that a script calls.
fn called(script: &str) -> Vec<String> {
    commands(script)
        .iter()
        .map(|simple| simple.program().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// What a statement that sets something needs itself: also in what an alias stands for.
fn within(script: &str) -> Vec<String> {
    let mut found = called(script);
    found.extend(variables(script));
    for (_, to) in aliases(script) {
        found.extend(called(&to));
        found.extend(variables(&to));
    }
    found
}

/// Whether one of the statements up to here, or an earlier section, says what this program is.
pub(super) fn says(runbook: &Runbook, name: &str) -> bool {
    runbook.steps().filter(|step| !step.unended).any(|step| defined(&step.script.text).contains(name))
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn what_was_set_once_for_all_goes_along() {
        let text = "# Setup\n\n```bash\nexport WHO=web TEAM=a\nalias kn='kubectl -n $WHO'\nlook() {\n  kn get pods\n}\n\
                    LAST=$(helm list)\n```\n\n# Look\n\n```bash\nlook\n```\n\n# Nothing\n\n```bash\nhelm list\n```\n\n\
                    # Own\n\n```bash\nalias kn=kubectl\nkn get pods\n```\n\n# Later\n\n```bash\necho $LAST $TEAM\n```\n";
        let runbook = parse("guide.md", text);
        let told: Vec<Vec<&str>> = runbook
            .sections
            .iter()
            .map(|section| {
                let lent = lent(&runbook, section, &section.alternatives[0]);
                lent.iter().map(|step| step.script.text.lines().next().unwrap_or_default()).collect()
            })
            .collect();
        let setup = "export WHO=web TEAM=a";
        let wanted: [&[&str]; 5] =
            [&[], &[setup, "alias kn='kubectl -n $WHO'", "look() {"], &[], &[], &[setup]];
        assert_eq!(told, wanted);
        assert!(says(&runbook, "kn") && !says(&runbook, "k"));
    }
}
