//! Reports of drills that ran before, snapshots that are kept of drills, and what changed between two runs.

use crate::stand::{Ended, Stand, shown};
use serde_json::Value;
use std::collections::BTreeMap;

const RUN: [&str; 6] = ["run", "tiny.yaml", "--helm", "4.3.1", "--seed", "7"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&RUN[..], more].concat()
}

fn good(ended: Ended) -> String {
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    ended.stdout
}

fn data(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn transcripts_become_a_page_a_summary_test_cases_and_data() {
    let stand = Stand::new();
    let ran = good(stand.run(&with(&["--transcripts", "kept", "--format", "html"])));
    let page = good(stand.run(&["report", "kept"]));
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"), "{page}");
    assert_eq!(page.matches("<article").count(), 3, "{page}");
    assert_eq!(ran.matches("<article").count(), 3, "a run writes the same page: {ran}");
    let written = stand.run(&["report", "kept", "--format", "markdown", "--output", "new/summary.md"]);
    assert_eq!(good(written), "", "it is in the file");
    let summary = std::fs::read_to_string(stand.path("new/summary.md")).expect("it is written");
    assert!(summary.starts_with("## 3 of 3 drills as expected\n"), "{summary}");
    let cases = good(stand.run(&["report", "kept", "--format", "junit"]));
    assert!(cases.contains(r#"tests="3" skipped="0" failures="0" errors="0""#), "{cases}");
    let one = "kept/tiny-look-helm4.3.1.json";
    let again = good(stand.run(&["report", one, "--format", "json"]));
    assert_eq!(data(&again)["drills"][0]["verdict"], "failed");
    assert_eq!(Some(data(&again)), Some(data(&stand.run(&["regrade", one, "--format", "json"]).stdout)));
    stand.assert_nothing_is_left();
}

#[test]
fn what_no_report_can_be_made_of_is_said_with_its_place() {
    let stand = Stand::new();
    stand.write("empty/notes.md", "nothing");
    stand.write("short.json", "{\"plan\": {}");
    stand.write("file", "");
    stand.write("good.json", "{}");
    let session = stand.session(&[
        &["report"],
        &["report", "missing.json"],
        &["report", "empty"],
        &["report", "short.json"],
        &["report", "short.json", "--format", "pdf"],
        &["report", "short.json", "--output", "file/page.html"],
        &["run", "tiny.yaml", "--format", "html", "--diff"],
        &["run", "tiny.yaml", "--accept"],
        &["diff", "short.json"],
        &["diff", "short.json", "missing.json"],
        &["diff", "good.json", "good.json"],
    ]);
    shown("wrong_reports", &session);
    assert_eq!(session.matches("exit 2\n").count(), 10, "{session}");
}

/// The files below a folder with their texts.
fn files(stand: &Stand, folder: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![stand.path(folder)];
    while let Some(inside) = waiting.pop() {
        for path in std::fs::read_dir(inside).expect("a folder").map(|entry| entry.expect("an entry").path())
        {
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(stand.path(folder)).expect("below it").display().to_string();
                found.insert(name, std::fs::read_to_string(&path).expect("a text"));
            }
        }
    }
    found
}

#[test]
fn a_drill_that_comes_to_something_else_than_its_snapshot_fails_the_run() {
    let stand = Stand::new();
    let run = || stand.run(&with(&["--snapshots", "kept"]));
    assert!(good(run()).contains("as expected"));
    let first = files(&stand, "kept");
    shown("snapshot", &first["tiny/deploy-again.helm-4.3.1.txt"]);
    assert_eq!(first.len(), 3, "{first:?}");

    // Another seed and other times change nothing, nor does a file of somebody else's.
    stand.write("kept/README.md", "mine");
    good(stand.run(&["run", "tiny.yaml", "--helm", "4.3.1", "--seed", "8", "--snapshots", "kept"]));

    stand.scenario("tiny.yaml", "[ \"helm upgrade {release} {chart}\" ]", "[ helm rollback note 1 ]");
    let drifted = run();
    assert_eq!(drifted.code, Some(1), "{}", drifted.stderr);
    assert!(drifted.stderr.contains("~ tiny/deploy-again.helm-4.3.1.txt\n"), "{}", drifted.stderr);
    assert!(drifted.stderr.contains("-  $ helm upgrade note ./charts/paper\n"), "{}", drifted.stderr);
    assert!(drifted.stderr.contains("+  $ helm rollback note 1\n"), "{}", drifted.stderr);
    assert!(drifted.stderr.contains("1 of 3 snapshots drift"), "{}", drifted.stderr);
    let mut kept = files(&stand, "kept");
    assert_eq!(kept.remove("README.md").as_deref(), Some("mine"));
    assert_eq!(kept, first, "nothing was taken");

    good(stand.run(&with(&["--snapshots", "kept", "--accept"])));
    good(run());
    assert_eq!(files(&stand, "kept")["README.md"], "mine");
    stand.assert_nothing_is_left();
}

#[test]
fn snapshots_of_drills_that_are_gone_go_where_all_of_a_scenario_ran() {
    let stand = Stand::new();
    good(stand.run(&with(&["--snapshots", "kept"])));
    let former = "# helmdrill snapshot, format 1\nverdict: failed 0\n";
    for name in ["tiny/old-way.helm-4.3.1.txt", "tiny/old-way.helm-3.17.3.txt", "other/way.helm-4.3.1.txt"] {
        stand.write(&format!("kept/{name}"), former);
    }
    stand.write("kept/tiny/mine.helm-4.3.1.txt", "no snapshot of helmdrill");
    // A part of a scenario says nothing of the rest.
    good(stand.run(&with(&["--snapshots", "kept", "--procedure", "look"])));
    let drifted = stand.run(&with(&["--snapshots", "kept"]));
    assert_eq!(drifted.code, Some(1), "{}", drifted.stderr);
    assert!(drifted.stderr.contains("- tiny/old-way.helm-4.3.1.txt: this drill is no longer there"));
    assert!(
        !drifted.stderr.contains("- other/") && !drifted.stderr.contains("3.17.3.txt"),
        "{}",
        drifted.stderr
    );
    good(stand.run(&with(&["--snapshots", "kept", "--accept"])));
    let left = files(&stand, "kept");
    let names: Vec<&str> = left.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "other/way.helm-4.3.1.txt",
            "tiny/deploy-again.helm-4.3.1.txt",
            "tiny/do-nothing.helm-4.3.1.txt",
            "tiny/look.helm-4.3.1.txt",
            "tiny/mine.helm-4.3.1.txt",
            "tiny/old-way.helm-3.17.3.txt",
        ]
    );
}

