//! Whether data is still where it was: the claim, and the volume behind it.

use super::answer::unless;
use super::{Answer, Claim, View};
use crate::snapshot::{Object, Snapshot};

/// The claim and its volume are those of the steady state, and neither is on its way out.
pub(super) fn data_kept(asked: &Claim, view: &View<'_>) -> Answer {
    let (namespace, name) = (view.namespace(&asked.namespace), &asked.claim);
    let Some((before, volume)) = bound(view.baseline, namespace, name) else {
        return Answer { held: false, evidence: format!("pvc/{name} was not there in the steady state") };
    };
    let mut wrongs = Vec::new();
    match bound(view.now, namespace, name) {
        None => wrongs.push(format!("pvc/{name} is gone")),
        Some((now, _)) if now["metadata"]["uid"] != before["metadata"]["uid"] => {
            wrongs.push(format!("pvc/{name} was deleted and made again"));
        }
        Some((now, _)) if !now["metadata"]["deletionTimestamp"].is_null() => {
            wrongs.push(format!("pvc/{name} is being deleted"));
        }
        Some(_) => {}
    }
    if let Some(volume) = volume {
        let pv = volume["metadata"]["name"].as_str().unwrap_or_default();
        match view.now.find("", "persistentvolumes", "", pv) {
            None => wrongs.push(format!("the volume {pv} of pvc/{name} is gone")),
            Some(now) if now["metadata"]["uid"] != volume["metadata"]["uid"] => {
                wrongs.push(format!("the volume {pv} of pvc/{name} was made anew"));
            }
            Some(_) => {}
        }
    }
    unless(wrongs, || format!("pvc/{name} and its volume are those of the steady state"))
}

/// A claim and the volume that it is bound to.
fn bound<'a>(at: &'a Snapshot, namespace: &str, name: &str) -> Option<(&'a Object, Option<&'a Object>)> {
    let claim = at.find("", "persistentvolumeclaims", namespace, name)?;
    let volume = claim["spec"]["volumeName"].as_str();
    Some((claim, volume.and_then(|volume| at.find("", "persistentvolumes", "", volume))))
}
