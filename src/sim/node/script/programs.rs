//! Which programs busybox has, and how far they are known: interpreted, brief and without a say, or not read at all.

/// Programs that do their work at once and whose output nothing depends on.
pub(super) const BRIEF: [&str; 18] = [
    "awk", "chmod", "chown", "df", "du", "env", "find", "free", "id", "ln", "ping", "ps", "readlink", "sed",
    "stat", "sync", "tr", "uname",
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

/// Programs that `applet` interprets, the shell's own words included.
const READ: [&str; 58] = [
    ":", "[", "ash", "basename", "break", "busybox", "cat", "cd", "continue", "cp", "cut", "date", "dirname",
    "echo", "eval", "exec", "exit", "export", "expr", "false", "grep", "head", "hostname", "httpd", "local",
    "ls", "mkdir", "mv", "nc", "nslookup", "printenv", "printf", "pwd", "read", "return", "rm", "seq", "set",
    "sh", "shift", "sleep", "sort", "tail", "tee", "test", "timeout", "touch", "trap", "true", "umask",
    "uniq", "unset", "usleep", "wait", "wc", "wget", "which", "whoami",
];

/// Whether busybox has no such program.
pub(super) fn missing(program: &str) -> bool {
    let base = base(program);
    let folder = &program[..program.len() - base.len()];
    let known = [&BRIEF[..], &OTHERS, &READ].iter().any(|list| list.contains(&base));
    !known || !["", "/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"].contains(&folder)
}

/// The name of a program without its folder.
pub(super) fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}
