//! Which call a rule waits for: by actor, verb, resource, name and ordinal, never by time. Its text form is what
//! scenarios write: `PATCH deployments/web`, `2nd PUT secrets/* status=superseded`.

use crate::call::{Actor, Call, Verb};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a call must be for a rule to bite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Matcher {
    /// Whose calls count.
    pub who: Who,
    /// The HTTP method as written: `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, or `WATCH`; `WRITE` is any of `POST`, `PUT`
    /// and `PATCH`, for what one client creates and another applies.
    pub method: String,
    /// Plural resource name, with a subresource after `/` where one is meant: `deployments`, `deployments/scale`.
    pub resource: String,
    /// Object name; any where `None`. A POST has no name in its path, so its body is asked.
    pub name: Option<String>,
    /// The status that the release record in the body must carry, such as `superseded`.
    pub status: Option<String>,
    /// Which of the calls that fit, counted from 1.
    pub nth: u32,
}

/// Whose calls a rule counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// Calls of the helm binary: the default.
    #[default]
    Helm,
    /// Calls of the kubectl binary.
    Kubectl,
    /// Calls of anyone but helmdrill itself.
    Anyone,
}

/// A text that is no matcher.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    /// The text is too short to name a call.
    #[error("expected a method and a resource, such as `PATCH deployments/web`")]
    Shape,
    /// The first word is no method.
    #[error("unknown method {0:?}; expected GET, WATCH, POST, PUT, PATCH, WRITE or DELETE")]
    Method(String),
    /// A word after the resource is not `status=…`.
    #[error("unknown condition {0:?}; expected status=…, such as status=superseded")]
    Condition(String),
}

const METHODS: [&str; 7] = ["GET", "WATCH", "POST", "PUT", "PATCH", "WRITE", "DELETE"];

/// What `WRITE` stands for.
const WRITES: [&str; 3] = ["POST", "PUT", "PATCH"];

impl Matcher {
    /// Whether a call fits, its ordinal aside. `object_name` and `release_status` are what the body says, where the
    /// caller has read it (names of created objects, the status inside a release record).
    pub fn fits(&self, call: &Call, object_name: Option<&str>, release_status: Option<&str>) -> bool {
        let Some(path) = call.resource() else { return false };
        let (resource, subresource) = match self.resource.split_once('/') {
            Some((resource, subresource)) => (resource, Some(subresource)),
            None => (self.resource.as_str(), None),
        };
        let method = if call.verb == Verb::Watch { "WATCH" } else { call.verb.http_method() };
        self.who.counts(&call.actor)
            && (self.method == method || self.method == "WRITE" && WRITES.contains(&method))
            && path.resource == resource
            && path.subresource.as_deref() == subresource
            && self.name.as_deref().is_none_or(|name| path.name.as_deref().or(object_name) == Some(name))
            && self.status.as_deref().is_none_or(|status| release_status == Some(status))
    }
}

impl Who {
    fn counts(self, actor: &Actor) -> bool {
        match (self, actor) {
            (Who::Helm, Actor::Helm(_)) | (Who::Kubectl, Actor::Kubectl(_)) => true,
            (Who::Anyone, Actor::Helm(_) | Actor::Kubectl(_) | Actor::Other(_)) => true,
            (Who::Helm | Who::Kubectl | Who::Anyone, _) => false,
        }
    }
}

impl FromStr for Matcher {
    type Err = MatcherError;

    fn from_str(text: &str) -> Result<Matcher, MatcherError> {
        let mut words = text.split_whitespace().peekable();
        let who = match words.next_if(|word| matches!(*word, "helm:" | "kubectl:" | "anyone:")) {
            Some("kubectl:") => Who::Kubectl,
            Some("anyone:") => Who::Anyone,
            _ => Who::Helm,
        };
        let nth = words.next_if(|word| ordinal(word).is_some()).and_then(ordinal).unwrap_or(1);
        let method = words.next().ok_or(MatcherError::Shape)?.to_owned();
        if !METHODS.contains(&method.as_str()) {
            return Err(MatcherError::Method(method));
        }
        let (resource, name) = place(words.next().ok_or(MatcherError::Shape)?);
        let mut status = None;
        for word in words {
            match word.strip_prefix("status=") {
                Some(value) => status = Some(value.to_owned()),
                None => return Err(MatcherError::Condition(word.to_owned())),
            }
        }
        Ok(Matcher { who, method, resource, name, status, nth })
    }
}

