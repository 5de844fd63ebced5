//! The hooks after a container's start and before its stop: how long one takes, and how it fails where it does. What
//! follows from that is `start`'s and `stop`'s matter.

use super::life::Member;
use super::probe::{self, Probed};
use super::program::Health;
use super::script::Outcome;
use crate::sim::controller::object::{list, number, text};
use serde_json::Value;
use std::time::Duration;

/// A hook that does not end is waited for so long: a pod's own limits end it sooner.
const ENDLESS: Duration = Duration::from_secs(10 * 365 * 86_400);

/// What a hook comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hook {
    /// How long it takes.
    pub(super) takes: Duration,
    /// What it fails with.
    pub(super) fails: Option<Failure>,
}

/// How a hook fails.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Its command did: what the runtime says of it, and its output.
    Exec(String, String),
    /// Its request did.
    Http(String),
    /// It is of a kind that no kubelet runs.
    Unknown,
}

impl Hook {
    fn passes(takes: Duration) -> Hook {
        Hook { takes, fails: None }
    }

    fn fails(takes: Duration, why: Failure) -> Hook {
        Hook { takes, fails: Some(why) }
    }
}

/// What a hook of a container comes to that is run at `at` after the container's start; there may be none. A command
/// that is not read passes at once.
pub(super) fn outcome(member: &Member<'_>, hook: Option<&Value>, ip: &str, at: Duration) -> Hook {
    let Some(hook) = hook.filter(|hook| hook.is_object()) else { return Hook::passes(Duration::ZERO) };
    if let Some(seconds) = number(hook, "/sleep/seconds") {
        return Hook::passes(Duration::from_secs(seconds.max(0).unsigned_abs()));
    }
    let read = match member.program.health {
        Health::Timeline => true,
        Health::Well | Health::NeverReady | Health::NotLive => false,
    };
    if hook.get("exec").is_some() {
        return command(member, hook, at);
    }
    if hook.get("tcpSocket").is_some() {
        return Hook::fails(Duration::ZERO, Failure::Unknown);
    }
    let probed = Probed { spec: member.spec, program: &member.program, ip };
    match hook.get("httpGet").filter(|_| read).map(|http| probe::fetch(&probed, http, "http", at)) {
        // Whatever the status, there was an answer.
        None | Some(Ok(_)) => Hook::passes(Duration::ZERO),
        Some(Err(why)) => Hook::fails(Duration::ZERO, Failure::Http(why)),
    }
}

fn command(member: &Member<'_>, hook: &Value, at: Duration) -> Hook {
    let (argv, outcome) = member.program.executes(member.spec, &hook["exec"], at);
    match outcome {
        Outcome::Ran(run) => match run.exit {
            Some((takes, 0)) => Hook::passes(takes),
            Some((takes, code)) => {
                let output: String = run.prints.into_iter().map(|(_, text)| text).collect();
                let why = format!("command '{}' exited with {code}: ", argv.join(" "));
                Hook::fails(takes, Failure::Exec(why, output))
            }
            None => Hook::passes(ENDLESS),
        },
        Outcome::Opaque => Hook::passes(Duration::ZERO),
        Outcome::Missing => {
            Hook::fails(Duration::ZERO, Failure::Exec(probe::not_executed(&argv[0]), String::new()))
        }
    }
}

impl Failure {
    /// What the kubelet says of a hook that failed, `of` being what it is part of: `a pod` by its full name.
    pub(super) fn told(&self, hook: &Value, container: &str, pod: &str) -> String {
        let of = format!("for Container \"{container}\" in Pod \"{pod}\" failed - error:");
        match self {
            Failure::Exec(why, output) => {
                let words: Vec<&str> = list(hook, "/exec/command").iter().filter_map(Value::as_str).collect();
                format!("Exec lifecycle hook ([{}]) {of} {why}, message: {output:?}", words.join(" "))
            }
            Failure::Http(why) => {
                format!("HTTP lifecycle hook ({}) {of} {why}", text(hook, "/httpGet/path"))
            }
            Failure::Unknown => "Cannot run handler: invalid handler".to_owned(),
        }
    }
}
