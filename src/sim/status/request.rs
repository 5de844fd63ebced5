//! What is wrong with a request itself, whatever it is about: its path, its method, its media types, its size.

use super::{Refusal, named};
use crate::sim::resources::Resource;
use serde_json::{Value, json};

impl Refusal {
    /// 400 with a text of its own.
    pub(crate) fn bad_request(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "BadRequest", message)
    }

    /// 500 without a reason, as errors that no rule turned into a Status come out.
    pub(crate) fn unexplained(message: impl Into<String>) -> Refusal {
        Refusal::new(500, "", message)
    }

    /// 500 `Internal error occurred: …`.
    pub(crate) fn internal(message: &str) -> Refusal {
        Refusal::new(500, "InternalError", format!("Internal error occurred: {message}"))
            .with(json!({"causes": [{"message": message}]}))
    }

    /// A `Status` that somebody else wrote.
    pub(crate) fn foreign(code: u16, status: Value) -> Refusal {
        let message = status["message"].as_str().unwrap_or_default().to_owned();
        let mut refusal = Refusal::new(code, "", message);
        refusal.0.foreign = Some(status);
        refusal
    }

    /// 405 of a custom resource.
    pub(crate) fn not_supported(resource: &Resource, verb: &str) -> Refusal {
        let message = format!("{verb} is not supported on resources of kind {:?}", resource.qualified());
        Refusal::new(405, "MethodNotAllowed", message).with(named(resource, ""))
    }

    /// 404 for a path that addresses no resource.
    pub(crate) fn no_such_resource() -> Refusal {
        Refusal::new(404, "NotFound", "the server could not find the requested resource").with(json!({}))
    }

    /// 405.
    pub(crate) fn method() -> Refusal {
        let message = "the server does not allow this method on the requested resource";
        Refusal::new(405, "MethodNotAllowed", message).with(json!({}))
    }

    /// 406 with the representations that there are.
    pub(crate) fn not_acceptable(available: &str) -> Refusal {
        let message = format!("406: Not Acceptable\n\nAvailable representations: {available}");
        Refusal::new(406, "NotAcceptable", message).with(json!({}))
    }

    /// 415 for a body in a media type that is not read here.
    pub(crate) fn media(accepted: &str) -> Refusal {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {accepted}"
        );
        Refusal::new(415, "UnsupportedMediaType", message)
    }

    /// 406 for a representation that is known and not to be had here.
    pub(crate) fn only_media(media: &str) -> Refusal {
        Refusal::new(406, "NotAcceptable", format!("only the following media types are accepted: {media}"))
    }

    /// 406 for metadata of a list asked of an object, or the other way about.
    pub(crate) fn not_of_that_shape(message: String) -> Refusal {
        Refusal::new(406, "NotAcceptable", message)
    }

    /// 415 of a patch that is of no known kind, as the router says it.
    pub(crate) fn patch_media() -> Refusal {
        Refusal::new(415, "UnsupportedMediaType", "415: Unsupported Media Type").with(json!({}))
    }

    /// 413 for a patch with too many operations.
    pub(crate) fn too_many(why: &str) -> Refusal {
        Refusal::new(413, "RequestEntityTooLarge", format!("Request entity too large: {why}"))
    }

    /// 413: bodies above 3 MiB are not read.
    pub(crate) fn too_large(limit: usize) -> Refusal {
        let message = format!("Request entity too large: limit is {limit}");
        Refusal::new(413, "RequestEntityTooLarge", message)
    }

    /// 422 of a JSON patch that does not fit, whose particulars the real server keeps to itself.
    pub(crate) fn unfit_patch() -> Refusal {
        let message = "the server rejected our request due to an error in our request";
        Refusal::new(422, "Invalid", message).with(json!({}))
    }
}
