//! What `date` prints: the time of the simulated cluster, in UTC as containers have it.

use super::applet::{Done, printed};
use super::shell::Shell;
use super::words::Unread;
use crate::clock::Moment;

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `date`, `date -u`, `date +FORMAT`, `date -Iseconds`.
pub(super) fn date(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
    shell.dated += 1;
    let now = shell.clock.ok_or(Unread)?.after(shell.now);
    let mut format = "%a %b %e %H:%M:%S UTC %Y";
    for arg in args {
        match arg.as_str() {
            "-u" => {}
            "-I" | "-Idate" => format = "%F",
            "-Iseconds" | "-Is" => format = "%FT%T+00:00",
            given => format = given.strip_prefix('+').ok_or(Unread)?,
        }
    }
    Ok(printed(formatted(now, format)? + "\n"))
}

fn formatted(now: Moment, format: &str) -> Result<String, Unread> {
    let stamp = now.rfc3339();
    let seconds = now.as_micros().div_euclid(1_000_000);
    let day = usize::try_from((seconds.div_euclid(86_400) + 4).rem_euclid(7)).map_err(|_| Unread)?;
    let month: usize = stamp[5..7].parse().map_err(|_| Unread)?;
    let mut out = String::new();
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        out += &match rest.next().ok_or(Unread)? {
            'Y' => stamp[..4].to_owned(),
            'y' => stamp[2..4].to_owned(),
            'm' => stamp[5..7].to_owned(),
            'd' => stamp[8..10].to_owned(),
            'e' => format!("{:>2}", stamp[8..10].trim_start_matches('0')),
            'H' => stamp[11..13].to_owned(),
            'M' => stamp[14..16].to_owned(),
            'S' => stamp[17..19].to_owned(),
            'F' => stamp[..10].to_owned(),
            'T' => stamp[11..19].to_owned(),
            'R' => stamp[11..16].to_owned(),
            'Z' => "UTC".to_owned(),
            'z' => "+0000".to_owned(),
            's' => seconds.to_string(),
            'A' => DAYS[day].to_owned(),
            'a' => DAYS[day][..3].to_owned(),
            'u' => (if day == 0 { 7 } else { day }).to_string(),
            'w' => day.to_string(),
            'B' => MONTHS[month - 1].to_owned(),
            'b' | 'h' => MONTHS[month - 1][..3].to_owned(),
            '%' => "%".to_owned(),
            _ => return Err(Unread),
        };
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_every_form_that_scripts_ask_for() {
        let now = Moment::parse("2026-11-08T04:05:06Z").expect("a time");
        let cases = [
            ("%a %b %e %H:%M:%S UTC %Y", Some("Sun Nov  8 04:05:06 UTC 2026")),
            ("%F %T", Some("2026-11-08 04:05:06")),
            ("%Y%m%d-%H%M", Some("20261108-0405")),
            ("%s", Some("1794110706")),
            ("%A %u %B %%", Some("Sunday 7 November %")),
            ("%Q", None),
        ];
        for (format, expected) in cases {
            assert_eq!(formatted(now, format).ok().as_deref(), expected, "{format}");
        }
    }
}
