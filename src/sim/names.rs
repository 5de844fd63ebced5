//! Everything that is drawn at random in an API server: uids, name suffixes, addresses and ports. All of it comes from
//! the seed and a counter, so the same calls give the same cluster.

use crate::seed::Seed;
use rand_chacha::rand_core::Rng;

/// The letters of generated suffixes: no vowels, nothing that looks like something else.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The longest name before its suffix: 63 less five.
const LONGEST_BASE: usize = 58;

/// The uid that draw number `count` gives: a random UUID, version 4.
pub(crate) fn uid(seed: Seed, count: u64) -> String {
    let mut stream = seed.stream(&format!("uid/{count}"));
    let (high, low) = (stream.next_u64(), stream.next_u64());
    let high = high & 0xffff_ffff_ffff_0fff | 0x4000;
    let low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// `base` with five random letters, as `metadata.generateName` gives them.
pub(crate) fn suffixed(seed: Seed, count: u64, base: &str) -> String {
    let mut stream = seed.stream(&format!("name/{count}"));
    let kept: String = base.chars().take(LONGEST_BASE).collect();
    let letters = LETTERS.len() as u64;
    let pick = |number: u64| LETTERS[usize::try_from(number % letters).expect("below 27")] as char;
    kept + &(0..5).map(|_| pick(stream.next_u64())).collect::<String>()
}

/// A number below `bound` for the named purpose.
pub(crate) fn below(seed: Seed, purpose: &str, count: u64, bound: u64) -> u64 {
    seed.draw(&format!("{purpose}/{count}")) % bound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_are_random_uuids_and_repeat_with_the_seed() {
        let uid_of = |count| uid(Seed(7), count);
        assert_eq!(uid_of(1), uid_of(1));
        assert_ne!(uid_of(1), uid_of(2));
        let parts: Vec<String> = uid_of(3).split('-').map(str::to_owned).collect();
        assert_eq!(parts.iter().map(String::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']));
    }

    #[test]
    fn generated_names_end_in_five_letters() {
        let name = suffixed(Seed(7), 1, "gen-");
        assert_eq!(name.len(), 9);
        assert!(name[4..].bytes().all(|b| LETTERS.contains(&b)));
        assert_eq!(suffixed(Seed(7), 1, &"x".repeat(90)).len(), 63);
    }
}
