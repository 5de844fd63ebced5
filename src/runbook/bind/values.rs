//! What is put in for one hole, and for one name that stands at a place of its role.

use super::super::holes::Hole;
use super::super::roles::{Position, Role};
use super::{Binder, Edit, Filled, VALUES};

impl Binder<'_> {
    /// Puts the value of a hole in, or says that nothing stands for it.
    pub(super) fn hole(
        &mut self,
        script: &str,
        hole: &Hole,
        position: Option<Role>,
        (fresh, namespace): (bool, Option<&str>),
        filled: &mut Filled,
    ) {
        if matches!(hole.name.as_str(), "flags" | "options" | "args") && hole.written.starts_with('[') {
            let told = self.tell(format!("{} stands for nothing", hole.written));
            filled.edits.push(Edit { bytes: hole.bytes.clone(), with: String::new(), told });
            return;
        }
        let named = Role::of(&hole.name);
        let record = script[..hole.bytes.start].ends_with(".v");
        let role = match (position, named) {
            // In the name of a record a number is that of the newest, unless it says that it is another.
            (_, Some(Role::GoodRevision)) if record && !says_good(&hole.name) => Some(Role::LastRevision),
            (Some(Role::GoodRevision), Some(Role::LastRevision)) => named,
            (Some(role), _) => Some(role),
            (None, named) => named,
        };
        let own = self.said.get(&hole.name).cloned();
        let from_role = || {
            let role = role.filter(|role| *role != Role::Values)?;
            self.revision(role, namespace).or_else(|| self.of_role(role))
        };
        match own.or_else(from_role) {
            Some(bound) => {
                let with = self.with_values(role, &bound.value, fresh, filled);
                let told =
                    self.tell(format!("{} stands for {} ({})", hole.written, bound.value, bound.said_by));
                filled.edits.push(Edit { bytes: hole.bytes.clone(), with, told });
            }
            None if role == Some(Role::Values) => self.values_file(hole.bytes.clone(), &hole.written, filled),
            None => filled.unbound.push((hole.bytes.clone(), format!("nothing stands for {}", hole.written))),
        }
    }

    /// Whether a name is that of a release and of a namespace.
    fn is_both(&self, name: &str) -> bool {
        [Role::Release, Role::Namespace].iter().all(|role| self.names.contains_key(&(*role, name.to_owned())))
    }

    /// Puts in what a name stands for.
    pub(super) fn literal(
        &mut self,
        script: &str,
        position: &Position,
        (fresh, namespace): (bool, Option<&str>),
        filled: &mut Filled,
    ) {
        let Position { role, text, bytes } = position;
        match role {
            Role::Release | Role::Namespace => {
                match self.names.get(&(*role, text.clone())).cloned().flatten() {
                    None => {
                        let why = format!("{text} is no {} of the scenario", role.key());
                        filled.unbound.push((bytes.clone(), why));
                    }
                    // A release and its namespace may have one name.
                    Some(stands)
                        if stands != *text && self.is_both(text) && script[bytes.clone()] == *text =>
                    {
                        let told =
                            self.tell(format!("{text} stands for {stands} ({} of the scenario)", role.key()));
                        filled.edits.push(Edit { bytes: bytes.clone(), with: stands, told });
                    }
                    Some(_) => {}
                }
            }
            Role::GoodRevision | Role::LastRevision
                if text.chars().all(|c| c.is_ascii_digit()) && text != "0" =>
            {
                let own = self.said.get(text).cloned().or_else(|| self.revision(*role, namespace));
                let bound = own.or_else(|| self.of_role(*role));
                if let Some(bound) = bound.filter(|bound| bound.value != *text) {
                    let told =
                        self.tell(format!("revision {text} stands for {} ({})", bound.value, bound.said_by));
                    filled.edits.push(Edit { bytes: bytes.clone(), with: bound.value, told });
                }
            }
            Role::Chart if !self.facts.has_chart(text) => {
                let bound = self.said.get(text).cloned().or_else(|| self.of_role(*role));
                if let Some(bound) = bound {
                    let told = self.tell(format!("{text} stands for {} ({})", bound.value, bound.said_by));
                    let with = self.with_values(Some(*role), &bound.value, fresh, filled);
                    filled.edits.push(Edit { bytes: bytes.clone(), with, told });
                }
            }
            // It is there under this name, whatever else is called so.
            Role::Chart => filled.edits.push(Edit { bytes: bytes.clone(), with: text.clone(), told: None }),
            Role::Context => {
                if let Some(bound) = self.of_role(*role).filter(|bound| bound.value != *text) {
                    let told = self.tell(format!("{text} stands for {} ({})", bound.value, bound.said_by));
                    filled.edits.push(Edit { bytes: bytes.clone(), with: bound.value, told });
                }
            }
            Role::Values if self.is_missing(text) => self.values_file(bytes.clone(), text, filled),
            Role::GoodRevision | Role::Values => {}
            Role::LastRevision | Role::Object(_) | Role::Record => {}
        }
    }

    /// A chart that is deployed comes with the values that the release has: a chart of the reader's own has them inside.
    pub(super) fn with_values(
        &mut self,
        role: Option<Role>,
        value: &str,
        fresh: bool,
        filled: &mut Filled,
    ) -> String {
        if role != Some(Role::Chart) || !fresh || value != self.facts.chart {
            return value.to_owned();
        }
        filled.files.insert(VALUES.to_owned(), self.facts.values.clone().unwrap_or_default());
        format!("{value} --values {VALUES}")
    }
}

fn says_good(name: &str) -> bool {
    ["good", "working", "stable", "previous"].iter().any(|word| name.contains(word))
}
