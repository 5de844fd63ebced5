//! The `token` subresource of service accounts.

use super::options::Options;
use super::{Asked, accept, decode};
use crate::call::Reply;
use crate::sim::World;
use crate::sim::access;
use crate::sim::fields::{self, Manager};
use crate::sim::resources::Resource;
use crate::sim::schema;
use crate::sim::status::Refusal;
use serde_json::json;
use std::sync::Arc;

/// Answers a TokenRequest with the token.
pub(super) fn request(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    accept::negotiate(asked)?;
    let options = Options::read(asked, "CreateOptions")?;
    let of = Resource {
        group: "authentication.k8s.io".to_owned(),
        version: "v1".to_owned(),
        kind: "TokenRequest".to_owned(),
        ..(*asked.of).clone()
    };
    let of = Asked { of: Arc::new(of), columns: Arc::default(), ..*asked };
    let (mut object, warnings) = decode::object(world, &of, &options)?;
    if !object["spec"].is_object() {
        object["spec"] = json!({});
    }
    if object["spec"].get("expirationSeconds").is_none() {
        object["spec"]["expirationSeconds"] = json!(3600);
    }
    if let Some(ty) = schema::of(&of.of.group, &of.of.version, &of.of.kind) {
        let manager = Manager {
            name: options.manager,
            api_version: of.of.api_version(),
            subresource: "token".to_owned(),
            at: asked.now,
        };
        fields::track(ty, None, &mut object, &manager);
    }
    let account = asked.object(world).map_err(|refusal| refusal.warned(&warnings))?;
    let answered = access::request_token(world, &account, object, asked.now);
    let answered = answered.map_err(|refusal| refusal.warned(&warnings))?;
    let mut reply = accept::one(&of, 201, Arc::new(answered))?;
    reply.warnings = warnings;
    Ok(reply)
}
