//! Runs real shells: what they say, how they end, and that nothing of them is left behind.
#![expect(
    clippy::disallowed_methods,
    reason = "fixtures are files, and their ends are read from named pipes"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::stat::Mode;
use tempfile::TempDir;

use super::{Command, ExecError, Exit, Roster, Seat};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn file(folder: &Path, name: &str, content: &str, mode: u32) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, content).expect("a file is written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode is set");
    path
}

/// A named pipe: reading it blocks until somebody opens it, and ends when nobody holds it any more.
fn pipe(folder: &Path) -> PathBuf {
    let path = folder.join("pipe");
    nix::unistd::mkfifo(&path, Mode::S_IRWXU).expect("a named pipe");
    path
}

/// Opens the pipe for reading; done when a child has opened it for writing.
async fn opened(path: &Path) -> fs::File {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || fs::File::open(path)).await.expect("joins").expect("opens")
}

/// Reads until nobody holds the pipe any more.
async fn closed(mut pipe: fs::File) {
    tokio::task::spawn_blocking(move || std::io::copy(&mut pipe, &mut std::io::sink()))
        .await
        .expect("joins")
        .expect("reads");
}

/// A shell that holds the pipe, as does the child that it starts, until both are killed.
fn holding(pipe: &Path) -> Command {
    Command::shell(format!("exec 3>{}; /bin/sleep 1000 & /bin/sleep 1000; :", pipe.display()))
}

#[tokio::test]
async fn a_command_says_how_it_ended_and_what_it_said() {
    let table = [
        ("echo out; echo err >&2; exit 3", Exit::Code(3), "out\n", "err\n"),
        ("printf done", Exit::Code(0), "done", ""),
        ("kill -TERM $$", Exit::Signal(15), "", ""),
        ("cat", Exit::Code(0), "input", ""),
        ("exit 0", Exit::Code(0), "", ""), // leaves its input unread
    ];
    for (line, exit, stdout, stderr) in table {
        let ran =
            Command::shell(line).env("PATH", "/bin:/usr/bin").stdin("input").run().await.expect("starts");
        assert_eq!(
            (ran.exit, ran.stdout.text().as_str(), ran.stderr.text().as_str()),
            (exit, stdout, stderr)
        );
    }
}

#[tokio::test]
async fn a_command_has_the_environment_and_the_folder_it_is_given_and_nothing_else() {
    let there = folder();
    let there = there.path().canonicalize().expect("resolves");
    let ran = Command::program("env")
        .envs([("PATH", "/usr/bin:/bin"), ("GIVEN", "yes")])
        .cwd(&there)
        .run()
        .await
        .expect("starts");
    assert_eq!(ran.stdout.text(), "GIVEN=yes\nPATH=/usr/bin:/bin\n");
    let ran = Command::shell("/bin/pwd").cwd(&there).run().await.expect("starts");
    assert_eq!(ran.stdout.text().trim(), there.to_string_lossy());
}

#[tokio::test]
async fn output_above_the_bound_is_cut_and_said_to_be() {
    let line = "i=0; while [ $i -lt 5000 ]; do echo 0123456789; i=$((i+1)); done; printf END";
    let ran = Command::shell(line).keep(1000).run().await.expect("starts");
    assert_eq!((ran.exit, ran.stdout.cut(), ran.stdout.bytes().len()), (Exit::Code(0), 54_003, 1000));
    assert!(ran.stdout.text().contains("54003 bytes of output were cut"));
    assert!(ran.stdout.text().ends_with("END"));
}

#[tokio::test]
async fn what_runs_out_of_time_is_killed_with_all_that_it_started_and_keeps_its_output() {
    let there = folder();
    let pipe = pipe(there.path());
    let line = format!("exec 3>{}; echo before; /bin/sleep 1000 & /bin/sleep 1000; :", pipe.display());
    let command = Command::shell(line).timeout(Duration::from_millis(300));
    let (ran, held) = tokio::join!(command.run(), opened(&pipe));
    let ran = ran.expect("starts");
    assert_eq!((ran.exit, ran.stdout.text().as_str()), (Exit::TimedOut, "before\n"));
    assert!(ran.elapsed >= Duration::from_millis(300));
    closed(held).await;
}

