//! Whom a program reaches over the network, as a script asks for it. Who stands behind a name and how that changes with
//! time is the matter of [`Reach`], which the node knows; what programs print of it is in [`super::fetch`] and
//! [`super::connect`].

use super::shell::Shell;
use crate::clock::Moment;
use std::collections::BTreeMap;
use std::fmt;

/// A network, as one container sees it.
pub(crate) trait Reach: fmt::Debug {
    /// How a connection to a port of a host comes out at a time; without a time, as things stand last.
    fn dial(&self, host: &str, port: u16, at: Option<Moment>) -> Dialled;

    /// What a name stands for.
    fn resolve(&self, host: &str, at: Option<Moment>) -> Resolved;
}

/// How a connection comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dialled {
    /// Nothing is known of the host: it lies outside of the cluster.
    Unknown,
    /// There is no host of that name.
    Nowhere,
    /// Nobody takes it; the address.
    Refused(String),
    /// Nobody answers at all; the address.
    Silent(String),
    /// Somebody takes it.
    Taken {
        /// The address.
        address: String,
        /// What is answered.
        answers: Answers,
    },
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// Not known; it is taken to be well.
    Unknown,
    /// No HTTP.
    Bare,
    /// These pages, by path.
    Pages(BTreeMap<String, String>),
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// Nothing is known of it.
    Unknown,
    /// It stands for nothing.
    Nowhere,
    /// The whole name and its address.
    Address(String, String),
}

impl Answers {
    /// The pages of a folder among files.
    pub(super) fn of_folder(files: BTreeMap<String, String>, root: &str) -> Answers {
        let root = root.trim_end_matches('/');
        let below = files
            .into_iter()
            .filter_map(|(path, text)| Some((path.strip_prefix(root)?.to_owned(), text)))
            .filter(|(path, _)| path.starts_with('/'));
        Answers::Pages(below.collect())
    }

    /// The page at a path, an index where it names a folder; none where there is none, and where none can be told of.
    pub(crate) fn page(&self, path: &str) -> Option<Option<&str>> {
        let path = path.split('?').next().unwrap_or_default();
        let file = if path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
        match self {
            Answers::Unknown | Answers::Bare => None,
            Answers::Pages(pages) => Some(pages.get(&file).map(String::as_str)),
        }
    }
}

impl Shell {
    /// Dials now. That it may come out otherwise later is remembered: a loop may wait for it.
    pub(super) fn dial(&mut self, host: &str, port: u16) -> Dialled {
        if matches!(host, "localhost" | "127.0.0.1" | "::1") {
            return self.dial_itself(port);
        }
        let Some(network) = self.network.clone() else { return Dialled::Unknown };
        let dialled = network.dial(host, port, self.moment());
        let last =
            self.dialled.entry((host.to_owned(), port)).or_insert_with(|| network.dial(host, port, None));
        self.dated += usize::from(dialled != *last);
        dialled
    }

    /// Looks a name up now.
    pub(super) fn resolve(&mut self, host: &str) -> Resolved {
        let Some(network) = self.network.clone() else { return Resolved::Unknown };
        let resolved = network.resolve(host, self.moment());
        self.dated += usize::from(resolved != network.resolve(host, None));
        resolved
    }

    /// What listens in the program itself; another container of its pod may do so, too.
    fn dial_itself(&mut self, port: u16) -> Dialled {
        let address = format!("127.0.0.1:{port}");
        match self.timeline.answers(port, self.now) {
            Some(answers) => Dialled::Taken { address, answers },
            None if self.alone => Dialled::Refused(address),
            None => Dialled::Unknown,
        }
    }

    fn moment(&self) -> Option<Moment> {
        self.clock.map(|start| start.after(self.now))
    }
}
