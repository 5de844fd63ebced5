//! Pods lived through on a simulated clock: what the kubelet writes and tells, moment by moment. Tests alone; the
//! API server is a stand-in that stores the status and counts the events.

use super::kubelet;
use crate::behaviour::{Behaviour, Containers, Does, Pace};
use crate::call::Verb;
use crate::clock::Moment;
use crate::seed::Seed;
use crate::sim::Config;
use crate::sim::controller::View;
use crate::sim::controller::call::Step;
use crate::sim::controller::correlate::Correlator;
use crate::sim::controller::event::Event;
use crate::snapshot::{Key, Snapshot};
use imbl::OrdMap;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

const START: Moment = Moment::from_micros(1_763_810_803_250_000);

struct Node {
    objects: OrdMap<Key, Arc<Value>>,
    counts: BTreeMap<String, u32>,
    recorders: Correlator,
    config: Config,
    now: Moment,
    story: String,
    shown: String,
}

fn pod(spec: &str) -> Value {
    let spec: Value = serde_saphyr::from_str(spec).expect("yaml");
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "p", "namespace": "ns", "uid": "u-1", "generation": 1},
        "spec": spec, "status": {"phase": "Pending"},
    });
    pod["spec"]["nodeName"] = json!("node1");
    if pod["spec"].get("restartPolicy").is_none() {
        pod["spec"]["restartPolicy"] = json!("Always");
    }
    pod
}

impl Node {
    fn new(pace: Pace, spec: &str) -> Node {
        let config = Config { seed: Seed(7), pace, controllers: true, ..Config::default() };
        let node = json!({"kind": "Node", "metadata": {"name": "node1"}});
        let mut all = Node {
            objects: OrdMap::new(),
            counts: BTreeMap::new(),
            recorders: Correlator::default(),
            config,
            now: START,
            story: String::new(),
            shown: String::new(),
        };
        all.put("nodes", "", node);
        all.put("pods", "ns", pod(spec));
        all
    }

    fn put(&mut self, resource: &str, namespace: &str, object: Value) {
        let name = object["metadata"]["name"].as_str().expect("a name").to_owned();
        self.objects.insert(Key::new("", resource, namespace, &name), Arc::new(object));
    }

    fn pod(&self) -> Option<&Arc<Value>> {
        self.objects.get(&Key::new("", "pods", "ns", "p"))
    }

    fn say(&mut self, line: &str) {
        let at = self.now.since(START);
        writeln!(self.story, "{:>7.2} {line}", at.as_secs_f64()).expect("a string takes all");
    }

    /// Lets the kubelet work until `seconds` after the start.
    fn until(&mut self, seconds: u64) -> &mut Node {
        let end = START.after(Duration::from_secs(seconds));
        for _ in 0..500 {
            match self.turn() {
                Some(wake) if wake <= end => self.now = self.now.max(wake),
                _ => break,
            }
        }
        self.now = end;
        self
    }

    /// Runs the kubelet until it has nothing to do now.
    fn turn(&mut self) -> Option<Moment> {
        for _ in 0..20 {
            let snapshot = Snapshot::new(1, self.objects.clone());
            let view = View {
                snapshot: &snapshot,
                now: self.now,
                config: &self.config,
                namespace: Some("ns"),
                memory: &Default::default(),
                recorders: &self.recorders,
            };
            let work = (kubelet::KUBELET.run)(&view);
            if work.steps.is_empty() {
                return work.wake;
            }
            for step in work.steps {
                match step {
                    Step::Call(call) | Step::Ask(call, _) if call.verb == Verb::Delete => {
                        self.objects.remove(&Key::new("", "pods", "ns", "p"));
                        self.say("gone");
                    }
                    Step::Call(call) | Step::Ask(call, _) => {
                        let body = call.body.expect("a body").decode().expect("a document");
                        self.show(&body);
                        self.put("pods", "ns", body);
                    }
                    Step::Tell(event) => self.tell(&event),
                }
            }
        }
        panic!("the kubelet does not come to rest:\n{}", self.story);
    }

