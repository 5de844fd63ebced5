//! How long ago something was, in the few characters that kubectl prints: `12s`, `3m5s`, `4h`, `2d7h`.

use crate::clock::Moment;
use serde_json::Value;

/// The age of an object.
pub(super) fn age(object: &Value, now: Moment) -> Value {
    since(crate::sim::look::text(object, "/metadata/creationTimestamp"), now).into()
}

/// How long ago a time was; `<unknown>` where the text is not a time.
pub(super) fn since(time: &str, now: Moment) -> String {
    Moment::parse(time).map_or_else(|| "<unknown>".to_owned(), |then| between(then, now))
}

/// The span between two moments as Kubernetes' `HumanDuration` prints it.
pub(super) fn between(from: Moment, to: Moment) -> String {
    let seconds = to.as_micros().saturating_sub(from.as_micros()) / 1_000_000;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    let two = |large: i64, a: &str, small: i64, b: &str| match small {
        0 => format!("{large}{a}"),
        small => format!("{large}{a}{small}{b}"),
    };
    match () {
        () if seconds < -1 => "<invalid>".to_owned(),
        () if seconds < 0 => "0s".to_owned(),
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => two(days, "d", hours % 24, "h"),
        () if days < 730 => format!("{days}d"),
        () if days < 2920 => two(days / 365, "y", days % 365, "d"),
        () => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn ages_print_as_kubectl_prints_them() {
        let (minute, hour, day) = (60, 3600, 86400);
        let ages = [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (10 * minute + 5, "10m"),
            (179 * minute, "179m"),
            (180 * minute, "3h"),
            (7 * hour + 59 * minute, "7h59m"),
            (47 * hour, "47h"),
            (2 * day, "2d"),
            (7 * day + 23 * hour, "7d23h"),
            (8 * day, "8d"),
            (729 * day, "729d"),
            (731 * day, "2y1d"),
            (2920 * day, "8y"),
        ];
        let start = Moment::from_micros(0);
        for (seconds, printed) in ages {
            assert_eq!(between(start, start.after(Duration::from_secs(seconds))), printed);
        }
        assert_eq!(between(start.after(Duration::from_secs(5)), start), "<invalid>");
    }
}
