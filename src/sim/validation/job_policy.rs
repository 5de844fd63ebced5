//! When a Job counts as failed or succeeded before all its pods are through.

use super::findings::{Findings, Path};
use super::{internal, names};
use crate::sim::look::{list, text};
use serde_json::Value;
use std::collections::BTreeSet;

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];
const STATUSES: [&str; 3] = ["False", "True", "Unknown"];

/// `podFailurePolicy` of the spec of a Job.
pub(super) fn failure(path: &Path, spec: &Value, found: &mut Findings) {
    let Some(policy) = spec.get("podFailurePolicy").filter(|policy| policy.is_object()) else { return };
    let (at, rules) = (path.child("rules"), list(policy, "/rules"));
    if rules.len() > 20 {
        found.too_many(&at, rules.len(), 20);
    }
    let per_index = spec.get("backoffLimitPerIndex").is_some_and(|limit| !limit.is_null());
    let pods = "/template/spec";
    let containers = ["containers", "initContainers"]
        .iter()
        .flat_map(|key| list(spec, &format!("{pods}/{key}")))
        .map(|container| text(container, "/name"))
        .collect::<Vec<_>>();
    for (index, rule) in rules.iter().enumerate() {
        let at = at.index(index);
        match text(rule, "/action") {
            "" => required_one_of(&at.child("action"), &ACTIONS, found),
            "FailIndex" if !per_index => {
                let detail = "requires the backoffLimitPerIndex to be set";
                found.invalid(&at.child("action"), "FailIndex", detail);
            }
            action => found.one_of(&at.child("action"), action, &ACTIONS),
        }
        let codes = rule.get("onExitCodes").filter(|codes| codes.is_object());
        if let Some(codes) = codes {
            exit_codes(&at.child("onExitCodes"), codes, &containers, found);
        }
        let conditions = list(rule, "/onPodConditions");
        pod_conditions(&at.child("onPodConditions"), conditions, found);
        let detail = match (codes.is_some(), conditions.is_empty()) {
            (true, false) => "specifying both OnExitCodes and OnPodConditions is not supported",
            (false, true) => "specifying one of OnExitCodes and OnPodConditions is required",
            (true, true) | (false, false) => continue,
        };
        found.invalid_unshown(&at, detail);
    }
}

fn required_one_of(path: &Path, all: &[&str], found: &mut Findings) {
    let all: Vec<String> = all.iter().map(|one| format!("{one:?}")).collect();
    found.required(path, &format!("valid values: [{}]", all.join(" ")));
}

fn exit_codes(path: &Path, codes: &Value, containers: &[&str], found: &mut Findings) {
    let operators = ["In", "NotIn"];
    let operator = text(codes, "/operator");
    match operator {
        "" => required_one_of(&path.child("operator"), &operators, found),
        operator => found.one_of(&path.child("operator"), operator, &operators),
    }
    if let Some(name) = codes.get("containerName").and_then(Value::as_str)
        && !containers.contains(&name)
    {
        let detail = "must be one of the container or initContainer names in the pod template";
        found.invalid(&path.child("containerName"), name, detail);
    }
    let (at, values) = (path.child("values"), list(codes, "/values"));
    match values.len() {
        0 => {
            let shown = codes.get("values").cloned().unwrap_or(Value::Null);
            found.invalid(&at, shown, "at least one value is required");
        }
        held if held > 255 => found.too_many(&at, held, 255),
        _some => {}
    }
    let numbers: Vec<i64> = values.iter().filter_map(Value::as_i64).collect();
    let mut taken = BTreeSet::new();
    for (index, number) in numbers.iter().enumerate() {
        if operator == "In" && *number == 0 {
            found.invalid(&at.index(index), 0, "must not be 0 for the In operator");
        }
        if !taken.insert(number) {
            found.duplicate(&at.index(index), *number);
        }
    }
    if !numbers.is_sorted() {
        found.invalid(&at, values.to_vec(), "must be ordered");
    }
}

