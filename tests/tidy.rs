//! Keeps the house in the shape that ARCHITECTURE.md draws: layers, heads of files, sizes, who may do what; and the
//! lists of checks and faults in `docs` complete, with examples that are read.
#![expect(clippy::disallowed_methods, reason = "reads the source files")]

use helmdrill::check::Check;
use helmdrill::fault::Matcher;
use helmdrill::scenario::{self, Fault};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A file above this is split by what it owns.
const SPLIT_AT: usize = 400;
/// A test or benchmark above this is split too.
const SPLIT_TESTS_AT: usize = 600;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(under: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(under) else { return found };
    for entry in entries.map(|e| e.expect("a directory entry").path()) {
        if entry.is_dir() {
            found.extend(files(&entry, ending));
        } else if entry.extension().is_some_and(|e| e == ending) {
            found.push(entry);
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).expect("below the root").display().to_string()
}

/// The rows of the layer table: module → modules that it may import.
fn layers() -> BTreeMap<String, BTreeSet<String>> {
    let text = read(&root().join("ARCHITECTURE.md"));
    let table = text.split("<!-- layers -->").nth(1).expect("ARCHITECTURE.md marks its layer table");
    let rows = table.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let may = cells[2].split(", ").filter(|name| *name != "–").map(str::to_owned).collect();
        (cells[0].to_owned(), may)
    })
    .collect()
}

/// The top-level module that a source file belongs to.
fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).expect("below src");
    let first = inside.components().next().expect("a file").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Every top-level module that a source text names as `crate::NAME`, in `use crate::{…}` too.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().filter(|l| !l.trim_start().starts_with("//")).map(|l| format!("{l}\n")).collect();
    let mut names = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(group) => {
                let mut depth = 0;
                let mut word = String::new();
                for c in group.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => names.extend(first_word(&std::mem::take(&mut word))),
                        c if depth == 0 => word.push(c),
                        _ => {}
                    }
                }
                names.extend(first_word(&word));
            }
            None => names.extend(first_word(after)),
        }
    }
    names
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

#[test]
fn every_module_imports_only_what_its_layer_may() {
    let layers = layers();
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), "rs") {
        let module = module_of(&path);
        if module == "lib" || module == "main" {
            continue;
        }
        let Some(may) = layers.get(&module) else {
            wrong.push(format!("{}: module {module} has no row in the layer table", shown(&path)));
            continue;
        };
        for name in imports(&read(&path)) {
            if name != module && !may.contains(&name) {
                wrong.push(format!("{}: {module} may not import {name}", shown(&path)));
            }
        }
    }
    assert!(wrong.is_empty(), "layers:\n{}", wrong.join("\n"));
}

#[test]
fn every_row_of_the_layer_table_is_a_module_and_looks_upwards_only() {
    let text = read(&root().join("ARCHITECTURE.md"));
    let table = text.split("<!-- layers -->").nth(1).expect("ARCHITECTURE.md marks its layer table");
    let mut above: BTreeSet<String> = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with('|')).skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let name = cells[0];
        let there =
            root().join("src").join(name).is_dir() || root().join("src").join(format!("{name}.rs")).is_file();
        assert!(there, "the layer table names {name}, which is not in src");
        for may in cells[2].split(", ").filter(|may| *may != "–") {
            assert!(above.contains(may), "{name} may import {may}, which is not above it");
        }
        above.insert(name.to_owned());
    }
}

#[test]
fn every_source_file_opens_by_saying_what_it_owns() {
    let all = ["src", "tests", "benches"].map(|dir| files(&root().join(dir), "rs")).concat();
    let bare: Vec<String> = all.iter().filter(|p| !read(p).starts_with("//!")).map(|p| shown(p)).collect();
    assert!(bare.is_empty(), "without a //! head: {bare:?}");
}

#[test]
fn no_room_is_too_large() {
    let mut large = Vec::new();
    for (dir, limit) in [("src", SPLIT_AT), ("tests", SPLIT_TESTS_AT), ("benches", SPLIT_TESTS_AT)] {
        for path in files(&root().join(dir), "rs") {
            let lines = read(&path).lines().count();
            if lines > limit {
                large.push(format!("{} has {lines} lines, the limit is {limit}", shown(&path)));
            }
        }
    }
    assert!(large.is_empty(), "split by what they own:\n{}", large.join("\n"));
}

#[test]
fn there_is_no_hub() {
    let hubs = ["utils", "util", "helpers", "common", "types", "prelude", "errors", "misc"];
    let all = files(&root().join("src"), "rs");
    let found: Vec<String> = all
        .iter()
        .filter(|p| p.file_stem().is_some_and(|stem| hubs.contains(&&*stem.to_string_lossy())))
        .map(|p| shown(p))
        .collect();
    assert!(found.is_empty(), "name these by what they own: {found:?}");
}

/// A thing to say in code, and the modules that may.
const RIGHTS: [(&str, &[&str]); 6] = [
    ("Command::new", &["exec"]),
    ("println!", &["cli"]),
    ("eprint!", &["cli"]),
    ("process::exit", &[]),
    ("thread::sleep", &["lease"]),
    ("#[ignore", &[]),
];

