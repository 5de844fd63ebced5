//! `helmdrill serve`: the embedded Kubernetes for whoever has its kubeconfig, until it is told to stop.

use crate::behaviour::Pace;
use crate::cluster::{Cluster, EmbeddedSpec, Place};
use crate::seed::Seed;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::exit::{Code, Failure};
use super::{Places, print, say, surroundings};

/// What `serve` is told.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write the kubeconfig to this file, and remove it at the end [default: a private folder]
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// How fast pods come and go
    #[arg(long, value_name = "PACE", default_value = "instant")]
    pace: PaceName,
    /// Store and answer only: no controllers, no scheduler, no node
    #[arg(long)]
    no_controllers: bool,
    /// Give Services of type LoadBalancer addresses, as a cloud does [default: they wait for one]
    #[arg(long)]
    load_balancers: bool,
    /// Let Roles and their bindings decide who may do what [default: whoever is known may do everything]
    #[arg(long)]
    rbac: bool,
    /// Where uids, suffixes and addresses come from; decimal, or hexadecimal after 0x
    #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = seed)]
    seed: Seed,
    /// The port of 127.0.0.1 to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum PaceName {
    /// Containers start at once
    Instant,
    /// Pods become ready after one to three seconds, as on a small real node
    Real,
}

fn seed(text: &str) -> Result<Seed, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    number.map(Seed).map_err(|error| error.to_string())
}

/// Serves until SIGINT or SIGTERM, which is how it is meant to end: exit code 0.
pub(super) fn serve(args: Args, places: Places) -> Result<Code, Failure> {
    many_connections();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::environment(&error))?;
    runtime.block_on(async {
        let stop = |kind| signal(kind).map_err(|error| Failure::environment(&error));
        let stops = (stop(SignalKind::interrupt())?, stop(SignalKind::terminate())?);
        let place = place(args.kubeconfig.clone(), &places).await?;
        let cluster = Cluster::embedded(&spec(&args), None, place).await;
        until_stopped(cluster.map_err(|error| Failure::environment(&error))?, stops).await
    })
}

/// Takes as many open files as the machine allows, since every client holds one: the usual limit is meant for programs
/// that wait with `select`. Where it cannot be had, fewer clients are served at a time.
fn many_connections() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        setrlimit(Resource::RLIMIT_NOFILE, most, most).ok();
    }
}

fn spec(args: &Args) -> EmbeddedSpec {
    let pace = match args.pace {
        PaceName::Instant => Pace::Instant,
        PaceName::Real => Pace::Real,
    };
    EmbeddedSpec {
        seed: args.seed,
        pace,
        behaviours: Arc::default(),
        controllers: !args.no_controllers,
        load_balancers: args.load_balancers,
        rbac: args.rbac,
        namespaces: Vec::new(),
        port: args.port,
    }
}

/// A file that the user named, or one in a private folder.
async fn place(named: Option<PathBuf>, places: &Places) -> Result<Place, Failure> {
    match named {
        Some(file) => Ok(Place::File(file)),
        None => surroundings::lease(places).await.map(Place::Leased),
    }
}

async fn until_stopped(cluster: Cluster, stops: (Signal, Signal)) -> Result<Code, Failure> {
    let (mut interrupted, mut terminated) = stops;
    say(&format!("kubeconfig: {}\n", cluster.kubeconfig().display()));
    print("ready\n")?;
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    cluster.close().await;
    Ok(Code::Met)
}
