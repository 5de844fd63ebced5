//! Programs that make, read, move and list files, as busybox has them. What lies in an image itself is not known: what
//! copies it is taken to do so, and nothing is there afterwards.

use super::applet::{Done, code, printed};
use super::connect::brief;
use super::shell::{Flow, Shell};
use super::words::Unread;
use std::collections::BTreeSet;

/// The programs that [`run`] knows.
pub(super) const NAMES: [&str; 8] = ["cat", "cp", "ls", "mkdir", "mv", "rm", "tee", "touch"];

/// Runs one of them.
pub(super) fn run(shell: &mut Shell, name: &str, args: &[String]) -> Result<Done, Unread> {
    let is_flag = |arg: &&str| arg.starts_with('-') && arg.len() > 1;
    let plain: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !is_flag(arg)).collect();
    let flags: String = args.iter().map(String::as_str).filter(is_flag).collect();
    Ok(match name {
        "cat" => cat(shell, &plain),
        "cp" | "mv" => transfer(shell, name == "mv", &plain),
        "ls" => return list(shell, &plain, &flags),
        "mkdir" => {
            for path in &plain {
                shell.write(&format!("{}/", path.trim_end_matches('/')), Some(String::new()));
            }
            code(0)
        }
        "rm" => remove(shell, &plain, &flags),
        "tee" => {
            let input = shell.stdin.take().unwrap_or_default();
            for path in &plain {
                let kept = if flags.contains('a') { shell.file(path) } else { None };
                shell.write(path, Some(kept.unwrap_or_default() + &input));
            }
            printed(input)
        }
        _ => {
            for path in &plain {
                let kept = shell.file(path).unwrap_or_default();
                shell.write(path, Some(kept));
            }
            code(0)
        }
    })
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

fn remove(shell: &mut Shell, paths: &[&str], flags: &str) -> Done {
    let mut done = code(0);
    for path in paths {
        let inside = inside(shell, path);
        if shell.file(path).is_some() {
            shell.write(path, None);
        } else if flags.contains(['r', 'R']) && !inside.is_empty() {
            inside.iter().for_each(|path| shell.write(path, None));
        } else if !flags.contains('f') {
            done.flow = Flow::Code(1);
            done.err += &format!("rm: can't remove '{path}': No such file or directory\n");
        }
    }
    done
}

/// `cp` and `mv`: a file to a name or into a folder, a folder with all that is in it.
fn transfer(shell: &mut Shell, moves: bool, paths: &[&str]) -> Done {
    let Some((to, sources)) = paths.split_last() else { return code(1) };
    let into = to.ends_with('/') || sources.len() > 1 || !inside(shell, to).is_empty();
    let to = to.trim_end_matches('/');
    for source in sources {
        // `from/.` is what lies in a folder, without the folder.
        let (whole, source) = match source.strip_suffix("/.") {
            Some(folder) => (false, folder),
            None => (true, source.trim_end_matches('/')),
        };
        let name = source.rsplit('/').next().unwrap_or(source);
        let target = if into && whole { format!("{to}/{name}") } else { to.to_owned() };
        let mut taken: Vec<(String, String)> = inside(shell, source)
            .into_iter()
            .map(|path| (format!("{target}{}", &path[source.len()..]), path))
            .collect();
        taken.extend(shell.file(source).map(|_| (target, source.to_owned())));
        for (target, path) in taken {
            let text = shell.file(&path);
            shell.write(&target, text);
            if moves {
                shell.write(&path, None);
            }
        }
    }
    code(0)
}

/// `ls` of folders of which something is known, one name a line as where nobody looks at a terminal.
fn list(shell: &Shell, paths: &[&str], flags: &str) -> Result<Done, Unread> {
    let [path] = paths else { return brief(shell) };
    if flags.chars().any(|flag| !matches!(flag, '-' | '1' | 'A')) {
        return brief(shell);
    }
    if shell.file(path).is_some() {
        return Ok(printed(format!("{path}\n")));
    }
    let folder = format!("{}/", path.trim_end_matches('/'));
    let names: BTreeSet<String> = inside(shell, path)
        .iter()
        .filter_map(|path| path[folder.len()..].split('/').next().map(str::to_owned))
        .filter(|name| !name.is_empty() && (flags.contains('A') || !name.starts_with('.')))
        .collect();
    // Where nothing is known to be, the image may have something.
    if names.is_empty() {
        return brief(shell);
    }
    Ok(printed(names.into_iter().map(|name| name + "\n").collect()))
}

/// The paths of all that is known to lie in a folder, the mark of an empty one included.
fn inside(shell: &Shell, folder: &str) -> Vec<String> {
    let folder = format!("{}/", folder.trim_end_matches('/'));
    let files = shell.timeline.files_at(shell.now).into_keys();
    files.filter(|path| path.starts_with(&folder)).collect()
}
