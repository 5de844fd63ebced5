//! The grammar of the shell scripts that containers run: lists, conditions, loops, groups. The syntax
//! tree is in `tree`; what the commands do is `run`'s matter.

use super::lexer::{NESTED, split};
use super::tree::{Node, Simple};
use super::words::{Token, Unread, Word, is_name};

/// Reads a whole script.
pub(super) fn parse(script: &str) -> Result<Node, Unread> {
    let mut parser = Parser { tokens: split(script)?, at: 0, depth: 0 };
    let node = parser.list(&[])?;
    if parser.at == parser.tokens.len() { Ok(node) } else { Err(Unread) }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    /// Within how many commands it is.
    depth: u32,
}

/// Words that mean something only where a command begins, and that are not interpreted.
const FOREIGN: [&str; 3] = ["function", "select", "[["];

impl Parser {
    fn word(&self) -> Option<&str> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => word.bare(),
            Some(Token::Sign(_)) | None => None,
        }
    }

    fn sign(&mut self, sign: &str) -> bool {
        let there = matches!(self.tokens.get(self.at), Some(Token::Sign(found)) if found == sign);
        self.at += usize::from(there);
        there
    }

    fn reserved(&mut self, word: &str) -> Result<(), Unread> {
        if self.word() != Some(word) {
            return Err(Unread);
        }
        self.at += 1;
        Ok(())
    }

    /// Commands up to one of these words, a closing parenthesis or the end.
    fn list(&mut self, until: &[&str]) -> Result<Node, Unread> {
        let mut nodes = Vec::new();
        loop {
            while self.sign(";") {}
            let closing =
                matches!(self.tokens.get(self.at), Some(Token::Sign(sign)) if sign == ")" || sign == ";;");
            if closing
                || self.at == self.tokens.len()
                || self.word().is_some_and(|word| until.contains(&word))
            {
                return Ok(Node::Sequence(nodes));
            }
            let node = self.conditional()?;
            nodes.push(if self.sign("&") { Node::Background(Box::new(node)) } else { node });
        }
    }

    fn conditional(&mut self) -> Result<Node, Unread> {
        let mut left = self.pipeline()?;
        for _ in 0..NESTED {
            let and = self.sign("&&");
            if !and && !self.sign("||") {
                return Ok(left);
            }
            while self.sign(";") {}
            let right = Box::new(self.pipeline()?);
            left = if and { Node::And(Box::new(left), right) } else { Node::Or(Box::new(left), right) };
        }
        Err(Unread)
    }

    /// Reads what stands within something else.
    fn within(&mut self, read: impl FnOnce(&mut Parser) -> Result<Node, Unread>) -> Result<Node, Unread> {
        if self.depth == NESTED {
            return Err(Unread);
        }
        self.depth += 1;
        let node = read(self);
        self.depth -= 1;
        node
    }

    fn pipeline(&mut self) -> Result<Node, Unread> {
        if self.word() == Some("!") {
            self.at += 1;
            return Ok(Node::Not(Box::new(self.within(Parser::pipeline)?)));
        }
        let mut nodes = vec![self.within(Parser::command)?];
        while self.sign("|") {
            while self.sign(";") {}
            nodes.push(self.within(Parser::command)?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Pipe(nodes) })
    }

    fn command(&mut self) -> Result<Node, Unread> {
        let whole = if self.sign("(") {
            let inner = self.list(&[])?;
            if !self.sign(")") {
                return Err(Unread);
            }
            Node::Subshell(Box::new(inner))
        } else {
            match self.word() {
                Some("while") => self.repeat(false)?,
                Some("until") => self.repeat(true)?,
                Some("for") => self.each()?,
                Some("if") => self.branch()?,
                Some("case") => self.choice()?,
                Some("{") => self.group()?,
                Some(word) if FOREIGN.contains(&word) => return Err(Unread),
                Some(name) if self.defines() => {
                    let name = name.to_owned();
                    self.at += 3;
                    while self.sign(";") {}
                    return Ok(Node::Define(name, Box::new(self.within(Parser::command)?)));
                }
                _ => return self.simple(),
            }
        };
        let mut redirections = Vec::new();
        while let Some(redirection) = self.redirection()? {
            redirections.push(redirection);
        }
        Ok(if redirections.is_empty() { whole } else { Node::Redirected(Box::new(whole), redirections) })
    }

    /// Whether `name()` stands here.
    fn defines(&self) -> bool {
        let sign =
            |at: usize, sign: &str| matches!(self.tokens.get(at), Some(Token::Sign(found)) if found == sign);
        self.word().is_some_and(is_name) && sign(self.at + 1, "(") && sign(self.at + 2, ")")
    }

    fn group(&mut self) -> Result<Node, Unread> {
        self.at += 1;
        let inner = self.list(&["}"])?;
        self.reserved("}")?;
        Ok(inner)
    }

    fn choice(&mut self) -> Result<Node, Unread> {
        self.at += 1;
        let subject = self.target()?;
        self.reserved("in")?;
        let mut arms = Vec::new();
        loop {
            while self.sign(";") {}
            if self.word() == Some("esac") {
                self.at += 1;
                return Ok(Node::Case(subject, arms));
            }
            self.sign("(");
            let mut patterns = vec![self.target()?];
            while self.sign("|") {
                patterns.push(self.target()?);
            }
            if !self.sign(")") {
                return Err(Unread);
            }
            arms.push((patterns, self.list(&["esac"])?));
            self.sign(";;");
        }
    }

    fn repeat(&mut self, negated: bool) -> Result<Node, Unread> {
        self.at += 1;
        let condition = Box::new(self.list(&["do"])?);
        let body = Box::new(self.body()?);
        Ok(Node::While { condition, body, negated })
    }

    fn body(&mut self) -> Result<Node, Unread> {
        self.reserved("do")?;
        let body = self.list(&["done"])?;
        self.reserved("done")?;
        Ok(body)
    }

    fn each(&mut self) -> Result<Node, Unread> {
        self.at += 1;
        let variable = self.word().ok_or(Unread)?.to_owned();
        self.at += 1;
        self.reserved("in")?;
        let mut values = Vec::new();
        while let Some(Token::Word(word)) = self.tokens.get(self.at) {
            values.push(word.clone());
            self.at += 1;
        }
        while self.sign(";") {}
        Ok(Node::For { variable, values, body: Box::new(self.body()?) })
    }

    fn branch(&mut self) -> Result<Node, Unread> {
        self.at += 1;
        let condition = Box::new(self.list(&["then"])?);
        self.reserved("then")?;
        let then = Box::new(self.list(&["elif", "else", "fi"])?);
        let otherwise = match self.word() {
            Some("elif") => Some(Box::new(self.within(Parser::branch)?)),
            Some("else") => {
                self.at += 1;
                let inner = self.list(&["fi"])?;
                self.reserved("fi")?;
                Some(Box::new(inner))
            }
            _ => {
                self.reserved("fi")?;
                None
            }
        };
        Ok(Node::If(condition, then, otherwise))
    }

    fn simple(&mut self) -> Result<Node, Unread> {
        let mut simple = Simple::default();
        loop {
            if let Some(redirection) = self.redirection()? {
                simple.redirections.push(redirection);
                continue;
            }
            let Some(Token::Word(word)) = self.tokens.get(self.at) else { break };
            match word.assignment().filter(|_| simple.words.is_empty()) {
                Some(assignment) => simple.assignments.push(assignment),
                None => simple.words.push(word.clone()),
            }
            self.at += 1;
        }
        let empty =
            simple.words.is_empty() && simple.assignments.is_empty() && simple.redirections.is_empty();
        if empty { Err(Unread) } else { Ok(Node::Simple(simple)) }
    }

    fn redirection(&mut self) -> Result<Option<(String, Word)>, Unread> {
        let Some(Token::Sign(sign)) = self.tokens.get(self.at) else { return Ok(None) };
        if !sign.contains(['<', '>']) {
            return Ok(None);
        }
        let sign = sign.clone();
        self.at += 1;
        let target = if sign.contains('&') { Word::default() } else { self.target()? };
        Ok(Some((sign, target)))
    }

    fn target(&mut self) -> Result<Word, Unread> {
        let Some(Token::Word(word)) = self.tokens.get(self.at) else { return Err(Unread) };
        self.at += 1;
        Ok(word.clone())
    }
}
