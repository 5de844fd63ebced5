//! Deployments drawn at random, as far as patches treat their parts in different ways, and patches of the three kinds that
//! kubectl knows for them.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json as text};

pub(crate) fn drawn<S: Strategy>(draws: &mut TestRunner, strategy: &S) -> S::Value {
    strategy.new_tree(draws).expect("nothing is filtered out").current()
}

pub(crate) fn deployment(at: usize, spec: Value) -> Value {
    let mut object =
        text!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": format!("o{at}")}});
    for (name, value) in spec.as_object().into_iter().flatten() {
        match (name.as_str(), object.get_mut(name), value.as_object()) {
            ("metadata", Some(Value::Object(metadata)), Some(more)) => {
                metadata.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
            _ => drop(object.as_object_mut().expect("an object").insert(name.clone(), value.clone())),
        }
    }
    object
}

/// The object as the API takes it: what it may not lack, and nothing that it refuses.
pub(crate) fn applicable(mut object: Value) -> Value {
    object["metadata"].as_object_mut().expect("metadata").remove("finalizers");
    object["spec"]["selector"] = text!({"matchLabels": {"app": "x"}});
    let template = &mut object["spec"]["template"];
    template["metadata"] = text!({"labels": {"app": "x"}});
    let pod = template["spec"].as_object_mut().expect("drawn");
    pod.remove("volumes");
    let containers = pod["containers"].as_array_mut().expect("drawn");
    if containers.is_empty() {
        containers.push(text!({"name": "only", "image": "i:1"}));
    }
    for container in containers {
        container.as_object_mut().expect("a container").remove("volumeMounts");
    }
    object
}

/// Items of a list that are told apart by `key`, in any order, each with what `more` draws.
fn keyed(
    key: &'static str,
    keys: &'static [&'static str],
    more: BoxedStrategy<Value>,
) -> BoxedStrategy<Value> {
    let some = prop::sample::subsequence(keys.to_vec(), 0..=keys.len()).prop_shuffle();
    (some, prop::collection::vec(more, keys.len()))
        .prop_map(move |(keys, more)| {
            let items = keys.into_iter().zip(more).map(|(name, mut item)| {
                item[key] = text!(name);
                item
            });
            Value::Array(items.collect())
        })
        .boxed()
}

/// Some of these members.
fn members(all: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let values: Vec<_> = all.into_iter().map(|(_, value)| value).collect();
    (prop::collection::vec(any::<bool>(), names.len()), values)
        .prop_map(move |(given, values)| {
            let kept = names.iter().zip(values).zip(given).filter(|(_, given)| *given);
            Value::Object(kept.map(|((name, value), _)| ((*name).to_owned(), value)).collect())
        })
        .boxed()
}

fn one_of(values: &[Value]) -> BoxedStrategy<Value> {
    prop::sample::select(values.to_vec()).boxed()
}

fn words() -> BoxedStrategy<Value> {
    let some = prop::sample::subsequence(vec!["a", "b", "c"], 0..=3).prop_shuffle();
    some.prop_map(|words| text!(words)).boxed()
}

fn labels(value: &BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    members(vec![("a", value.clone()), ("b", value.clone()), ("c", value.clone())])
}

fn letters() -> BoxedStrategy<Value> {
    one_of(&[text!("1"), text!("2"), text!("")])
}

fn container() -> BoxedStrategy<Value> {
    members(vec![
        ("image", one_of(&[text!("i:1"), text!("i:2")])),
        ("args", words()),
        ("env", keyed("name", &["A", "B", "C"], members(vec![("value", letters())]))),
        ("ports", ports()),
        ("volumeMounts", keyed("mountPath", &["/a", "/b"], members(vec![("name", one_of(&[text!("v")]))]))),
    ])
    .prop_map(|mut container| {
        container.as_object_mut().expect("members").entry("image").or_insert(text!("i:0"));
        container
    })
    .boxed()
}

fn ports() -> BoxedStrategy<Value> {
    let some = prop::sample::subsequence(vec![80, 81, 82], 0..=3).prop_shuffle();
    (some, prop::collection::vec(members(vec![("name", one_of(&[text!("http")]))]), 3))
        .prop_map(|(numbers, more)| {
            let mut named = false;
            let ports = numbers.into_iter().zip(more).map(|(number, mut port)| {
                port["containerPort"] = text!(number);
                port["protocol"] = text!("TCP");
                // A name may be there once.
                if named {
                    port.as_object_mut().expect("a port").remove("name");
                }
                named |= port.get("name").is_some();
                port
            });
            Value::Array(ports.collect())
        })
        .boxed()
}

fn volume() -> BoxedStrategy<Value> {
    one_of(&[
        text!({"emptyDir": {}}),
        text!({"configMap": {"name": "c"}}),
        text!({"secret": {"secretName": "s"}}),
    ])
}

