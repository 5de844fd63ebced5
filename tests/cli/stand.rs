//! A place for one test: a scenario of its own with its chart beside it, a folder for leases, and the way to run
//! helmdrill there. What it prints is made the same on every machine.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The pinned tools are in the cache before the first test looks: what is printed does not depend on who came first.
static TOOLS: OnceLock<()> = OnceLock::new();

/// The scenario of the tests: a ConfigMap is lost. Each part of it is there once, so that a test can replace it.
pub(crate) const TINY: &str = r#"apiVersion: helmdrill.dev/v1
kind: Scenario
metadata: { name: tiny, title: A note was lost, family: test, difficulty: 1, references: [helm/helm#1] }
story: Somebody has deleted the note. Bring it back.
environments: [production]
release: { name: note, chart: paper }
timeline:
  - helm install {release} {chart}
  - steady-state
  - kubectl delete configmap note
symptoms:
  - run: kubectl get configmap note
    fails-with: not found
objectives:
  - id: whole
    weight: 100
    check: { owned-objects-match-manifest: { release: "{release}" } }
procedures:
  - name: deploy-again
    reference: true
    steps: [ "helm upgrade {release} {chart}" ]
    expect: recovered
    because: an upgrade makes what is missing
controls:
  - name: do-nothing
    expect: { failed: { trips: [whole] } }
    because: nothing brings it back by itself
  - name: look
    steps: [ kubectl get configmaps ]
    expect: { failed: { trips: [whole] } }
    because: looking does not help
"#;

/// Folders of one test.
pub(crate) struct Stand {
    pub(crate) folder: tempfile::TempDir,
}

/// How a run of helmdrill ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Stand {
    /// With the scenario `tiny.yaml`, its chart, and an empty folder for leases.
    pub(crate) fn new() -> Stand {
        let stand = Stand { folder: tempfile::tempdir().expect("a folder") };
        stand.write("paper/Chart.yaml", "apiVersion: v2\nname: paper\nversion: 0.1.0\n");
        let note = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: note\ndata:\n  text: hello\n";
        stand.write("paper/templates/note.yaml", note);
        stand.write("tiny.yaml", TINY);
        TOOLS.get_or_init(|| {
            // The folder for leases of the test that comes first is as empty as that of any other.
            let elsewhere = tempfile::tempdir().expect("a folder");
            let mut install = stand.command();
            install.env("HELMDRILL_STATE_DIR", elsewhere.path());
            let installed =
                stand.ended(install.args(["tools", "install", "3.17.3", "4.3.1", "kubectl@1.36"]));
            assert_eq!(installed.code, Some(0), "{}", installed.stderr);
        });
        stand
    }

    /// A scenario that differs from [`TINY`] in one part.
    pub(crate) fn scenario(&self, name: &str, part: &str, instead: &str) {
        assert_eq!(TINY.matches(part).count(), 1, "{part:?} is there once");
        self.write(name, TINY.replace(part, instead));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path("state")
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// A program of the test's own.
    pub(crate) fn program(&self, name: &str, text: &str) -> PathBuf {
        let path = self.write(name, text);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        path
    }

    /// helmdrill in the folder of this test.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_helmdrill"));
        command.current_dir(self.folder.path()).env("HELMDRILL_STATE_DIR", self.state());
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
        command
    }

    /// Runs helmdrill to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        self.ended(self.command().args(args))
    }

    pub(crate) fn ended(&self, command: &mut Command) -> Ended {
        let Output { status, stdout, stderr } = command.output().expect("helmdrill starts");
        let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
        Ended { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// What a person would see of several runs, with their exit codes.
    pub(crate) fn session(&self, lines: &[&[&str]]) -> String {
        lines.iter().map(|args| self.told(args, &self.run(args))).collect()
    }

    pub(crate) fn told(&self, args: &[&str], Ended { code, stdout, stderr }: &Ended) -> String {
        let code = code.map_or("by a signal".to_owned(), |code| code.to_string());
        let told = format!("$ helmdrill {}\n{stdout}{stderr}exit {code}\n\n", args.join(" "));
        told.replace(&self.folder.path().display().to_string(), "[folder]")
    }

    /// Nothing of a lease is left in the folder for leases, and no process of one runs.
    pub(crate) fn assert_nothing_is_left(&self) {
        let left: Vec<PathBuf> = match std::fs::read_dir(self.state()) {
            Ok(entries) => entries.map(|entry| entry.expect("an entry").path()).collect(),
            Err(_) => Vec::new(),
        };
        let folders: Vec<&PathBuf> = left.iter().filter(|path| path.is_dir()).collect();
        assert!(folders.is_empty(), "{folders:?}");
        // What was killed may still be on its way out; what was not never ends.
        let patience = std::time::Duration::from_secs(30);
        let since = std::time::Instant::now();
        while !processes_of(&self.state()).is_empty() && since.elapsed() < patience {
            std::thread::yield_now();
        }
        assert_eq!(processes_of(&self.state()), Vec::<i32>::new());
    }
}

/// The processes that run, whose working folder or environment names `folder`; helmdrill itself is told the folder
/// without being inside it, and counts only by its children.
pub(crate) fn processes_of(folder: &Path) -> Vec<i32> {
    let inside = format!("{}/", folder.display());
    let all = procfs::process::all_processes().expect("/proc is there");
    let ours = all.flatten().filter(|process| {
        let cwd = process.cwd().is_ok_and(|cwd| cwd.starts_with(folder));
        let names = |value: &std::ffi::OsString| value.to_string_lossy().contains(&inside);
        cwd || process.environ().is_ok_and(|environment| environment.values().any(names))
    });
    ours.filter(|process| runs(process.pid())).map(|process| process.pid()).collect()
}

/// Whether a process runs, and is not merely waiting to be reaped.
pub(crate) fn runs(pid: i32) -> bool {
    let stat = procfs::process::Process::new(pid).and_then(|process| process.stat());
    stat.is_ok_and(|stat| !matches!(stat.state, 'Z' | 'X'))
}

/// A snapshot of a session, without what differs between machines and grows with the scenarios.
pub(crate) fn shown(name: &str, session: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"(known|Known) are [^;\n]*", "$1 are [names]");
    settings.add_filter(r"(from the cache|fetched .*): /.*", "[from]: [path]");
    settings.add_filter(r"\[ +\d+\.\d+s\]", "[ time]");
    settings.add_filter(r"\d+\.\d+s", "[time]s");
    settings.add_filter(r"SEED 0x[0-9a-f]+ *", "SEED [seed] ");
    settings.add_filter(r"--seed 0x[0-9a-f]+", "--seed [seed]");
    settings.add_filter(r"\d+ calls", "[count] calls");
    settings.add_filter(r"\d+\.\d of (\d+) seconds", "[time] of $1 seconds");
    settings.bind(|| insta::assert_snapshot!(name, session));
}
