//! Finds the process at the other end of a connection and ends it with SIGKILL: that process and no other, never
//! helmdrill, and only one that helmdrill started or was told about.

use std::net::SocketAddr;

/// The two ends of a connection that was accepted here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    /// The client's address.
    pub(super) client: SocketAddr,
    /// The address that the client connected to.
    pub(super) server: SocketAddr,
}

/// Why no process was killed.
#[derive(Debug, thiserror::Error)]
pub enum KillError {
    /// The call came from inside helmdrill.
    #[error("the call came over no connection, so it has no client process")]
    NoConnection,
    /// The process table cannot be read, or a process could not be signalled.
    #[error("cannot find the client of a connection: {0}")]
    System(String),
    /// Nobody, or nobody who may be killed, holds the client's end of the connection.
    #[error(
        "the client at {0} is no process that helmdrill started; run it as a command of the drill, or name its pid"
    )]
    NotOurs(SocketAddr),
}

/// Ends the client of a connection. `told` are processes that may be killed besides those that helmdrill started.
#[cfg(target_os = "linux")]
pub(super) fn kill(ends: Ends, told: &[u32]) -> Result<(), KillError> {
    use nix::errno::Errno;
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    let clients = process_table::holders(ends, told)?;
    if clients.is_empty() {
        return Err(KillError::NotOurs(ends.client));
    }
    for pid in clients {
        match kill(Pid::from_raw(pid), Signal::SIGKILL) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(errno) => return Err(KillError::System(format!("kill {pid}: {errno}"))),
        }
    }
    Ok(())
}

/// Ends the client of a connection; not known how on this platform.
#[cfg(not(target_os = "linux"))]
pub(super) fn kill(_ends: Ends, _told: &[u32]) -> Result<(), KillError> {
    Err(KillError::System("this platform has no /proc; faults that kill a client need Linux".to_owned()))
}

/// Linux' /proc: socket of an address, processes that hold a socket, parents.
#[cfg(target_os = "linux")]
mod process_table {
    use super::{Ends, KillError};
    use procfs::process::{FDTarget, Process, all_processes};
    use procfs::{ProcError, net};
    use std::collections::{BTreeMap, BTreeSet};
    use std::net::{IpAddr, SocketAddr};

    fn system(error: ProcError) -> KillError {
        KillError::System(error.to_string())
    }

    /// The processes that hold the client's end, of those that helmdrill or one of `told` started.
    pub(super) fn holders(ends: Ends, told: &[u32]) -> Result<Vec<i32>, KillError> {
        let Some(inode) = socket(ends)? else { return Ok(Vec::new()) };
        let processes: Vec<Process> = all_processes().map_err(system)?.flatten().collect();
        let parents: BTreeMap<i32, i32> =
            processes.iter().filter_map(|p| Some((p.pid, p.stat().ok()?.ppid))).collect();
        let own = Process::myself().map_err(system)?.pid;
        let told: BTreeSet<i32> = told.iter().filter_map(|pid| i32::try_from(*pid).ok()).collect();
        let ours = |pid: i32| pid != own && descends(pid, &parents, |up| up == own || told.contains(&up));
        Ok(processes.iter().filter(|p| ours(p.pid) && holds(p, inode)).map(|p| p.pid).collect())
    }

    /// The inode of the client's socket.
    fn socket(ends: Ends) -> Result<Option<u64>, KillError> {
        let mut entries = net::tcp().map_err(system)?;
        entries.extend(net::tcp6().unwrap_or_default());
        let ours = entries.into_iter().find(|entry| {
            plain(entry.local_address) == plain(ends.client)
                && plain(entry.remote_address) == plain(ends.server)
        });
        Ok(ours.map(|entry| entry.inode))
    }

    /// An IPv4 address that is written as IPv6, as IPv4.
    fn plain(address: SocketAddr) -> (IpAddr, u16) {
        (address.ip().to_canonical(), address.port())
    }

    /// Whether a process, or one above it, is wanted.
    fn descends(pid: i32, parents: &BTreeMap<i32, i32>, wanted: impl Fn(i32) -> bool) -> bool {
        let mut at = Some(pid);
        for _ in 0..=parents.len() {
            match at {
                Some(pid) if wanted(pid) => return true,
                Some(pid) => at = parents.get(&pid).copied(),
                None => return false,
            }
        }
        false
    }

    fn holds(process: &Process, inode: u64) -> bool {
        let Ok(files) = process.fd() else { return false };
        files.flatten().any(|file| matches!(file.target, FDTarget::Socket(held) if held == inode))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_process_descends_from_those_above_it_and_a_broken_table_ends() {
            let parents = BTreeMap::from([(4, 3), (3, 2), (2, 1), (9, 8), (8, 9)]);
            assert!(descends(4, &parents, |pid| pid == 2));
            assert!(!descends(2, &parents, |pid| pid == 4));
            assert!(!descends(9, &parents, |pid| pid == 2));
        }
    }
}
