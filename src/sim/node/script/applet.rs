//! What single commands do, as busybox has them: the few that decide whether a container runs, ends, listens or
//! has a file. Control flow is `run`'s matter.

use super::run::{Flow, Shell};
use super::words::Unread;
use super::{Listener, condition, date, filter, say};
use std::time::Duration;

/// What a command did.
pub(super) struct Done {
    /// How it ended.
    pub(super) flow: Flow,
    /// Standard output.
    pub(super) out: String,
    /// Standard error.
    pub(super) err: String,
}

/// Programs that do their work at once and whose output nothing depends on.
const BRIEF: [&str; 23] = [
    "awk", "chmod", "chown", "cp", "df", "du", "env", "find", "free", "id", "ln", "ls", "mv", "nslookup",
    "ping", "ps", "readlink", "sed", "stat", "sync", "tr", "uname", "wget",
];

/// Further programs of busybox that are not interpreted.
const OTHERS: [&str; 19] = [
    "base64",
    "crond",
    "dd",
    "ftpd",
    "gunzip",
    "gzip",
    "kill",
    "killall",
    "less",
    "md5sum",
    "mktemp",
    "mount",
    "sha256sum",
    "su",
    "tar",
    "telnetd",
    "top",
    "vi",
    "xargs",
];

/// Programs that [`run`] interprets, the shell's own words included.
const READ: [&str; 53] = [
    ":", "[", "ash", "basename", "break", "busybox", "cat", "cd", "continue", "cut", "date", "dirname",
    "echo", "eval", "exec", "exit", "export", "expr", "false", "grep", "head", "hostname", "httpd", "local",
    "mkdir", "nc", "printenv", "printf", "pwd", "read", "return", "rm", "seq", "set", "sh", "shift", "sleep",
    "sort", "tail", "tee", "test", "timeout", "touch", "trap", "true", "umask", "uniq", "unset", "usleep",
    "wait", "wc", "which", "whoami",
];

/// Whether busybox has no such program.
pub(super) fn missing(program: &str) -> bool {
    let base = base(program);
    let folder = &program[..program.len() - base.len()];
    let known = [&BRIEF[..], &OTHERS, &READ].iter().any(|list| list.contains(&base));
    !known || !["", "/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"].contains(&folder)
}

fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// What ends with a code, and says nothing.
pub(super) fn code(code: i64) -> Done {
    Done { flow: Flow::Code(code), out: String::new(), err: String::new() }
}

/// What ends in a way of its own.
pub(super) fn flow(flow: Flow) -> Done {
    Done { flow, ..code(0) }
}

/// What prints, and is well.
pub(super) fn printed(out: String) -> Done {
    Done { out, ..code(0) }
}

/// What fails with a message.
pub(super) fn failed(status: i64, err: String) -> Done {
    Done { err, ..code(status) }
}

/// Runs one command.
pub(super) fn run(shell: &mut Shell, argv: &[String]) -> Result<Done, Unread> {
    let args = &argv[1..];
    let plain: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with('-')).collect();
    let first = plain.first().copied();
    let number = first.and_then(|arg| arg.parse::<i64>().ok());
    let loops = u32::try_from(number.unwrap_or(1)).map_err(|_| Unread)?;
    Ok(match base(&argv[0]) {
        "true" | ":" | "umask" | "cd" | "which" => code(0),
        "false" => code(1),
        "export" | "local" | "readonly" => declare(shell, args),
        "unset" => {
            plain.iter().for_each(|name| drop(shell.variables.remove(*name)));
            code(0)
        }
        "echo" => printed(say::echo(args)?),
        "printf" => printed(say::printf(args)?),
        "sleep" => return sleep(shell, &plain),
        "exit" => flow(Flow::Exit(number.or_else(|| status(shell)).unwrap_or(0) & 0xff)),
        "return" => flow(Flow::Return(number.or_else(|| status(shell)).unwrap_or(0) & 0xff)),
        "break" => flow(Flow::Break(loops)),
        "continue" => flow(Flow::Continue(loops)),
        "eval" => flow(shell.script(&args.join(" "))?),
        "shift" => {
            let arguments = shell.arguments();
            shell.set_arguments(arguments.get(loops as usize..).unwrap_or_default());
            code(0)
        }
        "exec" if !args.is_empty() => {
            let done = run(shell, args)?;
            Done { flow: if let Flow::Code(code) = done.flow { Flow::Exit(code) } else { done.flow }, ..done }
        }
        "sh" | "ash" | "bash" => return nested(shell, args),
        "busybox" if !args.is_empty() => return run(shell, args),
        "timeout" => return limited(shell, args),
        "cat" => cat(shell, &plain),
        "read" => read(shell, &plain),
        "tee" => {
            let input = shell.stdin.take().unwrap_or_default();
            for path in &plain {
                let kept = if args.iter().any(|arg| arg == "-a") { shell.file(path) } else { None };
                shell.write(path, Some(kept.unwrap_or_default() + &input));
            }
            printed(input)
        }
        "touch" => {
            for path in &plain {
                let kept = shell.file(path).unwrap_or_default();
                shell.write(path, Some(kept));
            }
            code(0)
        }
        "mkdir" => {
            for path in &plain {
                shell.write(&format!("{}/", path.trim_end_matches('/')), Some(String::new()));
            }
            code(0)
        }
        "rm" => remove(shell, &plain, args.iter().any(|arg| arg.starts_with('-') && arg.contains('f'))),
        "test" | "[" => condition::test(shell, args.strip_suffix(&["]".to_owned()]).unwrap_or(args))?,
        "date" => return date::date(shell, args),
        "httpd" => httpd(shell, args),
        "nc" if args.iter().any(|arg| arg.starts_with("-l")) => listen(shell, args)?,
        "tail" if args.iter().any(|arg| arg.starts_with('-') && arg.to_lowercase().contains('f')) => {
            flow(Flow::Forever)
        }
        "yes" => flow(Flow::Forever),
        "trap" => trap(shell, args),
        "set" => set(shell, args)?,
        "wait" => wait(shell),
        name if filter::NAMES.contains(&name) => return filter::run(shell, name, args),
        // Nothing is known of what they print, so nothing may depend on it.
        name if BRIEF.contains(&name) && !shell.wanted => code(0),
        _ if shell.known && missing(&argv[0]) => failed(127, format!("sh: {}: not found\n", argv[0])),
        _ => return Err(Unread),
    })
}

