//! Hides what differs from run to run and proves nothing: times, ages, uids, addresses, suffixes, versions of objects.

use regex::Regex;
use std::sync::LazyLock;

/// What to look for and what to write instead, in this order.
const MASKS: [(&str, &str); 17] = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
    (r"\b[0-9a-f]{64}\b", "DIGEST"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( \+0000|Z)?", "TIME"),
    (r"\b\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", "TIME"),
    // How a watch of kubectl ends that its own deadline cuts off is a race inside kubectl.
    (r"(?m)^[EIW]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ reflector\.go:.*\n", ""),
    (r"(?m)^[EIW]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ ", "LOG "),
    (r#"(resourceVersion\\?"?: ?\\?)"\d+"#, r#"$1"VERSION"#),
    (r"resourceVersion=\d+", "resourceVersion=VERSION"),
    (r"https://127\.0\.0\.1:\d+", "SERVER"),
    (r"10\.244\.0\.\d+", "POD-IP"),
    (r"10\.96\.\d+\.\d+", "SERVICE-IP"),
    (r"/[^ ]*/(LIVE|MERGED)-\d+/", "$1/"),
    (r#""?/[^ "]*/kubectl-edit-\d+\.yaml"?"#, "EDITED"),
    (r"\.18[0-9a-f]{14}\b", ".NANOS"),
    (r"-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "-SUFFIX"),
    (r"\b[bcdfghjklmnpqrstvwxz2456789]{8,10}\b", "HASH"),
    (r"(?m)(^| )((\d+d)?(\d+h)?(\d+m)?\d+m?s)( |$)", "${1}AGE${6}"),
];

static COMPILED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    MASKS.iter().map(|(pattern, into)| (Regex::new(pattern).expect(pattern), *into)).collect()
});

/// Columns are as wide as what stands in them, so what is masked moves them: two blanks between any two.
static COLUMNS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)([^\s]) {2,}").expect("a pattern"));

/// A text that is the same whenever it is taken.
pub(crate) fn mask(text: &str) -> String {
    let masked = COMPILED
        .iter()
        .fold(text.to_owned(), |text, (pattern, into)| pattern.replace_all(&text, *into).into_owned());
    let columns = COLUMNS.replace_all(&masked, "$1  ");
    columns.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn what_differs_is_hidden_and_all_else_stays() {
    let said = "NAME                  AGE   IP\nweb-7f8b5c86b9-dvwck  1m2s  10.244.0.7\n";
    assert_eq!(mask(said), "NAME  AGE  IP\nweb-HASH-SUFFIX  AGE  POD-IP\n");
    let yaml = "  labels:\n    a: \"1\"\n  resourceVersion: \"49\"\n";
    assert_eq!(mask(yaml), "  labels:\n    a: \"1\"\n  resourceVersion: \"VERSION\"\n");
}
