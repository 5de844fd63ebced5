//! The revisions of a release that a snapshot holds, those that cannot be read among them.

use super::record::is_pending;
use super::{DecodeError, Driver, Record};
use crate::snapshot::{Object, Snapshot};

/// One Secret of a release: what its name and labels say, and what is inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Name of the Secret.
    pub secret: String,
    /// The number in the name of the Secret.
    pub number: u32,
    /// The label `status`, by which Helm finds the deployed revision; empty where there is none.
    pub label: String,
    /// What is inside, which every other question of Helm goes by.
    pub record: Result<Record, DecodeError>,
    /// What hides the Secret from Helm, although the record may be fine.
    pub damage: Option<Damage>,
}

/// Labels without which Helm does not find a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The label `owner=helm` is missing or says something else.
    Owner,
    /// The label `name` is missing or names another release.
    Name,
}

impl Revision {
    /// The status inside the record; `None` where it cannot be read.
    pub fn status(&self) -> Option<&str> {
        self.record.as_ref().ok().map(|record| record.status.as_str())
    }

    /// Whether the record can be read and is pending.
    pub fn is_pending(&self) -> bool {
        self.status().is_some_and(is_pending)
    }
}

/// The Secrets of a release, or what holds its records elsewhere, oldest revision first. Told by their names, so that one
/// without labels is seen too.
pub fn history(snapshot: &Snapshot, driver: Driver, namespace: &str, release: &str) -> Vec<Revision> {
    let (group, resource) = driver.collection();
    let mut found: Vec<Revision> = snapshot
        .list(group, resource, Some(namespace))
        .filter_map(|(key, secret)| {
            let (name, number) = parts(&key.name)?;
            (name == release).then(|| revision(driver, &key.name, number, release, secret))
        })
        .collect();
    found.sort_by_key(|revision| revision.number);
    found
}

/// Where a release has its records: in Secrets where it has any there.
pub fn place_of(snapshot: &Snapshot, namespace: &str, release: &str) -> Driver {
    let has = |driver: &Driver| !history(snapshot, *driver, namespace, release).is_empty();
    Driver::ALL.into_iter().find(has).unwrap_or_default()
}

/// The names of all releases with a Secret in a namespace, each once, in order.
pub fn releases(snapshot: &Snapshot, namespace: &str) -> Vec<String> {
    let mut names: Vec<String> = snapshot
        .list("", "secrets", Some(namespace))
        .filter_map(|(key, _)| parts(&key.name).map(|(name, _)| name.to_owned()))
        .collect();
    names.sort();
    names.dedup();
    names
}

fn revision(driver: Driver, secret: &str, number: u32, release: &str, object: &Object) -> Revision {
    let label = |name: &str| object["metadata"]["labels"][name].as_str().unwrap_or_default();
    let damage = match (label("owner"), label("name")) {
        ("helm", name) if name == release => None,
        ("helm", _) => Some(Damage::Name),
        _ => Some(Damage::Owner),
    };
    let record = driver.decode(object);
    Revision { secret: secret.to_owned(), number, label: label("status").to_owned(), record, damage }
}

/// `sh.helm.release.v1.web.v3` → `("web", 3)`.
fn parts(name: &str) -> Option<(&str, u32)> {
    let (release, number) = name.strip_prefix("sh.helm.release.v1.")?.rsplit_once(".v")?;
    Some((release, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::secret;
    use super::*;
    use crate::snapshot::Key;
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn stored(revisions: Vec<(u32, Value)>) -> Snapshot {
        revisions.into_iter().fold(Snapshot::default(), |view, (n, object)| {
            let name = format!("sh.helm.release.v1.web.v{n}");
            view.with(1, Key::new("", "secrets", "p", &name), Some(Arc::new(object)))
        })
    }

    fn said(n: u32, status: &str) -> Value {
        secret(&Record {
            name: "web".into(),
            namespace: "p".into(),
            revision: n,
            status: status.into(),
            ..Record::default()
        })
    }

    #[test]
    fn a_history_is_told_in_the_order_of_its_numbers_with_the_unreadable_in_place() {
        let mut edited = said(2, "failed");
        edited["metadata"]["labels"]["status"] = json!("deployed");
        let snapshot = stored(vec![
            (10, said(10, "pending-upgrade")),
            (2, edited),
            (9, json!({"data": {"release": "Z2FyYmFnZQ=="}})),
        ]);
        let told: Vec<_> = history(&snapshot, Driver::Secret, "p", "web")
            .iter()
            .map(|r| format!("{} {:?} {:?} {:?}", r.number, r.label, r.status(), r.damage))
            .collect();
        assert_eq!(
            told,
            [
                r#"2 "deployed" Some("failed") None"#,
                r#"9 "" None Some(Owner)"#,
                r#"10 "pending-upgrade" Some("pending-upgrade") None"#
            ]
        );
        assert_eq!(releases(&snapshot, "p"), ["web"]);
        assert!(history(&snapshot, Driver::Secret, "q", "web").is_empty());
    }
}
