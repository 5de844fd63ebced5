//! What is wrong with the version that a request asks for: forgotten, or not there yet.

use super::Refusal;
use serde_json::json;

impl Refusal {
    /// 410 for a version whose changes are forgotten.
    pub(crate) fn too_old(asked: u64, oldest: u64) -> Refusal {
        Refusal::new(410, "Expired", format!("too old resource version: {asked} ({oldest})"))
    }

    /// 410 for a list at an exact version that is forgotten.
    pub(crate) fn list_too_old() -> Refusal {
        Refusal::new(410, "Expired", "The resourceVersion for the provided list is too old.")
    }

    /// 410 for a continue token whose version is forgotten; `go_on` continues the list as it is now.
    pub(crate) fn continue_expired(go_on: String) -> Refusal {
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a \
            new list without the continue parameter, or use the continue token in this response to retrieve the \
            remainder of the results. Continuing with the provided token results in an inconsistent list - objects \
            that were created, modified, or deleted between the time the first chunk was returned and now may show up \
            in the list.";
        let mut refusal = Refusal::new(410, "Expired", message);
        refusal.0.go_on = Some(go_on);
        refusal
    }

    /// 504 for a version that has not come yet.
    pub(crate) fn too_large_version(asked: u64, now: u64) -> Refusal {
        let message = format!("Timeout: Too large resource version: {asked}, current: {now}");
        let causes = json!([{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]);
        Refusal::new(504, "Timeout", message).with(json!({"causes": causes, "retryAfterSeconds": 1}))
    }
}
