//! The paths of a custom resource in OpenAPI 3: every operation with its kind and its query parameters.

use crate::sim::custom::definition::{Definition, Version};
use serde_json::{Map, Value, json};

const LIST: [&str; 11] = [
    "allowWatchBookmarks",
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "shardSelector",
    "timeoutSeconds",
    "watch",
];
const WRITE: [&str; 3] = ["dryRun", "fieldManager", "fieldValidation"];
const PATCH: [&str; 4] = ["dryRun", "fieldManager", "fieldValidation", "force"];
const DELETE: [&str; 5] = [
    "dryRun",
    "gracePeriodSeconds",
    "ignoreStoreReadErrorWithClusterBreakingPotential",
    "orphanDependents",
    "propagationPolicy",
];
const PLAIN: [&str; 2] = ["application/json", "application/yaml"];
const PATCHES: [&str; 3] =
    ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];
const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

/// One operation.
struct Operation<'a> {
    method: &'static str,
    action: &'static str,
    verb: &'static str,
    query: &'a [&'static str],
    /// The definition of what is sent, and in which media types.
    body: Option<(String, &'a [&'static str])>,
    answers: &'a [&'static str],
    answer: String,
}

/// Adds the paths of one version of a definition; `kind` is the name of its definition in the document.
pub(super) fn of(definition: &Definition, version: &Version, kind: &str, all: &mut Map<String, Value>) {
    let spoken = Spoken { definition, version };
    let list = format!("{}List", kind.strip_suffix(&definition.kind).unwrap_or_default());
    let list = list.replacen("List", &definition.list_kind, 1);
    let base = format!("/apis/{}/{}", definition.group, version.name);
    let plural = &definition.plural;
    let collection = match definition.namespaced {
        true => format!("{base}/namespaces/{{namespace}}/{plural}"),
        false => format!("{base}/{plural}"),
    };
    let status = format!("{META}.Status");
    let whole = [
        read("list", "list", &LIST, &list),
        written("post", "create", &["200", "201", "202"], kind),
        Operation {
            method: "delete",
            action: "deletecollection",
            verb: "deleteCollection",
            query: &LIST,
            body: None,
            answers: &["200"],
            answer: status.clone(),
        },
    ];
    all.insert(collection.clone(), spoken.path(&whole, &[], ""));
    let removed = Operation {
        method: "delete",
        action: "delete",
        verb: "delete",
        query: &DELETE,
        body: Some((format!("{META}.DeleteOptions"), &PLAIN)),
        answers: &["200", "202"],
        answer: status,
    };
    let mut one = part(kind);
    one.push(removed);
    let item = format!("{collection}/{{name}}");
    all.insert(item.clone(), spoken.path(&one, &["name"], ""));
    if version.status {
        all.insert(format!("{item}/status"), spoken.path(&part(kind), &["name"], "Status"));
    }
    if version.scale.is_some() {
        let scale = "io.k8s.api.autoscaling.v1.Scale";
        all.insert(format!("{item}/scale"), spoken.path(&part(scale), &["name"], "Scale"));
    }
    if definition.namespaced {
        all.insert(format!("{base}/{plural}"), spoken.everywhere(&list));
    }
}

fn read<'a>(
    action: &'static str,
    verb: &'static str,
    query: &'a [&'static str],
    answer: &str,
) -> Operation<'a> {
    Operation { method: "get", action, verb, query, body: None, answers: &["200"], answer: answer.to_owned() }
}

fn written<'a>(
    method: &'static str,
    verb: &'static str,
    answers: &'a [&'static str],
    kind: &str,
) -> Operation<'a> {
    let body = Some((kind.to_owned(), &PLAIN[..]));
    Operation { method, action: method, verb, query: &WRITE, body, answers, answer: kind.to_owned() }
}

