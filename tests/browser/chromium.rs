//! A headless Chromium, spoken to over a pair of pipes in its DevTools protocol: JSON messages, a NUL behind each.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The names under which it is found, the first that there is.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A running browser with one page. It ends with the value.
pub(crate) struct Chromium {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    count: u64,
    /// What the page had to say of itself so far: `console: …`, `request: …`.
    pub(crate) said: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// The browser of this machine, or what to do where there is none.
    pub(crate) fn program() -> Result<&'static str, String> {
        let runs = |name: &&str| {
            let asked =
                Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            asked.is_ok_and(|status| status.success())
        };
        NAMES.into_iter().find(runs).ok_or_else(|| {
            format!("no Chromium on the PATH; install it: apt-get install chromium (or another of {NAMES:?})")
        })
    }

    /// Starts it with an empty page.
    pub(crate) fn start() -> Chromium {
        let program = Chromium::program().expect("tests run where there is one");
        let profile = tempfile::tempdir().expect("a folder");
        // The browser speaks on the descriptors 3 and 4, which a shell gives it out of our 0 and 1.
        let line = r#"exec "$@" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null"#;
        let mut process = Command::new("sh")
            .args(["-c", line, "sh", program])
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--disable-extensions", "--disable-background-networking"])
            .args(["--hide-scrollbars", "--force-device-scale-factor=1", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let to = process.stdin.take().expect("it is piped");
        let from = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut browser =
            Chromium { process, to, from, session: None, count: 0, said: Vec::new(), _profile: profile };
        let target = browser.ask("Target.createTarget", json!({"url": "about:blank"}));
        let attached =
            browser.ask("Target.attachToTarget", json!({"targetId": target["targetId"], "flatten": true}));
        browser.session = Some(attached["sessionId"].as_str().expect("a session").to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.ask(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Opens a page and waits until it is loaded.
    pub(crate) fn open(&mut self, url: &str) {
        self.ask("Page.navigate", json!({"url": url}));
        while self.next()["method"] != "Page.loadEventFired" {}
    }

    /// Sizes the window, and says which colours its user likes.
    pub(crate) fn look(&mut self, width: u32, height: u32, scheme: &str) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", size);
        let features = json!([{"name": "prefers-color-scheme", "value": scheme},
                              {"name": "prefers-reduced-motion", "value": "reduce"}]);
        self.ask("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// What an expression comes to, once it is there.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.ask("Runtime.evaluate", asked);
        assert!(answer.get("exceptionDetails").is_none(), "{answer}");
        answer["result"]["value"].clone()
    }

    /// Presses a key.
    pub(crate) fn press(&mut self, key: &str, code: u32) {
        for kind in ["keyDown", "keyUp"] {
            let event = json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            self.ask("Input.dispatchKeyEvent", event);
        }
    }

    /// What is seen in the window, as PNG.
    pub(crate) fn screenshot(&mut self) -> Vec<u8> {
        use base64::Engine;
        let answer = self.ask("Page.captureScreenshot", json!({"format": "png"}));
        let data = answer["data"].as_str().expect("a picture");
        base64::engine::general_purpose::STANDARD.decode(data).expect("base64")
    }

    /// The page on paper, as PDF.
    pub(crate) fn print(&mut self) -> Vec<u8> {
        use base64::Engine;
        let answer = self.ask("Page.printToPDF", json!({"printBackground": true}));
        let data = answer["data"].as_str().expect("a document");
        base64::engine::general_purpose::STANDARD.decode(data).expect("base64")
    }

    /// Sends a message and gives back the result; what comes in between is listened to.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        self.count += 1;
        let mut message = json!({"id": self.count, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).expect("the browser listens");
        loop {
            let answer = self.next();
            if answer["id"] == self.count {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    fn next(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).expect("the browser speaks");
        assert_eq!(bytes.pop(), Some(0), "the browser has ended");
        let message: Value = serde_json::from_slice(&bytes).expect("JSON");
        let params = &message["params"];
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let said = match message["method"].as_str() {
            Some("Runtime.consoleAPICalled") => Some(("console", &params["args"])),
            Some("Runtime.exceptionThrown") => Some(("exception", &params["exceptionDetails"])),
            Some("Log.entryAdded") => Some(("log", &params["entry"]["text"])),
            Some("Network.requestWillBeSent") => Some(("request", &params["request"]["url"])),
            Some(_) | None => None,
        };
        self.said.extend(said.map(|(kind, value)| format!("{kind}: {}", text(value))));
        message
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It ends its own children; killed, it would leave them to write into the profile that goes with us.
        if self.to.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0").is_err() {
            self.process.kill().ok();
        }
        std::io::copy(&mut self.from, &mut std::io::sink()).ok();
        self.process.wait().ok();
    }
}
