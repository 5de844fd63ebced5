//! What single commands do, as busybox has them: the few that decide whether a container runs, ends, listens or
//! has a file. The shell's own words are `builtin`'s matter, control flow is `run`'s.

use super::builtin::{declare, nested, read, set, status, trap, wait};
use super::programs::{BRIEF, base, missing};
use super::shell::{Flow, Shell};
use super::words::Unread;
use super::{Listener, condition, connect, date, fetch, filing, filter, say};
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
        "read" => read(shell, &plain),
        "test" | "[" => condition::test(shell, args.strip_suffix(&["]".to_owned()]).unwrap_or(args))?,
        "date" => return date::date(shell, args),
        "httpd" => httpd(shell, args),
        "nc" if args.iter().any(|arg| arg.starts_with("-l")) => listen(shell, args)?,
        "nc" => return connect::nc(shell, args),
        "nslookup" => return connect::nslookup(shell, args),
        "wget" => return fetch::wget(shell, args),
        "curl" if !shell.known => return fetch::curl(shell, args),
        "tail" if args.iter().any(|arg| arg.starts_with('-') && arg.to_lowercase().contains('f')) => {
            flow(Flow::Forever)
        }
        "yes" => flow(Flow::Forever),
        "trap" => trap(shell, args),
        "set" => set(shell, args)?,
        "wait" => wait(shell),
        name if filing::NAMES.contains(&name) => return filing::run(shell, name, args),
        name if filter::NAMES.contains(&name) => return filter::run(shell, name, args),
        name if BRIEF.contains(&name) => return connect::brief(shell),
        _ if shell.known && missing(&argv[0]) => failed(127, format!("sh: {}: not found\n", argv[0])),
        _ => return Err(Unread),
    })
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
