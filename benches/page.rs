//! What the page of a run costs: how long it takes to write it out of transcripts, how large it is, and how long a headless
//! Chromium takes until it is drawn. Prints figures; judges nothing.
#![expect(clippy::print_stdout, reason = "a benchmark reports to a person")]
#![expect(clippy::disallowed_methods, reason = "a benchmark starts processes, reads files and the clock")]

#[path = "../tests/browser/chromium.rs"]
#[expect(dead_code, reason = "the tests press keys and print, too")]
mod chromium;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// How many drills are on the page.
const DRILLS: usize = 60;
/// How often it is drawn; the best is told.
const TIMES: usize = 5;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let kept = folder.path().join("kept");
    run(&["run", "stuck-upgrade", "--seed", "7", "--transcripts", &kept.display().to_string()]);
    let mut transcripts: Vec<String> = std::fs::read_dir(&kept)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path().display().to_string())
        .collect();
    transcripts.sort();
    transcripts.truncate(DRILLS);
    let page = folder.path().join("page.html");
    let page_name = page.display().to_string();
    let mut args = vec!["report", "--output", &page_name];
    args.extend(transcripts.iter().map(String::as_str));
    let began = Instant::now();
    run(&args);
    println!("{} drills written in {:.1?}", transcripts.len(), began.elapsed());
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
