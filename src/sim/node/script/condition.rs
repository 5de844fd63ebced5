//! What `test` and `[` ask: strings, whole numbers, files.

use super::applet::{Done, code};
use super::shell::{Flow, Shell};
use super::words::Unread;

/// `test` with its words.
pub(super) fn test(shell: &Shell, args: &[String]) -> Result<Done, Unread> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let exists = |path: &str| shell.file(path).is_some();
    let folder = |path: &str| {
        let inside = format!("{}/", path.trim_end_matches('/'));
        shell.timeline.files_at(shell.now).keys().any(|file| file.starts_with(&inside))
    };
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| Unread);
    let holds = match words.as_slice() {
        ["!", rest @ ..] => {
            let rest: Vec<String> = rest.iter().map(|word| (*word).to_owned()).collect();
            test(shell, &rest)?.flow != Flow::Code(0)
        }
        [] => false,
        [left @ .., "-o", _] | [left @ .., "-o", _, _] | [left @ .., "-o", _, _, _] if !left.is_empty() => {
            either(shell, left, &words[left.len() + 1..])?.contains(&true)
        }
        [left @ .., "-a", _] | [left @ .., "-a", _, _] | [left @ .., "-a", _, _, _] if !left.is_empty() => {
            !either(shell, left, &words[left.len() + 1..])?.contains(&false)
        }
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

/// What two sides of `-a` or `-o` come to.
fn either(shell: &Shell, left: &[&str], right: &[&str]) -> Result<[bool; 2], Unread> {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let holds = |words: &[&str]| Ok(test(shell, &owned(words))?.flow == Flow::Code(0));
    Ok([holds(left)?, holds(right)?])
}
