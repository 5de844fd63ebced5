//! What `echo` and `printf` print.

use super::words::Unread;

/// `echo`, with `-n` and `-e`.
pub(super) fn echo(args: &[String]) -> Result<String, Unread> {
    let flags = args.iter().take_while(|arg| matches!(arg.as_str(), "-n" | "-e" | "-ne" | "-en")).count();
    let (flags, words) = args.split_at(flags);
    let given = |flag: char| flags.iter().any(|arg| arg.contains(flag));
    let text = words.join(" ");
    let text = if given('e') { escaped(&text)? } else { text };
    Ok(text + if given('n') { "" } else { "\n" })
}

/// A text with its `\n` and `\t`.
fn escaped(text: &str) -> Result<String, Unread> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => '\n',
            ('\\', Some('t')) => '\t',
            ('\\', Some('\\')) => '\\',
            ('\\', _) => return Err(Unread),
            (c, _) => c,
        });
    }
    Ok(out)
}

/// `printf`: the format again and again while there are values, with `%s`, `%d` and `%%`.
pub(super) fn printf(args: &[String]) -> Result<String, Unread> {
    let (format, values) = args.split_first().ok_or(Unread)?;
    let format = escaped(format)?;
    let mut values = values.iter();
    let mut out = String::new();
    loop {
        let left = values.len();
        let mut pieces = format.split('%');
        out += pieces.next().unwrap_or_default();
        while let Some(piece) = pieces.next() {
            match piece.chars().next() {
                Some('s') => out += values.next().map_or("", String::as_str),
                Some('d') => out += values.next().map_or("0", String::as_str),
                None => {
                    out.push('%');
                    out += pieces.next().unwrap_or_default();
                    continue;
                }
                Some(_) => return Err(Unread),
            }
            out += &piece[1..];
        }
        if values.len() == 0 || values.len() == left {
            return Ok(out);
        }
    }
}
