//! What pods ask of the node and what it has: CPU in thousandths, memory and others in whole units.

use crate::sim::controller::object::list;
use serde_json::Value;
use std::collections::BTreeMap;

/// Amounts by resource name.
pub(super) type Amounts = BTreeMap<String, i128>;

/// Reads a Kubernetes quantity into thousandths; `None` where it is none.
fn thousandths(quantity: &Value) -> Option<i128> {
    let text = match quantity {
        Value::String(text) => text.clone(),
        other => other.as_i64()?.to_string(),
    };
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale: f64 = match &text[digits.len()..] {
        "n" => 1e-6,
        "u" => 1e-3,
        "m" => 1.0,
        "" => 1e3,
        "k" => 1e6,
        "M" => 1e9,
        "G" => 1e12,
        "T" => 1e15,
        "P" => 1e18,
        "Ki" => 1_024e3,
        "Mi" => 1_048_576e3,
        "Gi" => 1_073_741_824e3,
        "Ti" => 1_099_511_627_776e3,
        "Pi" => 1_125_899_906_842_624e3,
        _ => return None,
    };
    let number: f64 = digits.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "amounts are far below what an i128 holds")]
    let whole = (number * scale).ceil() as i128;
    Some(whole)
}

/// The amounts of a resource list such as `requests` or `allocatable`, in thousandths.
pub(super) fn amounts(of: &Value) -> Amounts {
    let entries = of.as_object().into_iter().flatten();
    entries.filter_map(|(name, quantity)| Some((name.clone(), thousandths(quantity)?))).collect()
}

/// What a pod asks for: its containers and sidecars together, or its largest init container.
pub(super) fn requests(pod: &Value) -> Amounts {
    let mut sum = Amounts::new();
    let mut most = Amounts::new();
    for container in list(pod, "/spec/containers") {
        add(&mut sum, &asked(container));
    }
    for container in list(pod, "/spec/initContainers") {
        let asked = asked(container);
        if container["restartPolicy"] == "Always" {
            add(&mut sum, &asked);
        } else {
            for (name, amount) in asked {
                let entry = most.entry(name).or_default();
                *entry = amount.max(*entry);
            }
        }
    }
    for (name, amount) in most {
        let entry = sum.entry(name).or_default();
        *entry = amount.max(*entry);
    }
    add(&mut sum, &amounts(&pod["spec"]["overhead"]));
    sum
}

/// Requests, or limits where a resource has a limit alone.
fn asked(container: &Value) -> Amounts {
    let mut all = amounts(&container["resources"]["limits"]);
    all.extend(amounts(&container["resources"]["requests"]));
    all
}

/// Adds amounts to others.
pub(super) fn add(to: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        *to.entry(name.clone()).or_default() += amount;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_are_read_as_kubernetes_writes_them() {
        let cases = [
            (json!("100m"), 100),
            (json!("2"), 2_000),
            (json!(2), 2_000),
            (json!("1.5"), 1_500),
            (json!("1Ki"), 1_024_000),
            (json!("1k"), 1_000_000),
            (json!("64Mi"), 67_108_864_000),
        ];
        for (text, expected) in cases {
            assert_eq!(thousandths(&text), Some(expected), "{text}");
        }
        assert_eq!(thousandths(&json!("much")), None);
    }

    #[test]
    fn a_pod_asks_for_its_containers_or_its_largest_init_container() {
        let container = |cpu: &str| json!({"resources": {"requests": {"cpu": cpu}}});
        let pod = json!({"spec": {
            "containers": [container("100m"), container("200m")],
            "initContainers": [container("1"), container("500m")],
        }});
        assert_eq!(requests(&pod), Amounts::from([("cpu".to_owned(), 1_000)]));
    }
}
