//! Runbooks: what is explained, what is tried, what is wrong with them, and that nothing which they do gets out.

use crate::stand::{Ended, Stand, shown};

const VALIDATE: [&str; 7] =
    ["validate", "guide.md", "--scenario", "tiny.yaml", "--helm", "4.3.1", "--jobs=1"];

/// What a runbook comes to whose one section holds this block.
fn tried(stand: &Stand, block: &str, more: &[&str]) -> Ended {
    stand.write("guide.md", format!("# Guide\n\n## The note is gone\n\n```bash\n{block}\n```\n"));
    stand.run(&[&VALIDATE[..], more].concat())
}

/// Every statement with its verdict, as the JSON report has them, and the verdict of the way before them.
fn verdicts(stand: &Stand, block: &str, more: &[&str]) -> (Option<i32>, Vec<String>) {
    let ended = tried(stand, block, &[&["--format", "json"][..], more].concat());
    let report: serde_json::Value = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|why| panic!("{why}: {}{}", ended.stdout, ended.stderr));
    let exercise = &report["sections"][0]["ways"][0]["exercises"][0];
    let steps = exercise["steps"].as_array().expect("steps").iter();
    let told = steps.map(|step| format!("{}: {}", step["line"], step["verdict"].as_str().expect("a word")));
    let mut all = vec![exercise["verdict"].as_str().expect("a word").to_owned()];
    all.extend(told);
    stand.assert_nothing_is_left();
    (ended.code, all)
}

#[test]
fn a_way_that_repairs_is_told_step_by_step() {
    let stand = Stand::new();
    stand.write(
        "guide.md",
        "# Guide\n\n## The note is gone\n\nCompare, then choose.\n\n```bash\nkubectl get configmap -n prod\nWHO=$(whoami | wc -l)\n```\n\n\
         ### Option A: deploy again\n\n```bash\nhelm upgrade note ./chart -n prod\nstern note\n```\n\n### Option B: go back\n\n\
         ```bash\nhelm rollback note <good-revision> -n prod --recreate-pods\n```\n\n### Option C: uninstall\n\n```bash\n\
         helm uninstall note -n prod\n```\n\n## Elsewhere\n\n<!-- helmdrill: scenario=none -->\n\n```yaml\na: b\n```\n",
    );
    let lines: [&[&str]; 2] = [
        &["validate", "guide.md", "--scenario", "tiny.yaml", "--explain"],
        &["validate", "guide.md", "--scenario", "tiny.yaml", "--seed", "1", "--jobs=1"],
    ];
    // What is said of the progress comes in whatever order the ways end.
    let told = lines.map(|args| stand.told(args, &Ended { stderr: String::new(), ..stand.run(args) }));
    let session = told.concat();
    shown("runbook", &session);
    stand.assert_nothing_is_left();
}

#[test]
fn what_is_wrong_with_a_runbook_ends_before_anything_runs() {
    let stand = Stand::new();
    stand.write("binary.md", [0xff, 0xfe, 0x00]);
    stand.write("zero.md", "# x\n\n```bash\nhelm list\0\n```\n");
    stand.write("unclosed.md", "# x\n\n```bash\nhelm list\n");
    stand.write("unfinished.md", "# x\n\n```bash\nfor x in a b; do\n```\n");
    stand.write("nothing.md", "# x\n\nText.\n\n```yaml\na: b\n```\n");
    stand.write("comment.md", "# x\n\n<!-- helmdrill: skp -->\n\n```bash\nhelm list\n```\n");
    stand.write("good.md", "# x\n\n```bash\nhelm list\n```\n");
    stand.write("bindings.yaml", "binds: {}\n");
    stand.write("former.json", "{}\n");
    let files =
        ["binary.md", "zero.md", "unclosed.md", "unfinished.md", "nothing.md", "comment.md", "missing.md"];
    let mut session: String = files.iter().map(|file| stand.session(&[&["validate", *file]])).collect();
    session += &stand.session(&[
        &["validate", "good.md", "--bindings", "bindings.yaml"],
        &["validate", "good.md", "--baseline", "former.json"],
        &["validate", "good.md", "--bind", "release"],
        &["validate", "good.md", "--bind", "scenario=stuck-upgrad"],
    ]);
    assert_eq!(session.matches("exit 2\n").count(), files.len() + 4, "{session}");
    shown("wrong_runbooks", &session);
    assert!(!stand.state().exists(), "none of them began to run");
}

