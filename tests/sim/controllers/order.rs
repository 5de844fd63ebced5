//! Controllers act in any order: whichever of those that have something to do is asked first, the cluster comes to rest
//! in the same state. What is generated is masked: names, uids, times, addresses, versions, and how often a spec changed.

use super::play::Player;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const MASKED: &[&str] = &[
    "uid",
    "resourceVersion",
    "generation",
    "observedGeneration",
    "managedFields",
    "creationTimestamp",
    "name",
    "startTime",
    "completionTime",
    "startedAt",
    "finishedAt",
    "lastTransitionTime",
    "lastUpdateTime",
    "lastProbeTime",
    "podIP",
    "podIPs",
    "ip",
    "addresses",
    "clusterIP",
    "clusterIPs",
    "containerID",
    "message",
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
    "endpoints.kubernetes.io/last-change-trigger-time",
    "volumes",
    "volumeMounts",
    "annotations",
];

/// What is applied, one after the other; it comes to rest in between.
const STORIES: &[&[&str]] = &[
    &[
        "{kind: Deployment, apiVersion: apps/v1, metadata: {name: d}, spec: {replicas: 4, SELECTOR, template: {META, \
       spec: {containers: [{name: a, image: 'busybox:1.36', command: [sleep, '3600']}]}}}}",
        "{kind: Service, apiVersion: v1, metadata: {name: d}, spec: {selector: {app: d}, ports: [{port: 80}]}}",
        "{kind: Deployment, apiVersion: apps/v1, metadata: {name: d}, spec: {replicas: 4, SELECTOR, template: {META, \
       spec: {containers: [{name: a, image: 'busybox:1.36', command: [sleep, '3601']}]}}}}",
        "{kind: Deployment, apiVersion: apps/v1, metadata: {name: d}, spec: {replicas: 6, SELECTOR, template: {META, \
       spec: {nodeSelector: {none: x}, containers: [{name: a, image: 'busybox:1.36', command: [sleep, '3602']}]}}}}",
        "{kind: Deployment, apiVersion: apps/v1, metadata: {name: d}, spec: {replicas: 3, SELECTOR, template: {META, \
       spec: {nodeSelector: {none: x}, containers: [{name: a, image: 'busybox:1.36', command: [sleep, '3602']}]}}}}",
    ],
    &[
        "{kind: StatefulSet, apiVersion: apps/v1, metadata: {name: d}, spec: {replicas: 3, SELECTOR, template: {META, \
       spec: {containers: [{name: a, image: 'busybox:1.36', command: [sleep, '3600']}]}}}}",
        "{kind: StatefulSet, apiVersion: apps/v1, metadata: {name: d}, spec: {replicas: 2, SELECTOR, template: {META, \
       spec: {containers: [{name: a, image: 'busybox:1.36', command: [sleep, '3601']}]}}}}",
    ],
    &[
        "{kind: DaemonSet, apiVersion: apps/v1, metadata: {name: d}, spec: {SELECTOR, updateStrategy: {rollingUpdate: \
       {maxSurge: 1, maxUnavailable: 0}}, template: {META, spec: {containers: [{name: a, image: 'busybox:1.36', \
       command: [sleep, '3600']}]}}}}",
        "{kind: DaemonSet, apiVersion: apps/v1, metadata: {name: d}, spec: {SELECTOR, updateStrategy: {rollingUpdate: \
       {maxSurge: 1, maxUnavailable: 0}}, template: {META, spec: {containers: [{name: a, image: 'busybox:1.36', \
       command: [sleep, '3601']}]}}}}",
    ],
    &[
        "{kind: Job, apiVersion: batch/v1, metadata: {name: j}, spec: {completions: 5, parallelism: 2, completionMode: \
       Indexed, template: {spec: {restartPolicy: Never, containers: [{name: a, image: 'busybox:1.36', command: \
       ['true']}]}}}}",
        "{kind: Job, apiVersion: batch/v1, metadata: {name: f}, spec: {backoffLimit: 2, template: {spec: {restartPolicy: \
       Never, containers: [{name: a, image: 'busybox:1.36', command: ['false']}]}}}}",
        "{kind: CronJob, apiVersion: batch/v1, metadata: {name: c}, spec: {schedule: '* * * * *', jobTemplate: {spec: \
       {template: {spec: {restartPolicy: Never, containers: [{name: a, image: 'busybox:1.36', command: \
       ['true']}]}}}}}}",
    ],
];

fn masked(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| !MASKED.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), masked(value))).collect())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(masked).collect();
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// The masked objects of a story's end, each with how many there are like it.
fn end(story: &[&str], order: impl FnMut(usize) -> usize + 'static) -> Vec<String> {
    let mut player = Player::in_order("story", order);
    for manifest in story {
        let manifest = manifest
            .replace("SELECTOR", "selector: {matchLabels: {app: d}}")
            .replace("META", "metadata: {labels: {app: d}}");
        player.apply(&manifest);
        player.pass(if manifest.contains("CronJob") { 65.0 } else { 25.0 });
    }
    let mut objects: Vec<String> = player
        .objects()
        .iter()
        .filter(|object| object["metadata"]["namespace"] == "story" && object["kind"] != "Event")
        .map(|object| masked(object).to_string())
        .collect();
    objects.sort();
    objects
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn controllers_come_to_the_same_state_in_any_order(story in 0..STORIES.len(), seed: u64) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let shuffled = end(STORIES[story], move |tasks| {
            usize::try_from(random.next_u64() % u64::try_from(tasks).unwrap_or(1)).unwrap_or(0)
        });
        let in_turn = end(STORIES[story], |_| 0);
        let one: BTreeSet<&String> = in_turn.iter().collect();
        let other: BTreeSet<&String> = shuffled.iter().collect();
        prop_assert_eq!(&in_turn, &shuffled, "only in turn {:?}\nonly shuffled {:?}",
            one.difference(&other).collect::<Vec<_>>(), other.difference(&one).collect::<Vec<_>>());
        prop_assert_ne!(json!(in_turn), json!([]));
    }
}
