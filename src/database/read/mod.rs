//! From the text of SQL to the statements that are carried out. What PostgreSQL would carry out and this database does not
//! is refused by its name, never passed over.

mod define;
mod expression;
mod query;

use super::SqlError;
use super::statement::{Bound, Define, Relation, Statement, Work};
use sqlparser::ast::{self, Ident, ObjectName};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer};

/// How many signs and keywords one text may have: what they nest one in the other can still be walked through, printed and
/// dropped on the stack of a thread. Rows and lists of values may be longer.
const JOINTS: usize = 200;

/// Reads every statement of a text.
///
/// # Errors
/// Where it is no SQL, or asks for what is not there.
pub(super) fn statements(text: &str) -> Result<Vec<Statement>, SqlError> {
    let dialect = PostgreSqlDialect {};
    let tokens = Tokenizer::new(&dialect, text)
        .tokenize_with_location()
        .map_err(|error| SqlError::Syntax { at: format!("or near \"{error}\""), position: None })?;
    if tokens.iter().filter(|word| joins(&word.token)).count() > JOINTS {
        return Err(SqlError::TooComplex);
    }
    let parsed = Parser::new(&dialect).with_tokens_with_locations(tokens).parse_statements();
    let parsed = parsed.map_err(|error| syntax(text, error))?;
    let statements: Result<Vec<Statement>, SqlError> = parsed.iter().map(statement).collect();
    match statements {
        // What psql asks for `\dt` joins half of the catalogue.
        Err(SqlError::Unsupported(_)) if text.contains("pg_catalog.pg_") => {
            Err(unsupported("the system catalogue; select table_name from information_schema.tables"))
        }
        statements => statements,
    }
}

/// Whether a word may nest what stands before it in what comes after: everything but names, values and their lists.
fn joins(token: &Token) -> bool {
    match token {
        Token::Word(word) => {
            let plain = [Keyword::NoKeyword, Keyword::NULL, Keyword::DEFAULT, Keyword::TRUE, Keyword::FALSE];
            !plain.contains(&word.keyword)
        }
        Token::Whitespace(_)
        | Token::Comma
        | Token::LParen
        | Token::RParen
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::Placeholder(_) => false,
        _ => true,
    }
}

/// What PostgreSQL says of a text that it cannot read, with the word that was not understood.
fn syntax(text: &str, error: ParserError) -> SqlError {
    let told = match error {
        ParserError::RecursionLimitExceeded => return SqlError::TooComplex,
        ParserError::TokenizerError(told) | ParserError::ParserError(told) => told,
    };
    let found = told.rsplit_once("found: ").map_or(told.as_str(), |(_, found)| found);
    let (word, place) = found.rsplit_once(" at Line: ").unwrap_or((found, ""));
    if word == "EOF" {
        return SqlError::Syntax { at: "end of input".to_owned(), position: Some(text.chars().count() + 1) };
    }
    let position = place.split_once(", Column: ").and_then(|(line, column)| {
        let (line, column): (usize, usize) = (line.parse().ok()?, column.parse().ok()?);
        let before: usize = text.split_inclusive('\n').take(line - 1).map(|line| line.chars().count()).sum();
        Some(before + column)
    });
    SqlError::Syntax { at: format!("or near \"{word}\""), position }
}

/// `not supported: WITH …`: what was asked for, cut off where it is long.
fn unsupported(what: impl std::fmt::Display) -> SqlError {
    let mut told = what.to_string();
    if let Some((end, _)) = told.char_indices().nth(120) {
        told.truncate(end);
        told.push('…');
    }
    SqlError::Unsupported(told)
}

/// Refuses where a part is there that is not carried out.
fn none(there: bool, what: &str) -> Result<(), SqlError> {
    if there { Err(unsupported(what)) } else { Ok(()) }
}

/// A name as PostgreSQL takes it: in small letters unless it is quoted.
fn name(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}

fn parts(object: &ObjectName) -> Result<Vec<String>, SqlError> {
    let part = |part: &ast::ObjectNamePart| part.as_ident().map(name).ok_or_else(|| unsupported(object));
    object.0.iter().map(part).collect()
}

fn relation(object: &ObjectName) -> Result<Relation, SqlError> {
    let mut parts = parts(object)?;
    let name = parts.pop().unwrap_or_default();
    Ok(Relation { schema: parts.pop(), name })
}