#[test]
fn a_block_that_bash_cannot_read_is_told_and_the_others_are_run() {
    let stand = Stand::new();
    let guide = "# Guide\n\n## The note is gone\n\n```bash\nkubectl get configmaps\necho \"it is gone\nhelm status note\n```\n\n\
                 ```bash\nhelm upgrade note ./chart\nfi\n```\n\n## Elsewhere\n\n<!-- helmdrill: scenario=none -->\n\n\
                 ```console\n$ echo don't\n$ helm list\n```\n";
    stand.write("guide.md", guide);
    let explained = ["validate", "guide.md", "--scenario", "tiny.yaml", "--explain"];
    let told = [&explained[..], &[&VALIDATE[..], &["--seed", "1"]].concat()].map(|args| {
        let ended = stand.run(args);
        (ended.code, stand.told(args, &Ended { stderr: String::new(), ..ended }))
    });
    assert_eq!([told[0].0, told[1].0], [Some(0), Some(1)], "{told:?}");
    shown("unreadable", &told.map(|(_, told)| told).concat());
    // What is written for nobody is not exercised, and told all the same.
    let guide = "# Guide\n\n<!-- helmdrill: scenario=none -->\n\n```bash\nhelm list\n```\n\n```bash\necho don't\n```\n";
    stand.write("guide.md", guide);
    let ended = stand.run(&["validate", "guide.md", "--helm", "4.3.1", "--format", "github"]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.starts_with("::error file=guide.md,line=10,col=9,title=unfinished::"),
        "{}",
        ended.stdout
    );
    stand.write(
        "guide.md",
        guide.replace("\n\n```bash\necho", "\n\n<!-- helmdrill: skip -->\n\n```bash\necho"),
    );
    let skipped = stand.run(&["validate", "guide.md", "--helm", "4.3.1"]);
    assert_eq!(skipped.code, Some(0), "{}{}", skipped.stdout, skipped.stderr);
}

#[test]
fn a_section_is_tried_on_what_the_version_of_helm_can_have() {
    let stand = Stand::new();
    stand.write(
        "guide.md",
        "# Guide\n\n## SSA conflict\n\nThe deploy ends with a conflict: conflict with kubectl using apps/v1.\n\n```bash\n\
         helm upgrade shop ./chart --server-side=true --force-conflicts\n```\n\n## Standard rollback\n\n\
         ```bash\nhelm rollback shop 1\n```\n",
    );
    let both = stand.run(&["validate", "guide.md", "--explain"]);
    assert_eq!(both.code, Some(0), "{}", both.stderr);
    assert!(both.stdout.contains("answers  ssa-conflict"), "{}", both.stdout);
    assert!(both.stdout.contains("answers  failed-upgrade/"), "{}", both.stdout);
    let old = stand.run(&["validate", "guide.md", "--explain", "--helm", "3.17.3"]);
    assert_eq!(old.code, Some(0), "{}", old.stderr);
    assert!(!old.stdout.contains("ssa-conflict"), "Helm 3 has no such conflict: {}", old.stdout);
}

#[test]
fn the_lines_of_a_runbook_share_their_shell() {
    let stand = Stand::new();
    let block = "NAME=note\nHERE=$PWD\nagain() { helm upgrade \"$NAME\" ./chart; }\nmkdir sub\ncd sub\n\
                 test \"$(basename \"$PWD\")\" = sub\ncd \"$HERE\"\nagain";
    let (code, told) = verdicts(&stand, block, &[]);
    assert_eq!(told[0], "recovered", "{told:?}");
    assert!(told.iter().all(|one| !one.contains("refused")), "{told:?}");
    assert_eq!((code, told[8].as_str()), (Some(0), "13: repaired"));
}

#[test]
fn a_command_that_hangs_is_ended_with_all_that_it_started() {
    let stand = Stand::new();
    let (_, told) = verdicts(&stand, "sleep infinity\nbash -c 'sleep infinity & wait'", &["--timeout", "2"]);
    assert_eq!(told, ["failed", "6: hung", "7: hung"]);
}

