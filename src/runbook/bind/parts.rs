//! What of a statement is bound by more than its role: charts whose paths are put together, objects by the part that they
//! play, and names wherever they stand.

use super::super::bindings::Bound;
use super::super::roles::{Position, Role, is_literal, positions};
use super::super::{objects, occurrences};
use super::{Binder, Edit, Filled, VALUES, overlap};
use crate::shell::{Simple, commands};
use std::ops::Range;

impl Binder<'_> {
    /// A chart whose path is put together (`./charts/$APP`) is the scenario's; one that a variable names has its values.
    pub(super) fn charts(&mut self, script: &str, places: &[(Position, bool)], filled: &mut Filled) {
        for (Position { text, bytes, .. }, fresh) in places.iter().filter(|(at, _)| at.role == Role::Chart) {
            let path = text.contains('/') && !text.starts_with(['$', '<', '{']);
            let named = text.trim_start_matches('$').trim_matches(['{', '}']);
            let bound = self.of_role(Role::Chart).filter(|bound| !bound.value.is_empty());
            if path && !is_literal(text) {
                let Some(bound) = bound else { continue };
                let written = script[bytes.clone()].trim_matches('"');
                let told = self.tell(stands_for(written, &bound));
                let with = self.with_values(Some(Role::Chart), &bound.value, *fresh, filled);
                filled.edits.push(Edit { bytes: bytes.clone(), with, told });
            } else if text.starts_with('$') && self.charts.contains(named) {
                let with = self.with_values(Some(Role::Chart), &self.facts.chart.clone(), *fresh, filled);
                let more = with[self.facts.chart.len()..].to_owned();
                filled.edits.push(Edit { bytes: bytes.end..bytes.end, with: more, told: None });
            }
        }
    }

    /// The namespace of the scenario in which the command works that stands there, where it is another than the first.
    pub(super) fn namespace_at(&self, simples: &[Simple], bytes: &Range<usize>) -> Option<String> {
        let of = |simple: &&Simple| {
            let last = simple.words.last().map_or(0, |word| word.bytes.end);
            simple.words.first().is_some_and(|word| word.bytes.start <= bytes.start) && bytes.end <= last
        };
        let simple = simples.iter().rfind(of)?;
        let named = positions(simple).into_iter().find(|position| position.role == Role::Namespace)?;
        let stands = self.names.get(&(Role::Namespace, named.text)).cloned().flatten()?;
        self.facts.elsewhere.contains_key(&stands).then_some(stands)
    }

    /// Objects, labels and containers that the scenario calls otherwise.
    pub(super) fn objects(&mut self, script: &str, simple: &Simple, filled: &mut Filled) {
        let names = &self.names;
        let renamed = |name: &str| {
            let mut now = name.to_owned();
            for ((role, written), stands) in names {
                if let (Some(stands), Some(bytes)) = (stands, met(&now, *role, written).into_iter().next()) {
                    now.replace_range(bytes, stands);
                }
            }
            now
        };
        let found = objects::named(script, simple, self.facts, &self.created, renamed);
        let free = |bytes: &Range<usize>, filled: &Filled| {
            !filled.edits.iter().any(|edit| overlap(&edit.bytes, bytes))
        };
        for mut edit in found.edits {
            let own = self.said.get(&script[edit.bytes.clone()]).cloned();
            if let Some(bound) = own {
                edit.told = Some(stands_for(&script[edit.bytes.clone()], &bound));
                edit.with = bound.value;
            }
            if free(&edit.bytes, filled) {
                edit.told = edit.told.and_then(|told| self.tell(told));
                filled.edits.push(edit);
            }
        }
        for (bytes, why) in found.unbound {
            match self.said.get(&script[bytes.clone()]).cloned() {
                Some(bound) => {
                    let told = self.tell(stands_for(&script[bytes.clone()], &bound));
                    filled.edits.push(Edit { bytes, with: bound.value, told });
                }
                None if free(&bytes, filled) => filled.unbound.push((bytes, why)),
                None => {}
            }
        }
    }

    /// Names that stand for others, wherever they stand, and the numbers in the names of records.
    pub(super) fn elsewhere(&mut self, script: &str, filled: &mut Filled) {
        let names: Vec<(Role, String, String)> = self
            .names
            .iter()
            .filter_map(|((role, name), stands)| Some((*role, name.clone(), stands.clone()?)))
            .filter(|(_, name, stands)| name != stands)
            .collect();
        for (role, name, stands) in names {
            for bytes in met(script, role, &name) {
                if !filled.edits.iter().any(|edit| overlap(&edit.bytes, &bytes)) {
                    let told =
                        self.tell(format!("{name} stands for {stands} ({} of the scenario)", role.key()));
                    filled.edits.push(Edit { bytes, with: stands.clone(), told });
                }
            }
        }
        for (bytes, written) in occurrences::record_numbers(script) {
            let taken = filled.edits.iter().any(|edit| overlap(&edit.bytes, &bytes));
            let oldest = self.facts.first_revision.filter(|_| self.old_records).map(|number| Bound {
                value: number.to_string(),
                said_by: "the scenario's oldest revision".to_owned(),
            });
            let bound = oldest.or_else(|| self.of_role(Role::LastRevision));
            let bound = bound.filter(|bound| !taken && bound.value != written);
            if let Some(bound) = bound {
                let told =
                    self.tell(format!("record v{written} stands for v{} ({})", bound.value, bound.said_by));
                filled.edits.push(Edit { bytes, with: bound.value, told });
            }
        }
    }

    /// `k` is what people who type it all day call kubectl.
    pub(in super::super) fn kubectl(&mut self, script: &str) -> Vec<Edit> {
        let all = commands(script);
        let named =
            all.iter().filter(|simple| simple.program() == "k").filter_map(|simple| simple.words.first());
        let places: Vec<Range<usize>> = named.map(|word| word.bytes.clone()).collect();
        let edit = |bytes| Edit {
            bytes,
            with: "kubectl".to_owned(),
            told: self.tell("k stands for kubectl".to_owned()),
        };
        places.into_iter().map(edit).collect()
    }

    /// A file of values that nobody has written holds those of the newest revision.
    pub(super) fn values_file(&mut self, bytes: Range<usize>, written: &str, filled: &mut Filled) {
        let values = self.facts.values.clone().unwrap_or_default();
        let plain = is_literal(written) && !written.contains("..") && !written.starts_with(['/', '~']);
        let path = if plain { written.trim_start_matches("./") } else { VALUES };
        filled.files.insert(path.to_owned(), values);
        let told = self.tell(format!("{written} stands for a file with the values of the newest revision"));
        filled.edits.push(Edit { bytes, with: path.to_owned(), told });
    }

    pub(super) fn is_missing(&self, path: &str) -> bool {
        let path = path.trim_start_matches("./");
        let there = self.facts.files.contains(path) || self.written.contains(path);
        !there && !self.wanders && path != "-" && !path.contains("://")
    }
}

/// Where a name stands. Objects begin with the name of their release, never with that of a namespace.
fn met(script: &str, role: Role, name: &str) -> Vec<Range<usize>> {
    let mut found = occurrences::of(script, name);
    found.retain(|bytes| role != Role::Namespace || !script[bytes.end..].starts_with('-'));
    found
}

/// What is told of a name that stands for something.
fn stands_for(written: &str, bound: &Bound) -> String {
    format!("{written} stands for {} ({})", bound.value, bound.said_by)
}
