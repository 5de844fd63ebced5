//! Acting as somebody else: who may, by the verb `impersonate` or by the constrained modes that 1.36 asks first
//! (<https://kep.k8s.io/5284>), and who one is then.

use super::rbac::authorize;
use super::user::{account_groups, account_of};
use super::{AUTHENTICATED, Attributes, MASTERS, UNAUTHENTICATED, User};
use crate::call::ActingAs;
use crate::sim::World;
use crate::sim::status::Refusal;
use std::collections::BTreeMap;

const AUTHENTICATION: &str = "authentication.k8s.io";

/// Who the user is while it acts as another, or why it may not. `asked` is what it wants to do as the other.
pub(super) fn impersonate(
    world: &World,
    user: &User,
    asked: &Attributes,
    wanted: &ActingAs,
) -> Result<User, Refusal> {
    if wanted.user.is_empty() {
        let told = printed(wanted);
        return Err(Refusal::bad_request(format!("requested {told} without impersonating a user name")));
    }
    let constrained = mode(wanted).map(|mode| {
        authorize(world, user, &asked.with_verb(&format!("impersonate-on:{mode}:{}", asked.verb)))?;
        let verb = format!("impersonate:{mode}");
        check(world, user, wanted, &verb, true)?;
        Ok(true)
    });
    let node = match constrained {
        Some(Ok(as_node)) => as_node,
        Some(Err(first)) => {
            check(world, user, wanted, "impersonate", false).map_err(|_| first)?;
            false
        }
        None => {
            check(world, user, wanted, "impersonate", false)?;
            false
        }
    };
    Ok(become_other(wanted, node && world.config.rbac))
}

/// The constrained mode that is about such a user. An account's own node is not looked for.
fn mode(wanted: &ActingAs) -> Option<&'static str> {
    let bare = wanted.uid.is_empty() && wanted.groups.is_empty() && wanted.extra.is_empty();
    let special = if node_of(&wanted.user).is_some() {
        "arbitrary-node"
    } else if account_of(&wanted.user).is_some() {
        "serviceaccount"
    } else {
        return Some("user-info");
    };
    bare.then_some(special)
}

fn node_of(user: &str) -> Option<&str> {
    user.strip_prefix("system:node:").filter(|name| !name.is_empty())
}

/// Asks for everything that is to be impersonated, one after the other.
fn check(
    world: &World,
    user: &User,
    wanted: &ActingAs,
    verb: &str,
    constrained: bool,
) -> Result<(), Refusal> {
    let group = if constrained { AUTHENTICATION } else { "" };
    let about = |group: &str, resource: &str, name: &str| Attributes {
        verb: verb.to_owned(),
        group: group.to_owned(),
        resource: resource.to_owned(),
        name: name.to_owned(),
        ..Attributes::default()
    };
    let mut first = about(group, "users", &wanted.user);
    if let Some(node) = node_of(&wanted.user).filter(|_| constrained) {
        first = about(group, "nodes", node);
    }
    if let Some((namespace, name)) = account_of(&wanted.user) {
        first = Attributes { namespace: namespace.to_owned(), ..about(group, "serviceaccounts", name) };
    }
    authorize(world, user, &first)?;
    if !wanted.uid.is_empty() {
        authorize(world, user, &about(AUTHENTICATION, "uids", &wanted.uid))?;
    }
    for name in &wanted.groups {
        let asked = about(group, "groups", name);
        if constrained && name == MASTERS {
            return Err(asked.refusal(user, "impersonating the system:masters group is not allowed"));
        }
        authorize(world, user, &asked)?;
    }
    for (key, values) in &wanted.extra {
        for value in values {
            let subresource = key.clone();
            authorize(
                world,
                user,
                &Attributes { subresource, ..about(AUTHENTICATION, "userextras", value) },
            )?;
        }
    }
    Ok(())
}

fn become_other(wanted: &ActingAs, as_node: bool) -> User {
    let mut groups = wanted.groups.clone();
    if let Some((namespace, _)) = account_of(&wanted.user).filter(|_| groups.is_empty()) {
        groups = account_groups(namespace);
    } else if as_node && node_of(&wanted.user).is_some() {
        groups = vec!["system:nodes".to_owned()];
    }
    let unknown = groups.iter().any(|group| group == UNAUTHENTICATED);
    let needed = match wanted.user.as_str() {
        "system:anonymous" => Some(UNAUTHENTICATED),
        _ if unknown => None,
        _ => Some(AUTHENTICATED),
    };
    let needed = needed.filter(|needed| !groups.iter().any(|group| group == needed));
    groups.extend(needed.map(str::to_owned));
    User { name: wanted.user.clone(), uid: wanted.uid.clone(), groups, extra: wanted.extra.clone() }
}

/// The wanted user as Go prints the structure with `%#v`.
fn printed(wanted: &ActingAs) -> String {
    let words = |list: &[String]| {
        let words: Vec<String> = list.iter().map(|word| format!("{word:?}")).collect();
        words.join(", ")
    };
    let groups = match wanted.groups.as_slice() {
        [] => "[]string(nil)".to_owned(),
        list => format!("[]string{{{}}}", words(list)),
    };
    let extra = |extra: &BTreeMap<String, Vec<String>>| {
        let pairs: Vec<String> =
            extra.iter().map(|(key, values)| format!("{key:?}:[]string{{{}}}", words(values))).collect();
        pairs.join(", ")
    };
    let extra = match wanted.extra.is_empty() {
        true => "map[string][]string(nil)".to_owned(),
        false => format!("map[string][]string{{{}}}", extra(&wanted.extra)),
    };
    format!(
        "&user.DefaultInfo{{Name:{:?}, UID:{:?}, Groups:{groups}, Extra:{extra}}}",
        wanted.user, wanted.uid
    )
}
