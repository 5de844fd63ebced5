//! Reports as people meet them: pages in a real headless Chromium, made by the program out of drills that it ran. A page
//! loads without a word of complaint and without a request, looks like something in the light and in the dark, is walked
//! through by keyboard, and has nothing that shuts anybody out.
#![allow(clippy::disallowed_methods, reason = "tests lay out files and start processes")]

mod axe;
mod chromium;
#[path = "../needs/mod.rs"]
mod needs;

use chromium::Chromium;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::OnceLock;

fn main() -> ExitCode {
    let tests = needs::tests![
        a_page_loads_without_a_complaint_and_asks_nobody_for_anything,
        a_page_looks_like_something_in_the_light_and_in_the_dark,
        nothing_on_a_page_shuts_anybody_out,
        sixty_drills_have_room_in_a_megabyte,
        a_timeline_is_walked_through_by_keyboard,
        every_cell_of_the_matrix_leads_to_its_drill,
        a_narrow_window_scrolls_no_text_away_and_paper_takes_the_whole,
    ];
    needs::run(Chromium::program().map(drop), &tests)
}

/// What is drilled: procedures that recover, that cost an outage and that destroy.
const DRILLED: [&str; 4] = ["run", "stuck-upgrade/before-the-deployment", "--helm", "4.3.1"];
/// The one whose picture is looked at: it costs an outage.
const ONE: &str = "stuck-upgrade-before-the-deployment-reinstall-helm4.3.1.json";

/// The folder with the pages `one.html` and `all.html`.
fn pages() -> &'static Path {
    static PAGES: OnceLock<PathBuf> = OnceLock::new();
    PAGES.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
        std::fs::remove_dir_all(&folder).ok();
        std::fs::create_dir_all(&folder).expect("a folder");
        run(&folder, &[&DRILLED[..], &["--seed", "0x5eed", "--transcripts", "kept"]].concat());
        run(&folder, &["report", "kept", "--output", "all.html"]);
        run(&folder, &["report", &format!("kept/{ONE}"), "--output", "one.html"]);
        folder
    })
}

/// Runs helmdrill in a folder.
fn run(folder: &Path, args: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helmdrill"));
    let state = folder.join("state");
    let ended = command.args(args).current_dir(folder).env("HELMDRILL_STATE_DIR", state).output();
    let ended = ended.expect("helmdrill starts");
    assert!(ended.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ended.stderr));
}

fn address(page: &str) -> String {
    format!("file://{}", pages().join(page).display())
}

/// A browser with a page open, in the light or in the dark.
fn browser(page: &str, scheme: &str) -> Chromium {
    let mut browser = Chromium::start();
    browser.look(1200, 900, scheme);
    browser.open(&address(page));
    browser
}

fn a_page_loads_without_a_complaint_and_asks_nobody_for_anything() {
    for page in ["one.html", "all.html"] {
        let mut browser = browser(page, "light");
        // Everything on it is unfolded and walked through, so that nothing is loaded late.
        browser.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })");
        browser.evaluate("scrollTo(0, document.body.scrollHeight)");
        assert_eq!(browser.said, [format!("request: {}", address(page))], "{page}");
    }
}

fn a_page_looks_like_something_in_the_light_and_in_the_dark() {
    let looks: Vec<Picture> = ["light", "dark"]
        .into_iter()
        .flat_map(|scheme| ["one", "all"].map(|page| (page, scheme)))
        .map(|(page, scheme)| {
            let mut browser = browser(&format!("{page}.html"), scheme);
            let png = browser.screenshot();
            std::fs::write(pages().join(format!("{page}-{scheme}.png")), &png).expect("a file");
            let picture = Picture::read(&png);
            assert!(picture.colours > 60, "{page} in the {scheme}: {picture:?}");
            picture
        })
        .collect();
    for (light, dark) in looks[..2].iter().zip(&looks[2..]) {
        assert!(light.brightness > 200 && dark.brightness < 70, "{light:?} {dark:?}");
    }
}

/// What there is to say of a picture.
#[derive(Debug)]
struct Picture {
    /// How many colours are in it.
    colours: usize,
    /// 0 to 255, on the whole.
    brightness: u64,
}

