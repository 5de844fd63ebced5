//! What differs between two texts, line by line, as a unified diff of the blocks that Python's `difflib` finds (Ratcliff
//! and Obershelp's longest match, then what lies before and behind it), which Go's library of that name finds too.

use std::collections::HashMap;
use std::fmt::Write as _;

/// How many lines stand around a change.
const CONTEXT: usize = 3;
/// From so many lines on, lines that come often are not looked for.
const LONG: usize = 200;

/// The unified diff of two texts without a header; empty where they are the same.
pub(super) fn diff(from: &str, to: &str) -> String {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.lines().collect(), to.lines().collect());
    let mut text = String::new();
    for hunk in hunks(&steps(&from, &to)) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let (old, new) = (range(first.old.0, last.old.1), range(first.new.0, last.new.1));
        let _ = writeln!(text, "@@ -{old} +{new} @@");
        for step in hunk {
            if step.same {
                from[step.old.0..step.old.1].iter().for_each(|line| text += &format!(" {line}\n"));
                continue;
            }
            from[step.old.0..step.old.1].iter().for_each(|line| text += &format!("-{line}\n"));
            to[step.new.0..step.new.1].iter().for_each(|line| text += &format!("+{line}\n"));
        }
    }
    text
}

fn range(start: usize, stop: usize) -> String {
    match stop - start {
        1 => format!("{}", start + 1),
        0 => format!("{start},0"),
        length => format!("{},{length}", start + 1),
    }
}

/// Lines that are the same in both, or that stand for each other.
#[derive(Clone, Copy, Debug)]
struct Step {
    same: bool,
    old: (usize, usize),
    new: (usize, usize),
}

/// A block of lines that are the same: where it begins in each text, and how long it is.
type Block = (usize, usize, usize);

struct Search<'a> {
    from: &'a [&'a str],
    to: &'a [&'a str],
    places: HashMap<&'a str, Vec<usize>>,
}

impl Search<'_> {
    fn longest(&self, (low, high): (usize, usize), (floor, ceiling): (usize, usize)) -> Block {
        let (mut at, mut there, mut size) = (low, floor, 0);
        let mut lengths: HashMap<usize, usize> = HashMap::new();
        for (index, line) in self.from.iter().enumerate().take(high).skip(low) {
            let mut next = HashMap::new();
            let places = self.places.get(line).map(Vec::as_slice).unwrap_or_default();
            for place in places.iter().copied().filter(|place| (floor..ceiling).contains(place)) {
                let before = place.checked_sub(1).and_then(|before| lengths.get(&before));
                let length = before.copied().unwrap_or(0) + 1;
                next.insert(place, length);
                if length > size {
                    (at, there, size) = (index + 1 - length, place + 1 - length, length);
                }
            }
            lengths = next;
        }
        while at > low && there > floor && self.from[at - 1] == self.to[there - 1] {
            (at, there, size) = (at - 1, there - 1, size + 1);
        }
        while at + size < high && there + size < ceiling && self.from[at + size] == self.to[there + size] {
            size += 1;
        }
        (at, there, size)
    }

    fn collect(&self, old: (usize, usize), new: (usize, usize), blocks: &mut Vec<Block>) {
        let (at, there, size) = self.longest(old, new);
        if size == 0 {
            return;
        }
        if old.0 < at && new.0 < there {
            self.collect((old.0, at), (new.0, there), blocks);
        }
        blocks.push((at, there, size));
        if at + size < old.1 && there + size < new.1 {
            self.collect((at + size, old.1), (there + size, new.1), blocks);
        }
    }
}

fn steps(from: &[&str], to: &[&str]) -> Vec<Step> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, line) in to.iter().enumerate() {
        places.entry(line).or_default().push(place);
    }
    if to.len() >= LONG {
        places.retain(|_, places| places.len() <= to.len() / 100 + 1);
    }
    let mut blocks = Vec::new();
    Search { from, to, places }.collect((0, from.len()), (0, to.len()), &mut blocks);
    blocks.push((from.len(), to.len(), 0));
    let (mut steps, mut at, mut there): (Vec<Step>, usize, usize) = (Vec::new(), 0, 0);
    for (old, new, size) in blocks {
        if at < old || there < new {
            steps.push(Step { same: false, old: (at, old), new: (there, new) });
        }
        (at, there) = (old + size, new + size);
        match steps.last_mut().filter(|last| last.same && last.old.1 == old && last.new.1 == new) {
            Some(last) => (last.old.1, last.new.1) = (at, there),
            None if size > 0 => steps.push(Step { same: true, old: (old, at), new: (new, there) }),
            None => {}
        }
    }
    steps
}

/// The steps with changes, with as much around them as is shown.
fn hunks(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut steps = steps.to_vec();
    let tail = |step: &mut Step| {
        (step.old.0, step.new.0) = (
            step.old.0.max(step.old.1.saturating_sub(CONTEXT)),
            step.new.0.max(step.new.1.saturating_sub(CONTEXT)),
        );
    };
    let head = |step: &mut Step| {
        (step.old.1, step.new.1) =
            (step.old.1.min(step.old.0 + CONTEXT), step.new.1.min(step.new.0 + CONTEXT));
    };
    steps.first_mut().filter(|step| step.same).map(tail);
    steps.last_mut().filter(|step| step.same).map(head);
    let (mut hunks, mut hunk): (Vec<Vec<Step>>, Vec<Step>) = (Vec::new(), Vec::new());
    for mut step in steps {
        if step.same && step.old.1 - step.old.0 > 2 * CONTEXT {
            let mut end = step;
            head(&mut end);
            hunk.push(end);
            hunks.push(std::mem::take(&mut hunk));
            tail(&mut step);
        }
        hunk.push(step);
    }
    hunks.push(hunk);
    hunks.retain(|hunk| hunk.iter().any(|step| !step.same));
    hunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_block_that_is_the_same_stays() {
        let (from, to) = ("a\nb\nc\nd\ne\nf\ng\nh\n", "a\nx\nc\nd\ne\nf\ng\nh\ni\n");
        let expected = "@@ -1,8 +1,9 @@\n a\n-b\n+x\n c\n d\n e\n f\n g\n h\n+i\n";
        assert_eq!(diff(from, to), expected);
        let (from, to) = ("0\n1\n2\n3\n4\n5\n6\n7\n8\n", "x\n1\n2\n3\n4\n5\n6\n7\n8\ny\n");
        let apart = "@@ -1,4 +1,4 @@\n-0\n+x\n 1\n 2\n 3\n@@ -7,3 +7,4 @@\n 6\n 7\n 8\n+y\n";
        assert_eq!(diff(from, to), apart);
        assert_eq!(diff("a\n", "a\n"), "");
        assert_eq!(diff("", "a\n"), "@@ -0,0 +1 @@\n+a\n");
        // Of two ways to tell it, the one that keeps more lines together.
        let (from, to) = ("{\n a\n}\n", "{\n b\n},\n{\n a\n}\n");
        assert_eq!(diff(from, to), "@@ -1,3 +1,6 @@\n+{\n+ b\n+},\n {\n  a\n }\n");
    }
}
