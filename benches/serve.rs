//! What a whole `helmdrill serve` costs as a process: the time from its start to its first answer, and the memory it
//! holds with the objects of three releases. Prints figures; judges nothing.
#![expect(clippy::print_stdout, reason = "a benchmark reports to a person")]
#![expect(clippy::disallowed_methods, reason = "a benchmark starts processes and reads the clock")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 20;
const HELM: &str = "4.3.1";

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut starts: Vec<Duration> = (0..ROUNDS).map(|_| start(folder.path()).1).collect();
    starts.sort();
    println!(
        "ready after start: median {:?}, worst {:?} of {ROUNDS}",
        starts[ROUNDS / 2],
        starts[ROUNDS - 1]
    );
    let (server, _) = start(folder.path());
    println!("resident, empty: {} KiB", resident(&server.0));
    fill(folder.path());
    println!("resident, three releases of three revisions: {} KiB", resident(&server.0));
}

/// A server that ends with its handle.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().expect("the server runs");
        self.0.wait().expect("the server ends");
    }
}

fn start(folder: &Path) -> (Server, Duration) {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_helmdrill"))
        .args(["serve", "--kubeconfig"])
        .arg(folder.join("kubeconfig"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary that cargo built");
    let mut line = String::new();
    let out = child.stdout.take().expect("stdout is piped");
    BufReader::new(out).read_line(&mut line).expect("the server speaks");
    assert_eq!(line, "ready\n");
    (Server(child), began.elapsed())
}

/// Resident memory in KiB as Linux tells it.
fn resident(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("the server runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux tells it");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

/// A helm out of the cache of tools, fetched where it is not there.
fn helm() -> String {
    let ask = |words: &[&str]| {
        let said = Command::new(env!("CARGO_BIN_EXE_helmdrill")).arg("tools").args(words).output();
        let said = said.expect("the binary that cargo built");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).expect("a path is text here").trim().to_owned()
    };
    ask(&["install", HELM]);
    ask(&["path", HELM])
}

/// Installs three releases and upgrades each twice.
fn fill(folder: &Path) {
    let helm = helm();
    let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/charts/web");
    for name in ["one", "two", "three"] {
        for version in ["1.0", "1.1", "1.2"] {
            let done = Command::new(&helm)
                .args(["upgrade", "--install", name, chart, "--set"])
                .arg(format!("version={version}"))
                .env("KUBECONFIG", folder.join("kubeconfig"))
                .env("HOME", folder)
                .output()
                .expect("helm starts");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
    }
}
