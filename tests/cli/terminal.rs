//! Practice at a real terminal of eighty columns and twenty-four lines, as it is over ssh: the prompt, Ctrl-C, questions,
//! the ways to leave, and a terminal that is as it was afterwards.

use crate::stand::{Stand, TINY};
use rexpect::session::{Options, PtySession, spawn_with_options};
use std::process::Command;

/// For how long something may take that must happen, in milliseconds.
const PATIENCE: u64 = 100_000;
const STORY: &str = "story: Somebody has deleted the note. Bring it back.\n";

/// helmdrill at a terminal; the shell that started it says at the end how it ended, and how the terminal is then.
fn terminal(stand: &Stand, args: &str, environment: &[(&str, &str)]) -> PtySession {
    stand
        .write("tiny.yaml", TINY.replace(STORY, &format!("{STORY}hints: [ Helm makes what is missing. ]\n")));
    let line = format!(
        "stty rows 24 cols 80 echo; '{}' practice tiny.yaml --seed 1 {args}; echo ended with $?; stty -a",
        env!("CARGO_BIN_EXE_helmdrill")
    );
    let mut command = Command::new("sh");
    command.args(["-c", &line]).current_dir(stand.folder.path());
    command.env("HELMDRILL_STATE_DIR", stand.state()).env("HELMDRILL_HISTORY", stand.path("history.jsonl"));
    command.env("TERM", "xterm").env_remove("NO_COLOR").envs(environment.iter().copied());
    let options = Options::new().timeout_ms(Some(PATIENCE));
    spawn_with_options(command, options).expect("a terminal")
}

/// Waits for the prompt and types a line.
fn type_in(session: &mut PtySession, line: &str) -> String {
    let seen = prompt(session);
    session.send_line(line).expect("it listens");
    seen
}

fn prompt(session: &mut PtySession) -> String {
    session.exp_regex(r"drill \d\d:\d\d \$ ").expect("a prompt").0
}

/// What is said from here to the end, and the code.
fn end(session: &mut PtySession) -> (String, String) {
    let (told, code) = session.exp_regex(r"ended with \d+").expect("it ends");
    let terminal = session.exp_eof().expect("the terminal is closed");
    assert!(
        terminal.contains(" icanon") && terminal.contains(" echo "),
        "the terminal is as it was: {terminal}"
    );
    (told, code)
}

fn assert_fits(text: &str) {
    for line in text
        .lines()
        .filter(|line| !line.contains(": /") && !line.contains("/drill-") && !line.contains('\u{1b}'))
    {
        assert!(line.trim_end().chars().count() <= 80, "{line:?} is too long");
    }
}

#[test]
fn a_person_recovers_at_a_terminal_in_colour() {
    let stand = Stand::new();
    let mut session = terminal(&stand, "", &[]);
    let story = type_in(&mut session, "stty size");
    session.exp_string("24 80").expect("the size of the terminal");
    type_in(&mut session, "sleep 1000 &");
    prompt(&mut session);
    // What says that it runs has the terminal: a Ctrl-C that comes before that may reach the shell alone.
    session.send_line(r#"sh -c 'echo run""ning; exec sleep 1000' ; true"#).expect("it listens");
    session.exp_string("running").expect("a command in front");
    session.send_control('c').expect("it listens");
    type_in(&mut session, "drill hint");
    session.exp_string("Take it? [y/N] ").expect("a question");
    session.send_line("y").expect("it listens");
    session.exp_string("Helm makes what is missing.").expect("the hint");
    type_in(&mut session, "helm upgrade note ./charts/paper > /dev/null");
    prompt(&mut session);
    session.send_control('d').expect("it listens");
    let (told, code) = end(&mut session);
    assert_eq!(code, "ended with 0", "{told}");
    assert!(told.contains("\u{1b}[32m") && told.contains("hint 1"), "{told}");
    assert_fits(&(story + &told));
    stand.assert_nothing_is_left();
}

#[test]
fn without_colour_nothing_is_coloured_and_done_ends_it() {
    let stand = Stand::new();
    let mut session = terminal(&stand, "", &[("NO_COLOR", "1"), ("TERM", "dumb")]);
    let story = type_in(&mut session, "drill check");
    session.exp_string("NOT  whole").expect("what does not hold");
    type_in(&mut session, "bash");
    session.send_line("drill done").expect("it listens");
    let (told, code) = end(&mut session);
    assert_eq!(code, "ended with 1", "{told}");
    assert!(!story.contains('\u{1b}') && !told.contains('\u{1b}'), "{story}{told}");
    assert_fits(&told);
    stand.assert_nothing_is_left();
}

#[test]
fn a_terminal_that_changes_its_size_is_followed() {
    let stand = Stand::new();
    let mut session = terminal(&stand, "", &[]);
    // Whoever is in front is told of it by SIGWINCH; what goes on behind is not disturbed.
    type_in(&mut session, "sleep 1000 & stty rows 20 cols 60");
    type_in(&mut session, "echo now $COLUMNS by $LINES");
    session.exp_string("now 60 by 20").expect("the new size");
    type_in(&mut session, "drill status");
    prompt(&mut session);
    session.send_control('d').expect("it listens");
    let (told, code) = end(&mut session);
    assert_eq!(code, "ended with 1", "{told}");
    stand.assert_nothing_is_left();
}

#[test]
fn the_time_limit_gives_the_terminal_back() {
    let stand = Stand::new();
    let mut session = terminal(&stand, "--time-limit 2s", &[]);
    type_in(&mut session, "cat");
    let (told, code) = end(&mut session);
    assert_eq!(code, "ended with 1", "{told}");
    assert!(told.contains("the time is up"), "{told}");
    stand.assert_nothing_is_left();
}

#[test]
fn a_terminal_that_goes_away_is_no_recovery_that_is_graded() {
    let stand = Stand::new();
    let mut session = terminal(&stand, "", &[]);
    // What the kernel tells the shell of a terminal that is closed.
    type_in(&mut session, "kill -HUP $$");
    let (told, code) = end(&mut session);
    assert_eq!(code, "ended with 143", "{told}");
    assert!(told.contains("the terminal has gone away"), "{told}");
    let history = std::fs::read_to_string(stand.path("history.jsonl")).expect("it was looked at beforehand");
    assert_eq!(history, "", "nobody has recovered anything");
    stand.assert_nothing_is_left();
}
