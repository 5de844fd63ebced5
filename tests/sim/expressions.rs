//! Rules of schemas, conditions of webhooks and admission policies, asked about calls: one cluster each, a table of calls
//! in order, and of every answer its status, message and warnings.

use helmdrill::call::{Actor, Body, Call};
use helmdrill::clock::Moment;
use helmdrill::sim::{Config, World};
use serde_json::{Value, json};

const NOW: Moment = Moment::from_micros(1_763_810_803_000_000);
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const GADGETS: &str = "/apis/example.com/v1/namespaces/default/gadgets";
const HOOKS: &str = "/apis/admissionregistration.k8s.io/v1";
const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn ask(world: &mut World, method: &str, url: &str, body: &Value) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let media = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
    let method = method.parse().expect("an HTTP method");
    let mut call = Call::from_http(&method, path, query, Actor::Other("case".to_owned()), "case/1");
    let bytes = body.to_string().into_bytes();
    call.body = (!body.is_null()).then(|| Body { media: media.to_owned(), bytes: bytes.into() });
    let reply = world.handle(&call, NOW);
    let message = reply.value().and_then(|value| value["message"].as_str().map(str::to_owned));
    let warnings = reply.warnings.iter().map(|warning| format!("\nwarning: {warning}"));
    format!("{} {}{}", reply.status, message.unwrap_or_default(), warnings.collect::<String>())
}

fn definition(schema: &Value) -> Value {
    let version =
        json!({"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "versions": [version],
            "names": {"plural": "gadgets", "kind": "Gadget"},
        },
    })
}

fn gadget(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": name}, "spec": spec})
}

/// A cluster that knows gadgets whose spec has this schema.
fn with_gadgets(spec: &Value) -> World {
    let mut world = World::new(Config::default(), NOW);
    let schema = json!({"type": "object", "properties": {"spec": spec}});
    assert_eq!(ask(&mut world, "POST", DEFINITIONS, &definition(&schema)), "201 ");
    world
}

#[test]
fn an_object_that_breaks_a_rule_is_refused_with_the_words_of_the_rule() {
    let mut world = with_gadgets(&json!({
        "type": "object",
        "x-kubernetes-validations": [
            {"rule": "self.min <= self.max", "message": "min is above max"},
            {"rule": "!has(self.name) || self.name != 'bad'", "messageExpression": "'name is ' + self.name",
             "reason": "FieldValueForbidden", "fieldPath": ".name"},
            {"rule": "!has(oldSelf.kept) || self.kept == oldSelf.kept", "message": "kept is immutable"},
        ],
        "properties": {
            "min": {"type": "integer"}, "max": {"type": "integer"}, "name": {"type": "string"},
            "kept": {"type": "string"}, "either": {"x-kubernetes-int-or-string": true},
            "ports": {"type": "array", "items": {"type": "integer",
                "x-kubernetes-validations": [{"rule": "self > 0"}]}},
            "x-y": {"type": "string", "x-kubernetes-validations": [{"rule": "self.size() < 3"}]},
            "labels": {"type": "object", "additionalProperties": {"type": "string",
                "x-kubernetes-validations": [{"rule": "self.startsWith('a')"}]}},
        },
    }));
    let refused = |what: &str| format!("422 Gadget.example.com \"a\" is invalid: {what}");
    let cases = [
        (
            json!({"min": 1, "max": 2, "name": "good", "ports": [1], "labels": {"k": "ab"}, "x-y": "ab"}),
            "201 ".to_owned(),
        ),
        (json!({"min": 3, "max": 2}), refused("spec: Invalid value: min is above max")),
        (json!({"min": 1, "max": 2, "name": "bad"}), refused("spec.name: Forbidden: name is bad")),
        (
            json!({"min": 1, "max": 2, "ports": [1, 0]}),
            refused("spec.ports[1]: Invalid value: 0: failed rule: self > 0"),
        ),
        (
            json!({"min": 1, "max": 2, "x-y": "abc", "labels": {"k": "b"}}),
            refused(
                "[spec.labels[k]: Invalid value: \"b\": failed rule: self.startsWith('a'), spec.x-y: Invalid value: \
                 \"abc\": failed rule: self.size() < 3]",
            ),
        ),
        (
            json!({"max": 2}),
            refused("spec: Invalid value: \"object\": no such key: min evaluating rule: min is above max"),
        ),
    ];
    for (spec, expected) in cases {
        let url = format!("{GADGETS}?dryRun=All");
        assert_eq!(ask(&mut world, "POST", &url, &gadget("a", &spec)), expected, "{spec}");
    }
    let kept = gadget("a", &json!({"min": 1, "max": 2, "kept": "x"}));
    assert_eq!(ask(&mut world, "POST", GADGETS, &kept), "201 ");
    let patch = json!({"spec": {"kept": "y"}});
    let expected = refused("spec: Invalid value: kept is immutable");
    assert_eq!(ask(&mut world, "PATCH", &format!("{GADGETS}/a"), &patch), expected);
    assert_eq!(ask(&mut world, "PATCH", &format!("{GADGETS}/a"), &json!({"spec": {"max": 3}})), "200 ");
}

