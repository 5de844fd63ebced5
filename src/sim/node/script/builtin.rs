//! The shell's own words: those that change its variables, options, traps and jobs, and a shell within it. What programs
//! do is `applet`'s matter.

use super::applet::{Done, code, flow};
use super::shell::{Flow, Shell};
use super::words::Unread;

/// `export NAME=value`.
pub(super) fn declare(shell: &mut Shell, args: &[String]) -> Done {
    for (name, value) in args.iter().filter_map(|arg| arg.split_once('=')) {
        shell.variables.insert(name.to_owned(), value.to_owned());
    }
    code(0)
}

/// `set -e`, `set -eu`, `set -- a b`.
pub(super) fn set(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
    for (place, arg) in args.iter().enumerate() {
        match arg.as_str() {
            "--" => {
                shell.set_arguments(&args[place + 1..]);
                break;
            }
            "pipefail" => {}
            "-x" => return Err(Unread),
            flags if flags.starts_with('-') => shell.errexit |= flags.contains('e'),
            flags if flags.starts_with('+') => shell.errexit &= !flags.contains('e'),
            _ => return Err(Unread),
        }
    }
    Ok(code(0))
}

/// `read a b`: a line of the input in its fields; it fails where there is none.
pub(super) fn read(shell: &mut Shell, names: &[&str]) -> Done {
    let input = shell.stdin.take().unwrap_or_default();
    let (line, rest) = input.split_once('\n').unwrap_or((&input, ""));
    let mut fields = line.trim();
    for (place, name) in names.iter().enumerate() {
        let (field, left) = match fields.split_once(char::is_whitespace) {
            Some((field, left)) if place + 1 < names.len() => (field, left.trim_start()),
            _ => (fields, ""),
        };
        shell.variables.insert((*name).to_owned(), field.to_owned());
        fields = left;
    }
    let ended = !input.contains('\n');
    shell.stdin = Some(rest.to_owned());
    code(i64::from(ended))
}

/// The code with which the last command ended.
pub(super) fn status(shell: &Shell) -> Option<i64> {
    shell.variables.get("?")?.parse().ok()
}

/// `sh -c SCRIPT NAME ARGUMENT...`; a shell without a script reads its input, which is empty where there is no
/// terminal.
pub(super) fn nested(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
    let Some((flag, rest)) = args.split_first() else {
        let input = shell.stdin.take().unwrap_or_default();
        return Ok(flow(shell.script(&input)?));
    };
    if !flag.starts_with('-') || flag.starts_with("--") || flag.contains('x') {
        return Err(Unread);
    }
    if !flag.contains('c') {
        shell.errexit |= flag.contains('e');
        return if rest.is_empty() { Ok(code(0)) } else { nested(shell, rest) };
    }
    let Some((script, names)) = rest.split_first() else { return Ok(code(2)) };
    let variables = shell.variables.clone();
    let errexit = std::mem::replace(&mut shell.errexit, flag.contains('e'));
    let guarded = std::mem::take(&mut shell.guarded);
    shell.set_arguments(names.get(1..).unwrap_or_default());
    shell.variables.insert("0".to_owned(), names.first().map_or("sh", String::as_str).to_owned());
    let ended = shell.script(script)?;
    (shell.variables, shell.errexit, shell.guarded) = (variables, errexit, guarded);
    Ok(flow(ended))
}

/// `trap ACTION SIGNAL...`: only what SIGTERM does to the container matters.
pub(super) fn trap(shell: &mut Shell, args: &[String]) -> Done {
    if let Some((action, signals)) = args.split_first()
        && signals.iter().any(|signal| matches!(signal.as_str(), "TERM" | "SIGTERM" | "15"))
    {
        let words: Vec<&str> = action.split_whitespace().collect();
        shell.timeline.on_term = match words.as_slice() {
            [] | ["-"] => None,
            [.., "exit", code] => Some(code.parse().unwrap_or(0)),
            [.., "exit"] => Some(0),
            _ => Some(143),
        };
    }
    code(0)
}

/// `wait`: until all background jobs have ended.
pub(super) fn wait(shell: &mut Shell) -> Done {
    for end in std::mem::take(&mut shell.jobs) {
        match end {
            Some(end) => shell.now = shell.now.max(end),
            None => return flow(Flow::Forever),
        }
    }
    code(0)
}
