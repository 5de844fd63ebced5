//! Services of type LoadBalancer, in a cloud and outside of one.

use super::play::Player;
use helmdrill::behaviour::Pace;
use helmdrill::seed::Seed;
use serde_json::{Value, json};

const SERVICES: &str = "/api/v1/namespaces/web/services";

fn service(name: &str, more: Value) -> Value {
    let mut spec = json!({"type": "LoadBalancer", "ports": [{"port": 80}]});
    spec.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    json!({"kind": "Service", "apiVersion": "v1", "metadata": {"name": name}, "spec": spec})
}

/// Each Service with its address and its finalizers.
fn told(player: &Player) -> Vec<String> {
    let services = player.all("", "services");
    let told = services.iter().map(|service| {
        let address = &service["status"]["loadBalancer"]["ingress"][0]["ip"];
        let held = service["metadata"]["finalizers"].as_array().map_or(0, Vec::len);
        format!("{} {} {held}", service["metadata"]["name"], address.as_str().unwrap_or("-"))
    });
    told.collect()
}

#[test]
fn a_cloud_gives_every_service_an_address_of_its_own_and_takes_it_back() {
    let mut player = Player::in_a_cloud("web");
    for (name, more) in
        [("a", json!({})), ("b", json!({})), ("c", json!({"loadBalancerClass": "example.com/own"}))]
    {
        player.post(SERVICES, &service(name, more));
        player.pass(1.0);
    }
    assert_eq!(told(&player), ["\"a\" 203.0.113.1 1", "\"b\" 203.0.113.2 1", "\"c\" - 0"]);
    player.patch(&format!("{SERVICES}/a"), &json!({"spec": {"type": "ClusterIP"}}));
    player.pass(1.0);
    assert_eq!(told(&player)[0], "\"a\" - 0");
    player.delete("", "v1", "services");
    player.pass(1.0);
    assert_eq!(told(&player), [""; 0]);
    player.post(SERVICES, &service("d", json!({})));
    player.pass(1.0);
    assert_eq!(told(&player), ["\"d\" 203.0.113.1 1"]);
}

#[test]
fn outside_of_a_cloud_a_service_waits_for_its_address() {
    let mut player = Player::new("web", Seed(7), Pace::Instant);
    player.post(SERVICES, &service("a", json!({})));
    player.pass(60.0);
    assert_eq!(told(&player), ["\"a\" - 0"]);
}
