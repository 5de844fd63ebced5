//! A machine like this one, as a container: its programs and libraries as they lie here, and nothing else of it. No network,
//! no root, no capability; what may be written is a temporary folder in memory. The image has nothing in it, so that no
//! registry is asked for one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use testcontainers::bollard::query_parameters::RemoveImageOptions;
use testcontainers::core::client::docker_client_instance;
use testcontainers::core::{AccessMode, ExecCommand, Mount, WaitFor};
use testcontainers::runners::AsyncBuilder;
use testcontainers::{
    ContainerAsync, ContainerRequest, GenericBuildableImage, GenericImage, Image, ImageExt,
};

/// Nobody: who the programs run as.
const USER: &str = "65534:65534";
const NAME: &str = "helmdrill-test-machine";

/// What a container of these tests is started from.
pub(crate) type Machine = ContainerRequest<GenericImage>;

/// Whether containers can be had, or what to do where they cannot.
pub(crate) fn engine() -> Result<(), String> {
    let asked = block_on(async {
        let docker = docker_client_instance().await.map_err(|error| error.to_string())?;
        docker.ping().await.map(drop).map_err(|error| error.to_string())
    });
    asked.map_err(|error| {
        format!("no container engine answers ({error}); start Docker, or name one by DOCKER_HOST")
    })
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

/// A machine that runs helmdrill, of which it is the first process, until a line says that it is ready (or it has ended).
pub(crate) async fn machine(tag: &str, ready: WaitFor, args: &[&str]) -> Machine {
    let image = GenericBuildableImage::new(NAME, tag)
        .with_dockerfile_string("FROM scratch\nCOPY empty /empty\n")
        .with_data([], "empty")
        .build_image()
        .await
        .expect("an image with nothing in it");
    let line = ["/helmdrill", "--offline", "--cache-dir", "/tools", "--state-dir", "/tmp/state"];
    let here = ["/usr", "/bin", "/lib", "/lib64"].into_iter().filter(|folder| Path::new(folder).exists());
    let mounts = here
        .map(|folder| (folder.to_owned(), folder))
        .chain([(env!("CARGO_BIN_EXE_helmdrill").to_owned(), "/helmdrill")])
        .chain([(tools().display().to_string(), "/tools")]);
    let bare = image
        .with_wait_for(ready)
        .with_network("none")
        .with_user(USER)
        .with_cap_drop("ALL")
        .with_readonly_rootfs(true)
        .with_mount(Mount::tmpfs_mount("/tmp"))
        .with_cmd(line.iter().chain(args).copied());
    mounts.fold(bare, |machine, (from, to)| {
        machine.with_mount(Mount::bind_mount(from, to).with_access_mode(AccessMode::ReadOnly))
    })
}

/// The pinned tools, laid out for everybody to read.
fn tools() -> &'static Path {
    static TOOLS: OnceLock<PathBuf> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("container-tools");
        for tool in ["helm@4.3.1", "kubectl@1.36.3"] {
            let helmdrill = |word: &str| {
                let ended =
                    Command::new(env!("CARGO_BIN_EXE_helmdrill")).args(["tools", word, tool]).output();
                let ended = ended.expect("helmdrill starts");
                assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
                String::from_utf8(ended.stdout).expect("text")
            };
            helmdrill("install");
            let path = PathBuf::from(helmdrill("path").trim());
            let from = path.parent().expect("it lies in the folder of its version");
            let to = folder.join(tool.replace('@', "/"));
            std::fs::create_dir_all(&to).expect("a folder");
            for file in std::fs::read_dir(from).expect("a folder") {
                let file = file.expect("a file").path();
                std::fs::copy(&file, to.join(file.file_name().expect("a name"))).expect("a copy");
            }
        }
        folder
    })
}

/// What a container has printed, once it has ended with this code.
pub(crate) async fn ended(container: ContainerAsync<GenericImage>, code: i64) -> String {
    let printed = container.stdout_to_vec().await.expect("it printed");
    let said = container.stderr_to_vec().await.expect("it said something");
    let (printed, said) = (String::from_utf8_lossy(&printed), String::from_utf8_lossy(&said));
    assert_eq!(container.exit_code().await.expect("it has ended"), Some(code), "{printed}\n{said}");
    remove(container).await;
    printed.into_owned()
}

/// What a line of bash comes to in a container: its code, and all that it said.
pub(crate) async fn bash(container: &ContainerAsync<GenericImage>, line: &str) -> (Option<i64>, String) {
    let mut run = container.exec(ExecCommand::new(["bash", "-c", line])).await.expect("bash starts");
    let said = [run.stdout_to_vec().await, run.stderr_to_vec().await].map(|said| said.expect("its words"));
    let said = said.map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    (run.exit_code().await.expect("it has ended"), said)
}

/// Takes the container away, and what it was started from.
pub(crate) async fn remove(container: ContainerAsync<GenericImage>) {
    let image = format!("{NAME}:{}", container.image().tag());
    container.rm().await.expect("it is removed");
    let docker = docker_client_instance().await.expect("the engine is there");
    docker.remove_image(&image, None::<RemoveImageOptions>, None).await.expect("its image is removed");
}
