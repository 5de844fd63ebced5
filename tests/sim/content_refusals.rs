//! Refusals that no recording shows, in the words that kube-apiserver 1.36 has for them.

use helmdrill::clock::Moment;
use helmdrill::sim::{defaults, validation};
use serde_json::{Value, json};

pub(crate) fn told(group: &str, mut object: Value) -> Vec<String> {
    let kind = object["kind"].as_str().expect("a kind").to_owned();
    if object["metadata"].get("name").is_none() {
        object["metadata"]["name"] = json!("x");
    }
    defaults::fill(group, &kind, &mut object);
    validation::prepare_create(group, &kind, &mut object);
    lines(&validation::create(group, &kind, &object))
}

pub(crate) fn told_of_change(group: &str, old: Value, change: &[(&str, Value)]) -> Vec<String> {
    let kind = old["kind"].as_str().expect("a kind").to_owned();
    let mut old = old;
    old["metadata"]["name"] = json!("x");
    defaults::fill(group, &kind, &mut old);
    validation::prepare_create(group, &kind, &mut old);
    let mut new = old.clone();
    for (pointer, value) in change {
        let (holder, key) = pointer.rsplit_once('/').expect("a pointer");
        new.pointer_mut(holder).expect("the holder is there")[key] = value.clone();
    }
    validation::prepare_update(group, &kind, &old, &mut new);
    lines(&validation::update(group, &kind, &old, &new))
}

/// The same of a status that is written in place of another.
pub(crate) fn told_of_status(group: &str, mut old: Value, status: Value) -> Vec<String> {
    let kind = old["kind"].as_str().expect("a kind").to_owned();
    old["metadata"]["name"] = json!("x");
    defaults::fill(group, &kind, &mut old);
    let mut new = old.clone();
    new["status"] = status;
    validation::prepare_status(group, &kind, &old, &mut new, Moment::default());
    lines(&validation::status(group, &kind, &old, &new))
}

fn lines(found: &[validation::Violation]) -> Vec<String> {
    found.iter().map(|violation| format!("{}: {}", violation.field, violation.message)).collect()
}

fn pod_with(container: Value) -> Value {
    let mut full = json!({"name": "a", "image": "b:1"});
    full.as_object_mut().expect("a map").extend(container.as_object().expect("a map").clone());
    json!({"kind": "Pod", "metadata": {}, "spec": {"containers": [full]}})
}

