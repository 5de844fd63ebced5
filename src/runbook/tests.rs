//! Runbooks of several styles, read into sections and ways. What would be run of them is `prepared`'s matter.

use super::parse;

/// Every section with its ways and the lines of their steps, as text.
fn outline(source: &str) -> String {
    let runbook = parse("runbook.md", source);
    let mut out = String::new();
    for section in &runbook.sections {
        out += &format!("{} @{}\n", section.title, section.place.line);
        for way in &section.alternatives {
            out += &format!("  [{}]\n", way.name);
            for step in &way.steps {
                let at = format!("{}:{}", step.place.line, step.place.column);
                out += &format!("    {at:<6} {}\n", step.script.text.replace('\n', "⏎"));
                if let Some(remark) = runbook.unended(step) {
                    out += &format!("{:?} {}\n", remark.level, remark.finding);
                }
            }
        }
    }
    for (language, count) in &runbook.ignored {
        out += &format!("ignored: {count} × {language}\n");
    }
    for remark in &runbook.remarks {
        out += &format!("{:?} {}\n", remark.level, remark.finding);
    }
    out
}

#[test]
fn headings_offer_ways_and_name_parts() {
    insta::assert_snapshot!(outline(
        "# Guide\n\n## Basics\n\n```bash\nhelm list\n```\n\n## Stuck\n\nIt says *another operation*.\n\n### Symptoms\n\n\
         ```console\n$ helm status myapp\nSTATUS: pending-upgrade\n```\n\n### Option A: go back\n\n```sh\nhelm rollback myapp 2\n```\n\n\
         ### Option B: delete the record\n\n1. Delete it:\n\n   ```bash\n   kubectl delete secret x \\\n     -n production\n   ```\n\n\
         2. Deploy again:\n\n   ```bash\n   helm upgrade myapp ./chart\n   ```\n\n### Verification\n\n```bash\nhelm test myapp\n```\n\n\
         ```yaml\na: b\n```\n\n## Verification\n\n```bash\nhelm list -A\n```\n"
    ));
}

#[test]
fn pieces_of_advice_below_one_heading_stand_for_themselves() {
    insta::assert_snapshot!(outline(
        "# Guide\n\n## Good practice\n\n### Prevention\n\n✅ **Do**: preview it\n\n```bash\nhelm upgrade x ./c --dry-run\n```\n\n\
         ❌ **Don't** delete Secrets\n\n```bash\nkubectl delete secret y\n```\n\n### Alone\n\n✅ **Do**: look\n\n```bash\nhelm list\n```\n\n\
         ## Stuck\n\n✅ Symptoms\n\n```bash\nhelm status x\n```\n\n✅ Solution A\n\n```bash\nhelm rollback x\n```\n\n✅ Solution B\n\n\
         ```bash\nhelm uninstall x\n```\n"
    ));
}

#[test]
fn one_procedure_with_a_title_is_one_section() {
    insta::assert_snapshot!(outline(
        "# Release is stuck\n\n## Diagnosis\n\n    helm history myapp\n\n## Resolution\n\n**Option 1** – roll back:\n\n```\nhelm rollback myapp\n```\n\n\
         **Option 2** – reinstall:\n\n```\nhelm uninstall myapp\nhelm install myapp ./chart\n```\n\n## Verify\n\n```\nhelm status myapp\n```\n"
    ));
}

#[test]
fn the_word_or_tabs_lists_and_comments_offer_ways() {
    insta::assert_snapshot!(outline(
        "# Guide\n\n## Or\n\n```bash\na\n```\n\nOr:\n\n```bash\nb\n```\n\nThen look:\n\n```bash\nc\n```\n\n## Tabs\n\n=== \"Helm 3\"\n\n    ```bash\n    \
         helm list -a\n    ```\n\n=== \"Helm 4\"\n\n    ```bash\n    helm list\n    ```\n\nAfter.\n\n```bash\ndone_with_it\n```\n\n## Items\n\n\
         Do one of the following:\n\n- roll back\n\n  ```bash\n  helm rollback x\n  ```\n\n- uninstall\n\n  ```bash\n  helm uninstall x\n  ```\n\n\
         ## Comments\n\n```bash\nhelm history x\n# Option A: go back\nhelm rollback x 1\n# Option B: force\nhelm upgrade x ./c --force\n```\n\n\
         ```bash\nhelm status x\n# or\nhelm list\n```\n"
    ));
}