fn relations(objects: &[ObjectName]) -> Result<Vec<Relation>, SqlError> {
    objects.iter().map(relation).collect()
}

/// The only table that a clause names, with what it is called.
fn only_table(from: &[ast::TableWithJoins]) -> Result<(Relation, Option<String>), SqlError> {
    let [ast::TableWithJoins { relation: factor, joins }] = from else {
        return Err(unsupported("more than one table in FROM"));
    };
    none(!joins.is_empty(), "JOIN")?;
    match factor {
        ast::TableFactor::Table { name: table, alias, args: None, .. } => {
            let alias = alias.as_ref().map(|alias| name(&alias.name));
            Ok((relation(table)?, alias))
        }
        other => Err(unsupported(other)),
    }
}

fn statement(parsed: &ast::Statement) -> Result<Statement, SqlError> {
    use ast::Statement as Sql;
    match parsed {
        Sql::StartTransaction { begin, statements, .. } if statements.is_empty() => {
            let tag = if *begin { "BEGIN" } else { "START TRANSACTION" };
            Ok(Statement::Bound(Bound::Begin { tag }))
        }
        Sql::Commit { chain: false, .. } => Ok(Statement::Bound(Bound::Commit)),
        Sql::Rollback { chain: false, savepoint: None } => Ok(Statement::Bound(Bound::Rollback)),
        other => work(other).map(Statement::Work),
    }
}

fn work(parsed: &ast::Statement) -> Result<Work, SqlError> {
    use ast::Statement as Sql;
    match parsed {
        Sql::Query(query) => query::select(query).map(|select| Work::Select(Box::new(select))),
        Sql::Insert(insert) => query::insert(insert),
        Sql::Update(update) => query::update(update),
        Sql::Delete(delete) => query::delete(delete),
        Sql::Set(_) => Ok(Work::Set { tag: "SET" }),
        Sql::Analyze(_) => Ok(Work::Set { tag: "ANALYZE" }),
        Sql::Discard { .. } => Ok(Work::Set { tag: "DISCARD ALL" }),
        Sql::Deallocate { .. } => Ok(Work::Set { tag: "DEALLOCATE" }),
        Sql::ShowVariable { variable } => {
            let words: Vec<String> = variable.iter().map(name).collect();
            Ok(Work::Show { setting: words.join("_") })
        }
        other => tables(other).map(Work::Define),
    }
}

fn tables(parsed: &ast::Statement) -> Result<Define, SqlError> {
    use ast::Statement as Sql;
    match parsed {
        Sql::Truncate(truncate) => {
            let names = truncate.table_names.iter().map(|target| relation(&target.name));
            Ok(Define::Truncate { tables: names.collect::<Result<_, _>>()? })
        }
        Sql::CreateTable(table) => define::create_table(table),
        Sql::CreateIndex(index) => define::create_index(index),
        Sql::AlterTable(alter) => define::alter(alter),
        Sql::Drop { object_type: ast::ObjectType::Table, if_exists, names, .. } => {
            Ok(Define::DropTable { tables: relations(names)?, if_there: *if_exists })
        }
        Sql::Grant(grant) => right("GRANT", grant.objects.as_ref(), parsed),
        Sql::Revoke(revoke) => right("REVOKE", revoke.objects.as_ref(), parsed),
        Sql::CreatePolicy(policy) => {
            Ok(Define::Right { tag: "CREATE POLICY", tables: vec![relation(&policy.table_name)?] })
        }
        Sql::DropPolicy(policy) => {
            Ok(Define::Right { tag: "DROP POLICY", tables: vec![relation(&policy.table_name)?] })
        }
        other => Err(unsupported(other)),
    }
}

fn right(
    tag: &'static str,
    objects: Option<&ast::GrantObjects>,
    whole: &ast::Statement,
) -> Result<Define, SqlError> {
    match objects {
        Some(ast::GrantObjects::Tables(tables)) => Ok(Define::Right { tag, tables: relations(tables)? }),
        Some(ast::GrantObjects::AllTablesInSchema { .. } | ast::GrantObjects::Schemas(_)) => {
            Ok(Define::Right { tag, tables: Vec::new() })
        }
        Some(_) | None => Err(unsupported(whole)),
    }
}
