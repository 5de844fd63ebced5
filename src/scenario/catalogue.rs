//! The scenarios and charts that come with the program, so that it runs from anywhere. `tests/scenarios.rs` sees to it
//! that no file of `scenarios` and `fixtures/charts` is forgotten here.

/// A name → the text of `scenarios/NAME.yaml`.
macro_rules! scenarios {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("../../scenarios/", $name, ".yaml")))),*] };
}

/// A chart → its files: path within the chart, text.
macro_rules! charts {
    ($($chart:literal: $($path:literal)*;)*) => {
        &[$(($chart, &[$(($path, include_str!(concat!("../../fixtures/charts/", $chart, "/", $path)))),*])),*]
    };
}

/// A name and a text.
type Named = (&'static str, &'static str);

/// The scenarios, in the order of their names.
const SCENARIOS: &[Named] = scenarios! {
    "atomic-takes-all"
    "auto-rollback-fails"
    "bad-night"
    "blocked-uninstall"
    "ci-rollback"
    "corrupted-history"
    "crd-lags"
    "dead-webhook"
    "deleted-hook"
    "deleted-objects"
    "drift"
    "duplicate-keys"
    "expired-credentials"
    "failed-install"
    "failed-upgrade"
    "failing-hook"
    "flaky-pipeline"
    "forced-rollback"
    "foreign-objects"
    "gitops-fight"
    "gitops-rollback"
    "half-an-umbrella"
    "history-pruned"
    "hook-fails"
    "hook-not-run"
    "hook-order"
    "immutable-field"
    "immutable-job"
    "interrupted"
    "keep-history"
    "left-by-uninstall"
    "leftover-hook-job"
    "lost-reply"
    "made-by-helm-3"
    "mislabelled-history"
    "moved-group"
    "new-api-version"
    "nil-values"
    "one-revision-too-many"
    "oversize-release"
    "parallel-deploys"
    "post-rollback-hook"
    "quota-exceeded"
    "refused-deletion"
    "refused-uninstall"
    "released-volume"
    "removed-api"
    "removed-object"
    "renamed-release"
    "residue"
    "reuse-values"
    "rotated-secret"
    "scaled-by-hand"
    "ssa-conflict"
    "stuck-install"
    "stuck-rollback"
    "stuck-uninstall"
    "stuck-upgrade"
    "subchart-disabled"
    "templated-release"
    "terminating-objects"
    "timeout-per-wait"
    "two-deployed"
    "two-helms"
    "volume-claim-change"
    "waiting-for-a-custom-resource"
    "wrong-driver"
    "wrong-namespace"
    "wrong-rollback-target"
};

/// The scenarios that make sense for any chart, in the order of their names.
const OF_ANY_CHART: &[Named] = scenarios! {
    "any-chart/deleted-workloads"
    "any-chart/locked-install"
    "any-chart/locked-upgrade"
    "any-chart/lost-records"
    "any-chart/refused-upgrade"
    "any-chart/unheard-reply"
    "any-chart/uninstalled"
};

/// The charts, in the order of their names, each with its files in the order of their paths.
const CHARTS: &[(&str, &[Named])] = charts! {
    "crd":
        "Chart.yaml"
        "crds/greetings.yaml"
        "templates/greeting.yaml"
        "templates/server.yaml"
        "updates/greetings.yaml"
        "updates/moved-group.yaml"
        "updates/without-v1alpha1.yaml"
        "values.yaml";
    "db":
        "Chart.yaml"
        "templates/_name.tpl"
        "templates/archive.yaml"
        "templates/db.yaml"
        "templates/secret.yaml"
        "values.yaml";
    "jobs":
        "Chart.yaml"
        "templates/_pod.tpl"
        "templates/batch.yaml"
        "templates/hooks.yaml"
        "templates/worker.yaml"
        "values.yaml";
    "umbrella":
        "Chart.yaml"
        "charts/front/Chart.yaml"
        "charts/front/templates/front.yaml"
        "charts/front/values.yaml"
        "charts/store/Chart.yaml"
        "charts/store/templates/store.yaml"
        "charts/store/values.yaml"
        "templates/page.yaml"
        "values.yaml";
    "web":
        "Chart.yaml"
        "templates/banner.yaml"
        "templates/data.yaml"
        "templates/migrate.yaml"
        "templates/page.yaml"
        "templates/web.yaml"
        "values.yaml";
};

/// The names of all scenarios, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|(name, _)| *name)
}

/// The text of a scenario.
pub fn text(name: &str) -> Option<&'static str> {
    SCENARIOS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The scenarios that make sense for any chart: name, text.
pub fn of_any_chart() -> impl Iterator<Item = Named> {
    OF_ANY_CHART.iter().map(|(name, text)| (name.rsplit('/').next().unwrap_or(name), *text))
}

/// The names of all charts, in order.
pub fn charts() -> impl Iterator<Item = &'static str> {
    CHARTS.iter().map(|(name, _)| *name)
}

/// The files of a chart: path within the chart, text.
pub fn chart(name: &str) -> Option<&'static [Named]> {
    CHARTS.iter().find(|(known, _)| *known == name).map(|(_, files)| *files)
}
