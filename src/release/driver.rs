//! Where Helm keeps its records, by `HELM_DRIVER`, and how each place looks in a snapshot.

use super::{DecodeError, Record, decode, decode_configmap};
use crate::snapshot::Key;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The table of Helm's SQL driver.
pub const TABLE: &str = "releases_v1";
/// The group under which a snapshot has the rows of a database.
const SQL: &str = "postgresql";

/// A place for records, as `HELM_DRIVER` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Driver {
    /// Secrets, where nothing else is said.
    #[default]
    Secret,
    /// ConfigMaps.
    Configmap,
    /// The database of the drill.
    Sql,
}

impl Driver {
    /// Every place.
    pub const ALL: [Driver; 3] = [Driver::Secret, Driver::Configmap, Driver::Sql];

    /// Whether it is the one that is meant where none is named.
    pub fn is_default(&self) -> bool {
        *self == Driver::default()
    }

    /// The group and the resource under which a snapshot has its records.
    pub fn collection(self) -> (&'static str, &'static str) {
        match self {
            Driver::Secret => ("", "secrets"),
            Driver::Configmap => ("", "configmaps"),
            Driver::Sql => (SQL, TABLE),
        }
    }

    /// A release with the place of its records, where that is not the usual one: `myapp in SQL`.
    pub fn shown(self, release: &str) -> String {
        match self {
            Driver::Secret => release.to_owned(),
            Driver::Configmap => format!("{release} in ConfigMaps"),
            Driver::Sql => format!("{release} in SQL"),
        }
    }

    /// Whether the records of this place are kept under such a key.
    pub fn keeps(self, key: &Key) -> bool {
        let (group, resource) = self.collection();
        &*key.group == group && &*key.resource == resource
    }

    /// Reads the record out of an object of this place.
    pub(super) fn decode(self, object: &Value) -> Result<Record, DecodeError> {
        match self {
            Driver::Secret | Driver::Sql => decode(object),
            Driver::Configmap => decode_configmap(object),
        }
    }
}

/// A row of the SQL driver's table as an object of a snapshot: what a Secret says in labels and data, in the same form.
/// `column` gives the text of a column; `None` where the row has no name, or no namespace, to be found by.
pub fn row<'a>(column: impl Fn(&str) -> Option<&'a str>) -> Option<(Key, Value)> {
    let text = |name: &str| column(name).unwrap_or_default();
    let (namespace, name) = (column("namespace")?, column("key")?);
    let labels = json!({
        "name": text("name"),
        "owner": text("owner"),
        "status": text("status"),
        "version": text("version"),
    });
    let object = json!({
        "apiVersion": "postgresql/v1",
        "kind": "Row",
        "type": text("type"),
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "data": {"release": STANDARD.encode(text("body"))},
    });
    Some((Key::new(SQL, TABLE, namespace, name), object))
}

#[cfg(test)]
mod tests {
    use super::super::{encode, history};
    use super::*;
    use crate::snapshot::Snapshot;
    use std::sync::Arc;

    #[test]
    fn a_record_is_read_from_wherever_it_is_kept() {
        let record = Record {
            name: "web".into(),
            namespace: "p".into(),
            revision: 3,
            status: "deployed".into(),
            ..Record::default()
        };
        let inner = STANDARD.decode(encode(&record)).expect("what was encoded");
        let inner = String::from_utf8(inner).expect("base64");
        let columns = [
            ("key", "sh.helm.release.v1.web.v3"),
            ("namespace", "p"),
            ("name", "web"),
            ("owner", "helm"),
            ("status", "deployed"),
            ("version", "3"),
            ("body", inner.as_str()),
        ];
        let column = |name: &str| columns.iter().find(|(held, _)| *held == name).map(|(_, text)| *text);
        let (key, of_sql) = row(column).expect("a row with a name");
        let of_map = json!({"metadata": of_sql["metadata"], "data": {"release": inner}});
        let map = Key::new("", "configmaps", "p", "sh.helm.release.v1.web.v3");
        let snapshot =
            Snapshot::default().with(1, key, Some(Arc::new(of_sql))).with(1, map, Some(Arc::new(of_map)));
        for (driver, found) in [(Driver::Secret, 0), (Driver::Configmap, 1), (Driver::Sql, 1)] {
            let history = history(&snapshot, driver, "p", "web");
            assert_eq!(history.len(), found, "{driver:?}");
            for revision in history {
                assert_eq!((revision.record.as_ref(), revision.damage), (Ok(&record), None), "{driver:?}");
            }
        }
    }
}
