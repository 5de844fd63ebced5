//! Sums of a shell, `$((…))`: whole numbers, variables, assignments. Owns reading and reckoning them; what stands in
//! the place of a `$x` has been filled in before.

use super::lexer::NESTED;
use super::words::{Unread, is_name};
use std::collections::BTreeMap;

/// Operators of two sides by how tightly they bind, loosest first.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// The value of a sum; it may set variables.
pub(super) fn evaluate(text: &str, variables: &mut BTreeMap<String, String>) -> Result<i64, Unread> {
    let mut sum = Sum { rest: text.trim_start(), variables, depth: 0 };
    if sum.rest.is_empty() {
        return Ok(0);
    }
    let value = sum.choice()?;
    if sum.rest.is_empty() { Ok(value) } else { Err(Unread) }
}

struct Sum<'a, 'v> {
    rest: &'a str,
    variables: &'v mut BTreeMap<String, String>,
    /// Within how many others it is.
    depth: u32,
}

impl<'a> Sum<'a, '_> {
    fn eat(&mut self, sign: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(sign) else { return false };
        self.rest = rest.trim_start();
        true
    }

    /// Reads what stands within something else.
    fn within(&mut self, read: impl FnOnce(&mut Self) -> Result<i64, Unread>) -> Result<i64, Unread> {
        if self.depth == NESTED {
            return Err(Unread);
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// `a ? b : c`, or an assignment.
    fn choice(&mut self) -> Result<i64, Unread> {
        if let Some(value) = self.assignment()? {
            return Ok(value);
        }
        let condition = self.level(0)?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let yes = self.within(Self::choice)?;
        if !self.eat(":") {
            return Err(Unread);
        }
        let no = self.within(Self::choice)?;
        Ok(if condition == 0 { no } else { yes })
    }

    fn assignment(&mut self) -> Result<Option<i64>, Unread> {
        let start = self.rest;
        let name = self.name();
        let sign = ["=", "+=", "-=", "*=", "/=", "%="].into_iter().find(|sign| self.rest.starts_with(sign));
        let (true, Some(sign)) = (is_name(name) && !self.rest.starts_with("=="), sign) else {
            self.rest = start;
            return Ok(None);
        };
        self.eat(sign);
        let right = self.within(Self::choice)?;
        let value = match sign.strip_suffix('=') {
            None | Some("") => right,
            Some(operator) => apply(operator, self.value(name)?, right)?,
        };
        self.variables.insert(name.to_owned(), value.to_string());
        Ok(Some(value))
    }

    fn level(&mut self, level: usize) -> Result<i64, Unread> {
        let Some(operators) = LEVELS.get(level) else { return self.power() };
        let mut left = self.level(level + 1)?;
        loop {
            let doubled = |sign: &str| {
                let after = self.rest[sign.len()..].chars().next();
                matches!(
                    (sign, after),
                    ("|", Some('|')) | ("&", Some('&')) | ("<", Some('<')) | (">", Some('>'))
                )
            };
            let found = operators.iter().find(|sign| self.rest.starts_with(**sign) && !doubled(sign));
            let Some(sign) = found else { return Ok(left) };
            self.eat(sign);
            let right = self.level(level + 1)?;
            left = apply(sign, left, right)?;
        }
    }

    fn power(&mut self) -> Result<i64, Unread> {
        let base = self.unary()?;
        if !self.eat("**") {
            return Ok(base);
        }
        let exponent = u32::try_from(self.within(Self::power)?).map_err(|_| Unread)?;
        Ok(base.wrapping_pow(exponent))
    }

    fn unary(&mut self) -> Result<i64, Unread> {
        for (sign, step) in [("++", 1), ("--", -1)] {
            if self.eat(sign) {
                let name = self.name();
                return self.step(name, step).map(|before| before.wrapping_add(step));
            }
        }
        if self.eat("-") {
            return Ok(self.within(Self::unary)?.wrapping_neg());
        }
        if self.eat("+") {
            return self.within(Self::unary);
        }
        if self.eat("!") {
            return Ok(i64::from(self.within(Self::unary)? == 0));
        }
        if self.eat("~") {
            return Ok(!self.within(Self::unary)?);
        }
        self.atom()
    }

    fn atom(&mut self) -> Result<i64, Unread> {
        if self.eat("(") {
            let value = self.within(Self::choice)?;
            return if self.eat(")") { Ok(value) } else { Err(Unread) };
        }
        let name = self.name();
        if !is_name(name) {
            return number(name);
        }
        for (sign, step) in [("++", 1), ("--", -1)] {
            if self.eat(sign) {
                return self.step(name, step);
            }
        }
        self.value(name)
    }

    fn step(&mut self, name: &str, step: i64) -> Result<i64, Unread> {
        if !is_name(name) {
            return Err(Unread);
        }
        let before = self.value(name)?;
        self.variables.insert(name.to_owned(), before.wrapping_add(step).to_string());
        Ok(before)
    }

    /// The name or number that stands next.
    fn name(&mut self) -> &'a str {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        name
    }

    fn value(&self, name: &str) -> Result<i64, Unread> {
        match self.variables.get(name).map(|text| text.trim()) {
            None | Some("") => Ok(0),
            Some(text) => {
                text.strip_prefix('-').map_or_else(|| number(text), |rest| number(rest).map(|n| -n))
            }
        }
    }
}

fn number(text: &str) -> Result<i64, Unread> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    i64::from_str_radix(digits, radix).map_err(|_| Unread)
}

fn apply(operator: &str, a: i64, b: i64) -> Result<i64, Unread> {
    Ok(match operator {
        "||" => i64::from(a != 0 || b != 0),
        "&&" => i64::from(a != 0 && b != 0),
        "|" => a | b,
        "^" => a ^ b,
        "&" => a & b,
        "==" => i64::from(a == b),
        "!=" => i64::from(a != b),
        "<=" => i64::from(a <= b),
        ">=" => i64::from(a >= b),
        "<" => i64::from(a < b),
        ">" => i64::from(a > b),
        "<<" => a.wrapping_shl(u32::try_from(b).map_err(|_| Unread)?),
        ">>" => a.wrapping_shr(u32::try_from(b).map_err(|_| Unread)?),
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "*" => a.wrapping_mul(b),
        "/" => a.checked_div(b).ok_or(Unread)?,
        "%" => a.checked_rem(b).ok_or(Unread)?,
        _ => return Err(Unread),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_reckoned_as_a_shell_does() {
        let cases = [
            ("1+2*3", Some(7)),
            ("(1 + 2) * 3", Some(9)),
            ("10 / 3 % 2", Some(1)),
            ("-2 + 5", Some(3)),
            ("2 ** 3 ** 2", Some(512)),
            ("n + 1", Some(5)),
            ("absent + 1", Some(1)),
            ("n > 3 && n != 5", Some(1)),
            ("n < 3 ? 10 : 20", Some(20)),
            ("1 << 4 | 1", Some(17)),
            ("0x10 + 010", Some(24)),
            ("!n", Some(0)),
            ("n++ + n", Some(9)),
            ("n += 2", Some(6)),
            ("", Some(0)),
            ("1 / 0", None),
            ("1 +", None),
            ("a b", None),
        ];
        for (sum, expected) in cases {
            let mut variables = BTreeMap::from([("n".to_owned(), "4".to_owned())]);
            assert_eq!(evaluate(sum, &mut variables).ok(), expected, "{sum}");
        }
    }
}
