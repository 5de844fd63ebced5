//! The files that the containers of a pod leave for each other in the volumes that they share: those of init containers
//! lie there when the next one starts, those of containers that run beside each other come as they are written. It is
//! read of what the others do, each time anew; what was written in a run before the last one is not remembered.

use super::network::Network;
use super::program::{Program, begun};
use crate::clock::Moment;
use crate::sim::Config;
use crate::sim::controller::object::{list, text};
use crate::snapshot::Snapshot;
use serde_json::Value;
use std::rc::Rc;
use std::time::Duration;

/// A file that comes (`Some` content) or goes, so long after a container's start.
pub(super) type Coming = (Duration, String, Option<String>);

/// A pod in its surroundings.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) pod: &'a Value,
    pub(super) snapshot: &'a Snapshot,
    pub(super) config: &'a Config,
    /// Whom its programs reach.
    pub(super) network: Option<&'a Rc<Network>>,
}

/// What was written into a volume: when, where within it, what.
struct Written {
    volume: String,
    /// None where its writer has not been started.
    at: Option<Moment>,
    path: String,
    content: Option<String>,
}

/// The files that others leave where a container finds them.
pub(super) fn left(scene: Scene<'_>, container: &Value) -> Vec<Coming> {
    let pod = scene.pod;
    let (inits, apps) = (list(pod, "/spec/initContainers"), list(pod, "/spec/containers"));
    let own = mounts(pod, container);
    let shares = |other: &Value| {
        let is_own = |(volume, _): &Mount| own.iter().any(|(own, _)| own == volume);
        other["name"] != container["name"] && mounts(pod, other).iter().any(is_own)
    };
    if !inits.iter().chain(apps).any(shares) {
        return Vec::new();
    }
    let mut written = Vec::new();
    for init in inits.iter().take_while(|init| init["name"] != container["name"]) {
        let more = by(scene, init, &written);
        written.extend(more);
    }
    if !inits.iter().any(|init| init["name"] == container["name"]) {
        let beside: Vec<Written> = apps
            .iter()
            .filter(|app| app["name"] != container["name"])
            .flat_map(|app| by(scene, app, &written))
            .filter(|one| one.at.is_some())
            .collect();
        written.extend(beside);
    }
    found(pod, container, &own, &written)
}

/// What a container writes into the volumes of its pod where it finds what is written there already.
fn by(scene: Scene<'_>, container: &Value, before: &[Written]) -> Vec<Written> {
    let mounts = mounts(scene.pod, container);
    if mounts.is_empty() {
        return Vec::new();
    }
    let start = begun(scene.pod, text(container, "/name"));
    let given = found(scene.pod, container, &mounts, before);
    let program = Program::finding(scene, container, given.clone());
    let own = program.timeline.files.into_iter().filter(|file| !given.contains(file));
    own.filter_map(|(after, path, content)| {
        let (volume, path) =
            mounts.iter().find_map(|(volume, folder)| Some((volume, below(folder, &path)?)))?;
        Some(Written { volume: volume.clone(), at: start.map(|start| start.after(after)), path, content })
    })
    .collect()
}

/// What a container finds of what was written.
fn found(pod: &Value, container: &Value, mounts: &[Mount], written: &[Written]) -> Vec<Coming> {
    let start = begun(pod, text(container, "/name"));
    let mut coming: Vec<Coming> = written
        .iter()
        .flat_map(|one| {
            let after = one.at.zip(start).map_or(Duration::ZERO, |(at, start)| at.since(start));
            let here = mounts.iter().filter(|(volume, _)| *volume == one.volume);
            here.map(move |(_, folder)| (after, format!("{folder}{}", one.path), one.content.clone()))
        })
        .collect();
    coming.sort_by_key(|(after, _, _)| *after);
    coming
}

/// The path of a file within a folder, with the slash before it.
fn below(folder: &str, path: &str) -> Option<String> {
    path.strip_prefix(folder).filter(|rest| rest.starts_with('/')).map(str::to_owned)
}

/// A volume, and the folder in which a container has it.
type Mount = (String, String);

/// The volumes that keep what is written into them, and where a container has them; parts of one count by themselves.
fn mounts(pod: &Value, container: &Value) -> Vec<Mount> {
    let volumes = list(pod, "/spec/volumes").iter();
    let kept: Vec<&str> = volumes
        .filter(|volume| {
            ["emptyDir", "persistentVolumeClaim", "ephemeral"].iter().any(|kind| volume.get(kind).is_some())
        })
        .map(|volume| text(volume, "/name"))
        .collect();
    let mounts = list(container, "/volumeMounts").iter();
    mounts
        .filter(|mount| kept.contains(&text(mount, "/name")))
        .map(|mount| {
            let volume = format!("{}/{}", text(mount, "/name"), text(mount, "/subPath").trim_matches('/'));
            (volume, text(mount, "/mountPath").trim_end_matches('/').to_owned())
        })
        .collect()
}
