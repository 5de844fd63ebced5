//! `drill`: what whoever recovers types inside the shell of a practice. The same program under another name; it asks the
//! helmdrill that opened the shell, and prints what that answers.
#![expect(clippy::disallowed_methods, reason = "is told by its environment whom to ask")]

use super::super::exit::Code;
use super::super::{print, say};
use super::desk::{Answer, Request};
use crate::drill::SOCKET;
use clap::{Parser, Subcommand};
use std::io::{BufRead, BufReader, IsTerminal, Write, stdin};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

/// Ask the drill that you are in
#[derive(Debug, Parser)]
#[command(name = "drill", arg_required_else_help = true, max_term_width = 80, disable_help_subcommand = true)]
struct Line {
    #[command(subcommand)]
    word: Word,
}

#[derive(Debug, Subcommand)]
enum Word {
    /// How the release stands, the time, and the points that were used
    Status,
    /// What has to be in the end, and what must not happen on the way: what of it holds now
    Check,
    /// Take the next hint; it costs points, which is said before
    Hint {
        /// Take it without being asked
        #[arg(long)]
        yes: bool,
    },
    /// Make the cluster and your files what they were before your last commands that changed something; it costs points, which is said before
    Rewind {
        /// How many of them
        #[arg(value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        count: u32,
        /// Do it without being asked
        #[arg(long)]
        yes: bool,
    },
    /// Write something down
    Note {
        /// What
        #[arg(required = true, value_name = "TEXT")]
        text: Vec<String>,
    },
    /// End it: the release is recovered
    Done,
    /// End it: it is too hard
    GiveUp,
    #[command(name = "__began", hide = true)]
    Began {
        #[arg(allow_hyphen_values = true)]
        line: String,
    },
    #[command(name = "__ended", hide = true)]
    Ended { code: i32 },
}

/// Whether this process was started as `drill`.
pub(in super::super) fn is_inside() -> bool {
    let name = std::env::args_os().next();
    name.is_some_and(|name| Path::new(&name).file_name().is_some_and(|name| name == "drill"))
}

/// Asks, prints, and says how the process ends.
pub(in super::super) fn inside() -> ExitCode {
    let line = match Line::try_parse() {
        Ok(line) => line,
        Err(refusal) => {
            refusal.print().ok();
            return if refusal.use_stderr() { Code::Invalid } else { Code::Met }.into();
        }
    };
    let (request, silent) = match line.word {
        Word::Status => (Request::Status, false),
        Word::Check => (Request::Check, false),
        Word::Hint { yes } => (Request::Hint { taken: yes }, false),
        Word::Rewind { count, yes } => (Request::Rewind { count, taken: yes }, false),
        Word::Note { text } => (Request::Note { text: text.join(" ") }, false),
        Word::Done => (Request::Leave { give_up: false }, false),
        Word::GiveUp => (Request::Leave { give_up: true }, false),
        Word::Began { line } => (Request::Began { line }, true),
        Word::Ended { code } => (Request::Ended { code }, true),
    };
    let answer = ask(&request).and_then(|answer| match answer.priced {
        true => bargain(&request, answer),
        false => Ok(answer),
    });
    match answer {
        Ok(answer) if answer.refused => {
            say(&answer.text);
            Code::NotMet.into()
        }
        Ok(answer) => match print(&answer.text) {
            Ok(()) => Code::Met.into(),
            Err(failure) => failure.code.into(),
        },
        // What the shell tells by itself is no matter of whoever types.
        Err(_) if silent => Code::Met.into(),
        Err(why) => {
            say(&format!("error: {why}\n"));
            Code::Environment.into()
        }
    }
}

/// Asks whether the price is paid, where somebody can be asked.
fn bargain(request: &Request, answer: Answer) -> Result<Answer, String> {
    if !stdin().is_terminal() {
        return Ok(Answer { text: format!("{}; `--yes` takes it\n", answer.text), refused: true, ..answer });
    }
    say(&format!("{}. Take it? [y/N] ", answer.text));
    let mut word = String::new();
    stdin().read_line(&mut word).map_err(|error| error.to_string())?;
    if !matches!(word.trim(), "y" | "Y" | "yes") {
        return Ok(Answer::default());
    }
    ask(&match request {
        Request::Hint { .. } => Request::Hint { taken: true },
        Request::Rewind { count, .. } => Request::Rewind { count: *count, taken: true },
        other => other.clone(),
    })
}

fn ask(request: &Request) -> Result<Answer, String> {
    let socket = std::env::var_os(SOCKET).ok_or_else(|| {
        format!("`drill` works in the shell of `helmdrill practice`, where {SOCKET} is set")
    })?;
    let asked = UnixStream::connect(&socket).and_then(|mut stream| {
        let text = serde_json::to_string(request).expect("plain data");
        stream.write_all(format!("{text}\n").as_bytes())?;
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line)?;
        Ok((stream, line))
    });
    let (stream, line) =
        asked.map_err(|error| format!("nobody listens at {}: {error}", Path::new(&socket).display()))?;
    let answer = serde_json::from_str(&line).map_err(|error| format!("the drill said {line:?}: {error}"))?;
    // The drill waits for the end of the connection before it ends the shell: that of the process, after the answer was
    // printed.
    std::mem::forget(stream);
    Ok(answer)
}
