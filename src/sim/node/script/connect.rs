//! Programs that only look whether somebody is there: `nc -z` and `nslookup`, as busybox has them. What is behind a name
//! is asked in [`super::reach`].

use super::applet::{Done, code, failed};
use super::reach::{Dialled, Resolved};
use super::shell::Shell;
use super::words::Unread;
use std::time::Duration;

/// How long the kernel tries to connect where nobody answers: six retries, each twice as long as the one before.
pub(super) const PATIENCE: Duration = Duration::from_secs(127);

/// `nc -z [-v] [-w SECONDS] HOST PORT`; without `-z` it talks, which is not read.
pub(super) fn nc(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
    let (mut scans, mut tells, mut limit, mut plain) = (false, false, PATIENCE, Vec::new());
    let mut words = args.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.is_empty()) else {
            plain.push(word);
            continue;
        };
        for (place, flag) in flags.char_indices() {
            match flag {
                'z' => scans = true,
                'v' => tells = true,
                'n' => {}
                'w' => {
                    let rest = &flags[place + 1..];
                    let given = if rest.is_empty() { words.next().ok_or(Unread)? } else { rest };
                    limit = limit.min(Duration::from_secs(given.parse().map_err(|_| Unread)?));
                    break;
                }
                _ => return Err(Unread),
            }
        }
    }
    let (true, [host, port]) = (scans, plain.as_slice()) else { return Err(Unread) };
    let port = port.parse().map_err(|_| Unread)?;
    Ok(match shell.dial(host, port) {
        Dialled::Unknown => return Err(Unread),
        Dialled::Nowhere => failed(1, format!("nc: bad address '{host}'\n")),
        // A refusal is told to who asks for more words than one `-v`.
        Dialled::Refused(_) => code(1),
        Dialled::Silent(address) => {
            shell.now = shell.now.saturating_add(limit);
            failed(
                1,
                if tells { format!("nc: {host} ({address}): Connection timed out\n") } else { String::new() },
            )
        }
        Dialled::Taken { address, .. } if tells => failed(0, format!("{host} ({address}) open\n")),
        Dialled::Taken { .. } => code(0),
    })
}

/// `nslookup NAME`. Of a name outside of the cluster nothing is known but that it is there.
pub(super) fn nslookup(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
    let [name] = args else { return brief(shell) };
    let server = "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n";
    Ok(match shell.resolve(name) {
        Resolved::Unknown => return brief(shell),
        Resolved::Nowhere => {
            Done { out: format!("{server}** server can't find {name}: NXDOMAIN\n\n"), ..code(1) }
        }
        Resolved::Address(name, address) => {
            Done { out: format!("{server}Name:\t{name}\nAddress: {address}\n\n"), ..code(0) }
        }
    })
}

/// A program that does its work at once: nothing is known of what it prints, so nothing may depend on it.
pub(super) fn brief(shell: &Shell) -> Result<Done, Unread> {
    if shell.wanted { Err(Unread) } else { Ok(code(0)) }
}
