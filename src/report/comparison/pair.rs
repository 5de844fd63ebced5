//! Which drill of one set is held against which of the other.

use super::{Record, Side};

/// The pairs, and what is left over on each side.
type Paired = (Vec<(Side, Side)>, Vec<Side>, Vec<Side>);

/// Finds for each old drill its new one: the same, else one that differs in the version of Helm alone; two alone are a pair.
pub(super) fn paired(old: Vec<Side>, mut new: Vec<Side>) -> Paired {
    if let ([_], [_]) = (old.as_slice(), new.as_slice()) {
        return (old.into_iter().zip(new).collect(), Vec::new(), Vec::new());
    }
    let (mut pairs, mut left) = (Vec::new(), Vec::new());
    for side in old {
        match take(&mut new, |record| same(&side.record, record) && side.record.helm == record.helm) {
            Some(found) => pairs.push((side, found)),
            None => left.push(side),
        }
    }
    let mut alone = Vec::new();
    for side in left {
        match take(&mut new, |record| same(&side.record, record) && major(&side.record) == major(record)) {
            Some(found) => pairs.push((side, found)),
            None => alone.push(side),
        }
    }
    (pairs, alone, new)
}

fn take(sides: &mut Vec<Side>, wanted: impl Fn(&Record) -> bool) -> Option<Side> {
    let at = sides.iter().position(|side| wanted(&side.record))?;
    Some(sides.remove(at))
}

fn same(one: &Record, other: &Record) -> bool {
    let drill = |record: &Record| (record.scenario.clone(), record.variant.clone(), record.procedure.clone());
    drill(one) == drill(other)
}

fn major(record: &Record) -> Option<&str> {
    record.helm.split('.').next()
}