/// `deployments/web/scale` → resource `deployments/scale`, name `web`; `*` is any name.
fn place(word: &str) -> (String, Option<String>) {
    let mut parts = word.splitn(3, '/');
    let resource = parts.next().unwrap_or_default().to_owned();
    let name = parts.next().filter(|name| *name != "*").map(str::to_owned);
    match parts.next() {
        Some(subresource) => (format!("{resource}/{subresource}"), name),
        None => (resource, name),
    }
}

/// `2nd` → 2.
fn ordinal(word: &str) -> Option<u32> {
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending))?;
    digits.parse().ok().filter(|n| *n > 0)
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.who {
            Who::Helm => {}
            Who::Kubectl => f.write_str("kubectl: ")?,
            Who::Anyone => f.write_str("anyone: ")?,
        }
        if self.nth != 1 {
            let ending = match (self.nth % 100, self.nth % 10) {
                (11..=13, _) => "th",
                (_, 1) => "st",
                (_, 2) => "nd",
                (_, 3) => "rd",
                _ => "th",
            };
            write!(f, "{}{ending} ", self.nth)?;
        }
        let (resource, subresource) = self.resource.split_once('/').unwrap_or((&self.resource, ""));
        write!(f, "{} {resource}", self.method)?;
        if self.name.is_some() || !subresource.is_empty() {
            write!(f, "/{}", self.name.as_deref().unwrap_or("*"))?;
        }
        if !subresource.is_empty() {
            write!(f, "/{subresource}")?;
        }
        match &self.status {
            Some(status) => write!(f, " status={status}"),
            None => Ok(()),
        }
    }
}

impl TryFrom<String> for Matcher {
    type Error = MatcherError;

    fn try_from(text: String) -> Result<Matcher, MatcherError> {
        text.parse()
    }
}

impl From<Matcher> for String {
    fn from(matcher: Matcher) -> String {
        matcher.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matcher_reads_and_prints_the_same_words() {
        for text in [
            "PATCH deployments/web",
            "2nd PUT secrets status=superseded",
            "kubectl: 11th PATCH deployments/web/scale",
            "anyone: WATCH jobs",
            "WRITE configmaps",
        ] {
            let matcher: Matcher = text.parse().expect(text);
            assert_eq!(matcher.to_string(), text);
        }
    }

    #[test]
    fn a_text_that_is_no_matcher_says_why() {
        let refused = |text: &str| text.parse::<Matcher>().expect_err(text).to_string();
        assert_eq!(refused("PATCH"), "expected a method and a resource, such as `PATCH deployments/web`");
        assert_eq!(
            refused("PUSH deployments"),
            "unknown method \"PUSH\"; expected GET, WATCH, POST, PUT, PATCH, WRITE or DELETE"
        );
        assert_eq!(
            refused("PUT secrets phase=x"),
            "unknown condition \"phase=x\"; expected status=…, such as status=superseded"
        );
    }

    #[test]
    fn a_rule_counts_the_calls_of_its_actor_alone() {
        let matcher: Matcher = "PATCH deployments/web".parse().expect("a matcher");
        let call = |agent: &str, path: &str| {
            Call::from_http(&http::Method::PATCH, path, "", Actor::from_user_agent(agent), agent)
        };
        let web = "/apis/apps/v1/namespaces/p/deployments/web";
        assert!(matcher.fits(&call("Helm/4.3.1", web), None, None));
        let writes: Matcher = "WRITE deployments/web".parse().expect("a matcher");
        assert!(writes.fits(&call("Helm/3.17.3", web), None, None));
        assert!(!matcher.fits(&call("kubectl/v1.36.3", web), None, None));
        assert!(!matcher.fits(
            &call("Helm/4.3.1", "/apis/apps/v1/namespaces/p/deployments/web/scale"),
            None,
            None
        ));
    }
}
