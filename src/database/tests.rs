//! The engine in the form of text: what is typed, and what comes back, by sessions that share one database.

use super::*;

/// Types a text in a session and tells what came back, as a client would print it.
fn typed(database: &mut Database, session: &mut Session, text: &str) -> String {
    let around = Around {
        parameters: Vec::new(),
        now: Moment::parse("2026-11-28T16:30:00Z").expect("a time"),
        user: "helm".to_owned(),
        database: "helm".to_owned(),
    };
    let (answers, error) = match Script::read(text) {
        Ok(script) => session.run(database, &script, &around),
        Err(error) => {
            session.fail();
            (Vec::new(), Some(error))
        }
    };
    let mut told: Vec<String> = answers.iter().map(printed).collect();
    told.extend(error.map(|error| {
        let detail = error.detail().map(|detail| format!("\nDETAIL: {detail}")).unwrap_or_default();
        let position = error.position().map(|at| format!(" at character {at}")).unwrap_or_default();
        format!("ERROR {}: {error}{position}{detail}", error.code())
    }));
    told.join("\n")
}

fn printed(answer: &Answer) -> String {
    let count = answer.count.map(|count| format!(" {count}")).unwrap_or_default();
    let mut lines = Vec::new();
    if let Some(columns) = &answer.columns {
        let heads: Vec<String> =
            columns.iter().map(|(name, kind)| format!("{name}: {}", kind.name())).collect();
        lines.push(heads.join(" | "));
        for row in &answer.rows {
            let cells: Vec<String> = row
                .iter()
                .map(|value| if *value == Value::Null { "∅".to_owned() } else { value.text().to_string() })
                .collect();
            lines.push(cells.join(" | "));
        }
    }
    lines.push(format!("{}{count}", answer.command));
    lines.join("\n")
}

/// Plays a script: a line `N> TEXT` is typed by the client N.
fn played(script: &str) -> String {
    let mut database = Database::default();
    let mut sessions: BTreeMap<char, Session> = BTreeMap::new();
    let mut told = String::new();
    for line in script.trim().lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (who, text) = line.split_once("> ").expect("a line says who types it");
        let session = sessions.entry(who.chars().next().expect("a name")).or_default();
        told += &format!("{line}\n{}\n\n", typed(&mut database, session, text));
    }
    told
}

const RELEASES: &str = "1> create table releases_v1 (key varchar(90), body text not null, name varchar(64) not null, \
     namespace varchar(64) not null, version integer not null, status text not null, modifiedAt integer not null \
     default 0, primary key(key, namespace))\n";

#[test]
fn tables_are_made_filled_asked_changed_and_emptied() {
    let told = played(&format!(
        "{RELEASES}{}",
        "
        1> create index on releases_v1 (key, namespace); grant all on releases_v1 to public; alter table releases_v1 enable row level security
        1> insert into releases_v1 (key, body, name, namespace, version, status) values ('web.v1', 'abc', 'web', 'p', 1, 'superseded'), ('web.v2', 'abcdef', 'web', 'p', '2', 'deployed'), ('db.v1', '', 'db', 'q', 1, 'deployed')
        1> select key, version, status from releases_v1 where name = 'web' and namespace = 'p' order by version desc
        1> select * from releases_v1 where version > 1
        1> update releases_v1 set status = 'failed', modifiedAt = version + 10 where key = 'web.v2' returning key, status, modifiedat
        1> select name, count(*), max(version), sum(length(body)) as bytes from releases_v1 group by name having count(*) > 0 order by bytes desc nulls last
        1> select count(*) from releases_v1 where status like 'dep%' or name in ('web') and not version between 2 and 9
        1> select distinct namespace from releases_v1 order by 1 limit 1 offset 1
        1> select r.key, case when r.version = 1 then 'first' else 'later' end as which from public.releases_v1 r order by key
        1> select key from releases_v1 where key ~ '^web[.]v[0-9]+$'
        1> delete from releases_v1 where name = 'web'
        1> select count(*), min(version) from releases_v1 where name = 'web'
        1> truncate releases_v1
        1> alter table releases_v1 add column note text default 'none', drop column body
        1> select * from releases_v1
        1> select table_name, column_name, data_type, character_maximum_length from information_schema.columns where table_name = 'releases_v1' and ordinal_position < 3
        1> drop table releases_v1
        1> drop table if exists releases_v1
        1> select 1 + 2 * 3, 'a' || 'b', null is null, current_user, coalesce(null, 'x')::text, to_timestamp(0), now()
        1> show server_version
        "
    ));
    insta::assert_snapshot!(told);
}

