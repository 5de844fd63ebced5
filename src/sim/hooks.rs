//! Calls to admission webhooks, as data: what the cluster needs asked before it can answer a call, and what came of
//! asking. Making the calls is the wire's matter: this module has no sockets.

use serde_json::Value;
use std::time::Duration;

/// One webhook that must be asked before a call can be answered.
#[derive(Clone, Debug, PartialEq)]
pub struct HookCall {
    /// Its name: `deny.example.com`.
    pub webhook: String,
    /// Where it listens, with the query that tells its time: `https://127.0.0.1:9443/check?timeout=10s`.
    pub url: String,
    /// The certificates that its own must be signed with, in PEM; empty for those of the system.
    pub roots: String,
    /// How long it may take.
    pub timeout: Duration,
    /// The `admission.k8s.io/v1` AdmissionReview that is sent.
    pub review: Value,
}

/// What came of asking a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookAnswer {
    /// It answered with this status and body.
    Answered(u16, Vec<u8>),
    /// It was not reached, for a reason in the words of Go: `dial tcp 127.0.0.1:1: connect: connection refused`.
    Failed(String),
}

/// The webhooks that have been asked on behalf of one call, with what they said.
#[derive(Clone, Debug, Default)]
pub struct HookAnswers(Vec<(HookCall, HookAnswer)>);

impl HookAnswers {
    /// Keeps what a webhook said.
    pub fn add(&mut self, call: HookCall, answer: HookAnswer) {
        self.0.push((call, answer));
    }

    /// What was said to the same question; its uid does not matter, which is drawn anew each time.
    pub(super) fn find(&self, call: &HookCall) -> Option<&HookAnswer> {
        let same = |asked: &HookCall| {
            let request = |call: &HookCall| {
                let mut request = call.review["request"].clone();
                request["uid"] = Value::Null;
                forget(&mut request["object"]);
                request
            };
            asked.webhook == call.webhook && asked.url == call.url && request(asked) == request(call)
        };
        self.0.iter().find(|(asked, _)| same(asked)).map(|(_, answer)| answer)
    }
}

/// What is drawn or told by the clock differs from one attempt to the next.
fn forget(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|field, _| !matches!(field.as_str(), "uid" | "creationTimestamp" | "managedFields"));
    }
}

impl HookCall {
    /// What is said where nobody listens.
    pub(super) fn nobody(&self) -> HookAnswer {
        let rest = self.url.split("//").nth(1).unwrap_or_default();
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address = if has_port { host.to_owned() } else { format!("{host}:443") };
        HookAnswer::Failed(format!("dial tcp {address}: connect: connection refused"))
    }
}
