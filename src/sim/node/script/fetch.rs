//! Programs that fetch a page: `wget` as busybox has it, and curl. Who answers is asked in [`super::reach`].

use super::applet::{Done, code, failed};
use super::connect::{PATIENCE, brief};
use super::reach::{Answers, Dialled};
use super::shell::Shell;
use super::words::Unread;
use std::time::Duration;

/// What is to be fetched, and how much is said of it.
#[derive(Debug, Default)]
struct Wish<'a> {
    url: Option<&'a str>,
    /// Where the page goes; `-` is standard output.
    output: Option<&'a str>,
    limit: Option<Duration>,
    quiet: bool,
    /// Errors are told all the same.
    tells_errors: bool,
    /// Only whether it is there.
    looks_only: bool,
    /// A status that is an error is one of the command, too.
    fails: bool,
}

/// An address of the web.
struct Place<'a> {
    /// The host as it is written, with its port where it has one.
    written: &'a str,
    host: &'a str,
    port: u16,
    path: String,
}

impl<'a> Place<'a> {
    fn read(url: &'a str) -> Option<Place<'a>> {
        let (secure, rest) = match url.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            Some(_) => return None,
            None => (false, url),
        };
        let cut = rest.find(['/', '?']).unwrap_or(rest.len());
        let (written, path) = rest.split_at(cut);
        let (host, port) = match written.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (written, if secure { 443 } else { 80 }),
        };
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        (!host.is_empty()).then_some(Place { written, host, port, path })
    }

    /// The name of the file that the page is kept in.
    fn file(&self) -> &str {
        match self.path.rsplit('/').next() {
            None | Some("") => "index.html",
            Some(name) => name,
        }
    }
}

/// Takes the options apart: short ones of one letter, of which those in `valued` have a value, and long ones.
fn read<'a>(
    args: &'a [String],
    valued: &str,
    mut take: impl FnMut(&mut Wish<'a>, &str, &'a str) -> Option<()>,
) -> Option<Wish<'a>> {
    let mut wish = Wish::default();
    let mut words = args.iter().map(String::as_str);
    while let Some(word) = words.next() {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').unwrap_or((long, ""));
            take(&mut wish, name, value)?;
        } else if let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.is_empty()) {
            for (place, flag) in flags.char_indices() {
                let rest = &flags[place + flag.len_utf8()..];
                if valued.contains(flag) {
                    take(&mut wish, &flag.to_string(), if rest.is_empty() { words.next()? } else { rest })?;
                    break;
                }
                take(&mut wish, &flag.to_string(), "")?;
            }
        } else if wish.url.replace(word).is_some() {
            return None;
        }
    }
    Some(wish)
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

/// `wget URL`.
pub(super) fn wget(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
    let wish = read(args, "OTtPUYo", |wish, name, value| {
        match name {
            "O" => wish.output = Some(value),
            "T" => wish.limit = Some(seconds(value)?),
            "q" => wish.quiet = true,
            "spider" => wish.looks_only = true,
            "t" | "U" | "Y" | "c" | "n" | "v" | "tries" | "no-verbose" | "no-check-certificate" => {}
            _ => return None,
        }
        Some(())
    });
    let Some((place, wish)) = wish.and_then(|wish| Some((Place::read(wish.url?)?, wish))) else {
        return brief(shell);
    };
    let dialled = shell.dial(place.host, place.port);
    let hello = |address: &str| match wish.quiet {
        true => String::new(),
        false => format!("Connecting to {} ({address})\n", place.written),
    };
    Ok(match dialled {
        Dialled::Unknown => return brief(shell),
        Dialled::Nowhere => failed(1, format!("wget: bad address '{}'\n", place.written)),
        Dialled::Refused(address) => failed(1, hello(&address) + &unconnected(&address, "refused")),
        Dialled::Silent(address) => {
            let why = match wish.limit.filter(|limit| *limit < PATIENCE) {
                Some(_) => "wget: download timed out\n".to_owned(),
                None => unconnected(&address, "timed out"),
            };
            shell.now = shell.now.saturating_add(wish.limit.unwrap_or(PATIENCE).min(PATIENCE));
            failed(1, hello(&address) + &why)
        }
        Dialled::Taken { address, answers } => {
            let done = taken(shell, &wish, &place, &answers)?;
            Done { err: hello(&address) + &done.err, ..done }
        }
    })
}

