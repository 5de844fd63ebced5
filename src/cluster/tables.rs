//! The database beside a cluster: its tables go where the cluster goes, into forks and back to what was, and what Helm
//! records there is seen in snapshots and written into the transcript as the objects of the cluster are.
#![expect(clippy::disallowed_methods, reason = "the certificate of the database is a file for its clients")]

use crate::clock::Moment;
use crate::database::Database;
use crate::lease::{Lease, PrivateDir};
use crate::postgres::{Access, News, Now, Served, Server, USER};
use crate::release;
use crate::snapshot::{Key, Object, Snapshot};
use crate::transcript::{Event, Recorder};
use rustls::ServerConfig;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use super::scope::Scope;
use super::{Backing, Cluster, ClusterError, Place};

/// A database that is being served.
#[derive(Debug)]
pub(super) struct Tables {
    served: Arc<Served>,
    server: Server,
    connection: String,
    folder: PrivateDir,
}

/// Who writes down what changes, by which clock, and what of it.
pub(super) struct Witness {
    pub(super) recorder: Recorder,
    pub(super) now: Now,
    pub(super) scope: Scope,
}

/// What the listener of the cluster has that clients of the database trust, too.
pub(super) struct Trusted<'a> {
    pub(super) authority: &'a str,
    pub(super) token: &'a str,
    pub(super) tls: Arc<ServerConfig>,
}

impl Cluster {
    /// Serves a database beside it, which goes where it goes: into its forks, and back to what was. What Helm records
    /// there goes into `recorder`, and into snapshots.
    ///
    /// # Errors
    /// Where it cannot listen, or its kubeconfig is at a place of the user's.
    pub async fn open_database(&mut self, recorder: &Recorder) -> Result<(), ClusterError> {
        self.serve_tables(Database::default(), recorder).await
    }

    pub(super) async fn serve_tables(
        &mut self,
        database: Database,
        recorder: &Recorder,
    ) -> Result<(), ClusterError> {
        let (clock, scope) = match &self.backing {
            Backing::Embedded(realm) => (realm.clock.clone(), realm.scope().clone()),
            Backing::Kind(outside) => (outside.observer.clock.clone(), outside.observer.scope.clone()),
        };
        let lease = match &self.place {
            Place::Leased(lease) => lease.clone(),
            Place::File(path) => {
                let source = std::io::Error::other(format!("{} has no folder of its own", path.display()));
                return Err(ClusterError::Database { what: "be kept", source });
            }
        };
        let witness = Witness { recorder: recorder.clone(), now: Arc::new(move || clock.now()), scope };
        let trusted = Trusted {
            authority: self.listener.authority(),
            token: self.listener.token(),
            tls: self.listener.tls(b"postgresql"),
        };
        self.tables = Some(Tables::open(database, witness, trusted, &lease).await?);
        Ok(())
    }

    /// What clients of its database need to connect, where it has one.
    pub fn connection(&self) -> Option<&str> {
        self.tables.as_ref().map(Tables::connection)
    }
}

impl Tables {
    /// Serves a database until this is dropped.
    pub(super) async fn open(
        database: Database,
        witness: Witness,
        trusted: Trusted<'_>,
        lease: &Lease,
    ) -> Result<Tables, ClusterError> {
        let failed =
            |what: &'static str| move |source: std::io::Error| ClusterError::Database { what, source };
        let folder = lease.private_dir("database")?;
        let certificate = folder.path().join("authority.pem");
        fs::write(&certificate, trusted.authority).map_err(failed("write its certificate"))?;
        // Who has one of the two secrets has not the other.
        let password: String = Sha256::digest(format!("database {}", trusted.token))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let now = witness.now.clone();
        let served = Served::new(database, witness.news(), now);
        let access = Access { tls: trusted.tls, password: password.clone() };
        let server = Server::open(served.clone(), access).await.map_err(failed("listen"))?;
        let connection = format!(
            "postgres://{USER}:{password}@{}/{USER}?sslmode=verify-full&sslrootcert={}",
            server.address(),
            certificate.display()
        );
        Ok(Tables { served, server, connection, folder })
    }

    /// What clients need to connect.
    pub(super) fn connection(&self) -> &str {
        &self.connection
    }

    /// What is committed now.
    pub(super) fn database(&self) -> Database {
        self.served.database()
    }

    /// Makes it what it was.
    pub(super) fn turn_back(&self, database: &Database) {
        self.served.turn_back(database);
    }

    /// A snapshot of the cluster with the records of the namespaces that belong to the drill.
    pub(super) fn added_to(&self, snapshot: Snapshot, scope: &Scope) -> Snapshot {
        let ours = records(&self.database()).into_iter().filter(|(key, _)| scope.holds(key));
        ours.fold(snapshot, |all, (key, object)| all.with(all.version, key, Some(object)))
    }

    /// Stops serving, and returns when no client is left.
    pub(super) async fn close(self) {
        self.server.close().await;
        drop(self.folder);
    }
}

impl Witness {
    /// Writes down each record that comes, changes or goes.
    fn news(self) -> News {
        let Witness { recorder, now, scope } = self;
        Box::new(move |before, after| {
            let (before, after) = (records(before), records(after));
            if before == after {
                return;
            }
            let gone = before.keys().filter(|key| !after.contains_key(key)).map(|key| (key, None));
            let there = after.iter().filter(|(key, object)| before.get(key) != Some(object));
            let changed = gone.chain(there.map(|(key, object)| (key, Some(object.clone()))));
            let at: Moment = now();
            for (key, object) in changed.filter(|(key, object)| scope.records(key, object.as_ref())) {
                recorder.record(at, Event::Object { key: key.clone(), object });
            }
        })
    }
}

/// What Helm has recorded in a database.
fn records(database: &Database) -> BTreeMap<Key, Object> {
    let row = |row: BTreeMap<&str, &crate::database::Value>| {
        let texts: BTreeMap<&str, Arc<str>> =
            row.into_iter().map(|(name, value)| (name, value.text())).collect();
        let (key, object) = release::row(|name| texts.get(name).map(|text| &**text))?;
        Some((key, Arc::new(object)))
    };
    database.rows(release::TABLE).filter_map(row).collect()
}
