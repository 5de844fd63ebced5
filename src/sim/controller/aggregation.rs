//! The aggregation of ClusterRoles: a role with an aggregation rule gets the rules of all that its selectors pick.

use super::call::{self, Work, resource};
use super::object::{list, name};
use super::{Controller, MANAGER, View, selector};
use crate::call::{Body, Query, Verb};
use crate::snapshot::{Change, Object};
use serde_json::{Value, json};

const NAME: &str = "clusterrole-aggregation-controller";

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: NAME,
    program: MANAGER,
    watches: &[("rbac.authorization.k8s.io", "clusterroles")],
    wakes: |change| match change {
        Change::Added(_, _) | Change::Changed(_, _, _) | Change::Removed(_, _) => true,
    },
    run: |view| {
        let mut work = Work::default();
        for role in view.all(resource::CLUSTER_ROLES).filter(|role| role.get("aggregationRule").is_some()) {
            gather(view, role, &mut work);
        }
        work
    },
};

fn gather(view: &View<'_>, role: &Object, work: &mut Work) {
    let selectors = list(role, "/aggregationRule/clusterRoleSelectors");
    let mut rules: Vec<&Value> = Vec::new();
    for one in selectors {
        let picked = view.all(resource::CLUSTER_ROLES).filter(|other| name(other) != name(role));
        for other in picked.filter(|other| selector::matches(one, other)) {
            for rule in list(other, "/rules") {
                if !rules.contains(&rule) {
                    rules.push(rule);
                }
            }
        }
    }
    if rules.iter().copied().eq(list(role, "/rules")) {
        return;
    }
    let config = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name(role)},
        "rules": rules,
    });
    let path = call::path(resource::CLUSTER_ROLES, "", Some(name(role)), None);
    let body = Body { media: "application/apply-patch+yaml".to_owned(), bytes: config.to_string().into() };
    let mut apply = call::call(Verb::Patch, path, Some(body));
    apply.query = Query::parse(&format!("fieldManager={NAME}&force=true"));
    work.call(apply);
}
