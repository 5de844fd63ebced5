//! `DeleteOptions`: from the body of a request, or from its query where there is no body, and what is wrong with them.

use super::options::{dry_run_violation, not_supported, number};
use super::{Asked, decode};
use crate::call::Query;
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;
use crate::sim::{object, schema};
use serde_json::{Value, json};

/// The options of a deletion.
#[derive(Clone, Debug, Default)]
pub(super) struct DeleteOptions {
    pub(super) grace: Option<i64>,
    /// `Foreground`, `Background` or `Orphan`.
    pub(super) propagation: Option<String>,
    /// Whether neither a policy nor `orphanDependents` was named.
    pub(super) silent: bool,
    pub(super) uid: Option<String>,
    pub(super) version: Option<String>,
    pub(super) dry_run: bool,
    /// `orphanDependents: false`: a deletion that goes on is answered with 202.
    pub(super) cascading: bool,
}

impl DeleteOptions {
    /// Reads the options of a request.
    pub(super) fn read(asked: &Asked<'_>) -> Result<DeleteOptions, Refusal> {
        let sent = match decode::body(asked)? {
            Some(body) => decode::options(asked, body)?,
            None => from_query(&asked.call.query)?,
        };
        check_kind(asked, &sent)?;
        let fault = schema::of("", "v1", "DeleteOptions").and_then(|ty| schema::mistyped(ty, &sent, || None));
        if let Some(why) = fault {
            return Err(Refusal::bad_request(why));
        }
        DeleteOptions::from_document(&sent)
    }

    /// Reads a `DeleteOptions` document, such as an eviction carries.
    pub(super) fn from_document(sent: &Value) -> Result<DeleteOptions, Refusal> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let dry: Vec<&str> =
            sent["dryRun"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let policy = text(&sent["propagationPolicy"]);
        let orphan = sent["orphanDependents"].as_bool();
        let mut wrong = Vec::new();
        if let (Some(policy), true) = (&policy, orphan.is_some()) {
            wrong.push(Violation {
                reason: "FieldValueInvalid",
                field: "propagationPolicy".to_owned(),
                message: format!(
                    "Invalid value: {policy:?}: orphanDependents and deletionPropagation cannot be both set"
                ),
            });
        }
        let known = |policy: &str| matches!(policy, "Foreground" | "Background" | "Orphan");
        if let Some(policy) = policy.as_deref().filter(|policy| !known(policy)) {
            let supported = r#""Foreground", "Background", "Orphan", "nil""#;
            wrong.push(not_supported("propagationPolicy", &format!("{policy:?}"), supported));
        }
        wrong.extend(dry_run_violation(&dry));
        if !wrong.is_empty() {
            return Err(Refusal::invalid("meta.k8s.io", "DeleteOptions", "", &wrong));
        }
        let silent = policy.is_none() && orphan.is_none();
        let by_orphan = orphan.map(|orphan| if orphan { "Orphan" } else { "Background" }.to_owned());
        Ok(DeleteOptions {
            // Less than nothing is as short as can be.
            grace: sent["gracePeriodSeconds"].as_i64().map(|grace| if grace < 0 { 1 } else { grace }),
            propagation: policy.or(by_orphan),
            silent,
            uid: text(&sent["preconditions"]["uid"]),
            version: text(&sent["preconditions"]["resourceVersion"]),
            dry_run: !dry.is_empty(),
            cascading: orphan == Some(false),
        })
    }
}

impl DeleteOptions {
    /// Which precondition an object does not meet, in the words of an eviction.
    pub(super) fn unmet(&self, object: &Value) -> Option<String> {
        let (uid, version) = (object::meta(object, "uid"), object::meta(object, "resourceVersion"));
        if let Some(wanted) = self.uid.as_deref().filter(|wanted| *wanted != uid) {
            return Some(format!(
                "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might \
                 have been deleted and then recreated"
            ));
        }
        let wanted = self.version.as_deref().filter(|wanted| *wanted != version)?;
        Some(format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record \
             ({version}). The object might have been modified"
        ))
    }

    /// Expects the version that the deletion itself made of the object.
    pub(super) fn follow(&mut self, object: &Value) {
        if self.version.is_some() {
            self.version = Some(object::meta(object, "resourceVersion").to_owned());
        }
    }
}

/// The document that the query spells.
fn from_query(query: &Query) -> Result<Value, Refusal> {
    let mut document = json!({});
    if let Some(grace) = number(query, "gracePeriodSeconds")? {
        document["gracePeriodSeconds"] = json!(grace);
    }
    if let Some(policy) = query.get("propagationPolicy") {
        document["propagationPolicy"] = json!(policy);
    }
    if query.get("orphanDependents").is_some() {
        document["orphanDependents"] = json!(query.is_true("orphanDependents"));
    }
    for precondition in ["uid", "resourceVersion"] {
        if let Some(wanted) = query.get(precondition).filter(|wanted| !wanted.is_empty()) {
            document["preconditions"][precondition] = json!(wanted);
        }
    }
    let dry: Vec<&str> = query.iter().filter(|(name, _)| *name == "dryRun").map(|(_, value)| value).collect();
    if !dry.is_empty() {
        document["dryRun"] = json!(dry);
    }
    Ok(document)
}

/// Every group version has its `DeleteOptions`, served or not; nothing else is taken for them.
fn check_kind(asked: &Asked<'_>, sent: &Value) -> Result<(), Refusal> {
    let own = asked.of.api_version();
    let version = sent["apiVersion"].as_str().filter(|version| !version.is_empty()).unwrap_or(&own);
    let kind = sent["kind"].as_str().filter(|kind| !kind.is_empty()).unwrap_or("DeleteOptions");
    if version.matches('/').count() > 1 {
        return Err(Refusal::bad_request(format!("unexpected GroupVersion string: {version}")));
    }
    if kind == "DeleteOptions" {
        return Ok(());
    }
    let scheme = "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27";
    Err(Refusal::bad_request(format!(
        "no kind {kind:?} is registered for version {version:?} in scheme {scheme:?}"
    )))
}
