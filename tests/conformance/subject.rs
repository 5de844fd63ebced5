//! The cluster that the recordings are played on: the embedded one, over its real wire with TLS and token, or any
//! real one that the environment names. Owns how it is reached and how its time passes; what is played there is not
//! its matter.
//!
//! On a real cluster the suite makes namespaces of its own, whose names no one else has, and deletes them afterwards;
//! [`crate::guard`] keeps it from anything else that it did not make itself.

use helmdrill::behaviour::Pace;
use helmdrill::clock::Moment;
use helmdrill::cluster::{Cluster, EmbeddedSpec, Place, upstream};
use helmdrill::gate::{Gate, Listener, Rules, inspect};
use helmdrill::seed::Seed;
use helmdrill::transcript::Recorder;
use http::Request;
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::{Value, json};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use crate::difference::tell;

/// The kubeconfig of a whole cluster: API server, controllers, scheduler, a node that runs `busybox:1.36`.
pub(crate) const WHOLE: &str = "HELMDRILL_CONFORMANCE_KUBECONFIG";
/// The kubeconfig of an API server beside which no controllers run.
pub(crate) const BARE: &str = "HELMDRILL_CONFORMANCE_BARE_KUBECONFIG";

/// How long an answer may take, watches included.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the recordings are compared with.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    /// The Kubernetes inside helmdrill.
    Embedded,
    /// A real cluster, by its kubeconfig.
    Outside(PathBuf),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Embedded => f.write_str("the embedded cluster"),
            Subject::Outside(path) => write!(f, "the cluster of {}", path.display()),
        }
    }
}

/// What runs beside the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crew {
    /// Nothing.
    None,
    /// Controllers, scheduler, node.
    All,
}

impl Subject {
    /// The cluster that the environment names for a suite that needs this crew; without one, the embedded one. Which
    /// it is, is said.
    pub(crate) fn chosen(suite: &str, crew: Crew) -> Subject {
        let variable = match crew {
            Crew::None => BARE,
            Crew::All => WHOLE,
        };
        match std::env::var_os(variable).map(PathBuf::from) {
            Some(path) => {
                let subject = Subject::Outside(path);
                tell(&format!(
                    "{suite}: on {subject}, in namespaces that are made for it and deleted afterwards"
                ));
                subject
            }
            None => {
                tell(&format!("{suite}: on the embedded cluster alone, since {variable} names no other"));
                Subject::Embedded
            }
        }
    }

    /// How many cases are played at a time.
    pub(crate) fn seats(&self) -> usize {
        match self {
            Subject::Embedded => 10,
            // One node of a real cluster starts and probes the pods of all.
            Subject::Outside(_) => 4,
        }
    }

    /// A way to the cluster. The embedded one is a fresh one each time.
    pub(crate) async fn reach(&self, crew: Crew, pace: Pace, seed: Seed) -> Reached {
        let home = tempfile::tempdir().expect("a folder");
        let kubeconfig = home.path().join("kubeconfig");
        let recorder = Recorder::new(Moment::default());
        let (keeper, rules) = match self {
            Subject::Embedded => {
                let spec = EmbeddedSpec {
                    seed,
                    pace,
                    behaviours: Arc::default(),
                    // As on the servers that were recorded; whoever has the token may do everything all the same.
                    rbac: true,
                    controllers: crew == Crew::All,
                    load_balancers: false,
                    namespaces: Vec::new(),
                    port: 0,
                };
                let place = Place::File(kubeconfig.clone());
                let cluster =
                    Cluster::embedded(&spec, Some(recorder.clone()), place).await.expect("it listens");
                let rules = cluster.rules().clone();
                (Keeper::Embedded(Box::new(cluster)), rules)
            }
            Subject::Outside(path) => {
                let upstream = upstream(client(path));
                let gate = Gate::new(upstream, Some(recorder.clone()), Arc::new(Moment::default), inspect);
                let rules = gate.rules().clone();
                let listener = Listener::open(gate, 0).await.expect("it listens");
                std::fs::write(&kubeconfig, leading_to(&listener)).expect("a writable folder");
                (Keeper::Outside(listener), rules)
            }
        };
        let client = client(&kubeconfig);
        Reached { home, kubeconfig, recorder, rules, client, keeper }
    }
}

