//! Who may do what: authentication of callers, impersonation, and the authorization that Roles and their bindings
//! give. What a caller is told when it may not is here too; where the questions come from is `api`'s matter.
//!
//! Without [`Config::rbac`](crate::sim::Config::rbac) whoever is known may do everything; bindings are read all the
//! same, since reviews tell which one allows something.

mod account;
mod attributes;
mod authenticate;
mod escalation;
mod impersonate;
mod jwt;
mod rbac;
mod rule;
mod user;

pub(super) use account::{legacy_token, request_token};
pub(super) use attributes::Attributes;
pub(super) use authenticate::{authenticate, whose};
pub(super) use escalation::escalation;
pub(super) use jwt::{Keys, published};
pub(super) use rbac::{authorize, decide, rules_for};
pub(super) use user::User;

/// Who issues tokens, and whom they are for.
pub(super) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// The group whose members nobody ever refuses anything.
const MASTERS: &str = "system:masters";
const AUTHENTICATED: &str = "system:authenticated";
const UNAUTHENTICATED: &str = "system:unauthenticated";
