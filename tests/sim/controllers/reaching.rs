//! What containers reach over the network: scripts that wait for a Service, that fetch a page of one, and that are told
//! why they do not get it. The words are those of busybox 1.35 and curl 8, typed at servers of their own.

use super::play::Player;
use helmdrill::behaviour::Pace;
use helmdrill::seed::Seed;
use serde_json::json;

const SERVICE: &str = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}";

/// Pods of an application behind the Service.
fn web(script: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}, spec: {{selector: {{matchLabels: {{app: web}}}}, \
         template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: web, image: 'busybox:1.36', command: \
         [sh, -c, '{script}'], readinessProbe: {{tcpSocket: {{port: 8080}}, periodSeconds: 1}}}}]}}}}}}}}"
    )
}

/// Runs a script in a pod for so long: the phase of the pod, and what it printed.
fn ran(player: &mut Player, name: &str, image: &str, script: &str, seconds: f64) -> String {
    player.post(
        "/api/v1/namespaces/shop/pods",
        &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {
            "restartPolicy": "Never",
            "containers": [{"name": "main", "image": image, "command": ["sh", "-c", script]}]}}),
    );
    player.pass(seconds);
    told(player, name)
}

/// The phase of a pod, and what it printed.
fn told(player: &mut Player, name: &str) -> String {
    let pod = player.find("", "pods", "shop", name).expect("a pod");
    let phase = pod["status"]["phase"].as_str().expect("a phase").to_owned();
    let log = player.log(&format!("/api/v1/namespaces/shop/pods/{name}/log"));
    let address =
        player.find("", "services", "shop", "web").map(|service| service["spec"]["clusterIP"].clone());
    let address = address.as_ref().and_then(|address| address.as_str()).unwrap_or("-");
    format!("{phase} {}", log.trim_end().replace('\n', "|").replace(address, "ADDRESS"))
}

fn shop() -> Player {
    let mut player = Player::new("shop", Seed(3), Pace::Real);
    player.pass(1.0);
    player
}

const BUSYBOX: &str = "busybox:1.36";

#[test]
fn a_page_is_fetched_of_a_service_by_every_name_that_it_has() {
    let mut player = shop();
    player.apply(SERVICE);
    player.apply(&web("mkdir -p /www; echo hello > /www/index.html; httpd -f -p 8080 -h /www"));
    player.pass(10.0);
    for (number, host) in
        ["web", "web.shop", "web.shop.svc", "web.shop.svc.cluster.local", "web.shop.svc.cluster.local."]
            .iter()
            .enumerate()
    {
        let said =
            ran(&mut player, &format!("p{number}"), BUSYBOX, &format!("wget -qO- http://{host}/"), 5.0);
        assert_eq!(said, "Succeeded hello", "{host}");
    }
    assert_eq!(
        ran(&mut player, "loud", BUSYBOX, "wget web:80 && cat index.html", 5.0),
        "Succeeded Connecting to web:80 (ADDRESS:80)|saving to 'index.html'|index.html           100% \
         |********************************|     6  0:00:00 ETA|'index.html' saved|hello"
    );
    assert_eq!(ran(&mut player, "there", BUSYBOX, "nc -zv web 80", 5.0), "Succeeded web (ADDRESS:80) open");
    assert_eq!(ran(&mut player, "curl", "curlimages/curl", "curl -fsS http://web", 5.0), "Succeeded hello");
    assert_eq!(
        ran(&mut player, "name", BUSYBOX, "nslookup web | grep Name", 5.0),
        "Succeeded Name:\tweb.shop.svc.cluster.local"
    );
}

#[test]
fn what_is_not_reached_fails_with_the_reason() {
    let mut player = shop();
    player.apply(SERVICE);
    player.apply(&web("sleep 3600"));
    player.pass(10.0);
    let cases = [
        (
            "wget -q http://web",
            BUSYBOX,
            "Failed wget: can't connect to remote host (ADDRESS): Connection refused",
        ),
        ("wget -qO- http://wbe", BUSYBOX, "Failed wget: bad address 'wbe'"),
        ("wget -q web.elsewhere.svc", BUSYBOX, "Failed wget: bad address 'web.elsewhere.svc'"),
        ("wget -q -T 3 web:81", BUSYBOX, "Failed wget: download timed out"),
        ("nc -z web 80", BUSYBOX, "Failed "),
        ("nc -z wbe 80", BUSYBOX, "Failed nc: bad address 'wbe'"),
        (
            "curl -sS web",
            "curlimages/curl",
            "Failed curl: (7) Failed to connect to web port 80 after 0 ms: Could not connect to server",
        ),
        ("curl -sS wbe", "curlimages/curl", "Failed curl: (6) Could not resolve host: wbe"),
        ("wget -q http://example.com", BUSYBOX, "Succeeded "),
        (
            "httpd -p 81 -h /www; wget -qO- localhost:81 && wget -q localhost:82",
            BUSYBOX,
            "Failed ok|wget: can't connect to remote host (127.0.0.1): Connection refused",
        ),
        (
            "httpd -p 81 -h /www; wget -q localhost:81/none",
            BUSYBOX,
            "Failed wget: server returned error: HTTP/1.1 404 Not Found",
        ),
    ];
    for (number, (script, image, expected)) in cases.iter().enumerate() {
        assert_eq!(ran(&mut player, &format!("p{number}"), image, script, 10.0), *expected, "{script}");
    }
}

#[test]
fn who_waits_for_a_service_goes_on_when_a_pod_behind_it_is_ready() {
    let mut player = shop();
    let wait = "until nc -z web 80; do echo waiting; sleep 2; done; echo up";
    let nobody = "nc: bad address 'web'|waiting";
    let alone = ran(&mut player, "early", BUSYBOX, wait, 9.0);
    assert_eq!(alone, format!("Running {}", [nobody; 4].join("|")));
    player.apply(SERVICE);
    player.pass(10.0);
    let refused = told(&mut player, "early");
    assert!(refused.starts_with(&alone) && refused.ends_with("|waiting|waiting"), "{refused}");
    player.apply(&web("sleep 5; httpd -f -p 8080 -h /www"));
    player.pass(4.0);
    assert!(told(&mut player, "early").starts_with(&refused));
    player.pass(20.0);
    let said = told(&mut player, "early");
    assert!(said.starts_with("Succeeded ") && said.ends_with("waiting|waiting|up"), "{said}");
    assert!((12..=17).contains(&said.matches("waiting").count()), "{said}");
    assert_eq!(ran(&mut player, "late", BUSYBOX, wait, 5.0), "Succeeded up");
}

#[test]
fn a_probe_that_fetches_a_page_of_its_own_container_finds_whether_it_is_served() {
    for (port, ready) in [(8080, "True"), (8081, "False")] {
        let mut player = shop();
        let probe = format!("wget -q --spider http://localhost:{port}/");
        player.post(
            "/api/v1/namespaces/shop/pods",
            &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{
                "name": "main", "image": BUSYBOX, "command": ["sh", "-c", "httpd -f -p 8080 -h /www"],
                "readinessProbe": {"exec": {"command": ["sh", "-c", probe]}, "periodSeconds": 1}}]}}),
        );
        player.pass(10.0);
        let pod = player.find("", "pods", "shop", "x").expect("a pod");
        let conditions = pod["status"]["conditions"].as_array().expect("conditions");
        let found = conditions.iter().find(|condition| condition["type"] == "Ready").expect("a condition");
        assert_eq!(found["status"], ready, "{port}");
    }
}