/// A client of the API server that a kubeconfig leads to. It asks once: 429 is an answer as any other.
fn client(kubeconfig: &Path) -> kube::Client {
    let read = kube::config::Kubeconfig::read_from(kubeconfig);
    let read = read.unwrap_or_else(|error| panic!("{}: {error}", kubeconfig.display()));
    let config = kube::Config::try_from(read);
    let mut config = config.unwrap_or_else(|error| panic!("{}: {error}", kubeconfig.display()));
    config.default_retry = false;
    kube::Client::try_from(config).unwrap_or_else(|error| panic!("{}: {error}", kubeconfig.display()))
}

/// The kubeconfig of a listener; JSON is YAML.
fn leading_to(listener: &Listener) -> String {
    use base64::Engine;
    let authority = base64::engine::general_purpose::STANDARD.encode(listener.authority());
    let server = format!("https://{}", listener.address());
    let of = |key: &str, value: Value| json!([{"name": "conformance", key: value}]);
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "conformance",
        "clusters": of("cluster", json!({"server": server, "certificate-authority-data": authority})),
        "users": of("user", json!({"token": listener.token()})),
        "contexts": of("context", json!({"cluster": "conformance", "user": "conformance"})),
    })
    .to_string()
}

/// A cluster that is reached through a gate of its own.
pub(crate) struct Reached {
    pub(crate) home: tempfile::TempDir,
    pub(crate) kubeconfig: PathBuf,
    /// Every call that passes the gate.
    pub(crate) recorder: Recorder,
    pub(crate) rules: Rules,
    client: kube::Client,
    keeper: Keeper,
}

enum Keeper {
    Embedded(Box<Cluster>),
    Outside(Listener),
}

/// A raw request: what a client says, and nothing that a client library adds.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) accept: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) body: Option<String>,
    /// More headers, such as those of impersonation.
    pub(crate) headers: Vec<(&'a str, &'a str)>,
}

/// What came back.
pub(crate) struct Told {
    /// 0 where no answer came.
    pub(crate) status: u16,
    /// The `Warning` headers.
    pub(crate) warnings: Vec<String>,
    /// The body, or why there is no answer.
    pub(crate) text: String,
}

impl Told {
    fn nothing(why: String) -> Told {
        Told { status: 0, warnings: Vec::new(), text: why }
    }
}

impl<'a> Ask<'a> {
    /// A request without a body.
    pub(crate) fn of(method: &'a str, path: &'a str) -> Ask<'a> {
        let json = "application/json";
        Ask { method, path, accept: json, content_type: json, body: None, headers: Vec::new() }
    }
}

/// Counts the namespaces that this process made.
static MADE: AtomicU32 = AtomicU32::new(1);

/// When this process made its first namespace, in seconds: with the count, what no other run says.
static BEGAN: LazyLock<u64> = LazyLock::new(|| {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
});

impl Reached {
    /// Asks over the wire; status and body as text, or 0 and why there is no answer.
    pub(crate) async fn ask(&self, ask: Ask<'_>) -> (u16, String) {
        let told = self.told(ask).await;
        (told.status, told.text)
    }

    /// Asks over the wire.
    pub(crate) async fn told(&self, ask: Ask<'_>) -> Told {
        let mut request = Request::builder()
            .method(ask.method)
            .uri(ask.path)
            .header("accept", ask.accept)
            .header("user-agent", "case/1")
            // Each on a connection of its own: one that a server has just given up would fail the next request.
            .header("connection", "close");
        if ask.body.is_some() {
            request = request.header("content-type", ask.content_type);
        }
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        let body = Body::from(ask.body.unwrap_or_default().into_bytes());
        let request = request.body(body).expect("a request");
        let answering = async {
            let answer = self.client.send(request).await?;
            let status = answer.status().as_u16();
            let warnings = answer.headers().get_all("warning").iter();
            let warnings = warnings.map(|one| String::from_utf8_lossy(one.as_bytes()).into_owned()).collect();
            let bytes = answer.into_body().collect().await?.to_bytes();
            Ok(Told { status, warnings, text: String::from_utf8_lossy(&bytes).into_owned() })
        };
        let answered: Result<Result<_, kube::Error>, _> = tokio::time::timeout(PATIENCE, answering).await;
        match answered {
            Ok(Ok(answered)) => answered,
            // That there is no answer is an answer too, and never the recorded one.
            Ok(Err(error)) => Told::nothing(format!("no answer: {error}")),
            Err(_) => Told::nothing(format!("no answer within {PATIENCE:?}")),
        }
    }

