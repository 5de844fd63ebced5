//! The variables by which a container finds the Services of its namespace, and the API server, as the kubelet names them:
//! `WEB_SERVICE_HOST`, `WEB_PORT_80_TCP_ADDR`. A pod gets those of the Services that are there when its container starts.

use crate::sim::controller::object::{list, text};
use crate::snapshot::Snapshot;
use serde_json::Value;
use std::collections::BTreeMap;

/// The variables of a pod. That it wants no links leaves it those of the API server.
pub(super) fn variables(pod: &Value, snapshot: &Snapshot) -> BTreeMap<String, String> {
    let linked = pod["spec"]["enableServiceLinks"] != false;
    let own = linked.then(|| snapshot.list("", "services", Some(text(pod, "/metadata/namespace"))));
    let own = own.into_iter().flatten().map(|(_, service)| service);
    let master = snapshot.find("", "services", "default", "kubernetes");
    own.chain(master).flat_map(|service| of_service(service)).collect()
}

fn of_service(service: &Value) -> Vec<(String, String)> {
    let (host, ports) = (text(service, "/spec/clusterIP"), list(service, "/spec/ports"));
    let (false, [first, ..]) = (matches!(host, "" | "None"), ports) else { return Vec::new() };
    let name = variable(text(service, "/metadata/name"));
    let main = format!("{name}_SERVICE_PORT");
    let mut found = vec![
        (format!("{name}_SERVICE_HOST"), host.to_owned()),
        (format!("{name}_PORT"), address(host, first)),
        (main.clone(), first["port"].to_string()),
    ];
    for port in ports {
        if !text(port, "/name").is_empty() {
            found.push((format!("{main}_{}", variable(text(port, "/name"))), port["port"].to_string()));
        }
        let link = format!("{name}_PORT_{}_{}", port["port"], protocol(port));
        found.extend([
            (format!("{link}_PROTO"), protocol(port).to_lowercase()),
            (format!("{link}_PORT"), port["port"].to_string()),
            (format!("{link}_ADDR"), host.to_owned()),
            (link, address(host, port)),
        ]);
    }
    found
}

fn address(host: &str, port: &Value) -> String {
    format!("{}://{host}:{}", protocol(port).to_lowercase(), port["port"])
}

fn protocol(port: &Value) -> &str {
    match text(port, "/protocol") {
        "" => "TCP",
        protocol => protocol,
    }
}

fn variable(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_service_is_found_by_its_name_and_by_each_of_its_ports() {
        let service = json!({
            "metadata": {"name": "my-web"},
            "spec": {"clusterIP": "10.96.0.7", "ports": [
                {"name": "http", "port": 80, "protocol": "TCP"}, {"name": "dns-udp", "port": 53, "protocol": "UDP"},
            ]},
        });
        let mut found: Vec<String> =
            of_service(&service).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        found.sort_unstable();
        insta::assert_snapshot!(found.join("\n"), @r"
        MY_WEB_PORT=tcp://10.96.0.7:80
        MY_WEB_PORT_53_UDP=udp://10.96.0.7:53
        MY_WEB_PORT_53_UDP_ADDR=10.96.0.7
        MY_WEB_PORT_53_UDP_PORT=53
        MY_WEB_PORT_53_UDP_PROTO=udp
        MY_WEB_PORT_80_TCP=tcp://10.96.0.7:80
        MY_WEB_PORT_80_TCP_ADDR=10.96.0.7
        MY_WEB_PORT_80_TCP_PORT=80
        MY_WEB_PORT_80_TCP_PROTO=tcp
        MY_WEB_SERVICE_HOST=10.96.0.7
        MY_WEB_SERVICE_PORT=80
        MY_WEB_SERVICE_PORT_DNS_UDP=53
        MY_WEB_SERVICE_PORT_HTTP=80
        ");
    }

    #[test]
    fn a_service_without_an_address_of_its_own_is_not_linked() {
        for host in ["None", ""] {
            let service =
                json!({"metadata": {"name": "db"}, "spec": {"clusterIP": host, "ports": [{"port": 1}]}});
            assert_eq!(of_service(&service), Vec::new());
        }
    }
}
