//! What one API server costs a call: creates, reads, applies, lists, watches, beside a real kube-apiserver where
//! `HELMDRILL_BENCH_KUBECONFIG` names the kubeconfig of one. Prints a table; judges nothing.
//!
//! Both servers get the same requests from the same client, one after another on the same machine. Wall time falls
//! with every other program that runs; the processor time of the server's process does so far less.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a person")]
#![expect(clippy::disallowed_methods, reason = "a benchmark starts processes and reads the clock")]

mod client;
mod connection;
mod server;
mod table;
mod watching;
mod work;

use client::Client;
use server::Server;
use work::Bench;

const REAL: &str = "HELMDRILL_BENCH_KUBECONFIG";
/// How many objects there are when lists are measured; `HELMDRILL_BENCH_SIZES` names others.
const SIZES: &str = "1000,10000,50000";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let ours = measure(&Server::embedded(&["--no-controllers"])).await;
        let whole = measure(&Server::embedded(&[])).await;
        let real = match std::env::var(REAL) {
            Ok(kubeconfig) => Some(measure(&Server::real(std::path::Path::new(&kubeconfig))).await),
            Err(_) => None,
        };
        table::print(&ours, &whole, real.as_deref());
    });
}

/// Everything that is measured of one server, in order. What was made in it is deleted afterwards.
async fn measure(server: &Server) -> Vec<work::Figure> {
    let sizes = std::env::var("HELMDRILL_BENCH_SIZES").unwrap_or_else(|_| SIZES.to_owned());
    let sizes: Vec<usize> = sizes.split(',').map(|size| size.parse().expect("a number")).collect();
    let client = Client::connect(&server.place).await;
    let mut bench = Bench::begin(server, client).await;
    bench.calls().await;
    for size in sizes {
        bench.lists(size).await;
    }
    bench.fan_out(100).await;
    bench.open_watches(10_000).await;
    bench.end().await
}
