//! What is to be run of a block of code: prompts are taken away, a console's output is left out, a script stays whole,
//! and comments that offer a choice are heard.

use super::headings::{self, Role};
use super::text::Lifted;
use crate::shell::{Piece, commands, pieces};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// What a block holds, in order.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// Something to run.
    Statement(Lifted),
    /// What a comment says.
    Said(String),
    /// A comment that begins one of several ways.
    Way(String),
    /// A comment that says `or`: what follows may be done instead of the statement before.
    Or,
    /// A line that is output.
    Output(String),
    /// A statement that nobody ends.
    Unfinished(Lifted),
}

/// What the language of a block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// It is shell.
    Shell,
    /// It is a session: commands behind prompts, and what they print.
    Console,
    /// Nothing; it may be shell.
    Unsaid,
    /// It is something else.
    Other,
}

/// Programs by which a block is known to be shell, and by which a line is known not to be output.
const PROGRAMS: [&str; 42] = [
    "helm", "kubectl", "k", "kubectx", "kubens", "stern", "watch", "git", "curl", "wget", "argocd", "flux",
    "gh", "export", "echo", "cat", "for", "while", "if", "set", "cd", "ls", "jq", "yq", "grep", "sleep",
    "diff", "sudo", "mkdir", "rm", "cp", "mv", "tee", "base64", "docker", "velero", "helmfile", "oc",
    "source", "unset", "time", "k9s",
];

static PROMPT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:\([\w.-]+\)\s*)?(?:[\w.-]+@[\w.-]+[:\s][^$#%>]*|~|/[\w/.-]*|\[[^\]]*\])?\s?(?:\$|%|❯|➜|λ)\s+(?P<line>\S.*)$")
        .expect("a pattern of ours is one")
});
static ROOT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[\w.-]+@[\w.-]+[:\s]?[^$#%>]*|\[[^\]]*\])?[#>]\s+(?P<line>[a-z]\S*(?:\s.*)?)$")
        .expect("a pattern of ours is one")
});

/// What the info string of a fence says.
pub(super) fn language(info: &str) -> Language {
    let word = word(info);
    match word.as_str() {
        "bash" | "sh" | "shell" | "zsh" | "shellscript" | "ksh" | "dash" => Language::Shell,
        "console" | "shell-session" | "shellsession" | "sh-session" | "bash-session" | "terminal"
        | "session" | "term" => Language::Console,
        "" => Language::Unsaid,
        _ => Language::Other,
    }
}

/// The language as it is counted.
pub(super) fn word(info: &str) -> String {
    let first = info.trim().trim_start_matches(['{', '.', ' ']);
    let first = first.split(|c: char| c.is_whitespace() || "{},:=".contains(c)).next().unwrap_or_default();
    first.to_ascii_lowercase()
}

/// Whether a block that does not say so looks like shell.
pub(super) fn looks_like_shell(script: &str) -> bool {
    let mut lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().is_some_and(|line| PROMPT.is_match(line) || begins_a_command(line))
}

/// What is in a block.
pub(super) fn read(script: &Lifted, language: Language) -> Vec<Found> {
    if script.text.starts_with("#!") {
        return vec![Found::Statement(script.clone())];
    }
    let prompts = script.text.lines().any(|line| PROMPT.is_match(line));
    if prompts || (language == Language::Console && script.text.lines().any(|line| ROOT.is_match(line))) {
        return session(script, language == Language::Console);
    }
    let found = statements(script);
    match found.iter().any(ends_the_shell) {
        true => whole(script, found),
        false => found,
    }
}

/// `set -e`, `exit` and traps mean the shell in which a whole block runs.
fn ends_the_shell(found: &Found) -> bool {
    let Found::Statement(script) = found else { return false };
    commands(&script.text).iter().any(|simple| match simple.program() {
        "exit" | "trap" | "exec" => true,
        "set" => simple.arguments().any(|word| word.starts_with("-e") || word == "-euo" || word == "errexit"),
        _ => false,
    })
}

/// The whole block as one statement, with what its comments say.
fn whole(script: &Lifted, found: Vec<Found>) -> Vec<Found> {
    let mut kept: Vec<Found> = found.into_iter().filter(|one| matches!(one, Found::Said(_))).collect();
    let end = script.text.trim_end().len();
    kept.push(Found::Statement(script.part(0..end)));
    kept
}

fn statements(script: &Lifted) -> Vec<Found> {
    let mut found = Vec::new();
    let mut output = false;
    for piece in pieces(&script.text) {
        match piece {
            Piece::Blank => output = false,
            Piece::Comment(bytes) => {
                let comment = &script.text[bytes];
                output = headings::is_output(comment);
                found.push(said(comment));
            }
            Piece::Statement(bytes) if output && !begins_a_command(&script.text[bytes.clone()]) => {
                found.push(Found::Output(script.text[bytes].to_owned()));
            }
            Piece::Statement(bytes) => {
                output = false;
                found.push(Found::Statement(script.part(bytes)));
            }
            Piece::Unfinished(bytes) => found.push(Found::Unfinished(script.part(bytes))),
        }
    }
    found
}

