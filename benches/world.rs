//! What the embedded cluster costs as a value: a fork, and the calls that Helm makes most.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use helmdrill::call::{Actor, Body, Call};
use helmdrill::clock::Moment;
use helmdrill::sim::{Config, World};
use serde_json::json;
use std::hint::black_box;

const NOW: Moment = Moment::from_micros(1_760_000_000_000_000);
const SECRETS: &str = "/api/v1/namespaces/default/secrets";

fn call(method: &str, path: &str, query: &str, body: Option<(&str, serde_json::Value)>) -> Call {
    let method = method.parse().expect("a method");
    let mut call = Call::from_http(&method, path, query, Actor::Other("bench".to_owned()), "bench/1");
    call.body = body.map(|(media, value)| Body { media: media.to_owned(), ..Body::json(&value) });
    call
}

fn secret(name: &str) -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "labels": {"owner": "helm"}},
           "data": {"release": "Z2FyYmFnZQ=="}})
}

fn world_of(objects: usize) -> World {
    let mut world = World::new(Config::default(), NOW);
    for at in 0..objects {
        let body = Some(("application/json", secret(&format!("s{at}"))));
        let reply = world.handle(&call("POST", SECRETS, "", body), NOW);
        assert_eq!(reply.status, 201, "{:?}", reply.value());
    }
    world
}

fn fork(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fork");
    for objects in [10, 1_000, 10_000] {
        let world = world_of(objects);
        group.bench_function(format!("{objects} objects"), |bench| bench.iter(|| black_box(world.clone())));
    }
    group.finish();
}

fn calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("calls");
    group.throughput(Throughput::Elements(1));
    let mut world = world_of(1_000);
    let get = call("GET", &format!("{SECRETS}/s500"), "", None);
    group.bench_function("get", |bench| bench.iter(|| black_box(world.handle(&get, NOW))));
    let list = call("GET", SECRETS, "labelSelector=owner%3Dhelm", None);
    group.bench_function("list 1,000 by label", |bench| bench.iter(|| black_box(world.handle(&list, NOW))));
    let create = call("POST", SECRETS, "", Some(("application/json", secret("fresh"))));
    group.bench_function("create", |bench| {
        bench.iter_batched(|| world.clone(), |mut world| world.handle(&create, NOW), BatchSize::SmallInput);
    });
    let apply =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}});
    let path = "/api/v1/namespaces/default/configmaps/c";
    let apply = call("PATCH", path, "fieldManager=helm", Some(("application/apply-patch+yaml", apply)));
    group.bench_function("server-side apply", |bench| {
        bench.iter_batched(|| world.clone(), |mut world| world.handle(&apply, NOW), BatchSize::SmallInput);
    });
    group.finish();
}

criterion_group!(benches, fork, calls);
criterion_main!(benches);
