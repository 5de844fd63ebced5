//! Keeps a case from what is not its own: it may do as it likes in its namespace, and outside of it only change what
//! it made itself. What it made there is deleted when it ends.

use serde_json::Value;
use std::collections::BTreeSet;

use crate::subject::{Ask, Reached};

/// What one case may touch.
#[derive(Debug)]
pub(crate) struct Guard {
    namespace: String,
    made: BTreeSet<String>,
}

/// What a request does beyond the namespace of its case.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reach {
    /// Nothing: it reads, asks a review, or stays inside.
    Own,
    /// It changes the object of this path.
    Object(String),
    /// It changes a whole collection.
    Collection,
}

impl Guard {
    /// For the case that has this namespace, which was made for it.
    pub(crate) fn new(namespace: &str) -> Guard {
        Guard { namespace: namespace.to_owned(), made: BTreeSet::new() }
    }

    /// Says why a request must not be made, where it must not.
    pub(crate) async fn refuses(
        &mut self,
        reached: &Reached,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Option<String> {
        if reached.is_ours() {
            return None;
        }
        let object = match reach(&self.namespace, method, path, body) {
            Reach::Own => return None,
            Reach::Collection => {
                return Some(format!("{method} {path} would change what the case did not make"));
            }
            Reach::Object(object) => object,
        };
        if self.made.contains(&object) {
            return None;
        }
        match reached.ask(Ask::of("GET", &object)).await {
            (404 | 405, _) => {
                self.made.insert(object);
                None
            }
            (status, _) => {
                Some(format!("{object} is there already ({status}), and the case did not make it"))
            }
        }
    }

    /// Deletes what the case made outside of its namespace.
    pub(crate) async fn clear(self, reached: &Reached) {
        for object in &self.made {
            reached.ask(Ask::of("DELETE", object)).await;
        }
    }
}

/// Where a request reaches to, by its method, path and body.
fn reach(namespace: &str, method: &str, path: &str, body: &Value) -> Reach {
    let path = path.split('?').next().unwrap_or(path);
    let own = format!("/namespaces/{namespace}");
    let inside =
        path.find(&own).is_some_and(|at| matches!(path[at + own.len()..].chars().next(), None | Some('/')));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    // `api/VERSION` or `apis/GROUP/VERSION`, then the resource.
    let rest = match parts.as_slice() {
        ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => rest,
        _ => return Reach::Own,
    };
    let review = rest.first().is_some_and(|resource| resource.ends_with("reviews"));
    if inside || review || !["POST", "PUT", "PATCH", "DELETE"].contains(&method) {
        return Reach::Own;
    }
    let depth = if rest.first() == Some(&"namespaces") && rest.len() > 2 { 4 } else { 2 };
    match (rest.get(depth - 1), method) {
        (Some(_), _) => {
            let prefix = parts.len() - rest.len();
            Reach::Object(format!("/{}", parts[..prefix + depth].join("/")))
        }
        (None, "POST") => match body["metadata"]["name"].as_str() {
            Some(name) if (rest.first(), name) != (Some(&"namespaces"), namespace) => {
                Reach::Object(format!("{path}/{name}"))
            }
            _ => Reach::Own,
        },
        (None, _) => Reach::Collection,
    }
}

#[test]
fn a_case_reaches_no_further_than_what_it_made() {
    let named = |name: &str| serde_json::json!({"metadata": {"name": name}});
    let object = |path: &str| Reach::Object(path.to_owned());
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let cases = [
        ("DELETE", "/api/v1/namespaces/mine/pods/p", Value::Null, Reach::Own),
        ("DELETE", "/api/v1/namespaces/mine", Value::Null, Reach::Own),
        ("DELETE", "/api/v1/namespaces/mines", Value::Null, object("/api/v1/namespaces/mines")),
        ("DELETE", "/api/v1/namespaces/other/pods", Value::Null, Reach::Collection),
        (
            "PATCH",
            "/api/v1/namespaces/other/pods/p/status?x=y",
            Value::Null,
            object("/api/v1/namespaces/other/pods/p"),
        ),
        ("GET", "/api/v1/namespaces/other/pods/p", Value::Null, Reach::Own),
        ("DELETE", definitions, Value::Null, Reach::Collection),
        ("POST", definitions, named("a.b"), Reach::Object(format!("{definitions}/a.b"))),
        ("POST", "/api/v1/namespaces", named("mine"), Reach::Own),
        ("POST", "/api/v1/nodes", named("mine"), object("/api/v1/nodes/mine")),
        ("PUT", "/api/v1/nodes/n", named("n"), object("/api/v1/nodes/n")),
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", Value::Null, Reach::Own),
        ("POST", "/api/v1/configmaps", named("x"), object("/api/v1/configmaps/x")),
    ];
    for (method, path, body, expected) in cases {
        assert_eq!(reach("mine", method, path, &body), expected, "{method} {path}");
    }
}
