//! Where leases are kept unless the user says otherwise: what must be known after a reboot on the disk, the folders of
//! running drills in memory where there is room. Leaves to `private` who may enter them.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use nix::sys::statvfs::{Statvfs, statvfs};

/// Free bytes below which folders are not kept in memory: a drill takes less than one MiB, its commands may take more.
const ROOM: u64 = 1 << 30;

/// The user's state folder, which outlives a login, so that a kind cluster left behind is still known after the next.
/// `None` where the user has no home.
pub fn default_root() -> Option<PathBuf> {
    let dirs = project()?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).join("leases"))
}

/// A folder in memory for what a drill needs only while it runs: below `XDG_RUNTIME_DIR`, else below `/dev/shm`. `None`
/// where neither has 1 GiB to spare, or where no program may run from it.
pub fn quick_root() -> Option<PathBuf> {
    let own = project().and_then(|dirs| dirs.runtime_dir().map(Path::to_owned));
    let shared = Path::new("/dev/shm").join(format!("helmdrill-{}", nix::unistd::geteuid()));
    let is_roomy = |root: &Path| {
        root.parent().and_then(|in_memory| statvfs(in_memory).ok()).is_some_and(|about| is_fit(&about))
    };
    own.into_iter().chain([shared]).find(|root| is_roomy(root))
}

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "helmdrill")
}

#[cfg(target_os = "linux")]
fn is_fit(about: &Statvfs) -> bool {
    use nix::sys::statvfs::FsFlags;
    let unfit = FsFlags::ST_NOEXEC | FsFlags::ST_RDONLY;
    about.blocks_available() * about.fragment_size() >= ROOM && !about.flags().intersects(unfit)
}

#[cfg(not(target_os = "linux"))]
fn is_fit(_: &Statvfs) -> bool {
    false
}
