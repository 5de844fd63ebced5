//! The servers that are measured: a `helmdrill serve` of our own, or a kube-apiserver that runs already. What their
//! processes have used of processor and memory is read from Linux.

use super::connection::Place;
use procfs::net::TcpState;
use procfs::process::{FDTarget, Process, all_processes};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server, and the processes that it consists of: its own first, then its etcd where it has one.
pub(crate) struct Server {
    pub(crate) place: Place,
    pub(crate) processes: Vec<i32>,
    ours: Option<(Child, tempfile::TempDir)>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.ours {
            child.kill().expect("the server runs");
            child.wait().expect("the server ends");
        }
    }
}

impl Server {
    /// A `helmdrill serve` with these arguments.
    pub(crate) fn embedded(more: &[&str]) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let kubeconfig = folder.path().join("kubeconfig");
        let mut child = Command::new(env!("CARGO_BIN_EXE_helmdrill"))
            .args(["serve", "--kubeconfig"])
            .arg(&kubeconfig)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary that cargo built");
        let mut line = String::new();
        let out = child.stdout.take().expect("stdout is piped");
        BufReader::new(out).read_line(&mut line).expect("the server speaks");
        assert_eq!(line, "ready\n");
        let pid = i32::try_from(child.id()).expect("a pid");
        Server { place: Place::read(&kubeconfig), processes: vec![pid], ours: Some((child, folder)) }
    }

    /// The kube-apiserver of a kubeconfig, which must run on this machine, and the etcd that it says it uses.
    pub(crate) fn real(kubeconfig: &Path) -> Server {
        let place = Place::read(kubeconfig);
        let apiserver = listening_on(place.port).expect("a process of this machine listens there");
        let words = apiserver.cmdline().expect("its command line");
        let etcd = words.iter().find_map(|word| word.strip_prefix("--etcd-servers="));
        let etcd = etcd.and_then(|url| url.rsplit(':').next()?.trim_end_matches('/').parse().ok());
        let etcd = etcd.and_then(listening_on).map(|process| process.pid);
        Server { place, processes: [apiserver.pid].into_iter().chain(etcd).collect(), ours: None }
    }

    /// User and system time that all its processes have used.
    pub(crate) fn processor(&self) -> Duration {
        self.processes.iter().map(|pid| processor(*pid)).sum()
    }

    /// Resident memory of all its processes, in KiB.
    pub(crate) fn resident(&self) -> u64 {
        let one = |pid: &i32| {
            let status = Process::new(*pid).and_then(|process| process.status()).expect("the server runs");
            status.vmrss.expect("Linux tells it")
        };
        self.processes.iter().map(one).sum()
    }
}

/// User and system time of one process, in the ticks that Linux counts.
pub(crate) fn processor(pid: i32) -> Duration {
    let stat = Process::new(pid).and_then(|process| process.stat()).expect("the process runs");
    Duration::from_secs(stat.utime + stat.stime)
        / u32::try_from(procfs::ticks_per_second()).expect("a small number")
}

/// The process that listens on a port of this machine.
fn listening_on(port: u16) -> Option<Process> {
    let sockets = procfs::net::tcp().into_iter().chain(procfs::net::tcp6()).flatten();
    let inodes: Vec<u64> = sockets
        .filter(|socket| socket.state == TcpState::Listen && socket.local_address.port() == port)
        .map(|socket| socket.inode)
        .collect();
    let holds = |process: &Process| {
        let open = process.fd().into_iter().flatten().filter_map(Result::ok);
        open.into_iter().any(|fd| matches!(fd.target, FDTarget::Socket(inode) if inodes.contains(&inode)))
    };
    all_processes().expect("a proc file system").filter_map(Result::ok).find(holds)
}
