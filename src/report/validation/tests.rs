//! The forms of one small validation.

use super::*;
use std::collections::BTreeMap;

fn exercise(helm: &str, verdict: &str, score: u32, told: &str) -> Exercise {
    let step = |line, written: &str, verdict, told: &str| StepRecord {
        line,
        column: 1,
        written: written.to_owned(),
        ran: written.to_owned(),
        verdict,
        told: told.to_owned(),
        bound: Vec::new(),
    };
    Exercise {
        helm: helm.to_owned(),
        verdict: verdict.to_owned(),
        score,
        evidence: if told.is_empty() {
            Vec::new()
        } else {
            vec!["unlocked (-30): myapp is pending".to_owned()]
        },
        seconds: 1.5,
        steps: vec![
            step(4, "helm history myapp", StepVerdict::Looked, ""),
            step(
                5,
                "helm rollback myapp 2 --recreate-pods",
                if told.is_empty() { StepVerdict::Repaired } else { StepVerdict::Refused },
                told,
            ),
        ],
    }
}

fn validation() -> Validation {
    let concern = |weight, rule: &str, message: &str, helm: &[&str]| Concern {
        weight,
        rule: rule.to_owned(),
        file: "guide.md".to_owned(),
        line: 5,
        column: 23,
        bytes: (43, 58),
        message: message.to_owned(),
        help: "restart the pods".to_owned(),
        section: "Stuck".to_owned(),
        way: "Option A".to_owned(),
        helm: helm.iter().map(|helm| (*helm).to_owned()).collect(),
    };
    Validation {
        format: FORMAT,
        helmdrill: "0.0.0".to_owned(),
        seed: 1,
        met: false,
        runbooks: vec!["guide.md".to_owned()],
        helm: vec!["3.17.3".to_owned(), "4.3.1".to_owned()],
        sections: vec![
            SectionRecord {
                runbook: "guide.md".to_owned(),
                title: "Stuck".to_owned(),
                line: 1,
                scenario: Some("stuck-upgrade".to_owned()),
                because: "proposed by its words: lock".to_owned(),
                ways: vec![WayRecord {
                    name: "Option A".to_owned(),
                    exercises: vec![
                        exercise("3.17.3", "recovered", 100, ""),
                        exercise("4.3.1", "failed", 20, "Error: unknown flag: --recreate-pods"),
                    ],
                }],
            },
            SectionRecord {
                runbook: "guide.md".to_owned(),
                title: "Elsewhere".to_owned(),
                line: 9,
                scenario: None,
                because: "no scenario has enough of its words".to_owned(),
                ways: vec![WayRecord {
                    name: String::new(),
                    exercises: vec![Exercise::none("4.3.1", "no scenario", Vec::new())],
                }],
            },
        ],
        concerns: vec![
            concern(
                Weight::Error,
                "unknown-flag",
                "helm 4.3.1 does not know rollback --recreate-pods",
                &["4.3.1"],
            ),
            concern(Weight::Note, "needs-a-program", "not run: a drill has no stern", &[]),
        ],
        ignored_blocks: BTreeMap::from([("yaml".to_owned(), 1)]),
    }
}

#[test]
fn every_form_says_the_same() {
    let source = "# Stuck\n\n```bash\nhelm history myapp\nhelm rollback myapp 2 --recreate-pods\n```\n";
    let sources = BTreeMap::from([("guide.md".to_owned(), source.to_owned())]);
    let validation = validation();
    insta::assert_snapshot!("text", text(&validation, &sources));
    insta::assert_snapshot!("markdown", markdown(&validation));
    insta::assert_snapshot!("github", annotations(&validation));
    insta::assert_snapshot!("junit", junit(&validation));
    insta::assert_json_snapshot!("sarif", sarif(&validation));
}

#[test]
fn a_case_fails_where_the_validation_does() {
    let failures = |validation: &Validation| junit(validation).matches("<failure").count();
    let mut one = validation();
    one.concerns[0].helm = vec!["3.17.3".to_owned()];
    assert_eq!(failures(&one), 1, "it recovers, and a line of it is wrong all the same");
    one.concerns[0].way = "Option B".to_owned();
    assert_eq!(failures(&one), 1, "the statement is one of this way too");
    one.concerns[0].weight = Weight::Note;
    assert_eq!(failures(&one), 0, "it does not recover, and never said that it does");
}

#[test]
fn what_was_known_before_is_no_news() {
    let former = validation();
    let mut now = validation();
    assert_eq!(worsened(&former, &now), Vec::<&Concern>::new());
    let steps = now.sections[0].ways[0].exercises.iter_mut().flat_map(|exercise| &mut exercise.steps);
    steps.for_each(|step| step.line += 60);
    now.concerns[0].line = 65;
    assert_eq!(worsened(&former, &now), Vec::<&Concern>::new(), "it moved");
    now = validation();
    now.concerns[0].line = 5;
    now.concerns[0].message = "in other words: helm 4.4.0 knows no such flag".to_owned();
    now.concerns[0].helm = vec!["4.4.0".to_owned()];
    assert_eq!(worsened(&former, &now), Vec::<&Concern>::new(), "another version of the same major");
    now.concerns[0].helm.push("3.17.3".to_owned());
    assert_eq!(worsened(&former, &now).len(), 1, "it was so with one major only");
    let mut twice = validation();
    twice.concerns.insert(0, twice.concerns[0].clone());
    assert_eq!(worsened(&former, &twice).len(), 1, "the same statement has one more");
    let mut elsewhere = validation();
    elsewhere.concerns[0].line = 4;
    assert_eq!(worsened(&former, &elsewhere).len(), 1, "another statement has it");
}
