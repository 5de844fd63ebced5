//! The pinned tools for real: fetched once into a folder that all tests share, and asked what they are.
#![expect(clippy::print_stderr, reason = "a long download shows what it waits for")]

use std::path::Path;

use helmdrill::tools::{Found, Settings, Tool, Tools, Which, pins};

/// Where tests keep the tools: below `target`, so that they are fetched once.
fn tools() -> Tools {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tools");
    let mut settings = Settings::new(cache, std::env::vars_os().collect());
    settings.progress = std::sync::Arc::new(|event| eprintln!("{event}"));
    Tools::new(settings)
}

#[tokio::test]
async fn every_pinned_tool_is_fetched_and_says_that_it_is_that_version() {
    let tools = tools();
    for pin in Tool::ALL.into_iter().flat_map(pins) {
        let found: Found = tools.install(pin.tool, pin.version).await.expect("is fetched or cached");
        assert_eq!(found.path.file_name().and_then(|name| name.to_str()), Some(pin.tool.name()));
        let asked = tools.find(pin.tool, &Which::File(found.path)).await.expect("answers");
        assert_eq!(asked.version, pin.version, "{}", pin.tool);
    }
}