impl Picture {
    fn read(bytes: &[u8]) -> Picture {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a picture");
        let mut pixels = vec![0; reader.output_buffer_size().expect("it has a size")];
        let info = reader.next_frame(&mut pixels).expect("it is whole");
        let samples = info.color_type.samples();
        let colours: BTreeSet<&[u8]> = pixels.chunks_exact(samples).map(|pixel| &pixel[..3]).collect();
        let sum: u64 = pixels.chunks_exact(samples).map(|pixel| u64::from(pixel[1])).sum();
        let count = u64::from(info.width) * u64::from(info.height);
        Picture { colours: colours.len(), brightness: sum / count.max(1) }
    }
}

fn nothing_on_a_page_shuts_anybody_out() {
    let script = axe::script();
    for (page, scheme) in
        [("one.html", "light"), ("one.html", "dark"), ("all.html", "light"), ("all.html", "dark")]
    {
        let mut browser = browser(page, scheme);
        browser.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })");
        browser.evaluate(&format!("{script}; undefined"));
        let found = browser.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.map((wrong) => \
             `${wrong.impact} ${wrong.id}: ${wrong.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`))",
        );
        assert_eq!(found, serde_json::json!([]), "{page} in the {scheme}");
    }
}

fn sixty_drills_have_room_in_a_megabyte() {
    // The heaviest there are: three environments in one drill.
    run(pages(), &["run", "bad-night", "--helm", "4.3.1", "--seed", "7", "--transcripts", "heavy"]);
    run(pages(), &["report", "heavy", "--output", "heavy.html"]);
    for (page, kept) in [("all.html", "kept"), ("heavy.html", "heavy")] {
        let page = std::fs::read(pages().join(page)).expect("it is written").len();
        let drills = std::fs::read_dir(pages().join(kept)).expect("a folder").count();
        assert!(drills > 10 && page / drills * 60 < 1_000_000, "{page} bytes for {drills} drills");
    }
}

fn a_timeline_is_walked_through_by_keyboard() {
    let mut browser = browser("one.html", "light");
    let readout = "document.querySelector('.readout').textContent";
    browser.evaluate("document.querySelector('figure g g').focus()");
    let first = browser.evaluate(readout);
    assert!(first.as_str().is_some_and(|said| said.contains("$ helm install billing")), "{first}");
    browser.press("ArrowRight", 39);
    let second = browser.evaluate(readout);
    assert!(second.as_str().is_some_and(|said| said.contains("$ helm install myapp")), "{second}");
    browser.press("End", 35);
    let last = browser.evaluate(readout);
    assert!(last.as_str().is_some_and(|said| said.contains("safeguard stays-up does not hold")), "{last}");
    browser.press("Home", 36);
    assert_eq!(browser.evaluate(readout), first);
    let outline =
        browser.evaluate("getComputedStyle(document.activeElement.querySelector('path')).strokeWidth");
    assert_eq!(outline, "2.5px", "what is in focus is seen");
}

fn every_cell_of_the_matrix_leads_to_its_drill() {
    let mut browser = browser("all.html", "light");
    let cells = browser.evaluate("document.querySelectorAll('.matrix td a').length");
    let lost = browser.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map((a) => a.getAttribute('href').slice(1)) \
         .filter((id) => !document.getElementById(id))",
    );
    let drills = std::fs::read_dir(pages().join("kept")).expect("a folder").count();
    assert_eq!((cells, lost), (drills.into(), serde_json::json!([])));
    browser.evaluate("document.querySelector('.matrix td a').click()");
    let top = browser.evaluate("document.querySelector('article').getBoundingClientRect().top < innerHeight");
    assert_eq!(top, true, "the section is seen");
}

fn a_narrow_window_scrolls_no_text_away_and_paper_takes_the_whole() {
    let mut browser = browser("one.html", "light");
    browser.look(400, 900, "light");
    let wide = browser.evaluate("document.documentElement.scrollWidth");
    assert_eq!(wide, 400, "only the picture and the tables scroll sideways");
    let paper = browser.print();
    assert!(paper.starts_with(b"%PDF-") && paper.len() > 10_000, "{} bytes", paper.len());
    assert_eq!(browser.evaluate("document.querySelectorAll('details:not([open])').length"), 0);
}
