//! Strategic merge patch against `kubectl patch --local --type strategic`, whose answers are recorded beside the
//! patches; and what must hold of every patch.

use helmdrill::sim::patch::{json, merge, strategic};
use helmdrill::sim::schema::{self, Type};
use proptest::prelude::*;
use serde_json::{Value, json as text};

fn recorded() -> Value {
    serde_json::from_str(include_str!("../recorded/strategic-patches.json")).expect("recorded patches")
}

fn type_of(kind: &str) -> &'static Type {
    let group = if kind == "Deployment" { "apps" } else { "" };
    schema::of(group, "v1", kind).expect("a built-in kind")
}

#[test]
fn patches_come_out_as_kubectl_makes_them() {
    let recorded = recorded();
    let cases = recorded["cases"].as_array().expect("cases");
    assert!(cases.len() > 50);
    let mut wrong = Vec::new();
    for case in cases {
        let kind = case["object"].as_str().expect("a kind");
        let patched = strategic(type_of(kind), &recorded["objects"][kind], &case["patch"]);
        let right = match (&patched, case["error"].as_str()) {
            (Ok(object), None) => *object == case["result"],
            (Err(error), Some(told)) => told == format!("error: {error}").trim_end(),
            // kubectl refuses to print what is no object any more.
            (Ok(object), Some(told)) => object.get("kind").is_none() && told.contains("'Kind' is missing"),
            (Err(_), None) => false,
        };
        if !right {
            let ours = patched.map_or_else(|error| error.to_string(), |object| object.to_string());
            let theirs = case.get("result").map_or_else(|| case["error"].to_string(), Value::to_string);
            wrong.push(format!("{}\n  ours    {ours}\n  kubectl {theirs}", case["patch"]));
        }
    }
    assert!(wrong.is_empty(), "{} patches differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Containers by name, with images.
fn containers() -> impl Strategy<Value = Value> {
    let names = prop::sample::subsequence(vec!["a", "b", "c", "d"], 0..=4).prop_shuffle();
    (names, 0_u8..3).prop_map(|(names, tag)| {
        let list: Vec<Value> =
            names.iter().map(|name| text!({"name": name, "image": format!("{name}:{tag}")})).collect();
        Value::Array(list)
    })
}

fn deployment(containers: Value) -> Value {
    text!({"spec": {"template": {"spec": {"containers": containers}}}})
}

proptest! {
    #[test]
    fn a_patch_that_is_applied_twice_changes_nothing_the_second_time(live in containers(), patch in containers()) {
        let (live, patch) = (deployment(live), deployment(patch));
        let once = strategic(type_of("Deployment"), &live, &patch).expect("it fits");
        prop_assert_eq!(strategic(type_of("Deployment"), &once, &patch), Ok(once.clone()));
        let merged = merge(&live, &patch);
        prop_assert_eq!(merge(&merged, &patch), merged);
    }

    #[test]
    fn an_empty_patch_changes_nothing(live in containers()) {
        let live = deployment(live);
        prop_assert_eq!(strategic(type_of("Deployment"), &live, &text!({})), Ok(live.clone()));
        prop_assert_eq!(merge(&live, &text!({})), live.clone());
        prop_assert_eq!(json(&live, &text!([])), Ok(live));
    }

    #[test]
    fn every_item_of_a_patch_is_there_afterwards_and_none_is_lost(live in containers(), patch in containers()) {
        let patched = strategic(type_of("Deployment"), &deployment(live.clone()), &deployment(patch.clone()));
        let patched = patched.expect("it fits");
        let all = patched["spec"]["template"]["spec"]["containers"].as_array().cloned().unwrap_or_default();
        for item in patch.as_array().expect("a list") {
            prop_assert!(all.contains(item));
        }
        for item in live.as_array().expect("a list") {
            prop_assert!(all.iter().any(|other| other["name"] == item["name"]));
        }
    }
}
