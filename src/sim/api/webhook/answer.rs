//! What the answer of a webhook means: an AdmissionReview that fits the question, or a failure in the words of
//! kube-apiserver.

use crate::sim::hooks::{HookAnswer, HookCall};
use crate::sim::status::Refusal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What a webhook said of a call.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    allowed: bool,
    status: Value,
    /// The operations of the JSON patch that it wants applied.
    pub(super) patch: Option<Value>,
    pub(super) warnings: Vec<String>,
}

/// Why a webhook could not be asked.
#[derive(Debug)]
pub(super) struct Failure(pub(super) String);

impl Verdict {
    /// The answer to a call that a webhook does not let pass.
    pub(super) fn refusal(&self, webhook: &str) -> Option<Refusal> {
        if self.allowed {
            return None;
        }
        let denied = format!("admission webhook {webhook:?} denied the request");
        let mut status = if self.status.is_object() { self.status.clone() } else { json!({}) };
        let text = |field: &str| status[field].as_str().unwrap_or_default();
        let message = match (text("message"), text("reason")) {
            ("", "") => format!("{denied} without explanation"),
            ("", reason) => format!("{denied}: {reason}"),
            (message, _) => format!("{denied}: {message}"),
        };
        let code = status["code"].as_u64().and_then(|code| u16::try_from(code).ok());
        let code = code.filter(|code| *code >= 400).unwrap_or(400);
        if matches!(text("status"), "" | "Success") {
            status["status"] = json!("Failure");
        }
        status["message"] = json!(message);
        status["code"] = json!(code);
        Some(Refusal::foreign(code, status))
    }
}

/// Reads the answer to a question.
pub(super) fn read(call: &HookCall, answer: &HookAnswer, mutating: bool) -> Result<Verdict, Failure> {
    let not_called = |why: String| Failure(format!("failed to call webhook: {why}"));
    let body = match answer {
        HookAnswer::Failed(why) => return Err(not_called(format!("Post {:?}: {why}", call.url))),
        HookAnswer::Answered(200..=299, body) => body,
        HookAnswer::Answered(code, body) => {
            return Err(not_called(refused(*code, &String::from_utf8_lossy(body))));
        }
    };
    let review: Value = serde_json::from_slice(body).map_err(|error| {
        not_called(format!("couldn't get version/kind; json parse error: {}", go_syntax(body, &error)))
    })?;
    let text = |field: &str| review[field].as_str().unwrap_or_default();
    if text("kind").is_empty() {
        let sent = String::from_utf8_lossy(body);
        return Err(not_called(format!("Object 'Kind' is missing in '{}'", sent.trim_end())));
    }
    let invalid = |why: String| Failure(format!("received invalid webhook response: {why}"));
    let response = &review["response"];
    if !response.is_object() {
        return Err(invalid("webhook response was absent".to_owned()));
    }
    let (uid, given) = (&call.review["request"]["uid"], response["uid"].as_str().unwrap_or_default());
    if given != uid.as_str().unwrap_or_default() {
        return Err(invalid(format!("expected response.uid={uid}, got {given:?}")));
    }
    let (version, kind) = (text("apiVersion"), text("kind"));
    if (version, kind) != ("admission.k8s.io/v1", "AdmissionReview") {
        let wanted = "admission.k8s.io/v1, Kind=AdmissionReview";
        return Err(invalid(format!("expected webhook response of {wanted}, got {version}, Kind={kind}")));
    }
    let patch = patch(response, mutating).map_err(|why| invalid(why.to_owned()))?;
    let warnings = response["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Ok(Verdict {
        allowed: response["allowed"] == true,
        status: response["status"].clone(),
        patch: patch.map(|text| decoded(&text)).transpose()?,
        warnings: warnings.map(str::to_owned).collect(),
    })
}

/// The patch of an answer, in base64, where it may have one.
fn patch(response: &Value, mutating: bool) -> Result<Option<String>, &'static str> {
    let text = response["patch"].as_str().filter(|text| !text.is_empty());
    let kind = response["patchType"].as_str();
    match (mutating, text, kind) {
        (false, Some(_), _) => Err("validating webhook may not return response.patch"),
        (false, None, Some(_)) => Err("validating webhook may not return response.patchType"),
        (true, Some(_), None) => Err("webhook returned response.patch but not response.patchType"),
        (true, None, Some(_)) => Err("webhook returned response.patchType but not response.patch"),
        (true, Some(_), Some("")) => Err("webhook returned invalid response.patchType of \"\""),
        (true, Some(text), Some(_)) => Ok(Some(text.to_owned())),
        (_, None, None) => Ok(None),
    }
}

fn decoded(text: &str) -> Result<Value, Failure> {
    let why = |error: String| Failure(format!("received undecodable patch in webhook response: {error}"));
    let bytes = STANDARD.decode(text).map_err(|error| why(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| why(error.to_string()))
}

/// What the Go client says of an answer with an error status.
fn refused(code: u16, body: &str) -> String {
    match code {
        400 => "the server rejected our request for an unknown reason".to_owned(),
        401 => "the server has asked for the client to provide credentials".to_owned(),
        403 => "unknown".to_owned(),
        404 => "the server could not find the requested resource".to_owned(),
        405 => "the server does not allow this method on the requested resource".to_owned(),
        429 => "the server has received too many requests and has asked us to try again later".to_owned(),
        500.. => format!(
            "an error on the server ({:?}) has prevented the request from succeeding",
            if body.is_empty() { "unknown" } else { body.trim_end() }
        ),
        other => {
            format!("the server responded with the status code {other} but did not return more information")
        }
    }
}

/// What Go says of text that is no JSON.
fn go_syntax(body: &[u8], error: &serde_json::Error) -> String {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => "unexpected end of JSON input".to_owned(),
        Some(_) if error.is_eof() => "unexpected end of JSON input".to_owned(),
        Some(first) if !matches!(first, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9') => {
            format!("invalid character {:?} looking for beginning of value", char::from(*first))
        }
        Some(_) => error.to_string(),
    }
}