#[test]
fn a_rule_that_an_unchanged_part_breaks_is_told_as_a_warning() {
    let field = json!({"type": "string"});
    let spec = |rule: &Value| json!({"type": "object", "properties": {"a": rule, "b": field}});
    let mut world = with_gadgets(&spec(&field));
    assert_eq!(ask(&mut world, "POST", GADGETS, &gadget("a", &json!({"a": "long"}))), "201 ");
    let ruled = json!({"type": "string", "x-kubernetes-validations": [{"rule": "self.size() < 3"}]});
    let stricter = json!({"spec": {"versions": [{"name": "v1", "served": true, "storage": true, "schema":
        {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec(&ruled)}}}}]}});
    assert_eq!(ask(&mut world, "PATCH", &format!("{DEFINITIONS}/gadgets.example.com"), &stricter), "200 ");
    let url = format!("{GADGETS}/a");
    assert_eq!(
        ask(&mut world, "PATCH", &url, &json!({"spec": {"b": "x"}})),
        "200 \nwarning: spec.a: Invalid value: \"long\": failed rule: self.size() < 3"
    );
    assert_eq!(
        ask(&mut world, "PATCH", &url, &json!({"spec": {"a": "longer"}})),
        "422 Gadget.example.com \"a\" is invalid: spec.a: Invalid value: \"longer\": failed rule: self.size() < 3"
    );
}

#[test]
fn a_rule_that_makes_no_sense_is_refused_with_its_definition() {
    let cases = [
        (
            json!({"rule": "self.none == 1"}),
            "compilation failed: ERROR: <input>:1:5: undefined field 'none'\n | self.none == 1\n | ....^",
        ),
        (json!({"rule": "1 + 1"}), "cel expression must evaluate to a bool"),
        (json!({"rule": "true", "messageExpression": "1"}), "messageExpression must evaluate to a string"),
        (json!({"rule": "true", "optionalOldSelf": true}), "may not be set if oldSelf is not used in rule"),
        (json!({"rule": "true", "fieldPath": ".none"}), "must be a valid path"),
    ];
    for (rule, expected) in cases {
        let mut world = World::new(Config::default(), NOW);
        let spec = json!({"type": "object", "properties": {"a": {"type": "integer"}},
            "x-kubernetes-validations": [rule]});
        let schema = json!({"type": "object", "properties": {"spec": spec}});
        let answered = ask(&mut world, "POST", DEFINITIONS, &definition(&schema));
        assert!(answered.starts_with("422 ") && answered.contains(expected), "{rule}: {answered}");
    }
}

fn policy(validations: &Value, more: &Value) -> Value {
    let mut spec = json!({
        "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"],
            "operations": ["CREATE", "UPDATE", "DELETE"]}]},
        "validations": validations,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        spec[name] = value.clone();
    }
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "rules"}, "spec": spec})
}

fn binding(actions: &[&str], more: &Value) -> Value {
    let mut spec = json!({"policyName": "rules", "validationActions": actions});
    for (name, value) in more.as_object().into_iter().flatten() {
        spec[name] = value.clone();
    }
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "bound"}, "spec": spec})
}

/// A cluster with one policy and its binding.
fn with_policy(policy: &Value, binding: &Value) -> World {
    let mut world = World::new(Config::default(), NOW);
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "limits"}, "data": {"most": "1"}});
    assert_eq!(ask(&mut world, "POST", MAPS, &map), "201 ");
    assert_eq!(ask(&mut world, "POST", &format!("{HOOKS}/validatingadmissionpolicies"), policy), "201 ");
    assert_eq!(
        ask(&mut world, "POST", &format!("{HOOKS}/validatingadmissionpolicybindings"), binding),
        "201 "
    );
    world
}

fn map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

const DENIED: &str = "422 configmaps \"m\" is forbidden: ValidatingAdmissionPolicy 'rules' with binding 'bound' denied request: ";

#[test]
fn a_policy_denies_what_its_validations_do_not_hold_of() {
    let validations = json!([
        {"expression": "object == null || !has(object.data.bad)", "message": "bad is not allowed"},
        {"expression": "object == null || variables.count < 3",
         "messageExpression": "'has ' + string(variables.count) + ' keys'"},
        {"expression": "request.operation != 'DELETE' || oldObject.metadata.name != 'm'", "reason": "Forbidden"},
        {"expression": "authorizer.group('').resource('secrets').namespace(request.namespace).check('get').allowed()"},
        {"expression": "namespaceObject.metadata.name == 'default'"},
    ]);
    let variables = json!({
        "variables": [{"name": "count", "expression": "has(object.data) ? size(object.data) : 0"}],
        "matchConditions": [{"name": "others", "expression": "request.name != 'limits'"}],
    });
    let mut world = with_policy(&policy(&validations, &variables), &binding(&["Deny"], &Value::Null));
    let cases = [
        (json!({"a": "1"}), "201 ".to_owned()),
        (json!({"bad": "1"}), format!("{DENIED}bad is not allowed")),
        (json!({"a": "1", "b": "1", "c": "1"}), format!("{DENIED}has 3 keys")),
    ];
    for (data, expected) in cases {
        let url = format!("{MAPS}?dryRun=All");
        assert_eq!(ask(&mut world, "POST", &url, &map("m", &data)), expected, "{data}");
    }
    assert_eq!(ask(&mut world, "POST", MAPS, &map("m", &json!({"a": "1"}))), "201 ");
    let forbidden = DENIED.replace("422", "403");
    assert_eq!(
        ask(&mut world, "DELETE", &format!("{MAPS}/m"), &Value::Null),
        format!(
            "{forbidden}failed expression: request.operation != 'DELETE' || oldObject.metadata.name != 'm'"
        )
    );
    assert_eq!(ask(&mut world, "DELETE", &format!("{MAPS}/limits"), &Value::Null), "200 ");
}

