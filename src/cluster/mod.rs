//! Clusters to drill on: provided, reached through a gate, looked at, forked where they are values, and taken away.
//! Owns the backends (embedded, kind), the drill's clock and the kubeconfig; how a drill goes is not its matter.
//! How the time of a cluster passes is said in `time`, how it goes back in `rewind`, what stands beside it in `tables`.

mod clock;
mod embedded;
mod following;
mod forward;
mod kind;
mod kubeconfig;
mod observe;
mod provide;
mod realm;
mod rewind;
mod scope;
mod tables;
mod time;
mod trust;
mod waiting;
mod watching;
mod webhook;

pub use crate::gate::Allowance;
pub use clock::DrillClock;
pub use embedded::EmbeddedSpec;
pub use forward::upstream;
pub use kind::KindTool;
pub use kubeconfig::Place;
pub use provide::{Backend, Provider};
pub use rewind::Mark;

use crate::call::Actor;
use crate::fault::Rule;
use crate::gate::{self, Gate, ListenError, Listener, Rules};
use crate::lease::{Lease, LeaseError};
use crate::snapshot::Snapshot;
use crate::transcript::Recorder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use embedded::Embedded;
use kind::KindCluster;
use kubeconfig::Kubeconfig;
use observe::Observer;
use realm::Realm;
use scope::Scope;
use tables::Tables;
use tokio::task::JoinSet;

