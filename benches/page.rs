//! What the page of a run costs: how long it takes to write it out of transcripts, how large it is, and how long a headless
//! Chromium takes until it is drawn. Once for drills of the scenario that everybody knows, once for the heaviest there are.
//! Prints figures; judges nothing.
#![expect(clippy::print_stdout, reason = "a benchmark reports to a person")]
#![expect(clippy::disallowed_methods, reason = "a benchmark starts processes, reads files and the clock")]

#[path = "../tests/browser/chromium.rs"]
#[expect(dead_code, reason = "the tests press keys and print, too")]
mod chromium;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// How many drills are on the page.
const DRILLS: usize = 60;
/// How often it is drawn; the best is told.
const TIMES: usize = 5;
/// Scenarios that have the largest transcripts of a whole run between them.
const HEAVY: [&str; 6] = [
    "bad-night",
    "reuse-values",
    "scaled-by-hand",
    "subchart-disabled",
    "made-by-helm-3",
    "hook-fails/after-the-objects",
];

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let kept = folder.path().join("kept");
    let known = transcripts(&kept, &["stuck-upgrade"]);
    measured("as they come", &known[..DRILLS.min(known.len())], folder.path());
    // A folder of a whole run may be named, so that nothing runs again.
    let mut heavy = match std::env::var_os("HELMDRILL_KEPT") {
        Some(kept) => files(Path::new(&kept)),
        None => transcripts(&folder.path().join("heavy"), &HEAVY),
    };
    let size = |file: &PathBuf| std::fs::metadata(file).expect("a file").len();
    heavy.sort_by_key(|file| (std::cmp::Reverse(size(file)), file.clone()));
    heavy.truncate(DRILLS);
    measured("the heaviest", &heavy, folder.path());
}

/// The transcripts of a run of these scenarios, in the order of their names.
fn transcripts(kept: &Path, scenarios: &[&str]) -> Vec<PathBuf> {
    let kept_name = kept.display().to_string();
    run(&[&["run"], scenarios, &["--seed", "7", "--transcripts", &kept_name]].concat());
    files(kept)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    found.sort();
    found
}

fn measured(what: &str, transcripts: &[PathBuf], folder: &Path) {
    let page = folder.join("page.html");
    let names: Vec<String> = transcripts.iter().map(|path| path.display().to_string()).collect();
    let page_name = page.display().to_string();
    let mut args = vec!["report", "--output", &page_name];
    args.extend(names.iter().map(String::as_str));
    let began = Instant::now();
    run(&args);
    println!("{} drills, {what}, written in {:.1?}", transcripts.len(), began.elapsed());
    println!("  size: {} bytes", std::fs::metadata(&page).expect("it is written").len());
    println!("  drawn in Chromium after: {:.0} ms (best of {TIMES})", drawn(&page));
}

fn run(args: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helmdrill"));
    let status = command.args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("the binary that cargo built").success(), "{args:?}");
}

/// Milliseconds from the request for the page to its first frame with everything laid out.
fn drawn(page: &Path) -> f64 {
    let mut browser = chromium::Chromium::start();
    browser.look(1200, 900, "light");
    let mut best = f64::INFINITY;
    for _ in 0..TIMES {
        browser.open(&format!("file://{}", page.display()));
        let took = browser.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))",
        );
        best = best.min(took.as_f64().expect("a number"));
    }
    assert!(
        !browser.screenshot().is_empty() && browser.said.iter().all(|said| said.starts_with("request: "))
    );
    best
}
