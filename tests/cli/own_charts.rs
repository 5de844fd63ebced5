//! Scenarios for any chart on charts of the user's: folders, archives, charts without workloads, and what is no chart that can
//! be drilled on.

use crate::stand::{Ended, Stand, shown};
use flate2::{Compression, write::GzEncoder};

/// One version of Helm, and no more commands at the same time than one.
pub(crate) const WITH: [&str; 4] = ["--helm", "4.3.1", "--seed=1", "--jobs=1"];

pub(crate) const NOTE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-note\ndata:\n  text: {{ .Values.text | quote }}\n";

/// A chart with one template.
fn chart(stand: &Stand, name: &str, template: &str) {
    stand.write(&format!("{name}/Chart.yaml"), format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n"));
    stand.write(&format!("{name}/values.yaml"), "text: hello\n");
    stand.write(&format!("{name}/templates/all.yaml"), template);
}

/// A Deployment of one pod.
fn deployment(image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{{{ .Release.Name }}}}\nspec:\n  selector:\n    matchLabels: {{app: a}}\n  \
         template:\n    metadata:\n      labels: {{app: a}}\n    spec:\n      containers:\n        - name: a\n          image: {image}\n"
    )
}

/// An archive of these files.
pub(crate) fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        // A path that leads out of the archive is one that the safe way of setting it refuses.
        header.as_gnu_mut().expect("it is one").name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, text.as_bytes()).expect("it fits");
    }
    tar.into_inner().expect("it is whole").finish().expect("it is whole")
}

#[test]
fn a_chart_without_workloads_is_drilled_on_as_far_as_it_goes() {
    let stand = Stand::new();
    chart(&stand, "odd", NOTE);
    stand.write("odd/logo.png", [0xff, 0xd8, 0xfe]);
    let sub = [
        ("sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n"),
        (
            "sub/templates/more.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-more\n",
        ),
    ];
    stand.write("odd/charts/sub-0.1.0.tgz", packed(&sub));
    chart(&stand, "former", NOTE);
    stand.write("mine.yaml", "text: mine\n");
    let args = [
        "run",
        "deleted-workloads",
        "refused-upgrade",
        "--chart",
        "odd",
        "--from",
        "former",
        "--values",
        "mine.yaml",
    ];
    let args = [&args[..], &WITH].concat();
    let ended = stand.run(&args);
    let said = "left out of the chart, since they are no text: logo.png\n";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    // What is said of the progress comes in whatever order the drills end.
    shown("own_chart", &stand.told(&args, &Ended { stderr: String::new(), ..ended }));
    stand.assert_nothing_is_left();
}

#[test]
fn health_is_read_from_the_workloads_of_the_chart_itself() {
    let stand = Stand::new();
    // The image is nobody's; the node of an embedded cluster runs it all the same.
    let whole = deployment("registry.example/team/app:7");
    let files = [
        ("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 0.1.0\n"),
        ("app/templates/all.yaml", whole.as_str()),
    ];
    stand.write("app-0.1.0.tgz", packed(&files));
    let named =
        ["run", "deleted-workloads", "--chart", "app-0.1.0.tgz", "--format=json", "--transcripts", "kept"];
    let ended = stand.run(&[&named[..], &WITH].concat());
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let drill = |procedure: &str| {
        let drills = report["drills"].as_array().expect("a list").iter();
        drills.into_iter().find(|drill| drill["procedure"] == procedure).expect("it ran").clone()
    };
    assert_eq!(drill("deploy-again")["score"], 100);
    let evidence = drill("do-nothing")["evidence"].to_string();
    assert!(evidence.contains("ready (-60): deployment/myapp is missing"), "{evidence}");
    let kept = stand.path("kept/deleted-workloads-do-nothing-helm4.3.1.json");
    let kept = std::fs::read_to_string(kept).expect("it is kept");
    assert!(kept.contains("kubectl delete deployment/myapp"), "the workload of the chart was deleted");
    stand.assert_nothing_is_left();
}

/// What charts of the world have: a hook with a program of its own, an init container, and an object in `kube-system`.
const WORLDLY: &str = "
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-prepare
  annotations: {helm.sh/hook: 'pre-install,pre-upgrade', helm.sh/hook-delete-policy: before-hook-creation}
