//! Where `drill` asks and is answered: a Unix socket in the private folder of the drill, one line of JSON each way. Owns
//! the protocol; what the answers are is not its matter.

use super::super::exit::{Code, Failure};
use crate::transcript::Leaving;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// How long a client may take to print its answer before its shell is ended under it, and how much it may ask.
const FAREWELL: Duration = Duration::from_secs(2);
const LONGEST: u64 = 1 << 20;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Request {
    /// A line was typed and is about to run.
    Began { line: String },
    /// It has ended.
    Ended { code: i32 },
    /// How things stand.
    Status,
    /// What of the end state holds.
    Check,
    /// The next hint, or what it costs.
    Hint { taken: bool },
    /// Commands are to be taken back, or what that costs.
    Rewind { count: u32, taken: bool },
    /// Something to remember.
    Note { text: String },
    /// It is over.
    Leave { give_up: bool },
}

/// What is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    /// What is printed.
    pub(super) text: String,
    /// Whether it could not be done.
    pub(super) refused: bool,
    /// Whether it costs something and is to be asked again, as taken.
    pub(super) priced: bool,
    /// How the recovery ended, where it has.
    #[serde(skip)]
    pub(super) left: Option<Leaving>,
}

/// A request that waits for its answer.
pub(super) struct Asked {
    pub(super) request: Request,
    answer: oneshot::Sender<Answer>,
    gone: oneshot::Receiver<()>,
}

/// The desk. Dropping it closes it.
pub(super) struct Desk {
    asked: mpsc::Receiver<Asked>,
    listening: JoinHandle<()>,
}

impl Desk {
    /// Opens it.
    pub(super) fn open(socket: &Path) -> Result<Desk, Failure> {
        let listener = UnixListener::bind(socket).map_err(|error| Failure {
            code: Code::Environment,
            message: format!("cannot listen at {}: {error}", socket.display()),
            help: Some(
                "a socket needs a path of at most 107 bytes: name a shorter folder with --state-dir"
                    .to_owned(),
            ),
        })?;
        let (tell, asked) = mpsc::channel(1);
        let listening = tokio::spawn(async move {
            // A client that cannot be accepted (no file descriptor is left) finds nobody, and says so.
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, tell.clone()));
            }
        });
        Ok(Desk { asked, listening })
    }

    /// The next request; never where nobody listens any more.
    pub(super) async fn next(&mut self) -> Asked {
        match self.asked.recv().await {
            Some(asked) => asked,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Asked {
    /// Answers. Where that ends the recovery, the client has time to print it.
    pub(super) async fn reply(self, answer: Answer) {
        let last = answer.left.is_some();
        // A client that has gone away (Ctrl-C) misses its answer, and nothing else.
        self.answer.send(answer).ok();
        if last {
            tokio::time::timeout(FAREWELL, self.gone).await.ok();
        }
    }
}

/// One client: a line, an answer, and its end.
async fn serve(stream: UnixStream, tell: mpsc::Sender<Asked>) {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read.take(LONGEST));
    let mut line = String::new();
    if read.read_line(&mut line).await.is_err() {
        return;
    }
    let answer = match serde_json::from_str(&line) {
        Ok(request) => {
            let (answer, answered) = oneshot::channel();
            let (going, gone) = oneshot::channel();
            if tell.send(Asked { request, answer, gone }).await.is_err() {
                return;
            }
            let Ok(answer) = answered.await else { return };
            (answer, Some(going))
        }
        Err(error) => {
            (Answer { text: format!("not understood: {error}"), refused: true, ..Answer::default() }, None)
        }
    };
    let (answer, going) = answer;
    let text = serde_json::to_string(&answer).expect("plain data");
    write.write_all(format!("{text}\n").as_bytes()).await.ok();
    write.shutdown().await.ok();
    read.read_to_end(&mut Vec::new()).await.ok();
    if let Some(going) = going {
        going.send(()).ok();
    }
}