#[test]
fn containers_are_refused_for_what_is_wrong_with_them() {
    let cases = [
        (
            json!({"image": " b"}),
            "image: Invalid value: \" b\": must not have leading or trailing whitespace",
        ),
        (
            json!({"ports": [{"containerPort": 70000}]}),
            "ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        (
            json!({"ports": [{"containerPort": 1, "protocol": "tcp"}]}),
            "ports[0].protocol: Unsupported value: \"tcp\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
        ),
        (
            json!({"resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}}),
            "resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1",
        ),
        (
            json!({"resources": {"limits": {"memory": "-1"}, "requests": {"memory": "-1"}}}),
            "resources.limits[memory]: Invalid value: \"-1\": must be greater than or equal to 0",
        ),
        (json!({"livenessProbe": {}}), "livenessProbe: Required value: must specify a handler type"),
        (
            json!({"livenessProbe": {"exec": {"command": ["a"]}, "successThreshold": 2}}),
            "livenessProbe.successThreshold: Invalid value: 2: must be 1",
        ),
        (
            json!({"env": [{"name": "a", "valueFrom": {"secretKeyRef": {"name": "s"}}}]}),
            "env[0].valueFrom.secretKeyRef.key: Required value",
        ),
    ];
    for (container, expected) in cases {
        let found = told("", pod_with(container));
        assert_eq!(found.first(), Some(&format!("spec.containers[0].{expected}")));
    }
}

#[test]
fn new_objects_are_refused_for_what_is_wrong_with_them() {
    let pods = json!({"spec": {"containers": [{"name": "a", "image": "b:1"}]}});
    let cases: Vec<(&str, Value, &[&str])> = vec![
        ("", json!({"kind": "Service", "metadata": {}, "spec": {}}), &["spec.ports: Required value"]),
        (
            "",
            json!({"kind": "Service", "metadata": {}, "spec": {"type": "Odd", "ports": [{"port": 80}]}}),
            &[
                "spec.type: Unsupported value: \"Odd\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"",
            ],
        ),
        (
            "",
            json!({"kind": "Service", "metadata": {}, "spec": {"ports": [{"port": 80}, {"port": 81, "name": "b"}]}}),
            &["spec.ports[0].name: Required value"],
        ),
        (
            "",
            json!({"kind": "Secret", "metadata": {}, "type": "kubernetes.io/tls"}),
            &["data[tls.crt]: Required value", "data[tls.key]: Required value"],
        ),
        (
            "batch",
            json!({"kind": "Job", "metadata": {"uid": "u"}, "spec": {"template": pods}}),
            &["spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""],
        ),
        (
            "",
            json!({"kind": "PersistentVolumeClaim", "metadata": {}, "spec": {}}),
            &[
                "spec.accessModes: Required value: at least 1 access mode is required",
                "spec.resources[storage]: Required value",
            ],
        ),
        (
            "autoscaling",
            json!({"kind": "HorizontalPodAutoscaler", "metadata": {}, "spec": {"minReplicas": 3, "maxReplicas": 2,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}}}),
            &["spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`"],
        ),
        (
            "networking.k8s.io",
            json!({"kind": "Ingress", "metadata": {}, "spec": {}}),
            &["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
        ),
        (
            "rbac.authorization.k8s.io",
            json!({"kind": "Role", "metadata": {}, "rules": [{"verbs": ["get"]}]}),
            &[
                "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
                "rules[0].resources: Required value: resource rules must supply at least one resource",
            ],
        ),
    ];
    for (group, object, expected) in cases {
        assert_eq!(told(group, object), expected);
    }
}

#[test]
fn what_is_frozen_is_not_changed() {
    let frozen = json!({"kind": "ConfigMap", "metadata": {}, "immutable": true, "data": {"a": "1"}});
    let detail = "Forbidden: field is immutable when `immutable` is set";
    assert_eq!(told_of_change("", frozen, &[("/data/a", json!("2"))]), [format!("data: {detail}")]);
    let binding = json!({"kind": "RoleBinding", "metadata": {}, "roleRef": {"kind": "Role", "name": "a"}});
    let printed = r#"{"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"b"}"#;
    assert_eq!(
        told_of_change("rbac.authorization.k8s.io", binding, &[("/roleRef/name", json!("b"))]),
        [format!("roleRef: Invalid value: {printed}: cannot change roleRef")]
    );
}

#[test]
fn a_replaced_job_without_its_own_selector_is_refused_as_kubernetes_refuses_it() {
    let template = json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b:1"}]}});
    let job = json!({"kind": "Job", "metadata": {"uid": "u"}, "spec": {"template": template}});
    let bare = json!({"metadata": {}, "spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b:1",
        "imagePullPolicy": "Always", "terminationMessagePolicy": "File"}], "dnsPolicy": "ClusterFirst",
        "terminationGracePeriodSeconds": 30}});
    let found = told_of_change("batch", job, &[("/spec/selector", json!(null)), ("/spec/template", bare)]);
    let starts = [
        "spec.selector: Required value",
        "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
        "spec.selector: Required value",
        "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
        "spec.selector: Invalid value: null: field is immutable",
        "spec.template: Invalid value: {\"Spec\":{\"Volumes\":null",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (line, start) in found.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
}

#[test]
fn a_generation_counts_changes_of_the_spec() {
    let old = json!({"kind": "DaemonSet", "metadata": {"generation": 4, "annotations":
        {"deprecated.daemonset.template.generation": "2"}}, "spec": {"template": {"a": 1}}});
    let mut template = old.clone();
    template["spec"]["template"]["a"] = json!(2);
    let mut strategy = old.clone();
    strategy["spec"]["revisionHistoryLimit"] = json!(2);
    for (mut new, generation, templates) in [(template, 5, "3"), (strategy, 5, "2"), (old.clone(), 4, "2")] {
        validation::prepare_update("apps", "DaemonSet", &old, &mut new);
        assert_eq!(new["metadata"]["generation"], generation);
        assert_eq!(new["metadata"]["annotations"]["deprecated.daemonset.template.generation"], templates);
    }
}

#[test]
fn a_policy_of_a_job_that_is_there_later_is_a_change_though_it_has_no_rules() {
    let job = json!({"kind": "Job", "metadata": {}, "spec": {"template": {"spec": {
        "restartPolicy": "Never", "containers": [{"name": "a", "image": "b:1"}],
    }}}});
    let told = told_of_change("batch", job, &[("/spec/podFailurePolicy", json!({"rules": []}))]);
    let immutable =
        |line: &String| line.starts_with("spec.podFailurePolicy:") && line.ends_with("field is immutable");
    assert!(told.iter().any(immutable), "{told:?}");
}

#[test]
fn a_cluster_of_ipv4_gives_services_no_other_family() {
    let headless = json!({"clusterIP": "None"});
    let cases = [
        (json!({"ipFamilyPolicy": "PreferDualStack"}), None),
        (json!({"ipFamilies": ["IPv4"]}), None),
        (
            json!({"ipFamilyPolicy": "RequireDualStack"}),
            Some(
                "ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services",
            ),
        ),
        (
            json!({"ipFamilies": ["IPv6"]}),
            Some("ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster"),
        ),
        (
            json!({"ipFamilies": ["IPv4", "IPv6"]}),
            Some(
                "ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when \
                 multiple IP families are specified",
            ),
        ),
        (
            json!({"clusterIP": "fd00::1"}),
            Some("clusterIPs[0]: Invalid value: [\"fd00::1\"]: IPv6 is not configured on this cluster"),
        ),
        (headless, None),
    ];
    for (spec, expected) in cases {
        let mut object = json!({"kind": "Service", "metadata": {}, "spec": {"ports": [{"port": 80}]}});
        object["spec"].as_object_mut().expect("a map").extend(spec.as_object().expect("a map").clone());
        let expected: Vec<String> = expected.map(|line| format!("spec.{line}")).into_iter().collect();
        assert_eq!(told("", object), expected, "{spec}");
    }
}

#[test]
fn a_service_that_selects_nothing_is_of_the_families_that_its_policy_leaves() {
    for (policy, families) in [
        (None, json!(["IPv4", "IPv6"])),
        (Some("SingleStack"), json!(["IPv4"])),
        (Some("PreferDualStack"), json!(["IPv4", "IPv6"])),
    ] {
        let mut service =
            json!({"kind": "Service", "metadata": {"name": "x"}, "spec": {"clusterIP": "None"}});
        if let Some(policy) = policy {
            service["spec"]["ipFamilyPolicy"] = json!(policy);
        }
        defaults::fill("", "Service", &mut service);
        validation::prepare_create("", "Service", &mut service);
        assert_eq!(service["spec"]["ipFamilies"], families, "{policy:?}");
    }
}
