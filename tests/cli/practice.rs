//! Practice with a script on standard input: what is said, what it costs, how it is graded and kept, and that nothing of
//! it stays.

use crate::stand::{Ended, Stand, TINY, shown};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

const STORY: &str = "story: Somebody has deleted the note. Bring it back.\n";
const HELP: &str = "hints: [ Helm makes what is missing., \"`helm upgrade` does.\" ]\ndebrief: Helm keeps what it made in its record.\n";
const DEPLOY: &str = "helm upgrade note ./charts/paper > /dev/null";

/// A stand whose scenario has hints and a debrief.
fn stand() -> Stand {
    let stand = Stand::new();
    stand.write("tiny.yaml", TINY.replace(STORY, &format!("{STORY}{HELP}")));
    stand
}

fn command(stand: &Stand, args: &[&str]) -> Command {
    let mut command = stand.command();
    command.args(args).env("HELMDRILL_HISTORY", stand.path("history.jsonl"));
    command
}

fn start(stand: &Stand, args: &[&str], script: &str) -> Child {
    let mut command = command(stand, args);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("helmdrill starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(script.as_bytes()).expect("it is read");
    child
}

/// Practises with a script, to the end.
fn practise(stand: &Stand, args: &[&str], script: &str) -> Ended {
    let args = [&["practice", "tiny.yaml", "--seed", "1"], args].concat();
    let output = start(stand, &args, script).wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Without minutes and seconds, which are those of the machine.
fn clockless(text: &str) -> String {
    regex::Regex::new(r"\b\d\d:\d\d\b").expect("a pattern").replace_all(text, "[mm:ss]").into_owned()
}

fn told(stand: &Stand, args: &[&str], script: &str, ended: &Ended) -> String {
    let args = [&["practice", "tiny.yaml"], args].concat();
    format!(
        "{}{}",
        script.lines().map(|line| format!("< {line}\n")).collect::<String>(),
        clockless(&stand.told(&args, ended))
    )
}

#[test]
fn a_script_that_recovers_is_debriefed_and_one_that_does_nothing_fails() {
    let stand = stand();
    let deployed = practise(&stand, &[], &format!("{DEPLOY}\n"));
    let nothing = practise(&stand, &["--blind"], "");
    assert_eq!((deployed.code, nothing.code), (Some(0), Some(1)));
    let session = told(&stand, &[], DEPLOY, &deployed) + &told(&stand, &["--blind"], "", &nothing);
    shown("practice", &session);
    stand.assert_nothing_is_left();
}

#[test]
fn drill_tells_how_things_stand_and_help_costs_what_it_says() {
    let stand = stand();
    let script = format!(
        "drill status\ndrill check\ndrill hint\ndrill hint --yes\nkubectl create configmap other > /dev/null\n\
         kubectl get configmap note\ndrill rewind\ndrill rewind 2 --yes\ndrill rewind --yes\n\
         kubectl get configmap other\ndrill note it was $((40 + 2))\n{DEPLOY}\ndrill check\ndrill hint --yes\n\
         drill hint --yes\ndrill status\ndrill done\necho nobody comes here\n"
    );
    let ended = practise(&stand, &["--transcript", "t.json"], &script);
    shown("practice-help", &told(&stand, &[], &script, &ended));
    assert_eq!(ended.code, Some(0), "help leaves the verdict alone");
    assert!(!ended.stdout.contains("nobody comes here"));
    let again = stand.run(&["regrade", "t.json", "--format", "json"]);
    assert!(again.stdout.contains("\"score\": 80"), "regraded alike: {}", again.stdout);
    stand.assert_nothing_is_left();
}

#[test]
fn what_was_taken_back_breaks_no_safeguard_and_cuts_off_who_watches() {
    let stand = stand();
    let safeguard = "safeguards:\n  - { id: quiet, severity: catastrophic, hold: { absent: { object: configmap/other } } }\n";
    stand.write("tiny.yaml", TINY.replace(STORY, &format!("{STORY}{safeguard}")));
    let watched = "exec 3< <(kubectl get configmaps --watch)\nwatcher=$!\n";
    let seen = "while read -r name _ <&3 && [ \"$name\" != other ]; do :; done\n";
    let script = format!(
        "{watched}kubectl create configmap other\n{seen}drill rewind --yes\nwait $watcher\n\
         echo the watch has ended\n{DEPLOY}\n"
    );
    let ended = practise(&stand, &["--time-limit", "60s"], &script);
    assert!(
        ended.stdout.contains("the watch has ended") && ended.stdout.contains("A 90  recovered"),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    let kept = practise(&stand, &[], &format!("kubectl create configmap other\n{DEPLOY}\n"));
    assert!(kept.stdout.contains("F 0  catastrophic"), "{}{}", kept.stdout, kept.stderr);
}

#[test]
fn a_rewind_takes_files_back_too() {
    let stand = stand();
    let script = "echo before > mine\nmkdir -p kept && echo a > kept/a\n\
                  rm -r kept; echo after > mine; touch new; rm charts/paper/Chart.yaml; touch ~/new; kubectl create configmap other\n\
                  drill rewind --yes\ncat mine kept/a\nls new ~/new\nhead -c 7 charts/paper/Chart.yaml\n";
    let ended = practise(&stand, &[], script);
    let told = format!("{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("the cluster is, and the files are, as they were before"), "{told}");
    assert!(ended.stdout.contains("before\na\n"), "what was there is there again: {told}");
    assert_eq!(ended.stderr.matches("No such file").count(), 2, "what was new is gone: {told}");
    stand.assert_nothing_is_left();
}

#[test]
fn whatever_a_shell_starts_ends_with_it() {
    let stand = stand();
    let ended =
        practise(&stand, &[], "sleep 1000 &\nsetsid sleep 1000 &\n(nohup sleep 1000 &)\ndrill give-up\n");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stdout.contains("given up"), "{}", ended.stdout);
    stand.assert_nothing_is_left();
}

#[test]
fn a_practice_within_a_practice_is_one_of_its_own() {
    let stand = stand();
    let named = std::env::var_os("HELMDRILL_CACHE_DIR").map(std::path::PathBuf::from);
    let cache = named.or_else(helmdrill::tools::default_cache).expect("a cache").display().to_string();
    let inner = format!(
        "'{}' --offline --cache-dir '{cache}' --state-dir '{}' practice '{}' --helm 4.3.1 --history inner.jsonl",
        env!("CARGO_BIN_EXE_helmdrill"),
        stand.state().display(),
        stand.path("tiny.yaml").display()
    );
    let script =
        format!("echo 'helm upgrade note ./charts/paper' | {inner} > told; echo inner $?\ndrill check\n");
    let ended = practise(&stand, &[], &script);
    assert!(ended.stdout.contains("inner 0"), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.code, Some(1), "what the inner one repaired is not the outer one's: {}", ended.stdout);
    stand.assert_nothing_is_left();
}

#[test]
fn a_practice_without_an_input_ends_as_one_in_which_nothing_was_done() {
    let stand = stand();
    let line = format!("exec '{}' practice tiny.yaml --seed 1 <&-", env!("CARGO_BIN_EXE_helmdrill"));
    let mut command = Command::new("sh");
    command.args(["-c", &line]).current_dir(stand.folder.path());
    command.env("HELMDRILL_STATE_DIR", stand.state()).env("HELMDRILL_HISTORY", stand.path("history.jsonl"));
    let output = command.output().expect("sh starts");
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("What you did\n  nothing"), "{told}");
    stand.assert_nothing_is_left();
}

#[test]
fn the_time_limit_ends_a_shell_that_goes_on() {
    let stand = stand();
    let ended = practise(&stand, &["--time-limit", "1s"], "sleep 1000\n");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("the time was up") && ended.stderr.contains("the time is up"),
        "{}",
        ended.stdout
    );
    stand.assert_nothing_is_left();
}

#[test]
fn a_signal_ends_a_practice_and_leaves_nothing() {
    let signals = [(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGHUP, 143)];
    for (signal, code) in signals {
        let stand = stand();
        let args = ["practice", "tiny.yaml"];
        let mut child = start(&stand, &args, "setsid sleep 1000 &\necho ready\nsleep 1000\n");
        let stdout = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(stdout).lines();
        assert!(lines.any(|line| line.expect("it is text") == "ready"));
        kill(Pid::from_raw(i32::try_from(child.id()).expect("a pid")), signal).expect("it runs");
        assert_eq!(child.wait().expect("it ends").code(), Some(code), "{signal}");
        stand.assert_nothing_is_left();
    }
}

#[test]
fn what_cannot_be_practised_is_said_before_anything_starts() {
    let stand = stand();
    let quiet = TINY.replace("kubectl delete configmap note", "kubectl get configmap note");
    stand.write("quiet.yaml", quiet.replace("get configmap note", "get configmap note -o name"));
    let lines: [&[&str]; 7] = [
        &["practice"],
        &["practice", "tiny.yaml", "--next"],
        &["practice", "--next", "--family", "lockedreleases"],
        &["practice", "--random", "--difficulty", "6"],
        &["practice", "tiny.yaml", "--time-limit", "5x"],
        &["practice", "nowhere"],
        &["practice", "quiet.yaml", "--seed", "1"],
    ];
    let session: String =
        lines.iter().map(|args| stand.told(args, &stand.ended(&mut command(&stand, args)))).collect();
    shown("practice-refusals", &session);
    let elsewhere = stand.path("drill");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_helmdrill"), &elsewhere).expect("a link");
    let lost = stand.ended(Command::new(&elsewhere).arg("status"));
    assert_eq!(lost.code, Some(3));
    assert!(lost.stderr.contains("works in the shell of `helmdrill practice`"), "{}", lost.stderr);
}

#[test]
fn scores_are_kept_and_say_what_is_next() {
    let stand = stand();
    let ask = |args: &[&str]| stand.ended(&mut command(&stand, args));
    let none = ask(&["history"]);
    assert!(none.stdout.contains("nothing was practised yet"), "{}", none.stdout);
    practise(&stand, &[], &format!("{DEPLOY}\n"));
    let file = stand.path("history.jsonl");
    let half = std::fs::read_to_string(&file).expect("it was written") + "{\"format\":1,";
    std::fs::write(&file, half).expect("it is ours");
    practise(&stand, &[], "drill give-up\n");
    let ended = ask(&["history"]);
    let session = stand.told(&["history"], &ended);
    let own = session.lines().filter(|line| !line.contains(" 0  ") || line.contains("tiny"));
    shown("practice-history", &own.map(|line| format!("{line}\n")).collect::<String>());
    let told: serde_json::Value =
        serde_json::from_str(&ask(&["history", "--format", "json"]).stdout).expect("JSON");
    assert_eq!(told["drills"][0]["times"], 2);
    assert_eq!(told["unreadable-lines"], serde_json::json!([2]));
}

/// Breaks a release for others; the addresses that are told, once it is ready, and the helm that it was broken with.
fn left(stand: &Stand) -> (Child, Vec<String>, String) {
    let mut command = command(stand, &["inject", "tiny.yaml", "--leave", "theirs.yaml", "--seed", "1"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("helmdrill starts");
    let stdout = BufReader::new(child.stdout.as_mut().expect("it is piped"));
    let told: Vec<String> =
        stdout.lines().map(|line| line.expect("text")).take_while(|line| line != "ready").collect();
    let stderr = BufReader::new(child.stderr.as_mut().expect("it is piped"));
    let helm = stderr.lines().map(|line| line.expect("text")).find_map(|line| {
        let (_, path) = line.strip_prefix("helm ")?.split_once(": ")?;
        Some(path.to_owned())
    });
    (child, told, helm.expect("it says which helm it takes"))
}

/// Ctrl-C, and what is said from then on.
fn end(child: Child) -> Ended {
    kill(Pid::from_raw(i32::try_from(child.id()).expect("a pid")), Signal::SIGINT).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8(output.stdout).expect("text");
    Ended { code: output.status.code(), stdout, stderr: String::from_utf8_lossy(&output.stderr).into_owned() }
}

#[test]
fn a_release_that_is_left_to_others_is_graded_when_it_is_given_back() {
    let stand = stand();
    let (child, told, helm) = left(&stand);
    let kubeconfig = stand.path("theirs.yaml");
    let mode = std::os::unix::fs::PermissionsExt::mode(&kubeconfig.metadata().expect("a file").permissions());
    assert_eq!(mode & 0o777, 0o600, "nobody else may read it");
    let charts = told.iter().find_map(|line| line.strip_prefix("charts: ")).expect("where the charts are");
    let upgrade = ["upgrade", "note", &format!("{charts}/paper"), "-n", "production"];
    let upgraded =
        Command::new(helm).args(upgrade).env("KUBECONFIG", &kubeconfig).output().expect("it starts");
    assert!(upgraded.status.success(), "{}", String::from_utf8_lossy(&upgraded.stderr));
    let ended = end(child);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    assert!(
        ended.stdout.contains("A 100  recovered")
            && ended.stdout.contains("PATCH production/configmaps/note 201")
    );
    assert!(!kubeconfig.exists() && !stand.path("history.jsonl").exists());
    let ended = end(left(&stand).0);
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    stand.assert_nothing_is_left();
}
