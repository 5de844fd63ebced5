//! Fetching a chart from an OCI registry, with the helm of a drill and the settings of the user.

use std::path::Path;
use std::time::Duration;

use super::failure::ToolError;
use super::shelf::{Found, Tools};
use crate::exec::Command;

/// How long a registry may take.
const PATIENCE: Duration = Duration::from_secs(120);

impl Tools {
    /// The packed chart of a reference such as `oci://registry.example/charts/web`; its newest version where none is named.
    /// `plain` is without TLS.
    ///
    /// # Errors
    /// Where nothing may be fetched, or the registry does not give it.
    pub async fn pull(
        &self,
        helm: &Found,
        chart: &str,
        version: Option<&str>,
        plain: bool,
    ) -> Result<Vec<u8>, ToolError> {
        let failed = |why: String| ToolError::Pull { chart: chart.to_owned(), why };
        if self.is_offline() {
            return Err(failed("nothing is fetched while offline".to_owned()));
        }
        let folder = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
        let mut args = vec!["pull", chart];
        args.extend(version.map(|version| ["--version", version]).into_iter().flatten());
        args.extend(plain.then_some("--plain-http"));
        let mut command = Command::program(&helm.path).args(args).timeout(PATIENCE).cwd(folder.path());
        command = command.envs(self.environment().clone());
        if let Some(roster) = self.roster() {
            command = command.on_roster(roster);
        }
        let ran = command.run().await?;
        if !ran.exit.is_success() {
            let said = ran.stderr.text();
            let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
            return Err(failed(format!("helm pull {}: {}", ran.exit, last.trim())));
        }
        packed(folder.path()).map_err(|error| failed(error.to_string()))
    }
}

/// The one archive that a pull leaves.
#[expect(clippy::disallowed_methods, reason = "reads what helm has fetched")]
fn packed(folder: &Path) -> std::io::Result<Vec<u8>> {
    let mut files = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let archive = files.find(|path| path.extension().is_some_and(|ending| ending == "tgz"));
    std::fs::read(archive.ok_or(std::io::ErrorKind::NotFound)?)
}
