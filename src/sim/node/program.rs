//! What a container does: by the first behaviour rule that matches, else by its own command where that is plain,
//! else what is expected of it: it runs and is well, or ends well where others wait for its end.

use super::expand::expanded;
use super::files;
use super::image::Image;
use super::network::Network;
use super::script::{Machine, Outcome, Reach, Timeline, interpret};
use super::shared::{self, Coming, Scene};
use crate::behaviour::{Behaviour, Does};
use crate::clock::Moment;
use crate::sim::Config;
use crate::sim::controller::object::{list, side_by_side, text, time};
use crate::snapshot::Snapshot;
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// How long a program of which nothing is known takes that is to come to an end.
const TASK: Duration = Duration::from_secs(1);

/// How the probes of a running container come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// As its timeline says: what listens, which files are there.
    Timeline,
    /// All pass.
    Well,
    /// It never becomes ready.
    NeverReady,
    /// Its liveness probe fails.
    NotLive,
}

/// What one run of a container does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// What it prints, writes and listens on, and when it ends.
    pub(super) timeline: Timeline,
    /// How its probes come out.
    pub(super) health: Health,
    /// Why the runtime cannot start it.
    pub(super) start_error: Option<String>,
    /// Whether its image can be pulled.
    pub(super) pullable: bool,
    /// Whether its image is on the node without being pulled.
    pub(super) present: bool,
    /// Whether no other container of its pod may listen on the same addresses.
    pub(super) alone: bool,
}

impl Program {
    /// What `container` (an entry of `spec.containers` or `spec.initContainers`) of `pod` does.
    pub(super) fn of(pod: &Value, container: &Value, snapshot: &Snapshot, config: &Config) -> Program {
        let network = Rc::new(Network::of(pod, snapshot, config));
        Program::within(Scene { pod, snapshot, config, network: Some(&network) }, container)
    }

    /// The same as another pod sees it: whom it reaches itself does not matter then.
    pub(super) fn seen(pod: &Value, container: &Value, snapshot: &Snapshot, config: &Config) -> Program {
        Program::within(Scene { pod, snapshot, config, network: None }, container)
    }

    fn within(scene: Scene<'_>, container: &Value) -> Program {
        Program::finding(scene, container, shared::left(scene, container))
    }

    /// The same where others leave these files for it.
    pub(super) fn finding(scene: Scene<'_>, container: &Value, left: Vec<Coming>) -> Program {
        let Scene { pod, config, .. } = scene;
        let image = Image::parse(text(container, "/image"));
        let rule = config.behaviours.iter().find(|rule| matches(rule, pod, container));
        let absent = image.as_ref().is_some_and(Image::absent);
        let ends = |code: i64, after: u64| Timeline {
            exit: Some((Duration::from_secs(after), code)),
            on_term: Some(143),
            ..Timeline::default()
        };
        let runs = Timeline { on_term: Some(0), ..Timeline::default() };
        let present = rule.is_some_and(|rule| rule.matches.image.is_some())
            || image.as_ref().is_some_and(Image::is_on_the_node);
        let ruled = |timeline, health| Program {
            timeline,
            health,
            start_error: None,
            pullable: true,
            present,
            alone: is_alone(pod),
        };
        match rule.map(|rule| &rule.does) {
            Some(Does::Run) => ruled(runs, Health::Well),
            Some(Does::NeverReady) => ruled(runs, Health::NeverReady),
            Some(Does::NotLive) => ruled(runs, Health::NotLive),
            Some(Does::Exit { code, after }) => {
                ruled(ends(i64::from(*code), u64::from(*after)), Health::Well)
            }
            Some(Does::PullFails) => Program { pullable: false, ..ruled(runs, Health::Well) },
            None => Program { pullable: !absent, present, ..by_command(scene, container, left) },
        }
    }

    /// The words of a command (`exec` of a probe or hook) and what it comes to that is run in the container so long after
    /// its start: beside what the container itself does, with its files.
    pub(super) fn executes(&self, container: &Value, exec: &Value, at: Duration) -> (Vec<String>, Outcome) {
        let argv: Vec<String> =
            list(exec, "/command").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let (files, listens) = (self.timeline.files_at(at), self.timeline.listening(at));
        let known = known(container);
        let machine = Machine { files, known, listens, alone: self.alone, ..Machine::default() };
        let outcome = interpret(&argv, machine);
        (argv, outcome)
    }
}

/// Whether every program of the container's image is known, so that an unknown name is a missing program.
fn known(container: &Value) -> bool {
    Image::parse(text(container, "/image")).is_some_and(|image| image.is_busybox())
}

