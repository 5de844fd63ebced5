//! Runs a syntax tree on a simulated clock: control flow, redirections, background jobs, endless loops. What a
//! single command does is `applet`'s matter.

use super::applet::{self, Done};
use super::parse::{Node, Simple, parse};
use super::words::Unread;
use super::{Chorus, Timeline};
use std::collections::BTreeMap;
use std::time::Duration;

/// More commands than this are not followed.
const BUDGET: u32 = 20_000;

/// What a program finds when it starts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    /// Files by absolute path.
    pub(crate) files: BTreeMap<String, String>,
    /// Environment variables.
    pub(crate) variables: BTreeMap<String, String>,
    /// Whether every program of the image is known (busybox), so that an unknown name is a missing program.
    pub(crate) known: bool,
}

/// What came of reading a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was read to its end.
    Ran(Timeline),
    /// It is not interpreted.
    Opaque,
    /// The program is not in the image.
    Missing,
}

/// How a piece of script leaves off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// It ended with this code and the script goes on.
    Code(i64),
    /// The shell ends with this code.
    Exit(i64),
    /// It never ends.
    Forever,
}

/// A shell on its way through a script.
pub(super) struct Shell {
    pub(super) now: Duration,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) timeline: Timeline,
    pub(super) known: bool,
    pub(super) errexit: bool,
    /// When each background job ends; `None` for never.
    pub(super) jobs: Vec<Option<Duration>>,
    budget: u32,
}

/// Reads what a command does.
pub(crate) fn interpret(argv: &[String], machine: Machine) -> Outcome {
    if argv.is_empty() {
        return Outcome::Opaque;
    }
    if machine.known && applet::missing(&argv[0]) {
        return Outcome::Missing;
    }
    let files = machine.files.into_iter().map(|(path, text)| (Duration::ZERO, path, Some(text))).collect();
    let timeline = Timeline { files, ..Timeline::default() };
    let mut shell = Shell {
        now: Duration::ZERO,
        variables: machine.variables,
        timeline,
        known: machine.known,
        errexit: false,
        jobs: Vec::new(),
        budget: BUDGET,
    };
    let Ok(done) = applet::run(&mut shell, argv, None) else { return Outcome::Opaque };
    shell.print(&done.out);
    shell.print(&done.err);
    shell.timeline.exit = match done.flow {
        Flow::Code(code) | Flow::Exit(code) => Some((shell.now, code)),
        Flow::Forever => None,
    };
    shell.timeline.prints.sort_by_key(|(at, _)| *at);
    Outcome::Ran(shell.timeline)
}

impl Shell {
    /// Runs a script text as `sh -c` does.
    pub(super) fn script(&mut self, text: &str) -> Result<Flow, Unread> {
        if text.trim().is_empty() {
            return Ok(Flow::Code(0));
        }
        let node = parse(text)?;
        Ok(match self.run(&node, None)? {
            Flow::Exit(code) => Flow::Code(code),
            other => other,
        })
    }

    /// Adds standard output or error.
    pub(super) fn print(&mut self, text: &str) {
        if !text.is_empty() {
            self.timeline.prints.push((self.now, text.to_owned()));
        }
    }

    /// Writes a file.
    pub(super) fn write(&mut self, path: &str, text: Option<String>) {
        self.timeline.files.push((self.now, path.to_owned(), text));
        self.timeline.files.sort_by_key(|(at, _, _)| *at);
    }

    /// The content of a file, where there is one.
    pub(super) fn file(&self, path: &str) -> Option<String> {
        self.timeline.files_at(self.now).remove(path)
    }

    fn run(&mut self, node: &Node, input: Option<&str>) -> Result<Flow, Unread> {
        self.budget = self.budget.checked_sub(1).ok_or(Unread)?;
        match node {
            Node::Simple(simple) => self.simple(simple, input),
            Node::Sequence(nodes) => self.sequence(nodes),
            Node::And(left, right) => match self.run(left, None)? {
                Flow::Code(0) => self.run(right, None),
                other => Ok(other),
            },
            Node::Or(left, right) => match self.run(left, None)? {
                Flow::Code(code) if code != 0 => self.run(right, None),
                other => Ok(other),
            },
            Node::Not(inner) => Ok(match self.run(inner, None)? {
                Flow::Code(code) => Flow::Code(i64::from(code == 0)),
                other => other,
            }),
            Node::Pipe(nodes) => self.pipe(nodes),
            Node::Background(inner) => self.background(inner),
            Node::Subshell(inner) => {
                let variables = self.variables.clone();
                let flow = self.run(inner, None)?;
                self.variables = variables;
                Ok(if let Flow::Exit(code) = flow { Flow::Code(code) } else { flow })
            }
            Node::While { condition, body, negated } => self.repeat(condition, body, *negated),
            Node::For { variable, values, body } => {
                let values: Vec<String> = values.iter().map(|word| word.expand(&self.variables)).collect();
                self.each(variable, &values, body)
            }
            Node::If(condition, then, otherwise) => match (self.run(condition, None)?, otherwise) {
                (Flow::Code(0), _) => self.run(then, None),
                (Flow::Code(_), Some(otherwise)) => self.run(otherwise, None),
                (Flow::Code(_), None) => Ok(Flow::Code(0)),
                (flow, _) => Ok(flow),
            },
        }
    }

    fn sequence(&mut self, nodes: &[Node]) -> Result<Flow, Unread> {
        let mut last = Flow::Code(0);
        for node in nodes {
            last = self.run(node, None)?;
            let Flow::Code(code) = last else { return Ok(last) };
            self.variables.insert("?".to_owned(), code.to_string());
            if self.errexit && code != 0 && matches!(node, Node::Simple(_) | Node::Pipe(_)) {
                return Ok(Flow::Exit(code));
            }
        }
        Ok(last)
    }