/// Everything but the names of an object.
pub(crate) fn spec() -> BoxedStrategy<Value> {
    let metadata = members(vec![("labels", labels(&letters())), ("finalizers", words())]);
    let pod = (keyed("name", &["a", "b", "c", "d"], container()), pod_members())
        .prop_map(|(containers, mut pod)| {
            pod["containers"] = containers;
            pod
        })
        .boxed();
    let strategy = one_of(&[
        text!({"type": "Recreate"}),
        text!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}),
    ]);
    (metadata, pod, members(vec![("replicas", one_of(&[text!(1), text!(3)])), ("strategy", strategy)]))
        .prop_map(|(metadata, pod, mut spec)| {
            spec["template"] = text!({"spec": pod});
            text!({"metadata": metadata, "spec": spec})
        })
        .boxed()
}

fn pod_members() -> BoxedStrategy<Value> {
    members(vec![
        ("volumes", keyed("name", &["v", "w"], volume())),
        ("hostAliases", keyed("ip", &["10.0.0.1", "10.0.0.2"], members(vec![("hostnames", words())]))),
        ("imagePullSecrets", keyed("name", &["p", "q"], one_of(&[text!({})]))),
        ("nodeSelector", labels(&letters())),
        ("tolerations", keyed("key", &["t", "u"], one_of(&[text!({"operator": "Exists"})]))),
    ])
}

/// A partial object with the directives of strategic merge patches in it.
pub(crate) fn strategic_patch() -> BoxedStrategy<Value> {
    (spec(), prop::collection::vec(0..9_u8, 40))
        .prop_map(|(mut spec, draws)| {
            directed(&mut spec, "", &mut draws.into_iter().cycle());
            spec
        })
        .boxed()
}

fn directed(value: &mut Value, field: &str, draws: &mut impl Iterator<Item = u8>) {
    match value {
        Value::Object(members) => {
            let mut added = Map::new();
            for (name, value) in members.iter_mut() {
                let keyed = matches!(name.as_str(), "containers" | "env" | "volumes" | "hostAliases");
                match (value.as_array(), draws.next().expect("they go round")) {
                    (Some(items), 0 | 1) if keyed => {
                        let key = if name == "hostAliases" { "ip" } else { "name" };
                        let order = items.iter().map(|item| text!({key: item[key]}));
                        added.insert(format!("$setElementOrder/{name}"), order.rev().collect());
                    }
                    (Some(items), 0 | 1) if name == "finalizers" => {
                        // What is added and deleted at once is left to chance by kubectl.
                        let others = ["a", "b", "c"].map(|word| text!(word));
                        let gone = others.into_iter().filter(|word| !items.contains(word));
                        added.insert(format!("$deleteFromPrimitiveList/{name}"), gone.collect());
                    }
                    _ => {}
                }
                directed(value, name, draws);
            }
            let retained: Vec<Value> = members.keys().map(|name| text!(name)).collect();
            members.extend(added);
            match (field, draws.next().expect("they go round")) {
                ("strategy", 0..=4) => drop(members.insert("$retainKeys".to_owned(), Value::Array(retained))),
                ("labels" | "nodeSelector", 0) => drop(members.insert("$patch".to_owned(), text!("replace"))),
                ("labels" | "nodeSelector", 1) => {
                    members.values_mut().take(1).for_each(|value| *value = Value::Null)
                }
                _ => {}
            }
        }
        Value::Array(items) => {
            let keyed = matches!(field, "containers" | "env" | "volumes" | "hostAliases");
            for item in items.iter_mut() {
                match (keyed, draws.next().expect("they go round")) {
                    (true, 0) => item["$patch"] = text!("delete"),
                    _ => directed(item, "", draws),
                }
            }
            if keyed && draws.next().is_some_and(|draw| draw == 0) {
                items.push(text!({"$patch": "replace"}));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A partial object in which some members are taken away.
pub(crate) fn merge_patch() -> BoxedStrategy<Value> {
    (spec(), prop::collection::vec(0..4_u8, 40))
        .prop_map(|(mut spec, draws)| {
            nulled(&mut spec, &mut draws.into_iter().cycle());
            spec
        })
        .boxed()
}

fn nulled(value: &mut Value, draws: &mut impl Iterator<Item = u8>) {
    for (_, member) in value.as_object_mut().into_iter().flatten() {
        match draws.next() {
            Some(0) => *member = Value::Null,
            _ => nulled(member, draws),
        }
    }
}

/// Operations, most of which fit most objects.
pub(crate) fn json_patch() -> BoxedStrategy<Value> {
    let operations = [
        text!({"op": "add", "path": "/spec/replicas", "value": 5}),
        text!({"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "z"}}),
        text!({"op": "add", "path": "/spec/template/spec/containers/0", "value": {"name": "y"}}),
        text!({"op": "replace", "path": "/metadata/name", "value": "other"}),
        text!({"op": "copy", "from": "/spec/template/spec", "path": "/spec/copied"}),
        text!({"op": "move", "from": "/spec/template/spec/containers", "path": "/spec/moved"}),
        text!({"op": "test", "path": "/kind", "value": "Deployment"}),
        text!({"op": "remove", "path": "/spec/template/spec/containers"}),
        text!({"op": "add", "path": "/metadata/labels", "value": {"a~b/c": "1"}}),
    ];
    prop::sample::subsequence(operations.to_vec(), 1..4).prop_shuffle().prop_map(Value::Array).boxed()
}
