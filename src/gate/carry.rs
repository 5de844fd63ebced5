//! Carries out what the rules say of one call.

use crate::call::Call;
use crate::fault::{Rule, Side, Verdict};
use http::request::Parts;
use http::{Response, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tower::ServiceExt;

use super::body::{Body, first_line};
use super::journal::Entry;
use super::victim::{Ends, KillError, kill};
use super::{Gate, GateError, Passage, refuse};

/// Ends the connection that a request came over.
#[derive(Clone, Debug, Default)]
pub(super) struct Cut(pub(super) Arc<Notify>);

impl Gate {
    /// Judges the call and does with it what the rule that bites says; without one, forwards it.
    pub(super) async fn carry(
        &self,
        call: Call,
        parts: Parts,
        entry: &Entry,
    ) -> Result<Response<Body>, GateError> {
        let Some(rule) = self.rules.judge(&call, self.inspect) else {
            return self.forward(call, parts, entry).await;
        };
        let ends = parts.extensions.get::<Ends>().copied();
        let cut = parts.extensions.get::<Cut>().cloned();
        let sever = || {
            if let Some(Cut(connection)) = &cut {
                connection.notify_one();
            }
            Err(GateError::Severed(rule.id.clone()))
        };
        match &rule.verdict {
            Verdict::Pass => {
                entry.bitten(&rule);
                self.forward(call, parts, entry).await
            }
            Verdict::Forward { after } => {
                entry.bitten(&rule);
                tokio::time::sleep(Duration::from_millis(*after)).await;
                self.forward(call, parts, entry).await
            }
            Verdict::Reject(refusal) => {
                entry.bitten(&rule);
                Ok(refuse::by_rule(refusal))
            }
            Verdict::Sever => {
                entry.bitten(&rule);
                sever()
            }
            Verdict::LoseReply => {
                self.forward(call, parts, entry).await?;
                entry.bitten(&rule);
                sever()
            }
            Verdict::CutWatch => {
                entry.bitten(&rule);
                Ok(self.forward(call, parts, entry).await?.map(first_line))
            }
            Verdict::Kill(Side::Before) => match self.kill(ends, entry, &rule).await {
                Ok(()) => sever(),
                Err(error) => Ok(not_killed(&rule, &error)),
            },
            Verdict::Kill(Side::After) => {
                self.forward(call, parts, entry).await?;
                match self.kill(ends, entry, &rule).await {
                    Ok(()) => sever(),
                    Err(error) => Ok(not_killed(&rule, &error)),
                }
            }
        }
    }

    async fn forward(&self, call: Call, parts: Parts, entry: &Entry) -> Result<Response<Body>, GateError> {
        let Parts { method, uri, headers, .. } = parts;
        let passage = Passage { call, method, uri, headers, entry: entry.clone() };
        let answer = self.upstream.clone().oneshot(passage).await;
        entry.write();
        answer.map_err(GateError::Upstream)
    }

    /// Kills the client; the transcript says so only where it was done. This goes on when the connection ends, as it
    /// does with its client.
    async fn kill(&self, ends: Option<Ends>, entry: &Entry, rule: &Rule) -> Result<(), KillError> {
        let told = self.rules.clients();
        let (entry, by) = (entry.clone(), rule.clone());
        let killing = tokio::task::spawn_blocking(move || {
            let ends = ends.ok_or(KillError::NoConnection)?;
            entry.bitten_by(&by, || kill(ends, &told))
        });
        let killed = killing.await.unwrap_or_else(|error| Err(KillError::System(error.to_string())));
        if let Err(error) = &killed {
            self.rules.failed(&rule.id, error);
        }
        killed
    }
}

/// What a client sees that should have died and could not be killed: the drill cannot go on as planned.
fn not_killed(rule: &Rule, error: &KillError) -> Response<Body> {
    let message = format!("helmdrill: rule {:?} could not kill the client of this call: {error}", rule.id);
    refuse::status(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", &message)
}
