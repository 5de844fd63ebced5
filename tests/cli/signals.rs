//! Signals: whatever helmdrill is doing, nothing of it stays; and what a SIGKILL leaves, the next run takes away.
//! A phase is reached when something in it says so through a FIFO, and then blocks for ever.

use crate::stand::{Stand, TINY, processes_of, runs};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// For how long something may take that must happen.
const PATIENCE: Duration = Duration::from_secs(100);
const ONE: [&str; 2] = ["--procedure", "deploy-again"];
const BOTH: [(Signal, i32); 2] = [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)];

/// What work comes to, or a panic where it takes for ever.
fn within<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send(work()));
    told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{what} takes for ever"))
}

/// Waits until a process that was killed has ended: SIGKILL is sent before the kernel has taken the process down.
fn ends(process: i32, what: &str) {
    within(what, move || {
        while runs(process) {
            thread::yield_now();
        }
    });
}

/// A FIFO through which a command says that it runs.
fn fifo(stand: &Stand, name: &str) -> PathBuf {
    let path = stand.path(name);
    mkfifo(&path, Mode::S_IRWXU).expect("a FIFO");
    path
}

/// What was said through a FIFO: the numbers and addresses, one a line.
fn said(fifo: &Path) -> Vec<String> {
    let fifo = fifo.to_owned();
    let text = within("reaching the phase", move || std::fs::read_to_string(fifo).expect("it is readable"));
    text.lines().map(str::to_owned).collect()
}

/// A step that says its pid and where its cluster listens, and then blocks.
fn blocking(fifo: &Path) -> String {
    let fifo = fifo.display();
    format!("(echo $$; grep -o 127.0.0.1:[0-9]* $KUBECONFIG) > {fifo}; exec sleep 1000")
}

fn start(stand: &Stand, args: &[&str], environment: &[(&str, &str)]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helmdrill"));
    command.current_dir(stand.folder.path()).env("HELMDRILL_STATE_DIR", stand.state()).args(args);
    command.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    command.spawn().expect("helmdrill starts")
}

fn end(child: Child, signal: Signal) -> Output {
    kill(pid(&child), signal).expect("it runs");
    within("its end", move || child.wait_with_output().expect("it ends"))
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).expect("a pid"))
}

/// Takes the cluster's address out of what a step said, and whether its process runs.
fn step(said: &[String]) -> (i32, SocketAddr) {
    let [number, address] = said else { panic!("{said:?}") };
    (number.parse().expect("a pid"), address.parse().expect("an address"))
}

/// Interrupts a run of this scenario while the step that says so runs.
fn interrupted_in_a_step(more: &[&str], scenario: impl Fn(&str) -> String) {
    for (signal, code) in BOTH {
        let stand = Stand::new();
        let fifo = fifo(&stand, "reached");
        stand.write("tiny.yaml", scenario(&blocking(&fifo)));
        let args = [&["run", "tiny.yaml", "--helm", "4.3.1"], more].concat();
        let child = start(&stand, &args, &[]);
        let (process, address) = step(&said(&fifo));
        assert!(runs(process) && TcpStream::connect(address).is_ok(), "it is in the midst of it");
        assert!(!processes_of(&stand.state()).is_empty(), "this is how they are found");
        let ended = end(child, signal);
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{told}");
        assert!(told.ends_with("stopped; nothing is left behind\n"), "{told}");
        assert!(ended.stdout.is_empty(), "no report of what did not happen");
        ends(process, &format!("{signal}: its command is ended"));
        assert!(TcpStream::connect(address).is_err(), "{signal}: its port is closed");
        stand.assert_nothing_is_left();
    }
}

#[test]
fn a_drill_is_interrupted_while_it_deploys() {
    interrupted_in_a_step(&ONE, |step| {
        TINY.replace("  - helm install", &format!("  - {step}\n  - helm install"))
    });
}

#[test]
fn a_drill_is_interrupted_while_it_injects() {
    interrupted_in_a_step(&ONE, |step| {
        TINY.replace("  - kubectl delete", &format!("  - {step}\n  - kubectl delete"))
    });
}

