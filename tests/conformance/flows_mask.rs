//! What two runs of the same command differ in by nature, masked in the order and with the expressions that the
//! recordings are compared with: times, addresses, generated suffixes, pods on their way out, and how often the same
//! line comes in a row.

use regex::Regex;
use std::sync::LazyLock;

/// Expression and what it becomes, one after the other.
const MASKS: &[(&str, &str)] = &[
    (r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4}", "DATE"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| ?[+-]\d\d:?\d\d( UTC)?)?", "DATE"),
    (r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "DATE"),
    (r"\b10\.\d+\.\d+\.\d+\b", "IP"),
    (r"-[a-f0-9]{8,10}-[a-z0-9]{5}\b", "-RS-POD"),
    (r"\b(myapp|other)(-migrate|-seed)-[a-z0-9]{5}\b", "${1}${2}-POD"),
    (r"\b(myapp|other)-[a-f0-9]{8,10}\b", "${1}-RS"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
    (r#"resourceVersion: "?\d+"?"#, "resourceVersion: N"),
    (r"\b\d+(\.\d+)?(ms|s|m|h|d)(\d+s)?\b", "AGE"),
    (r"(modifiedAt|createdAt)(\W+)\d+", "${1}${2}N"),
    (r"\S*/?(LIVE|MERGED)-\d+", "${1}"),
    (r"(?m)^.*openshift-service-ca.*\n", ""),
    (r"(?m)^Warning: .*\n", ""),
    (r"(?m)^E\d{4} .*context canceled.*\n?", ""),
    (r"rollout to finish: \d+ old replicas", "rollout to finish: N old replicas"),
    (r"(?m)^\S*-POD +\d/\d +(Terminating|Error|Completed|CrashLoopBackOff).*\n?", ""),
];

static COMPILED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    MASKS.iter().map(|(text, to)| (Regex::new(text).expect("a valid expression"), *to)).collect()
});

/// The text without what differs by nature: one space between words, and no line twice in a row.
pub(crate) fn masked(text: &str) -> String {
    let text = COMPILED
        .iter()
        .fold(text.to_owned(), |text, (expression, to)| expression.replace_all(&text, *to).into_owned());
    let mut lines: Vec<String> =
        text.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.dedup();
    // Helm prints the sections of `helm status` in no fixed order.
    if lines.iter().any(|line| line.starts_with("==>")) {
        lines.retain(|line| !line.is_empty());
        lines.sort();
    }
    lines.join("\n")
}

/// The calls that change something, as method and masked path, each once in a row.
pub(crate) fn masked_calls<'a>(calls: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut kept: Vec<String> = calls
        .into_iter()
        .filter_map(|call| call.split_once(' '))
        .filter(|(method, path)| {
            ["POST", "PUT", "PATCH", "DELETE"].contains(method) && !path.contains("selfsubject")
        })
        .map(|(method, path)| format!("{method} {}", masked(path.split('?').next().unwrap_or(path))))
        .collect();
    kept.dedup();
    kept
}

#[test]
fn a_mask_hides_what_chance_made_and_leaves_what_a_command_said() {
    let table = "NAME                     READY   STATUS        RESTARTS   AGE\n\
                 myapp-5d9c7b8f66-abcde   1/1     Running       0          12s\n\
                 myapp-5d9c7b8f66-fghij   1/1     Running       0          13s\n\
                 myapp-6bb4c9d5d5-klmno   1/1     Terminating   0          2m3s\n";
    assert_eq!(masked(table), "NAME READY STATUS RESTARTS AGE\nmyapp-RS-POD 1/1 Running 0 AGE");
    assert_eq!(
        masked("1\tSun Nov 22 12:00:01 2026\tsuperseded\tmyapp-0.1.0"),
        "1 DATE superseded myapp-0.1.0"
    );
    assert_eq!(masked("==> v1/Service\nb\n\n==> v1/Pod\na\n"), "==> v1/Pod\n==> v1/Service\na\nb");
    let calls = ["GET /a", "PATCH /b?fieldManager=helm", "PATCH /b", "DELETE /c/myapp-migrate-x2x4z"];
    assert_eq!(masked_calls(calls), ["PATCH /b", "DELETE /c/myapp-migrate-POD"]);
}