#[test]
fn what_is_folded_stands_for_itself_also_behind_a_quotation() {
    insta::assert_snapshot!(outline(
        "# Incident\n\n```bash\nhelm status x\n```\n\n> [!WARNING]\n> Not while it runs.\n>\n> ```bash\n> helm list\n> ```\n\n<details>\n\
         <summary><b>A hook fails</b> <i>(often)</i></summary>\n\n```bash\nkubectl get jobs\n```\n\n</details>\n\n<details><summary>Show more</summary>\n\
         \n```bash\nhelm get values x\n```\n\n</details>\n\n??? note \"Pods crash\"\n\n    ```bash\n    kubectl get pods\n    ```\n\n\
         ```bash\nhelm history x\n```\n\n<Tabs>\n<TabItem value=\"a\" label=\"Go back\">\n\n```bash\nhelm rollback x\n```\n\n</TabItem>\n\
         <TabItem value=\"b\" label=\"Go on\">\n\n```bash\nhelm upgrade x ./c\n```\n\n</TabItem>\n</Tabs>\n"
    ));
}

#[test]
fn a_block_in_an_item_ends_at_its_marks_however_its_lines_are_indented() {
    let text = "## One\n\n1. Do it:\n\n   ```bash\n   helm status x\nhelm list\n- a: b\n   ```\n\n2. Then:\n\n   ```bash\n   helm history x\n   ```\n";
    let runbook = parse("runbook.md", text);
    assert_eq!(runbook.remarks, Vec::new());
    let lines: Vec<(usize, usize)> = runbook.sections[0].alternatives[0]
        .steps
        .iter()
        .map(|step| (step.place.line, step.place.column))
        .collect();
    assert_eq!(lines, [(6, 4), (7, 1), (8, 1), (14, 4)]);
    let open =
        "## One\n\n- Do it:\n\n  ```bash\n  helm status x\n\n- Then:\n\n  ```bash\n  helm list\n  ```\n";
    assert!(!parse("runbook.md", open).remarks.is_empty(), "a fence that is never closed is said");
}

#[test]
fn a_numbered_comment_ends_what_may_be_done_instead() {
    let text = "## One\n\n```bash\n# 1. Stop it\nargocd app set x\n# or\nkubectl patch app x\n\n# 2. Roll back\nhelm rollback x 1\n```\n";
    let runbook = parse("runbook.md", text);
    let lines = |way: &super::Alternative| way.steps.iter().map(|step| step.place.line).collect::<Vec<_>>();
    let ways: Vec<Vec<usize>> = runbook.sections[0].alternatives.iter().map(lines).collect();
    assert_eq!(ways, [[5, 10], [7, 10]]);
}

#[test]
fn what_is_wrong_with_a_runbook_is_said_with_its_place() {
    insta::assert_snapshot!(outline(
        "## One\n\n<!-- helmdrill: skp -->\n\n```bash\nfor x in a; do\n```\n\n```bash\nhelm list\n"
    ));
}

const GUIDE: &str = include_str!("../../fixtures/runbooks/helm-recovery.md");

#[test]
fn the_runbooks_of_the_fixtures_are_read_whole() {
    insta::assert_snapshot!("guide", outline(GUIDE));
    insta::assert_snapshot!("locked", outline(include_str!("../../fixtures/runbooks/locked-release.md")));
    insta::assert_snapshot!("session", outline(include_str!("../../fixtures/runbooks/session.md")));
    insta::assert_snapshot!("scripts", outline(include_str!("../../fixtures/runbooks/scripts.md")));
}