spec:
  template:
    spec:
      restartPolicy: Never
      initContainers: [{name: i, image: 'registry.example/team/init:2'}]
      containers: [{name: a, image: 'registry.example/team/prepare:2', args: [--everything]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: '{{ .Release.Name }}-reader', namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: extension-apiserver-authentication-reader}
subjects: [{kind: ServiceAccount, name: default, namespace: '{{ .Release.Namespace }}'}]
";

#[test]
fn a_chart_with_hooks_of_its_own_and_objects_elsewhere_is_drilled_on() {
    let stand = Stand::new();
    chart(&stand, "worldly", &(deployment("registry.example/team/app:7") + WORLDLY));
    let ended =
        stand.run(&[&["run", "deleted-workloads", "uninstalled", "--chart", "worldly"][..], &WITH].concat());
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let losing = "do-nothing                   failed   0";
    assert!(ended.stdout.contains(losing), "{}", ended.stdout);
    stand.assert_nothing_is_left();
}

#[test]
fn what_is_no_chart_ends_before_anything_runs() {
    let stand = Stand::new();
    chart(&stand, "good", NOTE);
    stand.write("empty/readme.txt", "nothing\n");
    stand.write("broken/Chart.yaml", "name: [\n");
    stand.write("shared/Chart.yaml", "apiVersion: v2\nname: shared\nversion: 0.1.0\ntype: library\n");
    stand.write("text.tgz", "no archive\n");
    stand.write("out.tgz", packed(&[("x/../../evil", "x")]));
    let charts = ["missing", "empty", "broken", "shared", "text.tgz", "out.tgz"];
    let mut session: String =
        charts.iter().map(|chart| stand.session(&[&["run", "--chart", *chart]])).collect();
    session += &stand.session(&[
        &["run", "--chart", "good", "--values", "missing.yaml"],
        &["run", "--chart", "good", "--from", "1.2.3"],
        &["run", "stuck-upgrade", "--chart", "good"],
        &["run", "--values", "mine.yaml"],
    ]);
    assert_eq!(session.matches("exit 2\n").count(), charts.len() + 4, "{session}");
    shown("wrong_charts", &session);
    assert!(!stand.state().exists(), "none of them began to run");
}

#[test]
fn a_chart_that_cannot_be_deployed_is_no_failed_drill() {
    let stand = Stand::new();
    chart(&stand, "unrendered", "{{ fail \"a value is missing\" }}\n");
    chart(&stand, "unpulled", &deployment("app:no-such-tag"));
    chart(&stand, "undefined", "apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: thing\n");
    let run = |chart: &'static str| [&["run", "refused-upgrade", "--chart", chart][..], &WITH].concat();
    let lines = ["unrendered", "unpulled", "undefined"].map(run);
    let oci =
        [&["run", "--chart", "oci://127.0.0.1:1/app", "--from", "1.0.0", "--offline"][..], &WITH].concat();
    let mut session = stand.session(&lines.each_ref().map(Vec::as_slice));
    session += &stand.session(&[&oci]);
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"myapp-[0-9a-f]+-[0-9a-z]+", "myapp-[pod]");
    settings.bind(|| shown("undeployable", &session));
    stand.assert_nothing_is_left();
}

#[test]
fn a_registry_that_gives_no_chart_is_said() {
    let stand = Stand::new();
    let ended = stand.run(&[&["run", "--chart", "oci://127.0.0.1:1/app"][..], &WITH].concat());
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("cannot fetch the chart oci://127.0.0.1:1/app: helm pull exited with 1"),
        "{}",
        ended.stderr
    );
    stand.assert_nothing_is_left();
}

#[test]
fn every_scenario_for_any_chart_comes_out_as_it_says_on_a_chart_of_ours() {
    let stand = Stand::new();
    let web = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/charts/web");
    let ended = stand.run(&["run", "--chart", web, "--seed=1", "--format=json"]);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|why| panic!("{why}: {}{}", ended.stdout, ended.stderr));
    let drills = report["drills"].as_array().expect("a list");
    let told = |drill: &serde_json::Value| {
        let word = |name: &str| drill[name].as_str().unwrap_or_default().to_owned();
        format!(
            "{}/{} {} helm {}: {}",
            word("scenario"),
            word("variant"),
            word("procedure"),
            word("helm"),
            word("verdict")
        )
    };
    let surprises: Vec<String> =
        drills.iter().filter(|drill| drill["as_expected"] != true).map(told).collect();
    assert!(surprises.is_empty(), "{surprises:#?}");
    let names: std::collections::BTreeSet<&str> =
        drills.iter().filter_map(|drill| drill["scenario"].as_str()).collect();
    assert_eq!((ended.code, names.len()), (Some(0), 7), "{names:?}");
    stand.assert_nothing_is_left();
}

#[test]
fn what_is_to_be_typed_to_see_a_drill_again_can_be_typed() {
    let stand = Stand::new();
    chart(&stand, "my chart", &deployment("app:1"));
    stand.write("it's mine.yaml", "text: mine\n");
    let args = ["run", "refused-upgrade", "--chart", "my chart", "--values", "it's mine.yaml"];
    let ended = stand.run(&[&args[..], &["--procedure", "retry"], &WITH].concat());
    let again = ended
        .stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("AGAIN helmdrill "))
        .expect("it says so");
    assert!(again.contains(r"--chart 'my chart' --values 'it'\''s mine.yaml'"), "{again}");
    let mut typed = std::process::Command::new("bash");
    typed.args(["-c", &format!("{} {again}", env!("CARGO_BIN_EXE_helmdrill"))]);
    typed.current_dir(stand.folder.path()).env("HELMDRILL_STATE_DIR", stand.state());
    let typed = stand.ended(&mut typed);
    assert_eq!((typed.code, ended.code), (Some(0), Some(0)), "{}{}", typed.stdout, typed.stderr);
    assert!(typed.stdout.contains(again), "{}", typed.stdout);
    stand.assert_nothing_is_left();
}