#[test]
fn what_cannot_be_done_is_refused_as_postgresql_refuses_it() {
    let told = played(&format!(
        "{RELEASES}{}",
        "
        1> insert into releases_v1 (key, body, name, namespace, version, status) values ('a', '', 'web', 'p', 1, 'deployed')
        1> insert into releases_v1 (key, body, name, namespace, version, status) values ('a', '', 'web', 'p', 2, 'deployed')
        1> insert into releases_v1 (key, body, name, namespace, version) values ('b', '', 'web', 'p', 2)
        1> insert into releases_v1 (key, body, name, namespace, version, status) values ('b', '', 'web', 'p', 'two', '')
        1> insert into releases_v1 (key, body, name, namespace, version, status) values ('b', '', 'web', 'p', 3000000000, '')
        1> insert into releases_v1 values ('b', '', 'a name of more than sixty-four letters, which is more than a column takes', 'p', 2, '')
        1> create table releases_v1 (key text)
        1> select * from nowhere
        1> select nothing from releases_v1
        1> update releases_v1 set nothing = 1
        1> select key, count(*) from releases_v1
        1> select key from releases_v1 where count(*) > 1
        1> select version from releases_v1 where status = version
        1> select frobnicate(key) from releases_v1
        1> select 1 / 0
        1> select 2147483647 + 1
        1> select 'a' = 1
        1> selec 1
        1> select * from releases_v1 where
        1> select a.key from releases_v1 a join releases_v1 b on a.key = b.key
        1> with x as (select 1) select * from x
        1> create view v as select 1
        1> insert into releases_v1 (key) values ('a') on conflict do nothing
        1> select * from pg_catalog.pg_class
        1> select c.relname from pg_catalog.pg_class c left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        1> copy releases_v1 from stdin
        1> select key from releases_v1
        "
    ));
    insta::assert_snapshot!(told);
}

#[test]
fn a_transaction_is_seen_by_others_once_it_is_committed() {
    let told = played(
        "
        1> create table t (n integer primary key, \"Mixed Case\" text)
        1> begin
        1> insert into t values (1, 'one')
        1> select * from t
        2> select * from t
        1> commit
        2> select \"Mixed Case\" from t
        1> BEGIN READ WRITE
        1> insert into t values (2)
        1> insert into t values (1)
        1> select * from t
        1> select * from nowhere
        1> commit
        1> select n from t
        1> start transaction
        1> drop table t
        1> rollback
        1> insert into t values (3); insert into t values (3); insert into t values (4)
        1> select n from t
        1> insert into t values (5); insert into t values (6)
        2> select n from t order by n desc
        ",
    );
    insta::assert_snapshot!(told);
}

#[test]
fn parameters_have_the_types_of_what_they_stand_beside() {
    let mut database = Database::default();
    let mut session = Session::default();
    typed(&mut database, &mut session, "create table t (n integer, s text, at timestamp with time zone)");
    let types = |text: &str| {
        let described = database.describe(&Script::read(text).expect(text)).expect(text);
        described.parameters.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
    };
    for (text, expected) in [
        ("insert into t (s, n) values ($1, $2)", "text, integer"),
        ("insert into t values ($1, $2, $3)", "integer, text, timestamp with time zone"),
        ("update t set n = $1 where s = $2 and at < $3", "integer, text, timestamp with time zone"),
        ("select * from t where n in ($2, $1) limit $3", "integer, integer, bigint"),
        ("select $1::integer + n from t where $2 = n", "integer, integer"),
        ("select $1", "text"),
    ] {
        assert_eq!(types(text), expected, "{text}");
    }
}

#[test]
fn a_copy_lives_a_life_of_its_own() {
    let mut database = Database::default();
    let mut session = Session::default();
    typed(&mut database, &mut session, "create table t (n integer)");
    typed(&mut database, &mut session, "insert into t values (1)");
    let mut fork = database.clone();
    typed(&mut fork, &mut session, "delete from t");
    assert_eq!((database.rows("t").count(), fork.rows("t").count()), (1, 0));
}

#[test]
fn a_text_of_very_many_words_is_refused() {
    for terms in [110, 190, 20_000] {
        let long = format!("select 1{}", " + 1".repeat(terms));
        assert_eq!(Script::read(&long).err(), Some(SqlError::TooComplex), "{terms}");
    }
    for many in [" + 1".repeat(190), " union select 1".repeat(95), " and not 1".repeat(95)] {
        let refused = Script::read(&format!("create view v as select 1{many}")).err();
        assert!(matches!(refused, Some(SqlError::Unsupported(_))), "{refused:?}");
    }
    let deep = format!("select {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(Script::read(&deep).err(), Some(SqlError::TooComplex));
}

#[test]
fn a_text_of_many_words_is_carried_out() {
    let sum = format!("select 1{} where 'a' in ('b'{}, 'a')", " + 1".repeat(99), ", 'b'".repeat(500));
    let told = typed(&mut Database::default(), &mut Session::default(), &sum);
    assert_eq!(told, "?column?: integer\n100\nSELECT 1");
}
