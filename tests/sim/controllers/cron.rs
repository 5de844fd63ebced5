//! CronJobs as a real cluster ran and told of them. Their Jobs are named after the minute, so that a recording of them
//! cannot be replayed word by word: the minutes are masked, and time is drill time.

use super::play::Player;
use helmdrill::behaviour::Pace;
use helmdrill::seed::Seed;
use std::collections::BTreeSet;

fn cron(spec: &str, command: &str) -> String {
    format!(
        "{{apiVersion: batch/v1, kind: CronJob, metadata: {{name: c}}, spec: {{schedule: '* * * * *', {spec} \
         jobTemplate: {{spec: {{template: {{spec: {{restartPolicy: Never, terminationGracePeriodSeconds: 1, \
         containers: [{{name: a, image: 'busybox:1.36', command: [{command}]}}]}}}}}}}}}}}}"
    )
}

/// Reasons and messages of the CronJob's events, with the minutes masked.
fn told(player: &Player) -> BTreeSet<String> {
    let events = player.all("", "events");
    let of_cron = events.iter().filter(|event| event["involvedObject"]["kind"] == "CronJob");
    let words = of_cron.map(|event| {
        let message = event["message"].as_str().unwrap_or_default();
        let masked: Vec<String> = message
            .split(' ')
            .map(|word| if word.starts_with("c-") { "JOB".to_owned() } else { word.to_owned() })
            .collect();
        format!("{}: {}", event["reason"].as_str().unwrap_or_default(), masked.join(" "))
    });
    words.collect()
}

fn active(player: &Player) -> usize {
    player.all("batch", "cronjobs")[0]["status"]["active"].as_array().map_or(0, Vec::len)
}

/// A CronJob that was made half a minute before the hour and has run for so long.
fn run(spec: &str, command: &str, seconds: f64) -> Player {
    let mut player = Player::new("cron", Seed(1), Pace::Real);
    player.pass(29.0);
    player.apply(&cron(spec, command));
    player.pass(seconds);
    player
}

#[test]
fn the_concurrency_policy_decides_about_a_job_that_still_runs() {
    const CREATED: &str = "SuccessfulCreate: Created job JOB";
    let busy = "JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid";
    let cases: [(&str, &[&str], usize); 3] = [
        ("concurrencyPolicy: Allow,", &[CREATED], 2),
        ("concurrencyPolicy: Forbid,", &[CREATED, busy], 1),
        ("concurrencyPolicy: Replace,", &[CREATED, "SuccessfulDelete: Deleted job JOB"], 1),
    ];
    for (spec, expected, left) in cases {
        let player = run(spec, "sleep, '3600'", 130.0);
        let expected: BTreeSet<String> = expected.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!((told(&player), active(&player)), (expected, left), "{spec}");
    }
}

#[test]
fn an_ended_job_is_told_of_and_kept_as_the_history_says() {
    let cases = [
        ("", "true", "Complete", 1),
        ("", "false", "Failed", 0),
        ("successfulJobsHistoryLimit: 0,", "true", "", 0),
    ];
    for (spec, command, condition, kept) in cases {
        // The failed one has pauses between its pods, and has not failed for good yet.
        let player = run(spec, &format!("'{command}'"), 50.0);
        let seen = told(&player).iter().any(|text| text.starts_with("SawCompletedJob"));
        assert_eq!(seen, condition == "Complete", "{spec} {command}");
        let ended = player
            .all("batch", "jobs")
            .iter()
            .filter(|job| job["status"]["completionTime"].is_string())
            .count();
        assert_eq!(ended, kept, "{spec} {command}");
    }
}

#[test]
fn what_was_missed_during_a_suspension_is_made_up_for_once() {
    let mut player = run("suspend: true,", "sleep, '3600'", 125.0);
    assert_eq!(told(&player), BTreeSet::new());
    player.apply(&cron("suspend: false,", "sleep, '3600'"));
    player.pass(8.0);
    assert_eq!(active(&player), 1);
}

#[test]
fn a_run_that_is_too_late_is_told_as_missed() {
    let mut player = run("suspend: true, startingDeadlineSeconds: 20,", "sleep, '3600'", 110.0);
    player.apply(&cron("suspend: false, startingDeadlineSeconds: 20,", "sleep, '3600'"));
    player.pass(1.0);
    assert_eq!((told(&player), active(&player)), (BTreeSet::new(), 0));
}

#[test]
fn a_job_that_is_deleted_by_hand_is_missed() {
    let mut player = run("", "sleep, '3600'", 35.0);
    player.delete("batch", "v1", "jobs");
    player.pass(6.0);
    let missing = told(&player).iter().any(|text| text == "MissingJob: Active job went missing: JOB");
    assert!(missing && active(&player) == 0, "{:?}", told(&player));
}

#[test]
fn a_cronjob_is_not_looked_at_again_for_what_happens_to_others() {
    let mut player = Player::new("cron", Seed(1), Pace::Real);
    player.pass(29.0);
    player.apply(&cron("concurrencyPolicy: Forbid,", "sleep, '3600'"));
    player.apply(&cron("", "'true'").replace("{name: c}", "{name: d}"));
    player.pass(140.0);
    let events = player.all("", "events");
    let busy: Vec<i64> = events
        .iter()
        .filter(|event| event["reason"] == "JobAlreadyActive")
        .map(|event| event["count"].as_i64().unwrap_or_default())
        .collect();
    let others = player.all("batch", "jobs").len();
    assert!(others > 1, "the other's Jobs come and go meanwhile: {others}");
    assert_eq!(busy, [1]);
}
