//! A small interpreter of the commands that containers run: it turns a plain command into a [`Timeline`] of what
//! it prints, writes and listens on, and of when it ends. What it does not read is no guess: the container then
//! counts as a program that runs and is well.

mod applet;
mod arithmetic;
mod builtin;
mod command;
mod condition;
mod connect;
mod date;
mod expand;
mod fetch;
mod filing;
mod filter;
mod io;
mod lexer;
mod parse;
mod programs;
mod reach;
mod run;
mod say;
mod shell;
mod tree;
mod words;

pub(super) use reach::{Answers, Dialled, Reach, Resolved};
pub(super) use run::interpret;
pub(super) use shell::{Machine, Outcome};

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

    /// What is answered at a port at a time; `None` where nobody listens.
    pub(super) fn answers(&self, port: u16, at: Duration) -> Option<Answers> {
        let listener = self.listener(port, at)?;
        Some(listener.root.as_ref().map_or(Answers::Bare, |root| Answers::of_folder(self.files_at(at), root)))
    }

    /// All that listens at a time.
    pub(super) fn listening(&self, at: Duration) -> Vec<Listener> {
        let there = self.listens.iter().filter(|(when, _)| *when <= at);
        there.map(|(_, listener)| listener.clone()).collect()
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
        ];
        for (script, expected) in cases {
            assert_eq!(told(script), expected, "{script}");
        }
    }

    /// What a script prints, without times, and its exit code.
    fn printed(script: &str) -> String {
        let argv = ["sh", "-c", script].map(str::to_owned);
        let files = [("/conf/app.ini", "[a]\nport = 8080\n"), ("/conf/b.txt", "one\ntwo\nthree\n")];
        let machine = Machine {
            known: true,
            files: files.map(|(path, text)| (path.to_owned(), text.to_owned())).into(),
            variables: [("LIST", "x y"), ("HOSTNAME", "web-0"), ("EMPTY", "")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            clock: crate::clock::Moment::parse("2026-11-08T04:05:06Z"),
            ..Machine::default()
        };
        let Outcome::Ran(run) = interpret(&argv, machine) else { return "not read".to_owned() };
        let text: String = run.prints.iter().map(|(_, text)| text.as_str()).collect();
        let exit = run.exit.map_or("runs".to_owned(), |(_, code)| code.to_string());
        format!("{exit} {}", text.trim_end().replace('\n', "|"))
    }

    #[test]
    fn what_a_shell_fills_in_is_filled_in() {
        let cases = [
            ("echo $((1+2*3))", "0 7"),
            ("i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done", "0 0|1|2"),
            ("echo $(date)", "0 Sun Nov 8 04:05:06 UTC 2026"),
            ("sleep 2; echo \"$(date +%T) up\"", "0 04:05:08 up"),
            ("s=$(date +%s); sleep 5; echo $(( $(date +%s) - s ))", "0 5"),
            ("for i in $LIST; do echo $i; done", "0 x|y"),
            ("for i in \"$LIST\"; do echo $i; done", "0 x y"),
            ("for i in $(seq 1 3); do printf '%s,' $i; done", "0 1,2,3,"),
            ("echo ${NONE:-none} ${EMPTY:-empty} ${EMPTY-there} ${LIST:+set} ${#LIST}", "0 none empty set 3"),
            ("f=/a/b.tar.gz; echo ${f##*/} ${f%.gz} ${f%%.*} ${f#/}", "0 b.tar.gz /a/b.tar /a/b a/b.tar.gz"),
            ("echo `hostname` ${HOSTNAME##*-}", "0 web-0 0"),
            ("case $HOSTNAME in *-0) echo first ;; *) echo other ;; esac", "0 first"),
            ("case b in a|b) echo ab;; esac; case c in a) ;; esac; echo $?", "0 ab|0"),
            ("greet() { echo \"hi $1 of $#\"; return 3; }; greet a b; echo $?", "0 hi a of 2|3"),
            ("set -- a 'b c'; for x in \"$@\"; do echo $x; done; shift; echo $1 $#", "0 a|b c|b c 1"),
            ("cat <<EOF\nhost $HOSTNAME\nEOF\necho after", "0 host web-0|after"),
            ("cat <<'EOF'\n$HOSTNAME\nEOF", "0 $HOSTNAME"),
            ("while read a b; do echo $b-$a; done < /conf/b.txt", "0 -one|-two|-three"),
            ("cat /conf/app.ini | grep port | cut -d= -f2", "0  8080"),
            ("{ echo a; echo b; } > /tmp/x; wc -l < /tmp/x; cat /tmp/x", "0 2|a|b"),
            (
                "grep -q two /conf/b.txt && echo found; grep -c e /conf/b.txt; grep four /conf/b.txt",
                "1 found|2",
            ),
            ("seq 5 | tail -n 2; seq 5 | head -1; expr 3 + 4", "0 4|5|1|7"),
            (
                "for i in 1 2 3; do [ $i = 2 ] && continue; [ $i = 3 ] && break; echo $i; done; echo $i",
                "0 1|3",
            ),
            ("set -e; if false; then echo no; fi; false || echo kept; x=$(false); echo no", "1 kept"),
            ("x=1 sh -c 'echo $x'; echo \"[$x]\"", "0 1|[]"),
            (
                "sh -c 'echo $0 $1' name arg; (exit 4); echo $?; timeout 2 sleep 9; echo $?",
                "0 name arg|4|143",
            ),
            ("ls /conf/*.txt >/dev/null; for f in /conf/*; do basename $f; done", "0 app.ini|b.txt"),
            ("echo oops >&2; echo $(echo in; echo out >&2)", "0 oops|out|in"),
            (
                "[ -z \"$EMPTY\" -a -n \"$LIST\" ] && echo both; [ -f /no -o -f /conf/b.txt ] && echo one",
                "0 both|one",
            ),
            ("trap 'exit 0' TERM; echo ${LIST?}", "not read"),
            ("echo $((1/0))", "not read"),
            ("x=$(wget -qO- http://web)", "not read"),
            ("echo *", "not read"),
        ];
        for (script, expected) in cases {
            assert_eq!(printed(script), expected, "{script}");
        }
    }

    #[test]
    fn a_script_without_an_end_is_not_read_and_breaks_nothing() {
        let deep = 100_000;
        let scripts = [
            "f() { f; }; f".to_owned(),
            "x='eval \"$x\"'; eval \"$x\"".to_owned(),
            "x=ab; while true; do x=$x$x; sleep 1; done".to_owned(),
            "x=ab; while true; do x=\"$(echo $x$x)\"; sleep 1; done".to_owned(),
            format!("echo $(({}1{}))", "(".repeat(deep), ")".repeat(deep)),
            format!("echo $(({}1))", "-".repeat(deep)),
            format!("echo $((1{}))", "**1".repeat(deep)),
            format!("echo $((1{}))", "?1:1".repeat(deep)),
            format!("{}true{}", "( ".repeat(deep), " )".repeat(deep)),
            format!("{}true{}", "echo $(".repeat(deep), ")".repeat(deep)),
            format!("echo {}x{}", "${x:-".repeat(deep), "}".repeat(deep)),
            format!("{}true", "! ".repeat(deep)),
            format!("true{}", " && true".repeat(deep)),
            format!("{}true{}", "if ".repeat(deep), "; then true; fi".repeat(deep)),
            format!("if true; then true; {} fi", "elif true; then true; ".repeat(deep)),
            format!("{}true", "f() ".repeat(deep)),
        ];
        for script in scripts {
            assert_eq!(printed(&script), "not read", "{}", &script[..script.len().min(60)]);
        }
        let long = "a".repeat(deep);
        let stars = "*a".repeat(20);
        let case =
            format!("case {long} in {long}b) echo no ;; {stars}*c) echo no ;; {stars}) echo yes ;; esac");
        assert_eq!(printed(&case), "0 yes");
        assert_eq!(printed("x=9223372036854775807; echo $((++x))"), "0 -9223372036854775808");
    }

    #[test]
    fn a_loop_that_cannot_end_runs_on_though_each_of_its_rounds_differs() {
        let script = "i=0; while true; do echo \"$i: $(date +%T)\"; i=$((i+1)); sleep 1; done";
        let argv = ["sh", "-c", script].map(str::to_owned);
        let clock = crate::clock::Moment::parse("2026-11-08T04:05:06Z");
        let Outcome::Ran(run) = interpret(&argv, Machine { known: true, clock, ..Machine::default() }) else {
            panic!("it is read");
        };
        assert_eq!(
            (run.exit, run.prints[61].clone()),
            (None, (Duration::from_secs(61), "61: 04:06:07\n".to_owned()))
        );
    }
}
