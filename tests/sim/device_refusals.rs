//! Refusals of what is asked and told of devices, in the words that kube-apiserver 1.36 has for them.

use super::content_refusals::{told, told_of_change, told_of_status};
use serde_json::{Value, json};
use std::fmt::Write as _;

fn listed(cases: Vec<(&str, Vec<String>)>) -> String {
    let mut text = String::new();
    for (what, found) in cases {
        writeln!(text, "{what}").expect("a text grows");
        for line in found {
            writeln!(text, "    {line}").expect("a text grows");
        }
    }
    text
}

fn claim(devices: Value) -> Value {
    json!({"kind": "ResourceClaim", "metadata": {}, "spec": {"devices": devices}})
}

fn of(request: Value) -> Value {
    let mut full = json!({"deviceClassName": "c"});
    full.as_object_mut().expect("a map").extend(request.as_object().expect("a map").clone());
    claim(json!({"requests": [{"name": "r", "exactly": full}]}))
}

#[test]
fn claims_of_devices_are_refused_for_what_is_wrong_with_them() {
    let cases = [
        ("no name", claim(json!({"requests": [{"exactly": {"deviceClassName": "c"}}]}))),
        ("nothing asked for", claim(json!({"requests": [{"name": "r"}]}))),
        (
            "both asked for",
            claim(json!({"requests": [{"name": "r", "exactly": {"deviceClassName": "c"}, "firstAvailable":
                [{"name": "s", "deviceClassName": "c"}]}]})),
        ),
        ("no class", of(json!({"deviceClassName": ""}))),
        ("a bad class", of(json!({"deviceClassName": "C"}))),
        ("no mode of that name", of(json!({"allocationMode": "Some"}))),
        ("all, and how many", of(json!({"allocationMode": "All", "count": 2}))),
        ("fewer than none", of(json!({"count": -1}))),
        ("a selector without an expression", of(json!({"selectors": [{}]}))),
        (
            "tolerations",
            of(json!({"tolerations": [{"key": "a b", "operator": "Exists", "value": "v"}, {"effect": "Odd"},
                {"operator": "Like"}]})),
        ),
        (
            "the same name twice",
            claim(json!({"requests": [{"name": "r", "exactly": {"deviceClassName": "c"}},
                {"name": "r", "exactly": {"deviceClassName": "c"}}]})),
        ),
        (
            "constraints",
            claim(json!({"requests": [{"name": "r", "exactly": {"deviceClassName": "c"}}], "constraints": [
                {"requests": ["x"], "matchAttribute": "a.b/c"}, {"requests": ["r", "r"], "matchAttribute": "c"},
                {"requests": ["r/s/t"]}, {"matchAttribute": "/c d"}]})),
        ),
        (
            "configurations",
            claim(json!({"requests": [{"name": "r", "exactly": {"deviceClassName": "c"}}], "config": [
                {}, {"opaque": {"driver": "", "parameters": 3}}, {"opaque": {"driver": "d_e"}}]})),
        ),
    ];
    let told = cases.into_iter().map(|(what, object)| (what, told("resource.k8s.io", object))).collect();
    insta::assert_snapshot!(listed(told));
}

#[test]
fn what_is_asked_for_of_devices_never_changes() {
    let template = json!({"kind": "ResourceClaimTemplate", "metadata": {}, "spec": {"metadata": {"labels": {"a": "b"}},
        "spec": {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "c"}}]}}}});
    let told = vec![
        (
            "a claim",
            told_of_change(
                "resource.k8s.io",
                of(json!({})),
                &[("/spec/devices/requests/0/exactly/count", json!(2))],
            ),
        ),
        (
            "a template",
            told_of_change(
                "resource.k8s.io",
                template,
                &[("/spec/spec/devices/requests/0/name", json!("s"))],
            ),
        ),
    ];
    insta::assert_snapshot!(listed(told));
}

#[test]
fn classes_of_devices_are_refused_for_what_is_wrong_with_them() {
    let class = |spec: Value| json!({"kind": "DeviceClass", "metadata": {}, "spec": spec});
    let cases = [
        ("a name without a domain", class(json!({"extendedResourceName": "gpu"}))),
        ("a name of Kubernetes", class(json!({"extendedResourceName": "kubernetes.io/gpu"}))),
        ("parts", class(json!({"selectors": [{}], "config": [{}]}))),
        ("a name as it should be", class(json!({"extendedResourceName": "example.com/gpu"}))),
    ];
    let told = cases.into_iter().map(|(what, object)| (what, told("resource.k8s.io", object))).collect();
    insta::assert_snapshot!(listed(told));
}

