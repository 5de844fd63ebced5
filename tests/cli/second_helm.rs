//! A drill may have a second Helm beside its own, under a name of its own.

use crate::stand::Stand;

#[test]
fn a_drill_has_two_helms_and_says_which() {
    let stand = Stand::new();
    let ran = stand.run(&["run", "two-helms", "--procedure", "roll-back-with-helm-4", "--helm", "3.17.3"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let heading = ran.stdout.lines().next().unwrap_or_default();
    assert!(
        heading.ends_with("two-helms · roll-back-with-helm-4 · embedded · helm 3.17.3, helm4 4.3.1"),
        "{heading}"
    );
    assert!(ran.stdout.contains("$ helm4 rollback myapp 2 --wait"), "{}", ran.stdout);
    assert!(ran.stderr.contains("helm 4.3.1 from"), "{}", ran.stderr);
}

#[test]
fn both_helms_sign_what_they_write_as_helm_does() {
    let stand = Stand::new();
    let respond = "exec:test \"$HELMDRILL_OTHER_HELM_VERSION\" = 4.3.1 && helm4 rollback myapp 2 --wait && \
                   kubectl get deploy myapp --show-managed-fields -o yaml | grep -E 'manager: helm$' > /dev/null";
    let ran = stand.run(&["run", "two-helms", "--helm", "3.17.3", "--responder", respond]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_second_helm_that_is_not_pinned_is_refused_where_it_stands() {
    let stand = Stand::new();
    let made = stand.run(&["new", "mixed"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let text = std::fs::read_to_string(stand.path("mixed.yaml")).expect("it was written");
    let text = text.replacen("release: {", "otherHelm: \"2\"\nrelease: {", 1).replacen(
        "helm install",
        "helm2 install",
        1,
    );
    std::fs::write(stand.path("mixed.yaml"), text).expect("is written");
    let ran = stand.run(&["lint", "mixed.yaml"]);
    assert_eq!(ran.code, Some(2), "{}{}", ran.stdout, ran.stderr);
    let said = ran.stdout + &ran.stderr;
    assert!(said.contains("there is no Helm `2` to be put beside helm"), "{said}");
    assert!(said.contains("3.17.3, 4.2.3, 4.3.1"), "{said}");
}

#[test]
fn a_runbook_that_calls_helm_3_has_one_beside_whichever_helm_it_is_tried_with() {
    let stand = Stand::new();
    stand.write(
        "guide.md",
        "# Guide\n\n## The release is locked\n\n```bash\nhelm3 rollback myapp 2 --wait\nhelm version --short\n```\n",
    );
    let scenario = "stuck-upgrade/before-the-last-write";
    let ran = stand.run(&["validate", "guide.md", "--scenario", scenario, "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let exercises = report["sections"][0]["ways"][0]["exercises"].as_array().expect("two of them");
    let told: Vec<(&str, &str)> = exercises
        .iter()
        .map(|one| (one["helm"].as_str().expect("a version"), one["verdict"].as_str().expect("a word")))
        .collect();
    assert_eq!(told, [("3.17.3", "recovered"), ("4.3.1", "recovered")]);
}
