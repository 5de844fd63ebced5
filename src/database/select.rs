//! Carries out questions: rows filtered, grouped, ordered and cut.

use super::evaluate::Frame;
use super::statement::{Expr, Item, Order, Select};
use super::table::Row;
use super::{Answer, Around, Database, SqlError, Type, Value, infer};

pub(super) fn answer(database: &Database, select: &Select, around: &Around) -> Result<Answer, SqlError> {
    let table = select.from.as_ref().map(|(relation, _)| database.table(relation)).transpose()?;
    let called = select.from.as_ref().and_then(|(_, alias)| alias.as_deref());
    let bare = Frame { table: table.as_ref(), called, ..Frame::bare(around) };
    let columns = infer::columns(&select.items, bare)?;
    let groups: Vec<Expr> = select.groups.iter().map(|by| select.meant(by)).collect();
    let order: Vec<Order> =
        select.order.iter().map(|by| Order { expr: select.meant(&by.expr), ..by.clone() }).collect();

    let mut rows: Vec<Row> = Vec::new();
    match &table {
        None => rows.push([].into()),
        Some(table) => {
            for (_, row) in table.rows() {
                if (Frame { row, ..bare }).holds(select.filter.as_ref())? {
                    rows.push(row.clone());
                }
            }
        }
    }
    let grouped = !groups.is_empty() || select.expressions().any(Expr::aggregates);
    let mut found: Vec<(Vec<Value>, Row)> = Vec::new();
    if grouped {
        let outside = select.having.iter().chain(order.iter().map(|by| &by.expr));
        let listed = select.items.iter().filter_map(Item::expr).chain(outside);
        listed
            .into_iter()
            .try_for_each(|expr| expr.stands_in(&groups))
            .map_err(|error| bare.qualified(error))?;
        for group in grouped_by(&groups, rows, bare)? {
            let first: &[Value] = group.first().map_or(&[], |row| row);
            let frame = Frame { row: first, group: Some(&group), ..bare };
            if frame.holds(select.having.as_ref())? {
                found.push(line(&select.items, &order, frame)?);
            }
        }
    } else {
        for row in &rows {
            found.push(line(&select.items, &order, Frame { row, ..bare })?);
        }
    }
    if select.distinct {
        let mut seen: Vec<(Vec<Value>, Row)> = Vec::new();
        for one in found {
            if !seen.iter().any(|(_, row)| *row == one.1) {
                seen.push(one);
            }
        }
        found = seen;
    }
    found.sort_by(|(a, _), (b, _)| sorted(a, b, &order));
    let skipped = count(select.offset.as_ref(), around)?.unwrap_or(0);
    let most = count(select.limit.as_ref(), around)?.unwrap_or(usize::MAX);
    let rows: Vec<Row> = found.into_iter().map(|(_, row)| row).skip(skipped).take(most).collect();
    rows.iter().try_for_each(|row| fits(row, &columns))?;
    let count = Some(rows.len());
    Ok(Answer { command: "SELECT".to_owned(), count, columns: Some(columns), rows })
}

/// Whether what was reckoned is no larger than the type of its column.
fn fits(row: &Row, columns: &[(String, Type)]) -> Result<(), SqlError> {
    for (value, (_, kind)) in row.iter().zip(columns) {
        if let Value::Int(_) = value {
            kind.take(value.clone())?;
        }
    }
    Ok(())
}

/// The columns of an answer for one row.
pub(super) fn picked(items: &[Item], frame: Frame<'_>) -> Result<Row, SqlError> {
    let mut values = Vec::new();
    for item in items {
        match item {
            Item::All => values.extend(frame.row.iter().cloned()),
            Item::Expr { expr, .. } => values.push(frame.value(expr)?),
        }
    }
    Ok(values.into())
}

fn line(items: &[Item], order: &[Order], frame: Frame<'_>) -> Result<(Vec<Value>, Row), SqlError> {
    let keys = order.iter().map(|by| frame.value(&by.expr)).collect::<Result<_, _>>()?;
    Ok((keys, picked(items, frame)?))
}

fn grouped_by(groups: &[Expr], rows: Vec<Row>, bare: Frame<'_>) -> Result<Vec<Vec<Row>>, SqlError> {
    if groups.is_empty() {
        return Ok(vec![rows]);
    }
    let mut found: Vec<(Vec<Value>, Vec<Row>)> = Vec::new();
    for row in rows {
        let frame = Frame { row: &row, ..bare };
        let key: Vec<Value> = groups.iter().map(|by| frame.value(by)).collect::<Result<_, _>>()?;
        match found.iter_mut().find(|(held, _)| *held == key) {
            Some((_, group)) => group.push(row),
            None => found.push((key, vec![row])),
        }
    }
    Ok(found.into_iter().map(|(_, group)| group).collect())
}

