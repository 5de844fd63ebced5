//! The `Accept` headers that client-go, kubectl and Helm send, and in which form each is answered. Protobuf is not
//! spoken in answers; every client that prefers it takes JSON too, and reads the media type of what comes.

use crate::random::{NOW, actor, sent};
use helmdrill::call::{Call, Reply, ReplyBody};
use helmdrill::sim::{Config, World};
use serde_json::{Value, json};

const MAPS: &str = "/api/v1/namespaces/kube-system/configmaps";
const JSON: &str = "application/json";
const TABLES: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,\
    application/json";
const TYPED: &str = "application/vnd.kubernetes.protobuf,application/json";
const METADATA: &str = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,\
    application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
const METADATA_LIST: &str = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,\
    application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
const GROUPS: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
const OWN_GROUPS: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList;profile=nopeer,\
    application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const SECOND: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

fn asked(world: &mut World, url: &str, accept: &str) -> Reply {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut call = Call::from_http(&http::Method::GET, path, query, actor(), "test/1");
    call.accept = accept.to_owned();
    world.handle(&call, NOW)
}

/// The kind of the document, or of the object in the first event.
fn kind(reply: &Reply) -> String {
    let document = match &reply.body {
        ReplyBody::Raw(bytes) => serde_json::Deserializer::from_slice(bytes).into_iter().next(),
        ReplyBody::Json(_) | ReplyBody::Object(..) | ReplyBody::List(_) => None,
    };
    let read: Value = match document {
        Some(document) => document.unwrap_or_default(),
        None => reply.value().cloned().unwrap_or_default(),
    };
    let of = read.get("object").unwrap_or(&read);
    of["kind"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_accept_header_that_clients_send_is_answered_in_a_form_that_they_take() {
    let mut world = World::new(Config::default(), NOW);
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}});
    assert_eq!(world.handle(&sent("POST", MAPS, "", JSON, &object), NOW).status, 201);
    let one = &format!("{MAPS}/x");
    let watch = &format!("{MAPS}?watch=true");
    for (who, url, accept, media, expected) in [
        ("kubectl get", MAPS, TABLES, JSON, "Table"),
        ("kubectl get NAME", one, TABLES, JSON, "Table"),
        ("kubectl get -w", watch, TABLES, JSON, "Table"),
        ("kubectl get -o json", MAPS, JSON, JSON, "ConfigMapList"),
        ("kubectl apply", one, JSON, JSON, "ConfigMap"),
        ("helm, typed clients", MAPS, TYPED, JSON, "ConfigMapList"),
        ("helm, typed clients", one, TYPED, JSON, "ConfigMap"),
        ("typed informers", watch, TYPED, JSON, "ConfigMap"),
        ("helm, dynamic informers", watch, JSON, JSON, "ConfigMap"),
        ("metadata client", one, METADATA, JSON, "PartialObjectMetadata"),
        ("metadata client", MAPS, METADATA_LIST, JSON, "PartialObjectMetadataList"),
        ("metadata informers", watch, METADATA, JSON, "PartialObjectMetadata"),
        ("helm, discovery", "/version", "application/json, */*", JSON, ""),
        ("discovery", "/api", GROUPS, AGGREGATED, "APIGroupDiscoveryList"),
        ("discovery", "/apis", GROUPS, AGGREGATED, "APIGroupDiscoveryList"),
        ("discovery of 1.37", "/apis", OWN_GROUPS, AGGREGATED, "APIGroupDiscoveryList"),
        ("older discovery", "/apis", "application/json, */*", JSON, "APIGroupList"),
        ("older discovery", "/apis/apps/v1", "application/json, */*", JSON, "APIResourceList"),
        ("kubectl explain", "/openapi/v3/api/v1", JSON, JSON, ""),
        (
            "validation",
            "/openapi/v2",
            "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
            SECOND,
            "",
        ),
        ("curl", MAPS, "*/*", JSON, "ConfigMapList"),
        ("a client that says nothing", MAPS, "", JSON, "ConfigMapList"),
        ("a controller", MAPS, "application/vnd.kubernetes.protobuf", JSON, "ConfigMapList"),
    ] {
        let reply = asked(&mut world, url, accept);
        assert_eq!((reply.status, reply.media.as_str()), (200, media), "{who}: GET {url}");
        assert_eq!(kind(&reply), expected, "{who}: GET {url}");
    }
}

#[test]
fn there_is_no_table_of_the_status_of_an_api_service() {
    let mut world = World::new(Config::default(), NOW);
    let all = "/apis/apiregistration.k8s.io/v1/apiservices";
    let service = json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.example.com"},
        "spec": {"group": "example.com", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100},
    });
    assert_eq!(world.handle(&sent("POST", all, "", JSON, &service), NOW).status, 201);
    let (whole, status) = (format!("{all}/v1.example.com"), "/status");
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    for (url, accept, expected) in [
        (whole.clone(), table, (200, "Table")),
        (format!("{whole}{status}"), table, (406, "Status")),
        (format!("{whole}{status}"), TABLES, (200, "APIService")),
    ] {
        let reply = asked(&mut world, &url, accept);
        assert_eq!((reply.status, kind(&reply).as_str()), expected, "{url} {accept}");
    }
}

#[test]
fn a_path_that_says_no_more_than_that_something_is_watched_is_not_understood() {
    let mut world = World::new(Config::default(), NOW);
    for url in ["/api/v1/watch", "/apis/apps/v1/watch"] {
        let reply = asked(&mut world, url, JSON);
        let ReplyBody::Raw(text) = &reply.body else { panic!("{url} is answered with {:?}", reply.body) };
        let expected = format!(
            "Internal Server Error: {url:?}: failed to create RequestInfo: unable to determine kind and namespace from \
             url, {url}\n"
        );
        assert_eq!((reply.status, &**text), (500, expected.as_bytes()));
    }
}
