//! Commands from outside that recover: what they are told and given, how they end, what they cannot reach, and how often
//! they succeed.

use crate::stand::{Ended, Stand, shown};

/// What recovers the scenario of the tests.
const GOOD: &str = "exec:helm upgrade note charts/paper";

/// A run of the tiny scenario that is given to a responder, with its JSON report.
fn responding(stand: &Stand, command: &str, more: &[&str]) -> (Ended, serde_json::Value) {
    let fixed =
        ["run", "tiny.yaml", "--helm", "4.3.1", "--jobs=1", "--seed=1", "--format=json", "--responder"];
    let command = format!("exec:{command}");
    let ended = stand.run(&[&fixed[..], &[&command], more].concat());
    let report = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|why| panic!("{why}: {}{}", ended.stdout, ended.stderr));
    stand.assert_nothing_is_left();
    (ended, report)
}

/// What the responder of the one drill in a folder of transcripts said.
fn said(stand: &Stand, folder: &str) -> String {
    let name = "tiny-responder-helm4.3.1.responder.txt";
    std::fs::read_to_string(stand.path(folder).join(name)).expect("it is beside the transcript")
}

#[test]
fn a_responder_is_shown_and_run_and_graded_as_a_procedure_is() {
    let stand = Stand::new();
    let run = ["run", "tiny.yaml", "--helm", "4.3.1", "--seed", "1", "--jobs=1"];
    let lines = [
        [&run[..], &["--responder", GOOD]].concat(),
        [&run[..], &["--responder", "exec:kubectl get configmaps", "--budget-seconds", "60"]].concat(),
    ];
    let session = stand.session(&lines.each_ref().map(Vec::as_slice));
    shown("responders", &session);
    // What is said of the progress of several comes in whatever order they end.
    let repeated = [&run[..], &["--responder", GOOD, "--repeat", "2"]].concat();
    let told = stand.told(&repeated, &Ended { stderr: String::new(), ..stand.run(&repeated) });
    shown("responders_repeated", &told);
    stand.assert_nothing_is_left();
}

#[test]
fn a_responder_is_told_what_a_pager_tells_and_what_is_there() {
    let stand = Stand::new();
    let look = "cat; echo ---; env | sort | sed \"s#$(dirname $HOME)#[drill]#g\" | grep -vE '^(_|SHLVL|PWD|OLDPWD)='; \
                echo ---; find . -type f | sort";
    let more = ["--transcripts", "kept", "--budget-calls", "50", "--responder-env", "DRILL_TEST_KEY"];
    let fixed = ["run", "tiny.yaml", "--helm", "4.3.1", "--seed=1", "--responder"];
    let command = format!("exec:{look}");
    let args = [&fixed[..], &[&command], &more].concat();
    let ended = stand.ended(stand.command().args(args).env("DRILL_TEST_KEY", "a-secret-of-ours"));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(!ended.stderr.contains("a-secret-of-ours") && !ended.stdout.contains("a-secret-of-ours"));
    let told = said(&stand, "kept");
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"=/\S*/(kubeconfig\S*|config\S*)", "=[kubeconfig]");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("responder_told", told));
    let kept = std::fs::read_to_string(stand.path("kept/tiny-responder-helm4.3.1.json")).expect("it is kept");
    assert!(!kept.contains("a-secret-of-ours"), "what was handed over is written nowhere");
}

#[test]
fn nothing_of_the_scenario_but_its_story_is_within_reach() {
    let stand = Stand::new();
    // Words of the procedures, the controls, the objectives and the file itself, looked for in all that the drill has on the
    // disk, in the folders around it, and in what the responder is told and given.
    let words = "deploy-again|do-nothing|owned-objects-match|tiny";
    let look = format!(
        "cat > told; env > given; root=$(dirname \"$(dirname \"$HOME\")\"); grep -rIlE '{words}' told given \"$root\"; \
         grep -c note told"
    );
    let (_, report) = responding(&stand, &look, &["--transcripts", "kept"]);
    assert_eq!(report["drills"][0]["responder"]["exit"], 0, "{report}");
    assert!(said(&stand, "kept").contains("--- standard output\n2\n"), "{}", said(&stand, "kept"));
}

#[test]
fn a_transcript_with_a_responder_is_graded_again() {
    let stand = Stand::new();
    let (ended, _) = responding(&stand, &GOOD["exec:".len()..], &["--transcripts", "kept"]);
    assert_eq!(ended.code, Some(0));
    let again = stand.run(&["regrade", "kept/tiny-responder-helm4.3.1.json"]);
    assert_eq!(again.code, Some(0), "{}{}", again.stdout, again.stderr);
}

#[test]
fn a_budget_ends_a_responder_and_the_report_says_which() {
    let stand = Stand::new();
    let (ended, report) = responding(&stand, "tail -f /dev/null", &["--budget-seconds", "1"]);
    assert_eq!((ended.code, &report["drills"][0]["responder"]["ended"]), (Some(1), &"out-of-time".into()));

    let asks = "while true; do kubectl get configmaps; done";
    let (ended, report) = responding(&stand, asks, &["--budget-calls", "9", "--transcripts", "kept"]);
    assert_eq!((ended.code, &report["drills"][0]["responder"]["ended"]), (Some(1), &"out-of-calls".into()));
    let kept = std::fs::read_to_string(stand.path("kept/tiny-responder-helm4.3.1.json")).expect("it is kept");
    assert!(kept.contains("it was ended when it asked for one call too many"));

    // What was done within the budget counts.
    let late = "helm upgrade note charts/paper && tail -f /dev/null";
    let (ended, report) = responding(&stand, late, &["--budget-seconds", "20", "--budget-calls", "500"]);
    assert_eq!((ended.code, &report["drills"][0]["verdict"]), (Some(0), &"recovered".into()), "{report}");
}