#[test]
fn a_drill_is_interrupted_while_it_recovers() {
    interrupted_in_a_step(&ONE, |step| {
        TINY.replace("\"helm upgrade {release} {chart}\"", &format!("{step:?}"))
    });
}

#[test]
fn a_run_of_many_drills_is_interrupted_while_one_of_the_forks_recovers() {
    let scenario = |step: &str| TINY.replace("[ kubectl get configmaps ]", &format!("[ {step:?} ]"));
    interrupted_in_a_step(&["--jobs", "3"], scenario);
}

/// Reads what a process tells until a line says this, and goes on reading so that it is never held up.
fn until(stderr: ChildStderr, word: &'static str) {
    within(word, move || {
        let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.ends_with(word)), "it never says {word:?}");
        thread::spawn(move || lines.for_each(drop));
    });
}

/// A drill on a kind cluster that a stand-in makes; it stays in its settle window, which takes its time only on a
/// cluster whose clock nobody can move ahead.
fn verifying(stand: &Stand, environment: &[(&str, &str)]) -> Child {
    stand.write("tiny.yaml", format!("{TINY}settle: 1000\n"));
    std::fs::create_dir(stand.path("kind")).expect("a folder");
    let args = ["run", "tiny.yaml", "--helm", "4.3.1", "--procedure", "deploy-again", "--cluster", "kind"];
    let mut child = start(stand, &args, environment);
    until(child.stderr.take().expect("it is piped"), "verify");
    child
}

