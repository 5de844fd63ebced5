//! Asking a binary which tool and version it is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::failure::ToolError;
use super::pin::Tool;
use super::version::Version;
use crate::exec::{Command, Finished};

/// A tool that takes longer than this to say its version hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs `path` and reads the version that it says.
pub(super) async fn version(tool: Tool, path: &Path) -> Result<Version, ToolError> {
    let args: &[&str] = match tool {
        Tool::Helm => &["version", "--template", "{{.Version}}"],
        Tool::Kubectl => &["version", "--client", "--output", "json"],
    };
    // No HOME and no KUBECONFIG: no plugin and no cluster of the user has a say in it.
    let ran = Command::program(path).args(args.iter().copied()).timeout(PATIENCE).run().await?;
    let text = ran.stdout.text();
    let told = match tool {
        Tool::Helm => Some(text.trim().to_owned()),
        Tool::Kubectl => git_version(&text),
    };
    let version = told
        .filter(|_| ran.exit.is_success())
        .and_then(|told| told.starts_with('v').then(|| Version::told(&told)).flatten());
    version.ok_or_else(|| ToolError::NotTheTool { tool, path: PathBuf::from(path), said: said(&ran) })
}

fn git_version(json: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    value.pointer("/clientVersion/gitVersion")?.as_str().map(str::to_owned)
}

fn said(ran: &Finished) -> String {
    let (out, err) = (ran.stdout.text(), ran.stderr.text());
    let line = [err.trim(), out.trim()].into_iter().find(|text| !text.is_empty());
    let line = line.and_then(|text| text.lines().next()).unwrap_or_default();
    let short: String = line.chars().take(200).collect();
    if short.is_empty() {
        format!("{} and said nothing", ran.exit)
    } else {
        format!("{} and said: {short}", ran.exit)
    }
}