/// Why a cluster could not be provided, or did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// Its gate cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Its kubeconfig cannot be written.
    #[error("cannot write the kubeconfig {path}: {source}")]
    Kubeconfig {
        /// Where it was to be.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// No private folder could be had.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// Something that must be installed is not.
    #[error("{tool} is not on the PATH; {install}")]
    Missing {
        /// The binary that is missing.
        tool: &'static str,
        /// What to do about it.
        install: &'static str,
    },
    /// The database beside it cannot be served.
    #[error("the database of the drill cannot {what}: {source}")]
    Database {
        /// What it could not do.
        what: &'static str,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A call of ours was not answered as it must be.
    #[error("cannot {what}: {why}")]
    Call {
        /// What was to be done: `make the namespace production`.
        what: String,
        /// What came instead.
        why: String,
    },
}

/// A cluster that is there. Dropping it ends everything that it consists of.
#[derive(Debug)]
pub struct Cluster {
    gate: Gate,
    listener: Listener,
    kubeconfig: Kubeconfig,
    place: Place,
    namespace: String,
    backing: Backing,
    /// The database beside it, where one was asked for.
    tables: Option<Tables>,
}

/// What the cluster is made of.
#[derive(Debug)]
enum Backing {
    Embedded(Arc<Realm>),
    Kind(Box<Outside>),
}

/// A kind cluster and those who look at it. The watches end before the cluster does.
#[derive(Debug)]
struct Outside {
    _following: JoinSet<()>,
    observer: Observer,
    kind: KindCluster,
}

impl Cluster {
    /// An embedded cluster with its namespaces, listening. Without a recorder nothing of it is kept.
    ///
    /// # Errors
    /// Where it cannot listen, or its kubeconfig cannot be written.
    pub async fn embedded(
        spec: &EmbeddedSpec,
        recorder: Option<Recorder>,
        place: Place,
    ) -> Result<Cluster, ClusterError> {
        let namespace = spec.namespaces.first().map_or("default", String::as_str);
        let cluster = Cluster::open(Embedded::fresh(spec, recorder), spec.port, namespace, place).await?;
        for namespace in &spec.namespaces {
            provide::make_namespace(&cluster.gate, namespace).await?;
        }
        Ok(cluster)
    }

    /// A kind cluster with these namespaces, behind a gate as an embedded one.
    ///
    /// # Errors
    /// Where kind or docker is not installed, or the cluster cannot be made.
    pub async fn kind(
        tool: &KindTool,
        namespaces: &[String],
        recorder: &Recorder,
        lease: &Lease,
    ) -> Result<Cluster, ClusterError> {
        let kind = KindCluster::create(tool, lease).await?;
        let upstream = forward::upstream(kind::client(&kind.kubeconfig())?);
        let clock = DrillClock::start();
        let now = clock.clone();
        let gate = Gate::new(upstream, Some(recorder.clone()), Arc::new(move || now.now()), gate::inspect);
        let mut observer = Observer { gate: gate.clone(), clock, scope: Scope::default() };
        observer.scope = Scope::new(namespaces, &observer.all().await?);
        let _following = observer.follow(recorder).await?;
        for namespace in namespaces {
            provide::make_namespace(&gate, namespace).await?;
        }
        let backing = Backing::Kind(Box::new(Outside { _following, observer, kind }));
        let namespace = namespaces.first().map_or("default", String::as_str);
        Cluster::listening(gate, backing, 0, namespace, Place::Leased(lease.clone())).await
    }

    async fn open(
        embedded: Embedded,
        port: u16,
        namespace: &str,
        place: Place,
    ) -> Result<Cluster, ClusterError> {
        let Embedded { realm, gate } = embedded;
        let backing = Backing::Embedded(realm);
        Cluster::listening(gate, backing, port, namespace, place).await
    }

    async fn listening(
        gate: Gate,
        backing: Backing,
        port: u16,
        namespace: &str,
        place: Place,
    ) -> Result<Cluster, ClusterError> {
        let listener = Listener::open(gate.clone(), port).await?;
        let kubeconfig = Kubeconfig::write(&place, &listener, namespace)?;
        let namespace = namespace.to_owned();
        Ok(Cluster { gate, listener, kubeconfig, place, namespace, backing, tables: None })
    }

    /// A cluster of its own that is the same as this one at this moment; `None` where this one is no value that
    /// could be copied, or has its one kubeconfig at a place of the user's. Rules are not copied: a fork begins
    /// unarmed.
    ///
    /// # Errors
    /// As for [`Cluster::embedded`].
    pub async fn fork(&self, recorder: &Recorder) -> Result<Option<Cluster>, ClusterError> {
        match (&self.backing, &self.place) {
            (Backing::Embedded(realm), Place::Leased(_)) => {
                let twin = Embedded::twin(realm, Some(recorder.clone()));
                let mut twin = Cluster::open(twin, 0, &self.namespace, self.place.clone()).await?;
                if let Some(tables) = &self.tables {
                    twin.serve_tables(tables.database(), recorder).await?;
                }
                Ok(Some(twin))
            }
            (Backing::Embedded(_), Place::File(_)) | (Backing::Kind(_), _) => Ok(None),
        }
    }

    /// Whether it can be forked.
    pub fn can_fork(&self) -> bool {
        match (&self.backing, &self.place) {
            (Backing::Embedded(_), Place::Leased(_)) => true,
            (Backing::Embedded(_), Place::File(_)) | (Backing::Kind(_), _) => false,
        }
    }

    /// A Kubernetes client for helmdrill's own calls, as [`Actor::Drill`] or [`Actor::Chaos`].
    pub fn client(&self, actor: Actor) -> kube::Client {
        kube::Client::new(self.gate.own_calls(actor), self.namespace.as_str())
    }

    /// The kubeconfig for helm and kubectl.
    pub fn kubeconfig(&self) -> &Path {
        self.kubeconfig.path()
    }

    /// Where it listens.
    pub fn address(&self) -> std::net::SocketAddr {
        self.listener.address()
    }

    /// The rules that judge calls.
    pub fn rules(&self) -> &Rules {
        self.gate.rules()
    }

    /// Arms one rule.
    pub fn arm(&self, rule: Rule) {
        self.rules().install([rule]);
    }

    /// Disarms every rule.
    pub fn disarm(&self) {
        self.rules().clear();
    }

    /// Every object of the drill's namespaces, and cluster-scoped objects that were added since it was provided.
    ///
    /// # Errors
    /// Where the cluster does not answer; an embedded one always does.
    pub async fn snapshot(&self) -> Result<Snapshot, ClusterError> {
        let (snapshot, scope) = match &self.backing {
            Backing::Embedded(realm) => (realm.snapshot(), realm.scope()),
            Backing::Kind(outside) => (outside.observer.snapshot().await?, &outside.observer.scope),
        };
        Ok(match &self.tables {
            Some(tables) => tables.added_to(snapshot, scope),
            None => snapshot,
        })
    }

    /// What a user should know of how the cluster was provided, such as an image that was not loaded.
    pub fn notes(&self) -> &[String] {
        match &self.backing {
            Backing::Embedded(_) => &[],
            Backing::Kind(outside) => outside.kind.notes(),
        }
    }

    /// Takes the cluster away and returns when it is gone.
    pub async fn close(self) {
        self.backing.end();
        self.listener.close().await;
        if let Some(tables) = self.tables {
            tables.close().await;
        }
        // A kind cluster is deleted when it is dropped, which takes its time: not on a thread that others wait for.
        tokio::task::spawn_blocking(move || drop(self.backing)).await.ok();
    }
}

impl Backing {
    fn end(&self) {
        match self {
            Backing::Embedded(realm) => realm.close(),
            Backing::Kind(_) => {}
        }
    }
}

impl Drop for Backing {
    fn drop(&mut self) {
        self.end();
    }
}
