//! What a pod needs before its sandbox: its volumes, and the secrets with which its images are pulled. Which of them are
//! missing is read in `needs`.

use super::life::Life;
use super::needs;
use super::pace::mount_attempts;
use std::time::Duration;

/// So long the kubelet waits for volumes before it says that they are missing, and begins to wait again.
const MOUNT_PATIENCE: Duration = Duration::from_secs(123);

impl Life<'_> {
    /// Tells of image pull secrets that are not there.
    pub(super) fn tell_pull_secrets(&mut self) {
        let missing = needs::missing_pull_secrets(self.pod, self.view.snapshot);
        if !missing.is_empty() {
            let message = format!(
                "Unable to retrieve some image pull secrets ({}); attempting to pull the image may not succeed.",
                missing.join(", ")
            );
            let event = self.event("Warning", "FailedToRetrieveImagePullSecret", message);
            self.tell_since(self.start, event);
        }
    }

    /// Whether all volumes are there; tells what is missing, again and again.
    pub(super) fn mounted(&mut self) -> bool {
        if self.sandbox {
            return true;
        }
        let missing = needs::missing_volumes(self.pod, self.view.snapshot);
        if missing.is_empty() {
            return true;
        }
        let from = self.start.after(self.waits.about("mount", 0.1, 0.5));
        let (attempt, next) = mount_attempts(from, self.view.now);
        if attempt <= self.view.now {
            for (_, why) in &missing {
                let event = self.event("Warning", "FailedMount", why.clone());
                self.tell_since(attempt, event);
            }
        }
        self.work.wake_at(next);
        self.mounts_given_up(&missing);
        false
    }

    /// Tells what is unmounted each time that the kubelet has waited long enough for it.
    fn mounts_given_up(&mut self, missing: &[(&str, String)]) {
        let rounds = self.view.now.since(self.start).as_secs() / MOUNT_PATIENCE.as_secs();
        let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
        self.work.wake_at(self.start.after(MOUNT_PATIENCE * rounds.saturating_add(1)));
        if rounds > 0 {
            let mut names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
            names.sort_unstable();
            let message = format!(
                "Unable to attach or mount volumes: unmounted volumes=[{}], unattached volumes=[], failed to process \
                 volumes=[]: context deadline exceeded",
                names.join(" ")
            );
            let event = self.event("Warning", "FailedMount", message);
            self.tell_since(self.start.after(MOUNT_PATIENCE * rounds), event);
        }
    }
}
