//! What a rule may ask of a request body: the name of the object that is created, and the status that a release
//! record says.

use crate::call::Call;
use crate::release;

/// What a request body says to a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspected {
    /// `metadata.name` of the object in the body.
    pub name: Option<String>,
    /// `info.status` of the release record in the body, such as `superseded`.
    pub status: Option<String>,
}

/// How a gate reads request bodies for its rules.
pub type Inspect = fn(&Call) -> Inspected;

/// Reads the object in the body, whatever its encoding; a body that cannot be read says nothing.
pub fn inspect(call: &Call) -> Inspected {
    let Some(object) = call.body.as_ref().and_then(|body| body.decode().ok()) else {
        return Inspected::default();
    };
    let name = object.pointer("/metadata/name").and_then(|name| name.as_str());
    let record = release::decode(&object).ok().filter(|_| object["type"] == RECORD);
    Inspected { name: name.map(str::to_owned), status: record.map(|record| record.status) }
}

/// The type of the Secrets in which Helm keeps its release records.
const RECORD: &str = "helm.sh/release.v1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Actor, Body};
    use serde_json::{Value, json};

    fn put(object: &Value) -> Inspected {
        let path = "/api/v1/namespaces/p/secrets/s";
        let mut call =
            Call::from_http(&http::Method::PUT, path, "", Actor::from_user_agent("Helm/4"), "Helm/4");
        call.body = Some(Body::json(object));
        inspect(&call)
    }

    #[test]
    fn the_status_inside_a_release_record_is_read_and_no_other_secret_has_one() {
        let record = release::Record { status: "superseded".to_owned(), ..release::Record::default() };
        let secret = json!({
            "metadata": {"name": "sh.helm.release.v1.web.v1"},
            "type": RECORD,
            "data": {"release": release::encode(&record)},
        });
        let seen = put(&secret);
        assert_eq!(seen.name.as_deref(), Some("sh.helm.release.v1.web.v1"));
        assert_eq!(seen.status.as_deref(), Some("superseded"));
        let mut other = secret;
        other["type"] = json!("Opaque");
        assert_eq!(put(&other).status, None);
    }
}
