//! What the scenario has to offer for a name: the environment of that name, what stands for everything of a role, revisions as
//! each namespace has them. Where names stand in a statement is the matter of `bind` and its `parts`.

use super::super::bindings::Bound;
use super::super::roles::Role;
use super::{Binder, VALUES};

impl Binder<'_> {
    /// The environment of the scenario that has this name, or one that begins with it: `prod`.
    pub(super) fn environment(&self, name: &str) -> Option<String> {
        let all = &self.facts.namespaces;
        let exact = all.iter().find(|known| *known == name);
        let short = |known: &&String| name.len() >= 3 && known.starts_with(name);
        let within = |known: &&String| name.split(['-', '_']).any(|part| part == known.as_str());
        exact.or_else(|| all.iter().find(short)).or_else(|| all.iter().find(within)).cloned()
    }

    /// What stands for everything of a role: what was said of it, else what the scenario has.
    pub(super) fn of_role(&self, role: Role) -> Option<Bound> {
        if let Some(bound) = self.said.get(role.key()) {
            return Some(bound.clone());
        }
        let facts = self.facts;
        let later = |number: Option<u32>, what: &str| match number {
            Some(number) => Some((number.to_string(), format!("the scenario's {what}"))),
            None if facts.seen => None,
            None => Some((
                format!("‹{what}›"),
                format!("the scenario's {what}, which is known once it is broken"),
            )),
        };
        let one = |names: Option<&Vec<String>>| {
            names.filter(|names| names.len() == 1).map(|names| names[0].clone())
        };
        let (value, said_by) = match role {
            Role::Object("pod") if facts.seen => {
                let first = facts.objects.get("pod").and_then(|names| names.first());
                first.map(|name| {
                    (
                        name.clone(),
                        "the release's first pod, those that are not ready before others".to_owned(),
                    )
                })
            }
            Role::Release => Some((facts.release.clone(), "the scenario's release".to_owned())),
            Role::Namespace => {
                facts.namespaces.first().map(|name| (name.clone(), "the scenario's namespace".to_owned()))
            }
            Role::GoodRevision => later(facts.good_revision, "last good revision"),
            Role::LastRevision => later(facts.last_revision, "newest revision"),
            Role::Record => later(facts.last_revision, "newest revision").map(|(number, _)| {
                let name = format!("sh.helm.release.v1.{}.v{number}", facts.release);
                (name, "the record of the scenario's newest revision".to_owned())
            }),
            Role::Chart => Some((facts.chart.clone(), "the scenario's chart".to_owned())),
            Role::Values => Some((VALUES.to_owned(), "the values of the newest revision".to_owned())),
            Role::Context => Some(("helmdrill".to_owned(), "the drill's own context".to_owned())),
            Role::Object(kind) if facts.seen => {
                one(facts.objects.get(kind)).map(|name| (name, format!("the release's only {kind}")))
            }
            Role::Object("pod") => Some((
                "‹the first pod›".to_owned(),
                "the release's first pod, those that are not ready before others".to_owned(),
            )),
            Role::Object(kind) => Some((format!("‹the only {kind}›"), format!("the release's only {kind}"))),
        }?;
        Some(Bound { value, said_by })
    }

    /// A revision, as the namespace has it in which the command works.
    pub(super) fn revision(&self, role: Role, namespace: Option<&str>) -> Option<Bound> {
        let general = self.of_role(role);
        let (good, last) = namespace.and_then(|namespace| self.facts.elsewhere.get(namespace))?;
        let (number, what) = match role {
            Role::GoodRevision => (*good, "last good revision"),
            Role::LastRevision => (*last, "newest revision"),
            _ => return general,
        };
        let said_by = format!("the {what} in {}", namespace.unwrap_or_default());
        // What somebody has said counts everywhere.
        if self.said.get(role.key()).is_some() {
            return general;
        }
        number.map(|number| Bound { value: number.to_string(), said_by }).or(general)
    }
}