/// What `wget` says of an address to which it has no connection.
fn unconnected(address: &str, why: &str) -> String {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    format!("wget: can't connect to remote host ({host}): Connection {why}\n")
}

/// What `wget` does with what it is answered.
fn taken(shell: &mut Shell, wish: &Wish<'_>, place: &Place<'_>, answers: &Answers) -> Result<Done, Unread> {
    let to = wish.output.unwrap_or(place.file());
    let page = match answers.page(&place.path) {
        None if *answers == Answers::Bare => {
            return Ok(failed(1, "wget: error getting response\n".to_owned()));
        }
        Some(None) => {
            return Ok(failed(1, "wget: server returned error: HTTP/1.1 404 Not Found\n".to_owned()));
        }
        Some(Some(page)) => Some(page),
        None => None,
    };
    if wish.looks_only {
        let told = if wish.quiet { "" } else { "remote file exists\n" };
        return Ok(failed(0, told.to_owned()));
    }
    // A page of which nothing is known is not there to be read by another.
    let Some(page) = page else { return brief(shell) };
    let (before, name, after) = match to {
        "-" => ("writing to stdout".to_owned(), "-", "written to stdout".to_owned()),
        to => (format!("saving to '{to}'"), to.rsplit('/').next().unwrap_or(to), format!("'{to}' saved")),
    };
    let bar = "*".repeat(32);
    let err = match wish.quiet {
        true => String::new(),
        false => format!("{before}\n{name:<20.20} 100% |{bar}| {:>5}  0:00:00 ETA\n{after}\n", page.len()),
    };
    if to != "-" {
        shell.write(to, Some(page.to_owned()));
        return Ok(failed(0, err));
    }
    Ok(Done { out: page.to_owned(), ..failed(0, err) })
}

/// `curl URL`.
pub(super) fn curl(shell: &mut Shell, args: &[String]) -> Result<Done, Unread> {
    let wish = read(args, "omHXAw", |wish, name, value| {
        match name {
            "o" => wish.output = Some(value),
            "m" | "max-time" | "connect-timeout" if !value.is_empty() => wish.limit = Some(seconds(value)?),
            "s" | "silent" => wish.quiet = true,
            "S" | "show-error" => wish.tells_errors = true,
            "f" | "fail" => wish.fails = true,
            "H" | "A" | "L" | "k" | "location" | "insecure" => {}
            _ => return None,
        }
        Some(())
    });
    let Some((place, wish)) = wish.and_then(|wish| Some((Place::read(wish.url?)?, wish))) else {
        return Err(Unread);
    };
    let tells = !wish.quiet || wish.tells_errors;
    let fails = |status: i64, why: String| match tells {
        true => failed(status, format!("curl: ({status}) {why}\n")),
        false => code(status),
    };
    let (host, port) = (place.host, place.port);
    Ok(match shell.dial(host, port) {
        Dialled::Unknown => return Err(Unread),
        Dialled::Nowhere => fails(6, format!("Could not resolve host: {host}")),
        Dialled::Refused(_) => fails(
            7,
            format!("Failed to connect to {host} port {port} after 0 ms: Could not connect to server"),
        ),
        Dialled::Silent(_) => {
            let waited = wish.limit.unwrap_or(PATIENCE).min(PATIENCE);
            shell.now = shell.now.saturating_add(waited);
            fails(28, format!("Connection timed out after {} milliseconds", waited.as_millis()))
        }
        Dialled::Taken { answers: Answers::Bare, .. } => fails(52, "Empty reply from server".to_owned()),
        Dialled::Taken { answers, .. } => match answers.page(&place.path) {
            None => return brief(shell),
            Some(None) if wish.fails => fails(22, "The requested URL returned error: 404".to_owned()),
            Some(page) => {
                let page = page.unwrap_or(NOT_FOUND);
                match wish.output.filter(|to| *to != "-") {
                    Some(to) => {
                        shell.write(to, Some(page.to_owned()));
                        code(0)
                    }
                    None => Done { out: page.to_owned(), ..code(0) },
                }
            }
        },
    })
}

/// What busybox's `httpd` answers where there is no page.
const NOT_FOUND: &str = "<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD>\n<BODY><H1>404 Not Found</H1>\nThe requested URL \
                         was not found\n</BODY></HTML>\n";
