//! What expressions see of a request that is admitted: the names and types that webhooks' conditions and admission
//! policies have in common.

use super::typing::Type;
use super::{AUTHORIZER, Expression, RESOURCE_CHECK};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an expression may name beside the request and its objects.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Sight {
    /// `params`: what the binding of a policy refers to.
    pub(in crate::sim) params: bool,
    /// `authorizer`, and `authorizer.requestResource`.
    pub(in crate::sim) authorizer: bool,
    /// `variables`, where the policy has any: their types by name.
    pub(in crate::sim) variables: Option<BTreeMap<String, Type>>,
}

impl Sight {
    /// Reads an expression and checks that it makes one of these; `Err` with what is wrong in the words of
    /// kube-apiserver.
    pub(in crate::sim) fn compile(&self, text: &str, wanted: &[Type]) -> Result<Expression, String> {
        let mut variables = vec![
            ("object", Type::Dyn),
            ("oldObject", Type::Dyn),
            ("namespaceObject", namespace()),
            ("request", request()),
        ];
        if self.params {
            variables.push(("params", Type::Dyn));
        }
        if self.authorizer {
            variables.push(("authorizer", AUTHORIZER));
            variables.push(("authorizer.requestResource", RESOURCE_CHECK));
        }
        if let Some(own) = &self.variables {
            let of = super::ObjectType { name: "kubernetes.variables".to_owned(), fields: own.clone() };
            variables.push(("variables", Type::Object(Arc::new(of))));
        }
        let expression =
            Expression::compile(text, &variables).map_err(|why| format!("compilation failed: {why}"))?;
        let given = &expression.of;
        match wanted {
            [] => Ok(expression),
            wanted if wanted.contains(given) => Ok(expression),
            [one] => Err(format!("must evaluate to {} but got {}", go_name(one), go_name(given))),
            several => {
                let several: Vec<String> = several.iter().map(go_name).collect();
                Err(format!("must evaluate to one of [{}] but got {}", several.join(" "), go_name(given)))
            }
        }
    }
}

/// The name of a type as kube-apiserver's own types print.
pub(super) fn go_name(of: &Type) -> String {
    match of {
        Type::Null => "null_type".to_owned(),
        Type::Duration => "google.protobuf.Duration".to_owned(),
        Type::Timestamp => "google.protobuf.Timestamp".to_owned(),
        other => other.to_string(),
    }
}

fn request() -> Type {
    let kind = || {
        let fields = [("group", Type::String), ("version", Type::String), ("kind", Type::String)];
        Type::object("kubernetes.GroupVersionKind", fields)
    };
    let resource = || {
        let fields = [("group", Type::String), ("version", Type::String), ("resource", Type::String)];
        Type::object("kubernetes.GroupVersionResource", fields)
    };
    let user = Type::object(
        "kubernetes.UserInfo",
        [
            ("username", Type::String),
            ("uid", Type::String),
            ("groups", Type::list(Type::String)),
            ("extra", Type::map(Type::list(Type::String))),
        ],
    );
    Type::object(
        "kubernetes.AdmissionRequest",
        [
            ("kind", kind()),
            ("resource", resource()),
            ("subResource", Type::String),
            ("requestKind", kind()),
            ("requestResource", resource()),
            ("requestSubResource", Type::String),
            ("name", Type::String),
            ("namespace", Type::String),
            ("operation", Type::String),
            ("userInfo", user),
            ("dryRun", Type::Bool),
            ("options", Type::Dyn),
        ],
    )
}

fn namespace() -> Type {
    let condition = Type::object(
        "kubernetes.NamespaceCondition",
        [
            ("status", Type::String),
            ("type", Type::String),
            ("lastTransitionTime", Type::Timestamp),
            ("message", Type::String),
            ("reason", Type::String),
        ],
    );
    let metadata = Type::object(
        "kubernetes.NamespaceMetadata",
        [
            ("name", Type::String),
            ("generateName", Type::String),
            ("namespace", Type::String),
            ("labels", Type::map(Type::String)),
            ("annotations", Type::map(Type::String)),
            ("UID", Type::String),
            ("creationTimestamp", Type::Timestamp),
            ("deletionGracePeriodSeconds", Type::Int),
            ("deletionTimestamp", Type::Timestamp),
            ("generation", Type::Int),
            ("resourceVersion", Type::String),
            ("finalizers", Type::list(Type::String)),
        ],
    );
    let spec = Type::object("kubernetes.NamespaceSpec", [("finalizers", Type::list(Type::String))]);
    let status = Type::object(
        "kubernetes.NamespaceStatus",
        [("conditions", Type::list(condition)), ("phase", Type::String)],
    );
    Type::object("kubernetes.Namespace", [("metadata", metadata), ("spec", spec), ("status", status)])
}
