//! Differences between what was recorded and what a cluster says: how two documents are compared, which differences
//! are known, and what a suite says in the end. What is masked before is the matter of each body of recordings.

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;

use crate::recordings::is_wanted;
use crate::subject::Subject;

/// On which clusters a known difference stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// On each: it lies in the recording.
    Every,
    /// On the embedded one.
    Embedded,
    /// It may stand on a cluster of one's own, by how that one was built.
    Outside,
}

/// A difference that is known. Where it must stand and does not, the suite fails.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) on: On,
    /// `rollout-good`, `accept-headers 2`, `basics.helm4 8 Output`.
    pub(crate) place: &'static str,
    pub(crate) why: &'static str,
}

/// One thing that is not as recorded.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// Where: as in [`Known::place`].
    pub(crate) place: String,
    /// How it differs, line by line.
    pub(crate) told: Vec<String>,
}

/// Says how many of all places match, and fails where the differences are not the known ones.
pub(crate) fn judge(subject: &Subject, suite: &str, all: usize, found: &[Difference], known: &[Known]) {
    let differing: BTreeSet<&str> = found.iter().map(|one| one.place.as_str()).collect();
    tell(&format!("{suite} on {subject}: {} of {all} match", all - differing.len()));
    let unknown = unknown(subject, found, known);
    assert!(unknown.is_empty(), "{suite} on {subject}:\n{}", unknown.join("\n"));
}

/// Everything that is not as it is known to be.
fn unknown(subject: &Subject, found: &[Difference], known: &[Known]) -> Vec<String> {
    let here = |row: &&Known| match (row.on, subject) {
        (On::Every, _) | (On::Embedded, Subject::Embedded) | (On::Outside, Subject::Outside(_)) => true,
        (On::Embedded, Subject::Outside(_)) | (On::Outside, Subject::Embedded) => false,
    };
    let rows: Vec<&Known> = known.iter().filter(here).filter(|row| is_wanted(row.place)).collect();
    let listed = |place: &str| rows.iter().any(|row| row.place == place);
    let mut wrong: Vec<String> = found
        .iter()
        .filter(|one| !listed(&one.place))
        .map(|one| format!("{}\n    {}", one.place, one.told.join("\n    ")))
        .collect();
    let gone = |row: &&&Known| row.on != On::Outside && !found.iter().any(|one| one.place == row.place);
    wrong.extend(
        rows.iter()
            .filter(gone)
            .map(|row| format!("{} matches now; it was known to differ: {}", row.place, row.why)),
    );
    wrong
}

/// Says a line on standard error, past the test harness, which keeps what a passing test prints to itself.
pub(crate) fn tell(line: &str) {
    // A closed standard error is no reason to fail.
    writeln!(std::io::stderr(), "{line}").ok();
}

/// What differs between two documents, as lines that name the place within them.
pub(crate) fn compare(recorded: &Value, answered: &Value, at: &str, lines: &mut Vec<String>) {
    let short = |value: &Value| value.to_string().chars().take(1500).collect::<String>();
    match (recorded, answered) {
        (Value::Object(want), Value::Object(got)) => {
            for key in want.keys().chain(got.keys()).collect::<BTreeSet<_>>() {
                let inner = format!("{at}/{key}");
                match (want.get(key), got.get(key)) {
                    (Some(want), Some(got)) => compare(want, got, &inner, lines),
                    (Some(want), None) => lines.push(format!("{inner}: missing, recorded {}", short(want))),
                    (None, got) => {
                        lines
                            .push(format!("{inner}: extra, answered {}", short(got.unwrap_or(&Value::Null))));
                    }
                }
            }
        }
        (Value::Array(want), Value::Array(got)) if want.len() == got.len() => {
            for (index, (want, got)) in want.iter().zip(got).enumerate() {
                compare(want, got, &format!("{at}/{index}"), lines);
            }
        }
        (want, got) if want == got => {}
        (want, got) => lines.push(format!("{at}: recorded {} answered {}", short(want), short(got))),
    }
}

#[test]
fn a_known_difference_must_stand_and_no_other_may() {
    let known = [
        Known { on: On::Every, place: "a 1", why: "luck" },
        Known { on: On::Outside, place: "b 1", why: "how it was built" },
    ];
    let at = |place: &str| Difference { place: place.to_owned(), told: vec!["x".to_owned()] };
    let here = |found: &[Difference]| unknown(&Subject::Embedded, found, &known).len();
    assert_eq!(here(&[at("a 1")]), 0);
    assert_eq!(here(&[]), 1, "the known one is gone");
    assert_eq!(here(&[at("a 1"), at("c 1")]), 1, "another came");
    assert_eq!(here(&[at("a 1"), at("b 1")]), 1, "what is known of other clusters is not known of this one");
}

#[test]
fn documents_are_compared_to_their_last_field() {
    let differ = |want: Value, got: Value| {
        let mut lines = Vec::new();
        compare(&want, &got, "", &mut lines);
        lines.len()
    };
    use serde_json::json;
    assert_eq!(differ(json!({"a": [1, {"b": 2}]}), json!({"a": [1, {"b": 2}]})), 0);
    assert_eq!(differ(json!({"a": [1, {"b": 2}]}), json!({"a": [1, {"b": 3}], "c": null})), 2);
    assert_eq!(differ(json!({"a": null}), json!({})), 1, "null is not nothing");
    assert_eq!(differ(json!([1, 2]), json!([1])), 1);
    assert_eq!(differ(json!(1), json!("1")), 1);
}