fn pod_conditions(path: &Path, conditions: &[Value], found: &mut Findings) {
    if conditions.len() > 20 {
        found.too_many(path, conditions.len(), 20);
    }
    for (index, condition) in conditions.iter().enumerate() {
        let (at, kind) = (path.index(index), text(condition, "/type"));
        found.invalid_each(&at.child("type"), kind, names::qualified(kind));
        match text(condition, "/status") {
            "" => required_one_of(&at.child("status"), &STATUSES, found),
            status => found.one_of(&at.child("status"), status, &STATUSES),
        }
    }
}

/// `successPolicy` of the spec of a Job.
pub(super) fn success(path: &Path, spec: &Value, found: &mut Findings) {
    let Some(policy) = spec.get("successPolicy").filter(|policy| policy.is_object()) else { return };
    if text(spec, "/completionMode") != "Indexed" {
        let printed = internal::print("SuccessPolicy", policy);
        return found.invalid_printed(path, &printed, "requires indexed completion mode");
    }
    let (at, rules) = (path.child("rules"), list(policy, "/rules"));
    if rules.is_empty() {
        let detail = "at least one rules must be specified when the successPolicy is specified";
        found.required(&at, detail);
    }
    if rules.len() > 20 {
        found.too_many(&at, rules.len(), 20);
    }
    let completions = spec.get("completions").and_then(Value::as_i64).unwrap_or(0);
    for (index, rule) in rules.iter().enumerate() {
        success_rule(&at.index(index), rule, completions, found);
    }
}

fn success_rule(path: &Path, rule: &Value, completions: i64, found: &mut Findings) {
    let indexes = rule.get("succeededIndexes").and_then(Value::as_str);
    let count = rule.get("succeededCount").and_then(Value::as_i64);
    if indexes.is_none() && count.is_none() {
        let detail = "at least one of succeededCount or succeededIndexes must be specified";
        found.required(path, detail);
    }
    let mut total = 0;
    if let Some(indexes) = indexes {
        let at = path.child("succeededIndexes");
        if indexes.len() > 64 * 1024 {
            found.too_long(&at, 64 * 1024);
        }
        match count_indexes(indexes, completions) {
            Ok(held) => total = held,
            Err(why) => found.invalid(&at, indexes, &format!("error parsing succeededIndexes: {why}")),
        }
    }
    let Some(count) = count else { return };
    let at = path.child("succeededCount");
    found.nonnegative(&at, Some(&count.into()));
    if count > completions {
        let detail =
            format!("must be less than or equal to {completions} (the number of specified completions)");
        found.invalid(&at, count, &detail);
    }
    if indexes.is_some() && count > total {
        let detail = format!(
            "must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
        );
        found.invalid(&at, count, &detail);
    }
}

/// How many indexes `0,2-3` names, all below `completions` and in order.
pub(super) fn count_indexes(text: &str, completions: i64) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let (mut last, mut total): (Option<i64>, i64) = (None, 0);
    for part in text.split(',') {
        let (first, end) = interval(part, completions)?;
        if let Some(last) = last.filter(|last| *last >= first) {
            return Err(format!("non-increasing order, previous: {last}, current: {first}"));
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

/// The first and the last index of `3` or `2-5`.
pub(super) fn interval(text: &str, completions: i64) -> Result<(i64, i64), String> {
    let limits: Vec<&str> = text.split('-').collect();
    let index = |limit: &str| {
        let number = limit.parse::<i64>();
        let number = number.map_err(|_| format!("cannot convert string to integer for index: {limit:?}"))?;
        if number >= completions { Err(format!("too large index: {limit:?}")) } else { Ok(number) }
    };
    match *limits.as_slice() {
        [one] => index(one).map(|one| (one, one)),
        [first, end] => {
            let (first, end) = (index(first)?, index(end)?);
            if first >= end {
                return Err(format!("non-increasing order, previous: {first}, current: {end}"));
            }
            Ok((first, end))
        }
        [..] => Err(format!(
            "the fragment {text:?} violates the requirement that an index interval can have at most two parts \
             separated by '-'"
        )),
    }
}
