//! The files of a private place as a value: kept before a line that somebody types, and made again when the line is taken
//! back. What did not change is kept once.
#![expect(clippy::disallowed_methods, reason = "reads and writes the private folder of a drill")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many bytes are kept at most; where there are more, none are.
const MOST: u64 = 64 << 20;

/// What there is below some folders.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    found: BTreeMap<PathBuf, Found>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Folder,
    File { bytes: Arc<[u8]>, mode: u32 },
    Link(PathBuf),
}

impl Files {
    /// What is below these folders now; `None` where it is too much or cannot be read. What `before` has too is shared.
    pub(super) fn below(folders: &[PathBuf], before: Option<&Files>) -> Option<Files> {
        let mut files = Files::default();
        let mut left = MOST;
        for folder in folders {
            files.walk(folder, before, &mut left).ok()?;
        }
        Some(files)
    }

    fn walk(&mut self, folder: &Path, before: Option<&Files>, left: &mut u64) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let found = match fs::symlink_metadata(&path) {
                Ok(meta) if meta.is_symlink() => Found::Link(fs::read_link(&path)?),
                Ok(meta) if meta.is_dir() => {
                    self.walk(&path, before, left)?;
                    Found::Folder
                }
                Ok(meta) if meta.is_file() => {
                    *left = left.checked_sub(meta.len()).ok_or(io::ErrorKind::FileTooLarge)?;
                    let bytes = fs::read(&path)?;
                    let known = before.and_then(|before| before.found.get(&path));
                    let bytes = match known {
                        Some(Found::File { bytes: same, .. }) if **same == *bytes => same.clone(),
                        _ => bytes.into(),
                    };
                    Found::File { bytes, mode: meta.permissions().mode() }
                }
                // A pipe or a socket is nothing that is kept; what is gone by now is not there.
                Ok(_) | Err(_) => continue,
            };
            self.found.insert(path, found);
        }
        Ok(())
    }

    /// Makes what is below these folders what it was; what is as it was is left alone.
    pub(super) fn restore(&self, folders: &[PathBuf]) -> io::Result<()> {
        let now = Files::below(folders, Some(self)).unwrap_or_default();
        // What lies deeper is taken away first.
        for (path, found) in
            now.found.iter().rev().filter(|(path, found)| self.found.get(*path) != Some(*found))
        {
            match found {
                Found::Folder => fs::remove_dir_all(path)?,
                Found::File { .. } | Found::Link(_) => fs::remove_file(path)?,
            }
        }
        for (path, found) in self.found.iter().filter(|(path, found)| now.found.get(*path) != Some(*found)) {
            match found {
                Found::Folder => fs::create_dir_all(path)?,
                Found::Link(target) => symlink(target, path)?,
                Found::File { bytes, mode } => {
                    fs::write(path, bytes)?;
                    fs::set_permissions(path, fs::Permissions::from_mode(*mode))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every path below a folder with its text.
    fn told(folder: &Path) -> Vec<String> {
        let files = Files::below(&[folder.to_owned()], None).expect("it can be read");
        let each = files.found.into_iter().map(|(path, found)| {
            let path = path.strip_prefix(folder).expect("it is below").display().to_string();
            match found {
                Found::Folder => format!("{path}/"),
                Found::Link(target) => format!("{path} -> {}", target.display()),
                Found::File { bytes, mode } => {
                    format!("{path} {:o} {}", mode & 0o777, String::from_utf8_lossy(&bytes))
                }
            }
        });
        each.collect()
    }

    #[test]
    fn files_are_made_what_they_were_whatever_became_of_them() {
        let place = tempfile::tempdir().expect("a folder");
        let at = |path: &str| place.path().join(path);
        fs::create_dir_all(at("chart/templates")).expect("made");
        for (path, text) in
            [("values.yaml", "a: 1"), ("chart/Chart.yaml", "name: c"), ("chart/templates/x", "x")]
        {
            fs::write(at(path), text).expect("written");
        }
        fs::set_permissions(at("values.yaml"), fs::Permissions::from_mode(0o600)).expect("set");
        symlink("values.yaml", at("link")).expect("linked");
        let before = told(place.path());
        let folders = [place.path().to_owned()];
        let kept = Files::below(&folders, None).expect("it can be read");
        fs::write(at("values.yaml"), "a: 2").expect("written");
        fs::remove_dir_all(at("chart")).expect("removed");
        fs::write(at("chart"), "no folder any more").expect("written");
        fs::remove_file(at("link")).expect("removed");
        fs::create_dir_all(at("link/new/deep")).expect("made");
        fs::write(at("link/new/deep/file"), "new").expect("written");
        assert_ne!(told(place.path()), before);
        kept.restore(&folders).expect("it can be written");
        assert_eq!(told(place.path()), before);
    }

    #[test]
    fn what_did_not_change_is_kept_once() {
        let place = tempfile::tempdir().expect("a folder");
        fs::write(place.path().join("a"), "same").expect("written");
        let folders = [place.path().to_owned()];
        let first = Files::below(&folders, None).expect("read");
        let second = Files::below(&folders, Some(&first)).expect("read");
        let bytes = |files: &Files| match files.found.values().next() {
            Some(Found::File { bytes, .. }) => bytes.clone(),
            other => panic!("no file: {other:?}"),
        };
        assert!(Arc::ptr_eq(&bytes(&first), &bytes(&second)));
    }
}
