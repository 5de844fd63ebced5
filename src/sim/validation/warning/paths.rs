//! Files of a volume that would stand in each other's place.

use crate::sim::look::{list, text};
use serde_json::Value;

/// A file of a volume, and where it comes from; empty where that goes without saying.
#[derive(Clone, PartialEq, Eq)]
struct File {
    path: String,
    from: String,
}

impl File {
    fn shown(&self) -> String {
        match self.from.as_str() {
            "" => format!("{:?}", self.path),
            from => format!("{:?} ({from})", self.path),
        }
    }
}

/// The volumes of a pod.
pub(super) fn overlapping(spec: &Value, found: &mut Vec<String>) {
    for volume in list(spec, "/volumes") {
        let name = text(volume, "/name");
        let single = [
            ("configMap", format!("ConfigMap {:?}", text(volume, "/configMap/name"))),
            ("secret", format!("Secret {:?}", text(volume, "/secret/secretName"))),
            ("downwardAPI", "DownwardAPI".to_owned()),
        ];
        for (source, called) in single {
            let files = items(volume.get(source), "");
            clashes(name, &called, &mut Vec::new(), files, found);
        }
        let mut all = Vec::new();
        for source in list(volume, "/projected/sources") {
            match projected(source) {
                None => found.push(format!("volume {name:?} (Projected) has no sources provided")),
                Some(files) => clashes(name, "Projected", &mut all, files, found),
            }
        }
    }
}

fn items(source: Option<&Value>, from: &str) -> Vec<File> {
    let items = source.map_or(&[][..], |source| list(source, "/items"));
    items.iter().map(|item| File { path: text(item, "/path").to_owned(), from: from.to_owned() }).collect()
}

/// The files of one source of a projected volume; `None` where it has none at all.
fn projected(source: &Value) -> Option<Vec<File>> {
    let held = |key: &str| source.get(key).filter(|value| value.is_object());
    if let Some(map) = held("configMap") {
        return Some(items(Some(map), &format!("ConfigMap {:?}", text(map, "/name"))));
    }
    if let Some(secret) = held("secret") {
        return Some(items(Some(secret), &format!("Secret {:?}", text(secret, "/name"))));
    }
    if let Some(fields) = held("downwardAPI") {
        return Some(items(Some(fields), "DownwardAPI"));
    }
    let token = held("serviceAccountToken")?;
    Some(vec![File { path: text(token, "/path").to_owned(), from: "ServiceAccountToken".to_owned() }])
}

fn clashes(volume: &str, called: &str, taken: &mut Vec<File>, files: Vec<File>, found: &mut Vec<String>) {
    for mut file in files {
        file.path.truncate(file.path.trim_end_matches('/').len());
        for other in taken.iter().filter(|other| overlap(other, &file)) {
            found.push(format!(
                "volume {volume:?} ({called}): overlapping paths: {} with {}",
                file.shown(),
                other.shown()
            ));
        }
        taken.push(file);
    }
}

fn overlap(one: &File, other: &File) -> bool {
    let (one, other) = (format!("{}/", one.path), format!("{}/", other.path));
    one != "/" && other != "/" && (one.starts_with(&other) || other.starts_with(&one))
}