fn by_command(scene: Scene<'_>, container: &Value, coming: Vec<Coming>) -> Program {
    let Scene { pod, snapshot, network, .. } = scene;
    let variables = files::variables(pod, container, snapshot);
    let argv = argv(container, &variables);
    let well = Program {
        timeline: Timeline { on_term: Some(0), ..Timeline::default() },
        health: Health::Well,
        start_error: None,
        pullable: true,
        present: true,
        alone: is_alone(pod),
    };
    let expected = || match is_to_end(pod, container) {
        true => {
            Program { timeline: Timeline { exit: Some((TASK, 0)), ..well.timeline.clone() }, ..well.clone() }
        }
        false => well.clone(),
    };
    let known = known(container);
    let argv = match (argv.is_empty(), known) {
        (true, true) if container["tty"] == true && container["stdin"] == true => return well,
        (true, true) => vec!["sh".to_owned()],
        (true, false) => return expected(),
        (false, _) => argv,
    };
    let clock = started(pod, text(container, "/name"));
    let machine = Machine {
        files: files::mounted(pod, container, snapshot),
        variables,
        known,
        clock,
        network: network.map(|network| network.clone() as Rc<dyn Reach>),
        coming,
        listens: Vec::new(),
        alone: well.alone,
    };
    if nowhere(&argv[0]) {
        return Program { start_error: Some(start_error(&argv[0])), ..well };
    }
    let folder = text(container, "/workingDir");
    if known && FILES.contains(&folder) {
        let why = format!("error during container init: mkdir {folder}: not a directory");
        return Program { start_error: Some(runtime_error(&why)), ..well };
    }
    match interpret(&argv, machine) {
        Outcome::Ran(timeline) => Program { timeline, health: Health::Timeline, ..well },
        Outcome::Opaque => expected(),
        Outcome::Missing => Program { start_error: Some(start_error(&argv[0])), ..well },
    }
}

/// Whether a pod has no other container that may listen on its addresses.
fn is_alone(pod: &Value) -> bool {
    side_by_side(pod).count() == 1
}

/// Whether others wait for the container to end: it is an init container, or its pod is not to run for ever, as one of a
/// Job is not.
fn is_to_end(pod: &Value, container: &Value) -> bool {
    let is_init = list(pod, "/spec/initContainers").iter().any(|init| init["name"] == container["name"]);
    match is_init {
        true => container["restartPolicy"] != "Always",
        false => matches!(text(pod, "/spec/restartPolicy"), "Never" | "OnFailure"),
    }
}

/// When a container of a pod started, as its status says; before that says it, when the pod was made.
pub(super) fn started(pod: &Value, container: &str) -> Option<Moment> {
    begun(pod, container).or_else(|| time(pod, "/metadata/creationTimestamp"))
}

/// The same of one that has been started.
pub(super) fn begun(pod: &Value, container: &str) -> Option<Moment> {
    let statuses = ["/status/containerStatuses", "/status/initContainerStatuses"];
    let status = statuses.iter().flat_map(|at| list(pod, at)).find(|status| status["name"] == container)?;
    let stamps =
        ["/state/running/startedAt", "/state/terminated/startedAt", "/lastState/terminated/finishedAt"];
    stamps.iter().find_map(|at| time(status, at))
}

/// Paths that say themselves that they lead nowhere, whatever the image.
fn nowhere(program: &str) -> bool {
    ["/no/such", "/nonexistent", "/does/not/exist", "no-such-", "does-not-exist"]
        .iter()
        .any(|word| program.contains(word))
}

/// What the runtime says of a program that is not there (runc).
fn start_error(program: &str) -> String {
    runtime_error(&not_found(program))
}

/// That a program is not there, in runc's words.
pub(super) fn not_found(program: &str) -> String {
    if program.contains('/') {
        format!("exec: \"{program}\": stat {program}: no such file or directory")
    } else {
        format!("exec: \"{program}\": executable file not found in $PATH")
    }
}

/// What the runtime says of a container that does not start.
fn runtime_error(why: &str) -> String {
    format!(
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: \
         unable to start container process: {why}: unknown"
    )
}

/// Files, not folders, that every image has.
const FILES: [&str; 5] = ["/etc/passwd", "/etc/group", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

/// Command and arguments, with `$(NAME)` filled in.
fn argv(container: &Value, variables: &BTreeMap<String, String>) -> Vec<String> {
    let words = list(container, "/command").iter().chain(list(container, "/args")).filter_map(Value::as_str);
    words.map(|word| expanded(word, variables)).collect()
}

/// Whether a rule speaks of this container: all that it states must hold.
fn matches(rule: &Behaviour, pod: &Value, container: &Value) -> bool {
    let image = text(container, "/image");
    let by_image = rule.matches.image.as_deref().is_none_or(|pattern| match pattern.strip_suffix('*') {
        Some(start) => image.starts_with(start),
        None => image == pattern,
    });
    let labels = &pod["metadata"]["labels"];
    let by_labels = rule.matches.labels.iter().all(|(key, value)| labels[key.as_str()] == *value.as_str());
    let command = argv(container, &files::literals(container)).join(" ");
    let by_command = rule.matches.command.as_deref().is_none_or(|part| command.contains(part));
    by_image && by_labels && by_command
}
