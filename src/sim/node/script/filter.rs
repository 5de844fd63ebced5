//! Commands that make text of text: `grep`, `wc`, `head`, `seq` and their likes, as busybox has them.

use super::applet::{Done, code, failed, printed};
use super::arithmetic;
use super::shell::{Flow, Shell};
use super::words::Unread;

/// The commands that [`run`] knows.
pub(super) const NAMES: [&str; 15] = [
    "basename", "cut", "dirname", "expr", "grep", "head", "hostname", "printenv", "pwd", "seq", "sort",
    "tail", "uniq", "wc", "whoami",
];

/// Runs one of them.
pub(super) fn run(shell: &mut Shell, name: &str, args: &[String]) -> Result<Done, Unread> {
    let plain: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with('-')).collect();
    let no_flags = plain.len() == args.len();
    Ok(match (name, plain.as_slice()) {
        ("basename", [path]) if no_flags => {
            printed(format!("{}\n", path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()))
        }
        ("dirname", [path]) if no_flags => {
            let parent = path.trim_end_matches('/').rsplit_once('/').map_or(".", |(parent, _)| parent);
            printed(format!("{}\n", if parent.is_empty() { "/" } else { parent }))
        }
        ("hostname", []) if no_flags => return variable(shell, "HOSTNAME"),
        ("printenv", [name]) if no_flags => return variable(shell, name),
        ("pwd", []) => return Err(Unread),
        ("whoami", []) => return Err(Unread),
        ("seq", _) => seq(args)?,
        ("expr", _) => expr(args)?,
        ("grep", _) => grep(shell, args)?,
        ("wc", _) => wc(shell, args)?,
        ("head" | "tail", _) => ends(shell, name == "head", args)?,
        ("cut", _) => cut(shell, args)?,
        ("sort", _) if no_flags => {
            let text = read(shell, &plain)?;
            let mut lines: Vec<&str> = text.lines().collect();
            lines.sort_unstable();
            printed(joined(lines))
        }
        ("uniq", _) if no_flags => {
            let text = read(shell, &plain)?;
            let mut lines: Vec<&str> = text.lines().collect();
            lines.dedup();
            printed(joined(lines))
        }
        _ => return Err(Unread),
    })
}

/// Lines as a text.
fn joined<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    lines.into_iter().map(|line| format!("{line}\n")).collect()
}

fn variable(shell: &Shell, name: &str) -> Result<Done, Unread> {
    Ok(shell.variables.get(name).map_or_else(|| code(1), |value| printed(format!("{value}\n"))))
}

/// The files, or the input where none is named; a file that is not there is not read.
fn read(shell: &mut Shell, paths: &[&str]) -> Result<String, Unread> {
    if paths.is_empty() || paths == ["-"] {
        return Ok(shell.stdin.take().unwrap_or_default());
    }
    paths.iter().map(|path| shell.file(path).ok_or(Unread)).collect()
}

fn seq(args: &[String]) -> Result<Done, Unread> {
    let numbers: Result<Vec<i64>, _> = args.iter().map(|arg| arg.parse::<i64>()).collect();
    let (first, step, last) = match numbers.map_err(|_| Unread)?.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] if *step != 0 => (*first, *step, *last),
        _ => return Err(Unread),
    };
    let count = last.saturating_sub(first).checked_div(step).unwrap_or(-1);
    if count > 100_000 {
        return Err(Unread);
    }
    Ok(printed((0..=count).map(|place| format!("{}\n", first + place * step)).collect()))
}

/// `expr 1 + 2`: its code says whether the result is neither nothing nor zero.
fn expr(args: &[String]) -> Result<Done, Unread> {
    let known = |arg: &str| arg.parse::<i64>().is_ok() || ["+", "-", "*", "/", "%", "(", ")"].contains(&arg);
    let result = match args {
        [a, sign, b] if sign == "=" || sign == "!=" => i64::from((a == b) == (sign == "=")),
        [a, sign, b] if ["<", "<=", ">", ">="].contains(&sign.as_str()) => {
            let sum = format!("{a} {sign} {b}");
            arithmetic::evaluate(&sum, &mut std::collections::BTreeMap::new())?
        }
        sum if sum.iter().all(|arg| known(arg)) => {
            arithmetic::evaluate(&sum.join(" "), &mut std::collections::BTreeMap::new())?
        }
        _ => return Err(Unread),
    };
    Ok(Done { flow: Flow::Code(i64::from(result == 0)), ..printed(format!("{result}\n")) })
}

