//! Nobody gives away what he does not hold: roles and bindings are refused that would allow more than their maker may
//! do himself, unless he may `escalate` roles or `bind` them.

use super::rbac::{decide, referred, rules_for};
use super::rule::{Rule, lacking, listed};
use super::{Attributes, User};
use crate::sim::World;
use crate::sim::look::{list, text};
use crate::sim::object;
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use serde_json::Value;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Refuses a role or a binding that gives away more than the user holds. `asked` is the call that writes it.
pub(crate) fn escalation(
    world: &World,
    user: &User,
    asked: &Attributes,
    of: &Resource,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Refusal> {
    if of.group != GROUP || !world.config.rbac || user.is_master() {
        return Ok(());
    }
    if old.is_some_and(|old| only_lets_go(old, new)) {
        return Ok(());
    }
    match of.kind.as_str() {
        "Role" | "ClusterRole" => role(world, user, asked, of, old, new),
        "RoleBinding" | "ClusterRoleBinding" => binding(world, user, of, new),
        _ => Ok(()),
    }
}

/// Whether an update changes nothing but what garbage collection needs to change.
fn only_lets_go(old: &Value, new: &Value) -> bool {
    let bare = |object: &Value| {
        let mut object = object.clone();
        for field in ["ownerReferences", "finalizers", "managedFields", "resourceVersion"] {
            object::set_meta(&mut object, field, Value::Null);
        }
        object
    };
    bare(old) == bare(new)
}

fn role(
    world: &World,
    user: &User,
    asked: &Attributes,
    of: &Resource,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Refusal> {
    let escalate = Attributes { subresource: String::new(), ..asked.with_verb("escalate") };
    if decide(world, user, &escalate).allowed {
        return Ok(());
    }
    let forbidden = |why: &str| Refusal::forbidden(of, object::name(new), why);
    hold(world, user, &asked.namespace, &Rule::all(new)).map_err(|why| forbidden(&why))?;
    let gathers = |role: &Value| !list(role, "/aggregationRule/clusterRoleSelectors").is_empty();
    if gathers(new) || old.is_some_and(gathers) {
        let all = hold(world, user, "", &Rule::everything());
        all.map_err(|_| forbidden("must have cluster-admin privileges to use the aggregationRule"))?;
    }
    Ok(())
}

fn binding(world: &World, user: &User, of: &Resource, new: &Value) -> Result<(), Refusal> {
    let (reference, namespace) = (&new["roleRef"], object::meta(new, "namespace"));
    let resource = match text(reference, "/kind") {
        "ClusterRole" => "clusterroles",
        "Role" => "roles",
        _ => "",
    };
    let bind = Attributes {
        verb: "bind".to_owned(),
        group: text(reference, "/apiGroup").to_owned(),
        resource: resource.to_owned(),
        namespace: namespace.to_owned(),
        name: text(reference, "/name").to_owned(),
        ..Attributes::default()
    };
    if !resource.is_empty() && decide(world, user, &bind).allowed {
        return Ok(());
    }
    let rules = referred(world.store.snapshot(), reference, namespace);
    let rules = rules.map_err(|why| match resource {
        "" => Refusal::unexplained(why),
        // What is not found is told as if it were of the binding's own kind.
        _ => Refusal::not_found(of, text(reference, "/name")),
    })?;
    let held = hold(world, user, namespace, &rules);
    held.map_err(|why| Refusal::forbidden(of, object::name(new), &why))
}

/// Whether the user holds all these rules; the error tells which not.
fn hold(world: &World, user: &User, namespace: &str, rules: &[Rule]) -> Result<(), String> {
    let (owned, unresolved) = rules_for(world, user, namespace);
    let missing = lacking(&owned, rules);
    if missing.is_empty() {
        return Ok(());
    }
    let mut why = format!(
        "user {:?} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
        user.name,
        listed(&user.groups),
        missing.join("\n")
    );
    if let Some(errors) = unresolved {
        why += &format!("; resolution errors: [{errors}]");
    }
    Err(why)
}
