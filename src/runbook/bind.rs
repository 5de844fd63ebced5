//! Puts values in for the holes and names of one way through a section. What somebody has said counts; else the
//! scenario offers what it has, and that is told; what is left is unbound, and never guessed.

use super::bindings::Bindings;
use super::facts::Facts;
use super::holes::{assigned, holes};
use super::roles::{Position, Role, is_literal, positions};
use super::{gitops, objects, occurrences, variables};
use crate::shell::commands;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

mod offers;
mod parts;
mod values;

/// Text that takes the place of other text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) bytes: Range<usize>,
    pub(super) with: String,
    /// What is said of it; nothing where it was said before.
    pub(super) told: Option<String>,
}

/// A statement with its values put in.
#[derive(Clone, Debug, Default)]
pub(super) struct Filled {
    pub(super) edits: Vec<Edit>,
    /// What stands for nothing: where, and why.
    pub(super) unbound: Vec<(Range<usize>, String)>,
    /// Files that it needs and that the scenario gives it: path → text.
    pub(super) files: BTreeMap<String, String>,
}

/// The file that holds the values of the newest revision.
pub(super) const VALUES: &str = "release-values.yaml";
/// Namespaces that are no environment of anybody's.
pub(super) const FOREIGN: [&str; 8] = [
    "default",
    "kube-system",
    "kube-public",
    "argocd",
    "flux-system",
    "monitoring",
    "cert-manager",
    "ingress-nginx",
];

/// Goes through the statements of one way, one after another.
pub(super) struct Binder<'a> {
    facts: &'a Facts,
    said: &'a Bindings,
    /// Variables that are set, and files that were written.
    set: BTreeSet<String>,
    written: BTreeSet<String>,
    wanders: bool,
    /// Variables that name a chart of the reader's.
    charts: BTreeSet<String>,
    /// Names and what stands for them.
    names: BTreeMap<(Role, String), Option<String>>,
    told: BTreeSet<String>,
    /// Variables and what they are used for.
    used: BTreeMap<String, Role>,
    /// Objects that statements have created.
    created: BTreeSet<String>,
    /// Records are old ones: the section clears them away.
    old_records: bool,
}

