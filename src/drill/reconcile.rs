//! The reconciler: applies what Git says whenever the cluster differs from it, until its Application or its controller
//! is stopped. It acts at set moments alone, after each command and in the settle window, on the drill's clock: how
//! fast the machine is changes nothing about what it does.

use super::DrillError;
use super::commands::Shell;
use crate::call::Actor;
use crate::check::{Answer, Check, Workload, differences};
use crate::plan::{Outcome, Reconciler, Step};
use crate::transcript::{By, Exit};
use http::{Method, Request};
use serde_json::{Value, json};
use std::time::Duration;

/// After which time Argo CD repairs what differs although Git has not changed, where nothing else is configured.
const SELF_HEAL: Duration = Duration::from_secs(5);
/// The time limit of a sync, in seconds.
const TIMEOUT: u32 = 120;

/// What it remembers from one moment to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// What Git said when it was last applied, or found to be the case.
    applied: Option<String>,
    /// How many tries in a row have failed to apply that.
    failures: u32,
    /// What its Application was last told.
    told: Option<Value>,
}

/// A reconciler at work.
pub(super) struct Reconciling<'a> {
    pub(super) plan: &'a Reconciler,
    pub(super) shell: Shell<'a>,
    pub(super) memory: &'a mut Memory,
}

impl Reconciling<'_> {
    /// Its turn after a command: what it would do next, it does, however long it would have waited.
    pub(super) async fn turn(&mut self) -> Result<(), DrillError> {
        if let Some((wait, git)) = self.intent().await? {
            self.shell.cluster.advance(wait).await;
            self.sync(git).await?;
        }
        Ok(())
    }

    /// What it does while this much time passes.
    pub(super) async fn watch_over(&mut self, window: Duration) -> Result<(), DrillError> {
        let mut left = window;
        while let Some((wait, git)) = self.intent().await?.filter(|(wait, _)| *wait <= left) {
            // A commit is applied at once, and only once: time goes on.
            self.shell.cluster.advance(wait).await;
            left = left.saturating_sub(wait);
            self.sync(git).await?;
        }
        self.shell.cluster.advance(left).await;
        Ok(())
    }

    /// After which time it will apply what; `None` where it has nothing to do or has been stopped.
    async fn intent(&mut self) -> Result<Option<(Duration, String)>, DrillError> {
        let Some(policy) = self.policy().await? else {
            self.memory.failures = 0;
            return Ok(None);
        };
        if !self.shell.site.has(&self.plan.values) {
            return Ok(None);
        }
        let now = self.shell.cluster.snapshot().await?;
        let (git, differs) = match self.render().await? {
            Ok(text) => {
                let found = differences(&text, &self.plan.namespace, &now);
                (text, found.map_or(true, |list| !list.is_empty()))
            }
            // What cannot be rendered cannot be compared: the sync will say why.
            Err(complaint) => (complaint, true),
        };
        let is_new = self.memory.applied.as_ref() != Some(&git);
        if !differs {
            *self.memory = Memory { applied: Some(git), failures: 0, told: self.memory.told.take() };
            self.tell("Synced", "Succeeded").await?;
            return Ok(None);
        }
        let wait = match (is_new, self.memory.failures) {
            (true, _) => Some(Duration::ZERO),
            (false, 0) => policy.self_heal.then_some(SELF_HEAL),
            (false, failures) => policy.wait(failures),
        };
        if wait.is_none() {
            let phase = if self.memory.failures > 0 { "Failed" } else { "Succeeded" };
            self.tell("OutOfSync", phase).await?;
        }
        Ok(wait.map(|wait| (wait, git)))
    }

    /// Applies, and remembers whether that went well.
    async fn sync(&mut self, git: String) -> Result<(), DrillError> {
        let Reconciler { release, chart, values, namespace, records, origin, .. } = self.plan;
        let line = match records {
            true => format!("helm upgrade --install {release} {chart} -n {namespace} -f {values}"),
            false => format!(
                "helm template {release} {chart} -n {namespace} -f {values} --no-hooks | kubectl apply -n {namespace} \
                 --as {user} --as-group {group} -f -",
                user = Actor::RECONCILER_USER,
                group = Actor::RECONCILER_GROUP,
            ),
        };
        let step = Step {
            line,
            origin: origin.clone(),
            fault: None,
            namespace: None,
            outcome: Outcome::Any,
            timeout: TIMEOUT,
            session: false,
        };
        let said = self.shell.run_by(By::Reconciler, &step).await?;
        let failed = said.exit != Exit::Code(0);
        let is_new = self.memory.applied.as_ref() != Some(&git);
        self.memory.failures = match (failed, is_new) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => self.memory.failures + 1,
        };
        self.memory.applied = Some(git);
        match failed {
            true => self.tell("OutOfSync", "Failed").await,
            false => self.tell("Synced", "Succeeded").await,
        }
    }

    /// What Git says, rendered, or why it cannot be.
    async fn render(&self) -> Result<Result<String, String>, DrillError> {
        let Reconciler { release, chart, values, namespace, .. } = self.plan;
        let line = format!("helm template {release} {chart} -n {namespace} -f {values} --no-hooks");
        self.shell.aside(&line, &self.plan.origin).await
    }

    /// What its Application tells it to do; `None` where that is gone or not automated, or nobody runs.
    async fn policy(&self) -> Result<Option<Policy>, DrillError> {
        if let Some(controller) = &self.plan.controller {
            let namespace = Some(self.plan.namespace.clone());
            let runs = Check::Available(Workload { workload: controller.clone(), namespace, at_least: 1 });
            let now = self.shell.cluster.snapshot().await?;
            let Answer { held, .. } = runs.answer_of(&now, self.shell.cluster.now());
            if !held {
                return Ok(None);
            }
        }
        let found = self.call(Method::GET, &Value::Null).await?;
        Ok(found.as_ref().and_then(Policy::of))
    }

    /// Writes into its Application how things stand, where that is news.
    async fn tell(&mut self, sync: &str, phase: &str) -> Result<(), DrillError> {
        let operation = json!({"phase": phase, "retryCount": self.memory.failures.saturating_sub(1)});
        let status = json!({"status": {"sync": {"status": sync}, "operationState": operation}});
        if self.memory.told.as_ref() != Some(&status) {
            self.call(Method::PATCH, &status).await?;
            self.memory.told = Some(status);
        }
        Ok(())
    }

    /// Reads or patches its Application; `None` where there is none.
    async fn call(&self, method: Method, body: &Value) -> Result<Option<Value>, DrillError> {
        let Reconciler { application, namespace, .. } = self.plan;
        let path = format!("/apis/argoproj.io/v1alpha1/namespaces/{namespace}/applications/{application}");
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("Content-Type", "application/merge-patch+json")
            .body(body)
            .expect("the parts of a path are names of objects");
        let client = self.shell.cluster.client(Actor::Reconciler);
        match client.request::<Value>(request).await {
            Ok(found) => Ok(Some(found)),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
            Err(error) => Err(DrillError::Reconciler { why: error.to_string() }),
        }
    }
}