fn sorted(a: &[Value], b: &[Value], order: &[Order]) -> std::cmp::Ordering {
    let each = a.iter().zip(b).zip(order).map(|((a, b), by)| {
        let nothing = matches!((a, b), (Value::Null, _) | (_, Value::Null));
        let ascending = a.order(b);
        let turned = if nothing { by.nothing_first } else { by.descending };
        if turned { ascending.reverse() } else { ascending }
    });
    each.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
}

fn count(expr: Option<&Expr>, around: &Around) -> Result<Option<usize>, SqlError> {
    let Some(expr) = expr else { return Ok(None) };
    match Type::Int8.take(Frame::bare(around).value(expr)?)? {
        Value::Int(number) => {
            usize::try_from(number).map(Some).map_err(|_| SqlError::OutOfRange("LIMIT or OFFSET"))
        }
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::Time(_) => Ok(None),
    }
}

impl Item {
    fn expr(&self) -> Option<&Expr> {
        match self {
            Item::All => None,
            Item::Expr { expr, .. } => Some(expr),
        }
    }
}

impl Select {
    /// Every expression but those of LIMIT and OFFSET.
    pub(super) fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let listed = self.items.iter().filter_map(Item::expr);
        let ordered = self.order.iter().map(|by| &by.expr).filter(|expr| !self.is_of_answer(expr));
        let grouped = self.groups.iter().filter(|expr| !self.is_of_answer(expr));
        listed.chain(&self.filter).chain(grouped).chain(&self.having).chain(ordered)
    }

    /// Whether it names a column of the answer, by its number or its name.
    fn is_of_answer(&self, expr: &Expr) -> bool {
        self.meant(expr) != *expr
    }

    /// What ORDER BY and GROUP BY mean by a number or by the name of a column of the answer.
    fn meant(&self, expr: &Expr) -> Expr {
        let of_number = |number: i64| {
            let at = usize::try_from(number).ok()?.checked_sub(1)?;
            self.items.get(at).and_then(Item::expr).cloned()
        };
        let of_name = |wanted: &str| {
            self.items.iter().find_map(|item| match item {
                Item::Expr { expr, alias: Some(alias) } if alias == wanted => Some(expr.clone()),
                Item::Expr { .. } | Item::All => None,
            })
        };
        let found = match expr {
            Expr::Constant(Value::Int(number)) => of_number(*number),
            Expr::Column { table: None, name } => of_name(name),
            _ => None,
        };
        found.unwrap_or_else(|| expr.clone())
    }
}

impl Expr {
    /// The expressions that it is made of.
    pub(super) fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::Constant(_) | Expr::Parameter(_) | Expr::Column { .. } => Vec::new(),
            Expr::Not(one) | Expr::Negative(one) => vec![one],
            Expr::IsNull { expr, .. } | Expr::Is { expr, .. } | Expr::Cast { expr, .. } => vec![expr],
            Expr::Pair { left, right, .. } => vec![left, right],
            Expr::Like { expr, pattern, .. } => vec![expr, pattern],
            Expr::Among { expr, list, .. } => std::iter::once(&**expr).chain(list).collect(),
            Expr::Call { arguments, .. } => arguments.iter().collect(),
            Expr::Aggregate { of, .. } => of.iter().map(|of| &**of).collect(),
            Expr::Case { cases, otherwise } => {
                let cases = cases.iter().flat_map(|(when, then)| [when, then]);
                cases.chain(otherwise.iter().map(|otherwise| &**otherwise)).collect()
            }
        }
    }

    fn aggregates(&self) -> bool {
        matches!(self, Expr::Aggregate { .. }) || self.children().into_iter().any(Expr::aggregates)
    }

    /// Whether it has one value for a whole group.
    fn stands_in(&self, groups: &[Expr]) -> Result<(), SqlError> {
        match self {
            one if groups.contains(one) => Ok(()),
            Expr::Aggregate { .. } => Ok(()),
            Expr::Column { name, .. } => Err(SqlError::NotGrouped(name.clone())),
            other => other.children().into_iter().try_for_each(|child| child.stands_in(groups)),
        }
    }
}
