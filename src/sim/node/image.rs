//! Image references: how the runtime names them, which of them can be pulled, and what a failed pull says.

/// The id that the node reports for busybox, as recorded; others are made from their name.
const BUSYBOX: &str = "sha256:9b8c71016045dfd26c8a90f9bbbf00ca1171486a638cda765bcb5f9e2fb843a8";
/// What tags say that no registry has.
const ABSENT: [&str; 8] =
    ["no-such", "nosuch", "not-exist", "notexist", "nonexist", "non-exist", "missing", "nope"];
/// The newest release of busybox, `1.37`, in its second part.
const NEWEST: u32 = 37;

/// An image reference in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    given: String,
    registry: String,
    path: String,
    tag: String,
    digest: Option<String>,
}

impl Image {
    /// Reads a reference; `None` where it is none (`InvalidImageName`).
    pub(super) fn parse(given: &str) -> Option<Image> {
        let (name, digest) = match given.split_once('@') {
            Some((name, digest)) => (name, Some(digest.to_owned())),
            None => (given, None),
        };
        let (path, tag) = match name.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, tag),
            _ => (name, "latest"),
        };
        let (registry, path) = match path.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
                (first, rest.to_owned())
            }
            Some(_) => ("docker.io", path.to_owned()),
            None => ("docker.io", format!("library/{path}")),
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        let part = |part: &str| {
            !part.is_empty()
                && part.chars().all(plain)
                && part.starts_with(|c: char| c.is_ascii_alphanumeric())
        };
        let tagged = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let good = path.split('/').all(part) && !tag.is_empty() && tag.chars().all(tagged);
        let (registry, tag) = (registry.to_owned(), tag.to_owned());
        good.then(|| Image { given: given.to_owned(), registry, path, tag, digest })
    }

    /// `docker.io/library/busybox:1.36`: the name under which the runtime reports it.
    pub(super) fn full(&self) -> String {
        match &self.digest {
            Some(digest) => format!("{}/{}@{digest}", self.registry, self.path),
            None => format!("{}/{}:{}", self.registry, self.path, self.tag),
        }
    }

    /// The name that the container's status shows: an image with several tags is shown under one of them, and on
    /// the recorded node every tag of busybox is the image `busybox:1.36`.
    pub(super) fn reported(&self) -> String {
        if self.path == "library/busybox" && self.registry == "docker.io" && self.digest.is_none() {
            return "docker.io/library/busybox:1.36".to_owned();
        }
        self.full()
    }

    /// The id that the runtime reports.
    pub(super) fn id(&self) -> String {
        if self.is_busybox() {
            return BUSYBOX.to_owned();
        }
        format!("sha256:{}", super::identity::hex(&self.full(), 64))
    }

    /// Whether every program of the image is known.
    pub(super) fn is_busybox(&self) -> bool {
        self.path == "library/busybox" || self.path.ends_with("/busybox")
    }

    /// Whether the recorded node has it.
    pub(super) fn is_on_the_node(&self) -> bool {
        let tagged = self.digest.is_none() && matches!(self.tag.as_str(), "1.36" | "1.37");
        self.registry == "docker.io" && self.path == "library/busybox" && tagged
    }

    /// `Successfully pulled image "…" in 1.2s (…)`: the event.
    pub(super) fn success(&self, took: &std::time::Duration) -> String {
        let took = format!("{}ms", took.as_millis().max(1));
        let size = match self.is_busybox() {
            true => 2_520_424,
            false => u64::from_str_radix(&super::identity::hex(&self.full(), 7), 16).unwrap_or_default(),
        };
        format!(
            "Successfully pulled image \"{}\" in {took} ({took} including waiting). Image size: {size} bytes.",
            self.given
        )
    }

    /// Whether its registry or its tag says that it cannot be pulled; of busybox it is known which tags there are.
    pub(super) fn absent(&self) -> bool {
        let host = self.registry.split(':').next().unwrap_or_default();
        let official = self.registry == "docker.io" && self.path == "library/busybox";
        host.ends_with(".invalid")
            || self.digest.is_none()
                && (ABSENT.iter().any(|word| self.tag.contains(word)) || official && !released(&self.tag))
    }

    /// What the runtime says when the registry's host is not found.
    pub(super) fn refusal(&self) -> String {
        let (full, path, tag) = (self.full(), &self.path, &self.tag);
        let host = if self.registry == "docker.io" { "registry-1.docker.io" } else { &self.registry };
        let what = self.digest.as_deref().unwrap_or(tag);
        format!(
            "failed to pull and unpack image \"{full}\": failed to resolve reference \"{full}\": failed to do request: \
             Head \"https://{host}/v2/{path}/manifests/{what}\": dial tcp: lookup {} on 10.96.0.10:53: no such host",
            host.split(':').next().unwrap_or_default()
        )
    }

    /// `Failed to pull image "…": …`: the event.
    pub(super) fn failure(&self) -> String {
        format!("Failed to pull image \"{}\": {}", self.given, self.refusal())
    }

    /// `Back-off pulling image "…"`: the event.
    pub(super) fn backing_off(&self) -> String {
        format!("Back-off pulling image \"{}\"", self.given)
    }
}