/// What an Application tells its reconciler to do.
#[derive(Clone, Debug, PartialEq)]
struct Policy {
    self_heal: bool,
    limit: u32,
    first: Duration,
    factor: u32,
    longest: Duration,
}

impl Policy {
    /// Reads `spec.syncPolicy`, with Argo CD's defaults; `None` where it is not automated.
    fn of(application: &Value) -> Option<Policy> {
        let policy = &application["spec"]["syncPolicy"];
        let automated = policy["automated"].as_object()?;
        if automated.get("enabled") == Some(&json!(false)) {
            return None;
        }
        let (retry, number) = (&policy["retry"], |value: &Value| u32::try_from(value.as_u64()?).ok());
        let backoff = &retry["backoff"];
        let span = |value: &Value, otherwise| value.as_str().and_then(duration).unwrap_or(otherwise);
        Some(Policy {
            self_heal: automated.get("selfHeal") == Some(&json!(true)),
            limit: number(&retry["limit"]).unwrap_or(0),
            first: span(&backoff["duration"], Duration::from_secs(5)),
            factor: number(&backoff["factor"]).unwrap_or(2),
            longest: span(&backoff["maxDuration"], Duration::from_secs(180)),
        })
    }

    /// How long it waits after so many failures in a row; `None` where it gives up.
    fn wait(&self, failures: u32) -> Option<Duration> {
        let longer = self.factor.saturating_pow(failures.saturating_sub(1));
        (failures <= self.limit).then(|| self.first.saturating_mul(longer).min(self.longest))
    }
}

/// `5s`, `3m`, `1h`.
fn duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(split);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    Some(Duration::from_secs(count.parse::<u64>().ok()?.checked_mul(seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_says_whether_and_how_it_is_synced() {
        let policy = |spec: Value| Policy::of(&json!({"spec": {"syncPolicy": spec}}));
        for stopped in [json!({}), json!({"automated": null}), json!({"automated": {"enabled": false}})] {
            assert_eq!(policy(stopped), None);
        }
        let bare = policy(json!({"automated": {}})).expect("it is automated");
        assert_eq!((bare.self_heal, bare.wait(1)), (false, None));
        let backoff = json!({"duration": "5s", "factor": 2, "maxDuration": "3m"});
        let retry = json!({"limit": 8, "backoff": backoff});
        let full = policy(json!({"automated": {"selfHeal": true}, "retry": retry})).expect("it is automated");
        let waits: Vec<u64> = (1..=8).filter_map(|n| Some(full.wait(n)?.as_secs())).collect();
        assert_eq!((full.self_heal, waits), (true, vec![5, 10, 20, 40, 80, 160, 180, 180]));
        assert_eq!(full.wait(9), None, "it gives up");
    }
}
