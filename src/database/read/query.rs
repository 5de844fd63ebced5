//! Reads questions and what changes rows.

use super::super::SqlError;
use super::super::statement::{Expr, Given, Item, Order, Select, Work};
use super::{expression, name, none, only_table, parts, relation, unsupported};
use sqlparser::ast::{
    self, AssignmentTarget, Distinct, FromTable, GroupByExpr, LimitClause, OrderByKind, OrderBySort,
    SelectItem, SetExpr, TableObject,
};

pub(super) fn select(query: &ast::Query) -> Result<Select, SqlError> {
    none(query.with.is_some(), "WITH")?;
    none(query.fetch.is_some(), "FETCH")?;
    let select = match &*query.body {
        SetExpr::Select(select) => select,
        other => return Err(unsupported(other)),
    };
    none(select.into.is_some(), "SELECT … INTO")?;
    none(!select.named_window.is_empty() || select.qualify.is_some(), "windows")?;
    let distinct = match &select.distinct {
        None | Some(Distinct::All) => false,
        Some(Distinct::Distinct) => true,
        Some(other) => return Err(unsupported(other)),
    };
    let from = match select.from.as_slice() {
        [] => None,
        tables => Some(only_table(tables)?),
    };
    let groups = match &select.group_by {
        GroupByExpr::Expressions(groups, with) if with.is_empty() => expressions(groups)?,
        other => return Err(unsupported(other)),
    };
    let (limit, offset) = match &query.limit_clause {
        None => (None, None),
        Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
            (maybe(limit.as_ref())?, maybe(offset.as_ref().map(|offset| &offset.value))?)
        }
        Some(other) => return Err(unsupported(other)),
    };
    Ok(Select {
        items: items(&select.projection)?,
        from,
        filter: maybe(select.selection.as_ref())?,
        groups,
        having: maybe(select.having.as_ref())?,
        distinct,
        order: order(query.order_by.as_ref())?,
        limit,
        offset,
    })
}

fn expressions(all: &[ast::Expr]) -> Result<Vec<Expr>, SqlError> {
    all.iter().map(expression::read).collect()
}

fn maybe(expr: Option<&ast::Expr>) -> Result<Option<Expr>, SqlError> {
    expr.map(expression::read).transpose()
}

fn items(projection: &[SelectItem]) -> Result<Vec<Item>, SqlError> {
    let item = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expr) => Ok(Item::Expr { expr: expression::read(expr)?, alias: None }),
        SelectItem::ExprWithAlias { expr, alias } => {
            Ok(Item::Expr { expr: expression::read(expr)?, alias: Some(name(alias)) })
        }
        SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => Ok(Item::All),
        SelectItem::ExprWithAliases { .. } => Err(unsupported(item)),
    };
    projection.iter().map(item).collect()
}

fn order(order: Option<&ast::OrderBy>) -> Result<Vec<Order>, SqlError> {
    let Some(order) = order else { return Ok(Vec::new()) };
    let OrderByKind::Expressions(all) = &order.kind else { return Err(unsupported(order)) };
    let one = |by: &ast::OrderByExpr| {
        let descending = match &by.options.sort {
            None | Some(OrderBySort::Asc) => false,
            Some(OrderBySort::Desc) => true,
            Some(OrderBySort::Using(_)) => return Err(unsupported(by)),
        };
        // As in PostgreSQL, nothing is greater than everything.
        let nothing_first = by.options.nulls_first.unwrap_or(descending);
        Ok(Order { expr: expression::read(&by.expr)?, descending, nothing_first })
    };
    all.iter().map(one).collect()
}

pub(super) fn insert(insert: &ast::Insert) -> Result<Work, SqlError> {
    none(insert.on.is_some(), "ON CONFLICT")?;
    none(insert.overriding.is_some(), "OVERRIDING")?;
    let TableObject::TableName(table) = &insert.table else { return Err(unsupported(&insert.table)) };
    let columns = insert.columns.iter().map(|column| Ok(relation(column)?.name));
    let rows = match insert.source.as_deref() {
        None => vec![Vec::new()],
        Some(query) => match &*query.body {
            SetExpr::Values(values) => {
                let rows = values.rows.iter().map(|row| row.content.iter().map(given).collect());
                rows.collect::<Result<_, _>>()?
            }
            other => return Err(unsupported(format!("INSERT … {other}"))),
        },
    };
    Ok(Work::Insert {
        table: relation(table)?,
        columns: columns.collect::<Result<_, SqlError>>()?,
        rows,
        returning: returning(insert.returning.as_ref())?,
    })
}

fn returning(projection: Option<&Vec<SelectItem>>) -> Result<Vec<Item>, SqlError> {
    projection.map_or(Ok(Vec::new()), |projection| items(projection))
}

/// `DEFAULT` is no expression of the language, and is read as a name.
fn given(expr: &ast::Expr) -> Result<Given, SqlError> {
    match expr {
        ast::Expr::Identifier(ident) if ident.quote_style.is_none() && name(ident) == "default" => {
            Ok(Given::Default)
        }
        other => expression::read(other).map(Given::Value),
    }
}

pub(super) fn update(update: &ast::Update) -> Result<Work, SqlError> {
    none(update.from.is_some(), "UPDATE … FROM")?;
    let (table, _) = only_table(std::slice::from_ref(&update.table))?;
    let set = update.assignments.iter().map(|assignment| match &assignment.target {
        AssignmentTarget::ColumnName(column) => {
            let column = parts(column)?.pop().unwrap_or_default();
            Ok((column, given(&assignment.value)?))
        }
        AssignmentTarget::Tuple(_) => Err(unsupported(assignment)),
    });
    Ok(Work::Update {
        table,
        set: set.collect::<Result<_, _>>()?,
        filter: maybe(update.selection.as_ref())?,
        returning: returning(update.returning.as_ref())?,
    })
}

pub(super) fn delete(delete: &ast::Delete) -> Result<Work, SqlError> {
    none(delete.using.is_some(), "DELETE … USING")?;
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    let (table, _) = only_table(from)?;
    let filter = maybe(delete.selection.as_ref())?;
    Ok(Work::Delete { table, filter, returning: returning(delete.returning.as_ref())? })
}
