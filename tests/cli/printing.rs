//! Where output goes: stdout is data, stderr is what happens; files that cannot be written, readers that go away,
//! terminals, help.

use crate::stand::{Stand, shown};
use std::fs::File;
use std::process::{Command, Stdio};

const ONE: [&str; 6] = ["run", "tiny.yaml", "--helm", "4.3.1", "--procedure", "look"];

fn plain(stand: &Stand, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helmdrill"));
    command.current_dir(stand.folder.path()).env("HELMDRILL_STATE_DIR", stand.state()).args(args);
    command
}

#[test]
fn a_report_that_has_no_place_is_known_before_the_drill_begins() {
    let stand = Stand::new();
    stand.write("file", "");
    let folder = stand.folder.path().display().to_string();
    let session: String = [["--output", &folder], ["--output", "file/report"], ["--transcripts", "file"]]
        .iter()
        .map(|more| stand.session(&[&[&ONE[..], more].concat()]))
        .collect();
    assert_eq!(session.matches("exit 3\n").count(), 3, "{session}");
    shown("no_place", &session);
    assert!(!stand.state().exists(), "none of them began to run");
}

#[test]
fn a_full_disk_under_stdout_is_an_error_and_a_reader_that_went_away_is_none() {
    let stand = Stand::new();
    for (args, code) in
        [(&["schema"][..], 0), (&["list"], 0), (&["--help"], 0), (&["lint", "."], 2), (&ONE, 0)]
    {
        // The reading end is closed before the process is started, so that every write meets it.
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = plain(&stand, args);
        command.stdout(writer.try_clone().expect("it is open")).stderr(writer);
        assert_eq!(command.status().expect("helmdrill starts").code(), Some(code), "{args:?}");
    }
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    let ended = plain(&stand, &["schema"]).stdout(full).output().expect("helmdrill starts");
    assert_eq!(ended.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("No space left"), "{ended:?}");
}

/// Runs helmdrill on a terminal of its own, which util-linux' `script` makes, and returns what that shows.
fn on_a_terminal(stand: &Stand, args: &[&str], no_color: bool) -> String {
    let line = format!("{} {}", env!("CARGO_BIN_EXE_helmdrill"), args.join(" "));
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).stdin(Stdio::null());
    command.current_dir(stand.folder.path()).env("HELMDRILL_STATE_DIR", stand.state()).env("TERM", "xterm");
    command.env_remove("NO_COLOR");
    if no_color {
        command.env("NO_COLOR", "1");
    }
    let ended = command.output().expect("script is part of every Debian and Ubuntu");
    let shown = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert_eq!(ended.status.code(), Some(0), "{shown}");
    shown
}

#[test]
fn on_a_terminal_a_story_is_told_once_in_colour_unless_that_is_not_wanted() {
    let stand = Stand::new();
    let told = on_a_terminal(&stand, &ONE, false);
    for word in ["SEED", "DEPLOY", "INJECT", "RECOVER", "VERIFY", "GRADE"] {
        assert_eq!(told.matches(word).count(), 1, "{word}: {told}");
    }
    assert!(told.contains("\u{1b}[31mfailed\u{1b}[0m"), "{told}");
    let plain = on_a_terminal(&stand, &ONE, true);
    assert!(plain.contains("failed;") && !plain.contains('\u{1b}'), "{plain}");
    let kept = on_a_terminal(&stand, &[&ONE[..], &["--output", "report.txt"]].concat(), false);
    assert_eq!(kept.matches("GRADE").count(), 1, "{kept}");
    let report = std::fs::read_to_string(stand.path("report.txt")).expect("it is written");
    assert!(report.contains("DEPLOY") && report.contains("GRADE") && !report.contains('\u{1b}'), "{report}");
}

#[test]
fn everything_that_prints_data_prints_it_as_json_too() {
    let stand = Stand::new();
    let data = |args: &[&str]| -> serde_json::Value {
        let ended = stand.run(args);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{args:?}");
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}"))
    };
    assert_eq!(
        data(&["lint", "tiny.yaml", "--format", "json"]),
        serde_json::json!({"scenarios": 1, "findings": []})
    );
    let shown = data(&["show", "tiny.yaml", "--format", "json"]);
    let procedure = &shown["variants"][0]["procedures"][0];
    assert_eq!((&procedure["name"], &procedure["role"]), (&"deploy-again".into(), &"reference".into()));
    assert_eq!(procedure["expected"]["helm4"]["verdict"], "recovered");
    assert!(shown.get("debrief").is_none(), "what spoils is not told unasked");
    assert!(data(&["show", "tiny.yaml", "--spoil", "--format", "json"]).get("debrief").is_some());
    let names: Vec<serde_json::Value> =
        serde_json::from_value(data(&["list", "--format", "json"])).expect("a list");
    assert!(names.iter().any(|one| one["name"] == "stuck-upgrade"));
    assert_eq!(data(&["schema"])["title"], "Scenario");
}

#[test]
fn a_form_is_asked_for_by_the_word_of_other_tools_too_and_never_becomes_a_file() {
    let stand = Stand::new();
    for args in [&["show", "tiny.yaml"][..], &["lint", "tiny.yaml"], &["list"]] {
        let said = |word| stand.run(&[args, &[word, "json"]].concat()).stdout;
        assert_eq!(said("--output"), said("--format"), "{args:?}");
    }
    for args in [&["run", "tiny.yaml"][..], &["report", "."], &["validate", "x.md"], &["diff", "a", "b"]] {
        let ended = stand.run(&[args, &["--output", "json"]].concat());
        assert_eq!(ended.code, Some(2), "{args:?}");
        assert!(ended.stderr.contains("asked for with `--format json`"), "{}", ended.stderr);
    }
    assert!(!stand.path("json").exists());
}

#[test]
fn a_scenario_is_told_without_what_spoils_it() {
    let stand = Stand::new();
    shown("told", &stand.session(&[&["show", "tiny.yaml"], &["lint", "tiny.yaml"]]));
}

#[test]
fn shells_are_given_completions() {
    let stand = Stand::new();
    for (shell, line) in
        [("bash", "complete -F _helmdrill"), ("zsh", "#compdef helmdrill"), ("fish", "complete -c helmdrill")]
    {
        let ended = stand.run(&["completions", shell]);
        assert!(ended.code == Some(0) && ended.stdout.contains(line), "{shell}: {}", ended.stdout);
        assert!(ended.stdout.contains("regrade"), "{shell}");
    }
    assert_eq!(stand.run(&["completions", "csh"]).code, Some(2));
}

#[test]
fn the_readme_shows_the_help_as_it_is() {
    let readme = include_str!("../../README.md");
    let block = readme.split("<!-- help -->").nth(1).expect("README.md marks the help");
    let block =
        block.trim().trim_start_matches("```text\n").trim_start_matches("```\n").trim_end_matches("```");
    assert_eq!(block.trim(), Stand::new().run(&["--help"]).stdout.trim());
}
