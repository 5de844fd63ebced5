//! What single commands do, as busybox has them: the few that decide whether a container runs, ends, listens or
//! has a file. Control flow is `run`'s matter.

use super::Listener;
use super::run::{Flow, Shell};
use super::words::Unread;
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
const BRIEF: [&str; 30] = [
    "awk", "chmod", "chown", "cp", "cut", "date", "df", "du", "env", "find", "free", "head", "hostname",
    "id", "ln", "ls", "mv", "nslookup", "ping", "ps", "pwd", "readlink", "sed", "sort", "stat", "sync", "tr",
    "uname", "wget", "whoami",
];

/// Further programs of busybox that are not interpreted.
const OTHERS: [&str; 24] = [
    "ash",
    "base64",
    "crond",
    "dd",
    "expr",
    "ftpd",
    "grep",
    "gunzip",
    "gzip",
    "kill",
    "killall",
    "less",
    "md5sum",
    "mktemp",
    "mount",
    "seq",
    "sha256sum",
    "su",
    "tar",
    "telnetd",
    "timeout",
    "top",
    "vi",
    "xargs",
];

/// Programs that [`run`] interprets, the shell's own words included.
const READ: [&str; 33] = [
    ":", "[", "busybox", "cat", "cd", "echo", "eval", "exec", "exit", "export", "false", "httpd", "mkdir",
    "nc", "printf", "read", "return", "rm", "set", "sh", "sleep", "tail", "tee", "test", "touch", "trap",
    "true", "umask", "unset", "usleep", "wait", "which", "yes",
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

fn code(code: i64) -> Done {
    Done { flow: Flow::Code(code), out: String::new(), err: String::new() }
}

fn flow(flow: Flow) -> Done {
    Done { flow, ..code(0) }
}

fn printed(out: String) -> Done {
    Done { out, ..code(0) }
}

fn failed(status: i64, err: String) -> Done {
    Done { err, ..code(status) }
}

/// Runs one command.
pub(super) fn run(shell: &mut Shell, argv: &[String], input: Option<&str>) -> Result<Done, Unread> {
    let args = &argv[1..];
    let plain: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with('-')).collect();
    let first = plain.first().copied();
    let number = first.and_then(|arg| arg.parse::<i64>().ok());
    Ok(match base(&argv[0]) {
        "true" | ":" | "umask" | "export" | "unset" | "cd" | "which" => code(0),
        "false" => code(1),
        "echo" => printed(echo(args)),
        "printf" => printed(printf(args)?),
        "sleep" => return sleep(shell, &plain),
        "exit" | "return" => flow(Flow::Exit(number.or_else(|| status(shell)).unwrap_or(0) & 0xff)),
        "exec" if !args.is_empty() => {
            let done = run(shell, args, input)?;
            Done { flow: if let Flow::Code(code) = done.flow { Flow::Exit(code) } else { done.flow }, ..done }
        }
        "sh" | "ash" | "bash" => return nested(shell, args, input),
        "busybox" if !args.is_empty() => return run(shell, args, input),
        "cat" => cat(shell, &plain, input),
        "tee" => {
            for path in &plain {
                shell.write(path, Some(input.unwrap_or_default().to_owned()));
            }
            printed(input.unwrap_or_default().to_owned())
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
        "test" | "[" => test(shell, args.strip_suffix(&["]".to_owned()]).unwrap_or(args))?,
        "httpd" => httpd(shell, args),
        "nc" if args.iter().any(|arg| arg.starts_with("-l")) => listen(shell, args)?,
        "tail" if args.iter().any(|arg| arg.starts_with('-') && arg.to_lowercase().contains('f')) => {
            flow(Flow::Forever)
        }
        "yes" => flow(Flow::Forever),
        "trap" => trap(shell, args),
        "set" => {
            shell.errexit |= args.iter().any(|arg| arg.starts_with('-') && arg.contains('e'));
            code(0)
        }
        "wait" => wait(shell),
        name if BRIEF.contains(&name) => code(0),
        _ if shell.known && missing(&argv[0]) => failed(127, format!("sh: {}: not found\n", argv[0])),
        _ => return Err(Unread),
    })
}

fn status(shell: &Shell) -> Option<i64> {
    shell.variables.get("?")?.parse().ok()
}

fn echo(args: &[String]) -> String {
    let (args, end) = match args.split_first() {
        Some((flag, rest)) if flag == "-n" => (rest, ""),
        Some((flag, rest)) if flag == "-e" => (rest, "\n"),
        _ => (args, "\n"),
    };
    args.join(" ") + end
}

/// Only what needs no conversion but `%s` and `%d`.
fn printf(args: &[String]) -> Result<String, Unread> {
    let (format, values) = args.split_first().ok_or(Unread)?;
    let mut text = format.replace("\\n", "\n").replace("\\t", "\t");
    for value in values {
        let at = text.find("%s").or_else(|| text.find("%d")).ok_or(Unread)?;
        text.replace_range(at..at + 2, value);
    }
    if text.replace("%%", "").contains('%') { Err(Unread) } else { Ok(text.replace("%%", "%")) }
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

/// `sh -c SCRIPT`; a shell without a script reads its input, which is empty where there is no terminal.
fn nested(shell: &mut Shell, args: &[String], input: Option<&str>) -> Result<Done, Unread> {
    let Some((flag, rest)) = args.split_first() else {
        return Ok(flow(shell.script(input.unwrap_or_default())?));
    };
    if !flag.starts_with('-') || flag.starts_with("--") {
        return Err(Unread);
    }
    shell.errexit |= flag.contains('e');
    match rest.first() {
        Some(script) if flag.contains('c') => Ok(flow(shell.script(script)?)),
        Some(_) => nested(shell, rest, input),
        None => Ok(code(0)),
    }
}

fn cat(shell: &Shell, paths: &[&str], input: Option<&str>) -> Done {
    if paths.is_empty() {
        return printed(input.unwrap_or_default().to_owned());
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

fn test(shell: &Shell, args: &[String]) -> Result<Done, Unread> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let exists = |path: &str| shell.file(path).is_some();
    let folder = |path: &str| {
        let inside = format!("{}/", path.trim_end_matches('/'));
        shell.timeline.files_at(shell.now).keys().any(|file| file.starts_with(&inside))
    };
    let number = |text: &str| text.parse::<i64>().map_err(|_| Unread);
    let holds = match words.as_slice() {
        ["!", rest @ ..] => {
            let rest: Vec<String> = rest.iter().map(|word| (*word).to_owned()).collect();
            test(shell, &rest)?.flow != Flow::Code(0)
        }
        [] => false,
        [word] => !word.is_empty(),
        ["-f" | "-r", path] => exists(path),
        ["-e", path] => exists(path) || folder(path),
        ["-d", path] => folder(path),
        ["-s", path] => shell.file(path).is_some_and(|text| !text.is_empty()),
        ["-z", word] => word.is_empty(),
        ["-n", word] => !word.is_empty(),
        [a, "=" | "==", b] => a == b,
        [a, "!=", b] => a != b,
        [a, "-eq", b] => number(a)? == number(b)?,
        [a, "-ne", b] => number(a)? != number(b)?,
        [a, "-lt", b] => number(a)? < number(b)?,
        [a, "-le", b] => number(a)? <= number(b)?,
        [a, "-gt", b] => number(a)? > number(b)?,
        [a, "-ge", b] => number(a)? >= number(b)?,
        _ => return Err(Unread),
    };
    Ok(code(i64::from(!holds)))
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