/// What the stand-in for kind is told by its environment, with the folder in which it says what it was asked for.
fn with_kind(stand: &Stand) -> [(&'static str, String); 3] {
    let bin = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bin");
    [
        ("PATH", format!("{}:/usr/bin:/bin", bin.display())),
        ("STATE", stand.path("kind").display().to_string()),
        ("HELMDRILL", env!("CARGO_BIN_EXE_helmdrill").to_owned()),
    ]
}

fn assert_its_cluster_is_deleted(stand: &Stand) {
    let asked = std::fs::read_to_string(stand.path("kind/said")).expect("kind was asked");
    let last = asked.lines().last().unwrap_or_default();
    assert!(last.starts_with("delete cluster --name helmdrill-"), "{asked}");
    stand.assert_nothing_is_left();
}

#[test]
fn a_drill_is_interrupted_while_it_verifies_and_its_kind_cluster_is_deleted() {
    for (signal, code) in BOTH {
        let stand = Stand::new();
        let environment = with_kind(&stand);
        let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
        let child = verifying(&stand, &environment);
        assert_eq!(end(child, signal).status.code(), Some(code));
        assert_its_cluster_is_deleted(&stand);
    }
}

#[test]
fn the_kind_cluster_of_a_killed_helmdrill_is_deleted_by_the_next() {
    let stand = Stand::new();
    let environment = with_kind(&stand);
    let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
    end_quietly(verifying(&stand, &environment));
    let asked = std::fs::read_to_string(stand.path("kind/said")).expect("kind was asked");
    assert!(!asked.contains("delete cluster"), "nobody did it yet: {asked}");
    let next = end_of(start(&stand, &["tools", "install", "3.17.3"], &environment));
    assert_eq!(next.status.code(), Some(0), "{}", String::from_utf8_lossy(&next.stderr));
    assert_its_cluster_is_deleted(&stand);
}

#[test]
fn a_drill_is_interrupted_while_its_kind_cluster_is_being_made() {
    let stand = Stand::new();
    let fifo = fifo(&stand, "reached");
    let (fifo_name, asked) = (fifo.display(), stand.path("kind/said"));
    let kind = format!(
        "#!/bin/bash\necho \"$*\" >> {}\n[ $1 = delete ] && exit\necho $$ > {fifo_name}\nexec /bin/sleep 1000\n",
        asked.display()
    );
    stand.write("kind/said", "");
    stand.program("bin/kind", &kind);
    stand.program("bin/docker", "#!/bin/sh\nexit 1\n");
    let path = stand.path("bin").display().to_string();
    let args = ["run", "tiny.yaml", "--helm", "4.3.1", "--procedure", "deploy-again", "--cluster", "kind"];
    let child = start(&stand, &args, &[("PATH", &path)]);
    let process: i32 = said(&fifo)[0].parse().expect("a pid");
    assert_eq!(end(child, Signal::SIGINT).status.code(), Some(130));
    ends(process, "kind is ended");
    assert_its_cluster_is_deleted(&stand);
}

#[test]
fn a_site_that_does_not_answer_does_not_hold_up_the_end() {
    for (signal, code) in BOTH {
        let stand = Stand::new();
        let site = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", site.local_addr().expect("bound"));
        let cache = stand.path("cache").display().to_string();
        let environment =
            [("HTTPS_PROXY", &*address), ("https_proxy", &address), ("HELMDRILL_CACHE_DIR", &cache)];
        let child = start(&stand, &["run", "tiny.yaml"], &environment);
        let held = within("the fetch", move || site.accept().expect("it is asked"));
        assert_eq!(end(child, signal).status.code(), Some(code));
        drop(held);
        stand.assert_nothing_is_left();
    }
}

#[test]
fn a_pip_that_hangs_is_ended() {
    let stand = Stand::new();
    let fifo = fifo(&stand, "reached");
    let pip = format!("#!/bin/bash\necho $$ > {}\nexec /bin/sleep 1000\n", fifo.display());
    stand.program("bin/pip", &pip);
    let (path, cache) = (stand.path("bin").display().to_string(), stand.path("cache").display().to_string());
    let proxy = "http://127.0.0.1:1";
    let environment =
        [("PATH", &*path), ("HTTPS_PROXY", proxy), ("https_proxy", proxy), ("HELMDRILL_CACHE_DIR", &cache)];
    let child = start(&stand, &["tools", "install", "3.17.3"], &environment);
    let process: i32 = said(&fifo)[0].parse().expect("a pid");
    assert!(runs(process));
    assert_eq!(end(child, Signal::SIGINT).status.code(), Some(130));
    ends(process, "pip is ended");
    stand.assert_nothing_is_left();
    let cached = std::fs::read_dir(stand.path("cache")).expect("it was made").flatten();
    let folders: Vec<PathBuf> = cached.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    assert!(folders.is_empty(), "no half download: {folders:?}");
}

#[test]
fn what_a_killed_helmdrill_leaves_is_taken_away_by_the_next_that_takes_a_lease() {
    let next: [&[&str]; 2] = [&["tools", "install", "3.17.3"], &["serve"]];
    for next in next {
        let stand = Stand::new();
        let fifo = fifo(&stand, "reached");
        stand.scenario(
            "tiny.yaml",
            "  - steady-state",
            &format!("  - {}\n  - steady-state", blocking(&fifo)),
        );
        let child = start(&stand, &["run", "tiny.yaml", "--helm", "4.3.1", "--procedure", "look"], &[]);
        let (process, _) = step(&said(&fifo));
        assert_eq!(end_quietly(child).status.code(), None, "nobody can refuse a SIGKILL");
        assert!(runs(process), "its command does not know that nobody waits for it any more");
        let mut child = start(&stand, next, &[]);
        let ready = child.stdout.take().expect("it is piped");
        within("the next", move || BufReader::new(ready).lines().next());
        ends(process, &format!("{next:?}: the orphan is ended"));
        let signalled = next == ["serve"];
        let ended = if signalled { end(child, Signal::SIGINT) } else { end_of(child) };
        assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
        stand.assert_nothing_is_left();
    }
}

/// Kills it, and reads nothing: its orphan holds no stream of it, but a reader could not know that.
fn end_quietly(mut child: Child) -> Output {
    kill(pid(&child), Signal::SIGKILL).expect("it runs");
    let status = child.wait().expect("it ends");
    Output { status, stdout: Vec::new(), stderr: Vec::new() }
}

fn end_of(child: Child) -> Output {
    within("its end", move || child.wait_with_output().expect("it ends"))
}

#[test]
fn a_port_that_is_taken_leaves_nothing_behind() {
    let stand = Stand::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let ended = stand.run(&["serve", "--port", &port]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""), "{}", ended.stderr);
    assert!(ended.stderr.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{}", ended.stderr);
    stand.assert_nothing_is_left();
}
