//! Leases of this process, and of a second process that is killed with SIGKILL.
#![expect(clippy::disallowed_methods, reason = "a second helmdrill is a process, and leases are files")]
#![expect(clippy::print_stderr, reason = "a second process says what it holds")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use nix::sys::stat::Mode;
use tempfile::TempDir;

use super::{Lease, sweep};

/// Names the root of the second process's lease.
const ROOT: &str = "HELMDRILL_TEST_LEASE_ROOT";
/// The line a second process runs as its child.
const LINE: &str = "HELMDRILL_TEST_LEASE_LINE";

fn root() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn entries(root: &Path) -> usize {
    fs::read_dir(root).expect("is read").flatten().filter(|e| e.path().is_dir()).count()
}

fn mode(path: &Path) -> u32 {
    path.metadata().expect("is there").permissions().mode() & 0o777
}

fn pipe(folder: &Path) -> PathBuf {
    let path = folder.join("pipe");
    nix::unistd::mkfifo(&path, Mode::S_IRWXU).expect("a named pipe");
    path
}

/// Holds what a lease can hold. Run by the other tests in a second process, which never comes to its end.
#[tokio::test]
async fn a_lease_is_private_and_leaves_nothing_at_its_end() {
    let killed = std::env::var_os(ROOT);
    let own = killed.is_none().then(root); // what a killed process makes for itself stays
    let root =
        own.as_ref().map_or_else(|| killed.clone().map(PathBuf::from), |own| Some(own.path().join("a/b")));
    let root = root.expect("either our own or the one we were given");
    let lease = Lease::acquire(&root).expect("a lease");
    let dir = lease.private_dir("kubeconfig").expect("a folder");
    fs::write(dir.path().join("config"), "secret").expect("is written");
    assert_eq!((mode(&root), mode(lease.folder()), mode(dir.path())), (0o700, 0o700, 0o700));
    let line = std::env::var(LINE).unwrap_or_else(|_| "exec /bin/sleep 1000".to_owned());
    let child = crate::exec::Command::shell(line)
        .env("HOME", dir.path())
        .on_roster(Arc::new(lease.clone()))
        .spawn()
        .await
        .expect("starts");
    let claim = lease.cluster("drill-1").expect("is written down");
    if killed.is_some() {
        eprintln!("holding {}", child.pid());
        std::io::stdin().read_to_end(&mut Vec::new()).expect("is killed while it waits");
    }
    claim.release().expect("is written down");
    drop((child, lease));
    assert_eq!(entries(&root), 1, "what was handed out keeps the lease");
    drop(dir);
    assert_eq!(entries(&root), 0);
    assert_eq!(sweep(&root).expect("sweeps").len(), 0);
}

/// A second process that holds a lease below `root`, and the pid of its child.
fn second(root: &Path, line: &str) -> (Child, u32) {
    let mut process = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "lease::tests::a_lease_is_private_and_leaves_nothing_at_its_end", "--nocapture"])
        .env(ROOT, root)
        .env(LINE, line)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let said = BufReader::new(process.stderr.take().expect("is piped"));
    let pid = said
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("holding ")?.parse().ok())
        .expect("says what it holds");
    (process, pid)
}

fn kill(mut process: Child) {
    process.kill().expect("is killed");
    process.wait().expect("is gone");
}

#[test]
fn what_a_living_process_holds_is_not_swept() {
    let root = root();
    let (process, pid) = second(root.path(), "exec /bin/sleep 1000");
    assert!(sweep(root.path()).expect("sweeps").is_empty());
    assert!(super::process::birth(pid).is_some());
    kill(process);
    for swept in sweep(root.path()).expect("sweeps") {
        swept.finish().expect("is removed");
    }
}

#[test]
fn a_sweep_ends_what_a_killed_process_ran_and_names_its_clusters_until_they_are_deleted() {
    let root = root();
    let pipe = pipe(root.path());
    let line = format!("exec 3>{}; /bin/sleep 1000 & /bin/sleep 1000; :", pipe.display());
    let opening = std::thread::spawn(move || File::open(pipe));
    let (process, pid) = second(root.path(), &line);
    let mut held = opening.join().expect("joins").expect("opens");
    let owner = process.id();
    kill(process);

    let swept = sweep(root.path()).expect("sweeps");
    held.read_to_end(&mut Vec::new()).expect("nobody holds the pipe any more");
    let [one] = swept.as_slice() else { panic!("one was killed: {swept:?}") };
    assert_eq!((one.owner, one.clusters.as_slice()), (Some(owner), &["drill-1".to_owned()][..]));
    assert!(one.ended.contains(&pid), "{pid} is not among {:?}", one.ended);
    assert!(sweep(root.path()).expect("sweeps").is_empty(), "another sweeper deletes the cluster already");

    drop(swept); // the deletion failed
    let again = sweep(root.path()).expect("sweeps");
    assert_eq!(again.iter().map(|one| one.clusters.len()).collect::<Vec<_>>(), [1]);
    again.into_iter().for_each(|one| one.finish().expect("is removed"));
    assert_eq!(entries(root.path()), 0);
}