/// `export NAME=value`.
fn declare(shell: &mut Shell, args: &[String]) -> Done {
    for (name, value) in args.iter().filter_map(|arg| arg.split_once('=')) {
        shell.variables.insert(name.to_owned(), value.to_owned());
    }
    code(0)
}

/// `set -e`, `set -eu`, `set -- a b`.
fn set(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
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
fn read(shell: &mut Shell, names: &[&str]) -> Done {
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

/// `timeout 5 command`: what takes longer is ended.
fn limited(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
    let (span, command) = args.split_first().filter(|(_, command)| !command.is_empty()).ok_or(Unread)?;
    let start = shell.now;
    sleep(shell, &[span])?;
    let end = std::mem::replace(&mut shell.now, start);
    let done = run(shell, command)?;
    if shell.now <= end && done.flow != Flow::Forever {
        return Ok(done);
    }
    shell.now = end;
    shell.timeline.prints.retain(|(at, _)| *at <= end);
    shell.timeline.files.retain(|(at, _, _)| *at <= end);
    shell.timeline.chorus = None;
    if shell.timeline.listens.iter().any(|(at, _)| *at >= start) {
        return Err(Unread);
    }
    Ok(code(143))
}

fn status(shell: &Shell) -> Option<i64> {
    shell.variables.get("?")?.parse().ok()
}

fn sleep(shell: &mut Shell, spans: &[&str]) -> Result<Done, Unread> {
    let mut total = 0.0;
    for span in spans {
        if *span == "infinity" || *span == "inf" {
            return Ok(flow(Flow::Forever));
        }
        let digits = span.trim_end_matches(['s', 'm', 'h', 'd']);
        let unit = match &span[digits.len()..] {
            "" | "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return Err(Unread),
        };
        total += digits.parse::<f64>().map_err(|_| Unread)? * unit;
    }
    let span = Duration::try_from_secs_f64(total).map_err(|_| Unread)?;
    shell.now = shell.now.saturating_add(span);
    Ok(code(0))
}

/// `sh -c SCRIPT NAME ARGUMENT...`; a shell without a script reads its input, which is empty where there is no
/// terminal.
fn nested(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
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

fn cat(shell: &mut Shell, paths: &[&str]) -> Done {
    if paths.is_empty() {
        return printed(shell.stdin.take().unwrap_or_default());
    }
    let mut done = code(0);
    for path in paths {
        match shell.file(path) {
            Some(text) => done.out += &text,
            None => {
                done.flow = Flow::Code(1);
                done.err += &format!("cat: can't open '{path}': No such file or directory\n");
            }
        }
    }
    done
}

fn remove(shell: &mut Shell, paths: &[&str], force: bool) -> Done {
    let mut done = code(0);
    for path in paths {
        if shell.file(path).is_some() {
            shell.write(path, None);
        } else if !force {
            done.flow = Flow::Code(1);
            done.err += &format!("rm: can't remove '{path}': No such file or directory\n");
        }
    }
    done
}

/// The value of an option, given as `-p 80` or `-p80`.
fn option<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    let place = args.iter().position(|arg| arg.starts_with(name))?;
    match &args[place][name.len()..] {
        "" => args.get(place + 1).map(String::as_str),
        value => Some(value),
    }
}

/// `httpd -f -p 8080 -h /www`; without `-f` it goes on in the background.
fn httpd(shell: &mut Shell, args: &[String]) -> Done {
    let port =
        option(args, "-p").and_then(|value| value.rsplit(':').next()).and_then(|port| port.parse().ok());
    let root = option(args, "-h").unwrap_or("/").to_owned();
    shell.timeline.listens.push((shell.now, Listener { port: port.unwrap_or(80), root: Some(root) }));
    if args.iter().any(|arg| arg == "-f" || arg == "-fv" || arg == "-vf") {
        flow(Flow::Forever)
    } else {
        shell.jobs.push(None);
        code(0)
    }
}

fn listen(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
    let port = option(args, "-p").and_then(|value| value.parse().ok());
    let combined = args.iter().position(|arg| arg.starts_with("-l") && arg.ends_with('p'));
    let combined = combined.and_then(|place| args.get(place + 1)).and_then(|value| value.parse().ok());
    let last = args.last().and_then(|value| value.parse().ok());
    let port = port.or(combined).or(last).ok_or(Unread)?;
    shell.timeline.listens.push((shell.now, Listener { port, root: None }));
    Ok(flow(Flow::Forever))
}

/// `trap ACTION SIGNAL...`: only what SIGTERM does to the container matters.
fn trap(shell: &mut Shell, args: &[String]) -> Done {
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

fn wait(shell: &mut Shell) -> Done {
    for end in std::mem::take(&mut shell.jobs) {
        match end {
            Some(end) => shell.now = shell.now.max(end),
            None => return flow(Flow::Forever),
        }
    }
    code(0)
}
