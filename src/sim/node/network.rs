//! The network as the containers of a pod see it: names in the cluster's DNS, Services and who stands behind them, pods.
//! It is read of what is stored, at any time of a container's life: since when a pod answers is when it became ready.
//! What lies outside of the cluster is not known, and a NetworkPolicy keeps nobody out.

use super::program::{Health, Program, started};
use super::script::{Answers, Dialled, Reach, Resolved};
use crate::clock::Moment;
use crate::sim::Config;
use crate::sim::controller::endpoints::SERVICE_NAME;
use crate::sim::controller::object::{condition, list, side_by_side, text, time};
use crate::snapshot::{Object, Snapshot};
use serde_json::Value;
use std::time::Duration;

/// What a pod reaches.
#[derive(Debug)]
pub(super) struct Network {
    snapshot: Snapshot,
    config: Config,
    namespace: String,
}

/// Where a name leads.
enum Place {
    /// Out of the cluster.
    Outside,
    Nowhere,
    Service(Object),
    /// A pod, by its address.
    Pod(Object),
}

/// One of those who stand behind a Service.
struct Backend {
    /// Where it answers.
    port: u16,
    address: String,
    /// Its pod; others stand behind a Service whose endpoints somebody wrote.
    pod: Option<Object>,
}

impl Network {
    /// Of a pod.
    pub(super) fn of(pod: &Value, snapshot: &Snapshot, config: &Config) -> Network {
        let namespace = text(pod, "/metadata/namespace").to_owned();
        Network { snapshot: snapshot.clone(), config: config.clone(), namespace }
    }

    /// Where a name leads at a time, by the search path of a pod's `resolv.conf`: its namespace, `svc`, the cluster's domain.
    fn place(&self, host: &str, at: Option<Moment>) -> Place {
        let host = host.trim_end_matches('.').to_lowercase();
        if host.parse::<std::net::IpAddr>().is_ok() {
            return self.at_address(&host);
        }
        let inside = host.strip_suffix(".svc.cluster.local").or_else(|| host.strip_suffix(".svc"));
        let labels: Vec<&str> = inside.unwrap_or(&host).split('.').collect();
        let found = match labels.as_slice() {
            [service] if inside.is_none() => self.service(&self.namespace, service),
            // A name of two parts is that of a Service elsewhere, or of a pod in a Service of its own namespace.
            [first, second] => {
                self.service(second, first).or_else(|| self.host(&self.namespace, second, first))
            }
            [host, service, namespace] => self.host(namespace, service, host),
            _ => None,
        };
        let is_named = match labels.as_slice() {
            [_] => true,
            [.., namespace] => self.snapshot.find("", "namespaces", "", namespace).is_some(),
            [] => false,
        };
        match found {
            Some(Place::Service(service)) if !is_there(&service, at) => Place::Nowhere,
            Some(place) => place,
            None if inside.is_some() || is_named => Place::Nowhere,
            None => Place::Outside,
        }
    }

    fn at_address(&self, address: &str) -> Place {
        let services = self.snapshot.list("", "services", None);
        let mut services = services.map(|(_, service)| service);
        if let Some(service) = services.find(|service| text(service, "/spec/clusterIP") == address) {
            return Place::Service(service.clone());
        }
        let mut pods = self.snapshot.list("", "pods", None).map(|(_, pod)| pod);
        let found = pods.find(|pod| text(pod, "/status/podIP") == address);
        found.map_or(Place::Outside, |pod| Place::Pod(pod.clone()))
    }

    fn service(&self, namespace: &str, name: &str) -> Option<Place> {
        let service = self.snapshot.find("", "services", namespace, name)?;
        Some(match text(service, "/spec/type") {
            "ExternalName" => Place::Outside,
            _ => Place::Service(service.clone()),
        })
    }

    /// A pod by the name that it has in a headless Service.
    fn host(&self, namespace: &str, service: &str, host: &str) -> Option<Place> {
        let mut endpoints = self.endpoints(namespace, service).map(|(endpoint, _)| endpoint);
        let named = endpoints.find(|endpoint| endpoint["hostname"] == host)?;
        self.pod(namespace, named).map(Place::Pod)
    }