/// What can be done with an object or a part of it.
fn part<'a>(kind: &str) -> Vec<Operation<'a>> {
    let patch = Operation {
        method: "patch",
        action: "patch",
        verb: "patch",
        query: &PATCH,
        body: Some((format!("{META}.Patch"), &PATCHES)),
        answers: &["200"],
        answer: kind.to_owned(),
    };
    vec![
        read("get", "read", &["resourceVersion"], kind),
        written("put", "replace", &["200", "201"], kind),
        patch,
    ]
}

/// How the operations of one version are called.
struct Spoken<'a> {
    definition: &'a Definition,
    version: &'a Version,
}

impl Spoken<'_> {
    fn path(&self, operations: &[Operation<'_>], named: &[&str], sub: &str) -> Value {
        let mut path = Map::new();
        for operation in operations {
            path.insert(operation.method.to_owned(), self.operation(operation, sub));
        }
        let mut shared: Vec<Value> = named.iter().map(|name| in_path(name)).collect();
        if self.definition.namespaced {
            shared.push(in_path("namespace"));
        }
        shared.push(query("pretty"));
        path.insert("parameters".to_owned(), json!(shared));
        Value::Object(path)
    }

    /// The list over all namespaces, whose parameters are those of the path.
    fn everywhere(&self, list: &str) -> Value {
        let mut operation = self.operation(&read("list", "list", &[], list), "");
        let kind = &self.definition.kind;
        operation["operationId"] = json!(format!("list{}{kind}ForAllNamespaces", self.camel(true)));
        let mut shared: Vec<&str> = LIST.into_iter().chain(["pretty"]).collect();
        shared.sort_unstable();
        json!({"get": operation, "parameters": shared.into_iter().map(query).collect::<Vec<_>>()})
    }

    fn operation(&self, operation: &Operation<'_>, sub: &str) -> Value {
        let (group, version, kind) = (&self.definition.group, &self.version.name, &self.definition.kind);
        let scope = if self.definition.namespaced { "Namespaced" } else { "" };
        let (verb, collection) = match operation.verb.strip_suffix("Collection") {
            Some(verb) => (verb, "Collection"),
            None => (operation.verb, ""),
        };
        let content = |name: &str, media: &[&str]| {
            let schema = json!({"schema": {"$ref": format!("#/components/schemas/{name}")}});
            media.iter().map(|media| ((*media).to_owned(), schema.clone())).collect::<Map<_, _>>()
        };
        let mut answers: Map<String, Value> = operation
            .answers
            .iter()
            .map(|code| ((*code).to_owned(), json!({"content": content(&operation.answer, &PLAIN)})))
            .collect();
        answers.insert("401".to_owned(), json!({}));
        let mut out = json!({
            "tags": [format!("{}_{version}", self.camel(false))],
            "operationId": format!("{verb}{}{collection}{scope}{kind}{sub}", self.camel(true)),
            "responses": answers,
            "x-kubernetes-action": operation.action,
            "x-kubernetes-group-version-kind": {"group": group, "version": version, "kind": kind},
        });
        if !operation.query.is_empty() {
            out["parameters"] = operation.query.iter().map(|name| query(name)).collect();
        }
        if let Some((name, media)) = &operation.body {
            out["requestBody"] = json!({"content": content(name, media)});
        }
        out
    }

    /// `ExampleComV1` of `example.com/v1`, or `exampleCom`.
    fn camel(&self, with_version: bool) -> String {
        let upper = |word: &str| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        };
        let group: String = self.definition.group.split('.').map(upper).collect();
        if with_version {
            return group + &upper(&self.version.name);
        }
        let mut letters = group.chars();
        letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
    }
}

fn in_path(name: &str) -> Value {
    json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "uniqueItems": true}})
}

fn query(name: &str) -> Value {
    let kind = match name {
        "limit" | "timeoutSeconds" | "gracePeriodSeconds" => "integer",
        "watch"
        | "force"
        | "orphanDependents"
        | "sendInitialEvents"
        | "allowWatchBookmarks"
        | "ignoreStoreReadErrorWithClusterBreakingPotential" => "boolean",
        _texts => "string",
    };
    json!({"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": true}})
}
