//! What the answer of a webhook means: an AdmissionReview that fits the question, or a failure in the words of
//! kube-apiserver.

use crate::sim::hooks::{HookAnswer, HookCall};
use crate::sim::patch;
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
    if body.is_empty() {
        return Err(not_called("0-length response with status code: 200 and content type: ".to_owned()));
    }
    let review = document(body)
        .map_err(|why| not_called(format!("couldn't get version/kind; json parse error: {why}")))?;
    let text = |field: &str| review[field].as_str().unwrap_or_default();
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
        let given = if version.is_empty() { "/" } else { version };
        return Err(invalid(format!("expected webhook response of {wanted}, got {given}, Kind={kind}")));
    }
    let patch = sent_patch(response, mutating).map_err(|why| invalid(why.to_owned()))?;
    let warnings = response["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Ok(Verdict {
        allowed: response["allowed"] == true,
        status: response["status"].clone(),
        patch: patch.map(|text| decoded(&text)).transpose()?,
        warnings: warnings.map(str::to_owned).collect(),
    })
}

/// The patch of an answer, in base64, where it may have one.
fn sent_patch(response: &Value, mutating: bool) -> Result<Option<String>, &'static str> {
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

/// The document of an answer; text that is no JSON is read as Go reads it, as YAML.
fn document(body: &[u8]) -> Result<Value, String> {
    match serde_json::from_slice::<Value>(body) {
        Ok(review) if review.is_object() => Ok(review),
        Ok(other) => Err(unfit(patch::go_name(&other))),
        Err(error) if body.trim_ascii_start().starts_with(b"{") => Err(match error.is_eof() {
            true => "unexpected end of JSON input".to_owned(),
            false => error.to_string(),
        }),
        Err(_) => Err(unfit("string")),
    }
}

fn unfit(given: &str) -> String {
    format!(
        "json: cannot unmarshal {given} into Go value of type struct {{ APIVersion string \
         \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn asked() -> HookCall {
        HookCall {
            webhook: "deny.example.com".to_owned(),
            url: "https://127.0.0.1:9443/x?timeout=2s".to_owned(),
            roots: String::new(),
            timeout: Duration::from_secs(2),
            review: json!({"request": {"uid": "u"}}),
        }
    }

    /// What is said of an answer: of its refusal, or of the failure to get one.
    fn told(code: u16, body: &str, mutating: bool) -> String {
        match read(&asked(), &HookAnswer::Answered(code, body.as_bytes().to_vec()), mutating) {
            Ok(verdict) => match verdict.refusal("deny.example.com") {
                Some(refusal) => refusal.document()["message"].as_str().unwrap_or_default().to_owned(),
                None => "allowed".to_owned(),
            },
            Err(Failure(why)) => why,
        }
    }

    fn review(response: &Value) -> String {
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
            .to_string()
    }

    #[test]
    fn what_a_webhook_answers_is_told_as_kube_apiserver_tells_it() {
        let denied = "admission webhook \"deny.example.com\" denied the request";
        let cases = [
            (review(&json!({"uid": "u", "allowed": true})), "allowed".to_owned()),
            (review(&json!({"uid": "u", "allowed": false})), format!("{denied} without explanation")),
            (
                review(&json!({"uid": "u", "allowed": false, "status": {"message": "no thanks"}})),
                format!("{denied}: no thanks"),
            ),
            (
                review(&json!({"uid": "u", "allowed": false, "status": {"reason": "Because"}})),
                format!("{denied}: Because"),
            ),
            (
                review(&json!({"uid": "other", "allowed": true})),
                "received invalid webhook response: expected response.uid=\"u\", got \"other\"".to_owned(),
            ),
            (
                review(&json!({"uid": "u", "allowed": true, "patch": "W10="})),
                "received invalid webhook response: validating webhook may not return response.patch"
                    .to_owned(),
            ),
            (
                json!({"response": {"uid": "u", "allowed": true}}).to_string(),
                "received invalid webhook response: expected webhook response of admission.k8s.io/v1, \
                 Kind=AdmissionReview, got /, Kind="
                    .to_owned(),
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(told(200, &body, false), expected, "{body}");
        }
        let missing = "failed to call webhook: the server could not find the requested resource";
        assert_eq!(told(404, "nope", false), missing);
        let boom = "failed to call webhook: an error on the server (\"boom\") has prevented the request from succeeding";
        assert_eq!(told(500, "boom", true), boom);
        let patch =
            "received invalid webhook response: webhook returned response.patch but not response.patchType";
        assert_eq!(told(200, &review(&json!({"uid": "u", "allowed": true, "patch": "W10="})), true), patch);
    }
}