    /// The endpoints of a Service, each with its slice.
    fn endpoints<'a>(
        &'a self,
        namespace: &'a str,
        service: &'a str,
    ) -> impl Iterator<Item = (&'a Value, &'a Object)> {
        let slices = self.snapshot.list("discovery.k8s.io", "endpointslices", Some(namespace));
        slices
            .map(|(_, slice)| slice)
            .filter(move |slice| slice["metadata"]["labels"][SERVICE_NAME] == service)
            .flat_map(|slice| list(slice, "/endpoints").iter().map(move |endpoint| (endpoint, slice)))
    }

    fn pod(&self, namespace: &str, endpoint: &Value) -> Option<Object> {
        let name = text(endpoint, "/targetRef/name");
        self.snapshot.find("", "pods", namespace, name).cloned()
    }

    /// Those behind a Service that are ready at a time; a headless one leads to the port itself.
    fn backends(&self, service: &Value, port: Option<&Value>, to: u16, at: Option<Moment>) -> Vec<Backend> {
        let namespace = text(service, "/metadata/namespace");
        let mut found = Vec::new();
        for (endpoint, slice) in self.endpoints(namespace, text(service, "/metadata/name")) {
            let pod = self.pod(namespace, endpoint);
            let is_ready = match &pod {
                Some(pod) if service["spec"]["publishNotReadyAddresses"] != true => was_ready(pod, at),
                Some(_) | None => endpoint["conditions"]["ready"] != false,
            };
            let led = match port {
                Some(port) => led_to(slice, text(port, "/name")),
                None => Some(to),
            };
            if let (true, Some(port)) = (is_ready, led) {
                let address = endpoint["addresses"][0].as_str().unwrap_or_default().to_owned();
                found.push(Backend { port, address, pod });
            }
        }
        found
    }

    /// What a pod answers at a port; `None` where nobody in it listens there.
    fn answers(&self, pod: &Value, port: u16, at: Option<Moment>) -> Option<Answers> {
        let mut unknown = false;
        for container in side_by_side(pod) {
            let program = Program::seen(pod, container, &self.snapshot, &self.config);
            // Where no time is asked for, all is there that will be.
            let start = started(pod, text(container, "/name"));
            let elapsed = at.zip(start).map_or(Duration::MAX, |(at, start)| at.since(start));
            match program.health {
                Health::Timeline => {}
                Health::Well | Health::NeverReady | Health::NotLive => unknown = true,
            }
            if let Some(answers) = program.timeline.answers(port, elapsed) {
                return Some(answers);
            }
        }
        unknown.then_some(Answers::Unknown)
    }

    fn dial_service(&self, service: &Value, port: u16, at: Option<Moment>) -> Dialled {
        let ip = text(service, "/spec/clusterIP");
        let headless = matches!(ip, "None" | "");
        let entry = list(service, "/spec/ports").iter().find(|entry| entry["port"] == port);
        if entry.is_none() && !headless {
            return Dialled::Silent(format!("{ip}:{port}"));
        }
        let backends = self.backends(service, entry.filter(|_| !headless), port, at);
        let Some(backend) = backends.first() else {
            return if headless { Dialled::Nowhere } else { Dialled::Refused(format!("{ip}:{port}")) };
        };
        let address = if headless { &backend.address } else { ip };
        let address = format!("{address}:{port}");
        let answers = match &backend.pod {
            Some(pod) => self.answers(pod, backend.port, at),
            None => Some(Answers::Unknown),
        };
        answered(address, answers)
    }
}

impl Reach for Network {
    fn dial(&self, host: &str, port: u16, at: Option<Moment>) -> Dialled {
        match self.place(host, at) {
            Place::Outside => Dialled::Unknown,
            Place::Nowhere => Dialled::Nowhere,
            Place::Service(service) => self.dial_service(&service, port, at),
            Place::Pod(pod) => {
                let address = format!("{}:{port}", text(&pod, "/status/podIP"));
                answered(address, self.answers(&pod, port, at))
            }
        }
    }

    fn resolve(&self, host: &str, at: Option<Moment>) -> Resolved {
        match self.place(host, at) {
            Place::Outside => Resolved::Unknown,
            Place::Nowhere => Resolved::Nowhere,
            Place::Service(service) => {
                let (name, namespace) =
                    (text(&service, "/metadata/name"), text(&service, "/metadata/namespace"));
                let address = match text(&service, "/spec/clusterIP") {
                    "None" | "" => {
                        self.backends(&service, None, 0, at).first().map(|one| one.address.clone())
                    }
                    ip => Some(ip.to_owned()),
                };
                let name = format!("{name}.{namespace}.svc.cluster.local");
                address.map_or(Resolved::Nowhere, |address| Resolved::Address(name, address))
            }
            Place::Pod(pod) => Resolved::Address(host.to_owned(), text(&pod, "/status/podIP").to_owned()),
        }
    }
}

/// How a connection comes out by what is answered at its port, if anything is.
fn answered(address: String, answers: Option<Answers>) -> Dialled {
    match answers {
        Some(answers) => Dialled::Taken { address, answers },
        None => Dialled::Refused(address),
    }
}

/// The port of the pods of a slice to which a Service's port of this name leads.
fn led_to(slice: &Value, name: &str) -> Option<u16> {
    let port = list(slice, "/ports").iter().find(|port| text(port, "/name") == name)?;
    port["port"].as_u64()?.try_into().ok()
}

/// Whether an object had been made by then.
fn is_there(object: &Value, at: Option<Moment>) -> bool {
    at.zip(time(object, "/metadata/creationTimestamp")).is_none_or(|(at, made)| made <= at)
}

/// Whether a pod was ready at a time, as far as is still known of it: the time of its last turn. One that is not ready
/// since its start never was.
fn was_ready(pod: &Value, at: Option<Moment>) -> bool {
    let Some(ready) = condition(&pod["status"], "Ready") else { return false };
    let (turned, started) = (time(ready, "/lastTransitionTime"), time(pod, "/status/startTime"));
    match (ready["status"] == "True", at.zip(turned)) {
        (is_ready, None) => is_ready,
        (true, Some((at, turned))) => turned <= at,
        (false, Some((at, turned))) => at < turned && started.is_some_and(|started| started < turned),
    }
}