    fn show(&mut self, pod: &Value) {
        let status = &pod["status"];
        let lists = [&status["initContainerStatuses"], &status["containerStatuses"]];
        let containers = lists.iter().filter_map(|list| list.as_array()).flatten().map(|entry| {
            let (kind, state) =
                entry["state"].as_object().and_then(|state| state.iter().next()).expect("a state");
            let more = match kind.as_str() {
                "running" => String::new(),
                "terminated" => format!(" {}", state["exitCode"]),
                _ => format!(" {}", state["reason"].as_str().expect("a reason")),
            };
            let flags = format!("{}{}", u8::from(entry["started"] == true), u8::from(entry["ready"] == true));
            format!(
                "{} {kind}{more} ×{} {flags}",
                entry["name"].as_str().expect("a name"),
                entry["restartCount"]
            )
        });
        let containers: Vec<String> = containers.collect();
        let line = format!("{} [{}]", status["phase"].as_str().expect("a phase"), containers.join(", "));
        if line != self.shown {
            self.say(&line);
            self.shown = line;
        }
    }

    fn tell(&mut self, event: &Event) {
        let what = format!("{} {} {}", event.kind, event.reason, event.message);
        let count = self.counts.entry(what.clone()).or_default();
        *count += 1;
        let count = *count;
        self.recorders.record(event.clone(), self.now);
        if count <= 3 {
            self.say(&format!("  {what}{}", if count > 1 { format!(" ×{count}") } else { String::new() }));
        }
    }

    fn delete(&mut self, grace: u64) -> &mut Node {
        let mut pod = (**self.pod().expect("a pod")).clone();
        pod["metadata"]["deletionTimestamp"] = json!(self.now.after(Duration::from_secs(grace)).rfc3339());
        pod["metadata"]["deletionGracePeriodSeconds"] = json!(grace);
        pod["metadata"]["generation"] = json!(2);
        self.put("pods", "ns", pod);
        self
    }
}

fn app(command: &str, more: &str) -> String {
    format!("{{containers: [{{name: app, image: 'busybox:1.36', command: [sh, -c, '{command}']{more}}}]}}")
}

#[test]
fn a_server_becomes_ready_when_its_probe_finds_the_page() {
    let probe = ", readinessProbe: {httpGet: {path: /index.html, port: 8080}, periodSeconds: 1}";
    for pace in [Pace::Instant, Pace::Real] {
        let mut node = Node::new(pace, &app("httpd -f -p 8080 -h /www", probe));
        insta::assert_snapshot!(format!("ready_{pace:?}"), node.until(20).delete(1).until(30).story);
    }
}

#[test]
fn a_probe_that_fails_is_told_and_keeps_the_pod_unready() {
    let probe =
        ", readinessProbe: {httpGet: {path: /nope, port: 8080}, periodSeconds: 1, failureThreshold: 1}";
    let mut node = Node::new(Pace::Instant, &app("httpd -f -p 8080 -h /www", probe));
    insta::assert_snapshot!(node.until(5).story);
}

#[test]
fn a_container_that_ends_is_backed_off() {
    for pace in [Pace::Instant, Pace::Real] {
        let mut node = Node::new(pace, &app("exit 1", ""));
        insta::assert_snapshot!(format!("crash_{pace:?}"), node.until(75).story);
    }
}

#[test]
fn a_pod_that_is_not_restarted_ends_with_its_container() {
    for (name, command) in [("succeeds", "echo hi; sleep 2"), ("fails", "echo no >&2; exit 7")] {
        for pace in [Pace::Instant, Pace::Real] {
            let spec = app(command, "").replacen('{', "{restartPolicy: Never, ", 1);
            insta::assert_snapshot!(format!("{name}_{pace:?}"), Node::new(pace, &spec).until(10).story);
        }
    }
}

#[test]
fn an_image_that_cannot_be_pulled_is_tried_again() {
    let spec = app("true", "").replace("busybox:1.36", "busybox:no-such-tag");
    insta::assert_snapshot!(Node::new(Pace::Real, &spec).until(30).story);
}