#[test]
fn a_section_is_about_the_scenario_that_shares_its_words() {
    let all = crate::scenario::names().map(|name| {
        let (scenario, _) =
            crate::scenario::parse(name, crate::scenario::text(name).expect("it comes along"));
        scenario.expect("it can be read")
    });
    let all: Vec<_> = all.collect();
    let index = super::Index::of(&all);
    let runbook = parse("guide.md", GUIDE);
    let found = |heading: &str| {
        let section = runbook.sections.iter().find(|section| section.title.contains(heading)).expect(heading);
        let proposal = index.propose(&section.title, &section.words, &section.around, |_| true);
        proposal.map_or("none", |proposal| all[proposal.scenario].metadata.name.text.as_str()).to_owned()
    };
    let cases = [
        ("Stuck release", "stuck-upgrade"),
        ("Partial deployment", "failed-upgrade"),
        ("The rollback itself failed", "failing-hook"),
        ("No revision for release", "corrupted-history"),
        ("Cascade", "bad-night"),
        ("Keep the history", "keep-history"),
        ("Resources do not revert", "drift"),
        ("A hook fails", "hook-fails"),
        ("Which revision was good", "wrong-rollback-target"),
        ("GitOps", "gitops-rollback"),
    ];
    let told: Vec<(&str, String)> = cases.iter().map(|(heading, _)| (*heading, found(heading))).collect();
    let wanted: Vec<(&str, String)> =
        cases.iter().map(|(heading, name)| (*heading, (*name).to_owned())).collect();
    assert_eq!(told, wanted);
    assert_eq!(index.propose("Who is paged", "curl the pager", "", |_| true), None);
    let headings = [
        ("Scenario 2: Stuck Release (pending-install/pending-upgrade)", "stuck-upgrade"),
        ("Resource Already Exists", "foreign-objects"),
        ("Cause E: Corrupted Release", "corrupted-history"),
        ("Image Pull Failures", "failed-upgrade"),
        ("Issue: Rollback Stuck", "stuck-rollback"),
        ("Flux HelmRelease fights back", "gitops-rollback"),
        ("Field is immutable", "immutable-field"),
        ("Exceeded quota", "quota-exceeded"),
        ("Can't determine good revision", "wrong-rollback-target"),
        ("Restore an accidentally uninstalled release", "keep-history"),
        ("Preserve History on Uninstall", "keep-history"),
        ("Server-side apply", "ssa-conflict"),
    ];
    for (heading, wanted) in headings {
        let proposal = index.propose(heading, heading, "", |_| true);
        let found = proposal.map_or("none", |found| all[found.scenario].metadata.name.text.as_str());
        assert_eq!(found, wanted, "{heading}");
    }
}

#[test]
fn what_is_done_beforehand_promises_no_recovery_and_environments_are_counted() {
    let section = |heading: &str, block: &str| {
        let text = format!("# Guide\n\n## {heading}\n\n```bash\n{block}\n```\n");
        parse("x.md", &text).sections.remove(0)
    };
    for heading in
        ["Pre-Upgrade Backup", "Preventing it", "🔑 Quick Reference", "Progressive Rollout", "Best practices"]
    {
        assert!(!section(heading, "helm list").promises(), "{heading}");
    }
    for heading in
        ["Stuck release", "Scenario 3: Partial deployment", "Rollback hangs", "Restore the records"]
    {
        assert!(section(heading, "helm list").promises(), "{heading}");
    }
    let block =
        "helm -n prod list\nhelm list -n production\nkubectl get po -n argocd\nhelm list --namespace=dev";
    let environments: Vec<String> = section("x", block).environments().into_iter().collect();
    assert_eq!(environments, ["dev", "production"]);
}
