//! The scenarios and charts that come with the program, so that it runs from anywhere. `tests/scenarios.rs` sees to it
//! that no file of `scenarios` and `fixtures/charts` is forgotten here.

/// Name → text of a scenario, in the order of the names.
const SCENARIOS: [(&str, &str); 3] = [
    ("corrupted-history", include_str!("../../scenarios/corrupted-history.yaml")),
    ("failing-hook", include_str!("../../scenarios/failing-hook.yaml")),
    ("stuck-upgrade", include_str!("../../scenarios/stuck-upgrade.yaml")),
];

/// The files of the chart `web`, by their paths within the chart.
const WEB: [(&str, &str); 7] = [
    ("Chart.yaml", include_str!("../../fixtures/charts/web/Chart.yaml")),
    ("templates/banner.yaml", include_str!("../../fixtures/charts/web/templates/banner.yaml")),
    ("templates/data.yaml", include_str!("../../fixtures/charts/web/templates/data.yaml")),
    ("templates/migrate.yaml", include_str!("../../fixtures/charts/web/templates/migrate.yaml")),
    ("templates/page.yaml", include_str!("../../fixtures/charts/web/templates/page.yaml")),
    ("templates/web.yaml", include_str!("../../fixtures/charts/web/templates/web.yaml")),
    ("values.yaml", include_str!("../../fixtures/charts/web/values.yaml")),
];

/// The names of all scenarios, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|(name, _)| *name)
}

/// The text of a scenario.
pub fn text(name: &str) -> Option<&'static str> {
    SCENARIOS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The files of a chart: path within the chart, text.
pub fn chart(name: &str) -> Option<&'static [(&'static str, &'static str)]> {
    (name == "web").then_some(WEB.as_slice())
}
