//! What is to be run of a block of code: output is left out, a script stays whole, and comments that offer a choice are
//! heard. A session is `session`'s to read, and what a line looks like `lines`' to say.

use super::headings::{self, Role};
use super::lines::{begins_a_command, is_printed, is_prompted, is_prompted_as_root};
use super::session::session;
use super::text::Lifted;
use super::variants::told_apart;
use crate::shell::{Piece, commands, pieces, unended};
use regex::Regex;
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

/// Flags and names that say nothing of what a command is about.
static SILENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"--(?:namespace|version|wait|output|timeout)\b|[$<{]+(?i:kube_?)?(?i:namespace)\b|\bNAMESPACE=",
    )
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

/// What is in a block.
pub(super) fn read(script: &Lifted, language: Language) -> Vec<Found> {
    if script.text.starts_with("#!") {
        return vec![one(script.clone())];
    }
    let prompts = script.text.lines().any(is_prompted);
    if prompts || (language == Language::Console && script.text.lines().any(is_prompted_as_root)) {
        return session(script, language == Language::Console);
    }
    let found = statements(script);
    match found.iter().any(ends_the_shell) {
        true => whole(script, found),
        false => told_apart(found),
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
    kept.push(one(script.part(0..end)));
    kept
}

/// A text as one statement, whether it comes to an end or not.
fn one(script: Lifted) -> Found {
    match unended(&script.text) {
        Some(_) => Found::Unfinished(script),
        None => Found::Statement(script),
    }
}

/// What the words of a command say of the matter.
pub(super) fn spoken(script: &str) -> String {
    SILENT.replace_all(script, "").into_owned()
}

fn statements(script: &Lifted) -> Vec<Found> {
    let mut found = Vec::new();
    let (mut at, mut output) = (0, Printing::No);
    // What is printed follows no rules of the shell: behind such a line everything is read anew.
    while let Some(next) = statements_from(script, at, &mut output, &mut found) {
        at = next;
    }
    found
}

/// Whether a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Printing {
    No,
    /// Until a blank line or a command.
    Lines,
    /// Up to the end: the notes of a chart name commands themselves.
    Notes,
}

/// Reads statements; gives back where to begin again behind a line that is output.
fn statements_from(
    script: &Lifted,
    at: usize,
    output: &mut Printing,
    found: &mut Vec<Found>,
) -> Option<usize> {
    for piece in pieces(&script.text[at..]) {
        let bytes = match &piece {
            Piece::Blank if *output == Printing::Notes => continue,
            Piece::Blank => {
                *output = Printing::No;
                continue;
            }
            Piece::Comment(bytes) | Piece::Statement(bytes) | Piece::Unfinished(bytes) => {
                at + bytes.start..at + bytes.end
            }
        };
        let text = &script.text[bytes.clone()];
        let line = text.lines().next().unwrap_or_default();
        let printed = match output {
            Printing::Notes => true,
            _ if matches!(piece, Piece::Comment(_)) => false,
            Printing::Lines => !begins_a_command(line),
            Printing::No => is_printed(line),
        };
        if printed {
            let notes = *output == Printing::Notes || line.starts_with("NOTES:");
            *output = if notes { Printing::Notes } else { Printing::Lines };
            found.push(Found::Output(line.to_owned()));
            if line.len() < text.len() {
                return Some(bytes.start + line.len());
            }
            continue;
        }
        *output = Printing::No;
        found.push(match piece {
            Piece::Comment(_) => {
                if headings::is_output(text) {
                    *output = Printing::Lines;
                }
                said(text)
            }
            Piece::Unfinished(_) => Found::Unfinished(script.part(bytes)),
            Piece::Statement(_) | Piece::Blank => Found::Statement(script.part(bytes)),
        });
    }
    None
}

/// What a comment is.
pub(super) fn said(comment: &str) -> Found {
    let text = comment.trim_start_matches(['#', '-', '=', ' ']).trim_end_matches(['#', '-', '=', ' ']);
    if headings::role(text) == Role::Alternative {
        Found::Way(text.to_owned())
    } else if headings::is_or(text) {
        Found::Or
    } else {
        Found::Said(text.to_owned())
    }
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
    fn what_a_command_prints_is_known_without_prompts() {
        let block = "helm upgrade web ./c\nRelease \"web\" has been upgraded. It's fine\nNAME: web\nLAST DEPLOYED: now\n\n\
                     kubectl get po\nNAME    READY   STATUS\nweb-0   0/1     Can't pull\nkubectl delete po web-0\npod \"web-0\" deleted\n\
                     helm rollback web 1\nError: release: it isn't there\n";
        let commands: Vec<String> =
            told(block, Language::Shell).into_iter().filter(|one| !one.starts_with("out: ")).collect();
        assert_eq!(
            commands,
            ["helm upgrade web ./c", "kubectl get po", "kubectl delete po web-0", "helm rollback web 1"]
        );
        let notes = "helm install web ./c\nNOTES:\nRun this:\n\nexport POD=x\nkubectl port-forward $POD\n";
        assert_eq!(told(notes, Language::Shell).len(), 5);
        assert_eq!(told(notes, Language::Shell)[4], "out: kubectl port-forward $POD");
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
        let open = "set -e\nhelm list\necho \"x\n";
        assert_eq!(told(open, Language::Shell), [format!("unfinished: {}", open.trim_end())]);
    }
}
