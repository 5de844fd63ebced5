//! Single commands of a script: their fields, assignments, redirections, functions, and where what they print goes.
//! What a program does is `applet`'s matter, control flow is `run`'s.

use super::applet::{self, Done};
use super::shell::{Flow, Shell};
use super::tree::{Node, Simple};
use super::words::{Unread, Word};
use std::collections::BTreeMap;
use std::time::Duration;

impl Shell {
    /// A command with its assignments and redirections.
    pub(super) fn simple(&mut self, simple: &Simple) -> Result<Flow, Unread> {
        let mut argv = Vec::new();
        for word in &simple.words {
            argv.extend(self.fields(word)?);
        }
        let mut before = BTreeMap::new();
        if argv.is_empty() {
            self.variables.insert("?".to_owned(), "0".to_owned());
        }
        for (name, value) in &simple.assignments {
            let value = self.text(value)?;
            before.insert(name.clone(), self.variables.insert(name.clone(), value));
        }
        // Of assignments alone, the last command in them says how they end.
        let status = self.variables.get("?").and_then(|code| code.parse().ok()).unwrap_or(0);
        let outer = self.stdin.clone();
        let Some(targets) = self.open(&simple.redirections)? else { return Ok(Flow::Code(1)) };
        if argv.is_empty() {
            return Ok(Flow::Code(status));
        }
        let start = self.now;
        let kept = targets[0].is_some().then(|| self.capture.replace(String::new()));
        let wanted = self.wanted;
        self.wanted &= targets[0].is_none();
        let done = self.call(&argv);
        self.wanted = wanted;
        let inner = kept.and_then(|kept| std::mem::replace(&mut self.capture, kept));
        let mut done = done?;
        done.out = inner.unwrap_or_default() + &done.out;
        self.pay(&done.out)?;
        self.deliver(&targets, &done, start);
        if simple.redirections.iter().any(|(sign, _)| sign.starts_with('<')) {
            self.stdin = outer;
        }
        for (name, value) in before {
            match value {
                Some(value) => self.variables.insert(name, value),
                None => self.variables.remove(&name),
            };
        }
        Ok(done.flow)
    }

    /// A function, or else a program.
    fn call(&mut self, argv: &[String]) -> Result<Done, Unread> {
        let Some(body) = self.functions.get(&argv[0]).cloned() else { return applet::run(self, argv) };
        let outer = self.set_arguments(&argv[1..]);
        let flow = self.run(&body)?;
        self.set_arguments(&outer);
        Ok(applet::flow(if let Flow::Return(code) = flow { Flow::Code(code) } else { flow }))
    }

    /// Sets `$1` and on; gives those before.
    pub(super) fn set_arguments(&mut self, arguments: &[String]) -> Vec<String> {
        let before = self.arguments();
        self.variables.retain(|name, _| name == "0" || !name.starts_with(|c: char| c.is_ascii_digit()));
        let named =
            arguments.iter().enumerate().map(|(place, value)| ((place + 1).to_string(), value.clone()));
        self.variables.extend(named);
        before
    }

    /// Anything else with its redirections.
    pub(super) fn redirected(
        &mut self,
        inner: &Node,
        redirections: &[(String, Word)],
    ) -> Result<Flow, Unread> {
        let outer = self.stdin.clone();
        let Some(targets) = self.open(redirections)? else { return Ok(Flow::Code(1)) };
        let flow = if targets[0].is_some() {
            let (flow, out) = self.captured(|shell| shell.run(inner))?;
            let now = self.now;
            self.deliver(&targets, &Done { flow, out, err: String::new() }, now);
            flow
        } else {
            self.run(inner)?
        };
        self.stdin = outer;
        Ok(flow)
    }

    /// Where the two outputs go, as paths; redirected files are there from the start of the command. `None` where a
    /// file that is to be read is not there.
    fn open(&mut self, redirections: &[(String, Word)]) -> Result<Option<[Option<String>; 2]>, Unread> {
        let mut targets: [Option<String>; 2] = [None, None];
        for (sign, word) in redirections {
            let path = self.text(word)?;
            let stream = usize::from(sign.starts_with('2'));
            if sign == "<<" {
                self.stdin = Some(path);
            } else if sign == "<" {
                self.stdin = if path == "/dev/null" { Some(String::new()) } else { self.file(&path) };
                if self.stdin.is_none() {
                    self.print(&format!("sh: can't open {path}: no such file\n"));
                    return Ok(None);
                }
            } else if sign.contains('&') {
                let as_is = ["/dev/stdout", "/dev/stderr"][1 - stream].to_owned();
                targets[stream] = Some(targets[1 - stream].clone().unwrap_or(as_is));
            } else {
                let kept = if sign.contains(">>") { self.file(&path) } else { None };
                if !is_device(&path) {
                    self.write(&path, Some(kept.unwrap_or_default()));
                }
                targets[stream] = Some(path);
            }
        }
        Ok(Some(targets))
    }

    /// Brings what a command printed to where it goes.
    pub(super) fn deliver(&mut self, targets: &[Option<String>; 2], done: &Done, start: Duration) {
        let end = std::mem::replace(&mut self.now, start);
        for (target, text) in targets.iter().zip([&done.out, &done.err]) {
            match target.as_deref() {
                Some("/dev/null") => {}
                Some(path) if !is_device(path) => {
                    let kept = self.file(path).unwrap_or_default();
                    self.write(path, Some(kept + text));
                }
                None if std::ptr::eq(text, &done.out) => self.output(text),
                Some("/dev/stdout") => self.output(text),
                Some(_) | None => self.print(text),
            }
        }
        self.now = end;
    }

    /// Standard output: into the log, or to whoever takes it.
    pub(super) fn output(&mut self, text: &str) {
        match &mut self.capture {
            Some(taken) => *taken += text,
            None => self.print(text),
        }
    }
}

/// Whether what is written there is no file; the file for the termination message is one.
fn is_device(path: &str) -> bool {
    (path.starts_with("/dev/") && path != "/dev/termination-log" && !path.starts_with("/dev/shm/"))
        || path.starts_with("/proc/")
}
