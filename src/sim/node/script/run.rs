//! Runs a syntax tree on a simulated clock: control flow, background jobs, endless loops. Single commands with their
//! redirections are `command`'s matter, what they do is `applet`'s.

use super::Chorus;
use super::expand::fit;
use super::parse::parse;
use super::shell::{Flow, Machine, Outcome, Shell};
use super::tree::Node;
use super::words::{Unread, Word};
use super::{applet, programs};
use std::time::Duration;

/// So many bytes of text count as one command.
const BYTES: usize = 64;

/// Commands within commands deeper than this are not followed: a function that calls itself ends somewhere else.
const DEPTH: u32 = 50;

/// So many rounds of a loop that cannot end are followed; what comes after them prints nothing more.
const ROUNDS: usize = 600;

/// Reads what a command does.
pub(crate) fn interpret(argv: &[String], machine: Machine) -> Outcome {
    if argv.is_empty() {
        return Outcome::Opaque;
    }
    if machine.known && programs::missing(&argv[0]) {
        return Outcome::Missing;
    }
    let mut shell = Shell::on(machine);
    let start = shell.now;
    let Ok(done) = applet::run(&mut shell, argv) else { return Outcome::Opaque };
    shell.deliver(&[None, None], &done, start);
    shell.timeline.exit = match done.flow.outside() {
        Flow::Code(code) | Flow::Exit(code) | Flow::Return(code) => Some((shell.now, code)),
        Flow::Forever | Flow::Break(_) | Flow::Continue(_) => None,
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
        Ok(self.run(&node)?.outside())
    }

    /// Asks for a condition: what fails in it does not end the shell.
    fn ask(&mut self, node: &Node) -> Result<Flow, Unread> {
        self.guarded += 1;
        let flow = self.run(node);
        self.guarded -= 1;
        flow
    }

    /// Takes from the budget what a text costs, so that no text grows without an end.
    pub(super) fn pay(&mut self, text: &str) -> Result<(), Unread> {
        self.budget = self.budget.checked_sub(text.len() / BYTES).ok_or(Unread)?;
        Ok(())
    }

    /// Runs a piece of script.
    pub(super) fn run(&mut self, node: &Node) -> Result<Flow, Unread> {
        self.budget = self.budget.checked_sub(1).ok_or(Unread)?;
        if self.depth == DEPTH {
            return Err(Unread);
        }
        self.depth += 1;
        let flow = self.follow(node);
        self.depth -= 1;
        flow
    }

    fn follow(&mut self, node: &Node) -> Result<Flow, Unread> {
        match node {
            Node::Simple(simple) => self.simple(simple),
            Node::Sequence(nodes) => self.sequence(nodes),
            Node::And(left, right) => match self.ask(left)? {
                Flow::Code(0) => self.run(right),
                other => Ok(other),
            },
            Node::Or(left, right) => match self.ask(left)? {
                Flow::Code(code) if code != 0 => self.run(right),
                other => Ok(other),
            },
            Node::Not(inner) => Ok(match self.ask(inner)? {
                Flow::Code(code) => Flow::Code(i64::from(code == 0)),
                other => other,
            }),
            Node::Pipe(nodes) => self.pipe(nodes),
            Node::Background(inner) => self.background(inner),
            Node::Subshell(inner) => {
                let variables = self.variables.clone();
                let flow = self.run(inner)?.outside();
                self.variables = variables;
                Ok(flow)
            }
            Node::While { condition, body, negated } => self.repeat(condition, body, *negated),
            Node::For { variable, values, body } => self.each(variable, values, body),
            Node::If(condition, then, otherwise) => match (self.ask(condition)?, otherwise) {
                (Flow::Code(0), _) => self.run(then),
                (Flow::Code(_), Some(otherwise)) => self.run(otherwise),
                (Flow::Code(_), None) => Ok(Flow::Code(0)),
                (flow, _) => Ok(flow),
            },
            Node::Case(subject, arms) => self.choose(subject, arms),
            Node::Define(name, body) => {
                self.functions.insert(name.clone(), (**body).clone());
                Ok(Flow::Code(0))
            }
            Node::Redirected(inner, redirections) => self.redirected(inner, redirections),
        }
    }

    fn sequence(&mut self, nodes: &[Node]) -> Result<Flow, Unread> {
        let mut last = Flow::Code(0);
        for node in nodes {
            last = self.run(node)?;
            let Flow::Code(code) = last else { return Ok(last) };
            self.variables.insert("?".to_owned(), code.to_string());
            let counts = matches!(node, Node::Simple(_) | Node::Pipe(_) | Node::Subshell(_));
            if self.errexit && self.guarded == 0 && code != 0 && counts {
                return Ok(Flow::Exit(code));
            }
        }
        Ok(last)
    }

    fn choose(&mut self, subject: &Word, arms: &[(Vec<Word>, Node)]) -> Result<Flow, Unread> {
        let subject = self.text(subject)?;
        for (patterns, body) in arms {
            for pattern in patterns {
                let pattern = self.pattern(pattern)?;
                if fit(&pattern, &subject)? {
                    return self.run(body);
                }
            }
        }
        Ok(Flow::Code(0))
    }

    fn each(&mut self, variable: &str, values: &[Word], body: &Node) -> Result<Flow, Unread> {
        let mut last = Flow::Code(0);
        let mut all = Vec::new();
        for word in values {
            all.extend(self.fields(word)?);
        }
        for value in all {
            self.variables.insert(variable.to_owned(), value);
            match self.run(body)? {
                Flow::Break(1) => return Ok(Flow::Code(0)),
                Flow::Break(loops) => return Ok(Flow::Break(loops - 1)),
                Flow::Continue(loops) if loops > 1 => return Ok(Flow::Continue(loops - 1)),
                Flow::Continue(_) => last = Flow::Code(0),
                Flow::Code(code) => last = Flow::Code(code),
                flow => return Ok(flow),
            }
        }
        Ok(last)
    }

    /// All parts run; what one prints is what the next one reads. The last one's code counts.
    fn pipe(&mut self, nodes: &[Node]) -> Result<Flow, Unread> {
        let outer = self.stdin.take();
        let variables = self.variables.clone();
        let mut flow = Flow::Code(0);
        for (place, node) in nodes.iter().enumerate() {
            if place + 1 == nodes.len() {
                flow = self.run(node)?.outside();
                break;
            }
            let (left, out) = self.captured(|shell| shell.run(node))?;
            if left.outside() == Flow::Forever {
                flow = Flow::Forever;
                self.output(&out);
                break;
            }
            self.stdin = Some(out);
        }
        self.stdin = outer;
        self.variables = variables;
        Ok(flow)
    }

    fn background(&mut self, node: &Node) -> Result<Flow, Unread> {
        let (now, variables) = (self.now, self.variables.clone());
        let flow = self.run(node)?;
        self.jobs.push((flow != Flow::Forever).then_some(self.now));
        self.now = now;
        self.variables = variables;
        Ok(Flow::Code(0))
    }

    /// A loop ends by its condition, or never: a round that changed nothing is repeated for ever, and so is one whose
    /// condition cannot fail.
    fn repeat(&mut self, condition: &Node, body: &Node, negated: bool) -> Result<Flow, Unread> {
        let endless = !negated && condition.always() && !body.leaves();
        for round in 0.. {
            if endless && round == ROUNDS && self.timeline.settled() <= self.now {
                return Ok(Flow::Forever);
            }
            let before = (self.variables.clone(), self.timeline.files_at(self.now), self.stdin.clone());
            let (from, printed) = (self.now, self.timeline.prints.len());
            let dated = self.dated;
            match self.ask(condition)? {
                Flow::Code(code) if (code == 0) == negated => return Ok(Flow::Code(0)),
                Flow::Code(_) => {}
                flow => return Ok(flow),
            }
            match self.run(body)? {
                Flow::Code(_) | Flow::Continue(1) => {}
                Flow::Break(1) => return Ok(Flow::Code(0)),
                Flow::Break(loops) => return Ok(Flow::Break(loops - 1)),
                Flow::Continue(loops) => return Ok(Flow::Continue(loops - 1)),
                flow => return Ok(flow),
            }
            let (mut variables, files, stdin) = before;
            variables.remove("?");
            self.variables.remove("?");
            let same = (variables, files, stdin)
                == (self.variables.clone(), self.timeline.files_at(self.now), self.stdin.clone());
            if same && self.dated == dated && self.timeline.settled() <= self.now {
                self.sing(from, printed);
                return Ok(Flow::Forever);
            }
        }
        Err(Unread)
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
}
