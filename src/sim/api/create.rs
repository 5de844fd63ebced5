//! POST of an object.

use super::options::Options;
use super::owners::{self, Seen};
use super::write::{self, Author};
use super::{Asked, accept, decode, definition};
use crate::call::Reply;
use crate::sim::World;
use crate::sim::object;
use crate::sim::status::Refusal;
use serde_json::Value;

/// Creates the object that the call carries.
pub(super) fn create(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    accept::negotiate(asked)?;
    let options = Options::read(asked, "CreateOptions")?;
    let (mut object, warnings) = decode::object(world, asked, &options)?;
    same_namespace(asked, &object).map_err(|refusal| refusal.warned(&warnings))?;
    object::set_meta(&mut object, "selfLink", Value::Null);
    owners::once(asked, &mut object, Seen::Sent);
    let author = Author { options: &options, subresource: "", settled: false, conditional: false };
    let stored = write::insert(world, asked, object, &author).map_err(|refusal| refusal.warned(&warnings))?;
    let further = definition::warnings(&asked.of, None, &stored);
    let mut reply = accept::one(asked, 201, stored)?;
    reply.warnings = warnings;
    reply.warnings.extend(further);
    Ok(reply)
}

/// Refuses an object that says it belongs elsewhere; of a cluster-scoped one the namespace is dropped.
pub(super) fn same_namespace(asked: &Asked<'_>, object: &Value) -> Result<(), Refusal> {
    let stated = object::meta(object, "namespace");
    if asked.of.namespaced && !stated.is_empty() && stated != asked.namespace() {
        let message = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Refusal::bad_request(message));
    }
    Ok(())
}
