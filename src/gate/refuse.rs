//! Answers that the wire gives itself, in the words of kube-apiserver: who may not come in, what is too large, and
//! what a rule refuses.

use crate::call::write_object;
use crate::fault::Refusal;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::body::{Body, whole};

/// The largest request body that kube-apiserver reads: 3 MiB.
pub(super) const LARGEST_BODY: usize = 3 * 1024 * 1024;

/// A `Status` of failure.
pub(super) fn status(code: StatusCode, reason: &str, message: &str) -> Response<Body> {
    told(code, reason, message, None)
}

fn told(code: StatusCode, reason: &str, message: &str, details: Option<Value>) -> Response<Body> {
    let mut body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code.as_u16(),
    });
    if let Some(details) = details {
        body["details"] = details;
    }
    let mut text = Vec::new();
    write_object(&body, &mut text);
    text.push(b'\n');
    let mut response = Response::new(whole(text));
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// What a client without a valid token gets.
pub(super) fn unauthorized() -> Response<Body> {
    status(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
}

/// What a body above [`LARGEST_BODY`] gets.
pub(super) fn too_large() -> Response<Body> {
    let message = format!("Request entity too large: limit is {LARGEST_BODY}");
    status(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
}

/// What a path gets that is no URL: Go's server answers before kube-apiserver sees it.
pub(super) fn malformed() -> Response<Body> {
    let mut response = Response::new(whole("400 Bad Request"));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// What a method gets that no resource knows; who accepts YAML alone gets that in YAML.
pub(super) fn method(asked: &HeaderMap) -> Response<Body> {
    let message = "the server does not allow this method on the requested resource";
    let mut response = told(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message, Some(json!({})));
    if accepts_yaml_alone(asked) {
        *response.body_mut() = whole(format!(
            "apiVersion: v1\ncode: 405\ndetails: {{}}\nkind: Status\nmessage: {message}\nmetadata: {{}}\n\
             reason: MethodNotAllowed\nstatus: Failure\n"
        ));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/yaml"));
    }
    response
}

fn accepts_yaml_alone(asked: &HeaderMap) -> bool {
    let given = asked.get_all(ACCEPT).iter().filter_map(|header| header.to_str().ok());
    let media: Vec<&str> = given
        .flat_map(|header| header.split(','))
        .map(|clause| clause.split(';').next().unwrap_or_default().trim())
        .collect();
    let json = ["application/json", "application/*", "*/*"];
    media.contains(&"application/yaml") && !media.iter().any(|media| json.contains(media))
}

/// What a rule refuses; a code that HTTP does not know becomes 500.
pub(super) fn by_rule(refusal: &Refusal) -> Response<Body> {
    let code = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    status(code, &refusal.reason, &refusal.message)
}