#[tokio::test]
async fn dropping_a_running_command_kills_all_that_it_started() {
    let there = folder();
    let pipe = pipe(there.path());
    let running = holding(&pipe).spawn().await.expect("starts");
    let held = opened(&pipe).await;
    drop(running);
    closed(held).await;
}

#[tokio::test]
async fn cancelling_a_run_kills_all_that_it_started() {
    let there = folder();
    let pipe = pipe(there.path());
    let command = holding(&pipe);
    let task = tokio::spawn(async move { command.run().await.map(|ran| ran.exit) });
    let held = opened(&pipe).await;
    task.abort();
    closed(held).await;
}

#[tokio::test]
async fn what_a_command_leaves_in_the_background_ends_with_it() {
    let there = folder();
    let pipe = pipe(there.path());
    let line = format!("exec 3>{}; /bin/sleep 1000 & exit 0", pipe.display());
    let command = Command::shell(line);
    let (ran, held) = tokio::join!(command.run(), opened(&pipe));
    assert_eq!(ran.expect("starts").exit, Exit::Code(0));
    closed(held).await;
}

#[tokio::test]
async fn a_signal_reaches_the_running_command() {
    let there = folder();
    let pipe = pipe(there.path());
    let running = holding(&pipe).spawn().await.expect("starts");
    let held = opened(&pipe).await;
    running.signal(nix::sys::signal::Signal::SIGTERM).expect("is sent");
    assert_eq!(running.wait().await.expect("is followed").exit, Exit::Signal(15));
    closed(held).await;
}

#[tokio::test]
async fn what_cannot_be_started_says_why_and_what_to_do() {
    let there = folder();
    let plain = file(there.path(), "plain", "text", 0o644);
    let garbage = file(there.path(), "garbage", "\u{1}\u{0}\u{2}garbage", 0o755);
    let orphan = file(there.path(), "orphan", "#!/no/such/interpreter\n", 0o755);
    let missing = there.path().join("missing");
    let mut said = String::new();
    for command in [
        Command::program("helm-of-nobody").env("PATH", "/bin"),
        Command::program("env"),
        Command::program(&missing),
        Command::program(&plain),
        Command::program(there.path()),
        Command::program(&garbage),
        Command::program(&orphan),
        Command::program("/bin/sh").cwd(&missing),
    ] {
        let error: ExecError = command.run().await.expect_err("cannot be started");
        said.push_str(&format!("{error}\n"));
    }
    insta::assert_snapshot!(said.replace(&*there.path().to_string_lossy(), "DIR"));
}

/// Writes down who comes and goes.
#[derive(Clone, Debug, Default)]
struct Guests(Arc<Mutex<Vec<(&'static str, u32)>>>);

impl Roster for Guests {
    fn enter(&self, pid: u32) -> Seat {
        self.0.lock().expect("not poisoned").push(("came", pid));
        let guests = self.clone();
        Seat::new(move || guests.0.lock().expect("not poisoned").push(("went", pid)))
    }
}

#[tokio::test]
async fn a_roster_hears_of_a_child_when_it_starts_and_when_it_has_ended() {
    let guests = Guests::default();
    let running = Command::shell("exec /bin/sleep 1000")
        .on_roster(Arc::new(guests.clone()))
        .spawn()
        .await
        .expect("starts");
    let pid = running.pid();
    assert_eq!(*guests.0.lock().expect("not poisoned"), [("came", pid)]);
    drop(running);
    assert_eq!(*guests.0.lock().expect("not poisoned"), [("came", pid), ("went", pid)]);
}
