//! What would be run of a block, for a scenario made by hand: what its holes and names stand for.

use super::{Bindings, Circumstances, Facts, Fate, parse, prepare};
use std::collections::{BTreeMap, BTreeSet};

fn facts() -> Facts {
    Facts {
        release: "myapp".to_owned(),
        releases: BTreeSet::from(["myapp".to_owned()]),
        namespaces: vec!["production".to_owned()],
        chart: "./charts/web".to_owned(),
        files: BTreeSet::from(["charts/web/Chart.yaml".to_owned()]),
        good_revision: Some(2),
        last_revision: Some(3),
        values: Some("version: \"1.2\"\n".to_owned()),
        objects: BTreeMap::from([("pod", vec!["web-b".to_owned(), "web-a".to_owned()])]),
        seen: true,
        ..Facts::default()
    }
}

/// The lines of a block as they would be run.
fn lines(block: &str, bind: &[(&str, &str)]) -> Vec<String> {
    let runbook = parse("runbook.md", &format!("## One\n\n```bash\n{block}\n```\n"));
    let mut said = Bindings::default();
    for (name, value) in bind {
        said.set(name, value, "--bind");
    }
    let facts = facts();
    let with = Circumstances { facts: &facts, said: &said, helm: "4.3.1", limit: 60 };
    let prepared = prepare(&runbook, &runbook.sections[0], &runbook.sections[0].alternatives[0], with);
    let told = prepared.steps.into_iter().map(|ready| match ready.fate {
        Fate::Run => ready.line,
        Fate::Skipped(why) => format!("skipped: {why}"),
        Fate::Refused(why) => format!("refused: {why}"),
        Fate::Unbound(why) => format!("unbound: {why}"),
        Fate::Unreadable(why) => format!("broken: {why}"),
    });
    told.collect()
}

#[test]
fn holes_and_names_stand_for_what_the_scenario_has() {
    let cases: [(&str, &[&str]); 28] = [
        (
            "helm upgrade web ./charts/web --timeout 5s\nhelm status web",
            &["helm upgrade myapp ./charts/web --timeout 5s", "helm status myapp"],
        ),
        (
            "timeout -k 5 60 helm rollback shop 7 --timeout 5s",
            &["timeout -k 5 60 helm rollback myapp 2 --timeout 5s"],
        ),
        ("helm status shop -n shop", &["helm status myapp -n production"]),
        (
            "kubectl config set-context --current --namespace=shop\nhelm status shop",
            &["kubectl config set-context --current --namespace=production", "helm status myapp"],
        ),
        (
            "R=\"${1:-shop}\"\nhelm status $R -n ${NS:-prod}",
            &["R=\"${1:-myapp}\"", "helm status $R -n ${NS:-prod}"],
        ),
        ("k get pods && (( n = 1 << 2 )) && echo $n", &["kubectl get pods && (( n = 1 << 2 )) && echo $n"]),
        ("helm history <release> -n <namespace>", &["helm history myapp -n production"]),
        ("helm history my-release -n prod", &["helm history myapp -n production"]),
        (
            "kubectl get deploy my-release-web\nhelm status my-release",
            &["kubectl get deploy myapp-web", "helm status myapp"],
        ),
        ("helm rollback shop 7 --timeout 5s", &["helm rollback myapp 2 --timeout 5s"]),
        ("helm rollback shop [REVISION] --timeout 5s", &["helm rollback myapp 2 --timeout 5s"]),
        (
            "kubectl get secret sh.helm.release.v1.shop.v9 -n live\nhelm status shop",
            &["kubectl get secret sh.helm.release.v1.myapp.v3 -n production", "helm status myapp"],
        ),
        (
            "kubectl get secret sh.helm.release.v1.<release>.v<revision>",
            &["kubectl get secret sh.helm.release.v1.myapp.v3"],
        ),
        (
            "RELEASE=shop\nhelm status $RELEASE -n $NAMESPACE",
            &["RELEASE=myapp", "helm status $RELEASE -n production"],
        ),
        (
            "helm upgrade shop ./mychart --timeout 5s",
            &["helm upgrade myapp ./charts/web --values release-values.yaml --timeout 5s"],
        ),
        (
            "helm get values shop > v.yaml\nhelm upgrade shop repo/chart -f v.yaml -f prod.yaml --timeout 5s",
            &[
                "helm get values myapp > v.yaml",
                "helm upgrade myapp ./charts/web -f v.yaml -f prod.yaml --timeout 5s",
            ],
        ),
        (
            "helm status api\nhelm status web",
            &["helm status myapp", "unbound: web is no release of the scenario"],
        ),
        ("kubectl get pod <something>", &["unbound: nothing stands for <something>"]),
        ("cat /tmp/x", &["cat ${TMPDIR}/x"]),
        ("stern shop", &["skipped: a drill has no stern"]),
        (
            "CHART=./mychart REV=7\nhelm upgrade shop \"$CHART\" --timeout 5s",
            &[
                "CHART=./charts/web REV=2",
                "helm upgrade myapp \"$CHART\" --values release-values.yaml --timeout 5s",
            ],
        ),
        (
            "helm install shop ./charts/$APP -f v.yaml --timeout 5s",
            &["helm install myapp ./charts/web -f v.yaml --timeout 5s"],
        ),
        (
            "diff <(helm get values shop --revision 4) <(helm get values shop --revision 5)",
            &["diff <(helm get values myapp --revision 2) <(helm get values myapp --revision 3)"],
        ),
        ("kubectl -n prod get secret -l name=[release]", &["kubectl -n production get secret -l name=myapp"]),
        ("kubectl logs <pod-name> --previous", &["kubectl logs web-b --previous"]),
        (
            "helm status pay-api -n pay\nkubectl -n pay get deploy pay-api-web",
            &["helm status myapp -n production", "kubectl -n production get deploy myapp-web"],
        ),
        (
            "helm status shop -n pay\necho pay-api pay",
            &["helm status myapp -n production", "echo pay-api production"],
        ),
        ("kubectl -n prod logs -f web-a", &["skipped: it goes on until somebody ends it"]),
    ];
    for (block, wanted) in cases {
        assert_eq!(lines(block, &[]), wanted, "{block}");
    }
    assert_eq!(
        lines("helm rollback web <revision> --timeout 5s", &[("revision", "1"), ("web", "shop")]),
        ["helm rollback shop 1 --timeout 5s"]
    );
}

#[test]
fn a_section_knows_what_the_others_call_the_release() {
    let text = "## One\n\n```bash\nhelm status pay-api -n pay\n```\n\n## Two\n\n```bash\nkubectl -n pay get deploy pay-api-web\n```\n";
    let runbook = parse("runbook.md", text);
    let (facts, said) = (facts(), Bindings::default());
    let with = Circumstances { facts: &facts, said: &said, helm: "4.3.1", limit: 60 };
    let prepared = prepare(&runbook, &runbook.sections[1], &runbook.sections[1].alternatives[0], with);
    assert_eq!(prepared.steps[0].line, "kubectl -n production get deploy myapp-web");
}