impl<'a> Binder<'a> {
    /// For the statements of one way.
    pub(super) fn new<'s>(
        facts: &'a Facts,
        said: &'a Bindings,
        statements: impl Iterator<Item = &'s str>,
    ) -> Binder<'a> {
        let mut binder = Binder {
            facts,
            said,
            set: BTreeSet::new(),
            written: BTreeSet::new(),
            wanders: false,
            charts: BTreeSet::new(),
            names: BTreeMap::new(),
            told: BTreeSet::new(),
            used: BTreeMap::new(),
            created: BTreeSet::new(),
            old_records: false,
        };
        let statements: Vec<&str> = statements.collect();
        binder.used = statements.iter().flat_map(|statement| variables::used(statement)).collect();
        for statement in &statements {
            for position in
                commands(statement).iter().flat_map(positions).chain(variables::set(statement, &binder.used))
            {
                if is_literal(&position.text) {
                    binder.learn(position.role, &position.text);
                }
            }
        }
        // Commands say it before the names of records do.
        for release in statements.iter().flat_map(|statement| occurrences::releases(statement)) {
            binder.learn(Role::Release, &release);
        }
        binder
    }

    /// Where the statements name no release, what the rest of the runbook calls it is known too.
    pub(super) fn beside<'s>(mut self, others: impl Iterator<Item = &'s str>) -> Binder<'a> {
        for position in others.flat_map(commands).collect::<Vec<_>>().iter().flat_map(positions) {
            if position.role == Role::Release && is_literal(&position.text) {
                self.learn(Role::Release, &position.text);
            }
        }
        self
    }

    /// For a section under this heading.
    pub(super) fn under(mut self, heading: &str) -> Binder<'a> {
        let heading = heading.rsplit(" › ").next().unwrap_or_default().to_lowercase();
        self.old_records = ["old", "prun", "oldest"].iter().any(|word| heading.contains(word));
        self
    }

    /// Decides what a name stands for, the first time that it is met.
    fn learn(&mut self, role: Role, name: &str) {
        let key = (role, name.to_owned());
        if !matches!(role, Role::Release | Role::Namespace) || self.names.contains_key(&key) {
            return;
        }
        let own = self.said.get(name).map(|bound| bound.value.clone());
        let stands = own.or_else(|| match role {
            Role::Release if self.facts.releases.contains(name) => Some(name.to_owned()),
            Role::Namespace if FOREIGN.contains(&name) => Some(name.to_owned()),
            Role::Namespace => self.environment(name),
            _ => None,
        });
        let stands = stands.or_else(|| {
            let value = self.of_role(role).map(|bound| bound.value)?;
            let taken = |(other, _): &(Role, String), given: &Option<String>| {
                *other == role && given.as_ref() == Some(&value)
            };
            let free = !self.names.iter().any(|(key, given)| taken(key, given));
            free.then_some(value)
        });
        self.names.insert(key, stands);
    }

    /// Puts values into the next statement.
    pub(super) fn fill(&mut self, script: &str) -> Filled {
        let mut filled = Filled::default();
        let simples = commands(script);
        for simple in &simples {
            match gitops::switched(script, simple, self.facts) {
                Some(edit) => filled.edits.push(edit),
                None => filled.edits.extend(gitops::application(simple, self.facts)),
            }
        }
        let mut places: Vec<(Position, bool)> = simples
            .iter()
            .flat_map(|simple| {
                let own = simple.has(&["--reuse-values", "--reset-then-reuse-values", "-f", "--values"]);
                let fresh =
                    simple.words.iter().any(|word| matches!(word.text.as_str(), "install" | "upgrade"))
                        && !own;
                positions(simple).into_iter().map(move |position| (position, fresh))
            })
            .collect();
        self.charts(script, &places, &mut filled);
        for simple in &simples {
            self.objects(script, simple, &mut filled);
        }
        places.extend(variables::set(script, &self.used).into_iter().map(|position| (position, false)));
        variables::compare(&simples, &mut places);
        for hole in holes(script, &self.set) {
            if filled.edits.iter().any(|edit| overlap(&edit.bytes, &hole.bytes)) {
                continue;
            }
            let at = places.iter().find(|(place, _)| {
                place.bytes.start <= hole.bytes.start && hole.bytes.end <= place.bytes.end
            });
            let bare = at.is_some_and(|(place, _)| place.bytes == hole.bytes || place.text == hole.written);
            let role = at.filter(|_| bare).map(|(place, _)| place.role);
            let fresh = at.is_some_and(|(_, fresh)| *fresh);
            let namespace = self.namespace_at(&simples, &hole.bytes);
            self.hole(script, &hole, role, (fresh, namespace.as_deref()), &mut filled);
        }
        for (position, fresh) in &places {
            let taken = filled.edits.iter().any(|edit| overlap(&edit.bytes, &position.bytes))
                || filled.unbound.iter().any(|(bytes, _)| overlap(bytes, &position.bytes));
            if !taken && is_literal(&position.text) {
                let namespace = self.namespace_at(&simples, &position.bytes);
                self.literal(script, position, (*fresh, namespace.as_deref()), &mut filled);
            }
        }
        self.elsewhere(script, &mut filled);
        self.remember(script);
        filled.edits.sort_by_key(|edit| edit.bytes.start);
        filled
    }

    fn remember(&mut self, script: &str) {
        self.charts.extend(variables::charts(script, self.facts, &self.used));
        self.set.extend(assigned(script));
        for simple in commands(script) {
            self.created.extend(objects::created(&simple));
            let redirected = simple.redirected.iter().filter(|(how, _)| how.contains('>'));
            self.written
                .extend(redirected.map(|(_, target)| target.text.trim_start_matches("./").to_owned()));
            if matches!(simple.program(), "tee" | "cp" | "mv" | "touch") {
                self.written.extend(simple.arguments().map(|word| word.trim_start_matches("./").to_owned()));
            }
            self.wanders |= matches!(simple.program(), "cd" | "pushd");
        }
    }

    /// What is told, the first time.
    fn tell(&mut self, told: String) -> Option<String> {
        self.told.insert(told.clone()).then_some(told)
    }
}

pub(super) fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// The script with its edits carried out; those that overlap an earlier one are left out.
pub(super) fn carried_out(script: &str, edits: &[Edit]) -> String {
    let mut out = String::new();
    let mut at = 0;
    for edit in edits.iter().filter(|edit| edit.bytes.end <= script.len()) {
        if edit.bytes.start >= at {
            out += &script[at..edit.bytes.start];
            out += &edit.with;
            at = edit.bytes.end;
        }
    }
    out + &script[at..]
}
