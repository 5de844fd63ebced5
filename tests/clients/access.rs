//! Who may do what with which token, as the real kubectl and helm see it: the script was run on a real kube-apiserver
//! 1.36.2 first, and what it printed there is what it prints here.

use crate::stand::{Stand, pinned};
use helmdrill::tools::{Tool, pins};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_does_with_its_token_what_its_roles_allow_and_nothing_else() {
    let pin = |tool, version: &str| {
        let found = pins(tool).find(|pin| pin.version.to_string() == version);
        found.unwrap_or_else(|| panic!("{version} is pinned"))
    };
    let kubectl = pinned(pin(Tool::Kubectl, "1.36.3")).await;
    let helm = pinned(pin(Tool::Helm, "4.3.1")).await;
    let stand = Stand::guarded().await;
    let said = stand.run_with(&[&kubectl, &helm], include_str!("files/access.sh")).await;
    stand.cluster.close().await;
    assert_eq!(lines(&said), lines(include_str!("../recorded/access.txt")));
}

/// The lines of a text, columns two blanks apart: rows that are left out make them narrower.
fn lines(text: &str) -> Vec<String> {
    let narrow = |line: &str| {
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("  ")
    };
    text.lines().map(narrow).collect()
}