#[test]
fn a_file_of_somebody_elses_where_a_snapshot_is_to_be_is_not_touched() {
    let stand = Stand::new();
    stand.write("kept/tiny/look.helm-4.3.1.txt", "mine");
    let ended = stand.run(&with(&["--snapshots", "kept", "--accept"]));
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("kept/tiny/look.helm-4.3.1.txt: this file is no snapshot"),
        "{}",
        ended.stderr
    );
    assert_eq!(files(&stand, "kept")["tiny/look.helm-4.3.1.txt"], "mine");
}

#[test]
fn two_runs_are_compared_by_their_transcripts_or_by_their_reports() {
    let stand = Stand::new();
    let kept = |folder: &str, report: &str| {
        stand.run(&with(&["--transcripts", folder, "--format", "json", "--output", report]))
    };
    good(kept("old", "old.json"));
    good(kept("same", "same.json"));
    for (old, new) in [("old", "same"), ("old.json", "same.json"), ("old", "same.json")] {
        assert!(
            good(stand.run(&["diff", old, new]))
                .ends_with("0 of 3 drills changed, 0 only before, 0 only now\n")
        );
    }
    stand.scenario("tiny.yaml", "[ \"helm upgrade {release} {chart}\" ]", "[ kubectl delete secret --all ]");
    assert_eq!(kept("new", "new.json").code, Some(1), "the procedure does not recover any more");
    let session = stand.session(&[&["diff", "old", "new"], &["diff", "old.json", "new.json"]]);
    shown("compared", &session);
    let one = "tiny-deploy-again-helm4.3.1.json";
    let (old, new) = (format!("old/{one}"), format!("new/{one}"));
    let ended = stand.run(&["diff", &old, &new, "--format", "json"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let changed = &data(&ended.stdout)["changed"][0];
    assert_eq!(
        (&changed["old"]["verdict"], &changed["new"]["verdict"]),
        (&"recovered".into(), &"failed".into())
    );
    assert_eq!(stand.run(&["diff", "old", &new]).code, Some(1), "two drills are only before");
}

#[test]
fn documents_are_as_their_schemas_say() {
    let stand = Stand::new();
    let run = stand.run(&with(&["--format", "json", "--transcripts", "kept"]));
    stand.write("guide.md", "# Guide\n\n## The note is gone\n\n```bash\nhelm upgrade note ./paper\n```\n");
    let validate = ["validate", "guide.md", "--scenario", "tiny.yaml", "--helm", "4.3.1", "--format", "json"];
    let documents = [
        ("report", run),
        ("report", stand.run(&["report", "kept", "--format", "json"])),
        ("validation", stand.run(&validate)),
        (
            "comparison",
            stand.run(&[
                "diff",
                "kept/tiny-look-helm4.3.1.json",
                "kept/tiny-deploy-again-helm4.3.1.json",
                "--format",
                "json",
            ]),
        ),
    ];
    for (name, ended) in documents {
        let schema = data(&good(stand.run(&["schema", name])));
        let wrong = misfits(&schema, &schema, &data(&ended.stdout), name);
        assert_eq!(wrong, Vec::<String>::new(), "{name}");
    }
    assert_eq!(data(&good(stand.run(&["schema"])))["title"], "Scenario");
}

/// Where a document is not as a schema says, as far as our schemas go; a keyword that is not known here is a misfit too.
fn misfits(root: &Value, schema: &Value, document: &Value, at: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (keyword, value) in schema.as_object().expect("a schema") {
        let fits = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "format" => true,
            "$ref" => {
                let name =
                    value.as_str().and_then(|path| path.strip_prefix("#/$defs/")).expect("a definition");
                wrong.extend(misfits(root, &root["$defs"][name], document, at));
                true
            }
            "type" => match value.as_array() {
                Some(types) => types.iter().any(|kind| is(document, kind)),
                None => is(document, value),
            },
            "const" => document == value,
            "enum" => value.as_array().expect("a list").contains(document),
            "minimum" => document.as_f64() >= value.as_f64(),
            "maximum" => document.as_f64() <= value.as_f64(),
            "minItems" => document.as_array().map(Vec::len) >= value.as_u64().map(|n| n as usize),
            "maxItems" => document.as_array().map(Vec::len) <= value.as_u64().map(|n| n as usize),
            "oneOf" | "anyOf" => {
                let fitting = |schema: &&Value| misfits(root, schema, document, at).is_empty();
                value.as_array().expect("a list").iter().filter(fitting).count() > 0
            }
            "required" => value
                .as_array()
                .expect("a list")
                .iter()
                .all(|name| document.get(name.as_str().expect("a name")).is_some()),
            "properties" => {
                let properties = value.as_object().expect("properties");
                for (name, field) in document.as_object().into_iter().flatten() {
                    match properties.get(name) {
                        Some(schema) => wrong.extend(misfits(root, schema, field, &format!("{at}.{name}"))),
                        None => wrong.push(format!("{at}.{name} is in no schema")),
                    }
                }
                true
            }
            "additionalProperties" => {
                for (name, field) in document.as_object().into_iter().flatten() {
                    wrong.extend(misfits(root, value, field, &format!("{at}.{name}")));
                }
                true
            }
            "items" => {
                for (place, item) in document.as_array().into_iter().flatten().enumerate() {
                    wrong.extend(misfits(root, value, item, &format!("{at}[{place}]")));
                }
                true
            }
            "prefixItems" => {
                let items = document.as_array().into_iter().flatten();
                for (schema, item) in value.as_array().expect("a list").iter().zip(items) {
                    wrong.extend(misfits(root, schema, item, at));
                }
                true
            }
            _ => false,
        };
        if !fits {
            wrong.push(format!("{at}: {keyword} {value}: {document}"));
        }
    }
    wrong
}

fn is(document: &Value, kind: &Value) -> bool {
    match kind.as_str() {
        Some("object") => document.is_object(),
        Some("array") => document.is_array(),
        Some("string") => document.is_string(),
        Some("boolean") => document.is_boolean(),
        Some("integer") => document.is_i64() || document.is_u64(),
        Some("number") => document.is_number(),
        Some("null") => document.is_null(),
        Some(_) | None => false,
    }
}