#[test]
fn what_a_command_leaves_running_ends_with_it() {
    let stand = Stand::new();
    let (_, told) = verdicts(&stand, "for i in 1 2 3; do bash -c 'sleep 1000' & done", &[]);
    assert_eq!(told[1], "6: looked");
    let (code, told) = verdicts(&stand, "again() { again | again & }; again", &[]);
    assert_eq!((code, told[1].as_str()), (Some(1), "6: not-allowed"));
}

#[test]
fn a_command_that_reads_finds_nothing() {
    let stand = Stand::new();
    let (_, told) = verdicts(&stand, "cat\nread answer\nread -p 'sure? ' answer", &[]);
    assert_eq!(told[1..], ["6: looked", "7: looked", "8: skipped"]);
}

#[test]
fn a_command_that_writes_elsewhere_is_not_run() {
    let stand = Stand::new();
    let outside = "/var/tmp/helmdrill-outside";
    let block = format!("echo x > {outside}\ntee {outside}\necho x > ../../../../outside\nrm -rf /");
    let (code, told) = verdicts(&stand, &block, &[]);
    assert_eq!(code, Some(1));
    assert!(told[1..].iter().all(|one| one.ends_with("not-allowed")), "{told:?}");
    assert!(!std::path::Path::new(outside).exists());
    let ended = tried(&stand, &block, &[]);
    assert!(ended.stdout.contains("guide.md:6:10"), "the line is told: {}", ended.stdout);
}

#[test]
fn a_command_that_kills_its_parent_does_not_reach_helmdrill() {
    let stand = Stand::new();
    let (code, told) =
        verdicts(&stand, "kill -9 $PPID\nhow=kill; $how -9 $PPID\nhelm upgrade note ./chart", &[]);
    assert_eq!(told, ["recovered", "6: not-allowed", "7: refused", "8: repaired"]);
    assert_eq!(code, Some(1));
}

#[test]
fn a_command_without_the_kubeconfig_does_not_find_another_cluster() {
    let stand = Stand::new();
    let block = "unset KUBECONFIG\nwhich=KUBECONFIG; unset $which; kubectl get configmaps --request-timeout=2s\nhelm upgrade note ./chart";
    let (_, told) = verdicts(&stand, block, &[]);
    assert_eq!(told, ["recovered", "6: not-allowed", "7: refused", "8: repaired"]);
}

#[test]
fn another_kubectl_and_another_cluster_are_not_called() {
    let stand = Stand::new();
    let block = "/usr/local/bin/kubectl delete configmaps --all\nkubectl --server https://192.0.2.1 get pods\n\
                 curl https://192.0.2.1/x\necho x > /dev/tcp/192.0.2.1/80";
    stand.write("guide.md", format!("# Guide\n\n## The note is gone\n\n```bash\n{block}\n```\n"));
    let ended = stand.run(&VALIDATE);
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    for line in 6..=7 {
        assert!(ended.stdout.contains(&format!("guide.md:{line}:")), "{}", ended.stdout);
    }
    assert!(ended.stdout.contains("not exercised"), "nothing of it was run: {}", ended.stdout);
}

#[test]
fn only_what_got_worse_fails_beside_a_former_report() {
    let stand = Stand::new();
    let bad = "helm status note";
    tried(
        &stand,
        &format!("{bad}\nkubectl label configmap none a=b"),
        &["--format", "json", "--output", "former.json"],
    );
    let same = tried(
        &stand,
        &format!("# moved\n{bad}\nkubectl label configmap none a=b"),
        &["--baseline", "former.json"],
    );
    assert_eq!(same.code, Some(0), "{}{}", same.stdout, same.stderr);
    let worse = tried(
        &stand,
        &format!("{bad}\nkubectl label configmap none a=b\nunset KUBECONFIG"),
        &["--baseline", "former.json"],
    );
    assert_eq!(worse.code, Some(1), "{}{}", worse.stdout, worse.stderr);
    assert!(worse.stderr.contains("worse than before: guide.md:8:"), "{}", worse.stderr);
}
