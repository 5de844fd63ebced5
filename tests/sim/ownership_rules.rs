//! Rules of field ownership that no recording shows: forgetting managers, objects that nobody tracked, applies that
//! change nothing, too many updaters.

use helmdrill::clock::Moment;
use helmdrill::sim::fields::{self, ApplyError, Manager};
use helmdrill::sim::schema::{self, Type};
use serde_json::{Value, json};

fn config_map() -> &'static Type {
    schema::of("", "v1", "ConfigMap").expect("a built-in kind")
}

fn manager(name: &str, second: i64) -> Manager {
    Manager {
        name: name.to_owned(),
        api_version: "v1".to_owned(),
        subresource: String::new(),
        at: Moment::from_micros(second * 1_000_000),
    }
}

fn object(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data})
}

fn applied(live: Option<&Value>, data: &Value, by: &Manager) -> Value {
    fields::apply(config_map(), live, &object(data), by, false).expect("no conflict")
}

/// `name operation`, in the order of the list.
fn owners(object: &Value) -> Vec<String> {
    let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    entries.iter().map(|entry| format!("{} {}", text(entry, "manager"), text(entry, "operation"))).collect()
}

#[test]
fn an_apply_that_changes_nothing_gives_the_object_back_as_it_was() {
    let first = applied(None, &json!({"a": "1"}), &manager("helm", 10));
    assert_eq!(applied(Some(&first), &json!({"a": "1"}), &manager("helm", 99)), first);
    let changed = applied(Some(&first), &json!({"a": "2"}), &manager("helm", 99));
    assert_eq!(changed["metadata"]["managedFields"][0]["time"], "1970-01-01T00:01:39Z");
}

#[test]
fn two_appliers_of_one_value_share_it_and_it_stays_until_both_let_go() {
    let first = applied(None, &json!({"a": "1", "b": "1"}), &manager("helm", 10));
    let shared = applied(Some(&first), &json!({"a": "1"}), &manager("argo", 20));
    assert_eq!(owners(&shared), ["argo Apply", "helm Apply"]);
    let kept = applied(Some(&shared), &json!({"b": "1"}), &manager("helm", 30));
    assert_eq!(kept["data"], json!({"a": "1", "b": "1"}));
    let mut nothing = object(&json!({}));
    nothing.as_object_mut().expect("an object").remove("data");
    let gone = fields::apply(config_map(), Some(&kept), &nothing, &manager("argo", 40), false);
    let gone = gone.expect("no conflict");
    assert_eq!(gone["data"], json!({"b": "1"}));
    assert_eq!(owners(&gone), ["helm Apply"]);
}

#[test]
fn an_empty_list_or_entry_forgets_all_managers_and_nothing_is_tracked_until_an_apply() {
    for reset in [json!([]), json!([{}])] {
        let first = applied(None, &json!({"a": "1"}), &manager("helm", 10));
        let mut second = first.clone();
        second["metadata"]["managedFields"] = reset;
        fields::track(config_map(), Some(&first), &mut second, &manager("kubectl-patch", 20));
        assert_eq!(owners(&second), Vec::<String>::new());
        let mut third = second.clone();
        third["data"]["a"] = json!("2");
        fields::track(config_map(), Some(&second), &mut third, &manager("kubectl-edit", 30));
        assert_eq!(owners(&third), Vec::<String>::new());
        let refused = fields::apply(
            config_map(),
            Some(&third),
            &object(&json!({"a": "3"})),
            &manager("helm", 40),
            false,
        );
        let Err(ApplyError::Conflicts(conflicts)) = refused else { panic!("{refused:?}") };
        assert_eq!(conflicts[0].message, "conflict with \"before-first-apply\" using v1");
        let same = applied(Some(&third), &json!({"a": "2"}), &manager("helm", 40));
        assert_eq!(owners(&same), ["helm Apply", "before-first-apply Update"]);
    }
}

#[test]
fn managers_that_are_sent_are_taken_over_as_the_helm_upgrade_to_applying_does() {
    let mut first = object(&json!({"a": "1"}));
    fields::track(config_map(), None, &mut first, &manager("helm", 10));
    assert_eq!(owners(&first), ["helm Update"]);
    let mut second = first.clone();
    second["metadata"]["managedFields"][0]["operation"] = json!("Apply");
    fields::track(config_map(), Some(&first), &mut second, &manager("helm", 20));
    assert_eq!(owners(&second), ["helm Apply"]);
    let third = applied(Some(&second), &json!({"b": "1"}), &manager("helm", 30));
    assert_eq!(third["data"], json!({"b": "1"}));
}

#[test]
fn an_eleventh_updater_joins_the_oldest_into_one() {
    let mut live = object(&json!({"k0": "0"}));
    fields::track(config_map(), None, &mut live, &manager("m0", 0));
    for number in 1..=11 {
        let mut next = live.clone();
        next["data"][format!("k{number}")] = json!("1");
        fields::track(config_map(), Some(&live), &mut next, &manager(&format!("m{number}"), number));
        live = next;
    }
    assert_eq!(owners(&live).len(), 10);
    assert!(owners(&live).contains(&"ancient-changes Update".to_owned()));
    let text = live["metadata"]["managedFields"].to_string();
    assert!((0..=11).all(|number| text.contains(&format!("f:k{number}\""))));
}

#[test]
fn kubectl_takes_over_what_its_own_client_side_apply_set_without_force() {
    let annotation = "kubectl.kubernetes.io/last-applied-configuration";
    let mut live = object(&json!({"a": "1"}));
    live["metadata"]["annotations"] = json!({annotation: object(&json!({"a": "1"})).to_string()});
    fields::track(config_map(), None, &mut live, &manager("kubectl-client-side-apply", 10));
    let config = object(&json!({"a": "2"}));
    let by_kubectl = fields::apply(config_map(), Some(&live), &config, &manager("kubectl", 20), false);
    let by_kubectl = by_kubectl.expect("its own values give way");
    assert_eq!(by_kubectl["data"]["a"], "2");
    let kept = by_kubectl["metadata"]["annotations"][annotation].as_str().expect("the annotation");
    assert!(kept.contains("\"a\":\"2\""));
    assert!(fields::apply(config_map(), Some(&live), &config, &manager("helm", 20), false).is_err());
}
