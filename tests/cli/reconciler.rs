//! A reconciler that applies what Git says again and again: who repairs the cluster alone has repaired nothing.

use crate::stand::Stand;

const TEMPLATE: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: note\ndata:\n  text: {{ .Values.text }}\n";

/// A bad text was pushed, and is in the cluster.
const GIT: &str = r#"apiVersion: helmdrill.dev/v1
kind: Scenario
metadata: { name: git, title: A bad commit is applied, family: test }
story: Somebody has pushed a bad text. Bring the good one back so that it stays.
environments: [production]
release: { name: note, chart: paper }
reconciler: { application: note, values: git/values.yaml, sync: apply, controller: deployment/gitops }
timeline:
  - kubectl create deployment gitops --image busybox:1.36 -- sleep infinity && kubectl rollout status deployment gitops
  - "mkdir git && echo 'text: good' > git/values.yaml"
  - steady-state
  - "echo 'text: bad' > git/values.yaml"
steadyState:
  - id: good
    check: { config-map: { name: note, data: { text: good } } }
symptoms:
  - id: bad
    check: { config-map: { name: note, data: { text: bad } } }
  - id: synced
    check: { field: { object: application/note, path: status.sync.status, is: Synced } }
objectives:
  - id: good
    weight: 70
    check: { config-map: { name: note, data: { text: good } } }
  - id: automated
    weight: 30
    check:
      all:
        - field: { object: application/note, path: spec.syncPolicy.automated }
        - available: { workload: deployment/gitops }
settle: 15
procedures:
  - name: revert-in-git
    reference: true
    steps: [ "echo 'text: good' > git/values.yaml" ]
    expect: recovered
  - name: stop-repair-and-resume
    steps:
      - &stop "kubectl patch application note --type merge -p '{\"spec\":{\"syncPolicy\":{\"automated\":null}}}'"
      - &repair "kubectl patch configmap note -p '{\"data\":{\"text\":\"good\"}}'"
      - "echo 'text: good' > git/values.yaml"
      - &resume "kubectl patch application note --type merge -p '{\"spec\":{\"syncPolicy\":{\"automated\":{\"selfHeal\":true}}}}'"
    expect: recovered
  - name: stop-repair-and-leave-git
    steps: [ *stop, *repair, *resume ]
    expect: { failed: { trips: [good] } }
  - name: stop-the-controller
    steps: [ "kubectl scale deployment gitops --replicas 0 && kubectl rollout status deployment gitops", *repair ]
    expect: { failed: { trips: [automated] } }
controls:
  - name: do-nothing
    expect: { failed: { trips: [good] } }
  - name: repair-the-cluster
    steps: [ *repair ]
    expect: { failed: { trips: [good] } }
"#;

fn stand(scenario: &str) -> Stand {
    let stand = Stand::new();
    stand.write("paper/templates/note.yaml", TEMPLATE);
    stand.write("paper/values.yaml", "text: none\n");
    stand.write("git.yaml", scenario);
    stand
}

#[test]
fn whoever_repairs_the_cluster_and_not_git_loses_against_the_reconciler() {
    let stand = stand(GIT);
    let ended = stand.run(&["run", "git.yaml", "--jobs", "2"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    stand.assert_nothing_is_left();
}

#[test]
fn a_reconciler_that_records_revisions_undoes_a_rollback() {
    let repair = r#"&repair "helm rollback note 1""#;
    let scenario = GIT.replace("sync: apply", "sync: upgrade");
    let scenario = scenario
        .replace(r#"&repair "kubectl patch configmap note -p '{\"data\":{\"text\":\"good\"}}'""#, repair);
    assert!(scenario.contains(repair), "{scenario}");
    let stand = stand(&scenario);
    let ended = stand.run(&["run", "git.yaml", "--jobs", "2"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let told = stand.run(&["run", "git.yaml", "--helm", "4.3.1", "--procedure", "repair-the-cluster"]).stdout;
    let sync = "reconciler $ helm upgrade --install note ./charts/paper -n production -f git/values.yaml\n";
    assert_eq!(told.matches(sync).count(), 3, "the good text, the bad one, and the bad one again:\n{told}");
}
