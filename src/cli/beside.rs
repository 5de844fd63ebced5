//! The second Helm of a drill: which versions a scenario may name, and the binary of the one that it names.

use super::chosen::{binary, which};
use super::exit::Failure;
use crate::plan::Plan;
use crate::scenario;
use crate::tools::{Found, Tool, Tools, Which, pins};
use std::path::PathBuf;

/// Whether there is a version that a scenario names so.
pub(super) fn is_known(named: &str) -> bool {
    matches!(Which::parse(Tool::Helm, named), Ok(Which::Version(_)))
}

/// What may be named.
pub(super) fn known() -> String {
    let pinned: Vec<String> = pins(Tool::Helm).map(|pin| pin.version.to_string()).collect();
    format!("name a version or the beginning of one that is pinned: {}", pinned.join(", "))
}

/// The second Helm that lines call where their scenario has none: `helm3` is the newest that is pinned of this major, or the
/// drill's own where that is of it. A major of which none is pinned stays a command that is not found.
pub(super) fn called<'a>(lines: impl Iterator<Item = &'a str>, helm: &str) -> Option<String> {
    let majors = lines.flat_map(scenario::second_helms).map(|major| major.to_string());
    let major = majors.into_iter().find(|major| is_known(major))?;
    Some(if scenario::begins(helm, &major) { helm.to_owned() } else { version(&major) })
}

/// The version that a scenario means.
pub(super) fn version(named: &str) -> String {
    match Which::parse(Tool::Helm, named) {
        Ok(Which::Version(version)) => version.to_string(),
        // The lint has let through nothing else.
        Ok(Which::File(_) | Which::OnPath) | Err(_) => named.to_owned(),
    }
}

/// The second Helms that were found so far, so that each is looked for and told once.
#[derive(Default)]
pub(super) struct Others(Vec<Found>);

impl Others {
    /// What the second Helm of a plan is called by, and its binary; one of `helms` where that has the version.
    pub(super) async fn find(
        &mut self,
        tools: &Tools,
        plan: &Plan,
        helms: &[Found],
    ) -> Result<Option<(String, PathBuf)>, Failure> {
        let Some(version) = &plan.other_helm else { return Ok(None) };
        let has_it = |found: &&Found| found.version.to_string() == *version;
        let known = helms.iter().chain(&self.0).find(has_it).map(|found| found.path.clone());
        let path = match known {
            Some(path) => path,
            None => {
                let found = binary(tools, Tool::Helm, &which(Tool::Helm, version)?).await?;
                let path = found.path.clone();
                self.0.push(found);
                path
            }
        };
        Ok(Some((scenario::beside(version), path)))
    }
}
