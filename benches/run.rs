//! What a whole run costs: every drill of every scenario with one Helm, one after another. Prints the wall time, how
//! much of it helm and kubectl ran, the share that is helmdrill's own, and its processor time; judges nothing.
#![expect(clippy::print_stdout, reason = "a benchmark reports to a person")]
#![expect(clippy::disallowed_methods, reason = "a benchmark starts processes, reads files and the clock")]

use helmdrill::report::Graded;
use helmdrill::transcript::{Event, Phase};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const HELM: &str = "4.3.1";

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // The first run of all may have to fetch the tools; that is no part of a run.
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_helmdrill"));
        command.args(["run", "--helm", HELM, "--jobs", "1", "--seed", "7", "--format", "json"]).args(more);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("the binary that cargo built")
    };
    let mut first = run(&["stuck-upgrade/before-the-record", "--procedure", "do-nothing"]);
    assert!(first.wait().expect("it ends").success());
    let began = Instant::now();
    let mut child = run(&["--transcripts", &folder.path().display().to_string()]);
    let processor = watched(&mut child);
    let wall = began.elapsed();
    let (drills, commands, inside) = inside(folder.path());
    let own = wall.saturating_sub(inside);
    println!("helm {HELM}, --jobs 1: {drills} drills, {commands} commands in {wall:.1?}");
    println!("  helm and kubectl ran for {inside:.1?}");
    println!("  helmdrill's own: {own:.1?}, {:.1} % of the wall time", share(own, wall));
    println!("  helmdrill's processor time: {processor:.1?}, while they ran too");
    println!("  drills a second: {:.2}", f64::from(drills) / wall.as_secs_f64());
}

fn share(part: Duration, whole: Duration) -> f64 {
    100.0 * part.as_secs_f64() / whole.as_secs_f64()
}

/// Waits for the end of the run; its own processor time, without its children's, as seen shortly before.
fn watched(child: &mut Child) -> Duration {
    let mut last = Duration::ZERO;
    loop {
        last = processor(child.id()).unwrap_or(last);
        if let Some(status) = child.try_wait().expect("it is ours") {
            assert!(status.success(), "every drill comes out as expected: {status}");
            return last;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// User and system time of one process, in the ticks of 10 ms that Linux counts.
fn processor(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (ticks(11)? + ticks(12)?))).filter(|time| !time.is_zero())
}

/// How many drills ran, how many commands, and for how long in all. What comes before the recovery is done once for all
/// drills of a variant, and stands in each of their transcripts.
fn inside(folder: &Path) -> (u32, u32, Duration) {
    let (mut drills, mut commands, mut inside) = (0, 0, Duration::ZERO);
    let mut shared = BTreeSet::new();
    for file in std::fs::read_dir(folder).expect("a folder") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a transcript");
        let drill: Graded = serde_json::from_str(&text).expect("a transcript");
        let mut recovering = false;
        let first = shared.insert(drill.scenario());
        let mut since = drill.transcript.began;
        drills += 1;
        for entry in &drill.transcript.entries {
            match &entry.event {
                Event::Phase { phase } => recovering = *phase >= Phase::Recover,
                Event::Began { .. } => since = entry.at,
                Event::Ended { .. } if recovering || first => {
                    commands += 1;
                    inside += entry.at.since(since);
                }
                Event::Ended { .. }
                | Event::Call(_)
                | Event::Fault { .. }
                | Event::Object { .. }
                | Event::Snapshot { .. }
                | Event::Checked { .. }
                | Event::Aside(_) => {}
            }
        }
    }
    (drills, commands, inside)
}
