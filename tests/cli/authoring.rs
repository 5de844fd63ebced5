//! Writing scenarios: a new one that runs, and whether the oracle of one can be trusted.

use crate::stand::{Stand, TINY};

#[test]
fn a_new_scenario_is_without_findings_and_can_be_trusted() {
    let stand = Stand::new();
    let made = stand.run(&["new", "my-first", "--dir", "drills"]);
    assert_eq!((made.code, made.stderr.as_str()), (Some(0), ""));
    assert!(made.stdout.contains("helmdrill verify drills/my-first.yaml"), "{}", made.stdout);
    assert_eq!(stand.run(&["lint", "drills/my-first.yaml"]).code, Some(0));
    let verified = stand.run(&["verify", "drills/my-first.yaml"]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
    assert_eq!(verified.stdout, "my-first can be trusted: 6 drills of its references and controls\n");
    stand.assert_nothing_is_left();
}

#[test]
fn a_new_scenario_overwrites_nothing_and_has_a_name_that_can_be_typed() {
    let stand = Stand::new();
    stand.write("taken.yaml", "mine");
    for (name, why) in [("taken", "taken.yaml is there already"), ("Not a name", "is no name of a scenario")]
    {
        let refused = stand.run(&["new", name]);
        assert_eq!(refused.code, Some(2), "{name}");
        assert!(refused.stderr.contains(why), "{}", refused.stderr);
    }
    assert_eq!(std::fs::read_to_string(stand.path("taken.yaml")).expect("it is there"), "mine");
    assert!(!stand.path("taken-chart").exists());
}

/// What `verify` says of the small scenario with one part spoilt.
fn verified(part: &str, instead: &str) -> (Option<i32>, String) {
    let stand = Stand::new();
    stand.scenario("spoilt.yaml", part, instead);
    let ended = stand.run(&["verify", "spoilt.yaml", "--helm", "4.3.1"]);
    (ended.code, format!("{}{}", ended.stdout, ended.stderr))
}

#[test]
fn a_scenario_that_cannot_be_true_is_refused_with_the_reason() {
    let cases = [
        (
            "  - run: kubectl get configmap note\n    fails-with: not found",
            "  - id: gone\n    check: { exists: { object: configmap/note } }",
            4,
            "a symptom does not hold: gone: configmap/note does not exist",
        ),
        (
            "check: { owned-objects-match-manifest: { release: \"{release}\" } }",
            "check: { release: { name: note, status: deployed } }",
            1,
            "every objective is met before the recovery: there is nothing to recover",
        ),
        (
            "steps: [ kubectl get configmaps ]",
            "steps: [ \"helm upgrade {release} {chart}\" ]",
            1,
            "the control look does not lose",
        ),
        (
            "steps: [ \"helm upgrade {release} {chart}\" ]",
            "steps: [ helm status note ]",
            1,
            "the reference deploy-again is failed with 0 points: whole: configmap/note is missing",
        ),
        ("story:", "helm: \"<4\"\nstory:", 2, "tiny applies to Helm <4, not to 4.3.1"),
    ];
    for (part, instead, code, why) in cases {
        let (ended, told) = verified(part, instead);
        assert_eq!(ended, Some(code), "{instead}: {told}");
        assert!(told.contains(why), "{instead}: {told}");
    }
}

#[test]
fn an_objective_that_nothing_loses_asks_for_nothing() {
    let idle = TINY.replace("    weight: 100", "    weight: 90").replace(
        "procedures:",
        "  - id: idle\n    weight: 10\n    check: { release: { name: note, status: deployed } }\nprocedures:",
    );
    let stand = Stand::new();
    stand.write("idle.yaml", idle);
    let ended = stand.run(&["verify", "idle.yaml", "--helm", "4.3.1", "--format", "json"]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let doubts = &told["scenarios"][0]["doubts"];
    assert_eq!(told["scenarios"][0]["trusted"], false);
    let what = "idle is met before every recovery, and nothing loses it: it asks for nothing";
    assert_eq!((doubts.as_array().map(Vec::len), doubts[0]["what"].as_str()), (Some(1), Some(what)));
}

#[test]
fn a_run_draws_one_variant_where_that_is_asked_for_and_prints_a_truth_table() {
    let stand = Stand::new();
    let dice = TINY
        .replace("timeline:", "parameters: { what: { note: note, all: --all } }\ntimeline:")
        .replace("kubectl delete configmap note", "kubectl delete configmap {what}");
    stand.write("dice.yaml", dice);
    let args = ["run", "dice.yaml", "--variants", "drawn", "--seed", "1", "--format", "truth-table"];
    let ended = stand.run(&args);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let tables = ended.stdout.split_once("\n## ").expect("a title").1;
    insta::assert_snapshot!(tables);
    let both = stand.run(&["run", "dice.yaml", "--helm", "4.3.1", "--procedure", "do-nothing"]);
    assert!(both.stdout.contains("2 of 2 drills as expected"), "{}", both.stdout);
}

#[test]
fn several_scenarios_are_verified_one_by_one_and_counted_and_all_of_them_where_none_is_named() {
    let stand = Stand::new();
    stand.write("other.yaml", TINY.replace("name: tiny", "name: other"));
    let spoilt = TINY
        .replace("name: tiny", "name: spoilt")
        .replace("helm upgrade {release} {chart}", "helm status note");
    stand.write("spoilt.yaml", spoilt);
    let ended = stand.run(&["verify", "tiny.yaml", "spoilt.yaml", "other.yaml", "--helm", "4.3.1"]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    let lines: Vec<&str> = ended.stdout.lines().filter(|line| !line.starts_with("  ")).collect();
    let wanted = [
        "other can be trusted: 3 drills of its references and controls",
        "spoilt cannot be trusted:",
        "tiny can be trusted: 3 drills of its references and controls",
        "2 of 3 scenarios can be trusted, by 9 drills",
    ];
    assert_eq!(lines, wanted);
    let all = stand.run(&["verify", "--helm", "./no-such-helm"]);
    assert_eq!(all.code, Some(3), "it is no usage that is wrong: {}", all.stderr);
    stand.assert_nothing_is_left();
}

#[test]
fn a_safeguard_that_never_holds_and_a_fault_that_finds_no_call_are_told_for_what_they_are() {
    let stand = Stand::new();
    let guarded = TINY.replace(
        "procedures:",
        "safeguards:\n  - id: up\n    severity: recoverable\n    hold: { available: { workload: deployment/paper } }\nprocedures:",
    );
    stand.write("asleep.yaml", guarded);
    let ended = stand.run(&["verify", "asleep.yaml", "--helm", "4.3.1"]);
    let why = "up holds nowhere, not in the steady state either, so nothing can break it: deployment/paper does not exist";
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains(why), "{}", ended.stdout);
    let toothless = TINY.replace(
        "  - kubectl delete configmap note\n",
        "  - run: helm upgrade {release} {chart}\n    fault: { kill: { before: WRITE deployments/paper } }\n",
    );
    stand.write("toothless.yaml", toothless);
    let ended = stand.run(&["verify", "toothless.yaml", "--helm", "4.3.1"]);
    let why = "the fault `kill before WRITE deployments/paper` did not bite: `helm upgrade note ./charts/paper` made no such \
               call; it wrote POST secrets, PATCH configmaps/note, PUT secrets/sh.helm.release.v1.note.v";
    assert_eq!(ended.code, Some(4), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains(why), "{}", ended.stdout);
}

#[test]
fn what_a_procedure_was_to_lose_and_did_not_is_named() {
    let stand = Stand::new();
    stand.scenario(
        "lucky.yaml",
        "    steps: [ kubectl get configmaps ]",
        "    steps: [ \"helm upgrade {release} {chart}\" ]",
    );
    let ended = stand.run(&["run", "lucky.yaml", "--helm", "4.3.1"]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("  unseen   whole was to be lost, and was not\n"), "{}", ended.stdout);
}
