//! A drill over several environments: commands and checks address one, and the order of a recovery counts.

use crate::stand::Stand;

/// The note is lost in both environments.
const TWO: &str = r#"apiVersion: helmdrill.dev/v1
kind: Scenario
metadata: { name: two, title: Two notes were lost, family: test }
story: Somebody has deleted the note everywhere. Bring it back, production first.
environments: [production, staging]
release: { name: note, chart: paper }
timeline:
  - helm install {release} {chart}
  - { run: "helm install {release} {chart}", in: staging }
  - steady-state
  - kubectl delete configmap note
  - { run: "kubectl delete configmap note && echo {namespace}", in: staging }
steadyState:
  - id: whole
    check: { everywhere: { owned-objects-match-manifest: { release: "{release}" } } }
symptoms:
  - id: lost
    check: { everywhere: { absent: { object: configmap/note } } }
objectives:
  - id: whole
    weight: 100
    check: { everywhere: { owned-objects-match-manifest: { release: "{release}" } } }
safeguards:
  - id: production-first
    severity: recoverable
    order: { first: { exists: { object: configmap/note } }, then: [staging] }
  - id: one-more-revision
    severity: catastrophic
    assert: { in: { environment: staging, check: { history: { release: note, revisions: 2 } } } }
procedures:
  - name: production-first
    reference: true
    steps:
      - helm upgrade {release} {chart}
      - { run: "helm upgrade {release} {chart}", in: staging }
    expect: recovered
  - name: staging-first
    steps:
      - { run: "helm upgrade {release} {chart} -n staging" }
      - helm upgrade {release} {chart}
    expect: { degraded: { trips: [production-first] } }
controls:
  - name: do-nothing
    expect: { catastrophic: { trips: [whole, one-more-revision] } }
  - name: production-alone
    steps: [ "helm upgrade {release} {chart}" ]
    expect: { catastrophic: { trips: [whole] } }
"#;

#[test]
fn a_drill_over_two_environments_grades_which_came_first() {
    let stand = Stand::new();
    stand.write("two.yaml", TWO);
    let ended = stand.run(&["run", "two.yaml", "--jobs", "2"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let told = stand.run(&["run", "two.yaml", "--helm", "4.3.1", "--procedure", "staging-first"]).stdout;
    let early =
        "production-first (-15): staging was changed too early: configmap/note does not exist; after ";
    assert!(told.contains(early), "{told}");
    assert!(told.contains("in staging $ kubectl delete configmap note && echo staging\n"), "{told}");
    stand.assert_nothing_is_left();
}

#[test]
fn an_environment_that_the_scenario_does_not_have_is_a_finding() {
    let stand = Stand::new();
    let spoilt = TWO
        .replace("then: [staging]", "then: [stagin]")
        .replace("echo {namespace}\", in: staging", "echo {namespace}\", in: qa")
        .replace("environment: staging, check: {", "environment: dev, check: {");
    stand.write("two.yaml", spoilt);
    let told = stand.run(&["lint", "two.yaml"]).stderr;
    for name in ["stagin", "qa", "dev"] {
        assert!(told.contains(&format!("unknown environment `{name}`")), "{name}: {told}");
    }
    assert!(told.contains("did you mean `staging`?"), "{told}");
}
