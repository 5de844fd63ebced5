//! A small interpreter of the commands that containers run: it turns a plain command into a [`Timeline`] of what
//! it prints, writes and listens on, and of when it ends. What it does not read is no guess: the container then
//! counts as a program that runs and is well.

mod applet;
mod parse;
mod run;
mod words;

pub(super) use run::{Machine, Outcome, interpret};

use std::time::Duration;

/// What a program does after its start. All times count from there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Timeline {
    /// Standard output and error, in the order of time.
    pub(super) prints: Vec<(Duration, String)>,
    /// What a loop that never ends prints in each round.
    pub(super) chorus: Option<Chorus>,
    /// Files that come (`Some` content) and go.
    pub(super) files: Vec<(Duration, String, Option<String>)>,
    /// Ports that are listened on from then on.
    pub(super) listens: Vec<(Duration, Listener)>,
    /// When it ends, and its exit code; `None` where it runs until it is stopped.
    pub(super) exit: Option<(Duration, i64)>,
    /// The exit code with which it answers SIGTERM; `None` where it ignores the signal, as PID 1 does by default.
    pub(super) on_term: Option<i64>,
}

/// An endless loop's prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chorus {
    /// When the first recorded round began.
    pub(super) from: Duration,
    /// How long a round takes.
    pub(super) period: Duration,
    /// What a round prints, by time from its beginning.
    pub(super) lines: Vec<(Duration, String)>,
}

/// A listening port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listener {
    /// TCP port.
    pub(super) port: u16,
    /// The folder that an HTTP server serves; `None` for a bare socket.
    pub(super) root: Option<String>,
}

impl Timeline {
    /// The files that exist at a time.
    pub(super) fn files_at(&self, at: Duration) -> std::collections::BTreeMap<String, String> {
        let mut files = std::collections::BTreeMap::new();
        for (_, path, content) in self.files.iter().filter(|(when, _, _)| *when <= at) {
            match content {
                Some(content) => files.insert(path.clone(), content.clone()),
                None => files.remove(path),
            };
        }
        files
    }

    /// Who listens on a port at a time.
    pub(super) fn listener(&self, port: u16, at: Duration) -> Option<&Listener> {
        self.listens.iter().find(|(when, l)| *when <= at && l.port == port).map(|(_, l)| l)
    }

    /// When something is printed next after a time.
    pub(super) fn next_print(&self, after: Duration) -> Option<Duration> {
        let once = self.prints.iter().map(|(at, _)| *at).filter(|at| *at > after);
        let again = self.chorus.iter().filter(|chorus| !chorus.period.is_zero()).flat_map(|chorus| {
            let rounds = after.saturating_sub(chorus.from).as_nanos() / chorus.period.as_nanos();
            let round = chorus.period.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX));
            let start = chorus.from.saturating_add(round);
            [start, start.saturating_add(chorus.period)]
                .into_iter()
                .flat_map(|start| chorus.lines.iter().map(move |(at, _)| start + *at))
                .filter(|at| *at > after)
                .collect::<Vec<_>>()
        });
        once.chain(again).min()
    }

    /// The last moment after which files and ports no longer change.
    pub(super) fn settled(&self) -> Duration {
        let files = self.files.iter().map(|(when, _, _)| *when);
        files.chain(self.listens.iter().map(|(when, _)| *when)).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exit, prints, ports and files of a script on one line.
    fn told(script: &str) -> String {
        let argv = ["sh", "-c", script].map(str::to_owned);
        let machine = Machine { known: true, ..Machine::default() };
        let Outcome::Ran(run) = interpret(&argv, machine) else { return "not read".to_owned() };
        let prints: Vec<String> =
            run.prints.iter().map(|(at, text)| format!("{}:{}", at.as_secs_f64(), text.trim_end())).collect();
        let ports: Vec<u16> = run.listens.iter().map(|(_, listener)| listener.port).collect();
        let files: Vec<String> = run.files_at(Duration::MAX).into_keys().collect();
        let exit = run.exit.map_or("runs".to_owned(), |(at, code)| format!("{code} at {}", at.as_secs_f64()));
        let chorus =
            run.chorus.map_or(String::new(), |chorus| format!(" every {}", chorus.period.as_secs_f64()));
        format!("{exit}{chorus} {prints:?} {ports:?} {files:?}")
    }

    #[test]
    fn plain_scripts_do_what_they_say() {
        let cases = [
            ("exit 3", r#"3 at 0 [] [] []"#),
            ("true && echo a || echo b", r#"0 at 0 ["0:a"] [] []"#),
            ("false || exit 4; echo never", r#"4 at 0 [] [] []"#),
            ("sleep 2; echo done; sleep 0.5", r#"0 at 2.5 ["2:done"] [] []"#),
            ("echo ready > /tmp/ready; sleep 3600", r#"0 at 3600 [] [] ["/tmp/ready"]"#),
            ("httpd -f -p 8080 -h /www", r#"runs [] [8080] []"#),
            ("httpd -p 80 -h /www; tail -f /dev/null", r#"runs [] [80] []"#),
            ("nc -lk -p 9000 -e cat", r#"runs [] [9000] []"#),
            ("while true; do echo x; sleep 5; done", r#"runs every 5 [] [] []"#),
            (
                "(sleep 4; touch /a) & until [ -f /a ]; do sleep 1; done; echo up",
                r#"0 at 4 ["4:up"] [] ["/a"]"#,
            ),
            ("for i in 1 2; do echo $i; done; exec sleep 7", r#"0 at 7 ["0:1", "0:2"] [] []"#),
            ("if test -f /x; then exit 1; else exit 2; fi", r#"2 at 0 [] [] []"#),
            ("set -e; false; echo no", r#"1 at 0 [] [] []"#),
            ("cat /x 2>/dev/null || exit 9", r#"9 at 0 [] [] []"#),
            ("nosuch", r#"127 at 0 ["0:sh: nosuch: not found"] [] []"#),
            ("echo a; exit 0 # end", r#"0 at 0 ["0:a"] [] []"#),
            ("echo $(date)", "not read"),
            ("case x in x) ;; esac", "not read"),
        ];
        for (script, expected) in cases {
            assert_eq!(told(script), expected, "{script}");
        }
    }
}