/// `grep`, for patterns that are plain text but for `^` and `$` at their ends.
fn grep(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
    let flags: String = args.iter().filter_map(|arg| arg.strip_prefix('-')).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with('-')).collect();
    let (pattern, paths) = words.split_first().ok_or(Unread)?;
    let special =
        if flags.contains('F') { &[][..] } else { &['*', '.', '[', '\\', '+', '?', '(', '|', '{'][..] };
    if pattern.contains(special) || flags.contains(|c| !"qivcFEs".contains(c)) || paths.len() > 1 {
        return Err(Unread);
    }
    let text = match paths {
        [path] if shell.file(path).is_none() => {
            return Ok(failed(2, format!("grep: {path}: No such file or directory\n")));
        }
        paths => read(shell, paths)?,
    };
    let case = |text: &str| if flags.contains('i') { text.to_lowercase() } else { text.to_owned() };
    let anchored = !flags.contains('F');
    let front = pattern.strip_prefix('^').filter(|_| anchored);
    let back = front.unwrap_or(pattern).strip_suffix('$').filter(|_| anchored);
    let plain = case(back.or(front).unwrap_or(pattern));
    let fits = |line: &&str| {
        let line = case(line);
        let found = match (front.is_some(), back.is_some()) {
            (true, true) => line == plain,
            (true, false) => line.starts_with(&plain),
            (false, true) => line.ends_with(&plain),
            (false, false) => line.contains(&plain),
        };
        found != flags.contains('v')
    };
    let found: Vec<&str> = text.lines().filter(fits).collect();
    let out = match (flags.contains('q'), flags.contains('c')) {
        (true, _) => String::new(),
        (false, true) => format!("{}\n", found.len()),
        (false, false) => joined(found.iter().copied()),
    };
    Ok(Done { flow: Flow::Code(i64::from(found.is_empty())), ..printed(out) })
}

/// `wc -l`, `-w`, `-c` of the input.
fn wc(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
    let [flag] = args else { return Err(Unread) };
    let text = read(shell, &[])?;
    let count = match flag.as_str() {
        "-l" => text.matches('\n').count(),
        "-w" => text.split_whitespace().count(),
        "-c" => text.len(),
        _ => return Err(Unread),
    };
    Ok(printed(format!("{count}\n")))
}

/// `head -n 3`, `tail -3`.
fn ends(shell: &mut Shell, head: bool, args: &[String]) -> Result<Done, Unread> {
    let (count, paths) = match args {
        [flag, count, paths @ ..] if flag == "-n" => (count.as_str(), paths),
        [flag, paths @ ..] if flag.starts_with('-') => {
            (flag.trim_start_matches("-n").trim_start_matches('-'), paths)
        }
        paths => ("10", paths),
    };
    let count: usize = count.parse().map_err(|_| Unread)?;
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    if paths.len() > 1 {
        return Err(Unread);
    }
    let text = read(shell, &paths)?;
    let lines: Vec<&str> = text.lines().collect();
    let skipped = if head { 0 } else { lines.len().saturating_sub(count) };
    Ok(printed(joined(lines.into_iter().skip(skipped).take(count))))
}

/// `cut -d: -f1`.
fn cut(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
    let mut words = args.iter();
    let (mut by, mut field) = ("\t", None);
    while let Some(word) = words.next() {
        let (flag, value) = word.split_at_checked(2).ok_or(Unread)?;
        let value = if value.is_empty() { words.next().ok_or(Unread)?.as_str() } else { value };
        match flag {
            "-d" => by = value,
            "-f" => field = Some(value.parse::<usize>().map_err(|_| Unread)?),
            _ => return Err(Unread),
        }
    }
    let place = field.and_then(|field| field.checked_sub(1)).ok_or(Unread)?;
    let text = read(shell, &[])?;
    let taken = text
        .lines()
        .map(|line| if line.contains(by) { line.split(by).nth(place).unwrap_or_default() } else { line });
    Ok(printed(joined(taken)))
}
