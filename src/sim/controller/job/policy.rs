//! `podFailurePolicy` and `successPolicy`: what a failed pod means for its Job, and which succeeded indexes are enough.

use super::indexes::{completions, holds, parse};
use crate::sim::controller::object::{list, name, namespace, number, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What the first matching rule says about a failed pod.
#[derive(Debug, PartialEq)]
pub(super) enum Action {
    /// It counts, as without a rule.
    Count,
    /// It does not count.
    Ignore,
    /// Its index has failed.
    FailIndex,
    /// The Job has failed, with this message.
    FailJob(String),
}

/// What the Job's policy says about a failed pod.
pub(super) fn action(job: &Value, pod: &Value) -> Action {
    let rules = list(job, "/spec/podFailurePolicy/rules").iter().enumerate();
    let matched = rules.filter_map(|(place, rule)| Some((place, rule, why(rule, pod)?))).next();
    let Some((place, rule, why)) = matched else { return Action::Count };
    match text(rule, "/action") {
        "Ignore" => Action::Ignore,
        "FailIndex" => Action::FailIndex,
        "FailJob" => Action::FailJob(format!("{why} matching FailJob rule at index {place}")),
        _ => Action::Count,
    }
}

/// Why a rule matches a pod; `None` where it does not.
fn why(rule: &Value, pod: &Value) -> Option<String> {
    let pod_name = format!("{}/{}", namespace(pod), name(pod));
    if let Some(codes) = rule.get("onExitCodes").filter(|codes| codes.is_object()) {
        let all = ["/status/containerStatuses", "/status/initContainerStatuses"];
        let mut statuses = all.iter().flat_map(|field| list(pod, field));
        let status = statuses.find(|status| exited(status, codes))?;
        let code = number(status, "/state/terminated/exitCode").unwrap_or(0);
        return Some(format!(
            "Container {} for pod {pod_name} failed with exit code {code}",
            text(status, "/name")
        ));
    }
    let patterns = list(rule, "/onPodConditions");
    let matching = |held: &&Value| {
        patterns.iter().any(|pattern| pattern["type"] == held["type"] && pattern["status"] == held["status"])
    };
    let held = list(pod, "/status/conditions").iter().find(matching)?;
    Some(format!("Pod {pod_name} has condition {}", text(held, "/type")))
}

/// Whether a container ended with one of the codes that a rule asks for.
fn exited(status: &Value, codes: &Value) -> bool {
    let of = text(codes, "/containerName");
    let Some(code) = number(status, "/state/terminated/exitCode").filter(|code| *code != 0) else {
        return false;
    };
    let listed = holds(codes, "/values", &json!(code));
    (of.is_empty() || of == text(status, "/name"))
        && match text(codes, "/operator") {
            "In" => listed,
            "NotIn" => !listed,
            _ => false,
        }
}

/// Which rule of the success policy is met.
pub(super) fn met(job: &Value, succeeded: &BTreeSet<i64>) -> Option<String> {
    if succeeded.is_empty() {
        return None;
    }
    let meets = |rule: &Value| {
        let count = number(rule, "/succeededCount").map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        match rule["succeededIndexes"].as_str() {
            Some(text) => {
                let wanted = parse(text, completions(job));
                let reached = wanted.intersection(succeeded).count();
                !wanted.is_empty() && (reached == wanted.len() || count.is_some_and(|count| reached >= count))
            }
            None => count.is_some_and(|count| succeeded.len() >= count),
        }
    };
    let place = list(job, "/spec/successPolicy/rules").iter().position(meets)?;
    Some(format!("Matched rules at index {place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: i64) -> Value {
        json!({"metadata": {"namespace": "n", "name": "p"}, "status": {
            "conditions": [{"type": "DisruptionTarget", "status": "True"}],
            "containerStatuses": [{"name": "app", "state": {"terminated": {"exitCode": code}}}],
        }})
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let codes = |action: &str, operator: &str, values: &[i64]| json!({"action": action, "onExitCodes": {"operator": operator, "values": values}});
        let disrupted =
            json!({"action": "FailJob", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]});
        let fail = |why: &str| Action::FailJob(format!("{why} matching FailJob rule at index 0"));
        let cases = [
            (json!([]), Action::Count),
            (json!([codes("Ignore", "In", &[1, 42])]), Action::Ignore),
            (json!([codes("Ignore", "NotIn", &[42]), codes("FailIndex", "In", &[42])]), Action::FailIndex),
            (
                json!([codes("FailJob", "In", &[42])]),
                fail("Container app for pod n/p failed with exit code 42"),
            ),
            (json!([disrupted]), fail("Pod n/p has condition DisruptionTarget")),
        ];
        for (rules, expected) in cases {
            let job = json!({"spec": {"podFailurePolicy": {"rules": rules}}});
            assert_eq!(action(&job, &failed(42)), expected, "{job}");
        }
    }

    #[test]
    fn a_success_policy_asks_for_indexes_or_a_count() {
        let succeeded = BTreeSet::from([0, 3]);
        for (rule, expected) in [
            (json!({"succeededIndexes": "0,3"}), true),
            (json!({"succeededIndexes": "0-3"}), false),
            (json!({"succeededIndexes": "0-3", "succeededCount": 2}), true),
            (json!({"succeededCount": 3}), false),
            (json!({"succeededCount": 2}), true),
        ] {
            let job = json!({"spec": {"completions": 5, "successPolicy": {"rules": [rule]}}});
            assert_eq!(met(&job, &succeeded).is_some(), expected, "{job}");
        }
    }
}
