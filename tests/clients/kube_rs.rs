//! kube-rs, typed: through the in-process gate and over TLS from the kubeconfig file, the same everywhere.

use crate::stand::Stand;
use futures_util::{StreamExt, pin_mut};
use helmdrill::call::Actor;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::api::{
    Api, DeleteParams, ListParams, LogParams, ObjectMeta, Patch, PatchParams, PostParams, WatchEvent,
    WatchParams,
};
use kube::core::PartialObjectMetaExt;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// Both ways to a cluster: inside the process, and as any program goes that has its kubeconfig.
fn ways(stand: &Stand) -> [(&'static str, kube::Client); 2] {
    let read = kube::config::Kubeconfig::read_from(stand.cluster.kubeconfig()).expect("a kubeconfig");
    let outside = kube::Client::try_from(read).expect("a kubeconfig that leads somewhere");
    [("inside", stand.cluster.client(Actor::Drill)), ("outside", outside)]
}

fn named(name: &str, value: &str) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(BTreeMap::from([("set".to_owned(), name.to_owned())])),
            ..ObjectMeta::default()
        },
        data: Some(BTreeMap::from([("a".to_owned(), value.to_owned())])),
        ..ConfigMap::default()
    }
}

fn value(map: &ConfigMap, key: &str) -> Option<String> {
    map.data.as_ref()?.get(key).cloned()
}

