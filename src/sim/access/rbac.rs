//! The RBAC authorizer: which bindings apply to a user, and whether one of their rules allows what is asked.

use super::rule::Rule;
use super::user::account_name;
use super::{Attributes, User};
use crate::sim::World;
use crate::sim::look::{list, text};
use crate::sim::object;
use crate::sim::status::Refusal;
use crate::snapshot::{Object, Snapshot};
use serde_json::Value;

const GROUP: &str = "rbac.authorization.k8s.io";

/// What the authorizers say of a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) allowed: bool,
    /// What allows it, or why something that might was not read; empty where there is nothing to say.
    pub(crate) reason: String,
}

/// Asks the authorizers: everything is allowed to masters, then bindings are asked; where RBAC is off, everybody may.
pub(crate) fn decide(world: &World, user: &User, asked: &Attributes) -> Decision {
    if user.is_master() {
        return Decision { allowed: true, reason: String::new() };
    }
    let (mut errors, mut allowing) = (Vec::new(), None);
    visit(world.store.snapshot(), user, &asked.namespace, |found| match found {
        Ok((binding, rule)) => {
            if allowing.is_none() && rule.allows(asked) {
                allowing = Some(binding.told());
            }
            allowing.is_none()
        }
        Err(error) => {
            errors.push(error);
            true
        }
    });
    if let Some(binding) = allowing {
        return Decision { allowed: true, reason: format!("RBAC: allowed by {binding}") };
    }
    if !world.config.rbac {
        return Decision { allowed: true, reason: String::new() };
    }
    let reason = aggregate(&errors).map_or_else(String::new, |errors| format!("RBAC: {errors}"));
    Decision { allowed: false, reason }
}

/// Refuses what the user may not do.
pub(crate) fn authorize(world: &World, user: &User, asked: &Attributes) -> Result<(), Refusal> {
    if !world.config.rbac {
        return Ok(());
    }
    let decision = decide(world, user, asked);
    if decision.allowed { Ok(()) } else { Err(asked.refusal(user, &decision.reason)) }
}

/// The rules that apply to a user in a namespace, and what could not be resolved.
pub(crate) fn rules_for(world: &World, user: &User, namespace: &str) -> (Vec<Rule>, Option<String>) {
    let (mut rules, mut errors) = (Vec::new(), Vec::new());
    visit(world.store.snapshot(), user, namespace, |found| {
        match found {
            Ok((_, rule)) => rules.push(rule.clone()),
            Err(error) => errors.push(error),
        }
        true
    });
    if !world.config.rbac && !user.is_master() {
        rules.extend(Rule::everything());
    }
    (rules, aggregate(&errors))
}

/// Several errors as one: each told once.
fn aggregate(errors: &[String]) -> Option<String> {
    let mut once: Vec<&str> = Vec::new();
    for error in errors {
        if !once.contains(&error.as_str()) {
            once.push(error);
        }
    }
    match once.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        many => Some(format!("[{}]", many.join(", "))),
    }
}

/// A binding that applies, and to whom.
struct Applied<'a> {
    binding: &'a Object,
    subject: &'a Value,
}

impl Applied<'_> {
    /// `RoleBinding "b/ns" of Role "r" to User "bob"`.
    fn told(&self) -> String {
        let (role, namespace) = (&self.binding["roleRef"], object::meta(self.binding, "namespace"));
        let kind = text(self.binding, "/kind");
        let name = match namespace {
            "" => object::name(self.binding).to_owned(),
            namespace => format!("{}/{namespace}", object::name(self.binding)),
        };
        let (of, called) = (text(role, "/kind"), text(role, "/name"));
        let subject = match (text(self.subject, "/kind"), text(self.subject, "/namespace")) {
            ("ServiceAccount", "") => format!("{}/{namespace}", text(self.subject, "/name")),
            ("ServiceAccount", own) => format!("{}/{own}", text(self.subject, "/name")),
            (_, _) => text(self.subject, "/name").to_owned(),
        };
        format!("{kind} {name:?} of {of} {called:?} to {} {subject:?}", text(self.subject, "/kind"))
    }
}

/// Shows every rule that applies to the user, until `look` has seen enough.
fn visit<'a>(
    snapshot: &'a Snapshot,
    user: &User,
    namespace: &'a str,
    mut look: impl FnMut(Result<(&Applied<'a>, &Rule), String>) -> bool,
) {
    let cluster = snapshot.list(GROUP, "clusterrolebindings", None).map(|(_, binding)| (binding, false));
    let local = (!namespace.is_empty()).then(|| snapshot.list(GROUP, "rolebindings", Some(namespace)));
    let local = local.into_iter().flatten().map(|(_, binding)| (binding, true));
    for (binding, is_local) in cluster.chain(local) {
        let within = if is_local { namespace } else { "" };
        let subjects = list(binding, "/subjects");
        let Some(subject) = subjects.iter().find(|subject| is(user, subject, within)) else { continue };
        let applied = Applied { binding, subject };
        match referred(snapshot, &binding["roleRef"], within) {
            Err(error) => {
                if !look(Err(error)) {
                    return;
                }
            }
            Ok(rules) => {
                for rule in &rules {
                    if !look(Ok((&applied, rule))) {
                        return;
                    }
                }
            }
        }
    }
}

/// The rules of the role that a binding refers to.
pub(super) fn referred(snapshot: &Snapshot, role: &Value, namespace: &str) -> Result<Vec<Rule>, String> {
    let name = text(role, "/name");
    let (resource, kind, within) = match text(role, "/kind") {
        "Role" => ("roles", "role", namespace),
        "ClusterRole" => ("clusterroles", "clusterrole", ""),
        other => return Err(format!("unsupported role reference kind: {other:?}")),
    };
    let found = snapshot.find(GROUP, resource, within, name);
    found.map(|role| Rule::all(role)).ok_or_else(|| format!("{kind}.{GROUP} {name:?} not found"))
}

/// Whether the subject of a binding is this user or one of its groups.
fn is(user: &User, subject: &Value, namespace: &str) -> bool {
    let name = text(subject, "/name");
    match text(subject, "/kind") {
        "User" => user.name == name,
        "Group" => user.groups.iter().any(|group| group == name),
        "ServiceAccount" => {
            let own = text(subject, "/namespace");
            let within = if own.is_empty() { namespace } else { own };
            !within.is_empty() && user.name == account_name(within, name)
        }
        _ => false,
    }
}