fn said(comment: &str) -> Found {
    let text = comment.trim_start_matches(['#', '-', '=', ' ']).trim_end_matches(['#', '-', '=', ' ']);
    if headings::role(text) == Role::Alternative {
        Found::Way(text.to_owned())
    } else if headings::is_or(text) {
        Found::Or
    } else {
        Found::Said(text.to_owned())
    }
}

fn begins_a_command(line: &str) -> bool {
    let line = line.trim_start();
    let first = line.split(|c: char| c.is_whitespace() || c == ';').next().unwrap_or_default();
    let assigns = first.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    PROGRAMS.contains(&first) || assigns || first.starts_with("./")
}

/// A session: every prompt begins a command, which goes on until it is complete; the other lines are output.
fn session(script: &Lifted, root: bool) -> Vec<Found> {
    let mut found = Vec::new();
    let mut running: Option<Lifted> = None;
    let mut at = 0;
    for line in script.text.split_inclusive('\n') {
        let from = at;
        at += line.len();
        let body = line.trim_end_matches(['\n', '\r']);
        if let Some(mut command) = running.take() {
            let more = body.strip_prefix("> ").unwrap_or(body);
            let skip = body.len() - more.len();
            command.add("\n", script.origin(from));
            command.add(more, script.origin(from + skip));
            running = complete(command, &mut found);
            continue;
        }
        match command(body, root) {
            Some(bytes) if body[bytes.clone()].starts_with('#') => found.push(said(&body[bytes])),
            Some(bytes) => {
                let mut command = Lifted::default();
                command.add(&body[bytes.clone()], script.origin(from + bytes.start));
                running = complete(command, &mut found);
            }
            None if body.trim_start().starts_with('#') => found.push(said(body.trim())),
            None if body.trim().is_empty() => {}
            None => found.push(Found::Output(body.to_owned())),
        }
    }
    found.extend(running.map(Found::Unfinished));
    found
}

/// Takes a command that is complete; gives back one that goes on.
fn complete(command: Lifted, found: &mut Vec<Found>) -> Option<Lifted> {
    let goes_on = command.text.ends_with('\\')
        || pieces(&command.text).iter().any(|piece| matches!(piece, Piece::Unfinished(_)));
    if goes_on {
        return Some(command);
    }
    found.push(Found::Statement(command));
    None
}

/// The command of a line of a session, where it has a prompt.
fn command(line: &str, root: bool) -> Option<Range<usize>> {
    let found = PROMPT.captures(line).or_else(|| ROOT.captures(line).filter(|_| root));
    found.and_then(|found| found.name("line")).map(|line| line.range())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(script: &str, language: Language) -> Vec<String> {
        let mut lifted = Lifted::default();
        lifted.add(script, 0);
        let each = read(&lifted, language).into_iter().map(|found| match found {
            Found::Statement(script) => script.text,
            Found::Said(text) => format!("# {text}"),
            Found::Way(text) => format!("way: {text}"),
            Found::Or => "or".to_owned(),
            Found::Output(text) => format!("out: {text}"),
            Found::Unfinished(script) => format!("unfinished: {}", script.text),
        });
        each.collect()
    }

    #[test]
    fn the_commands_of_a_session_stand_behind_prompts_and_the_rest_is_output() {
        let session =
            "$ helm list \\\n>   -A\nNAME  STATUS\nmyapp failed\nops@box:~$ kubectl get po\n# done\n";
        let wanted =
            ["helm list \\\n  -A", "out: NAME  STATUS", "out: myapp failed", "kubectl get po", "# done"];
        assert_eq!(told(session, Language::Shell), wanted);
        assert_eq!(told("# helm list\nNAME\n", Language::Console), ["helm list", "out: NAME"]);
    }

    #[test]
    fn comments_offer_ways_and_announce_output() {
        let script =
            "# Option A: go back\nhelm rollback x\n# or\nhelm uninstall x\n\n# Output:\nSTATUS: ok\n\nls\n";
        let wanted = ["way: Option A: go back", "helm rollback x", "or", "helm uninstall x", "# Output:"];
        assert_eq!(told(script, Language::Shell)[..5], wanted);
        assert_eq!(told(script, Language::Shell)[5..], ["out: STATUS: ok", "ls"]);
    }

    #[test]
    fn a_script_that_may_end_its_shell_stays_whole() {
        let script = "# all or nothing\nset -e\nhelm test x\nhelm list\n";
        assert_eq!(told(script, Language::Shell), ["# all or nothing", script.trim_end()]);
        assert_eq!(told("#!/bin/bash\nls\n", Language::Shell), ["#!/bin/bash\nls\n"]);
    }

    #[test]
    fn a_block_without_a_language_is_shell_where_it_begins_like_it() {
        for (script, shell) in [
            ("helm history myapp\n", true),
            ("$ anything\n", true),
            ("X=1\nls", true),
            ("Error: UPGRADE FAILED: another operation\n", false),
            ("apiVersion: v1\nkind: x\n", false),
        ] {
            assert_eq!(looks_like_shell(script), shell, "{script}");
        }
    }
}