fn slice(more: Value) -> Value {
    let mut spec =
        json!({"driver": "d.example.com", "nodeName": "n", "pool": {"name": "p", "resourceSliceCount": 1}});
    spec.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    json!({"kind": "ResourceSlice", "metadata": {}, "spec": spec})
}

fn device(more: Value) -> Value {
    let mut device = json!({"name": "a"});
    device.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    slice(json!({"devices": [device]}))
}

#[test]
fn slices_of_devices_are_refused_for_what_is_wrong_with_them() {
    let shared = |policy: Value| {
        device(
            json!({"allowMultipleAllocations": true, "capacity": {"m": {"value": "10", "requestPolicy": policy}}}),
        )
    };
    let cases = [
        ("a pool", slice(json!({"pool": {"name": "a//b", "resourceSliceCount": 0, "generation": -1}}))),
        ("no driver", slice(json!({"driver": ""}))),
        ("nowhere", slice(json!({"nodeName": null}))),
        ("here and everywhere", slice(json!({"allNodes": true}))),
        ("not everywhere", slice(json!({"allNodes": false, "nodeName": ""}))),
        (
            "two terms",
            slice(json!({"nodeName": null, "nodeSelector": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
                {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}]}]}})),
        ),
        ("a device twice", slice(json!({"devices": [{"name": "a"}, {"name": "a"}, {"name": "B"}]}))),
        (
            "devices and counters",
            slice(
                json!({"devices": [], "sharedCounters": [{"counters": {"A": {"value": "1"}}}, {"name": "s"}]}),
            ),
        ),
        (
            "attributes",
            device(json!({"attributes": {"a": {}, "b": {"int": 1, "bool": true}, "c": {"version": "1.0"},
                "no good": {"int": 1}, "x/y/z": {"int": 1}}})),
        ),
        ("taints", device(json!({"taints": [{"key": "k"}, {"key": "", "value": "a b", "effect": "Odd"}]}))),
        (
            "counters",
            device(json!({"consumesCounters": [{}, {"counterSet": "s", "counters": {"c": {"value": "1"}}}]})),
        ),
        ("a node of its own", device(json!({"nodeName": "n"}))),
        (
            "devices that say nothing of their nodes",
            slice(json!({"nodeName": null, "perDeviceNodeSelection": true, "devices": [{"name": "a"},
                {"name": "b", "nodeName": "n", "allNodes": true}]})),
        ),
        (
            "conditions",
            device(json!({"bindingConditions": ["a", "a", "b"], "bindingFailureConditions": ["b"]})),
        ),
        ("half of the conditions", device(json!({"bindingConditions": ["a"]}))),
        (
            "a policy where nothing is shared",
            device(json!({"capacity": {"m": {"value": "1", "requestPolicy": {}}}})),
        ),
        ("both policies", shared(json!({"validValues": ["1"], "validRange": {"min": "1"}}))),
        ("no default", shared(json!({"validValues": ["1"]}))),
        ("values", shared(json!({"default": "3", "validValues": ["2", "1", "20", "20"]}))),
        ("a range", shared(json!({"default": "3", "validRange": {"min": "2", "max": "15", "step": "2"}}))),
    ];
    let told = cases.into_iter().map(|(what, object)| (what, told("resource.k8s.io", object))).collect();
    insta::assert_snapshot!(listed(told));
}

#[test]
fn what_is_told_of_given_devices_is_refused_for_what_is_wrong_with_it() {
    let given =
        json!({"devices": {"results": [{"request": "r", "driver": "d", "pool": "p", "device": "a"}]}});
    let cases = [
        ("users of nothing", json!({"reservedFor": [{"resource": "pods", "name": "p", "uid": "u"}]})),
        (
            "users",
            json!({"allocation": given, "reservedFor": [{}, {"resource": "pods", "name": "p", "uid": "u"},
                {"resource": "pods", "name": "q", "uid": "u"}]}),
        ),
        (
            "results",
            json!({"allocation": {"devices": {"results": [{"request": "x", "driver": "", "pool": "", "device": "A",
                "shareID": "1"}], "config": [{"source": "Odd"}]}}}),
        ),
        (
            "devices",
            json!({"allocation": given, "devices": [{"driver": "d", "pool": "p", "device": "b", "data": 1,
                "networkData": {"ips": ["1.2.3.4", "1.2.3.4/24", "1.2.3.4/24"]}}]}),
        ),
    ];
    let mut told: Vec<(&str, Vec<String>)> = cases
        .into_iter()
        .map(|(what, status)| (what, told_of_status("resource.k8s.io", of(json!({})), status)))
        .collect();
    let mut held = of(json!({}));
    held["status"] = json!({"allocation": given});
    let other = json!({"allocation": {"devices": {"results": []}}});
    told.push(("something else that was given", told_of_status("resource.k8s.io", held, other)));
    insta::assert_snapshot!(listed(told));
}