    fn each(&mut self, variable: &str, values: &[String], body: &Node) -> Result<Flow, Unread> {
        let mut last = Flow::Code(0);
        for value in values {
            self.variables.insert(variable.to_owned(), value.clone());
            last = self.run(body, None)?;
            if !matches!(last, Flow::Code(_)) {
                break;
            }
        }
        Ok(last)
    }

    /// All parts run; what one prints is what the next one reads. The last one's code counts.
    fn pipe(&mut self, nodes: &[Node]) -> Result<Flow, Unread> {
        let mut input: Option<String> = None;
        let mut flow = Flow::Code(0);
        for (place, node) in nodes.iter().enumerate() {
            let printed = self.timeline.prints.len();
            flow = self.run(node, input.as_deref())?;
            if flow == Flow::Forever {
                break;
            }
            if place + 1 < nodes.len() {
                input = Some(self.timeline.prints.drain(printed..).map(|(_, text)| text).collect());
            }
        }
        Ok(if let Flow::Exit(code) = flow { Flow::Code(code) } else { flow })
    }

    fn background(&mut self, node: &Node) -> Result<Flow, Unread> {
        let (now, variables) = (self.now, self.variables.clone());
        let flow = self.run(node, None)?;
        self.jobs.push((flow != Flow::Forever).then_some(self.now));
        self.now = now;
        self.variables = variables;
        Ok(Flow::Code(0))
    }

    /// A loop ends by its condition, or never: a round that changed nothing is repeated for ever.
    fn repeat(&mut self, condition: &Node, body: &Node, negated: bool) -> Result<Flow, Unread> {
        loop {
            let before = (self.variables.clone(), self.timeline.files_at(self.now));
            let (from, printed) = (self.now, self.timeline.prints.len());
            for (node, is_condition) in [(condition, true), (body, false)] {
                match self.run(node, None)? {
                    Flow::Code(code) if is_condition && (code == 0) == negated => return Ok(Flow::Code(0)),
                    Flow::Code(_) => {}
                    flow => return Ok(flow),
                }
            }
            self.variables.remove("?");
            let mut variables = before.0;
            variables.remove("?");
            let same = (variables, before.1) == (self.variables.clone(), self.timeline.files_at(self.now));
            if same && self.timeline.settled() <= self.now {
                self.sing(from, printed);
                return Ok(Flow::Forever);
            }
        }
    }

    /// Keeps what a round printed as what every further round prints.
    fn sing(&mut self, from: Duration, printed: usize) {
        let period = self.now.saturating_sub(from);
        let lines = self.timeline.prints[printed..].iter().map(|(at, text)| (*at - from, text.clone()));
        let lines: Vec<_> = lines.collect();
        if !period.is_zero() && !lines.is_empty() {
            self.timeline.prints.truncate(printed);
            self.timeline.chorus = Some(Chorus { from, period, lines });
        }
    }

    fn simple(&mut self, simple: &Simple, input: Option<&str>) -> Result<Flow, Unread> {
        for (name, value) in &simple.assignments {
            let value = value.expand(&self.variables);
            self.variables.insert(name.clone(), value);
        }
        let argv: Vec<String> = simple.words.iter().map(|word| word.expand(&self.variables)).collect();
        let targets = self.open(simple);
        let read = simple.redirections.iter().find(|(sign, _)| sign == "<");
        let read = match read.map(|(_, word)| word.expand(&self.variables)) {
            Some(path) => match self.file(&path) {
                Some(text) => Some(text),
                None => {
                    self.print(&format!("sh: can't open {path}: no such file\n"));
                    return Ok(Flow::Code(1));
                }
            },
            None => input.map(str::to_owned),
        };
        if argv.is_empty() {
            return Ok(Flow::Code(0));
        }
        let start = self.now;
        let done = applet::run(self, &argv, read.as_deref())?;
        self.deliver(&targets, &done, start);
        Ok(done.flow)
    }

    /// Where the two outputs go, as paths; redirected files are there from the start of the command.
    fn open(&mut self, simple: &Simple) -> [Option<String>; 2] {
        let mut targets: [Option<String>; 2] = [None, None];
        for (sign, word) in &simple.redirections {
            let path = word.expand(&self.variables);
            let stream = usize::from(sign.starts_with('2'));
            if sign.contains('&') {
                targets[stream] = targets[1 - stream].clone();
            } else if sign.contains('>') {
                let kept = if sign.contains(">>") { self.file(&path) } else { None };
                if !is_device(&path) {
                    self.write(&path, Some(kept.unwrap_or_default()));
                }
                targets[stream] = Some(path);
            }
        }
        targets
    }

    fn deliver(&mut self, targets: &[Option<String>; 2], done: &Done, start: Duration) {
        let end = std::mem::replace(&mut self.now, start);
        for (target, text) in targets.iter().zip([&done.out, &done.err]) {
            match target.as_deref() {
                Some("/dev/null") => {}
                Some(path) if !is_device(path) => {
                    let kept = self.file(path).unwrap_or_default();
                    self.write(path, Some(kept + text));
                }
                Some(_) | None => self.print(text),
            }
        }
        self.now = end;
    }
}

/// Whether what is written there is no file; the file for the termination message is one.
fn is_device(path: &str) -> bool {
    (path.starts_with("/dev/") && path != "/dev/termination-log" && !path.starts_with("/dev/shm/"))
        || path.starts_with("/proc/")
}