#[test]
fn a_policy_warns_where_its_binding_says_so_and_fails_as_it_says() {
    let validations = json!([{"expression": "object.data.most != '2'"}]);
    let mut world =
        with_policy(&policy(&validations, &Value::Null), &binding(&["Warn", "Audit"], &Value::Null));
    let warned =
        "201 \nwarning: Validation failed for ValidatingAdmissionPolicy 'rules' with binding 'bound': ";
    let url = format!("{MAPS}?dryRun=All");
    assert_eq!(
        ask(&mut world, "POST", &url, &map("m", &json!({"most": "2"}))),
        format!("{warned}failed expression: object.data.most != '2'")
    );
    assert_eq!(
        ask(&mut world, "POST", &url, &map("m", &json!({}))),
        format!("{warned}expression 'object.data.most != '2'' resulted in error: no such key: data")
    );
    let lenient = policy(&validations, &json!({"failurePolicy": "Ignore"}));
    let mut world = with_policy(&lenient, &binding(&["Deny"], &Value::Null));
    assert_eq!(ask(&mut world, "POST", &url, &map("m", &json!({}))), "201 ");
}

#[test]
fn a_policy_is_asked_with_what_its_binding_refers_to() {
    let validations = json!([{"expression": "size(object.data) <= int(params.data.most)"}]);
    let kind = json!({"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}});
    let refer = |name: &str| json!({"paramRef": {"name": name, "parameterNotFoundAction": "Deny"}});
    let url = format!("{MAPS}?dryRun=All");
    let two = map("m", &json!({"a": "1", "b": "2"}));
    let mut world = with_policy(&policy(&validations, &kind), &binding(&["Deny"], &refer("limits")));
    let failed = "failed expression: size(object.data) <= int(params.data.most)";
    assert_eq!(ask(&mut world, "POST", &url, &two), format!("{DENIED}{failed}"));
    assert_eq!(ask(&mut world, "POST", &url, &map("m", &json!({"a": "1"}))), "201 ");
    let mut world = with_policy(&policy(&validations, &kind), &binding(&["Deny"], &refer("none")));
    assert_eq!(
        ask(&mut world, "POST", &url, &two),
        format!(
            "{DENIED}failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
        )
    );
}

#[test]
fn a_webhook_is_asked_where_its_conditions_hold() {
    let configuration = |condition: &str, policy: &str| {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "hooks"},
            "webhooks": [{
                "name": "deny.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
                "failurePolicy": policy, "clientConfig": {"url": "https://127.0.0.1:1/x"},
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"],
                    "operations": ["CREATE"]}],
                "matchConditions": [{"name": "c", "expression": condition}],
            }],
        })
    };
    let nobody = "500 Internal error occurred: failed calling webhook \"deny.example.com\": failed to call webhook: Post \
                  \"https://127.0.0.1:1/x?timeout=10s\": dial tcp 127.0.0.1:1: connect: connection refused";
    let failed = "403 configmaps \"m\" is forbidden: expression 'object.data.x == '1'' resulted in error: no such key: data";
    let cases = [
        ("object.metadata.name == 'm'", "Fail", nobody),
        ("object.metadata.name == 'other'", "Fail", "201 "),
        ("object.data.x == '1'", "Fail", failed),
        ("object.data.x == '1'", "Ignore", "201 "),
    ];
    for (condition, policy, expected) in cases {
        let mut world = World::new(Config::default(), NOW);
        let hooks = format!("{HOOKS}/validatingwebhookconfigurations");
        assert_eq!(ask(&mut world, "POST", &hooks, &configuration(condition, policy)), "201 ");
        assert_eq!(ask(&mut world, "POST", MAPS, &map("m", &Value::Null)), expected, "{condition}");
    }
    let mut world = World::new(Config::default(), NOW);
    let hooks = format!("{HOOKS}/validatingwebhookconfigurations");
    let answered = ask(&mut world, "POST", &hooks, &configuration("object.metadata.name", "Fail"));
    assert!(answered.contains("must evaluate to bool but got dyn"), "{answered}");
}