#[test]
fn whatever_a_responder_does_it_is_contained_and_graded() {
    let stand = Stand::new();
    let cases = [
        ("it leaves a daemon", "setsid -f tail -f /dev/null", "exited"),
        ("it leaves a child", "tail -f /dev/null & exit 7", "exited"),
        ("it kills itself", "kill -9 $$", "exited"),
        ("it kills its parent", "kill -9 $PPID; tail -f /dev/null", "signal"),
        ("it does not read", "exec <&-; exit 3", "exited"),
        ("it says very much", "head -c 100000000 /dev/zero | tr '\\0' x", "exited"),
        ("it forgets its cluster", "unset KUBECONFIG; kubectl delete configmaps --all; exit 0", "exited"),
        ("it is no bash", "if then", "exited"),
    ];
    for (what, command, wanted) in cases {
        let (ended, report) =
            responding(&stand, command, &["--budget-seconds", "60", "--transcripts", "kept"]);
        let drill = &report["drills"][0];
        assert_eq!((ended.code, &drill["verdict"]), (Some(1), &"failed".into()), "{what}: {report}");
        assert_eq!(drill["responder"]["ended"], wanted, "{what}: {report}");
    }
    let size = |name: &str| std::fs::metadata(stand.path("kept").join(name)).expect("it is kept").len();
    assert!(size("tiny-responder-helm4.3.1.responder.txt") < 10_000_000);
}

#[test]
fn a_responder_that_ran_on_is_ended_and_said() {
    let stand = Stand::new();
    // It has left its group for certain when the responder ends.
    let daemon = "mkfifo never; setsid -f sh -c 'echo > begun; exec cat never' > /dev/null 2>&1; until [ -e begun ]; do :; done";
    responding(&stand, daemon, &["--transcripts", "kept"]);
    let kept = std::fs::read_to_string(stand.path("kept/tiny-responder-helm4.3.1.json")).expect("it is kept");
    assert!(kept.contains("a process was still there and was ended"));
}

#[test]
fn a_command_that_is_not_there_is_no_failed_recovery() {
    let stand = Stand::new();
    let run = ["run", "tiny.yaml", "--helm", "4.3.1", "--seed=1", "--responder", "exec:no-such-agent --fix"];
    let ended = stand.run(&run);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("`no-such-agent --fix` could not be started"), "{}", ended.stderr);
    stand.assert_nothing_is_left();
}

#[test]
fn attempts_are_counted_and_their_chances_told() {
    let stand = Stand::new();
    let count = stand.path("count");
    // The second of three attempts does nothing.
    let command = format!(
        "echo x >> {count}; test $(wc -l < {count}) = 2 || helm upgrade note charts/paper",
        count = count.display()
    );
    let (ended, report) = responding(&stand, &command, &["--repeat", "3"]);
    assert_eq!(ended.code, Some(1), "one of them did not recover");
    let tally = &report["passes"]["each"][0];
    assert_eq!((&tally["attempts"], &tally["recovered"]), (&3.into(), &2.into()), "{report}");
    let chances = |name: &str| {
        let all = tally[name].as_array().expect("a list").iter();
        all.map(|chance| format!("{:.3}", chance.as_f64().expect("a number"))).collect::<Vec<_>>()
    };
    assert_eq!(chances("pass_at"), ["0.667", "1.000", "1.000"]);
    assert_eq!(chances("pass_all"), ["0.667", "0.333", "0.000"]);
    let seeds: std::collections::BTreeSet<u64> =
        (0..3).filter_map(|at| report["drills"][at]["responder"]["seed"].as_u64()).collect();
    assert_eq!(seeds.len(), 3, "each attempt has a seed of its own: {report}");
}

#[test]
fn what_is_wrong_with_a_responder_ends_before_anything_runs() {
    let stand = Stand::new();
    let run = |more: &[&'static str]| [&["run", "tiny.yaml"][..], more].concat();
    let lines = [
        run(&["--responder", "helm rollback note"]),
        run(&["--responder", "exec: "]),
        run(&["--responder", GOOD, "--budget-seconds", "0"]),
        run(&["--responder", GOOD, "--budget-calls", "0"]),
        run(&["--responder", GOOD, "--repeat", "0"]),
        run(&["--responder", GOOD, "--procedure", "deploy-again"]),
        run(&["--responder", GOOD, "--responder-env", "KUBECONFIG"]),
        run(&["--responder", GOOD, "--responder-env", "NOT_SET_ANYWHERE"]),
        run(&["--budget-calls", "5"]),
    ];
    let session = stand.session(&lines.each_ref().map(Vec::as_slice));
    assert_eq!(session.matches("exit 2\n").count(), lines.len(), "{session}");
    shown("wrong_responders", &session);
    assert!(!stand.state().exists(), "none of them began to run");
}
