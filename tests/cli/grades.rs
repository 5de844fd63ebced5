//! What drills come to: the report as text and as data, transcripts and their second grade, exit codes.

use crate::stand::{Ended, Stand, TINY, shown};
use serde_json::Value;

const ONE: [&str; 6] = ["run", "tiny.yaml", "--helm", "4.3.1", "--procedure", "deploy-again"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&ONE[..], more].concat()
}

fn data(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stdout))
}

#[test]
fn a_drill_alone_tells_its_story_on_stdout_and_its_phases_on_stderr() {
    let stand = Stand::new();
    let ended = stand.run(&with(&["--seed", "7"]));
    shown("story", &stand.told(&ONE, &ended));
    assert!(!ended.stdout.contains('\u{1b}') && !ended.stderr.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn the_data_of_a_run_say_all_that_a_program_asks() {
    let stand = Stand::new();
    let ended =
        stand.run(&["run", "tiny.yaml", "--format", "json", "--seed", "7", "--procedure", "do-nothing"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let run = data(&ended);
    assert_eq!((&run["format"], &run["seed"], &run["as_expected"]), (&1.into(), &7.into(), &true.into()));
    let drills = run["drills"].as_array().expect("a list");
    assert_eq!(drills.iter().map(|drill| &drill["helm"]).collect::<Vec<_>>(), ["3.17.3", "4.3.1"]);
    for drill in drills {
        let told =
            |field: &str| drill[field].as_str().unwrap_or_else(|| panic!("{field}: {drill}")).to_owned();
        assert_eq!((told("scenario"), told("variant")), ("tiny".to_owned(), String::new()));
        assert_eq!((told("procedure"), told("cluster")), ("do-nothing".to_owned(), "embedded".to_owned()));
        assert_eq!((told("verdict"), told("expected")), ("failed".to_owned(), "failed".to_owned()));
        assert_eq!((&drill["score"], &drill["as_expected"]), (&0.into(), &true.into()));
        assert_eq!((&drill["calls"], &drill["longest_outage_seconds"]), (&0.into(), &0.0.into()));
        let evidence = drill["evidence"].as_array().expect("a list");
        assert!(evidence.len() == 1 && evidence[0].to_string().contains("whole (-100): "), "{drill}");
        let (seconds, commands) = (drill["seconds"].as_f64(), drill["command_seconds"].as_f64());
        assert!(seconds.is_some_and(|seconds| seconds < 60.0), "{drill}");
        assert!(commands.is_some_and(|commands| commands > 0.0 && commands < 600.0), "{drill}");
    }
}

#[test]
fn a_transcript_is_graded_again_as_it_was() {
    let stand = Stand::new();
    let ran =
        stand.run(&with(&["--format", "json", "--transcripts", "kept/here", "--output", "also/report.json"]));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    let report = std::fs::read_to_string(stand.path("also/report.json")).expect("it is written");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let transcript = "kept/here/tiny-deploy-again-helm4.3.1.json";
    let again = stand.run(&["regrade", transcript, "--format", "json"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert_eq!(data(&again), report);
    let diff = stand.run(&["regrade", transcript, "--diff"]);
    assert!(
        diff.stdout.contains("--- what the fault did\n- configmaps production/note\n"),
        "{}",
        diff.stdout
    );
    assert!(
        diff.stdout.contains("--- what the recovery did\n+ configmaps production/note\n"),
        "{}",
        diff.stdout
    );
    let live = stand.run(&with(&["--diff"]));
    assert!(
        live.stdout.contains("--- what the fault did\n- configmaps production/note\n"),
        "{}",
        live.stdout
    );
}

#[test]
fn a_transcript_that_is_none_is_said_with_its_place() {
    let stand = Stand::new();
    assert_eq!(stand.run(&with(&["--transcripts", "kept"])).code, Some(0));
    let good =
        std::fs::read_to_string(stand.path("kept/tiny-deploy-again-helm4.3.1.json")).expect("it is written");
    assert!(good.contains(r#""transcript":{"format":1"#), "{good}");
    stand.write("short.json", good.get(..100).expect("it is longer"));
    stand.write("future.json", good.replace(r#""transcript":{"format":1"#, r#""transcript":{"format":99"#));
    stand.write("lines.json", "{\n  \"plan\": nothing\n}\n");
    stand.write("bytes.json", [0xff, 0x00]);
    let session: String = ["short.json", "future.json", "lines.json", "bytes.json", "missing.json"]
        .iter()
        .map(|file| stand.session(&[&["regrade", file]]))
        .collect();
    assert_eq!(session.matches("exit 2\n").count(), 5, "{session}");
    shown("wrong_transcripts", &session);
}

#[test]
fn a_drill_whose_fault_did_not_bite_is_inconclusive() {
    let stand = Stand::new();
    stand.scenario("tiny.yaml", "fails-with: not found", "fails-with: on fire");
    let ended = stand.run(&with(&["--format", "json"]));
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    let drill = &data(&ended)["drills"][0];
    assert_eq!((&drill["verdict"], &drill["as_expected"]), (&"inconclusive".into(), &false.into()));
}

#[test]
fn a_drill_that_comes_out_otherwise_than_expected_fails_the_run() {
    let stand = Stand::new();
    stand.scenario("tiny.yaml", "\"helm upgrade {release} {chart}\"", "kubectl get pods");
    let ended = stand.run(&ONE);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stdout.contains("NOT as expected: an upgrade makes what is missing"), "{}", ended.stdout);
    let again =
        ended.stdout.lines().find_map(|line| line.trim().strip_prefix("AGAIN ")).expect("it says how");
    let words: Vec<&str> = again.split_whitespace().skip(1).collect();
    assert_eq!(words[..2], ["run", "tiny.yaml"]);
    assert_eq!(stand.run(&words).code, Some(1), "the same comes of what it says");
}

#[test]
fn a_release_that_never_gets_healthy_is_no_drill() {
    let stand = Stand::new();
    stand.scenario("tiny.yaml", "  - helm install {release} {chart}\n", "  - \"false\"\n");
    let ended = stand.run(&ONE);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("no steady state: tiny.yaml:8: `false`: exit 1"), "{}", ended.stderr);
}

/// The small scenario with one more objective: what a command says in the end.
fn asking(command: &str) -> String {
    let more = format!("  - id: said\n    weight: 40\n    check: {{ command: {command} }}\nprocedures:");
    TINY.replace("weight: 100", "weight: 60").replace("procedures:", &more)
}

#[test]
fn a_command_is_asked_in_the_end_and_nothing_of_that_counts() {
    let stand = Stand::new();
    let scenario = asking("{ run: \"kubectl get cm note -o jsonpath='{.data.text}'\", says: ^hello$ }");
    stand.write("asks.yaml", scenario.replace("trips: [whole]", "trips: [whole, said]"));
    let ended = stand.run(&["run", "asks.yaml", "--seed", "7", "--helm", "4.3.1", "--transcripts", "kept"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let kept = "kept/tiny-deploy-again-helm4.3.1.json";
    let regraded = stand.run(&["regrade", kept, "--format", "json"]);
    let drill = &data(&regraded)["drills"][0];
    assert_eq!((&drill["score"], &drill["verdict"]), (&100.into(), &"recovered".into()), "{drill}");
    // Of the commands and calls of the recovery, none is the one that was asked.
    let story = stand.run(&["run", "asks.yaml", "--helm", "4.3.1", "--procedure", "do-nothing"]);
    assert_eq!(story.code, Some(0), "{}{}", story.stdout, story.stderr);
    assert!(story.stdout.contains("asked $ kubectl get cm note"), "{}", story.stdout);
    assert!(story.stdout.contains("0.0s to recover, 0 commands, 0 calls"), "{}", story.stdout);
    assert!(
        story.stdout.contains("ends with exit code 1, expected 0: Error from server (NotFound)"),
        "{}",
        story.stdout
    );
    stand.assert_nothing_is_left();
}

#[test]
fn a_command_that_is_to_look_and_changes_something_does_not_count_and_changes_nothing_of_the_drill() {
    let stand = Stand::new();
    stand.write("deletes.yaml", asking("{ run: kubectl delete configmap note }"));
    let ended = stand.run(&[
        "run",
        "deletes.yaml",
        "--helm",
        "4.3.1",
        "--procedure",
        "deploy-again",
        "--format",
        "json",
    ]);
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    let drill = &data(&ended)["drills"][0];
    let evidence = drill["evidence"].as_array().expect("a list");
    assert!(
        evidence.len() == 1 && evidence[0].to_string().contains("where it changes something: DELETE "),
        "{drill}"
    );
}
