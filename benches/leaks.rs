//! What more than a thousand drills in a row leave behind: every drill of every scenario with both majors of Helm in one
//! process, whose processes, open files, ports and private files are counted while it runs, and again when it has ended.
//! Prints the counts; ends with an error where anything is left.
#![expect(clippy::print_stdout, reason = "a benchmark reports to a person")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark starts processes, reads files and the environment"
)]

use procfs::net::TcpState;
use procfs::process::{FDTarget, Process, all_processes};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// After how many drills the process is looked at.
const EACH: usize = 100;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (state, temporary) = (folder.path().join("state"), folder.path().join("tmp"));
    std::fs::create_dir(&temporary).expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_helmdrill"));
    command.args(["run", "--seed", "7", "--format", "json", "--state-dir"]).arg(&state);
    command.env("TMPDIR", &temporary).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut run = command.spawn().expect("the binary that cargo built");
    println!("drills  open files  ports  threads  below it  private files  resident MiB");
    let mut drills = 0;
    for line in BufReader::new(run.stderr.take().expect("it is piped")).lines() {
        if !is_of_a_drill(&line.expect("text")) {
            continue;
        }
        drills += 1;
        if drills % EACH == 0 {
            // A process that has just ended is not looked at.
            if let Some(held) = Held::by(run.id(), &state) {
                println!("{}", held.row(drills));
            }
        }
    }
    let pid = run.id();
    let status = run.wait().expect("it is ours");
    // The lock of the folder itself stays for the next helmdrill.
    let lock = usize::from(state.join("lock").is_file());
    let (left, files) = (processes(pid, &state), files(&state) + files(&temporary) - lock);
    println!("{drills} drills, {status}; left behind: {left} processes with their ports, {files} files");
    assert!(status.success() && drills >= 1000, "a run of more than a thousand drills comes out as expected");
    assert_eq!((left, files), (0, 0), "nothing is left behind");
}

/// Whether a line of progress tells of the end of one drill: `17/1361 scenario · procedure · …`.
fn is_of_a_drill(line: &str) -> bool {
    let numbers = line.split_whitespace().next().and_then(|word| word.split_once('/'));
    numbers.is_some_and(|(at, all)| at.parse::<u32>().is_ok() && all.parse::<u32>().is_ok())
}

/// What the process holds at one moment.
struct Held {
    open: usize,
    ports: usize,
    threads: i64,
    below: usize,
    files: usize,
    resident: u64,
}

impl Held {
    fn by(pid: u32, state: &Path) -> Option<Held> {
        let process = Process::new(i32::try_from(pid).ok()?).ok()?;
        let stat = process.stat().ok()?;
        let targets: Vec<FDTarget> = process.fd().ok()?.flatten().map(|fd| fd.target).collect();
        let sockets: BTreeSet<u64> = targets
            .iter()
            .filter_map(|target| match target {
                FDTarget::Socket(inode) => Some(*inode),
                _ => None,
            })
            .collect();
        let listening = procfs::net::tcp().ok()?.into_iter().filter(|entry| entry.state == TcpState::Listen);
        Some(Held {
            open: targets.len(),
            ports: listening.filter(|entry| sockets.contains(&entry.inode)).count(),
            threads: stat.num_threads,
            below: below(pid),
            files: files(state),
            resident: stat.rss * procfs::page_size() / 1024 / 1024,
        })
    }

    fn row(&self, drills: usize) -> String {
        let Held { open, ports, threads, below, files, resident } = self;
        format!("{drills:>6}  {open:>10}  {ports:>5}  {threads:>7}  {below:>8}  {files:>13}  {resident:>12}")
    }
}

/// How many processes have this one above them.
fn below(pid: u32) -> usize {
    let parents: Vec<(i32, i32)> = all_processes()
        .expect("/proc is there")
        .flatten()
        .filter_map(|process| process.stat().ok())
        .map(|stat| (stat.pid, stat.ppid))
        .collect();
    let mut found = BTreeSet::from([i32::try_from(pid).expect("a process has a small number")]);
    loop {
        let more: Vec<i32> =
            parents.iter().filter(|(_, parent)| found.contains(parent)).map(|(child, _)| *child).collect();
        let before = found.len();
        found.extend(more);
        if found.len() == before {
            return found.len() - 1;
        }
    }
}

/// How many processes are left of a run that has ended: those below it, and those whose environment names its folder.
fn processes(pid: u32, state: &Path) -> usize {
    let named = all_processes().expect("/proc is there").flatten().filter(|process| {
        let environment = process.environ().unwrap_or_default();
        environment.values().any(|value| value.to_string_lossy().contains(&*state.to_string_lossy()))
    });
    below(pid) + named.count()
}

/// How many files and folders lie below a folder, in folders of any depth.
fn files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |path: &Path| 1 + if path.is_dir() && !path.is_symlink() { files(path) } else { 0 };
    entries.flatten().map(|entry| count(&entry.path())).sum()
}
