//! The files of a chart of the user's, out of its folder or its archive. What is no text is left out and said; packed
//! subcharts are unpacked.
#![expect(clippy::disallowed_methods, reason = "reads the chart that the user named")]

use super::exit::Failure;
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Component, Path};

/// How large a chart may be, unpacked, and how many files it may have.
const LARGEST: u64 = 64 << 20;
const MOST: usize = 10_000;

/// A chart.
#[derive(Clone, Debug, Default)]
pub(super) struct Chart {
    /// Path within the chart → text.
    pub(super) files: BTreeMap<String, String>,
    /// Files that are no text, which no command of a drill finds.
    pub(super) left_out: Vec<String>,
}

/// What `Chart.yaml` says.
#[derive(serde::Deserialize)]
struct About {
    name: String,
    #[serde(default)]
    r#type: String,
}

impl Chart {
    /// The chart in a folder or an archive.
    pub(super) fn read(path: &Path) -> Result<Chart, Failure> {
        let shown = path.display().to_string();
        let mut chart = Chart::default();
        if path.is_dir() {
            if !path.join("Chart.yaml").is_file() {
                return Err(no_chart(&shown, "there is no Chart.yaml in it"));
            }
            chart.folder(path, path).map_err(|why| no_chart(&shown, &why))?;
        } else if path.exists() {
            let bytes = fs::read(path).map_err(|error| no_chart(&shown, &error.to_string()))?;
            chart.archive(&bytes, "").map_err(|why| no_chart(&shown, &why))?;
        } else {
            return Err(Failure::invalid(format!("{shown}: there is no such file or folder"))
                .help("a chart is a folder with a Chart.yaml, an archive (.tgz), or oci://…"));
        }
        chart.checked(&shown)
    }

    /// The chart in an archive that was fetched as `shown`.
    pub(super) fn unpack(bytes: &[u8], shown: &str) -> Result<Chart, Failure> {
        let mut chart = Chart::default();
        chart.archive(bytes, "").map_err(|why| no_chart(shown, &why))?;
        chart.checked(shown)
    }

    fn checked(self, shown: &str) -> Result<Chart, Failure> {
        let text =
            self.files.get("Chart.yaml").ok_or_else(|| no_chart(shown, "there is no Chart.yaml in it"))?;
        let about: About = serde_saphyr::from_str(text).map_err(|error| {
            let told = error.to_string();
            let first = told.lines().next().unwrap_or_default().trim_start_matches("error: ");
            no_chart(shown, &format!("its Chart.yaml cannot be read: {first}"))
        })?;
        match about.r#type.as_str() {
            "library" => {
                Err(no_chart(shown, &format!("{} is a library, which cannot be installed", about.name)))
            }
            _ => Ok(self),
        }
    }

    fn folder(&mut self, root: &Path, inside: &Path) -> Result<(), String> {
        let entries = fs::read_dir(inside).map_err(|error| format!("{}: {error}", inside.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            // Links to folders may lead back to where they come from.
            if path.is_dir() && !path.is_symlink() && name != ".git" {
                self.folder(root, &path)?;
            } else if path.is_file() {
                let bytes = fs::read(&path).map_err(|error| format!("{name}: {error}"))?;
                self.add(name, bytes)?;
            }
        }
        Ok(())
    }

    /// The files of an archive, whose first folder is that of the chart; put below `below`.
    fn archive(&mut self, bytes: &[u8], below: &str) -> Result<(), String> {
        let told = |error: std::io::Error| format!("it is no gzipped tar archive: {error}");
        let mut archive = tar::Archive::new(GzDecoder::new(bytes).take(LARGEST));
        for entry in archive.entries().map_err(told)? {
            let mut entry = entry.map_err(told)?;
            let path = entry.path().map_err(told)?.into_owned();
            let Some(name) = within(&path)? else { continue };
            if entry.header().entry_type().is_file() {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).map_err(told)?;
                self.add(format!("{below}{name}"), content)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, name: String, bytes: Vec<u8>) -> Result<(), String> {
        if let Some(folder) = packed(&name) {
            return self.archive(&bytes, &folder).map_err(|why| format!("{name}: {why}"));
        }
        let size: u64 = self.files.values().map(|text| text.len() as u64).sum();
        if size + bytes.len() as u64 > LARGEST || self.files.len() >= MOST {
            return Err(format!("it has more than {MOST} files or {} MiB", LARGEST >> 20));
        }
        match String::from_utf8(bytes) {
            Ok(text) => drop(self.files.insert(name, text)),
            Err(_) => self.left_out.push(name),
        }
        Ok(())
    }
}

/// The folder of a packed subchart: `charts/db-1.0.tgz` → `charts/db-1.0/`.
fn packed(name: &str) -> Option<String> {
    let stem = name.strip_suffix(".tgz")?;
    let (folder, _) = stem.rsplit_once('/')?;
    (folder == "charts" || folder.ends_with("/charts")).then(|| format!("{stem}/"))
}

/// The path inside of the first folder; `None` for that folder itself.
fn within(path: &Path) -> Result<Option<String>, String> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(format!("{} leads out of it", path.display()));
            }
        }
    }
    Ok((parts.len() > 1).then(|| parts[1..].join("/")))
}

fn no_chart(shown: &str, why: &str) -> Failure {
    Failure::invalid(format!("{shown} is no chart that can be drilled on: {why}"))
}