    /// Makes a namespace for a case and says its name: the case's own on a cluster of ours, and one that nobody else
    /// has on any other.
    pub(crate) async fn namespace(&self, case: &str) -> String {
        let name = match self.keeper {
            Keeper::Embedded(_) => case.to_owned(),
            Keeper::Outside(_) => {
                let number = MADE.fetch_add(1, Ordering::Relaxed);
                format!("hd{:x}-{number}-{case}", *BEGAN)
            }
        };
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let made = Ask { body: Some(object.to_string()), ..Ask::of("POST", "/api/v1/namespaces") };
        let (status, said) = self.ask(made).await;
        assert_eq!(status, 201, "the namespace {name} must be new: {said}");
        name
    }

    /// Waits until pods may be made in a namespace: until it has its default ServiceAccount.
    pub(crate) async fn ready(&self, namespace: &str) {
        let account = format!("/api/v1/namespaces/{namespace}/serviceaccounts/default");
        for _ in 0..100 {
            if self.ask(Ask::of("GET", &account)).await.0 == 200 {
                return;
            }
            self.pass(0.1).await;
        }
        panic!("{namespace} has no default ServiceAccount: no controllers run there");
    }

    /// Makes a namespace the current one of the kubeconfig.
    pub(crate) fn settle_in(&self, namespace: &str) {
        let text = std::fs::read_to_string(&self.kubeconfig).expect("it was written");
        let mut config: Value = serde_saphyr::from_str(&text).expect("a kubeconfig is YAML");
        config["contexts"][0]["context"]["namespace"] = json!(namespace);
        std::fs::write(&self.kubeconfig, config.to_string()).expect("a writable folder");
    }

    /// Lets time pass: at once on a cluster whose time is ours.
    pub(crate) async fn pass(&self, seconds: f64) {
        let span = Duration::from_secs_f64(seconds);
        match &self.keeper {
            Keeper::Embedded(cluster) => cluster.advance(span).await,
            // What the recording waited, a real cluster needs too.
            Keeper::Outside(_) => tokio::time::sleep(span).await,
        }
    }

    /// The time that a command takes on the recorded machine, where time is ours and stands still meanwhile.
    pub(crate) async fn lapse(&self) {
        if matches!(self.keeper, Keeper::Embedded(_)) {
            self.pass(0.1).await;
        }
    }

    /// Stops the time of a cluster whose time is ours, so that it does not matter how long a command takes.
    pub(crate) fn stop_time(&self) {
        if let Keeper::Embedded(cluster) = &self.keeper {
            cluster.stop_time();
        }
    }

    /// Lets the time of a cluster whose time is ours pass only while a command watches or follows a log, so that it does
    /// not matter how long it takes to start and to print.
    pub(crate) fn stop_time_unless_awaited(&self) {
        if let Keeper::Embedded(cluster) = &self.keeper {
            cluster.stop_time_unless_awaited();
        }
    }

    /// Lets time go on at the machine's pace, for a command that waits for something to happen.
    pub(crate) fn go_on(&self) {
        if let Keeper::Embedded(cluster) = &self.keeper {
            cluster.go_on();
        }
    }

    /// Deletes a namespace that was made for a case, and leaves the cluster.
    pub(crate) async fn leave(self, namespace: &str) {
        self.clear(namespace).await;
        self.close().await;
    }

    /// Whether the cluster is one that was made for the case alone.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self.keeper, Keeper::Embedded(_))
    }

    /// Leaves the cluster.
    pub(crate) async fn close(self) {
        match self.keeper {
            Keeper::Embedded(cluster) => cluster.close().await,
            Keeper::Outside(listener) => listener.close().await,
        }
    }

    /// Deletes a namespace that was made for a case; what is in it goes with it.
    pub(crate) async fn clear(&self, namespace: &str) {
        if matches!(self.keeper, Keeper::Outside(_)) {
            self.ask(Ask::of("DELETE", &format!("/api/v1/namespaces/{namespace}"))).await;
        }
    }
}
