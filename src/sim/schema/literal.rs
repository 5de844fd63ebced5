//! Texts that Go reads by decoders of their own, amounts and bytes: what they say of one that they cannot read.

pub(super) const QUANTITY: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

pub(super) const SUFFIX: &str = "unable to parse quantity's suffix";

/// The shape of a quantity: a sign, digits with at most one point, and a suffix or an exponent. Where there are no
/// digits they count as none.
pub(super) fn quantity(text: &str) -> Result<(), String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (number, rest) = split(unsigned, |c| c.is_ascii_digit() || c == '.');
    let (letters, rest) = split(rest, |c| "eEinumkKMGTP".contains(c));
    let (power, rest) = split(rest.strip_prefix(['+', '-']).unwrap_or(rest), |c| c.is_ascii_digit());
    if text.is_empty() || number.matches('.').count() > 1 || !rest.is_empty() {
        return Err(QUANTITY.to_owned());
    }
    let signed = unsigned.len() > number.len() + letters.len() + power.len();
    let exponent = matches!(letters, "e" | "E") && !power.is_empty();
    let known = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let plain = known.contains(&letters) && power.is_empty() && !signed;
    if exponent || plain { Ok(()) } else { Err(SUFFIX.to_owned()) }
}

/// What such characters a text begins with, and the rest.
fn split(text: &str, with: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !with(c)).unwrap_or(text.len()))
}

/// Where Go's decoder stops reading base64.
pub(super) fn base64(text: &str) -> Result<(), String> {
    use base64::Engine as _;
    let plain: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    match base64::engine::general_purpose::STANDARD.decode(&plain) {
        Ok(_) => Ok(()),
        Err(_) => {
            let alphabet = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
            let at = text.find(|c: char| !alphabet(c)).unwrap_or(text.len() / 4 * 4);
            Err(format!("illegal base64 data at input byte {at}"))
        }
    }
}