#[test]
fn a_liveness_probe_that_fails_restarts_the_container_after_its_grace() {
    let probe =
        ", livenessProbe: {exec: {command: [cat, /tmp/alive]}, periodSeconds: 5, failureThreshold: 2}";
    let spec = app("touch /tmp/alive; sleep 7; rm /tmp/alive; sleep 3600", probe);
    let spec = spec.replacen('{', "{terminationGracePeriodSeconds: 3, ", 1);
    insta::assert_snapshot!(Node::new(Pace::Instant, &spec).until(40).story);
}

#[test]
fn a_container_that_is_to_be_killed_is_not_asked_again_whether_it_lives() {
    let probe = ", livenessProbe: {exec: {command: ['false']}, periodSeconds: 1, failureThreshold: 2}, readinessProbe: \
                 {exec: {command: ['false']}, periodSeconds: 4}";
    let spec = app("sleep 3600", probe).replacen('{', "{terminationGracePeriodSeconds: 12, ", 1);
    insta::assert_snapshot!(Node::new(Pace::Instant, &spec).until(16).story);
}

#[test]
fn init_containers_run_one_after_the_other() {
    let spec = "{initContainers: [{name: i1, image: busybox, command: ['true']}, {name: i2, image: busybox, \
                command: [sleep, '1']}, {name: side, image: nginx, restartPolicy: Always}], containers: [{name: app, \
                image: nginx}]}";
    insta::assert_snapshot!(Node::new(Pace::Real, spec).until(20).story);
}

#[test]
fn what_is_missing_is_waited_for() {
    let spec = "{volumes: [{name: v, configMap: {name: nope}}], containers: [{name: app, image: nginx, env: [{name: A, \
                valueFrom: {secretKeyRef: {name: s, key: k}}}]}]}";
    let mut node = Node::new(Pace::Real, spec);
    node.until(6).put("configmaps", "ns", json!({"metadata": {"name": "nope"}}));
    node.until(20).put("secrets", "ns", json!({"metadata": {"name": "s"}, "data": {"k": "dg=="}}));
    insta::assert_snapshot!(node.until(40).story);
}

#[test]
fn a_program_that_is_not_there_is_a_start_error() {
    let spec = "{containers: [{name: app, image: 'busybox:1.36', command: [/no/such/file]}]}";
    insta::assert_snapshot!(Node::new(Pace::Instant, spec).until(15).story);
}

#[test]
fn rules_come_before_commands() {
    let told = [Does::Run, Does::NeverReady, Does::Exit { code: 3, after: 2 }, Does::PullFails].map(|does| {
        let mut node = Node::new(Pace::Instant, &app("exit 1", ""));
        let matches = Containers { image: Some("busybox:*".to_owned()), ..Containers::default() };
        node.config.behaviours = vec![Behaviour { matches, does: does.clone() }].into();
        format!("{does:?}\n{}", node.until(3).story)
    });
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_deadline_ends_the_pod() {
    let spec = app("sleep 3600", "").replacen('{', "{activeDeadlineSeconds: 5, ", 1);
    insta::assert_snapshot!(Node::new(Pace::Instant, &spec).until(10).story);
}

/// The same pod, looked at more often than needed, lives the same life: nothing is kept but what is stored.
#[test]
fn looking_more_often_changes_nothing() {
    let spec = app("sleep 3; exit 1", ", readinessProbe: {exec: {command: [\"true\"]}, periodSeconds: 2}");
    for pace in [Pace::Instant, Pace::Real] {
        let mut calm = Node::new(pace, &spec);
        calm.until(60);
        let mut nervous = Node::new(pace, &spec);
        for tenth in 0..600 {
            let end = START.after(Duration::from_millis(tenth * 100));
            while let Some(wake) = nervous.turn().filter(|wake| *wake <= end) {
                nervous.now = nervous.now.max(wake);
            }
            nervous.now = end;
        }
        assert_eq!(calm.story, nervous.story);
    }
}