#[test]
fn a_sweep_ends_what_left_its_process_group() {
    let root = root();
    let pipe = pipe(root.path());
    let line = format!("/usr/bin/setsid /bin/sh -c 'exec 3>{}; /bin/sleep 1000; :' & exit 0", pipe.display());
    let opening = std::thread::spawn(move || File::open(pipe));
    let (process, _) = second(root.path(), &line);
    let mut held = opening.join().expect("joins").expect("opens");
    kill(process);
    sweep(root.path()).expect("sweeps").into_iter().for_each(|one| one.finish().expect("is removed"));
    held.read_to_end(&mut Vec::new()).expect("nobody holds the pipe any more");
}

#[test]
fn a_pid_that_another_process_has_now_is_left_alone() {
    let root = root();
    let mut other = Command::new("/bin/cat").stdin(Stdio::piped()).spawn().expect("starts");
    let folder = root.path().join("1-left");
    fs::create_dir(&folder).expect("is made");
    let machine = super::process::machine();
    let birth = super::process::birth(other.id()).expect("runs").0 - 1;
    fs::write(folder.join("journal"), format!("machine {machine}\nchild {} {birth}\n", other.id()))
        .expect("written");
    let swept = sweep(root.path()).expect("sweeps");
    assert_eq!(swept.iter().map(|one| one.ended.as_slice()).collect::<Vec<_>>(), [&[] as &[u32]]);
    assert!(!folder.exists());
    drop(other.stdin.take());
    assert!(other.wait().expect("ends").success(), "it ended because its input did");
}

#[test]
fn pids_of_another_boot_or_container_are_left_alone() {
    let root = root();
    let mut other = Command::new("/bin/cat").stdin(Stdio::piped()).spawn().expect("starts");
    let folder = root.path().join("1-left");
    fs::create_dir(&folder).expect("is made");
    let birth = super::process::birth(other.id()).expect("runs").0;
    fs::write(folder.join("journal"), format!("machine other\nchild {} {birth}\n", other.id()))
        .expect("written");
    assert_eq!(sweep(root.path()).expect("sweeps").len(), 1);
    drop(other.stdin.take());
    assert!(other.wait().expect("ends").success(), "it ended because its input did");
}

#[test]
fn a_claim_that_is_not_released_outlives_its_lease() {
    let root = root();
    let lease = Lease::acquire(root.path()).expect("a lease");
    drop(lease.cluster("kept").expect("is written down"));
    lease.cluster("deleted").expect("is written down").release().expect("is written down");
    drop(lease);
    let swept = sweep(root.path()).expect("sweeps");
    assert_eq!(swept.iter().map(|one| one.clusters.join(" ")).collect::<Vec<_>>(), ["kept"]);
}

#[test]
fn a_root_that_others_could_enter_is_closed_to_them_and_one_that_is_no_folder_is_refused() {
    let root = root();
    let open = root.path().join("open");
    fs::create_dir(&open).expect("is made");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).expect("is opened");
    let lease = Lease::acquire(&open).expect("a lease");
    assert_eq!(mode(&open), 0o700);
    drop(lease);
    let link = root.path().join("link");
    std::os::unix::fs::symlink(&open, &link).expect("is linked");
    let refused = Lease::acquire(&link).expect_err("could lead anywhere").to_string();
    assert!(refused.contains("belongs to another user, or is no folder"), "{refused}");
}

#[test]
fn a_folder_that_a_tool_made_read_only_is_removed() {
    let root = root();
    let lease = Lease::acquire(root.path()).expect("a lease");
    let home = lease.private_dir("home").expect("a folder");
    let locked = home.path().join("go/mod");
    fs::create_dir_all(&locked).expect("is made");
    fs::write(locked.join("file"), "x").expect("is written");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).expect("is closed");
    let path = home.path().to_owned();
    drop(home);
    assert!(!path.exists());
}

#[test]
fn what_is_needed_only_now_is_kept_in_another_place_than_what_is_written_down() {
    let (root, quick) = (root(), root());
    let lease = Lease::acquire_with_quick(root.path(), quick.path()).expect("a lease");
    let dir = lease.private_dir("drill").expect("a folder");
    assert!(dir.path().starts_with(quick.path().canonicalize().expect("is there")));
    assert!(lease.folder().starts_with(root.path().canonicalize().expect("is there")));
    assert_eq!(sweep(quick.path()).expect("sweeps").len(), 0, "it is held");
    drop(lease);
    assert!(dir.path().exists(), "what was handed out keeps both");
    drop(dir);
    assert_eq!((entries(root.path()), entries(quick.path())), (0, 0));
}
