//! Answers that no recording shows, as a table of calls in order on one cluster: status, and the message or a field.

use helmdrill::call::{Actor, Body, Call};
use helmdrill::clock::Moment;
use helmdrill::sim::{Config, World};

const NOW: Moment = Moment::from_micros(1_763_810_803_000_000);
const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn ask(world: &mut World, line: (&str, &str, &str), media: &str) -> (u16, String) {
    let (method, url, body) = line;
    let url = url.replace("MAPS", MAPS);
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let method = method.parse().expect("an HTTP method");
    let mut call = Call::from_http(&method, path, query, Actor::Other("case".to_owned()), "case/1");
    let body = body.as_bytes().to_vec();
    call.body = (!body.is_empty()).then(|| Body { media: media.to_owned(), bytes: body.into() });
    let reply = world.handle(&call, NOW);
    let message = reply.value().map(|value| value["message"].as_str().unwrap_or_default().to_owned());
    (reply.status, message.unwrap_or_default())
}

#[test]
fn calls_are_refused_in_the_words_of_kube_apiserver() {
    let map = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"z"},"data":{"a":"1"}}"#;
    let (json, merge) = ("application/json", "application/merge-patch+json");
    let steps = [
        (("POST", "MAPS", map), json, 201, ""),
        (("DELETE", "/api/v1/namespaces/default", ""), json, 403, "this namespace may not be deleted"),
        (("POST", "MAPS/z", map), json, 405, "does not allow this method"),
        (("PATCH", "MAPS/z", "{}"), json, 415, "415: Unsupported Media Type"),
        (("PATCH", "MAPS/z?fieldValidation=Strict", r#"{"x":1}"#), merge, 422, "unknown field \"x\""),
        (("PATCH", "MAPS/z?force=true", "{}"), merge, 422, "force: Forbidden"),
        (("PATCH", "MAPS/z", r#"{"metadata":{"resourceVersion":"1"}}"#), merge, 409, "has been modified"),
        (("GET", "MAPS?labelSelector=-a", ""), json, 400, "key: Invalid value: \"-a\""),
        (
            ("GET", "MAPS?resourceVersion=x", ""),
            json,
            400,
            "invalid resource version: resourceVersion: Invalid value",
        ),
        (("GET", "MAPS/z?resourceVersion=x", ""), json, 500, "strconv.ParseUint"),
        (("GET", "MAPS?resourceVersion=99999", ""), json, 504, "Too large resource version: 99999"),
        (
            ("DELETE", "MAPS/z", r#"{"preconditions":{"uid":"u"}}"#),
            json,
            409,
            "the UID in the precondition (u) does not match",
        ),
        (
            ("GET", "MAPS?continue=garbage", ""),
            json,
            400,
            "invalid character '\\u0081' looking for beginning",
        ),
        (("GET", "MAPS?limit=1&resourceVersion=1", ""), json, 410, "for the provided list is too old"),
        (
            ("POST", "MAPS", r#"{"apiVersion":"v1","kind":"ConfigMapList"}"#),
            json,
            400,
            "(v1.ConfigMapList) to (core.",
        ),
        (
            ("POST", "MAPS", r#"{"apiVersion":"v1","kind":"DeleteOptions"}"#),
            json,
            400,
            "(v1.DeleteOptions) to (core.",
        ),
        (
            ("POST", "MAPS", r#"{"apiVersion":"v1","kind":"BindingList"}"#),
            json,
            400,
            "no kind \"BindingList\"",
        ),
        (
            ("POST", "/api/v1/watch/namespaces/default/configmaps", map),
            json,
            405,
            "does not allow this method",
        ),
        (
            ("GET", "/api/v1/watch/namespaces/default/configmaps/z?fieldSelector=metadata.name%3Dy", ""),
            json,
            400,
            "fieldSelector metadata.name doesn't match requested name",
        ),
        (("GET", "/api/v1/watch/namespaces/default/configmaps/z", ""), json, 200, ""),
        (("DELETE", "MAPS?labelSelector=none", ""), json, 200, ""),
        (("GET", "MAPS/z", ""), json, 200, ""),
        (("DELETE", "MAPS", ""), json, 200, ""),
        (("GET", "MAPS/z", ""), json, 404, "configmaps \"z\" not found"),
    ];
    let mut world = World::new(Config::default(), NOW);
    for (line, media, status, part) in steps {
        let answered = ask(&mut world, line, media);
        assert!(answered.0 == status && answered.1.contains(part), "{line:?}: {answered:?}");
    }
}

#[test]
fn a_namespace_that_terminates_is_let_go_by_its_finalize_subresource_alone() {
    let mut world = World::new(Config::default(), NOW);
    let bare = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"},"spec":{}}"#;
    let status = |world: &mut World, method: &str, url: &str, body: &str| {
        ask(world, (method, url, body), "application/json").0
    };
    assert_eq!(status(&mut world, "POST", "/api/v1/namespaces", bare), 201);
    assert_eq!(status(&mut world, "DELETE", "/api/v1/namespaces/n", ""), 200);
    assert_eq!(status(&mut world, "PUT", "/api/v1/namespaces/n", bare), 200);
    assert_eq!(status(&mut world, "GET", "/api/v1/namespaces/n", ""), 200);
    assert_eq!(status(&mut world, "PUT", "/api/v1/namespaces/n/finalize", bare), 200);
    assert_eq!(status(&mut world, "GET", "/api/v1/namespaces/n", ""), 404);
}

#[test]
fn what_the_cluster_would_have_to_evaluate_is_refused_and_not_passed_over() {
    const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const HOOKS: &str = "/apis/admissionregistration.k8s.io/v1";
    let schema = |more: &str| format!(r#"{{"openAPIV3Schema":{{"type":"object"{more}}}}}"#);
    let version = |name: &str, storage: bool, schema: &str| {
        format!(r#"{{"name":"{name}","served":true,"storage":{storage},"schema":{schema}}}"#)
    };
    let definition = |versions: &str, more: &str| {
        format!(
            r#"{{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
            "metadata":{{"name":"gadgets.example.com"}},"spec":{{"group":"example.com","scope":"Namespaced",
            "names":{{"plural":"gadgets","kind":"Gadget"}},"versions":[{versions}]{more}}}}}"#
        )
    };
    let two = [version("v1", true, &schema("")), version("v2", false, &schema(""))].join(",");
    let converted = definition(
        &two,
        r#","conversion":{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v1"],
            "clientConfig":{"url":"https://127.0.0.1:9443/convert"}}}"#,
    );
    let policy = |kind: &str| {
        format!(
            r#"{{"apiVersion":"admissionregistration.k8s.io/v1","kind":"{kind}","metadata":{{"name":"x"}}}}"#
        )
    };
    let cases = [
        (DEFINITIONS.to_owned(), converted, 403, "helmdrill does not convert versions through a webhook"),
        (
            format!("{HOOKS}/mutatingadmissionpolicies"),
            policy("MutatingAdmissionPolicy"),
            403,
            "helmdrill does not carry out policies that change objects",
        ),
        (
            format!("{HOOKS}/mutatingadmissionpolicybindings"),
            policy("MutatingAdmissionPolicyBinding"),
            403,
            "helmdrill does not carry out policies that change objects",
        ),
    ];
    let mut world = World::new(Config::default(), NOW);
    for (url, body, status, part) in cases {
        let answered = ask(&mut world, ("POST", &url, &body), "application/json");
        assert!(answered.0 == status && answered.1.contains(part), "{url} {body}: {answered:?}");
    }
}

#[test]
fn options_of_a_log_are_judged_before_the_pod_is_looked_for() {
    let mut world = World::new(Config::default(), NOW);
    for (options, status, expected) in [
        (
            "tailLines=-1",
            422,
            "PodLogOptions \"p\" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0",
        ),
        ("limitBytes=0", 422, "limitBytes: Invalid value: 0: must be greater than 0"),
        ("sinceSeconds=0", 422, "sinceSeconds: Invalid value: 0: must be greater than 0"),
        (
            "sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z&stream=Stdout",
            422,
            "is invalid: [[]: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified, stream: Forbidden",
        ),
        ("tailLines=x", 400, "strconv.ParseInt: parsing \"x\": invalid syntax"),
        (
            "sinceTime=x",
            400,
            "parsing time \"x\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"x\" as \"2006\"",
        ),
        ("tailLines=0&sinceTime=2026-01-01T00:00:00Z", 404, "pods \"p\" not found"),
    ] {
        let url = format!("/api/v1/namespaces/default/pods/p/log?{options}");
        let (code, message) = ask(&mut world, ("GET", &url, ""), "");
        assert_eq!(code, status, "{options}: {message}");
        assert!(message.contains(expected), "{options}: {message}");
    }
}