#[test]
fn only_who_may_spawns_prints_exits_or_sleeps() {
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), "rs") {
        // Unit tests may start and watch processes of their own.
        if path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let module = module_of(&path);
        let text = read(&path);
        let code: Vec<&str> = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect();
        for (word, who) in RIGHTS {
            if !who.contains(&&*module) && code.iter().any(|line| line.contains(word)) {
                wrong.push(format!("{}: says {word}", shown(&path)));
            }
        }
    }
    assert!(wrong.is_empty(), "ARCHITECTURE.md says who may:\n{}", wrong.join("\n"));
}

#[test]
fn the_root_is_a_map_and_nothing_else() {
    let text = read(&root().join("src/lib.rs"));
    let code = text.lines().filter(|line| !line.is_empty() && !line.starts_with("//!"));
    let other: Vec<&str> = code.filter(|line| !line.starts_with("pub mod ")).collect();
    assert!(other.is_empty(), "src/lib.rs says more than the modules there are: {other:?}");
}

/// The one place where a test lets time pass: a recording says how long, and a real cluster's time is not ours.
const PASSES_TIME: &str = "tests/conformance/subject.rs";

#[test]
fn no_test_sleeps_or_is_passed_over() {
    let words = ["#[ignore", "thread::sleep", "time::sleep("];
    let all = ["src", "tests"].map(|dir| files(&root().join(dir), "rs")).concat();
    let tests = all.iter().filter(|p| {
        (p.starts_with(root().join("tests")) || p.ends_with("tests.rs")) && !p.ends_with("tests/tidy.rs")
    });
    let found: Vec<String> =
        tests.filter(|p| words.iter().any(|word| read(p).contains(*word))).map(|p| shown(p)).collect();
    let found: Vec<&String> = found.iter().filter(|path| *path != PASSES_TIME).collect();
    assert!(found.is_empty(), "a test waits for an event, not for time: {found:?}");
}

/// The sections of a page of `docs`: the word of each heading, and the examples below it.
fn sections(page: &str) -> BTreeMap<String, Vec<String>> {
    let text = read(&root().join("docs").join(page));
    let sections = text.split("\n### `").skip(1).map(|section| {
        let name = section.split('`').next().expect("a heading").to_owned();
        let examples = section.split("```yaml\n").skip(1);
        (name, examples.map(|rest| rest.split("```").next().expect("a block").to_owned()).collect())
    });
    sections.collect()
}

/// The keys of an enum in the schema of scenarios.
fn alternatives(name: &str) -> BTreeSet<String> {
    let schema = scenario::schema();
    let all = schema["$defs"][name]["oneOf"].as_array().expect("an enum of the schema").clone();
    let keys = all.iter().flat_map(|one| one["properties"].as_object().expect("one key").keys().cloned());
    keys.collect()
}

#[test]
fn every_check_is_explained_with_an_example_that_is_read() {
    let pages = sections("checks.md");
    assert_eq!(pages.keys().cloned().collect::<BTreeSet<_>>(), alternatives("Check"));
    for (name, examples) in pages {
        for example in examples {
            let read: Result<Check, _> = serde_saphyr::from_str(&example);
            assert!(read.is_ok() && example.starts_with(&name), "{name}: {read:?}");
        }
    }
}

#[test]
fn every_fault_is_explained_with_an_example_that_is_read() {
    let pages = sections("faults.md");
    assert_eq!(pages.keys().cloned().collect::<BTreeSet<_>>(), alternatives("Fault"));
    for (name, examples) in pages {
        assert!(!examples.is_empty(), "{name} has no example");
        for example in examples {
            let fault: Fault = serde_saphyr::from_str(&example).unwrap_or_else(|e| panic!("{name}: {e}"));
            fault.call().parse::<Matcher>().unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(example.starts_with(&name), "{example}");
        }
    }
}

/// Words that a pure module may not say: tokio, files, processes, environment, clocks, ambient randomness.
const DOORS: [&str; 8] = [
    "tokio::",
    "std::fs",
    "std::process",
    "std::env",
    "SystemTime",
    "Instant::now",
    "rand::rng",
    "Timestamp::now",
];

#[test]
fn pure_modules_touch_nothing_of_the_world() {
    let text = read(&root().join("ARCHITECTURE.md"));
    let list = text.split("<!-- pure -->").nth(1).expect("ARCHITECTURE.md marks its list of pure modules");
    let pure: BTreeSet<String> = list.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(pure.len() >= 5, "the list of pure modules was not read: {pure:?}");
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), "rs").into_iter().filter(|p| pure.contains(&module_of(p))) {
        let text = read(&path);
        let words = DOORS
            .iter()
            .filter(|word| text.lines().any(|l| !l.trim_start().starts_with("//") && l.contains(*word)));
        wrong.extend(words.map(|word| format!("{}: says {word}", shown(&path))));
    }
    assert!(wrong.is_empty(), "pure modules:\n{}", wrong.join("\n"));
}

#[test]
fn the_project_speaks_of_itself_alone() {
    let foreign = [
        ["/wor", "k/"].concat(),
        ["shared/", "design"].concat(),
        ["shared/", "reference"].concat(),
        [".lib", "rary"].concat(),
    ];
    let mut wrong = Vec::new();
    for ending in ["rs", "md", "yaml", "yml", "toml", "sh"] {
        for dir in ["src", "tests", "benches", "docs", "scenarios", "fixtures", ".github", ".ci"] {
            for path in files(&root().join(dir), ending) {
                let text = read(&path);
                wrong.extend(
                    foreign
                        .iter()
                        .filter(|word| text.contains(*word))
                        .map(|word| format!("{}: {word}", shown(&path))),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "paths of somebody's machine: {wrong:?}");
}