/// Whether busybox is published under a tag: `1.36`, `1.36.1-musl`, `stable`, `glibc`.
fn released(tag: &str) -> bool {
    let (version, libc) = tag.split_once('-').unwrap_or((tag, "musl"));
    let known = ["latest", "stable", "unstable", "musl", "glibc", "uclibc"];
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    let numbered = parts.next() == Some(Some(1))
        && parts.next().unwrap_or(Some(0)).is_some_and(|minor| minor <= NEWEST)
        && parts.next().unwrap_or(Some(0)).is_some()
        && parts.next().is_none();
    known[3..].contains(&libc) && (numbered || known.contains(&version))
}

/// The message of the container state `InvalidImageName`.
pub(super) fn invalid(given: &str) -> String {
    let remainder = match given.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':']) || first == "localhost" || first.to_lowercase() != first =>
        {
            rest.to_owned()
        }
        Some(_) => given.to_owned(),
        None => format!("library/{given}"),
    };
    let path = remainder.split(':').next().unwrap_or_default();
    let why = match path.to_lowercase() == path {
        true => String::new(),
        false => format!(": repository name ({path}) must be lowercase"),
    };
    format!(
        "Failed to apply default image tag \"{given}\": couldn't parse image name \"{given}\": invalid reference \
         format{why}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_named_as_the_runtime_names_them() {
        let full = |given: &str| Image::parse(given).map(|image| image.full());
        assert_eq!(full("busybox:1.36").as_deref(), Some("docker.io/library/busybox:1.36"));
        assert_eq!(full("nginx").as_deref(), Some("docker.io/library/nginx:latest"));
        assert_eq!(full("bitnami/redis:7").as_deref(), Some("docker.io/bitnami/redis:7"));
        assert_eq!(full("ghcr.io/a/b:1").as_deref(), Some("ghcr.io/a/b:1"));
        assert_eq!(full("localhost:5000/a:1").as_deref(), Some("localhost:5000/a:1"));
        assert_eq!(full("Busybox:1.36"), None);
        assert_eq!(full("busy box"), None);
        assert_eq!(full("a:b:c"), None);
    }

    #[test]
    fn a_registry_that_is_not_there_is_named_as_recorded() {
        let image = Image::parse("busybox:no-such-tag").expect("a reference");
        assert!(image.absent());
        assert_eq!(
            image.failure(),
            "Failed to pull image \"busybox:no-such-tag\": failed to pull and unpack image \
             \"docker.io/library/busybox:no-such-tag\": failed to resolve reference \
             \"docker.io/library/busybox:no-such-tag\": failed to do request: Head \
             \"https://registry-1.docker.io/v2/library/busybox/manifests/no-such-tag\": dial tcp: lookup \
             registry-1.docker.io on 10.96.0.10:53: no such host"
        );
        assert!(Image::parse("registry.invalid/app:1").expect("a reference").absent());
    }

    #[test]
    fn of_busybox_there_are_the_tags_that_were_published() {
        let absent = |given: &str| Image::parse(given).expect("a reference").absent();
        for given in
            ["busybox", "busybox:1", "busybox:1.36.1-musl", "busybox:stable-glibc", "docker.io/busybox:1.28"]
        {
            assert!(!absent(given), "{given}");
        }
        for given in ["busybox:broken", "busybox:1.99", "busybox:v2", "busybox:1.36-bad", "busybox:1.36.1.2"]
        {
            assert!(absent(given), "{given}");
        }
        assert!(!absent("shop/web:broken"), "nothing is known of others");
        assert!(absent("shop/web:nope"));
    }
}
