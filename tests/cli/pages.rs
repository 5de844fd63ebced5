//! The pages that are written from the scenario files are those that lie in `docs`.

use crate::stand::Stand;
use std::collections::BTreeMap;
use std::path::Path;

fn pages(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let pages = entries.map(|entry| {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).expect("text"))
    });
    pages.collect()
}

#[test]
fn the_pages_of_the_scenarios_are_current() {
    let stand = Stand::new();
    let written = stand.run(&["show", "--into", "pages"]);
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""), "{}", written.stderr);
    let (now, docs) =
        (pages(&stand.path("pages")), Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenarios"));
    let there = pages(&docs);
    let again = "write them again: cargo run -- show --into docs/scenarios";
    assert_eq!(now.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>(), "{again}");
    for (name, text) in &now {
        assert!(there[name] == *text, "docs/scenarios/{name} is not current; {again}");
    }
    let one = stand.run(&["show", "stuck-upgrade", "--format", "markdown"]);
    assert_eq!(one.stdout, now["stuck-upgrade.md"]);
}