/// Code and reason of a refusal.
fn refusal<T: std::fmt::Debug>(answer: Result<T, kube::Error>) -> (u16, String) {
    match answer {
        Err(kube::Error::Api(status)) => (status.code, status.reason.clone()),
        other => panic!("a refusal was to come: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_lives_its_life() {
    let stand = Stand::new().await;
    for (way, client) in ways(&stand) {
        let maps: Api<ConfigMap> = Api::default_namespaced(client);
        let post = PostParams::default();
        let made = maps.create(&post, &named(way, "1")).await.expect("created");
        assert_eq!(made.metadata.namespace.as_deref(), Some("production"), "{way}");
        assert!(made.metadata.uid.is_some() && made.metadata.creation_timestamp.is_some(), "{way}");
        let listed = maps.list(&ListParams::default().labels(&format!("set={way}"))).await.expect("a list");
        assert_eq!(listed.items, [maps.get(way).await.expect("it is there")], "{way}");
        let mut newer = made.clone();
        newer.data = named(way, "2").data;
        assert_eq!(
            value(&maps.replace(way, &post, &newer).await.expect("replaced"), "a").as_deref(),
            Some("2")
        );
        assert_eq!(refusal(maps.replace(way, &post, &newer).await), (409, "Conflict".to_owned()), "{way}");
        assert_eq!(refusal(maps.create(&post, &named(way, "1")).await), (409, "AlreadyExists".to_owned()));
        maps.delete(way, &DeleteParams::default()).await.expect("deleted");
        assert_eq!(refusal(maps.get(way).await), (404, "NotFound".to_owned()), "{way}");
        assert_eq!(maps.get_opt(way).await.expect("no trouble"), None, "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_patched_and_applied() {
    let stand = Stand::new().await;
    for (way, client) in ways(&stand) {
        let maps: Api<ConfigMap> = Api::default_namespaced(client);
        maps.create(&PostParams::default(), &named(way, "1")).await.expect("created");
        let merge = Patch::Merge(json!({"data": {"a": null, "b": "2"}}));
        let merged = maps.patch(way, &PatchParams::default(), &merge).await.expect("patched");
        assert_eq!((value(&merged, "a"), value(&merged, "b").as_deref()), (None, Some("2")), "{way}");
        let apply = |value: &str| {
            let metadata = json!({"name": format!("{way}-applied")});
            Patch::Apply(
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": value}}),
            )
        };
        let name = format!("{way}-applied");
        let (mine, other) = (PatchParams::apply("mine"), PatchParams::apply("other"));
        let applied = maps.patch(&name, &mine, &apply("1")).await.expect("applied");
        assert_eq!(applied.metadata.managed_fields.expect("tracked")[0].manager.as_deref(), Some("mine"));
        let conflict = maps.patch(&name, &other, &apply("2")).await;
        assert_eq!(refusal(conflict), (409, "Conflict".to_owned()), "{way}");
        let forced = maps.patch(&name, &other.force(), &apply("2")).await.expect("forced");
        assert_eq!(value(&forced, "a").as_deref(), Some("2"), "{way}");
        let invalid = Patch::Merge(json!({"data": {"not a key": "1"}}));
        let invalid = maps.patch(way, &PatchParams::default(), &invalid).await;
        assert_eq!(refusal(invalid), (422, "Invalid".to_owned()), "{way}");
        let meta = ObjectMeta {
            annotations: Some(BTreeMap::from([("note".to_owned(), "x".to_owned())])),
            ..ObjectMeta::default()
        };
        let meta = meta.into_request_partial::<ConfigMap>();
        let noted =
            maps.patch_metadata(way, &PatchParams::default(), &Patch::Merge(&meta)).await.expect("patched");
        assert_eq!(noted.metadata.annotations.expect("one")["note"], "x", "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_watched() {
    let stand = Stand::new().await;
    for (way, client) in ways(&stand) {
        let maps: Api<ConfigMap> = Api::default_namespaced(client);
        let version = maps.list(&ListParams::default()).await.expect("a list").metadata.resource_version;
        let version = version.expect("lists have one");
        let only = WatchParams::default().labels(&format!("set={way}")).timeout(20);
        let events = maps.watch(&only, &version).await.expect("a watch");
        pin_mut!(events);
        maps.create(&PostParams::default(), &named(way, "1")).await.expect("created");
        maps.create(&PostParams::default(), &named(&format!("{way}-other"), "1")).await.expect("created");
        let merge = Patch::Merge(json!({"data": {"a": "2"}}));
        maps.patch(way, &PatchParams::default(), &merge).await.expect("patched");
        maps.delete(way, &DeleteParams::default()).await.expect("deleted");
        let mut told = Vec::new();
        while told.len() < 3 {
            let next =
                tokio::time::timeout(Duration::from_secs(10), events.next()).await.expect("an event comes");
            told.push(match next.expect("the watch goes on").expect("it can be read") {
                WatchEvent::Added(map) => format!("added {:?}", value(&map, "a")),
                WatchEvent::Modified(map) => format!("modified {:?}", value(&map, "a")),
                WatchEvent::Deleted(map) => format!("deleted {:?}", value(&map, "a")),
                WatchEvent::Bookmark(_) | WatchEvent::Error(_) => continue,
            });
        }
        assert_eq!(told, ["added Some(\"1\")", "modified Some(\"2\")", "deleted Some(\"2\")"], "{way}");
        let old = maps.watch(&only, &version).await.expect("a watch");
        pin_mut!(old);
        let first = old.next().await.expect("an event").expect("it can be read");
        assert!(matches!(first, WatchEvent::Added(_)), "{way}: what is remembered is told: {first:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_scaled_and_its_pods_read() {
    let stand = Stand::new().await;
    for (way, client) in ways(&stand) {
        let deployments: Api<Deployment> = Api::default_namespaced(client.clone());
        let pods: Api<Pod> = Api::default_namespaced(client);
        let container =
            json!({"name": "c", "image": "busybox:1.36", "command": ["sh", "-c", "echo hello; sleep 3600"]});
        let template = json!({"metadata": {"labels": {"app": way}}, "spec": {"containers": [container]}});
        let spec = json!({"replicas": 2, "selector": {"matchLabels": {"app": way}}, "template": template});
        let made: Deployment =
            serde_json::from_value(json!({"metadata": {"name": way}, "spec": spec})).expect("a deployment");
        deployments.create(&PostParams::default(), &made).await.expect("created");
        let scale = Patch::Merge(json!({"spec": {"replicas": 1}}));
        let scaled = deployments.patch_scale(way, &PatchParams::default(), &scale).await.expect("scaled");
        assert_eq!(scaled.spec.and_then(|spec| spec.replicas), Some(1), "{way}");
        stand.cluster.advance(Duration::from_secs(60)).await;
        let stored = deployments.get_status(way).await.expect("it is there");
        assert_eq!(stored.status.and_then(|status| status.ready_replicas), Some(1), "{way}");
        let listed =
            pods.list(&ListParams::default().labels(&format!("app={way}"))).await.expect("a list").items;
        assert_eq!(listed.len(), 1, "{way}");
        let name = listed[0].metadata.name.as_deref().expect("a name");
        assert_eq!(pods.logs(name, &LogParams::default()).await.expect("logs"), "hello\n", "{way}");
        pods.evict(name, &kube::api::EvictParams::default()).await.expect("evicted");
        stand.cluster.advance(Duration::from_secs(60)).await;
        assert_eq!(refusal(pods.get(name).await), (404, "NotFound".to_owned()), "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_what_it_is() {
    let stand = Stand::new().await;
    for (way, client) in ways(&stand) {
        assert_eq!(client.apiserver_version().await.expect("an answer").minor, "36", "{way}");
        let groups = client.list_api_groups().await.expect("an answer").groups;
        assert!(groups.iter().any(|group| group.name == "apps"), "{way}");
        let core = client.list_core_api_resources("v1").await.expect("an answer").resources;
        assert!(core.iter().any(|resource| resource.name == "pods/eviction"), "{way}");
    }
}
