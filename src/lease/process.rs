//! Processes as the kernel tells of them: which is still the one that was written down, and ending it.
//!
//! Read from Linux' `/proc`. On other systems no process is recognised, so none is ended by a sweep.
#![expect(clippy::disallowed_methods, reason = "waits for processes that are not our children")]

use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

/// When a process was started, in clock ticks since the machine was (field 22 of `/proc/PID/stat`); with its pid
/// it names one process, since a pid that is used again is used later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Birth(pub(super) u64);

/// How often and how long apart a killed process is looked for before it is given up.
const LOOKS: u32 = 400;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// What `/proc` says about one process.
struct Seen {
    birth: Birth,
    group: i32,
    dead: bool,
}

#[cfg(target_os = "linux")]
fn seen(pid: u32) -> Option<Seen> {
    let stat = procfs::process::Process::new(i32::try_from(pid).ok()?).ok()?.stat().ok()?;
    Some(Seen { birth: Birth(stat.starttime), group: stat.pgrp, dead: matches!(stat.state, 'Z' | 'X') })
}

#[cfg(not(target_os = "linux"))]
fn seen(_pid: u32) -> Option<Seen> {
    None
}

/// What makes pids and births comparable: one boot of one kernel, one namespace of pids.
pub(super) fn machine() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let pids = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{} {}", boot.trim(), pids.display())
}

/// When the process was started; `None` where it is gone or the system does not tell.
pub(super) fn birth(pid: u32) -> Option<Birth> {
    seen(pid).map(|seen| seen.birth)
}

/// Kills the process, and its group if it leads one, if it is still the one of that birth. Says whether it did.
pub(super) fn end(pid: u32, birth: Birth) -> bool {
    let Some(seen) = seen(pid).filter(|seen| seen.birth == birth) else { return false };
    let Ok(number) = i32::try_from(pid) else { return false };
    if seen.group == number {
        // A leader that has ended and was not reaped yet still names its group.
        killpg(Pid::from_raw(number), Signal::SIGKILL).is_ok() && !seen.dead
    } else {
        !seen.dead && kill(Pid::from_raw(number), Signal::SIGKILL).is_ok()
    }
}

/// How often processes are looked for that were started while others were ended.
const ROUNDS: u32 = 8;

/// The processes of this user whose environment names `folder`, and those that stand in it: what a command left running
/// that had its HOME there.
#[cfg(target_os = "linux")]
pub(super) fn living_in(folder: &Path) -> Vec<(u32, Birth)> {
    let mut found = naming(folder);
    let Ok(all) = procfs::process::all_processes() else { return found };
    let inside = all.flatten().filter(|process| process.cwd().is_ok_and(|cwd| cwd.starts_with(folder)));
    for process in inside {
        let Ok(stat) = process.stat() else { continue };
        let known = (process.pid().unsigned_abs(), Birth(stat.starttime));
        if !found.contains(&known) && known.0 != std::process::id() {
            found.push(known);
        }
    }
    found.retain(|(pid, _)| seen(*pid).is_some_and(|seen| !seen.dead));
    found
}

#[cfg(not(target_os = "linux"))]
pub(super) fn living_in(_folder: &Path) -> Vec<(u32, Birth)> {
    Vec::new()
}

/// The processes of this user whose environment names `folder`, as HOME or as the place of a kubeconfig: they
/// belong to the lease of that folder even where they left their group or were started a moment before it ended.
#[cfg(target_os = "linux")]
pub(super) fn naming(folder: &Path) -> Vec<(u32, Birth)> {
    use std::os::unix::ffi::OsStrExt;

    let Ok(all) = procfs::process::all_processes() else { return Vec::new() };
    let needle = folder.as_os_str().as_bytes();
    let names =
        |value: &std::ffi::OsString| value.as_bytes().windows(needle.len()).any(|part| part == needle);
    all.flatten()
        .filter(|process| process.environ().is_ok_and(|environ| environ.values().any(names)))
        .filter_map(|process| Some((process.pid().unsigned_abs(), Birth(process.stat().ok()?.starttime))))
        .filter(|(pid, _)| *pid != std::process::id())
        .collect()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn naming(_folder: &Path) -> Vec<(u32, Birth)> {
    Vec::new()
}

/// Ends every process of this user whose environment names `folder` or that stands in it, in whichever group or session it
/// is, and says how many there were. Returns when they are gone. For a private folder whose commands have ended. Where the
/// system does not tell about its processes, none is found.
pub fn end_all_in(folder: &Path) -> usize {
    let mut ended = 0;
    // A process that was being started meanwhile is found by the next look.
    for _ in 0..ROUNDS {
        let left = living_in(folder);
        if left.is_empty() {
            break;
        }
        ended += left.iter().filter(|(pid, birth)| end(*pid, *birth)).count();
        left.iter().for_each(|(pid, birth)| await_end(*pid, *birth));
    }
    ended
}

/// Waits, for two seconds at most, until the process is gone or only waits to be reaped.
pub(super) fn await_end(pid: u32, birth: Birth) {
    for _ in 0..LOOKS {
        if seen(pid).is_none_or(|seen| seen.dead || seen.birth != birth) {
            return;
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
}
